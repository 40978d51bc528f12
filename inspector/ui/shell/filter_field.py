"""The field for filters: it completes, remembers, marks what cannot be read, and goes back to the filter before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from inspector.ui.kit.badges import badge_font
from inspector.ui.kit.boxes import Popup
from inspector.ui.kit.fields import SearchField
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.widgets import ChoiceList

if TYPE_CHECKING:
    from inspector.analysis.query.complete import Completion
    from inspector.ui.kit.tables import Index
    from inspector.ui.kit.theme import Theme


# The list of completions below a filter field.

_ROWS: Final = 10
_NOTE: Final = Qt.ItemDataRole.UserRole


class _Rows(QStyledItemDelegate):
    """Paints what would be written, and at the right what it is."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Return one height for all rows."""
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


class CompletionPopup(Popup):
    """Shows completions below a field. The keyboard stays in the field.

    Args:
        theme: Its look.
        field: The field.

    Signals:
        chosen: A ``Completion`` that a person took.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, field: QWidget) -> None:
        super().__init__(theme, "raised", "line", field, 3)
        self._offered: list[Completion] = []
        self.list = ChoiceList("Completions")
        self.list.setItemDelegate(_Rows(theme, self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        vbox(self.list, owner=self, margins=(1, 3, 1, 3))
        self.list.itemClicked.connect(lambda item: self._choose(self.list.row(item)))

    @property
    def current(self) -> int:
        """The row that is marked, -1 for none."""
        return self.list.currentRow()

    def texts(self) -> list[str]:
        """Return what is offered."""
        return [completion.text for completion in self._offered]

    def offer(self, completions: Sequence[Completion]) -> None:
        """Show completions; none closes it."""
        self._offered = list(completions)
        self.list.clear()
        for completion in completions:
            item = QListWidgetItem(completion.text)
            item.setData(_NOTE, completion.note)
            self.list.addItem(item)
        self.list.setCurrentRow(-1)
        if not completions or not self._field.isVisible():
            self.hide()
            return
        self.put_below(320, self.list.sizeHintForRow(0) * min(len(completions), _ROWS) + 8)

    def move_by(self, step: int) -> None:
        """Mark the next or the previous one; before the first none is marked."""
        self.list.setCurrentRow(min(self.current + step, self.list.count() - 1))
        if self.current < 0:
            self.list.clearSelection()

    def choose(self) -> None:
        """Take the one that is marked, else the first."""
        self._choose(max(self.current, 0))

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._offered):
            self.chosen.emit(self._offered[row])


Complete = Callable[[str, int], "Sequence[Completion]"]

_BACK: Final = 100
#: What a completion ends with when something has to follow it at once.
_OPEN: Final = (":", "≥", "≤", "<", ">", "=")


class FilterField(SearchField):
    """A search field for the filter language.

    While typing, what could come next is listed below: Down goes into the list, Tab or Return takes from it, Esc closes
    it, Ctrl+Space opens it. With the list closed, Up and Down go through the filters used before. Ctrl+Z undoes typing;
    ``back`` goes to the filter that was applied before.

    Args:
        theme: Its look.
        placeholder: What stands in it while it is empty.
        hint: The shortcut that leads here.
        parent: The owner.

    Signals:
        stepped: Another filter is in force, and ``back`` leads to the one before; what is typed in one go is a step.
        used: A person is done with a filter (Return, or the keyboard goes elsewhere). Whoever can read it remembers it.
    """

    stepped = Signal()
    used = Signal(str)

    def __init__(self, theme: Theme, placeholder: str, hint: str = "", parent: QWidget | None = None) -> None:
        self._popup: CompletionPopup | None = None
        self._complete: Complete | None = None
        self._history: list[str] = []
        self._at = -1
        self._mine = False
        self._draft = ""
        #: The filters that were in force, the present one last, and those that were gone back from.
        self._states = [""]
        self._ahead: list[str] = []
        self._typed = self._merging = False
        self._error: tuple[int, int] | None = None
        super().__init__(theme, placeholder, hint, parent)
        self.setAccessibleDescription("Filter. Press Ctrl+Space for completions.")
        self.textEdited.connect(self._edited)
        self.editingFinished.connect(self._finished)

    # -- what others set

    def set_completer(self, complete: Complete) -> None:
        """Take who knows what could stand at a position of a text."""
        self._complete = complete

    def set_history(self, filters: Sequence[str]) -> None:
        """Take the filters used before, the newest first."""
        self._history = list(filters)

    @property
    def history(self) -> list[str]:
        """The filters used before, the newest first."""
        return list(self._history)

    def replace(self, text: str) -> None:
        """Put another filter in; Ctrl+Z brings the one before back."""
        self._typed = self._merging = False
        self._mine = True  # Qt takes what is inserted for typed
        self.selectAll()
        if text:
            self.insert(text)
        else:
            self.backspace()
        self._mine = False

    def applied(self, text: str) -> None:
        """Take notice that a filter is in force now."""
        if self._states[-1] == text:
            return
        if self._merging:
            self._states[-1] = text
            return
        self._states = [*self._states[-_BACK:], text]
        self._ahead = []
        self._merging = self._typed
        self.stepped.emit()

    def back(self) -> bool:
        """Go back to the filter that was in force before; return False when there is none."""
        if len(self._states) < 2:
            return False
        self._ahead.append(self._states.pop())
        self.replace(self._states[-1])
        return True

    def forward(self) -> bool:
        """Go forward again to the filter that was gone back from; return False when there is none."""
        if not self._ahead:
            return False
        self._states.append(self._ahead.pop())
        self.replace(self._states[-1])
        return True

    def set_error(self, reason: str, position: int = 0, length: int = 0) -> None:
        """Mark the characters that cannot be read, with the reason; an empty reason takes the mark away."""
        self._error = (position, length) if reason else None
        self.set_invalid(reason)
        self.update()

    @property
    def error(self) -> tuple[int, int] | None:
        """Position and number of the characters that are marked."""
        return self._error

    # -- the list

    @property
    def offered(self) -> list[str]:
        """What the list offers; empty while it is closed."""
        return self._popup.texts() if self._popup is not None and self._popup.isVisible() else []

    def offer(self) -> None:
        """List what could stand at the cursor."""
        completions = list(self._complete(self.text(), self.cursorPosition())) if self._complete is not None else []
        if len(completions) == 1 and self.text()[completions[0].start : completions[0].end] == completions[0].text:
            completions = []
        if completions and self._popup is None:
            self._popup = CompletionPopup(self._theme, self)
            self._popup.chosen.connect(self._take)
        if self._popup is not None:
            self._popup.offer(completions)
        self._tell_reason()

    def _edited(self, _text: str) -> None:
        self._error = None  # the mark would stand under other characters until the text is read again
        if not self._mine:
            self._at = -1
            self._typed = True
            self.offer()

    def _take(self, completion: Completion) -> None:
        more = completion.text.endswith(_OPEN)
        follows = self.text()[completion.end : completion.end + 1]
        self.setCursorPosition(completion.start)
        if completion.end > completion.start:
            self.setSelection(completion.start, completion.end - completion.start)
        self._mine = True
        self.insert(completion.text + ("" if more or follows == " " else " "))
        self._mine = False
        if more:
            # Not at once: whoever asked is still going through the list.
            QTimer.singleShot(0, self, self.offer)
        else:
            self._close()

    def _close(self) -> None:
        if self._popup is not None:
            self._popup.hide()
        self._tell_reason()

    def _tell_reason(self) -> None:
        """Show what is wrong, but not under the list: nobody could read it, and what is half written is wrong."""
        super()._tell_reason()
        if self._problem is not None and self._popup is not None and self._popup.isVisible():
            self._problem.tell("")

    # -- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handle the keys of the list of completions and of the history; see the class."""
        key, control = event.key(), event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_Space and control:
            self.offer()
        elif self._popup is not None and self._popup.isVisible() and self._key_in_list(self._popup, key):
            event.accept()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._walk(1 if key == Qt.Key.Key_Up else -1)
        else:
            super().keyPressEvent(event)

    def _key_in_list(self, popup: CompletionPopup, key: int) -> bool:
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and (key == Qt.Key.Key_Down or popup.current >= 0):
            popup.move_by(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Tab or (key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and popup.current >= 0):
            popup.choose()
        elif key == Qt.Key.Key_Escape:
            self._close()
        else:
            return False
        return True

    def event(self, event: QEvent) -> bool:
        """Take Tab from the window while the list is open."""
        opened = self._popup is not None and self._popup.isVisible()
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if opened and pressed and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab:
            self.keyPressEvent(event)
            return True
        return super().event(event)

    def _walk(self, step: int) -> None:
        """Go to an older or a newer filter; what was being written comes after the newest."""
        wanted = self._at + step
        if not -1 <= wanted < len(self._history):
            return
        if self._at < 0:
            self._draft = self.text()
        self._at = wanted
        self.replace(self._draft if wanted < 0 else self._history[wanted])
        self._close()

    def _finished(self) -> None:
        self._close()
        self._at = -1
        self._merging = False
        if self.text().strip():
            self.used.emit(self.text().strip())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Close the list."""
        super().focusOutEvent(event)
        self._close()

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a wave under what cannot be read."""
        super().paintEvent(event)
        if self._error is None:
            return
        position, length = self._error
        text, metrics = self.text(), self.fontMetrics()
        # The only place that Qt tells is that of the cursor.
        origin = self.cursorRect().center().x() - metrics.horizontalAdvance(text[: self.cursorPosition()])
        left = origin + metrics.horizontalAdvance(text[:position])
        wide = metrics.horizontalAdvance(text[position : position + length]) or metrics.averageCharWidth()
        bottom = (self.height() + metrics.height()) / 2 + 0.5
        steps = max(2, round(wide / 2.5))
        wave = [QPointF(left + wide * step / steps, bottom + (1.2 if step % 2 else -1.2)) for step in range(steps + 1)]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.rect().adjusted(24, 0, -24, 0))
        painter.setPen(QPen(self._theme.color("failed_text"), 1.3))
        painter.drawPolyline(QPolygonF(wave))
        painter.end()
