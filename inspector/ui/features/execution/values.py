"""The values of an execution to look through: a tree that is searched, copied from, filtered by, and seen large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QKeySequence, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFrame,
    QHeaderView,
    QSizePolicy,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from inspector.ui.features.execution.valuemodel import ValueModel
from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.fields import PlainArea, SearchField
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import hbox, side_by_side, vbox
from inspector.ui.kit.menus import MenuItem, offer_menu
from inspector.ui.kit.rows import Role, SortedModel
from inspector.ui.kit.tables import COPY_KEY, DataTree, Index, RowDelegate
from inspector.ui.kit.text import copy_text, plain_tooltip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QObject

    from inspector.app.valuetree import Value
    from inspector.ui.kit.theme import Theme

#: Rows that are shown at once in the panel; more scroll.
_ROWS: Final = 16
#: Share of the width, in percent, that names take at most.
_NAMES: Final = 45
#: Characters that the viewer shows of one value.
_LONGEST: Final = 200_000
_WIDTH, _HEIGHT = 900, 620


class _ValueDelegate(RowDelegate):
    """Writes each value in its colour."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(theme, parent, lines=False)
        self._look = theme

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Take the colour of the cell's tone."""
        super().initStyleOption(option, index)
        ink = self._look.color(str(index.data(Role.TONE) or "text"))
        for part in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
            option.palette.setColor(part, ink)

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """Show a text that its cell had to cut, as plain text."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        text = str(index.data())
        cut = view.fontMetrics().horizontalAdvance(text) > view.visualRect(index).width() - 6
        QToolTip.showText(event.globalPos(), plain_tooltip(text) if cut else "", view)
        return True


class ValueTree(DataTree):
    """A tree of names and values.

    Args:
        theme: Its look.
        rows: How many rows it is high at most, as high as what it shows; 0: as high as there is room.
        parent: The owner.

    Signals:
        filter_requested: A filter by a value that a person chose.
        viewer_requested: A person wants to see the values large.
    """

    filter_requested = Signal(str)
    viewer_requested = Signal()

    def __init__(self, theme: Theme, rows: int = _ROWS, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._rows = rows
        self.values = ValueModel(self)
        self.sorted = SortedModel(self)
        self.sorted.setRecursiveFilteringEnabled(True)
        self.sorted.setAutoAcceptChildRows(True)
        self.sorted.setSourceModel(self.values)
        self.setModel(self.sorted)
        self.setAccessibleName("Values")
        self.setFont(theme.mono_font())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegate(_ValueDelegate(theme, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if rows:
            self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            for signal in (self.expanded, self.collapsed):
                signal.connect(lambda _: self._fit())
        offer_menu(self, self.menu_items, theme)

    def set_values(self, values: Sequence[Value]) -> None:
        """Show these values; what was open by its name stays open."""
        before = self._opened(QModelIndex())
        self.values.set_values(values)
        self._open(QModelIndex(), (), before)
        self._fit()

    def set_query(self, text: str) -> None:
        """Show only values that have every word, with what they stand in, opened."""
        self.sorted.set_query(text)
        if text.strip():
            self.expandAll()
        self._fit()

    def current(self) -> Value | None:
        """Return the value of the current row; None where there is none."""
        index = self.currentIndex()
        return self.values.node(self.sorted.mapToSource(index)).value if index.isValid() else None

    def menu_items(self) -> list[MenuItem]:
        """Return what can be done with the value of the current row."""
        value = self.current()
        if value is None:
            return []
        items = [MenuItem("Copy value", self.copy_value, icon="copy", hint=native_shortcut(COPY_KEY))]
        if value.filter:
            chosen = value.filter
            items.append(MenuItem("Filter by this value", lambda: self.filter_requested.emit(chosen), icon="filter"))
        return [*items, MenuItem("Open in viewer", self.viewer_requested.emit, icon="eye")]

    def copy_value(self) -> None:
        """Copy the whole value of the current row."""
        value = self.current()
        if value is not None:
            copy_text(value.exact or value.text, "value")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the value by Ctrl+C, see it large by Return."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_value()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and self.current():
            self.viewer_requested.emit()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Return the height of the rows that are shown."""
        if not self._rows:
            return super().sizeHint()
        shown = min(_shown(self, QModelIndex()), self._rows)
        return QSize(120, shown * self._high() + 2)

    def minimumSizeHint(self) -> QSize:
        """Return no width: it may be as narrow as need be."""
        return QSize(40, self.sizeHint().height() if self._rows else 60)

    def resizeEvent(self, event: object) -> None:
        """Fit the column of names to what it holds, up to a share."""
        super().resizeEvent(event)  # type: ignore[arg-type]  # a QResizeEvent
        self._fit_names()

    def _high(self) -> int:
        return max(self.sizeHintForRow(0), self.fontMetrics().height() + 4)

    def _fit(self) -> None:
        self._fit_names()
        self.updateGeometry()

    def _fit_names(self) -> None:
        width = self.viewport().width()
        self.setColumnWidth(0, min(self.sizeHintForColumn(0) + 10, width * _NAMES // 100))

    def _opened(self, parent: QModelIndex) -> set[tuple[str, ...]]:
        """Return the names on the way to each row that is open."""
        opened = set()
        for row in range(self.sorted.rowCount(parent)):
            index = self.sorted.index(row, 0, parent)
            if self.isExpanded(index):
                name = str(index.data())
                opened |= {(name,), *((name, *rest) for rest in self._opened(index))}
        return opened

    def _open(self, parent: QModelIndex, path: tuple[str, ...], before: set[tuple[str, ...]]) -> None:
        for row in range(self.sorted.rowCount(parent)):
            index = self.sorted.index(row, 0, parent)
            value = self.values.node(self.sorted.mapToSource(index)).value
            place = (*path, str(index.data()))
            if value.opened or place in before:
                self.setExpanded(index, True)
                self._open(index, place, before)


def _shown(tree: ValueTree, parent: QModelIndex) -> int:
    """Return how many rows below a parent can be seen, at most as many as fit."""
    count = 0
    for row in range(tree.sorted.rowCount(parent)):
        index = tree.sorted.index(row, 0, parent)
        count += 1 + (_shown(tree, index) if tree.isExpanded(index) else 0)
        if count > _ROWS:
            break
    return count


class ValuesView(QWidget):
    """Values with a search above, and a way to see them large.

    Signals:
        filter_requested: A filter by a value that a person chose.
    """

    filter_requested = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = "Values"
        self._shown: Sequence[Value] = ()
        self.search = SearchField(theme, "Search values")
        self.tree = ValueTree(theme)
        wide = IconButton(theme, "eye", "Open in viewer (Return)", on_click=self.open_viewer)
        vbox(hbox((self.search, 1), wide, spacing=4), self.tree, owner=self, spacing=4)
        self.search.textChanged.connect(self.tree.set_query)
        self.search.left.connect(self.tree.setFocus)
        self.tree.filter_requested.connect(self.filter_requested)
        self.tree.viewer_requested.connect(self.open_viewer)

    def set_values(self, values: Sequence[Value], title: str) -> None:
        """Show these values; ``title`` says what they are of."""
        self._title = title
        if values != self._shown:
            self._shown = values
            self.tree.set_values(values)
            self.tree.set_query(self.search.text())

    def open_viewer(self) -> ValueViewer:
        """Show the values in a window of their own, at the one that is current here."""
        viewer = ValueViewer(self._theme, self._title, self._shown, self.window())
        viewer.filter_requested.connect(self.filter_requested)
        viewer.show_value(self.tree.current())
        viewer.show()
        return viewer


class ValueViewer(QDialog):
    """A window with a tree of values, and the whole of the one that is chosen beside it.

    Signals:
        filter_requested: A filter by a value that a person chose.
    """

    filter_requested = Signal(str)

    def __init__(self, theme: Theme, title: str, values: Sequence[Value], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(_WIDTH, _HEIGHT)
        self.search = SearchField(theme, "Search values")
        self.tree = ValueTree(theme, 0)
        self.area = PlainArea(theme)
        self.area.setReadOnly(True)
        left = QWidget()
        vbox(self.search, (self.tree, 1), owner=left, spacing=6)
        vbox(side_by_side(left, self.area, 45), owner=self, margins=(10, 10, 10, 10))
        self.search.textChanged.connect(self.tree.set_query)
        self.search.left.connect(self.reject)
        self.tree.filter_requested.connect(self.filter_requested)
        self.tree.viewer_requested.connect(self.area.setFocus)
        self.tree.set_values(values)
        self.tree.selectionModel().currentRowChanged.connect(lambda *_: self._show_current())
        self.tree.setFocus()

    def show_value(self, value: Value | None) -> None:
        """Choose a value; without one the first."""
        index = _index_of(self.tree, value, QModelIndex()) if value is not None else QModelIndex()
        self.tree.setCurrentIndex(index if index.isValid() else self.tree.sorted.index(0, 0))

    def _show_current(self) -> None:
        value = self.tree.current()
        text = "" if value is None else value.exact or value.text
        more = f"\n… {len(text) - _LONGEST} more characters" if len(text) > _LONGEST else ""
        self.area.setPlainText(text[:_LONGEST] + more)


def _index_of(tree: ValueTree, value: Value, parent: QModelIndex) -> QModelIndex:
    """Return the row of a value, which is looked for by itself: two may be alike."""
    for row in range(tree.sorted.rowCount(parent)):
        index = tree.sorted.index(row, 0, parent)
        if tree.values.node(tree.sorted.mapToSource(index)).value is value:
            return index
        below = _index_of(tree, value, index)
        if below.isValid():
            return below
    return QModelIndex()
