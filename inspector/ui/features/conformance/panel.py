"""Conformance: fire everything; what came of it as a heat map, and what differs from the catalog beside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from inspector.app.conform import CHOICES
from inspector.app.text import format_count, plural
from inspector.catalog.conformance.observed import BARE, CONTEXT_WORDS, ROLLBACK, SESSION
from inspector.catalog.findings import SEVERITY_WORDS
from inspector.core.records.numbers import ExecutionIndex
from inspector.ui.features.conformance import model as states
from inspector.ui.features.conformance.findings import RunFindingsView
from inspector.ui.features.conformance.heat_map import HeatMap, glyph_of
from inspector.ui.features.conformance.model import HeatMapModel
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.cells import being_read
from inspector.ui.kit.layouts import hbox, side_by_side, vbox
from inspector.ui.kit.menus import MenuItem
from inspector.ui.kit.text import ElidedLabel, PlainLabel, set_tone, set_tooltip
from inspector.ui.kit.widgets import EmptyState, Switcher, separator_line
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.gathering import Gathering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.app.conform import Progress
    from inspector.catalog.conformance.report import Report
    from inspector.catalog.conformance.rules import RunFinding
    from inspector.catalog.findings.settings import CheckSettings
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

_TITLES: Final = {
    BARE: "No session or metadata",
    SESSION: "Database session",
    ROLLBACK: "Rolled back",
    "all": "All contexts",
}
#: Most of the width that the map takes by itself.
_MAP: Final = 0.6
#: The same while nothing has been found that needs room beside it.
_ALONE: Final = 0.78
#: The states that the legend explains; those that are rare only where they occur.
_LEGEND: Final = (*range(states.OK, states.MISSING + 1), states.STRUCK, states.NOT_FIRED)
#: Milliseconds that a flood waits.
_PAUSE: Final = 330
_ALWAYS: Final = (states.OK, states.SWALLOWED, states.FAILED, states.MISSING, states.NOT_FIRED)
_TONES: Final = {**dict(enumerate(states.ENDED, states.OK)), states.MISSING: "warn", states.STRUCK: "warn"}


class ConformancePanel(JournalPanel):
    """What is declared, compared with what happens. It asks for runs and shows them; it runs nothing itself.

    Args:
        theme: Its look.
        selection: What is selected in the window.
        parent: The owner.

    Signals:
        fire_requested: Everything should be fired in the context chosen: ``bare``, ``session``, ``rollback``, ``all``.
        cancel_requested: The run should stop.
        show_in_timeline: An execution's index that a person wants to see in the timeline.
        show_event: Name of an event that a person wants to see in the catalog.
        event_chosen: Name of the event that a chosen finding is about.
        open_source: File and line that a person wants to see in the editor.
    """

    fire_requested = Signal(str)
    cancel_requested = Signal()
    show_in_timeline = Signal(int)
    show_event = Signal(str)
    event_chosen = Signal(str)
    open_source = Signal(str, int)

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(theme, selection, parent)
        self._report: Report | None = None
        self._context = SESSION
        self._shown_context = ""
        self._blocked = ""
        self._running = self._by_hand = False
        self._allowed = True
        self.model = HeatMapModel(self)
        self.findings = RunFindingsView(theme)
        self._tell_nothing()
        self.findings.chosen.connect(self._finding_chosen)
        self.findings.timeline_wanted.connect(self._show_execution)
        self.findings.catalog_wanted.connect(self._show_in_catalog)
        self.findings.open_source.connect(self.open_source)
        self._empty = EmptyState(theme, "layout", "No events", "Load a program to see its events and handlers.")
        self._switcher = Switcher(self._make_content(), self._empty)
        vbox(self._make_bar(), separator_line(), (self._switcher, 1), owner=self)
        self.setFocusProxy(self.map)
        self._show_state()
        self._gathering = Gathering(self, self._take, _PAUSE)
        self.model.read_anew.connect(self._gathering.drop)
        theme.changed.connect(self._show_legend)

    # -- making

    def _make_bar(self) -> QHBoxLayout:
        theme = self._theme
        self.fire = Button(theme, "Fire everything", "play", kind="primary")
        self.fire.clicked.connect(lambda: self.fire_requested.emit(self._context))
        self.context = Button(theme, _TITLES[self._context])
        self.context.set_help("Database session and metadata to publish with")
        self.context.set_menu(self._context_items)
        self.cancel = IconButton(theme, "stop", "Stop after the current event", on_click=self._cancel)
        self.progress = QProgressBar()
        self.progress.setMaximumWidth(180)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Events fired")
        self._status = ElidedLabel("", "dim")
        self.shown = Button(theme, "", kind="flat")
        self.shown.set_help("Context to show")
        self.shown.set_menu(self._shown_items)
        self.trouble = Button(theme, "Problems only", "filter", kind="flat")
        self.trouble.setCheckable(True)
        self.trouble.toggled.connect(self._only_trouble)
        started = (self.fire, self.context, self.progress, self.cancel)
        return hbox(*started, (self._status, 1), self.shown, self.trouble, margins=(10, 5, 8, 5), spacing=6)

    def _make_content(self) -> QWidget:
        self.map = HeatMap(self._theme, self.model)
        self.map.chosen.connect(self._cell_chosen)
        self.map.activated_cell.connect(self._cell_activated)
        self.map.event_chosen.connect(self._event_chosen)
        self.splitter = side_by_side(self.map, self.findings, 0)
        self.splitter.splitterMoved.connect(lambda *_: self._moved())
        self.model.modelReset.connect(self._share)
        # The legend is wider than the map may be, and must not take the room of the findings.
        content = QWidget()
        vbox((self.splitter, 1), separator_line(), self._make_legend(), owner=content)
        return content

    def _moved(self) -> None:
        self._by_hand = True  # from now on a person decides how wide the map is

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the map to what its columns need, with room left for the findings."""
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        if not self._by_hand:
            part = _MAP if self.findings.model.rowCount() else _ALONE
            wide = min(self.map.sizeHint().width(), int(self.width() * part))
            self.splitter.setSizes([wide, self.width() - wide])

    def _make_legend(self) -> QHBoxLayout:
        self._legend = {state: PlainLabel("", _TONES.get(state, "dim")) for state in _LEGEND}
        return hbox(*self._legend.values(), 1, margins=(10, 3, 10, 3), spacing=12)

    # -- what is shown

    @property
    def journal(self) -> Journal:
        """The run that is shown."""
        return self._journal

    @property
    def running(self) -> bool:
        """A run is shown that has not ended."""
        return self._running

    def set_journal(self, journal: Journal) -> None:
        """Show another run; the report of the one before is gone."""
        super().set_journal(journal)
        self._report = None
        self._running = False
        self.model.set_journal(journal)
        self._set_findings(())
        self._tell_nothing()
        self._status.setText("")
        self._show_state()

    def folded(self, change: Change) -> None:
        """Follow the journal after a fold; while more comes than anybody reads, a few times a second."""
        self._gathering.add(change, len(self._journal.publications))

    def _take(self, change: Change) -> None:
        before = self.model.events
        self.model.folded(change)
        if change.ended or change.catalog:
            self._show_legend()
        if self.model.events != before:
            self._show_state()

    def set_blocked(self, reason: str, *, allowed: bool = True) -> None:
        """Show why nothing can be fired now; empty: it can. Without the button where the program is only looked at."""
        self._blocked = reason
        if allowed != self._allowed:
            self._allowed = allowed
            if self._report is None and not self._running:
                self._tell_nothing()
        self._show_state()

    def set_settings(self, settings: CheckSettings) -> None:
        """Take over what the project says about its check: which handlers are of which kind."""
        self.model.set_settings(settings)
        self._show_state()

    def _tell_nothing(self) -> None:
        """Show what to do while nothing has been compared."""
        self.findings.empty.set("Not compared yet", _WHAT_IT_DOES if self._allowed else _ALLOW_FIRST)

    def start_run(self) -> None:
        """Show a run that begins: the map shows what happens from now on."""
        self._running, self._report = True, None
        self.model.set_span(len(self._journal.executions))
        self._set_findings(())
        self.findings.empty.set("Firing…", "Findings appear when the run is complete.")
        self.progress.setRange(0, 0)
        self._status.setText("")
        self._show_state()

    def show_progress(self, progress: Progress) -> None:
        """Show how far the run has come."""
        self.progress.setRange(0, max(1, progress.total))
        self.progress.setValue(progress.done)
        if progress.event:
            self._status.setText(
                f"{format_count(progress.done + 1)} of {format_count(progress.total)}  {progress.event}"
            )

    def show_report(self, report: Report) -> None:
        """Show what came of a run that has ended."""
        self._running, self._report = False, report
        self._shown_context = SESSION if SESSION in report.spans else next(iter(report.spans), "")
        self.findings.sessions = report.sessions
        self._set_findings(report.findings)
        self.findings.empty.set("No differences", "Everything behaves as declared.")
        self._tell_report(report)
        self._show_span()
        self._show_state()

    def _tell_report(self, report: Report) -> None:
        """Write in a line what was fired, and what came of it."""
        counts = [plural(count, SEVERITY_WORDS[name]) for name, count in report.counts.items() if count]
        many = len(report.contexts)
        fired = f"{plural(report.events, 'event')} fired" + (f" in {many} contexts" if many > 1 else "")
        if report.left_out:
            fired += f", {len(report.left_out)} skipped"
        self._status.setText(" · ".join([fired, *counts]) if counts else f"{fired} · no differences")
        left_out = f"Base classes only: {', '.join(report.left_out)}" if report.left_out else ""
        set_tooltip(self._status, left_out)

    def numbers_changed(self) -> None:
        """Write the counts anew."""
        if self._report is not None:
            self._tell_report(self._report)
        self._tell_badge()
        self._show_legend()

    def end_run(self, reason: str = "") -> None:
        """Show that a run has ended without a report: it was stopped, or something went wrong."""
        self._running = False
        self.findings.empty.set("Not compared", reason or "The run was stopped.")
        self._status.setText(reason or "Stopped")
        self._show_state()

    def _set_findings(self, findings: Sequence[RunFinding]) -> None:
        self.findings.set_findings(findings)
        self._share()
        self._tell_badge()

    def _tell_badge(self) -> None:
        severe = self.findings.model.severe
        self.badge_changed.emit(format_count(severe) if severe else "", "warn")

    def _show_span(self) -> None:
        report = self._report
        span = report.spans.get(self._shown_context) if report is not None else None
        if report is not None and span is not None:
            findings = [finding for finding in report.findings if self._shown_context in finding.contexts]
            self.model.set_span(*span, findings)
        self.shown.set_text(_TITLES.get(self._shown_context, ""))
        self._show_legend()

    def _show_state(self) -> None:
        (self._switcher.show_content if self.model.events else self._switcher.show_empty)()
        reason = self._blocked or ("" if self.model.events else "No events to fire")
        has_keyboard = self.fire.hasFocus() or self.cancel.hasFocus()
        self.fire.setEnabled(not self._running and not reason)
        self.fire.set_help(reason or "Fire every event once and compare with the catalog")
        self.fire.setVisible(self._allowed)
        self.context.setVisible(self._allowed and not self._running)  # what is fired needs its room
        self.cancel.setEnabled(self._running)
        for widget in (self.progress, self.cancel):
            widget.setVisible(self._running)
        if has_keyboard:  # Qt gives it to whatever comes next, which then looks as if it were pressed
            (self.cancel if self._running else self.fire if self.fire.isEnabled() else self.map).setFocus()
        self.shown.setVisible(self._report is not None and len(self._report.spans) > 1)
        self._show_legend()

    def _show_legend(self) -> None:
        counts = self.model.counts
        for state, label in self._legend.items():
            count = counts[state]
            label.setText(f"{glyph_of(self._theme, state)} {format_count(count)} {states.STATE_NAMES[state]}")
            label.setVisible(bool(count) or state in _ALWAYS)
            set_tone(label, _TONES.get(state, "dim") if count else "dim")

    # -- what a person does

    def _context_items(self) -> list[MenuItem]:
        return [MenuItem(_TITLES[name], partial(self.set_context, name), name == self._context) for name in CHOICES]

    def set_context(self, choice: str) -> None:
        """Choose the context of the next run: one of ``app.conform.CHOICES``."""
        self._context = choice
        self.context.set_text(_TITLES[choice])

    def _shown_items(self) -> list[MenuItem]:
        spans = self._report.spans if self._report is not None else {}
        return [
            MenuItem(_TITLES[name], partial(self.show_context, name), name == self._shown_context)
            for name in CONTEXT_WORDS
            if name in spans
        ]

    def show_context(self, name: str) -> None:
        """Show the outcomes of one of the contexts of the last run."""
        self._shown_context = name
        self._show_span()

    def _only_trouble(self, only: bool) -> None:
        self._gathering.flush()
        self.model.set_only_trouble(only)

    def _cancel(self) -> None:
        if self.cancel.hasFocus():
            self.map.setFocus()
        self.cancel.setEnabled(False)
        self.cancel_requested.emit()

    def _cell_chosen(self, row: int, column: int) -> None:
        cell = self.model.cell(row, column)
        self.findings.choose_about(cell.event, cell.owner)
        self._select(ExecutionIndex(cell.execution), cell.event)

    def _cell_activated(self, row: int, column: int) -> None:
        cell = self.model.cell(row, column)
        if cell.execution >= 0:
            self.show_in_timeline.emit(cell.execution)
        else:
            self.show_event.emit(cell.event)

    def _event_chosen(self, row: int) -> None:
        self._selection.select_event(self.model.event_name(row))

    def _finding_chosen(self, finding: RunFinding) -> None:
        execution = self._journal.execution_index(finding.execution)
        self._select(execution, finding.event)
        self.event_chosen.emit(finding.event)
        row, column = self.model.place_of(execution)
        if row < 0:
            row, column = self.model.row_of(finding.event), self.model.column_of(finding.handler)
        self.map.show_cell(row, max(0, column))

    def _show_execution(self, finding: RunFinding) -> None:
        execution = self._journal.execution_index(finding.execution)
        self._select(execution, finding.event)
        if execution >= 0:
            self.show_in_timeline.emit(execution)

    def _show_in_catalog(self, finding: RunFinding) -> None:
        self._selection.select_event(finding.event)
        self.show_event.emit(finding.event)

    def _select(self, execution: ExecutionIndex, event: str) -> None:
        """Select an execution, or the event where there is none."""
        with self.quietly():
            if 0 <= execution < len(self._journal.executions):
                self._selection.select_in(self._journal, execution)
            else:
                self._selection.select_event(event)

    def execution_selected(self, index: int) -> None:
        """Stand on the cell of the execution that is selected."""
        if index >= 0 and not being_read(self.map):
            self.map.show_cell(*self.model.place_of(index))


_WHAT_IT_DOES: Final = "Fire everything to compare it with what the catalog declares."
_ALLOW_FIRST: Final = "Allow firing first. Then fire everything to compare it with what the catalog declares."
