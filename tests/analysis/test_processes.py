"""Which processes a program has, what is missing of them, and the tests that ran, as a journal keeps them."""

from __future__ import annotations

from inspector.analysis.journal import Journal
from inspector.core.records.host import (
    HostRecord,
    ProcessJoined,
    ProcessLeft,
    ProcessSilent,
    PublicationsSkipped,
    TestRan,
)
from inspector.core.records.numbers import PublicationIndex
from inspector.core.records.records import Batch, to_row
from tests.analysis.runs import Run

SERVER = ProcessJoined(1, 1, 500, 0, "server", "uvicorn shop:app --workers 2", "3.12.1")
WORKER = ProcessJoined(2, 2, 501, 1, "worker", "python -c spawn_main", "3.12.1")


def journal_of(*records: HostRecord) -> Journal:
    journal = Journal()
    journal.fold(Batch(1, [to_row(record) for record in records]))
    return journal


def test_a_process_is_kept_from_its_beginning_to_its_end() -> None:
    processes = journal_of(SERVER, WORKER, ProcessLeft(90, 2, 501, -9, "Killed by SIGKILL.")).processes
    assert processes.several
    server, worker = processes.by_number.values()
    assert (server.label, server.live, server.python) == ("server 500", True, "3.12.1")
    assert (worker.label, worker.parent, worker.joined) == ("worker 501", 1, 2)
    assert (worker.live, worker.left, worker.code, worker.ending) == (False, 90, -9, "Killed by SIGKILL.")


def test_what_is_not_recorded_adds_up_and_the_worst_share_counts() -> None:
    journal = journal_of(
        *(SERVER, WORKER),
        PublicationsSkipped(10, 1, 8, 700, 0),
        PublicationsSkipped(20, 2, 2, 5, 3),
        PublicationsSkipped(30, 1, 4, 70, 0),
    )
    processes = journal.processes
    assert (processes.one_in, processes.counted, processes.dropped) == (4, 775, 3)
    assert [(entry.one_in, entry.counted, entry.dropped) for entry in processes.by_number.values()] == [
        (4, 770, 0),
        (2, 5, 3),
    ]
    assert journal.host_records == [SERVER, WORKER]  # there may be many of the others


def test_a_process_whose_beginning_is_lost_is_there_all_the_same() -> None:
    processes = journal_of(ProcessLeft(5, 7, 90, 0, "Ended."), PublicationsSkipped(6, 9, 2, 1, 0)).processes
    assert [processes.label(number) for number in (0, 7, 8, 9)] == ["", "process 90", "process 8", "process 9"]


def test_a_publication_has_its_process() -> None:
    run = Run()
    run.publish(5)
    run.rows[-1] = (*run.rows[-1][:-1], 2)
    run.publish(6)
    journal = run.journal()
    assert [journal.publication(PublicationIndex(index)).process for index in (0, 1)] == [2, 0]
    assert not journal.processes.several


def test_the_records_of_processes_say_what_they_tell() -> None:
    silent = ProcessSilent(3, 77, "python -I x.py", "-I ignores PYTHONPATH.")
    test = TestRan(9, 4, "tests/test_shop.py::test_order", "failed", 1)
    spared, lost = PublicationsSkipped(5, 1, 8, 1_200, 0), PublicationsSkipped(5, 1, 1, 0, 1)
    journal = journal_of(silent, test)
    assert (journal.processes.silent, journal.processes.tests) == ([silent], [test])
    assert [(record.severity, record.sentence) for record in (SERVER, silent, test, spared, lost)] == [
        ("info", "Process 1 started: server, pid 500."),
        ("warning", "Process 77 does not report: -I ignores PYTHONPATH."),
        ("warning", "tests/test_shop.py::test_order failed."),
        ("info", "Process 1: 1\N{THIN SPACE}200 publications only counted, 1 in 8 is recorded."),
        ("warning", "Process 1: 1 publication dropped, all are recorded."),
    ]
    assert [ProcessLeft(1, 1, 1, code, "").severity for code in (0, None, 1, -9)] == ["info", "info", *["warning"] * 2]
