"""Runs commands from the window, and shows what becomes of their processes."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from inspector.app.commands import Command
from inspector.app.missing import share_text
from inspector.app.runs import RunOptions, command_of, recent_runs, remember_run, source_text, title_of
from inspector.app.text import format_time, one_line, plural
from inspector.hosts.run.host import RunHost, attach
from inspector.hosts.run.resuming import live_runs
from inspector.ui.features.run.dialog import RunDialog
from inspector.ui.kit.menus import SEPARATOR, MenuItem

if TYPE_CHECKING:
    from inspector.analysis.processes import ProcessEntry
    from inspector.hosts.run.resuming import LiveRun
    from inspector.ui.context import Context

_STARTING: Final = "Starting the command"
#: Milliseconds between two looks at the processes.
_LOOK: Final = 250
#: Processes that the menu of the source lists; the panel has them all.
_OFFERED: Final = 12


class RunFlow(QObject):
    """Runs commands and looks after what the bar says of them.

    Args:
        context: The window.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._workbench = context.workbench
        self._said = ""
        self._timer = QTimer(self, interval=_LOOK)
        self._timer.timeout.connect(self.look)
        self._workbench.on_view(lambda _: self.look())

    def commands(self) -> list[Command]:
        """Return what can be done with commands."""
        return [
            Command(
                "run.command",
                "Run Command…",
                self.ask,
                "File",
                "project",
                ("Ctrl+Shift+L",),
                "play",
                "Run a program unchanged and watch its processes",
            ),
            Command(
                "run.recent",
                "Run Recent",
                self._run_last,
                "File",
                "project",
                (),
                "clock",
                "Run the last command again",
                blocked=lambda: "" if recent_runs(self._context.settings) else "No recent commands",
            ),
            Command(
                "run.attach",
                "Attach to Running Program",
                self._attach_last,
                "File",
                "project",
                (),
                "eye",
                "Watch a program started by inspector run, from where its last inspector stopped",
            ),
            Command(
                "run.stop",
                "Stop Command",
                self._stop,
                "File",
                "project",
                (),
                "stop",
                "Ask the command to end",
                blocked=self._stop_blocked,
            ),
        ]

    def ask(self) -> RunDialog:
        """Ask which command to run."""
        recent = recent_runs(self._context.settings)
        dialog = RunDialog(self._context.theme, recent, self._context.shell)
        dialog.chosen.connect(self.run)
        dialog.open()
        return dialog

    def run(self, options: RunOptions) -> None:
        """Run a command and watch it, in a session of its own."""
        tasks = self._context.tasks
        if tasks.running(_STARTING):
            self._context.notices.info("Another command is starting.")
            return
        tasks.start(_STARTING, self.start(options))

    async def start(self, options: RunOptions) -> None:
        """Run a command, and record it when it runs.

        Raises:
            InspectorError: There is no such command, or it cannot be run.
        """
        command = command_of(options)
        name = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {title_of(command)}"
        await self._workbench.switch(partial(RunHost, command), name=name, source="run")
        remember_run(self._context.settings, options)
        self._context.shell.strip.hide_message()
        self.look()
        self._context.changed.emit()

    def attach(self, run: LiveRun) -> None:
        """Watch a command that runs, in a session of its own."""
        if not self._context.tasks.running(_STARTING):
            self._context.tasks.start(_STARTING, self._attach(run))

    async def _attach(self, run: LiveRun) -> None:
        name = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {title_of(run.command)}"
        await self._workbench.switch(partial(attach, run), name=name, source="run")
        self._context.shell.strip.hide_message()
        self.look()
        self._context.changed.emit()

    def attach_items(self) -> list[MenuItem]:
        """Return the commands that run, as a menu; those that another inspector watches cannot be chosen."""
        runs = live_runs()
        if not runs:
            return [MenuItem("No running programs", enabled=False)]
        return [
            MenuItem(run.text, partial(self.attach, run), enabled=not run.read, hint="watched" if run.read else "")
            for run in runs
        ]

    def recent_items(self) -> list[MenuItem]:
        """Return the commands that were run last, as a menu."""
        return [
            MenuItem(f"{options.command} — {options.cwd}", partial(self.run, options))
            for options in recent_runs(self._context.settings)
        ]

    def source_items(self) -> list[MenuItem]:
        """Return what the bar's button of the source opens: processes to filter to, and what else can be watched."""
        commands, shortcut, host = self._context.commands, self._context.shortcut, self._host()
        others = [
            MenuItem(
                title,
                partial(commands.run, command),
                icon=commands.get(command).icon,
                hint=shortcut(command),
            )
            for command, title in (
                ("run.command", "Run command…"),
                ("project.open", "Open project…"),
                ("project.reload", "Reload project"),
                ("project.demo", "Back to demo"),
                ("run.stop", "Stop command"),
            )
            if commands.enabled(command)
        ]
        return [*(self._process_items() if host is not None else []), *others]

    def _process_items(self) -> list[MenuItem]:
        """Return the processes of the command, those that live first; choosing one filters to it."""
        journal = self._context.journal
        if journal is None:
            return []
        processes = journal.processes
        entries = sorted(processes.by_number.values(), key=lambda entry: (not entry.live, entry.number))
        items = [
            MenuItem(
                one_line(entry.label, 40),
                partial(self._context.set_filter, f"process:{entry.number}"),
                icon="record" if entry.live else "",
                hint=_about(entry, journal.wall),
            )
            for entry in entries[:_OFFERED]
        ]
        if len(entries) > _OFFERED:
            items.append(MenuItem(f"{len(entries) - _OFFERED} more in Processes", self._show_processes))
        items += [
            MenuItem(f"{silent.pid} cannot report", self._show_processes, hint=one_line(silent.reason, 60))
            for silent in processes.silent[:_OFFERED]
        ]
        items = items or [MenuItem("No Python process is reporting", enabled=False)]
        return [*items, SEPARATOR, MenuItem("All processes", lambda: self._context.set_filter("")), SEPARATOR]

    def _show_processes(self) -> None:
        self._context.raise_panel("processes")

    def look(self) -> None:
        """Show which command is watched, and how many processes of it live."""
        host = self._host()
        if host is None:
            self._said = ""
            self._timer.stop()
            return
        if not self._timer.isActive():  # a window in which nothing is watched is left alone
            self._timer.start()
        text = source_text(host)
        if text != self._said:
            self._said = text
            self._context.shell.set_source(text)
            self._context.changed.emit()

    def close(self) -> None:
        """Stop looking."""
        self._timer.stop()

    def _host(self) -> RunHost | None:
        host = self._workbench.host
        return host if isinstance(host, RunHost) else None

    def _run_last(self) -> None:
        self.run(recent_runs(self._context.settings)[0])

    def _attach_last(self) -> None:
        free = [run for run in live_runs() if not run.read]
        if free:
            self.attach(free[0])
        else:
            self._context.notices.info("No running programs.", "Start one with inspector run -- COMMAND.")

    def _stop(self) -> None:
        host = self._host()
        if host is not None:
            host.end_command()

    def _stop_blocked(self) -> str:
        host = self._host()
        if host is None or not host.running:
            return "No command is running"
        return "" if host.ends_with_us else "The command runs in a terminal; end it there"


def _about(entry: ProcessEntry, wall: int) -> str:
    """Return what a menu says of a process: since when, how many events, what is left out, or how it ended."""
    if not entry.live:
        ended = f"ended {format_time(wall, entry.left).partition('.')[0]}"
        return ended if entry.code is None else f"{ended} · {entry.exit}"
    since = format_time(wall, entry.joined).partition(".")[0]
    parts = [f"since {since}", plural(entry.events, "event"), share_text(entry) if entry.one_in > 1 else ""]
    return " · ".join(filter(None, parts))
