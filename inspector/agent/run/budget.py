"""The budget: how much of a processor recording may cost a process, and what is left out to stay below that.

Time in which the publishing thread waits for a processor that others have does not count: on a busy machine a process
that gets a fifth of one may spend on recording the limit's part of that fifth.
"""

from __future__ import annotations

import math
from _thread import get_ident
from time import perf_counter_ns
from typing import Any, Final

from ..procfs import processor_times

#: Percent of one processor that recording may cost unless something else is said.
USUAL: Final = 3.0
#: Most publications of which one is recorded.
MOST: Final = 1024
#: Nanoseconds between two looks, unless so much has been recorded meanwhile as this time allows.
_PERIOD: Final = 100_000_000
#: Publications that come between two questions whether that is so.
_LOOKS: Final = 16
#: Nanoseconds that a publication, an execution, a publication that is only counted, and a byte of payload cost: on a
#: processor on which ``_measured`` takes the nanoseconds of ``_STEP``.
_PUBLICATION: Final = 30_000
_EXECUTION: Final = 8_000
_SKIPPED: Final = 4_000
_BYTE: Final = 10
_STEP: Final = 160_000
#: What a packet costs in terms of the processor time in which it is begun: what comes then takes more than half.
_PACKET: Final = 2.6


class RunBudget:
    """Decides which publications are recorded in full.

    Args:
        percent: Percent of one processor; ``off`` for everything; None for the usual.

    Attributes:
        limit: The part of a processor that recording may take; 0 for any.
        one_in: One publication in how many is recorded.
        written: Bytes of payloads and failures written since the last look, besides packets.
        publications: Publications recorded since then, likewise.
        executions: Executions of these recorded since then.
        spent: Nanoseconds of processor time in which packets were begun since then: measured, because where they are
            seldom they take several times as long. What they need was not used since the last one.
    """

    def __init__(self, percent: Any = None) -> None:
        self.limit = _limit_of(percent)
        #: How much slower this processor is than the one on which costs were measured.
        self._pace = 0.0
        self.begin_anew()

    def begin_anew(self) -> None:
        """Begin with everything recorded."""
        self.one_in = 1
        self.written = self.publications = self.executions = self.spent = 0
        #: Publications that came of themselves since the last look, and those of them that were taken; until the next
        #: is taken so many are left out.
        self._asked = self._taken = self._left = 0
        #: What a recorded one costs, with all that it causes.
        self._mean = 0.0
        self._looked = perf_counter_ns()
        #: Which thread looked last, and how long it had waited for a processor by then.
        self._waited = get_ident(), processor_times("thread-self")[1]

    def takes(self) -> bool:
        """Return whether to record the publication that begins now."""
        if not self.limit:
            return True
        self._asked = asked = self._asked + 1
        if not asked % _LOOKS:
            self._look()
        if self._left:
            self._left -= 1
            return False
        self._left = self.one_in - 1
        self._taken += 1
        return True

    def spare(self) -> int:
        """Return how many of the next publications need not be asked about: they are left out."""
        spared = min(self._left, _LOOKS - 1 - self._asked % _LOOKS)
        self._left -= spared
        self._asked += spared
        return spared

    def _look(self) -> None:
        """Choose how many to record, by what the last ones have cost: at once where that was more than it may be."""
        now = perf_counter_ns()
        time = max(now - self._looked, 1)
        at_length = self.publications * _PUBLICATION + self.executions * _EXECUTION + self.written * _BYTE
        costs = at_length * (self._pace or 1.0) + self.spent * _PACKET
        if time < _PERIOD and costs < self.limit * _PERIOD:
            return
        if not self._pace:
            self._pace = _measured() / _STEP
            costs = at_length * self._pace + self.spent * _PACKET
        (before, already), self._waited = self._waited, (get_ident(), processor_times("thread-self")[1])
        if before == self._waited[0]:
            time = max(time - max(self._waited[1] - already, 0), time // 50, 1)
        if costs:
            self._mean = costs / max(self._taken, 1)
        every = self._mean * self._asked / time  # what it would cost to record them all
        counting = (self._asked - self._taken) * _SKIPPED * self._pace / time
        # Where counting alone takes the limit, some are recorded all the same: else nothing would be seen.
        wanted = math.ceil(every / max(self.limit - counting, self.limit / 4))
        if wanted > self.one_in or wanted < 0.7 * self.one_in:
            self.one_in = max(1, min(MOST, wanted))
            self._left = min(self._left, self.one_in - 1)
        self._looked = now
        self.written = self.publications = self.executions = self.spent = self._asked = self._taken = 0


def _measured() -> int:
    """Return the nanoseconds that some work of our kind takes here."""
    least = 0
    for _ in range(3):
        begun, held = perf_counter_ns(), {}
        for number in range(1_000):
            held[number & 63] = (number, str(number), number & 7)
        took = perf_counter_ns() - begun
        least = min(least or took, took)
    return least


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
