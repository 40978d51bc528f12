"""Panels as docks: a head in small capitals when one stands alone, flat tabs with badges when places are shared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QByteArray, QEvent, QObject, QPoint, QPointF, QRect, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from inspector.ui.kit.badges import Badge, BadgeTone
from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.layouts import hbox
from inspector.ui.kit.text import SectionLabel
from inspector.ui.kit.tokens import mix
from inspector.ui.shell.focus import focus_into, has_focus
from inspector.ui.shell.tab_fold import TabFold

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme


AREAS: Final = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
#: The least size of a panel that floats, and how far from its place it comes out.
_FLOATING: Final = QSize(420, 320)
_BESIDE: Final = 32
#: Pixels from its tab from which on a panel is dragged out of the window.
_DRAGGED: Final = 16
#: Pixels between a badge and the end of its tab: it must look nearer to its own name than to the next.
_TRAILING: Final = 10
_ARROWS: Final = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right)


def set_up_docking(window: QMainWindow) -> None:
    """Let docks of the window be tabbed and nested, with tabs at the top, and sides as high as the window."""
    options = QMainWindow.DockOption
    window.setDockOptions(options.AllowTabbedDocks | options.AllowNestedDocks | options.AnimatedDocks)
    window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
    window.setDocumentMode(True)
    # The side panels are as high as the window, the lower ones as wide as the timeline.
    for corner, side in (
        (Qt.Corner.BottomLeftCorner, "left"),
        (Qt.Corner.TopLeftCorner, "left"),
        (Qt.Corner.BottomRightCorner, "right"),
        (Qt.Corner.TopRightCorner, "right"),
    ):
        window.setCorner(corner, AREAS[side])


class DockHead(QWidget):
    """The head of a dock. It is a mere line while a tab says the same."""

    def __init__(self, theme: Theme, dock: PanelDock, badge: Badge) -> None:
        super().__init__(dock)
        self._theme, self._dock, self._badge = theme, dock, badge
        self._content = QWidget(self)
        self._content.hide()
        badge.setParent(self._content)
        self._folded = self._bare = True
        theme.changed.connect(self.update)

    def _fill(self) -> None:
        """Make what it holds; most panels share their place at first, and their tabs say the same."""
        content, self._bare = self._content, False
        hbox(content, owner=self, margins=(0, 0, 0, 1))
        title = SectionLabel(self._dock.windowTitle())
        row = hbox(title, self._badge, 1, owner=content, margins=(10, 0, 6, 0), spacing=7)
        float_button = IconButton(self._theme, "float", "Float or dock this panel")
        float_button.clicked.connect(self._dock.toggle_floating)
        about = "Close panel (reopen it in the View menu)"
        close_button = IconButton(self._theme, "close", about, on_click=self._dock.close)
        for button in (float_button, close_button):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)

    def fold(self, folded: bool) -> None:
        """Show as a line below the tabs, or as the usual head."""
        if folded != self._folded:
            self._folded = folded
            if self._bare:
                self._fill()
            self._content.setVisible(not folded)
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return the height of section headers."""
        height = 1 if self._folded else max(34, self.fontMetrics().height() + 18)
        return QSize(80, height)

    def minimumSizeHint(self) -> QSize:
        """Return a small width: a head can be narrow."""
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground and the line below."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("panel"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._theme.color("line"))


