"""How a row of the causality tree is painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from inspector.app.text import one_line
from inspector.ui.features.catalog.delegate import paint_phase
from inspector.ui.kit.text import plain_tooltip
from inspector.ui.kit.widgets import badge_font

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QPersistentModelIndex

    from inspector.ui.features.causality.tree import Node
    from inspector.ui.kit.theme import Theme

    Index = QModelIndex | QPersistentModelIndex

#: The role under which a row gives its ``Node``.
NODE: Final = Qt.ItemDataRole.UserRole + 1


class CauseDelegate(QStyledItemDelegate):
    """Paints a publication by the mark of its phase, an execution by the glyph of its status; times at the right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Every row is as high as the others."""
        return QSize(super().sizeHint(option, index).width(), option.fontMetrics.height() + 8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        node: Node = index.data(NODE)
        rect: QRect = option.rect
        tokens = self._theme.tokens
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(tokens.selection))
        room = QRectF(rect).adjusted(0, 0, -10, 0)
        small = badge_font(option.font)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setFont(small)
        painter.setPen(QColor(tokens.dim))
        column = QFontMetrics(small).horizontalAdvance("000.0 ms") + 8
        for text in (node.length, node.offset):
            painter.drawText(room, right, text)
            room.setRight(room.right() - max(column, QFontMetrics(small).horizontalAdvance(text) + 8))
        font = QFont(option.font)
        font.setBold(node.execution < 0)
        painter.setFont(font)
        self._sign(painter, room, node)
        failed = node.status not in ("", "ok", "running")
        ink = tokens.strong if node.execution < 0 else tokens.text
        painter.setPen(QColor(getattr(tokens, f"{node.status}_text", ink) if failed else ink))
        self._text(painter, room, node.title)
        painter.setFont(option.font)
        painter.setPen(QColor(tokens.warn_text if node.status == "unheard" else tokens.dim))
        detail = f"{node.detail} unheard" if node.status == "unheard" else node.detail
        self._text(painter, room, detail)
        painter.restore()

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """Show the whole row."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        node: Node = index.data(NODE)
        lines = (str(index.data()), node.status, f"{node.offset}  {node.length}".strip())
        QToolTip.showText(event.globalPos(), plain_tooltip("\n".join(line for line in lines if line)), view)
        return True

    def _sign(self, painter: QPainter, room: QRectF, node: Node) -> None:
        if node.execution < 0:
            paint_phase(painter, QPointF(room.left() + 5, room.center().y()), node.phase, self._theme)
            room.setLeft(room.left() + 16)
            return
        look = self._theme.status(node.status)
        painter.setPen(look.text_color)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, look.glyph)
        room.setLeft(room.left() + 16)

    @staticmethod
    def _text(painter: QPainter, room: QRectF, text: str) -> None:
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(one_line(text), Qt.TextElideMode.ElideRight, max(int(room.width()), 0))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        room.setLeft(room.left() + metrics.horizontalAdvance(shown) + (5 if not text.startswith(".") else 2))
