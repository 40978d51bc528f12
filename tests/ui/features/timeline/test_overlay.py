import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication

from inspector.ui.features.timeline.looks import Looks
from inspector.ui.features.timeline.overlay import baseline
from inspector.ui.kit.theme import Theme


@pytest.mark.parametrize("height", [12, 14, 18, 24])
def test_letters_on_a_bar_stay_inside_it_underscores_included(qapp: QApplication, height: int) -> None:
    """Dark letters beyond a bar cannot be seen on the dark ground: names lost their underscores."""
    metrics = QFontMetricsF(Looks(Theme("dark")).small)
    bar = QRectF(0, 100, 200, height)
    at = baseline(metrics, bar, "handle_it")
    assert at + metrics.tightBoundingRect("_").bottom() <= bar.bottom()
    assert at - metrics.capHeight() >= bar.top()
    assert bar.center().y() == baseline(metrics, bar, "12 ms") - metrics.capHeight() / 2
