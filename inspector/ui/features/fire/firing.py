"""Firing: what is fired, what happens when it cannot be, and where the person sees how it went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QObject

from inspector.app.notices import NoticeAction
from inspector.app.text import plural
from inspector.catalog.replay import values_of
from inspector.core.errors import InspectorError, UsageError
from inspector.core.records.host import FaultsSwitched
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.catalog.form import FireForm
    from inspector.core.records.host import ActiveFault
    from inspector.core.records.numbers import FireNumber
    from inspector.ui.context import Context
    from inspector.ui.features.fire.panel import FirePanel

#: How many events a notice names.
_NAMED: Final = 4
#: The faults that are seen at once, the most telling first.
_TELLING: Final = ("fail", "swallow", "slow", "hang")


@dataclass(frozen=True)
class _Awaited:
    """What shall be selected as soon as it is there: the same handler's execution of a repeated publication."""

    fire: int
    handler: int
    old: tuple[int, int]
    first: int


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

    def event_name(self) -> str:
        """Return the name of the event that Fire would fire now; empty when none is chosen."""
        return self._selection.event_name

    # Asking

    def fire_selected(self) -> None:
        """Fire the chosen event with the values that stand in its form; without one, ask for one."""
        name = self.event_name()
        if name:
            self.fire_named(name)
            return
        self._context.commands.run("catalog.find")
        keys = self._context.shortcut("fire.selected")
        self._notices.info("Choose an event first.", f"Type a part of its name, then press {keys}.")

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
        """Fire what a form asks for; if that cannot be now, a notice says why."""
        try:
            self.fire(form)
        except InspectorError as error:
            self._notices.report(error)

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
        """Show the form of an event."""
        self._selection.select_event(name)
        self._form.show_event(name)
        self._shell.raise_panel("fire")

    def _lead_to_problem(self, name: str) -> bool:
        """Show the form of an event and put the keyboard where something is wrong; return whether something is."""
        self.show_form(name)
        return self._form.focus_problem()

    # Once more

    def repeat(self, publication: PublicationIndex, edit: bool) -> None:
        """Publish again what was published; with ``edit`` only take it into the form."""
        self._tasks.start("Reading the payload", self._repeat(publication, edit=edit))

    async def _repeat(self, publication: PublicationIndex, *, edit: bool) -> None:
        view = self._workbench.view
        if view is None:
            return
        event = view.journal.publication(publication).event
        values, lost = values_of(event, await view.details.payload(publication))
        context = await view.details.context(publication)
        if self._workbench.view is not view:
            return  # another session is shown by now
        self._selection.select_event(event.name)
        self._form.load(event.name, values, session=context.session, metadata=context.metadata)
        if lost:
            names = ", ".join(lost)
            self._notices.warning(f"Not recorded as they were, so made anew: {names}.", "Secrets are never recorded.")
        if edit:
            self._shell.raise_panel("fire")
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
        """Switch the program's faults."""
        host = self._workbench.recording.host
        self._tell_faults = not host.faults
        self._workbench.set_faults(not host.faults)
        self._context.changed.emit()

    def _explain_faults(self, journal: Journal, rules: Sequence[ActiveFault]) -> None:
        """Show which events go wrong now, and offer to fire one: by itself nothing is seen of a fault."""
        names = faulty_events(journal, rules)
        if not names:
            return
        shown = ", ".join(names[:_NAMED])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        first = names[0]

        def fire() -> None:
            self._selection.select_event(first)
            self.fire_named(first)

        self._notices.info(
            f"Faults are on: handlers of {plural(len(names), 'event')} go wrong now.",
            f"{shown}{more}.",
            (NoticeAction(f"Fire {first}", fire),),
        )

    def toggle_recording(self) -> None:
        """Pause the recording, or go on."""
        self._workbench.set_recording(not self._workbench.recording.host.recording)
        self._context.changed.emit()


def faulty_events(journal: Journal, rules: Sequence[ActiveFault]) -> list[str]:
    """Name the events that a handler goes wrong for, those first whose trouble is seen at once.

    Args:
        journal: Whose catalog it is.
        rules: The faults that are on.
    """
    labels = {handler.key: handler.label for handler in journal.handlers}
    ranks: dict[str, int] = {}
    for event in journal.events:
        for key in event.handlers:
            for rule in rules:
                fits = fnmatchcase(labels.get(key, key), rule.handler) and fnmatchcase(event.name, rule.event)
                if fits:
                    rank = _TELLING.index(rule.kind) if rule.kind in _TELLING else len(_TELLING)
                    ranks[event.name] = min(rank, ranks.get(event.name, rank))
                    break
    return sorted(ranks, key=lambda name: ranks[name])
