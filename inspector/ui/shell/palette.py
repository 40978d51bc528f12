"""The command palette (Ctrl+K): everything the program can do and all that it knows, found by a few letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from inspector.analysis.fuzzy import fuzzy_score
from inspector.ui.kit.badges import badge_font
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.overlay import Sheet
from inspector.ui.kit.text import PlainLabel
from inspector.ui.kit.widgets import ChoiceList, separator_line
from inspector.ui.shell.actions import shortcut_text

if TYPE_CHECKING:
    from inspector.app.commands import CommandTable
    from inspector.ui.kit.menus import MenuItem, MenuProvider
    from inspector.ui.kit.tables import Index
    from inspector.ui.kit.theme import Theme

_ID: Final = Qt.ItemDataRole.UserRole
_HINT: Final = Qt.ItemDataRole.UserRole + 1
_MENU: Final = Qt.ItemDataRole.UserRole + 2
_REASON: Final = Qt.ItemDataRole.UserRole + 3
_ICON: Final = Qt.ItemDataRole.UserRole + 4
_VISIBLE_ROWS: Final = 12
#: More rows than these nobody goes through; a letter more finds what is meant.
_MOST_ROWS: Final = 200


class _RowDelegate(QStyledItemDelegate):
    """Paints icon, title, menu and, at the right, the shortcut or the reason why not now."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Return one height for all rows."""
        return QSize(100, option.fontMetrics.height() + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        rect = QRect(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        ink = "disabled" if index.data(_REASON) else "strong" if selected else "text"
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("selection"))
            painter.drawRoundedRect(rect.adjusted(6, 1, -6, -1), 5, 5)
        if index.data(_ICON):
            pixmap = self._theme.pixmap(str(index.data(_ICON)), ink, 15, painter.device().devicePixelRatio())
            painter.drawPixmap(rect.left() + 16, rect.center().y() - 7, pixmap)
        self._paint_texts(painter, rect.adjusted(42, 0, -18, 0), option.font, index, ink)
        painter.restore()

    def _paint_texts(self, painter: QPainter, room: QRect, font: QFont, index: Index, ink: str) -> None:
        """Paint what stands at the right, then the title, then the menu in what is left between them."""
        middle = Qt.AlignmentFlag.AlignVCenter
        small = badge_font(font)
        dim = "dim" if ink != "strong" else "text"
        right = str(index.data(_REASON) or index.data(_HINT) or "")
        painter.setFont(small)
        painter.setPen(self._theme.color(dim))
        width = min(painter.fontMetrics().horizontalAdvance(right), room.width() // 2)
        shown = painter.fontMetrics().elidedText(right, Qt.TextElideMode.ElideRight, width + 1)
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, shown)
        room.setRight(room.right() - width - 14)
        painter.setFont(font)
        painter.setPen(self._theme.color(ink))
        title = str(index.data() or "")
        shown = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, middle, shown)
        room.setLeft(room.left() + painter.fontMetrics().horizontalAdvance(title) + 10)
        painter.setFont(small)
        painter.setPen(self._theme.color(dim))
        menu = str(index.data(_MENU) or "")
        if room.width() > painter.fontMetrics().horizontalAdvance(menu):
            painter.drawText(room, middle, menu)


