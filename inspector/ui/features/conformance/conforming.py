"""Conformance runs in the window: everything is fired on the live session, and the panel is told how it goes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject

from inspector.app.conform import Progress, contexts_of, fire_everything
from inspector.app.text import plural
from inspector.catalog.findings import CheckSettings
from inspector.core.errors import InspectorError
from inspector.hosts.child import ChildHost

if TYPE_CHECKING:
    import asyncio

    from inspector.analysis.journal import Journal
    from inspector.app.checking import Checked
    from inspector.app.notices import Notices
    from inspector.app.tasks import TaskOwner
    from inspector.app.workbench import Workbench
    from inspector.catalog.conformance.report import Report
    from inspector.core.facts import CatalogFacts
    from inspector.core.source import SourceScan
    from inspector.ui.features.conformance.panel import ConformancePanel

TASK: Final = "Firing everything"


class Conforming(QObject):
    """Fires everything when a person asks for it. All of it on the window's loop.

    Args:
        workbench: What does the work.
        panel: Where it is asked for and shown.
        notices: Where it is told when the panel shows another session at the end.
        tasks: Owner of asynchronous work.
        parent: The owner.
    """

    def __init__(
        self,
        workbench: Workbench,
        panel: ConformancePanel,
        notices: Notices,
        tasks: TaskOwner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workbench, self._panel, self._notices, self._tasks = workbench, panel, notices, tasks
        self._task: asyncio.Task[Any] | None = None
        self._facts: CatalogFacts | None = None
        self._settings = CheckSettings()
        self._source: SourceScan | None = None
        panel.fire_requested.connect(self.run)
        panel.cancel_requested.connect(self.cancel)
        self.refresh()

    @property
    def running(self) -> bool:
        """A run is under way."""
        return self._task is not None and not self._task.done()

    def set_checked(self, checked: Checked | None) -> None:
        """Take over what a check has found out about the live program; None: it could not be checked."""
        self._facts = checked.facts if checked is not None else None
        self._settings = checked.settings if checked is not None else CheckSettings()
        self._source = checked.source if checked is not None else None
        self._panel.set_settings(self._settings)

    def refresh(self) -> None:
        """Show in the panel whether everything can be fired; call it when that may have changed."""
        self._panel.set_blocked(self._workbench.fire_blocked(), allowed=self._workbench.firing_allowed)

    def run(self, choice: str) -> None:
        """Fire everything.

        Args:
            choice: One of ``app.conform.CHOICES``.
        """
        if not self.running and not self._workbench.fire_blocked():
            self._task = self._tasks.start(TASK, self._run(choice))

    def cancel(self) -> None:
        """Stop after the event that is being fired; what was recorded stays."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, choice: str) -> None:
        recording, panel = self._workbench.recording, self._panel
        host = recording.host
        journal = recording.journal
        panel.start_run()

        def progress(step: Progress) -> None:
            if panel.journal is journal:
                panel.show_progress(step)

        reason = ""
        try:
            report = await fire_everything(
                recording,
                contexts=contexts_of(choice),
                seed=random.randrange(1_000_000_000),  # noqa: S311 - sample values, no secrets
                facts=self._facts,
                settings=self._settings,
                on_progress=progress,
                # Everything was asked for: an event that ends the program is a finding, not the end of the run.
                revive=host.restart if isinstance(host, ChildHost) else None,
                read=lambda: self._source,
            )
        except InspectorError as error:
            reason = error.text
            raise
        else:
            self._show(report, journal)
        finally:
            if panel.journal is journal and panel.running:
                panel.end_run(reason)

    def _show(self, report: Report, journal: Journal) -> None:
        if self._panel.journal is journal:
            self._panel.show_report(report)
            return
        counts = report.counts
        totals = f"{plural(counts['error'], 'error')}, {plural(counts['warning'], 'warning')}"
        self._notices.info(f"All events fired: {totals}.", "Fire everything again in the live session to see them.")
