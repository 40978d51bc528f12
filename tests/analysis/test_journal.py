"""The journal: rows folded into columns, whatever the batches."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.columns import Columns
from inspector.analysis.entries import FireOutcome, Recent
from inspector.analysis.journal import Journal
from inspector.core.description import HandlerDescription
from inspector.core.records.host import FireRefused, FireSettled, HandlerAdded, LoopBlocked
from inspector.core.records.numbers import FireNumber
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    NOTED,
    PUBLISHED,
    SESSION_STARTED,
    Batch,
    Row,
    to_row,
)
from inspector.core.records.statuses import STATUS_CODES, STATUSES
from tests.analysis.runs import Run, runs


def fold_in(rows: list[Row], cuts: list[int]) -> Journal:
    journal, first = Journal(), 0
    for cut in [*sorted(cuts), len(rows)]:
        if rows[first:cut]:
            journal.fold(Batch(first + 1, rows[first:cut]))
        first = max(first, cut)
    return journal


def content(journal: Journal) -> dict[str, object]:
    columns = {
        f"e.{name}": journal.executions[name].tolist() for name in ("start", "end", "handler", "status", "level")
    }
    columns |= {f"p.{name}": journal.publications[name].tolist() for name in ("at", "end", "cause", "first", "last")}
    columns |= {"handlers": [h.key for h in journal.handlers], "counts": journal.status_counts.tolist()}
    columns |= {"published": journal.event_published, "runs": journal.event_runs, "outcomes": journal.event_outcomes}
    return columns | {"seq": journal.seq, "now": journal.now}


@given(runs(), st.lists(st.integers(0, 120), max_size=6))
def test_any_split_into_batches_gives_the_same_columns(rows: list[Row], cuts: list[int]) -> None:
    assert content(fold_in(rows, [c for c in cuts if c < len(rows)])) == content(fold_in(rows, []))


@given(runs())
def test_executions_of_one_level_of_a_handler_never_overlap(rows: list[Row]) -> None:
    journal = fold_in(rows, [])
    columns = journal.executions
    ends = np.where(columns["end"] < 0, np.iinfo(np.int64).max, columns["end"])
    free: dict[tuple[int, int], int] = {}
    for handler, level, start, end in zip(columns["handler"], columns["level"], columns["start"], ends, strict=True):
        key = (int(handler), int(level))
        assert free.get(key, 0) <= start
        free[key] = int(end)


@given(runs())
def test_counts_agree_with_the_columns(rows: list[Row]) -> None:
    journal = fold_in(rows, [])
    status = journal.executions["status"]
    assert journal.status_counts.tolist() == [int((status == code).sum()) for code in range(len(STATUSES))]
    assert journal.running == int((journal.executions["end"] < 0).sum())
    assert sum(journal.event_published) == len(journal.publications)
    assert sum(journal.event_runs) == len(status)
    for code, count in enumerate(journal.status_counts.tolist()):
        ended = STATUSES[code] not in ("ok", "running")
        assert sum(outcomes.get(code, 0) for outcomes in journal.event_outcomes) == (count if ended else 0)
    assert journal.orphans == 0


def test_overlapping_executions_stack_and_take_the_lowest_free_level() -> None:
    run = Run()
    run.publish(0)
    first, second = run.start(1), run.start(2)
    run.end(3, first)
    run.start(4)
    run.end(5, second)
    run.start(6)
    assert run.journal().executions["level"].tolist() == [0, 1, 0, 1]


def test_an_execution_may_end_in_a_later_batch() -> None:
    run = Run()
    run.publish(0)
    one = run.start(5)
    run.end(105, one, "failed", '{"type": "KeyError"}')
    journal = Journal()
    journal.fold(Batch(1, run.rows[:2]))
    assert journal.running == 1
    assert journal.execution(0).duration is None
    change = journal.fold(Batch(3, run.rows[2:]))
    assert list(change.ended) == [0]
    assert journal.execution(0).duration == 100
    assert (journal.running, journal.bad) == (0, 1)
    assert journal.failures.get(0) == '{"type": "KeyError"}'


def test_rows_that_stand_for_nothing_known_are_counted_and_change_nothing() -> None:
    run = Run()
    run.publish(0)
    run.end(1, run.start(1))
    journal = run.journal()
    before = content(journal)
    run.rows = []
    run.end(2, 1)  # ended already
    run.end(2, 99)
    run.end(2, 0)
    run.start(2, publication=7)
    run.publication_end(2, 12)
    run.executions = 0
    run.start(2)  # the number of another
    journal.fold(Batch(4, run.rows))
    assert journal.orphans == 6
    assert journal.unplaced == 2
    after = content(journal)
    assert {k: v for k, v in after.items() if k not in ("seq", "now", "handlers")} == {
        k: v for k, v in before.items() if k not in ("seq", "now", "handlers")
    }


def test_an_execution_that_ends_twice_in_one_batch_ends_once() -> None:
    run = Run()
    run.publish(0)
    one = run.start(0)
    journal = run.journal()
    run.rows = []
    run.end(5, one, "ok")
    run.end(9, one, "failed")
    journal.fold(Batch(3, run.rows))
    assert journal.execution(0).status == "ok"
    assert journal.orphans == 1
    assert journal.status_counts.sum() == 1


def test_effects_lead_back_to_their_cause() -> None:
    run = Run()
    run.publish(0, correlation="c")
    cause = run.start(1)
    derived = run.publish(2, "Derived", cause=cause, correlation="c")
    run.start(3, publication=derived)
    run.publish(4, "Other", correlation="d")
    journal = run.journal()
    assert journal.caused_by(0) == [1]
    assert journal.publication(1).cause == 0
    assert journal.executions_of(1) == [1]
    assert journal.executions_of(2) == []
    assert journal.same_correlation(0) == [0, 1]


def test_executions_of_a_publication_are_found_among_those_of_others() -> None:
    run = Run()
    run.publish(0)
    run.publish(0)
    run.start(1, publication=1)
    run.start(2, publication=2)
    run.start(3, publication=1)
    assert run.journal().executions_of(0) == [0, 2]


def test_a_publication_that_nobody_handles_is_counted_as_unheard() -> None:
    run = Run()
    run.publish(0, handlers=0)
    run.publish(1)
    assert run.journal().unheard == 1


def test_ids_come_back_as_they_were_told_uuid_or_not() -> None:
    journal = Journal()
    for text in ("0b7e4a3c-6d0e-4e6b-9a51-0d7a3c2f1e00", "order-17", "", "g" * 36):
        raw = np.frombuffer(journal.id_bytes(text), np.uint8)
        assert journal.id_text(raw) == text


def test_notes_go_to_their_execution_or_publication() -> None:
    run = Run()
    run.publish(0)
    run.start(1)
    run.rows += [
        (NOTED, 2, 1, 1, "log", "info", "a"),
        (NOTED, 3, 1, 1, "log", "info", "b"),
        (NOTED, 4, 0, 1, "sql", "info", "c"),
    ]
    journal = run.journal()
    assert [note.text for note in journal.notes.get(0) or []] == ["a", "b"]
    assert [note.text for note in journal.publication_notes.get(0) or []] == ["c"]


def test_what_the_host_says_is_kept_but_its_housekeeping_is_not() -> None:
    handler = HandlerDescription("m:New.handle", "New.handle", "New", "handle")
    records = [LoopBlocked(1, 0), FireSettled(2, FireNumber(1), 1), HandlerAdded(3, handler)]
    journal = Journal()
    change = journal.fold(Batch(1, [to_row(record) for record in records]))
    assert journal.host_records == records[:1]
    assert change.host == records
    assert change.catalog
    assert journal.handlers[0].owner == "New"


def test_how_a_fire_ended_is_known_when_it_is_over() -> None:
    one, two, journal = FireNumber(1), FireNumber(2), Journal()
    journal.fold(Batch(1, [to_row(FireRefused(1, one, "It was refused.", "Try another."))]))
    assert journal.fire_outcome(one) is None
    journal.fold(Batch(2, [to_row(FireSettled(2, two, 3)), to_row(FireSettled(3, one, 0))]))
    assert journal.fire_outcome(one) == FireOutcome(0, "It was refused.", "Try another.")
    assert journal.fire_outcome(two) == FireOutcome(3)


def test_a_session_without_catalog_still_folds() -> None:
    journal = Journal()
    change = journal.fold(Batch(1, [(SESSION_STARTED, 0, 5, "p", "3.11", "", None)]))
    assert journal.session is not None
    assert journal.session.wall == 5
    assert journal.catalog is None
    assert change.catalog


def test_recent_forgets_the_oldest() -> None:
    recent: Recent[str] = Recent(2)
    for number in range(3):
        recent.put(number, str(number))
    assert recent.get(0) is None
    assert recent.items() == [(1, "1"), (2, "2")]


def test_columns_grow_by_themselves_and_keep_what_they_hold() -> None:
    columns = Columns({"a": np.int64, "b": (np.uint8, 4)}, capacity=2)
    for number in range(50):
        assert columns.extend({"a": [number], "b": [[number] * 4]}) == number
    assert columns["a"].tolist() == list(range(50))
    assert columns["b"][49].tolist() == [49] * 4
    assert columns.nbytes == 50 * 12


def test_every_status_has_a_code_by_its_place() -> None:
    assert [STATUS_CODES[status] for status in STATUSES] == list(range(len(STATUSES)))


def test_more_executions_of_a_handler_may_run_at_once_than_sixteen_bits_count() -> None:
    count = 66_000
    rows: list[Row] = []
    for number in range(1, count + 1):
        rows.append((PUBLISHED, number, number, "Held", "", "", 0, 1, "", "{}", 1, 0))
        rows.append((HANDLER_STARTED, number, number, number, "mod:hold", ""))
    rows += [(HANDLER_ENDED, count + number, number, "ok", 1, "") for number in range(1, count + 1)]
    journal = fold_in(rows, list(range(5_000, len(rows), 5_000)))
    assert journal.executions["level"].tolist() == list(range(count))
    assert journal.status_counts[STATUS_CODES["ok"]] == count
    assert journal.running == journal.orphans == 0
    assert journal.handler_levels == [count]


def test_a_gap_in_the_numbers_hides_nothing_after_it() -> None:
    rows: list[Row] = []
    for number in (1, 2, 5, 9):
        first = 2 * number - 1
        rows.append(
            (PUBLISHED, number, number, "E", "", "", first - 2 if number == 5 else 0, 1, f"{number}", "{}", 2, 0)
        )
        rows += [(HANDLER_STARTED, number, first + n, number, "mod:h", "") for n in (0, 1)]
        rows += [(HANDLER_ENDED, number + 1, first + n, "ok", 1, "") for n in (0, 1)]
        rows.append((NOTED, number, first, number, "log", "info", "x", ""))
    del rows[5]  # the note of the first
    lost = [row for row in rows if row[0] == PUBLISHED and row[2] == 2]
    rows.remove(lost[0])
    for cuts in ([], [3, 7, 11], list(range(1, 20))):
        journal = fold_in(rows, cuts)
        assert [journal.publication(index).number for index in range(3)] == [1, 5, 9]
        assert [journal.execution(index).number for index in range(6)] == [1, 2, 9, 10, 17, 18]
        assert [journal.execution(index).publication for index in range(6)] == [0, 0, 1, 1, 2, 2]
        assert journal.publication(1).cause is None  # it was published by an execution that is lost
        assert (journal.running, journal.unplaced, len(journal.executions)) == (0, 2, 6)
        assert journal.executions_of(1) == [2, 3]
        assert journal.payloads.get(1) == ("5", "{}")
        assert journal.notes.get(4) is not None


def test_an_end_before_its_start_ends_nothing() -> None:
    run = Run()
    run.publish(5)
    one = run.start(7)
    run.end(6, one)
    run.publication_end(4, 1)
    journal = run.journal()
    assert (journal.running, journal.orphans) == (1, 2)
    assert journal.publication(0).end is None
