"""Starts a command as the person typed it, with our front folder on its path.

Nothing else of it is changed: the same terminal, descriptors, signals, working directory. Where nothing depends on our
ending the launcher becomes the command (``become``), so that process number, parent and exit are its own by
construction; else it stays its parent (``attend``), and ends as the command ended.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import resource
import shlex
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from inspector.core.errors import UsageError
from inspector.core.own_code import PACKAGE
from inspector.hosts.process import order_of
from inspector.hosts.run.folder import RUN, SPEC, write_json
from inspector.hosts.run.roles import program_of

if TYPE_CHECKING:
    from inspector.hosts.project import Project

#: The folder that stands first on the path of every Python process of a run; it holds ``sitecustomize`` and no more.
FRONT: Final = Path(PACKAGE) / "agent" / "run" / "front"
_PATH: Final = "PYTHONPATH"
#: What Python itself sets before we run, where the locale is the C locale.
_COERCED: Final = "LC_CTYPE"
#: Signals that Python ignores for itself, and a command must not inherit ignored.
_IGNORED_BY_PYTHON: Final = ("SIGPIPE", "SIGXFSZ")
#: Signals that reach the whole foreground group by themselves, and those that are passed on.
_TERMINAL: Final = (signal.SIGINT, signal.SIGQUIT)
_PASSED_ON: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
#: Share of a core that recording may take in each process, unless said otherwise.
BUDGET: Final = 0.03


@dataclass(frozen=True)
class RunCommand:
    """A command to run and watch.

    Attributes:
        words: The command and its arguments, as they were typed.
        program: The file of the command.
        name: What people call what it runs.
        project: What of the program is looked at, None to find it while it runs.
        budget: Share of a core that recording may take in each process; 0 sets no limit.
        cwd: Where it runs; None: here.
        allow_fire: Events may be fired into its processes from the beginning.
    """

    words: tuple[str, ...]
    program: str
    name: str
    project: Project | None = field(default=None, repr=False)
    budget: float = BUDGET
    cwd: Path | None = None
    allow_fire: bool = False

    @property
    def text(self) -> str:
        """The command as it can be typed again."""
        return shlex.join(self.words)

    def spec(self) -> dict[str, Any]:
        """Return what the agent is told in ``spec.json``: the child's order (``order_of``), ``budget`` and ``fire``.

        The budget is in percent of a core, 0 for no limit; ``fire`` says whether that is allowed.
        """
        order = order_of(self.project) if self.project is not None else {"app": [], "name": self.name}
        return {**order, "budget": self.budget * 100, "fire": self.allow_fire}


def find_command(
    words: Sequence[str], project: Project | None = None, budget: float = BUDGET, cwd: Path | None = None
) -> RunCommand:
    """Look up a command as a shell would.

    Args:
        words: The command and its arguments.
        project: What of the program is looked at.
        budget: Share of a core that recording may take in each process; 0 for no limit.
        cwd: Where it runs, absolute; None: here.

    Raises:
        UsageError: There is no such command, or it cannot be run.
    """
    if not words:
        raise UsageError("No command to run.", "Put it after --, for example inspector run -- python app.py.")
    name = words[0]
    is_path = os.sep in name  # which is meant from where the command runs; the file is told its name as it is typed
    beside = Path(cwd or Path.cwd(), name)
    program = shutil.which(beside if is_path else name)
    if program is not None:
        program = name if is_path else program
        name_of_program = project.name if project is not None else program_of(words)
        return RunCommand(tuple(words), program, name_of_program, project, budget, cwd)
    if beside.is_file():
        python = f"python {name}" if beside.suffix == ".py" else f"chmod +x {name}"
        raise UsageError(f"{name} is not executable.", f"Try {python}.")
    if beside.is_dir():
        raise UsageError(f"{name} is a folder.", "Name a command.")
    if is_path:
        raise UsageError(f"No file {name}.")
    close = difflib.get_close_matches(name, _commands(), n=1, cutoff=0.75)
    if name.startswith("-"):
        raise UsageError(f"{name} is not an option of inspector run.", "Put the command after --.")
    raise UsageError(f"No command {name} on PATH.", f"Did you mean {close[0]}?" if close else "")


def _commands() -> set[str]:
    """Return the names of what can be run from ``PATH``."""
    names: set[str] = set()
    for folder in os.get_exec_path():
        with contextlib.suppress(OSError):
            names.update(os.listdir(folder))  # noqa: PTH208 - names, thousands of them
    return names


def prepare(folder: Path, command: RunCommand) -> dict[str, str]:
    """Write down what the agent needs; return the environment in which the command runs."""
    write_json(folder, SPEC, command.spec())
    return environment(folder, original_environment())


def environment(folder: Path, before: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which every Python process reports to a folder."""
    path = before.get(_PATH, "")
    return {**before, _PATH: f"{FRONT}{os.pathsep}{path}" if path else str(FRONT), RUN: str(folder)}


