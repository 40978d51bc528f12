"""``inspector listen``: programs that call ``inspector_agent.listen()`` are watched."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Any

from inspector.cli.run import check_display
from inspector.cli.running import run as run_coroutine
from inspector.cli.watch import WatchedRun
from inspector.hosts.run import folder

if TYPE_CHECKING:
    import argparse

    from inspector.cli.console import Console


def listen(arguments: argparse.Namespace, console: Console) -> int:
    """Watch who reports until the window is closed, or until Ctrl+C; return the exit code.

    Raises:
        InspectorError: Another inspector listens, or there is no display.
    """
    if not arguments.no_window:
        check_display()
    order: dict[str, Any] = {
        "words": ["inspector", "listen"],
        "program": sys.executable,
        "name": "listening programs",
        "allow_fire": arguments.allow_fire,
    }
    if arguments.db is not None:
        order["db"] = str(arguments.db.absolute())
    listening = folder.listen()
    run = WatchedRun(listening, order, None)
    code = run_coroutine(_without_window(run, console)) if arguments.no_window else run.in_window()
    folder.remove_rings(listening)
    return code


async def _without_window(run: WatchedRun, console: Console) -> int:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, run.end)
    return await run.without_window(console)
