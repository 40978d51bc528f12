"""Qt's side of the commands: an action per command, kept true, in menus and bound to shortcuts."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from inspector.app.commands import WINDOW, Command, CommandTable
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.menus import fill, menu_text
from inspector.ui.kit.text import plain_tooltip
from inspector.ui.shell.focus import has_focus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspector.ui.kit.menus import MenuProvider
    from inspector.ui.kit.theme import Theme

#: With more commands than this the sections of a menu are menus of their own.
_LONG: Final = 26
#: Sections of no more commands stand in the menu itself.
_FEW: Final = 2


def shortcut_text(command: Command) -> str:
    """Return the first shortcut as people write it on this platform, empty when there is none."""
    if not command.shortcuts:
        return ""
    return native_shortcut(command.shortcuts[0])


class Actions(QObject):
    """An action per command of the table.

    Args:
        table: The commands.
        theme: Where the icons come from.
        window: Where shortcuts of the window's scope work.
    """

    def __init__(self, table: CommandTable, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._table = table
        self._theme = theme
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._places: dict[str, QWidget] = {}
        self._remove = table.listen(self._changed)
        self._changed(frozenset(command.id for command in table))

    def action(self, command_id: str) -> QAction:
        """Return the action of a command.

        Raises:
            KeyError: There is no such command.
        """
        return self._actions[command_id]

    def bind_scope(self, scope: str, widget: QWidget) -> None:
        """Let the shortcuts of a scope work while the focus is in ``widget``; of commands that come later, too."""
        self._places[scope] = widget
        for command in self._table:
            if scope in command.scopes:
                self._bind(self._actions[command.id], widget)

    @staticmethod
    def _bind(action: QAction, widget: QWidget) -> None:
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        widget.addAction(action)

    def fill_menu_bar(self, bar: QMenuBar, menus: Mapping[str, MenuProvider] = MappingProxyType({})) -> None:
        """Make the menus from the table.

        Args:
            bar: Where they go.
            menus: The commands (by id) that open a menu instead, and what fills it when it opens.
        """
        bar.clear()
        for name, sections in self._table.menus():
            menu = QMenu(f"&{menu_text(name)}", bar)
            before = False
            long = sum(len(section) for section in sections) > _LONG
            for index, section in enumerate(sections):
                # A menu higher than the screen would be torn into columns; a few commands need no menu of their own.
                folded = long and len(section) > _FEW and bool(section[0].section)
                place = menu.addMenu(menu_text(section[0].section.capitalize())) if folded else menu
                if index and not (folded and before):
                    menu.addSeparator()
                before = folded
                for command in section:
                    provider = menus.get(command.id)
                    if provider is None:
                        place.addAction(self._actions[command.id])
                    else:
                        self._add_submenu(place, command, provider)
            # What blocks a command may change without anybody telling; whoever opens the menu sees the truth.
            menu.aboutToShow.connect(self.refresh)
            menu.aboutToShow.connect(
                partial(self._paint_icons, [command for section in sections for command in section])
            )
            bar.addMenu(menu)

    def _add_submenu(self, place: QMenu, command: Command, provider: MenuProvider) -> None:
        submenu = place.addMenu(menu_text(command.title))
        if command.icon:
            place.aboutToShow.connect(lambda: submenu.setIcon(self._theme.icon(command.icon, "dim")))
        submenu.aboutToShow.connect(lambda: fill(submenu, provider(), self._theme))
        place.aboutToShow.connect(lambda: submenu.setEnabled(not self._table.reason(command.id)))

    def refresh(self) -> None:
        """Bring title, reason and switch of every action up to date."""
        for command in self._table:
            self._update(command)

    def release(self) -> None:
        """Stop following the table."""
        self._remove()

    def _changed(self, command_ids: frozenset[str]) -> None:
        for command_id in command_ids:
            if command_id not in self._actions:
                self._make(self._table.get(command_id))
            self._update(self._table.get(command_id))

    def _make(self, command: Command) -> None:
        action = QAction(self)
        action.setObjectName(command.id)
        action.setShortcuts([QKeySequence(key) for key in command.shortcuts])
        action.setCheckable(command.checked is not None)
        action.setMenuRole(QAction.MenuRole.NoRole)
        # Until it is bound to where it works: the menu bar would let it work everywhere.
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda *_, command_id=command.id: self._run(command_id))
        if command.scope == WINDOW:
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            self._window.addAction(action)
        for scope in command.scopes & self._places.keys():
            self._bind(action, self._places[scope])
        self._actions[command.id] = action

    def run_keys(self, keys: QKeySequence) -> None:
        """Run the command of these keys, if it works where the keyboard is."""
        for command in self._table:
            places = [self._places[scope] for scope in command.scopes & self._places.keys()]
            here = command.scope == WINDOW or any(has_focus(place) for place in places)
            if here and keys in self._actions[command.id].shortcuts():
                self._run(command.id)
                return

    def _run(self, command_id: str) -> None:
        self._table.run(command_id)
        # A click has turned the switch already; what counts is what the command made of it.
        self._update(self._table.get(command_id))

    def _update(self, command: Command) -> None:
        action = self._actions[command.id]
        reason = self._table.reason(command.id)
        action.setText(menu_text(self._table.title(command.id)))
        action.setEnabled(not reason)
        action.setVisible(self._table.present(command.id))
        help_text = reason or command.tooltip or command.title
        action.setStatusTip(help_text)
        action.setToolTip(plain_tooltip(help_text))
        if command.checked is not None:
            action.setChecked(self._table.checked(command.id))

    def _paint_icons(self, commands: Sequence[Command]) -> None:
        """Paint the icons of commands in the colours of now: for a menu that opens, not for all that might."""
        for command in commands:
            # In a menu the icon would stand where a switch has its mark.
            if command.icon and command.checked is None:
                self._actions[command.id].setIcon(self._theme.icon(command.icon, "dim"))
