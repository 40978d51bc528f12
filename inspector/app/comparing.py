"""Comparing two executions: their values are read, those of their peers are searched, and it is told in Markdown."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from inspector.analysis.comparison import Comparison, FieldDifference, FieldTally, fields_of, peers_of, went_wrong
from inspector.analysis.paths import compare_paths
from inspector.app.text import format_count, format_duration, format_offset, format_time, one_line, plural
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspector.analysis.comparison import Peers
    from inspector.analysis.journal import Journal
    from inspector.analysis.paths import PathComparison, PathStep
    from inspector.app.details import Details

#: How many executions are searched at most, half of them failed ones if there are so many: the newest of each.
SEARCHED: Final = 2_000
#: How many at a time.
_CHUNK: Final = 100
#: An event and its one handler are no path.
_SHORTEST_PATH: Final = 3
#: Texts of values in a Markdown table.
_CELL: Final = 120


@dataclass(frozen=True)
class ComparedExecutions:
    """What separates two executions.

    Attributes:
        a, b: Their indexes.
        comparison: In what they differ; None where the values of one are not recorded.
        missing: Which of them that is: ``A``, ``B`` or empty.
        searched: How many executions were searched.
        total: How many there are, failed and passed.
        done: It was searched to the end; before that, counts are of what was searched so far.
    """

    a: ExecutionIndex
    b: ExecutionIndex
    comparison: Comparison | None
    missing: str = ""
    searched: int = 0
    total: int = 0
    done: bool = True


async def compare_executions(
    details: Details, a: ExecutionIndex, b: ExecutionIndex, answer: Callable[[ComparedExecutions], bool]
) -> None:
    """Compare two executions of a session.

    Args:
        details: Of the session.
        a: The execution that failed.
        b: The other.
        answer: Is given what is known so far, until everything is searched; it returns whether that is still wanted.
    """
    journal = details.journal
    peers = peers_of(journal, a)
    total = len(peers.failed) + len(peers.passed)
    outcome = ComparedExecutions(a, b, None, total=total)
    own = await asyncio.to_thread(_read, [await _texts(details, index, context=True) for index in (a, b)])
    if own[0] is None or own[1] is None:
        answer(replace(outcome, missing="A" if own[0] is None else "B"))
        return
    tally = FieldTally(own[0], own[1], a_failed=went_wrong(journal, a))
    waiting = _chosen(peers, a, b)
    searched = 0
    for first in range(0, len(waiting), _CHUNK):
        chunk = waiting[first : first + _CHUNK]
        texts = [await _texts(details, index, context=tally.needs_context) for index, _ in chunk]
        searched += await asyncio.to_thread(_count, tally, texts, [failed for _, failed in chunk])
        done = first + _CHUNK >= len(waiting)
        if not answer(replace(outcome, comparison=tally.comparison(), searched=searched, done=done)):
            return


def _chosen(peers: Peers, a: ExecutionIndex, b: ExecutionIndex) -> list[tuple[ExecutionIndex, bool]]:
    """Return which executions are searched, each with whether it failed: A, B, and the newest of both kinds."""
    few = max(SEARCHED - len(peers.passed), SEARCHED // 2)
    failed = peers.failed[-few:]
    passed = peers.passed[max(len(peers.passed) - (SEARCHED - len(failed)), 0) :]
    chosen = [(int(index), True) for index in failed] + [(int(index), False) for index in passed]
    chosen += [(index, index in peers.failed) for index in (a, b)]  # they may be older than those
    return [(ExecutionIndex(index), failed) for index, failed in dict.fromkeys(chosen)]


async def _texts(details: Details, execution: ExecutionIndex, *, context: bool) -> tuple[str, str]:
    """Return payload and context of the publication of an execution; empty what is not recorded, or not wanted."""
    publication = PublicationIndex(int(details.journal.executions["publication"][execution]))
    if publication < 0:
        return "", ""
    payload = await details.payload(publication)
    return payload, (await details.context(publication)).text if context and payload else ""


def _read(texts: Sequence[tuple[str, str]]) -> list[dict[tuple[str, ...], str] | None]:
    """Return the values of publications; None where they cannot be read."""
    read: list[dict[tuple[str, ...], str] | None] = []
    for payload, context in texts:
        try:
            read.append(fields_of(payload, context) if payload else None)
        except (ValueError, RecursionError):  # of an imported run: anything
            read.append(None)
    return read


def _count(tally: FieldTally, texts: Sequence[tuple[str, str]], outcomes: Sequence[bool]) -> int:
    """Count publications; return how many could be read."""
    read = [(fields, failed) for fields, failed in zip(_read(texts), outcomes, strict=True) if fields is not None]
    for fields, failed in read:
        tally.add(fields, failed=failed)
    return len(read)


def value_words(value: str | None, *, by_length: bool = False) -> str:
    """Return a value (JSON text) as it is shown."""
    if value is None:
        return "not there"
    return plural(len(json.loads(value)), "item") if by_length else value


def share_words(difference: FieldDifference, comparison: Comparison) -> tuple[str, str]:
    """Return how many failed and how many passed executions have A's value."""
    return (
        f"in {format_count(difference.failed)} of {format_count(comparison.failed)} failed",
        f"in {format_count(difference.passed)} of {format_count(comparison.passed)} passed",
    )


