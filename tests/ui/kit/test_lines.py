"""Lines that can be clicked: their size, their light, their chevron."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from inspector.ui.kit.lines import LineButton
from inspector.ui.kit.theme import Theme


class Line(LineButton):
    PADDING = 14
    CHEVRON = 12

    def paintEvent(self, _event) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("hover" if self.lit else "panel"))


def test_a_line_is_as_high_as_its_font_and_its_padding_and_may_be_narrow(qtbot, qapp: QApplication) -> None:
    line = Line(Theme("dark"))
    qtbot.addWidget(line)
    assert line.sizeHint().height() == line.fontMetrics().height() + 14
    assert line.minimumSizeHint().width() == 40
    assert line.minimumSizeHint().height() == line.sizeHint().height()


def test_the_keyboard_lights_it_and_a_new_theme_paints_it_anew(qtbot, qapp: QApplication) -> None:
    theme, window = Theme("dark"), QWidget()
    line = Line(theme, window)
    line.setGeometry(0, 0, 80, 30)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    assert not line.lit
    unlit = line.grab().toImage().pixelColor(QPoint(70, 5))
    line.setFocus()
    qtbot.waitUntil(lambda: line.lit)
    assert line.grab().toImage().pixelColor(QPoint(70, 5)) != unlit


def test_the_chevron_says_whether_it_is_open(qtbot, qapp: QApplication) -> None:
    line = Line(Theme("light"))
    qtbot.addWidget(line)
    line.resize(80, 30)
    pictures = []
    for opened in (True, False):
        pixmap = QPixmap(80, 30)
        pixmap.fill(line._theme.color("panel"))
        painter = QPainter(pixmap)
        assert line.paint_chevron(painter, opened=opened) == 12 + 5
        painter.end()
        pictures.append(pixmap.toImage())
    assert pictures[0] != pictures[1]
