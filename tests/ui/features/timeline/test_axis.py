"""The axis: a label is painted whole or not at all."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from pytestqt.qtbot import QtBot

from inspector.analysis.timeline.geometry import Ruler, Tick
from inspector.ui.features.timeline.axis import Axis, paint_axis

GUTTER, LABEL = 40, "250 ms"


class Looks:
    def __init__(self) -> None:
        self.small = QFont()

    def color(self, token: str, alpha: int = 255) -> QColor:
        return QColor({"dim": "white"}.get(token, "black"))


def written(width: int, *ticks: Tick) -> bool:
    """Return whether something is written beside the gutter."""
    picture = QImage(width, 26, QImage.Format.Format_RGB32)
    picture.fill(QColor("black"))
    painter = QPainter(picture)
    paint_axis(painter, Axis(width, GUTTER, Ruler(0, ticks), ""), Looks(), lambda: None)
    painter.end()
    return any(picture.pixelColor(x, y).lightness() > 60 for x in range(GUTTER, width) for y in range(18))


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(("spare", "shown"), [(60.0, True), (0.0, True), (-2.0, False), (-20.0, False)])
def test_a_label_that_the_edge_would_cut_is_left_out(spare: float, shown: bool) -> None:
    length = QFontMetricsF(QFont()).horizontalAdvance(LABEL)
    assert written(GUTTER + 200, Tick(200 - 3 - length - spare, LABEL)) == shown


def test_labels_that_fit_are_not_lost_with_one_that_does_not(qtbot: QtBot) -> None:
    assert written(GUTTER + 200, Tick(0.0, "0 ms"), Tick(195.0, LABEL))
