"""The command palette (Ctrl+K): everything the program can do, found by a few letters."""

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
    from inspector.ui.kit.tables import Index
    from inspector.ui.kit.theme import Theme

_ID: Final = Qt.ItemDataRole.UserRole
_HINT: Final = Qt.ItemDataRole.UserRole + 1
_MENU: Final = Qt.ItemDataRole.UserRole + 2
_REASON: Final = Qt.ItemDataRole.UserRole + 3
_ICON: Final = Qt.ItemDataRole.UserRole + 4
_VISIBLE_ROWS: Final = 12


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
        self.field = QLineEdit()
        self.field.setPlaceholderText("Type what you want to do…")
        self.field.setAccessibleName("Command")
        self.field.setProperty("bare", True)
        self.list = ChoiceList("Commands")
        self.list.setItemDelegate(_RowDelegate(theme, self.list))
        self._none = PlainLabel("No command has these letters.", "dim")
        self._none.setContentsMargins(16, 8, 16, 10)
        vbox(self.field, separator_line(), self.list, self._none, owner=self, margins=(1, 4, 1, 6), spacing=4)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(lambda _item: self._run())

    def open_sheet(self) -> None:
        """Show it empty."""
        self.field.clear()
        self._fill("")
        super().open_sheet()
        self.field.setFocus()

    def shown(self) -> list[str]:
        """Return the ids of the commands in the list, in order."""
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
        entries = []
        for order, command in enumerate(self._table.by_use()):
            if command.id == "palette.open":
                continue
            title = self._table.title(command.id)
            score = max(fuzzy_score(pattern, title), fuzzy_score(pattern, f"{command.menu} {title}") // 2)
            if score:
                reason = self._table.reason(command.id)
                recent = self._recent.index(command.id) if command.id in self._recent else len(self._recent)
                entries.append((-score, bool(reason), recent, order, command, title, reason))
        for _, _, _, _, command, title, reason in sorted(entries, key=lambda entry: entry[:4]):
            item = QListWidgetItem(title)
            item.setData(_ID, command.id)
            item.setData(_HINT, shortcut_text(command))
            on = " · on" if self._table.checked(command.id) else ""
            item.setData(_MENU, f"{command.menu}{on}")
            item.setData(_REASON, reason)
            item.setData(_ICON, command.icon)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setVisible(self.list.count() > 0)
        self._none.setVisible(self.list.count() == 0)
        if self.isVisible():
            self.place()

    def _move(self, step: int) -> None:
        count = self.list.count()
        if count:
            row = self.list.currentRow() + step
            self.list.setCurrentRow(row % count if abs(step) == 1 else min(max(row, 0), count - 1))

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        command_id = str(item.data(_ID))
        # Closed first: the command may want the focus for itself.
        self.close_sheet()
        self._recent = [command_id, *(other for other in self._recent if other != command_id)][:8]
        self._table.run(command_id)
