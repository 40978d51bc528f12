"""Findings in the window: checked when a program is loaded, marked in the catalog, listed in a panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from inspector.app.checking import Basis, Checked, check
from inspector.catalog.findings import marks
from inspector.core.errors import InspectorError

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.app.tasks import TaskOwner
    from inspector.app.workbench import View, Workbench
    from inspector.ui.features.catalog.panel import CatalogPanel
    from inspector.ui.features.findings.panel import FindingsPanel
    from inspector.ui.kit.badges import BadgeTone
    from inspector.ui.shell.shell import Shell

_CHECKING = "Checking the catalog"


class Checks(QObject):
    """Keeps the findings of the program that runs.

    Args:
        shell: The window.
        workbench: Has the program.
        panel: Lists them.
        catalog: Marks them.
        tasks: Owner of the tasks.
        basis: Gives the basis of the check for a program that is not a project of the person's.
        told: Called with what was found.
    """

    def __init__(
        self,
        shell: Shell,
        workbench: Workbench,
        panel: FindingsPanel,
        catalog: CatalogPanel,
        tasks: TaskOwner,
        basis: Callable[[], Basis],
        told: Callable[[Checked], None],
    ) -> None:
        super().__init__(shell)
        self._shell = shell
        self._workbench = workbench
        self._panel = panel
        self._catalog = catalog
        self._tasks = tasks
        self._basis = basis
        self._told = told
        self._checked: Journal | None = None
        self._stale = False
        panel.check_requested.connect(self.check)
        panel.count_changed.connect(self._count)
        workbench.on_view(self._show)
        workbench.on_folded(self._folded)

    def check(self) -> None:
        """Check the program that runs, once more if need be."""
        self._stale = True
        if self._workbench.host is not None and not self._tasks.running(_CHECKING):
            self._tasks.start(_CHECKING, self._check())

    async def _check(self) -> None:
        while self._stale:  # what is asked for while a check runs may be about another program, or a newer one
            self._stale = False
            recording = self._workbench.recording
            self._checked = recording.journal
            try:
                checked = await check(recording, self._basis)
            except InspectorError as error:
                if self._stale:
                    continue
                self._panel.set_unknown(error.text)
                self._catalog.model.set_marks({})
                raise
            if not self._stale:
                self._panel.set_findings(checked.findings)
                self._catalog.model.set_marks(marks(checked.findings))
                self._told(checked)

    def _show(self, view: View) -> None:
        if view.live and view.journal is not self._checked:
            self.check()

    def _folded(self, change: Change) -> None:
        """A program that was loaded anew is checked anew."""
        if any(note.kind == "restarted" for note in change.host):
            self.check()

    def _count(self, count: int, worst: str) -> None:
        tone: BadgeTone = "failed" if worst == "error" else "warn" if worst == "warning" else "dim"
        self._shell.set_badge("findings", str(count) if count else "", tone)
