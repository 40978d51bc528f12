"""The budget: how much of a processor recording may cost a process, and what is left out to stay below that."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Any, Final

#: Percent of one processor that recording may cost unless something else is said.
USUAL: Final = 3.0
#: Most publications of which one is recorded.
MOST: Final = 1024
#: Nanoseconds between two looks.
_PERIOD: Final = 250_000_000
#: Nanoseconds that a publication, an execution and a publication that is only counted cost beside what is measured:
#: what Python takes to call us, and to find out what a call is of. Measured on a processor of three gigahertz.
_PUBLICATION: Final = 15_000
_EXECUTION: Final = 4_000
_SKIPPED: Final = 8_000


class RunBudget:
    """Decides which publications are recorded in full.

    Args:
        percent: Percent of one processor; ``off`` for everything; None for the usual.

    Attributes:
        one_in: One publication in how many is recorded.
        spent: Nanoseconds that were measured since the last look.
        publications: Publications recorded since then.
        executions: Executions recorded since then.
    """

    def __init__(self, percent: Any = None) -> None:
        self._limit = _limit_of(percent)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Begin with everything recorded."""
        self.one_in = 1
        self.spent = self.publications = self.executions = 0
        self._asked = self._skipped = 0
        self._looked = perf_counter_ns()

    def takes(self) -> bool:
        """Return whether to record the publication that begins now."""
        if not self._limit:
            return True
        self._asked += 1
        if not self._asked & 15:
            self._look()
        if self.one_in == 1 or not self._asked % self.one_in:
            return True
        self._skipped += 1
        return False

    def _look(self) -> None:
        """Choose how many to record, by what the last ones have cost."""
        now = perf_counter_ns()
        time = now - self._looked
        if time < _PERIOD:
            return
        recorded = self.spent + self.publications * _PUBLICATION + self.executions * _EXECUTION
        share = (recorded + self._skipped * _SKIPPED) / time
        every = recorded * self.one_in / time  # what recording all would cost
        if share > self._limit:
            self.one_in = min(MOST, max(self.one_in * 2, round(every / self._limit)))
        elif self.one_in > 1 and every < self._limit * self.one_in * 0.7:
            self.one_in = max(1, min(self.one_in - 1, round(every / self._limit)))
        self._looked = now
        self.spent = self.publications = self.executions = self._skipped = 0


def _limit_of(percent: Any) -> float:
    """Return the part of a processor that may be spent; 0 for any."""
    if type(percent) in (int, float) and percent > 0:
        return float(percent) / 100
    if percent is None:
        return USUAL / 100
    try:
        return max(float(str(percent)), 0.0) / 100
    except ValueError:  # ``off``
        return 0.0
