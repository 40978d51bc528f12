"""The mouse on the timeline's titles, ruler and edge, and on the minimap."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.ui.features.timeline.test_panel import MS, NONE, run_of_day

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot) -> TimelinePanel:
    panel = TimelinePanel(Theme("dark"), Selection())
    qtbot.addWidget(panel)
    panel.resize(900, 460)
    panel.show()
    panel.set_journal(run_of_day().journal(), live=False)
    return panel


def lanes(panel: TimelinePanel) -> list[str]:
    return [strip.title for strip in panel.controller.scene.layout.strips]


def title(panel: TimelinePanel, name: str, x: int = 60) -> QPoint:
    """The middle of a lane's title."""
    scene = panel.controller.scene
    strip = next(strip for strip in scene.layout.strips if strip.title == name)
    return QPoint(x, round(RULER_HEIGHT + scene.layout.top(strip, scene.scroll) + strip.height / 2))


def drag(widget: QWidget, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT) -> None:
    QTest.mousePress(widget, button, NONE, start)
    QTest.mouseMove(widget, start + (end - start) * 0.5)
    QTest.mouseMove(widget, end)
    QTest.mouseRelease(widget, button, NONE, end)


def test_a_title_that_is_dragged_moves_its_lane(panel: TimelinePanel) -> None:
    assert lanes(panel) == ["published events", "Audit", "Email", "Log"]
    drag(panel.canvas, title(panel, "Log"), title(panel, "Audit") - QPoint(0, 6))
    assert lanes(panel) == ["published events", "Log", "Audit", "Email"]
    drag(panel.canvas, title(panel, "Log"), title(panel, "Email") + QPoint(0, 6))
    assert lanes(panel) == ["published events", "Audit", "Email", "Log"]
    drag(panel.canvas, title(panel, "Audit"), QPoint(60, panel.canvas.height() - 4))
    assert lanes(panel) == ["published events", "Email", "Log", "Audit"]


def test_the_lane_of_published_events_stays_where_it_is(panel: TimelinePanel) -> None:
    drag(panel.canvas, title(panel, "published events"), title(panel, "Log"))
    assert lanes(panel) == ["published events", "Audit", "Email", "Log"]


def test_a_click_on_a_titles_arrow_and_a_double_click_on_a_title_open_the_lane(panel: TimelinePanel) -> None:
    opened = ["published events", "Audit", "Email", "handle", "other", "Log"]
    QTest.mouseClick(panel.canvas, LEFT, NONE, title(panel, "Email", x=12))
    assert lanes(panel) == opened
    QTest.mouseClick(panel.canvas, LEFT, NONE, title(panel, "Email", x=12))
    assert lanes(panel) == ["published events", "Audit", "Email", "Log"]
    QTest.mouseDClick(panel.canvas, LEFT, NONE, title(panel, "Email"))
    assert lanes(panel) == opened


def test_a_double_click_on_the_ruler_shows_everything(panel: TimelinePanel) -> None:
    panel.controller.fit()
    whole = panel.controller.navigator.view
    panel.controller.show(40 * MS, 50 * MS)
    QTest.mouseDClick(panel.canvas, LEFT, NONE, QPoint(500, 5))
    assert panel.controller.navigator.view == whole


def test_the_edge_of_the_titles_shows_it_can_be_dragged_and_can_within_bounds(panel: TimelinePanel) -> None:
    scene = panel.controller.scene
    edge = QPoint(scene.gutter, 200)
    QTest.mouseMove(panel.canvas, edge)
    assert panel.canvas.cursor().shape() == Qt.CursorShape.SplitHCursor
    drag(panel.canvas, edge, edge + QPoint(40, 0))
    assert scene.gutter == edge.x() + 40
    drag(panel.canvas, QPoint(scene.gutter, 200), QPoint(3, 200))
    assert scene.gutter == 90
    drag(panel.canvas, QPoint(scene.gutter, 200), QPoint(880, 200))
    assert scene.gutter == scene.width // 2


def test_the_middle_button_pans_and_the_right_one_begins_nothing(panel: TimelinePanel) -> None:
    panel.controller.show(40 * MS, 80 * MS)
    view = panel.controller.navigator.view
    drag(panel.canvas, QPoint(600, 200), QPoint(500, 200), Qt.MouseButton.RightButton)
    assert panel.controller.navigator.view == view
    drag(panel.canvas, QPoint(600, 200), QPoint(500, 200), Qt.MouseButton.MiddleButton)
    moved = panel.controller.navigator.view
    assert moved.start > view.start
    assert moved.span == view.span


# --- the minimap ----------------------------------------------------------------------------------


def test_a_press_beside_the_brush_brings_it_there(panel: TimelinePanel) -> None:
    panel.controller.show(10 * MS, 20 * MS)
    minimap, navigator = panel.minimap, panel.controller.navigator
    at = QPoint(round(minimap.whole.x_of(100 * MS)), 20)
    QTest.mousePress(minimap, LEFT, NONE, at)
    QTest.mouseRelease(minimap, LEFT, NONE, at)
    assert abs((navigator.view.start + navigator.view.end) / 2 - 100 * MS) < MS
    assert abs(navigator.view.span - 10 * MS) < 10


def test_the_left_edge_of_the_brush_resizes_and_never_passes_the_right_one(panel: TimelinePanel) -> None:
    panel.controller.show(40 * MS, 80 * MS)
    minimap, navigator = panel.minimap, panel.controller.navigator
    edge = QPoint(round(minimap.brush().left()), 20)
    QTest.mouseMove(minimap, edge)
    assert minimap.cursor().shape() == Qt.CursorShape.SizeHorCursor
    drag(minimap, edge, edge - QPoint(40, 0))
    assert navigator.view.start < 40 * MS
    assert abs(navigator.view.end - 80 * MS) < 10
    drag(minimap, QPoint(round(minimap.brush().left()), 20), QPoint(minimap.width() - 2, 20))
    assert navigator.view.span > 0
    assert abs(navigator.view.end - 80 * MS) < 2 * MS


def test_the_wheel_on_the_minimap_zooms_around_the_middle(panel: TimelinePanel) -> None:
    panel.controller.show(40 * MS, 80 * MS)
    navigator = panel.controller.navigator
    place = QPointF(300, 20)
    turn = QWheelEvent(
        place, place, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(panel.minimap, turn)
    assert navigator.view.span < 40 * MS
    assert abs((navigator.view.start + navigator.view.end) / 2 - 60 * MS) < MS
