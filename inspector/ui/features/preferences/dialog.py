"""The dialog of the preferences. What is changed counts at once; Close only closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QWidget

from inspector.app.editor import KNOWN
from inspector.app.settings import EDITOR, NUMBERS, TIMEOUT, WINDOW
from inspector.app.text import NUMBER_FORMATS, format_duration
from inspector.core.request import TIMEOUT as USUAL_TIMEOUT
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.layouts import form, hbox, vbox
from inspector.ui.kit.spins import DecimalBox
from inspector.ui.kit.text import PlainLabel, set_tooltip
from inspector.ui.kit.theme import CHOICES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.app.settings import Settings
    from inspector.ui.kit.theme import Theme

_MARGINS: Final = (18, 16, 18, 14)
_SECOND: Final = 1_000_000_000
#: How much time the timeline may show at first, ns; the first is what it shows unless another is chosen.
_WINDOWS: Final = (2_400_000_000, _SECOND, 5 * _SECOND, 10 * _SECOND, 60 * _SECOND, 600 * _SECOND)
_THEMES: Final = {"system": "Follow system", "dark": "Dark", "light": "Light"}


class PreferencesDialog(QDialog):
    """Shows and changes what a person prefers.

    Args:
        theme: Its look, and one of the preferences.
        settings: Where the others are kept.
        parent: The window.

    Signals:
        changed: A preference has changed; it stands in the settings.
    """

    changed = Signal()

    def __init__(self, theme: Theme, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Preferences")
        self.setMinimumWidth(480)
        self._settings = settings
        self.editor = QLineEdit(settings.text(EDITOR))
        self.editor.setPlaceholderText("Automatic")
        set_tooltip(self.editor, f"Command, for example {KNOWN[0]}; empty: first editor found")
        self.editor.editingFinished.connect(lambda: self._set(EDITOR, self.editor.text().strip()))
        self.timeout = DecimalBox()
        self.timeout.setRange(0, 3_600)
        self.timeout.setDecimals(1)
        self.timeout.setSuffix(" s")
        self.timeout.setSpecialValueText("No limit")
        self.timeout.lineEdit().setTextMargins(6, 0, 0, 0)
        self.timeout.setValue(settings.number(TIMEOUT, USUAL_TIMEOUT))
        self.timeout.valueChanged.connect(lambda value: self._set(TIMEOUT, value))
        self.window_span = self._choice(
            WINDOW, [(format_duration(span), span) for span in sorted(_WINDOWS)], _WINDOWS[0]
        )
        self.numbers = self._choice(
            NUMBERS, [(sample, name) for name, (_, _, sample) in NUMBER_FORMATS.items()], "thin"
        )
        self.theme = QComboBox()
        for choice in CHOICES:
            self.theme.addItem(_THEMES[choice], choice)
        self.theme.setCurrentIndex(CHOICES.index(theme.choice))
        self.theme.activated.connect(lambda row: theme.set_choice(CHOICES[row]))
        self.theme.activated.connect(lambda _: self.changed.emit())
        fields: tuple[tuple[str, QWidget], ...] = (
            ("Editor", self.editor),
            ("Default handler timeout", self.timeout),
            ("Time window", self.window_span),
            ("Number format", self.numbers),
            ("Theme", self.theme),
        )
        rows: list[tuple[QWidget, QWidget]] = []
        for title, field in fields:
            field.setAccessibleName(title)
            label = PlainLabel(title)
            label.setBuddy(field)
            rows.append((label, field))
        close = Button(theme, "Close", kind="primary", on_click=self.accept)
        close.setDefault(True)
        vbox(form(*rows), hbox(1, close, spacing=-1), owner=self, margins=_MARGINS, spacing=14)

    def _choice(self, key: str, choices: Sequence[tuple[str, str | int]], usual: str | int) -> QComboBox:
        """Return a box that keeps what is chosen under a key."""
        box = QComboBox()
        for text, value in choices:
            box.addItem(text, value)
        chosen = self._settings.text(key) if isinstance(usual, str) else int(self._settings.number(key))
        place = box.findData(chosen or usual)
        box.setCurrentIndex(place if place >= 0 else box.findData(usual))
        box.activated.connect(lambda row: self._set(key, box.itemData(row)))
        return box

    def _set(self, key: str, value: str | float) -> None:
        self._settings.set(key, value)
        self.changed.emit()
