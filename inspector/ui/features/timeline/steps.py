"""Going from one execution to another, and measuring: the part of the controller that knows the selection."""

from __future__ import annotations

from typing import Final

import numpy as np

from inspector.analysis.entries import IS_BAD, RUNNING_CODE
from inspector.ui.features.timeline.lane_control import TimelineLanes

_PART: Final = 65_536
#: Room left at both sides of what is fitted, as a share of it.
_MARGIN: Final = 0.25


class TimelineSteps(TimelineLanes):
    """The whole of what the timeline can do."""

    def select(self, execution: int) -> None:
        """Select an execution, -1 for nothing."""
        if execution < 0:
            self.selection.clear()
        else:
            self.selection.select_in(self.source.journal, execution)
        self.update()

    def select_publication(self, publication: int) -> None:
        """Select a published event."""
        journal = self.source.journal
        event = int(journal.publications["event"][publication])
        self.selection.select_publication(publication, journal.events[event].name)
        self.update()

    def go_to(self, execution: int) -> None:
        """Select an execution and bring it into sight; nothing for -1."""
        if execution >= 0:
            self.select(execution)
            self.reveal(execution)

    def next_in_lane(self) -> None:
        """Go to the next execution in the lane."""
        self._neighbour(1)

    def previous_in_lane(self) -> None:
        """Go to the previous execution in the lane."""
        self._neighbour(-1)

    def to_cause(self) -> None:
        """Go to the execution that published what is selected; without one, to the published event."""
        journal = self.source.journal
        publication = self.selection.publication
        if publication < 0:
            return
        cause = int(journal.publications["cause"][publication])
        if cause >= 0:
            self.go_to(cause)
        elif self.selection.execution >= 0:
            self.select_publication(publication)

    def to_effect(self) -> None:
        """Go to what the selection caused: a published event's first execution, or an execution's first event."""
        journal = self.source.journal
        execution, publication = self.selection.execution, self.selection.publication
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
        self.go_to(self._failure(1))

    def previous_failure(self) -> None:
        """Go to the previous execution that went wrong."""
        self.go_to(self._failure(-1))

    def focus_selection(self) -> None:
        """Centre the selection; when it is there already, fit it."""
        stretch = self._selected_stretch()
        if stretch is None:
            return
        start, end = stretch
        middle = round(self.scene.folds.place((start + end) // 2))
        view = self.navigator.view
        centred = abs(view.x_of(middle) - view.width / 2) <= 2 and not self.navigator.following
        if centred:
            self.show(start, end, margin=_MARGIN)
        else:
            self.navigator.centre(middle)
        self.update()

    def zoom_to(self, execution: int) -> None:
        """Select an execution and fit it."""
        self.select(execution)
        stretch = self._selected_stretch()
        if stretch is not None:
            self.show(*stretch, margin=_MARGIN)

    def clear(self) -> None:
        """Clear the measured range; without one, the selection."""
        self.scene.found = ""
        if self.measure is not None or self.selection.range[0] >= 0:
            self.set_range(None)
        else:
            self.select(-1)

    def toggle_measure(self) -> None:
        """Let dragging measure, or pan."""
        self.measuring_mode = not self.measuring_mode
        self.update()

    def set_range(self, stretch: tuple[int, int] | None) -> None:
        """Keep a range as measured, None for none; the other panels are told."""
        self.scene.measuring = None
        if stretch is None:
            self.measure = None
            self.selection.select_range(-1, -1)
        else:
            start, end = sorted(stretch)
            self.measure = self.source.measure(start, end)
            self.selection.select_range(start, end)
        self.update()

    def drag_range(self, stretch: tuple[int, int]) -> None:
        """Measure while a range is being dragged."""
        start, end = sorted(stretch)
        self.scene.measuring = (start, end)
        self.measure = self.source.measure(start, end)
        self.update()

    def zoom_to_range(self) -> None:
        """Show the measured range."""
        if self.selection.range[0] >= 0:
            self.show(*self.selection.range)

    def _selected_stretch(self) -> tuple[int, int] | None:
        columns, journal = self.source.executions, self.source.journal
        if self.selection.execution >= 0:
            start, end = (int(columns[name][self.selection.execution]) for name in ("start", "end"))
            running = columns["status"][self.selection.execution] == RUNNING_CODE
        elif self.selection.publication >= 0:
            start, end = (int(journal.publications[name][self.selection.publication]) for name in ("at", "end"))
            running = end < 0
        else:
            return None
        return start, max(self.scene.now, start + 1) if running else max(end, start + 1)

    def _neighbour(self, step: int) -> None:
        if self.selection.execution >= 0:
            self.go_to(self.source.neighbour(self.selection.execution, step))
        else:
            seen = self.source.touching(*self.scene.seen)
            self.go_to(int(seen[0 if step > 0 else -1]) if len(seen) else -1)

    def _failure(self, step: int) -> int:
        status = self.source.executions["status"]
        at = self.selection.execution
        if at < 0:
            at = int(np.searchsorted(self.source.executions["start"], self.scene.seen[0])) - (step > 0)
        low, high = (at + 1, len(status)) if step > 0 else (0, max(at, 0))
        while low < high:
            part = slice(low, min(low + _PART, high)) if step > 0 else slice(max(low, high - _PART), high)
            found = np.flatnonzero(IS_BAD[status[part]])
            if len(found):
                return int(found[0 if step > 0 else -1]) + part.start
            low, high = (part.stop, high) if step > 0 else (low, part.start)
        return -1
