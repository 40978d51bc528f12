"""Faults on purpose, as data: which handler goes wrong for which event, and how."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from .errors import UsageError

#: What a handler can be made to do: raise; take long; never end; raise, and go on as if nothing had happened.
FAULT_KINDS: Final = ("fail", "slow", "hang", "swallow")


@dataclass(frozen=True)
class FaultRule:
    """One fault: executions that fit ``handler`` and ``event`` go wrong.

    Attributes:
        handler: Pattern (``*``, ``?``, ``[…]``, case counts) for the handler's label, like
            ``AuditEventHandler.handle_user_login_*``.
        event: Pattern for the class name of the event.
        kind: One of ``FAULT_KINDS``.
        error: The exception of ``fail`` and ``swallow``, a built-in exception class and its message:
            ``ConnectionError: the server went away``.
        delay: Seconds more that ``slow`` takes; for a synchronous handler also how long ``hang`` blocks the
            loop. An asynchronous one that hangs ends at its deadline.
    """

    handler: str
    event: str
    kind: str
    error: str = "RuntimeError: injected fault"
    delay: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise UsageError(f"{self.kind!r} is no kind of fault.", f"There are {', '.join(FAULT_KINDS)}.")
        if not self.delay >= 0:
            raise UsageError(f"A fault cannot take {self.delay} seconds.", "The delay is 0 or more.")

    def fits(self, label: str, event: str) -> bool:
        """Return whether the rule is about this handler (by its label) and this event (by its class name)."""
        return fnmatchcase(label, self.handler) and fnmatchcase(event, self.event)
