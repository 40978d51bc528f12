"""Finds Python processes of a run that do not report, and the reason."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inspector.hosts.run.folder import RUN
from inspector.hosts.run.launch import FRONT
from inspector.hosts.run.proc import (
    ProcessIdentity,
    all_pids,
    command_of,
    environment_of,
    executable_of,
    maps_libpython,
    owner_of,
    stat_of,
)

#: Options of Python that keep it from seeing our folder, the strongest first, each with what it does.
_OPTIONS: Final = {
    "S": "-S leaves out sitecustomize",
    "I": "-I ignores PYTHONPATH",
    "E": "-E ignores PYTHONPATH",
}
#: Options of Python that take a word of their own.
_WITH_VALUE: Final = "WX"
_VERSION: Final = re.compile(r"python(\d+)\.(\d+)")
_OLDEST: Final = (3, 11)


_ANOTHER: Final = "It runs as another user, who cannot write into the folder of this run."


@dataclass(frozen=True)
class SilentProcess:
    """A Python process that does not report.

    Attributes:
        identity: Which one.
        command: Its command line.
        reason: Why, as a sentence.
    """

    identity: ProcessIdentity
    command: tuple[str, ...]
    reason: str


class SilentSearch:
    """Looks for such processes again and again; each is found once, in the second look that it is silent in.

    A process that was just started has not had the time to report yet.

    Args:
        folder: The run's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = os.fsencode(folder)
        self._seen: set[ProcessIdentity] = set()
        self._told: set[ProcessIdentity] = set()
        #: What the command's own process was when it was last looked at: it may live for less than two looks.
        self._main: tuple[ProcessIdentity, str, tuple[str, ...], dict[bytes, bytes]] | None = None

    def look(self, roots: Collection[int], reporting: Collection[int]) -> Iterator[SilentProcess]:
        """Yield what is silent now and has not been found before.

        Args:
            roots: Numbers of processes whose descendants belong to the run.
            reporting: Numbers of processes that report, or have reported.
        """
        silent: set[ProcessIdentity] = set()
        for identity, environment in self._family(roots):
            if identity.pid in reporting or identity in self._told:
                continue
            command = command_of(identity.pid)
            executable = executable_of(identity.pid) or "".join(command[:1])  # another user's cannot be seen
            if not _is_python(identity.pid, executable):
                continue
            if identity not in self._seen:
                silent.add(identity)
                continue
            self._told.add(identity)
            if command:
                another = owner_of(identity.pid) not in (os.getuid(), None)
                reason = _ANOTHER if another else _reason(command, executable, environment)
                yield SilentProcess(identity, command, reason)
        self._seen = silent

    def expect_main(self, main: ProcessIdentity, words: Sequence[str], executable: str) -> None:
        """Take note of what the command's own process will be, should it end before anybody can look."""
        environment = {RUN.encode(): self._folder, b"PYTHONPATH": os.fsencode(FRONT)}
        self._main = main, executable, tuple(words), environment

    def note_main(self, main: ProcessIdentity) -> None:
        """Take note of what the command's own process is now."""
        command = command_of(main.pid)
        if command and main not in self._told:
            self._main = main, executable_of(main.pid), command, environment_of(main.pid)

    def main_that_ended(self, reporting: Collection[int]) -> SilentProcess | None:
        """Return the command's own process if it was Python and has ended without a report; once.

        Args:
            reporting: Numbers of processes that have reported.
        """
        if self._main is None:
            return None
        (main, executable, command, environment), self._main = self._main, None
        if main in self._told or main.pid in reporting or not _is_python(main.pid, executable):
            return None
        self._told.add(main)
        return SilentProcess(main, command, _reason(command, executable, environment))

    def _family(self, roots: Collection[int]) -> Iterator[tuple[ProcessIdentity, dict[bytes, bytes]]]:
        """Yield processes that have our variable, and those whose parents belong to the run."""
        stats = {pid: stat for pid in all_pids() if (stat := stat_of(pid)) is not None}
        ours: dict[int, bool] = dict.fromkeys(roots, True)

        def is_ours(pid: int) -> bool:
            path = []
            while pid in stats and pid not in ours:
                path.append(pid)
                ours[pid] = False  # until it is known better
                pid = stats[pid].parent
            answer = ours.get(pid, False)
            ours.update(dict.fromkeys(path, answer))
            return answer

        for pid, stat in stats.items():
            if stat.dead or (pid in roots and pid == os.getpid()):
                continue
            environment = environment_of(pid)
            if environment.get(RUN.encode()) == self._folder or is_ours(pid):
                yield ProcessIdentity(pid, stat.start), environment


def _is_python(pid: int, executable: str) -> bool:
    name = Path(executable).name.lower()
    return name.startswith(("python", "pypy")) or maps_libpython(pid)


def _reason(command: Sequence[str], executable: str, environment: dict[bytes, bytes]) -> str:
    match = _VERSION.search(Path(executable).name)
    if Path(executable).name.startswith("pypy"):
        return "PyPy cannot be watched; CPython 3.12 or newer can."
    if match is not None and (version := (int(match[1]), int(match[2]))) < _OLDEST:
        return f"Python {version[0]}.{version[1]} cannot be watched; 3.12 or newer can."
    for option in _options(command):
        if option in _OPTIONS:
            return f"{_OPTIONS[option]}."
    if RUN.encode() not in environment:
        return "Its environment was rebuilt without PYTHONPATH."
    paths = environment.get(b"PYTHONPATH", b"").split(os.fsencode(os.pathsep))
    if os.fsencode(FRONT) not in paths:
        return "PYTHONPATH was replaced." if paths != [b""] else "PYTHONPATH was removed."
    return "Its sitecustomize did not run, or had no room to report."


def _options(command: Sequence[str]) -> Iterator[str]:
    """Yield the letters of an interpreter's options, up to the script."""
    words = iter(command[1:])
    for word in words:
        if not word.startswith("-") or word == "-" or word.startswith("--"):
            return
        for place, letter in enumerate(word[1:], 2):
            if letter in "cm":
                return
            yield letter
            if letter in _WITH_VALUE:
                if place == len(word):
                    next(words, None)
                break