class PanelDock(QDockWidget):
    """A panel that can be moved, tabbed, floated, closed and opened again.

    Attributes:
        offered: There is something to do in it now; else it has no tab, and nothing brings it to the front.
    """

    def __init__(self, theme: Theme, panel_id: str, title: str, widget: QWidget, window: QMainWindow) -> None:
        super().__init__(title, window)
        self.panel_id = panel_id
        # The layout is saved under this name.
        self.setObjectName(f"panel.{panel_id}")
        self.badge = Badge(theme)
        self.badge_text = ""
        self.badge_tone: BadgeTone = "dim"
        self.head = DockHead(theme, self, self.badge)
        self.setTitleBarWidget(self.head)
        self._theme = theme
        self._seen = self.offered = True
        self.visibilityChanged.connect(self._show)
        theme.changed.connect(self.update)
        self.fill(widget)

    def fill(self, widget: QWidget) -> None:
        """Hold this panel from now on, in the place of what was held before."""
        before = self.widget()
        # Behind other tabs a dock is visible to Qt, only far away. What cannot be seen shall know it: it saves work.
        # Its place stays: without it the area would shrink while another panel comes to the front.
        policy = widget.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        widget.setSizePolicy(policy)
        self.setWidget(widget)
        if before is not None:
            before.deleteLater()
            widget.setVisible(self._seen)

    def _show(self, visible: bool) -> None:
        self._seen = visible
        if self.widget() is None:
            return
        if not visible and has_focus(self.widget()):
            QTimer.singleShot(0, self, self._pass_keyboard)  # whoever comes to the front is told after this
        self.widget().setVisible(visible)

    def _pass_keyboard(self) -> None:
        """Move the keyboard to the panel in front of this one: Qt would move it to the first button of the window."""
        window = self.parentWidget()
        beside = window.tabifiedDockWidgets(self) if isinstance(window, QMainWindow) else []
        front = next((dock for dock in beside if isinstance(dock, PanelDock) and not dock.widget().isHidden()), None)
        if front is not None:
            front.take_focus()

    def toggle_floating(self) -> None:
        """Take the panel out of the window, a little beside its place so that one sees it, or put it back."""
        if self.isFloating():
            self.setFloating(False)
            return
        size = self.size().expandedTo(_FLOATING)
        place = self.mapToGlobal(QPoint(_BESIDE, _BESIDE))
        self.setFloating(True)
        room = self.screen().availableGeometry()
        size = size.boundedTo(room.size())
        left = min(max(place.x(), room.left()), room.right() - size.width())
        top = min(max(place.y(), room.top()), room.bottom() - size.height())
        self.setGeometry(QRect(QPoint(left, top), size))
        self.raise_()
        self.activateWindow()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a frame around a panel that floats: a window manager draws none."""
        super().paintEvent(event)
        if self.isFloating():
            painter = QPainter(self)
            painter.fillRect(self.rect(), self._theme.color("panel"))
            tokens = self._theme.tokens
            painter.setPen(QPen(QColor(mix(tokens.line, tokens.accent, 0.6)), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def take_focus(self) -> None:
        """Put the keyboard into the panel, where arrows work at once; into its rows as soon as there are some."""
        focus_into(self.widget(), self)
        wanted = self.widget().focusProxy()
        if self.hasFocus() and wanted is not None:
            wanted.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand the keyboard on to what has just appeared in the panel, if it waits here for it."""
        if event.type() == QEvent.Type.Show:
            watched.removeEventFilter(self)
            if self.hasFocus():
                self.take_focus()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go on into the panel with the first arrow: what it shows may have come after the keyboard."""
        waiting = self.hasFocus() and event.key() in _ARROWS
        if waiting:
            self.take_focus()
        focus = self.focusWidget()
        if waiting and focus is not None and not self.hasFocus():
            QApplication.sendEvent(focus, event)
        else:
            super().keyPressEvent(event)

    def set_badge(self, text: str, tone: BadgeTone) -> None:
        """Show a count at the panel's name."""
        self.badge_text, self.badge_tone = text, tone
        self.badge.set(text, tone)


