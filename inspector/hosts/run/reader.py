"""The one reader of a run: a thread that looks at the folder, reads its rings and tells what becomes of processes."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.agent.run import ring
from inspector.agent.run.ring import RingError
from inspector.agent.run.start import STARTED
from inspector.core.records.host import (
    LIMIT,
    HostNoted,
    ProcessJoined,
    ProcessLeft,
    ProcessSilent,
    PublicationsSkipped,
)
from inspector.hosts.intake import FULL
from inspector.hosts.run.firing import FiredInto, FireTarget, RunFiring
from inspector.hosts.run.folder import RING
from inspector.hosts.run.proc import ProcessIdentity, command_of, maps_file, same_process, stat_of
from inspector.hosts.run.resuming import Begun
from inspector.hosts.run.ringreader import RingHeader, RingReader
from inspector.hosts.run.roles import HELPERS, role_of
from inspector.hosts.run.silent import SilentProcess, SilentSearch
from inspector.hosts.turns import short_turns

if TYPE_CHECKING:
    from inspector.hosts.run.intake import RowsOfProcess, RunIntake
    from inspector.hosts.run.launch import RunCommand

#: Seconds between two looks: while something comes, and when nothing has come for a while.
_BUSY: Final = 0.01
_QUIET: Final = 0.05
_WHILE: Final = 1.0
#: Seconds between two looks at who lives, and at who is silent; and between two records of what was skipped.
_LIFE: Final = 0.1
_SILENCE: Final = 1.0
_SKIPPED: Final = 1.0
#: Seconds between two looks at the children of processes, at least; and the share of the time that these may take.
_CHILDREN: Final = 0.02
_CHILDREN_SHARE: Final = 0.02
#: Seconds after which one that is silent and lives is told of: it may yet report by itself (``inspector_agent``).
_SURE: Final = 1.0
#: Seconds that the reader has to catch up with what is written.
_CATCH_UP: Final = 10.0
#: Most processes of a run, and silent ones that are told of.
_MOST: Final = 10_000
_MOST_SILENT: Final = 100
#: Most characters of a command line, and of a word of the hello.
_LONG: Final = 1_000
_WORD: Final = 100


class RunReader:
    """Reads all rings of a folder into an intake.

    Args:
        folder: The run's.
        intake: Where rows go.
        over: Called on the reader's thread when the command has ended and no process of the run reports any more.
        command: What runs, to name it should it end before anybody can look at it.
        waited_for: Somebody waits for the command, and tells how it ended (``set_ended``).
        firing: What fires into the processes; without it nothing does.

    Attributes:
        live: Number of processes that report and live.
        unread: Rings that cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        intake: RunIntake,
        over: Callable[[], None],
        command: RunCommand | None = None,
        *,
        waited_for: bool = False,
        firing: RunFiring | None = None,
    ) -> None:
        self._folder = folder
        self._firing = firing or RunFiring(folder, intake)
        self._intake = intake
        self._over = over
        self._command = command
        self._waited_for = waited_for
        self._rings: dict[str, _Process] = {}
        self._names: set[str] = set()
        self._count = 0
        self._silent = SilentSearch(folder)
        self._silent_count = 0
        #: Those of them that are not told of yet, and since when.
        self._suspects: list[tuple[float, SilentProcess]] = []
        self._main: ProcessIdentity | None = None
        self._main_code: int | None = None
        self._ended = False
        self._is_over = False
        self._stop = threading.Event()
        self._looks = 0
        self._looked = threading.Condition()
        self._last_rows = self._last_life = self._last_silence = self._next_children = 0.0
        self._thread = threading.Thread(target=self._run, name="inspector-run", daemon=True)
        self.unread = 0

    @property
    def live(self) -> int:
        """Number of processes that report and live."""
        return sum(process.number > 0 and not process.left for process in tuple(self._rings.values()))

    @property
    def labels(self) -> list[str]:
        """What these processes are called: ``server 48231``."""
        live = [process for process in tuple(self._rings.values()) if process.number and not process.left]
        return [process.label for process in live]

    def start(self, main: ProcessIdentity | None) -> None:
        """Start reading.

        Args:
            main: The process that the command began as, None when it is told later.
        """
        if main is not None:
            self.set_main(main)
        self._thread.start()

    def set_main(self, main: ProcessIdentity) -> None:
        """Take notice of the process that the command has become."""
        if self._command is not None:
            self._silent.expect_main(main, self._command.words, os.path.realpath(self._command.program))
        self._main = main

    def set_ended(self, code: int | None) -> None:
        """Take notice of the end of the command.

        Args:
            code: Its exit code, negative for the signal that ended it; None when that is unknown.
        """
        self._main_code = code
        self._ended = True

    def catch_up(self) -> None:
        """Wait until everything is read that is written now."""
        with self._looked:
            enough = self._looks + 2  # a look that has begun may have passed a ring by
            self._looked.wait_for(lambda: self._looks >= enough or not self._thread.is_alive(), _CATCH_UP)

    def stop(self) -> None:
        """Read what there is and stop; blocks until that is done."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.close()

    def close(self) -> None:
        """Let go of the rings."""
        for process in self._rings.values():
            process.close()

    @property
    def identities(self) -> list[ProcessIdentity]:
        """The processes that have reported, the first one first."""
        return [process.identity for process in tuple(self._rings.values())]

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        with short_turns():
            while not self._stop.is_set():
                wait = self.look()
                with self._looked:
                    self._looks += 1
                    self._looked.notify_all()
                self._stop.wait(wait)
            self.look(last=True)

    def look(self, *, last: bool = False) -> float:
        """Look once at everything; return how many seconds the next look may wait."""
        now = time.monotonic()
        started = self._intake.clock()
        self._find()
        if self._intake.waiting <= FULL or last:
            for process in tuple(self._rings.values()):
                if process.read():
                    self._last_rows = now
                    self._list(process)
                self._hear(process)
        self._intake.pass_on(None if last else started)
        self._firing.look(now)
        if last or now - self._last_life >= _LIFE:
            self._last_life = now
            self._see_life(last=last)
        if not last and now - self._last_silence >= _SILENCE:
            self._last_silence = now
            self._see_silence(self._silent.look)
        elif not last and now >= self._next_children:
            began = time.thread_time()
            self._see_silence(self._silent.look_at_children)
            self._next_children = now + max(_CHILDREN, (time.thread_time() - began) / _CHILDREN_SHARE)
        self._judge(at_once=last)
        for process in self._rings.values():
            process.report_skipped(now, at_once=last)
        if self._ended and not self._is_over and not self.live:
            self._is_over = True
            self._see_main_ended()
            self._judge(at_once=True)
            if self._main is not None and not (self._rings or self._silent_count):
                self._note(_NOBODY)
            self._over()
        if self._firing.allowed or now - self._last_rows < _WHILE:
            return _BUSY
        return min(_QUIET, max(_BUSY, self._next_children - now))

    def _find(self) -> None:
        """Take in rings that are new."""
        try:
            names = {entry for entry in os.listdir(self._folder) if entry.endswith(RING)}  # noqa: PTH208 - 100 times a second
        except OSError:  # somebody has removed the folder: nothing comes any more
            return
        fresh = names - self._names
        if not fresh or len(self._rings) >= _MOST:
            return
        for name in sorted(fresh, key=_age):
            self._names.add(name)
            try:
                reader = RingReader(str(self._folder / name))
            except RingError as error:
                self.unread += 1
                self._note(f"{name} {error}.")
                continue
            self._join(name, reader)

    def _join(self, name: str, reader: RingReader) -> None:
        process = _Process(self._folder / name, reader, self._intake, self._note)
        for earlier in self._rings.values():
            if earlier.identity == process.identity and not earlier.left and process.interpreter == 0:
                self._leave(earlier, None, _REPLACED)
        process.parent = self._parent_of(process)
        self._rings[name] = process
        self._last_rows = time.monotonic()
        self._list(process)

    def _parent_of(self, process: _Process) -> _Process | None:
        """Return the process that has started another and reports, perhaps by something that does not, as a shell."""
        pid = process.parent_pid
        while pid > 1:
            parent = next((other for other in reversed(self._rings.values()) if other.pid == pid), None)
            if parent is not None and parent is not process:
                return parent
            stat = stat_of(pid)
            pid = stat.parent if stat is not None else 0
        return None

    def _list(self, process: _Process) -> None:
        if process.number == 0 and process.to_be_listed():
            self._count += 1
            process.join(self._count)
            self._firing.join(process.fired_into())

    def _leave(self, process: _Process, code: int | None, text: str) -> None:
        self._firing.leave(process.number)
        process.leave(code, text)

    def _see_life(self, *, last: bool) -> None:
        for process in tuple(self._rings.values()):
            if process.left:
                continue
            if process.lives():
                if process.is_replaced():
                    self._leave(process, None, _REPLACED)
                continue
            process.read(gone=True)
            self._list(process)
            self._hear(process)
            is_main = self._main is not None and process.pid == self._main.pid
            if (is_main or self._main is None) and self._waited_for and not self._ended and not last:
                continue  # how it ended comes in a moment
            code = self._main_code if is_main else None
            self._leave(process, code, _how(code, process))
        if self._main is None:
            return
        if not (self._ended or self._waited_for) and not same_process(self._main):
            self._ended = True
        if self._ended:
            self._see_main_ended()
        else:
            self._silent.note_main(self._main)

    def _see_main_ended(self) -> None:
        silent = self._silent.main_that_ended(self._reporting())
        if silent is not None:
            self._suspect(silent)

    def _reporting(self) -> set[int]:
        return {process.pid for process in self._rings.values() if not process.replaced}

    def _hear(self, process: _Process) -> None:
        """Report what a process has started and cannot report, however short its life is."""
        while process.started:
            silent = self._silent.heard(process.started.pop(0), self._reporting())
            if silent is not None and self._silent_count < _MOST_SILENT:
                self._suspect(silent)

    def _see_silence(self, look: Callable[[set[int], set[int]], Iterator[SilentProcess]]) -> None:
        if self._silent_count >= _MOST_SILENT:
            return
        roots = {process.pid for process in self._rings.values() if not process.left}
        if self._main is not None and not self._ended:
            roots.add(self._main.pid)
        for silent in look(roots, self._reporting()):
            self._suspect(silent)

    def _suspect(self, silent: SilentProcess) -> None:
        self._silent_count += 1
        self._suspects.append((time.monotonic(), silent))

    def _judge(self, *, at_once: bool) -> None:
        """Report who is silent for good, and forget who has reported by now."""
        waiting, self._suspects = self._suspects, []
        for since, silent in waiting:
            pid = silent.identity.pid
            if pid in self._reporting():
                self._silent_count -= 1
            elif at_once or time.monotonic() - since >= _SURE or not same_process(silent.identity):
                command = " ".join(silent.command)[:_LONG]
                self._intake.record(ProcessSilent(self._intake.now(), pid, command, silent.reason[:_LONG]))
            else:
                self._suspects.append((since, silent))

    def _note(self, text: str) -> None:
        self._intake.record(HostNoted(self._intake.now(), "run", "warning", text[:_LONG]))


class _Process:
    """One ring, and what is known of the process that writes it."""

    def __init__(self, path: Path, reader: RingReader, intake: RunIntake, note: Callable[[str], None]) -> None:
        self._path = path
        self._reader = reader
        self._started = _age(path.name)[0]
        self._intake = intake
        self._note = note
        header = reader.header
        self.pid = header[ring.PID]
        self.identity = ProcessIdentity(self.pid, header[ring.STARTED])
        self.interpreter = header[ring.INTERPRETER]
        self.parent_pid = header[ring.PARENT]
        self.parent: _Process | None = None
        self.hello: Mapping[str, Any] = reader.hello
        self.command = _words(self.hello.get("argv")) or command_of(self.pid)
        self.number = 0
        self.left = self.replaced = False
        #: What it says that it has started.
        self.started: list[list[Any]] = []
        stat = stat_of(self.pid)
        self._stack = stat.stack if stat is not None else 0
        self._is_fresh = True
        self._rows: RowsOfProcess | None = None
        self._waiting: list[list[Any]] = []
        self._broken = False
        self._resumed = header[ring.READ] > 0
        self._begun = Begun(path, read_before=self._resumed)
        self._skipped = (1, header[ring.TOLD_COUNTED], header[ring.TOLD_DROPPED])
        self._skipped_told = 0.0
        #: Words of ``_NO_ROOM`` that were told.
        self._told: set[int] = set()

    @property
    def state(self) -> int:
        """What the agent says of the process: ``ring.RUNNING``, ``ring.ENDED`` or ``ring.GIVEN_UP``."""
        return self._reader.header[ring.STATE]

    @property
    def last_words(self) -> str:
        """What the process said of its end."""
        return self._rows.last_words if self._rows is not None else ""

    @property
    def role(self) -> str:
        """What it does, in a word or two."""
        parent = self.parent.command if self.parent is not None else None
        role = role_of(self.command, parent, forked=self.hello.get("forked") is True)
        return f"{role} subinterpreter {self.interpreter}".strip() if self.interpreter else role

    @property
    def label(self) -> str:
        """What it is called: ``server 48231``."""
        return f"{self.role or 'process'} {self.pid}"

    def fired_into(self) -> FiredInto:
        """Return it as a process that may be fired into; it has joined."""
        assert self._rows is not None  # noqa: S101 - see above
        return FiredInto(self._path, self._reader, self._rows, FireTarget(self.number, self.label))

    def to_be_listed(self) -> bool:
        """Return whether it is worth a line: a helper of the standard library is when it publishes something.

        What has ended and was read to its end by another reader is not.
        """
        if self._resumed and not self._waiting and not self.lives():
            return False
        return bool(self._waiting) or self.role not in HELPERS

    def join(self, number: int) -> None:
        """Take it into the session, and what it has written so far."""
        self.number = number
        begun = self._begun.items if self._resumed else None
        rows = self._rows = self._intake.join(number, begun, self._reader.header[ring.REQUESTS])
        parent = self.parent.number if self.parent is not None else 0
        python = self.hello.get("python")
        self._intake.record(
            ProcessJoined(
                *(self._joined(), number, self.pid, parent, self.role),
                " ".join(self.command)[:_LONG],
                python[:_WORD] if isinstance(python, str) else "",
            )
        )
        limit = self.hello.get("limit")
        if isinstance(limit, str) and limit:
            self._intake.record(HostNoted(self._intake.now(), LIMIT, "info", limit[:_LONG]))
        waiting, self._waiting = self._waiting, []
        rows.take(waiting)

    def _joined(self) -> int:
        """Return when it began to report, ns since the session began: somebody may read it much later."""
        return min(max(0, self._started - self._intake.anchor), self._intake.now())

    def read(self, *, gone: bool = False) -> bool:
        """Read what it has written since the last time; return whether there was anything.

        Args:
            gone: It has ended: what it was doing then is read, too.
        """
        if self._broken or self.left:
            return False
        try:
            items = self._reader.take(gone=gone)
            if items:
                self._begun.keep(items)
                self._reader.confirm()
        except RingError as error:
            self._broken = True
            self._note(f"Process {self.number or self.pid} can no longer be read: its ring {error}.")
            return False
        self.started += [item[1:] for item in items if item[0] == STARTED]
        items = [item for item in items if item[0] != STARTED]
        if not items:
            return False
        if self._rows is None:
            self._waiting += items
        else:
            self._rows.take(items)
        return True

    def lives(self) -> bool:
        """Return whether it still runs."""
        return same_process(self.identity)

    def is_replaced(self) -> bool:
        """Return whether it lives on as another program: that has another stack, and has not mapped the ring."""
        stat = stat_of(self.pid)
        if self.state != ring.RUNNING or stat is None or not (self._is_fresh or stat.stack != self._stack):
            return False
        self._is_fresh = False
        self._stack = stat.stack
        self.replaced = not maps_file(self.pid, self._path.name)
        return self.replaced

    def report_skipped(self, now: float, *, at_once: bool = False) -> None:
        """Record what is left out, when that has changed, at most once a second."""
        if self.number == 0 or not (at_once or now - self._skipped_told >= _SKIPPED):
            return
        header = self._reader.header
        self._report_refused(header)
        words = max(1, header[ring.ONE_IN]), header[ring.COUNTED], header[ring.DROPPED]
        if self._rows is not None:
            self._rows.lost()
        if words == self._skipped:
            return
        _, counted, dropped = self._skipped
        more = PublicationsSkipped(
            self._intake.now(),
            self.number,
            min(words[0], _MOST_SKIPPED),
            min(max(0, words[1] - counted), _MOST_SKIPPED),
            min(max(0, words[2] - dropped), _MOST_SKIPPED),
        )
        self._skipped, self._skipped_told = words, now
        self._intake.record(more)
        with suppress(RingError):  # it is told when it is read
            self._reader.set(ring.TOLD_COUNTED, words[1])
            self._reader.set(ring.TOLD_DROPPED, words[2])

    def _report_refused(self, header: RingHeader) -> None:
        """Report why there is no room for what it tells, or for a process that it has forked off; once each."""
        for word, text in _NO_ROOM.items():
            number = header[word]
            if number and word not in self._told:
                self._told.add(word)
                self._note(text.format(self.label, os.strerror(min(number, _MOST_SKIPPED))))

    def leave(self, code: int | None, text: str) -> None:
        """Record that it has ended, after all that it has written."""
        while self.read(gone=True):
            pass
        self.report_skipped(0.0, at_once=True)
        self.left = True
        if self._rows is not None:
            self._rows.lost()
            self._intake.leave(self.number, ProcessLeft(self._intake.now(), self.number, self.pid, code, text))
        self.close()

    def close(self) -> None:
        """Let go of the ring."""
        self._reader.close()


_REPLACED: Final = "It was replaced by another program."
_NOBODY: Final = (
    "No Python process of the command reported. If there was one, what has started it has replaced PYTHONPATH or used "
    "another interpreter, -I, -E or -S."
)
#: What has to be said of words that hold the number of an error.
_NO_ROOM: Final = {
    ring.REFUSED: "Not all that {} reports has room: {}. What has none is counted.",
    ring.CHILD_REFUSED: "A process that {} has forked off cannot report: {}.",
}
#: Most publications of one record of what was skipped.
_MOST_SKIPPED: Final = (1 << 31) - 1


def _how(code: int | None, process: _Process) -> str:
    """Return how a process has ended, as a sentence."""
    if code is not None and code < 0:
        return f"Ended by {signal_name(-code)}."
    if code is not None:
        return f"Exit code {code}."
    if process.last_words:
        return process.last_words
    if process.state != ring.RUNNING:  # where the agent has given up, it could not say that it ends
        return "Ended."
    return "Ended without running its exit hooks."


def signal_name(number: int) -> str:
    """Return the name of a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _age(name: str) -> tuple[int, str]:
    """Return what rings are ordered by: the process that started first comes first."""
    started = name.split(".")[1]
    return (int(started) if started.isdigit() else 0, name)


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(word) for word in value) if isinstance(value, list) else ()
