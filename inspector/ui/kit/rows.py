"""What the models of tables and trees have in common: roles, columns, and stretches of rows that changed."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """Facts behind a cell, besides its text.

    Attributes:
        NUMBER: Number of what the row stands for (publication, group, session id, …).
        TONE: Status or tone of the cell (``failed``, ``dim``, …), empty for none.
        SORT: What to sort by.
        TREND: Counts over time, a list of ints.
        MARK: What marks the row: ``live``, ``open``, or empty.
        GLYPH: Status whose glyph stands before the text.
    """

    NUMBER = Qt.ItemDataRole.UserRole + 1
    TONE = Qt.ItemDataRole.UserRole + 2
    SORT = Qt.ItemDataRole.UserRole + 3
    TREND = Qt.ItemDataRole.UserRole + 4
    MARK = Qt.ItemDataRole.UserRole + 5
    GLYPH = Qt.ItemDataRole.UserRole + 6


@dataclass(frozen=True)
class Column:
    """A column: its title, whether it holds numbers (which stand at the right), what it tells.

    ``falls``: a first click on the title puts the greatest first, the newest or the worst. Numbers always do.
    """

    title: str
    number: bool = False
    about: str = ""
    falls: bool = False


NUMBERS: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
WORDS: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_HORIZONTAL: Final = Qt.Orientation.Horizontal
_ROOT: Final = QModelIndex()


def head_of(columns: Sequence[Column], section: int, orientation: Qt.Orientation, role: int) -> Any:
    """Return what ``headerData`` says of columns: title, how it stands, which order comes first, what it tells."""
    if orientation != _HORIZONTAL or not 0 <= section < len(columns):
        return None
    column = columns[section]
    if role == Qt.ItemDataRole.DisplayRole:
        return column.title
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return NUMBERS if column.number else WORDS
    if role == Qt.ItemDataRole.InitialSortOrderRole:
        falls = column.number or column.falls
        return int(Qt.SortOrder.DescendingOrder.value if falls else Qt.SortOrder.AscendingOrder.value)
    return (column.about or None) if role == Qt.ItemDataRole.ToolTipRole else None


class TableModel(QAbstractTableModel):
    """A table whose cells are asked for by row and column.

    Args:
        columns: Its columns, fixed.
        parent: The owner.
    """

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else self.rows()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the title of a column, and how it stands."""
        return head_of(self.columns, section, orientation, role)

    def data(self, index: Index, role: int = 0) -> Any:
        """Return what a cell shows, or a fact behind it (``Role``)."""
        if not index.isValid() or index.row() >= self.rows():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return NUMBERS if self.columns[index.column()].number else WORDS
        return self.fact(index.row(), index.column(), role) if role > Qt.ItemDataRole.UserRole else None

    # Qt's metaclass has no room for that of abstract classes: mypy holds these.

    @abstractmethod
    def rows(self) -> int:
        """Return the number of rows."""

    @abstractmethod
    def text(self, row: int, column: int) -> str:
        """Return the text of a cell."""

    @abstractmethod
    def fact(self, row: int, column: int, role: int) -> Any:
        """Return a fact behind a cell, by ``Role``; None when there is none."""

    def tell_changed(self, rows: Ints) -> None:
        """Notify the views that rows changed, stretch by stretch."""
        for first, last in stretches(rows):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))


@dataclass(eq=False)
class TreeNode:
    """A row of a ``TreeModel``: its place below its parent, and what is below it. The root has no parent."""

    parent: Self | None = field(default=None, kw_only=True)
    row: int = field(default=0, kw_only=True)
    children: list[Self] = field(default_factory=list, kw_only=True)


Node = TypeVar("Node", bound=TreeNode)


