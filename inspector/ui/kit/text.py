"""Labels, tooltips and questions that show foreign text as what it is: plain characters, never markup."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QSizePolicy,
    QWidget,
)

from inspector.app.text import plural, visible
from inspector.ui.kit.fonts import bold_font
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.newest import Newest

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

#: The least width of a question, pixels.
_QUESTION = 340
_DIGITS = re.compile(r"\d")
#: What would mean another thing in capitals: a number with its unit, a name in code. Else a word.
_EXACT_OR_WORD = re.compile(r"(\d[\d.]*\s?(?:[nµm]?s|min|h|[kMG]?B)\b|\w*[._]\w[\w.]*|[A-Z]?[a-z]+[A-Z]\w*)|[^\W\d_]+")
#: How much of a text a tooltip shows.
TOOLTIP_LIMIT = 1000


def set_tone(widget: QWidget, tone: str) -> None:
    """Set a widget's tone of the style sheet.

    Args:
        widget: Mostly a label.
        tone: ``dim``, ``strong``, ``title``, ``section``, ``mono``, ``string``, ``link``, ``warn``, the name
            of a status, or empty for none.
    """
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        font = QFont(QGuiApplication.font())
        if tone == "section":
            font = section_font(font)
        elif tone == "title":
            font = bold_font(font)
        if tone in ("section", "title"):
            widget.setFont(font)
        style = widget.style()
        style.unpolish(widget)
        style.polish(widget)


def section_caption(text: str) -> str:
    """Return a section header in capitals, but for units and names in code: ``2.40 s WINDOW``."""
    return _EXACT_OR_WORD.sub(lambda part: part[0] if part[1] else part[0].upper(), text)


def section_font(base: QFont) -> QFont:
    """Return the font of section headers, small and spaced; their capitals are those of ``section_caption``."""
    font = QFont(base)
    if base.pointSizeF() > 0:
        font.setPointSizeF(base.pointSizeF() * 0.87)
    font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 106)
    return bold_font(font)


class PlainLabel(QLabel):
    """A label that never takes its text for markup, and shows hidden characters as markers.

    Args:
        text: What it shows, cut at 500 characters (``set_whole`` for more).
        tone: See ``set_tone``.
        wrap: Break lines.
        selectable: Let the mouse and the keyboard select it.
        parent: The owner.
    """

    def __init__(
        self,
        text: str = "",
        tone: str = "",
        *,
        wrap: bool = False,
        selectable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if selectable:
            self.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        if tone:
            set_tone(self, tone)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a text, cut at 500 characters."""
        super().setText(visible(text))

    def set_whole(self, text: str, limit: int = 65_536) -> None:
        """Show up to ``limit`` characters of a text."""
        super().setText(visible(text, limit))


class SectionLabel(PlainLabel):
    """A section header: its words are in capitals, units are not."""

    def __init__(self, text: str = "", *, wrap: bool = False) -> None:
        self._words = ""
        super().__init__(text, "section", wrap=wrap)

    def setText(self, text: str) -> None:
        """Show a text."""
        self._words = text
        self.setAccessibleName(visible(text))
        super().setText(section_caption(text))

    def text(self) -> str:
        """Return what it was given, not in capitals."""
        return self._words


def widest(text: str) -> str:
    """Return a text with its digits as wide as they get: what counts up need not be laid out anew at each step."""
    return _DIGITS.sub("0", text)


