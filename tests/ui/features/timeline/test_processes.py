"""A program of several processes in the timeline: lanes by process, then handler."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.analysis.journal import Journal
from inspector.analysis.query.query import parse
from inspector.core.records.host import ProcessJoined
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.core.records.records import HOST_NOTED, KIND, PUBLISHED, Batch, to_row
from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.features.timeline.canvas import TimelineCanvas
from inspector.ui.features.timeline.menus import lane_menu
from inspector.ui.features.timeline.overlay import distant_links
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.features.timeline.pointing import publication_at
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.analysis.several import MS, shop

Made = Callable[..., TimelinePanel]


@pytest.fixture
def made(qtbot: QtBot) -> Made:
    def make(journal: Journal, *, live: bool = False) -> TimelinePanel:
        panel = TimelinePanel(Theme("dark"), Selection(), clock=lambda: 0.0)
        qtbot.addWidget(panel)
        panel.resize(1000, 700)
        panel.set_journal(journal, live=live)
        panel.show()
        return panel

    return make


def journal_of(seconds: int = 4) -> Journal:
    journal = Journal()
    journal.fold(Batch(1, shop(seconds)))
    return journal


def titles(panel: TimelinePanel) -> list[str]:
    return [strip.title for strip in panel.controller.scene.layout.strips if strip.layer >= 0]


def test_handlers_stand_below_their_process_and_a_process_folds(made: Made) -> None:
    panel = made(journal_of())
    lanes = panel.controller.lanes
    everything = titles(panel)
    assert everything[0] == "reloader 48210"
    assert everything[1] == "server 48231"
    assert set(everything[2:6]) == {"PaymentHandler", "StockHandler", "AuditHandler", "MailHandler"}
    assert everything[6:] == ["pool worker 48238", "InvoiceWriter", "pool worker 48239", "InvoiceWriter"]
    lanes.toggle_opened("process:2")
    assert titles(panel) == [*everything[:2], *everything[6:]]
    lanes.toggle_opened("process:2")
    assert titles(panel) == everything
    lanes.toggle_opened("process:3/handler:InvoiceWriter")
    assert titles(panel)[7:9] == ["InvoiceWriter", "render"]
    lanes.set_hidden("process:2/handler:MailHandler", True)
    assert "MailHandler" not in titles(panel)
    assert panel.controller.scene.layout.hidden == 1
    lanes.show_all()
    lanes.set_only("stock")
    assert titles(panel) == ["server 48231", "StockHandler"]


def test_a_program_of_one_process_looks_as_ever(made: Made) -> None:
    rows = [(*row[:-1], 1) if row[KIND] == 1 else row for row in shop(2) if row[KIND] < HOST_NOTED]
    rows.insert(1, to_row(ProcessJoined(1, 1, 7, 0, "script", "python app.py", "3.12.1")))
    journal = Journal()
    journal.fold(Batch(1, rows))
    panel = made(journal)
    assert panel.controller.source.group == "handler"
    assert all(strip.process == 0 for strip in panel.controller.scene.layout.strips)
    group = next(command for command in panel.commands() if command.id == "timeline.group.process")
    assert group.blocked is not None
    assert group.blocked() != ""


def test_the_second_process_groups_the_lanes_unless_a_person_chose(made: Made) -> None:
    rows = shop(3)
    chosen, left = Journal(), Journal()
    panels = made(chosen, live=True), made(left, live=True)
    panels[0].controller.lanes.set_group("event")
    for first in range(0, len(rows), 3):
        for panel, journal in zip(panels, (chosen, left), strict=True):
            panel.folded(journal.fold(Batch(first + 1, rows[first : first + 3])))
    assert [panel.controller.source.group for panel in panels] == ["event", "process"]
    panels[1].controller.lanes.set_group("handler")
    assert titles(panels[1]).count("InvoiceWriter") == 1
    panels[1].set_journal(journal_of())
    assert panels[1].controller.source.group == "handler"


def test_steps_stay_in_the_lane_of_the_handler_and_the_process(made: Made) -> None:
    journal = journal_of()
    panel = made(journal)
    owners = journal.publications["process"][journal.executions["publication"]]
    first = ExecutionIndex(int((owners == 3).argmax()))
    panel.controller.steps.select(first)
    for _ in range(5):
        panel.controller.steps.next_in_lane()
        assert owners[panel.controller.selection.execution] == 3
    panel.controller.lanes.hide_selected()
    assert "process:3/handler:InvoiceWriter" in panel.controller.lanes.state.hidden


def test_a_click_on_its_sign_folds_a_process_and_its_menu_says_so(made: Made) -> None:
    panel = made(journal_of())
    canvas = panel.findChild(TimelineCanvas)
    assert isinstance(canvas, TimelineCanvas)
    strip = next(strip for strip in panel.controller.scene.layout.strips if strip.key == "process:2")
    labels = [item.label for item in lane_menu(panel.controller, strip)]
    assert labels[:3] == ["Show a lane per handler", "Pin lane", "Hide"]
    place = QPoint(11, RULER_HEIGHT + int(panel.controller.scene.layout.top(strip, 0)) + strip.height // 2)
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    assert "process:2" in panel.controller.lanes.state.closed
    assert "StockHandler" not in titles(panel)


def test_what_a_filter_by_process_leaves_is_what_that_process_ran() -> None:
    journal = journal_of()
    owners = journal.publications["process"][journal.executions["publication"]]
    count = len(journal.executions)
    for text, numbers in {
        "process:2": {2},
        "process:48238": {3},
        "process:worker": {3, 4},
        "process:server,4": {2, 4},
        'process:"pool worker 48239"': {4},
        "process:7": set(),
    }.items():
        mask = parse(text).mask(journal, 0, count)
        assert mask.tolist() == [owner in numbers for owner in owners.tolist()], text


def test_it_paints_at_every_density_and_after_a_process_has_ended(made: Made) -> None:
    """Nothing complains, and the end is in the picture: it is another one without."""
    journal = journal_of()
    panel = made(journal)
    for density in ("comfortable", "compact", "dense"):
        panel.controller.lanes.set_density(density)
        panel.controller.show(2_000 * MS, 4_000 * MS)
        panel.controller.lanes.scroll(10_000)
        after = panel.canvas.grab().toImage()
        ended = journal.processes.by_number[4]
        ended.left, left = -1, ended.left
        panel.canvas.refresh()
        before = panel.canvas.grab().toImage()
        ended.left = left
        assert before != after, density


def test_each_process_has_a_lane_of_what_it_has_published(made: Made) -> None:
    journal = journal_of()
    panel = made(journal)
    scene = panel.controller.scene
    marks = {strip.process: strip for strip in scene.layout.strips if strip.marks}
    publishing = {int(process) for process in journal.publications["process"]}
    assert set(marks) == publishing == {2, 3, 4}
    assert all(strip.process for strip in marks.values())
    for publication, process in enumerate(journal.publications["process"][:40].tolist()):
        place = scene.mark(publication)
        assert place is not None
        x, y = place
        strip = marks[process]
        top = scene.layout.top(strip, scene.scroll) + RULER_HEIGHT
        assert top < y < top + strip.height
        if scene.gutter < x < scene.width:
            picked = publication_at(scene, x, y)
            assert journal.publications["process"][picked] == process
            assert journal.publications["at"][picked] == journal.publications["at"][publication]
    times = np.linspace(0, 4_000 * MS, 400).astype(np.int64)
    length = 10.0 * MS
    together, _ = panel.controller.source.marks_in(times, length)
    alone = [panel.controller.source.marks_in(times, length, process)[0] for process in sorted(publishing)]
    assert set(np.concatenate(alone).tolist()) == set(together.tolist())
    assert all(len(places) < len(together) for places in alone)
    panel.controller.lanes.toggle_opened("process:2")
    assert 2 not in {strip.process for strip in scene.layout.strips if strip.marks}
    panel.controller.lanes.set_hidden("events:3", True)
    assert {strip.process for strip in panel.controller.scene.layout.strips if strip.marks} == {4}
    panel.grab()


def test_an_event_that_has_travelled_to_another_process_has_an_arrow_from_there(made: Made) -> None:
    rows = shop(4)
    published = [place for place, row in enumerate(rows) if row[KIND] == PUBLISHED]
    here, there, again = (
        next(place for place in published[after:] if rows[place][-1] == process)
        for process, after in ((2, 0), (3, 12), (4, 24))
    )
    for place in (there, again):
        rows[place] = (*rows[place][:4], rows[here][4], rows[place][5], 0, *rows[place][7:])
    journal = Journal()
    journal.fold(Batch(1, rows))
    first, second, third = (PublicationIndex(published.index(place)) for place in (here, there, again))
    assert journal.travelled(first) == [(first, second), (first, third)]
    assert journal.travelled(second) == [(first, second)]
    assert journal.origin(first) is None
    assert journal.origin(third) == first
    other = PublicationIndex(published.index(next(place for place in published if place not in (here, there, again))))
    assert journal.travelled(other) == []
    panel = made(journal)
    panel.controller.selection.select_publication(first, journal.publication(first).event.name)
    arrows = distant_links(panel.controller.scene, journal.travelled(first))
    assert [text for _, _, text in arrows] == ["from server 48231"] * 2
    assert all(start.y() < end.y() for start, end, _ in arrows)
    panel.grab()