class TreeModel(QAbstractItemModel, Generic[Node]):
    """A tree of nodes. Those below ``root``, which is no row itself, are the first level.

    Args:
        root: The root; whoever sets another resets the model.
        columns: How many columns there are.
        parent: The owner.
    """

    def __init__(self, root: Node, columns: int = 1, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.root = root
        self._columns = columns

    def node(self, index: Index) -> Node:
        """Return the node of an index; that of an invalid one is the root."""
        node: Node = index.internalPointer() if index.isValid() else self.root
        return node

    def index_of_node(self, node: Node | None) -> QModelIndex:
        """Return the index of a node; that of the root, and of none, is invalid."""
        return QModelIndex() if node is None or node is self.root else self.createIndex(node.row, 0, node)

    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        """Return the index of a cell below a parent."""
        inside = 0 <= row < self.rowCount(parent) and 0 <= column < self._columns
        return self.createIndex(row, column, self.node(parent).children[row]) if inside else QModelIndex()

    def parent(self, child: Index) -> QModelIndex:  # type: ignore[override]
        """Return the parent of an index."""
        return self.index_of_node(self.node(child).parent)

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Return the number of rows below a parent: they stand below its first column."""
        return 0 if parent.isValid() and parent.column() else len(self.node(parent).children)

    def columnCount(self, parent: Index = _ROOT) -> int:  # noqa: ARG002 - it is the same everywhere
        """Return the number of columns."""
        return self._columns


class SortedModel(QSortFilterProxyModel):
    """Another model's rows sorted by ``Role.SORT``; those that have not every word of a query are left out.

    While it is held no row changes its place: rows that would come between others wait, and are counted.

    Signals:
        waiting_changed: Something waits that did not, or more does; nothing does any more.

    Attributes:
        held: Whether it is held.
        waiting: Rows that wait until it is not.
        stale: Whether the order is not what it would be.
    """

    waiting_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setSortRole(Role.SORT)
        self._words: tuple[str, ...] = ()
        self.held = self.stale = False
        #: Whether rows come now, and whether the model has them behind all others.
        self._coming = self._behind = False
        self.waiting = 0
        #: Whether rows take their places by themselves while it is not held.
        self._by_itself = True

    def setSourceModel(self, model: QAbstractItemModel) -> None:
        """Sort the rows of a model."""
        # Before Qt's own slots, while the order can be held yet, and what goes is still known.
        model.dataChanged.connect(self._look_for_moves)
        model.rowsAboutToBeInserted.connect(self._expect)
        model.rowsAboutToBeRemoved.connect(self._forget)
        super().setSourceModel(model)
        model.rowsInserted.connect(self._expect_none)
        model.rowsRemoved.connect(self._fill)
        model.modelReset.connect(self._settled)

    def set_query(self, text: str) -> None:
        """Show only rows that have every word of ``text`` in one of their cells."""
        self._words = tuple(text.casefold().split())
        self._let_in()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        """Return whether a row of the model has every word of the query, and need not wait."""
        if self._words:
            model = self.sourceModel()
            cells = (model.index(row, column, parent).data() for column in range(model.columnCount()))
            text = "\n".join(str(cell) for cell in cells if cell).casefold()
            if not all(word in text for word in self._words):
                return False
        if self._coming and not self._is_last(row):
            self.waiting += 1
            self._disturb()
            return False
        return True

    # -- holding

    def sort_by_hand(self) -> None:
        """Take no place by itself from now on: ``settle`` sorts."""
        self._by_itself = False
        self.setDynamicSortFilter(False)

    def settle(self) -> None:
        """Sort the rows anew; while it is held, afterwards."""
        if self.held:
            self._disturb()
        else:
            self.sort(self.sortColumn(), self.sortOrder())

    def hold(self) -> None:
        """Let no row change its place."""
        self.held = True

    def let_go(self) -> None:
        """Let all rows take their places."""
        self.held = False
        if self.stale:
            self._let_in()

    def _let_in(self) -> None:
        """Sort all rows, those that wait too."""
        self.setDynamicSortFilter(self._by_itself)  # this sorts what there is, where it turns it on
        self.beginFilterChange()
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)
        if not self._by_itself:
            self.sort(self.sortColumn(), self.sortOrder())
        self._settled()

    def _settled(self) -> None:
        self.setDynamicSortFilter(self._by_itself)
        if self.stale:
            self.stale, self.waiting = False, 0
            self.waiting_changed.emit()

    def _disturb(self) -> None:
        """Hold the order where it would change."""
        self.setDynamicSortFilter(False)
        self.stale = True
        self.waiting_changed.emit()

    def _expect(self, parent: QModelIndex, first: int, _last: int) -> None:
        self._coming = self.held and self.rowCount() > 0
        self._behind = not parent.isValid() and first == self.sourceModel().rowCount()

    def _expect_none(self) -> None:
        self._coming = False

    def _forget(self, parent: QModelIndex, first: int, last: int) -> None:
        if self.waiting:
            rows = (self.mapFromSource(self.sourceModel().index(row, 0, parent)) for row in range(first, last + 1))
            self.waiting -= min(self.waiting, sum(not index.isValid() for index in rows))
            self.waiting_changed.emit()

    def _fill(self) -> None:
        """Show what waits when there is nothing left at which a person could aim."""
        if self.waiting and not self.rowCount():
            self._let_in()

    def _is_last(self, row: int) -> bool:
        """Return whether a row that comes would stand below all others, so that none of them moves."""
        last = self.mapToSource(self.index(self.rowCount() - 1, self.sortColumn()))
        return self._behind and self._in_order(last, self.sourceModel().index(row, self.sortColumn()))

    def _in_order(self, above: QModelIndex, below: QModelIndex) -> bool:
        """Return whether two rows of the model may stand in this order."""
        falls = self.sortOrder() is Qt.SortOrder.DescendingOrder
        return not (self.lessThan(above, below) if falls else self.lessThan(below, above))

    def _look_for_moves(self, first: QModelIndex, last: QModelIndex) -> None:
        """Hold the order if rows that have changed would move."""
        column = self.sortColumn()
        if not self.held or self.stale or not first.column() <= column <= last.column():
            return
        for row in range(first.row(), last.row() + 1):
            changed = first.siblingAtRow(row).siblingAtColumn(column)
            shown = self.mapFromSource(changed)
            above, below = (self.mapToSource(shown.siblingAtRow(shown.row() + by)) for by in (-1, 1))
            if shown.isValid() and not (
                (not above.isValid() or self._in_order(above, changed))
                and (not below.isValid() or self._in_order(changed, below))
            ):
                self._disturb()
                return


#: More stretches than this are told as one, for a view repaints what it shows anyway.
_MANY: Final = 64


def stretches(numbers: Ints) -> list[tuple[int, int]]:
    """Return the first and last of each stretch of consecutive numbers; ``numbers`` ascend."""
    import numpy as np

    if not len(numbers):
        return []
    breaks = np.flatnonzero(np.diff(numbers) > 1)
    if len(breaks) > _MANY:
        return [(int(numbers[0]), int(numbers[-1]))]
    return list(_pairs(numbers, breaks))


def all_stretches(numbers: Ints) -> Iterator[tuple[int, int]]:
    """Yield ``stretches``, without gathering many into one."""
    import numpy as np

    if len(numbers):
        yield from _pairs(numbers, np.flatnonzero(np.diff(numbers) > 1))


def _pairs(numbers: Ints, breaks: Ints) -> Iterator[tuple[int, int]]:
    import numpy as np

    firsts = np.concatenate(([0], breaks + 1))
    lasts = np.concatenate((breaks, [len(numbers) - 1]))
    for first, last in zip(firsts, lasts, strict=True):
        yield int(numbers[first]), int(numbers[last])