def searched_words(compared: ComparedExecutions) -> str:
    """Return how many executions were searched, where those are not all."""
    if compared.done and compared.searched == compared.total:
        return ""
    return f"{format_count(compared.searched)} of {format_count(compared.total)} searched"


def timings(journal: Journal, execution: ExecutionIndex) -> tuple[int, int, int] | None:
    """Return how long an execution took, how long of that it was on the loop, and waited, ns; None while it runs."""
    entry = journal.execution(execution)
    if entry.duration is None:
        return None
    return entry.duration, entry.on_loop, max(entry.duration - entry.on_loop, 0)


#: What ``timings`` returns, in words.
TIMINGS: Final = ("Total", "On loop", "Waiting")


def comparison_markdown(journal: Journal, compared: ComparedExecutions) -> str:
    """Return a comparison as Markdown."""
    a, b = journal.execution(compared.a), journal.execution(compared.b)
    lines = [f"# Why this one? {_escaped(a.handler.label)} · {_escaped(a.event.name)}", ""]
    for letter, entry in (("A", a), ("B", b)):
        length = "" if entry.duration is None else f" · {format_duration(entry.duration)}"
        number = format_count(journal.publication(entry.publication).number)
        when = format_time(journal.wall, entry.start)
        lines.append(f"- **{letter}** {entry.status.replace('_', ' ')} · #{number} · {when}{length}")
    comparison = compared.comparison
    if comparison is not None:
        lines += _difference_lines(comparison)
        words = searched_words(compared)
        lines += ["", f"{words[0].upper()}{words[1:]}."] if words else []
    else:
        lines += ["", f"The values of {compared.missing} are not recorded."]
    lines += _path_lines(journal, compared)
    times_a, times_b = timings(journal, compared.a), timings(journal, compared.b)
    if times_a is not None and times_b is not None:
        lines += ["", "## Timing", "", "| | A | B | A \N{MINUS SIGN} B |", "|---|---|---|---|"]
        for name, first, second in zip(TIMINGS, times_a, times_b, strict=True):
            cells = (name, format_duration(first), format_duration(second), format_offset(first - second))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def step_words(step: PathStep | None) -> str:
    """Return when an event of a path was published, or how its handler ended and how long it took; empty for none."""
    if step is None:
        return ""
    if not step.status:
        return format_offset(step.offset) if step.offset else "start"
    length = "" if step.length is None else format_duration(step.length)
    return f"{step.status.replace('_', ' ')} {length}".strip()


def path_words(path: PathComparison, name: Callable[[str], str] = one_line) -> str:
    """Return from where on two paths differ: ``different from Mail.send on``."""
    first = path.first_difference
    if first is None:
        return "same in A and B"
    return f"different from {name(first.name) + ' on' if first is not path.pairs[0].step else 'the start'}"


def _path_lines(journal: Journal, compared: ComparedExecutions) -> list[str]:
    path = compare_paths(journal, compared.a, compared.b)
    if len(path.pairs) < _SHORTEST_PATH:
        return []
    words = path_words(path, _escaped)
    lines = ["", "## Path", "", f"{words[0].upper()}{words[1:]}.", "", "| | A | B |", "|---|---|---|"]
    for pair in path.pairs:
        indent = "&nbsp;" * 4 * pair.step.depth
        cells = (
            f"{indent}{_escaped(pair.step.name)}",
            step_words(pair.a) or "only in B",
            step_words(pair.b) or "only in A",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _difference_lines(comparison: Comparison) -> list[str]:
    lines = ["", "Same in every value. Only the timing differs."] if comparison.equal else []
    if comparison.separating:
        lines += ["", "## What separates them", "", "| field | A | B | A's value | |", "|---|---|---|---|---|"]
        for difference in comparison.separating:
            always = "every failure, no pass" if comparison.a_failed else "every pass, no failure"
            mark = f" · {always}" if comparison.always(difference) else ""
            in_failed, in_passed = share_words(difference, comparison)
            lines.append(f"| {_cells(difference)} | {in_failed} | {in_passed}{mark} |")
    if comparison.others:
        lines += ["", "## Also different", "", "| field | A | B |", "|---|---|---|"]
        lines += [f"| {_cells(difference)} |" for difference in comparison.others]
    counts = []
    if comparison.changing:
        verb = "differs" if len(comparison.changing) == 1 else "differ"
        counts.append(f"{plural(len(comparison.changing), 'id or time', 'ids and times')} {verb} every time")
    if comparison.same:
        verb = "is" if len(comparison.same) == 1 else "are"
        counts.append(f"{plural(len(comparison.same), 'value')} {verb} the same in A and B")
    return [*lines, "", f"{'; '.join(counts)}."] if counts else lines


def _cells(difference: FieldDifference) -> str:
    values = (value_words(value, by_length=difference.by_length) for value in (difference.a, difference.b))
    return " | ".join(_escaped(text) for text in (difference.name, *values))


def _escaped(text: str) -> str:
    """Return a text of the program's for a cell of a table: code, on one line, with nothing that Markdown obeys."""
    shown = one_line(text, _CELL).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in _runs(shown)), default=0) + 1)
    pad = " " if "`" in shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _runs(text: str) -> list[str]:
    """Return the runs of backticks in a text."""
    return ["`" * len(part) for part in "".join(c if c == "`" else " " for c in text).split()]
