"""Firing: what is fired, what happens when it cannot be, and where the person sees how it went."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from inspector.app.faults import affected_events
from inspector.app.notices import NoticeAction
from inspector.app.series import Series
from inspector.app.text import format_count, plural
from inspector.catalog.replay import replay_of
from inspector.core.errors import InspectorError, UsageError
from inspector.core.records.host import FaultsSwitched
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.ui.kit.text import ask_then
from inspector.ui.parts.mapping import ask_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QMessageBox, QWidget

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.catalog.form import FireForm
    from inspector.core.records.host import ActiveFault
    from inspector.core.records.numbers import FireNumber
    from inspector.hosts.run.firing import FireTarget
    from inspector.ui.context import Context
    from inspector.ui.features.fire.panel import FirePanel

#: How many events a notice names.
_NAMED: Final = 4
#: How many processes a notice offers.
_OFFERED: Final = 3
#: More publications than this of one's own program are asked for once.
_MANY: Final = 1_000
_FIRE, _CANCEL = "Fire", "Cancel"
#: Milliseconds between two looks at how far a series is, and seconds for which a second press is one too many.
_SHOW_EVERY: Final = 100
_DOUBLE: Final = 0.4


@dataclass(frozen=True)
class _Awaited:
    """What shall be selected as soon as it is there: the same handler's execution of a repeated publication."""

    fire: int
    handler: int
    old: tuple[int, int]
    first: int


