"""What a program prints: its lines, with the execution that printed each, and what else happened in no execution.

A line comes from the program's pipe, as ``ProgramPrinted``, or from a probe inside of it, which knows whose it is, or
from both. Then it stands here once: the two are taken for each other by their stream and text, in order.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final, NamedTuple

from inspector.core.records.host import NotedOutside, OutputDropped, ProgramPrinted
from inspector.core.records.inside import OUTPUT, LineNote, read_data
from inspector.core.records.numbers import NO_EXECUTION, ExecutionIndex

if TYPE_CHECKING:
    from inspector.core.records.host import HostRecord
    from inspector.core.records.records import Noted

#: Lines that are kept, the newest; and of how many kinds of lines the other half is waited for.
MOST: Final = 20_000
_WAITING: Final = 2_000
#: Kind of a line that says how much is missing.
DROPPED: Final = "dropped"


class OutputLine(NamedTuple):
    """A line of output, or something else that happened in no execution.

    Attributes:
        at: When, ns since the session started.
        kind: ``output``, ``sql``, ``http``, or ``dropped`` where something is missing.
        stream: ``stdout`` or ``stderr``; empty for what is no output.
        text: The line.
        level: ``info``, ``warning`` or ``error``.
        process: Number of the process, 0 where it is not known, or the only one.
        execution: The execution that printed it; ``NO_EXECUTION`` where none did, or nobody knows.
    """

    at: int
    kind: str
    stream: str
    text: str
    level: str = "info"
    process: int = 0
    execution: ExecutionIndex = NO_EXECUTION


class PrintedOutput:
    """The output of a run.

    Attributes:
        lines: The newest lines, in order.
        forgotten: How many older ones there were.
        version: Another one whenever a line has come or has changed.
    """

    def __init__(self) -> None:
        self.lines: list[OutputLine] = []
        self.forgotten = self.version = 0
        #: By stream and text: numbers of lines that came from a probe only, and from the pipe only.
        self._probed: dict[tuple[str, str], deque[int]] = defaultdict(deque)
        self._printed: dict[tuple[str, str], deque[int]] = defaultdict(deque)

    def noted(self, note: Noted, execution: ExecutionIndex) -> None:
        """Take in a line that an execution printed."""
        stream = read_data(LineNote, note.data).stream
        self._from_probe(OutputLine(note.at, OUTPUT, stream, note.text, execution=execution))

    def host(self, record: HostRecord) -> None:
        """Take in what the host tells of output; other records are left."""
        if isinstance(record, ProgramPrinted):
            self._from_pipe(OutputLine(record.at, OUTPUT, record.stream, record.text))
        elif isinstance(record, OutputDropped):
            self._add(OutputLine(record.at, DROPPED, "", record.sentence, "warning"))
        elif isinstance(record, NotedOutside):
            stream = read_data(LineNote, record.data).stream if record.kind == OUTPUT else ""
            line = OutputLine(record.at, record.kind, stream, record.text, record.level, record.process)
            if record.kind == OUTPUT:
                self._from_probe(line)
            else:
                self._add(line)

    def _from_probe(self, line: OutputLine) -> None:
        number = self._other(self._printed, line)
        if number < 0:
            self._wait(self._probed, line, self._add(line))
            return
        place = number - self.forgotten
        self.lines[place] = self.lines[place]._replace(process=line.process, execution=line.execution)
        self.version += 1

    def _from_pipe(self, line: OutputLine) -> None:
        if self._other(self._probed, line) < 0:
            self._wait(self._printed, line, self._add(line))

    def _other(self, waiting: dict[tuple[str, str], deque[int]], line: OutputLine) -> int:
        """Return the number of the line that came the other way, -1 when there is none yet."""
        key = line.stream, line.text.rstrip()
        numbers = waiting.get(key)
        while numbers:
            number = numbers.popleft()
            if not numbers:
                del waiting[key]
            if number >= self.forgotten:
                return number
        return -1

    def _wait(self, waiting: dict[tuple[str, str], deque[int]], line: OutputLine, number: int) -> None:
        waiting[line.stream, line.text.rstrip()].append(number)
        if len(waiting) > _WAITING:
            del waiting[next(iter(waiting))]

    def _add(self, line: OutputLine) -> int:
        self.version += 1
        self.lines.append(line)
        if len(self.lines) > MOST + MOST // 4:
            del self.lines[: MOST // 4]
            self.forgotten += MOST // 4
        return self.forgotten + len(self.lines) - 1
