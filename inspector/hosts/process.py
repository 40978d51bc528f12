"""The process of a child: started in a session of its own, so that it can be ended with all that it has started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.agent.process.posture import DUMP_SIGNAL
from inspector.core.own_code import PACKAGE
from inspector.hosts.stacks import Dump, read_dump

if TYPE_CHECKING:
    import socket

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
    options = {"handlers": list(project.handlers), "publish": project.publish, "adapter": project.adapter}
    return ChildLaunch(
        python=str(project.interpreter().path),
        flags=flags_of(environment),
        cwd=str(project.cwd),
        environment=environment,
        order={
            "app": list(project.app),
            "catalog": list(project.catalog),
            "session": project.db_session,
            "name": project.name,
            "options": options,
            "cwd": str(project.cwd),
            "seed": seed,
            "memory": project.memory,
        },
        load_timeout=project.load_timeout,
    )


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


_BOOTSTRAP: Final = Path(PACKAGE) / "agent" / "process" / "bootstrap.py"
#: Seconds a dump of the stacks may take.
_DUMP_TIME: Final = 0.3
_DUMP_SIZE: Final = 1 << 20


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
        try:
            self._process = self._spawn(launch, channel)
        except OSError:
            self._stacks.close()
            raise
        channel.close()
        self.pid = self._process.pid
        self.main_thread = 0
        self._asked = Dump("", ())
        self._guard = contextlib.ExitStack()
        self._guard.enter_context(_guarded(self.pid))

    def __enter__(self) -> ChildProcess:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self.wait()
        self._stacks.close()

    @property
    def pipes(self) -> dict[str, int]:
        """Descriptors of its output streams, by name; reading them never waits."""
        descriptors = {}
        for name, pipe in (("stdout", self._process.stdout), ("stderr", self._process.stderr)):
            assert pipe is not None  # noqa: S101 - asked for when it was started
            os.set_blocking(pipe.fileno(), False)
            descriptors[name] = pipe.fileno()
        return descriptors

    def gone(self) -> bool:
        """Return whether it has ended; it is not reaped yet, so that its number is still its own."""
        if not hasattr(os, "waitid"):  # macOS
            return self._process.poll() is not None
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # reaped already
            return True

    def kill(self) -> None:
        """End it, and everything else in its session that has not gone elsewhere."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for its end; return the exit code, negative for the signal that killed it."""
        code = self._process.wait()
        self._guard.close()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        return code

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
        self._asked = self._read_stacks(before)
        return self._asked

    def last_stacks(self) -> Dump:
        """Return the stacks that it wrote when it crashed, else those that it was asked for last."""
        dump = self._read_stacks(0)
        return dump if dump.fatal else self._asked

    def _read_stacks(self, start: int) -> Dump:
        descriptor = self._stacks.fileno()
        start = max(start, os.fstat(descriptor).st_size - _DUMP_SIZE)
        return read_dump(os.pread(descriptor, _DUMP_SIZE, start).decode("utf-8", "replace"), self.main_thread)

    def _spawn(self, launch: ChildLaunch, channel: socket.socket) -> subprocess.Popen[bytes]:
        arguments = [str(_BOOTSTRAP), str(channel.fileno()), str(self._stacks.fileno()), str(os.getpid())]
        return subprocess.Popen(  # noqa: S603 - starting the project's interpreter is what we are for
            [launch.python, "-I", *launch.flags, *arguments],
            cwd=launch.cwd,
            env=dict(launch.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(channel.fileno(), self._stacks.fileno()),
            start_new_session=True,
        )


@contextlib.contextmanager
def _guarded(group: int) -> Iterator[None]:
    """Have somebody end the child and all that it has started when we are killed ourselves.

    A shell that waits for the end of its input, in a session of its own: the child may be stuck, and the system only
    ends the child for us, not its children.
    """
    try:
        guard = subprocess.Popen(  # noqa: S603 - a fixed command
            ["/bin/sh", "-c", 'read _ || kill -s KILL -- "-$0"', str(group)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:  # there is no such shell: the child still notices our end by itself
        yield
        return
    try:
        yield
    finally:
        guard.communicate(b"\n")