class EscapeKey(QObject):
    """Calls something when Esc is pressed in a window, wherever the keyboard is there.

    Args:
        window: The window.
        pressed: What is called.
    """

    def __init__(self, window: QWidget, pressed: Callable[[], None]) -> None:
        super().__init__(window)
        self._window, self._pressed = window, pressed
        application = QApplication.instance()
        assert application is not None  # noqa: S101 - there is a window
        self._application = application

    def watch(self) -> None:
        """Take the key from now on."""
        self._application.installEventFilter(self)

    def release(self) -> None:
        """Leave the key to everybody else again."""
        self._application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Esc before a field does, unless a dialog or a menu is open."""
        if event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        here = QApplication.activeWindow() is self._window and QApplication.activePopupWidget() is None
        if event.key() != Qt.Key.Key_Escape or event.modifiers() or not here:
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.KeyPress:
            self._pressed()
        event.accept()
        return True


class Firing(QObject):
    """Publishes what a person asks for.

    Args:
        context: The window.
        form: Where the values of an event are.
    """

    def __init__(self, context: Context, form: FirePanel) -> None:
        super().__init__(context)
        self._context = context
        self._shell = context.shell
        self._workbench = context.workbench
        self._selection = context.selection
        self._form = form
        self._notices = context.notices
        self._tasks = context.tasks
        self._awaited: _Awaited | None = None
        self._tell_faults = False
        self._series: Series | None = None
        self._repeating = asyncio.Lock()
        self._question: QMessageBox | None = None
        #: Programs of the person's in which an event may be fired a great many times.
        self._agreed: set[str] = set()
        self._keys = EscapeKey(self._shell, self.stop)
        self._timer = QTimer(self, interval=_SHOW_EVERY)
        self._timer.timeout.connect(self._show_progress)

    def event_name(self) -> str:
        """Return the name of the event that Fire would fire now; empty when none is chosen."""
        return self._selection.event_name

    def count_of(self, name: str) -> int:
        """Return how many times Fire would fire an event."""
        return self._form.count_of(name)

    # Asking

    def fire_selected(self) -> None:
        """Fire the chosen event with the values that stand in its form; without one, ask for one."""
        if self.series is not None:
            # The second press of a double click, or of a key that is held, is not meant for what it has just begun.
            if self.series.age >= _DOUBLE:
                self.stop()
            return
        name = self.event_name()
        if name:
            self.fire_named(name)
            return
        self._context.commands.run("catalog.find")
        keys = self._context.shortcut("fire.selected")
        self._notices.info("Select an event first.", f"Type part of its name, then press {keys}.")

    def fire_named(self, name: str) -> None:
        """Fire an event with the values that stand in its form; if they are wrong, lead to what is wrong."""
        try:
            form = self._form.form_for(name)
        except UsageError as error:
            if self._workbench.fire_blocked() or not self._lead_to_problem(name):
                self._notices.report(error)
            return
        self.attempt(form)

    def again(self) -> None:
        """Fire what was fired last, once more."""
        if self._workbench.last_fired is not None:
            self.attempt(self._workbench.last_fired)

    def attempt(self, form: FireForm) -> None:
        """Fire what a form asks for; if that cannot be now, a notice says why, or asks into which process."""
        targets = self._workbench.fire_targets(form.event)
        if targets and not self._workbench.fire_blocked():
            self._ask_process(form, targets)
            return
        try:
            if form.count > 1:
                self._begin_series(form)
            else:
                self.fire(form)
        except InspectorError as error:
            self._notices.report(error)

    def _ask_process(self, form: FireForm, targets: Sequence[FireTarget]) -> None:
        """Ask into which process an event is to be fired; from then on it is the one."""

        def choose(process: int) -> None:
            if self._workbench.firing is not None:
                self._workbench.firing.process = process
                self.attempt(form)

        self._notices.info(
            f"{form.event} can be fired into {plural(len(targets), 'process', 'processes')}.",
            "Choose one here, or in Processes." if len(targets) <= _OFFERED else "Choose another one in Processes.",
            tuple(NoticeAction(target.label, partial(choose, target.process)) for target in targets[:_OFFERED]),
        )

    # Many times

    @property
    def series(self) -> Series | None:
        """The series that runs; None when none does."""
        return self._series if self._series is not None and self._series.running else None

    def stop(self) -> None:
        """Publish nothing more of the series that runs."""
        if self._series is not None:
            self._series.stop()
            self._show_progress()

    def _begin_series(self, form: FireForm) -> None:
        """Fire an event many times; a great many in a program of one's own only when the person has agreed once.

        Raises:
            InspectorError: It cannot be fired now.
        """
        if self._series is not None or self._question is not None:
            return
        reason = self._workbench.fire_blocked()
        if reason:
            raise InspectorError(f"{reason}.")
        project = self._workbench.recording.host.project
        if project is None or form.count <= _MANY or project.name in self._agreed:
            first: list[FireNumber] = []

            def fired(fire: FireNumber) -> None:
                first.append(fire)
                self._form.fire_started(fire, form.event, first[0])

            # At once: a second press must find it.
            series = self._series = Series(self._workbench.recording, form, fired)
            self._tasks.start(f"Firing {form.event}", self._run_series(series))
            return

        def answered(label: str | None) -> None:
            self._question = None
            if label == _FIRE:
                self._agreed.add(project.name)
                self.attempt(form)

        self._question = ask_then(
            self._shell,
            "Fire many times?",
            f"Fire {form.event} {format_count(form.count)} times in {project.name}?",
            "Its handlers run for real each time. You will not be asked again for this program.",
            (_CANCEL, _FIRE),
            answered,
            danger=_FIRE,
        )

    async def _run_series(self, series: Series) -> None:
        self._workbench.last_fired, self._awaited = series.form, None
        self._shell.raise_beside("fire")
        self._timer.start()
        self._keys.watch()
        self._show_progress()
        try:
            await series.run()
        finally:
            self._timer.stop()
            self._keys.release()
            self._series = None
            self._form.show_series(series)
            self._form.set_firing(False)
            self._context.changed.emit()

    def _show_progress(self) -> None:
        if self._series is not None:
            self._form.set_firing(self._series.running)
            self._form.show_series(self._series)
            self._context.commands.changed("fire.selected", "fire.stop", "fire.again")

    def fire(self, form: FireForm) -> FireNumber:
        """Fire what a form asks for; return the fire's number.

        Raises:
            InspectorError: It cannot be fired now.
        """
        number = self._workbench.fire_form(form)
        self._awaited = None
        self._form.fire_started(number, form.event)
        self._shell.raise_beside("fire")
        self._context.changed.emit()
        return number

    def show_form(self, name: str) -> None:
        """Show the form of an event, and put the keyboard into it."""
        self._selection.select_event(name)
        self._form.show_event(name)
        self._shell.focus_panel("fire")

    def _lead_to_problem(self, name: str) -> bool:
        """Show the form of an event and put the keyboard where something is wrong; return whether something is."""
        self.show_form(name)
        return self._form.focus_problem()

    # Once more

    def repeat(self, publication: PublicationIndex, edit: bool) -> None:
        """Publish again what was published; with ``edit`` only take it into the form."""
        self._tasks.start("Reading the payload", self._repeat_in_turn(publication, edit=edit))

    async def _repeat_in_turn(self, publication: PublicationIndex, *, edit: bool) -> None:
        """Repeat when what was asked for before is done: of two that go into the form the later has to stay."""
        async with self._repeating:
            await self._repeat(publication, edit=edit)

    async def _repeat(self, publication: PublicationIndex, *, edit: bool) -> None:
        view = self._workbench.view
        if view is None:
            return
        event = view.journal.publication(publication).event
        payload = await view.details.payload(publication)
        replay = replay_of(event, payload, view.journal.field_names(publication))
        context = await view.details.context(publication)
        values = dict(replay.values)
        if replay.changed:
            mapping = await ask_mapping(self._context.theme, self._shell, replay, "Edit" if edit else "Fire")
            if mapping is None:
                return
            values = replay.mapped(mapping)
        if self._workbench.view is not view:
            return  # another session is shown by now
        lost = [name for name in replay.lost if name not in replay.removed]
        self._selection.select_event(event.name)
        self._form.load(event.name, values, session=context.session, metadata=context.metadata)
        if lost:
            names = ", ".join(lost)
            self._notices.warning(f"New values generated for: {names}.", "Secrets are never recorded.")
        if edit:
            self._shell.focus_panel("fire")
            return
        old, handler = (self._selection.execution, self._selection.publication), self._selection.handler
        number = self.fire(replace(self._form.form_for(event.name), count=1))
        if old[1] == publication:
            first = len(view.journal.publications)
            self._awaited = _Awaited(number, handler if old[0] >= 0 else -1, old, first)

    # What comes of it

    def folded(self, change: Change) -> None:
        """Follow a repeated publication, and tell what switched faults mean."""
        journal = self._context.journal
        if journal is None:
            return
        if self._awaited is not None:
            self._follow(journal, self._awaited)
        for record in change.host:
            if isinstance(record, FaultsSwitched) and self._tell_faults:
                self._tell_faults = False
                self._explain_faults(journal, record.rules)

    def _follow(self, journal: Journal, awaited: _Awaited) -> None:
        """Select what was asked for again, as soon as it is there and if the person has not gone on meanwhile."""
        if (self._selection.execution, self._selection.publication) != awaited.old:
            self._awaited = None
            return
        fresh = np.flatnonzero(journal.publications["fire"][awaited.first :] == awaited.fire)
        if not len(fresh):
            return
        publication = int(fresh[0]) + awaited.first
        name = journal.publication(PublicationIndex(publication)).event.name
        if awaited.handler < 0:
            self._awaited = None
            self._selection.select_publication(PublicationIndex(publication), name)
            return
        columns = journal.executions
        hits = np.flatnonzero((columns["publication"] == publication) & (columns["handler"] == awaited.handler))
        if len(hits):
            self._awaited = None
            self._selection.select_execution(
                ExecutionIndex(int(hits[0])), PublicationIndex(publication), name, awaited.handler
            )

    # Faults and recording

    def toggle_faults(self) -> None:
        """Switch all faults; where there are none yet, ask for one."""
        host, faults = self._workbench.recording.host, self._workbench.faults
        if not host.faults and not len(faults) and not host.own_faults:
            self._context.fault_wanted.emit(self.event_name(), "")
            return
        self._tell_faults = not host.faults
        self._workbench.set_faults(not host.faults)
        self._context.raise_panel("faults")
        self._context.changed.emit()

    def _explain_faults(self, journal: Journal, rules: Sequence[ActiveFault]) -> None:
        """Show which events go wrong now, and offer to fire one: by itself nothing is seen of a fault."""
        names = affected_events(journal, rules)
        if not names or self._shell.panel("faults").widget().isVisible():
            return  # the panel says so, and would be covered
        shown = ", ".join(names[:_NAMED])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        first = names[0]

        def fire() -> None:
            self._selection.select_event(first)
            self.fire_named(first)

        self._notices.info(
            f"Faults on: {plural(len(names), 'event')} {'has' if len(names) == 1 else 'have'} failing handlers.",
            f"{shown}{more}.",
            (NoticeAction(f"Fire {first}", fire),),
        )

    def toggle_allowed(self) -> None:
        """Let events be fired into the program that runs by itself, or look only."""
        self._workbench.allow_firing(not self._workbench.firing_allowed)
        if not self._workbench.firing_allowed:
            self.stop()
        self._context.changed.emit()

    def toggle_recording(self) -> None:
        """Pause the recording, or go on."""
        self._workbench.set_recording(not self._workbench.recording.host.recording)
        self._context.changed.emit()