def original_environment() -> dict[str, str]:
    """Return the environment as it was before our own interpreter set anything in it."""
    now = dict(os.environ)
    if now.get(_COERCED) in ("C.UTF-8", "C.utf8", "UTF-8"):
        try:
            first = Path("/proc/self/environ").read_bytes().split(b"\0")
        except OSError:
            return now
        if not any(pair.startswith(f"{_COERCED}=".encode()) for pair in first):
            del now[_COERCED]
    return now


def become(command: RunCommand, variables: Mapping[str, str]) -> NoReturn:
    """Become the command.

    Raises:
        UsageError: It cannot be run.
    """
    _flush()
    for name in _IGNORED_BY_PYTHON:
        signal.signal(signal.Signals[name], signal.SIG_DFL)
    try:
        os.execve(command.program, list(command.words), dict(variables))  # noqa: S606 - what the person typed
    except OSError as error:
        raise UsageError(f"Cannot run {command.words[0]}: {error.strerror}.") from error


class Attendant:
    """The parent of a command, which the command does not notice.

    Ctrl+C reaches the command by itself, with the whole foreground group, so it is ignored here; what asks one process
    to end is passed on. Make it in the main thread.

    Args:
        command: What is run.
        variables: Its environment.

    Attributes:
        pid: Number of the command's process.

    Raises:
        UsageError: It cannot be run.
    """

    def __init__(self, command: RunCommand, variables: Mapping[str, str]) -> None:
        _flush()
        handled = (*_TERMINAL, *_PASSED_ON)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, handled)
        try:
            reset = [signal.Signals[name] for name in _IGNORED_BY_PYTHON]
            reset += [number for number in _TERMINAL if signal.getsignal(number) != signal.SIG_IGN]
            try:
                self.pid = os.posix_spawn(
                    command.program, list(command.words), dict(variables), setsigdef=reset, setsigmask=before
                )
            except OSError as error:
                raise UsageError(f"Cannot run {command.words[0]}: {error.strerror}.") from error
            for number in _TERMINAL:
                signal.signal(number, signal.SIG_IGN)
            for number in _PASSED_ON:
                if signal.getsignal(number) != signal.SIG_IGN:
                    signal.signal(number, self._pass_on)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def wait(self) -> int:
        """Wait for the end of the command; return its exit code, negative for the signal that ended it."""
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def _pass_on(self, number: int, frame: object) -> None:  # noqa: ARG002 - a handler's signature
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


def end_like(code: int) -> int:
    """Return an exit code; where it stands for a signal, end by that signal as the command did, without a core."""
    if code >= 0:
        return code
    _flush()
    number = -code
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with contextlib.suppress(OSError, ValueError):  # of those that nothing can be said for
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    return 128 + number  # it has not ended us: the shell would say so


def start_beside(arguments: Sequence[str], descriptors: Sequence[int]) -> None:
    """Start another ``inspector`` that is nobody's child, in a session of its own.

    It has our standard error if that is a terminal, and of the descriptors only those that are named: a pipe that it
    held would not end with the command.

    Args:
        arguments: Of the command line.
        descriptors: What it gets beside; the same numbers there.
    """
    _flush()
    middle = os.fork()
    if middle:
        os.waitpid(middle, 0)
        return
    code = 1
    try:
        os.setsid()
        if os.fork():
            code = 0
        else:
            _be_beside(arguments, descriptors)
    finally:
        os._exit(code)


def _be_beside(arguments: Sequence[str], descriptors: Sequence[int]) -> NoReturn:
    null = os.open(os.devnull, os.O_RDWR)
    staying = {*descriptors}
    for number in (0, 1, *(() if os.isatty(2) else (2,))):
        os.dup2(null, number)
    limit = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 1 << 16)
    first = 3
    for number in sorted(staying):
        os.closerange(first, number)
        os.set_inheritable(number, True)
        first = number + 1
    os.closerange(first, limit)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    root = str(Path(PACKAGE).parent)
    code = f"import sys; sys.path.insert(0, {root!r}); from inspector.cli.main import main; sys.exit(main())"
    os.execve(sys.executable, [sys.executable, "-P", "-c", code, *arguments], original_environment())  # noqa: S606


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
