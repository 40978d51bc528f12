"""Finds Python processes of a run that do not report, and the reason."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inspector.hosts.run.folder import RUN
from inspector.hosts.run.launch import FRONT
from inspector.hosts.run.proc import (
    ProcessIdentity,
    ProcessStat,
    all_pids,
    children_of,
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
#: A reason that may yet turn out to be none: the process has only been started, or is about to become another program.
_UNSURE: Final = "Its sitecustomize did not run, or had no room to report."
_REBUILT: Final = "Its environment was rebuilt without PYTHONPATH."
#: Most bytes of the first line of a script.
_LINE: Final = 256


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
    """Looks for such processes again and again; each is found once.

    One is found at first sight where its own command and environment say why it cannot report. Else it has to be silent
    in two looks at everything: one that was just started has not had the time to report yet.

    Args:
        folder: The run's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = os.fsencode(folder)
        #: What was silent in the last look at everything, and what had an empty environment in the last look.
        self._seen: set[ProcessIdentity] = set()
        self._bare: set[ProcessIdentity] = set()
        self._told: set[ProcessIdentity] = set()
        #: What the command's own process was when it was last looked at: it may live for less than two looks.
        self._main: tuple[ProcessIdentity, str, tuple[str, ...], dict[bytes, bytes]] | None = None
        self._main_is_anothers = False

    def look(self, roots: Collection[int], reporting: Collection[int]) -> Iterator[SilentProcess]:
        """Yield what is silent now and has not been found before, wherever it is.

        Args:
            roots: Numbers of processes whose descendants belong to the run.
            reporting: Numbers of processes that report, or have reported.
        """
        silent: set[ProcessIdentity] = set()
        for pid, stat, environment in self._family(roots):
            identity = ProcessIdentity(pid, stat.start)
            if pid in reporting or identity in self._told or not _is_python(pid, _program_of(pid)):
                continue
            silent.add(identity)
            yield from self._judge(identity, stat.parent, environment, twice=identity in self._seen)
        self._seen = silent - self._told

    def look_at_children(self, roots: Collection[int], reporting: Collection[int]) -> Iterator[SilentProcess]:
        """Yield what is silent at first sight among the descendants of processes. This is quickly done.

        Args:
            roots: Their numbers; they may be silent themselves.
            reporting: Numbers of processes that report, or have reported.
        """
        waiting, looked = list(roots), {os.getpid()}
        bare, self._bare = self._bare, set()
        while waiting:
            pid = waiting.pop()
            if pid in looked:
                continue
            looked.add(pid)
            waiting += children_of(pid)
            if pid in reporting or not _has_python_name(executable_of(pid)):
                continue
            stat = stat_of(pid)
            if stat is None or stat.dead or ProcessIdentity(pid, stat.start) in self._told:
                continue
            environment = environment_of(pid)
            identity = ProcessIdentity(pid, stat.start)
            if environment or identity in bare:
                yield from self._judge(identity, stat.parent, environment, twice=False)
            else:  # it may be becoming a program just now
                self._bare.add(identity)

    def heard(self, said: Any, reporting: Collection[int]) -> SilentProcess | None:
        """Return what a process has started, by what its agent says of that, if that cannot report.

        Args:
            said: Number and start, command, file, and what of the environment we need; not to be trusted.
            reporting: Numbers of processes that report, or have reported.
        """
        match said:
            case [int(pid), int(start), [*words], str(file), {**variables}]:
                texts = [text for text in (*words, *variables, *variables.values()) if type(text) is str]
            case _:
                return None
        if len(texts) != len(words) + 2 * len(variables):
            return None
        identity = ProcessIdentity(pid, start)
        environment = {os.fsencode(str(name)): os.fsencode(str(value)) for name, value in variables.items()}
        executable, command = _interpreted(shutil.which(file) or "", texts[: len(words)])
        if not command or pid in reporting or identity in self._told or not _has_python_name(executable):
            return None
        reason = self._reason(command, executable, environment)
        if reason == _UNSURE:
            return None
        self._told.add(identity)
        return SilentProcess(identity, command, reason)

    def _judge(
        self, identity: ProcessIdentity, parent: int, environment: Mapping[bytes, bytes], *, twice: bool
    ) -> Iterator[SilentProcess]:
        """Yield a silent process if the reason is known by now.

        Args:
            identity: Which one.
            parent: Number of its parent.
            environment: With which it was started.
            twice: It was silent in another look, too.
        """
        command = command_of(identity.pid)
        if not command:
            return
        another = owner_of(identity.pid) not in (os.getuid(), None)
        reason = _ANOTHER if another else self._reason(command, _program_of(identity.pid), environment)
        # A child is what its parent is until it becomes another program.
        if twice or (reason not in (_UNSURE, _ANOTHER) and command != command_of(parent)):
            self._told.add(identity)
            yield SilentProcess(identity, command, reason)

    def expect_main(self, main: ProcessIdentity, words: Sequence[str], executable: str) -> None:
        """Take note of what the command's own process will be, should it end before anybody can look."""
        environment = {RUN.encode(): self._folder, b"PYTHONPATH": os.fsencode(FRONT)}
        self._main = main, *_interpreted(executable, words), environment

    def note_main(self, main: ProcessIdentity) -> None:
        """Take note of what the command's own process is now."""
        command = command_of(main.pid)
        if command and main not in self._told:
            self._main = main, executable_of(main.pid), command, environment_of(main.pid)
            self._main_is_anothers = owner_of(main.pid) not in (os.getuid(), None)

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
        reason = _ANOTHER if self._main_is_anothers else self._reason(command, executable, environment)
        return SilentProcess(main, command, reason)

    def _family(self, roots: Collection[int]) -> Iterator[tuple[int, ProcessStat, dict[bytes, bytes]]]:
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
                yield pid, stat, environment

    def _reason(self, command: Sequence[str], executable: str, environment: Mapping[bytes, bytes]) -> str:
        match = _VERSION.search(Path(executable).name)
        if Path(executable).name.startswith("pypy"):
            return "PyPy cannot be watched; CPython 3.12 or newer can."
        if match is not None and (version := (int(match[1]), int(match[2]))) < _OLDEST:
            return f"Python {version[0]}.{version[1]} cannot be watched; 3.12 or newer can."
        for option in _options(command):
            if option in _OPTIONS:
                return f"{_OPTIONS[option]}."
        if environment.get(RUN.encode()) != self._folder:
            return _REBUILT
        paths = environment.get(b"PYTHONPATH", b"").split(os.fsencode(os.pathsep))
        if os.fsencode(FRONT) not in paths:
            return "PYTHONPATH was replaced." if paths != [b""] else "PYTHONPATH was removed."
        return _UNSURE


def _program_of(pid: int) -> str:
    return executable_of(pid) or "".join(command_of(pid)[:1])  # another user's cannot be seen


def _has_python_name(executable: str) -> bool:
    return Path(executable).name.lower().startswith(("python", "pypy"))


def _is_python(pid: int, executable: str) -> bool:
    return _has_python_name(executable) or maps_libpython(pid)


def _interpreted(file: str, words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return what really runs a file, and its command: of a script the interpreter that its first line names."""
    real = os.path.realpath(file)
    try:
        with open(real, "rb") as script:  # noqa: PTH123
            line = script.read(_LINE).partition(b"\n")[0]
    except OSError:
        return real, tuple(words)
    if not line.startswith(b"#!"):
        return real, tuple(words)
    named, _, option = os.fsdecode(line[2:].strip()).partition(" ")
    called = (named, *filter(None, [option.strip()]), file, *words[1:])
    if Path(named).name == "env":
        called = tuple(option.replace("-S", "", 1).split()) + called[-len(words) :]
        named = shutil.which(called[0]) or ""
    return os.path.realpath(named), called


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
