"""The host of a program that runs by itself: it looks, and touches nothing unless a person allows firing.

It has the API of the other hosts. The stream begins before any process of the program reports, and lasts over all of
them.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inspector.core.errors import InspectorError
from inspector.core.records.host import OutputDropped, ProgramPrinted, RecordingPaused, RecordingResumed
from inspector.core.records.stream import LiveStream
from inspector.core.redact.redactor import Redactor
from inspector.core.taskdump import TaskDump
from inspector.hosts.output import Output
from inspector.hosts.run import folder as folders
from inspector.hosts.run.firing import LOOK_ONLY, RunFiring
from inspector.hosts.run.folder import make_folder, own
from inspector.hosts.run.intake import RunIntake
from inspector.hosts.run.launch import RunCommand, prepare
from inspector.hosts.run.proc import ProcessIdentity, identity_of
from inspector.hosts.run.reader import RunReader
from inspector.hosts.run.resuming import resumed_anchor
from inspector.hosts.trouble import ANSWER_TIME

if TYPE_CHECKING:
    from inspector.core.faults import FaultRule
    from inspector.core.records.numbers import FireNumber
    from inspector.core.request import FireRequest
    from inspector.core.taskdump import DumpedTask
    from inspector.hosts.project import Project
    from inspector.hosts.run.resuming import LiveRun

#: Seconds that a command that the window has started has to end when it is asked to.
_STOP_TIME: Final = 5.0
_MUCH: Final = 1 << 16


@dataclass(frozen=True)
class Watched:
    """A command that was started from a terminal, and its folder.

    Attributes:
        folder: Where its processes report.
        main: The process that the command began as, None when it is told later.
        anchor: When it was started, nanoseconds of the monotonic clock; 0: now.
        waited_for: Somebody waits for its end, and tells how it ended.
        resumed: Another inspector has watched it before.
    """

    folder: Path
    main: ProcessIdentity | None = None
    anchor: int = 0
    waited_for: bool = False
    resumed: bool = False


def attach(run: LiveRun) -> RunHost:
    """Return a host that goes on where the last one that watched a running command has stopped."""
    return RunHost(run.command, Watched(run.folder, run.main, resumed=True))


class RunHost:
    """Watches a command, and in the window also starts it.

    ``stream`` belongs to the loop that makes the host.

    Args:
        command: What runs.
        watched: Where it runs already; None: ``start`` starts it, and ``stop`` ends it.

    Attributes:
        command: What runs.
        over: Set when the command has ended and no process of it reports any more.
    """

    def __init__(self, command: RunCommand, watched: Watched | None = None) -> None:
        self.command = command
        self._firing: RunFiring | None = None
        #: Keeps other inspectors away.
        self._claim = -1
        self._watched = watched
        self._intake = RunIntake(command.name)
        self.stream = LiveStream(self._intake)
        self._loop = asyncio.get_running_loop()
        self.over = asyncio.Event()
        self._child: _Child | None = None
        self._reader: RunReader | None = None
        self._stopped = False
        #: How the command has ended; empty while it has not, as far as it was told.
        self._ended: tuple[int | None, ...] = ()
        self.project: Project | None = None
        self.own_faults: Sequence[FaultRule] = ()
        self.recording = True
        self.sessions = command.project is not None and command.project.db_session is not None

    @property
    def firing(self) -> RunFiring | None:
        """What fires into its processes, once it runs."""
        return self._firing

    @property
    def faults(self) -> bool:
        """Faults are injected."""
        return self._firing is not None and bool(self._firing.rules)

    @property
    def lag(self) -> int:
        """0: the loops of the program are its own."""
        return 0

    @property
    def running(self) -> bool:
        """The command runs, or some process of it."""
        return self._reader is not None and not self._stopped and not self.over.is_set()

    @property
    def reloading(self) -> bool:
        """False: whether it loads itself anew is the program's affair."""
        return False

    @property
    def look_only(self) -> str:
        """Why nothing may be fired, as a sentence without its full stop; empty when a person allows it."""
        return "" if self._firing is not None and self._firing.allowed else LOOK_ONLY

    @property
    def live(self) -> int:
        """How many processes report and live."""
        return self._reader.live if self._reader is not None else 0

    @property
    def labels(self) -> list[str]:
        """What the processes that report and live are called: ``server 48231``."""
        return self._reader.labels if self._reader is not None else []

    async def start(self) -> None:
        """Begin to watch; start the command where it does not run yet.

        Raises:
            InspectorError: It cannot be started, or another inspector watches it.
        """
        watched = self._watched
        if watched is not None:
            self._claim = folders.claim(watched.folder)
        if watched is not None and watched.resumed:
            self._intake.begin(await asyncio.to_thread(resumed_anchor, watched.folder, self._intake.clock()))
        else:
            self._intake.begin(watched.anchor if watched is not None else 0)
        if watched is None:
            await asyncio.to_thread(self._start_command)
        else:
            me = identity_of(os.getpid())
            if me is not None:
                with suppress(OSError):
                    own(watched.folder, "reader", me)
        assert self._watched is not None  # noqa: S101 - by now it runs
        waited_for = self._watched.waited_for
        folder = self._watched.folder
        self._firing = RunFiring(folder, self._intake, allowed=self.command.allow_fire)
        self._reader = RunReader(
            *(folder, self._intake, self._set_over, self.command), waited_for=waited_for, firing=self._firing
        )
        self._reader.start(self._watched.main)
        if self._ended:
            self._reader.set_ended(*self._ended)
        if self._child is not None:
            self._child.start(self._reader)

    def set_main(self, pid: int) -> None:
        """Take notice of the process that the command began as."""
        main = identity_of(pid) or ProcessIdentity(pid, 0)
        if self._reader is not None:
            self._reader.set_main(main)
        elif self._watched is not None:
            self._watched = replace(self._watched, main=main)

    def set_ended(self, code: int | None) -> None:
        """Take notice of how the command has ended, which may be before it is read."""
        self._ended = (code,)
        if self._reader is not None:
            self._reader.set_ended(code)

    def fire(self, request: FireRequest) -> FireNumber:
        """Publish what is asked for in one of the processes; return the number of the fire.

        Raises:
            InspectorError: It is not allowed, or there is no process that can do it, or more than one.
        """
        return self._opened_firing().fire(request)

    async def dump_tasks(self) -> TaskDump:
        """Return what the tasks of the processes' loops are doing.

        Raises:
            InspectorError: It is not allowed, there is no process that can answer, or none answers.
        """
        answers = self._opened_firing().ask_tasks()
        waiting = [asyncio.wrap_future(answer) for _, answer in answers]
        await asyncio.wait(waiting, timeout=ANSWER_TIME)
        tasks: list[DumpedTask] = []
        troubles: list[str] = []
        left_out = 0
        for (label, _), answer in zip(answers, waiting, strict=True):
            if not answer.done() or answer.cancelled():
                answer.cancel()
                troubles.append(f"{label} does not answer.")
                continue
            dump = answer.result()
            troubles += [dump.trouble] if dump.trouble else []
            left_out += dump.left_out
            tasks += (replace(task, process=label) for task in dump.tasks)
        return TaskDump(tuple(tasks), left_out, "\n".join(troubles))

    def withdraw(self, fire: FireNumber) -> None:
        """Publish nothing more for a fire; what it has published goes on to its end."""
        if self._firing is not None:
            self._firing.withdraw(fire)

    def set_faults(self, on: bool) -> None:
        """Switch all faults off; a program that runs by itself brings none.

        Raises:
            InspectorError: It is not allowed.
        """
        self.set_fault_rules(self.own_faults if on else ())

    def set_fault_rules(self, rules: Sequence[FaultRule]) -> None:
        """Inject faults by these rules into all processes from now on, and by no others.

        Raises:
            InspectorError: It is not allowed.
        """
        if rules or self._firing is not None:
            self._opened_firing().set_rules(rules)

    def set_probes(self, off: Sequence[str]) -> None:  # noqa: ARG002 - as hosts have it
        """Refuse it: there is no way into a program that is only looked at.

        Raises:
            InspectorError: Always.
        """
        raise InspectorError("Probes of a running program cannot be switched.")

    def _opened_firing(self) -> RunFiring:
        if self._firing is None:
            raise InspectorError(f"{LOOK_ONLY}.")
        return self._firing

    def set_recording(self, on: bool) -> None:
        """Record publications from now on, or let them pass; what is under way is recorded to its end."""
        if on == self.recording:
            return
        self.recording = on
        self._intake.set_recording(on)
        record = RecordingResumed if on else RecordingPaused
        self._intake.record(record(self._intake.now()))

    def set_stored(self, seq: int, at: int) -> None:
        """Do nothing: a program that runs by itself waits for nobody; what does not fit into a ring is counted."""

    async def read_rest(self) -> None:
        """Read what has been written until now, and pass it on to who reads the stream."""
        if self._reader is not None and not self._stopped:
            await asyncio.to_thread(self._reader.catch_up)
        self.stream.take()

    def end_command(self) -> None:
        """Ask a command that the window has started to end."""
        if self._child is not None:
            self._child.end()

    @property
    def ends_with_us(self) -> bool:
        """The command was started here, and ends when we stop."""
        return self._child is not None

    async def stop(self) -> None:
        """Read what there is, then end the stream. A command that was started from a terminal goes on."""
        if self._stopped:
            return
        self._stopped = True
        await asyncio.to_thread(self._stop)
        self.stream.close()

    def _stop(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child.wait(_STOP_TIME)
        if self._reader is None or self._watched is None:
            return
        if self._firing is not None:
            self._firing.allow(False)  # at once, and not when the permission runs out
        self._reader.stop()
        folder = self._watched.folder
        over = not self._reader.live and (self._child is not None or self.over.is_set())
        if over:
            folders.remove(folder)
        if self._claim >= 0:
            os.close(self._claim)
            self._claim = -1
        if not over:
            folders.remove_later(folder)

    def _set_over(self) -> None:
        with suppress(RuntimeError):  # the loop was closed at this very moment
            self._loop.call_soon_threadsafe(self.over.set)

    def _start_command(self) -> None:
        folder = make_folder()
        self._claim = folders.claim(folder)
        command = self.command
        order = {"words": command.words, "program": command.program, "name": command.name}
        folders.write_json(folder, folders.WATCH, {**order, "anchor": self._intake.anchor})
        self._child = _Child(self.command, prepare(folder, self.command), self._intake)
        me = identity_of(os.getpid())
        if me is not None:
            own(folder, "reader", me)
        main = identity_of(self._child.pid)
        if main is not None:
            own(folder, "command", main)
        self._watched = Watched(folder, main, waited_for=True)


class _Child:
    """A command that the window has started: it has no terminal, and what it prints is recorded.

    Attributes:
        pid: Its number, and that of its session.
    """

    def __init__(self, command: RunCommand, variables: Mapping[str, str], intake: RunIntake) -> None:
        self._intake = intake
        try:
            self._process = subprocess.Popen(  # noqa: S603 - what the person typed
                command.words,
                executable=command.program,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                cwd=command.cwd,
            )
        except OSError as error:
            raise InspectorError(f"Cannot run {command.words[0]}: {error.strerror}.") from error
        self.pid = self._process.pid
        self._thread = threading.Thread(target=self._follow, name="inspector-command", daemon=True)
        self._reader: RunReader | None = None

    def start(self, reader: RunReader) -> None:
        """Read what it prints until it ends, and tell the reader how it ended."""
        self._reader = reader
        self._thread.start()

    def end(self) -> None:
        """Ask it, and all that it has started in its session, to end."""
        self._signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Wait for its end; after some seconds it is killed."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._signal(signal.SIGKILL)
            self._thread.join(seconds)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _follow(self) -> None:
        output = Output(self._printed, self._dropped, time.monotonic, Redactor())
        with selectors.DefaultSelector() as selector:
            for name, pipe in (("stdout", self._process.stdout), ("stderr", self._process.stderr)):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
                    selector.register(pipe, selectors.EVENT_READ, name)
            while selector.get_map():
                for key, _ in selector.select(0.2):
                    data = os.read(key.fd, _MUCH)
                    if data:
                        output.feed(key.data, data)
                    else:
                        selector.unregister(key.fileobj)
                output.tick()
                if self._process.poll() is not None and not selector.select(0):
                    break  # what it has started may keep its pipes open
        output.end()
        code = self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        if self._reader is not None:
            self._reader.set_ended(code)

    def _printed(self, stream: str, text: str) -> None:
        self._intake.record(ProgramPrinted(self._intake.now(), stream, text))

    def _dropped(self, size: int) -> None:
        self._intake.record(OutputDropped(self._intake.now(), size))
