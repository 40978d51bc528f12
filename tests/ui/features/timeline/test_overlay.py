import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication

from inspector.ui.features.timeline.looks import Looks
from inspector.ui.features.timeline.overlay import _free, baseline
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


def test_a_label_has_the_pixels_that_its_bar_shares_with_no_other() -> None:
    bars = np.array(
        [[0, 1, 0, 100], [1, 1, 60, 160], [2, 1, 160, 200], [3, 2, 10, 300], [4, 2, 20, 40], [5, 2, 50, 90]]
    )
    assert _free(bars).tolist() == [
        *([0, 1, 0, 60], [1, 1, 100, 160], [2, 1, 160, 200]),
        [3, 2, 10, 20],  # the others lie on it, and have no pixel of their own
    ]
