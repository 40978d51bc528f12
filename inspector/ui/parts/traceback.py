"""A traceback to read: frames that open and close, source with the line that failed, locals, what led to it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCursor,
    QTextFormat,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QTextEdit, QWidget

from inspector.app.text import one_line, plural
from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.lines import LineButton
from inspector.ui.kit.page import clear
from inspector.ui.kit.text import PlainLabel, SectionLabel, plain_tooltip
from inspector.ui.parts.failure_text import short_path

if TYPE_CHECKING:
    from inspector.core.records.capture import Failure, Frame
    from inspector.ui.kit.theme import Theme

#: How many frames are shown at most; the outermost of a longer traceback are left out and counted.
MAX_FRAMES: Final = 60
#: How many lines of source around the failing one: before, after.
BEFORE: Final = 3
AFTER: Final = 2
_LED: Final = {"cause": "Caused by", "context": "While handling", "group": "In the group"}


class CodeLine:
    """A line in a code box: what stands in the gutter, the text, and how it is painted."""

    __slots__ = ("gutter", "marked", "name", "text")

    def __init__(self, gutter: str, text: str, *, marked: bool = False, name: str = "") -> None:
        self.gutter, self.text, self.marked, self.name = gutter, text, marked, name


class CodeLines(QPlainTextEdit):
    """Lines of code in the fixed-width font: they scroll sideways, and can be selected and copied.

    A marked line stands out by a sign in the gutter and by its ground. All lines are shown: the wheel scrolls the page.
    """

    def __init__(self, theme: Theme, lines: list[CodeLine], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._lines = theme, lines
        self.setProperty("bare", True)
        self.setFont(theme.mono_font())
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(0)
        self._digits = max((len(line.gutter) for line in lines), default=0)
        self._gutter = _Gutter(self)
        self.setViewportMargins(self.gutter_width(), 0, 0, 0)
        self.setPlainText("\n".join(line.name + line.text for line in lines))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("\n".join(f"{line.gutter} {line.name}{line.text}" for line in lines))
        self.horizontalScrollBar().rangeChanged.connect(lambda *_: self.updateGeometry())
        theme.changed.connect(self._dress)
        self._dress()

    def sizeHint(self) -> QSize:
        """Return the height of the lines, and of the scroll bar where one is needed."""
        bar = self.horizontalScrollBar()
        return QSize(120, self._high() * len(self._lines) + 2 + (bar.sizeHint().height() if bar.maximum() > 0 else 0))

    def minimumSizeHint(self) -> QSize:
        """Return no width: it may be as narrow as need be."""
        return QSize(40, self.sizeHint().height())

    def gutter_width(self) -> int:
        """Return the width of the line numbers, in pixels; 0 when there are none."""
        return self.fontMetrics().horizontalAdvance("0") * (self._digits + 2) if self._digits else 0

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the gutter at the left."""
        super().resizeEvent(event)
        self._gutter.setGeometry(0, 0, self.gutter_width(), self.height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll sideways, with Shift or by the wheel that does so; else leave it to the page."""
        delta = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(delta.x()) > abs(delta.y()):
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - (delta.x() or delta.y()) // 2)
            event.accept()
        else:
            event.ignore()

    def paint_gutter(self, painter: QPainter) -> None:
        """Write the numbers of the lines, and the sign of the marked one."""
        tokens, metrics = self._theme.tokens, self.fontMetrics()
        painter.setFont(self.font())
        for place, line in enumerate(self._lines):
            where = QRectF(0, place * self._high(), self.gutter_width(), self._high())
            if line.marked:
                painter.fillRect(where, QColor(tokens.error_back))
            painter.setPen(QColor(tokens.failed_text if line.marked else tokens.dim))
            painter.drawText(
                QPointF(0, where.top() + metrics.ascent()),
                f"{'▸' if line.marked else ' '}{line.gutter:>{self._digits}}",
            )

    def _high(self) -> int:
        return self.fontMetrics().lineSpacing()

    def _dress(self) -> None:
        """Colour the names of variables and the marked line."""
        tokens, selections = self._theme.tokens, []
        for place, line in enumerate(self._lines):
            if not line.marked and not line.name:
                continue
            cursor = QTextCursor(self.document().findBlockByNumber(place))
            if line.marked:
                ground = QTextEdit.ExtraSelection()
                ground.format.setBackground(QColor(tokens.error_back))
                ground.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
                ground.cursor = QTextCursor(cursor)
                selections.append(ground)
            selection = QTextEdit.ExtraSelection()
            cursor.movePosition(
                QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor, len(line.name or line.text)
            )
            selection.format.setForeground(QColor(tokens.failed_text if line.marked else tokens.keyword))
            selection.cursor = cursor
            selections.append(selection)
        self.setExtraSelections(selections)
        self._gutter.update()


class _Gutter(QWidget):
    """The numbers at the left of lines of code."""

    def __init__(self, code: CodeLines) -> None:
        super().__init__(code)
        self._code = code

    def paintEvent(self, _event: QPaintEvent) -> None:
        self._code.paint_gutter(QPainter(self))


def source_lines(frame: Frame) -> list[CodeLine]:
    """Return the source around the line that failed, moved to the left as far as it goes."""
    near = [(n, text) for n, text in frame.source if frame.line - BEFORE <= n <= frame.line + AFTER]
    while near and not near[0][1].strip():
        near.pop(0)
    while near and not near[-1][1].strip():
        near.pop()
    texts = textwrap.dedent("\n".join(text.expandtabs(4).rstrip() for _, text in near)).split("\n")
    return [
        CodeLine(str(number), one_line(text), marked=number == frame.line)
        for (number, _), text in zip(near, texts, strict=False)
    ]


def locals_lines(frame: Frame) -> list[CodeLine]:
    """Return the variables of a frame, names of equal width."""
    width = min(max((len(name) for name, _ in frame.locals), default=0), 18)
    return [
        CodeLine("locals" if not place else "", one_line(value), name=f"{one_line(name):<{width}} = ")
        for place, (name, value) in enumerate(frame.locals)
    ]


class _FrameHead(LineButton):
    """``demo/handlers/audit.py:41 in handle_user_login``: a click opens and closes the frame."""

    PADDING = 6
    CHEVRON = 9

    def __init__(self, theme: Theme, frame: Frame) -> None:
        super().__init__(theme)
        self._frame = frame
        self.opened = False
        self.setFont(theme.mono_font())
        self._path = one_line(short_path(frame.file))
        self.setToolTip(plain_tooltip(f"{frame.file}:{frame.line} in {frame.function}"))
        self.setAccessibleName(f"{self._path} line {frame.line} in {frame.function}")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = QRectF(self.rect()).adjusted(self.paint_chevron(painter, opened=self.opened), 0, 0, 0)
        own = self._frame.mine
        pieces = (
            (self._path, "text" if own or self.lit else "dim"),
            (f":{self._frame.line}", "accent_text" if own else "dim"),
            (f" in {one_line(self._frame.function)}", "text" if own else "dim"),
        )
        metrics = QFontMetrics(self.font())
        for text, ink in pieces:
            painter.setPen(self._theme.color(ink))
            cut = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(int(room.width()), 0))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, cut)
            room.setLeft(room.left() + metrics.horizontalAdvance(cut))


class FrameView(QWidget):
    """A frame; its source and its variables are made when it is opened for the first time.

    Signals:
        open_source: Show this line of this file in an editor.
    """

    open_source = Signal(str, int)

    def __init__(self, theme: Theme, frame: Frame, *, opened: bool) -> None:
        super().__init__()
        self._theme, self.frame = theme, frame
        self.head = _FrameHead(theme, frame)
        self._body: QWidget | None = None
        source = IconButton(theme, "code", f"Open {frame.file}:{frame.line}")
        source.clicked.connect(lambda: self.open_source.emit(frame.file, frame.line))
        self._column = vbox(hbox((self.head, 1), source, spacing=2), owner=self, spacing=1)
        self.head.clicked.connect(lambda: self.set_open(not self.head.opened))
        self.set_open(opened)

    def set_open(self, opened: bool) -> None:
        """Open or close it."""
        self.head.opened = opened
        self.head.update()
        if opened and self._body is None:
            self._body = self._make_body()
            self._column.addWidget(self._body)
        if self._body is not None:
            self._body.setVisible(opened)

    def _make_body(self) -> QWidget:
        body = QWidget()
        column = vbox(owner=body, margins=(0, 0, 0, 4), spacing=2)
        source, variables = source_lines(self.frame), locals_lines(self.frame)
        if source:
            column.addWidget(CodeLines(self._theme, source))
        if variables:
            column.addWidget(CodeLines(self._theme, variables))
        if not source and not variables:
            column.addWidget(PlainLabel("Source not available.", "dim"))
        return body


class TracebackView(QFrame):
    """A failure's frames in a box, then what led to it.

    Signals:
        open_source: Show this line of this file in an editor.
    """

    open_source = Signal(str, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._failure: Failure | None = None
        self._only_mine = True
        self._column = vbox(owner=self, margins=(10, 6, 6, 8), spacing=1)
        theme.changed.connect(self.update)

    @property
    def only_mine(self) -> bool:
        """Whether frames of libraries are left out."""
        return self._only_mine

    def set_only_mine(self, only_mine: bool) -> None:
        """Leave frames of libraries out, or show them."""
        self._only_mine = only_mine
        self._fill()

    def set_failure(self, failure: Failure | None) -> None:
        """Show a failure."""
        self._failure = failure
        self._fill()

    def foreign(self) -> int:
        """Return how many frames of libraries there are."""
        if self._failure is None:
            return 0
        return sum(not frame.mine for failure in _all_of(self._failure) for frame in failure.frames)

    def frames(self) -> list[FrameView]:
        """Return the frames that are shown."""
        return self.findChildren(FrameView)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the box."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self._theme.color("sunken"))
        painter.setPen(self._theme.color("line"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)

    def _fill(self) -> None:
        clear(self._column)
        failure = self._failure
        self.setVisible(failure is not None and any(part.frames for part in _all_of(failure)))
        if failure is None:
            return
        self._add(failure, first=True)
        for link in failure.chain:
            self._add_led(link)

    def _add_led(self, link: Failure) -> None:
        words = SectionLabel(_LED.get(link.relation, "After"))
        words.setContentsMargins(0, 8, 0, 0)
        self._column.addWidget(words)
        what = PlainLabel(f"{link.type}: {link.message}" if link.message else link.type, "failed", wrap=True)
        self._column.addWidget(what)
        self._add(link, first=False)
        for further in link.chain:
            self._add_led(further)

    def _add(self, failure: Failure, *, first: bool) -> None:
        shown = [frame for frame in failure.frames if frame.mine] if self._only_mine else list(failure.frames)
        shown = shown or list(failure.frames[-1:])
        left_out = len(shown) - MAX_FRAMES
        if left_out > 0:
            self._column.addWidget(PlainLabel(f"{plural(left_out, 'outer frame')} hidden", "dim"))
            shown = shown[-MAX_FRAMES:]
        for frame in shown:
            opened = first and frame is failure.origin
            view = FrameView(self._theme, frame, opened=opened)
            view.open_source.connect(self.open_source)
            self._column.addWidget(view)


def _all_of(failure: Failure) -> list[Failure]:
    return [failure, *(part for link in failure.chain for part in _all_of(link))]
