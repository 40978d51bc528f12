"""The process of a child: started by a keeper (see there), so that it can be ended with all that it has started."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.agent.process.posture import DUMP_SIGNAL
from inspector.agent.process.tail import SIZE as TAIL_SIZE
from inspector.agent.process.tail import read_tail
from inspector.agent.procfs import processor_times
from inspector.core.own_code import PACKAGE
from inspector.hosts.keeper import descendants
from inspector.hosts.stacks import Dump, read_dump

if TYPE_CHECKING:
    from inspector.hosts.project import Project


# How a child process is started for a project.


@dataclass(frozen=True)
class ChildLaunch:
    """How a child is started.

    Attributes:
        python: The interpreter.
        flags: Its options, before our script.
        cwd: Where it runs.
        environment: Its whole environment.
        order: What it is told to load.
        load_timeout: Seconds that loading may take.
    """

    python: str
    flags: Sequence[str]
    cwd: str
    environment: Mapping[str, str] = field(repr=False)
    order: Mapping[str, Any]
    load_timeout: float


def launch_of(project: Project, seed: int | None) -> ChildLaunch:
    """Find out how a project is started.

    Args:
        project: The project.
        seed: Seed of the synthetic values, told in the session's record.

    Raises:
        UsageError: Its interpreter, or its file of settings, does not exist.
    """
    environment = project.environment()
    return ChildLaunch(
        python=str(project.interpreter().path),
        flags=flags_of(environment),
        cwd=str(project.cwd),
        environment=environment,
        order=order_of(project, seed),
        load_timeout=project.load_timeout,
    )


def order_of(project: Project, seed: int | None = None) -> dict[str, Any]:
    """Return what of a project the agent loads, or looks for, as JSON."""
    return {
        "app": list(project.app),
        "catalog": list(project.catalog),
        "session": project.db_session,
        "name": project.name,
        "options": {
            "handlers": list(project.handlers),
            "publish": project.publish,
            "adapter": project.adapter,
            "bus": project.bus,
        },
        "cwd": str(project.cwd),
        "seed": seed,
        "memory": project.memory,
    }


def flags_of(environment: Mapping[str, str]) -> list[str]:
    """Return as options what a project sets in ``PYTHON…`` variables: isolated from those, it still means them."""
    flags = ["-B"] if environment.get("PYTHONDONTWRITEBYTECODE") or sys.dont_write_bytecode else []
    optimise = environment.get("PYTHONOPTIMIZE", "")
    if optimise:
        flags.append("-O" if optimise == "1" else "-OO")
    if environment.get("PYTHONUTF8") in ("0", "1"):
        flags += ["-X", f"utf8={environment['PYTHONUTF8']}"]
    if environment.get("PYTHONDEVMODE"):
        flags += ["-X", "dev"]
    for rule in environment.get("PYTHONWARNINGS", "").split(","):
        flags += ["-W", rule] if rule else []
    return flags


_KEEPER: Final = Path(PACKAGE) / "hosts" / "keeper.py"
#: Options of the keeper's interpreter: it needs no installed package, and starts in a third of the time without.
KEEPER_FLAGS: tuple[str, ...] = ("-I", "-S")
_BOOTSTRAP: Final = Path(PACKAGE) / "agent" / "process" / "bootstrap.py"
#: Seconds a dump of the stacks may take.
_DUMP_TIME: Final = 0.3
_DUMP_SIZE: Final = 1 << 20
#: Seconds that the keeper has to start the child, and to end all of its family once that is its task: a program may
#: stop its keeper, again and again, and must not stop us with it.
_START_TIME: Final = 20.0
_KEEPER_TIME: Final = 4.0
#: Seconds between two looks at a keeper that is waited for.
_LOOK: Final = 0.1


class ChildProcess:
    """A child process, and the file into which it writes its stacks.

    Use it as a context: at the end the process and its session are gone.

    Args:
        launch: How it is started.
        channel: Its end of the socket; closed here once the process has it.

    Attributes:
        pid: Its number, and that of its session.
        main_thread: Identifier of its main thread, once it is known.

    Raises:
        OSError: The interpreter cannot be started.
    """

    def __init__(self, launch: ChildLaunch, channel: socket.socket) -> None:
        self._stacks = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._tail = os.memfd_create("inspector-tail", os.MFD_CLOEXEC)
        os.ftruncate(self._tail, TAIL_SIZE)
        self._control, theirs = socket.socketpair()
        self._told = bytearray()
        self._code: int | None = None
        self._end_by: float | None = None
        try:
            with theirs:
                self._keeper = self._spawn(launch, channel, theirs)
            self.pid = self._started(launch)
        except OSError:
            self._stacks.close()
            os.close(self._tail)
            self._control.close()
            raise
        channel.close()
        self._control.setblocking(False)
        self.main_thread = 0
        #: The stacks that it was asked for last, by whatever way.
        self.asked = Dump("", ())

    def __enter__(self) -> ChildProcess:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self.wait()
        self._stacks.close()
        os.close(self._tail)

    @property
    def pipes(self) -> dict[str, int]:
        """Descriptors of its output streams, by name; reading them never waits."""
        descriptors = {}
        for name, pipe in (("stdout", self._keeper.stdout), ("stderr", self._keeper.stderr)):
            assert pipe is not None  # noqa: S101 - asked for when it was started
            os.set_blocking(pipe.fileno(), False)
            descriptors[name] = pipe.fileno()
        return descriptors

    def gone(self) -> bool:
        """Return whether it has ended; its number stays its own until ``wait``."""
        if self._code is None and self._listen() is False:
            self._code = -signal.SIGKILL  # the keeper was killed, and the child with it
        return self._code is not None

    def kill(self) -> None:
        """End it, and everything else in its session; the keeper ends the rest when it has ended."""
        if not self.gone():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self._urge_keeper()

    def stopped(self) -> bool:
        """Return whether it was stopped, by SIGSTOP or by a debugger; False where that cannot be seen."""
        return _state(self.pid) in ("T", "t")

    def unserved(self) -> float:
        """Return for how many seconds its main thread could have run and had no processor; 0.0 where nobody says."""
        return processor_times(str(self.pid))[1] / 1e9

    def _urge_keeper(self) -> None:
        """Let a keeper that was stopped go on, there is work for it; do that work when it does not in time."""
        now = time.monotonic()
        if self._end_by is None:
            self._end_by = now + _KEEPER_TIME
        if now < self._end_by:
            self._keeper.send_signal(signal.SIGCONT)
            return
        # Again and again: one may have forked since we have looked. The keeper last: as long as it is there, all of
        # them can be found.
        last = now + _KEEPER_TIME / 2
        while self._keeper.poll() is None and time.monotonic() < last:
            family = [process for process in descendants(self._keeper.pid, 0) if _state(process) not in ("Z", "X", "")]
            for process in family:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process, signal.SIGKILL)
            if not family:
                break
            time.sleep(_LOOK / 10)
        self._keeper.kill()

    def wait(self) -> int:
        """Wait for its end and that of all it has started; return its exit code, negative for a signal's number."""
        while not self.gone():
            if not select.select([self._control], [], [], _LOOK)[0] and self._end_by is not None:
                self._urge_keeper()
        self._control.close()
        self._end_by = None
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._keeper.wait(_LOOK)
                break
            self._urge_keeper()
        for pipe in (self._keeper.stdout, self._keeper.stderr):
            if pipe is not None:
                pipe.close()
        assert self._code is not None  # noqa: S101 - it is gone
        return self._code

    def _listen(self) -> bool:
        """Read what the keeper says; return False at its end."""
        with contextlib.suppress(BlockingIOError):
            try:
                data = self._control.recv(4096)
            except ConnectionResetError:  # it was killed before it had read all we said
                data = b""
            self._told += data
            verb, _, number = self._told.partition(b"\n")[0].partition(b" ")
            if verb == b"ended" and self._told.endswith(b"\n"):
                self._code = int(number)
            return bool(data)
        return True

    def _started(self, launch: ChildLaunch) -> int:
        """Hand the keeper the child's environment; return the child's number."""
        pairs = b"\0".join(os.fsencode(f"{name}={value}") for name, value in launch.environment.items())
        self._control.settimeout(_START_TIME)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has ended: then it has nothing to say
            self._control.sendall(len(pairs).to_bytes(4, "big") + pairs)
        answer = b""
        while not answer.endswith(b"\n"):
            # Byte by byte: a child that ends at once has its end told right behind, and that is for ``_listen``.
            try:
                data = self._control.recv(1)
            except TimeoutError:
                self._keeper.kill()
                data = b""
            except ConnectionResetError:
                data = b""
            if not data:
                break
            answer += data
        verb, _, number = answer.partition(b" ")
        if verb == b"started":
            return int(number)
        self._keeper.communicate()
        if verb != b"failed" and self._keeper.returncode < 0:
            raise OSError(errno.ESRCH, "the process that starts it was killed")
        code = int(number) if verb == b"failed" else errno.ENOEXEC
        raise OSError(code, os.strerror(code))

    def last_rows(self) -> tuple[int, list[Any]]:
        """Return how many rows it has recorded before those that it may not have sent, and those."""
        with contextlib.suppress(ValueError):  # the program has written into it, or it runs
            return read_tail(self._tail)
        return 0, []

    def ask_for_stacks(self) -> Dump:
        """Have it write its stacks; gives them, empty when it does not answer."""
        before = os.fstat(self._stacks.fileno()).st_size
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, DUMP_SIGNAL)
        end = time.monotonic() + _DUMP_TIME
        size = -1
        while time.monotonic() < end:
            time.sleep(0.02)  # on the supervisor's own thread: nobody else waits
            after = os.fstat(self._stacks.fileno()).st_size
            if after > before and after == size:
                break
            size = after
        self.asked = self._read_stacks(before)
        return self.asked

    def last_stacks(self) -> Dump:
        """Return the stacks that it wrote when it crashed, else those that it was asked for last."""
        dump = self._read_stacks(0)
        return dump if dump.fatal else self.asked

    def _read_stacks(self, start: int) -> Dump:
        descriptor = self._stacks.fileno()
        start = max(start, os.fstat(descriptor).st_size - _DUMP_SIZE)
        return read_dump(os.pread(descriptor, _DUMP_SIZE, start).decode("utf-8", "replace"), self.main_thread)

    def _spawn(self, launch: ChildLaunch, channel: socket.socket, control: socket.socket) -> subprocess.Popen[bytes]:
        descriptors = (control.fileno(), channel.fileno(), self._stacks.fileno(), self._tail)
        command = [launch.python, "-I", *launch.flags, str(_BOOTSTRAP), *map(str, descriptors[1:])]
        return subprocess.Popen(  # noqa: S603 - starting the project's interpreter is what we are for
            [sys.executable, *KEEPER_FLAGS, str(_KEEPER), *map(str, descriptors), *command],
            cwd=launch.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=descriptors,
            start_new_session=True,
        )


def _state(process: int) -> str:
    """Return the letter of a process's state (``T``: stopped, ``Z``: ended), empty when it cannot be seen."""
    try:
        stat = Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return ""
    return chr(stat[stat.rindex(b")") + 2])
