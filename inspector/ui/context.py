"""What a feature gets to work with: the services of the window, and the way to what other features do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from inspector.app.editor import open_in_editor
from inspector.app.settings import EDITOR
from inspector.core.errors import InspectorError
from inspector.ui.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtWidgets import QWidget

    from inspector.analysis.journal import Journal
    from inspector.app.checking import Basis
    from inspector.app.commands import CommandTable
    from inspector.app.notices import Notices
    from inspector.app.recording import Host
    from inspector.app.settings import Settings
    from inspector.app.tasks import TaskOwner
    from inspector.app.workbench import Workbench
    from inspector.hosts.project import Project
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection
    from inspector.ui.shell.shell import Shell


@dataclass(frozen=True)
class Launch:
    """What the window was started with.

    Attributes:
        project: Recorded in a process of its own; None when another program is.
        confirmed: The person has said already that the project's code may run.
        seed: Seed of the synthetic values.
        basis: Returns what a check of the program needs, where it is not a project; None for nothing but its catalog.
        demo: Makes the host of the program that runs where there is no project; None when there is none.
    """

    project: Project | None = None
    confirmed: bool = False
    seed: int | None = None
    basis: Callable[[], Basis] | None = None
    demo: Callable[[], Host] | None = None


class Context(QObject):
    """The contract between the window and its features.

    A feature connects to what it wants to hear and emits what it wants done; who does it is none of its business. A
    thing that needs no argument is asked for as a command: ``context.commands.run("timeline.fit")``.

    Args:
        shell: The window, which owns the context.
        workbench: What does the work, without a window.
        theme: The look.
        settings: What is remembered between runs.
        notices: Where trouble is told.
        tasks: Owner of asynchronous work.
        commands: Everything that can be done, by id.
        launch: What the window was started with.
        selection: What is selected in the window.
        first_panels: What features have made for the first frame, by their ids.

    Attributes:
        history: The way back through zoom and filter.

    Signals, what happens:
        built: The features of the first frame are made and their commands are in the table; the bar is there.
        view_shown: Another session is shown (a ``View``), and every panel has been told.
        folded: The journal that is shown has taken in more (a ``Change``), and every panel has been told.
        changed: What can be done may have changed: labels, reasons and switches are read anew. Emit it when you have
            changed something that others cannot notice.
        checked: A check of the program has ended (a ``Checked``); None when it could not be checked.
        started: The recording runs, or there is a window without one.
        preferences_changed: A preference has changed (``inspector.app.settings``).
        numbers_changed: Numbers are written in another format from now on. Panels override ``numbers_changed``.
        stopping: The window is to close, or the program to end: no question may wait for its answer any longer.
        closing: The window closes: settings that are set now are saved.
        project_saved: We have written into the file of a project (its path, and the state in which that has left it).

    Signals, what is wanted:
        event_wanted: Show an event type (its name) where events are chosen.
        execution_wanted: Select an execution (its index) and show it in the timeline.
        stretch_wanted: Show the time from a start to an end, in ns since the session began.
        finding_wanted: Show a ``Finding``.
        form_wanted: Show the form of an event (its name).
        fire_wanted: Fire an event (its name) with the values that stand in its form.
        repeat_wanted: Publish again what was published (its index); True only takes it into the form.
        retry_wanted: Try executions again (their indexes, a sequence): each calls its one handler.
        retried_wanted: Show the execution that a ``Verdict`` is about, in the live session.
        command_wanted: Copy what publishes this again (its index) as a command for a terminal.
        comparison_wanted: Show what separates an execution (its index), which failed, from one that passed.
        copy_wanted: Copy an execution (its index) as ``pytest``, ``Markdown`` or ``Python``.
        fault_wanted: Ask for a fault for an event (its name) and a handler (its label); empty for any.
        project_wanted: Load the program that runs anew, as this ``Project``.
    """

    built = Signal()
    view_shown = Signal(object)
    folded = Signal(object)
    changed = Signal()
    checked = Signal(object)
    started = Signal()
    preferences_changed = Signal()
    numbers_changed = Signal()
    stopping = Signal()
    closing = Signal()
    project_saved = Signal(object, object)

    event_wanted = Signal(str)
    execution_wanted = Signal(int)
    stretch_wanted = Signal(object, object)
    finding_wanted = Signal(object)
    form_wanted = Signal(str)
    fire_wanted = Signal(str)
    repeat_wanted = Signal(int, bool)
    retry_wanted = Signal(object)
    retried_wanted = Signal(object)
    command_wanted = Signal(int)
    comparison_wanted = Signal(int)
    copy_wanted = Signal(str, int)
    fault_wanted = Signal(str, str)
    project_wanted = Signal(object)

    def __init__(
        self,
        shell: Shell,
        workbench: Workbench,
        theme: Theme,
        settings: Settings,
        notices: Notices,
        tasks: TaskOwner,
        commands: CommandTable,
        launch: Launch,
        selection: Selection,
        first_panels: Mapping[str, QWidget],
    ) -> None:
        super().__init__(shell)
        self.shell = shell
        self.workbench = workbench
        self.theme = theme
        self.settings = settings
        self.notices = notices
        self.tasks = tasks
        self.commands = commands
        self.launch = launch
        self.selection = selection
        self.first_panels = first_panels
        self.history = History(self)
        self.history.changed.connect(lambda: commands.changed("edit.back", "edit.forward"))

    @property
    def journal(self) -> Journal | None:
        """The journal that is shown; None before the start."""
        view = self.workbench.view
        return view.journal if view is not None else None

    def raise_panel(self, panel_id: str) -> None:
        """Open a panel and bring it to the front; the keyboard stays where it is."""
        self.shell.raise_panel(panel_id)

    def set_filter(self, text: str) -> None:
        """Put another text into the filter of the window; an undo brings the one before back."""
        self.shell.bar.filter.replace(text)

    def open_source(self, file: str, line: int) -> None:
        """Open a line of a file in the person's editor; what goes wrong becomes a notice."""
        try:
            open_in_editor(file, line, self.settings.text(EDITOR))
        except InspectorError as error:
            self.notices.report(error)

    def shortcut(self, command_id: str) -> str:
        """Return the first shortcut of a command as people write it here, from ``built`` on; empty when it has none."""
        return self.shell.shortcut(command_id)
