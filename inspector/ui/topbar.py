"""The bar at the top: the commands that matter most, made from the table; a control is there only when it works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolBar, QWidget

from inspector.ui.actions import shortcut_text
from inspector.ui.buttons import Button, Kind
from inspector.ui.fields import SearchField

if TYPE_CHECKING:
    from inspector.app.commands import CommandTable
    from inspector.ui.menus import MenuProvider
    from inspector.ui.theme import Theme

#: Command → kind of button, whether it shows its shortcut, and whether it shows its words.
_LEFT: Final[tuple[tuple[str, Kind, bool], ...]] = (
    ("fire.selected", "primary", True),
    ("fire.again", "normal", False),
    ("faults.toggle", "normal", False),
)
_RECORD: Final = "record.toggle"
_EXPORT: Final = "export.open"
_PALETTE: Final = "palette.open"
_THEME: Final = "theme.next"


class TopBar(QToolBar):
    """State, source, session, Fire, Again, Faults, filter, Export, palette, theme.

    Args:
        theme: Its look.
        table: The commands.
        parent: The window.
    """

    def __init__(self, theme: Theme, table: CommandTable, parent: QWidget | None = None) -> None:
        super().__init__("Main bar", parent)
        self.setObjectName("bar.top")
        self.setMovable(False)
        self.setFloatable(False)
        self.toggleViewAction().setVisible(False)
        self._theme, self._table = theme, table
        self._buttons: dict[str, Button] = {}
        self.source = Button(theme, "", "")
        self.session = Button(theme, "", "session")
        self.filter = SearchField(theme, "handler:Audit* status:failed ≥10ms", "Ctrl+F")
        self.filter.setAccessibleName("Filter")
        self._row = QHBoxLayout()
        self._build()
        self._remove = table.listen(lambda _ids: self.refresh())
        theme.changed.connect(self.refresh)

    def button(self, command_id: str) -> Button | None:
        """Give the button of a command, None when it has none here."""
        return self._buttons.get(command_id)

    def set_source(self, text: str) -> None:
        """Say what is being watched; nothing is shown without a text."""
        self.source.set_text(text)
        self.source.setVisible(bool(text))

    def set_session(self, text: str) -> None:
        """Say which session is shown."""
        self.session.set_text(text)
        self.session.setVisible(bool(text))

    def set_session_menu(self, provider: MenuProvider) -> None:
        """Let the session button open a menu."""
        self.session.set_menu(provider)

    def set_export_menu(self, provider: MenuProvider) -> None:
        """Let the export button open a menu instead of running its command."""
        button = self._buttons.get(_EXPORT)
        if button is not None:
            button.clicked.disconnect()
            button.set_menu(provider)

    def release(self) -> None:
        """Stop following the table."""
        self._remove()

    def _build(self) -> None:
        box = QWidget()
        box.setLayout(self._row)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row.setContentsMargins(10, 6, 10, 6)
        self._row.setSpacing(8)
        self._add_command(_RECORD, "normal", hint=False)
        for button in (self.source, self.session):
            button.hide()
            self._row.addWidget(button)
        for button in (self.source, self.session):
            button.set_elastic()
        self.source.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for command_id, kind, hint in _LEFT:
            self._add_command(command_id, kind, hint=hint)
        self._row.addStretch(1)
        self.filter.setMinimumWidth(180)
        self.filter.setMaximumWidth(400)
        self._row.addWidget(self.filter, 100)
        self._add_command(_EXPORT, "normal", hint=False)
        self._add_command(_PALETTE, "normal", hint=True, words=False)
        self._add_command(_THEME, "normal", hint=False, words=False)
        self.addWidget(box)
        self.refresh()

    def _add_command(self, command_id: str, kind: Kind, *, hint: bool, words: bool = True) -> None:
        if command_id not in self._table:
            return
        command = self._table.get(command_id)
        button = Button(self._theme, "", command.icon, shortcut_text(command) if hint else "", kind)
        button.setProperty("words", words)
        button.setObjectName(command_id)
        button.clicked.connect(lambda: self._table.run(command_id))
        if kind == "primary":
            button.set_elastic()
        self._buttons[command_id] = button
        self._row.addWidget(button)

    def refresh(self) -> None:
        """Bring words, switches and reasons of all buttons up to date."""
        for command_id, button in self._buttons.items():
            command = self._table.get(command_id)
            title = self._table.title(command_id)
            reason = self._table.reason(command_id)
            if button.property("words"):
                button.set_text(title)
            button.setAccessibleName(title)
            # A blocked command stays clickable only where the reason must be heard; here the tooltip says it.
            button.setEnabled(not reason)
            keys = shortcut_text(command)
            button.set_help(reason or (command.tooltip or title) + (f" ({keys})" if keys else ""))
            if command_id == _RECORD:
                self._show_recording(button, on=self._table.checked(command_id))
            elif command.checked is not None:
                self._show_switch(button, on=self._table.checked(command_id))

    @staticmethod
    def _show_recording(button: Button, *, on: bool) -> None:
        button.set_icon("")
        button.set_dot("failed" if on else "cancelled")
        button.set_tone("failed_text" if on else "dim")

    @staticmethod
    def _show_switch(button: Button, *, on: bool) -> None:
        button.set_tone("warn_text" if on else "")

    def sizeHint(self) -> QSize:
        """The bar asks for no width of its own: it gives way to the window."""
        return QSize(200, super().sizeHint().height())
