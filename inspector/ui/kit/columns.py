"""The columns of tables and trees: sorted by a click on their title, shown as there is room until a person chooses."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QStyleOptionHeader, QTableView, QTreeView, QWidget

from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.menus import SEPARATOR, MenuItem, open_menu

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter, QResizeEvent

    from inspector.ui.kit.theme import Theme

_RISING: Final = Qt.SortOrder.AscendingOrder
_FALLING: Final = Qt.SortOrder.DescendingOrder
#: What the style puts around a title, and the cells around their text, pixels.
_AROUND: Final = 18
#: Width of the button at the right end of a header, pixels.
_BUTTON: Final = 24


class TableHeader(QHeaderView):
    """A header that writes the arrow behind the title that sorts, and has the button that chooses columns at its end.

    Args:
        theme: Its look.
        parent: The view.

    Attributes:
        button: Opens the list of columns; hidden until there is one (``TableColumns``).
        put_away: Columns that a person has hidden. A copy leaves out these alone: what is hidden for want of room
            is in it, or the same copy would depend on the width of the window.
        absent: Columns that have nothing to say in what is shown: they are not offered, nor copied.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self.put_away: set[int] = set()
        self.absent: set[int] = set()
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        # The style's arrow covers titles at the right; here it is written behind the title.
        self.setStyleSheet("QHeaderView::down-arrow, QHeaderView::up-arrow { image: none; width: 0; height: 0; }")
        self.button = IconButton(theme, "columns", "Columns", self)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.hide()

    @property
    def copied(self) -> list[int]:
        """The columns that a copy has, from the left to the right."""
        columns = (self.logicalIndex(place) for place in range(self.count()))
        if self.button.isHidden():  # nobody arranges them: what is hidden is hidden
            return [column for column in columns if not self.isSectionHidden(column)]
        return [column for column in columns if column not in self.put_away | self.absent]

    @property
    def taken(self) -> int:
        """Pixels at the right end that titles leave to the button."""
        return 0 if self.button.isHidden() else _BUTTON

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, section: int) -> None:
        """Write the arrow behind the title of the column that sorts."""
        super().initStyleOptionForIndex(option, section)
        if self.isSortIndicatorShown() and section == self.sortIndicatorSection():
            option.text = f"{option.text} {'↑' if self.sortIndicatorOrder() == _RISING else '↓'}"

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Paint a title, clear of the button."""
        room = QRect(rect)
        room.setRight(min(room.right(), self.viewport().width() - self.taken))
        super().paintSection(painter, room, section)
        if room.right() < rect.right():
            painter.fillRect(room.right() + 1, rect.bottom(), _BUTTON, 1, self._theme.color("line"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button at the end."""
        super().resizeEvent(event)
        self.button.setGeometry(self.width() - _BUTTON, 0, _BUTTON, self.height() - 1)


class ColumnChoices(QObject):
    """What a person has chosen about the columns of a view; the window remembers it from run to run.

    Signals:
        changed: A person has chosen something.
    """

    changed = Signal()

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return what was chosen, as JSON values."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Bring back what ``state`` gave; whatever does not fit is left out."""


