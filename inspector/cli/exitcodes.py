"""What the exit codes mean."""

from __future__ import annotations

from typing import Final

OK: Final = 0
#: An execution went wrong, or something expected got in the way: a full disk, a file that cannot be written.
FAILED: Final = 1
#: Wrong usage: an unknown option, event, field or value.
USAGE: Final = 2
#: A mistake of ours (``EX_SOFTWARE`` of sysexits.h); the log tells it in full.
BUG: Final = 70
#: Ended by a terminal that was closed, Ctrl+C, a reader that went away, a request to terminate: 128 and the signal's
#: number, as shells do.
HUNG_UP: Final = 129
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
TERMINATED: Final = 143
#: What is added to a signal's number.
SIGNALLED: Final = 128
