"""Terms of the filter language: each says for many executions at once whether they fit."""

from __future__ import annotations

import json
import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from inspector.analysis.entries import RECENT
from inspector.analysis.losses import loss_place
from inspector.analysis.losskinds import LOSS_KINDS
from inspector.core.records.statuses import STATUSES
from inspector.core.values.read import plain_part

if TYPE_CHECKING:
    from inspector.analysis.errors import ErrorKind
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
class RetryTerm(_OfExecutions):
    """It tried again what was recorded, or came of that; or it did not."""

    wanted: bool

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        fits: Mask = (journal.executions["retry"][rows] > 0) == self.wanted
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
    """The type of the exception, with or without its module."""

    patterns: tuple[Pattern, ...]

    def executions(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        return journal.errors.of_kinds(journal.executions["error"][rows], self._fits)

    def _fits(self, error: ErrorKind) -> bool:
        return _fits(self.patterns, error.type, f"{error.module}.{error.type}")


class Narrowing(NamedTuple):
    """What a payload must have to fit a term, where a database can look for it; one that has it may still not fit.

    Attributes:
        name: It stands in the text as it is; empty for nothing.
        words: Of these (lower case) at least one stands in the text, whatever its case, unless the text has other
            characters than those of ASCII; None where that cannot be said.
        tags: Tags of values that people read as they are written; a text with others may do without the words. None
            where the text itself is asked, and tags are a part of it.
    """

    name: str = ""
    words: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None


class Answer(NamedTuple):
    """Which of the payloads that were asked fit (indexes of their publications), and whether one has what is named."""

    fitting: list[int]
    named: bool = False


class PayloadSearch(ABC):
    """Base of the terms that ask payloads. Each is asked once, and remembered in ``Journal.matches``.

    Only the newest are at hand. ``unsearched`` says which are not; ``app.searching`` asks the store for them.
    """

    @abstractmethod
    def fits_payload(self, payload: str) -> bool:
        """Return whether a payload, as tagged JSON, fits."""

    def narrowing(self) -> Narrowing:
        """Return what the payloads must have."""
        return Narrowing()

    def look(self, journal: Journal, first: int = 0) -> None:
        """Ask the payloads at hand of publications from the index ``first`` on that nobody has asked yet."""
        matches = journal.matches.of(self)
        matches.extend(len(journal.publications))
        unknown, payloads = matches.unknown(first), journal.payloads
        if len(unknown) > RECENT:
            wanted = set(unknown[-RECENT:].tolist())
            texts = [(row, texts[0]) for row, texts in payloads.items() if row in wanted]
        else:
            texts = [(row, pair[0]) for row in unknown.tolist() if (pair := payloads.get(row)) is not None]
        if texts:
            self.take(journal, self.ask(texts), np.array([row for row, _ in texts], np.int64))

    def ask(self, texts: Iterable[tuple[int, str]]) -> Answer:
        """Ask payloads, each with the index of its publication; nothing else is touched, in whatever thread."""
        return Answer([row for row, text in texts if self.fits_payload(text)])

    def take(self, journal: Journal, answer: Answer, rows: Ints) -> None:
        """Remember an answer for some publications (indexes); those that are not in it do not fit."""
        matches = journal.matches.of(self)
        matches.put(rows, np.array(answer.fitting, np.int64))
        matches.named |= answer.named

    def unsearched(self, journal: Journal) -> Ints:
        """Return the publications whose payloads are not at hand, and were not asked before; their indexes."""
        self.look(journal)
        return journal.matches.of(self).unknown()

    def fitting(self, journal: Journal, rows: Ints) -> Mask:
        """Return which publications (indexes, shape ``(n,)``) have a payload that fits, as far as is known."""
        matches = journal.matches.of(self)
        matches.extend(len(journal.publications))
        if len(rows) and matches.has_unknown(rows):
            self.look(journal)
        return matches.fits(rows)


@dataclass(frozen=True)
class PayloadTerm(PayloadSearch):
    """A field of the event, by the way to it (``amount.currency``).

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
        return self.fitting(journal, journal.executions["publication"][rows])

    def publications(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        return self.fitting(journal, rows)

    def is_known(self, journal: Journal) -> bool:
        """Return whether an event of the catalog, or a payload that was asked, has a field of that name."""
        names = {name for event in journal.events for name, _ in payload_fields(event.fields)}
        return self.name in names or journal.matches.of(self).named

    def ask(self, texts: Iterable[tuple[int, str]]) -> Answer:
        """See ``PayloadSearch``."""
        named = [(row, text) for row, text in texts if self._names(text)]
        return Answer([row for row, text in named if self.fits_payload(text)], bool(named))

    def narrowing(self) -> Narrowing:
        """See ``PayloadSearch``."""
        name = json.dumps(self.path[-1])
        words = tuple(filter(None, (_word_of(pattern) for pattern in self.patterns)))
        # A text with a backslash may write any character otherwise.
        all_have = bool(words) and len(words) == len(self.patterns)
        return Narrowing(name if "\\" not in name else "", (*words, "\\") if all_have else None, _AS_WRITTEN)

    def fits_payload(self, payload: str) -> bool:
        """See ``PayloadSearch``."""
        if not self._names(payload) or not self._may_fit(payload):  # most payloads need not be read
            return False
        try:
            data = json.loads(payload)
            # Most payloads are the fields of an event: of these one is looked at, and not all are decoded.
            if isinstance(data, dict) and self.path[0] in data and not next(iter(data)).startswith("$"):
                return any(map(self._is_wanted, _values_at(plain_part(data[self.path[0]]), self.path[1:])))
            return any(map(self._is_wanted, _values_at(plain_part(data), self.path)))
        except (ValueError, RecursionError):
            return False

    def _may_fit(self, payload: str) -> bool:
        """Return whether it has to be read to know whether it fits: reading costs ten times as much as looking."""
        if self.operator:
            # What stands behind a name that is there once is the only number to be compared, wherever that may be.
            number = self._number.search(payload)
            if number is None or payload.count(self._quoted) > 1 or "\\u" in payload:
                return True
            return self._is_wanted(float(number[1]))
        _, words, tags = self._narrowing
        if words is None or not payload.isascii():
            return True
        lower = payload.lower()
        return any(word in lower for word in words) or payload.count('"$') > sum(map(payload.count, tags or ()))

    @cached_property
    def _narrowing(self) -> Narrowing:
        return self.narrowing()

    @cached_property
    def _quoted(self) -> str:
        return json.dumps(self.path[-1])

    @cached_property
    def _number(self) -> Pattern:
        return re.compile(rf"{re.escape(self._quoted)}\s*:\s*(-?\d+(?:\.\d+)?)\s*[,}}\]]")

    def _names(self, payload: str) -> bool:
        return self._as_written in payload or (self._as_written != self._quoted and self._quoted in payload)

    @cached_property
    def _as_written(self) -> str:
        return json.dumps(self.path[-1], ensure_ascii=False)

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


class TextTerm(PayloadSearch):
    """Free text: part of an event's or handler's name, or of a payload or error."""

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
        fits: Mask = handler_table(journal, self._in_handler)[columns["handler"][rows]]
        fits = fits | event_table(journal, self._in_event)[columns["event"][rows]]
        fits |= self.fitting(journal, columns["publication"][rows])
        errors = columns["error"][rows]
        fits |= journal.errors.of_kinds(errors, lambda error: self._text in error.type.lower())
        # What is no error is -1, the last of the table.
        return np.asarray(fits | np.append(self._saying(journal), np.False_)[errors], np.bool_)

    def publications(self, journal: Journal, rows: Ints) -> Mask:
        """See ``Term``."""
        fits: Mask = event_table(journal, self._in_event)[journal.publications["event"][rows]]
        return fits | self.fitting(journal, rows)

    def narrowing(self) -> Narrowing:
        """See ``PayloadSearch``."""
        words = tuple(word for word in (self._text, self._escaped) if word.isascii())
        return Narrowing(words=words if all(map(str.isprintable, words)) else None)

    def fits_payload(self, payload: str) -> bool:
        """See ``PayloadSearch``."""
        lower = payload.lower()
        return self._text in lower or self._escaped in lower

    def _saying(self, journal: Journal) -> Mask:
        """Return which errors have it in their message, shape ``(errors,)``."""
        matches = journal.matches.of(self)
        if len(matches.errors) < len(journal.errors):
            more = journal.errors.saying(self._text, len(matches.errors))
            matches.errors = np.concatenate((matches.errors, more))
        return matches.errors

    def _in_handler(self, handler: HandlerDescription) -> bool:
        return self._text in handler.label.lower()

    def _in_event(self, event: EventDescription) -> bool:
        return any(self._text in text.lower() for text in (event.name, event.category, event.workflow, event.phase))


#: Tags of values whose text is the one that people read.
_AS_WRITTEN: Final = tuple(json.dumps(tag) for tag in ("$uuid", "$datetime", "$decimal", "$enum"))
#: Characters that stand in JSON as they are, of which one at least is in no number.
_IS_WORD: Final = re.compile(r"(?=.*[a-df-z_@/])[a-z0-9_.@/-]+")
#: Texts that a pattern matches literally, as ``glob`` writes them.
_LITERAL: Final = re.compile(r"(?:\\(?P<escaped>.)|(?P<plain>[^.*\\]))|\.\*?", re.S)


def _word_of(pattern: Pattern) -> str:
    """Return the longest part (lower case) that every text has which a glob matches; empty where that is no help.

    A number may be written in more than one way: what may be part of one does not count.
    """
    parts = [""]
    for match in _LITERAL.finditer(pattern.pattern):
        character = match["escaped"] or match["plain"]
        if character is None:
            parts.append("")
        else:
            parts[-1] += character.lower()
    word = max((part for part in parts if _IS_WORD.fullmatch(part)), key=len, default="")
    return "" if any(word in number for number in ("infinity", "snan")) else word