class TableColumns(ColumnChoices):
    """Which columns a view shows, in which order, how wide, and by which it is sorted.

    Optional columns come and go with the width of the view until a person has chosen; a button at the end of the header
    and its context menu list them all. Everything that was chosen is in ``state``.

    Args:
        view: A view with a ``TableHeader``, its model set.
        theme: The look of the menu.
        widths: Width of each column in characters.
        optional: Columns that come when there is room, the most wanted first; the others are there at every width.
        wide: The column that takes the room that the others leave; it is always shown, and those that a person
            chooses beyond the room give way to it.
        order: Columns from the left to the right, where that is not the model's order; the rest follows.
        most: Characters up to which columns grow when the wide one has all the room that it wants, the first before
            the others.
    """

    def __init__(
        self,
        view: QTableView | QTreeView,
        theme: Theme,
        widths: Mapping[int, int],
        optional: Sequence[int],
        wide: int = 0,
        order: Sequence[int] = (),
        most: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        super().__init__(view)
        header = view.horizontalHeader() if isinstance(view, QTableView) else view.header()
        assert isinstance(header, TableHeader)  # noqa: S101 - see above
        self._view, self._theme, self._header = view, theme, header
        self._optional, self._wide = tuple(optional), wide
        self._widths, self._least, self._most = dict(widths), dict(widths), most
        count = view.model().columnCount()
        self._order = (*order, *(column for column in range(count) if column not in order))
        #: Under which they are remembered.
        self._names = {column: self.title(column) for column in self._order}
        #: Chosen by a person: the columns that are shown, and widths in pixels.
        self._chosen: set[int] | None = None
        self._dragged: dict[int, int] = {}
        self._arranging = False
        self._first_sort = (header.sortIndicatorSection(), header.sortIndicatorOrder())
        header.setStretchLastSection(False)
        header.setSectionsMovable(True)
        header.setFirstSectionMovable(True)
        header.setMinimumSectionSize(36)
        header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_menu)
        header.button.set_menu(self.menu_items, stays=True)
        header.button.show()
        header.sectionMoved.connect(self._noted)
        header.sectionResized.connect(self._resized)
        header.sortIndicatorChanged.connect(self._noted)
        self._arrange(self._order)
        view.viewport().installEventFilter(self)

    @property
    def copied(self) -> list[int]:
        """The columns that a copy has, from the left to the right."""
        return self._header.copied

    def title(self, column: int) -> str:
        """Return what the head of a column says."""
        return str(self._view.model().headerData(column, Qt.Orientation.Horizontal) or "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the width of the view."""
        if event.type() == QEvent.Type.Resize:
            self.fit()
        return super().eventFilter(watched, event)

    def want(self, column: int, characters: int) -> None:
        """Change how much room a column wants."""
        if characters != self._widths[column]:
            self._widths[column] = characters
            self.fit()

    def want_texts(self, column: int, lengths: Iterable[int], most: int) -> None:
        """Let a column want room for the longest of its texts: no less than at first, and ``most`` characters at most.

        Optional columns give way to it.
        """
        least = self._least[column]
        self.want(column, max(least, min(max(lengths, default=0), most)))

    def offer(self, column: int, *, offered: bool) -> None:
        """Let a column be there, or leave it out as long as it has nothing to say."""
        if offered != (column not in self._header.absent):
            (self._header.absent.discard if offered else self._header.absent.add)(column)
            self.fit()

    def fit(self) -> None:
        """Show the columns that were chosen, else those for which there is room."""
        wanted = {column: self._wanted(column) for column in self._order}
        room = self._view.viewport().width() - self._header.taken
        room -= sum(width for column, width in wanted.items() if column not in self._optional)
        shown = {column for column in self._order if column not in self._optional}
        for column in self._optional:
            if column in self._header.absent:
                continue
            room -= wanted[column]
            # Once one finds no room, those less wanted find none either: room only falls.
            if room >= 0:
                shown.add(column)
        if self._chosen is not None:
            shown = self._chosen
        shown = shown - self._header.absent
        self._grow(wanted, shown)
        self._shrink(wanted, shown)
        self._arranging = True
        for column in self._order:
            self._view.setColumnHidden(column, column not in shown)
        last = max(shown, key=self._header.visualIndex)
        for column in shown - {self._wide}:
            width = wanted[column] + (self._header.taken if column == last and column not in self._dragged else 0)
            if self._header.sectionSize(column) != width:
                self._header.resizeSection(column, width)
        self._arranging = False

    def _grow(self, wanted: dict[int, int], shown: set[int]) -> None:
        """Widen the columns that may grow by what the columns shown leave of the room."""
        spare = self._view.viewport().width() - self._header.taken - sum(wanted[column] for column in shown)
        for column in (column for column in self._most if column in shown and column not in self._dragged):
            more = min(self._pixels(self._most[column]) - wanted[column], spare)
            if more > 0:
                wanted[column] += more
                spare -= more

    def _shrink(self, wanted: dict[int, int], shown: set[int]) -> None:
        """Narrow what a person has chosen where the wide column has less than its least, at most to the titles."""
        if self._chosen is None:
            return
        missing = self._pixels(self._least[self._wide]) - self._view.viewport().width() + self._header.taken
        missing += sum(wanted[column] for column in shown - {self._wide})
        metrics = self._header.fontMetrics()
        slack = {
            column: max(0, wanted[column] - metrics.horizontalAdvance(f"{self.title(column)} ↓") - _AROUND)
            for column in shown - {self._wide} - self._dragged.keys()
        }
        share = min(1.0, max(0, missing) / max(1, sum(slack.values())))
        for column, pixels in slack.items():
            wanted[column] -= round(pixels * share)

    # -- what a person chooses

    def menu_items(self) -> list[MenuItem]:
        """Return the columns to choose from."""
        items = [
            MenuItem(
                self.title(column),
                partial(self._toggle, column),
                checked=not self._view.isColumnHidden(column),
                enabled=column != self._wide,
            )
            for column in sorted(self._order, key=self._header.visualIndex)
            if column not in self._header.absent
        ]
        return [*items, SEPARATOR, MenuItem("Reset columns", self.reset)]

    def head_items(self, column: int) -> list[MenuItem]:
        """Return what can be done with a column, and the columns to choose from."""
        view, title = self._view, self.title(column)
        items = [
            MenuItem(f"Hide {title}", partial(self._toggle, column), enabled=column != self._wide),
            SEPARATOR,
            *self.menu_items(),
        ]
        if not view.isSortingEnabled():
            return items
        sorts = [
            MenuItem("Sort ascending", lambda: view.sortByColumn(column, _RISING)),
            MenuItem("Sort descending", lambda: view.sortByColumn(column, _FALLING)),
        ]
        return [*sorts, *items]

    def reset(self) -> None:
        """Go back to the columns, widths, order and sorting of the beginning."""
        self._chosen = None
        self._header.put_away.clear()
        self._dragged.clear()
        self._arrange(self._order)
        if self._view.isSortingEnabled():
            self._view.sortByColumn(*self._first_sort)
        self.fit()
        self.changed.emit()

    def _open_menu(self, at: QPoint) -> None:
        column = self._header.logicalIndexAt(at)
        items = self.head_items(column) if column >= 0 else self.menu_items()
        open_menu(self._header, items, self._theme, self._header.mapToGlobal(at))

    def _toggle(self, column: int) -> None:
        if self._chosen is None:
            visible = {place for place in self._order if not self._view.isColumnHidden(place)}
            self._chosen = visible | self._header.absent
        self._chosen ^= {column}
        if column in self._chosen:
            self._header.put_away.discard(column)
        else:
            self._header.put_away.add(column)
        self.fit()
        self.changed.emit()

    def _resized(self, column: int, _before: int, width: int) -> None:
        # The wide one gives way by itself.
        if not self._arranging and width and column != self._wide:
            self._dragged[column] = width
            self.changed.emit()

    def _noted(self, *_: object) -> None:
        if not self._arranging:
            self.fit()  # another column may be the last one now, beside the button
            self.changed.emit()

    # -- between runs

    def state(self) -> dict[str, Any]:
        """Return what was chosen, by the titles of the columns, as JSON values."""
        header = self._header
        names = self._names
        order = sorted(self._order, key=header.visualIndex)
        return {
            "order": [names[column] for column in order] if order != list(self._order) else [],
            "shown": sorted(names[column] for column in self._chosen) if self._chosen is not None else [],
            "hidden": sorted(names[column] for column in header.put_away),
            "widths": {names[column]: width for column, width in sorted(self._dragged.items())},
            "sort": [names.get(header.sortIndicatorSection(), ""), header.sortIndicatorOrder() == _FALLING],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Bring back what ``state`` gave; whatever does not fit is left out."""
        columns = {name: column for column, name in self._names.items()}
        columns |= {name[:1].lower() + name[1:]: column for name, column in columns.items()}  # as they once were
        order = [columns[name] for name in _list(state.get("order")) if name in columns]
        if order:
            self._arrange((*order, *(column for column in self._order if column not in order)))
        shown = {columns[name] for name in _list(state.get("shown")) if name in columns}
        self._chosen = shown | {self._wide} if shown else None
        hidden = {columns[name] for name in _list(state.get("hidden")) if name in columns}
        self._header.put_away = hidden - self._chosen if self._chosen is not None else set()
        widths = state.get("widths")
        for name, width in widths.items() if isinstance(widths, dict) else ():
            if name in columns and isinstance(width, int) and not isinstance(width, bool):
                self._dragged[columns[name]] = min(max(width, self._header.minimumSectionSize()), _WIDEST)
        match state.get("sort"):
            case [str(name), bool(falling)] if name in columns and self._view.isSortingEnabled():
                self._view.sortByColumn(columns[name], _FALLING if falling else _RISING)
        self.fit()

    def _arrange(self, order: Sequence[int]) -> None:
        self._arranging = True
        for place, column in enumerate(order):
            self._header.moveSection(self._header.visualIndex(column), place)
        self._arranging = False

    def _wanted(self, column: int) -> int:
        """Return how wide a column is to be, pixels."""
        return self._dragged.get(column, self._pixels(self._widths[column]))

    def _pixels(self, characters: int) -> int:
        return characters * self._view.fontMetrics().averageCharWidth() + _AROUND


#: No column is dragged wider than this, pixels.
_WIDEST: Final = 4000


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
