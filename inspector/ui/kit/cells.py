"""How the cells of the lower tables are painted, and how a row is shown without disturbing who reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QToolTip

from inspector.ui.kit.columns import TableColumns
from inspector.ui.kit.fonts import bold_font
from inspector.ui.kit.holding import Holding
from inspector.ui.kit.rows import NUMBERS, WORDS, Role, SortedModel, TableModel
from inspector.ui.kit.tables import DataTable, DataTree, Index, RowDelegate
from inspector.ui.kit.text import plain_tooltip
from inspector.ui.kit.tokens import mix

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

#: By column, what makes a text shorter, one after another until it fits; after the first, until all that the next would
#: leave of it is shown.
Shorter = Mapping[int, Sequence[Callable[[str], str]]]
NO_SHORTER: Final[Shorter] = MappingProxyType({})
_MARKS: Final = {"live": ("record", "failed_text"), "open": ("chevron-right", "accent_text")}
_BAR_GAP: Final = 1
_PADDING: Final = 8
_MARK: Final = 12


class ToneDelegate(RowDelegate):
    """Writes a cell in the colour of its ``Role.TONE``, with the glyph of its status before it.

    It paints by itself: by way of the style a cell takes twice as long, and these tables move while one looks.

    Args:
        theme: Its look.
        parent: The owner.
        middle: Columns of long names, told apart by their ends: what does not fit is left out in the middle.
        shorter: By column, what makes a text that does not fit shorter by what matters least.

    Attributes:
        lit: The row that stands for what is pointed at elsewhere.
        middle: See above; it may change.
        bars: Token of the colour of trends.
    """

    def __init__(
        self, theme: Theme, parent: QObject, middle: Collection[int] = (), shorter: Shorter = NO_SHORTER
    ) -> None:
        super().__init__(theme, parent)
        self._look, self._shorter = theme, shorter
        self.middle = frozenset(middle)
        self.lit = QPersistentModelIndex()
        self.bars = "failed"

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint ground, mark, text or trend, and the line below."""
        cell, tokens, column = option.rect, self._look.tokens, index.column()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(cell, QColor(tokens.row))
        elif self.lit.isValid() and self.lit.row() == index.row() and self.lit.parent() == index.parent():
            painter.fillRect(cell, QColor(mix(tokens.row, tokens.panel, 0.45)))
            painter.fillRect(cell.left(), cell.top(), 2 if column == 0 else 0, cell.height(), QColor(tokens.accent))
        painter.fillRect(cell.left(), cell.bottom(), cell.width(), 1, self._look.color("faint"))
        room = cell.adjusted(_PADDING, 0, -_PADDING, -1)
        mark = index.data(Role.MARK) if column == 0 else None
        font = option.font
        if mark is not None:
            font = self._paint_mark(painter, room, mark, font)
            room.setLeft(room.left() + _MARK + 6)
        text, tone, standing = self._cell(index)
        if text:
            painter.setFont(font)
            painter.setPen(self._ink(tone))
            metrics = option.fontMetrics if mark is None else QFontMetrics(font)
            painter.drawText(room, standing, self.fitting(text, column, metrics, room.width()))
            return
        trend = index.data(Role.TREND)
        if trend:
            self._paint_trend(painter, cell, trend)

    def fitting(self, text: str, column: int, metrics: QFontMetrics, width: int) -> str:
        """Return what a cell shows of a text in a width in pixels."""
        mode = Qt.TextElideMode.ElideMiddle if column in self.middle else Qt.TextElideMode.ElideRight
        shown = metrics.elidedText(text, mode, width)
        for turn, shorten in enumerate(self._shorter.get(column, ())):
            short = shorten(text)
            if shown == text or (turn and short in shown):
                break
            text, shown = short, metrics.elidedText(short, mode, width)
        return shown

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """Show a text that its cell had to cut, as plain text."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        text = self._text(index)
        taken = 2 * _PADDING + (_MARK + 6 if index.column() == 0 and index.data(Role.MARK) is not None else 0)
        cut = view.fontMetrics().horizontalAdvance(text) > view.visualRect(index).width() - taken
        QToolTip.showText(event.globalPos(), plain_tooltip(text) if cut else "", view)
        return True

    def _cell(self, index: Index) -> tuple[str, Any, int]:
        """Return text, tone and alignment of a cell. Our models are asked directly: Qt takes twice as long."""
        model = index.model()
        if isinstance(model, SortedModel):
            index = model.mapToSource(index)
            model = index.model()
        if not isinstance(model, TableModel) or not index.isValid():
            return self._text(index), index.data(Role.TONE), self._alignment(index)
        row, column = index.row(), index.column()
        text = model.text(row, column)
        glyph = model.fact(row, column, Role.GLYPH)
        standing = NUMBERS if model.columns[column].number else WORDS
        return (
            f"{self._look.status(glyph).glyph} {text}" if glyph else text,
            model.fact(row, column, Role.TONE),
            standing | int(Qt.TextFlag.TextSingleLine),
        )

    def _text(self, index: Index) -> str:
        text = index.data() or ""
        glyph = index.data(Role.GLYPH)
        return f"{self._look.status(glyph).glyph} {text}" if glyph else str(text)

    def _ink(self, tone: Any) -> QColor:
        readable = f"{tone}_text"
        return self._look.color(readable if hasattr(self._look.tokens, readable) else tone or "text")

    @staticmethod
    def _alignment(index: Index) -> int:
        return int(index.data(Qt.ItemDataRole.TextAlignmentRole)) | int(Qt.TextFlag.TextSingleLine)

    def _paint_mark(self, painter: QPainter, room: QRect, mark: str, font: QFont) -> QFont:
        if not mark:
            return font
        name, tint = _MARKS[mark]
        pixmap = self._look.pixmap(name, tint, _MARK, painter.device().devicePixelRatioF())
        painter.drawPixmap(QRect(room.left(), room.center().y() - _MARK // 2 + 1, _MARK, _MARK), pixmap)
        return bold_font(font)

    def _paint_trend(self, painter: QPainter, cell: QRect, counts: list[int]) -> None:
        room = QRectF(cell).adjusted(_PADDING, 5, -_PADDING, -6)
        step = min(room.width() / len(counts), 7.0)
        high = max(counts)
        painter.fillRect(QRectF(room.left(), room.bottom(), step * len(counts), 1), self._look.color("line"))
        ink = self._look.color(self.bars)
        for place, count in enumerate(counts):
            if count:
                tall = max(2.0, room.height() * count / high)
                left = room.left() + place * step
                painter.fillRect(QRectF(left, room.bottom() - tall, max(1.0, step - _BAR_GAP), tall), ink)


def dress(
    table: DataTable | DataTree, theme: Theme, middle: Collection[int] = (), shorter: Shorter = NO_SHORTER
) -> None:
    """Set a table's cells to those of this module (see ``ToneDelegate``)."""
    table.setItemDelegate(ToneDelegate(theme, table, middle, shorter))
    theme.changed.connect(table.viewport().update)
    font = QFont(table.font())
    font.setFeature(QFont.Tag("tnum"), 1)  # digits of one width keep columns of numbers straight
    table.setFont(font)


