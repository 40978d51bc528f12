"""What is out of sight in the timeline, and the way there; clicks that nearly hit."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from inspector.analysis.journal import Journal
from inspector.analysis.timeline.navigator import Navigator
from inspector.core.records.records import Batch
from inspector.ui.features.timeline.panel import TimelinePanel
from tests.analysis.runs import Run
from tests.ui.features.timeline.test_panel import MS, Make, click, make, panel, place

__all__ = ["make", "panel"]


@pytest.fixture(autouse=True)
def pointer_elsewhere(qapp: QApplication) -> None:
    QCursor.setPos(4000, 4000)  # what is pointed at does not move by itself


class Only:
    """Lets some executions through, by index."""

    def __init__(self, *indexes: int) -> None:
        self._indexes = indexes

    def mask(self, journal: Journal, first: int, last: int) -> np.ndarray:
        return np.isin(np.arange(first, last), self._indexes)


def seen(panel: TimelinePanel, execution: int) -> bool:
    bar = panel.controller.scene.bar(execution)
    scene = panel.controller.scene
    return bar is not None and bar.x1 > scene.gutter and bar.x0 < scene.width


def test_what_is_selected_elsewhere_comes_into_sight(panel: TimelinePanel) -> None:
    selection = panel.controller.selection
    panel.controller.show(0, 15 * MS)
    assert not seen(panel, 3)
    selection.select_in(panel.controller.source.journal, 3)
    assert seen(panel, 3)
    panel.controller.show(0, 15 * MS)
    selection.select_publication(1, "MailSent")
    low, high = panel.controller.scene.seen
    assert low < 40 * MS < high


@pytest.mark.parametrize(
    ("view", "words"), [((100 * MS, 140 * MS), "◂ off-screen"), ((0, 5 * MS), "off-screen ▸"), ((0, 95 * MS), "")]
)
def test_the_edge_says_where_the_selection_is_and_leads_there(panel: TimelinePanel, view, words) -> None:
    panel.controller.steps.select(0)
    panel.controller.show(*view)
    edge = panel.canvas.signposts.edge
    assert edge.isVisible() == bool(words)
    if not words:
        return
    assert edge.caption() == words
    inside = panel.canvas.rect().adjusted(panel.controller.scene.gutter, 0, 0, 0)
    assert inside.contains(edge.geometry())
    edge.click()
    assert seen(panel, 0)
    assert not edge.isVisible()


def test_the_edge_leads_to_a_published_event_and_into_hidden_lanes(panel: TimelinePanel) -> None:
    edge = panel.canvas.signposts.edge
    panel.controller.steps.select_publication(1)
    panel.controller.show(100 * MS, 140 * MS)
    assert edge.caption() == "◂ off-screen"
    edge.click()
    assert not edge.isVisible()
    panel.controller.steps.select(0)
    panel.controller.lanes.hide_selected()
    assert edge.caption() == "in a hidden lane"
    edge.click()
    assert seen(panel, 0)
    panel.controller.steps.clear()
    assert not edge.isVisible()


def test_a_lane_that_is_scrolled_away_is_said_to_be_above_or_below(make: Make) -> None:
    panel = make()
    run = Run()
    run.publish(0)
    for number in range(40):
        run.end((number + 2) * MS, run.start(number * MS, 1, f"m:Handler{number:02}.handle"))
    panel.show()
    panel.set_journal(run.journal(), live=False)
    panel.controller.lanes.set_density("comfortable")
    edge = panel.canvas.signposts.edge
    for execution, away, words in ((39, -10_000, "▾ off-screen"), (0, 10_000, "▴ off-screen")):
        panel.controller.steps.select(execution)
        panel.controller.lanes.scroll(away)
        assert edge.caption() == words
        edge.click()
        assert not edge.isVisible()


def test_no_match_in_view_leads_to_the_first_one(panel: TimelinePanel) -> None:
    posts = panel.canvas.signposts
    panel.set_filter(Only(3))
    assert not posts.nothing.isVisible()
    panel.controller.show(0, 30 * MS)
    assert posts.nothing.isVisible()
    assert posts._words.text() == "Nothing in view matches the filter."
    QTest.mouseClick(posts.first, Qt.MouseButton.LeftButton)
    assert seen(panel, 3)
    assert panel.controller.selection.execution == 3
    assert not posts.nothing.isVisible()
    panel.set_filter(Only())
    assert posts._words.text() == "No execution matches the filter."
    assert not posts.first.isVisible()
    panel.set_filter(None)
    assert not posts.nothing.isVisible()


def test_fit_shows_what_the_filter_lets_through(panel: TimelinePanel) -> None:
    panel.set_filter(Only(1, 2))
    panel.controller.fit()
    view = panel.controller.navigator.view
    assert 15 * MS < view.start < 20 * MS
    assert 130 * MS < view.end < 140 * MS
    panel.set_filter(None)
    panel.controller.fit()
    assert panel.controller.navigator.view.start == 0


def test_selecting_what_is_in_sight_at_the_very_ends_of_a_session_moves_nothing(make: Make) -> None:
    """Of a long session that is fitted the first bar ends in the first pixels: there is nothing beyond."""
    panel = make()
    run = Run()
    run.publish(0)
    run.end(5 * MS, run.start(MS, 1, "m:Audit.handle"))
    run.end(59_999 * MS, run.start(59_995 * MS, 1, "m:Audit.handle"))
    controller = panel.controller
    controller.folding = False
    panel.show()
    panel.set_journal(run.journal(), live=False)
    whole = controller.navigator.view
    assert whole.start == 0
    for execution in (0, 1):
        controller.selection.select_in(controller.source.journal, execution)
        controller.reveal_selection()
        assert controller.navigator.view == whole
    controller.show(3 * MS, 1_000 * MS)
    controller.selection.select_in(controller.source.journal, 0)
    controller.reveal_selection()
    assert controller.navigator.view.start < MS


def test_a_bar_of_a_pixel_is_hit_and_a_near_miss_keeps_the_selection(make: Make) -> None:
    panel = make()
    run = Run()
    run.publish(0)
    run.end(500_001_000, run.start(500 * MS, 1, "m:Audit.handle"))
    run.publish(2000 * MS)
    panel.show()
    panel.set_journal(run.journal(), live=False)
    at = place(panel, 0)
    for step in (QPoint(4, 0), QPoint(-4, 3)):
        click(panel, at + step)
        assert panel.controller.selection.execution == 0
        click(panel, at + QPoint(12, 8))
        assert panel.controller.selection.execution == 0
        click(panel, at + QPoint(120, 0))
        assert panel.controller.selection.execution == -1


def test_a_lone_first_bar_stays_in_sight(make: Make) -> None:
    panel = make()
    panel.show()
    run, journal = Run(), Journal()
    panel.set_journal(journal)
    run.publish(60_000 * MS)
    run.end(60_080 * MS, run.start(60_010 * MS, 1, "m:Audit.handle"))
    panel.folded(journal.fold(Batch(1, run.rows)))
    bar, scene = panel.controller.scene.bar(0), panel.controller.scene
    assert bar is not None
    assert bar.x0 < scene.gutter + (scene.width - scene.gutter) / 4  # beside the name of its lane
    panel.controller.navigator.arrive(90_000 * MS, 60_000 * MS, 60_010 * MS)
    panel.controller.update()
    assert seen(panel, 0)
    assert panel.controller.navigator.following


def test_a_view_that_is_full_follows_the_newest() -> None:
    navigator = Navigator(lambda: 0.0)
    navigator.arrive(1000 * MS, 900 * MS, 950 * MS)
    assert navigator.view.start == 780 * MS
    navigator.arrive(10_000 * MS, 900 * MS, 9_900 * MS)
    assert navigator.view.end == pytest.approx(10_036 * MS)
