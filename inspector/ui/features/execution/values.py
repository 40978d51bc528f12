"""The values of an execution to look through: a tree that is searched, copied from, filtered by, and seen large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPalette
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


class RowActions(QWidget):
    """What can be done with the value of a row, at its right end: *Filter by this value* and *Copy*."""

    def __init__(self, theme: Theme, tree: ValueTree) -> None:
        super().__init__(tree.viewport())
        self._look = theme
        self.index: QPersistentModelIndex = QPersistentModelIndex()
        self.filter = IconButton(theme, "filter", "Filter by this value", on_click=lambda: tree.filter_by(self.index))
        self.copy = IconButton(theme, "copy", "Copy value", on_click=lambda: tree.copy_value(self.index))
        for button in (self.filter, self.copy):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # by keyboard there are the keys and the menu
        hbox(self.filter, self.copy, owner=self, spacing=0)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.hide()

    def show_at(self, index: QModelIndex, value: Value, row: QRect, room: int) -> None:
        """Show what can be done with a value, in its row, whose right end is at ``room``."""
        self.index = QPersistentModelIndex(index)
        self.filter.setVisible(bool(value.filter))
        high = row.height()
        for button in (self.filter, self.copy):
            button.setFixedSize(max(high, 20), high)
        width = sum(button.width() for button in (self.filter, self.copy) if not button.isHidden())
        self.setGeometry(room - width, row.top(), width, high)
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - the same for every part
        """Cover the text that stands below."""
        QPainter(self).fillRect(self.rect(), self._look.color("raised"))


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
        self.actions_shown = RowActions(theme, self)
        self.setMouseTracking(True)
        self.entered.connect(self._offer_actions)
        self.selectionModel().currentChanged.connect(lambda *_: self._offer_current())
        for moved in (self.verticalScrollBar().valueChanged, self.expanded, self.collapsed, self.sorted.modelReset):
            moved.connect(lambda *_: self.actions_shown.hide())

    def _offer_actions(self, index: QModelIndex) -> None:
        """Show what can be done with the value of a row, in that row."""
        if not index.isValid():
            self.actions_shown.hide()
            return
        value = self.values.node(self.sorted.mapToSource(index)).value
        self.actions_shown.show_at(index, value, self.visualRect(index), self.viewport().width())

    def _offer_current(self) -> None:
        if self.hasFocus():
            self._offer_actions(self.currentIndex())

    def leaveEvent(self, event: QEvent) -> None:
        """Take the actions away with the pointer, but for those of the row with the keyboard."""
        super().leaveEvent(event)
        self.actions_shown.hide()
        self._offer_current()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show what can be done with the current row."""
        super().focusInEvent(event)
        self._offer_current()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show nothing of it any more."""
        super().focusOutEvent(event)
        self.actions_shown.hide()

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
        return self.value_at(self.currentIndex())

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

    def value_at(self, index: QModelIndex | QPersistentModelIndex) -> Value | None:
        """Return the value of a row; None where there is none."""
        if not index.isValid():
            return None
        row = self.sorted.index(index.row(), 0, index.parent())
        return self.values.node(self.sorted.mapToSource(row)).value

    def copy_value(self, index: QModelIndex | QPersistentModelIndex | None = None) -> None:
        """Copy the whole value of a row; without one, of the current row."""
        value = self.value_at(self.currentIndex() if index is None else index)
        if value is not None:
            copy_text(value.exact or value.text, "value")

    def filter_by(self, index: QModelIndex | QPersistentModelIndex) -> None:
        """Filter by the value of a row."""
        value = self.value_at(index)
        if value is not None and value.filter:
            self.filter_requested.emit(value.filter)

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
