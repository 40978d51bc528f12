"""Editors for the fields of the form, by kind of type. An editor knows text only; the form says what it means."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QSizePolicy, QWidget

from inspector.app.text import format_count, one_line
from inspector.catalog import fieldtext
from inspector.core.values.table import BY_KIND
from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.fields import HiddenHint, PlainArea, mark_invalid
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.text import ElidedLabel, PlainLabel, set_tooltip
from inspector.ui.kit.widgets import Badge

if TYPE_CHECKING:
    from inspector.core.description import FieldShape
    from inspector.ui.kit.theme import Theme

_LINES: Final = 8
#: More text than this is not shown in a line: it is kept whole, and can be replaced.
_LINE_LIMIT: Final = 20_000
#: More text than this is not taken; Qt's own limit of 32,767 would cut it without a word.
_MOST: Final = 10_000_000


class Editor(QWidget):
    """An editor of one field's text.

    Signals:
        edited: What stands there now; sent only when the person changed it.
    """

    edited = Signal(str)

    @abstractmethod
    def set_text(self, text: str) -> None:
        """Show a text; nothing is sent."""

    @abstractmethod
    def set_invalid(self, invalid: bool) -> None:
        """Show whether the text is wrong."""


class LineEditor(Editor):
    """A line of text, with a button for a fresh value where there is such a thing."""

    def __init__(self, theme: Theme, shape: FieldShape, hint: str) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setPlaceholderText(hint)
        self.line.setAccessibleName(shape.name)
        if shape.type.kind != "str":
            self.line.setFont(theme.mono_font())
        self.line.setMaxLength(_MOST)
        self.clear = IconButton(theme, "close", "Replace the long text", on_click=self._replace)
        self.clear.hide()
        row = hbox((self.line, 1), self.clear, owner=self, spacing=2)
        self.setFocusProxy(self.line)
        self.line.textEdited.connect(self._edited)
        self.fresh: IconButton | None = None
        atom = BY_KIND.get(shape.type.kind)
        if atom is not None and atom.fresh is not None:
            self._add_button(row, theme, *atom.fresh)

    def _add_button(self, row: QHBoxLayout, theme: Theme, tip: str, make: Callable[[], str]) -> None:
        button = IconButton(theme, "clock" if tip == "Now" else "refresh", tip)

        def renew() -> None:
            text = make()
            self.set_text(text)
            self.edited.emit(text)

        button.clicked.connect(renew)
        row.addWidget(button)
        self.fresh = button

    def set_text(self, text: str) -> None:
        """Show a text; of a very long one its beginning, which cannot be edited but replaced."""
        long = len(text) > _LINE_LIMIT
        shown = text[:_LINE_LIMIT]
        if self.line.text() != shown:
            self.line.setText(shown)
            self.line.setCursorPosition(0)
        self.line.setReadOnly(long)
        self.clear.setVisible(long)
        about = f"{format_count(len(text))} characters, first {format_count(_LINE_LIMIT)} shown."
        set_tooltip(self.line, about if long else "")
        self.line.setAccessibleDescription(about if long else "")

    def _edited(self, text: str) -> None:
        if len(text) > _LINE_LIMIT:
            self.set_text(text)
        self.edited.emit(text)

    def _replace(self) -> None:
        self.set_text("")
        self.edited.emit("")
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_invalid(self, invalid: bool) -> None:
        """Show whether the text is wrong."""
        mark_invalid(self.line, invalid)


class ChoiceEditor(Editor):
    """A list to choose from: true and false, the members of an enum; nothing or the default where that may be."""

    def __init__(self, shape: FieldShape, hint: str) -> None:
        super().__init__()
        self.box = QComboBox()
        self.box.setAccessibleName(shape.name)
        self.box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        # The wheel scrolls the form; it must not change values that happen to be under the pointer.
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box.installEventFilter(self)
        if not shape.required or shape.type.optional:
            self.box.addItem(hint, "")
        for name in choices_of(shape):
            self.box.addItem(one_line(name), name)
        hbox(self.box, owner=self)
        self.setFocusProxy(self.box)
        self.box.activated.connect(lambda _index: self.edited.emit(str(self.box.currentData())))

    def set_text(self, text: str) -> None:
        """Choose the entry of that name; a text that is no entry is shown as one, to be replaced."""
        with QSignalBlocker(self.box):
            place = self.box.findData(text)
            if place < 0:
                self.box.addItem(one_line(text) or "choose…", text)
                place = self.box.count() - 1
            self.box.setCurrentIndex(place)

    def set_invalid(self, invalid: bool) -> None:
        """Show whether the choice is wrong."""
        mark_invalid(self.box, invalid)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the wheel to the page."""
        if event.type() == QEvent.Type.Wheel and not self.box.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class TextEditor(Editor):
    """Several lines in the fixed-width font: JSON of lists, mappings and objects."""

    def __init__(self, theme: Theme, shape: FieldShape, hint: str) -> None:
        super().__init__()
        self.area = PlainArea(theme)
        self.area.setPlaceholderText(hint)
        self.area.setAccessibleName(shape.name)
        vbox(self.area, owner=self)
        self.setFocusProxy(self.area)
        self.area.textChanged.connect(self._changed)
        self._fit()

    def set_text(self, text: str) -> None:
        """Show a text."""
        if self.area.toPlainText() != text:
            with QSignalBlocker(self.area):
                self.area.setPlainText(text)
            self._fit()

    def set_invalid(self, invalid: bool) -> None:
        """Show whether the text is wrong."""
        mark_invalid(self.area, invalid)

    def _changed(self) -> None:
        self._fit()
        self.edited.emit(self.area.toPlainText())

    def _fit(self) -> None:
        """Fit the height to the text, within reason."""
        lines = min(max(self.area.blockCount(), 2), _LINES)
        self.area.setFixedHeight(QFontMetrics(self.area.font()).lineSpacing() * lines + 24)


