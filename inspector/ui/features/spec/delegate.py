"""How a line of a spec is painted: what and where, the pill of its origin, its reason, *Change…*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from inspector.core.spec import DECLARED, LIBRARY, OBSERVED, PROPOSED
from inspector.ui.features.spec.model import CHANGE, ORIGIN, WHAT, SpecRole
from inspector.ui.kit.badges import badge_font
from inspector.ui.kit.text import plain_tooltip, section_caption, section_font

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from inspector.ui.kit.rows import Index
    from inspector.ui.kit.theme import Theme

#: Of each origin: icon, ink, and whether its outline is dashed.
_ORIGINS: Final = {
    LIBRARY: ("check", "accent_text", False),
    DECLARED: ("pin", "ok_text", False),
    PROPOSED: ("info", "dim", True),
    OBSERVED: ("eye", "interrupted_text", False),
}
_ADD: Final = "Add…"
_PADDING: Final = 14
_ICON: Final = 11


def pill_width(text: str, font: QFont) -> int:
    """Return how wide the pill of an origin is."""
    return QFontMetrics(badge_font(font)).horizontalAdvance(text) + _ICON + 20


def paint_pill(painter: QPainter, room: QRect, origin: str, theme: Theme, font: QFont, ratio: float) -> None:
    """Paint the pill of an origin at the left of a room."""
    icon, ink, dashed = _ORIGINS[origin]
    small = badge_font(font)
    metrics = QFontMetrics(small)
    height = metrics.height() + 5
    pill = QRectF(room.left() + 0.5, room.center().y() - height / 2 + 0.5, pill_width(origin, font), height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(theme.color(ink), 1)
    if dashed:
        pen.setStyle(Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([3, 2])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(pill, height / 2, height / 2)
    top = round(pill.center().y() - _ICON / 2)
    painter.drawPixmap(round(pill.left()) + 7, top, theme.pixmap(icon, ink, _ICON, ratio))
    painter.setFont(small)
    painter.setPen(theme.color(ink))
    painter.drawText(pill.adjusted(_ICON + 11, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, origin)
    painter.restore()


class SpecDelegate(QStyledItemDelegate):
    """Paints rows of ``SpecModel``.

    Args:
        theme: Its look.
        parent: The owner.

    Attributes:
        edited_height: How high the row is that is being changed.
    """

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self.edited_height = 0

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the height of a row: what is being changed needs more."""
        if index.data(SpecRole.EDITED):
            return QSize(0, self.edited_height)
        metrics: QFontMetrics = option.fontMetrics
        return QSize(0, metrics.height() + (14 if index.data(SpecRole.LINE) is None else 16))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the cell."""
        if index.data(SpecRole.EDITED):
            return  # its fields cover it
        cell = QRect(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(cell, self._theme.color("row"))
        heading = index.data(SpecRole.LINE) is None
        painter.fillRect(cell.left(), cell.bottom(), cell.width(), 1, self._theme.color("faint" if heading else "line"))
        room = (
            cell.adjusted(_PADDING, 0, -_PADDING, -1) if index.column() == WHAT else cell.adjusted(0, 0, -_PADDING, -1)
        )
        if heading:
            self._heading(painter, room, str(index.data() or ""), option.font)
            if index.data(SpecRole.ADDS):
                painter.setFont(option.font)
                painter.setPen(self._theme.color("accent_text"))
                painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, _ADD)
        elif index.column() == WHAT:
            self._what(painter, room, index, option.font)
        elif index.column() == ORIGIN:
            if index.data(SpecRole.ORIGIN):
                view = option.widget
                ratio = view.devicePixelRatioF() if isinstance(view, QAbstractItemView) else 1.0
                paint_pill(painter, room, index.data(SpecRole.ORIGIN), self._theme, option.font, ratio)
        else:
            painter.setFont(option.font)
            link = index.column() == CHANGE
            painter.setPen(self._theme.color("accent_text" if link else "dim"))
            metrics: QFontMetrics = option.fontMetrics
            text = metrics.elidedText(str(index.data() or ""), Qt.TextElideMode.ElideRight, room.width())
            side = Qt.AlignmentFlag.AlignRight if link else Qt.AlignmentFlag.AlignLeft
            painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, text)

    def place_rect(self, cell: QRect, index: Index) -> QRect:
        """Return where in a cell the file and line stand that a click opens; empty where there are none."""
        place = index.data(SpecRole.PLACE)
        if index.column() != WHAT or not place:
            return QRect()
        room = cell.adjusted(_PADDING, 0, -_PADDING, -1)
        metrics = QFontMetrics(self._theme.mono_font())
        wide = metrics.horizontalAdvance(place)
        text = min(metrics.horizontalAdvance(str(index.data())), max(0, room.width() - wide - 8))
        return QRect(room.left() + text + 8, room.top(), wide, room.height())

    def add_rect(self, row: QRect, index: Index) -> QRect:
        """Return where in a heading *Add…* stands; empty where there is none."""
        if not index.data(SpecRole.ADDS):
            return QRect()
        wide = QFontMetrics(QFont()).horizontalAdvance(_ADD) + 2 * _PADDING
        return QRect(row.right() - wide, row.top(), wide, row.height())

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """Show a cell whole, with the path of its source."""
        line = index.data(SpecRole.LINE)
        if event.type() != QEvent.Type.ToolTip or line is None:
            return super().helpEvent(event, view, option, index)
        parts = [str(index.data() or "")]
        if index.column() == WHAT and line.file:
            parts.append(f"{line.file}:{line.line}")
        QToolTip.showText(event.globalPos(), plain_tooltip("\n".join(parts)), view)
        return True

    def _heading(self, painter: QPainter, room: QRect, text: str, font: QFont) -> None:
        is_bus = ":" in text
        painter.setFont(self._theme.mono_font() if is_bus else section_font(font))
        painter.setPen(self._theme.color("strong" if is_bus else "dim"))
        words = text if is_bus else section_caption(text)
        painter.drawText(room.adjusted(0, 0, 400, 0), Qt.AlignmentFlag.AlignVCenter, words)

    def _what(self, painter: QPainter, room: QRect, index: Index, font: QFont) -> None:
        text, absent = str(index.data()), not index.data(SpecRole.ORIGIN)
        painter.setFont(font if absent else self._theme.mono_font())
        painter.setPen(self._theme.color("dim" if absent else "strong"))
        place = self.place_rect(room.adjusted(-_PADDING, 0, _PADDING, 1), index)
        wide = room.width() if place.isEmpty() else place.left() - 8 - room.left()
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, wide + 1)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        if not place.isEmpty():
            painter.setPen(self._theme.color("accent_text"))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, index.data(SpecRole.PLACE))
