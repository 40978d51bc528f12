"""Boxes that say something: banners, and what stands where nothing is yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Literal

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from inspector.ui.kit.buttons import Button
from inspector.ui.kit.fonts import bold_font
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.text import PlainLabel

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

Action = tuple[str, Callable[[], object]]
BannerTone = Literal["error", "warn", "info"]

#: Characters of a banner's text that are shown; what a program raises may be of any length.
_MESSAGE: Final = 4_000
_BANNERS: Final = {
    "error": ("error_back", "error_line", "failed", "failure"),
    "warn": ("warn_back", "warn_line", "warn", "warning"),
    "info": ("info_back", "info_line", "link", "info"),
}
_BANNER_INKS: Final = {"error": "failed_text", "warn": "warn_text", "info": "accent_text"}


class Box(QFrame):
    """A rounded box in two colours of the theme."""

    def __init__(self, theme: Theme, back: str, line: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._back, self._line = theme, back, line
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the box."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self._theme.color(self._back))
        painter.setPen(self._theme.color(self._line))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


class Popup(Box):
    """A box right below a field, over whatever is there; it never takes the keyboard.

    Args:
        theme: Its look.
        back: Token of its ground.
        line: Token of its outline.
        field: The field.
        gap: Room between both.
    """

    def __init__(self, theme: Theme, back: str, line: str, field: QWidget, gap: int) -> None:
        super().__init__(theme, back, line, field.window())
        self._field, self._gap = field, gap
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def put_below(self, least: int, height: int = 0) -> None:
        """Show it, within the window.

        Args:
            least: How wide it is where the field is narrower.
            height: How high; 0: what it needs at its width.
        """
        window = self.window()
        width = max(self._field.width(), least)
        where = self._field.mapTo(window, QPoint(0, self._field.height() + self._gap))
        left = max(4, min(where.x(), window.width() - width - 4))
        height = height or self.heightForWidth(width)
        self.setGeometry(left, where.y(), width, min(height, window.height() - where.y() - 8))
        self.show()
        self.raise_()


class Banner(Box):
    """A box that says what is wrong (or worth knowing) and what can be done about it.

    Args:
        theme: Its look.
        tone: ``error``, ``warn`` or ``info``.
        title: One line, in the colour of the tone.
        text: More, wrapped.
        actions: Buttons: label and what it does.
        parent: The owner.

    Attributes:
        buttons: The buttons.
    """

    def __init__(
        self,
        theme: Theme,
        tone: BannerTone,
        title: str,
        text: str = "",
        actions: Sequence[Action] = (),
        parent: QWidget | None = None,
    ) -> None:
        back, line, ink, icon = _BANNERS[tone]
        super().__init__(theme, back, line, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)  # its text sets its height
        self._title = PlainLabel(title, ink, wrap=True)
        self._title.setFont(bold_font(self._title.font()))
        self._text = PlainLabel("", wrap=True, selectable=True)
        self._text.set_whole(text, _MESSAGE)
        self._text.setVisible(bool(text))
        picture = IconPicture(theme, icon, _BANNER_INKS[tone], 16)
        top = hbox(picture, (self._title, 1), spacing=7)
        top.setAlignment(picture, Qt.AlignmentFlag.AlignTop)
        column = vbox(top, self._text, owner=self, margins=(12, 9, 12, 10), spacing=3)
        self.setAccessibleName(f"{title} {text}"[:300])
        self.buttons = [Button(theme, label) for label, _ in actions]
        for button, (_, run) in zip(self.buttons, actions, strict=True):
            button.clicked.connect(lambda *_, run=run: run())
        if self.buttons:
            column.addLayout(hbox(*self.buttons, 1, margins=(0, 6, 0, 0), spacing=-1))

    def set(self, title: str, text: str = "") -> None:
        """Set title and text; the tone stays."""
        self._title.setText(title)
        self._text.set_whole(text, _MESSAGE)
        self._text.setVisible(bool(text))


class EmptyState(QWidget):
    """What stands where nothing is yet: an icon, one sentence, and the next step.

    Args:
        theme: Its look.
        icon: Name of an icon.
        title: What is missing, a few words.
        sentence: What to do to fill it.
        action: The next step as a button.
        parent: The owner.
        roomy: There is room for a button, whatever the next step is.
        command: What to type into a terminal.
    """

    def __init__(
        self,
        theme: Theme,
        icon: str,
        title: str,
        sentence: str = "",
        action: Action | None = None,
        parent: QWidget | None = None,
        *,
        roomy: bool = False,
        command: str = "",
    ) -> None:
        super().__init__(parent)
        self.roomy = roomy
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(6)
        column.addStretch(2)
        column.addWidget(IconPicture(theme, icon), 0, Qt.AlignmentFlag.AlignHCenter)
        self._title = PlainLabel(title, "strong", wrap=True)
        self._sentence = PlainLabel(sentence, "dim", wrap=True)
        self._command = PlainLabel(command, "mono", wrap=True)
        for label in (self._title, self._sentence, self._command):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        self.button = Button(theme, "", on_click=self._act)
        column.addSpacing(4)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self._own = (title, sentence, action)
        self._instead: tuple[str, str, Action | None] | None = None
        self._show()

    def set(self, title: str, sentence: str = "") -> None:
        """Set title and sentence."""
        self._own = (title, sentence, self._own[2])
        self._show()

    def instead(self, title: str = "", sentence: str = "", action: Action | None = None) -> None:
        """Show this for as long as the window as a whole has another next step; without a title its own words again."""
        self._instead = (title, sentence, action) if title else None
        self._show()

    def words(self) -> str:
        """Return what it says now."""
        labels = (self._title, self._sentence, self._command)
        return " ".join(label.text() for label in labels if not label.isHidden())

    def _show(self) -> None:
        title, sentence, action = self._instead or self._own
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self._command.setVisible(bool(self._command.text()) and self._instead is None)
        self.button.setVisible(action is not None)
        if action is not None:
            self.button.set_text(action[0])

    def _act(self) -> None:
        action = (self._instead or self._own)[2]
        if action is not None:
            action[1]()


class IconPicture(QWidget):
    """An icon that stands for itself, in the colour of a token."""

    def __init__(self, theme: Theme, icon: str, tint: str = "disabled", size: int = 32) -> None:
        super().__init__()
        self._theme, self._icon, self._tint, self._size = theme, icon, tint, size
        self.setFixedSize(size, size)
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the icon."""
        ratio = self.devicePixelRatioF()
        QPainter(self).drawPixmap(0, 0, self._theme.pixmap(self._icon, self._tint, self._size, ratio))
