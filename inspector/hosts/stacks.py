"""Stacks as ``faulthandler`` writes them: when the child crashes, and when it is asked what it is doing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from inspector.core.own_code import is_ours, is_own_file

_THREAD: Final = re.compile(r"^(?:Current thread|Thread) 0x([0-9a-f]+)")
_FRAME: Final = re.compile(r'^  File "(.*)", line (\d+) in (.*)$')


@dataclass(frozen=True)
class StackPlace:
    """A line that was running."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def below(self, folder: str) -> str:
        """Return file, line and function, for people: ``shop/settings.py:12 in connect``; the file below a folder."""
        file = self.file.removeprefix(f"{folder.rstrip('/')}/")
        inside = "" if self.function == "<module>" else f" in {self.function}"
        return f"{file}:{self.line}{inside}"


@dataclass(frozen=True)
class Dump:
    """One dump.

    Attributes:
        fatal: Why it was written, empty when it was asked for: ``Segmentation fault``.
        stack: The frames of the main thread (of a crash: of the thread that crashed), innermost first.
    """

    fatal: str
    stack: tuple[StackPlace, ...]

    def place(self) -> StackPlace | None:
        """Return the innermost line of the project itself, else the innermost of a file that is not ours.

        What was made of text (``<string>``: methods of named tuples and dataclasses) is a place only where no other is.
        """
        others = [place for place in self.stack if not is_ours(place.file) and not place.file.startswith("<frozen ")]
        in_files = [place for place in others if not place.file.startswith("<")]
        own = [place for place in in_files if is_own_file(place.file)]
        return next(iter(own or in_files or others), None)


def read_stack(places: Sequence[Any]) -> Dump:
    """Read the stack that a child has sent, the innermost frame first.

    Raises:
        TypeError, ValueError: It is none.
    """
    return Dump("", tuple(StackPlace(str(file)[:1_000], int(line), str(name)[:200]) for file, line, name in places))


def read_dump(text: str, main_thread: int) -> Dump:
    """Read the last dump in the text."""
    fatal = ""
    stacks: dict[str, list[StackPlace]] = {}
    current: list[StackPlace] = []
    crashed: list[StackPlace] | None = None
    for line in text.splitlines():
        if line.startswith("Fatal Python error: "):
            fatal, stacks, crashed = line.removeprefix("Fatal Python error: "), {}, None
        elif thread := _THREAD.match(line):
            if f"{int(thread[1], 16):x}" in stacks:  # another dump begins
                stacks = {}
            current = stacks[f"{int(thread[1], 16):x}"] = []
            if line.startswith("Current"):
                crashed = current
        elif frame := _FRAME.match(line):
            current.append(StackPlace(frame[1], int(frame[2]), frame[3]))
    main = stacks.get(f"{main_thread & (1 << 64) - 1:x}", [])
    return Dump(fatal, tuple((crashed if fatal and crashed else main) or crashed or []))
