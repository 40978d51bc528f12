"""The filter of the window: read while it is written, applied a moment later, remembered when a person is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.analysis.journal import Journal
from inspector.analysis.query.complete import complete
from inspector.analysis.query.query import FilterError, parse
from inspector.ui.history import FILTER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspector.analysis.query.complete import Completion
    from inspector.app.settings import Settings
    from inspector.app.workbench import Workbench
    from inspector.ui.history import History
    from inspector.ui.shell.filter_field import FilterField

#: Milliseconds between the last letter and the filter's coming into force.
_PAUSE: Final = 150
_TEXT: Final = "filter"
_HISTORY: Final = "filter.history"
_REMEMBERED: Final = 30


class Filtering(QObject):
    """Reads the filter field for the whole window.

    Args:
        field: Where it is written.
        workbench: Has the run whose names are completed.
        settings: Remembers the filter, and those used before.
        history: The way back, of which filters are a part.

    Signals:
        applied: A filter is in force from now on; None lets everything through.
        remarked: What to know of what it finds: unknown fields, and what is not searched.
    """

    applied = Signal(object)
    remarked = Signal(str)

    def __init__(self, field: FilterField, workbench: Workbench, settings: Settings, history: History) -> None:
        super().__init__(field)
        self._field, self._workbench, self._settings = field, workbench, settings
        self._remarks = ""
        self._soon = QTimer(self, interval=_PAUSE, singleShot=True)
        self._soon.timeout.connect(self.apply)
        field.set_completer(self._complete)
        field.set_history(settings.strings(_HISTORY))
        field.textChanged.connect(lambda _: self._soon.start())
        field.used.connect(self._used)
        field.begin(settings.text(_TEXT))
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
        self.applied.emit(chosen or None)
        view = self._workbench.view
        remarks = " ".join(chosen.remarks(view.journal)) if view is not None and chosen else ""
        if remarks and remarks != self._remarks:
            self.remarked.emit(remarks)
        self._remarks = remarks

    def remember(self) -> None:
        """Keep for the next run what is written."""
        self._settings.set(_TEXT, self._field.text())

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
