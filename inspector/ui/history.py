"""The way back: what was looked at and filtered before, as one sequence of steps, whoever made them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Signal

from inspector.app.commands import Command

#: The part that holds the filters of the window.
FILTER: Final = "filter"
_KEPT: Final = 200

Step = Callable[[], bool]


class History(QObject):
    """Goes back and forward through the steps of several parts of the window, in the order in which they were made.

    Each part (zoom, filter) keeps its own states and says when it has made a step; here stands only whose turn it is.

    Signals:
        changed: There may be other steps to go back or forward to.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._parts: dict[str, tuple[Step, Step]] = {}
        self._behind: list[str] = []
        self._ahead: list[str] = []

    def add_part(self, name: str, back: Step, forward: Step) -> None:
        """Take in a part; ``back`` and ``forward`` go one step of it and return False when they know none."""
        self._parts[name] = back, forward

    def record(self, name: str) -> None:
        """Take notice of a step that a part has made; what was gone back from is forgotten."""
        self._behind = [*self._behind[-_KEPT:], name]
        self._ahead = []
        self.changed.emit()

    def commands(self) -> tuple[Command, ...]:
        """Return what can be done with it."""
        return (
            Command(
                "edit.back",
                "Back",
                self.back,
                "Edit",
                "history",
                ("Alt+Left", "Ctrl+Z"),
                "chevron-left",
                "Undo zoom or filter",
                blocked=lambda: "" if self._behind else "Nothing to undo",
            ),
            Command(
                "edit.forward",
                "Forward",
                self.forward,
                "Edit",
                "history",
                ("Alt+Right", "Ctrl+Shift+Z"),
                "chevron-right",
                "Redo zoom or filter",
                blocked=lambda: "" if self._ahead else "Nothing to redo",
            ),
        )

    def back(self, part: str = "") -> bool:
        """Take the last step back, or the last of one part; return False when there is none."""
        return self._go(self._behind, self._ahead, 0, part)

    def forward(self) -> bool:
        """Make the step again that was taken back last; return False when there is none."""
        return self._go(self._ahead, self._behind, 1, "")

    def _go(self, source: list[str], target: list[str], direction: int, part: str) -> bool:
        gone = False
        while not gone:
            place = next((at for at in reversed(range(len(source))) if part in ("", source[at])), -1)
            if place < 0:
                break
            name = source.pop(place)
            # A part may have forgotten its step meanwhile, as when another session is shown.
            gone = self._parts[name][direction]()
            if gone:
                target.append(name)
        self.changed.emit()
        return gone
