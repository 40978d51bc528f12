"""The statuses of an execution: their names, their numbers, and which of them are trouble."""

from __future__ import annotations

from typing import Final

RUNNING: Final = "running"
OK: Final = "ok"
SWALLOWED: Final = "swallowed"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
TIMED_OUT: Final = "timed_out"
RETURNED_FAILURE: Final = "returned_failure"
INTERRUPTED: Final = "interrupted"
#: A coroutine was made of the handler and never started: none of its code ran.
NEVER_AWAITED: Final = "never_awaited"

#: Every status of an execution; the position is the number under which it is stored.
STATUSES: Final = (
    *(RUNNING, OK, SWALLOWED, FAILED, CANCELLED, TIMED_OUT, RETURNED_FAILURE, INTERRUPTED),
    NEVER_AWAITED,
)
#: Statuses that say something went wrong and that make a command end with exit code 1.
BAD_STATUSES: Final = frozenset({FAILED, CANCELLED, TIMED_OUT, RETURNED_FAILURE, INTERRUPTED, NEVER_AWAITED})
#: Number of each status, as it stands in the ``status`` column.
STATUS_CODES: Final = {status: code for code, status in enumerate(STATUSES)}
#: Codes of the statuses that deserve attention, the worst first.
TROUBLE: Final = tuple(
    STATUS_CODES[status]
    for status in (FAILED, TIMED_OUT, RETURNED_FAILURE, NEVER_AWAITED, INTERRUPTED, CANCELLED, SWALLOWED)
)
#: Stands beside the codes where outcomes are counted: executions under a fault that have ended. They are counted as
#: nothing else: what was made to go wrong is no figure of the program.
BY_FAULT: Final = len(STATUSES)
RUNNING_CODE: Final = STATUS_CODES[RUNNING]
OK_CODE: Final = STATUS_CODES[OK]
FAILED_CODE: Final = STATUS_CODES[FAILED]
SWALLOWED_CODE: Final = STATUS_CODES[SWALLOWED]
