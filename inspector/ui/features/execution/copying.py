"""Copying an execution: as a test, a report, the call that makes its event, the payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from inspector.core.errors import InspectorError
from inspector.core.records.numbers import ExecutionIndex
from inspector.ui.kit.text import COPIES, copy_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.app.copies.recorded import RecordedExecution
    from inspector.hosts.project import Project
    from inspector.ui.context import Context

#: What an execution is copied as, in the order of menus.
PYTEST: Final = "pytest"
MARKDOWN: Final = "Markdown"
PYTHON: Final = "Python"
JSON: Final = "JSON"


class ExecutionCopies(QObject):
    """Puts an execution into the clipboard; what cannot be copied becomes a notice.

    Args:
        context: The window.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context

    def copy(self, kind: str, execution: int) -> None:
        """Copy an execution (its index in the shown journal) as ``pytest``, ``Markdown``, ``Python`` or ``JSON``."""
        self._context.tasks.start(
            f"Copying as {kind}", self._copy(kind, ExecutionIndex(execution), COPIES.newest.ask())
        )

    async def _copy(self, kind: str, execution: ExecutionIndex, wanted: Callable[[], bool]) -> None:
        view = self._context.workbench.view
        if view is None or not 0 <= execution < len(view.journal.executions):
            return
        from inspector.app.copies.recorded import recorded_execution

        try:
            recorded = await recorded_execution(view.details, execution, self._project())
            command = await self._command(recorded, execution) if kind == MARKDOWN else ""
            text = self._text(kind, recorded, command)
        except InspectorError as error:
            self._context.notices.report(error)
            return
        if wanted():  # else something else was copied meanwhile
            copy_text(text, f"as {kind}")

    async def _command(self, recorded: RecordedExecution, execution: ExecutionIndex) -> str:
        """Return what fires the event again; empty where it is not known how the program was loaded."""
        view = self._context.workbench.view
        if view is None or (recorded.project is None and not recorded.is_demo):
            return ""
        from inspector.app.copies.command import command_of

        publication = view.journal.execution(execution).publication
        return (await command_of(view.details, recorded.catalog, publication, recorded.project))[0]

    def _text(self, kind: str, recorded: RecordedExecution, command: str) -> str:
        if kind == PYTEST:
            from inspector.app.copies.pytesttext import pytest_text

            return pytest_text(recorded)
        if kind == MARKDOWN:
            from inspector.app.copies.report import report_text

            return report_text(recorded, command)
        if not recorded.payload:
            raise InspectorError("The payload of this event is not recorded.")
        if kind == PYTHON:
            from inspector.app.copies.pythontext import python_text

            return python_text(recorded.event, recorded.payload)
        from inspector.app.copies.report import json_text

        return json_text(recorded.payload)

    def _project(self) -> Project | None:
        """Return how the program that is shown was loaded; None where another one is loaded now."""
        workbench = self._context.workbench
        view, host = workbench.view, workbench.host
        if view is None or host is None:
            return None
        shown, loaded = view.journal.catalog, workbench.recording.journal.catalog
        same = shown is not None and loaded is not None and shown.program == loaded.program
        return host.project if same else None
