"""Copying what was fired, or would be, as a command for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from inspector.core.errors import InspectorError
from inspector.ui.kit.text import COPIES, copy_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.catalog.form import FireForm
    from inspector.core.description import CatalogDescription
    from inspector.core.records.numbers import PublicationIndex
    from inspector.hosts.project import Project
    from inspector.ui.context import Context


class CommandCopies(QObject):
    """Puts ``inspector fire …`` into the clipboard.

    Args:
        context: The window.
        form_for: Returns what would be fired of an event; raises ``InspectorError`` when that is wrong.
    """

    def __init__(self, context: Context, form_for: Callable[[str], FireForm]) -> None:
        super().__init__(context)
        self._workbench = context.workbench
        self._form_for = form_for
        self._notices = context.notices
        self._tasks = context.tasks

    def copy_publication(self, publication: PublicationIndex) -> None:
        """Copy what publishes once more what was published (its index in the journal that is shown)."""
        self._tasks.start("Copying the command", self._copy_publication(publication, COPIES.newest.ask()))

    def copy_event(self, name: str) -> None:
        """Copy what fires an event with the values that stand in its form."""
        try:
            form = self._form_for(name)
            catalog, project = self._program()
        except InspectorError as error:
            self._notices.report(error)
            return
        from inspector.app.commandline import fire_command

        command = fire_command(
            catalog,
            next(event for event in catalog.events if event.name == name),
            form.fixed_values,
            session=form.session,
            metadata=form.metadata,
            count=form.count,
            same=form.same,
            timeout=form.timeout,
            project=project,
        )
        self._copy(command)

    async def _copy_publication(self, publication: PublicationIndex, wanted: Callable[[], bool]) -> None:
        view = self._workbench.view
        if view is None:
            return
        catalog, project = self._program()
        from inspector.app.copies.command import command_of

        command, replay = await command_of(view.details, catalog, publication, project)
        hints = [f"New values generated for: {', '.join(replay.lost)}."] if replay.lost else []
        hints += [f"The event has changed: {replay.changes}."] if replay.changed else []
        if wanted():  # else something else was copied meanwhile
            self._copy(command, " ".join(hints))

    def _program(self) -> tuple[CatalogDescription, Project | None]:
        """Return the catalog that is shown and the project it is of, None for the demo.

        Raises:
            InspectorError: Another program is loaded: how the one that is shown was loaded is not known.
        """
        view, recording = self._workbench.view, self._workbench.recording
        shown = view.journal.catalog if view is not None else None
        loaded = recording.journal.catalog
        if shown is None or loaded is None or shown.program != loaded.program:
            raise InspectorError(
                "Cannot create a command: the project of this session is unknown.",
                "Open the project first.",
            )
        return shown, recording.host.project

    def _copy(self, command: str, hint: str = "") -> None:
        copy_text(command)
        self._notices.info("Command copied.", hint or "Paste it into a terminal to fire the same event.")
