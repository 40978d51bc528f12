"""The processes of a program and its tests, as the records of a run tell of them."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inspector.core.records.host import ProcessJoined, ProcessLeft, ProcessSilent, PublicationsSkipped, TestRan

if TYPE_CHECKING:
    from inspector.core.records.host import HostRecord

_SIGNALS: Final = {number.value: number.name for number in signal.Signals}


@dataclass
class ProcessEntry:
    """One process of the program. Times in ns since the session started.

    Attributes:
        number: Its number in the session, 1 and up.
        pid: Its process id, 0 when that is unknown.
        parent: Number of the process that started it, 0 when that is unknown.
        role: What it does; empty when that is unknown.
        command: Its command line.
        python: Version of its interpreter.
        joined: Since when it reports.
        left: When it ended, -1 while it has not.
        code: Its exit code, None when that is unknown.
        ending: How it ended, as a sentence.
        one_in: Of how many of its publications one is recorded now.
        counted: How many of its publications were only counted.
        dropped: How many were dropped.
        published: How many are recorded.
    """

    number: int
    pid: int = 0
    parent: int = 0
    role: str = ""
    command: str = ""
    python: str = ""
    joined: int = 0
    left: int = -1
    code: int | None = None
    ending: str = ""
    one_in: int = 1
    counted: int = 0
    dropped: int = 0
    published: int = 0

    @property
    def live(self) -> bool:
        """It has not ended."""
        return self.left < 0

    @property
    def label(self) -> str:
        """What people call it: ``worker 48231``."""
        return f"{self.role or 'process'} {self.pid or self.number}"

    @property
    def events(self) -> int:
        """How many events it has published, those that are not recorded included."""
        return self.published + self.counted + self.dropped

    @property
    def exit(self) -> str:
        """How it ended, in a word or two: ``exit 3``, or the number and name of a signal; empty while it lives."""
        if self.live:
            return ""
        if not self.code:
            return "ended"
        if self.code > 0:
            return f"exit {self.code}"
        name = _SIGNALS.get(-self.code, "")
        return f"exit \N{MINUS SIGN}{-self.code}{f' · {name}' if name else ''}"


class Processes:
    """The processes of a run, kept up with its records.

    Attributes:
        by_number: Every process that was told of, in that order.
        silent: Python processes of the program that do not report.
        tests: Tests that ran, in the order of their ends.
        counted: Publications that were only counted, of all processes.
        dropped: Publications that were dropped, of all processes.
    """

    def __init__(self) -> None:
        self.by_number: dict[int, ProcessEntry] = {}
        self.silent: list[ProcessSilent] = []
        self.tests: list[TestRan] = []
        self.counted = 0
        self.dropped = 0

    @property
    def one_in(self) -> int:
        """Of how many publications one is recorded now, in the process that leaves out most; 1 is all."""
        return max((entry.one_in for entry in self.by_number.values() if entry.live), default=1)

    @property
    def several(self) -> bool:
        """The program is more than one process."""
        return len(self.by_number) > 1

    def label(self, number: int) -> str:
        """Return what people call a process; empty for 0, the one process of a program."""
        if not number:
            return ""
        entry = self.by_number.get(number)
        return entry.label if entry is not None else f"process {number}"

    def publish(self, process: int, count: int = 1) -> None:
        """Count events that a process has published and that are recorded."""
        self._entry(process).published += count

    def take(self, record: HostRecord) -> bool:
        """Take in a record of the host; return whether it is about processes or tests: most are not."""
        if isinstance(record, ProcessJoined):
            entry = self._entry(record.process)
            entry.pid, entry.parent, entry.role = record.pid, record.parent, record.role
            entry.command, entry.python, entry.joined = record.command, record.python, record.at
        elif isinstance(record, ProcessLeft):
            entry = self._entry(record.process)
            entry.pid = record.pid or entry.pid
            entry.left, entry.code, entry.ending = record.at, record.code, record.text
        elif isinstance(record, PublicationsSkipped):
            entry = self._entry(record.process)
            entry.one_in = record.one_in
            entry.counted += record.counted
            entry.dropped += record.dropped
            self.counted += record.counted
            self.dropped += record.dropped
        elif isinstance(record, ProcessSilent):
            self.silent.append(record)
        elif isinstance(record, TestRan):
            self.tests.append(record)
        else:
            return False
        return True

    def _entry(self, number: int) -> ProcessEntry:
        entry = self.by_number.get(number)
        if entry is None:
            entry = self.by_number[number] = ProcessEntry(number)
        return entry
