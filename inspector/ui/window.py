"""The window from its opening to its closing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.app.commands import CommandTable
from inspector.app.notices import Notices
from inspector.app.places import layout_path
from inspector.app.settings import Settings, default_path
from inspector.app.tasks import TaskOwner
from inspector.app.workbench import Workbench
from inspector.core.errors import InspectorError
from inspector.hosts.embedded import EmbeddedHost
from inspector.ui.application import create_application, refcount_trouble
from inspector.ui.desk import Desk
from inspector.ui.desk_commands import desk_commands, export_menu, session_menu
from inspector.ui.exporting import Exporting
from inspector.ui.loop import run as run_loop
from inspector.ui.shell import Shell
from inspector.ui.standing import Standing
from inspector.ui.theme import Theme
from inspector.ui.timeline.panel import SCOPE as TIMELINE

if TYPE_CHECKING:
    from inspector.agent.program import Program
    from inspector.app.recording import Recording

Run = Callable[["Recording"], Coroutine[Any, Any, int]]

#: Seconds that the window has to draw what was recorded last, before its picture is taken.
_SETTLE = 0.6


def open_window(
    make_program: Callable[[], Program],
    *,
    db: Path | None,
    seed: int | None = None,
    run: Run | None = None,
    screenshot: Path | None = None,
    faults: bool = False,
    theme: str = "",
    size: tuple[int, int] = (1600, 1000),
) -> int:
    """Open the window, and give the exit code when it has been closed.

    Args:
        make_program: Makes the program that is recorded, on the host's thread.
        db: Path of the sessions database; None stores nothing.
        seed: Seed of the synthetic values.
        run: Does something with the live recording as soon as there is one; then the window closes by itself and what
            it gave is the exit code.
        screenshot: Where the window's picture goes before it closes.
        faults: Switch the program's faults on at once.
        theme: ``dark`` or ``light`` for this time only; else what the settings say.
        size: Size of the window in pixels where no layout was saved.

    Raises:
        InspectorError: The installed PySide6 cannot be used, or the program could not be started under ``run``.
    """
    application = create_application()
    trouble = refcount_trouble()
    if trouble:
        raise InspectorError(trouble)
    notices = Notices()
    settings = Settings(default_path(), notices)
    chosen = Theme(theme or settings.text("theme", "system"))
    chosen.apply(application)
    window = _Window(make_program, db, seed, settings, chosen, notices, own_layout=run is None, size=size)
    return run_loop(lambda stop: window.live(stop, run, screenshot, faults=faults), application, notices)


class _Window:
    """Everything that makes up the running program."""

    def __init__(
        self,
        make_program: Callable[[], Program],
        db: Path | None,
        seed: int | None,
        settings: Settings,
        theme: Theme,
        notices: Notices,
        *,
        own_layout: bool,
        size: tuple[int, int],
    ) -> None:
        self.notices = notices
        self.settings = settings
        self.tasks = TaskOwner(notices)
        self.commands = CommandTable(notices, self.tasks)
        name = time.strftime("%Y-%m-%d %H:%M:%S")
        self.workbench = Workbench(lambda: EmbeddedHost(make_program, seed=seed), db, notices, self.tasks, name=name)
        layout = layout_path() if own_layout else None
        self.shell = Shell(theme, self.commands, notices, layout)
        self.shell.resize(*size)
        self.desk = Desk(theme, self.shell, self.workbench, settings, notices, self.tasks)
        self.exporting = Exporting(self.shell, self.workbench, settings, notices, self.tasks)
        self.commands.add(*desk_commands(self.desk, self.exporting), *self.desk.timeline.commands())
        self.shell.finish()
        self.shell.bind_scope(TIMELINE, self.desk.timeline)
        self.shell.set_session_menu(lambda: session_menu(self.desk))
        self.shell.set_export_menu(lambda: export_menu(self.exporting))
        self.desk.finish(self.commands, self.exporting)
        self.commands.listen(lambda _: settings.set("theme", theme.choice) if own_layout else None)
        self.standing = Standing(self.shell, self.workbench)

    async def live(self, stop: asyncio.Event, run: Run | None, screenshot: Path | None, *, faults: bool) -> int:
        """Show the window, start the work, wait for the end, end the work in order."""
        self.shell.close_requested.connect(stop.set)
        self.shell.set_source("starting…")
        self.shell.show()
        code = 0
        try:
            await self._start(faults=faults)
            if run is not None:
                code = await self._run(run, screenshot)
            else:
                await stop.wait()
        except InspectorError as error:
            if run is not None:
                raise
            self.notices.report(error)
            await stop.wait()
        finally:
            await self._end()
        return code

    async def _start(self, *, faults: bool) -> None:
        await asyncio.sleep(0)  # the window is painted before anything heavy is imported
        await self.workbench.start()
        recording = self.workbench.recording
        started = recording.journal.session
        program = started.program if started is not None else ""
        self.shell.set_source(f"{program} · embedded bus")
        if faults:
            self.desk.toggle_faults()
        self.standing.refresh()

    async def _run(self, run: Run, screenshot: Path | None) -> int:
        code = await run(self.workbench.recording)
        await self.workbench.recording.saved()
        if screenshot is not None:
            self.desk.pose()
            await asyncio.sleep(_SETTLE)
            self.standing.refresh()
            await asyncio.sleep(0.05)
            self._picture(screenshot)
        return code

    def _picture(self, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InspectorError(f"The picture cannot be written to {target}: {error.strerror}") from error
        if not self.shell.grab().save(str(target), "PNG"):
            raise InspectorError(f"The picture cannot be written to {target}.", "Is the folder writable?")

    async def _end(self) -> None:
        self.standing.stop()
        self.shell.set_state("running", "finishing…")
        self.desk.close()
        try:
            await self.workbench.close()
        except InspectorError as error:
            self.notices.report(error)
        await self.tasks.cancel_all()
        self.shell.close_now()
