"""What happened inside an execution: a row for each item, the whole of it on demand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from inspector.app.text import format_count, format_duration, format_offset, plural
from inspector.core.records.inside import HTTP, SQL, RequestNote, StatementNote, TimedNote, read_data
from inspector.ui.kit.fields import PlainArea
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.page import ClickableRow, Segment, clear
from inspector.ui.kit.text import PlainLabel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspector.analysis.inside import InsideItem
    from inspector.ui.kit.theme import Theme

#: How many items are shown; those that came first, for a loop that logs says the same again and again.
MAX_NOTES: Final = 100
_DATA: Final = 8_000
_LINES: Final = 10
#: Characters of a line in the narrowest panel.
_COLUMNS: Final = 36
_INKS: Final = {"error": "failed_text", "warning": "warn_text", "critical": "failed_text"}
_MONO: Final = (SQL, HTTP, "output")


def result_of(item: InsideItem) -> str:
    """Return what came of an item: rows, a status, handlers; empty when there is nothing to say."""
    if item.error and item.status is None:
        return item.error
    if item.status is not None:
        return str(item.status)
    if item.rows is not None:
        return plural(item.rows, "row")
    return "" if item.handlers is None else plural(item.handlers, "handler")


class NotesView(QWidget):
    """Shows items; new ones are put below those that are there.

    Signals:
        publication_chosen: An event was chosen: the index of its publication.
    """

    publication_chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._items: list[InsideItem] = []
        self._start = 0
        self._column = vbox(owner=self)
        self._more: PlainLabel | None = None

    def set_items(self, items: Sequence[InsideItem], start: int) -> None:
        """Show what happened in an execution that started at ``start`` (ns)."""
        first = len(self._items)
        if start != self._start or list(items[:first]) != self._items:
            clear(self._column)
            self._more, first = None, 0
        self._items, self._start = list(items), start
        for item in items[first:MAX_NOTES]:
            self._column.addWidget(_ItemRow(self._theme, item, start, self.publication_chosen.emit))
        hidden = len(items) - MAX_NOTES
        if hidden > 0:
            if self._more is None:
                self._more = PlainLabel("", "dim")
                self._column.addWidget(self._more)
            self._more.setText(f"and {plural(hidden, 'more item')}")


class _ItemRow(QWidget):
    """``+2.9 ms  sql  SELECT …  3 rows  1.2 ms``; chosen, it shows the whole item, and an event leads to it."""

    def __init__(self, theme: Theme, item: InsideItem, start: int, chosen: Callable[[int], None]) -> None:
        super().__init__()
        self._theme, self._item, self._chosen = theme, item, chosen
        self._whole: PlainArea | None = None
        self._row = ClickableRow(theme)
        ink = "text" if item.kind == HTTP else _INKS.get(item.level, "text")  # its status says it
        offset = Segment(format_offset(item.at - start), "dim", mono=True, width=66)
        kind = Segment(item.kind, ink if ink != "text" else "dim", width=46)
        text_ink = "accent_text" if item.publication >= 0 else ink
        right = [Segment(result_of(item), "failed_text" if item.fails else "dim")]
        if item.took is not None:
            right.append(Segment(format_duration(item.took), "dim", mono=True, width=60))
        elif item.data:
            right.append(Segment("{…}", "dim", mono=True))
        self._row.set([offset, kind, Segment(item.text, text_ink, mono=item.kind in _MONO)], _filled(right))
        self._row.clicked.connect(self._choose)
        self._column = vbox(self._row, owner=self, spacing=2)

    def _choose(self) -> None:
        if self._item.publication >= 0:
            self._chosen(self._item.publication)
        elif self._whole is None:
            self._whole = PlainArea(self._theme)
            self._whole.setReadOnly(True)
            self._whole.setLineWrapMode(PlainArea.LineWrapMode.WidgetWidth)
            self._whole.setPlainText(whole_text(self._item))
            lines = min(self._whole.toPlainText().count("\n") + 1 + len(self._item.text) // _COLUMNS, _LINES)
            self._whole.setFixedHeight(self._whole.fontMetrics().lineSpacing() * lines + 26)
            self._column.addWidget(self._whole)
        else:
            self._whole.setVisible(self._whole.isHidden())


def _filled(segments: list[Segment]) -> list[Segment]:
    return [segment for segment in segments if segment.text]


def whole_text(item: InsideItem) -> str:
    """Return all that is recorded of an item, to be read: its text, then what else is known of it."""
    text = item.text[:_DATA] + ("…" if len(item.text) > _DATA else "")
    more = facts_text(item) or (data_text(item.data) if item.data else "")
    return "\n\n".join(filter(None, (text, more)))


def facts_text(item: InsideItem) -> str:
    """Return what is recorded of a statement or a request beside its text, in words; empty for other items."""
    if item.kind == SQL:
        statement = read_data(StatementNote, item.data)
        types = ", ".join(statement.parameters)
        more = [
            f"parameters: {types}" if types else "",
            f"{format_count(statement.sets)} sets of parameters" if statement.sets > 1 else "",
        ]
        data: TimedNote = statement
    elif item.kind == HTTP:
        request = read_data(RequestNote, item.data)
        more = [f"query: {', '.join(request.query)}" if request.query else ""]
        data = request
    else:
        return ""
    failed = data.error if data.error != result_of(item) else ""
    took = f"took {format_duration(data.took)}"
    return "\n".join(filter(None, (result_of(item), failed, took, *more, data.by and f"by {data.by}")))


def data_text(data: str) -> str:
    """Return the data of an item as indented JSON; as it is when it is none."""
    try:
        text = json.dumps(json.loads(data), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        text = data
    return text[:_DATA] + ("…" if len(text) > _DATA else "")
