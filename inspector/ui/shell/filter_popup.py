"""The list of completions below a filter field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from inspector.ui.kit.badges import badge_font
from inspector.ui.kit.boxes import Box

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from inspector.analysis.query.complete import Completion
    from inspector.ui.kit.tables import Index
    from inspector.ui.kit.theme import Theme

_ROWS: Final = 10
_NOTE: Final = Qt.ItemDataRole.UserRole


class _Rows(QStyledItemDelegate):
    """Paints what would be written, and at the right what it is."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """One height for all."""
        return QSize(120, option.fontMetrics.height() + 8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        room = QRect(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(room, self._theme.color("selection"))
        room.adjust(10, 0, -10, 0)
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.TextElideMode.ElideRight
        text = painter.fontMetrics().elidedText(str(index.data() or ""), right, room.width())
        painter.setFont(option.font)
        painter.setPen(self._theme.color("strong"))
        painter.drawText(room, middle, text)
        room.setLeft(room.left() + option.fontMetrics.horizontalAdvance(text) + 16)
        painter.setFont(badge_font(option.font))
        painter.setPen(self._theme.color("dim"))
        note = str(index.data(_NOTE) or "")
        if painter.fontMetrics().horizontalAdvance(note) <= room.width():  # a part of it says nothing
            painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, note)
        painter.restore()


class CompletionPopup(Box):
    """Shows completions below a field, over whatever is there. The keyboard stays in the field.

    Args:
        theme: Its look.
        field: The field.

    Signals:
        chosen: A ``Completion`` that a person took.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, field: QWidget) -> None:
        super().__init__(theme, "raised", "line", field.window())
        self._field = field
        self._found: list[Completion] = []
        self.list = QListWidget()
        self.list.setAccessibleName("Completions")
        self.list.setItemDelegate(_Rows(theme, self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setStyleSheet("background: transparent;")
        self.list.viewport().setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 3, 1, 3)
        column.addWidget(self.list)
        self.list.itemClicked.connect(lambda item: self._choose(self.list.row(item)))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    @property
    def current(self) -> int:
        """The row that is marked, -1 for none."""
        return self.list.currentRow()

    def texts(self) -> list[str]:
        """Give what is offered."""
        return [completion.text for completion in self._found]

    def offer(self, found: Sequence[Completion]) -> None:
        """Show completions; none closes it."""
        self._found = list(found)
        self.list.clear()
        for completion in found:
            item = QListWidgetItem(completion.text)
            item.setData(_NOTE, completion.note)
            self.list.addItem(item)
        self.list.setCurrentRow(-1)
        if not found or not self._field.isVisible():
            self.hide()
            return
        height = self.list.sizeHintForRow(0) * min(len(found), _ROWS) + 8
        width = max(self._field.width(), 320)
        where = self._field.mapTo(self.window(), QPoint(0, self._field.height() + 3))
        left = max(4, min(where.x(), self.window().width() - width - 4))
        self.setGeometry(left, where.y(), width, min(height, self.window().height() - where.y() - 8))
        self.show()
        self.raise_()

    def move_by(self, step: int) -> None:
        """Mark the next or the previous one; before the first none is marked."""
        self.list.setCurrentRow(min(self.current + step, self.list.count() - 1))
        if self.current < 0:
            self.list.clearSelection()

    def choose(self) -> None:
        """Take the one that is marked, else the first."""
        self._choose(max(self.current, 0))

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._found):
            self.chosen.emit(self._found[row])
