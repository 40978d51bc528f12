"""What ran under a fault is counted apart, and as the same number wherever something is counted."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.analysis.failures import FailureGroups
from inspector.analysis.latency import Latency
from inspector.analysis.timeline.groupings import GROUPINGS, grouping
from inspector.analysis.timeline.lanes import LaneRows
from inspector.core.records.statuses import BY_FAULT, FAILED_CODE
from inspector.ui.parts.outcome import count_words
from inspector.ui.shell.standing import count_texts
from tests.analysis.sample_runs import MS, Run, Story, Told

OUTCOMES = {FAILED_CODE: 2, BY_FAULT: 3}


def story_of_faults() -> Story:
    story = Story()
    own = [Run(0, MS, status="failed"), Run(0, MS, status="failed"), Run(0, MS)]
    story.tell([Told("Paid", 0, own)])
    struck = [Run(2 * MS, 3 * MS, status="failed", fault="fail"), Run(2 * MS, 9 * MS, fault="slow")]
    story.tell([Told("Paid", 2 * MS, [*struck, Run(2 * MS, None, fault="hang")])])
    story.fold([Story.end(6, 12 * MS, "timed_out")])
    story.tell([Told("Paid", 20 * MS, [Run(20 * MS, None, fault="hang")])])
    return story


def test_every_count_says_the_same() -> None:
    journal = story_of_faults().journal
    assert journal.event_outcomes == [OUTCOMES]
    assert count_words(journal.event_outcomes[0]) == "2 failed, 3 by fault"
    assert count_texts(journal, 0) == ["7 executions", "2 failed", "3 by fault", "1 running"]
    for name in GROUPINGS:
        rows = LaneRows(grouping(name, journal))
        rows.take(journal, len(journal.executions))
        counted = rows.outcomes.sum(axis=0)
        assert {code: int(counted[code]) for code in np.flatnonzero(counted).tolist()} == OUTCOMES, name


def test_the_groups_of_failures_count_what_was_made_to_fail_apart() -> None:
    assert FailureGroups(story_of_faults().journal).outcomes == {FAILED_CODE: 2, BY_FAULT: 2}  # the slow one went well


def test_latencies_count_no_fault_among_the_failures() -> None:
    stats = Latency(story_of_faults().journal).handler(0)
    assert (stats.count, stats.failed, stats.cut_off, stats.faulted) == (6, 2, 0, 3)
    assert stats.failure_rate == pytest.approx(2 / 3)
