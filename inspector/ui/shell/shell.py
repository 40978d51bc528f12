"""The window: bar, centre, panels around it, status bar. It knows nothing of what the panels show."""

from __future__ import annotations

from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QTabBar, QWidget

from inspector.app.commands import Command
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.overlay import Sheet
from inspector.ui.kit.stylesheet import WINDOW_SHEET
from inspector.ui.kit.text import COPIES, widest
from inspector.ui.kit.theme import CHOICES, Theme
from inspector.ui.shell import tab_order
from inspector.ui.shell.actions import Actions, shortcut_text
from inspector.ui.shell.clipboard import edit_commands
from inspector.ui.shell.docks import AREAS, DockTabs, LayoutFile, PanelDock, set_up_docking
from inspector.ui.shell.focus import FieldKeys, focus_into, has_focus
from inspector.ui.shell.notices_view import NoticesView
from inspector.ui.shell.statusbar import StatusBar
from inspector.ui.shell.strip import NoticeStrip
from inspector.ui.shell.topbar import TopBar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from PySide6.QtCore import QChildEvent, QMimeData, QObject
    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QPaintEvent, QResizeEvent, QShowEvent

    from inspector.app.commands import CommandTable
    from inspector.app.notices import Notice, Notices
    from inspector.ui.kit.badges import BadgeTone
    from inspector.ui.kit.menus import MenuProvider
    from inspector.ui.shell.palette import CommandPalette
    from inspector.ui.shell.past_notices import PastNotices
    from inspector.ui.shell.shortcuts import ShortcutSheet


# The commands of the window itself: find, palette, theme, panels, layout, shortcuts.

_THEMES: Final = {
    "system": ("Follow System", "half"),
    "dark": ("Dark Theme", "moon"),
    "light": ("Light Theme", "sun"),
}
_LAST_DIGIT: Final = 9


def panel_keys(number: int) -> str:
    """Return the keys of a panel: Alt and its number, from the tenth on with Shift, and Alt+0 in the middle."""
    return f"Alt+{number}" if number <= _LAST_DIGIT else f"Alt+Shift+{number - _LAST_DIGIT}"


def panel_command(shell: Shell, dock: PanelDock, number: int, icon: str) -> Command:
    """Return the command that goes to a panel, and closes it when the keyboard is there already."""
    return Command(
        f"panel.{dock.panel_id}",
        dock.windowTitle(),
        lambda: shell.toggle_panel(dock.panel_id),
        menu="View",
        section="panels",
        icon=icon,
        shortcuts=(panel_keys(number),),
        tooltip=f"Go to {dock.windowTitle()}; press again to close",
        checked=lambda: not dock.isHidden(),
        present=lambda: dock.offered,
    )


def window_commands(shell: Shell, theme: Theme) -> list[Command]:
    """Return the commands that every window of ours has."""
    find, window = "find", "window"
    return [
        Command("filter.focus", "Filter…", shell.focus_filter, "Edit", find, ("Ctrl+F",), "filter"),
        Command("palette.open", "Command Palette…", shell.open_palette, "View", find, ("Ctrl+K",), "command"),
        Command("panel.next", "Next Panel", lambda: shell.walk(1), "View", "walk", ("F6",)),
        Command("panel.previous", "Previous Panel", lambda: shell.walk(-1), "View", "walk", ("Shift+F6",)),
        *(_theme_command(shell, theme, choice) for choice in CHOICES),
        Command(
            "theme.next",
            "Switch Theme",
            shell.next_theme,
            icon="half",
            label=lambda: f"Switch to {_THEMES[_other(theme)][0]}",
            listed=False,
        ),
        Command(
            "view.fullscreen",
            "Full Screen",
            shell.toggle_full_screen,
            "View",
            window,
            ("F11",),
            "fullscreen",
            checked=shell.isFullScreen,
        ),
        Command(
            "view.reset",
            "Restore Default Layout",
            shell.reset_layout,
            "View",
            window,
            icon="layout",
            tooltip="Restore the default layout",
        ),
        Command(
            "notices.open",
            "Notices",
            shell.open_past_notices,
            "View",
            find,
            icon="bell",
            tooltip="All notices since the window opened",
        ),
        Command("help.shortcuts", "Keyboard Shortcuts", shell.open_shortcuts, "Help", "", ("?", "F1"), "keyboard"),
        Command("window.close", "Close Window", shell.close_front, "File", "quit", ("Ctrl+W",), "close"),
        Command("app.quit", "Quit", shell.close, "File", "quit", ("Ctrl+Q",), "quit"),
    ]


