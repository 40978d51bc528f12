"""What a window without anything to show suggests: the one next step that works as things stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from inspector.ui.kit.boxes import Action, EmptyState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspector.app.commands import CommandTable
    from inspector.app.workbench import Workbench

#: What an empty place says instead of its own words.
_Words = tuple[str, str, Action | None]
_OWN: Final[_Words] = ("", "", None)


class NextSteps(QObject):
    """Keeps the empty places of the window true: no place may ask for what cannot be done now.

    Args:
        parent: The window.
        workbench: Knows what is shown and whether it runs.
        commands: What can be done.
        offering: The empty places that wait for events, and have room for a button.
        others: The other empty places that are filled by a program.
    """

    def __init__(
        self,
        parent: QObject,
        workbench: Workbench,
        commands: CommandTable,
        offering: Sequence[EmptyState],
        others: Sequence[EmptyState],
    ) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._commands = commands
        self._offering = tuple(offering)
        self._others = tuple(others)

    def refresh(self) -> None:
        """Show what is next now."""
        whole = self._without_program()
        words = whole if whole != _OWN else self._without_events()
        for place in self._offering:
            place.instead(*words)
        for place in self._others:
            place.instead(whole[0], whole[1])

    def _without_program(self) -> _Words:
        """Return the words for a window that shows no session at all."""
        workbench = self._workbench
        if workbench.view is not None:
            return _OWN
        if not workbench.idle:
            return "Starting…", "The program is being loaded.", None
        return workbench.idle, "Open your own project to see its events here.", self._open()

    def _without_events(self) -> _Words:
        """Return the words for a session without events, when firing one is not what works."""
        workbench, host = self._workbench, self._workbench.host
        if not workbench.live:
            empty = "Nothing was recorded in this session"
            if host is None:
                return empty, "Open another one, or your own project.", self._open()
            return empty, "The live session takes events.", ("Back to live", self._run("session.live"))
        if host is None or not host.running:
            return "The program has stopped", "Load it again to fire an event.", self._open()
        if not host.recording:
            return "Recording is paused", "Nothing is taken in meanwhile.", ("Go on", self._run("record.toggle"))
        return _OWN

    def _open(self) -> Action:
        return "Open project…", self._run("project.open")

    def _run(self, command: str) -> Callable[[], object]:
        return lambda: self._commands.run(command)
