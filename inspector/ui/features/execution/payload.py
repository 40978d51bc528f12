"""The values of an execution: its payload, and the variables where it failed; and its context."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from inspector.app.valuetree import Value, payload_values, variable_values
from inspector.core.values.snapshot import plain
from inspector.ui.features.execution.values import ValuesView
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.text import PlainLabel

if TYPE_CHECKING:
    from collections.abc import Collection

    from inspector.core.records.capture import Frame
    from inspector.ui.kit.theme import Theme

#: A row of the context: name, value, tone.
ContextRow = tuple[str, str | QWidget, str]


def payload_json(payload: str) -> str:
    """Return a recorded payload as indented JSON for people.

    Raises:
        ValueError: The text is no snapshot.
    """
    return json.dumps(plain(payload), ensure_ascii=False, indent=2)


class PayloadView(QWidget):
    """Shows a payload as a tree, and with it the variables of the frame that failed.

    Signals:
        filter_requested: A filter by a value that a person chose.
    """

    filter_requested = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = PlainLabel("", "dim", wrap=True)
        self.values = ValuesView(theme)
        vbox(self._words, self.values, owner=self, spacing=4)
        self.values.filter_requested.connect(self.filter_requested)

    def set_payload(
        self, payload: str | None, base: Collection[str] = (), frame: Frame | None = None, title: str = "Values"
    ) -> None:
        """Show a recorded payload.

        Args:
            payload: Tagged JSON text; None while it is not known.
            base: Names of the fields that every event has.
            frame: The frame whose variables are shown as well.
            title: What the values are of.
        """
        values: list[Value] = []
        words = "…" if payload is None else ""
        if payload is not None:
            try:
                values += payload_values(payload, base)
                words = "" if values else "No fields."
            except ValueError:
                words = "Cannot read this payload."
        if frame is not None and frame.locals:
            names = ", ".join(name for name, _ in frame.locals)
            exact = "\n".join(f"{name} = {text}" for name, text in frame.locals)
            values.append(
                Value(f"Locals of {frame.function}", names, "dim", exact, values=variable_values(frame.locals))
            )
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self.values.setVisible(bool(values))
        self.values.set_values(values, title)


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
