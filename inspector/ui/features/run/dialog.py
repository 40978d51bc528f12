"""Asks which command to run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QWidget

from inspector.app.runs import RunOptions, command_of
from inspector.core.errors import InspectorError
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.fields import box_of_recent
from inspector.ui.kit.layouts import form, hbox, vbox
from inspector.ui.kit.text import PlainLabel

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

_MARGINS: Final = (18, 16, 18, 14)


class RunDialog(QDialog):
    """Asks which command to run, and where. Nothing runs before the person says so.

    Args:
        theme: Its look.
        recent: What was run last, newest first.
        parent: The window.

    Signals:
        chosen: ``RunOptions``.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, recent: Sequence[RunOptions], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._recent = list(recent)
        self.setWindowTitle("Run Command")
        self.setMinimumWidth(620)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.command = self._field("Command", "uvicorn shop:app --reload")
        self.folder = self._field("Folder", "Working directory of the command")
        self.app = self._field("App", "optional: package.module:bus (default: detected at runtime)")
        self._timer = QTimer(self, interval=200, singleShot=True)
        self._timer.timeout.connect(self._check)
        self._build()
        self.fill(self._recent[0] if self._recent else RunOptions("", str(Path.cwd())))
        self.command.selectAll()
        self.command.setFocus()

    def fill(self, options: RunOptions) -> None:
        """Put what was run before into the form."""
        self.command.setText(options.command)
        self.folder.setText(options.cwd or str(Path.cwd()))
        self.app.setText(options.app)
        self._check()

    def options(self) -> RunOptions:
        """Return what stands in the form."""
        return RunOptions(self.command.text().strip(), self.folder.text().strip(), self.app.text().strip())

    def _build(self) -> None:
        what = "The program runs unchanged; nothing is fired into it. Processes appear as they start."
        rows: list[tuple[QWidget, QWidget]] = []
        if self._recent:
            titles = [f"{recent.command}  —  {recent.cwd}" for recent in self._recent]
            box = box_of_recent("Recent commands", titles, lambda place: self.fill(self._recent[place]))
            rows.append((PlainLabel("Recent"), box))
        browse = Button(self._theme, "Browse…", on_click=self._browse)
        browse.setAutoDefault(False)
        folder = QWidget()
        hbox((self.folder, 1), browse, owner=folder, spacing=-1)
        rows += [
            (PlainLabel("Command"), self.command),
            (PlainLabel("Folder"), folder),
            (PlainLabel("App"), self.app),
        ]
        self._problem = PlainLabel("", "failed", wrap=True)
        self._problem.hide()
        self.run_button = Button(self._theme, "Run", "play", kind="primary", on_click=self._choose)
        self.run_button.setDefault(True)
        cancel = Button(self._theme, "Cancel", on_click=self.reject)
        cancel.setAutoDefault(False)
        buttons = hbox(1, cancel, self.run_button, spacing=-1)
        vbox(
            PlainLabel(what, "dim", wrap=True),
            form(*rows),
            self._problem,
            buttons,
            owner=self,
            margins=_MARGINS,
            spacing=12,
        )

    def _field(self, title: str, hint: str) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(title)
        field.setPlaceholderText(hint)
        field.textEdited.connect(lambda _: self._timer.start())
        return field

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Choose", self.folder.text() or str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.fileSelected.connect(lambda _: self._timer.start())
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _check(self) -> None:
        """Show at once what is wrong."""
        options = self.options()
        trouble = ""
        if options.command:
            try:
                command_of(options)
            except InspectorError as error:
                trouble = str(error)
        self._problem.setText(trouble)
        self._problem.setVisible(bool(trouble))
        self.run_button.setEnabled(bool(options.command) and not trouble)

    def _choose(self) -> None:
        self._check()
        if self.run_button.isEnabled():
            self.chosen.emit(self.options())
            self.accept()
