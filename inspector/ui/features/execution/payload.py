"""A payload to read: names and typed values, each in its colour; the whole of it to copy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from inspector.app.text import format_count, one_line
from inspector.core.values.snapshot import EnumValue, decode, plain
from inspector.core.values.table import EXACT
from inspector.ui.kit.fields import PlainArea
from inspector.ui.kit.layouts import grid, vbox
from inspector.ui.kit.menus import MenuItem, fill
from inspector.ui.kit.page import Link, clear
from inspector.ui.kit.text import ElidedLabel, PlainLabel, copy_text
from inspector.ui.parts.traceback import CodeLine, CodeLines

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme

#: A row of the context: name, value, tone.
ContextRow = tuple[str, str | QWidget, str]
#: How many fields are shown; the rest is in the copy.
MAX_FIELDS: Final = 80
#: Text up to this length stands in its line; the rest is shown on demand, this much at a time.
SHORT: Final = 500
PAGE: Final = 65_536
#: A structure of up to this many lines is shown as it is, a longer one scrolls.
_LINES: Final = 14
_ONE_LINE: Final = 30


def payload_json(payload: str) -> str:
    """Return a recorded payload as indented JSON for people.

    Raises:
        ValueError: The text is no snapshot.
    """
    return json.dumps(plain(payload), ensure_ascii=False, indent=2)


def value_text(value: Any) -> tuple[str, str]:
    """Return a decoded value as text, and the token of its colour."""
    if value is None or isinstance(value, bool):
        return json.dumps(value) if value is None else str(value), "keyword"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False), "string"
    atom = EXACT.get(id(type(value)))
    if atom is not None:
        return str(atom.shown(value)), atom.ink
    if isinstance(value, EnumValue):
        return f"{value.type.rpartition('.')[2]}.{value.name or value.value}", "keyword"
    return "", "text"


class PayloadView(QWidget):
    """Shows a payload, a line per field; lists and objects stand below their name."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._grid = grid(self, 14, 4)
        self._shown: str | None = None

    def set_payload(self, payload: str | None) -> None:
        """Show a recorded payload (tagged JSON text); None while it is not known."""
        if payload == self._shown and payload is not None:
            return
        self._shown = payload
        clear(self._grid)
        if payload is None:
            self._tell("…")
            return
        try:
            values, exact = decode(payload), plain(payload)
        except ValueError:
            self._tell("Cannot read this payload.")
            return
        if not isinstance(values, dict):
            values, exact = {"value": values}, {"value": exact}
        if not values:
            self._tell("No fields.")
        for row, (name, value) in enumerate(list(values.items())[:MAX_FIELDS]):
            self._add(row, str(name), value, exact.get(name) if isinstance(exact, dict) else None)
        if len(values) > MAX_FIELDS:
            self._tell(f"and {len(values) - MAX_FIELDS} more", MAX_FIELDS)

    def _tell(self, text: str, row: int = 0) -> None:
        self._grid.addWidget(PlainLabel(text, "dim", wrap=True), row, 0, 1, 2)

    def _add(self, row: int, name: str, value: Any, exact: Any) -> None:
        caption = PlainLabel(name, "mono")
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(caption, row, 0, top)
        text, ink = value_text(value)
        if not text:
            text = json.dumps(exact, ensure_ascii=False)
            if len(text) > _ONE_LINE:
                text = json.dumps(exact, ensure_ascii=False, indent=2)
        lines = text.split("\n")
        if 1 < len(lines) <= _LINES and len(text) <= SHORT:
            code = CodeLines(self._theme, [CodeLine("", one_line(line)) for line in lines])
            self._grid.addWidget(code, row, 1, top)
        elif len(text) > SHORT or len(lines) > 1:
            self._grid.addWidget(_Long(self._theme, text), row, 1, top)
        else:
            self._grid.addWidget(_Value(self._theme, text, ink, exact), row, 1, top)


class _Value(ElidedLabel):
    """A value on one line; a right click copies it."""

    def __init__(self, theme: Theme, text: str, ink: str, exact: Any) -> None:
        super().__init__(text, mode=Qt.TextElideMode.ElideMiddle)
        self._theme, self._ink = theme, ink
        self._exact = exact if isinstance(exact, str) else text
        self.setFont(theme.mono_font())
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        theme.changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        palette = self.palette()
        palette.setColor(self.foregroundRole(), self._theme.color(self._ink))
        self.setPalette(palette)

    def _menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill(menu, [MenuItem("Copy value", lambda: copy_text(self._exact, "value"), icon="copy")], self._theme)
        menu.popup(self.mapToGlobal(where))


class _Long(QWidget):
    """A long value: its beginning, and more of it on demand."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__()
        self._text = text
        self._area = PlainArea(theme)
        self._area.setReadOnly(True)
        self._area.setPlainText(text[:SHORT])
        lines = min(text[:SHORT].count("\n") + 1, 10)
        self._area.setFixedHeight(self._area.fontMetrics().lineSpacing() * lines + 26)
        self._more = Link(theme, self._words(SHORT))
        self._more.setVisible(len(text) > SHORT)
        self._more.clicked.connect(self._show_more)
        self._end = SHORT
        vbox(self._area, self._more, owner=self, spacing=2)

    def _words(self, shown: int) -> str:
        return f"Show more ({format_count(shown)} of {format_count(len(self._text))} characters)"

    def _show_more(self) -> None:
        """Show the next page; a page is what the area takes without delay."""
        self._end = min(self._end + PAGE, len(self._text))
        self._area.setPlainText(self._text[max(self._end - PAGE, 0) : self._end])
        self._area.setFixedHeight(self._area.fontMetrics().lineSpacing() * 16 + 26)
        self._more.set_text(self._words(self._end))
        self._more.setVisible(self._end < len(self._text))


def context_rows(context: str) -> list[ContextRow]:
    """Return the context of a publication as rows: database session and metadata."""
    try:
        data: Any = json.loads(context) if context else {}
    except ValueError:
        data = {}
    if not isinstance(data, dict) or not data:
        return [("", "unknown", "dim")]
    rows: list[ContextRow] = [
        ("Database session", "yes" if data.get("session") else "none", "" if data.get("session") else "dim")
    ]
    metadata = data.get("metadata")
    for name, value in metadata.items() if isinstance(metadata, dict) else ():
        rows.append((str(name), value if isinstance(value, str) else json.dumps(value), "mono"))
    return rows
