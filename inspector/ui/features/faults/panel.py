"""The list of faults: a switch, what goes wrong where and how often, what it has hit, edit and remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from inspector.app.faults import affected_events
from inspector.app.text import format_count, plural
from inspector.ui.features.faults.editor import FaultDialog
from inspector.ui.kit.boxes import EmptyState
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.layouts import hbox, vbox
from inspector.ui.kit.pacing import PacedTimer
from inspector.ui.kit.page import Page, clear
from inspector.ui.kit.text import ElidedLabel, PlainLabel, set_tooltip
from inspector.ui.kit.widgets import Switcher, separator_line
from inspector.ui.panel import JournalPanel

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.app.faults import FaultList, ListedFault
    from inspector.core.faults import FaultRule
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: Milliseconds between two counts of what was hit.
_COUNT_EVERY: Final = 400


class FaultsPanel(JournalPanel):
    """Shows the rules that a person has set up; they stay, on or off, until they are removed.

    Args:
        theme: The look.
        selection: What is selected in the window.
        faults: The rules.
        window: What the form covers.

    Signals:
        changed: The person changed the list: what is on must be injected.
        fire_requested: The person wants to fire the event that is selected now.
    """

    changed = Signal()
    fire_requested = Signal()

    def __init__(self, theme: Theme, selection: Selection, faults: FaultList, window: QWidget) -> None:
        super().__init__(theme, selection)
        self._faults = faults
        self._window = window
        self._hits: dict[int, PlainLabel] = {}
        self.dialog: FaultDialog | None = None
        self._page = Page("Faults")
        self._rows = QWidget()
        vbox(owner=self._rows, margins=(0, 2, 0, 4), spacing=0)
        self._page.column.addWidget(self._rows)
        self.affected = ElidedLabel("", "dim")  # on one line: the rules below need the room
        self._first = ""
        self.fire_button = Button(theme, "", "play", on_click=self._fire)
        self.add_button = Button(theme, "Add rule…", "plus", on_click=self.add_rule)
        self.off_button = Button(theme, "All off", on_click=self._all_off)
        head = hbox(
            (self.affected, 1), self.fire_button, self.add_button, self.off_button, margins=(12, 6, 12, 6), spacing=8
        )
        content = QWidget()
        vbox(head, separator_line(), (self._page, 1), owner=content)
        self.empty = EmptyState(
            theme,
            "bolt",
            "No faults",
            "Inject exceptions, delays, hangs, cancellations or dropped calls.",
            ("Add rule…", self.add_rule),
        )
        self._switcher = Switcher(content, self.empty)
        vbox(self._switcher, owner=self)
        self._soon = PacedTimer(self, _COUNT_EVERY)
        self._soon.timeout.connect(self._count)
        faults.listen(self._rebuild)
        self._rebuild()

    def set_journal(self, journal: Journal) -> None:
        """Count in another run."""
        super().set_journal(journal)
        self._rebuild()

    def folded(self, change: Change) -> None:
        """Count what was hit meanwhile."""
        if change.catalog:
            self._rebuild()
        elif len(self._faults) and not self._soon.isActive():
            self._soon.start()

    def add_rule(self, event: str = "", handler: str = "") -> None:
        """Ask for a rule, for an event and a handler to begin with."""
        self._ask(None, event, handler)

    def _ask(self, fault: ListedFault | None, event: str = "", handler: str = "") -> None:
        if self.dialog is not None:
            self.dialog.raise_()
            return

        def done(rule: FaultRule | None) -> None:
            self.dialog = None
            if rule is None:
                return
            if fault is None:
                self._faults.add(rule)
            else:
                self._faults.replace(fault, rule)
            self.changed.emit()

        before = fault.rule if fault is not None else None
        self.dialog = FaultDialog(self._theme, self._journal, before, (event, handler), done, self._window)
        self.dialog.open()

    def _fire(self) -> None:
        """Fire the event of which a fault is seen at once."""
        self._selection.select_event(self._first)
        self.fire_requested.emit()

    def _all_off(self) -> None:
        self._faults.switch_all(False)
        self.changed.emit()

    def _rebuild(self) -> None:
        box = self._rows.layout()
        assert box is not None  # noqa: S101 - made with one
        clear(box)
        self._hits = {}
        for place, fault in enumerate(self._faults):
            row, hits = self._row(fault)
            box.addWidget(row)
            self._hits[place] = hits
        if len(self._faults):
            self._switcher.show_content()
        else:
            self._switcher.show_empty()
        rules = self._faults.rules
        names = affected_events(self._journal, rules)
        self.affected.setText(
            f"Affects {plural(len(names), 'event')}: {', '.join(names)}"
            if names
            else "No handler matches the active rules."
            if rules
            else "All faults are off."
        )
        self._first = names[0] if names else ""
        self.fire_button.set_text(f"Fire {self._first}")
        self.fire_button.setVisible(bool(names))
        self.off_button.setEnabled(bool(rules))
        self.badge_changed.emit(str(len(rules)) if rules else "", "warn")
        self._count()

    def numbers_changed(self) -> None:
        """Write the hits anew."""
        self._rebuild()

    def _row(self, fault: ListedFault) -> tuple[QWidget, PlainLabel]:
        rule = fault.rule
        event = "any event" if rule.event == "*" else rule.event
        where = f"{event} → {'all handlers' if rule.handler == '*' else rule.handler}"
        switch = QCheckBox()
        switch.setChecked(fault.on)
        switch.setAccessibleName(f"{where}: {rule.how}")
        switch.toggled.connect(lambda on: self._switch(fault, on))
        title = ElidedLabel(where, "strong" if fault.on else "dim")
        how = ElidedLabel(rule.how, "warn" if fault.on else "dim")
        set_tooltip(how, rule.error if rule.kind in ("fail", "swallow") else rule.how)
        hits = PlainLabel("", "dim")
        edit = IconButton(self._theme, "edit", f"Edit {where}", on_click=lambda: self._ask(fault))
        remove = IconButton(self._theme, "close", f"Remove {where}", on_click=lambda: self._remove(fault))
        row = QWidget()
        words = vbox(title, how, spacing=1)
        hbox(switch, (words, 1), hits, edit, remove, owner=row, margins=(12, 5, 8, 5), spacing=8)
        return row, hits

    def _switch(self, fault: ListedFault, on: bool) -> None:
        self._faults.switch(fault, on)
        self.changed.emit()

    def _remove(self, fault: ListedFault) -> None:
        self._faults.remove(fault)
        self.changed.emit()

    def _count(self) -> None:
        counts = self._faults.hits(self._journal)
        for place, fault in enumerate(self._faults):
            struck, of = counts.get(place, (0, 0))
            text = f"hit {format_count(struck)} of {format_count(of)}" if of else "no calls yet"
            self._hits[place].setText(text if fault.on or struck else "off")
