"""What processes write into rings is one stream: in order, with numbers of its own, and never what it cannot be."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from inspector.agent.run import ring
from inspector.analysis.journal import Journal
from inspector.core.records.bounds import row_problem
from inspector.core.records.host import (
    HostNoted,
    ProcessJoined,
    ProcessLeft,
    ProcessSilent,
    ProgramReloaded,
    PublicationsSkipped,
    RecordsLost,
    TestRan,
)
from inspector.core.records.records import Batch, to_record
from inspector.core.records.statuses import INTERRUPTED
from inspector.hosts.arrivals import LEFT_OUT, Numbers
from inspector.hosts.run.proc import identity_of
from tests.hosts.run.mutations import mutated_rings
from tests.hosts.run.rings import Reporting, fork, of_kind, reading


@pytest.fixture
def children() -> Iterator[list[int]]:
    pids: list[int] = []
    yield pids
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        os.waitpid(pid, 0)


def end(pid: int, number: int = signal.SIGKILL) -> None:
    os.kill(pid, number)
    os.waitpid(pid, 0)


def report(folder: Path, events: int) -> None:
    process = Reporting(folder)
    process.begin()
    for number in range(events):
        process.publish(cause=number)  # each is published by the execution before


def test_processes_that_take_turns_are_one_stream(tmp_path: Path) -> None:
    intake, reader = reading(tmp_path)
    first, second = Reporting(tmp_path, 1), Reporting(tmp_path, 2)
    for process in (first, second):
        process.begin()
    for turn in range(50):
        for process in (first, second):
            for _ in range(turn % 3):
                process.publish(cause=process.executions)
        if turn % 7 == 0:
            reader.look()
    reader.look(last=True)
    rows = intake.drain()
    journal = Journal()
    journal.fold(Batch(1, rows))
    published, started = of_kind(rows, 1), of_kind(rows, 2)
    tally = first.publications + second.publications
    assert [row[2] for row in published] == list(range(1, tally + 1))
    assert [row[2] for row in started] == list(range(1, tally + 1))
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    assert len(journal.executions) == tally
    assert not journal.running
    process_of = {row[2]: row[11] for row in published}
    assert {process_of[row[3]] for row in started} == {1, 2}
    for row in published:  # causes stay within their process, and are the execution just before
        mine = [other[2] for other in started if process_of[other[3]] == row[11] and other[2] < row[2]]
        assert row[6] == (mine[-1] if mine else 0)


def test_a_killed_process_leaves_everything_and_ends_nothing_later(tmp_path: Path, children: list[int]) -> None:
    def work() -> None:
        process = Reporting(tmp_path)
        process.begin()
        process.publish()
        process.publish(ends=False)

    pid = fork(work)
    intake, reader = reading(tmp_path)
    reader.look()
    end(pid)
    reader.look(last=True)
    rows = intake.drain()
    records = [to_record(row) for row in rows]
    joined = next(record for record in records if isinstance(record, ProcessJoined))
    assert (joined.process, joined.pid, joined.command, joined.python) == (1, pid, "python shop.py", "3.12.1")
    assert isinstance(records[-1], ProcessLeft)
    assert records[-1].text == "Ended without running its exit hooks."
    assert of_kind(rows, 3)[-1][3] == INTERRUPTED
    assert [row[3] for row in of_kind(rows, 5)] == ["done", "cancelled"]
    declared = [record for record in records if isinstance(record, ProgramReloaded)]
    assert [(record.process, record.sentence) for record in declared] == [(1, "Process 1: bus found.")]
    del children


def test_the_end_of_the_command_is_told_with_its_code(tmp_path: Path) -> None:
    pid = fork(report, tmp_path, 1)
    intake, reader = reading(tmp_path)
    reader.look()
    reader.set_main(next(iter(reader.identities)))
    end(pid)
    reader.set_ended(-9)
    reader.look(last=True)
    left = next(record for row in intake.drain() if isinstance(record := to_record(row), ProcessLeft))
    assert (left.code, left.text) == (-9, "Ended by SIGKILL.")


@pytest.mark.parametrize("command", ["reports", "is Python and does not", "is something else"])
def test_that_nobody_reported_is_told_at_the_end(tmp_path: Path, command: str) -> None:
    if command == "is something else":
        pid = os.posix_spawn("/bin/sleep", ["sleep", "60"], {})
    else:
        pid = fork(*((report, tmp_path, 1) if command == "reports" else (id, tmp_path)))
    intake, reader = reading(tmp_path)
    main = identity_of(pid)
    assert main is not None
    reader.set_main(main)
    reader.look()
    end(pid)
    reader.set_ended(-9)
    reader.look()
    reader.look(last=True)
    records = [to_record(row) for row in intake.drain()]
    notes = [record.text for record in records if isinstance(record, HostNoted)]
    assert sum(isinstance(record, ProcessSilent) for record in records) == (command == "is Python and does not")
    assert [note.partition(" reported")[0] for note in notes] == (
        ["No Python process of the command"] if command == "is something else" else []
    )


#: Reports, and becomes another program when it is told to.
_BECOMES: Final = """
import os, sys
from pathlib import Path
from tests.hosts.run.rings import Reporting
process = Reporting(Path.cwd())
process.begin()
process.publish()
print(flush=True)
input()
os.execve(sys.executable, [sys.executable, "-I", "-c", sys.argv[1]], {})
"""
_PIPES: Final[dict[str, Any]] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
_FINDS_US: Final = {"PYTHONPATH": str(Path(__file__).parents[3])}


@pytest.mark.parametrize("looked", [True, False])
def test_a_process_that_becomes_a_program_that_cannot_report(tmp_path: Path, *, looked: bool) -> None:
    waits = "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", _BECOMES, waits], **_PIPES, cwd=tmp_path, env=_FINDS_US) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        intake, reader = reading(tmp_path)
        if looked:
            reader.look()
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        main = identity_of(process.pid)
        assert main is not None
        reader.set_main(main)
        for _ in range(2):  # with an empty environment it might be becoming a program just then
            reader._last_life = reader._last_silence = 0.0
            reader.look()
        process.communicate(b"")
    reader.look(last=True)
    records = [to_record(row) for row in intake.drain()]
    left = [record.text for record in records if isinstance(record, ProcessLeft)]
    silent = [record.pid for record in records if isinstance(record, ProcessSilent)]
    assert (left, silent) == (["It was replaced by another program."], [process.pid])


@pytest.mark.parametrize("begins", [True, False])
def test_what_a_process_has_started_and_cannot_report_is_told_with_it_or_without(
    tmp_path: Path, *, begins: bool
) -> None:
    process = Reporting(tmp_path)
    if begins:
        process.begin()
    started = [["started", number, 1, [sys.executable, "-I", "x.py"], sys.executable, {}] for number in (71, 72, 71)]
    process.put(*started, ["started"], ["started", None])
    intake, reader = reading(tmp_path)
    reader.look()
    reader.look(last=True)
    records = [to_record(row) for row in intake.drain()]
    assert [record.pid for record in records if isinstance(record, ProcessSilent)] == [71, 72]
    assert not [record for record in records if isinstance(record, (RecordsLost, HostNoted))]


def test_what_is_left_out_is_recorded_when_it_changes(tmp_path: Path) -> None:
    process = Reporting(tmp_path)
    process.begin()
    intake, reader = reading(tmp_path)
    reader.look()
    process.ring.set(ring.ONE_IN, 8)
    process.ring.set(ring.COUNTED, 70)
    process.ring.set(ring.DROPPED, 2)
    reader.look(last=True)
    reader.look(last=True)
    skipped = [record for row in intake.drain() if isinstance(record := to_record(row), PublicationsSkipped)]
    assert [(record.process, record.one_in, record.counted, record.dropped) for record in skipped] == [(1, 8, 70, 2)]


def test_why_there_is_no_room_is_told_once(tmp_path: Path) -> None:
    process = Reporting(tmp_path)
    process.begin()
    intake, reader = reading(tmp_path)
    for word, error in ((ring.REFUSED, errno.ENOSPC), (ring.CHILD_REFUSED, errno.ENOENT)):
        process.ring.set(word, error)
        reader.look(last=True)
        reader.look(last=True)
    notes = [record.text for row in intake.drain() if isinstance(record := to_record(row), HostNoted)]
    name = f"main {process.ring.get(ring.PID)}"
    assert notes == [
        f"Not all that {name} reports has room: No space left on device. What has none is counted.",
        f"A process that {name} has forked off cannot report: No such file or directory.",
    ]


def test_a_paused_recording_leaves_out_publications_that_begin(tmp_path: Path) -> None:
    process = Reporting(tmp_path)
    process.begin()
    process.publish(ends=False)
    intake, reader = reading(tmp_path)
    reader.look(last=True)
    intake.set_recording(on=False)
    process.publish(cause=1)
    process.put([3, time.perf_counter_ns() - process.anchor, 1, "ok", 1, ""])
    reader.look(last=True)
    intake.set_recording(on=True)
    process.publish(cause=2)
    reader.look(last=True)
    rows = intake.drain()
    assert [(row[2], row[6]) for row in of_kind(rows, 1)] == [(1, 0), (2, 0)]  # what caused it is not in the session
    assert [row[2] for row in of_kind(rows, 3)] == [1, 2]
    assert not of_kind(rows, RecordsLost.KIND)


def test_messages_become_records(tmp_path: Path) -> None:
    intake, reader = reading(tmp_path)
    process = Reporting(tmp_path)
    process.begin()
    now = time.perf_counter_ns() - process.anchor
    process.put(["test", "tests/a.py::b", "failed", 1, now], ["trouble", "No room.", "Make some."], ["nonsense", 1])
    process.put(["test", "a", "failed", now + (1 << 50), now])
    reader.look(last=True)
    reader.look(last=True)
    records = [to_record(row) for row in intake.drain()]
    ran = [record for record in records if isinstance(record, TestRan)]
    assert [(record.name, record.outcome, record.process) for record in ran] == [("tests/a.py::b", "failed", 1)]
    assert [record.text for record in records if isinstance(record, HostNoted)] == ["No room. Make some."]
    assert sum(record.count for record in records if isinstance(record, RecordsLost)) == 2


def test_a_process_without_a_bus_says_why(tmp_path: Path) -> None:
    intake, reader = reading(tmp_path)
    process = Reporting(tmp_path)
    process.put(["trouble", "app:bus is not a recognized bus.", "Name the bus."])
    reader.look(last=True)
    (record,) = [to_record(row) for row in intake.drain() if row[0] in (HostNoted.KIND, RecordsLost.KIND)]
    assert isinstance(record, HostNoted)
    assert record.text == "app:bus is not a recognized bus. Name the bus."


def test_mutated_rings_do_not_hurt_the_reader(tmp_path: Path) -> None:
    assert mutated_rings(300, random.Random(14), tmp_path) == 300


def test_numbers_of_a_process_become_those_of_the_session() -> None:
    numbers, expected, rng, last = Numbers(), [], random.Random(3), 0
    for _ in range(2_000):
        last += rng.choice((1, 1, 1, 5))
        session = LEFT_OUT if rng.random() < 0.1 else last
        numbers.add(session)
        expected.append(session)
    assert [numbers.of(number) for number in range(1, 2_001)] == expected
    assert (numbers.of(0), numbers.of(2_001), numbers.of(-1)) == (None, None, None)


def test_rows_stay_within_their_bounds(tmp_path: Path) -> None:
    report(tmp_path, 5)
    intake, reader = reading(tmp_path)
    reader.look(last=True)
    rows = intake.drain()
    assert len(rows) == 23
    assert not [problem for row in rows if (problem := row_problem(row))]


#: Cannot report by itself, and is told to all the same once its window may have seen that.
_LATE: Final = """
import os, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
print(flush=True)
input()
from tests.hosts.run.rings import Reporting
process = Reporting(Path.cwd())
process.begin()
process.publish()
print(flush=True)
input()
"""


@pytest.mark.parametrize("reports", [True, False])
def test_a_process_that_reports_after_all_is_not_said_to_be_silent(tmp_path: Path, *, reports: bool) -> None:
    words = [sys.executable, "-I", "-c", _LATE, str(Path(__file__).parents[3])]
    with subprocess.Popen(words, **_PIPES, cwd=tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        intake, reader = reading(tmp_path)
        main = identity_of(process.pid)
        assert main is not None
        reader.set_main(main)
        reader._last_silence = 0.0
        reader.look()
        assert [silent.identity for _, silent in reader._suspects] == [main]
        if reports:
            process.stdin.write(b"\n")
            process.stdin.flush()
            process.stdout.readline()
            reader.look()
            assert reader._suspects == []
        process.kill()
        process.communicate()
    reader.look(last=True)
    records = [to_record(row) for row in intake.drain()]
    assert [record.pid for record in records if isinstance(record, ProcessSilent)] == [main.pid] * (not reports)
    assert any(isinstance(record, ProcessJoined) for record in records) is reports
