"""The form that comes up where an event type has changed since it was recorded: which value goes where."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QLineEdit, QScrollArea, QWidget

from inspector.app.text import one_line
from inspector.catalog import fieldtext
from inspector.catalog.replay import FieldMapping, Replay
from inspector.core.errors import UsageError
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.fonts import bold_font
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.text import ElidedLabel, PlainLabel, set_tone

if TYPE_CHECKING:
    import asyncio

    from inspector.core.description import FieldShape
    from inspector.ui.kit.theme import Theme

_MARGINS: Final = (18, 16, 18, 14)
#: What a field gets: a value that is written, nothing (its default, or a synthetic value), or that of a removed field.
_WRITTEN: Final = "written"
_NOTHING: Final = "nothing"
#: Pixels that the fields take at most; the rest scrolls.
_HIGHEST: Final = 420
#: Characters of a value that are shown.
_SHOWN: Final = 80


class _FieldRow:
    """What one field gets: a choice, and beside it the value that is written."""

    def __init__(self, replay: Replay, shape: FieldShape) -> None:
        self._shape = shape
        self.source = QComboBox()
        self.source.setAccessibleName(f"Value of {shape.name}")
        self.value = QLineEdit()
        self.value.setAccessibleName(shape.name)
        self.value.setPlaceholderText(fieldtext.describe(shape.type))
        self.source.addItem("Synthetic value" if shape.required else "Default", _NOTHING)
        for name, value in replay.removed.items():
            if name not in replay.lost and _fits(shape, value):
                self.source.addItem(f"From {name}", name)
        self.source.addItem("Value:", _WRITTEN)

    def choose(self, choice: str) -> None:
        """Choose what the field gets."""
        self.source.setCurrentIndex(max(0, self.source.findData(choice)))

    @property
    def choice(self) -> str:
        """What the field gets: ``written``, ``nothing``, or the name of a removed field."""
        return str(self.source.currentData())

    def written(self) -> object:
        """Return the value that is written, as JSON.

        Raises:
            UsageError: It is none.
        """
        return fieldtext.parse(self._shape.type, self.value.text(), self._shape.name)


class MappingDialog(QDialog):
    """Asks which value goes where.

    Args:
        theme: Its look.
        replay: What was recorded, and what has changed.
        verb: What is done with it: ``Retry``.
        parent: The window.
    """

    def __init__(self, theme: Theme, replay: Replay, verb: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Event Changed")
        self.setMinimumWidth(620)
        self._theme = theme
        self._replay = replay
        shapes = {shape.name: shape for shape in replay.event.fields}
        self.rows = {name: _FieldRow(replay, shapes[name]) for name in replay.unfit}
        self.rows |= {shape.name: _FieldRow(replay, shape) for shape in replay.added}
        self.left_out = {name: PlainLabel("", "warn") for name in replay.removed}
        head = PlainLabel(f"{replay.event.name} has changed since this was recorded.", wrap=True)
        head.setFont(bold_font(head.font()))
        what = PlainLabel(
            "Choose values for its new and changed fields; all others stay as recorded.", "dim", wrap=True
        )
        self.problem = PlainLabel("", "failed", wrap=True)
        self.ok = Button(theme, verb, "play", kind="primary", on_click=self.accept)
        self.ok.setDefault(True)
        cancel = Button(theme, "Cancel", on_click=self.reject)
        cancel.setAutoDefault(False)
        buttons = hbox(1, cancel, self.ok, spacing=-1)
        vbox(head, what, self._fields(), self.problem, buttons, owner=self, margins=_MARGINS, spacing=10)
        self._begin()

    def _fields(self) -> QScrollArea:
        content = QWidget()
        layout = QGridLayout(content)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setHorizontalSpacing(12)
        layout.setVerticalSpacing(8)
        layout.setColumnStretch(1, 2)
        layout.setColumnStretch(3, 3)
        for line, (name, row) in enumerate(self.rows.items()):
            label = PlainLabel(name)
            label.setFont(self._theme.mono_font())
            label.setBuddy(row.source)
            unfit = name in self._replay.unfit
            words = f"was {_shown(self._replay.values[name])}" if unfit else "new"
            about = ElidedLabel(words, "dim")
            about.setMinimumWidth(90)
            for column, part in enumerate((label, about, row.source, row.value)):
                layout.addWidget(part, line, column)
        for line, (name, label) in enumerate(self.left_out.items(), len(self.rows)):
            title = PlainLabel(name)
            title.setFont(self._theme.mono_font())
            lost = name in self._replay.lost
            value = ElidedLabel("not fully recorded" if lost else _shown(self._replay.removed[name]), "dim")
            value.setMinimumWidth(90)
            layout.addWidget(title, line, 0)
            layout.addWidget(value, line, 1)
            layout.addWidget(label, line, 2, 1, 2)
        area = QScrollArea()
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(content)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumHeight(min(content.sizeHint().height() + 2, _HIGHEST))
        return area

    def _begin(self) -> None:
        """Propose what is likely: a field that was renamed takes the value of the one that it was."""
        replay = self._replay
        for name, row in self.rows.items():
            if name in replay.unfit:
                shape = next(shape for shape in replay.event.fields if shape.name == name)
                row.value.setText(fieldtext.format(shape.type, replay.values[name]))
                row.choose(_WRITTEN)
            row.source.currentIndexChanged.connect(lambda _: self._tell())
            row.value.textChanged.connect(lambda _: self._tell())
        fitting = {
            name: [old for old in replay.removed if row.source.findData(old) >= 0] for name, row in self.rows.items()
        }
        if len(replay.removed) == len(replay.added) == 1 and fitting[replay.added[0].name]:
            self.rows[replay.added[0].name].choose(next(iter(replay.removed)))
        self._tell()

    def mapping(self) -> FieldMapping:
        """Return what is chosen.

        Raises:
            UsageError: A value that is written is none.
        """
        removed = self._replay.removed
        return FieldMapping(
            {name: row.choice for name, row in self.rows.items() if row.choice in removed},
            {name: row.written() for name, row in self.rows.items() if row.choice == _WRITTEN},
            frozenset({*self.rows, *removed}),
        )

    def _tell(self) -> None:
        """Show which values are written, where the removed fields go, and what is wrong."""
        goes: dict[str, str] = {}
        for name, row in self.rows.items():
            row.value.setVisible(row.choice == _WRITTEN)
            goes[row.choice] = name
        for name, label in self.left_out.items():
            label.setText(f"goes to {goes[name]}" if name in goes else "is left out")
            set_tone(label, "dim" if name in goes else "warn")
        trouble = ""
        try:
            self.mapping()
        except UsageError as error:
            trouble = error.text
        self.problem.setText(trouble)
        self.problem.setVisible(bool(trouble))
        self.ok.setEnabled(not trouble)


def _fits(shape: FieldShape, value: object) -> bool:
    try:
        fieldtext.check(shape.type, value, shape.name)
    except UsageError:
        return False
    return True


def _shown(value: object) -> str:
    return one_line(json.dumps(value, ensure_ascii=False), _SHOWN)


def ask_mapping(theme: Theme, parent: QWidget, replay: Replay, verb: str) -> asyncio.Future[FieldMapping | None]:
    """Ask from a coroutine which value goes where: await the mapping, None when the person gives up."""
    import asyncio

    answer: asyncio.Future[FieldMapping | None] = asyncio.get_running_loop().create_future()
    dialog = MappingDialog(theme, replay, verb, parent)

    def done(accepted: bool) -> None:
        if not answer.done():
            answer.set_result(dialog.mapping() if accepted else None)

    dialog.accepted.connect(lambda: done(True))
    dialog.rejected.connect(lambda: done(False))
    dialog.open()
    return answer
