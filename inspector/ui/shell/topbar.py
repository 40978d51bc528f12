"""The bar at the top: the commands that matter most, made from the table; a control is there only when it works."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolBar, QWidget

from inspector.ui.kit.buttons import Button, IconButton, Kind
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.shell.actions import shortcut_text
from inspector.ui.shell.filter_field import FilterField

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QShowEvent

    from inspector.app.commands import CommandTable
    from inspector.ui.kit.menus import MenuProvider
    from inspector.ui.kit.theme import Theme

_FIRE: Final = "fire.selected"
#: Command → kind of button, and whether it shows its shortcut.
_LEFT: Final[tuple[tuple[str, Kind, bool], ...]] = (
    (_FIRE, "primary", True),
    ("fire.again", "normal", False),
    ("faults.toggle", "normal", False),
)
_RECORD: Final = "record.toggle"
_EXPORT: Final = "export.open"
_PALETTE: Final = "palette.open"
_THEME: Final = "theme.next"
_LIVE: Final = "session.live"
_ALLOW: Final = "fire.allow"
#: What the bar says for short; what else there is to know stands in the tooltip.
_SHORT: Final = {"fire.again": "Again", _LIVE: "Back to live"}
#: Folded into one menu where room is short: the menus have them too, and what is left keeps its words.
_FOLDED: Final = (_EXPORT, _PALETTE, _THEME)
#: What gives way when room is short, first to last: the folded buttons, the width of the filter, names of source and
#: session; the source; the name of the event (a few letters stay); then a button's words (its icon stays).
_YIELDS: Final = ("folded", "filter", "names", "source", "event", "fire.again", "record.toggle", "faults.toggle", _LIVE)
#: Width that the filter keeps when others give way for it, and its width when it gives way itself.
_FILTER: Final = 260
#: Widths of source and session when their names give way.
_NAMES: Final = (210, 160)
_NARROW_FILTER: Final = 160
#: What Qt takes for no limit.
_MOST: Final = (1 << 24) - 1


class TopBar(QToolBar):
    """State, source, session, Allow Firing, Fire, Again, Faults, filter, Export, palette, theme.

    Args:
        theme: Its look.
        table: The commands.
        parent: The window.
    """

    def __init__(
        self,
        theme: Theme,
        table: CommandTable,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Main bar", parent)
        self.setObjectName("bar.top")
        self.setMovable(False)
        self.setFloatable(False)
        self.toggleViewAction().setVisible(False)
        self._theme, self._table = theme, table
        self._buttons: dict[str, Button] = {}
        self._narrow: frozenset[str] = frozenset()
        # What is put off while a button is held down.
        self._late = QTimer(self, interval=0, singleShot=True)
        self._late.timeout.connect(self.refresh)
        self._box = QWidget()
        self.source = Button(theme, "", "")
        self.session = Button(theme, "", "session")
        #: What stands on them, and their tooltips.
        self._texts = {self.source: ("", ""), self.session: ("", "")}
        self.filter = FilterField(theme, "Filter, e.g. status:failed", shortcut_text(table.get("filter.focus")))
        self.filter.setAccessibleName("Filter")
        self._more = IconButton(theme, "more", "More: export, palette, theme")
        self._menus: dict[str, MenuProvider] = {}
        self._row = QHBoxLayout()
        self._build()
        self._remove = table.listen(lambda ids: None if ids.isdisjoint(self._buttons) else self.refresh())
        theme.changed.connect(self.refresh)

    def button(self, command_id: str) -> Button | None:
        """Return the button of a command, None when it has none here."""
        return self._buttons.get(command_id)

    def set_source(self, text: str) -> None:
        """Show what is being watched; nothing is shown without a text."""
        self._texts[self.source] = (text, text)
        self.refresh()

    def set_session(self, text: str) -> None:
        """Show which session is shown."""
        self._texts[self.session] = (text, f"{text}: switch or rename session" if text else "")
        self.refresh()

    def release(self) -> None:
        """Stop following the table."""
        self._remove()

    def _build(self) -> None:
        box = self._box
        box.setLayout(self._row)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row.setContentsMargins(10, 6, 10, 6)
        self._row.setSpacing(8)
        for button in (self.source, self.session):
            button.hide()
            button.set_elastic(middle=button is self.source)  # how many processes there are stands at its end
            button.set_menu(tuple)  # nothing yet; what it opens comes later, and moves nothing then
            self._follow(button)
        self.filter.setMinimumWidth(_NARROW_FILTER)
        self.filter.setMaximumWidth(400)
        # It takes what the others leave: nobody's words are cut for room that it merely could use.
        self.filter.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._more.set_menu(self._folded_items)
        self._follow(self._more)
        self._fill()
        self.addWidget(box)
        self.refresh()

    def complete(self, menus: Mapping[str, MenuProvider]) -> None:
        """Add the buttons of commands that have come meanwhile.

        Args:
            menus: What buttons open, filled when they open: ``source``, ``session``, or a command that is not run then.
        """
        self._fill()
        self._set_menus(menus)
        self.refresh()

    def _fill(self) -> None:
        """Put everything into the row that is there, in its order."""
        while self._row.takeAt(0) is not None:
            pass
        self._add_command(_RECORD, "normal", hint=False)
        for button in (self.source, self.session):
            self._row.addWidget(button)
        self._add_command(_LIVE, "normal", hint=False)
        self._add_command(_ALLOW, "normal", hint=False)
        for command_id, kind, hint in _LEFT:
            self._add_command(command_id, kind, hint=hint)
        self._row.addStretch(1)
        self._row.addWidget(self.filter, 100)
        self._add_command(_EXPORT, "normal", hint=False)
        self._add_command(_PALETTE, "normal", hint=True, words=False)
        self._add_command(_THEME, "normal", hint=False, words=False)
        self._row.addWidget(self._more)

    def _set_menus(self, menus: Mapping[str, MenuProvider]) -> None:
        for name, provider in menus.items():
            button = {"session": self.session, "source": self.source}.get(name) or self._buttons.get(name)
            if button is None:
                continue
            if name in self._buttons:
                button.clicked.disconnect()
                self._menus[name] = provider
            button.set_menu(provider)

    def _folded_items(self) -> list[MenuItem]:
        """Return what the folded buttons do."""
        items: list[MenuItem] = []
        for command_id in _FOLDED:
            if command_id not in self._buttons:
                continue
            command, reason = self._table.get(command_id), self._table.reason(command_id)
            if command_id in self._menus and not reason:
                items += [MenuItem(self._table.title(command_id)), *self._menus[command_id](), SEPARATOR]
                continue
            title, keys = self._table.title(command_id), shortcut_text(command)
            run = partial(self._table.run, command_id)
            items.append(MenuItem(title, run, icon=command.icon, hint=keys, enabled=not reason))
        return items

    def _add_command(self, command_id: str, kind: Kind, *, hint: bool, words: bool = True) -> None:
        if command_id not in self._table:
            return
        if command_id in self._buttons:
            self._row.addWidget(self._buttons[command_id])
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
        self._follow(button)

    def _follow(self, button: Button) -> None:
        """Do behind a click what would have lost it."""
        button.released.connect(self._late.start)

    def refresh(self) -> None:
        """Bring words, switches and reasons of all buttons up to date, as soon as none of them is held down."""
        if any(button.isDown() for button in self._everything()):
            return  # what moves now would not be under the pointer any more when it is released: ``_late`` goes on
        for button, (text, about) in self._texts.items():
            button.set_text(text)
            button.set_help(about)
        for command_id, button in self._buttons.items():
            self._refresh(command_id, button)
        self._fit()

    def _refresh(self, command_id: str, button: Button) -> None:
        command, reason = self._table.get(command_id), self._table.reason(command_id)
        title = self._table.title(command_id)
        button.setAccessibleName(title)
        # A blocked command stays clickable only where the reason must be heard; here the tooltip says it.
        button.setEnabled(not reason)
        keys = shortcut_text(command)
        about = f"{title}: {reason}" if reason else f"{title}. {command.tooltip}".strip(". ")
        button.set_help(about + (f" ({keys})" if keys else ""))
        if command_id == _ALLOW:
            button.set_switch(self._table.checked(command_id))
        elif command_id == _THEME:
            button.set_icon("sun" if self._theme.dark else "moon")  # what it leads to
        elif command_id == _RECORD:
            self._show_recording(button, on=self._table.checked(command_id), blocked=bool(reason))
        elif command.share is not None:
            share = command.share()
            button.set_icon(command.icon if share is None else "stop")
            button.set_share(share)
            button.set_hint(shortcut_text(command) if share is None else native_shortcut("Esc"))
        elif command.checked is not None:
            self._show_switch(button, on=self._table.checked(command_id))

    def showEvent(self, event: QShowEvent) -> None:
        """Shorten the bar before it is seen."""
        super().showEvent(event)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the bar in time."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Take so many words away that everything has room.

        It is computed first and done once: who is hidden for a moment, or moved, loses the click that is under way.
        """
        narrow: frozenset[str] = frozenset()
        if self.isVisible():
            steps = (frozenset(_YIELDS[:count]) for count in range(len(_YIELDS) + 1))
            narrow = next((step for step in steps if self._wanted(step) <= self.width()), frozenset(_YIELDS))
        self._narrow = narrow
        for button in self._everything():
            button.set_text(self._caption(button, narrow))
            button.setMaximumWidth(self._room_of(button, narrow))
        # Those that go first: showing one lays the bar out, which must have room then.
        for button in sorted(self._everything(), key=lambda button: self._shows(button, narrow)):
            button.setVisible(self._shows(button, narrow))

    def _everything(self) -> list[Button]:
        return [self.source, self.session, *self._buttons.values(), self._more]

    def _caption(self, button: Button, narrow: frozenset[str]) -> str:
        """Return the words of a button when these parts give way."""
        command_id = button.objectName()
        if command_id not in self._buttons:
            return button.caption()
        if not button.property("words") or command_id in narrow:
            return ""
        if command_id == _RECORD and not self._table.checked(command_id):
            return "Paused"
        return _SHORT.get(command_id, self._table.title(command_id))

    def _room_of(self, button: Button, narrow: frozenset[str]) -> int:
        """Return how wide a button may be when these parts give way, in pixels."""
        named = {self.source: _NAMES[0], self.session: _NAMES[1]}
        return named.get(button, _MOST) if "names" in narrow else _MOST

    def _shows(self, button: Button, narrow: frozenset[str]) -> bool:
        """Return whether a button is there when these parts give way."""
        if button is self._more:
            return "folded" in narrow
        if button is self.source or button is self.session:
            return bool(button.caption()) and not (button is self.source and "source" in narrow)
        command_id = button.objectName()
        if command_id == _LIVE:
            return not self._table.reason(command_id)  # it is the way back, offered only to who went away
        return self._table.present(command_id) and not (command_id in _FOLDED and "folded" in narrow)

    def _wanted(self, narrow: frozenset[str]) -> int:
        """Return the width, in pixels, at which all that does not give way can be read, the filter a little."""
        widths = [_NARROW_FILTER if "filter" in narrow else max(_FILTER, self.filter.minimumWidth())]
        for button in self._everything():
            if self._shows(button, narrow):
                words = self._caption(button, narrow)
                least, most = button.least_with(words).width(), button.size_with(words).width()
                if button.objectName() == _FIRE:  # the name of an event may lose its tail, not its middle
                    most = least if "event" in narrow else least + (most - least) * 3 // 4
                widths.append(min(most, self._room_of(button, narrow)))
        margins = self._row.contentsMargins()
        return sum(widths) + self._row.spacing() * (len(widths) - 1) + margins.left() + margins.right()

    @staticmethod
    def _show_recording(button: Button, *, on: bool, blocked: bool) -> None:
        button.set_icon("")
        button.set_dot("failed" if on and not blocked else "cancelled")  # red says that something is being recorded
        button.set_tone("failed_text" if on else "dim")

    @staticmethod
    def _show_switch(button: Button, *, on: bool) -> None:
        button.set_tone("warn_text" if on else "")

    def sizeHint(self) -> QSize:
        """Return no width of its own: the bar takes what the window has."""
        return QSize(200, super().sizeHint().height())
