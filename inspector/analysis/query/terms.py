"""Terms of the filter language: each says for many executions at once whether they fit."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from inspector.analysis.entries import RECENT, Recent
from inspector.analysis.failures import failure_head
from inspector.analysis.losses import loss_place
from inspector.analysis.losskinds import LOSS_KINDS
from inspector.core.records.statuses import STATUSES
from inspector.core.values.snapshot import plain

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.analysis.losses import Loss
    from inspector.core.description import EventDescription, FieldShape, HandlerDescription, TypeShape

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: What a status term may name besides the statuses: publications that nobody handled.
UNHEARD: Final = "unheard"

#: How numbers are compared, by the sign.
COMPARISONS: Final[dict[str, Callable[[Any, float], Any]]] = {
    "≥": operator.ge,
    ">": operator.gt,
    "≤": operator.le,
    "<": operator.lt,
    "=": operator.eq,
}

Pattern = re.Pattern[str]
T = TypeVar("T")


class Term(Protocol):
    """One condition."""

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """Return which executions (indexes, shape ``(n,)``) fit; shape ``(n,)``."""
        ...

    def publications(self, journal: Journal, rows: Ints) -> Mask:
        """Return which publications fit that have no execution; shape ``(n,)``."""
        ...


class _OfExecutions:
    """Base of the terms that no publication without executions fits."""

    def publications(self, journal: Journal, rows: Ints) -> Mask:  # noqa: ARG002 - the same for every journal
        """See ``Term``."""
        return np.zeros(len(rows), np.bool_)


def glob(text: str) -> Pattern:
    """Return the pattern of a glob for ``fullmatch``: ``*`` any text, ``?`` any character, in any case."""
    return re.compile(
        "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in text), re.I | re.S
    )


def _fits(patterns: Iterable[Pattern], *texts: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in patterns for text in texts)


@dataclass(frozen=True)
class Not:
    """What the inner term leaves."""

    term: Term

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        return ~self.term.executions(journal, rows)

    def publications(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        return ~self.term.publications(journal, rows)


@dataclass(frozen=True)
class HandlerTerm(_OfExecutions):
    """The handler's class, method, label or key."""

    patterns: tuple[Pattern, ...]

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        return handler_table(journal, self._fits)[journal.executions["handler"][rows]]

    def _fits(self, handler: HandlerDescription) -> bool:
        return _fits(self.patterns, handler.owner, handler.label, handler.method, handler.key)


