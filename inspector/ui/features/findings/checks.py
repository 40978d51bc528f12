"""Findings in the window: checked when a program is loaded, marked in the catalog, listed in a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from inspector.app.checking import check
from inspector.core.errors import InspectorError
from inspector.core.records.host import ProgramReloaded

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.app.workbench import View
    from inspector.ui.context import Context

_CHECKING = "Checking the catalog"


class Checks(QObject):
    """Keeps the findings of the program that runs; the context is told what came of each check.

    Args:
        context: The window.

    Signals:
        failed: The program could not be checked: why.
    """

    failed = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._workbench = context.workbench
        self._tasks = context.tasks
        self._checked: Journal | None = None
        self._stale = False

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
                checked = await check(recording, self._context.launch.basis)
            except InspectorError as error:
                if self._stale:
                    continue
                self.failed.emit(error.text)
                self._context.checked.emit(None)
                raise
            if not self._stale:
                self._context.checked.emit(checked)

    def show(self, view: View) -> None:
        """Check a program that is shown for the first time."""
        if view.live and view.journal is not self._checked:
            self.check()

    def folded(self, change: Change) -> None:
        """Check a program anew that was loaded anew."""
        if any(isinstance(record, ProgramReloaded) for record in change.host):
            self.check()
