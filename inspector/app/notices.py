"""One door to the person in front of the screen: everything worth telling becomes a notice.

Nothing here knows a window. Until somebody listens notices wait; a storm of them is held back and counted,
never lost silently and never allowed to freeze what shows them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from inspector.core.errors import InspectorError

log = logging.getLogger("inspector.notices")

Severity = Literal["info", "warning", "error", "bug"]

#: How many notices a second are delivered; the rest is held back and counted.
RATE: Final = 10
#: For how many seconds an equal notice counts up the first instead of being a new one.
SAME_WITHIN: Final = 10.0
_WAITING_LIMIT: Final = 200


@dataclass(frozen=True)
class NoticeAction:
    """Something a notice offers to do."""

    label: str
    run: Callable[[], object]


@dataclass(frozen=True)
class Notice:
    """One thing to tell.

    Attributes:
        number: Identity: the same number again replaces what was shown under it.
        severity: ``info``, ``warning``, ``error`` (expected trouble) or ``bug`` (ours).
        text: What happened, one sentence.
        hint: What to do next; may be empty.
        actions: What can be done about it at once.
        count: How often it has happened.
    """

    number: int
    severity: Severity
    text: str
    hint: str = ""
    actions: tuple[NoticeAction, ...] = ()
    count: int = 1


Listener = Callable[[Notice], None]


@dataclass
class _Seen:
    notice: Notice
    at: float


class Notices:
    """The hub. Any thread may tell; a listener is called in the thread that tells, outside the lock.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._waiting: deque[Notice] = deque(maxlen=_WAITING_LIMIT)
        self._seen: dict[tuple[Severity, str, str], _Seen] = {}
        self._delivered: deque[float] = deque(maxlen=RATE)
        self._held: dict[int, Notice] = {}
        self._numbers = 0
        self._overflow: Notice | None = None

    def info(self, text: str, hint: str = "", actions: tuple[NoticeAction, ...] = ()) -> None:
        """Report that something went as it should."""
        self._tell("info", text, hint, actions)

    def warning(self, text: str, hint: str = "", actions: tuple[NoticeAction, ...] = ()) -> None:
        """Report something that deserves attention."""
        self._tell("warning", text, hint, actions)

    def error(self, text: str, hint: str = "", actions: tuple[NoticeAction, ...] = ()) -> None:
        """Report expected trouble."""
        self._tell("error", text, hint, actions)

    def bug(self, text: str, hint: str = "", actions: tuple[NoticeAction, ...] = ()) -> None:
        """Report a mistake of ours."""
        self._tell("bug", text, hint, actions)

    def report(self, error: BaseException, doing: str = "") -> None:
        """Report an exception: ``InspectorError`` in its own words, anything else as a bug, traceback in the log.

        Args:
            error: What was raised.
            doing: What was being done, to begin the sentence with: ``Exporting``.
        """
        if isinstance(error, InspectorError):
            self.error(f"{doing}: {error.text}" if doing else error.text, error.hint)
            return
        log.error("bug while %s", doing or "running", exc_info=error)
        kind = type(error).__name__
        said = str(error).strip()
        what = f"{kind}: {said}" if said else kind
        self.bug(
            f"Internal error{f' while {doing[:1].lower()}{doing[1:]}' if doing else ''}: {what}",
            "This is a bug in the inspector; details are in the log.",
        )

    def attach(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` for every notice, at once for those that waited; return the way to stop it."""
        with self._lock:
            self._listeners.append(listener)
            waiting = list(self._waiting)
            self._waiting.clear()
        for notice in waiting:
            listener(notice)

        def remove() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return remove

    @property
    def held_back(self) -> int:
        """How many notices wait because there were too many at once."""
        with self._lock:
            return len(self._held)

    def flush(self) -> None:
        """Deliver what was held back, as far as the rate allows; a view calls it now and then."""
        while True:
            with self._lock:
                if not self._held or not self._may_deliver():
                    return
                notice = self._held.pop(next(iter(self._held)))
                listeners = list(self._listeners)
            self._deliver(notice, listeners)

    def _tell(self, severity: Severity, text: str, hint: str, actions: tuple[NoticeAction, ...]) -> None:
        with self._lock:
            notice = self._numbered(severity, text, hint, actions)
            if notice.number in self._held or not self._may_deliver():
                self._hold(notice)
                return
            listeners = list(self._listeners)
            if not listeners:
                self._queue(notice)
        # An equal notice is in the log once, with its count in the window.
        if notice.count == 1 and severity != "bug":
            # Expected trouble is told to the person; for the log it is mere information.
            log.info("%s: %s %s", severity, text, hint)
        self._deliver(notice, listeners)

    def _numbered(self, severity: Severity, text: str, hint: str, actions: tuple[NoticeAction, ...]) -> Notice:
        """Return the notice, with the number and raised count of an equal one when there was one just now."""
        now = self._clock()
        key = (severity, text, hint)
        number = self._seen.get(key)
        if number is not None and now - number.at <= SAME_WITHIN:
            number.notice = replace(number.notice, count=number.notice.count + 1, actions=actions)
            number.at = now
            return number.notice
        self._numbers += 1
        notice = Notice(self._numbers, severity, text, hint, actions)
        self._seen = {k: s for k, s in self._seen.items() if now - s.at <= SAME_WITHIN}
        self._seen[key] = _Seen(notice, now)
        return notice

    def _may_deliver(self) -> bool:
        """Return whether the rate allows one more, and count it when it does."""
        now = self._clock()
        if len(self._delivered) == RATE and now - self._delivered[0] < 1.0:
            return False
        self._delivered.append(now)
        return True

    def _hold(self, notice: Notice) -> None:
        if notice.number in self._held or len(self._held) < _WAITING_LIMIT:
            self._held[notice.number] = notice
            return
        if self._overflow is None or self._overflow.number not in self._held:
            self._numbers += 1
            self._overflow = Notice(
                self._numbers,
                "warning",
                "Too many notices at once.",
                "All of them are in the log.",
                (),
                0,
            )
        self._overflow = replace(self._overflow, count=self._overflow.count + 1)
        self._held[self._overflow.number] = self._overflow
        log.info("%s: %s %s", notice.severity, notice.text, notice.hint)

    def _queue(self, notice: Notice) -> None:
        for index, waiting in enumerate(self._waiting):
            if waiting.number == notice.number:
                self._waiting[index] = notice
                return
        self._waiting.append(notice)

    @staticmethod
    def _deliver(notice: Notice, listeners: list[Listener]) -> None:
        for listener in listeners:
            try:
                listener(notice)
            except Exception:
                # Telling of it as a notice would come back here.
                log.exception("a listener of notices failed")
