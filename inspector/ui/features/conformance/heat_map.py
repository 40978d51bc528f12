"""The heat map of conformance: how its cells and headers are painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QElapsedTimer, QEvent, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from inspector.ui.features.conformance.model import ENDED, MISSING, NOT_FIRED, NOTHING, OK, STRUCK, HeatMapModel
from inspector.ui.kit.columns import ColumnChoices
from inspector.ui.kit.menus import SEPARATOR, MenuItem, open_menu
from inspector.ui.kit.rows import Role
from inspector.ui.kit.text import plain_tooltip
from inspector.ui.kit.tokens import mix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtGui import QFocusEvent, QResizeEvent

    from inspector.ui.kit.tables import Index
    from inspector.ui.kit.theme import Theme

#: The status whose look a state has.
_STATUSES: Final = dict(enumerate(ENDED, OK))
#: Glyphs of the others.
_GLYPHS: Final = {NOTHING: "", NOT_FIRED: "·", STRUCK: "⚡", MISSING: "!"}
_SIDE: Final = 24
_TALLEST: Final = 150
#: Of the map's height names of columns take at most this part, but never less than so many pixels.
_PART: Final = 0.46
_SHORTEST: Final = 84
_NAME_ROOM: Final = 300
_RADIUS: Final = 3
#: Milliseconds after which typing looks for something else.
_PAUSE: Final = 1_000
_CORNER: Final = {"error": 9, "warning": 6}


def glyph_of(theme: Theme, state: int) -> str:
    """Return the sign of a state, which tells it without its colour."""
    status = _STATUSES.get(state)
    return theme.status(status).glyph if status is not None else _GLYPHS[state]


def ink_of(theme: Theme, state: int) -> QColor:
    """Return the colour in which the sign of a state is written."""
    status = _STATUSES.get(state)
    if status is not None:
        return theme.status(status).text_color
    return theme.color("warn_text" if state in (MISSING, STRUCK) else "dim")


class CellDelegate(QStyledItemDelegate):
    """Paints a cell: ground, hatch and sign by its state.

    Args:
        theme: Its look.
        parent: The owner.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the cell."""
        state = int(index.data(Role.NUMBER) or 0)
        cell, tokens = QRect(option.rect).adjusted(1, 1, -1, -1), self._theme.tokens
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        status = _STATUSES.get(state)
        if status is not None:
            look = self._theme.status(status)
            painter.setBrush(QColor(mix(tokens.background, look.color.name(), 0.3)))
            painter.drawRoundedRect(cell, _RADIUS, _RADIUS)
            if look.hatch != Qt.BrushStyle.NoBrush:
                painter.setBrush(QBrush(QColor(mix(tokens.background, look.color.name(), 0.5)), look.hatch))
                painter.drawRoundedRect(cell, _RADIUS, _RADIUS)
        elif state == MISSING:
            painter.setBrush(QColor(tokens.warn_back))
            painter.setPen(QPen(QColor(tokens.warn), 1, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(cell.adjusted(0, 0, -1, -1), _RADIUS, _RADIUS)
        elif state in (NOT_FIRED, STRUCK):
            painter.setBrush(QColor(tokens.raised))
            painter.drawRoundedRect(cell, _RADIUS, _RADIUS)
        self._paint_mark(painter, cell, str(index.data(Role.MARK) or ""))
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.drawRoundedRect(cell, _RADIUS, _RADIUS)
        painter.setPen(ink_of(self._theme, state))
        painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, glyph_of(self._theme, state))
        painter.restore()

    def _paint_mark(self, painter: QPainter, cell: QRect, severity: str) -> None:
        """Paint a corner where something was found: a larger one for an error."""
        if not severity:
            return
        side = _CORNER[severity]
        right, top = cell.right() + 1, cell.top()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("warn"))
        painter.drawPolygon([QPoint(right - side, top), QPoint(right, top), QPoint(right, top + side)])

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Return one size for all cells."""
        return QSize(_SIDE, _SIDE)

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """Return in words what a cell shows."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), plain_tooltip(index.data(Qt.ItemDataRole.AccessibleTextRole)), view)
        return True


class UprightHeader(QHeaderView):
    """A header with its words upright, so that narrow columns can have long names.

    Args:
        theme: Its look.
        parent: The owner.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setDefaultSectionSize(_SIDE + 2)
        self.setMinimumSectionSize(_SIDE)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)

    def sizeHint(self) -> QSize:
        """Return the height of the longest name, within bounds."""
        return QSize(super().sizeHint().width(), self._tall())

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Write a name from the bottom up."""
        painter.save()
        painter.fillRect(rect, self._theme.color("background"))
        model = self.model()
        name = self._short(section)
        sorts = isinstance(model, HeatMapModel) and bool(name) and model.owner(section) == model.sorted_by
        painter.setPen(self._theme.color("strong" if sorts else "dim"))
        painter.translate(rect.left(), rect.bottom() - 5)
        painter.rotate(-90)
        room = rect.height() - 10
        text = QFontMetrics(self.font()).elidedText(f"↓ {name}" if sorts else name, Qt.TextElideMode.ElideMiddle, room)
        flags = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)
        painter.drawText(QRect(0, 0, room, rect.width()), flags, text)
        painter.restore()

    def event(self, event: QEvent) -> bool:
        """Show a name that had to be cut."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), plain_tooltip(self._name(self.logicalIndexAt(event.pos()))), self)
            return True
        return super().event(event)

    def _name(self, section: int) -> str:
        model = self.model()
        return str((model.headerData(section, self.orientation()) if model is not None and section >= 0 else "") or "")

    def _short(self, section: int) -> str:
        model = self.model()
        return model.short_owner(section) if isinstance(model, HeatMapModel) else self._name(section)

    def _tall(self) -> int:
        model = self.model()
        if not isinstance(model, HeatMapModel):
            return 0
        metrics = QFontMetrics(self.font())
        widths = [metrics.horizontalAdvance(name) for name in model.longest_names(self.orientation())]
        return min(max(widths, default=0) + 14, _TALLEST)


