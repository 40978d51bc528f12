"""The settings that are kept for a project: change one that was mistyped, forget one, add one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from inspector.core.records.redact import Redactor, secret_kind
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.text import PlainLabel, set_tone

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def hide_secret(field: QLineEdit, name: str) -> None:
    """Show a value only while it is typed, where its name or the value itself tells that it is a secret."""
    text = field.text()
    secret = bool(secret_kind(name)) or Redactor().redact_text(text) != text
    field.setEchoMode(QLineEdit.EchoMode.PasswordEchoOnEdit if secret else QLineEdit.EchoMode.Normal)


class _Row:
    """A setting in the form: its name, which can be typed where the setting is new, its value, and a way to drop it."""

    def __init__(self, theme: Theme, name: str, value: str) -> None:
        self.value = QLineEdit(value)
        self.value.setPlaceholderText("value")
        self.value.setAccessibleName(name or "Value")
        self.typed: QLineEdit | None = None
        if name:
            self.name: QLineEdit | PlainLabel = PlainLabel(name)
        else:
            self.name = self.typed = QLineEdit()
            self.typed.setPlaceholderText("NAME")
            self.typed.setAccessibleName("Name")
            self.typed.textChanged.connect(lambda text: hide_secret(self.value, text))
        set_tone(self.name, "mono")
        self.drop = IconButton(theme, "trash", f"Forget {name}" if name else "Leave it out")
        hide_secret(self.value, name)

    def widgets(self) -> tuple[QWidget, ...]:
        """Give its parts from the left to the right."""
        return self.name, self.value, self.drop


class ProjectSettingsDialog(QDialog):
    """Changes the settings that are kept for a project.

    Args:
        theme: Its look.
        folder: Where the program runs; settings are kept by it.
        kept: What is kept now.
        save: Called with what shall be kept from now on.
        reload: The program runs, and will be started anew with them.
        parent: The window.
    """

    def __init__(
        self,
        theme: Theme,
        folder: Path,
        kept: Mapping[str, str],
        save: Callable[[dict[str, str]], object],
        *,
        reload: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Project settings")
        self.setMinimumWidth(560)
        self._theme = theme
        self._before = dict(kept)
        self.rows: list[_Row] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(12)
        column.addWidget(PlainLabel(f"What {folder} gets on top of its environment", "title", wrap=True))
        hint = "Kept on this computer, readable by you only, and never recorded. An empty value counts as a value."
        column.addWidget(PlainLabel(hint, "dim", wrap=True))
        self._none = PlainLabel("Nothing is kept for this project.", "dim")
        column.addWidget(self._none)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(1, 3)
        column.addLayout(self._grid)
        self._problem = PlainLabel("", "failed", wrap=True)
        column.addWidget(self._problem)
        column.addStretch(1)
        self.add_button = Button(theme, "Add a setting", "plus", kind="flat")
        self.add_button.clicked.connect(self._add_empty)
        self.save_button = Button(theme, "Save and reload" if reload else "Save", "save", kind="primary")
        self.save_button.setDefault(True)
        self.save_button.clicked.connect(self.accept)
        cancel = Button(theme, "Cancel")
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self.add_button)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.save_button)
        column.addLayout(buttons)
        for name, value in sorted(kept.items()):
            self.add(name, value)
        (self.rows[0].value if self.rows else self.add_button).setFocus()
        self.accepted.connect(lambda: save(self.settings()))
        self.finished.connect(self.deleteLater)
        self._tell()

    def add(self, name: str = "", value: str = "") -> _Row:
        """Add a row to the form."""
        row = _Row(self._theme, name, value)
        self.rows.append(row)
        place = self._grid.rowCount()
        for column, widget in enumerate(row.widgets()):
            self._grid.addWidget(widget, place, column)
        row.drop.clicked.connect(lambda: self._drop(row))
        if row.typed is not None:
            row.typed.textChanged.connect(lambda _: self._tell())
        row.value.textChanged.connect(lambda _: self._tell())
        self._tell()
        return row

    def _add_empty(self) -> None:
        self.add().name.setFocus()

    def settings(self) -> dict[str, str]:
        """Give what stands in the form."""
        return {row.name.text().strip(): row.value.text() for row in self.rows}

    def _drop(self, row: _Row) -> None:
        self.rows.remove(row)
        for widget in row.widgets():
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._tell()

    def _tell(self) -> None:
        """Say what is wrong with the names, and whether there is anything to save."""
        names = [row.name.text().strip() for row in self.rows]
        wrong = next((name for name in names if name and not _NAME.fullmatch(name)), "")
        twice = next((name for name in names if name and names.count(name) > 1), "")
        problem = f"{wrong} is no name of a setting: letters, digits and _ only." if wrong else ""
        problem = problem or (f"{twice} stands here twice." if twice else "")
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._none.setVisible(not self.rows)
        self.save_button.setEnabled(not problem and all(names) and self.settings() != self._before)
