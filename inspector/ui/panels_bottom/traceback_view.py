"""A failure to read: where it happened, the source around it, the locals, and what led to it."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QColor, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from inspector.app.text import one_line, visible
from inspector.core.capture import Failure, Frame, failure_from_json

if TYPE_CHECKING:
    from inspector.ui.theme import Theme

_RELATIONS: Final = {
    "cause": "caused by",
    "context": "while handling",
    "group": "together with",
}
#: Longer lines would make the view slow.
_LINE: Final = 300


class TracebackView(QPlainTextEdit):
    """Shows a failure's JSON text. Everything in it is plain text, whatever it looks like.

    Args:
        theme: Its look.
        parent: The owner.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._text: str | None = None
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setUndoRedoEnabled(False)
        self.setAccessibleName("Traceback")
        self.setFont(theme.mono_font())
        self.document().setDocumentMargin(8)
        theme.changed.connect(self._write)
        self._write()

    def show_failure(self, text: str | None) -> None:
        """Show a failure (JSON text); None says that nothing was kept."""
        if text != self._text:
            self._text = text
            self._write()

    def _write(self) -> None:
        self.clear()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        if not self._text:
            self._line(cursor, [("Nothing was raised.", "dim")])
        else:
            try:
                self._failure(cursor, failure_from_json(self._text))
            except ValueError:
                for line in visible(self._text, 20_000).splitlines():
                    self._line(cursor, [(line, "text")])
        cursor.deletePreviousChar()  # the last line's end
        cursor.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _failure(self, cursor: QTextCursor, failure: Failure) -> None:
        mine = [frame for frame in failure.frames if frame.mine]
        shown = mine or list(failure.frames)
        # The frame nearest to the raise is what a reader wants; the way there follows.
        for frame in reversed(shown):
            self._frame(cursor, frame)
        left_out = len(failure.frames) - len(shown)
        if left_out:
            frames = "1 frame of a library" if left_out == 1 else f"{left_out} frames of libraries"
            self._line(cursor, [(f"{frames} left out", "dim")])
        if not failure.frames:
            self._line(cursor, [("No traceback was kept.", "dim")])
        for note in failure.notes:
            self._line(cursor, [("note  ", "dim"), (one_line(note), "text")])
        for cause in failure.chain:
            self._line(cursor, [("", "dim")])
            relation = _RELATIONS.get(cause.relation, cause.relation)
            title = [(f"{relation}  ", "dim"), (one_line(cause.type), "failed_text")]
            self._line(cursor, [*title, (f"  {one_line(cause.message)}", "text")])
            self._failure(cursor, cause)

    def _frame(self, cursor: QTextCursor, frame: Frame) -> None:
        path = PurePath(frame.file)
        place = "/".join(path.parts[-3:]) if len(path.parts) > 3 else str(path)
        parts = [(visible(place), "dim"), (f":{frame.line}", "accent_text"), (" in ", "dim")]
        self._line(cursor, [*parts, (one_line(frame.function), "text")])
        for number, source in frame.source:
            here = number == frame.line
            code = visible(source.rstrip("\n"), _LINE).replace("\t", "    ")
            mark = "▸" if here else " "
            if here:
                self._line(cursor, [(f"{mark}{number:>4}  {code}", "failed_text")], "error_back")
            else:
                self._line(cursor, [(f"{mark}{number:>4}  ", "dim"), (code, "text")])
        width = min(max((len(name) for name, _ in frame.locals), default=0), 24)
        for position, (name, value) in enumerate(frame.locals):
            caption = "locals  " if position == 0 else "        "
            label = one_line(name, 60).ljust(width)
            self._line(cursor, [(caption, "dim"), (label, "text"), (f" = {one_line(value, _LINE)}", "string")])

    def _line(self, cursor: QTextCursor, parts: list[tuple[str, str]], back: str = "") -> None:
        block = QTextBlockFormat()
        if back:
            block.setBackground(self._theme.color(back))
        cursor.setBlockFormat(block)
        for text, token in parts:
            ink = QTextCharFormat()
            ink.setForeground(QColor(getattr(self._theme.tokens, token)))
            cursor.insertText(text, ink)
        cursor.insertBlock(QTextBlockFormat())
