"""The desk: every panel in its place, wired to the workbench and to one another.

The panels only show and ask; what they ask for is done here, by calling the workbench.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer

from inspector.analysis.journal import IS_BAD
from inspector.analysis.query import FilterError, parse
from inspector.app.editor import open_in_editor
from inspector.catalog.replay import values_of
from inspector.core.errors import InspectorError
from inspector.models.selection import Selection
from inspector.ui.panels.catalog import CatalogPanel
from inspector.ui.panels.causality import CausalityPanel
from inspector.ui.panels.details import Details as ShownDetails
from inspector.ui.panels.event import EventPanel
from inspector.ui.panels.execution import ExecutionPanel
from inspector.ui.panels.fire import FirePanel
from inspector.ui.panels_bottom import FailuresPanel, LatencyPanel, LogPanel, SessionsPanel
from inspector.ui.text import ask_text
from inspector.ui.timeline.panel import TimelinePanel

if TYPE_CHECKING:
    from inspector.analysis.journal import Change, Journal
    from inspector.app.commands import CommandTable
    from inspector.app.notices import Notices
    from inspector.app.settings import Settings
    from inspector.app.tasks import TaskOwner
    from inspector.app.workbench import View, Workbench
    from inspector.catalog.form import FireForm
    from inspector.ui.exporting import Exporting
    from inspector.ui.shell import Shell
    from inspector.ui.theme import Theme

_STORED = "A stored session is shown; go back to the live one to fire"
_PAUSED = "Recording is paused; switch it on to fire"
_STARTING = "The program is being started"


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
        self.shell = shell
        self.workbench = workbench
        self.settings = settings
        self._notices = notices
        self._tasks = tasks
        self.selection = Selection(self)
        self.last_fire: FireForm | None = None
        self.changed: Callable[[], None] = _nothing
        self._make_panels(theme)
        self._place_panels()
        self._connect()
        workbench.on_view(self._show)
        workbench.on_folded(self._folded)
        workbench.on_sessions(self._sessions_changed)
        self._sessions: tuple[Any, ...] = ()
        self._sessions_timer = QTimer(self)
        self._sessions_timer.setInterval(2_000)
        self._sessions_timer.timeout.connect(self.refresh_sessions)
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

    @property
    def sessions(self) -> tuple[Any, ...]:
        """The sessions in the database, newest first, as they were last read."""
        return self._sessions

    def blocked(self) -> str:
        """Say why nothing can be fired; empty when it can."""
        if self.workbench.view is None:
            return _STARTING
        if not self.workbench.live:
            return _STORED
        if not self.workbench.recording.host.recording:
            return _PAUSED
        return ""

    def event_to_fire(self) -> str:
        """Name the event that Fire would fire now; empty when none is chosen."""
        return self.catalog.current_event() or self.selection.event_name

    # Firing

    def fire_selected(self) -> None:
        """Fire the chosen event with the values that stand in its form; without one, ask for one."""
        name = self.event_to_fire()
        if not name:
            self.shell.raise_panel("catalog")
            self.catalog.focus_search()
            self._notices.info("Choose an event first.", "Type a part of its name, then press Ctrl+Return.")
            return
        self._attempt(lambda: self.fire(self.fire_panel.form_for(name)))

    def fire_again(self) -> None:
        """Fire what was fired last, once more."""
        if self.last_fire is not None:
            form = self.last_fire
            self._attempt(lambda: self.fire(form))

    def fire(self, form: FireForm) -> None:
        """Fire what a form asks for.

        Raises:
            InspectorError: It cannot be fired now.
        """
        reason = self.blocked()
        if reason:
            raise InspectorError(f"{reason}.")
        fire = self.workbench.fire(
            form.event,
            [form.values] * max(1, form.count),
            session=form.session,
            metadata=form.metadata,
            timeout=form.timeout,
        )
        self.last_fire = form
        self.fire_panel.fire_started(fire)
        self.changed()

    def toggle_faults(self) -> None:
        """Switch the program's faults."""
        self.workbench.set_faults(not self.workbench.recording.host.faults)
        self.changed()

    def toggle_recording(self) -> None:
        """Pause the recording, or go on."""
        self.workbench.set_recording(not self.workbench.recording.host.recording)
        self._tell_reason()
        self.changed()

    # Sessions

    def refresh_sessions(self) -> None:
        """Read the list of sessions anew, if the panel can be seen."""
        if self.sessions_panel.isVisible() and not self._tasks.running("Listing the sessions"):
            self._tasks.start("Listing the sessions", self.workbench.refresh_sessions())

    def open_session(self, session: int) -> None:
        """Show a stored session."""
        self._tasks.start("Opening the session", self.workbench.open_session(session))

    def show_live(self) -> None:
        """Go back to the live session."""
        self._attempt(self.workbench.show_live)

    def show_sessions(self) -> None:
        """Bring the list of sessions to the front."""
        self.shell.raise_panel("sessions")
        self.sessions_panel.table.setFocus()
        self.refresh_sessions()

    def shown_session(self) -> int:
        """Give the id of the session that is shown, 0 when it is stored nowhere."""
        view = self.workbench.view
        return view.session if view is not None else 0

    def rename_shown(self) -> None:
        """Ask for another name of the session that is shown."""
        view = self.workbench.view
        if view is None or not view.session:
            return
        session = view.session
        ask_text(
            self.shell, "Rename session", "Name of the session", view.title, lambda name: self.rename(session, name)
        )

    def rename(self, session: int, name: str) -> None:
        """Give a session another name."""
        self._tasks.start("Renaming the session", self.workbench.rename(session, name))

    # The catalog

    def find_event(self) -> None:
        """Put the keyboard into the catalog's filter."""
        self.shell.raise_panel("catalog")
        self.catalog.focus_search()

    def pose(self) -> None:
        """Show the run at its most telling: all of it, with a failure (else the slowest execution) selected."""
        journal = self.journal
        if journal is None or not len(journal.executions):
            return
        columns = journal.executions
        bad = np.flatnonzero(IS_BAD[columns["status"]])
        chosen = int(bad[0]) if len(bad) else int((columns["end"] - columns["start"]).argmax())
        shown = journal.execution(chosen)
        number = int(columns["handler"][chosen])
        self.selection.select_execution(chosen, shown.publication, shown.event.name, number)
        for panel_id in ("latency", "execution"):
            self.shell.raise_panel(panel_id)
        self.timeline.controller.fit()

    # Life

    def finish(self, commands: CommandTable, exporting: Exporting) -> None:
        """Tie up what needs the finished window."""
        states = ("fire.selected", "fire.again", "faults.toggle", "record.toggle", "session.live", "export.open")
        self.changed = lambda: commands.changed(*states)
        self.timeline.state_changed.connect(commands.changed)
        self.sessions_panel.export_requested.connect(lambda session: exporting.ask("jsonl", session))
        remembered = self.settings.strings("catalog.open")
        if remembered:
            self.catalog.set_expanded(remembered)
        self._tell_reason()

    def close(self) -> None:
        """Remember what the next start brings back."""
        self.settings.set("catalog.open", self.catalog.expanded())
        self.settings.save()

    # Building

    def _make_panels(self, theme: Theme) -> None:
        selection = self.selection
        self.timeline = TimelinePanel(theme, selection, fire=self.fire_selected)
        self.catalog = CatalogPanel(theme, selection)
        self.event_panel = EventPanel(theme, selection)
        self.fire_panel = FirePanel(theme, selection)
        self.execution = ExecutionPanel(theme, selection, request_details=self._request_details)
        self.causality = CausalityPanel(theme, selection)
        self.log = LogPanel(theme, selection)
        self.failures = FailuresPanel(theme, selection, _FailureSource(self.workbench), self._tasks)
        self.latency = LatencyPanel(theme, selection, self._notices)
        self.sessions_panel = SessionsPanel(theme)
        self._readers: tuple[Any, ...] = (
            self.catalog,
            self.timeline,
            self.event_panel,
            self.fire_panel,
            self.execution,
            self.causality,
            self.log,
            self.failures,
            self.latency,
        )

    def _place_panels(self) -> None:
        shell = self.shell
        shell.set_central(self.timeline)
        for area, panel_id, title, widget, icon in (
            ("left", "catalog", "Catalog", self.catalog, "tree"),
            ("right", "event", "Event", self.event_panel, "list"),
            ("right", "fire", "Fire", self.fire_panel, "play"),
            ("right", "execution", "Execution", self.execution, "clock"),
            ("right", "causality", "Causality", self.causality, "tree"),
            ("bottom", "log", "Log", self.log, "list"),
            ("bottom", "failures", "Failures", self.failures, "failure"),
            ("bottom", "latency", "Latency", self.latency, "chart"),
            ("bottom", "sessions", "Sessions", self.sessions_panel, "session"),
        ):
            shell.add_panel(area, panel_id, title, widget, icon)

    def _connect(self) -> None:
        selection, catalog = self.selection, self.catalog
        catalog.fire_requested.connect(self._open_form)
        catalog.fire_now_requested.connect(
            lambda name: self._attempt(lambda: self.fire(self.fire_panel.form_for(name)))
        )
        self.event_panel.fire_requested.connect(self._open_form)
        self.fire_panel.fire_requested.connect(lambda form: self._attempt(lambda: self.fire(form)))
        self.execution.retry_requested.connect(lambda index: self._repeat(index, edit=False))
        self.execution.edit_requested.connect(lambda index: self._repeat(index, edit=True))
        self.execution.correlation_requested.connect(lambda text: self._set_filter(f"corr:{text}"))
        for panel in (self.event_panel, self.execution):
            panel.open_source.connect(self._open_source)
        selection.event_selected.connect(lambda _: self.changed())
        selection.execution_selected.connect(self._execution_selected)
        self.log.activated.connect(lambda _: self.shell.raise_panel("execution"))
        self.log.filter_requested.connect(self._set_filter)
        self.log.count_changed.connect(self._count_log)
        self.failures.count_changed.connect(self._count_failures)
        self.failures.show_in_timeline.connect(self._show_in_timeline)
        self.latency.execution_activated.connect(lambda _: self.shell.raise_panel("execution"))
        sessions = self.sessions_panel
        sessions.open_requested.connect(self.open_session)
        sessions.rename_requested.connect(self.rename)
        sessions.delete_requested.connect(
            lambda session: self._tasks.start("Deleting the session", self.workbench.delete(session))
        )
        self.shell.filter_changed.connect(lambda _: self._filter_timer.start())

    # What the workbench tells

    def _show(self, view: View) -> None:
        if self._shown is not view.journal:
            self._shown = view.journal
            self.selection.reset()
            for panel in self._readers:
                if panel is self.timeline:
                    panel.set_journal(view.journal, live=view.live)
                else:
                    panel.set_journal(view.journal)
            self._apply_filter()
        self.shell.set_session(view.title if view.live else f"{view.title} (stored)")
        self.sessions_panel.set_sessions(self._sessions, self.workbench.live_session or None, view.session or None)
        self._tell_reason()
        self.changed()

    _shown: Journal | None = None

    def _folded(self, change: Change) -> None:
        for panel in self._readers:
            try:
                panel.folded(change)
            except Exception as error:  # noqa: BLE001 - a panel's mistake must not stop the others, nor the recording
                self._notices.report(error, f"Updating {type(panel).__name__}")
        for note in change.host:
            if note.level == "error":
                self._notices.error(note.text)
        if self._follow_first and self.journal is not None and len(self.journal.executions):
            self._follow_first = False
            self.changed()

    _follow_first = True

    def _sessions_changed(self, sessions: Any) -> None:
        self._sessions = tuple(sessions)
        view = self.workbench.view
        shown = view.session if view is not None else 0
        self.sessions_panel.set_sessions(self._sessions, self.workbench.live_session or None, shown or None)
        self._sessions_timer.start()

    # What the panels ask

    def _open_form(self, name: str) -> None:
        self.selection.select_event(name)
        self.fire_panel.show_event(name)
        self.shell.raise_panel("fire")

    def _execution_selected(self, index: int) -> None:
        if index >= 0:
            self.shell.raise_panel("execution")

    def _set_filter(self, text: str) -> None:
        self.shell.bar.filter.setText(text)

    def _show_in_timeline(self, execution: int) -> None:
        self.timeline.controller.go_to(execution)

    def _repeat(self, publication: int, *, edit: bool) -> None:
        self._tasks.start("Reading the payload", self._repeat_recorded(publication, edit=edit))

    async def _repeat_recorded(self, publication: int, *, edit: bool) -> None:
        """Put what was published back into the form; fire it at once unless it is to be edited."""
        view = self.workbench.view
        if view is None:
            return
        event = view.journal.publication(publication).event
        values, lost = values_of(event, await view.details.payload(publication))
        context = await view.details.context(publication)
        if self.workbench.view is not view:
            return  # another session is shown by now
        self.selection.select_event(event.name)
        self.fire_panel.load(event.name, values, session=context.session, metadata=context.metadata)
        if lost:
            names = ", ".join(lost)
            self._notices.warning(f"Not recorded as they were, so made anew: {names}.", "Secrets are never recorded.")
        if edit:
            self.shell.raise_panel("fire")
            return
        form = self.fire_panel.form_for(event.name)
        self.fire(replace(form, count=1))

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
            field.set_invalid(f"{error.text} {error.hint}".strip())
            return
        field.set_invalid("")
        chosen_or_none = chosen or None
        for panel in (self.timeline, self.log, self.failures, self.latency):
            panel.set_filter(chosen_or_none)

    def _tell_reason(self) -> None:
        reason = self.blocked() or None
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
