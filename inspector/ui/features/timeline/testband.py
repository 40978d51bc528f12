"""The band of tests above the lanes: when each ran, how it ended, what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from inspector.analysis.ran_tests import FAILED, OTHER, PASSED, cells_of, status_of
from inspector.analysis.timeline.layout import TESTS
from inspector.app.text import format_duration, one_line
from inspector.ui.features.timeline.axis import RULER_HEIGHT

if TYPE_CHECKING:
    from inspector.core.records.host import TestRan
    from inspector.ui.features.timeline.looks import Looks
    from inspector.ui.features.timeline.scene import Scene

#: Colour (a token, and how opaque) of each code.
_COLOURS: Final = {OTHER: ("dim", 90), PASSED: ("ok", 110), FAILED: ("failed", 200)}
#: Pixels from which a test has edges and a name.
_NAMED: Final = 46
_REACH: Final = 3
#: Pixels above and below the band.
_MARGIN: Final = 4


def paint_tests(painter: QPainter, scene: Scene, looks: Looks) -> None:
    """Draw the tests that are in sight."""
    strip = scene.layout.strip(TESTS)
    if strip is None:
        return
    band = scene.tests
    chosen = band.within(*scene.seen)
    cells = band.looks(chosen)
    x0 = np.array([scene.x_of(start) for start in cells[:, 0].tolist()]) - scene.gutter
    x1 = np.array([scene.x_of(end) for end in cells[:, 1].tolist()]) - scene.gutter
    left, right = np.floor(x0).astype(np.int64), np.ceil(x1).astype(np.int64)
    pixels = cells_of(cells, left, right, band.rows, max(1, scene.view.width))
    top = RULER_HEIGHT + strip.y + _MARGIN
    height = (strip.height - 2 * _MARGIN) / band.rows
    for row, line in enumerate(pixels):
        edges = np.flatnonzero(np.diff(line.astype(np.int64))) + 1
        begins = np.concatenate(([0], edges)).tolist()
        for begin, end in zip(begins, [*begins[1:], len(line)], strict=True):
            if line[begin]:
                token, alpha = _COLOURS[int(line[begin])]
                area = QRectF(scene.gutter + begin, top + row * height, end - begin, height - 1)
                painter.fillRect(area, looks.color(token, alpha))
    wide = np.flatnonzero(x1 - x0 >= _NAMED)
    painter.setFont(looks.small)
    metrics = QFontMetricsF(looks.small)
    for place in wide.tolist():
        test, row = band.tests[int(chosen[place])], int(cells[place, 3])
        area = QRectF(scene.gutter + x0[place], top + row * height, x1[place] - x0[place], height - 1)
        shown = area.intersected(QRectF(scene.gutter, 0, scene.width - scene.gutter, scene.height))
        painter.fillRect(QRectF(area.left(), area.top(), 1.5, area.height()), looks.color("background"))
        if height >= metrics.height() - 2 and shown.width() >= _NAMED:
            painter.setPen(looks.color("strong"))
            text = metrics.elidedText(_label(test, looks), Qt.TextElideMode.ElideMiddle, shown.width() - 10)
            painter.drawText(shown.adjusted(6, -1, -4, 0), Qt.AlignmentFlag.AlignVCenter, text)


def _label(test: TestRan, looks: Looks) -> str:
    status = status_of(test.outcome)
    sign = f"{looks.glyph(status)} " if status else ""
    name = test.name.rpartition("::")[2] or test.name
    return f"{sign}{one_line(name, 120)}" + ("" if status else f" · {one_line(test.outcome, 20)}")


def ran_at(scene: Scene, x: float, y: float) -> TestRan | None:
    """Return the test at a point of the canvas, None when there is none."""
    strip = scene.layout.strip(TESTS)
    if strip is None or x < scene.gutter or not 0 <= y - RULER_HEIGHT - strip.y < strip.height:
        return None
    rows = scene.tests.rows
    row = int((y - RULER_HEIGHT - strip.y - _MARGIN) / max(1.0, strip.height - 2 * _MARGIN) * rows)
    reach = scene.time_of(x + _REACH) - scene.time_of(x)
    place = scene.tests.at(scene.time_of(x), min(max(row, 0), rows - 1), reach)
    return scene.tests.tests[place] if place >= 0 else None


def ran_lines(scene: Scene, test: TestRan) -> list[str]:
    """Return what the readout says of a test."""
    label = scene.source.journal.processes.label(test.process)
    where = [one_line(label)] if scene.source.journal.processes.several and label else []
    duration = format_duration(test.at - test.started)
    return [one_line(test.name, 160), f"{one_line(test.outcome, 40)} · {duration}", *where]
