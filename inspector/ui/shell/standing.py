"""How things stand: what the status bar and the bar say, brought up to date twice a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from inspector.app.text import format_bytes, format_count, format_duration, plural

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.app.workbench import Workbench
    from inspector.ui.shell.shell import Shell

_EVERY = 500
_RATE_OVER = 3.0


class Standing(QObject):
    """Tells the shell how things stand.

    Args:
        shell: The window.
        workbench: Knows.
        changed: Called when what can be done may have changed without anybody having done something: the session has
            got its place in the store, the program has stopped.
    """

    def __init__(self, shell: Shell, workbench: Workbench, changed: Callable[[], None]) -> None:
        super().__init__(shell)
        self._changed = changed
        self._stood: object = None
        self._shell = shell
        self._workbench = workbench
        self._seen: deque[tuple[float, int]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()

    @property
    def stopped(self) -> bool:
        """Whether it says no more."""
        return not self._timer.isActive()

    def stop(self) -> None:
        """Say no more."""
        self._timer.stop()

    def go_on(self) -> None:
        """Speak again: something is shown after all."""
        if self.stopped:
            self._timer.start()

    def refresh(self) -> None:
        """Show how things stand now."""
        workbench = self._workbench
        view = workbench.view
        idle = workbench.idle[:1].lower() + workbench.idle[1:]
        if view is None:
            self._shell.set_state("cancelled" if idle else "running", idle or "starting")
            return
        host = workbench.host
        stands = (view.session, host is not None and host.running, workbench.database)
        if stands != self._stood:
            self._stood = stands
            self._changed()
        journal = view.journal
        if not view.live:
            self._shell.set_state("cancelled", "stored session")
        elif host is None or not host.running:
            self._shell.set_state("cancelled", "the program has stopped")
        elif host.recording:
            self._shell.set_state("failed", "recording")
        else:
            self._shell.set_state("warn", "paused")
        self._shell.set_status_left([*self._rate(journal, live=view.live), *_counts(journal)])
        self._shell.set_status_right(self._kept())

    def _rate(self, journal: Journal, *, live: bool) -> list[str]:
        """Publications a second over the last seconds; nothing for a stored session."""
        if not live:
            self._seen.clear()
            return []
        now = monotonic()
        self._seen.append((now, len(journal.publications)))
        while len(self._seen) > 2 and now - self._seen[0][0] > _RATE_OVER:
            self._seen.popleft()
        span = now - self._seen[0][0]
        count = len(journal.publications) - self._seen[0][1]
        rate = round(count / span) if span > 0 else 0
        return [f"{plural(rate, 'event')}/s"]

    def _kept(self) -> list[str]:
        workbench = self._workbench
        if workbench.host is None:
            return [f"stored in {workbench.database.name}"] if workbench.database is not None else []
        parts = []
        recording = workbench.recording
        if recording.host.running:
            parts.append(f"bus loop lag {format_duration(recording.host.lag)}")
        if workbench.database is None:
            return [*parts, "not stored"]
        parts.append(f"stored to {workbench.database.name} ({format_bytes(workbench.stored_bytes)})")
        if workbench.trouble is not None:
            return [*parts, f"{plural(recording.unsaved, 'record')} not saved"]
        return [*parts, "all changes saved" if not recording.unsaved else "saving…"]


def _counts(journal: Journal) -> list[str]:
    parts = [plural(len(journal.executions), "execution"), f"{format_count(journal.bad)} failed"]
    swallowed = int(journal.status_counts[2])
    if swallowed:
        parts.append(f"{format_count(swallowed)} swallowed")
    if journal.running:
        parts.append(f"{format_count(journal.running)} running")
    return [*parts, f"{format_count(journal.dropped)} dropped"]
