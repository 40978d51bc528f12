"""Asking where a run log goes, and writing it there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from inspector.app.export import EXPORTERS
from inspector.app.text import plural

if TYPE_CHECKING:
    from inspector.ui.context import Context


class Exporting(QObject):
    """Exports the session that is shown.

    Args:
        context: The window.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._shell = context.shell
        self._workbench = context.workbench
        self._settings = context.settings
        self._notices = context.notices
        self._tasks = context.tasks

    def blocked(self) -> str:
        """Return why nothing can be exported; empty when it can."""
        view = self._workbench.view
        if view is None:
            return self._workbench.view_blocked()
        if not view.session:
            return "This session is not saved"
        return "" if len(view.journal.publications) else "Nothing recorded yet"

    def ask(self, kind: str, session: int = 0, name: str = "") -> QFileDialog | None:
        """Ask for a file, then write it. Without a session the one that is shown is exported."""
        view = self._workbench.view
        number = session or (view.session if view is not None else 0)
        if not number:
            return None
        exporter = EXPORTERS[kind]
        name = name or (view.title if view is not None else "run")
        folder = Path(self._settings.text("export.folder", str(Path.home())))
        kinds = f"{exporter.file_type} (*.{exporter.suffix})"
        dialog = QFileDialog(self._shell, f"Export {exporter.title}", str(folder), kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(exporter.suffix)
        dialog.selectFile(f"{_file_name(name)}{f'-{kind}' if exporter.option else ''}.{exporter.suffix}")
        dialog.fileSelected.connect(lambda path: self.write(kind, number, Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def write(self, kind: str, session: int, target: Path) -> None:
        """Write a session to a file, and say so when it is done."""
        self._settings.set("export.folder", str(target.parent))
        self._tasks.start("Exporting", self._write(kind, session, target))

    async def _write(self, kind: str, session: int, target: Path) -> None:
        count = await self._workbench.export(kind, session, target)
        written = plural(count, EXPORTERS[kind].unit)
        self._notices.info(f"Exported {written} to {target}.")


def _file_name(name: str) -> str:
    """Return a file name that every system takes: no separators, no control characters, not too long."""
    safe = re.sub(r"[^\w. -]+", "-", name).strip(" .-")
    return safe[:80] or "run"
