"""How the child process stands: with its parent or not at all, without core dumps, with the paths a project expects."""

from __future__ import annotations

import faulthandler
import fcntl
import importlib
import os
import resource
import signal
import site
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Final

#: Where our descriptors live: above what a program closes that closes "everything".
_HIGH: Final = 900
#: Asks this process for its stack; answered even while C code holds the interpreter.
DUMP_SIGNAL: Final = getattr(signal, "SIGRTMIN", signal.SIGUSR2) + 7 if hasattr(signal, "SIGRTMIN") else signal.SIGUSR2
#: Exit code that says: the program closed our socket.
LOST_CHANNEL: Final = 113
#: Exit code that says: our own code failed, because the program has replaced what Python itself needs.
BROKEN: Final = 114
#: For ``except``, by a name of ours: the program may have taken ``BaseException`` out of the builtins.
ANY_ERROR: Final = BaseException


def stay_with_parent(parent: int) -> None:
    """Die with the parent, however it dies. The end of our socket tells too, but only a process that can listen."""
    if sys.platform == "linux":
        try:
            import ctypes

            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        except (ImportError, OSError, AttributeError) as error:  # an interpreter without ctypes
            print(f"inspector: {error}", file=sys.stderr)
    if os.getppid() != parent:
        os._exit(1)


def leave(closed_by_program: bool) -> None:
    """End this process and what it started: there is nobody left to talk to."""
    if closed_by_program:
        os._exit(LOST_CHANNEL)
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def give_up(error: BaseException) -> None:
    """End this process because our own code cannot go on in it; the parent reads why in what we print."""
    try:
        sys.__excepthook__(error.__class__, error, error.__traceback__)  # it is C: nothing of it can be replaced
    finally:
        os._exit(BROKEN)


def limit(memory: int | None) -> None:
    """Write no core dumps; with ``memory`` take no more bytes of address space."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def tell_stacks(dump: int) -> None:
    """Write the stack of every thread to ``dump`` when we crash, and whenever the parent sends ``DUMP_SIGNAL``."""
    faulthandler.enable(dump, all_threads=True)
    faulthandler.register(DUMP_SIGNAL, dump, all_threads=True, chain=False)


def move_up(descriptor: int) -> int:
    """Return a high copy of an inherited descriptor that children of the program do not inherit; closes the old one."""
    for lowest in (_HIGH, 100, 3):
        try:
            moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, lowest)
        except OSError:  # above the limit of open files
            continue
        os.close(descriptor)
        return moved
    os.set_inheritable(descriptor, False)
    return descriptor


def set_up_paths(cwd: str, argument: str, environment: Mapping[str, str]) -> None:
    """Make the interpreter look as it does when the project runs: folder and ``PYTHONPATH`` on the path, own argv."""
    os.chdir(cwd)
    extra = [os.path.abspath(path) for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]  # noqa: PTH100
    sys.path[:0] = [cwd, *(path for path in extra if path != cwd)]
    personal = site.getusersitepackages()
    if sys.prefix == sys.base_prefix and "PYTHONNOUSERSITE" not in environment and os.path.isdir(personal):  # noqa: PTH112
        site.addsitedir(personal)
    importlib.invalidate_caches()
    sys.argv = [argument]
    # The program must not find our file as its main module: multiprocessing would run it again.
    sys.modules["__main__"] = ModuleType("__main__")
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True, errors="backslashreplace")
