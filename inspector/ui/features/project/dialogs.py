"""Dialogs around a project of the person's own: what to open, which settings it misses, why it could not be loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from inspector.app.projects import BESIDES, interpreter_text, options_of_folder, project_of
from inspector.core.errors import InspectorError
from inspector.core.redact.names import secret_kind
from inspector.core.redact.redactor import Redactor
from inspector.hosts.project import LOAD_TIMEOUT
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.fields import box_of_recent
from inspector.ui.kit.layouts import form, hbox, vbox
from inspector.ui.kit.text import ElidedLabel, PlainLabel, copy_text, set_tone

if TYPE_CHECKING:
    from inspector.hosts.trouble import LoadError, MissingSetting
    from inspector.ui.kit.theme import Theme


_FIELDS: Final = (
    ("cwd", "Folder", "Working directory, first on sys.path"),
    ("app", "App", "package.module:bus  (a bus, a factory, a dict of handlers, a module)"),
    ("catalog", "Catalog", "optional: registry, or package to scan for events"),
    ("db_session", "Database session", "optional: package.module:session_factory"),
    ("python", "Interpreter", "optional: default is the project's .venv"),
    ("env", "Env file", "optional: .env"),
    ("load_timeout", "Load timeout", f"optional: seconds (default: {LOAD_TIMEOUT:g})"),
)
_EXAMPLE: Final = "shop.wiring:bus"
#: Room around what a dialog holds.
_MARGINS: Final = (18, 16, 18, 14)


class OpenProjectDialog(QDialog):
    """Asks what to open. Nothing is loaded before the person says so.

    Args:
        theme: Its look.
        recent: Options of what was opened last, newest first.
        kept_settings: Returns the settings that are kept for the project of a folder.
        parent: The window.

    Signals:
        chosen: A ``Project``.
        settings_requested: The folder of a project whose kept settings a person wants to change.
    """

    chosen = Signal(object)
    settings_requested = Signal(object)

    def __init__(
        self,
        theme: Theme,
        recent: Sequence[Mapping[str, Any]],
        kept_settings: Callable[[Path], Mapping[str, str]] = lambda _: {},
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._kept = kept_settings
        self._recent = list(recent)
        self.setWindowTitle("Open Project")
        self.setMinimumWidth(620)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fields: dict[str, QLineEdit] = {}
        #: What the form has no field for, and the folder and app that it is of.
        self._besides: dict[str, str] = {}
        self._besides_of: tuple[str, ...] = ()
        #: The folder whose ``pyproject.toml`` stands in the form, and the fields that were written by hand since.
        self._read = ""
        self._by_hand: set[str] = set()
        self._timer = QTimer(self, interval=200, singleShot=True)
        self._timer.timeout.connect(self._check)
        self._build()
        self._check()

    def fill(self, options: Mapping[str, Any]) -> None:
        """Put these options into the form; what is not among them is emptied."""
        for name, field in self.fields.items():
            field.setText(str(options.get(name) or ""))
        self._read, self._by_hand = self.fields["cwd"].text(), set()
        self._besides = {name: str(options.get(name) or "") for name in BESIDES}
        self._besides_of = self._what()

    def fill_folder(self, folder: Path) -> None:
        """Put a folder into the form, and what its ``pyproject.toml`` says of itself."""
        try:
            self.fill(options_of_folder(folder))
        except InspectorError as error:
            self.fill({"cwd": str(folder)})
            self._say(error)

    def _read_folder(self, *, typed: bool = False) -> None:
        """Put in what the ``pyproject.toml`` of the folder says, beside what the person has written.

        Args:
            typed: Somebody is still typing: only a file in this very folder counts, and the folder's text stays.
        """
        written, folder = self.fields["cwd"].text().strip(), self._folder()
        if written == self._read or not folder.is_dir() or (typed and not (folder / "pyproject.toml").is_file()):
            return
        try:
            options = options_of_folder(folder)
        except InspectorError:
            return  # the check tells it
        for name, field in self.fields.items():
            if name not in self._by_hand and name != "cwd":
                field.setText(options.get(name, ""))
        if not typed:
            self.fields["cwd"].setText(options["cwd"])
        if not typed or options["cwd"] == str(folder):
            self._read = self.fields["cwd"].text().strip()
        self._besides = {name: options.get(name, "") for name in BESIDES}
        self._besides_of = self._what()
        if not typed:
            self._check()

    def _build(self) -> None:
        what = "See the events, handlers and wiring of your own program, without changing it."
        rows: list[tuple[QWidget, QWidget]] = []
        if self._recent:
            titles = [
                f"{project.get('name') or project.get('app')}  —  {project.get('cwd')}" for project in self._recent
            ]
            box = box_of_recent("Recent projects", titles, lambda place: self.fill(self._recent[place]))
            rows.append((PlainLabel("Recent"), box))
        rows += [(PlainLabel(title), self._make_field(name, title, hint)) for name, title, hint in _FIELDS]
        rows.append((PlainLabel("Environment"), self._make_settings()))
        self._interpreter = ElidedLabel("", "dim")
        self._problem = PlainLabel("", "failed", wrap=True)
        self._missing = PlainLabel(f"App required, for example {_EXAMPLE}", "dim")
        warning = PlainLabel("Opening a project runs its code with your permissions.", "warn", wrap=True)
        self.open_button = Button(self._theme, "Open", "play", kind="primary", on_click=self._choose)
        self.open_button.setDefault(True)
        cancel = Button(self._theme, "Cancel", on_click=self.reject)
        cancel.setAutoDefault(False)
        buttons = hbox(self._missing, 1, cancel, self.open_button, spacing=-1)
        said = (self._interpreter, self._problem, warning)
        parts = (PlainLabel(what, "dim", wrap=True), form(*rows), *said, buttons)
        vbox(*parts, owner=self, margins=_MARGINS, spacing=12)

    def _make_settings(self) -> QWidget:
        self.settings = ElidedLabel("", "dim")
        self.change = Button(self._theme, "Edit…", on_click=lambda: self.settings_requested.emit(self._folder()))
        self.change.setAccessibleName("Edit environment variables")
        box = QWidget()
        hbox((self.settings, 1), self.change, owner=box, spacing=-1)
        return box

    def _folder(self) -> Path:
        return Path(self.fields["cwd"].text().strip() or ".").expanduser()

    def tell_settings(self) -> None:
        """Show which settings are kept for the project of the folder in the form."""
        folder = self._folder()
        names = ", ".join(sorted(self._kept(folder)))
        self.settings.setText(names or "None. You will be asked for missing ones.")
        self.change.setEnabled(folder.is_dir())

    def _make_field(self, name: str, title: str, hint: str) -> QWidget:
        field = self.fields[name] = QLineEdit()
        field.setPlaceholderText(hint)
        field.setAccessibleName(title)
        field.textChanged.connect(lambda _: self._timer.start())
        field.textEdited.connect(lambda text: self._note_written(name, text))
        if name == "cwd":
            field.editingFinished.connect(self._read_folder)
        if name not in ("cwd", "python", "env"):
            return field
        box = QWidget()
        browse = Button(self._theme, "Browse…", on_click=lambda: self._browse(name))
        browse.setAutoDefault(False)
        hbox((field, 1), browse, owner=box, spacing=-1)
        return box

    def _note_written(self, name: str, text: str) -> None:
        """Keep what a person writes; a field that is emptied may be filled by the folder again."""
        (self._by_hand.add if text.strip() else self._by_hand.discard)(name)

    def _browse(self, name: str) -> None:
        dialog = QFileDialog(self, "Choose", self.fields["cwd"].text() or str(Path.home()))
        if name == "cwd":
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.fileSelected.connect(lambda path: self.fill_folder(Path(path)))
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.fileSelected.connect(self.fields[name].setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def options(self) -> dict[str, str]:
        """Return what stands in the form."""
        written = {name: field.text().strip() for name, field in self.fields.items()}
        return {**self._besides, **written} if self._what() == self._besides_of else written

    def _what(self) -> tuple[str, ...]:
        return tuple(self.fields[name].text().strip() for name in ("cwd", "app"))

    def _check(self) -> None:
        """Show at once what is wrong, and which interpreter would run it."""
        self._read_folder(typed=True)
        options = self.options()
        self._problem.hide()
        self._missing.hide()
        self._interpreter.hide()
        self.tell_settings()
        try:
            options_of_folder(self._folder())
            if not options["app"] and self._folder().is_dir():
                self._missing.show()
                self.open_button.setEnabled(False)
                return
            project_of({**options, "app": options["app"] or _EXAMPLE})  # what is wrong with the folder comes first
        except InspectorError as error:
            self._say(error)
            return
        self._interpreter.setText(f"Runs on {interpreter_text(options)}")
        self._interpreter.show()
        self.open_button.setEnabled(True)

    def _say(self, error: InspectorError) -> None:
        self._problem.setText(f"{error.text} {error.hint}".strip())
        self._problem.show()
        self.open_button.setEnabled(False)

    def _choose(self) -> None:
        try:
            project = project_of(self.options())
        except InspectorError as error:
            self._say(error)
            return
        self.chosen.emit(project)
        self.accept()


class MissingSettingsDialog(QDialog):
    """Asks for settings that a project misses.

    Args:
        theme: Its look.
        trouble: The missing settings.
        done: Called once with what was filled in, None when the person gave up.
        parent: The window.
    """

    def __init__(
        self,
        theme: Theme,
        trouble: MissingSetting,
        done: Callable[[dict[str, str] | None], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Missing environment variables")
        self.setMinimumWidth(560)
        self.fields = {name: QLineEdit() for name in trouble.variables}
        title = PlainLabel(trouble.text, "title", wrap=True)
        hint = "Saved on this computer, never recorded. Change them in File → Project Settings."
        rows = []
        for name, field in self.fields.items():
            field.setAccessibleName(name)
            hide_secret(field, name)
            label = PlainLabel(name)
            set_tone(label, "mono")
            label.setBuddy(field)
            rows.append((label, field))
            field.textChanged.connect(lambda _: self._tell())
        self.load_button = Button(theme, "Retry", "refresh", kind="primary", on_click=self.accept)
        self.load_button.setDefault(True)
        cancel = Button(theme, "Cancel", on_click=self.reject)
        buttons = hbox(1, cancel, self.load_button, spacing=-1)
        vbox(title, PlainLabel(hint, "dim", wrap=True), form(*rows), buttons, owner=self, margins=_MARGINS, spacing=12)
        self.accepted.connect(lambda: done({name: field.text() for name, field in self.fields.items()}))
        self.rejected.connect(lambda: done(None))
        self._tell()

    def _tell(self) -> None:
        self.load_button.setEnabled(all(field.text() for field in self.fields.values()))


class LoadTroubleDialog(QDialog):
    """Shows why a project could not be loaded: a sentence, a hint, and its traceback cut to its own frames.

    Args:
        theme: Its look.
        trouble: What went wrong.
        again: Opens the form once more.
        settings: Lets the person change the settings that are kept for it; None when there are none.
        longer: Loads it once more, with more time; None when time was not what it lacked.
        parent: The window.
    """

    def __init__(
        self,
        theme: Theme,
        trouble: LoadError,
        again: Callable[[], object],
        settings: Callable[[], object] | None = None,
        longer: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Project not loaded")
        self.setMinimumWidth(640)
        column = vbox(owner=self, margins=_MARGINS, spacing=10)
        column.addWidget(PlainLabel(trouble.text, "title", wrap=True, selectable=True))
        if trouble.hint:
            column.addWidget(PlainLabel(trouble.hint, "dim", wrap=True, selectable=True))
        printed = "\n".join(trouble.output[-30:])
        details = "\n\n".join(part for part in (trouble.traceback, printed) if part)[:20_000]
        if details:
            text = QPlainTextEdit(details)
            text.setReadOnly(True)
            text.setFont(theme.mono_font())
            text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            text.setAccessibleName("Traceback")
            text.setMinimumHeight(220)
            column.addWidget(text, 1)
        change = Button(theme, "Edit options…", "edit", kind="normal" if longer else "primary", on_click=self.accept)
        copy = Button(theme, "Copy", "copy")
        copy.clicked.connect(lambda: copy_text("\n".join(filter(None, (trouble.text, trouble.hint, details))), "error"))
        copy.clicked.connect(lambda: copy.set_text("Copied"))  # the window's status bar lies behind the dialog
        close = Button(theme, "Close", on_click=self.reject)
        buttons = hbox(copy, 1, close, spacing=-1)
        if settings is not None:
            self.settings_button = Button(theme, "Settings…", "gear")
            self.settings_button.clicked.connect(self.reject)
            self.settings_button.clicked.connect(lambda _checked: settings())
            buttons.addWidget(self.settings_button)
        buttons.addWidget(change)
        if longer is not None:
            self.longer_button = Button(theme, "Retry with more time", "refresh", kind="primary")
            self.longer_button.clicked.connect(self.reject)
            self.longer_button.clicked.connect(lambda _checked: longer())
            buttons.addWidget(self.longer_button)
        column.addLayout(buttons)
        default = change if longer is None else self.longer_button
        default.setDefault(True)
        default.setFocus()
        self.accepted.connect(again)


# The settings that are kept for a project: change one that was mistyped, forget one, add one.

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
        self.drop = IconButton(theme, "trash", f"Remove {name}" if name else "Remove")
        hide_secret(self.value, name)

    def widgets(self) -> tuple[QWidget, ...]:
        """Return its parts from the left to the right."""
        return self.name, self.value, self.drop


class ProjectSettingsDialog(QDialog):
    """Changes the settings that are kept for a project.

    Args:
        theme: Its look.
        folder: Where the program runs; settings are kept by it.
        kept_settings: What is kept now.
        save: Called with what shall be kept from now on.
        reload: The program runs, and will be started anew with them.
        parent: The window.
    """

    def __init__(
        self,
        theme: Theme,
        folder: Path,
        kept_settings: Mapping[str, str],
        save: Callable[[dict[str, str]], object],
        *,
        reload: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Project settings")
        self.setMinimumWidth(560)
        self._theme = theme
        self._before = dict(kept_settings)
        self.rows: list[_Row] = []
        title = PlainLabel(f"Extra environment variables for {folder}", "title", wrap=True)
        hint = "Saved on this computer, readable only by you, never recorded. Empty ones are passed."
        self._none = PlainLabel("No variables for this project.", "dim")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(1, 3)
        self._problem = PlainLabel("", "failed", wrap=True)
        self.add_button = Button(theme, "Add variable", "plus", kind="flat", on_click=self._add_empty)
        self.save_button = Button(theme, "Save and reload" if reload else "Save", "save", kind="primary")
        self.save_button.setDefault(True)
        self.save_button.clicked.connect(self.accept)
        cancel = Button(theme, "Cancel", on_click=self.reject)
        buttons = hbox(self.add_button, 1, cancel, self.save_button, spacing=-1)
        parts = (title, PlainLabel(hint, "dim", wrap=True), self._none, self._grid, self._problem, 1, buttons)
        vbox(*parts, owner=self, margins=_MARGINS, spacing=12)
        for name, value in sorted(kept_settings.items()):
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
        """Return what stands in the form."""
        return {row.name.text().strip(): row.value.text() for row in self.rows}

    def _drop(self, row: _Row) -> None:
        self.rows.remove(row)
        for widget in row.widgets():
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._tell()

    def _tell(self) -> None:
        """Show what is wrong with the names, and whether there is anything to save."""
        names = [row.name.text().strip() for row in self.rows]
        wrong = next((name for name in names if name and not _NAME.fullmatch(name)), "")
        twice = next((name for name in names if name and names.count(name) > 1), "")
        problem = f"Invalid variable name: {wrong}. Use letters, digits and _." if wrong else ""
        problem = problem or (f"Duplicate variable: {twice}." if twice else "")
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._none.setVisible(not self.rows)
        self.save_button.setEnabled(not problem and all(names) and self.settings() != self._before)
