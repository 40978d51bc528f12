"""One execution from its handler to its payload: what happened, why it failed, what to do next."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from inspector.analysis.comparison import peers_of
from inspector.analysis.inside import inside_of
from inspector.app.text import plural
from inspector.core.records.capture import failure_from_json
from inspector.core.records.numbers import NO_EXECUTION, NO_PUBLICATION, PublicationIndex
from inspector.ui.features.execution.copying import MARKDOWN, PYTEST, PYTHON
from inspector.ui.features.execution.details import RequestDetails, ShownDetails, details_at_hand, is_whole, merged
from inspector.ui.features.execution.head import ExecutionHead, ExecutionList
from inspector.ui.features.execution.notes import NotesView
from inspector.ui.features.execution.payload import PayloadView, context_rows, payload_json
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.flow import button_bar
from inspector.ui.kit.layouts import add, hbox, vbox
from inspector.ui.kit.menus import MenuItem, open_menu
from inspector.ui.kit.page import Link, Page, section
from inspector.ui.kit.text import PlainLabel, copy_text
from inspector.ui.kit.widgets import Banner, EmptyState, KeyValueGrid, Switcher
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.failure_text import traceback_text
from inspector.ui.parts.retrying import RetryButton
from inspector.ui.parts.traceback import TracebackView

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.app.retry import Retry, Verdict
    from inspector.app.workbench import View
    from inspector.core.records.capture import Failure
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: What probes can be switched, by the kind of their notes.
_PROBES: Final = {"sql": "SQL", "http": "HTTP", "output": "Output", "row": "Rows", "mail": "Mail", "sse": "Frames"}
_REPORT: Final = "Copy event, context, traceback and environment as Markdown (C)"
#: How often the time of what runs goes on while nothing is recorded, ms.
_TICK: Final = 250
#: What cannot be seen inside executions before Python 3.12.
_OLDER: Final = " sqlite3 statements need Python 3.12."


class ExecutionPanel(JournalPanel):
    """Shows the execution that is selected; a publication, when it is selected without one.

    Signals:
        again_requested: Fire this publication again as it was (its index).
        retry_requested: Call the handler of this execution (its index) again.
        stop_requested: Retry nothing more.
        edit_requested: Show this publication's values in the form (its index).
        command_requested: Copy what fires this publication (its index) as a command.
        comparison_requested: Show what separates this execution (its index) from one that passed.
        copy_requested: Copy this execution (its index) as ``pytest``, ``Markdown`` or ``Python``.
        open_source: Show this line of this file in an editor.
        correlation_requested: Show everything with this correlation id.
        probes_requested: Switch off the probes of these kinds of notes, a tuple, and on all others.
        filter_requested: Show only what this filter lets through.
        chain_requested: Show what the execution, which still runs, awaits now.
    """

    again_requested = Signal(int)
    retry_requested = Signal(int)
    stop_requested = Signal()
    edit_requested = Signal(int)
    command_requested = Signal(int)
    comparison_requested = Signal(int)
    copy_requested = Signal(str, int)
    open_source = Signal(str, int)
    correlation_requested = Signal(str)
    probes_requested = Signal(object)
    filter_requested = Signal(str)
    chain_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        selection: Selection,
        *,
        request_details: RequestDetails | None = None,
        clock: Callable[[], float] = time.monotonic,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, selection, parent)
        self._request = request_details
        self._clock, self._folded_at, self._live = clock, clock(), True
        self._ticking = QTimer(self, interval=_TICK)
        self._ticking.timeout.connect(self.tick)
        self._execution = NO_EXECUTION
        self._publication = NO_PUBLICATION
        self._generation = 0
        self._asked: ShownDetails | None = None
        self._failure: Failure | None = None
        self._failure_text: str | None = None
        self._reason: str | None = None
        self._present = True
        self._build_parts()
        self._lay_out()
        self._connect()
        self._switcher.show_empty()

    # -- what others ask

    def show_view(self, view: View) -> None:
        """Read another run; what runs in one that is not live grows no older."""
        self._live = view.live
        super().show_view(view)

    def set_journal(self, journal: Journal) -> None:
        """Read another run."""
        super().set_journal(journal)
        self._folded_at = self._clock()
        self._execution, self._publication = NO_EXECUTION, NO_PUBLICATION
        self._selected()

    def set_enabled_reason(self, reason: str | None, *, present: bool = True) -> None:
        """Show why nothing can be fired, or None when it can; what fires is not there when it is not ``present``."""
        self._reason = reason
        for button, tip in (
            (self.again, "Fire again with the same values"),
            (self.edit, "Edit the values, then fire"),
        ):
            button.setEnabled(not reason)
            button.set_help(reason or tip)
            self.buttons.offer(button, offered=present)
        self._present = present
        self._offer_retry()

    def set_retry_reason(self, reason: str) -> None:
        """Show why no handler can be called again; empty when one can."""
        self.retry_button.set_reason(reason)

    def show_retry(self, trying: Retry | None, verdict: Verdict | None) -> None:
        """Show that the handler of what is shown is being called again, or what came of it."""
        self.retry_button.show_retry(trying, verdict)

    def _offer_retry(self) -> None:
        running = self._execution >= 0 and self._head.running  # it has to end first
        self.buttons.offer(self.retry_button, offered=self._present and self._execution >= 0 and not running)

    def folded(self, change: Change) -> None:
        """Take in what a fold brought."""
        journal = self._journal
        self._folded_at = self._clock()
        if self._publication < 0:
            return
        if change.probes:
            self._refresh()
        if self._execution >= 0:
            causes = journal.publications["cause"][change.first_publication :]
            if self._execution in change.noted or self._execution in change.ended or (causes == self._execution).any():
                self._refresh()
            else:
                self.tick()
            return
        fresh = journal.executions["publication"][change.first_execution :]
        ended = journal.executions["publication"][change.ended] if change.ended else fresh[:0]
        if (
            self._publication in change.ended_publications
            or bool((fresh == self._publication).any())
            or bool((ended == self._publication).any())
        ):
            self._refresh()

    def tick(self) -> None:
        """Let the time of what runs go on, also while nothing is recorded."""
        if self._head.running:
            since = self._clock() - self._folded_at if self._live else 0
            self._head.tick(self._journal.now + round(since * 1e9))

    def set_chain_reason(self, reason: str) -> None:
        """Show why nobody can be asked what an execution awaits; empty when one can."""
        self.chain.setEnabled(not reason)
        self.chain.set_help(reason or "Show what it awaits now, down to the future")

    def numbers_changed(self) -> None:
        """Write times and counts anew."""
        if self._publication >= 0:
            self._refresh()
            self._tell_switch()

    # -- building

    def _build_parts(self) -> None:
        theme = self._theme
        self._head = ExecutionHead(theme, self._selection, lambda: self.verbs)
        self._error = Banner(
            theme, "error", "", actions=(("Why this one?", self.compare), ("Copy report", self.copy_report))
        )
        self.why, copies = self._error.buttons
        self.why.set_help("Compare with the last execution that passed (Y)")
        copies.set_help(_REPORT)
        self._trace_title = section("Traceback")
        self._trace_switch = Link(theme, "", "accent_text")
        self._trace = TracebackView(theme)
        self._list = ExecutionList(theme, self._selection, lambda: self.verbs)
        self._inside_title = section("Inside this execution")
        self._inside_count = Link(theme)
        self._inside_count.setAccessibleName("Probes")
        self._inside = NotesView(theme)
        self._inside_empty = PlainLabel("Nothing recorded.", "dim", wrap=True)
        self._inside_off = Link(theme)
        self._switches = False
        self._payload = PayloadView(theme)
        self._copy_json = Link(theme, "Copy JSON")
        self._context = KeyValueGrid()
        self.retry_button = RetryButton(theme)
        self.verdict = self.retry_button.verdict
        self.again = Button(theme, "Fire again", "repeat")
        self.edit = Button(theme, "Edit & fire", "edit")
        self.chain = Button(theme, "Show await chain", "tree")
        self.set_chain_reason("")
        self.test = Button(theme, "Copy as pytest", "flask")
        self.test.set_help("Copy a test that calls this handler with the same event (T)")
        self.report = Button(theme, "Copy report", "copy")
        self.report.set_help(_REPORT)
        self.copy = Button(theme, "Copy traceback", "copy")
        self.command = Button(theme, "Copy command", "terminal")
        self.command.set_help("Copy a terminal command that fires this again")
        self.open = Button(theme, "Open in editor", "code")

    def _lay_out(self) -> None:
        page = self._page = Page("Execution")
        self._trace_head, self._inside_head, payload_head = QWidget(), QWidget(), QWidget()
        for head, title, link in (
            (self._trace_head, self._trace_title, self._trace_switch),
            (self._inside_head, self._inside_title, self._inside_count),
            (payload_head, section("Values"), self._copy_json),
        ):
            row = hbox(title, 1, link, owner=head, spacing=6)
            row.setAlignment(link, Qt.AlignmentFlag.AlignBottom)
        add(page.column, self._head, self._error, self._trace_head, self._trace, self._list)
        add(
            page.column,
            self._inside_head,
            self._inside,
            self._inside_empty,
            self._inside_off,
            payload_head,
            self._payload,
        )
        add(page.column, section("Context"), self._context)
        content = QWidget()
        foot, self.buttons = button_bar(
            # What a failure is for comes first: two of them are seen at any width.
            *(self._theme, self.chain, self.retry_button, self.test, self.report, self.edit, self.again),
            *(self.copy, self.command, self.open),
        )
        vbox((page, 1), self.verdict, foot, owner=content)
        self.set_enabled_reason(None)
        empty = EmptyState(
            self._theme, "execution", "No execution selected", "Select a bar in the timeline or a row in the log."
        )
        self._switcher = Switcher(content, empty)
        vbox(self._switcher, owner=self)
        self.setFocusProxy(self._page)

    def _connect(self) -> None:
        self._head.correlation_requested.connect(self.correlation_requested)
        self._trace.open_source.connect(self.open_source)
        self._payload.filter_requested.connect(self.filter_requested)
        self._trace_switch.clicked.connect(self._switch_frames)
        self._inside.publication_chosen.connect(self._show_publication)
        self._inside_count.clicked.connect(self._open_probes)
        self._inside_off.clicked.connect(lambda: self.probes_requested.emit(()))
        self._copy_json.clicked.connect(self.copy_payload)
        self.retry_button.retry_requested.connect(lambda: self.retry_requested.emit(self._execution))
        self.retry_button.stop_requested.connect(self.stop_requested)
        self.chain.clicked.connect(self.chain_requested)
        self.again.clicked.connect(self.fire_again)
        self.edit.clicked.connect(self.edit_and_fire)
        self.copy.clicked.connect(self.copy_traceback)
        self.command.clicked.connect(self.copy_command)
        self.test.clicked.connect(self.copy_test)
        self.report.clicked.connect(self.copy_report)
        self.open.clicked.connect(self.open_in_editor)
        self._theme.changed.connect(self._recolour)

    def _recolour(self) -> None:
        if self._publication >= 0:
            self._refresh()

    # -- showing

    def execution_selected(self, index: int) -> None:  # noqa: ARG002 - both are looked up
        """Show what is selected."""
        self._selected()

    publication_selected = execution_selected

    def _selected(self) -> None:
        selection, journal = self._selection, self._journal
        execution, publication = selection.execution, selection.publication
        if not 0 <= publication < len(journal.publications):
            execution, publication = NO_EXECUTION, NO_PUBLICATION
        if execution >= len(journal.executions):
            execution = NO_EXECUTION
        if (execution, publication) == (self._execution, self._publication) and publication >= 0:
            return
        self._execution, self._publication = execution, publication
        self._generation += 1
        self._asked = None
        if publication < 0:
            self._switcher.show_empty()
            return
        self._refresh()
        self._page.verticalScrollBar().setValue(0)
        self._switcher.show_content()
        self._ask()

    def _ask(self) -> None:
        """Ask for what is no longer at hand; an answer that comes too late is for nobody."""
        journal, generation = self._journal, self._generation
        if self._request is None:
            return
        if is_whole(journal, details_at_hand(journal, self._publication, self._execution), self._execution):
            return

        def answered(details: ShownDetails) -> None:
            if generation == self._generation:
                self._asked = details
                self._refresh()

        self._request(self._publication, self._execution, answered)

    def _refresh(self) -> None:
        journal = self._journal
        details = details_at_hand(journal, self._publication, self._execution)
        if self._asked is not None:
            details = merged(details, self._asked)
        self._head.show_one(journal, self._publication, self._execution)
        self._show_failure(details.failure)
        if details.failure and self._execution >= 0:  # it is in the box of the failure
            self.why.setVisible(len(peers_of(journal, self._execution).passed) > 0)
        self._list.setVisible(self._execution < 0)
        running = self._execution >= 0 and self._head.running
        for button in (self.test, self.report):
            self.buttons.offer(button, offered=self._execution >= 0 and not running)
        self.buttons.offer(self.chain, offered=running and self._live)
        if running and self._live:
            self._ticking.start()
            self.tick()
        else:
            self._ticking.stop()
        self._offer_retry()
        if self._execution < 0:
            self._list.show_publication(journal, self._publication)
        self._show_inside(journal, details)
        payload, context = details.payload or (None, "")
        event = journal.publication(self._publication).event
        handler = f" · {journal.execution(self._execution).handler.label}" if self._execution >= 0 else ""
        self._payload.set_payload(
            payload,
            [shape.name for shape in event.fields if shape.base],
            self._failure.origin if self._failure is not None else None,
            f"{event.name}{handler}",
        )
        self._copy_json.setEnabled(payload is not None)
        self._context.set_rows(context_rows(context))
        self.open.setEnabled(bool(self._source()[0]))

    def _show_failure(self, text: str) -> None:
        self.buttons.offer(self.copy, offered=bool(text))
        if text == self._failure_text:
            return
        self._failure_text = text
        try:
            failure = failure_from_json(text) if text else None
        except ValueError:
            failure = None
        self._failure = failure
        self._error.setVisible(failure is not None)
        if failure is not None:
            message = "\n".join((failure.message, *failure.notes)).strip()
            self._error.set(failure.type, message)
        self._trace.set_failure(failure)
        self._trace_title.setText("Await chain" if failure is not None and failure.waited else "Traceback")
        self._trace_head.setVisible(not self._trace.isHidden())
        self._tell_switch()

    def _tell_switch(self) -> None:
        foreign = self._trace.foreign()
        self._trace_switch.setVisible(foreign > 0)
        words = f"Show {plural(foreign, 'library frame')}" if self._trace.only_mine else "Only my frames"
        self._trace_switch.set_text(words)

    def _switch_frames(self) -> None:
        self._trace.set_only_mine(not self._trace.only_mine)
        self._tell_switch()

    def _show_inside(self, journal: Journal, details: ShownDetails) -> None:
        alone = self._execution < 0
        start = journal.publication(self._publication).at if alone else journal.execution(self._execution).start
        items = inside_of(journal, self._execution, details.notes)
        self._inside_title.setText("Around this publication" if alone else "Inside this execution")
        self._inside_head.setVisible(bool(items) or not alone)
        self._inside.setVisible(bool(items))
        self._inside_empty.setVisible(not items and not alone)
        self._inside_empty.setText(f"Nothing recorded.{_OLDER if _is_older(journal) else ''}")
        self._inside_count.set_text(plural(len(items), "item") if items else "Probes" if self._switches else "")
        self._tell_probes(journal, offered=not alone)
        self._inside.set_items(items, start)

    def set_switching(self, on: bool) -> None:
        """Offer to switch probes, or not."""
        if on != self._switches:
            self._switches = on
            if self._publication >= 0:
                self._refresh()

    def _tell_probes(self, journal: Journal, *, offered: bool) -> None:
        off = [_PROBES.get(kind, kind) for kind in journal.probes_off]
        self._inside_count.setEnabled(self._switches)
        self._inside_off.setVisible(bool(off) and offered)
        self._inside_off.setEnabled(self._switches)
        self._inside_off.set_text(f"{', '.join(off)} off{' · Turn on' if self._switches else ''}")

    def probe_items(self) -> list[MenuItem]:
        """Return what switches each probe."""
        off = self._journal.probes_off
        return [
            MenuItem(title, partial(self._switch_probe, kind), checked=kind not in off)
            for kind, title in _PROBES.items()
        ]

    def _switch_probe(self, kind: str) -> None:
        off = self._journal.probes_off
        self.probes_requested.emit(tuple(other for other in _PROBES if (other in off) != (other == kind)))

    def _open_probes(self) -> None:
        where = self._inside_count.mapToGlobal(self._inside_count.rect().bottomLeft())
        open_menu(self._inside_count, self.probe_items(), self._theme, where)

    def _show_publication(self, index: int) -> None:
        publication = PublicationIndex(index)
        self._selection.select_publication(publication, self._journal.publication(publication).event.name)

    # -- doing

    def blocked(self, *, fires: bool = False) -> str:
        """Return why nothing can be done with what is selected; empty when it can.

        Args:
            fires: It would be fired again.
        """
        if self._publication < 0:
            return "No execution selected"
        return self._reason or "" if fires else ""

    def execution_blocked(self) -> str:
        """Return why there is no execution to copy."""
        return self.blocked() or ("" if self._execution >= 0 else "No execution selected")

    def traceback_blocked(self) -> str:
        """Return why there is no traceback to copy."""
        return self.blocked() or ("" if self._failure is not None else "No exception raised")

    def source_blocked(self) -> str:
        """Return why there is no line of source to open."""
        return self.blocked() or ("" if self._source()[0] else "Source not available")

    def fire_again(self) -> None:
        """Fire what is shown again, as it was."""
        self.again_requested.emit(self._publication)

    def edit_and_fire(self) -> None:
        """Take the values of what is shown into the form."""
        self.edit_requested.emit(self._publication)

    def copy_command(self) -> None:
        """Copy what fires it again from a terminal."""
        self.command_requested.emit(self._publication)

    def compare(self) -> None:
        """Show what separates it from an execution that passed."""
        self.comparison_requested.emit(self._execution)

    def copy_test(self) -> None:
        """Copy the execution as a test."""
        self.copy_requested.emit(PYTEST, self._execution)

    def copy_report(self) -> None:
        """Copy all that is recorded of the execution as Markdown."""
        self.copy_requested.emit(MARKDOWN, self._execution)

    def copy_python(self) -> None:
        """Copy the call that makes the event."""
        self.copy_requested.emit(PYTHON, self._execution)

    def copy_payload(self) -> None:
        """Copy the payload as JSON."""
        here = details_at_hand(self._journal, self._publication, self._execution)
        payload = (merged(here, self._asked) if self._asked else here).payload
        if payload is not None:
            copy_text(payload_json(payload[0]), "payload as JSON")

    def copy_traceback(self) -> None:
        """Copy the traceback of what failed."""
        if self._failure is not None:
            copy_text(traceback_text(self._failure), "traceback")

    def _source(self) -> tuple[str, int]:
        """Return the file and line that matter most: where it failed, else where the handler is, else the event."""
        if self._failure is not None and self._failure.origin is not None:
            return self._failure.origin.file, self._failure.origin.line
        journal = self._journal
        if self._publication < 0:
            return "", 0
        if self._execution >= 0:
            handler = journal.execution(self._execution).handler
            return handler.file, handler.line
        event = journal.publication(self._publication).event
        return event.file, event.line

    def open_in_editor(self) -> None:
        """Open the line that matters most in the person's editor."""
        file, line = self._source()
        if file:
            self.open_source.emit(file, line)


def _is_older(journal: Journal) -> bool:
    """Return whether the program runs on a Python that does not say enough of what happens inside of executions."""
    return journal.session is not None and journal.session.python.startswith("3.11.")
