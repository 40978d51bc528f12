"""Losses: each kind from the records that tell of it, and counts that equal a plain count of the rows."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.journal import Journal
from inspector.analysis.losses import Loss, loss_place
from inspector.analysis.losskinds import KIND_NUMBERS, LOSS_KINDS
from inspector.analysis.query.query import FilterError, parse
from inspector.analysis.tally import SLICES, LossTally
from inspector.analysis.workflows import OUTCOME_WAIT
from inspector.app.loss_marks import loss_subject
from inspector.app.losses import loss_filter, loss_json, loss_limits, loss_lines, loss_report
from inspector.core.description import CatalogDescription, EventDescription, HandlerDescription
from inspector.core.records.host import (
    DEAD_REFERENCE,
    PREDICATE,
    FireSettled,
    HandlersNotCalled,
    ProcessEnded,
    ProcessJoined,
    ProcessLeft,
    PublicationsSkipped,
    RecordsLost,
    UncalledHandler,
)
from inspector.core.records.numbers import FireNumber, PublicationNumber
from inspector.core.records.records import (
    CAUGHT,
    LATE,
    LOG,
    NOTED,
    RETURNED,
    Batch,
    Row,
    SessionStarted,
    to_row,
)
from inspector.core.records.statuses import STATUSES
from inspector.core.values.build import to_plain
from tests.analysis.sample_runs import MS, Run, Story, Told, failure

S = 1_000_000_000
#: Events by name: their workflow and phase.
EVENTS = {
    "Tried": ("order", "attempted"),
    "Placed": ("order", "succeeded"),
    "Refused": ("order", "failed"),
    "Entered": ("door", "allowed"),
    "Paid": ("", "operational"),
}


def begun(python: str = "3.12.1") -> Story:
    """A story whose catalog says which events are of one workflow."""
    events = tuple(
        EventDescription(name, name, name, "shop", way, phase, file="/app/events.py", line=place)
        for place, (name, (way, phase)) in enumerate(EVENTS.items(), 10)
    )
    handlers = (
        HandlerDescription("app:Audit.handle", "Audit.handle", "Audit", "handle", file="/app/audit.py", line=5),
    )
    catalog = json.dumps(to_plain(CatalogDescription("shop", events, handlers)))
    story = Story()
    story.fold([to_row(SessionStarted(0, 0, "shop", python, catalog))])
    return story


def note(at: int, execution: int, kind: str, level: str = "debug", text: str = "", **data: Any) -> Row:
    return (NOTED, at, execution, 1, kind, level, text, json.dumps(data))


def only(story: Story) -> Loss:
    (loss,) = (loss for loss in story.journal.losses.groups if loss.count)
    return loss


def counts(story: Story) -> dict[str, int]:
    return {LOSS_KINDS[kind].name: n for kind, n in enumerate(story.journal.losses.counts) if n}


def correlation(number: int) -> str:
    return str(UUID(int=number))


def test_what_a_handler_swallowed_is_told_with_the_clause_that_caught_it() -> None:
    story = begun()
    first, *rest = story.rows(Told("Paid", 0, [Run(1, 9 * MS, status="swallowed", failure=failure("ValueError"))]))
    caught = note(8 * MS, 1, CAUGHT, file="/app/audit.py", line=52, clause="except Exception")
    story.fold([first, rest[0], caught, *rest[1:]])
    loss = only(story)
    assert (LOSS_KINDS[loss.kind].name, loss_place(loss), loss.what) == (
        *("swallowed", "audit.py:52"),
        "except Exception, not logged",
    )
    assert (loss.error, loss.message, loss.raised.line) == ("ValueError", "it broke", 41)
    assert loss_subject(story.journal, loss) == "Audit.handle"
    first, way = loss_lines(story.journal, loss)
    assert first.startswith("ValueError: it broke · for Paid · last at ")
    loss.events[1] = 2
    assert " · for 2 Placed, 1 Paid · last at " in loss_lines(story.journal, loss)[0]
    assert way == (
        "Raised in audit.py:41, caught by except Exception, not logged, not raised again. "
        "The handler caught an exception and returned normally."
    )
    assert loss_report(story.journal, loss).startswith(
        "### Swallowed: Audit.handle (1)\n\nexcept Exception, not logged"
    )


def test_without_a_clause_the_place_is_where_it_was_raised_and_a_log_is_told() -> None:
    story = begun()
    first, start, *rest = story.rows(
        Told("Paid", 0, [Run(1, 9 * MS, status="swallowed", failure=failure("ValueError"))])
    )
    story.fold([first, start, note(2, 1, LOG, "error", "oh"), *rest])
    assert (loss_place(only(story)), only(story).what) == ("audit.py:41", "ValueError, logged")
    assert counts(story) == {"swallowed": 1}


@pytest.mark.parametrize("status", ["cancelled", "returned_failure", "never_awaited"])
def test_an_end_that_is_a_loss_is_counted_by_handler(status: str) -> None:
    story = begun()
    story.tell([Told("Paid", at, [Run(at, at + 1, status=status)]) for at in (5, 50)])
    loss = only(story)
    assert (LOSS_KINDS[loss.kind].name, loss.count, loss.first, loss.last) == (status, 2, 6, 51)
    assert loss_place(loss) == "audit.py:5"


def test_failures_and_timeouts_are_no_losses() -> None:
    story = begun()
    story.tell([Told("Paid", 1, [Run(1, 2, status=status)]) for status in ("ok", "failed", "timed_out", "interrupted")])
    assert story.journal.losses.total == 0


def test_an_error_that_was_logged_is_a_loss_only_where_the_handler_ended_ok() -> None:
    story = begun()
    for status, level in (("ok", "error"), ("ok", "warning"), ("failed", "error")):
        first, start, *rest = story.rows(Told("Paid", 1, [Run(1, 9, status=status)]))
        story.fold([first, start, note(3, start[2], LOG, level, "oh", logger="shop"), *rest])
    assert counts(story) == {"logged": 1}
    assert only(story).message == "oh"


def test_what_comes_after_the_end_of_a_handler_is_late() -> None:
    story = begun()
    story.tell([Told("Paid", 1, [Run(1, 2)])])
    story.fold([note(5, 1, LOG, "error", "boom"), note(6, 1, LOG, "info", "fine")])
    late = note(7, 1, LATE, "warning", "task Mail.send went on", file="/app/mail.py", line=33, exception="OSError")
    story.fold([late])
    told = [(loss.what, loss_place(loss), loss.error) for loss in story.journal.losses.groups]
    assert told == [
        ("error logged after the handler ended", "audit.py:5", ""),
        ("task Mail.send went on", "mail.py:33", "OSError"),
    ]
    assert counts(story) == {"late": 2}


def test_what_runs_on_when_publish_has_returned_is_a_loss_and_a_fault_is_none() -> None:
    story = begun()
    story.fold(story.rows(Told("Paid", 1, [Run(1, None), Run(1, None)])))
    story.fold([story.end(1, 5), (NOTED, 6, 0, 1, RETURNED, "debug", "publish returned", ""), story.end(2, 9)])
    assert counts(story) == {"still_running": 1}
    assert (only(story).what, only(story).execution) == ("publish returned first", 1)
    story.tell([Told("Paid", 20, [Run(20, 21, status="cancelled", fault="cancel")])])
    assert (story.journal.losses.total, story.journal.losses.by_fault) == (1, 1)
    assert loss_limits(story.journal) == ["1 by fault, not counted."]


def test_unheard_uncalled_and_dropped() -> None:
    story = begun()
    story.tell([Told("Paid", 1, handlers=0), Told("Placed", 2, handlers=0), Told("Placed", 3, handlers=0)])
    uncalled = (
        UncalledHandler("app:Audit.handle", "Audit.handle", DEAD_REFERENCE, "it is gone"),
        UncalledHandler("app:Mail.send", "Mail.send", PREDICATE),
    )
    records = (
        HandlersNotCalled(9, FireNumber(1), PublicationNumber(1), "Paid", uncalled, 3),
        RecordsLost(10, 40, "notes came too fast"),
        PublicationsSkipped(11, 1, 1, 0, 2),
    )
    story.fold(map(to_row, records))
    assert counts(story) == {"unheard": 3, "not_called": 6, "dropped": 42}
    gone, meant = (loss for loss in story.journal.losses.groups if loss.kind == KIND_NUMBERS["not_called"])
    assert (gone.guessed, meant.guessed, gone.what) == (False, True, "it is gone")
    assert story.journal.unheard == 3


def test_an_attempt_without_an_outcome_is_missing_it_until_it_comes() -> None:
    story = begun()
    story.tell([Told("Tried", S, [Run(S, S + 1)], correlation=correlation(1))])
    story.journal.losses.finish()
    assert story.journal.losses.total == 0  # a person has fired it

    story = begun()
    story.tell([Told("Paid", 0, [Run(1, None)])])
    story.tell(
        [Told("Tried", S, correlation=correlation(1), cause=1), Told("Tried", S, correlation=correlation(2), cause=1)]
    )
    story.tell([Told("Refused", 2 * S, correlation=correlation(2), cause=1)])
    assert "no_outcome" not in counts(story)
    story.tell([Told("Paid", S + OUTCOME_WAIT)])
    assert counts(story)["no_outcome"] == 1
    assert [loss.what for loss in story.journal.losses.groups if loss.kind == KIND_NUMBERS["no_outcome"]] == [
        "order attempted, no outcome"
    ]
    story.tell([Told("Placed", 99 * S, correlation=correlation(1), cause=1)])
    assert "no_outcome" not in counts(story)


def test_what_waits_for_its_outcome_when_the_program_ends_has_none() -> None:
    for end in (
        lambda story: story.journal.losses.finish(),
        lambda story: story.fold([to_row(FireSettled(9, FireNumber(1), 1))]),
        lambda story: story.fold(
            map(to_row, (ProcessJoined(8, 1, 70, 0, "", "python", "3.12"), ProcessLeft(9, 1, 70, 0, "Ended.")))
        ),
        lambda story: story.fold([to_row(ProcessEnded(9, "gone"))]),
    ):
        story = begun()
        story.tell([Told("Paid", 0, [Run(1, None)]), Told("Tried", 2, correlation=correlation(1), cause=1)])
        end(story)
        assert counts(story)["no_outcome"] == 1


def test_a_second_outcome_is_a_loss_unless_it_was_attempted_again() -> None:
    story = begun()
    again = [
        Told(name, at, correlation=correlation(1)) for at, name in enumerate(("Tried", "Refused", "Tried", "Placed"))
    ]
    story.tell([*again, Told("Entered", 7, correlation=correlation(1))])
    assert "two_outcomes" not in counts(story)
    story.tell([Told("Refused", 9, correlation=correlation(1)), Told("Placed", 9)])
    (loss,) = (loss for loss in story.journal.losses.groups if loss.kind == KIND_NUMBERS["two_outcomes"])
    assert (loss.count, loss.what, loss_subject(story.journal, loss)) == (1, "order already had Placed", "Refused")


def test_workflows_are_not_judged_where_events_are_not_recorded() -> None:
    story = begun()
    story.tell([Told("Paid", 0, [Run(1, None)]), Told("Tried", 1, correlation=correlation(1), cause=1)])
    story.fold([to_row(PublicationsSkipped(2, 0, 8, 70, 0))])
    story.tell([Told("Tried", 3, correlation=correlation(2), cause=1)])
    story.journal.losses.finish()
    assert "no_outcome" not in counts(story)
    assert loss_limits(story.journal) == ["Workflows were not checked while events were not recorded."]
    assert loss_limits(begun("3.11.7").journal) == [
        "Swallowed exceptions, mixed-up sessions, late work, and code that never ran need Python 3.12."
    ]


def test_an_exception_after_which_the_workflow_succeeds_is_guessed_to_be_meant() -> None:
    story = begun()
    swallowed = [Run(1, 2, status="swallowed", failure=failure("KeyError"))]
    story.tell([Told("Tried", 1, swallowed, correlation=correlation(1))])
    assert not only(story).guessed
    story.tell([Told("Placed", 5, [Run(5, 6)], correlation=correlation(2))])
    assert not story.journal.losses.groups[0].guessed
    story.tell([Told("Placed", 7, [Run(7, 8)], correlation=correlation(1))])
    assert story.journal.losses.groups[0].succeeded == 1
    # What a handler of the outcome itself swallows says nothing: that was there before.
    late = [Run(9, 10, "app:Mail.send", "swallowed", failure=failure("KeyError", line=7))]
    story.tell([Told("Placed", 9, late, correlation=correlation(1))])
    assert not story.journal.losses.groups[-1].guessed


def test_the_filter_of_a_loss_leaves_what_was_lost() -> None:
    story = begun()
    story.tell(
        [
            Told("Paid", 1, [Run(1, 2, status="swallowed", failure=failure("KeyError")), Run(1, 3)]),
            Told("Paid", 5, [Run(5, 6, status="swallowed", failure=failure("KeyError", line=77))]),
            Told("Placed", 9, handlers=0),
        ]
    )
    journal = story.journal
    for loss, executions, publications in zip(journal.losses.groups, ([0], [2], []), ([], [], [2]), strict=True):
        chosen = parse(loss_filter(journal, loss))
        assert chosen.mask(journal, 0, 3).nonzero()[0].tolist() == executions
        assert chosen.unhandled(journal, np.array([2])).tolist() == [bool(publications)]
    assert parse("loss:*").mask(journal, 0, 3).tolist() == [True, False, True]
    assert parse("loss:swallowed").remarks(journal) == []
    assert parse("-loss:no_outcome").remarks(journal) == [
        "In a live session, losses that show later appear when the filter is applied again."
    ]
    with pytest.raises(FilterError, match="Unknown loss “swalowed”"):
        parse("loss:swalowed")
    tally = LossTally(journal, parse("event:Paid"))
    assert [tally.count(loss) for loss in journal.losses.groups] == [1, 1, 0]
    assert loss_json(journal, journal.losses.groups[0], tally)["count"] == 1
    assert LossTally(journal, None, (4, 20)).counts.tolist() == [0, 1, 1]


def test_the_fold_of_any_cut_is_the_same() -> None:
    story = begun()
    rows = [
        row
        for at in range(40)
        for row in story.rows(
            Told("Tried", at, [Run(at, at + 1, status=STATUSES[1 + at % 8])], correlation=correlation(at % 5))
        )
    ]
    whole, piecewise = begun(), begun()
    whole.fold(rows)
    for row in rows:
        piecewise.fold([row])
    assert [vars(loss) for loss in whole.journal.losses.groups] == [
        vars(loss) for loss in piecewise.journal.losses.groups
    ]


# --- against a plain count ----------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(list(EVENTS)),
        st.lists(st.tuples(st.sampled_from(STATUSES[1:]), st.sampled_from(["", "warning", "error"])), max_size=3),
        st.integers(1, 3),
        st.sampled_from([1, MS, 4 * S]),
    ),
    max_size=25,
)


def plain_count(rows: list[Row]) -> Counter[str]:
    """Count losses the slow, obvious way: everything is looked up in all rows."""
    counted: Counter[str] = Counter()
    ends = {row[2]: row for row in rows if row[0] == 3}
    for number, row in ends.items():
        logged = any(r[0] == NOTED and r[2] == number and r[5] == "error" for r in rows)
        if row[3] in ("swallowed", "cancelled", "returned_failure", "never_awaited"):
            counted[row[3]] += 1
        elif row[3] == "ok" and logged:
            counted["logged"] += 1
    published = [row for row in rows if row[0] == 1]
    counted["unheard"] = sum(row[10] == 0 for row in published)
    for key in {row[5] for row in published}:
        waiting = settled = 0
        for row in published:
            phase = EVENTS[row[3]][1] if EVENTS[row[3]][0] == "order" and row[5] == key else ""
            if phase == "attempted":
                waiting += 1
            elif phase and waiting:
                waiting, settled = waiting - 1, 1
            elif phase:
                counted["two_outcomes"] += settled
        counted["no_outcome"] += waiting
    return +counted


@given(steps=STEPS, size=st.integers(1, 9))
def test_counts_equal_a_plain_count_however_the_run_is_cut(steps: list[Any], size: int) -> None:
    story = begun()
    rows: list[Row] = story.rows(Told("Paid", 0, [Run(1, None)]))
    at = 2
    for event, runs, key, pause in steps:
        at += pause
        executions = [Run(at, at + 1, status=status, failure=failure("KeyError")) for status, _ in runs]
        for row in story.rows(Told(event, at, executions, correlation=correlation(key), cause=1)):
            if row[0] == 3 and runs[row[2] % len(runs)][1]:
                rows.append(note(at, row[2], LOG, runs[row[2] % len(runs)][1], "oh"))
            rows.append(row)
    for start in range(0, len(rows), size):
        story.fold(rows[start : start + size])
    journal = story.journal
    losses = journal.losses
    losses.finish()
    assert counts(story) == plain_count(rows)
    assert losses.total == int(losses.items["times"].sum()) == sum(loss.count for loss in losses.groups)
    every = LossTally(journal, parse("-event:Nothing"), (0, journal.now))
    assert every.counts.tolist() == [loss.count for loss in losses.groups]
    for loss in losses.groups:
        if loss.count:
            assert (every.first[loss.number], every.last[loss.number]) == (loss.first, loss.last)
    assert every.trends().sum(axis=1).tolist() == every.counts.tolist()
    assert every.trends().shape == (len(losses.groups), SLICES)


def test_an_empty_journal_has_no_losses() -> None:
    journal = Journal()
    assert (journal.losses.total, LossTally(journal).trends().shape) == (0, (0, SLICES))
    journal.fold(Batch(1, [to_row(SessionStarted(0, 0, "shop", "3.12", ""))]))
    assert journal.losses.groups == []
