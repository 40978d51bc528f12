"""Fields to write into: the one to search by, several lines of plain text, and how each looks while it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QSizePolicy, QWidget

from inspector.app.text import has_hidden
from inspector.ui.kit.badges import badge_font
from inspector.ui.kit.boxes import Popup
from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.text import PlainLabel, plain_tooltip

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme


def mark_invalid(widget: QWidget, invalid: bool) -> None:
    """Set or remove the red outline of an editor."""
    if bool(widget.property("invalid")) != invalid:
        widget.setProperty("invalid", invalid)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def box_of_recent(name: str, titles: Sequence[str], choose: Callable[[int], object]) -> QComboBox:
    """Return a box of what was used lately; ``choose`` is called with the place of what a person chooses."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.addItems(["Choose one…", *titles])
    box.activated.connect(lambda row: choose(row - 1) if row > 0 else None)
    return box


class PlainArea(QPlainTextEdit):
    """Plain text in the fixed-width font. Lines are not wrapped: one long word would take seconds."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setFont(theme.mono_font())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)

    def minimumSizeHint(self) -> QSize:
        """Return the room of a few letters of a line."""
        return QSize(80, 40)


class HiddenHint(PlainLabel):
    """Shows below a field what is in it, with markers, while it holds characters that a screen hides or obeys.

    Args:
        field: The field.
    """

    def __init__(self, field: QLineEdit | QPlainTextEdit) -> None:
        super().__init__("", "warn", wrap=True, selectable=True)
        self._field = field
        # The document tells also of what the form itself puts into the field.
        changed = field.textChanged if isinstance(field, QLineEdit) else field.document().contentsChanged
        changed.connect(lambda *_: self._look())
        self._look()

    def _look(self) -> None:
        field = self._field
        text = field.text() if isinstance(field, QLineEdit) else field.toPlainText()
        hidden = has_hidden(text)
        if hidden:
            self.setText(f"Hidden characters: {text}")
        self.setVisible(hidden)


class _Problem(Popup):
    """What is wrong with a field."""

    def __init__(self, theme: Theme, field: QWidget) -> None:
        super().__init__(theme, "error_back", "error_line", field, 4)
        self._label = PlainLabel("", "failed", wrap=True)
        vbox(self._label, owner=self, margins=(10, 7, 10, 8))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def tell(self, text: str) -> None:
        """Show the text; nothing when it is empty."""
        self._label.setText(text)
        if text and self._field.isVisible():
            self.put_below(280)
        else:
            self.hide()


class SearchField(QLineEdit):
    """A field to filter by: a magnifying glass, a way to clear it, and the shortcut that leads here.

    Esc clears it; when it is empty already, Esc goes up to whoever holds the field (signal ``left``).
    """

    left = Signal()

    def __init__(self, theme: Theme, placeholder: str, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._hint = theme, hint
        self._reason = ""
        self._problem: _Problem | None = None
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder.rstrip("…"))
        self.setTextMargins(20, 0, 20, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._clear = IconButton(theme, "close", "Clear", self, on_click=self.clear)
        self._clear.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._clear.setCursor(Qt.CursorShape.ArrowCursor)
        self._clear.hide()
        self.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))
        theme.changed.connect(self.update)

    def event(self, event: QEvent) -> bool:
        """Keep Esc for the field while the keyboard is in it, whatever else it does around it."""
        taken = super().event(event)
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.isAccepted() or event.key() == Qt.Key.Key_Escape)
        return taken

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Clear on Esc, then leave."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.text():
            self.clear()
        else:
            self.left.emit()

    def set_invalid(self, reason: str) -> None:
        """Mark the text as not understood; an empty reason takes the mark away.

        The reason stands below the field while the keyboard is in it, and always in its tooltip.
        """
        self.setToolTip(plain_tooltip(reason))
        self.setAccessibleDescription(reason)
        self._reason = reason
        self._tell_reason()
        if bool(self.property("invalid")) != bool(reason):
            self.setProperty("invalid", bool(reason))
            self.style().unpolish(self)
            self.style().polish(self)

    def set_remark(self, remark: str) -> None:
        """Show in the tooltip what to know of a text that was understood; nothing when it is empty."""
        self.setToolTip(plain_tooltip(remark))

    @property
    def problem(self) -> str:
        """What is said below the field; empty while nothing is."""
        return self._reason if self._problem is not None and self._problem.isVisible() else ""

    def _tell_reason(self) -> None:
        shown = self._reason if self.hasFocus() else ""
        if self._problem is None and shown:
            self._problem = _Problem(self._theme, self)
        if self._problem is not None:
            self._problem.tell(shown)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show again what is wrong."""
        super().focusInEvent(event)
        self._tell_reason()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide what is wrong: what is below the field is needed."""
        super().focusOutEvent(event)
        self._tell_reason()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, the glass and the hint."""
        super().paintEvent(event)
        painter = QPainter(self)
        side = 14
        glass = self._theme.pixmap("search", "dim", side, self.devicePixelRatioF())
        painter.drawPixmap(9, (self.height() - side) // 2, glass)
        self._clear.setGeometry(self.width() - 24, (self.height() - 20) // 2, 20, 20)
        if not self._hint or self.text():
            return
        painter.setFont(badge_font(self.font()))
        painter.setPen(self._theme.color("dim"))
        room = self.rect().adjusted(0, 0, -9, 0)
        taken = self.fontMetrics().horizontalAdvance(self.placeholderText()) + 40
        if taken + painter.fontMetrics().horizontalAdvance(self._hint) + 9 < self.width():
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._hint)