class HeatMapColumns(ColumnChoices):
    """Which columns of a heat map are hidden, and by what its events are sorted.

    Args:
        view: The heat map.
        model: What it shows.
    """

    def __init__(self, view: HeatMap, model: HeatMapModel) -> None:
        super().__init__(view)
        self._view, self._model = view, model

    def state(self) -> dict[str, Any]:
        """Return what was chosen, by the names of handler classes."""
        model = self._model
        return {"hidden": sorted(self._view.hidden), "sort": model.sorted_by, "by_name": model.by_name}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Bring it back; names that this program does not have wait for one that has them."""
        hidden, owner = state.get("hidden"), state.get("sort")
        self._view.set_hidden(name for name in (hidden if isinstance(hidden, list) else ()) if isinstance(name, str))
        self._model.sort_by(owner if isinstance(owner, str) else "", name=state.get("by_name") is True)


class HeatMap(QTableView):
    """The table of cells; one is current.

    Args:
        theme: Its look.
        model: What it shows.
        parent: The owner.

    Signals:
        chosen: Row and column of a cell that a person chose.
        activated_cell: Row and column of a cell that a person pressed Return on, or clicked twice.
        event_chosen: Row whose name was clicked.
    """

    chosen = Signal(int, int)
    activated_cell = Signal(int, int)
    event_chosen = Signal(int)

    def __init__(self, theme: Theme, model: HeatMapModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quiet = False
        self._typed, self._typing = "", QElapsedTimer()
        self._theme = theme
        self._map = model
        self._hidden: frozenset[str] = frozenset()
        self.setAccessibleName("Events by handler class")
        self.setHorizontalHeader(UprightHeader(theme, self))
        self.setModel(model)
        self.setItemDelegate(CellDelegate(theme, self))
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        names = self.verticalHeader()
        # Fixed rows: asking every name for its height makes large maps slow.
        names.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        names.setDefaultSectionSize(_SIDE)
        names.setMinimumSectionSize(_SIDE)
        names.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        names.setSectionsClickable(True)
        names.setHighlightSections(False)
        names.sectionClicked.connect(self.event_chosen)
        heads = self.horizontalHeader()
        heads.sectionClicked.connect(self._sort_by)
        heads.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        heads.customContextMenuRequested.connect(self._open_menu)
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.clicked.connect(self._current_changed)
        self.activated.connect(lambda index: self.activated_cell.emit(index.row(), index.column()))
        self.columns = HeatMapColumns(self, model)
        model.modelReset.connect(self._hide)
        model.modelReset.connect(self._fit_names)
        theme.changed.connect(self.viewport().update)
        self._fit_names()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Take the keyboard; the first cell becomes current with the first arrow, not before."""
        if not self.currentIndex().isValid():
            self.setCurrentIndex(QModelIndex())
        super().focusInEvent(event)

    def _sort_by(self, column: int) -> None:
        """Put the events first that went worst in a column; once more: as the catalog has them."""
        owner = self._map.owner(column)
        self._sort("" if owner == self._map.sorted_by else owner)

    def _sort(self, owner: str = "", *, name: bool = False) -> None:
        self._map.sort_by(owner, name=name)
        self.columns.changed.emit()

    def _open_menu(self, at: QPoint) -> None:
        head = self.horizontalHeader()
        open_menu(head, self.head_items(head.logicalIndexAt(at)), self._theme, head.mapToGlobal(at))

    def head_items(self, column: int) -> list[MenuItem]:
        """Return what can be done with a column, and with all."""
        columns = range(self._map.columnCount())
        hidden = sum(self.isColumnHidden(place) for place in columns)
        items = [
            MenuItem("Sort by event name", lambda: self._sort(name=True)),
            MenuItem("Sort as in catalog", self._sort),
            SEPARATOR,
            MenuItem(
                f"Show all columns ({hidden} hidden)" if hidden else "Show all columns",
                lambda: self.set_hidden(()),
                enabled=bool(hidden),
            ),
        ]
        if column < 0:
            return items
        owner, more = self._map.owner(column), len(columns) - hidden > 1
        return [
            MenuItem("Sort worst first", lambda: self._sort(owner)),
            MenuItem("Hide column", lambda: self.set_hidden((*self._hidden, owner)), enabled=more),
            *items,
        ]

    def set_hidden(self, owners: Iterable[str]) -> None:
        """Leave out the columns of these classes of handlers, and no others."""
        self._hidden = frozenset(owners)
        self._hide()
        self.updateGeometry()
        self.columns.changed.emit()

    @property
    def hidden(self) -> frozenset[str]:
        """The classes of handlers whose columns are left out."""
        return self._hidden

    def _hide(self) -> None:
        """Hide what was chosen, unless nothing would be left; a map that is laid out anew shows all at first."""
        owners = [self._map.owner(column) for column in range(self._map.columnCount())]
        some = any(owner not in self._hidden for owner in owners)
        for column, owner in enumerate(owners):
            self.setColumnHidden(column, some and owner in self._hidden)

    def show_cell(self, row: int, column: int) -> None:
        """Make a cell the current one; nobody is told."""
        model = self.model()
        if not 0 <= row < model.rowCount() or not 0 <= column < model.columnCount():
            return
        self._quiet = True
        self.setCurrentIndex(model.index(row, column))
        self._quiet = False

    def keyboardSearch(self, letters: str) -> None:
        """Stand on the next event with what is typed in its name; after a pause it begins anew."""
        fresh = not self._typing.isValid() or self._typing.hasExpired(_PAUSE)
        self._typing.restart() if self._typing.isValid() else self._typing.start()
        self._typed = letters if fresh else self._typed + letters
        rows, column = self._map.rowCount(), max(0, self.currentIndex().column())
        first = self.currentIndex().row() + (1 if fresh else 0)
        for row in ((max(first, 0) + step) % rows for step in range(rows)):
            if self._typed.casefold() in self._map.event_name(row).casefold():
                self.setCurrentIndex(self._map.index(row, column))
                return

    def _current_changed(self, current: QModelIndex) -> None:
        if not self._quiet and current.isValid():
            self.chosen.emit(current.row(), current.column())

    def _fit_names(self) -> None:
        """Set the room of the names to what the longest needs."""
        metrics = self.fontMetrics()
        widths = [metrics.horizontalAdvance(name) for name in self._map.longest_names(Qt.Orientation.Vertical)]
        self.verticalHeader().setFixedWidth(min(max(widths, default=0) + 24, _NAME_ROOM))
        self._fit_titles()
        self.updateGeometry()

    def _fit_titles(self) -> None:
        """Set the height of the column titles to what they need; in a low map they make room for rows."""
        header = self.horizontalHeader()
        header.setFixedHeight(min(header.sizeHint().height(), max(_SHORTEST, int(self.height() * _PART))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the names of columns to the height."""
        super().resizeEvent(event)
        self._fit_titles()

    def sizeHint(self) -> QSize:
        """Return the room of all columns."""
        bar = self.verticalScrollBar().sizeHint().width()
        wide = self.verticalHeader().width() + self.horizontalHeader().length() + bar
        return QSize(wide, super().sizeHint().height())
