"""A correlation as Mermaid text: which events went to which handlers, and what those published in turn."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from inspector.app.text import format_count, one_line
from inspector.core.records.statuses import BY_FAULT, STATUS_CODES, STATUSES, TROUBLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.analysis.journal import Journal
    from inspector.core.records.numbers import PublicationIndex

#: How many publications are drawn at most, the earliest.
DRAWN: Final = 2_000
#: Nodes of a chart: more are no picture, and viewers refuse them.
_NODES: Final = 200
#: What Mermaid or HTML would obey in a label.
_OBEYED: Final = re.compile(r"[^\w .,:;()/+*=·-]")


def correlation_mermaid(journal: Journal, publications: Sequence[PublicationIndex]) -> str:
    """Return publications as a Mermaid flowchart, a node for each event type and for each handler.

    An arrow that goes back to an event type from which it came in the end is dotted and says *loop*. How often is
    written at the arrows, how many went wrong at the handlers. What is left out, because there is too much, is said in
    a comment.
    """
    drawn = publications[:DRAWN]
    chart = _Chart(journal)
    for index in drawn:
        chart.add(index)
    lines = ["flowchart LR", *chart.lines()]
    if len(drawn) < len(publications):
        lines.append(f"    %% {format_count(len(drawn))} of {format_count(len(publications))} publications are drawn")
    if chart.left_out:
        lines.append(f"    %% {format_count(chart.left_out)} more events and handlers are not drawn")
    return "\n".join(lines) + "\n"


class _Chart:
    """Nodes and arrows, counted."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._names: dict[str, str] = {}
        self._labels: dict[str, tuple[str, bool]] = {}
        self._trouble: Counter[tuple[str, int]] = Counter()
        self._arrows: Counter[tuple[str, str, bool]] = Counter()
        self._above: dict[int, frozenset[int]] = {}
        self._refused: set[str] = set()

    @property
    def left_out(self) -> int:
        """How many nodes there was no room for."""
        return len(self._refused)

    def add(self, index: PublicationIndex) -> None:
        """Draw a publication: the arrow from the handler that made it, and those to its handlers."""
        journal, about = self._journal, self._journal.publication(index)
        number = int(journal.publications["event"][index])
        event = self._node(f"event {number}", about.event.name, is_event=True)
        above: frozenset[int] = frozenset()
        if about.cause is not None:
            cause = int(journal.executions["publication"][about.cause])
            above = self._above.get(cause, frozenset())
            maker = int(journal.executions["handler"][about.cause])
            self._arrow(self._handler(maker), event, loops=number in above)
        self._above[index] = above | {number}
        for execution in journal.executions_of(index):
            handler = self._handler(int(journal.executions["handler"][execution]))
            self._arrow(event, handler)
            entry = journal.execution(execution)
            self._trouble[handler, BY_FAULT if entry.fault else STATUS_CODES[entry.status]] += 1

    def _handler(self, number: int) -> str:
        return self._node(f"handler {number}", self._journal.handlers[number].label, is_event=False)

    def _node(self, key: str, label: str, *, is_event: bool) -> str:
        """Return the name of a node; an empty one when there is no room for it."""
        name = self._names.get(key)
        if name is None:
            if len(self._names) >= _NODES:
                self._refused.add(key)
                return ""
            name = self._names[key] = f"{'e' if is_event else 'h'}{len(self._names)}"
            self._labels[name] = (_escaped(label), is_event)
        return name

    def _arrow(self, start: str, end: str, *, loops: bool = False) -> None:
        if start and end:
            self._arrows[start, end, loops] += 1

    def lines(self) -> list[str]:
        """Return nodes and arrows in the order in which they came."""
        lines = []
        for name, (label, is_event) in self._labels.items():
            counts = "".join(
                f" · {format_count(count)} {'by fault' if code == BY_FAULT else STATUSES[code].replace('_', ' ')}"
                for code in (*TROUBLE, BY_FAULT)
                if (count := self._trouble[name, code])
            )
            lines.append(f'    {name}(["{label}"])' if is_event else f'    {name}["{label}{counts}"]')
        for (start, end, loops), count in self._arrows.items():
            words = [
                word
                for word in (
                    "loop" if loops else "",
                    f"{format_count(count)}\N{MULTIPLICATION SIGN}" if count > 1 else "",
                )
                if word
            ]
            text = f"|{' '.join(words)}|" if words else ""
            lines.append(f"    {start} {'-.->' if loops else '-->'}{text} {end}")
        return lines


def _escaped(text: str) -> str:
    """Return a name of the program's with what Mermaid obeys as character codes."""
    return _OBEYED.sub(lambda match: f"#{ord(match.group())};", one_line(text, 120))