class CommandPalette(Sheet):
    """A field and a list of what fits; Return runs the chosen command.

    Args:
        theme: Its look.
        table: The commands.
        window: The window that it covers.
    """

    def __init__(self, theme: Theme, table: CommandTable, window: QWidget) -> None:
        super().__init__(theme, window, 640)
        self._table = table
        self._recent: list[str] = []
        self._providers: list[MenuProvider] = []
        #: What they found when the palette was opened, by the id of its row.
        self._items: dict[str, MenuItem] = {}
        self.field = QLineEdit()
        self.field.setPlaceholderText("Command, event, handler, session…")
        self.field.setAccessibleName("Command")
        self.field.setProperty("bare", True)
        self.list = ChoiceList("Commands")
        self.list.setItemDelegate(_RowDelegate(theme, self.list))
        self._none = PlainLabel("No matches", "dim")
        self._none.setContentsMargins(16, 8, 16, 10)
        vbox(self.field, separator_line(), self.list, self._none, owner=self, margins=(1, 4, 1, 6), spacing=4)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(lambda _item: self._run())

    def add_finds(self, provider: MenuProvider) -> None:
        """Find also what ``provider`` lists: what it is called, what choosing it does, and (as hint) what it is."""
        self._providers.append(provider)

    def open_sheet(self) -> None:
        """Show it empty."""
        items = [item for provider in self._providers for item in provider() if item.run is not None and item.enabled]
        self._items = {f"{item.hint}:{item.label}": item for item in items}
        self.field.clear()
        self._fill("")
        super().open_sheet()
        self.field.setFocus()

    def shown(self) -> list[str]:
        """Return the ids of the commands in the list, in order; of what else was found, what it is and its name."""
        return [str(self.list.item(row).data(_ID)) for row in range(self.list.count())]

    def wanted_height(self, _width: int) -> int:
        """Return the height of as many rows as there are, at most twelve, in pixels."""
        row = self.list.sizeHintForRow(0) if self.list.count() else 0
        rows = min(max(self.list.count(), 1), _VISIBLE_ROWS)
        return self.field.sizeHint().height() + rows * max(row, 30) + 28

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrows move through the list while the field has the focus."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_PageDown: _VISIBLE_ROWS,
                Qt.Key.Key_PageUp: -_VISIBLE_ROWS,
            }
            key = Qt.Key(event.key())
            if key in steps:
                self._move(steps[key])
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
        return super().eventFilter(watched, event)

    def _fill(self, pattern: str) -> None:
        self.list.clear()
        entries: list[tuple[int, bool, int, int, str]] = []
        for order, command in enumerate(self._table.by_use()):
            if command.id == "palette.open" or not (command.listed and self._table.present(command.id)):
                continue
            title = self._table.title(command.id)
            score = max(fuzzy_score(pattern, title), fuzzy_score(pattern, f"{command.menu} {title}") // 2)
            if score:
                blocked = bool(self._table.reason(command.id))
                entries.append((-score, blocked, self._age(command.id), order, command.id))
        if pattern.strip():
            for order, (row_id, item) in enumerate(self._items.items(), start=len(self._table)):
                score = fuzzy_score(pattern, item.label)
                if score:
                    entries.append((-score, False, self._age(row_id), order, row_id))
        for *_, row_id in sorted(entries)[:_MOST_ROWS]:
            self.list.addItem(self._row(row_id))
        self.list.setCurrentRow(0)
        self.list.setVisible(self.list.count() > 0)
        self._none.setVisible(self.list.count() == 0)
        if self.isVisible():
            self.place()

    def _age(self, row_id: str) -> int:
        """Return how long ago it was chosen: the smaller the later."""
        return self._recent.index(row_id) if row_id in self._recent else len(self._recent)

    def _row(self, row_id: str) -> QListWidgetItem:
        item = self._items.get(row_id)
        if item is not None:
            row, values = QListWidgetItem(item.label), (row_id, "", item.hint, "", item.icon)
        else:
            command = self._table.get(row_id)
            on = " · on" if self._table.checked(row_id) else ""
            values = (
                *(row_id, shortcut_text(command), f"{command.menu}{on}"),
                *(self._table.reason(row_id), command.icon),
            )
            row = QListWidgetItem(self._table.title(row_id))
        for role, value in zip((_ID, _HINT, _MENU, _REASON, _ICON), values, strict=True):
            row.setData(role, value)
        return row

    def _move(self, step: int) -> None:
        count = self.list.count()
        if count:
            row = self.list.currentRow() + step
            self.list.setCurrentRow(row % count if abs(step) == 1 else min(max(row, 0), count - 1))

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        row_id = str(item.data(_ID))
        # Closed first: what is chosen may want the focus for itself.
        self.close_sheet()
        self._recent = [row_id, *(other for other in self._recent if other != row_id)][:8]
        chosen = self._items.get(row_id)
        if chosen is None:
            self._table.run(row_id)
        elif chosen.run is not None:
            chosen.run()
