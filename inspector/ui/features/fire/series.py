"""How far a series is: what is fired, how fast, how much of it, and how long it will still take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QProgressBar, QWidget

from inspector.app.text import format_count
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.text import ElidedLabel, PlainLabel
from inspector.ui.kit.widgets import separator_line

if TYPE_CHECKING:
    from inspector.app.series import Series
    from inspector.ui.kit.theme import Theme

#: Height of the bar in pixels, and its steps.
_HEIGHT: Final = 5
_STEPS: Final = 1000


class SeriesView(QWidget):
    """Shows a series. Hidden until there is one."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.title = ElidedLabel("", "strong")
        self.rate = PlainLabel("", "dim")
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(_HEIGHT)
        self.bar.setAccessibleName("Progress of the series")
        self.text = PlainLabel("", "dim", wrap=True)
        head = hbox((self.title, 1), self.rate, spacing=8)
        inner = vbox(head, self.bar, self.text, margins=(12, 8, 12, 4), spacing=6)
        vbox(separator_line(), inner, owner=self, spacing=4)
        theme.changed.connect(self._paint_bar)
        self._paint_bar()
        self.hide()

    def show_series(self, series: Series | None) -> None:
        """Show how far a series is, or how it ended; None hides it."""
        self.setVisible(series is not None)
        if series is None:
            return
        self.title.setText(f"Firing {series.form.event}" if series.running else series.form.event)
        self.rate.setText(f"{format_count(round(series.rate))}/s" if series.published else "")
        self.bar.setValue(round(series.share * _STEPS))
        self.text.setText(series.progress if series.running else series.summary)

    def _paint_bar(self) -> None:
        tokens = self._theme.tokens
        self.bar.setStyleSheet(
            f"QProgressBar {{ background: {tokens.line}; border: none; border-radius: 2px; }}"
            f"QProgressBar::chunk {{ background: {tokens.accent}; border-radius: 2px; }}"
        )
