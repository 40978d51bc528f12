"""What a run can be held against, by the names that people type. Nothing here is heavy: ``--help`` lists them."""

from __future__ import annotations

from typing import Final

#: Events without a handler; handlers that were subscribed and not called; publications and records that are lost.
UNHEARD: Final = "unheard"
NOT_CALLED: Final = "not-called"
DROPPED: Final = "dropped"
#: Handlers that got another publication's session or metadata.
MIXED_UP: Final = "mixed-up"
#: Those, and every status of an execution with which something is wrong.
FAILINGS: Final = (
    *("failed", "swallowed", "timed-out", "cancelled", "interrupted", "returned-failure", "never-awaited"),
    *(UNHEARD, NOT_CALLED, MIXED_UP, DROPPED),
)
