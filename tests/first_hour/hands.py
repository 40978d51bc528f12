"""Hands: the mouse and the keyboard of somebody in front of the window, and how often they were used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QTabBar,
    QTreeView,
    QWidget,
)

from tests.patience import until

if TYPE_CHECKING:
    from inspector.ui.window import Window

Kind = TypeVar("Kind", bound=QWidget)


class Hands:
    """Clicks and presses through the display, so that everything between the X server and the window takes part.

    Args:
        window: Where.

    Attributes:
        clicks: How many so far; a double click is two.
        keys: How many keys and shortcuts were pressed so far; a text that is typed counts once.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.clicks = 0
        self.keys = 0

    # -- the mouse -----------------------------------------------------------------------------------------------------

    async def click(
        self, widget: QWidget, where: Callable[[], QPoint] | None = None, *, times: int = 1, button: int = 1
    ) -> None:
        """Click a widget in its middle, or where something in it is by then."""
        point = where or (lambda: widget.rect().center())
        name = widget.accessibleName() or type(widget).__name__
        await until(lambda: widget.isVisible() and widget.isEnabled(), f"{name} can be clicked")
        at = QPoint()
        while at != widget.mapToGlobal(point()):  # until nothing moves any more, as eyes would
            at = widget.mapToGlobal(point())
            await asyncio.sleep(0.15)
            await self._do("mousemove", "--sync", str(at.x()), str(at.y()))
        under = QApplication.widgetAt(at)
        assert under is not None, f"{name} is out of sight"
        assert under is widget or widget.isAncestorOf(under) or under.isAncestorOf(widget), f"{under} covers {name}"
        self.clicks += times
        await self._do("click", "--repeat", str(times), "--delay", "60", str(button))

    async def click_row(self, view: QAbstractItemView, index: QModelIndex, *, times: int = 1, button: int = 1) -> None:
        """Click a row where its text stands."""
        row = QPersistentModelIndex(index)  # other rows may come before it until it is clicked

        def where() -> QPoint:
            return _inside(view.visualRect(row).intersected(view.viewport().rect()))

        view.scrollTo(index)  # as a wheel would
        await until(lambda: view.visualRect(row).isValid(), "the row is laid out")
        await self.click(view.viewport(), where, times=times, button=button)

    async def click_heading(self, header: QHeaderView, column: int) -> None:
        """Click the head of a column."""

        def where() -> QPoint:
            at = header.sectionViewportPosition(column) + min(header.sectionSize(column) // 2, 24)
            return QPoint(at, header.height() // 2)

        await self.click(header.viewport(), where)

    async def click_tab(self, name: str) -> None:
        """Click the tab of a panel."""
        bar, number = await self._tab(name)
        await self.click(bar, lambda: bar.tabRect(number).center())

    async def choose(self, *path: str) -> None:
        """Choose an entry of the menu that is open, or of a menu of the window, by the beginnings of their texts."""
        for text in path:
            menu, action = await self._entry(text)
            await self.click(menu, menu.actionGeometry(action).center)

    # -- the keyboard --------------------------------------------------------------------------------------------------

    async def key(self, *names: str) -> None:
        """Press keys, as xdotool calls them: ``Return``, ``ctrl+e``."""
        for name in names:
            self.keys += 1
            await self._do("key", "--clearmodifiers", name)

    async def write(self, text: str) -> None:
        """Type a text where the keyboard is."""
        self.keys += 1
        await self._do("type", "--delay", "12", "--clearmodifiers", text)

    # -- what is there -------------------------------------------------------------------------------------------------

    def control(self, text: str, kind: type[QWidget] = QAbstractButton) -> QWidget:
        """Return the one visible control that is called so, by its text or its accessible name."""
        fitting = [
            widget
            for top in QApplication.topLevelWidgets()
            if top.isVisible()
            for widget in (top, *top.findChildren(kind))
            if isinstance(widget, kind) and widget.isVisible() and text in _names(widget)
        ]
        assert fitting, f"nothing is called {text!r}"
        return fitting[0]

    async def control_soon(self, text: str, kind: type[QWidget] = QAbstractButton) -> QWidget:
        """Return the control that is called so as soon as it is there."""

        def there() -> bool:
            try:
                self.control(text, kind)
            except AssertionError:
                return False
            return True

        await until(there, f"something is called {text!r}")
        return self.control(text, kind)

    async def row_soon(self, view: QAbstractItemView, text: str, column: int = 0) -> QModelIndex:
        """Return the first row in whose column a text stands, as soon as it is there."""

        def fitting() -> Iterator[QModelIndex]:
            return (index for index in rows_of(view, column) if text in str(index.data()))

        await until(lambda: any(True for _ in fitting()), f"a row has {text!r}")
        return next(fitting())

    def part(self, kind: type[Kind]) -> Kind:
        """Return the panel or widget of a class."""
        widget = self.window.shell.findChild(kind)
        assert isinstance(widget, kind)
        return widget

    async def _tab(self, name: str) -> tuple[QTabBar, int]:
        def tabs() -> Iterator[tuple[QTabBar, int]]:
            for bar in self.window.shell.findChildren(QTabBar):
                for number in range(bar.count()) if bar.isVisible() else ():
                    if bar.tabText(number).replace("&", "").strip().startswith(name):
                        yield bar, number

        await until(lambda: any(tabs()), f"a tab is called {name}")
        return next(tabs())

    async def _entry(self, text: str) -> tuple[QMenu, QAction]:
        def entries() -> Iterator[tuple[QMenu, QAction]]:
            for menu in QApplication.topLevelWidgets():
                if isinstance(menu, QMenu) and menu.isVisible():
                    for action in menu.actions():
                        if action.text().replace("&", "").startswith(text) and action.isEnabled():
                            yield menu, action

        await until(lambda: any(entries()), f"a menu has {text!r}")
        return next(entries())

    async def _do(self, *words: str) -> None:
        process = await asyncio.create_subprocess_exec("xdotool", *words)
        assert await process.wait() == 0, words
        await asyncio.sleep(0.05)  # what was pressed arrives as events of the loop


def _names(widget: QWidget) -> list[str]:
    text = widget.text().replace("&", "") if isinstance(widget, QAbstractButton) else ""
    return [name for name in (text, widget.accessibleName(), widget.objectName(), widget.windowTitle()) if name]


def _inside(area: QRect) -> QPoint:
    return QPoint(area.left() + min(area.width() // 2, 40), area.center().y())


def rows_of(view: QAbstractItemView, column: int = 0, parent: QModelIndex | None = None) -> Iterator[QModelIndex]:
    """Yield the cells of a column, those of rows inside rows too."""
    model = view.model()
    above = parent or QModelIndex()
    for number in range(model.rowCount(above)):
        index = model.index(number, column, above)
        yield index
        if isinstance(view, QTreeView):
            yield from rows_of(view, column, model.index(number, 0, above))
