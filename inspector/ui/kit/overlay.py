"""A sheet over the window: the command palette and the list of shortcuts are such sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme


class Sheet(QFrame):
    """A rounded sheet in the upper middle of its window; Esc, or a click beside it, closes it.

    It is a part of the window, not a window: it needs no window manager and never leaves one behind.

    Args:
        theme: Its look.
        window: The window that it covers.
        width: Its width; less when the window has less.
    """

    def __init__(self, theme: Theme, window: QWidget, width: int) -> None:
        super().__init__(window)
        self._theme = theme
        self._window = window
        self._wanted_width = width
        self._focus_before: QWidget | None = None
        self.hide()
        theme.changed.connect(self.update)

    def open_sheet(self) -> None:
        """Show it and remember who had the focus."""
        focus = QApplication.focusWidget()
        if focus is not None and not self.isAncestorOf(focus):
            self._focus_before = focus
        self._theme.dress_part(self)  # the window may not have come to that yet
        self.place()
        self.show()
        self.raise_()
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def close_sheet(self) -> None:
        """Hide it and return the focus back."""
        if self.isHidden():
            return
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self.hide()
        before, self._focus_before = self._focus_before, None
        if before is not None and before.isVisible():
            before.setFocus()

    def place(self) -> None:
        """Take the place that the window leaves."""
        room = self._window.rect()
        width = min(self._wanted_width, room.width() - 40)
        height = min(self.wanted_height(width), room.height() - 120)
        self.setGeometry((room.width() - width) // 2, min(96, room.height() // 8), width, height)

    def wanted_height(self, width: int) -> int:
        """Return the height that the contents want at this width, in pixels."""
        layout = self.layout()
        if layout is not None and layout.hasHeightForWidth():
            return layout.heightForWidth(width)
        return self.sizeHint().height()

    def event(self, event: QEvent) -> bool:
        """Take another place when what it holds wants another height."""
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self.place()
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close on a click beside the sheet; follow the window's size."""
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            if watched is not self and not self.isAncestorOf(watched):
                self.close_sheet()
        elif event.type() == QEvent.Type.Resize and watched is self._window:
            self.place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
            return
        super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the sheet."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme.tokens.line))
        painter.setBrush(QColor(self._theme.tokens.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 9, 9)
