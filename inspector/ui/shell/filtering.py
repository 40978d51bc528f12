"""The filter of the window: read while it is written, applied a moment later, listed again when a person is done."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.analysis.journal import Journal
from inspector.analysis.query.complete import complete
from inspector.analysis.query.query import FilterError, parse
from inspector.app.searching import OlderSearch
from inspector.app.text import format_count, plural
from inspector.ui.history import FILTER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspector.analysis.entries import Change
    from inspector.analysis.query.complete import Completion
    from inspector.analysis.query.query import Filter
    from inspector.app.settings import Settings
    from inspector.app.tasks import TaskOwner
    from inspector.app.workbench import View, Workbench
    from inspector.ui.history import History
    from inspector.ui.shell.filter_field import FilterField

#: Milliseconds between the last letter and the filter's coming into force.
_PAUSE: Final = 150
_HISTORY: Final = "filter.history"
_REMEMBERED: Final = 30
#: Seconds for which a search says nothing: most are over by then.
_SILENT: Final = 0.3


class Filtering(QObject):
    """Reads the filter field for the whole window.

    Args:
        field: Where it is written.
        workbench: Has the run whose names are completed.
        settings: Remembers the filters used before; none is in force at the start, nor when another program is shown.
        history: The way back, of which filters are a part.
        tasks: Runs the search for older payloads; without it, only those at hand are searched.

    Signals:
        applied: A filter is in force from now on, or finds more than before; None lets everything through.
        remarked: What to know of what it finds: unknown fields, and what is not searched.
        progressed: How far the search for older payloads has come, in words.
    """

    applied = Signal(object)
    remarked = Signal(str)
    progressed = Signal(str)

    def __init__(
        self,
        field: FilterField,
        workbench: Workbench,
        settings: Settings,
        history: History,
        tasks: TaskOwner | None = None,
    ) -> None:
        super().__init__(field)
        self._field, self._workbench, self._settings, self._tasks = field, workbench, settings, tasks
        self._remarks = self._program = ""
        self._chosen: Filter | None = None
        self._search: OlderSearch | None = None
        #: When the search began, whether it has said how far it is, how many events of those that it found are shown.
        self._begun, self._told, self._shown = 0.0, False, 0
        self._soon = QTimer(self, interval=_PAUSE, singleShot=True)
        self._soon.timeout.connect(self.apply)
        field.set_completer(self._complete)
        field.set_history(settings.strings(_HISTORY))
        field.textChanged.connect(lambda _: self._soon.start())
        field.used.connect(self._used)
        field.stepped.connect(lambda: history.record(FILTER))
        history.add_part(FILTER, lambda: self._go(field.back), lambda: self._go(field.forward))

    def apply(self) -> None:
        """Put what is written into force; what cannot be read is marked, and the filter before stays."""
        field = self._field
        try:
            chosen = parse(field.text())
        except FilterError as error:
            field.set_error(f"{error.text} {error.hint}".strip(), error.position, error.length)
            return
        field.set_error("")
        field.applied(field.text())
        self.stop()
        self._chosen = chosen or None
        self.applied.emit(self._chosen)
        view = self._workbench.view
        if view is None:
            return
        search = OlderSearch(view.details, chosen, self._tell_progress)
        if self._tasks is not None and search.possible:
            self._search = search
            self._tasks.start("Searching older payloads", self._search_older(search, chosen, view))
        else:
            self._remark(chosen, view)

    def follow(self, journal: Journal) -> None:
        """Take the filter out when another program is shown: it was written for the one before. Back brings it back."""
        program = journal.session.program if journal.session is not None else self._program
        if self._program not in ("", program) and self._field.text():
            self._field.replace("")
        self._program = program

    def stop(self) -> None:
        """Search no further for older payloads."""
        if self._search is not None:
            self._search.stop()
        self._search = None

    def folded(self, change: Change) -> None:
        """Ask the payloads that have just come while they are at hand; call it before any panel asks the filter."""
        view = self._workbench.view
        if view is None:
            return
        self.follow(view.journal)
        if self._chosen is not None:
            self._chosen.look(view.journal, change.first_publication)

    async def _search_older(self, search: OlderSearch, chosen: Filter, view: View) -> None:
        """Search what is not at hand; what is in force finds it when the search is over, and once before."""
        self._begun, self._told, self._shown = monotonic(), False, 0
        await self._workbench.saved(view.session)
        await search.run()
        if search.stopped:
            return
        if search.found > self._shown:
            self.applied.emit(chosen)
        self._remark(chosen, view)
        if self._told and not len(chosen.unsearched(view.journal)):
            self.progressed.emit(f"Searched all {plural(len(view.journal.publications), 'event')}")
        if search.unread:
            self.remarked.emit(f"{plural(search.unread, 'payload')} cannot be read: skipped by the search.")

    def _tell_progress(self, done: int, total: int) -> None:
        """Report how far it has come; the first that is found is shown at once."""
        search = self._search
        if search is None or search.stopped or monotonic() - self._begun < _SILENT:
            return
        self._told = True
        self.progressed.emit(f"Searched {format_count(done)} of {plural(total, 'event')}…")
        if search.found and not self._shown:
            self._shown = search.found
            self.applied.emit(self._chosen)

    def _remark(self, chosen: Filter, view: View) -> None:
        remarks = " ".join(chosen.remarks(view.journal)) if chosen else ""
        if remarks and remarks != self._remarks:
            self.remarked.emit(remarks)
        self._remarks = remarks
        self._field.set_remark(remarks)

    def _go(self, step: Callable[[], bool]) -> bool:
        """Go back or forward, and put what stands in the field then into force at once."""
        gone = step()
        if gone:
            self._soon.stop()
            self.apply()
        return gone

    def _used(self, text: str) -> None:
        """Apply it without delay, and remember it if it can be read."""
        if self._soon.isActive():
            self._soon.stop()
            self.apply()
        field = self._field
        if field.error is None and field.history[:1] != [text]:
            self._settings.remember(_HISTORY, text, limit=_REMEMBERED)
            field.set_history(self._settings.strings(_HISTORY))

    def _complete(self, text: str, cursor: int) -> Sequence[Completion]:
        view = self._workbench.view
        return complete(text, cursor, view.journal if view is not None else Journal())
