"""What ``/proc`` says of processes: who they are, whose child, what they were started with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

PROC: Final = Path("/proc")
#: Fields of ``/proc/PID/stat`` after the name in brackets: state, parent, …, start time.
_STATE: Final = 0
_PARENT: Final = 1
_START: Final = 19
_STACK: Final = 25
#: Most bytes that are read of a process's command line or environment.
_MUCH: Final = 1 << 20


class ProcessIdentity(NamedTuple):
    """Which process it is: numbers are given again, with another start time.

    Attributes:
        pid: Its number.
        start: When it started, in clock ticks since the machine did; 0 unknown.
    """

    pid: int
    start: int


class ProcessStat(NamedTuple):
    """What the kernel says of a process.

    Attributes:
        parent: Number of its parent.
        start: When it started, in clock ticks since the machine did.
        dead: It has ended, and its parent has not asked how.
        stack: Where its stack begins: somewhere else with each program that it becomes; 0 unknown.
    """

    parent: int
    start: int
    dead: bool
    stack: int = 0


def stat_of(pid: int) -> ProcessStat | None:
    """Return what is known of a process, None when there is no such process (any more)."""
    text = _read(pid, "stat")
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) <= _STACK:
        return None
    dead = fields[_STATE] in (b"Z", b"X")
    return ProcessStat(int(fields[_PARENT]), int(fields[_START]), dead, int(fields[_STACK]))


def identity_of(pid: int) -> ProcessIdentity | None:
    """Return which process has a number now, None when no live one has."""
    stat = stat_of(pid)
    return None if stat is None or stat.dead else ProcessIdentity(pid, stat.start)


def same_process(identity: ProcessIdentity) -> bool:
    """Return whether a process still lives; of one whose start is unknown its number decides."""
    now = identity_of(identity.pid)
    return now is not None and identity.start in (0, now.start)


def command_of(pid: int) -> tuple[str, ...]:
    """Return the command line of a process, empty when it cannot be read."""
    words = _read(pid, "cmdline").split(b"\0")
    return tuple(os.fsdecode(word) for word in words[:-1])


def environment_of(pid: int) -> dict[bytes, bytes]:
    """Return the environment with which a process was started, empty when it cannot be read."""
    pairs = (pair.partition(b"=") for pair in _read(pid, "environ").split(b"\0") if pair)
    return {name: value for name, _, value in pairs}


def executable_of(pid: int) -> str:
    """Return the file that a process runs, empty when it cannot be read."""
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return ""


def maps_libpython(pid: int) -> bool:
    """Return whether a process has mapped a Python library."""
    return b"libpython" in _read(pid, "maps")


def maps_file(pid: int, name: str) -> bool:
    """Return whether a process has mapped a file of a name, or may have: what it has mapped cannot be read whole."""
    text = _read(pid, "maps")
    return not text or len(text) == _MUCH or os.fsencode(f"/{name}") in text


def children_of(pid: int) -> Iterator[int]:
    """Yield the numbers of a process's children, also of those that have ended and are not yet waited for."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - names, fifty times a second
    except OSError:
        return
    for task in tasks:
        yield from map(int, _read(pid, f"task/{task}/children").split())


def all_pids() -> Iterator[int]:
    """Yield the numbers of all processes that can be seen."""
    try:
        names = os.listdir(PROC)  # noqa: PTH208 - names, hundreds of them
    except OSError:
        return
    yield from map(int, filter(str.isdigit, names))


def owner_of(pid: int) -> int | None:
    """Return the user whose process this is, None when there is no such process (any more)."""
    try:
        return (PROC / str(pid)).stat().st_uid
    except OSError:
        return None


def _read(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:  # noqa: PTH123
            return file.read(_MUCH)
    except OSError:
        return b""
