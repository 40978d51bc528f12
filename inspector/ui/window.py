"""The window from its opening to its closing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from inspector.app.memory import settle_memory
from inspector.app.settings import NUMBERS, THEME
from inspector.app.text import plural, set_number_format
from inspector.app.workbench import Workbench
from inspector.core.errors import InspectorError
from inspector.hosts.embedded import EmbeddedHost
from inspector.store.trouble import count_lost
from inspector.ui.context import Context, Launch
from inspector.ui.features.all import FEATURES
from inspector.ui.first_frame import PAINTING, FirstFrame
from inspector.ui.kit.text import ask_then
from inspector.ui.pose import pose
from inspector.ui.roof import Roof

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QMessageBox

    from inspector.agent.program import Program
    from inspector.app.checking import Basis
    from inspector.app.notices import Notices
    from inspector.app.recording import Host, Recording
    from inspector.app.settings import Settings
    from inspector.hosts.project import Project
    from inspector.ui.feature import Feature
    from inspector.ui.kit.theme import Theme


Run = Callable[["Recording"], Coroutine[object, None, int]]
Finish = Callable[["Recording"], Coroutine[object, None, None]]

#: Seconds that the window has to draw what was recorded last, before its picture is taken.
_SETTLE: Final = 0.6
_CLOSE: Final = "Close anyway"
#: Exit code when the window was closed before what was to be done in it had ended.
_CLOSED_EARLY: Final = 1


class Window:
    """Everything that makes up the running program.

    Args:
        make_program: Makes the program that is recorded, on the host's thread.
        db: Path of the sessions database; None stores nothing.
        seed: Seed of the synthetic values.
        settings: What is remembered between runs.
        theme: The look, applied already.
        notices: Where trouble is told.
        layout: File of the layout; None neither restores nor saves one.
        size: Size of the window in pixels where no layout was saved.
        project: Recorded instead of the program, in a process of its own.
        confirmed: The person has said already that the project's code may run.
        basis: Returns what a check of the program needs, where it is not a project.
        name: Name of the session; its beginning when not given.
        make_host: Makes the host of what is recorded instead of the program.
        source: Where the session of that comes from, for the list of sessions.
        finish: See ``open_window``.
        features: What is built in.
        frame: The window as its first frame shows it, shown already; one is made, and shown later, when not given.
    """

    def __init__(
        self,
        make_program: Callable[[], Program],
        db: Path | None,
        seed: int | None,
        settings: Settings,
        theme: Theme,
        notices: Notices,
        *,
        layout: Path | None,
        size: tuple[int, int],
        project: Project | None = None,
        confirmed: bool = False,
        basis: Callable[[], Basis] | None = None,
        name: str = "",
        make_host: Callable[[], Host] | None = None,
        source: str = "demo",
        finish: Finish | None = None,
        features: Sequence[Feature] = FEATURES,
        frame: FirstFrame | None = None,
    ) -> None:
        self.notices = notices
        self.settings = settings
        self.frame = frame or FirstFrame(theme, settings, notices, layout, size, features)
        self.tasks, self.commands, self.shell = self.frame.tasks, self.frame.commands, self.frame.shell
        name = name or time.strftime("%Y-%m-%d %H:%M:%S")
        demo = partial(EmbeddedHost, make_program, seed=seed)
        first = None if project is not None else make_host or demo
        self.workbench = Workbench(first, db, notices, self.tasks, name=name, source=source)
        self._finish = finish
        launch = Launch(project, confirmed, seed, basis, demo)
        self.context = Context(
            *(self.shell, self.workbench, theme, settings, notices, self.tasks, self.commands, launch),
            selection=self.frame.selection,
            first_panels=self.frame.panels,
        )
        self.roof = Roof(self.context, features)
        theme.changed.connect(lambda: settings.set(THEME, theme.choice))
        set_number_format(settings.text(NUMBERS))
        self._question: QMessageBox | None = None

    async def live(
        self, stop: asyncio.Event, run: Run | None = None, screenshot: Path | None = None, *, faults: bool = False
    ) -> int:
        """Show the window, start the work, wait for the end, end the work in order; return the exit code.

        Args:
            stop: Set from outside, or when the person closes the window.
            run: See ``open_window``.
            screenshot: See ``open_window``.
            faults: Switch the program's faults on at once.

        Raises:
            InspectorError: Under ``run``: the program could not be started, or the picture not be written.
            Exception: What ``run`` raised.
        """
        self.shell.close_requested.connect(partial(self._asked_to_close, stop))
        if self.frame.closing:
            stop.set()
        beginning = self.tasks.start("Starting the program", self.workbench.begin(), report=False)
        code = 0
        self.tasks.start("Waiting for the end", self._tell_stop(stop))
        try:
            if not self.shell.isVisible():
                await self._show()
            await self.roof.make_rest()
            started = await self._start(beginning, stop, faults=faults, must=run is not None)
            self.shell.answer_early()
            if started and run is not None:
                code = await self._run(run, screenshot, stop)
            else:
                if started:
                    self.context.started.emit()
                await self._until_closed(stop, started=started)
        finally:
            await self._end()
        self._tell_loss()
        return code

    async def _until_closed(self, stop: asyncio.Event, *, started: bool) -> None:
        """Wait until the window is closed, and what has to be done is done: it is hidden meanwhile."""
        if not started or self._finish is None:
            await stop.wait()
            return
        finishing = self.tasks.start("Finishing the recording", self._finish(self.workbench.recording))
        await stop.wait()
        self.shell.hide()
        await asyncio.wait((finishing,))

    async def _tell_stop(self, stop: asyncio.Event) -> None:
        """Let go of whatever waits for a person as soon as the program is to end."""
        await stop.wait()
        self.context.stopping.emit()

    async def _show(self) -> None:
        """Show the window, and wait for its first frame."""
        painted = asyncio.Event()
        self.shell.painted.connect(painted.set)
        self.frame.open()
        with suppress(TimeoutError):
            await asyncio.wait_for(painted.wait(), PAINTING)

    def _asked_to_close(self, stop: asyncio.Event) -> None:
        """Close, unless that loses records and the person would rather wait."""
        count = self.workbench.at_stake
        trouble = self.workbench.trouble
        if not count or trouble is None:
            stop.set()
            return
        if self._question is not None:
            return

        def answered(label: str | None) -> None:
            self._question = None
            if label == _CLOSE:
                stop.set()

        self._question = ask_then(
            self.shell,
            "Close the window?",
            f"{plural(count, 'record')} not saved yet will be lost.",
            f"{trouble.text} {trouble.hint}",
            ("Wait", _CLOSE),
            answered,
            danger=_CLOSE,
        )

    def _tell_loss(self) -> None:
        """Raise what is said when the window is gone: how many records were lost."""
        lost = self.workbench.lost
        if lost:
            raise InspectorError(f"{count_lost(lost)}.", self.workbench.trouble.text if self.workbench.trouble else "")

    async def _start(self, beginning: asyncio.Task[None], stop: asyncio.Event, *, faults: bool, must: bool) -> bool:
        """Start the recording; return whether there is one. What fails is raised if there must be one, else told."""
        try:
            try:
                await beginning
            finally:
                await self.workbench.keep()
        except InspectorError as error:
            if must:
                raise
            self.notices.report(error)
            self._tell_idle("Cannot start the program", "not started")
            self.roof.standing.stop()
            self.shell.set_state("failed", "the program did not start")
            return False
        settle_memory()
        starting = self.tasks.start("Loading the program", self.roof.start(), report=False)
        if not await self._unless_closed(starting, stop) or not starting.result():
            if must and not stop.is_set():
                raise InspectorError(f"{self._program()} was not loaded.")
            self._tell_idle("No project loaded", "no project loaded")
            return False
        if isinstance(self.workbench.host, EmbeddedHost):
            self.shell.set_source(f"{self._program()} · embedded bus")
            if faults:
                self.workbench.set_faults(True)
                self.context.changed.emit()
        self.roof.standing.refresh()
        return True

    def _program(self) -> str:
        """Return the name of what is recorded, or was to be."""
        if self.context.launch.project is not None:
            return self.context.launch.project.name
        session = self.workbench.recording.journal.session
        return session.program if session is not None else ""

    def _tell_idle(self, why: str, source: str) -> None:
        """Show everywhere that nothing is recorded, and what can be done about it."""
        self.workbench.idle = why
        self.shell.set_source(source)
        self.context.changed.emit()

    async def _run(self, run: Run, screenshot: Path | None, stop: asyncio.Event) -> int:
        """Do what was asked for, unless the window is closed first."""
        recording = self.workbench.recording
        work = self.tasks.start("Running", run(recording), report=False)
        if not await self._unless_closed(work, stop):
            return _CLOSED_EARLY
        code: int = work.result()
        await recording.saved()
        if screenshot is not None:
            await self._picture(screenshot)
        return code

    async def _unless_closed(self, work: asyncio.Task[object], stop: asyncio.Event) -> bool:
        """Wait for some work, which is given up when the window is closed first; return whether it was done."""
        closing = self.tasks.start("Waiting for the window to be closed", stop.wait(), report=False)
        try:
            await asyncio.wait((work, closing), return_when=asyncio.FIRST_COMPLETED)
            return work.done()
        finally:
            for task in (work, closing):
                task.cancel()
            await asyncio.wait((work, closing))

    async def _picture(self, target: Path) -> None:
        pose(self.context)
        await asyncio.sleep(_SETTLE)
        self.roof.standing.refresh()
        await asyncio.sleep(0.05)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InspectorError(f"Cannot write the screenshot to {target}: {error.strerror}.") from error
        if not self.shell.grab().save(str(target), "PNG"):
            raise InspectorError(f"Cannot write the screenshot to {target}.", "Check that the folder is writable.")

    async def _end(self) -> None:
        """End the work in order. The window stays until all is stored: it says so, and is closed in any case."""
        try:
            self.roof.standing.stop()
            self.workbench.end_reading()
            view = self.workbench.view
            running = view.journal.running if view is not None and view.live else 0
            self.shell.set_state("running", f"finishing {plural(running, 'execution')}…" if running else "finishing…")
            self.context.closing.emit()
            self.settings.save()
            await self.roof.stop()
            await self.workbench.close()
        except InspectorError as error:
            self.notices.report(error)
        finally:
            await self.tasks.cancel_all()
            self.shell.close_now()
            self.shell.deleteLater()
            await asyncio.sleep(0)  # Qt deletes it now, while there is still a loop
