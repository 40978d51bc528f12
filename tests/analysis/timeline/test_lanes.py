"""Groupings, and the rows on which executions stand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.analysis.entries import IS_BAD
from inspector.analysis.journal import Journal
from inspector.analysis.timeline.groupings import GROUPINGS, MAX_CORRELATIONS, MAX_LANES, grouping, inside
from inspector.analysis.timeline.lanes import MAX_LEVELS, LaneRows
from inspector.core.records.records import Batch, Row
from inspector.core.records.statuses import BY_FAULT, RUNNING_CODE
from tests.analysis.runs import Run, runs
from tests.analysis.several import shop


def rows_of(journal: Journal, name: str) -> LaneRows:
    rows = LaneRows(grouping(name, journal))
    rows.take(journal, len(journal.executions))
    return rows


def titles(rows: LaneRows) -> list[str]:
    return [rows.grouping.lanes[rows.lane_of_row[row]].title for row in rows.row.tolist()]


@pytest.mark.parametrize("name", [*GROUPINGS, "method"])
@settings(max_examples=25)
@given(run=runs())
def test_no_two_executions_of_a_row_overlap(name: str, run: list[Row]) -> None:
    journal = Journal()
    journal.fold(Batch(1, run))
    rows = rows_of(journal, name)
    columns = journal.executions
    ends = np.where(columns["end"] < 0, np.iinfo(np.int64).max, columns["end"])
    for row in range(len(rows.lane_of_row)):
        inside = np.flatnonzero(rows.row == row)
        if rows.level_of_row[row] < MAX_LEVELS - 1:
            assert (ends[inside][:-1] <= columns["start"][inside][1:]).all()


@pytest.mark.parametrize("name", [*GROUPINGS, "method"])
@settings(max_examples=25)
@given(run=runs(), step=st.integers(1, 9))
def test_lanes_are_the_same_live_and_afterwards(name: str, run: list[Row], step: int) -> None:
    journal = Journal()
    live = LaneRows(grouping(name, journal))
    for first in range(0, len(run), step):
        change = journal.fold(Batch(first + 1, run[first : first + step]))
        live.grouping.refresh(journal)
        ended = np.array(change.ended, np.int64)
        live.end(journal, ended[ended < len(live.row)])
        live.take(journal, len(journal.executions))
    whole = rows_of(journal, name)
    assert sorted(set(titles(live))) == sorted(set(titles(whole)))
    if name != "correlation":  # which of them are the newest depends on when one asks
        assert titles(live) == titles(whole)
    for rows in (live, whole):
        assert sum(rows.runs) == len(journal.executions)
        by_status, by_fault = rows.outcomes[:, :BY_FAULT], rows.outcomes[:, BY_FAULT]
        struck = journal.executions["fault"] > 0
        bad = IS_BAD[journal.executions["status"]]
        assert by_status[:, IS_BAD].sum() == (bad & ~struck).sum()
        assert by_fault.sum() == (struck & (journal.executions["end"] >= 0)).sum()


def test_handlers_stand_in_the_lane_of_their_class_and_methods_inside_it() -> None:
    run = Run()
    run.publish(0)
    run.execute(1, 2, "m:Audit.created")
    run.execute(3, 4, "m:Audit.deleted")
    run.execute(5, 6, "m:Email.created")
    journal = run.journal()
    assert titles(rows_of(journal, "handler")) == ["Audit", "Audit", "Email"]
    methods = grouping("method", journal)
    assert [(lane.title, lane.parent) for lane in methods.lanes] == [("created", 0), ("deleted", 0), ("created", 1)]


def test_by_status_an_execution_changes_its_lane_when_it_ends() -> None:
    run = Run()
    run.publish(0)
    one = run.start(1)
    journal = run.journal()
    rows = rows_of(journal, "status")
    assert titles(rows) == ["running"]
    run.rows = []
    run.end(9, one, "timed_out")
    rows.end(journal, np.array(journal.fold(Batch(3, run.rows)).ended))
    assert titles(rows) == ["timed out"]
    assert {lane.title: n for lane, n in zip(rows.grouping.lanes, rows.runs, strict=True) if n} == {"timed out": 1}


def test_only_the_newest_correlations_have_lanes_of_their_own() -> None:
    run = Run()
    for number in range(MAX_CORRELATIONS + 5):
        publication = run.publish(number, correlation=f"c{number}")
        run.start(number, publication)
    journal = run.journal()
    rows = rows_of(journal, "correlation")
    assert titles(rows)[:6] == ["earlier correlations"] * 5 + ["c5"]
    assert not rows.grouping.stale
    assert rows.grouping.lanes[-1].title == f"c{MAX_CORRELATIONS + 4}"


def test_a_grouping_that_filled_up_says_so() -> None:
    journal = Journal()
    rows = LaneRows(grouping("correlation", journal))
    run = Run()
    for number in range(3 * MAX_CORRELATIONS):
        run.publish(number, correlation=f"c{number}")
    journal.fold(Batch(1, run.rows))
    rows.grouping.refresh(journal)
    assert rows.grouping.stale


def test_more_overlaps_than_rows_share_the_last_row_and_are_counted() -> None:
    run = Run()
    run.publish(0)
    for number in range(MAX_LEVELS + 3):
        run.start(number)
    rows = rows_of(run.journal(), "handler")
    assert rows.levels(0) == MAX_LEVELS
    assert rows.overfull == [3]


def test_running_executions_are_no_part_of_the_pyramid() -> None:
    run = Run()
    run.publish(0)
    run.start(1)
    journal = run.journal()
    assert journal.executions["status"].tolist() == [RUNNING_CODE]
    assert not rows_of(journal, "handler").pyramid.look(np.array([0]), np.array([0])).any()


def test_an_unknown_grouping_is_an_error() -> None:
    with pytest.raises(ValueError, match="no grouping"):
        grouping("colour", Journal())


def run_of_names(count: int) -> Run:
    """Return a run in which every execution is of a handler and an event of its own, a class has two handlers."""
    run = Run()
    for number in range(count):
        publication = run.publish(number * 10, f"Event{number}")
        execution = run.start(number * 10 + 1, publication, f"m:Class{number // 2}.on_{number}")
        run.end(number * 10 + 2, execution)
    return run


@pytest.mark.parametrize("name", ["handler", "event", "method"])
def test_lanes_beyond_a_thousand_are_one_and_say_so(name: str) -> None:
    count = 2 * MAX_LANES + 500
    run = run_of_names(count)
    journal, live = Journal(), Journal()
    journal.fold(Batch(1, run.rows))
    rows = rows_of(journal, name)
    followed = LaneRows(grouping(name, live))
    for first in range(0, len(run.rows), 700):
        live.fold(Batch(first + 1, run.rows[first : first + 700]))
        followed.take(live, len(live.executions))
    assert titles(followed) == titles(rows)
    own = {"handler": 2 * MAX_LANES, "event": MAX_LANES, "method": MAX_LANES}[name]
    assert len(set(titles(rows)[:own])) == MAX_LANES
    assert set(titles(rows)[own:]) == {f"more {name}s"}
    assert sum(rows.runs) == count
    assert len(rows.lane_of_row) < 4 * MAX_LANES


def test_every_method_stands_inside_the_lane_of_its_class() -> None:
    journal = Journal()
    journal.fold(Batch(1, run_of_names(3 * MAX_LANES).rows))
    classes, methods = grouping("handler", journal), grouping("method", journal)
    every = np.arange(len(journal.executions))
    parents = [methods.lanes[lane].parent for lane in methods.of(journal, every).tolist()]
    assert parents == classes.of(journal, every).tolist()


def layers_of(journal: Journal) -> list[LaneRows]:
    """Return the lanes of processes, those of the handlers inside, and those of their methods."""
    outer = grouping("process", journal)
    handlers = inside(outer, journal)
    assert handlers is not None
    methods = inside(handlers, journal)
    assert methods is not None
    assert inside(methods, journal) is None
    layers = [LaneRows(outer), LaneRows(handlers), LaneRows(methods)]
    for layer in layers:
        layer.take(journal, len(journal.executions))
    return layers


def test_by_process_an_execution_stands_in_the_lane_of_its_handler_in_its_process() -> None:
    journal = Journal()
    journal.fold(Batch(1, shop(6)))
    owners = journal.publications["process"][journal.executions["publication"]]
    for layer, column in zip(layers_of(journal), ("", "owner", "key"), strict=True):
        lanes = layer.grouping.lanes
        for row, process, handler in zip(
            layer.row.tolist(), owners.tolist(), journal.executions["handler"].tolist(), strict=True
        ):
            lane = lanes[layer.lane_of_row[row]]
            assert lane.process == process
            if column:
                name = getattr(journal.handlers[handler], column)
                assert lane.alike == f"{'handler' if column == 'owner' else 'method'}:{name}"
        assert sum(layer.runs) == len(journal.executions)
        assert len({lane.key for lane in lanes}) == len(lanes)
    titles = [lane.title for lane in layers_of(journal)[0].grouping.lanes]
    assert titles == ["reloader 48210", "server 48231", "pool worker 48238", "pool worker 48239"]


def test_more_processes_than_lanes_share_the_last_and_so_do_their_handlers() -> None:
    run = Run()
    for number in range(MAX_LANES + 20):
        run.publish(number)
        run.rows[-1] = (*run.rows[-1][:-1], number + 1)
        run.start(number, number + 1, f"m:Handler{number % 2}.handle")
    outer, handlers, _ = layers_of(run.journal())
    assert len(outer.grouping.lanes) == MAX_LANES + 1
    assert outer.grouping.lanes[-1].title == "more processes"
    assert outer.runs[-1] == 20
    assert handlers.grouping.lanes[-1].title == "more handlers"
    assert sum(handlers.runs) == MAX_LANES + 20


def test_lanes_of_processes_are_the_same_live_and_afterwards() -> None:
    rows, journal = shop(4), Journal()
    outer = grouping("process", journal)
    inner = inside(outer, journal)
    assert inner is not None
    live = [LaneRows(outer), LaneRows(inner)]
    for first in range(0, len(rows), 37):
        change = journal.fold(Batch(first + 1, rows[first : first + 37]))
        ended = np.array(change.ended, np.int64)
        for layer in live:
            layer.grouping.refresh(journal)
            layer.end(journal, ended[ended < len(layer.row)])
            layer.take(journal, len(journal.executions))
    for before, after in zip(live, layers_of(journal), strict=False):
        keys = [
            [rows.grouping.lanes[rows.lane_of_row[row]].key for row in rows.row.tolist()] for rows in (before, after)
        ]
        assert keys[0] == keys[1]
