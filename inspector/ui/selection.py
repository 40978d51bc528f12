"""What is selected, shared by every panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from inspector.core.records.numbers import NO_EXECUTION, NO_PUBLICATION, ExecutionIndex, PublicationIndex

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal


@dataclass(frozen=True)
class Hover:
    """What the pointer is over, wherever in the window.

    Attributes:
        execution: An execution's index, -1 for none.
        publication: A publication's index, -1 for none.
        handlers, events: Numbers of handlers and of event types; all executions of these are meant.
        lengths: Only executions of at least the first and less than the second length, ns; None for all.
    """

    execution: ExecutionIndex = NO_EXECUTION
    publication: PublicationIndex = NO_PUBLICATION
    handlers: frozenset[int] = frozenset()
    events: frozenset[int] = frozenset()
    lengths: tuple[int, int] | None = None


#: The pointer is over nothing that others could show.
NOTHING: Final = Hover()


class Selection(QObject):
    """One selection for the whole window.

    Indexes are the journal's (0 and up); -1, and "" for an event, mean that nothing is selected. A signal is sent only
    when the value changes, after all values have been set, so a listener sees a consistent whole.

    Signals:
        execution_selected: An execution's index.
        publication_selected: A publication's index.
        event_selected: An event type's name.
        handler_selected: A handler's number.
        range_selected: Start and end in ns since the session started; both -1 for no range.
        hovered_changed: A ``Hover``.
    """

    execution_selected = Signal(int)
    publication_selected = Signal(int)
    event_selected = Signal(str)
    handler_selected = Signal(int)
    range_selected = Signal(object, object)
    hovered_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.execution = NO_EXECUTION
        self.publication = NO_PUBLICATION
        self.event_name = ""
        self.handler = -1
        self.range: tuple[int, int] = (-1, -1)
        self.hovered = NOTHING

    def select_execution(self, index: ExecutionIndex, publication: PublicationIndex, event: str, handler: int) -> None:
        """Select an execution together with what it belongs to."""
        self._set(execution=index, publication=publication, event=event, handler=handler)

    def select_in(self, journal: Journal, index: ExecutionIndex) -> None:
        """Select an execution of a journal, by its index, together with what it belongs to."""
        publication, event, handler = (
            int(journal.executions[name][index]) for name in ("publication", "event", "handler")
        )
        self.select_execution(index, PublicationIndex(publication), journal.events[event].name, handler)

    def select_publication(self, index: PublicationIndex, event: str) -> None:
        """Select a publication; no execution is selected then."""
        self._set(execution=NO_EXECUTION, publication=index, event=event, handler=self.handler)

    def select_event(self, name: str) -> None:
        """Select an event type; executions and publications stay selected."""
        self._set(self.execution, self.publication, name, self.handler)

    def select_handler(self, number: int) -> None:
        """Select a handler; executions and publications stay selected."""
        self._set(self.execution, self.publication, self.event_name, number)

    def select_range(self, start: int, end: int) -> None:
        """Select a stretch of time in ns; -1, -1 for none."""
        if self.range != (start, end):
            self.range = (start, end)
            self.range_selected.emit(start, end)

    def hover(self, what: Hover) -> None:
        """Show what the pointer is over."""
        if what != self.hovered:
            self.hovered = what
            self.hovered_changed.emit(what)

    def clear(self) -> None:
        """Select no execution and no publication; event and handler stay."""
        self._set(NO_EXECUTION, NO_PUBLICATION, self.event_name, self.handler)

    def reset(self) -> None:
        """Select nothing at all, as when another session is shown."""
        self._set(NO_EXECUTION, NO_PUBLICATION, "", -1)
        self.select_range(-1, -1)
        self.hover(NOTHING)

    def _set(self, execution: ExecutionIndex, publication: PublicationIndex, event: str, handler: int) -> None:
        before = (self.execution, self.publication, self.event_name, self.handler)
        self.execution, self.publication, self.event_name, self.handler = execution, publication, event, handler
        signals = (self.execution_selected, self.publication_selected, self.event_selected, self.handler_selected)
        for old, new, signal in zip(before, (execution, publication, event, handler), signals, strict=True):
            if old != new:
                signal.emit(new)
