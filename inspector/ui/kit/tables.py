"""Tables and trees as all panels have them: dense, whole rows, no focus frame, Ctrl+C copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QScrollBar,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QTreeView,
    QWidget,
)

from inspector.app.text import plural
from inspector.ui.kit.columns import TableHeader
from inspector.ui.kit.menus import MenuItem, open_menu
from inspector.ui.kit.text import copy_text

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from inspector.ui.kit.theme import Theme

Index = QModelIndex | QPersistentModelIndex
#: Copies what is selected, in every table and tree.
COPY_KEY: Final = "Ctrl+C"
#: How many rows Ctrl+C copies at most; export is for more.
COPY_LIMIT: Final = 10_000
#: With the style's own margin of 3 this puts cells right below the words of the header.
_CELL_PADDING: Final = 5
#: Height of the mark of the current row at the scroll bar, pixels.
_MARK: Final = 3


class RowDelegate(QStyledItemDelegate):
    """Paints cells without the frame of the focus, and a thin line below each row."""

    def __init__(self, theme: Theme, parent: QObject, *, lines: bool = True) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines = lines

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the cell."""
        flags = QStyle.StateFlag
        rect = QRect(option.rect)
        if option.state & flags.State_Selected:
            painter.fillRect(rect, self._theme.color("row" if self._lines else "selection"))
        # The ground of selected rows is painted above: a selected text keeps its own colour, red stays red.
        option.state &= ~(flags.State_HasFocus | flags.State_Selected | flags.State_MouseOver)
        if self._lines:
            option.rect = rect.adjusted(_CELL_PADDING, 0, -_CELL_PADDING, 0)
        super().paint(painter, option, index)
        if self._lines:
            painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self._theme.color("faint"))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the room of the text and some around it."""
        hint = super().sizeHint(option, index)
        padding = 2 * _CELL_PADDING if self._lines else 0
        return QSize(hint.width() + padding, max(hint.height(), option.fontMetrics.height() + 9))


def selection_as_tsv(view: QAbstractItemView) -> str:
    """Return the selected rows as text: columns between tabs, a line per row.

    Columns that a person has hidden are left out, those that merely found no room are not.
    """
    selection = view.selectionModel()
    model = view.model()
    if selection is None or model is None:
        return ""
    # A tree whose head is hidden shows one column, and has nothing that could be chosen.
    header = view.horizontalHeader() if isinstance(view, QTableView) else None
    if isinstance(view, QTreeView) and not view.isHeaderHidden():
        header = view.header()
    columns = header.copied if isinstance(header, TableHeader) else None
    cells: dict[tuple[int, ...], dict[int, str]] = {}
    for index in selection.selectedIndexes():
        if columns is not None and index.column() not in columns:
            continue
        column = columns.index(index.column()) if columns is not None else index.column()
        value = model.data(index, Qt.ItemDataRole.DisplayRole)
        text = "" if value is None else str(value)
        cells.setdefault(_place(index), {})[column] = text.replace("\t", " ").replace("\n", " ")
        if len(cells) > COPY_LIMIT:
            break
    rows = sorted(cells)[:COPY_LIMIT]
    return "\n".join("\t".join(cells[row][column] for column in sorted(cells[row])) for row in rows)


def copy_rows(view: QAbstractItemView) -> None:
    """Copy the selected rows as text, and tell how many they are."""
    text = selection_as_tsv(view)
    if text:
        copy_text(text, plural(text.count("\n") + 1, "row"), lines=False)


def _place(index: QModelIndex) -> tuple[int, ...]:
    """Return the rows from the root down to the index, the order in which trees show them."""
    place: list[int] = []
    while index.isValid():
        place.append(index.row())
        index = index.parent()
    return tuple(reversed(place))


class _Empty(QObject):
    """Keeps a widget over a view for as long as the view's model has no rows."""

    def __init__(self, view: QAbstractItemView, widget: QWidget) -> None:
        super().__init__(view)
        self._view, self._widget = view, widget
        self._model: QAbstractItemModel | None = None
        widget.setParent(view.viewport())
        view.viewport().installEventFilter(self)
        self.watch()

    def watch(self) -> None:
        """Follow the view's model as it is now."""
        model = self._view.model()
        if self._model is not None and self._model is not model:
            for signal in (self._model.rowsInserted, self._model.rowsRemoved, self._model.modelReset):
                signal.disconnect(self.refresh)
        if model is not None and model is not self._model:
            for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
                signal.connect(self.refresh)
        self._model = model
        self.refresh()

    def refresh(self) -> None:
        """Show or hide."""
        empty = self._model is None or self._model.rowCount() == 0
        self._widget.setVisible(empty)
        if empty:
            self._widget.setGeometry(self._view.viewport().rect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the view."""
        if event.type() == QEvent.Type.Resize:
            self._widget.setGeometry(self._view.viewport().rect())
        return super().eventFilter(watched, event)


class MarkedScrollBar(QScrollBar):
    """A scroll bar that shows where the current row of its view is, while that is out of sight.

    Args:
        theme: Its look.
        view: The view.
    """

    def __init__(self, theme: Theme, view: QAbstractItemView) -> None:
        super().__init__(Qt.Orientation.Vertical, view)
        self._theme, self._view = theme, view

    def mark(self) -> int:
        """Return the y of the mark, in pixels; -1 where there is none."""
        current = self._view.currentIndex()
        if not current.isValid() or self._view.visualRect(current).intersects(self._view.viewport().rect()):
            return -1
        place = self._view.visualRect(current).top() + self.value()
        whole = self.maximum() - self.minimum() + self.pageStep()
        inside = 0 <= place < whole
        return min(self.height() - _MARK, round(place / max(1, whole) * self.height())) if inside else -1

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar, and the mark over it."""
        super().paintEvent(event)
        y = self.mark()
        if y >= 0:
            painter = QPainter(self)
            painter.fillRect(1, y, self.width() - 2, _MARK, self._theme.color("accent"))
            painter.end()


def _same_row(index: Index, other: Index) -> bool:
    """Return whether both are in the same row, which is there."""
    return index.isValid() and other.isValid() and index.row() == other.row() and index.parent() == other.parent()


CursorAction = QAbstractItemView.CursorAction

#: Keys that go to a row; at the end of a table they stay where they are.
_STEPS: Final = frozenset((Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End))

if TYPE_CHECKING:
    _View = QAbstractItemView
else:
    _View = object  # a mixin beside a Qt view: Qt allows one base of its own


class _Rows(_View):
    """What tables and trees have in common: an empty state, Ctrl+C copies, Return activates."""

    activated_row: SignalInstance
    chosen_again: SignalInstance
    _cover: _Empty | None = None
    _theme: Theme

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show a model."""
        super().setModel(model)
        if model is not None:
            self.selectionModel().currentRowChanged.connect(lambda *_: self.verticalScrollBar().update())
        if self._cover is not None:
            self._cover.watch()

    def set_empty(self, widget: QWidget) -> None:
        """Show ``widget`` for as long as the model has no rows."""
        self._cover = _Empty(self, widget)

    def set_menu(self, provider: Callable[[QModelIndex], Sequence[MenuItem]]) -> None:
        """Let rows open a menu, by the right button or the menu key, that ``provider`` fills at that moment.

        Nothing opens beside the rows, nor while there is nothing to offer.
        """

        def opened(at: QPoint) -> None:
            index = self.indexAt(at)
            items = provider(index) if index.isValid() else ()
            if items:
                open_menu(self, items, self._theme, self.viewport().mapToGlobal(at))

        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(opened)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Take the keyboard and nothing more: by itself Qt makes the first row current, which nobody has chosen."""
        if not self.currentIndex().isValid():
            self.setCurrentIndex(QModelIndex())
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy and activate by keyboard; what an editor in a cell leaves of its keys is not for the rows."""
        if self.state() == QAbstractItemView.State.EditingState:
            event.accept()
        elif event.matches(QKeySequence.StandardKey.Copy):
            copy_rows(self)
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or event.modifiers():
            before = QPersistentModelIndex(self.currentIndex())
            super().keyPressEvent(event)
            if event.key() in _STEPS:
                self._report_again(before)
        elif self.currentIndex().isValid():
            self.activated_row.emit(self.currentIndex())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row, also where it is the current one already."""
        before = QPersistentModelIndex(self.currentIndex())
        super().mousePressEvent(event)
        plain = event.button() is Qt.MouseButton.LeftButton and not event.modifiers()
        if plain and _same_row(before, self.indexAt(event.position().toPoint())):
            self._report_again(before)

    def _report_again(self, before: QPersistentModelIndex) -> None:
        """Report that a person has chosen the row that was current before."""
        if _same_row(before, self.currentIndex()):
            self.chosen_again.emit(self.currentIndex())


class DataTable(_Rows, QTableView):
    """A table: whole rows are selected, Return or a double click activates one, columns keep their width.

    Signals:
        activated_row: The index of the row that was activated.
        chosen_again: The index of the current row when a person chooses just that: the panel has made it current by
            itself, or something else was selected meanwhile.
    """

    activated_row = Signal(QModelIndex)
    chosen_again = Signal(QModelIndex)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setItemDelegate(RowDelegate(theme, self))
        bar = MarkedScrollBar(theme, self)
        self.setVerticalScrollBar(bar)
        rows = self.verticalHeader()
        rows.hide()
        # Fixed rows: asking every cell for its height makes large tables slow.
        rows.setSectionResizeMode(rows.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 10)
        rows.setMinimumSectionSize(self.fontMetrics().height() + 4)
        columns = TableHeader(theme, self)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setHorizontalHeader(columns)
        self.doubleClicked.connect(self.activated_row)

    def moveCursor(self, action: CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Go to the first and the last row with Home and End; by itself Qt goes to the first and last cell of a row."""
        if action in (CursorAction.MoveHome, CursorAction.MoveEnd):
            modifiers |= Qt.KeyboardModifier.ControlModifier
        return super().moveCursor(action, modifiers)


class DataTree(_Rows, QTreeView):
    """A tree: one row is selected, Return or a double click activates it.

    Signals:
        activated_row: The index of the row that was activated.
        chosen_again: The index of the current row when a person chooses just that: the panel has made it current by
            itself, or something else was selected meanwhile.
    """

    activated_row = Signal(QModelIndex)
    chosen_again = Signal(QModelIndex)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        header = TableHeader(theme, self)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setHeader(header)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setExpandsOnDoubleClick(True)
        self.setIndentation(16)
        self.setItemDelegate(RowDelegate(theme, self, lines=False))
        self.doubleClicked.connect(self.activated_row)
        theme.changed.connect(self.viewport().update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open everything with ``*``."""
        if event.key() == Qt.Key.Key_Asterisk:
            self.expandAll()
        else:
            super().keyPressEvent(event)

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        """Paint a small chevron where a row can be opened, and nothing else: lines would crowd the tree."""
        model = self.model()
        if model is None or not model.hasChildren(index):
            return
        name = "chevron-down" if self.isExpanded(index) else "chevron-right"
        side = 10
        pixmap = self._theme.pixmap(name, "dim", side, self.devicePixelRatioF())
        x = rect.right() - self.indentation() // 2 - side // 2
        painter.drawPixmap(x, rect.center().y() - side // 2 + 1, pixmap)
