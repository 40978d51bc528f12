"""The desk: every panel in its place, wired to the workbench and to one another.

The panels only show and ask; what they ask for is done here, by calling the workbench.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.analysis.journal import Journal
from inspector.analysis.query.complete import complete
from inspector.analysis.query.query import FilterError, parse
from inspector.app.editor import open_in_editor
from inspector.core.errors import InspectorError
from inspector.ui.features.catalog.panel import CatalogPanel
from inspector.ui.features.causality.panel import CausalityPanel
from inspector.ui.features.conformance.panel import ConformancePanel
from inspector.ui.features.event.panel import EventPanel
from inspector.ui.features.execution.details import ShownDetails
from inspector.ui.features.execution.panel import ExecutionPanel
from inspector.ui.features.failures.panel import FailuresPanel
from inspector.ui.features.findings.panel import FindingsPanel
from inspector.ui.features.fire.copying import CommandCopies
from inspector.ui.features.fire.firing import Firing
from inspector.ui.features.fire.panel import FirePanel
from inspector.ui.features.latency.panel import LatencyPanel
from inspector.ui.features.log.panel import LogPanel
from inspector.ui.features.sessions.panel import SessionsPanel
from inspector.ui.features.sessions.sessions import Sessions
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.kit.boxes import EmptyState
from inspector.ui.pose import telling_execution
from inspector.ui.selection import Selection
from inspector.ui.shell.next_step import NextSteps
from inspector.ui.shell.strip import NoticeStrip

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.app.commands import CommandTable
    from inspector.app.notices import Notices
    from inspector.app.settings import Settings
    from inspector.app.tasks import TaskOwner
    from inspector.app.workbench import View, Workbench
    from inspector.catalog.findings import Finding
    from inspector.ui.features.sessions.exporting import Exporting
    from inspector.ui.kit.theme import Theme
    from inspector.ui.panel import JournalPanel
    from inspector.ui.shell.shell import Shell


#: Told where it stays: a refused fire under its form, what is wrong with the program in the strip.
_TOLD_ELSEWHERE: Final = frozenset({"fire_refused", "ended", "stuck", "restart_failed"})
#: How much of a long run a picture shows, ns.
_SHOWN: Final = 2_400_000_000


class Desk(QObject):
    """Holds the panels and answers what they ask.

    Args:
        theme: The look.
        shell: The window, with nothing in it yet.
        workbench: What does the work.
        settings: Where small things are remembered.
        notices: Where trouble is told.
        tasks: Owner of asynchronous work.
    """

    def __init__(
        self,
        theme: Theme,
        shell: Shell,
        workbench: Workbench,
        settings: Settings,
        notices: Notices,
        tasks: TaskOwner,
    ) -> None:
        super().__init__(shell)
        self._theme = theme
        self.shell = shell
        self.workbench = workbench
        self.settings = settings
        self._notices = notices
        self._tasks = tasks
        self.selection = Selection(self)
        self.changed: Callable[[], None] = _nothing
        self._shown: Journal | None = None
        self._anything = False
        self._wanted_event = ""
        self._make_panels(theme)
        self._place_panels()
        #: Called as well when what can be done may have changed.
        self.besides: Callable[[], object] = lambda: None
        self.firing = Firing(shell, workbench, self.selection, self.catalog, self.fire_panel, notices, tasks)
        self.copies = CommandCopies(shell, workbench, self.fire_panel.form_for, notices, tasks)
        self.sessions = Sessions(shell, workbench, self.sessions_panel, notices, tasks)
        self._connect()
        workbench.on_view(self._show)
        workbench.on_folded(self._folded)
        self._filter_timer = QTimer(self)
        self._filter_timer.setSingleShot(True)
        self._filter_timer.setInterval(150)
        self._filter_timer.timeout.connect(self._apply_filter)

    # What is there

    @property
    def journal(self) -> Journal | None:
        """The journal that is shown."""
        view = self.workbench.view
        return view.journal if view is not None else None

    # The catalog

    def find_event(self) -> None:
        """Put the keyboard into the catalog's filter."""
        self.shell.raise_panel("catalog")
        self.catalog.focus_search()

    def pose(self) -> None:
        """Show the run at its most telling: a failure (else the slowest execution) and what was going on around it."""
        journal = self.journal
        chosen = telling_execution(journal) if journal is not None else -1
        if journal is None or chosen < 0:
            return
        for panel_id in ("latency", "execution"):
            self.shell.raise_panel(panel_id)
        shown = journal.execution(chosen)
        self.selection.select_in(journal, chosen)
        self.catalog.reveal(shown.event.name)
        self.timeline.controller.fit()
        if journal.now > 2 * _SHOWN:
            self.timeline.controller.show(shown.start - round(_SHOWN * 0.55), shown.start + round(_SHOWN * 0.45))

    # Life

    def finish(self, commands: CommandTable, exporting: Exporting) -> None:
        """Tie up what needs the finished window."""
        mine = ("fire.", "faults.", "record.", "session.", "export.")
        states = [command.id for command in commands if command.id.startswith(mine)]

        places = [place for panel in self._readers for place in panel.findChildren(EmptyState)]
        offering = [self.timeline.empty, self.catalog.empty]
        others = [place for place in (*places, *self.findings.findChildren(EmptyState)) if place not in offering]
        next_steps = NextSteps(self.shell, self.workbench, commands, offering, others)

        def changed() -> None:
            self._tell_reason()
            next_steps.refresh()
            commands.changed(*states)
            self.besides()

        self.changed = self.firing.changed = changed
        self.timeline.state_changed.connect(commands.changed)
        self.sessions_panel.export_requested.connect(lambda session: exporting.ask("jsonl", session))
        remembered = self.settings.strings("catalog.open")
        if remembered:
            self.catalog.set_expanded(remembered)
        self._wire_filter()
        self.catalog.tree.setFocus()
        self.changed()

    def close(self) -> None:
        """Remember what the next start brings back."""
        self.settings.set("catalog.open", self.catalog.expanded())
        self.settings.set("catalog.event", self.selection.event_name)
        self.settings.set("filter", self.shell.bar.filter.text())
        self.sessions.remember(self.settings)
        self.settings.save()

    # Building

    def _make_panels(self, theme: Theme) -> None:
        selection = self.selection
        self.timeline = TimelinePanel(theme, selection, fire=self._fire_selected)
        self.catalog = CatalogPanel(theme, selection)
        self.event_panel = EventPanel(theme, selection)
        self.fire_panel = FirePanel(theme, selection)
        self.execution = ExecutionPanel(theme, selection, request_details=self._request_details)
        self.causality = CausalityPanel(theme, selection)
        self.log = LogPanel(theme, selection)
        self.failures = FailuresPanel(theme, selection, _FailureSource(self.workbench), self._tasks)
        self.latency = LatencyPanel(theme, selection, self._notices)
        self.findings = FindingsPanel(theme, selection)
        self.conformance = ConformancePanel(theme, selection)
        self.sessions_panel = SessionsPanel(theme)
        self._readers: tuple[JournalPanel, ...] = (
            self.catalog,
            self.timeline,
            self.event_panel,
            self.fire_panel,
            self.execution,
            self.causality,
            self.log,
            self.failures,
            self.latency,
            self.conformance,
        )

    def _place_panels(self) -> None:
        shell = self.shell
        self.strip = NoticeStrip(self._theme)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(self.timeline, 1)
        shell.set_central(centre)
        for area, panel_id, title, widget, icon in (
            ("left", "catalog", "Catalog", self.catalog, "tree"),
            ("right", "event", "Event", self.event_panel, "list"),
            ("right", "fire", "Fire", self.fire_panel, "play"),
            ("right", "execution", "Execution", self.execution, "clock"),
            ("right", "causality", "Causality", self.causality, "tree"),
            ("bottom", "log", "Log", self.log, "list"),
            ("bottom", "failures", "Failures", self.failures, "failure"),
            ("bottom", "latency", "Latency", self.latency, "chart"),
            ("bottom", "findings", "Findings", self.findings, "warning"),
            ("bottom", "conformance", "Conformance", self.conformance, "check"),
            ("bottom", "sessions", "Sessions", self.sessions_panel, "session"),
        ):
            shell.add_panel(area, panel_id, title, widget, icon)

    def _connect(self) -> None:
        selection, catalog = self.selection, self.catalog
        firing = self.firing
        catalog.fire_requested.connect(firing.show_form)
        catalog.fire_now_requested.connect(firing.fire_named)
        self.event_panel.fire_requested.connect(firing.show_form)
        self.event_panel.finding_chosen.connect(self._show_finding)
        self.findings.count_changed.connect(lambda *_: self.event_panel.set_findings(self.findings.findings))
        self.fire_panel.fire_requested.connect(firing.attempt)
        self.fire_panel.outcome.chosen.connect(lambda _: self._show_execution())
        self.execution.retry_requested.connect(lambda index: firing.repeat(index, edit=False))
        self.execution.edit_requested.connect(lambda index: firing.repeat(index, edit=True))
        self.execution.command_requested.connect(self.copies.copy_publication)
        self.execution.correlation_requested.connect(lambda text: self._set_filter(f"corr:{text}"))
        for panel in (self.event_panel, self.execution, self.failures, self.findings, self.conformance):
            panel.open_source.connect(self._open_source)
        self.conformance.show_in_timeline.connect(self._show_in_timeline)
        self.conformance.show_event.connect(self._show_event)
        self.conformance.count_changed.connect(
            lambda count: self.shell.set_badge("conformance", str(count) if count else "", "warn")
        )
        selection.event_selected.connect(lambda _: self.changed())
        selection.execution_selected.connect(self._execution_selected)
        self.log.activated.connect(lambda _: self.shell.raise_panel("execution"))
        for asking in (self.log, self.latency):
            asking.filter_requested.connect(self._set_filter)
        self.log.count_changed.connect(self._count_log)
        self.failures.count_changed.connect(self._count_failures)
        self.failures.show_in_timeline.connect(self._show_in_timeline)
        self.latency.execution_activated.connect(lambda _: self.shell.raise_panel("execution"))
        self.sessions.opened = self.timeline.controller.fit
        self.shell.filter_changed.connect(lambda _: self._filter_timer.start())

    # What the workbench tells

    def _show(self, view: View) -> None:
        if self._shown is not view.journal:
            self._show_journal(view)
        self.shell.set_session(view.title if view.live else f"{view.title} (stored)")
        self.sessions.tell_panel()
        self.changed()

    def _show_journal(self, view: View) -> None:
        self._shown, self._anything = view.journal, bool(len(view.journal.publications))
        event = self.selection.event_name or self.settings.text("catalog.event")
        self.selection.reset()
        for panel in self._readers:
            panel.show_view(view)
        self._wanted_event = event
        self._choose_event(view.journal)
        self._apply_filter()

    def _choose_event(self, journal: Journal) -> None:
        """Stand on an event as soon as there is a catalog, so that one key fires and the panels have something to say.

        It is the one that was selected last; at the very first start the one that most handlers react to.
        """
        if self.selection.event_name or not journal.events:
            return
        names = [event.name for event in journal.events]
        busiest = max(journal.events, key=lambda event: len(event.handlers)).name
        name = self._wanted_event if self._wanted_event in names else busiest
        self.selection.select_event(name)
        self.catalog.reveal(name)

    def _folded(self, change: Change) -> None:
        for panel in self._readers:
            try:
                panel.folded(change)
            except Exception as error:  # noqa: BLE001 - a panel's mistake must not stop the others, nor the recording
                self._notices.report(error, f"Updating {type(panel).__name__}")
        for note in change.host:
            if note.level == "error" and note.kind not in _TOLD_ELSEWHERE:
                self._notices.error(note.text)
        journal = self.journal
        if journal is None:
            return
        self.firing.folded(journal, change)
        if change.catalog:
            self._choose_event(journal)
        if not self._anything and len(journal.publications):
            self._anything = True
            self.changed()  # there is something to export now
            if not self.workbench.live:
                self.timeline.controller.fit()

    # What the panels ask

    def _fire_selected(self) -> None:
        self.firing.fire_selected()

    def _execution_selected(self, index: int) -> None:
        if index >= 0:
            self.firing.show_beside("execution")

    def _show_execution(self) -> None:
        """Show what was chosen in the form; from the timeline one key leads on to the next failure, or to the cause."""
        self.timeline.setFocus()
        self.shell.raise_panel("execution")

    def _set_filter(self, text: str) -> None:
        self.shell.bar.filter.replace(text)

    def _wire_filter(self) -> None:
        """Give the field what it completes from and what it remembers; going back is one way for all panels."""
        field = self.shell.bar.filter
        field.set_completer(lambda text, cursor: complete(text, cursor, self.journal or Journal()))
        field.set_history(self.settings.strings("filter.history"))
        field.used.connect(self._filter_used)
        field.setText(self.settings.text("filter"))
        self.timeline.controller.filter_back_asked = field.back
        self.timeline.search_requested.connect(self.shell.focus_filter)

    def _show_event(self, name: str) -> None:
        self.selection.select_event(name)
        self.catalog.reveal(name)

    def _show_in_timeline(self, execution: int) -> None:
        self.timeline.controller.go_to(execution)

    def _request_details(self, publication: int, execution: int, answer: Callable[[ShownDetails], None]) -> None:
        self._tasks.start("Reading the details", self._answer_details(publication, execution, answer))

    async def _answer_details(self, publication: int, execution: int, answer: Callable[[ShownDetails], None]) -> None:
        view = self.workbench.view
        if view is None:
            return
        details = view.details
        payload = await details.payload(publication)
        context = await details.context(publication)
        notes = tuple(await details.notes(execution)) if execution >= 0 else ()
        failure = await details.failure(execution) if execution >= 0 else ""
        answer(ShownDetails((payload, context.text) if payload else None, notes, failure))

    def _show_finding(self, finding: Finding) -> None:
        self.shell.raise_panel("findings")
        self.findings.show_finding(finding)

    def _open_source(self, file: str, line: int) -> None:
        self._attempt(lambda: open_in_editor(file, line, self.settings.text("editor", "")))

    def _count_log(self, count: int) -> None:
        self.shell.set_badge("log", f"{count:,}".replace(",", "\u2009") if count else "")

    def _count_failures(self, count: int) -> None:
        self.shell.set_badge("failures", str(count) if count else "", "failed")

    def _apply_filter(self) -> None:
        field = self.shell.bar.filter
        try:
            chosen = parse(field.text())
        except FilterError as error:
            field.set_error(f"{error.text} {error.hint}".strip(), error.position, error.length)
            return
        field.set_error("")
        field.applied(field.text())
        chosen_or_none = chosen or None
        for panel in (self.timeline, self.log, self.failures, self.latency):
            panel.set_filter(chosen_or_none)

    def _filter_used(self, text: str) -> None:
        """Apply it without delay, and remember it if it can be read."""
        if self._filter_timer.isActive():
            self._filter_timer.stop()
            self._apply_filter()
        field = self.shell.bar.filter
        if field.error is None and field.history[:1] != [text]:
            self.settings.remember("filter.history", text, limit=30)
            field.set_history(self.settings.strings("filter.history"))

    def _tell_reason(self) -> None:
        reason = self.firing.blocked() or None
        host = self.workbench.host
        self.fire_panel.context.offer_session(host is None or host.sessions)
        self.fire_panel.set_enabled_reason(reason)
        self.execution.set_enabled_reason(reason)

    def _attempt(self, work: Callable[[], object]) -> None:
        """Do what a person asked for; expected trouble becomes a notice."""
        try:
            work()
        except InspectorError as error:
            self._notices.report(error)


class _FailureSource:
    """Looks failures up in whatever session is shown."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    async def failure(self, execution: int) -> str:
        view = self._workbench.view
        return await view.details.failure(execution) if view is not None else ""


def _nothing() -> None:
    """Before anybody listens."""
