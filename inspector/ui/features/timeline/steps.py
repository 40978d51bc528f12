"""Going from one execution to another, and measuring: what the timeline does with the selection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from inspector.analysis.entries import IS_BAD
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.core.records.statuses import RUNNING_CODE

if TYPE_CHECKING:
    from inspector.analysis.timeline.source import Measure
    from inspector.ui.features.timeline.controller import TimelineController

_PART: Final = 65_536
#: Room left at both sides of what is fitted, as a share of it.
_MARGIN: Final = 0.25


class TimelineSteps:
    """Selects in a timeline, and goes on from what is selected.

    Args:
        timeline: The timeline.
    """

    def __init__(self, timeline: TimelineController) -> None:
        self._timeline = timeline
        self._selection = timeline.selection

    def select(self, execution: ExecutionIndex) -> None:
        """Select an execution, -1 for nothing."""
        if execution < 0:
            self._selection.clear()
        else:
            self._selection.select_in(self._timeline.source.journal, execution)
        self._timeline.update()

    def select_publication(self, publication: PublicationIndex) -> None:
        """Select a published event."""
        journal = self._timeline.source.journal
        event = int(journal.publications["event"][publication])
        self._selection.select_publication(publication, journal.events[event].name)
        self._timeline.update()

    def go_to(self, execution: ExecutionIndex) -> None:
        """Select an execution and bring it into sight; nothing for -1."""
        if execution >= 0:
            self.select(execution)
            self._timeline.reveal(execution)

    def next_in_lane(self) -> None:
        """Go to the next execution in the lane."""
        self._neighbour(1)

    def previous_in_lane(self) -> None:
        """Go to the previous execution in the lane."""
        self._neighbour(-1)

    def to_cause(self) -> None:
        """Go to the execution that published what is selected; without one, to the published event."""
        journal = self._timeline.source.journal
        publication = self._selection.publication
        if publication < 0:
            return
        cause = int(journal.publications["cause"][publication])
        if cause >= 0:
            self.go_to(ExecutionIndex(cause))
        elif self._selection.execution >= 0:
            self.select_publication(publication)

    def to_effect(self) -> None:
        """Go to what the selection caused: a published event's first execution, or an execution's first event."""
        journal = self._timeline.source.journal
        execution, publication = self._selection.execution, self._selection.publication
        if execution >= 0:
            effects = journal.caused_by(execution)
            if not effects:
                return
            publication = effects[0]
        elif publication < 0:
            return
        takers = journal.executions_of(publication)
        if takers:
            self.go_to(takers[0])
        else:
            self.select_publication(publication)

    def next_failure(self) -> None:
        """Go to the next execution that went wrong."""
        self.go_to(ExecutionIndex(self._failure(1)))

    def previous_failure(self) -> None:
        """Go to the previous execution that went wrong."""
        self.go_to(ExecutionIndex(self._failure(-1)))

    def focus_selection(self) -> None:
        """Centre the selection; when it is there already, fit it."""
        stretch = self._selected_stretch()
        if stretch is None:
            return
        start, end = stretch
        middle = round(self._timeline.scene.folds.place((start + end) // 2))
        view = self._timeline.navigator.view
        centred = abs(view.x_of(middle) - view.width / 2) <= 2 and not self._timeline.navigator.following
        if centred:
            self._timeline.show(start, end, margin=_MARGIN)
        else:
            self._timeline.navigator.centre(middle)
        self._timeline.update()

    def zoom_to(self, execution: ExecutionIndex) -> None:
        """Select an execution and fit it."""
        self.select(execution)
        stretch = self._selected_stretch()
        if stretch is not None:
            self._timeline.show(*stretch, margin=_MARGIN)

    def clear(self) -> None:
        """Clear the measured range; without one, the selection."""
        self._timeline.scene.found = ""
        measure = self._timeline.measure
        if measure.result is not None or self._selection.range[0] >= 0:
            measure.set_range(None)
        else:
            self.select(ExecutionIndex(-1))

    def _selected_stretch(self) -> tuple[int, int] | None:
        columns, journal = self._timeline.source.executions, self._timeline.source.journal
        if self._selection.execution >= 0:
            start, end = (int(columns[name][self._selection.execution]) for name in ("start", "end"))
            running = columns["status"][self._selection.execution] == RUNNING_CODE
        elif self._selection.publication >= 0:
            start, end = (int(journal.publications[name][self._selection.publication]) for name in ("at", "end"))
            running = end < 0
        else:
            return None
        return start, max(self._timeline.scene.now, start + 1) if running else max(end, start + 1)

    def _neighbour(self, step: int) -> None:
        if self._selection.execution >= 0:
            self.go_to(ExecutionIndex(self._timeline.source.neighbour(self._selection.execution, step)))
        else:
            executions = self._timeline.source.touching(*self._timeline.scene.seen)
            self.go_to(ExecutionIndex(int(executions[0 if step > 0 else -1]) if len(executions) else -1))

    def _failure(self, step: int) -> int:
        status = self._timeline.source.executions["status"]
        at = self._selection.execution
        if at < 0:
            since = self._timeline.scene.seen[0]
            at = ExecutionIndex(int(np.searchsorted(self._timeline.source.executions["start"], since)) - (step > 0))
        low, high = (at + 1, len(status)) if step > 0 else (0, max(at, 0))
        while low < high:
            part = slice(low, min(low + _PART, high)) if step > 0 else slice(max(low, high - _PART), high)
            failures = np.flatnonzero(IS_BAD[status[part]])
            if len(failures):
                return int(failures[0 if step > 0 else -1]) + part.start
            low, high = (part.stop, high) if step > 0 else (low, part.start)
        return -1


class TimelineMeasure:
    """Measures a range of a timeline.

    Args:
        timeline: The timeline.

    Attributes:
        result: What was measured, None for nothing.
        mode: Dragging measures instead of panning.
    """

    def __init__(self, timeline: TimelineController) -> None:
        self._timeline = timeline
        self.result: Measure | None = None
        self.mode = False

    def toggle(self) -> None:
        """Let dragging measure, or pan."""
        self.mode = not self.mode
        self._timeline.update()

    def set_range(self, stretch: tuple[int, int] | None) -> None:
        """Keep a range as measured, None for none; the other panels are told."""
        timeline = self._timeline
        timeline.scene.measuring = None
        if stretch is None:
            self.result = None
            timeline.selection.select_range(-1, -1)
        else:
            start, end = sorted(stretch)
            self.result = timeline.source.measure(start, end)
            timeline.selection.select_range(start, end)
        timeline.update()

    def drag(self, stretch: tuple[int, int]) -> None:
        """Measure while a range is being dragged."""
        start, end = sorted(stretch)
        self._timeline.scene.measuring = (start, end)
        self.result = self._timeline.source.measure(start, end)
        self._timeline.update()

    def zoom(self) -> None:
        """Show the measured range."""
        start, end = self._timeline.selection.range
        if start >= 0:
            self._timeline.show(start, end)
