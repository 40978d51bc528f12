"""A line of output stands once, whichever way it came, with the execution that printed it."""

from __future__ import annotations

import pytest

from inspector.analysis import output as module
from inspector.analysis.journal import Journal
from inspector.analysis.output import OutputLine, PrintedOutput
from inspector.core.records.host import HostRecord, NotedOutside, OutputDropped, ProgramPrinted
from inspector.core.records.numbers import ExecutionIndex, ExecutionNumber, PublicationNumber
from inspector.core.records.records import Batch, Noted, to_row

STDERR = '{"stream": "stderr"}'


def note(at: int, text: str, data: str = "") -> Noted:
    return Noted(at, ExecutionNumber(1), PublicationNumber(1), "output", "info", text, data)


def told(*steps: HostRecord | tuple[Noted, int]) -> PrintedOutput:
    output = PrintedOutput()
    for step in steps:
        if isinstance(step, tuple):
            output.noted(step[0], ExecutionIndex(step[1]))
        else:
            output.host(step)
    return output


def seen(output: PrintedOutput) -> list[tuple[str, str, int]]:
    return [(line.stream, line.text, line.execution) for line in output.lines]


def test_a_line_of_the_pipe_and_of_the_probe_is_one_whichever_comes_first() -> None:
    probe_first = told((note(1, "a"), 3), ProgramPrinted(2, "stdout", "a"))
    pipe_first = told(ProgramPrinted(1, "stdout", "a "), (note(2, "a"), 3))
    assert seen(probe_first) == [("stdout", "a", 3)]
    assert seen(pipe_first) == [("stdout", "a ", 3)]


def test_equal_lines_are_as_many_as_were_printed_and_streams_are_apart() -> None:
    output = told(
        (note(1, "a"), 3),
        (note(2, "a"), 4),
        ProgramPrinted(3, "stdout", "a"),
        ProgramPrinted(4, "stderr", "a"),
        ProgramPrinted(5, "stdout", "a"),
        ProgramPrinted(6, "stdout", "a"),
        (note(7, "a", STDERR), 5),
    )
    assert seen(output) == [("stdout", "a", 3), ("stdout", "a", 4), ("stderr", "a", 5), ("stdout", "a", -1)]


def test_what_happened_in_no_execution_has_its_process() -> None:
    output = told(
        ProgramPrinted(1, "stdout", "ready"),
        NotedOutside(2, "output", "info", "ready", "", 2),
        NotedOutside(3, "sql", "info", "SELECT 1", "{}", 2),
        NotedOutside(4, "dropped", "warning", "7 items", "", 2),
        OutputDropped(5, 64_000),
    )
    assert output.lines == [
        OutputLine(1, "output", "stdout", "ready", "info", 2),
        OutputLine(3, "sql", "", "SELECT 1", "info", 2),
        OutputLine(4, "dropped", "", "7 items", "warning", 2),
        OutputLine(5, "dropped", "", "64 kB of output dropped.", "warning"),
    ]


def test_the_oldest_lines_are_forgotten_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 8)
    monkeypatch.setattr(module, "_WAITING", 4)
    output = told(*(ProgramPrinted(number, "stdout", str(number)) for number in range(12)))
    assert (output.forgotten, [line.text for line in output.lines]) == (2, [str(number) for number in range(2, 12)])
    output.noted(note(20, "1"), ExecutionIndex(0))  # it is forgotten, and so is that it was waited for
    output.noted(note(21, "11"), ExecutionIndex(0))
    assert [(line.text, line.execution) for line in output.lines][-2:] == [("11", 0), ("1", 0)]


def test_a_journal_keeps_the_output() -> None:
    journal = Journal()
    journal.fold(Batch(1, [to_row(ProgramPrinted(1, "stdout", "a")), to_row(NotedOutside(2, "sql", "info", "SELECT"))]))
    assert [line.text for line in journal.output.lines] == ["a", "SELECT"]
    assert journal.output.version == 2
    assert not any(isinstance(record, NotedOutside) for record in journal.host_records)
