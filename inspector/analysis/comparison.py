"""Why one execution failed and another passed: the values in which they differ, and how telling each of them is."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.query.complete import quoted
from inspector.analysis.query.query import PAYLOAD, FilterError, parse
from inspector.analysis.query.terms import PayloadTerm
from inspector.core.records.numbers import NO_EXECUTION, ExecutionIndex
from inspector.core.records.statuses import OK_CODE, RUNNING_CODE
from inspector.core.values.snapshot import plain

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal

Ints = npt.NDArray[np.int64]
#: The way to a value: names of fields, from the event inwards.
Path = tuple[str, ...]
#: What a publication was made with, by the way to each value, as JSON text. A list is one value.
Fields = Mapping[Path, str]

#: Begins the way to what is not of the event but of its context; no field of an event is called that.
CONTEXT: Final = "$context"
#: An id, or a moment: of these each publication has another one.
_ID_OR_TIME: Final = re.compile(
    r'"(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*)"'
)
#: How much more frequent A's value is among the failed than among the passed to separate them: less is chance.
_TELLING: Final = 0.1
#: A secret that is hidden, or a value of which a part was left out: no filter finds it.
_NOT_WHOLE: Final = re.compile(
    r"<redacted[:>]|<(?:text|bytes|int) of \d+ (?:bits )?cut>|< ?.* cut: |<cycle to |… \d* ?more"
)
#: What would stand for other texts in a filter, too.
_WILD: Final = re.compile(r"[*?]|…$")


def fields_of(payload: str, context: str = "") -> dict[Path, str]:
    """Return the values of a publication: those of its payload (tagged JSON) and of its context (JSON).

    Raises:
        ValueError: One of the texts cannot be read.
    """
    values: dict[Path, str] = {}
    for path, value in _leaves(plain(payload), ()):
        values[path or ("value",)] = json.dumps(value, ensure_ascii=False, sort_keys=True)
    for path, value in _leaves(json.loads(context or "{}"), (CONTEXT,)):
        if len(path) > 1:
            values[path] = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return values


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield what stands at the ends of all ways through objects."""
    waiting = [(path, value)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting += [((*path, name), inner) for name, inner in reversed(value.items())]
        elif value != {} or not path:
            yield path, value
        else:
            yield path, {}


def field_name(path: Path) -> str:
    """Return a way as people write it: ``amount.currency``, ``context.session``."""
    return ".".join(("context", *path[1:]) if path[0] == CONTEXT else path)


@dataclass(frozen=True)
class FieldDifference:
    """A value that A and B do not share.

    Attributes:
        path: The way to it.
        a, b: The value in A and in B, as JSON text; None where there is none.
        failed, passed: How many of the failed and of the passed executions that were searched have A's value.
        values: How many different values these have.
        by_length: Both are lists of different lengths, and only those are compared.
    """

    path: Path
    a: str | None
    b: str | None
    failed: int = 0
    passed: int = 0
    values: int = 0
    by_length: bool = False

    @property
    def name(self) -> str:
        """The field as people write it."""
        return field_name(self.path)


@dataclass(frozen=True)
class Comparison:
    """What two executions have in common, and what not.

    Attributes:
        separating: In what they differ and A's value is clearly more frequent among the failed, the strongest first.
        others: In what else they differ.
        changing: Ids and times that differ every time.
        same: Values that both share.
        failed, passed: How many executions were searched.
        a_failed: A is one that failed. Of one that passed, what separates it is more frequent among the passed.
    """

    separating: tuple[FieldDifference, ...]
    others: tuple[FieldDifference, ...]
    changing: tuple[FieldDifference, ...]
    same: tuple[tuple[Path, str], ...]
    failed: int
    passed: int
    a_failed: bool = True

    @property
    def equal(self) -> bool:
        """They differ in nothing but ids and times."""
        return not self.separating and not self.others

    def always(self, difference: FieldDifference) -> bool:
        """Return whether A's value is in every failure and in no pass; of an A that passed the other way round."""
        if not self.a_failed:
            return 0 < self.passed == difference.passed and difference.failed == 0 < self.failed
        return 0 < self.failed == difference.failed and difference.passed == 0 < self.passed

    @property
    def always_words(self) -> str:
        """What ``always`` says, for people."""
        return "in every failure and in no pass" if self.a_failed else "in every pass and in no failure"


class FieldTally:
    """Counts how many executions have A's values, where those are not B's.

    Args:
        a, b: The values of both.
        a_failed: A is one that failed.
    """

    def __init__(self, a: Fields, b: Fields, *, a_failed: bool = True) -> None:
        self._a_failed = a_failed
        self._same = tuple((path, value) for path, value in a.items() if b.get(path) == value)
        paths = [path for path in (*a, *(path for path in b if path not in a)) if a.get(path) != b.get(path)]
        self._pairs = {path: (a.get(path), b.get(path)) for path in paths}
        self._by_length = {path for path, pair in self._pairs.items() if _differ_in_length(*pair)}
        self._wanted = {path: self._measured(path, pair[0]) for path, pair in self._pairs.items()}
        self._counts: tuple[Counter[Path], Counter[Path]] = (Counter(), Counter())
        self._values: dict[Path, set[str | int | None]] = {path: set() for path in self._pairs}
        self._searched = [0, 0]

    @property
    def needs_context(self) -> bool:
        """Whether what differs is not in the payload alone."""
        return any(path[0] == CONTEXT for path in self._pairs)

    def add(self, fields: Fields, *, failed: bool) -> None:
        """Count an execution by the values of its publication."""
        self._searched[failed] += 1
        counts = self._counts[failed]
        for path, wanted in self._wanted.items():
            value = self._measured(path, fields.get(path))
            self._values[path].add(value)
            counts[path] += value == wanted

    def _measured(self, path: Path, value: str | None) -> str | int | None:
        """Return by what a value is compared: by itself, or by how long a list is."""
        if value is None or path not in self._by_length or not value.startswith("["):
            return value
        return len(json.loads(value))

    def comparison(self) -> Comparison:
        """Return what came of it."""
        passed, failed = self._searched
        separating, others, changing = [], [], []
        for path, (a, b) in self._pairs.items():
            values = len(self._values[path])
            counts = (self._counts[True][path], self._counts[False][path])
            difference = FieldDifference(path, a, b, *counts, values, by_length=path in self._by_length)
            unique = values == passed + failed
            if unique and all(value is not None and _ID_OR_TIME.fullmatch(value) for value in (a, b)):
                changing.append(difference)
            elif self._lead(difference) >= _TELLING and not (unique and failed + passed > 2):
                separating.append(difference)
            else:
                others.append(difference)
        separating.sort(key=lambda field: (-self._lead(field), field.values, field.path))
        groups = tuple(separating), tuple(others), tuple(changing)
        return Comparison(*groups, self._same, failed, passed, a_failed=self._a_failed)

    def _lead(self, difference: FieldDifference) -> float:
        """Return how much more frequent A's value is among its like than among the others, -1 to 1."""
        passed, failed = self._searched
        lead = difference.failed / max(failed, 1) - difference.passed / max(passed, 1)
        return lead if self._a_failed else -lead


def _differ_in_length(a: str | None, b: str | None) -> bool:
    if a is None or b is None or not (a.startswith("[") and b.startswith("[")):
        return False
    return len(json.loads(a)) != len(json.loads(b))


def filter_text(path: Path, value: str | None) -> str:
    """Return the filter for a value (JSON text) of a field; empty where none finds just that.

    Nothing is filtered by what is hidden, cut, a list, or not of the event.
    """
    if value is None or path[0] == CONTEXT or value[0] in "[{" or _NOT_WHOLE.search(value):
        return ""
    exact = json.loads(value)
    text = exact if isinstance(exact, str) else value
    if not text or _WILD.search(text):
        return ""
    for begin in ("", PAYLOAD):
        written = f"{begin}{field_name(path)}:{quoted(text)}"
        try:
            terms = parse(written).terms
        except FilterError:
            continue
        if (
            len(terms) == 1
            and terms[0] == PayloadTerm(path, getattr(terms[0], "patterns", ()))
            and _finds(terms[0], text)
        ):
            return written
    return ""


def _finds(term: Any, text: str) -> bool:
    return len(term.patterns) == 1 and term.patterns[0].fullmatch(text) is not None


@dataclass(frozen=True)
class Peers:
    """Executions of the same handler for the same event, by index, oldest first.

    Attributes:
        failed: Those that did not end well; under a fault if the one in question is, else without.
        passed: Those that ended well, without a fault.
        retried: Only retries have passed; these are ``passed`` then.
    """

    failed: Ints
    passed: Ints
    retried: bool = False

    def passed_before(self, start: int, starts: Ints) -> ExecutionIndex:
        """Return the last that passed and began before a time, else the first after it, ``NO_EXECUTION`` for none.

        Args:
            start: The time, in ns since the session began.
            starts: When executions began, by index.
        """
        if not len(self.passed):
            return NO_EXECUTION
        earlier = self.passed[starts[self.passed] < start]
        return ExecutionIndex(int(earlier[-1] if len(earlier) else self.passed[0]))


def peers_of(journal: Journal, execution: ExecutionIndex) -> Peers:
    """Return the executions with which one can be compared; retries only where nothing else has passed."""
    columns = journal.executions
    status, fault = columns["status"], columns["fault"] > 0
    alike = (columns["handler"] == columns["handler"][execution]) & (columns["event"] == columns["event"][execution])
    first = alike & (columns["retry"] == 0)
    failed = np.flatnonzero(first & (status != RUNNING_CODE) & (status != OK_CODE) & (fault == fault[execution]))
    well = alike & (status == OK_CODE) & ~fault
    passed = np.flatnonzero(well & first)
    if len(passed) or not well.any():
        return Peers(failed, passed)
    return Peers(failed, np.flatnonzero(well), retried=True)


def went_wrong(journal: Journal, execution: int) -> bool:
    """Return whether an execution has ended, and not well."""
    if not 0 <= execution < len(journal.executions):
        return False
    return int(journal.executions["status"][execution]) not in (OK_CODE, RUNNING_CODE)