@dataclass(frozen=True)
class EventTerm:
    """Where the event type stands in the catalog: ``part`` is event, category, workflow or phase."""

    part: str
    patterns: tuple[Pattern, ...]

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        return event_table(journal, self._fits)[journal.executions["event"][rows]]

    def publications(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        return event_table(journal, self._fits)[journal.publications["event"][rows]]

    def _fits(self, event: EventDescription) -> bool:
        if self.part == "event":
            return _fits(self.patterns, event.name, event.event_type, event.key)
        return _fits(self.patterns, getattr(event, self.part))


@dataclass(frozen=True)
class ProcessTerm:
    """The process that published the event: its number, its pid, its role, or both of the latter."""

    patterns: tuple[Pattern, ...]

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        return self.publications(journal, journal.executions["publication"][rows])

    def publications(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        processes, place = np.unique(journal.publications["process"][rows], return_inverse=True)
        fits = np.array([self._fits(journal, process) for process in processes.tolist()], np.bool_)
        return fits[place.reshape(-1)] if len(fits) else np.zeros(0, np.bool_)

    def _fits(self, journal: Journal, process: int) -> bool:
        entry = journal.processes.by_number.get(process)
        names = (str(entry.pid), entry.role, *entry.role.split(), entry.label) if entry is not None else ()
        return bool(process) and _fits(self.patterns, str(process), *names)


def handler_table(journal: Journal, fits: Callable[[HandlerDescription], bool]) -> Mask:
    """Ask once per handler, not per row."""
    return np.fromiter(map(fits, journal.handlers), np.bool_, len(journal.handlers))


def event_table(journal: Journal, fits: Callable[[EventDescription], bool]) -> Mask:
    """Ask once per event type, not per row."""
    return np.fromiter(map(fits, journal.events), np.bool_, len(journal.events))


@dataclass(frozen=True)
class StatusTerm:
    """How it ended; ``codes`` are status codes, ``unheard`` takes publications that nobody handled."""

    codes: frozenset[int]
    unheard: bool = False

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        table = np.array([code in self.codes for code in range(len(STATUSES))])
        wanted: Mask = table[journal.executions["status"][rows]]
        return wanted

    def publications(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        unheard: Mask = (journal.publications["handlers"][rows] == 0) & self.unheard
        return unheard


@dataclass(frozen=True)
class LossTerm:
    """Something was lost: its kind, or kind and place (``swallowed@audit.py:52``).

    Attributes:
        patterns: What it may be.
        belated: It may show only some time after the execution has ended.
    """

    patterns: tuple[Pattern, ...]
    belated: bool = False

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        executions, publications = self._lost(journal)
        whole = np.isin(journal.executions["publication"][rows], publications)
        return np.asarray(np.isin(rows, executions) | whole, np.bool_)

    def publications(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        return np.asarray(np.isin(rows, self._lost(journal)[1]), np.bool_)

    def _lost(self, journal: Journal) -> tuple[Ints, Ints]:
        groups = journal.losses.groups
        return journal.losses.rows_with(loss.number for loss in groups if self._fits(loss))

    def _fits(self, loss: Loss) -> bool:
        kind = LOSS_KINDS[loss.kind].name
        return _fits(self.patterns, kind, f"{kind}@{loss_place(loss)}")


@dataclass(frozen=True)
class FaultTerm(_OfExecutions):
    """A fault was injected, or none was."""

    wanted: bool

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        fits: Mask = (journal.executions["fault"][rows] > 0) == self.wanted
        return fits


@dataclass(frozen=True)
class LengthTerm(_OfExecutions):
    """How long it took: ``measure`` is duration, loop or wait. What is still running never fits."""

    measure: str
    operator: str
    limit: float

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        columns = journal.executions
        end = columns["end"][rows]
        length = end - columns["start"][rows]
        if self.measure == "loop":
            length = columns["on_loop"][rows]
        elif self.measure == "wait":
            length = length - columns["on_loop"][rows]
        fits: Mask = COMPARISONS[self.operator](length, self.limit) & (end >= 0)
        return fits


@dataclass(frozen=True)
class CorrelationTerm:
    """The correlation id, or the first digits of it. A ``text`` that is no UUID's must be whole."""

    text: str

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        owners = journal.executions["publication"][rows]
        if not len(owners):
            return np.zeros(0, np.bool_)
        low, high = int(owners.min()), int(owners.max()) + 1
        fits: Mask = self.publications(journal, np.arange(low, high))[owners - low]
        return fits

    def publications(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        ids = journal.publications["correlation"][rows]
        digits = self.text.replace("-", "").replace("…", "").rstrip("*").lower()
        if not digits:
            return np.asarray(ids.any(axis=1), np.bool_)
        wanted = [journal.id_bytes(self.text).hex()]
        if len(digits) <= 32 and re.fullmatch("[0-9a-f]+", digits):
            wanted.append(digits)
        fits = np.zeros(len(rows), np.bool_)
        for start in wanted:
            fits |= _begins_with(ids, start)
        return fits


def _begins_with(ids: npt.NDArray[np.uint8], digits: str) -> Mask:
    whole = np.frombuffer(bytes.fromhex(digits[: len(digits) // 2 * 2]), np.uint8)
    begins: Mask = np.asarray(np.all(ids[:, : len(whole)] == whole, axis=1))
    if len(digits) % 2:
        last: Mask = ids[:, len(whole)] >> 4 == int(digits[-1], 16)
        begins[~last] = False
    return begins


@dataclass(frozen=True)
class ErrorTerm(_OfExecutions):
    """The type of the exception, of those whose failure is at hand (the newest 20,000)."""

    patterns: tuple[Pattern, ...]

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        return np.isin(rows, _at_hand(journal.failures, rows, self._fits))

    def _fits(self, failure: str) -> bool:
        kind, module, _ = failure_head(failure)
        return _fits(self.patterns, kind, f"{module}.{kind}")


@dataclass(frozen=True)
class PayloadTerm:
    """A field of the event, by the way to it (``amount.currency``), of those whose payload is at hand.

    Attributes:
        path: Names of fields, from the event inwards; of a list any element may fit.
        patterns: What its text may be; empty where it is compared.
        operator: How it is compared with ``limit``: ``≥ > ≤ < =``; empty where its text is asked.
        limit: A number.
    """

    path: tuple[str, ...]
    patterns: tuple[Pattern, ...] = ()
    operator: str = ""
    limit: float = 0.0

    @property
    def name(self) -> str:
        """The field as it is written."""
        return ".".join(self.path)

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        owners = journal.executions["publication"][rows]
        return np.isin(owners, _at_hand(journal.payloads, owners, self._fits))

    def publications(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        return np.isin(rows, _at_hand(journal.payloads, rows, self._fits))

    def is_known(self, journal: Journal) -> bool:
        """Return whether an event of the catalog, or a payload at hand, has a field of that name."""
        names = {name for event in journal.events for name, _ in payload_fields(event.fields)}
        mark = json.dumps(self.path[-1])
        return self.name in names or any(mark in text for _, (text, _) in journal.payloads.items())

    def _fits(self, texts: tuple[str, str]) -> bool:
        if json.dumps(self.path[-1]) not in texts[0]:  # most payloads need not be read
            return False
        try:
            return any(map(self._is_wanted, _values_at(plain(texts[0]), self.path)))
        except ValueError:
            return False

    def _is_wanted(self, value: object) -> bool:
        if not self.operator:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            return _fits(self.patterns, text)
        try:
            number = float(value)  # type: ignore[arg-type]  # what is no number raises TypeError
        except (TypeError, ValueError, OverflowError):
            return False
        return not isinstance(value, bool) and COMPARISONS[self.operator](number, self.limit)


def payload_fields(fields: Iterable[FieldShape], inside: str = "") -> Iterable[tuple[str, TypeShape]]:
    """Yield the fields of an event with their types, those of nested objects by the way to them."""
    for field in fields:
        name = inside + field.name
        yield name, field.type
        for shape in (field.type, *field.type.args):
            yield from payload_fields(shape.fields, f"{name}.")


def _values_at(value: object, path: tuple[str, ...]) -> Iterable[object]:
    """Yield what stands at the end of a path; of lists on the way, and at the end, every element."""
    if isinstance(value, list):
        for item in value:
            yield from _values_at(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _values_at(value[path[0]], path[1:])


class TextTerm:
    """Free text: part of an event's or handler's name, or of a payload or error that is at hand."""

    def __init__(self, text: str) -> None:
        self._text = text.lower()
        self._escaped = json.dumps(text)[1:-1].lower()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextTerm) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        columns = journal.executions
        owners = columns["publication"][rows]
        fits: Mask = handler_table(journal, self._in_handler)[columns["handler"][rows]]
        fits = fits | event_table(journal, self._in_event)[columns["event"][rows]]
        fits |= np.isin(owners, _at_hand(journal.payloads, owners, self._in_payload))
        fits |= np.isin(rows, _at_hand(journal.failures, rows, self._in_failure))
        return fits

    def publications(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        fits: Mask = event_table(journal, self._in_event)[journal.publications["event"][rows]]
        return fits | np.isin(rows, _at_hand(journal.payloads, rows, self._in_payload))

    def _in_handler(self, handler: HandlerDescription) -> bool:
        return self._text in handler.label.lower()

    def _in_event(self, event: EventDescription) -> bool:
        return any(self._text in text.lower() for text in (event.name, event.category, event.workflow, event.phase))

    def _in_payload(self, texts: tuple[str, str]) -> bool:
        payload = texts[0].lower()
        return self._text in payload or self._escaped in payload

    def _in_failure(self, failure: str) -> bool:
        kind, _, message = failure_head(failure)
        return self._text in kind.lower() or self._text in message.lower()


def _at_hand(values: Recent[T], rows: Ints, fits: Callable[[T], bool]) -> list[int]:
    """Return those of the rows whose recent value fits, by way of the fewer: the rows or the values."""
    if len(rows) > RECENT:
        low, high = int(rows.min()), int(rows.max())
        return [row for row, value in values.items() if low <= row <= high and fits(value)]
    fitting = []
    for row in np.unique(rows).tolist():
        value = values.get(row)
        if value is not None and fits(value):
            fitting.append(row)
    return fitting
