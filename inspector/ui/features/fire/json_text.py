"""The fields of an event as JSON, to be edited as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.ui.kit.editors import PlainArea, mark_invalid
from inspector.ui.kit.text import PlainLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.ui.kit.theme import Theme

#: How many problems are told at once.
_TOLD: Final = 4


class JsonView(QWidget):
    """An editor for JSON, and below it what is wrong with it.

    Signals:
        edited: What stands there now; sent only when the person changed it.
    """

    edited = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.area = PlainArea(theme)
        self.area.setAccessibleName("Fields as JSON")
        self._problems = PlainLabel("", "failed", wrap=True)
        self._problems.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.addWidget(self.area, 1)
        column.addWidget(self._problems)
        self.setFocusProxy(self.area)
        self.area.textChanged.connect(lambda: self.edited.emit(self.area.toPlainText()))

    def set_text(self, text: str) -> None:
        """Show a text; nothing is sent."""
        if self.area.toPlainText() != text:
            with QSignalBlocker(self.area):
                self.area.setPlainText(text)

    def tell(self, problems: Sequence[str], *, broken: bool = False) -> None:
        """Say what is wrong; ``broken`` when it is no JSON at all."""
        self._problems.setText("\n".join(problems[:_TOLD]))
        self._problems.setVisible(bool(problems))
        mark_invalid(self.area, broken)