if TYPE_CHECKING:

    class _View(QAbstractItemView):
        # What tables and trees both have, though no class of Qt says so.
        def __init__(self, theme: Theme) -> None: ...
        def setSortingEnabled(self, enable: bool) -> None: ...
        def sortByColumn(self, column: int, order: Qt.SortOrder) -> None: ...

else:
    _View = object  # a mixin beside a Qt view: Qt allows one base of its own


class _Sorted(_View):
    """A view with the cells of this module whose rows are sorted by the title that a person clicks.

    Args:
        theme: Its look.
        name: What it is to those who cannot see it.
        model: Its rows.
        widths: Width of each column in characters.
        optional: Columns that come when there is room, the most wanted first.
        sort: The column by which it is sorted at first, and in which order.
        wide: The column that takes the room that the others leave.
        middle: Columns of long names, see ``ToneDelegate``.
        order: Columns from the left to the right, where that is not the model's order.
        shorter: What makes texts shorter, see ``ToneDelegate``.
        most: Up to how many characters columns grow, see ``TableColumns``.

    Attributes:
        sorted: The rows as they are shown; its source is ``model``.
        columns: Which columns are shown.
        holding: Whether a person aims at a row: none changes its place then.
    """

    def __init__(
        self,
        theme: Theme,
        name: str,
        model: QAbstractItemModel,
        widths: dict[int, int],
        optional: Sequence[int],
        sort: tuple[int, Qt.SortOrder],
        wide: int = 0,
        middle: Collection[int] = (),
        order: Sequence[int] = (),
        shorter: Shorter = NO_SHORTER,
        most: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        super().__init__(theme)
        assert isinstance(self, DataTable | DataTree)  # noqa: S101 - it stands beside one of them
        if isinstance(self, DataTree):
            self.setHeaderHidden(False)
            self.setExpandsOnDoubleClick(False)
        self.sorted = SortedModel(self)
        self.sorted.setSourceModel(model)
        self.setAccessibleName(name)
        self.setModel(self.sorted)
        self.setSortingEnabled(True)
        self.sortByColumn(*sort)
        dress(self, theme, middle, shorter)
        self.columns = TableColumns(self, theme, widths, optional, wide, order, most)
        self.holding = Holding(self)
        self.holding.begun.connect(self.sorted.hold)
        self.holding.ended.connect(self.sorted.let_go)
        self.sorted.waiting_changed.connect(lambda: self.holding.say(self.sorted.waiting, stale=self.sorted.stale))

    def source(self, index: Index) -> QModelIndex:
        """Return the index of the model that one of this view stands for."""
        return self.sorted.mapToSource(index)

    def source_row(self, index: Index) -> int:
        """Return the row of the model that an index of this view stands for."""
        return self.source(index).row()

    def index_of(self, row: int) -> QModelIndex:
        """Return the index under which a row of the model's first level is shown; an invalid one for -1."""
        return self.sorted.mapFromSource(self.sorted.sourceModel().index(row, 0))


class SortedTable(_Sorted, DataTable):
    """A table whose rows are sorted; see ``_Sorted`` for its arguments."""


class SortedTree(_Sorted, DataTree):
    """A tree whose rows are sorted level by level; see ``_Sorted`` for its arguments."""


def being_read(view: QAbstractItemView) -> bool:
    """Return whether a person has the view in hand: the pointer over it or the keyboard in it."""
    return view.hasFocus() or view.viewport().underMouse()


def show_row(view: QAbstractItemView, index: QModelIndex) -> None:
    """Make a row current because of what was selected elsewhere.

    The view scrolls to it only when it is seen and nobody has it in hand: what is being read stays where it is.
    """
    automatic = view.hasAutoScroll()
    view.setAutoScroll(False)  # by itself a view scrolls to whatever becomes current
    if index.isValid():
        view.setCurrentIndex(index)
    else:
        view.setCurrentIndex(QModelIndex())
        view.clearSelection()
    view.setAutoScroll(automatic)
    if index.isValid() and view.isVisible() and not being_read(view):
        view.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
