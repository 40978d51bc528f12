"""Taking a run log in that somebody exported: asked for, or dropped on the window."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtWidgets import QFileDialog

from inspector.app.commands import Command
from inspector.app.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.app.importing import ImportedRun
    from inspector.ui.context import Context
    from inspector.ui.features.sessions.sessions import Sessions

_FILTERS: Final = "Run logs (*.jsonl);;All files (*)"
_TASK: Final = "Importing the run log"
#: Lines that were left out and are named.
_NAMED: Final = 3


class Importing(QObject):
    """Imports run logs and shows them.

    Args:
        context: The window; the folder remembered is that of the exports.
        sessions: Opens what was imported.
    """

    def __init__(self, context: Context, sessions: Sessions) -> None:
        super().__init__(context)
        self._shell = context.shell
        self._workbench = context.workbench
        self._sessions = sessions
        self._settings = context.settings
        self._notices = context.notices
        self._tasks = context.tasks
        self._under_way: set[asyncio.Task[Any]] = set()
        self._shell.take_drops(self._take_drop)

    def commands(self) -> list[Command]:
        """Return what can be done."""
        return [
            Command(
                "session.import",
                "Import Run Log…",
                self.ask,
                "File",
                "import",
                (),
                "session",
                "Import a run log (JSON lines) as a session and open it",
                blocked=lambda: "" if self._workbench.database is not None else "No sessions database",
            )
        ]

    def ask(self) -> QFileDialog:
        """Ask for a file, then take it in."""
        folder = self._settings.text("export.folder", str(Path.home()))
        dialog = QFileDialog(self._shell, "Import run log", folder, _FILTERS)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.take(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def take(self, path: Path) -> None:
        """Store a run log as a session and open it."""
        self._settings.set("export.folder", str(path.parent))
        task = self._tasks.start(_TASK, self._take(path))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def stop(self) -> None:
        """End what is under way, before the database is closed: half an import leaves no session behind."""
        for task in tuple(self._under_way):
            task.cancel()
        if self._under_way:
            await asyncio.wait(tuple(self._under_way))

    async def _take(self, path: Path) -> None:
        imported = await self._workbench.import_run_log(path)
        self._tell(imported, path)
        self._sessions.open(imported.session)

    def _tell(self, imported: ImportedRun, path: Path) -> None:
        text = f"Imported {path.name} ({plural(imported.records, 'record')})."
        if imported.whole:
            self._notices.info(text)
            return
        said = list(imported.warnings)
        if imported.refused:
            named = "; ".join(f"line {problem.line}: {problem.reason}" for problem in imported.problems[:_NAMED])
            more = "; …" if imported.refused > _NAMED else ""
            said.insert(0, f"{plural(imported.refused, 'line')} skipped: {named}{more}")
        self._notices.warning(text, "\n".join(said))

    # A run log that is dropped on the window is taken in

    def _take_drop(self, data: QMimeData) -> Callable[[], None] | None:
        files = _run_logs(data)

        def take() -> None:
            for file in files:
                self.take(file)

        return take if files else None


def _run_logs(data: QMimeData) -> list[Path]:
    """Return the files that are being dropped and are called as run logs are."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.casefold() == ".jsonl" and path.is_file()]
