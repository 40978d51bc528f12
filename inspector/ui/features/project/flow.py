"""A project of one's own in the window: open, watch, reload, and what to do when its process is in trouble."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from PySide6.QtCore import QMimeData, QObject, QTimer

from inspector.app.commands import Command
from inspector.app.projects import Projects, options_of, project_of, with_more_time
from inspector.app.reload import Reloader
from inspector.app.text import format_duration, plural
from inspector.core.errors import InspectorError
from inspector.core.records.host import LoopBlocked, ProcessEnded, ProcessStuck, ProgramReloaded
from inspector.hosts.child import BLOCKED, ENDED, STUCK, ChildHost
from inspector.hosts.embedded import EmbeddedHost
from inspector.hosts.run.host import RunHost
from inspector.hosts.trouble import LoadError
from inspector.ui.features.project.dialogs import (
    LoadTroubleDialog,
    MissingSettingsDialog,
    OpenProjectDialog,
    ProjectSettingsDialog,
)
from inspector.ui.kit.menus import MenuItem
from inspector.ui.kit.text import ask, ask_then

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from inspector.app.reload import Reloaded
    from inspector.core.records.host import HostRecord
    from inspector.hosts.kept import KeptSettings, Trust
    from inspector.hosts.project import Project
    from inspector.hosts.trouble import MissingSetting
    from inspector.hosts.watch import FileState
    from inspector.ui.context import Context

_T = TypeVar("_T")
_LOADING: Final = "Loading the project"
_CLEAR: Final = "Clear"
#: Milliseconds between two looks at the process.
_LOOK: Final = 250
#: The records in which the host says what trouble a process is in.
_TOLD_BY: Final[dict[str, type[HostRecord]]] = {BLOCKED: LoopBlocked, STUCK: ProcessStuck, ENDED: ProcessEnded}
#: What is told of a process in trouble of which the host has said no more.
_TROUBLE: Final = {
    BLOCKED: "Event loop blocked.",
    STUCK: "Program not responding.",
    ENDED: "Program stopped.",
}
#: How many of the newest records of the host are searched for more.
_RECORDS: Final = 1000


class ProjectFlow(QObject):
    """Opens projects and looks after their process.

    Args:
        context: The window.
        trust: Remembers whose code may run.
        kept_settings: Remembers settings that were filled in.
    """

    def __init__(self, context: Context, trust: Trust, kept_settings: KeptSettings) -> None:
        super().__init__(context)
        self._context = context
        self._theme = context.theme
        self._shell = context.shell
        self._workbench = context.workbench
        self._notices = context.notices
        self._tasks = context.tasks
        self._strip = context.shell.strip
        self.projects = Projects(context.workbench, context.settings, trust, kept_settings, self)
        self._trust = trust
        self._reloader: Reloader | None = None
        self._workbench.on_view(lambda _: self._follow_recording())
        self._waiting = False
        #: Questions that a person has not answered yet.
        self._questions: set[asyncio.Future[Any]] = set()
        self._ending = False
        #: What the strip says of a program in trouble, empty while it is in none.
        self._shown = ""
        #: The program could not be loaded again, which the strip tells.
        self._load_failed = False
        self._timer = QTimer(self, interval=_LOOK)
        self._timer.timeout.connect(self._look)
        self._shell.take_drops(self._take_drop)

    # What the window asks

    @property
    def project(self) -> Project | None:
        """The project that runs and is looked after, None while there is none."""
        host = self._host()
        return host.project if host is not None and self._reloader is not None else None

    def commands(self) -> list[Command]:
        """Return what can be done with projects."""
        return [
            Command(
                "project.open",
                "Open Project…",
                self.ask,
                "File",
                "project",
                ("Ctrl+Shift+O",),
                "folder",
                "Open your own program in its own process",
            ),
            Command(
                "project.recent",
                "Open Recent",
                self._open_last,
                "File",
                "project",
                (),
                "clock",
                "Reopen the last project",
                blocked=lambda: "" if self.projects.recent() else "No recent projects",
            ),
            Command(
                "project.demo",
                "Back to Demo",
                lambda: self._tasks.start(_LOADING, self.show_demo()),
                "File",
                "project",
                (),
                "undo",
                "Close the project and show the demo",
                blocked=self._demo_blocked,
            ),
            Command(
                "session.new",
                "New Session",
                lambda: self._tasks.start(_LOADING, self.begin_anew()),
                "Session",
                "new",
                ("Ctrl+N",),
                "plus",
                "Start a new session; restarts a stopped program",
                blocked=self._new_blocked,
            ),
            Command(
                "session.clear",
                "Clear Session…",
                self._ask_clear,
                "Session",
                "new",
                (),
                "close",
                "Delete all records of this session and continue",
                blocked=self._clear_blocked,
            ),
            Command(
                "project.reload",
                "Reload Project",
                lambda: self._tasks.start("Reloading the project", self._reload()),
                "File",
                "project",
                ("F5",),
                "refresh",
                "Restart the program and fire the pinned events again",
                blocked=self._reload_blocked,
            ),
            Command(
                "project.settings",
                "Project Settings…",
                self.edit_settings,
                "File",
                "project",
                (),
                "gear",
                "Edit the environment variables of the project",
                blocked=lambda: "" if self.project is not None else "Open a project first",
            ),
            Command(
                "project.pin",
                "Fire After Each Reload",
                self._pin,
                "Fire",
                "program",
                (),
                "pin",
                "Fire the last event after each reload",
                blocked=self._pin_blocked,
                checked=self._is_pinned,
            ),
            Command(
                "project.watch",
                "Reload on Save",
                self._toggle_watch,
                "File",
                "project",
                (),
                "refresh",
                "Reload when a source file is saved",
                blocked=lambda: "" if self._reloader is not None else "Open a project first",
                checked=lambda: self._reloader is not None and self._reloader.on,
            ),
        ]

    def ask(self, folder: Path | None = None) -> OpenProjectDialog:
        """Ask which project to open; nothing is loaded before the person has said so."""
        recent = self.projects.recent()
        dialog = OpenProjectDialog(self._theme, recent, self.projects.kept, self._shell)
        dialog.settings_requested.connect(lambda place: self._edit(place, dialog.tell_settings, dialog))
        if folder is not None:
            dialog.fill_folder(folder)
        elif recent:
            dialog.fill(recent[0])
        dialog.chosen.connect(partial(self.open, confirmed=True))  # the form has said that it runs code
        dialog.open()
        return dialog

    def edit_settings(self) -> ProjectSettingsDialog | None:
        """Let the person change the settings that are kept for the project that runs."""
        project = self.project
        return self._edit(project.cwd, lambda: None) if project is not None else None

    def _edit(self, folder: Path, saved: Callable[[], object], parent: QWidget | None = None) -> ProjectSettingsDialog:
        running = self.project
        is_running = running is not None and running.cwd.resolve() == folder.resolve()

        def save(settings: dict[str, str]) -> None:
            try:
                self.projects.keep(folder, settings)
            except InspectorError as error:
                self._notices.report(error)
                return
            if is_running and running is not None:
                changed = replace(running, settings=settings)
                self._tasks.start("Reloading the project", self._reload(changed))
            saved()

        dialog = ProjectSettingsDialog(
            self._theme, folder, self.projects.kept(folder), save, reload=is_running, parent=parent or self._shell
        )
        dialog.open()
        return dialog

    def open(self, project: Project, *, confirmed: bool = False) -> None:
        """Load a project; the person is asked for consent where it was not given before."""
        if self._tasks.running(_LOADING):
            self._notices.info("Another project is loading.", "Wait for it to finish, or restart the inspector.")
            return
        self._tasks.start(_LOADING, self.load(project, confirmed=confirmed))

    async def load(self, project: Project, *, confirmed: bool = False, seed: int | None = None) -> bool:
        """Load a project and look after it; return whether it runs now."""
        self._strip.show_message("running", f"Loading {project.name}…", "")
        if confirmed:
            self._remember_consent(project)
        try:
            opened = await self.projects.open(project, confirmed=confirmed, seed=seed)
        finally:
            self._strip.hide_message()
        if opened:
            self._adopt()
            if project.unused:
                self._notices.warning(project.unused)
        return opened

    def _remember_consent(self, project: Project) -> None:
        """Keep what was said in the form or on the command line, so that it is not asked again."""
        try:
            self._trust.remember(project)
        except InspectorError as error:
            self._notices.report(error)

    def recent_items(self) -> list[MenuItem]:
        """Return the projects that were opened last, as a menu."""
        return [
            MenuItem(f"{options['name'] or options['app']} — {options['cwd']}", partial(self._open_options, options))
            for options in self.projects.recent()
        ]

    def _open_last(self) -> None:
        self._open_options(self.projects.recent()[0])

    def _open_options(self, options: Mapping[str, str]) -> None:
        """Open a project again; what has changed in it since is asked about."""
        try:
            project = project_of(options)
        except InspectorError as error:
            self._notices.report(error)
            return
        self.open(project)

    def _demo_blocked(self) -> str:
        if self._context.launch.demo is None:
            return "No demo available"
        return "The demo is running" if isinstance(self._workbench.host, EmbeddedHost) else ""

    async def show_demo(self) -> bool:
        """Record the demo from now on, in a session of its own; return whether it runs."""
        make_host = self._context.launch.demo
        if make_host is None:
            return False
        await self._workbench.switch(make_host, name=time.strftime("%Y-%m-%d %H:%M:%S"))
        self.close()
        self._strip.hide_message()
        session = self._workbench.recording.journal.session
        self._shell.set_source(f"{session.program if session is not None else 'demo'} · embedded bus")
        self._context.changed.emit()
        return True

    async def begin_anew(self) -> bool:
        """Go on in a new session; a program that has stopped is started once more. Return whether it runs."""
        if not self._workbench.session_blocked():
            await self._workbench.new_session()
            return True
        project, before = self.project, self._reloader
        if project is None:
            return await self.show_demo()
        opened = await self.load(project, confirmed=True)
        if opened and before is not None and self._reloader is not None:
            self._reloader.on = before.on
            for pin in before.pins:
                self._reloader.pin(pin.form)
        return opened

    def _new_blocked(self) -> str:
        workbench = self._workbench
        stopped = workbench.host is not None and not workbench.host.running
        if stopped and isinstance(workbench.host, RunHost):
            return "The command has ended; run it again"
        return workbench.program_blocked() or ("" if stopped else workbench.session_blocked())

    def _clear_blocked(self) -> str:
        workbench = self._workbench
        if workbench.live or workbench.program_blocked():
            return self._new_blocked()
        return "This is a stored session; delete it instead"

    def _ask_clear(self) -> None:
        journal = self._workbench.recording.journal
        events, executions = len(journal.publications), len(journal.executions)
        what = f"{plural(events, 'event')} and {plural(executions, 'execution')} will be deleted. Recording continues."

        def answered(label: str | None) -> None:
            if label == _CLEAR:
                self._tasks.start(_LOADING, self.clear())

        ask_then(self._shell, "Clear Session", "Clear this session?", what, ("Cancel", _CLEAR), answered, danger=_CLEAR)

    async def clear(self) -> None:
        """Go on with an empty session, and delete the one before."""
        before = self._workbench.live_session
        if await self.begin_anew() and before:
            await self._workbench.delete(before)

    def close(self) -> None:
        """Stop looking."""
        self._timer.stop()
        if self._reloader is not None:
            self._reloader.stop()
            self._reloader = None

    # Asking the person (see app.projects.Asker)

    async def consent(self, question: str) -> bool:
        """Ask whether a project's code may run."""
        if self._ending:
            return False
        where, _, risk = question.partition("? ")
        asked = ask(self._shell, "Load project?", f"{where}?", risk, ("Load", "Cancel"))
        return await self._answer(asked) == "Load"

    async def missing(self, trouble: MissingSetting, project: Project) -> Mapping[str, str] | None:  # noqa: ARG002
        """Ask for settings that a project misses."""
        if self._ending:
            return None
        answer: asyncio.Future[dict[str, str] | None] = asyncio.get_running_loop().create_future()

        def done(filled: dict[str, str] | None) -> None:
            if not answer.done():
                answer.set_result(filled)

        MissingSettingsDialog(self._theme, trouble, done, self._shell).open()
        return await self._answer(answer)

    async def _answer(self, question: asyncio.Future[_T | None]) -> _T | None:
        """Wait for the answer to a question; None when the program ends before."""
        self._questions.add(question)
        try:
            return await question
        finally:
            self._questions.discard(question)

    def give_up(self) -> None:
        """Answer every open question with no, and those that come yet: the program ends."""
        self._ending = True
        for question in tuple(self._questions):
            if not question.done():
                question.set_result(None)

    def trouble(self, trouble: LoadError, project: Project) -> None:
        """Show why a project could not be loaded; what was asked for can be changed."""
        settings = None
        if self.projects.kept(project.cwd):
            # What was filled in may be what is wrong; the person has allowed already that it is loaded.
            plain = replace(project, settings={})
            settings = partial(self._edit, project.cwd, lambda: self.open(plain, confirmed=True))
        again, longer = partial(self._ask_again, project), None
        if trouble.kind == "timeout":
            longer = partial(self.open, with_more_time(project), confirmed=True)
        LoadTroubleDialog(self._theme, trouble, again, settings, longer, self._shell).open()

    def _ask_again(self, project: Project) -> None:
        self.ask().fill(options_of(project))

    # A folder that is dropped on the window fills the form

    def _take_drop(self, data: QMimeData) -> Callable[[], object] | None:
        """Take folders that are dropped on the window."""
        folder = _folder(data)
        return None if folder is None else partial(self.ask, folder)

    # Looking after the process

    def _host(self) -> ChildHost | None:
        host = self._workbench.host
        return host if isinstance(host, ChildHost) else None

    def _follow_recording(self) -> None:
        """Fire again, after a reload, into the session that is recorded now."""
        host = self._host()
        if self._reloader is not None and host is not None:
            self._reloader.recording = self._workbench.recording

    def _adopt(self) -> None:
        """Watch files and process of a project that runs."""
        host = self._host()
        if host is None:
            return
        self.close()
        self._waiting = False
        self._reloader = Reloader(self._workbench.recording, host, self._tasks, self._reloaded)
        self._reloader.start()
        self._timer.start()
        self._shell.set_source(f"{host.project.name} · Python {host.python}")
        for problem in host.problems:
            self._notices.warning(problem.text, problem.hint)
        self._context.changed.emit()

    def _look(self) -> None:
        """Show when the process is in trouble, and offer what can be done."""
        host = self._host()
        state = host.state if host is not None else ""
        if state not in (BLOCKED, STUCK, ENDED):
            if self._shown:
                self._strip.hide_message()
            self._shown, self._waiting, self._load_failed = "", False, False
            return
        if host is None or (self._waiting and state != ENDED) or (self._load_failed and state == ENDED):
            return
        text = self._explain(state)
        if text == self._shown:
            return
        self._shown = text
        actions: list[tuple[str, Callable[[], object]]] = [("Restart", self._restart)]
        if state != ENDED:
            actions += [("Stop", host.kill), ("Wait", self._wait)]
        self._strip.show_message("failed" if state == ENDED else "warn", text, "", actions)

    def _explain(self, state: str) -> str:
        """Return what the host said of this trouble; until it has said so, and when it says nothing, what it is."""
        for record in islice(reversed(self._workbench.recording.journal.host_records), _RECORDS):
            if isinstance(record, _TOLD_BY[state]):
                return record.sentence
            if isinstance(record, ProgramReloaded):
                break
        return _TROUBLE[state]

    def _wait(self) -> None:
        self._waiting = True
        self._strip.hide_message()

    def _reload_blocked(self) -> str:
        if self._host() is not None:
            return "" if self._reloader is not None else "The project is still loading"
        return "Only a project can be reloaded" if self._workbench.host is not None else "Open a project first"

    def _restart(self) -> None:
        self._tasks.start("Restarting the program", self._reload())

    def _restart_with_more_time(self) -> None:
        project = self.project
        if project is not None:
            self._tasks.start("Restarting the program", self._reload(with_more_time(project)))

    def reload(self, project: Project) -> None:
        """Load the program that runs anew, with other settings."""
        self._tasks.start("Reloading the project", self._reload(project))

    def wrote(self, file: Path, state: FileState | None) -> None:
        """Take note that our own save has left the project's file in this state: that is no reason to reload."""
        if self._reloader is not None:
            self._reloader.wrote(file, state)

    async def _reload(self, project: Project | None = None) -> None:
        if self._reloader is not None:
            await self._reloader.reload(project=project)

    def _reloaded(self, outcome: Reloaded) -> None:
        """Show what a reload changed."""
        self._shown = ""
        self._load_failed = isinstance(outcome.trouble, LoadError)
        took = format_duration(int(outcome.seconds * 1e9))
        if outcome.trouble is not None and not self._load_failed:
            return  # it was loaded and has ended since: how is told by who looks after it
        if outcome.trouble is not None:
            text = f"Reload failed: {outcome.trouble.text}"
            retries: list[tuple[str, Callable[[], object]]] = [("Retry", self._restart)]
            if isinstance(outcome.trouble, LoadError) and outcome.trouble.kind == "timeout":
                retries.insert(0, ("Retry with more time", self._restart_with_more_time))
            self._strip.show_message("failed", text, outcome.trouble.hint, retries)
            return
        parts = [f"{plural(len(outcome.fixed), 'handler')} fixed"] * bool(outcome.fixed)
        parts += [f"{plural(len(outcome.broke), 'handler')} broke"] * bool(outcome.broke)
        parts += [f"{outcome.same} unchanged"] * bool(outcome.same)
        actions: list[tuple[str, Callable[[], object]]] = [("Dismiss", self._strip.hide_message)]
        if not parts:
            parts = ["no event fires after a reload"]
            if self._workbench.last_fired is not None:
                actions.insert(0, (f"Fire {self._workbench.last_fired.event} after each reload", self._fire_each_time))
        details = ", ".join((*outcome.broke, *outcome.fixed)[:4])
        tone = "failed" if outcome.broke else "ok"
        self._strip.show_message(tone, " · ".join((f"Reloaded in {took}", *parts)), details, actions)

    def _toggle_watch(self) -> None:
        if self._reloader is not None:
            self._reloader.on = not self._reloader.on
            self._context.changed.emit()

    # Pins

    def _pin(self) -> None:
        form, reloader = self._workbench.last_fired, self._reloader
        if form is None or reloader is None:
            return
        if reloader.pinned(form.event):
            reloader.unpin(form.event)
        else:
            reloader.pin(form, self._workbench.last_fire)
        self._context.changed.emit()

    def _fire_each_time(self) -> None:
        """Fire what was fired last on what was just loaded, and compare every reload from now on with that."""
        self._strip.hide_message()
        self._context.commands.run("fire.again")
        if not self._is_pinned():
            self._pin()

    def _pin_blocked(self) -> str:
        if self._reloader is None:
            return "Open a project first"
        return "" if self._workbench.last_fired is not None else "No event fired yet"

    def _is_pinned(self) -> bool:
        form = self._workbench.last_fired
        return self._reloader is not None and form is not None and self._reloader.pinned(form.event)


def _folder(data: QMimeData) -> Path | None:
    """Return the folder that is being dropped, None when it is something else."""
    for url in data.urls():
        path = Path(url.toLocalFile())
        if url.isLocalFile() and path.is_dir():
            return path
        if url.isLocalFile() and path.name == "pyproject.toml":
            return path.parent
    return None
