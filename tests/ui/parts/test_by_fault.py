"""What ran under a fault is counted apart, and as the same number wherever something is counted."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.analysis.failures import FailureGroups
from inspector.analysis.latency import Latency
from inspector.analysis.timeline.groupings import GROUPINGS, grouping
from inspector.analysis.timeline.lanes import LaneRows
from inspector.analysis.timeline.layout import LaneStrip
from inspector.core.records.statuses import BY_FAULT, FAILED_CODE
from inspector.ui.features.failures.model import COUNT, FailuresModel
from inspector.ui.features.failures.panel import FailuresPanel
from inspector.ui.features.timeline.heads import badges
from inspector.ui.features.timeline.looks import Looks
from inspector.ui.kit.rows import Role
from inspector.ui.kit.theme import Theme
from inspector.ui.parts.outcome import count_words
from inspector.ui.selection import Selection
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


def test_a_lane_has_one_bolt_with_the_number_of_those_under_a_fault(qapp: QApplication) -> None:
    looks = Looks(Theme("dark"))
    outcomes = [0] * (BY_FAULT + 1)
    for faulted, struck, badge in ((0, False, []), (0, True, ["⚡"]), (3, False, ["⚡ 3"]), (3, True, ["⚡ 3"])):
        outcomes[BY_FAULT] = faulted
        strip = LaneStrip("handler:Audit", "Audit", 0, 0, 0, 20, 0, 1, tuple(outcomes))
        assert [text for text, _ in badges(strip, looks, struck=struck)] == badge


def test_a_group_of_failures_says_which_of_them_were_made_to_fail(qapp: QApplication) -> None:
    story = story_of_faults()
    model = FailuresModel()
    model.set_journal(story.journal)
    counts = [model.index(row, COUNT).data() for row in range(model.rows())]
    assert counts == ["2 · ⚡ 1", "⚡ 1"]
    assert [model.index(row, COUNT).data(Role.TONE) for row in range(2)] == ["failed", "warn"]


def test_where_nothing_failed_but_by_fault_the_badge_has_no_number(qtbot: QtBot) -> None:
    story = Story()
    story.tell([Told("Paid", 0, [Run(0, MS, status="failed", fault="fail")])])
    panel = FailuresPanel(Theme("dark"), Selection())
    qtbot.addWidget(panel)
    heard: list[tuple[str, str]] = []
    panel.badge_changed.connect(lambda *badge: heard.append(badge))
    panel.set_journal(story.journal)
    assert heard[-1] == ("⚡", "warn")
    assert count_texts(story.journal, 0) == ["1 execution", "0 failed", "1 by fault"]


def test_latencies_count_no_fault_among_the_failures() -> None:
    stats = Latency(story_of_faults().journal).handler(0)
    assert (stats.count, stats.failed, stats.cut_off, stats.faulted) == (6, 2, 0, 3)
    assert stats.failure_rate == pytest.approx(2 / 3)