class ElidedLabel(PlainLabel):
    """A label of one line that gives way: what does not fit is ``…`` and stands whole in the tooltip."""

    def __init__(
        self,
        text: str = "",
        tone: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        self._mode = mode
        super().__init__(text, tone, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        """Show a text; newlines become ``⏎``."""
        super().setText(text.replace("\n", "⏎"))
        self._tell()

    def minimumSizeHint(self) -> QSize:
        """Return the room of a few characters: that is enough."""
        hint = self.sizeHint()
        return QSize(min(hint.width(), self.fontMetrics().averageCharWidth() * 4), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Set or remove the tooltip: whether one is needed depends on the room."""
        super().resizeEvent(event)
        self._tell()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        room = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), self._mode, room.width())
        painter.drawText(room, self.alignment() | Qt.AlignmentFlag.AlignVCenter, text)

    def _tell(self) -> None:
        fits = self.fontMetrics().horizontalAdvance(self.text()) <= self.contentsRect().width()
        self.setToolTip("" if fits else plain_tooltip(self.text()))


class CountLabel(ElidedLabel):
    """An elided label whose numbers count up while one looks: layouts are asked only when it needs more room.

    A ``QLabel`` reports every new text to the layouts up to the window, and the window then lays out all panels.
    """

    _shown = _given = ""

    def setText(self, text: str) -> None:
        """Show a text."""
        if text == self._given:
            return
        self._given = text
        before, self._shown = self._shown, visible(text.replace("\n", "⏎"))
        self.setAccessibleName(self._shown)
        if widest(self._shown) != widest(before):
            self.updateGeometry()
        self._tell()
        self.update()

    def text(self) -> str:
        """Return what it shows."""
        return self._shown

    def sizeHint(self) -> QSize:
        """Return the room of the text, whatever its digits are."""
        metrics = self.fontMetrics()
        # A pixel more: the width is rounded, and a text that is a fraction wider than its room is cut.
        return QSize(metrics.horizontalAdvance(widest(self._shown)) + 1, metrics.height())


def plain_tooltip(text: str) -> str:
    """Return a text as a tooltip that shows these very characters; long lines wrap.

    Qt takes a tooltip for markup when it looks like it; so we make it markup, with everything escaped.
    """
    if not text:
        return ""
    shown = html.escape(visible(text, TOOLTIP_LIMIT)).replace("\n", "<br>")
    return f'<span style="white-space:pre-wrap">{shown}</span>'


def set_tooltip(widget: QWidget, text: str) -> None:
    """Set a tooltip of plain text."""
    widget.setToolTip(plain_tooltip(text))


class _Copies(QObject):
    """What is copied anywhere in this process; the window tells of it.

    Attributes:
        newest: Tells whether anything was copied, or is to be, since something was asked for.

    Signals:
        copied: A sentence: what was copied, and how many lines.
    """

    copied = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.newest = Newest()


COPIES: Final = _Copies()


def copy_text(text: str, what: str = "", *, lines: bool = True) -> None:
    r"""Put the text into the clipboard, exact but for lone surrogates, which become ``\\ud800``.

    Args:
        text: The text.
        what: What it is, for the notice: ``name``, ``3 rows``; empty where whoever copies tells of it.
        lines: Tell as well how many lines it has, if it has several.
    """
    exact = text.encode("utf-8", "backslashreplace").decode("utf-8")
    COPIES.newest.forget()
    QGuiApplication.clipboard().setText(exact)
    if what:
        count = exact.rstrip("\n").count("\n") + 1
        COPIES.copied.emit(f"Copied {what}" + (f" · {plural(count, 'line')}" if lines and count > 1 else ""))


def ask_then(
    parent: QWidget | None,
    title: str,
    text: str,
    hint: str,
    buttons: Sequence[str],
    done: Callable[[str | None], None],
    *,
    danger: str = "",
) -> QMessageBox:
    """Ask a question without stopping the world; ``done`` gets the label of the chosen button, None for none.

    Args:
        parent: The window that the question covers.
        title: Title of the question's window.
        text: The question.
        hint: What follows from it.
        buttons: Labels; the first is the default.
        done: Called once, when the question is answered or closed.
        danger: The label of the button that destroys something; it is never the default.
    """
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(visible(text))
    # Some versions of Qt guess the format of the informative text. Its label comes with the first text: a harmless one.
    box.setInformativeText(" ")
    for label in box.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(visible(hint))
    informative = box.findChild(QLabel, "qt_msgbox_informativelabel")
    if informative is not None:
        informative.setMinimumWidth(_QUESTION)
    roles = QMessageBox.ButtonRole
    for index, name in enumerate(buttons):
        safe = roles.AcceptRole if not index and not danger else roles.RejectRole
        button = box.addButton(name, roles.DestructiveRole if name == danger else safe)
        if name == danger:
            button.setProperty("danger", True)
            button.style().polish(button)
        if index == 0 and name != danger:
            box.setDefaultButton(button)
        if name != danger and safe == roles.RejectRole:
            box.setEscapeButton(button)

    def finished() -> None:
        clicked = box.clickedButton()
        done(clicked.text() if clicked is not None else None)

    box.finished.connect(finished)
    box.open()
    return box


def ask(
    parent: QWidget | None, title: str, text: str, hint: str, buttons: Sequence[str], *, danger: str = ""
) -> asyncio.Future[str | None]:
    """Ask a question from a coroutine: await the label of the chosen button, None for none."""
    import asyncio

    answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    def done(label: str | None) -> None:
        if not answer.done():
            answer.set_result(label)

    ask_then(parent, title, text, hint, buttons, done, danger=danger)
    return answer


def ask_text(parent: QWidget | None, title: str, label: str, text: str, done: Callable[[str], None]) -> QDialog:
    """Ask for a line of text without stopping the world; ``done`` gets it when it is given."""
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setMinimumWidth(380)
    field = QLineEdit(text)
    field.selectAll()
    caption = PlainLabel(label)
    caption.setBuddy(field)
    kinds = QDialogButtonBox.StandardButton
    box = QDialogButtonBox(kinds.Ok | kinds.Cancel)
    box.accepted.connect(dialog.accept)
    box.rejected.connect(dialog.reject)
    accept = box.button(kinds.Ok)
    field.textChanged.connect(lambda now: accept.setEnabled(bool(now.strip())))
    vbox(caption, field, box, owner=dialog, margins=(16, 14, 16, 14), spacing=-1)
    dialog.accepted.connect(lambda: done(field.text().strip()))
    dialog.open()
    return dialog