def _other(theme: Theme) -> str:
    """Return the theme that is not in force."""
    return "light" if theme.dark else "dark"


def _theme_command(shell: Shell, theme: Theme, choice: str) -> Command:
    title, icon = _THEMES[choice]
    return Command(
        f"theme.{choice}",
        title,
        lambda: shell.choose_theme(choice),
        menu="View",
        section="theme",
        icon=icon,
        checked=lambda: theme.choice == choice,
    )


#: Pixels to which panels can be lowered, and those of an area narrowed.
_LOWEST: Final = 90
_NARROWEST: Final = {"left": 180, "right": 260, "bottom": 260}
#: Name that Qt gives the widgets by which the lines between docks are dragged.
_GRIP: Final = "qt_qmainwindow_extended_splitter"
#: The areas in the order in which they are read; none is the timeline in the middle.
_AS_READ: Final = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.TopDockWidgetArea,
    Qt.DockWidgetArea.NoDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)
#: Width of the left and right panels and height of the lower ones, as shares of the window.
_SHARES: Final = {"left": 0.187, "right": 0.275, "bottom": 0.42}
#: Milliseconds after which a window manager has put a frame around the window.
_FRAMED: Final = 150
#: What they get of a small window, in pixels.
_LEAST: Final = {"left": 250, "right": 300, "bottom": 220}


