"""``inspector attach``: a command that runs already is watched on, where the last inspector has stopped."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.cli.run import check_display
from inspector.cli.running import run as run_coroutine
from inspector.cli.watch import AttachedRun
from inspector.core.errors import InspectorError, UsageError
from inspector.hosts.run.resuming import LiveRun, live_runs

if TYPE_CHECKING:
    import argparse

    from inspector.cli.console import Console


def attach(arguments: argparse.Namespace, console: Console) -> int:
    """Watch until the window is closed, the command ends (without a window), or Ctrl+C; return the exit code.

    Raises:
        UsageError: There is no such command, or more than one.
        InspectorError: Another inspector watches it, or there is no display.
    """
    if not arguments.no_window:
        check_display()
    chosen = _chosen(arguments.pid)
    if chosen.read:
        raise InspectorError("Another inspector watches this program.", "Use its window, or close it first.")
    chosen = chosen._replace(command=replace(chosen.command, allow_fire=arguments.allow_fire))
    run = AttachedRun(chosen, arguments.db)
    return run_coroutine(_without_window(run, console)) if arguments.no_window else run.in_window()


def _chosen(pid: int | None) -> LiveRun:
    """Return the run that is asked for.

    Raises:
        UsageError: There is none, or more than one.
    """
    runs = live_runs()
    if pid is not None:
        runs = [run for run in runs if run.main.pid == pid]
    if not runs:
        what = "No running program to attach to." if pid is None else f"Process {pid} was not started by inspector run."
        raise UsageError(what, "Start one with inspector run -- COMMAND.")
    if len(runs) > 1:
        raise UsageError(
            f"{len(runs)} programs are running: {'; '.join(run.text for run in runs[:5])}.", "Name one by its PID."
        )
    return runs[0]


async def _without_window(run: AttachedRun, console: Console) -> int:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, run.end)
    return await run.without_window(console)
