"""How a row of the catalog is painted: dots for phases, a badge for failures, counts at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from inspector.app.text import format_count, one_line, plural, short_count
from inspector.core.records.statuses import BY_FAULT, STATUSES, SWALLOWED_CODE, TROUBLE
from inspector.ui.features.catalog.model import CATEGORY, EVENT, WORKFLOW, CatalogNode, CatalogRole
from inspector.ui.kit.fonts import bold_font
from inspector.ui.kit.text import plain_tooltip
from inspector.ui.kit.widgets import badge_font, paint_badge
from inspector.ui.parts.outcome import count_words
from inspector.ui.parts.phase import DOT, paint_phase
from inspector.ui.parts.severity import GLYPHS

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex
    from PySide6.QtWidgets import QWidget

    from inspector.ui.kit.theme import Theme

    Index = QModelIndex | QPersistentModelIndex

_GAP: Final = 4
_RIGHT: Final = 10
#: How many phases are told by dots; a workflow with more gets ``…``.
_DOTS: Final = 6
#: The mark of an event stands where other rows have their chevron, so many pixels before the row's own place.
_OUT: Final = 11
#: Letters that the tree is wide from which on there is room for the count of an event's handlers.
_COUNTED: Final = 42
#: Pixels that the tree is wide from which on the mark of what was found has a word beside its eye.
_WORDED: Final = 290
_EYE: Final = 11
#: Outcomes that have a badge in a row.
_BADGES: Final = 2


class CatalogDelegate(QStyledItemDelegate):
    """Paints rows of ``CatalogTreeModel``, and tells in a tooltip what the marks mean."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        #: Where the mark of what was found was painted last, by the path of the row.
        #: Names of the events for which a fault is on.
        self.struck: frozenset[str] = frozenset()
        self.found_places: dict[str, QRectF] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return one height for all rows."""
        metrics: QFontMetrics = option.fontMetrics
        return QSize(super().sizeHint(option, index).width(), metrics.height() + 8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint from the right to the left: counts, badges, dots; the name takes what is left."""
        rect: QRect = option.rect
        font: QFont = option.font
        view = option.widget
        state: QStyle.StateFlag = option.state
        node: CatalogNode = index.data(CatalogRole.NODE)
        kind = node.kind
        opened = bool(state & QStyle.StateFlag.State_Open)
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._theme.color("selection"))
        right = float((view.viewport().width() if isinstance(view, QAbstractItemView) else rect.right()) - _RIGHT)
        room = QRectF(rect.left(), rect.top(), right - rect.left(), rect.height())
        if kind == CATEGORY:
            self._count(painter, room, format_count(node.below), font)
        elif kind == EVENT and right > _COUNTED * option.fontMetrics.averageCharWidth():
            self._count(painter, room, str(node.handlers), font, column=True)
        self.found_places.pop(node.path, None)
        if node.found and (kind == EVENT or not opened):
            self.found_places[node.path] = self._found(painter, room, font, view)
        if node.mark and (kind == EVENT or not opened):
            self._mark(painter, room, node.mark, font)
        if kind == EVENT and node.name in self.struck and not node.outcomes.get(BY_FAULT):  # else its badge has one
            self._bolt(painter, room, view)
        if kind == EVENT or not opened:  # a node that is open leaves its badge to those below
            self._outcomes(painter, room, node.outcomes, font)
        if kind == WORKFLOW and not opened:
            self._dots(painter, room, node.phases)
        elif kind == EVENT:
            self._published(painter, room, node.published, font)
            phase = node.phases[0] if node.phases else ""
            paint_phase(painter, QPointF(room.left() - _OUT + DOT / 2, room.center().y()), phase, self._theme)
            room.setLeft(room.left() - _OUT + DOT + 7)
        self._name(painter, room, node, font, bool(state & QStyle.StateFlag.State_Selected))
        painter.restore()

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """Return in words what the row shows."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), plain_tooltip(describe_row(index)), view)
        return True

    def _name(self, painter: QPainter, room: QRectF, node: CatalogNode, font: QFont, selected: bool) -> None:
        tokens, kind = self._theme.tokens, node.kind
        font = bold_font(font, bold=kind == CATEGORY)
        painter.setFont(font)
        idle = kind == CATEGORY and not node.below
        ink = tokens.strong if selected or kind == CATEGORY else tokens.text
        painter.setPen(QColor(tokens.dim if idle else ink))
        # The events of a workflow differ at their ends.
        mode = Qt.TextElideMode.ElideMiddle if kind == EVENT else Qt.TextElideMode.ElideRight
        name = QFontMetrics(font).elidedText(one_line(node.name), mode, int(room.width() - _GAP))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, name)

    def _count(self, painter: QPainter, room: QRectF, text: str, font: QFont, *, column: bool = False) -> None:
        """Write a dim number at the right end; numbers of a column stand below each other."""
        font = badge_font(font)
        painter.setFont(font)
        painter.setPen(self._theme.color("dim"))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        metrics = QFontMetrics(font)
        taken = metrics.horizontalAdvance("00" if column and len(text) < 3 else text)
        room.setRight(room.right() - taken - _GAP)

    def _outcomes(self, painter: QPainter, room: QRectF, outcomes: dict[int, int], font: QFont) -> None:
        """Draw badges of the two worst outcomes, and of what ran under a fault; the tooltip has what was swallowed."""
        small = badge_font(font)
        metrics = QFontMetrics(small)
        height = metrics.height() + 3
        worst = [code for code in TROUBLE if code in outcomes and code != SWALLOWED_CODE][:_BADGES]
        badges = [(self._theme.status(STATUSES[code]).glyph, code, STATUSES[code]) for code in worst]
        badges += [("⚡", BY_FAULT, "warn")] if outcomes.get(BY_FAULT) else []
        for glyph, code, tone in reversed(badges):
            text = f"{glyph} {short_count(outcomes[code])}"
            width = max(metrics.horizontalAdvance(text) + 12, metrics.height() + 4)
            where = QRectF(room.right() - width, room.center().y() - height / 2, width, height)
            paint_badge(painter, where, text, tone, self._theme, small)
            room.setRight(where.left() - _GAP - 1)

    def _mark(self, painter: QPainter, room: QRectF, severity: str, font: QFont) -> None:
        """Draw the sign of a finding; the panel of findings says what it is."""
        small = badge_font(font)
        metrics = QFontMetrics(small)
        side = metrics.height() + 2
        where = QRectF(room.right() - side, room.center().y() - side / 2, side, side)
        paint_badge(painter, where, GLYPHS[severity], "warn", self._theme, small)
        room.setRight(where.left() - _GAP - 1)

    def _found(self, painter: QPainter, room: QRectF, font: QFont, view: QWidget | None) -> QRectF:
        """Draw the eye of what was found while running, with its word where there is room; return where."""
        small = badge_font(font)
        metrics = QFontMetrics(small)
        word = "found" if view is None or view.width() >= _WORDED else ""
        height = metrics.height() + 3
        width = height + 8 + (metrics.horizontalAdvance(word) + 2 if word else 0)
        where = QRectF(room.right() - width, room.center().y() - height / 2, width, height)
        pen = QPen(self._theme.color("interrupted_text"), 1)
        pen.setDashPattern([3, 2])
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.drawRoundedRect(where, height / 2, height / 2)
        ratio = view.devicePixelRatioF() if view is not None else 1.0
        eye = self._theme.pixmap("eye", "interrupted_text", _EYE, ratio)
        left = where.left() + (6 if word else (width - _EYE) / 2)
        painter.drawPixmap(QPointF(left, where.center().y() - _EYE / 2), eye)
        painter.setFont(small)
        painter.setPen(self._theme.color("interrupted_text"))
        painter.drawText(where.adjusted(_EYE + 9, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, word)
        painter.restore()
        room.setRight(where.left() - _GAP - 1)
        return where

    def _bolt(self, painter: QPainter, room: QRectF, view: QWidget | None) -> None:
        """Draw the bolt of an event for which a fault is on."""
        ratio = view.devicePixelRatioF() if view is not None else 1.0
        bolt = self._theme.pixmap("bolt", "warn_text", _EYE, ratio)
        painter.drawPixmap(QPointF(room.right() - _EYE, room.center().y() - _EYE / 2), bolt)
        room.setRight(room.right() - _EYE - _GAP - 1)

    def _published(self, painter: QPainter, room: QRectF, times: int, font: QFont) -> None:
        if not times:
            return
        small = badge_font(font)
        text = f"{short_count(times)}\N{MULTIPLICATION SIGN}"
        painter.setFont(small)
        painter.setPen(self._theme.color("accent_text"))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        room.setRight(room.right() - QFontMetrics(small).horizontalAdvance(text) - _GAP - 2)

    def _dots(self, painter: QPainter, room: QRectF, phases: list[str]) -> None:
        shown = phases[:_DOTS]
        left = room.right() - len(shown) * (DOT + _GAP) + _GAP
        for place, phase in enumerate(shown):
            center = QPointF(left + place * (DOT + _GAP) + DOT / 2, room.center().y())
            paint_phase(painter, center, phase, self._theme)
        room.setRight(left - _GAP)
        if len(phases) > _DOTS:
            painter.setPen(self._theme.color("dim"))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "…")
            room.setRight(room.right() - 12)


def describe_row(index: Index) -> str:
    """Return in words what a row shows."""
    lines = [one_line(str(index.data(CatalogRole.NAME)))]
    if index.data(CatalogRole.KIND) == EVENT:
        lines.append(f"{index.data(CatalogRole.PHASE)} · {plural(index.data(CatalogRole.HANDLERS), 'handler')}")
    else:
        phases = dict.fromkeys(index.data(CatalogRole.PHASES))
        lines.append(plural(index.data(CatalogRole.EVENTS), "event"))
        if index.data(CatalogRole.KIND) == WORKFLOW:
            lines.append(", ".join(phases))
    mark = index.data(CatalogRole.MARK)
    if mark:
        lines.append(f"Findings, worst: {mark}")
    if index.data(CatalogRole.FOUND):
        lines.append(str(index.data(CatalogRole.FOUND)))
    published, runs = (index.data(role) for role in (CatalogRole.PUBLISHED, CatalogRole.RUNS))
    if published:
        words = (
            plural(published, "publication"),
            plural(runs, "execution"),
            count_words(index.data(CatalogRole.OUTCOMES)),
        )
        lines.append(", ".join(filter(None, words)))
    return "\n".join(lines)
