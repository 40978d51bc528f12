"""Red and ✕ are for what failed: nothing else is drawn so, and every count of one thing is the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget

from inspector.analysis.latency import OUTCOMES
from inspector.analysis.timeline.source import TimelineSource
from inspector.app.notices import Notices
from inspector.core.records.statuses import FAILED_CODE, STATUS_CODES
from inspector.ui.features.catalog.panel import CatalogPanel
from inspector.ui.features.conformance.heat_map import CellDelegate, glyph_of, ink_of
from inspector.ui.features.conformance.model import MISSING, NOT_FIRED, HeatMapModel
from inspector.ui.features.failures.panel import FailuresPanel
from inspector.ui.features.latency.model import CUT_OFF, FAILED, LatencyModel
from inspector.ui.features.latency.panel import LatencyPanel
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.kit.theme import Theme
from inspector.ui.parts.outcome import count_words
from inspector.ui.parts.severity import GLYPHS, INKS
from inspector.ui.selection import Selection
from tests.analysis.sample_runs import MS, Run, Story, Told

TIMED_OUT = STATUS_CODES["timed_out"]
Shown = Callable[..., QWidget]


def story_of(*statuses: str) -> Story:
    story = Story()
    story.tell(
        Told("OrderFailed", n * 20 * MS, [Run(n * 20 * MS, n * 20 * MS + 15 * MS, "app:Audit.write", status)])
        for n, status in enumerate(statuses)
    )
    return story


def reds(widget: QWidget, theme: Theme) -> int:
    """Count the pixels in exactly the colours of a failure."""
    image: QImage = widget.grab().toImage()
    wanted = {QColor(theme.color(name)).rgb() for name in ("failed", "failed_text", "error_back", "error_line")}
    return sum(image.pixel(x, y) in wanted for x in range(image.width()) for y in range(image.height()))


@pytest.mark.parametrize("choice", ["dark", "light"])
@pytest.mark.parametrize(("status", "red"), [("ok", False), ("timed_out", False), ("failed", True)])
def test_only_failures_are_red(qapp: QApplication, shown: Shown, choice: str, status: str, red: bool) -> None:
    """The event is called failed, and its handler does well or not: that is what the colour is about."""
    theme, selection, story = Theme(choice), Selection(), story_of("ok", status, "ok")
    panels = (
        TimelinePanel(theme, selection),
        CatalogPanel(theme, selection),
        LatencyPanel(theme, selection, Notices()),
        FailuresPanel(theme, selection),
    )
    for panel in panels:
        panel.set_journal(story.journal)
        shown(panel, 600, 260)
        if isinstance(panel, CatalogPanel):
            panel.tree.expandAll()
    qapp.processEvents()
    assert [bool(reds(panel, theme)) for panel in panels] == [red] * len(panels)


def test_a_timeout_is_counted_as_one_everywhere(qapp: QApplication, shown: Shown) -> None:
    story = story_of("ok", "timed_out", "timed_out", "failed")
    journal = story.journal
    assert journal.outcomes() == journal.event_outcomes[0] == {FAILED_CODE: 1, TIMED_OUT: 2}
    source = TimelineSource(journal)
    while not source.advance():
        pass
    assert source.layers[0].outcomes[0, [FAILED_CODE, TIMED_OUT]].tolist() == [1, 2]
    assert source.measure(0, 200 * MS).outcomes == journal.outcomes()
    latency = LatencyModel()
    latency.set_journal(journal)
    assert (latency.text(0, FAILED), latency.text(0, CUT_OFF)) == ("1", "2")
    assert latency.latency.handler(0, outcomes=OUTCOMES).measured == 4
    assert count_words(journal.outcomes()) == "1 failed, 2 timed out"


@pytest.mark.parametrize(
    ("statuses", "badge"),
    [
        (("ok",), ("", "dim")),
        (("timed_out", "failed", "timed_out"), ("1", "failed")),
        (("timed_out", "swallowed", "timed_out"), ("◔ 2", "timed_out")),
        (("swallowed",), ("▨ 1", "swallowed")),
    ],
)
def test_the_badge_of_failures_says_how_many_failed_else_what_was_worst(
    qapp: QApplication, shown: Shown, statuses: tuple[str, ...], badge: tuple[str, str]
) -> None:
    panel = FailuresPanel(Theme("dark"), Selection())
    heard: list[tuple[str, str]] = []
    panel.badge_changed.connect(lambda *told: heard.append(told))
    panel.set_journal(story_of(*statuses).journal)
    shown(panel)
    assert heard[-1] == badge


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_what_was_not_run_has_no_red_and_no_cross(qapp: QApplication, choice: str) -> None:
    """A handler that is missing, and findings, are known before anything has ended badly."""
    theme = Theme(choice)
    assert HeatMapModel().events == 0
    assert CellDelegate(theme, QWidget()) is not None
    for state in (MISSING, NOT_FIRED):
        assert ink_of(theme, state) != theme.color("failed_text")
        assert glyph_of(theme, state) != "✕"
    assert "✕" not in GLYPHS.values()
    assert "failed_text" not in INKS.values()