def choices_of(shape: FieldShape) -> Sequence[str]:
    """Return the only texts that a field may have; empty when it is written freely."""
    if shape.type.kind in ("enum", "literal"):
        return [choice.name for choice in shape.type.choices]
    return atom.choices if (atom := BY_KIND.get(shape.type.kind)) is not None else ()


def make_editor(theme: Theme, shape: FieldShape) -> Editor:
    """Return the editor for a field."""
    hint = hint_of(shape)
    if shape.type.kind in ("enum", "literal") or choices_of(shape):
        return ChoiceEditor(shape, hint)
    if shape.type.kind in fieldtext.STRUCTURED - {"any"}:
        return TextEditor(theme, shape, hint)
    return LineEditor(theme, shape, hint)


def hint_of(shape: FieldShape) -> str:
    """Return what an empty field means."""
    if shape.required:
        return "None" if shape.type.optional else fieldtext.describe(shape.type) if shape.type.kind != "str" else ""
    if shape.withheld:
        return one_line(f"{shape.withheld} (default)", 60)
    if shape.generated:
        return "generated"
    default = "None" if shape.default is None else fieldtext.format(shape.type, shape.default)
    return one_line(f"{default or 'empty'} (default)", 60)


class FieldRow(QWidget):
    """A field: its name and type, its editor, and what is wrong with it."""

    def __init__(self, theme: Theme, shape: FieldShape) -> None:
        super().__init__()
        self.shape = shape
        self.editor = make_editor(theme, shape)
        self._problem = PlainLabel("", "failed", wrap=True)
        self._problem.hide()
        name = PlainLabel(shape.name, "mono")
        name.setBuddy(self.editor)
        type_text = ElidedLabel(shape.type.text, "dim")
        type_text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        set_tooltip(name, f"{shape.name}: {fieldtext.describe(shape.type)}")
        secret = [Badge(theme, "secret", "warn")] if shape.secret else []
        head = hbox(name, *secret, (type_text, 1), spacing=6)
        column = vbox(head, self.editor, owner=self, spacing=3)
        field = self.editor.focusProxy()
        if isinstance(field, QLineEdit | QPlainTextEdit):
            column.addWidget(HiddenHint(field))
        column.addWidget(self._problem)

    def set_problem(self, text: str) -> None:
        """Show what is wrong; nothing when empty."""
        self.editor.set_invalid(bool(text))
        if text != self._problem.text() or bool(text) == self._problem.isHidden():
            self._problem.setText(text)
            self._problem.setVisible(bool(text))