class Shell(QMainWindow):
    """The window.

    Args:
        theme: Its look.
        commands: All commands; the shell adds its own (see ``finish``).
        notices: What it shows as cards.
        layout_file: Where the layout is kept between runs; None keeps nothing.

    Attributes:
        strip: Above the middle: the one thing about the program that matters now.
        answers: The program is there, or there is none: what is asked for is done at once.

    Signals:
        close_requested: The person wants to close. Whoever owns the work ends it, then calls ``close_now``.
        painted: The first frame has been painted.
    """

    close_requested = Signal()
    painted = Signal()

    def __init__(self, theme: Theme, commands: CommandTable, notices: Notices, layout_file: Path | None = None) -> None:
        super().__init__()
        self._theme, self._commands, self._notices = theme, commands, notices
        self._layout_file = LayoutFile(layout_file) if layout_file is not None else None
        self._docks: dict[str, PanelDock] = {}
        self._may_close = self._was_painted = self._complete = self.answers = False
        #: Ids of commands and keys that were asked for before they could be answered.
        self._early: list[str | QKeySequence] = []
        self._drops: list[Callable[[QMimeData], Callable[[], object] | None]] = []
        self._default_state = QByteArray()
        #: Which part of the window each area has: at first, and after a person has dragged a line between them.
        self._shares: dict[str, float] = dict(_SHARES)
        self._restored, self._framed = False, True
        self.setStyleSheet(WINDOW_SHEET)
        theme.follow(self)
        theme.changed.connect(self._repolish)
        self.setWindowTitle("Event Inspector")
        self.setMinimumSize(760, 480)
        self.resize(1600, 1000)
        set_up_docking(self)
        self._tabs = DockTabs(theme, self, self._docks)
        self.strip = NoticeStrip(theme)
        self._status = StatusBar(theme)
        self.setStatusBar(self._status)
        theme.dress_part(self._status)
        self._actions: Actions | None = None
        self._bar: TopBar | None = None
        self._middle: QWidget | None = None
        self._status.bell.clicked.connect(self.open_past_notices)
        self._cards = NoticesView(theme, notices, self, self._status.tell_briefly, self._keep_notice)
        COPIES.copied.connect(self._tell_copied)
        self._soon, self._moved = QTimer(self), QTimer(self)
        for timer, slot in ((self._soon, self._resized), (self._moved, self._place_cards)):
            timer.setSingleShot(True)
            timer.setInterval(0)
            timer.timeout.connect(slot)
        theme.changed.connect(lambda: commands.changed("theme.next", *(f"theme.{name}" for name in CHOICES)))

    def _repolish(self) -> None:
        """Take the colours of the new palette, for the ground and the lines between the docks."""
        self.style().polish(self)
        self.update()

    def _keep_notice(self, notice: Notice) -> None:
        self._past.take(notice)

    # What lies over the window when it is asked for.

    @cached_property
    def _palette(self) -> CommandPalette:
        from inspector.ui.shell.palette import CommandPalette

        return CommandPalette(self._theme, self._commands, self)

    @cached_property
    def _sheet(self) -> ShortcutSheet:
        from inspector.ui.shell.shortcuts import ShortcutSheet

        return ShortcutSheet(self._theme, self._commands, self)

    @cached_property
    def _past(self) -> PastNotices:
        from inspector.ui.shell.past_notices import PastNotices

        return PastNotices(self._theme, self)

    # -- making the window

    def add_panel(self, area: str, panel_id: str, title: str, widget: QWidget, icon: str = "layout") -> None:
        """Add a panel; those of one area share it as tabs, the first one in front.

        Args:
            area: ``left``, ``right`` or ``bottom``.
            panel_id: Stable name; the layout is saved under it.
            title: What its tab and the View menu say; unique.
            widget: The panel.
            icon: Icon of its command.

        Raises:
            KeyError: There is no such area.
            ValueError: There is a panel of this id.
        """
        if panel_id in self._docks:
            raise ValueError(f"there is a panel {panel_id} already")
        # Else the widest of them, or what one of them comes to hold, would make its area wider by itself.
        widget.setMinimumSize(_NARROWEST[area], _LOWEST)
        dock = PanelDock(self._theme, panel_id, title, widget, self)
        neighbours = [other for other in self._docks.values() if self.dockWidgetArea(other) == AREAS[area]]
        self.addDockWidget(AREAS[area], dock)
        if neighbours:
            self.tabifyDockWidget(neighbours[-1], dock)
            neighbours[0].raise_()
            widget.hide()
        else:
            self._theme.dress_part(dock)
        self._docks[panel_id] = dock
        self._tabs.watch(dock)
        self._commands.add(panel_command(self, dock, len(self._docks), icon))
        dock.visibilityChanged.connect(lambda _: self._commands.changed(f"panel.{panel_id}"))
        dock.visibilityChanged.connect(self._moved.start)
        dock.topLevelChanged.connect(self._moved.start)

    def fill_panel(self, panel_id: str, widget: QWidget) -> None:
        """Put a panel into the place that was made for it.

        Raises:
            KeyError: There is no such place.
        """
        dock = self._docks[panel_id]
        widget.setMinimumSize(dock.widget().minimumSize())
        self._theme.dress_part(dock)
        dock.fill(widget)

    def fill_central(self, widget: QWidget) -> None:
        """Put a panel into the middle, into the place that was made for it."""
        before, centre = self._middle, self.centralWidget()
        layout = centre.layout() if centre is not None else None
        if before is None or layout is None:
            raise RuntimeError("set_central() makes the place")
        focused = has_focus(before)
        layout.replaceWidget(before, widget)
        before.hide()
        before.deleteLater()
        self._middle = widget
        if focused:
            self.focus_centre()

    def set_central(self, widget: QWidget, panel_id: str = "centre", title: str = "Centre", icon: str = "") -> None:
        """Put a panel into the middle, below the strip; see ``add_panel`` for its name."""
        keys, about = (panel_keys(0),), f"Go to {title}"
        self._commands.add(Command(f"panel.{panel_id}", title, self.focus_centre, "View", "panels", keys, icon, about))
        centre = QWidget()
        vbox(self.strip, (widget, 1), owner=centre)
        self._theme.dress_part(centre)
        self.setCentralWidget(centre)
        self._middle = widget

    def focus_centre(self) -> None:
        """Put the keyboard into the middle."""
        if self._middle is not None:
            focus_into(self._middle, self._middle.parentWidget() or self)

    def finish(self) -> None:
        """Make the bar from the commands that are there now, and bring the saved layout back."""
        own = window_commands(self, self._theme)
        self._commands.add(*own, *edit_commands(self))
        self._bar = TopBar(self._theme, self._commands, self)
        for bar in (self._bar, self.menuBar()):
            self._theme.dress_part(bar)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self._bar)
        self._actions = Actions(self._commands, self._theme, self)
        self._actions.fill_menu_bar(self.menuBar())
        FieldKeys(self._commands, self)
        self._spread()
        self._default_state = self.saveState()
        if self._layout_file is not None and self._layout_file.restore(self):
            self._shares = self._layout_file.shares() or self._measured()
            self._restored = True
        self._tabs.refresh()

    def complete(self, menus: Mapping[str, MenuProvider] = MappingProxyType({})) -> None:
        """Make bar and menus anew when all commands are there.

        Args:
            menus: What buttons of the bar open (see ``TopBar.complete``), and commands in the menus.
        """
        self._complete = True
        for child in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if child.objectName() != _GRIP:
                self._theme.dress_part(child)
        self.bar.complete(menus)
        if self._actions is not None:
            self._actions.fill_menu_bar(self.menuBar(), menus)

    def run_later(self, command_id: str) -> None:
        """Run a command as soon as the program is there (``answer_early``)."""
        self._early.append(command_id)

    def answer_early(self) -> None:
        """Do what was asked for before the program was there."""
        self.answers = True
        early, self._early = self._early, []
        for wanted in early:
            if isinstance(wanted, str):
                self._commands.run(wanted)
            elif self._actions is not None:
                self._actions.run_keys(wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep the keys that nothing takes while not all commands are there: they work when those are."""
        super().keyPressEvent(event)
        if not self.answers and not event.isAutoRepeat():
            self._early.append(QKeySequence(event.keyCombination()))

    def bind_scope(self, scope: str, widget: QWidget) -> None:
        """Let the shortcuts of a scope work while the focus is in ``widget``; call it after ``finish``."""
        if self._actions is not None:
            self._actions.bind_scope(scope, widget)

    # -- what it shows

    @property
    def bar(self) -> TopBar:
        """The bar at the top.

        Raises:
            RuntimeError: The window is not finished.
        """
        if self._bar is None:
            raise RuntimeError("finish() makes the bar")
        return self._bar

    def tab_bars(self) -> list[QTabBar]:
        """Return the tab bars of panels that share a place."""
        return self._tabs.bars()

    def panel(self, panel_id: str) -> PanelDock:
        """Return the dock of a panel.

        Raises:
            KeyError: There is none.
        """
        return self._docks[panel_id]

    def panel_ids(self) -> list[str]:
        """Return the panels that are docked, in the order of their numbers."""
        return list(self._docks)

    def sheets(self) -> list[Sheet]:
        """Return what can lie over the window: the palette, the list of shortcuts."""
        return self.findChildren(Sheet)

    def raise_panel(self, panel_id: str) -> None:
        """Open a panel and bring it to the front, if it is offered; the focus stays where it is."""
        dock = self._docks[panel_id]
        if not dock.offered:
            return
        if dock.isHidden():
            dock.show()
        dock.raise_()
        self._moved.start()

    def offer_panel(self, panel_id: str, *, offered: bool) -> None:
        """Let a panel have its tab, or take it away while nothing can be done there; its place stays its own."""
        dock = self._docks[panel_id]
        if dock.offered != offered:
            dock.offered = offered
            self._tabs.refresh()
            self._commands.changed(f"panel.{panel_id}")

    def focus_panel(self, panel_id: str) -> None:
        """Open a panel, bring it to the front and put the keyboard into it; nothing in it is selected by that."""
        self.raise_panel(panel_id)
        if self._docks[panel_id].offered:
            self._docks[panel_id].take_focus()

    def raise_beside(self, panel_id: str) -> None:
        """Bring a panel to the front of its tabs, unless the person has closed it or works in another of them."""
        dock = self._docks[panel_id]
        if not dock.isHidden() and not any(has_focus(other) for other in self.tabifiedDockWidgets(dock)):
            self.raise_panel(panel_id)

    def shortcut(self, command_id: str) -> str:
        """Return the first shortcut of a command as people write it on this platform, empty when there is none.

        Raises:
            KeyError: There is no such command.
        """
        return shortcut_text(self._commands.get(command_id))

    def set_badge(self, panel_id: str, text: str, tone: BadgeTone = "dim") -> None:
        """Show a count at a panel's name; an empty text takes it away."""
        dock = self._docks[panel_id]
        before = dock.badge_text, dock.badge_tone
        if before == (text, tone):
            return
        dock.set_badge(text, tone)
        if text and (widest(before[0]), before[1]) == (widest(text), tone):
            self._tabs.count_at(dock)
        else:
            self._tabs.refresh()

    def add_finds(self, provider: MenuProvider) -> None:
        """Let the palette find what ``provider`` lists whenever it opens."""
        self._palette.add_finds(provider)

    def add_gestures(self, title: str, gestures: Sequence[tuple[str, str]]) -> None:
        """Add what the mouse does somewhere to the sheet of shortcuts: pairs of gesture and effect."""
        self._sheet.add_gestures(title, gestures)

    def set_source(self, text: str) -> None:
        """Show what is being watched: ``demo catalog · embedded bus``."""
        self.bar.set_source(text)

    def set_session(self, text: str) -> None:
        """Show which session is shown, in the bar and in the window's title."""
        self.bar.set_session(text)
        self.setWindowTitle(f"{text} — Event Inspector" if text else "Event Inspector")

    def set_state(self, token: str, text: str) -> None:
        """Show the session's state in the status bar: a token for the dot, and words."""
        self._status.set_state(token, text)

    def set_status_left(self, parts: Sequence[str]) -> None:
        """Show in the status bar what is going on."""
        self._status.set_left(parts)

    def tell_briefly(self, text: str) -> None:
        """Show a text in the status bar for a few seconds in the place of what is going on."""
        self._status.tell_briefly(text)

    def set_status_right(self, parts: Sequence[str]) -> None:
        """Show in the status bar where the session is kept."""
        self._status.set_right(parts)

    @property
    def status(self) -> StatusBar:
        """The status bar."""
        return self._status

    def _tell_copied(self, sentence: str) -> None:
        self._notices.info(sentence)

    # -- layout

    def save_layout(self) -> None:
        """Keep the layout for the next run."""
        if self._layout_file is not None:
            self._layout_file.save(self, self._shares)

    def reset_layout(self) -> None:
        """Bring all panels back to where they were at first."""
        for dock in self._docks.values():
            dock.setFloating(False)
            dock.show()
        self.restoreState(self._default_state)
        self._shares = dict(_SHARES)
        self._spread()
        self._tabs.refresh()

    def _spread(self) -> None:
        """Divide the window among the areas."""
        for area, share in self._shares.items():
            docks = self._docked(area)
            if docks and area in _LEAST:
                upright = area == "bottom"
                orientation = Qt.Orientation.Vertical if upright else Qt.Orientation.Horizontal
                room = self.height() if upright else self.width()
                least = _LEAST[area] if self._shares == _SHARES else 0
                self.resizeDocks(docks[:1], [max(round(room * share), least)], orientation)

    def _docked(self, area: str) -> list[PanelDock]:
        """Return the panels that stand in an area, those behind others included."""
        docks = (dock for dock in self._docks.values() if not dock.isFloating() and not dock.isHidden())
        return [dock for dock in docks if self.dockWidgetArea(dock) == AREAS[area]]

    def _measured(self) -> dict[str, float]:
        """Return which part of the window each area has now; one without a panel keeps its share."""
        shares = dict(self._shares)
        for area in _SHARES:
            # Docks behind others of their place are kept beyond the left edge.
            front = [dock for dock in self._docked(area) if dock.x() >= 0]
            if front and self.width() and self.height():
                upright = area == "bottom"
                part = max(dock.height() if upright else dock.width() for dock in front)
                shares[area] = part / (self.height() if upright else self.width())
        return shares

    def keep_on_screen(self) -> None:
        """Make the window fit the screen with its frame when it is shown for the first time."""
        self._framed = False

    def _fit_frame(self) -> None:
        """Keep the window with its frame, which it has only now, on the screen; what was restored stays as it was."""
        if self._restored or self.isMaximized() or self.isFullScreen():
            return
        frame, room = self.frameGeometry(), self.screen().availableGeometry()
        around = frame.size() - self.size()
        if frame.width() > room.width() or frame.height() > room.height():
            self.resize(self.size().boundedTo(room.size() - around))
            frame = self.frameGeometry()
        if not room.contains(frame):
            left = max(room.left(), min(frame.left(), room.right() + 1 - frame.width()))
            top = max(room.top(), min(frame.top(), room.bottom() + 1 - frame.height()))
            self.move(left, top)

    def move_panel(self, panel_id: str, area: str) -> None:
        """Put a panel into an area, in front of those that are there."""
        dock = self._docks[panel_id]
        others = [other for other in self._docked(area) if other is not dock]
        dock.setFloating(False)
        self.addDockWidget(AREAS[area], dock)
        if others:
            self.tabifyDockWidget(others[-1], dock)
        self.raise_panel(panel_id)
        self._soon.start()

    def createPopupMenu(self) -> QMenu:
        """Return the menu of a head or a tab: what can be done with its panel, and all panels."""
        menu = QMenu(self)
        dock = self._tabs.dock_at(QCursor.pos())
        if dock is not None:
            menu.addAction("Dock" if dock.isFloating() else "Float", dock.toggle_floating)
            menu.addAction("Close", dock.close)
            for area in AREAS:
                if self.dockWidgetArea(dock) != AREAS[area]:
                    menu.addAction(f"Move to {area.title()}", partial(self.move_panel, dock.panel_id, area))
            menu.addSeparator()
        if self._actions is not None:
            for panel_id in self._docks:
                menu.addAction(self._actions.action(f"panel.{panel_id}"))
            menu.addSeparator()
            menu.addAction(self._actions.action("view.reset"))
        return menu

    def paintEvent(self, event: QPaintEvent) -> None:
        """Take note of the first frame: everything else in the window is painted right after this."""
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def showEvent(self, event: QShowEvent) -> None:
        """Divide the window among the areas again: only one that is shown knows its size."""
        super().showEvent(event)
        self._soon.start()
        floating = [dock for dock in self._docks.values() if dock.isFloating() and not dock.isHidden()]
        if floating and not event.spontaneous():
            QTimer.singleShot(_FRAMED, self, lambda: self._bring(floating))
        if not self._framed:
            self._framed = True
            QTimer.singleShot(_FRAMED, self, self._fit_frame)

    @staticmethod
    def _bring(floating: Sequence[PanelDock]) -> None:
        """Let panels lie before the window: with the layout they came up before it, and belong to none."""
        for dock in floating:
            if dock.isFloating() and dock.isVisible():
                dock.hide()
                dock.show()
                dock.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the areas' shares of the window, and the cards in their corner."""
        super().resizeEvent(event)
        self._cards.place()
        self._soon.start()

    def take_drops(self, take: Callable[[QMimeData], Callable[[], object] | None]) -> None:
        """Let ``take`` look at what is dropped on the window: it returns what to do with it, None for nothing."""
        self._drops.append(take)
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Let in what somebody takes."""
        if any(take(event.mimeData()) is not None for take in self._drops):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand what is dropped to who takes it."""
        for take in self._drops:
            act = take(event.mimeData())
            if act is not None:
                event.acceptProposedAction()
                act()
                return

    def childEvent(self, event: QChildEvent) -> None:
        """Watch the grips of the lines between the panels, which Qt makes by itself, and dress what comes up later."""
        super().childEvent(event)
        if event.type() == QEvent.Type.ChildPolished:  # asking for the child costs more than all the rest
            child = event.child()
            if child.objectName() == _GRIP:
                child.installEventFilter(self)
            elif isinstance(child, QWidget) and self._complete:
                self._theme.dress_part(child)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep, from then on, the shares of whoever drags a line between the panels."""
        if event.type() == QEvent.Type.MouseButtonRelease and watched.objectName() == _GRIP:
            self._shares = self._measured()
            self._moved.start()
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Take Tab through bar, catalog, timeline, details and lower panels, each from its top to its bottom.

        Where what has the keyboard goes, or can be used no more, it stays in the panel: Qt asks here, too.
        """
        now = self.focusWidget()
        if now is not None and not (now.isVisible() and now.isEnabled()):
            home = next((dock for dock in self._docks.values() if dock.isVisible() and dock.isAncestorOf(now)), None)
            if home is not None:
                home.take_focus()
                return True
        docks = [dock for dock in self._docks.values() if dock.isVisible() and not dock.isFloating() and dock.x() >= 0]
        parts: list[QWidget] = [self.bar]
        for area in _AS_READ:
            centre = self.centralWidget()
            if area == Qt.DockWidgetArea.NoDockWidgetArea and centre is not None:
                parts.append(centre)
            for dock in docks:
                if self.dockWidgetArea(dock) == area:
                    parts += [bar for bar in self.tab_bars() if _above(bar, dock)]
                    parts.append(dock)
        return tab_order.go(parts, forward=forward, now=now) or super().focusNextPrevChild(forward)

    def _resized(self) -> None:
        self._spread()
        self._moved.start()

    def _place_cards(self) -> None:
        """Keep the cards above the status bar, beside the right panels: their buttons are what is needed next."""
        right = [dock for dock in self._docks.values() if self.dockWidgetArea(dock) == AREAS["right"]]
        # Docks behind others of their place are "visible" too; Qt keeps them beyond the left edge.
        lefts = [dock.x() for dock in right if dock.isVisible() and not dock.isFloating() and dock.x() >= 0]
        edge = min(lefts, default=self.width())
        self._cards.set_room(self._status.height(), max(0, self.width() - edge))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask whoever owns the work, who closes the window when all is saved."""
        if not self._may_close:
            event.ignore()
            self.close_requested.emit()
            return
        self.save_layout()
        self._cards.release()
        super().closeEvent(event)

    def close_now(self) -> None:
        """Close without asking."""
        self._may_close = True
        self.close()

    # -- its own commands

    def open_palette(self) -> None:
        """Lay the command palette over the window."""
        self._palette.open_sheet()

    def open_shortcuts(self) -> None:
        """Lay the list of shortcuts over the window."""
        self._sheet.open_sheet()

    def open_past_notices(self) -> None:
        """Lay the notices since the window opened over it."""
        self._past.open_sheet()

    def focus_filter(self) -> None:
        """Put the cursor into the filter field."""
        self.bar.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.filter.selectAll()

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def next_theme(self) -> None:
        """Go from dark to light, or back."""
        self.choose_theme(_other(self._theme))

    def choose_theme(self, choice: str) -> None:
        """Take a theme: ``system``, ``dark`` or ``light``."""
        before = self._theme.tokens
        self._theme.set_choice(choice)
        if self._theme.tokens is before:  # else everybody has heard of it
            self._commands.changed("theme.next", *(f"theme.{name}" for name in CHOICES))

    def toggle_panel(self, panel_id: str) -> None:
        """Open a panel and go there, or close it when the keyboard is in it."""
        dock = self._docks[panel_id]
        if has_focus(dock):
            dock.close()
            self.focus_centre()
            return
        self.focus_panel(panel_id)

    def walk(self, step: int) -> None:
        """Put the keyboard into the next panel that can be seen, or the previous one; from elsewhere into the first."""
        panels = self._panels_as_read()
        here = next((place for place, panel in enumerate(panels) if has_focus(panel)), -1 if step > 0 else 0)
        following = panels[(here + step) % len(panels)]
        if isinstance(following, PanelDock):
            following.take_focus()
        else:
            self.focus_centre()

    def close_front(self) -> None:
        """Close the window that is in front: a panel that floats, or all."""
        front = QApplication.activeWindow()
        if front is None or front is self:
            self.close()
            return
        front.close()
        self.activateWindow()
        self.focus_centre()

    def _panels_as_read(self) -> list[QWidget]:
        """Return the panels that can be seen, from left to right, then those that float."""
        shown = [dock for dock in self._docks.values() if dock.isVisible() and self._tabs.in_front(dock)]
        parts: list[QWidget] = []
        for area in _AS_READ:
            centre = self.centralWidget()
            if area == Qt.DockWidgetArea.NoDockWidgetArea and centre is not None:
                parts.append(centre)
            parts += [dock for dock in shown if not dock.isFloating() and self.dockWidgetArea(dock) == area]
        return [*parts, *(dock for dock in shown if dock.isFloating())]


def _above(bar: QTabBar, dock: PanelDock) -> bool:
    """Return whether these are the tabs of a dock."""
    tabs, place = bar.geometry(), dock.geometry()
    beside = place.left() - 1 <= tabs.left() <= place.right()
    return bar.isVisible() and beside and abs(tabs.bottom() - place.top()) < tabs.height()
