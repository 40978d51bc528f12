"""What a picture of the window shows."""

from __future__ import annotations

from inspector.analysis.journal import Journal
from inspector.ui.pose import telling_execution
from tests.analysis.runs import Run

SECOND = 1_000_000_000


def test_nothing_tells_nothing() -> None:
    assert telling_execution(Journal()) == -1


def test_without_failures_the_slowest_tells_most() -> None:
    run = Run()
    run.publish(0)
    run.execute(0, 10)
    run.execute(20, 90)
    run.execute(100, 130)
    assert telling_execution(run.journal()) == 1


def test_a_failure_of_whoever_failed_most_tells_most_where_most_is_going_on() -> None:
    run = Run()
    run.publish(0)
    run.execute(0, 5, "m:Mail.send", "failed")
    run.execute(10, 5 * SECOND, "m:Sync.pull", "timed_out")
    run.execute(20, 30, "m:Audit.write", "failed")
    run.execute(100 * SECOND, 101 * SECOND, "m:Audit.write")
    busiest = run.execute(100 * SECOND + 5, 101 * SECOND, "m:Audit.write", "failed")
    run.execute(200 * SECOND, 200 * SECOND + 9, "m:Audit.write", "failed")
    assert telling_execution(run.journal()) == busiest - 1


def test_trouble_without_a_reason_tells_more_than_none() -> None:
    run = Run()
    run.publish(0)
    run.execute(0, 900)
    run.execute(10, 20, status="timed_out")
    assert telling_execution(run.journal()) == 1
