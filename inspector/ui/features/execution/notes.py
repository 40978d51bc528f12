"""What happened inside an execution: a row per note, its data on demand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QWidget

from inspector.app.text import format_offset, plural
from inspector.ui.kit.fields import PlainArea
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.page import ClickableRow, Segment, clear
from inspector.ui.kit.text import PlainLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.core.records.records import Noted
    from inspector.ui.kit.theme import Theme

#: How many notes are shown; those that came first, for a loop that logs says the same again and again.
MAX_NOTES: Final = 100
_DATA: Final = 8_000
_INKS: Final = {"error": "failed_text", "warning": "warn_text", "critical": "failed_text"}


class NotesView(QWidget):
    """Shows notes; new ones are put below those that are there."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._notes: list[Noted] = []
        self._start = 0
        self._column = vbox(owner=self)
        self._more: PlainLabel | None = None

    def set_notes(self, notes: Sequence[Noted], start: int) -> None:
        """Show the notes of an execution that started at ``start`` (ns)."""
        first = len(self._notes)
        same = (
            start == self._start
            and first <= len(notes)
            and all(old is new for old, new in zip(self._notes, notes, strict=False))
        )
        if not same:
            clear(self._column)
            self._more, first = None, 0
        self._notes, self._start = list(notes), start
        for note in notes[first:MAX_NOTES]:
            self._column.addWidget(_NoteRow(self._theme, note, start))
        hidden = len(notes) - MAX_NOTES
        if hidden > 0:
            if self._more is None:
                self._more = PlainLabel("", "dim")
                self._column.addWidget(self._more)
            self._more.setText(f"and {plural(hidden, 'more note', 'more notes')}")


class _NoteRow(QWidget):
    """``+2.9 ms  sql  SELECT …``; a click shows the data that came with it."""

    def __init__(self, theme: Theme, note: Noted, start: int) -> None:
        super().__init__()
        self._theme, self._note = theme, note
        self._data: PlainArea | None = None
        self._row = ClickableRow(theme)
        ink = _INKS.get(note.level, "text")
        offset = Segment(format_offset(note.at - start), "dim", mono=True, width=74)
        kind = Segment(note.kind, ink if ink != "text" else "dim", width=38)
        right = [Segment("{…}", "dim", mono=True)] if note.data else []
        self._row.set([offset, kind, Segment(note.text, ink, mono=note.kind == "sql")], right)
        self._row.setEnabled(bool(note.data))
        self._row.clicked.connect(self._toggle)
        self._column = vbox(self._row, owner=self, spacing=2)

    def _toggle(self) -> None:
        if self._data is None:
            self._data = PlainArea(self._theme)
            self._data.setReadOnly(True)
            text = data_text(self._note.data)
            self._data.setPlainText(text)
            lines = min(text.count("\n") + 1, 10)
            self._data.setFixedHeight(self._data.fontMetrics().lineSpacing() * lines + 26)
            self._column.addWidget(self._data)
        else:
            self._data.setVisible(self._data.isHidden())


def data_text(data: str) -> str:
    """Return the data of a note as indented JSON; as it is when it is none."""
    try:
        text = json.dumps(json.loads(data), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        text = data
    return text[:_DATA] + ("…" if len(text) > _DATA else "")