class DockTabs(QObject):
    """Keeps heads and tabs of all docks true: who shares its place, and which badge stands at which tab.

    Qt makes and drops the tab bars of docks as it likes; so they are looked for whenever the layout has changed.
    """

    def __init__(self, theme: Theme, window: QMainWindow, docks: dict[str, PanelDock]) -> None:
        super().__init__(window)
        self._theme, self._window, self._docks = theme, window, docks
        self._badges: dict[tuple[QTabBar, str], Badge] = {}
        self._pressed: PanelDock | None = None
        self._soon = QTimer(self, interval=0, singleShot=True)
        self._soon.timeout.connect(self.refresh)
        window.installEventFilter(self)

    def watch(self, dock: PanelDock) -> None:
        """Follow a dock."""
        dock.topLevelChanged.connect(self._soon.start)
        dock.dockLocationChanged.connect(self._soon.start)
        dock.visibilityChanged.connect(self._soon.start)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look soon for new tab bars, and let the mouse move and close panels by their tabs."""
        if isinstance(watched, QTabBar):
            return self._tab_event(watched, event) or super().eventFilter(watched, event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.ChildAdded, QEvent.Type.Resize):
            self._soon.start()
        return super().eventFilter(watched, event)

    def _tab_event(self, bar: QTabBar, event: QEvent) -> bool:
        """Close by the middle button, drag out by the left one, and go with the keyboard where that has clicked."""
        if not isinstance(event, QMouseEvent):
            return False
        dock = self._dock_of(bar.tabText(bar.tabAt(event.position().toPoint())))
        if event.type() == QEvent.Type.MouseButtonPress:
            self._pressed = dock if event.button() == Qt.MouseButton.LeftButton else None
            if event.button() == Qt.MouseButton.MiddleButton and dock is not None:
                dock.close()
                return True
        elif event.type() == QEvent.Type.MouseButtonRelease:
            pressed, self._pressed = self._pressed, None
            if pressed is not None and pressed is dock:
                QTimer.singleShot(0, pressed, pressed.take_focus)
        elif event.type() == QEvent.Type.MouseMove and self._pressed is not None:
            y = event.position().y()
            if y < -_DRAGGED or y > bar.height() + _DRAGGED:
                pressed, self._pressed = self._pressed, None
                self._drag_out(pressed, bar, event)
                return True
        return False

    def _drag_out(self, dock: PanelDock, bar: QTabBar, event: QMouseEvent) -> None:
        """Go on dragging a panel as if it had been taken by its head: Qt shows where it can be dropped."""
        QApplication.sendEvent(
            bar, _mouse(QEvent.Type.MouseButtonRelease, event, event.position(), Qt.MouseButton.LeftButton)
        )
        dock.raise_()
        grip = QPointF(40, 0)
        there = QPointF(dock.mapToGlobal(grip.toPoint()))
        QApplication.sendEvent(
            dock, _mouse(QEvent.Type.MouseButtonPress, event, grip, Qt.MouseButton.LeftButton, there)
        )
        QApplication.sendEvent(
            dock, _mouse(QEvent.Type.MouseMove, event, QPointF(dock.mapFromGlobal(event.globalPosition())))
        )

    def refresh(self) -> None:
        """Bring heads and tabs up to date."""
        for dock in self._docks.values():
            shares = any(not other.isHidden() for other in self._window.tabifiedDockWidgets(dock))
            dock.head.fold(shares and not dock.isFloating())
        alive: dict[tuple[QTabBar, str], Badge] = {}
        for bar in self._live_bars():
            self._dress(bar)
            for index in range(bar.count()):
                owner = self._dock_of(bar.tabText(index))
                badge = self._put_badge(bar, index, owner) if owner is not None else None
                if owner is not None and badge is not None:
                    alive[bar, owner.panel_id] = badge
            self.fold_of(bar).fit()
        self._badges = alive

    def count_at(self, dock: PanelDock) -> None:
        """Show a panel's badge at its tab, where it takes as much room as before: it counts many times a second."""
        for bar in self.bars():
            for index in range(bar.count()):
                badge = bar.tabButton(index, QTabBar.ButtonPosition.RightSide)
                if isinstance(badge, Badge) and self._dock_of(bar.tabText(index)) is dock:
                    badge.set(dock.badge_text, dock.badge_tone)

    def bars(self) -> list[QTabBar]:
        """Return the tab bars that are in use."""
        return [bar for bar in self._all_bars() if not bar.isHidden()]

    def fold_of(self, bar: QTabBar) -> TabFold:
        """Return what folds the tabs of a bar for which there is no room."""
        fold = bar.findChild(TabFold, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return fold if fold is not None else TabFold(self._theme, bar, self._raise, self._badge_text, self._offered)

    def _raise(self, title: str) -> None:
        dock = self._dock_of(title)
        if dock is not None:
            dock.show()
            dock.raise_()
            dock.take_focus()

    def _badge_text(self, title: str) -> str:
        dock = self._dock_of(title)
        return dock.badge_text if dock is not None else ""

    def _offered(self, title: str) -> bool:
        dock = self._dock_of(title)
        return dock is None or dock.offered

    def dock_at(self, place: QPoint) -> PanelDock | None:
        """Return the dock at whose tab, or head, a place of the screen is; None when it is elsewhere."""
        for bar in self.bars():
            index = bar.tabAt(bar.mapFromGlobal(place))
            if index >= 0:
                return self._dock_of(bar.tabText(index))
        heads = (dock for dock in self._docks.values() if dock.head.isVisible())
        return next((dock for dock in heads if dock.head.rect().contains(dock.head.mapFromGlobal(place))), None)

    def in_front(self, dock: PanelDock) -> bool:
        """Return whether the dock can be seen: it is open, and no other panel of its place is in front of it."""
        if dock.isHidden():
            return False
        if all(other.isHidden() for other in self._window.tabifiedDockWidgets(dock)):
            return True
        return any(self._dock_of(bar.tabText(bar.currentIndex())) is dock for bar in self.bars())

    def _all_bars(self) -> list[QTabBar]:
        return self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def _live_bars(self) -> list[QTabBar]:
        """Hide the bars that Qt has left behind from earlier layouts (6.11 does), and return the others.

        A bar in use stands right above the dock in front and names all that share the place. Where several do, the
        youngest is the one in use.
        """
        everything = self._all_bars()
        # A dock on its way (docks move smoothly) stands nowhere yet: then the names must do.
        named: dict[str, QTabBar] = {}
        placed: dict[str, QTabBar] = {}
        for bar in everything:
            front = self._dock_of(bar.tabText(bar.currentIndex()))
            if front is None or front.isFloating() or front.isHidden():
                continue
            partners = [dock for dock in self._window.tabifiedDockWidgets(front) if not dock.isHidden()]
            group = sorted(dock.windowTitle() for dock in (front, *partners))
            names = sorted(bar.tabText(index).replace("&", "") for index in range(bar.count()))
            if not partners or names != group:
                continue
            named[group[0]] = bar
            here, place = bar.geometry(), front.geometry()
            if (here.left(), here.bottom() + 1) == (place.left(), place.top()):
                placed[group[0]] = bar
        live = list((named | placed).values())
        for bar in everything:
            bar.setVisible(bar in live)
        return live

    def _dress(self, bar: QTabBar) -> None:
        if bar.property("dressed"):
            return
        bar.setProperty("dressed", True)
        bar.setExpanding(False)
        bar.setDrawBase(False)
        bar.setDocumentMode(True)
        bar.setElideMode(Qt.TextElideMode.ElideNone)
        bar.setUsesScrollButtons(True)
        bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bar.setAccessibleName("Panels")
        self._theme.dress_part(bar)
        bar.installEventFilter(self)

    def _dock_of(self, title: str) -> PanelDock | None:
        for dock in self._docks.values():
            if dock.windowTitle() == title.replace("&", ""):
                return dock
        return None

    def _put_badge(self, bar: QTabBar, index: int, dock: PanelDock) -> Badge | None:
        """Show a panel's badge at its tab; return it, None when there is nothing to show."""
        right = QTabBar.ButtonPosition.RightSide
        badge = self._badges.get((bar, dock.panel_id))
        if badge is not None and bar.tabButton(index, right) is not badge:
            badge = None  # it went with its tab
        if not dock.badge_text:
            if badge is not None:
                bar.setTabButton(index, right, None)
                badge.deleteLater()
            return None
        fresh = badge is None
        if badge is None:
            badge = Badge(self._theme, "", "dim", bar)
            badge.trailing = _TRAILING
        old = badge.size()
        badge.set(dock.badge_text, dock.badge_tone)
        if fresh or badge.size() != old:
            # The bar asks for the size of a button only when it is given one.
            bar.setTabButton(index, right, badge)
        return badge


def _mouse(
    kind: QEvent.Type,
    like: QMouseEvent,
    place: QPointF,
    button: Qt.MouseButton = Qt.MouseButton.NoButton,
    on_screen: QPointF | None = None,
) -> QMouseEvent:
    """Return an event of the mouse at another place, with the left button down until it is released."""
    down = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
    return QMouseEvent(kind, place, on_screen or like.globalPosition(), button, down, like.modifiers())


# The layout of the window between runs: sizes and places, in a file of its own beside the settings.

#: Raised when panels come or go: an old layout is then not applied.
VERSION: Final = 2


class LayoutFile:
    """Saves and restores geometry and docks of a window.

    Args:
        path: An INI file; it comes into being with the first save.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, window: QMainWindow, shares: Mapping[str, float]) -> None:
        """Write how the window is now, and which share of it each area has: on another screen it has the same."""
        settings = self._open()
        settings.setValue("geometry", window.saveGeometry())
        whole = window.isMaximized() or window.isFullScreen()
        settings.setValue("place", [] if whole else [window.frameGeometry(), window.geometry()])
        settings.setValue("state", window.saveState(VERSION))
        for area, share in shares.items():
            settings.setValue(f"share/{area}", share)
        settings.sync()

    def shares(self) -> dict[str, float]:
        """Return the shares that were saved, by area; none where nothing readable was."""
        settings = self._open()
        try:
            shares = {area: float(str(settings.value(f"share/{area}", "nan"))) for area in AREAS}
        except ValueError:
            return {}
        return {area: min(max(share, 0.02), 0.9) for area, share in shares.items() if not math.isnan(share)}

    def restore(self, window: QMainWindow) -> bool:
        """Bring the window back to what was saved; return whether there was something that fits."""
        if not self._path.is_file():
            return False
        settings = self._open()
        geometry = settings.value("geometry", QByteArray(), QByteArray)
        state = settings.value("state", QByteArray(), QByteArray)
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray) or state.isEmpty():
            return False
        if not window.restoreState(state, VERSION):
            return False
        if not geometry.isEmpty():
            window.restoreGeometry(geometry)
            self._restore_place(window, settings.value("place"))
        return True

    @staticmethod
    def _restore_place(window: QMainWindow, place: object) -> None:
        """Put the window exactly where it stood if its frame fits there; Qt guesses how high the frame's title is."""
        match place:
            case [QRect() as frame, QRect() as inside]:
                if any(screen.availableGeometry().contains(frame) for screen in QGuiApplication.screens()):
                    window.setGeometry(inside)

    def _open(self) -> QSettings:
        return QSettings(str(self._path), QSettings.Format.IniFormat)
