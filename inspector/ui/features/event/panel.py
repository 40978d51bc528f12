"""What an event type is: its words, its place, its fields, who listens, and how it went lately."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from inspector.app.text import format_count, format_duration, format_time, plural
from inspector.catalog import fieldtext
from inspector.core.description import EventDescription, FieldShape, HandlerDescription
from inspector.core.records.numbers import PublicationIndex
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.flow import FlowBox, in_row
from inspector.ui.kit.layouts import add, hbox, vbox
from inspector.ui.kit.menus import MenuItem, offer_menu
from inspector.ui.kit.page import ClickableRow, ClickableRows, Link, Page, Segment, clear, section
from inspector.ui.kit.text import ElidedLabel, PlainLabel, copy_text, set_tooltip
from inspector.ui.kit.widgets import Badge, EmptyState, KeyValueGrid, Switcher
from inspector.ui.kit.wraplabel import WrapLabel
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.failure_text import short_path
from inspector.ui.parts.gathering import Gathering
from inspector.ui.parts.outcome import count_words, counts_of, segments
from inspector.ui.parts.phase import PhaseMark
from inspector.ui.parts.severity import GLYPHS, INKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.catalog.findings import Finding
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: How many recent runs are shown.
RECENT: Final = 10
#: Between two fillings of the list of runs in a flood, ms.
_PAUSE: Final = 200


class EventPanel(JournalPanel):
    """Shows the event type that is selected.

    Signals:
        open_source: Show this line of this file in an editor.
        fire_requested: The person wants to fire this event: show the form.
        finding_chosen: A ``Finding`` about the event that a person wants to read about.
    """

    open_source = Signal(str, int)
    fire_requested = Signal(str)
    finding_chosen = Signal(object)

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(theme, selection, parent)
        self._event: EventDescription | None = None
        self._number = -1
        self._findings: tuple[Finding, ...] = ()
        self._shown: list[int] = []
        self._fires = True
        self._fire_button: Button | None = None
        self._gathering = Gathering(self, self._take, _PAUSE)
        self._page = Page("Event")
        self._about = vbox(spacing=8)
        self._runs_title = section("Recent runs")
        self._none = PlainLabel("No runs in this session.", "dim", wrap=True)
        self._runs = ClickableRows(theme, self._choose, self.run_items)
        add(self._page.column, self._about, self._runs_title, self._none, self._runs)
        empty = EmptyState(theme, "event", "No event selected", "Select one in the catalog.")
        self._switcher = Switcher(self._page, empty)
        vbox(self._switcher, owner=self)
        self.setFocusProxy(self._page)
        self._switcher.show_empty()

    def set_journal(self, journal: Journal) -> None:
        """Read another run."""
        super().set_journal(journal)
        self._gathering.drop()
        self._event = None
        self.event_selected(self._selection.event_name)

    def set_firing(self, present: bool) -> None:
        """Show what leads to the form of the event, or do not: the program is only looked at."""
        self._fires = present
        if self._fire_button is not None:
            self._fire_button.setVisible(present)

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Show what a check has found, about whatever event."""
        before, self._findings = self._findings, tuple(findings)
        if self._event is not None and self._findings != before:
            self._describe(self._event)

    def folded(self, change: Change) -> None:
        """Take in what a fold brought."""
        if change.catalog:
            self._event = None
            self.event_selected(self._selection.event_name)
        elif self._number >= 0 and self.isVisible():
            self._gathering.add(change, len(self._journal.publications))

    def _take(self, change: Change) -> None:
        if self._touches(change):
            self._fill_runs()

    def showEvent(self, event: object) -> None:  # noqa: ARG002
        """Show the runs that went on while it was hidden."""
        self._gathering.drop()
        self._fill_runs()

    def _touches(self, change: Change) -> bool:
        journal = self._journal
        fresh = journal.publications["event"][change.first_publication :]
        if bool((fresh == self._number).any()):
            return True
        if not change.ended:
            return False
        owners = journal.executions["publication"][change.ended]
        return bool(np.isin(owners, self._shown).any())

    def publication_selected(self, index: int) -> None:  # noqa: ARG002 - the rows look it up
        """Mark the run that is selected."""
        self._fill_runs()

    def event_selected(self, name: str) -> None:
        """Show the event type that is selected."""
        journal = self._journal
        event = next((event for event in journal.events if event.name == name), None) if name else None
        if event is self._event and event is not None:
            return
        self._event = event
        if event is None:
            self._number = -1
            self._switcher.show_empty()
            return
        self._number = journal.event_number(name)
        self._describe(event)
        self._fill_runs()
        self._page.verticalScrollBar().setValue(0)
        self._switcher.show_content()

    def numbers_changed(self) -> None:
        """Write the runs anew."""
        self._fill_runs()

    # -- what it is

    def _describe(self, event: EventDescription) -> None:
        clear(self._about)
        self._fire_button = None
        self._add_head(event)
        self._add_place(event)
        self._add_words(event)
        self._add_fields(event)
        self._add_subscribers(event)
        self._add_registry(event)
        self._add_findings(event)

    def _add_head(self, event: EventDescription) -> None:
        name = WrapLabel(event.name, "title")
        copy = IconButton(self._theme, "copy", "Copy name", on_click=lambda: copy_text(event.name, "name"))
        source = [self._source_button(event.file, event.line)] if event.file else []
        fire = Button(self._theme, "Fire…", "play", on_click=lambda: self.fire_requested.emit(event.name))
        row = hbox((name, 1), copy, *source, fire, spacing=2)
        if not self._fires:
            fire.hide()  # to show one that is nowhere yet would make a window of it
        self._fire_button = fire
        row.setAlignment(name, Qt.AlignmentFlag.AlignVCenter)
        self._about.addLayout(row)

    def _source_button(self, file: str, line: int) -> IconButton:
        button = IconButton(self._theme, "code", f"Open {file}:{line}")
        button.clicked.connect(lambda: self.open_source.emit(file, line))
        return button

    def _add_place(self, event: EventDescription) -> None:
        place = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} ".join(
            part for part in (event.category, event.workflow, event.phase) if part
        )
        if place:
            self._about.addWidget(ElidedLabel(place, "dim"))
        siblings = self._siblings(event)
        if len(siblings) < 2:
            return
        flow = FlowBox(12)
        for sibling in siblings:
            link: QWidget
            if sibling is event:
                link = PlainLabel(sibling.phase, "strong")
            else:
                link = Link(self._theme, sibling.phase)
                link.setToolTip("")
                link.clicked.connect(lambda _=False, name=sibling.name: self._selection.select_event(name))
                set_tooltip(link, sibling.name)
                offer_menu(link, partial(self.event_items, sibling.name), self._theme)
            flow.add(in_row(PhaseMark(self._theme, sibling.phase), link, spacing=4, stretch=False))
        self._about.addWidget(flow)

    def _siblings(self, event: EventDescription) -> list[EventDescription]:
        if self._journal is None or not event.workflow:
            return []
        place = (event.category, event.workflow)
        return [sibling for sibling in self._journal.events if (sibling.category, sibling.workflow) == place]

    def _add_words(self, event: EventDescription) -> None:
        first, _, rest = event.doc.strip().partition("\n\n")
        if first:
            self._about.addWidget(WrapLabel(" ".join(first.split())))
        if rest.strip():
            more = PlainLabel("", "dim", wrap=True, selectable=True)
            more.set_whole(rest.strip(), 8_000)
            self._about.addWidget(more)

    def _add_fields(self, event: EventDescription) -> None:
        own = [shape for shape in event.fields if not shape.base]
        base = [shape.name for shape in event.fields if shape.base]
        if not event.fields:
            return
        self._about.addWidget(section("Fields"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        for row, shape in enumerate(own):
            name = PlainLabel(shape.name, "mono")
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(PlainLabel(shape.type.text, "string", wrap=True), row, 1, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self._default_of(shape), row, 2, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        self._about.addLayout(grid)
        if base:
            self._about.addWidget(PlainLabel(f"Plus base fields: {', '.join(base)}", "dim", wrap=True))

    def _default_of(self, shape: FieldShape) -> QWidget:
        if shape.required:
            label = PlainLabel("required", "")
        elif shape.withheld:
            label = PlainLabel(f"= {shape.withheld}"[:40], "dim")
        elif shape.generated:
            label = PlainLabel("generated", "dim")
        else:
            default = "None" if shape.default is None else json.dumps(shape.default, ensure_ascii=False, default=str)
            label = PlainLabel(f"= {default}"[:40], "dim")
        set_tooltip(label, f"{shape.name}: {fieldtext.describe(shape.type)}")
        if not shape.secret:
            return label
        badge = Badge(self._theme, "secret", "warn")
        return in_row(badge, label, stretch=False)

    def _add_subscribers(self, event: EventDescription) -> None:
        handlers = {handler.key: handler for handler in self._journal.handlers} if self._journal else {}
        self._about.addWidget(section(f"Subscribers · {len(event.handlers)}"))
        if not event.handlers:
            self._about.addWidget(PlainLabel("No subscribers.", "warn", wrap=True))
        for key in event.handlers:
            handler = handlers.get(key) or HandlerDescription(key, key, key, "")
            self._about.addWidget(self._subscriber(event, handler))

    def _subscriber(self, event: EventDescription, handler: HandlerDescription) -> QWidget:
        box = QWidget()
        name = Link(self._theme, handler.owner, "strong", bold=True)
        set_tooltip(name, f"{handler.label}\n{handler.doc}".strip())
        name.clicked.connect(lambda: self._select_handler(handler.key))
        offer_menu(box, partial(self.handler_items, handler.key), self._theme)
        kinds = [kind for kind in event.requires if handler.owner.lower().startswith(kind)]
        badges = [Badge(self._theme, kind, "dim") for kind in kinds]
        if not handler.is_async:
            badges.append(Badge(self._theme, "sync", "warn"))
        row = hbox(name, *badges, 1, spacing=6)
        method = ElidedLabel(f".{handler.method}" if handler.method else handler.module, "dim")
        column = vbox(row, method, owner=box, margins=(0, 0, 0, 2), spacing=1)
        if handler.file:
            where = f"{handler.file}:{handler.line}"
            copy = IconButton(self._theme, "copy", f"Copy {where}", on_click=lambda: copy_text(where, "place"))
            add(row, copy, self._source_button(handler.file, handler.line))
            path = ElidedLabel(f"{short_path(handler.file)}:{handler.line}", "dim", Qt.TextElideMode.ElideLeft)
            set_tooltip(path, where)
            column.addWidget(path)
        return box

    def _select_handler(self, key: str) -> None:
        if self._journal is not None:
            self._selection.select_handler(self._journal.handler_number(key))

    def _add_registry(self, event: EventDescription) -> None:
        rows: list[tuple[str, str | QWidget, str]] = []
        if event.requires:
            rows.append(("Requires", ", ".join(event.requires), ""))
        if event.audit_action:
            rows.append(("Audit action", event.audit_action, "mono"))
        if event.sse is not None:
            rows.append(("SSE event", event.sse.event_type, "mono"))
            if event.sse.payload_fields is not None:
                rows.append(("SSE payload", ", ".join(event.sse.payload_fields) or "nothing", "dim"))
        if event.event_type and event.event_type != event.name:
            rows.append(("Event type", event.event_type, "mono"))
        if rows:
            self._about.addWidget(section("Registry"))
            grid = KeyValueGrid()
            grid.set_rows(rows)
            self._about.addWidget(grid)

    def _add_findings(self, event: EventDescription) -> None:
        findings = [finding for finding in self._findings if finding.event == event.name]
        if not findings:
            return
        self._about.addWidget(section(f"Findings · {len(findings)}"))
        rows = vbox()
        self._about.addLayout(rows)
        for finding in findings:
            row = ClickableRow(self._theme)
            row.set([Segment(GLYPHS[finding.severity], INKS[finding.severity]), Segment(finding.message)])
            row.clicked.connect(lambda _=False, finding=finding: self.finding_chosen.emit(finding))
            offer_menu(row, partial(self.finding_items, finding), self._theme)
            rows.addWidget(row)

    # -- what can be done with what it lists

    def event_items(self, name: str) -> list[MenuItem]:
        """Return what can be done with another event of the workflow."""
        return self.verbs.event(name) if self.verbs is not None else []

    def handler_items(self, key: str) -> list[MenuItem]:
        """Return what can be done with a subscriber, by its key."""
        number = self._journal.handler_number(key)
        return self.verbs.handler(number) if self.verbs is not None and number >= 0 else []

    def finding_items(self, finding: Finding) -> list[MenuItem]:
        """Return what can be done with a finding about the event."""
        return [
            MenuItem("Show finding", lambda: self.finding_chosen.emit(finding), icon="search"),
            MenuItem("Copy finding", lambda: copy_text(f"{finding.code} {finding.message}", "finding"), icon="copy"),
        ]

    def run_items(self, place: int) -> list[MenuItem]:
        """Return what can be done with the run at a place of the list."""
        if self.verbs is None or place >= len(self._shown):
            return []
        return self.verbs.publication(PublicationIndex(self._shown[place]))

    # -- how it went

    def _fill_runs(self) -> None:
        journal = self._journal
        if journal is None or self._number < 0:
            return
        self._shown = np.flatnonzero(journal.publications["event"] == self._number)[-RECENT:][::-1].tolist()
        executions, outcomes = journal.event_runs[self._number], journal.event_outcomes[self._number]
        sums = f" · {', '.join(filter(None, (plural(executions, 'execution'), count_words(outcomes))))}"
        self._runs_title.setText("Recent runs" + (sums if executions else ""))
        self._none.setVisible(not self._shown)
        for row, index in zip(self._runs.show_rows(len(self._shown)), self._shown, strict=True):
            publication = journal.publication(PublicationIndex(index))
            took = "" if publication.end is None else format_duration(publication.end - publication.at)
            left = [
                Segment(f"#{format_count(publication.number)}", mono=True, width=56),
                Segment(self._clock(publication.at), "dim", mono=True),
            ]
            right = [*segments(counts_of(journal, [index]), self._theme), Segment(took, "dim", width=58)]
            if not publication.handlers:
                right.insert(0, Segment("unheard", "warn_text"))
            row.set(left, right, selected=index == self._selection.publication)

    def _clock(self, at: int) -> str:
        return format_time(self._journal.wall if self._journal is not None else 0, at)

    def _choose(self, place: int) -> None:
        if self._event is not None and place < len(self._shown):
            self._selection.select_publication(PublicationIndex(self._shown[place]), self._event.name)
