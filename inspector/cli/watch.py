"""The process beside a command that runs: it reads what the command's processes write, stores it, and shows it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.analysis.counts import count_run
from inspector.analysis.losskinds import KIND_NUMBERS
from inspector.app.places import default_database
from inspector.app.runs import limit_notes, missing_bus, process_notes, silent_notes, title_of
from inspector.app.text import one_line, plural
from inspector.cli import exitcodes
from inspector.cli.export import write
from inspector.cli.failings import DROPPED, MIXED_UP, NOT_CALLED, UNHEARD
from inspector.cli.running import Troubles, opened, recording, session_name
from inspector.cli.running import run as run_coroutine
from inspector.cli.source import sentence_of
from inspector.core.errors import InspectorError
from inspector.core.records.account import not_called
from inspector.hosts.run.folder import OWNER, WATCH, read_json
from inspector.hosts.run.host import RunHost, Watched, attach
from inspector.hosts.run.launch import RunCommand
from inspector.hosts.run.proc import ProcessIdentity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    from inspector.analysis.journal import Journal
    from inspector.app.recording import Recording
    from inspector.cli.console import Console
    from inspector.hosts.run.resuming import LiveRun

#: Seconds that other processes of the run have to end when the command has.
_REST: Final = 1.0
#: Characters of what is said of a bus.
_NOTE: Final = 1_000
#: What the sessions of a run say where they come from.
KIND: Final = "run"


def watch(arguments: argparse.Namespace, console: Console) -> int:
    """Watch a command that runs, with a window or without; return the exit code.

    Raises:
        InspectorError: The folder is no run's, or nothing can be shown or stored.
    """
    folder = Path(arguments.beside)
    order = read_json(folder, WATCH)
    if not order:
        raise InspectorError(f"No run in {folder}.", "Start one with inspector run -- COMMAND.")
    pipes = _Pipes(*arguments.pipes) if arguments.pipes else None
    run = WatchedRun(folder, order, pipes)
    try:
        return run.in_window() if order.get("window") else run_coroutine(run.without_window(console))
    finally:
        if pipes is not None:
            pipes.close()


class _Pipes:
    """What the launcher says of the command, and what it is told at the end."""

    def __init__(self, control: int, verdict: int) -> None:
        self._control = control
        self._verdict = verdict
        os.set_inheritable(control, False)
        os.set_inheritable(verdict, False)

    def listen(self, heard: Callable[[Mapping[str, Any]], None], ended: Callable[[], None]) -> None:
        """Call ``heard`` with each message, and ``ended`` when no more will come; on a thread."""
        threading.Thread(target=self._listen, args=(heard, ended), name="inspector-launcher", daemon=True).start()

    def _listen(self, heard: Callable[[Mapping[str, Any]], None], ended: Callable[[], None]) -> None:
        with os.fdopen(self._control, "rb") as pipe:
            for line in pipe:
                with contextlib.suppress(ValueError):
                    heard(json.loads(line))
        ended()

    def say(self, code: int, notes: list[str]) -> None:
        """Report to the launcher how it went; it ends then."""
        if self._verdict >= 0:
            with contextlib.suppress(OSError):  # the launcher was killed
                os.write(self._verdict, json.dumps({"code": code, "notes": notes}).encode())
            self.close()

    def close(self) -> None:
        """Let go of the launcher."""
        if self._verdict >= 0:
            os.close(self._verdict)
            self._verdict = -1


class WatchedRun:
    """A command that was started from a terminal, on its way into a session.

    Args:
        folder: The run's.
        order: How it is to be watched.
        pipes: The launcher that waits for us; None when it has become the command.
    """

    def __init__(self, folder: Path, order: Mapping[str, Any], pipes: _Pipes | None) -> None:
        self._folder = folder
        self._pipes = pipes
        words = tuple(str(word) for word in order["words"])
        allow_fire = bool(order.get("allow_fire"))
        self.command = RunCommand(words, str(order["program"]), str(order["name"]), allow_fire=allow_fire)
        self.database = Path(order["db"]) if order.get("db") else default_database()
        self._record = Path(order["record"]) if order.get("record") else None
        self._in_window = bool(order.get("window"))
        self._session = bool(order.get("session"))
        self._anchor = int(order.get("anchor", 0))
        self._fail_on = [str(name) for name in order.get("fail_on", ())]
        self.name = session_name(title_of(self.command))
        self.kind = KIND
        self._ended = asyncio.Event()

    def make_host(self, seed: int | None = None) -> RunHost:  # noqa: ARG002 - for values made here
        """Make the host that watches the command; from then on the window says what is to be said."""
        if self._in_window:
            _let_go_of_terminal()
        main = None
        if self._pipes is None:
            owner = read_json(self._folder, OWNER).get("command")
            main = ProcessIdentity(*owner) if owner else None
        watched = Watched(self._folder, main, self._anchor, waited_for=self._pipes is not None)
        host = RunHost(self.command, watched)
        host.sessions = self._session
        if self._pipes is not None:
            loop = asyncio.get_running_loop()

            def from_thread(call: Callable[..., None], *values: Any) -> None:
                with contextlib.suppress(RuntimeError):  # the loop was closed at this very moment
                    loop.call_soon_threadsafe(call, *values)

            self._pipes.listen(partial(from_thread, self._told, host), partial(from_thread, self._launcher_ended, host))
        return host

    def _told(self, host: RunHost, message: Mapping[str, Any]) -> None:
        if "pid" in message:
            host.set_main(int(message["pid"]))
        if "code" in message:
            host.set_ended(int(message["code"]))
            self._ended.set()

    def _launcher_ended(self, host: RunHost) -> None:
        if not self._ended.is_set():
            host.set_ended(None)
            self._ended.set()

    def in_window(self) -> int:
        """Open the window beside the command; return the exit code when it has been closed."""
        from inspector.cli import window

        finish = self._finish_in_window if self._pipes is not None else None
        return window.show(self.database, None, make_host=self.make_host, source=KIND, name=self.name, finish=finish)

    async def _finish_in_window(self, live: Recording) -> None:
        await self._until_the_end(live)
        await live.caught_up()
        code, notes = await self._judge(live)
        if self._pipes is not None:
            self._pipes.say(code, notes)

    async def without_window(self, console: Console) -> int:
        """Record until the command has ended, then say what came of it; return the exit code."""
        troubles = Troubles(console)
        async with opened(self.database, room=False) as store:
            async with recording(store, self, troubles, console, name=self.name, seed=None) as live:
                await self._until_the_end(live)
            code, notes = await self._judge(live)
        said = process_notes(live.journal)
        limits = [*silent_notes(live.journal), *limit_notes(live.journal)]
        notes = [*limits, *_unread(live.journal), *(said or missing_bus(live.journal)), *notes]
        if live.session:
            journal = live.journal
            counts = plural(len(journal.publications), "event"), plural(len(journal.executions), "execution")
            notes.append(f"Session {live.session}: {', '.join(counts)}.")
        if self._pipes is not None:
            self._pipes.say(exitcodes.FAILED if troubles.count else code, notes)
        else:
            for note in notes:
                console.note(note)
        return exitcodes.OK

    def end(self) -> None:
        """Record no longer."""
        self._ended.set()

    async def describe(self) -> Any:
        """Raise: what the program declares is known when it runs.

        Raises:
            InspectorError: Always.
        """
        raise InspectorError("The catalog of a watched program is known once it runs.")

    async def _until_the_end(self, live: Recording) -> None:
        host = live.host
        assert isinstance(host, RunHost)  # noqa: S101 - made here
        await self._ended.wait()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(host.over.wait(), _REST)
        await host.read_rest()

    async def _judge(self, live: Recording) -> tuple[int, list[str]]:
        """Write the run log, and hold the run against ``--fail-on``; return the exit code and what to say."""
        notes: list[str] = []
        code = exitcodes.OK
        if self._record is not None:
            try:
                if not live.session:
                    raise InspectorError(f"{self._record} was not written because the run was not saved.")
                async with opened(self.database) as store:
                    await write(store, await store.session(live.session), "jsonl", self._record, warn=notes.append)
            except InspectorError as error:
                notes.append(str(error))
                code = exitcodes.FAILED
        failings = count_failings(live.journal)
        wrong = [f"{count} {name.replace('-', ' ')}" for name in self._fail_on if (count := failings.get(name, 0))]
        if wrong:
            notes.append(f"{title_of(self.command)}: {', '.join(wrong)}.")
            code = exitcodes.FAILED
        return code, notes


class AttachedRun(WatchedRun):
    """A command that runs, and was watched by another inspector before.

    Args:
        run: The command.
        database: The sessions database; None for the usual one.
    """

    def __init__(self, run: LiveRun, database: Path | None) -> None:
        order = {"words": run.command.words, "program": run.command.program, "name": run.command.name}
        super().__init__(run.folder, order, None)
        self.command = run.command
        self._run = run
        self._over = asyncio.Event()
        if database is not None:
            self.database = database.absolute()

    def make_host(self, seed: int | None = None) -> RunHost:  # noqa: ARG002 - for values made here
        """Make the host that goes on."""
        host = attach(self._run)
        self._over = host.over
        return host

    def end(self) -> None:
        """Record no longer."""
        self._over.set()

    async def _until_the_end(self, live: Recording) -> None:
        host = live.host
        assert isinstance(host, RunHost)  # noqa: S101 - made here
        await host.over.wait()
        await host.read_rest()


def _let_go_of_terminal() -> None:
    """Hold the command's terminal open no longer: whoever waits for its end waits for all who have it open."""
    sys.stderr.flush()
    null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    os.dup2(null, 2, inheritable=False)
    os.close(null)


def _unread(journal: Journal) -> list[str]:
    """Return what of the buses could not be read, where something was published and no handler was seen."""
    if journal.catalog is None or len(journal.executions) or not len(journal.publications):
        return []
    return [one_line(sentence_of(problem), _NOTE) for problem in dict.fromkeys(journal.catalog.problems)]


def count_failings(journal: Journal) -> dict[str, int]:
    """Return how often each of what ``--fail-on`` may name occurs in a run."""
    counts = count_run(journal)
    return {
        **{status.replace("_", "-"): count for status, count in counts.by_status.items()},
        UNHEARD: counts.unheard,
        NOT_CALLED: sum(handler.times for handler in not_called(journal.host_records)),
        MIXED_UP: journal.losses.counts[KIND_NUMBERS[MIXED_UP.replace("-", "_")]],
        DROPPED: journal.dropped + journal.processes.dropped,
    }
