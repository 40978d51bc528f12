"""What a publication takes along: database session, metadata, time limit, how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLineEdit,
    QSizePolicy,
    QWidget,
)

from inspector.app.text import format_count
from inspector.catalog.synthetic.people import IDENTITIES
from inspector.core.request import TIMEOUT
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.fields import mark_invalid
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.spins import CountBox, DecimalBox
from inspector.ui.kit.text import PlainLabel, set_tooltip

if TYPE_CHECKING:
    from inspector.catalog.form import FireForm
    from inspector.ui.kit.theme import Theme

#: Metadata that a request usually has, with a value to begin with.
PRESETS: Final = (
    ("ip_address", IDENTITIES[0].ip_address),
    ("user_agent", IDENTITIES[0].user_agent),
    ("request_id", "req-7f3a"),
)
_TIMES: Final = "\u00d7"
MAX_COUNT: Final = 100_000
MAX_TIMEOUT: Final = 3_600.0


class ContextForm(QWidget):
    """The context part of the form.

    Signals:
        changed: The person changed something.
    """

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pairs: list[_Pair] = []
        self.session = QCheckBox("Database session")
        set_tooltip(self.session, "Pass a database session to the handlers; it is committed at the end.")
        self.session.setChecked(True)
        self.timeout = DecimalBox()
        self.timeout.setRange(0, MAX_TIMEOUT)
        self.timeout.setDecimals(1)
        self.timeout.setSuffix(" s")
        self.timeout.setSpecialValueText("no limit")
        self.timeout.setAccessibleName("Handler timeout")
        self.count = CountBox()
        self.count.setRange(1, MAX_COUNT)
        self.count.setAccessibleName("Repeat")
        for box in (self.timeout, self.count):
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.lineEdit().setTextMargins(6, 0, 0, 0)
            box.valueChanged.connect(self.changed)
        self.same = QCheckBox("Same values")
        set_tooltip(self.same, "Use the same values each time. Otherwise values you did not set are new.")
        self.session.toggled.connect(self.changed)
        self.same.toggled.connect(self.changed)
        self.timeout.setValue(TIMEOUT)
        self._lay_out()

    def numbers_changed(self) -> None:
        """Write the numbers anew."""
        for box in (self.timeout, self.count):
            box.setSuffix(box.suffix())

    def metadata(self) -> dict[str, str]:
        """Return the metadata; lines without a name are left out."""
        return {name: pair.value.text() for pair in self._pairs if (name := pair.name.text().strip())}

    def problem(self) -> str:
        """Return what is wrong; empty when nothing is."""
        names = [pair.name.text().strip() for pair in self._pairs]
        for pair, name in zip(self._pairs, names, strict=True):
            mark_invalid(pair.name, bool(name) and names.count(name) > 1)
        twice = next((name for name in names if name and names.count(name) > 1), "")
        return f"Duplicate metadata: {twice}" if twice else ""

    def summary(self) -> str:
        """Return in a few words what is set."""
        parts = []
        if not self.session.isHidden():
            parts.append("session" if self.session.isChecked() else "no session")
        if self.metadata():
            parts.append(f"{len(self.metadata())} metadata")
        if self.count.value() > 1:
            parts.append(f"{format_count(self.count.value())} times")
        return " · ".join(parts)

    def offer_session(self, on: bool) -> None:
        """Ask for a database session only where the program has any."""
        if on == self.session.isHidden():
            self.session.setVisible(on)
            self.changed.emit()

    def show_form(self, form: FireForm) -> None:
        """Show the context of a form; nothing is sent."""
        with QSignalBlocker(self):
            self.session.setChecked(form.session)
            self.timeout.setValue(form.timeout or 0)
            self.count.setValue(form.count)
            self.same.setChecked(form.same)
            self.same.setEnabled(form.count > 1)
            for pair in list(self._pairs):
                self._drop(pair)
            for name, value in form.metadata.items():
                self.add(name, value)

    def add(self, name: str = "", value: str = "") -> None:
        """Add a line of metadata."""
        pair = _Pair(self._theme, name, value)
        self._pairs.append(pair)
        self._lines.addWidget(pair)
        pair.name.textChanged.connect(self.changed)
        pair.value.textChanged.connect(self.changed)
        pair.remove.clicked.connect(lambda: self._drop(pair))
        self.changed.emit()

    def _drop(self, pair: _Pair) -> None:
        self._pairs.remove(pair)
        pair.hide()
        pair.deleteLater()
        self.changed.emit()

    def _lay_out(self) -> None:
        self.more = Button(self._theme, "Add", "plus", kind="flat")
        self.more.set_menu(self._offers)
        head = hbox(PlainLabel("Metadata", "dim"), 1, self.more, spacing=-1)
        self._lines = vbox(spacing=4)
        column = vbox(self.session, head, self._lines, owner=self, margins=(0, 0, 0, 4), spacing=8)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        for place, (label, widget) in enumerate((("Handler timeout", self.timeout), ("Repeat", self.count))):
            grid.addWidget(PlainLabel(label, "dim"), 0, place)
            grid.addWidget(widget, 1, place)
            grid.setColumnStretch(place, 1)
        grid.addWidget(self.same, 2, 1)
        self.same.setEnabled(False)
        self.count.valueChanged.connect(lambda count: self.same.setEnabled(count > 1))
        column.addLayout(grid)

    def _offers(self) -> list[MenuItem]:
        present = self.metadata()
        items = [
            MenuItem(name, lambda name=name, value=value: self.add(name, value), enabled=name not in present)  # type: ignore[misc]
            for name, value in PRESETS
        ]
        return [*items, SEPARATOR, MenuItem("Other…", self._add_empty)]

    def _add_empty(self) -> None:
        self.add()
        self._pairs[-1].name.setFocus(Qt.FocusReason.OtherFocusReason)


class _Pair(QWidget):
    """A line of metadata: name, value, and a way to take it out."""

    def __init__(self, theme: Theme, name: str, value: str) -> None:
        super().__init__()
        self.name = QLineEdit(name)
        self.name.setPlaceholderText("name")
        self.name.setAccessibleName("Metadata name")
        self.value = QLineEdit(value)
        self.value.setCursorPosition(0)
        self.value.setPlaceholderText("value")
        self.value.setAccessibleName("Metadata value")
        self.remove = IconButton(theme, "close", "Remove line")
        hbox((self.name, 2), (self.value, 3), self.remove, owner=self, spacing=4)


def fire_title(event: str, count: int) -> str:
    """Return what fires an event, and how many times when it is more than once."""
    return f"Fire {event}" if count == 1 else f"Fire {event} {_TIMES} {format_count(count)}"
