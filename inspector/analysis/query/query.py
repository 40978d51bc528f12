"""The filter language: ``handler:Audit* status:failed ≥10ms -event:User* "free text"``.

Terms stand side by side and all must fit; values after a comma are alternatives; ``-`` in front turns a term
round.

========================== =======================================================================
``handler:`` ``event:``    class, method or name; ``*`` and ``?`` stand for any text and character
``workflow:`` ``phase:``   where the event stands in the catalog, also ``category:``
``status:``                ``failed``, ``ok``, …; ``bad`` for all that went wrong; ``unheard``
``corr:``                  correlation id or its first digits
``error:``                 type of the exception
``fault:yes``              a fault was injected (``no``: none was)
``retry:yes``              a retry (``no``: none of these)
``loss:``                  kind of loss (``swallowed``, ``late``, …; ``*`` any), with place ``swallowed@audit.py:52``
``process:``               number, pid or role of the process that published the event
``user_id:4ade…``          a field of the event (``…`` as ``*``); ``amount.currency:EUR`` goes inwards
``amount>100``             a field that is a number; ``payload.status:x`` where the name means something else above
``≥10ms`` ``<1s``          how long it took; ``loop>2ms`` on the loop, ``wait>2ms`` awaiting
anything else              text in a name, payload or message; in quotes when it has spaces or colons
========================== =======================================================================
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.entries import IS_BAD
from inspector.analysis.errors import MAX_MESSAGE
from inspector.analysis.losskinds import BELATED, KIND_NUMBERS
from inspector.analysis.query.terms import (
    UNHEARD,
    CorrelationTerm,
    ErrorTerm,
    EventTerm,
    FaultTerm,
    HandlerTerm,
    LengthTerm,
    LossTerm,
    Not,
    PayloadSearch,
    PayloadTerm,
    ProcessTerm,
    RetryTerm,
    StatusTerm,
    Term,
    TextTerm,
    glob,
    payload_fields,
)
from inspector.core.errors import UsageError, alternatives
from inspector.core.records.statuses import STATUSES

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: Every field, with a word about it.
FIELDS: Final = {
    "handler": "handler class, method or label",
    "status": "status of the execution",
    "event": "event type",
    "workflow": "workflow of the event",
    "phase": "phase of the event",
    "category": "category of the event",
    "corr": "correlation id, or its beginning",
    "error": "exception type",
    "fault": "injected fault: yes or no",
    "retry": "retry: yes or no",
    "loss": "kind of loss, or kind@file:line",
    "process": "number, pid or role of the process",
}
#: What can be compared with a length of time, with a word about it.
MEASURES: Final = {"duration": "duration", "loop": "time on the loop", "wait": "time awaiting"}
UNITS: Final = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9}
ANY_BAD: Final = "bad"

_OPERATORS: Final = {"≥": "≥", ">=": "≥", "≤": "≤", "<=": "≤", ">": ">", "<": "<", "=": "="}
_TOKEN: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+', re.S)
_PIECE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|([^"]+)', re.S)
_LENGTH: Final = re.compile(r"(?P<measure>[\w.]*):?(?P<operator>>=|<=|[≥≤<>=])(?P<limit>.*)", re.S)
_FIELD: Final = re.compile(r"([\w.]+):(.*)", re.S)
_NUMBER: Final = re.compile(r"(?P<name>[^\W\d][\w.]*):?(?P<operator>>=|<=|[≥≤<>=])(?P<limit>[-+]?\d+(?:\.\d*)?)", re.S)
_PATH: Final = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
#: What may stand before a field of the event.
PAYLOAD: Final = "payload."
#: How alike a name and a field must be to be taken for a mistake in writing.
_MISTYPED: Final = 0.8
#: The same for a field of an event: nothing else is done with it.
_ALIKE: Final = 0.7
_TRUTH: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


class FilterError(UsageError):
    """A filter that cannot be read.

    Args:
        text: What is wrong.
        position: Where in the filter's text, in characters.
        length: How many characters it concerns.
        hint: What to write instead.
    """

    def __init__(self, text: str, position: int, length: int, hint: str = "") -> None:
        super().__init__(text, hint)
        self.position = position
        self.length = length


@dataclass(frozen=True)
class Filter:
    """A filter that was read: all of its terms must fit. Without terms, everything fits.

    Attributes:
        text: As it was written.
        terms: Its conditions.
    """

    text: str
    terms: tuple[Term, ...]

    def __bool__(self) -> bool:
        return bool(self.terms)

    def mask(self, journal: Journal, first: int, last: int) -> Mask:
        """Return which executions of ``first ≤ index < last`` fit; shape ``(last - first,)``."""
        return self.rows(journal, np.arange(first, last))

    def rows(self, journal: Journal, indexes: Ints) -> Mask:
        """Return which of some executions (indexes, shape ``(n,)``) fit; shape ``(n,)``."""
        fits = np.ones(len(indexes), np.bool_)
        for term in self.terms:
            fits &= term.executions(journal, indexes)
        return fits

    def _inner(self) -> list[Term]:
        """Return the terms without a minus before them."""
        inner = list(self.terms)
        while any(isinstance(term, Not) for term in inner):
            inner = [term.term if isinstance(term, Not) else term for term in inner]
        return inner

    def unknown_fields(self, journal: Journal) -> list[str]:
        """Return the fields of terms that neither the catalog nor a payload at hand has; none in an empty run."""
        terms = dict.fromkeys(term for term in self._inner() if isinstance(term, PayloadTerm))
        return [term.name for term in terms if journal.events and not term.is_known(journal)]

    def searches(self) -> list[PayloadSearch]:
        """Return the terms that ask payloads, each once."""
        return list(dict.fromkeys(term for term in self._inner() if isinstance(term, PayloadSearch)))

    def look(self, journal: Journal, first: int) -> None:
        """Ask the payloads of publications from the index ``first`` on: only now, maybe, are all of them at hand."""
        for term in self.searches():
            term.look(journal, first)

    def unsearched(self, journal: Journal) -> Ints:
        """Return the publications whose payloads are asked for, but neither at hand nor searched yet: their indexes."""
        rows = [term.unsearched(journal) for term in self.searches()]
        return np.unique(np.concatenate(rows)) if rows else np.zeros(0, np.int64)

    def remarks(self, journal: Journal) -> list[str]:
        """Return what to know of the outcome, a sentence each: unknown fields, and what is not searched."""
        unsearched, total = len(self.unsearched(journal)), len(journal.publications)
        unknown = [] if unsearched else self.unknown_fields(journal)
        said = [f"No event has a field “{name}”.{like_field(journal, name)}" for name in unknown]
        if unsearched:
            said.append(f"Searched the payloads of {_count(total - unsearched)} of {_count(total)} events.")
        if journal.errors.cut and any(isinstance(term, TextTerm) for term in self._inner()):
            messages = f"{_count(journal.errors.cut)} error message{'s' if journal.errors.cut > 1 else ''}"
            said.append(f"Searched the first {_count(MAX_MESSAGE)} characters of {messages}.")
        if any(isinstance(term, LossTerm) and term.belated for term in self._inner()):
            said.append("In a live session, losses that show later appear when the filter is applied again.")
        return said

    def unhandled(self, journal: Journal, indexes: Ints) -> Mask:
        """Return which of some publications without any execution (indexes, shape ``(n,)``) fit."""
        fits = np.ones(len(indexes), np.bool_)
        for term in self.terms:
            fits &= term.publications(journal, indexes)
        return fits


def like_field(journal: Journal, name: str) -> str:
    """Return the question whether another field was meant, with a space before it; empty where none is alike."""
    names = {field for event in journal.events for field, _ in payload_fields(event.fields)}
    near = difflib.get_close_matches(name, sorted(names), 1, _ALIKE)
    return f" Did you mean {near[0]}?" if near else ""


def _count(number: int) -> str:
    return f"{number:,}".replace(",", "\u2009")


def parse(text: str) -> Filter:
    """Read a filter.

    Raises:
        FilterError: It cannot be read; the error says where and what to write.
    """
    terms = []
    end = 0
    for token in _TOKEN.finditer(text):
        _check_gap(text, end, token.start())
        terms.append(_term(token.group(), token.start()))
        end = token.end()
    _check_gap(text, end, len(text))
    return Filter(text, tuple(terms))


def _check_gap(text: str, start: int, end: int) -> None:
    """Raise ``FilterError`` when what the tokens leave out is a quote that nobody closes, not white space."""
    quote = text.find('"', start, end)
    if quote >= 0:
        raise FilterError("Missing closing quote.", quote, len(text) - quote, 'Add a ".')


def _term(token: str, position: int) -> Term:
    if token.startswith("-"):
        if len(token) == 1:
            raise FilterError("Nothing after the minus.", position, 1, "For example, -status:ok excludes ok.")
        return Not(_term(token[1:], position + 1))
    number = _NUMBER.fullmatch(token)
    if number is not None and number["name"] not in MEASURES:
        path = tuple(number["name"].removeprefix(PAYLOAD).split("."))
        if all(path):
            return PayloadTerm(path, (), _OPERATORS[number["operator"]], float(number["limit"]))
    length = _LENGTH.fullmatch(token)
    if length is not None:
        return _length(length, position)
    field = _FIELD.fullmatch(token)
    if field is not None:
        return _field(field, position)
    return TextTerm("".join(part for part, _ in _pieces(token)))


def _pieces(text: str) -> list[tuple[str, bool]]:
    """Return the pieces of a token, each with whether it was quoted; escapes undone."""
    return [
        (re.sub(r"\\(.)", r"\1", quoted), True) if not plain else (plain, False)
        for quoted, plain in _PIECE.findall(text)
    ]


def _values(text: str, position: int) -> list[tuple[str, int]]:
    """Return the alternatives of a field with their positions."""
    values: list[tuple[str, int]] = []
    start = 0
    for stop in [m.start() for m in re.finditer(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', text)] + [len(text)]:
        value = "".join(part for part, _ in _pieces(text[start:stop]))
        if not value:
            raise FilterError("Missing value.", position + start, max(1, stop - start))
        values.append((value, position + start))
        start = stop + 1
    return values


def _length(match: re.Match[str], position: int) -> Term:
    measure, operator, limit = match.group("measure", "operator", "limit")
    number = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)(\D*)", limit)
    where = position + match.start("limit")
    if measure and measure not in MEASURES:
        if number is None:
            said = f"“{limit}” is not a number." if limit else "Missing number."
            raise FilterError(said, where, max(1, len(limit)), f"For example {measure}{operator}100.")
        raise FilterError(
            f"“{measure}” is not a duration.",
            position,
            len(measure),
            f"Use {alternatives(MEASURES)} with a unit, or a number without one.",
        )
    if number is None:
        raise FilterError("Missing duration.", where, max(1, len(limit)), "For example ≥10ms or <1.5s.")
    if number.group(2) not in UNITS:
        raise FilterError(
            f"Unknown unit “{number.group(2)}”." if number.group(2) else "Missing unit.",
            where,
            len(limit),
            "Use ns, us, µs, ms or s.",
        )
    return LengthTerm(measure or "duration", _OPERATORS[operator], float(number.group(1)) * UNITS[number.group(2)])


def _field(match: re.Match[str], position: int) -> Term:
    name, rest = match.groups()
    make = _MAKERS.get(name)
    if make is None:
        near = difflib.get_close_matches(name, FIELDS, 1, _MISTYPED)
        if not near and _PATH.fullmatch(name):
            values = _values(rest, position + len(name) + 1)
            patterns = tuple(glob(re.sub("…$", "*", value)) for value, _ in values)
            return PayloadTerm(tuple(name.removeprefix(PAYLOAD).split(".")), patterns)
        raise FilterError(
            f"Unknown field “{name}”.",
            position,
            len(name),
            f"Did you mean {near[0]}: ?" if near else f'To search for this text, write "{match.group()}" in quotes.',
        )
    return make(_values(rest, position + len(name) + 1))


def _globs(values: list[tuple[str, int]]) -> tuple[re.Pattern[str], ...]:
    return tuple(glob(value) for value, _ in values)


def _status(values: list[tuple[str, int]]) -> Term:
    codes: set[int] = set()
    unheard = False
    for value, position in values:
        pattern = glob(value)
        named = {code for code, status in enumerate(STATUSES) if pattern.fullmatch(status)}
        if value.lower() == ANY_BAD:
            named = set(np.flatnonzero(IS_BAD).tolist())
        if pattern.fullmatch(UNHEARD):
            unheard = True
        elif not named:
            statuses = [*STATUSES, ANY_BAD, UNHEARD]
            near = difflib.get_close_matches(value.lower(), statuses, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Use {alternatives(statuses)}."
            raise FilterError(f"Unknown status “{value}”.", position, len(value), hint)
        codes |= named
    return StatusTerm(frozenset(codes), unheard)


def _yes_or_no(field: str, make: Callable[[bool], Term]) -> Callable[[list[tuple[str, int]]], Term]:
    def term(values: list[tuple[str, int]]) -> Term:
        (value, position), *more = values
        if value.lower() not in _TRUTH or more:
            raise FilterError(f"Unknown value for {field}.", position, len(value), "Use yes or no.")
        return make(_TRUTH[value.lower()])

    return term


def _loss(values: list[tuple[str, int]]) -> Term:
    belated = False
    for value, position in values:
        kind = glob(value.partition("@")[0])
        belated |= any(map(kind.fullmatch, BELATED))
        if not any(map(kind.fullmatch, KIND_NUMBERS)):
            near = difflib.get_close_matches(value.lower(), KIND_NUMBERS, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Use {alternatives(KIND_NUMBERS)}."
            raise FilterError(f"Unknown loss “{value}”.", position, len(value), hint)
    return LossTerm(_globs(values), belated)


def _correlation(values: list[tuple[str, int]]) -> Term:
    (value, _), *more = values
    if more:
        raise FilterError("Only one correlation id is allowed.", more[0][1], len(more[0][0]))
    return CorrelationTerm(value)


def _event_part(part: str) -> Callable[[list[tuple[str, int]]], Term]:
    return lambda values: EventTerm(part, _globs(values))


_MAKERS: Final[dict[str, Callable[[list[tuple[str, int]]], Term]]] = {
    "handler": lambda values: HandlerTerm(_globs(values)),
    "status": _status,
    "event": _event_part("event"),
    "workflow": _event_part("workflow"),
    "phase": _event_part("phase"),
    "category": _event_part("category"),
    "corr": _correlation,
    "error": lambda values: ErrorTerm(_globs(values)),
    "fault": _yes_or_no("fault", FaultTerm),
    "retry": _yes_or_no("retry", RetryTerm),
    "loss": _loss,
    "process": lambda values: ProcessTerm(_globs(values)),
}
