"""How the rows of a comparison are painted: values side by side or stacked, how many share them, bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from inspector.ui.features.compare import model as columns
from inspector.ui.kit.fonts import bold_font
from inspector.ui.kit.tables import DataTree
from inspector.ui.kit.text import plain_tooltip, section_caption, section_font
from inspector.ui.kit.widgets import badge_font

if TYPE_CHECKING:
    from inspector.ui.features.compare.model import ComparedRow, ComparisonModel
    from inspector.ui.kit.theme import Theme

Index = QModelIndex | QPersistentModelIndex
#: Groups that are folded at first, and whose titles are sentences.
FOLDED: Final = (columns.CHANGING, columns.SAME)
_PAD: Final = 6
#: Height of a bar, pixels.
_BAR: Final = 3
#: Shares of the width: field, A, B.
_WIDTHS: Final = (40, 30, 30)
#: Where fewer characters than these stand side by side, A and B stand below their field.
_BESIDE: Final = 56
#: Width of the letters before values that are stacked, pixels.
_LETTER: Final = 18


class CompareDelegate(QStyledItemDelegate):
    """Paints a value, below it how many executions have it, and a bar; what is in every failure stands out.

    Attributes:
        stacked: The first cell has the whole row: A and B below their field.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.stacked = False

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the room of a line, or of a line, a note and a bar."""
        node = _node(index)
        line = option.fontMetrics.height()
        if self.stacked and not node.is_group:
            note = QFontMetrics(badge_font(option.font)).height() if node.shares else 0
            return QSize(60, 3 * (line + 2) + 2 * note + 8)
        if node.shares:
            return QSize(60, line + QFontMetrics(badge_font(option.font)).height() + _BAR + 14)
        return QSize(60, line + (14 if node.is_group else 6))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a cell."""
        node, column = _node(index), index.column()
        rect = QRect(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._theme.color("selection"))
        elif node.marked and node.group in (columns.SEPARATING, columns.PATH):
            painter.fillRect(rect, self._theme.color("warn_back"))
        room = rect.adjusted(_PAD if column else 2, 0, -_PAD, 0)
        if node.is_group:
            self._paint_group(painter, option, room, node)
        elif self.stacked:
            self._paint_stacked(painter, option, room, node)
            painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self._theme.color("faint"))
        else:
            self._paint_cell(painter, option, room, node, column)
            painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self._theme.color("faint"))
        painter.restore()

    def _paint_group(self, painter: QPainter, option: QStyleOptionViewItem, room: QRect, node: ComparedRow) -> None:
        heading = bool(node.children) and node.group not in FOLDED
        painter.setFont(section_font(option.font) if heading else option.font)
        painter.setPen(self._theme.color("dim" if node.children else "text"))
        text = section_caption(node.texts[0]) if heading else node.texts[0]
        _draw(painter, room.adjusted(0, 6 if heading else 0, 0, 0), text)

    def _paint_cell(
        self, painter: QPainter, option: QStyleOptionViewItem, room: QRect, node: ComparedRow, column: int
    ) -> None:
        line = QRect(room)
        if node.shares:
            line.setTop(room.top() + 4)
            line.setHeight(option.fontMetrics.height())
        self._paint_text(painter, option, line, node, column)
        if not node.shares or not column:
            return
        note = QRect(line)
        small = badge_font(option.font)
        note.moveTop(line.bottom() + 2)
        note.setHeight(QFontMetrics(small).height())
        painter.setFont(small)
        painter.setPen(self._theme.color("dim"))
        _draw(painter, note, node.notes[column - 1])
        self._paint_bar(painter, QRect(room.left(), note.bottom() + 2, room.width(), _BAR), node, column)

    def _paint_stacked(self, painter: QPainter, option: QStyleOptionViewItem, room: QRect, node: ComparedRow) -> None:
        """Paint the field, and below it a line for each of A and B, and one with its bar and its note."""
        high = option.fontMetrics.height() + 2
        line = QRect(room.left(), room.top() + 4, room.width(), high)
        self._paint_text(painter, option, line, node, columns.NAME)
        for column, letter in ((columns.A, "A"), (columns.B, "B")):
            line = QRect(room.left() + 4, line.bottom() + 1, room.width() - 4, high)
            painter.setFont(badge_font(option.font))
            painter.setPen(self._theme.color("dim"))
            _draw(painter, line, letter)
            self._paint_text(painter, option, line.adjusted(_LETTER, 0, 0, 0), node, column)
            if node.shares:
                painter.setFont(badge_font(option.font))
                line = QRect(line.left(), line.bottom() + 1, line.width(), painter.fontMetrics().height())
                bar = QRect(line.left() + _LETTER, line.center().y() - 1, line.width() // 2 - _LETTER, _BAR)
                self._paint_bar(painter, bar, node, column)
                painter.setPen(self._theme.color("dim"))
                _draw(painter, line.adjusted(line.width() // 2 + _PAD, 0, 0, 0), node.notes[column - 1])

    def _paint_text(
        self, painter: QPainter, option: QStyleOptionViewItem, line: QRect, node: ComparedRow, column: int
    ) -> None:
        timing = node.group in (columns.TIMING, columns.PATH)
        bold = node.marked and node.group != columns.PATH and (timing or not column)
        painter.setFont(bold_font(option.font if timing else self._theme.mono_font(), bold=bold))
        painter.setPen(self._theme.color(self._ink(node, column)))
        mode = Qt.TextElideMode.ElideRight if column else Qt.TextElideMode.ElideMiddle
        _draw(painter, line, node.texts[column], mode)

    def _paint_bar(self, painter: QPainter, bar: QRect, node: ComparedRow, column: int) -> None:
        painter.fillRect(bar, self._theme.color("line"))
        bar.setWidth(round(bar.width() * node.shares[column - 1]))
        painter.fillRect(bar, self._theme.color(self._bar(node, column)))

    @staticmethod
    def _ink(node: ComparedRow, column: int) -> str:
        if node.tones and column:
            return node.tones[column - 1]
        if not column or not node.values:
            return "strong" if node.marked else "text"
        value = node.values[column - 1]
        if value is None:
            return "dim"
        return {'"': "string", "[": "text", "{": "text", "t": "keyword", "f": "keyword", "n": "keyword"}.get(
            value[0], "number"
        )

    @staticmethod
    def _bar(node: ComparedRow, column: int) -> str:
        if node.group == columns.TIMING:
            return "warn" if node.marked and column == columns.A else "accent"
        return "failed" if column == columns.A else "ok"

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """Show the whole row."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), plain_tooltip(row_words(_node(index))), view)
        return True


def row_words(node: ComparedRow) -> str:
    """Return all that a row says, a line for the field and for each of A and B."""
    if node.is_group:
        return node.texts[0]
    lines = [node.texts[0]]
    for letter, text, note in zip("AB", node.texts[1:], node.notes, strict=True):
        lines.append(f"{letter}: {text}" + (f" ({note})" if note else ""))
    if node.marked and node.mark:
        lines.append(f"{node.mark[0].upper()}{node.mark[1:]}")
    return "\n".join(lines)


class CompareTree(DataTree):
    """Shows a comparison; groups go over the whole width, and rows too where A and B have no room side by side."""

    def __init__(self, theme: Theme, model: ComparisonModel) -> None:
        super().__init__(theme)
        self._compared = model
        self.setModel(model)
        self.delegate = CompareDelegate(theme, self)
        self.setItemDelegate(self.delegate)
        self.setAccessibleName("Comparison")
        self.setUniformRowHeights(False)
        self.setHeaderHidden(False)
        self.header().setSectionsClickable(False)
        self.setIndentation(12)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the columns as wide as there is room."""
        super().resizeEvent(event)
        width = self.viewport().width()
        stacked = width < _BESIDE * self.fontMetrics().averageCharWidth()
        if stacked != self.delegate.stacked:
            self.delegate.stacked = stacked
            self.setHeaderHidden(stacked)
            self._span()
            self.scheduleDelayedItemsLayout()
        for column, share in enumerate(_WIDTHS[:-1]):
            self.header().resizeSection(column, width * share // 100)

    def open_groups(self, before: dict[str, bool]) -> None:
        """Open the groups that a person has opened before, and those that are open at first."""
        self._span()
        for row, node in enumerate(self._compared.root.children):
            self.setExpanded(self._compared.index(row, 0), before.get(node.group, node.group not in FOLDED))

    def _span(self) -> None:
        for row, node in enumerate(self._compared.root.children):
            self.setFirstColumnSpanned(row, QModelIndex(), True)
            place = self._compared.index(row, 0)
            for below in range(len(node.children)):
                self.setFirstColumnSpanned(below, place, self.delegate.stacked)

    def opened_groups(self) -> dict[str, bool]:
        """Return which groups are open."""
        nodes = self._compared.root.children
        return {node.group: self.isExpanded(self._compared.index_of_node(node)) for node in nodes if node.children}


def _node(index: Index) -> ComparedRow:
    return cast("ComparisonModel", index.model()).node(index)


def _draw(painter: QPainter, room: QRect, text: str, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
    shown = painter.fontMetrics().elidedText(text, mode, max(room.width(), 0))
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
