"""What the status bar says: how things stand, what was counted, where it is kept."""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from inspector.app.memory import trim_journals
from inspector.app.missing import missing_text
from inspector.app.text import format_bytes, format_count, format_duration, plural
from inspector.app.workbench import Stand
from inspector.core.records.statuses import FAILED_CODE, RUNNING_CODE, STATUSES, TROUBLE
from inspector.ui.kit.pacing import PacedTimer
from inspector.ui.kit.theme import LABELS

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.app.loss_marks import LossMarks
    from inspector.app.workbench import Workbench
    from inspector.ui.shell.shell import Shell

#: Milliseconds between two looks at how things stand.
_EVERY: Final = 500
#: Seconds over which events a second are counted.
_RATE_OVER: Final = 3.0
#: Nanoseconds from which the lag of a loop is told as a number.
_LAG: Final = 1_000_000
#: What the status bar says of each stand: colour of the dot (a token), and words.
_STATES: Final = {
    Stand.NOTHING: ("cancelled", "stored session"),
    Stand.STORED: ("cancelled", "stored session"),
    Stand.RELOADING: ("running", "reloading…"),
    Stand.STOPPED: ("cancelled", "program stopped"),
    Stand.PAUSED: ("warn", "paused"),
    Stand.RECORDING: ("failed", "recording"),
}


class Standing(QObject):
    """Keeps the status bar up to date, twice a second.

    Args:
        shell: The window.
        workbench: What is shown, and whether it is recorded.
        marks: Which losses count.

    Signals:
        changed: What can be done may have changed without anybody having done something: the session has got its place
            in the store, the program has stopped.
    """

    changed = Signal()

    def __init__(self, shell: Shell, workbench: Workbench, marks: LossMarks) -> None:
        super().__init__(shell)
        self._marks = marks
        self._stood: object = None
        self._shell = shell
        self._workbench = workbench
        self._seen: deque[tuple[float, int]] = deque()
        self._timer = PacedTimer(self, _EVERY, single_shot=False)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()

    @property
    def stopped(self) -> bool:
        """Whether it says no more."""
        return not self._timer.isActive()

    def stop(self) -> None:
        """Stop keeping it up to date."""
        self._timer.stop()

    def go_on(self) -> None:
        """Start again: something is shown after all."""
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
        runs = host is not None and host.running
        stands = (view.session, workbench.stand, workbench.reading, runs, workbench.database)
        if stands != self._stood:
            self._stood = stands
            self.changed.emit()
        journal = view.journal
        self._shell.set_state(*_STATES[workbench.stand])
        unbounded = trim_journals()
        memory = [f"no memory limit: {unbounded}"] if unbounded else []
        lost = workbench.lost if view.live else journal.dropped
        counts = count_texts(journal, lost, self._marks.total(journal))
        self._shell.set_status_left([*self._rate(journal, live=view.live), *counts, *memory])
        self._shell.set_status_right(self._kept())

    def _rate(self, journal: Journal, *, live: bool) -> list[str]:
        """Return the publications a second over the last seconds; nothing for a stored session."""
        if not live:
            self._seen.clear()
            return []
        now = monotonic()
        self._seen.append((now, len(journal.publications)))
        while len(self._seen) > 2 and now - self._seen[0][0] > _RATE_OVER:
            self._seen.popleft()
        span = now - self._seen[0][0]
        count = len(journal.publications) - self._seen[0][1]
        if count < 0:  # another session is shown
            self._seen.clear()
            count = 0
        rate = round(count / span) if span > 0 else 0
        return [f"{plural(rate, 'event')}/s"]

    def _kept(self) -> list[str]:
        workbench = self._workbench
        if workbench.host is None:
            return [f"stored in {workbench.database.name}"] if workbench.database is not None else []
        parts = []
        recording = workbench.recording
        if recording.host.running and recording.host.firing is None:
            lag = recording.host.lag
            # A number that changes all the time for nothing would be painted all the time, too.
            parts.append(f"event loop lag {format_duration(lag)}" if lag >= _LAG else "event loop lag under 1 ms")
        if workbench.opening:
            return parts
        if workbench.database is None:
            return [*parts, "not saved"]
        begun = recording.session or workbench.trouble is None
        size = format_bytes(workbench.stored_bytes)
        parts.append(f"{workbench.database.name} ({size})" if begun else "not saved yet")
        if workbench.trouble is not None:
            return [*parts, f"{plural(recording.unsaved, 'record')} unsaved"]
        return [*parts, "all changes saved" if not recording.unsaved else "saving…"]


def count_texts(journal: Journal, lost: int, losses: int = 0) -> list[str]:
    """Return what is counted: failures that nobody has caused, and apart from them what is under a fault or a retry."""
    executions = journal.executions
    parts = [plural(len(executions), "execution")]
    statuses, retry = executions["status"], executions["retry"] > 0
    struck = statuses[(executions["fault"] > 0) & (statuses != RUNNING_CODE) & ~retry]
    tried = statuses[retry]
    outcomes = journal.outcomes()
    counted = {
        code: outcomes.get(code, 0) - int((struck == code).sum()) - int((tried == code).sum()) for code in TROUBLE
    }
    parts += [
        f"{format_count(count)} {LABELS[STATUSES[code]]}"
        for code, count in counted.items()
        if count or code == FAILED_CODE
    ]
    if len(struck):
        parts.append(f"{format_count(len(struck))} by fault")
    if len(tried):
        parts.append(f"{format_count(len(tried))} retried")
    if losses:
        parts.append(plural(losses, "loss", "losses"))
    if journal.running:
        parts.append(f"{format_count(journal.running)} running")
    parts += filter(None, [missing_text(journal.processes)])
    return [*parts, f"{plural(lost, 'record')} lost"] if lost else parts
