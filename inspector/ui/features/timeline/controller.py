"""What the timeline shows and how it is looked at; every key, button and menu ends here or in one of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from inspector.analysis.journal import Journal
from inspector.analysis.timeline.gaps import folds_of
from inspector.analysis.timeline.geometry import TimeView
from inspector.analysis.timeline.layout import lay_out, layout_key, recounted
from inspector.analysis.timeline.navigator import Navigator
from inspector.analysis.timeline.raster import NO_FOLDS
from inspector.analysis.timeline.source import TimelineSource
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.features.timeline.host import take_records
from inspector.ui.features.timeline.lanes import TimelineLanes
from inspector.ui.features.timeline.pointing import point
from inspector.ui.features.timeline.scene import Scene
from inspector.ui.features.timeline.steps import TimelineMeasure, TimelineSteps
from inspector.ui.kit.pacing import PacedTimer
from inspector.ui.selection import NOTHING, Hover

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.analysis.entries import Change
    from inspector.analysis.timeline.index import ExecutionFilter
    from inspector.ui.selection import Selection

_ZOOM: Final = 0.8
_PAN: Final = 0.12
#: Pixels at the edge of the canvas in which a bar can hardly be seen.
_EDGE: Final = 8
#: Room at both sides of what a filter lets through, as a share of it.
_AROUND: Final = 0.03
_SLICE_SECONDS: Final = 0.008
#: What of a large session has been taken in is shown so often, ms: to paint it takes longer than to take more in. On a
#: busy machine it is shown less often: the pause is so many times as long as painting took, up to a second.
_SHOWN_EVERY: Final = 100
_SHARE: Final = 5
_LONGEST: Final = 1_000


class TimelineController(QObject):
    """Holds what is shown and how it is looked at; its parts carry out the rest.

    Args:
        selection: Shared with the other panels.
        clock: Seconds, monotonic.
        changed: Called when something must be painted anew.

    Attributes:
        scene: What painting and pointing read.
        navigator: The view.
        lanes: Arranges and scrolls the lanes.
        steps: Selects, and goes from one execution to another.
        measure: Measures a range.
        hide_others: What the filter does not let through is left out instead of dimmed.
        folding: Idle gaps are folded.
        ticking: Whoever paints does so by itself many times a second, because bars grow.
        painting: Seconds that painting took last.

    Signals:
        find_lane_wanted: A person wants to look for a lane.
        search_wanted: A person wants to filter executions.
        filter_back_wanted: A person wants the filter back that was in force before.
        step_made: Another stretch is looked at; ``step_back`` leads back.
        back_wanted: A person wants the stretch back that was looked at before.
    """

    find_lane_wanted = Signal()
    search_wanted = Signal()
    filter_back_wanted = Signal()
    step_made = Signal()
    back_wanted = Signal()

    def __init__(self, selection: Selection, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        super().__init__()
        self._clock = clock
        self._changed = changed
        self.selection = selection
        self.navigator = Navigator(clock, self.step_made.emit)
        self.lanes = TimelineLanes(self)
        self.steps = TimelineSteps(self)
        self.measure = TimelineMeasure(self)
        self.live = True
        self.records = 0
        self.hide_others = False
        self.folding = False
        self.ticking = False
        self.painting = 0.0
        self.scene = self._new_scene(Journal(), "handler")
        self._folded_at = clock()
        self._ready = True
        self._regroup_at = 0.0
        self._layout_key: tuple[object, ...] = ()
        self._refold_at = 0.0
        self._pointed = NOTHING
        self._unshown = False
        self._pause = PacedTimer(self)
        self._pause.timeout.connect(self._show_taken)
        selection.hovered_changed.connect(self._pointed_elsewhere)

    def seconds(self) -> float:
        """Return the time of the clock, seconds."""
        return self._clock()

    # Data.

    @property
    def source(self) -> TimelineSource:
        """The data."""
        return self.scene.source

    @property
    def ready(self) -> bool:
        """Whether everything there is has been taken in."""
        return self._ready

    @property
    def reading(self) -> float:
        """How much of a stored session has been read, 0 to 1."""
        return min(1.0, self.source.journal.seq / self.records) if self.records else 1.0

    @property
    def growing(self) -> bool:
        """Whether bars grow by themselves as time passes."""
        return self.live and (bool(len(self.source.running)) or any(b.end < 0 for b in self.scene.bands))

    def set_journal(self, journal: Journal, *, live: bool = True, records: int = 0) -> None:
        """Show another session; of a stored one ``records`` will come in all."""
        old = self.scene
        self.scene = self._new_scene(journal, self.lanes.group_of(journal))
        self.scene.width, self.scene.height, self.scene.gutter = old.width, old.height, old.gutter
        self.source.set_filter(old.source.filter)
        self.live, self.records, self.measure.result = live, records, None
        take_records(journal.host_records, self.scene.bands, self.scene.marks)
        self._take_tests()
        self.navigator.reset()
        self._pause.stop()
        self._unshown = False
        self._folded_at = self._clock()
        self._ready = len(journal.executions) + len(journal.publications) == 0
        if self.lanes.state.opened:
            self.source.open_inside()
        self.advance()
        if not live:
            self._refold()
            self.navigator.arrive(round(self.scene.folds.place(journal.now)))
            self.navigator.fit()
            self.update()

    def folded(self, change: Change) -> None:
        """Take in what the journal has just folded."""
        self.source.fold(change)
        if change.processes:
            self._take_tests()
            self.lanes.regroup()
        take_records(change.host, self.scene.bands, self.scene.marks)
        self._folded_at = self._clock()
        self._ready = self.source.taken == len(self.source.executions)
        if self.folding and self._clock() >= self._refold_at:
            self._refold()
        if self.source.layers[0].grouping.stale and self._clock() >= self._regroup_at:
            begun = self._clock()
            self.source.set_group(self.source.group)
            self.advance()
            self._regroup_at = self._clock() + 20 * (self._clock() - begun) + 1.0
        if not self.live:
            if self.reading == 1:
                self._pause.stop()
            self._show_now_and_then()
        elif self.growing and self.ticking:
            self._lay_out()  # painted with the next tick: more often than the screen would be in vain
        else:
            self.relayout()

    def _show_now_and_then(self) -> None:
        """Show what has been taken in, unless something was shown a moment ago: then in a moment."""
        self._unshown = True
        if not self._pause.isActive():
            self._show_taken()

    def _show_taken(self) -> None:
        if not self._unshown:
            return
        self._unshown = False
        self._pause.start(max(_SHOWN_EVERY, min(round(_SHARE * 1000 * self.painting), _LONGEST)))
        if not self.live:
            self.navigator.arrive(round(self.scene.folds.place(self.source.journal.now)))
            self.navigator.refit()
        self.relayout()

    def _take_tests(self) -> None:
        self.scene.tests.take(self.source.journal.processes.tests)
        self.lanes.state.tests = bool(self.scene.tests.tests)

    def advance(self) -> bool:
        """Take in more of what is not yet, for a few milliseconds; return True when nothing is left."""
        self._take_slice()
        self.relayout()
        return self._ready

    def go_on(self) -> None:
        """Take in more, as ``advance`` does; it is shown now and then, and when nothing is left."""
        self._take_slice()
        if self._ready:
            self.relayout()
        else:
            self._show_now_and_then()

    def _take_slice(self) -> None:
        limit = self._clock() + _SLICE_SECONDS
        self._ready = self.source.advance(lambda: self._clock() >= limit)

    def tick(self) -> None:
        """Let time pass: running bars grow and the view follows."""
        journal = self.source.journal
        passed = self._clock() - self._folded_at if self.growing else 0.0
        self.scene.now = journal.now + max(0, round(passed * 1e9))
        times = (self.scene.now, *self._activity())
        self.navigator.arrive(*(round(self.scene.folds.place(time)) if time >= 0 else -1 for time in times))
        self.scene.view = self.navigator.view

    def _activity(self) -> tuple[int, int]:
        """Return when the first thing happened, and when the last one began; -1 while there is none."""
        journal = self.source.journal
        times = [column for column in (journal.publications["at"], journal.executions["start"]) if len(column)]
        if not times:
            return -1, -1
        return min(int(column[0]) for column in times), max(int(column[-1]) for column in times)

    def relayout(self) -> None:
        """Lay the lanes out anew."""
        self._lay_out()
        self.update()

    def _lay_out(self) -> None:
        room = self.scene.lanes_height
        self.lanes.state.publishing = self.source.publishing
        key = layout_key(self.source.layers, self.lanes.state, room)
        if key != self._layout_key:
            self.scene.layout = lay_out(self.source.layers, self.lanes.state, room)
            self._layout_key = key
        self.scene.layout = recounted(self.scene.layout, self.source.layers)
        self.scene.scroll = min(max(self.scene.scroll, 0), self.scene.scroll_range)

    def update(self) -> None:
        """Bring the scene up to date and have it painted."""
        self.tick()
        point(self.scene)
        self._tell_pointed()
        self._changed()

    def _tell_pointed(self) -> None:
        """Notify the other panels of what is under the pointer; only while it is over the timeline."""
        scene = self.scene
        hover = (
            Hover(ExecutionIndex(scene.hovered), PublicationIndex(scene.hovered_mark))
            if scene.hovered >= 0 or scene.hovered_mark >= 0
            else NOTHING
        )
        if hover != self._pointed:
            self._pointed = hover
            self.selection.hover(hover)

    def _pointed_elsewhere(self, what: Hover) -> None:
        lit = NOTHING if what == self._pointed else what
        if lit != self.scene.lit:
            self.scene.lit = lit
            self._changed()

    def set_first_span(self, span: int) -> None:
        """Show so much time at first, in ns: from now on, and now while the view follows."""
        self.navigator.set_first_span(span)
        self.update()

    def resize(self, width: int, height: int) -> None:
        """Take notice of the size of the canvas."""
        self.scene.width, self.scene.height = width, height
        self.navigator.resize(width - self.scene.gutter)
        self.relayout()

    def set_gutter(self, width: int) -> None:
        """Make the lanes' titles wider or narrower."""
        self.scene.gutter = min(max(90, width), max(90, self.scene.width // 2))
        self.resize(self.scene.width, self.scene.height)

    # Zoom and move.

    def zoom_at(self, factor: float, x: float) -> None:
        """Zoom around an x of the canvas."""
        self.navigator.zoom(factor, x - self.scene.gutter)
        self.update()

    def zoom_in(self) -> None:
        """Show less, around the pointer or the middle."""
        self.zoom_at(_ZOOM, self._anchor())

    def zoom_out(self) -> None:
        """Show more, around the pointer or the middle."""
        self.zoom_at(1 / _ZOOM, self._anchor())

    def fit(self) -> None:
        """Show the whole session; under a filter, from the first to the last execution that it lets through."""
        matching = self.source.matching()
        if self.source.filter is not None and len(matching):
            self.show(*self.source.extent(matching, self.scene.now), margin=_AROUND)
            return
        self.navigator.fit()
        self.update()

    def go_to_first_match(self) -> None:
        """Show the first execution that the filter lets through, and select it."""
        matching = self.source.matching()
        if len(matching):
            self.steps.go_to(ExecutionIndex(int(matching[0])))

    def step_back(self) -> bool:
        """Go back to the view before; return False when there is none."""
        moved = self.navigator.step_back()
        self.update()
        return moved

    def step_forward(self) -> bool:
        """Go forward again to the view that was gone back from; return False when there is none."""
        moved = self.navigator.step_forward()
        self.update()
        return moved

    def pan(self, pixels: float) -> None:
        """Look later by pixels."""
        self.navigator.pan(pixels)
        self.update()

    def pan_left(self) -> None:
        """Look earlier."""
        self.pan(-_PAN * self.scene.view.width)

    def pan_right(self) -> None:
        """Look later."""
        self.pan(_PAN * self.scene.view.width)

    def show(self, start: int, end: int, margin: float = 0.0) -> None:
        """Show a stretch of time."""
        low, high = (round(self.scene.folds.place(time)) for time in (start, end))
        self.navigator.show(low, high, margin)
        self.update()

    def brush(self, start: int, end: int) -> None:
        """Show a stretch of the axis while it is being dragged."""
        self.navigator.brush(start, end)
        self.update()

    def home(self) -> None:
        """Go to the beginning."""
        self.navigator.home()
        self.update()

    def end(self) -> None:
        """Go to the newest."""
        self.navigator.end()
        self.update()

    def toggle_follow(self) -> None:
        """Follow, or stand still."""
        self.navigator.follow(not self.navigator.following)
        self.update()

    def stand_still(self) -> None:
        """Stop following: what is looked at would run out of sight."""
        if self.navigator.following:
            self.toggle_follow()

    def toggle_folds(self) -> None:
        """Fold idle gaps, or show time as it passed."""
        self.folding = not self.folding
        self._refold()
        self.update()

    def _refold(self) -> None:
        """Bring the axis up to date with the gaps there are; what is looked at stays."""
        begun = self._clock()
        old, new = self.scene.folds, folds_of(self.source.journal) if self.folding else NO_FOLDS
        if new != old:
            self.scene.folds = new
            newest = round(new.place(max(self.scene.now, self.source.journal.now)))
            self.navigator.convert(lambda place: round(new.place(old.time(place))), newest)
        # Looking for gaps costs 5 ms at a million executions: it may take a hundredth of the time.
        self._refold_at = self._clock() + max(0.5, 100 * (self._clock() - begun))

    # Filter.

    def set_filter(self, chosen: ExecutionFilter | None) -> None:
        """Let only some executions through."""
        self.source.set_filter(chosen)
        self.reread()

    def reread(self) -> None:
        """Take everything in anew, a slice now and the rest by and by."""
        self._ready = False
        self.advance()

    def _anchor(self) -> float:
        if self.scene.hover is not None and self.scene.hover[0] >= self.scene.gutter:
            return self.scene.hover[0]
        return self.scene.gutter + self.scene.view.width / 2

    def _new_scene(self, journal: Journal, group: str) -> Scene:
        source = TimelineSource(journal, group)
        view = TimeView(0, self.navigator.view.span, self.navigator.view.width)
        return Scene(source, lay_out(source.layers, self.lanes.state), view)

    def reveal_selection(self) -> None:
        """Bring what is selected into sight, its lane too if that is hidden."""
        execution, publication = self.selection.execution, self.selection.publication
        if execution >= 0:
            if self.scene.bar(execution) is None and execution < self.source.taken:
                self.lanes.show_all()
            self.reveal(execution)
        elif 0 <= publication < len(self.source.journal.publications):
            at = self.source.journal.publications["at"][publication]
            left, right = self._in_sight()
            if not left <= self.scene.x_of(int(at)) <= right:
                self.navigator.centre(round(self.scene.folds.place(int(at))))
            self.update()

    def _in_sight(self) -> tuple[float, float]:
        """Return between which pixels a thing can well be seen: not at the very edges, unless nothing lies beyond."""
        view = self.navigator.view
        before, after = view.start > 0, view.end < self.navigator.newest
        return self.scene.gutter + (_EDGE if before else 0), self.scene.width - (_EDGE if after else 0)

    def reveal(self, execution: int) -> None:
        """Bring an execution into sight, moving no more than needed."""
        bar = self.scene.bar(execution)
        if bar is None:
            return
        left, right = self._in_sight()
        if bar.x1 < left or bar.x0 > right:
            columns = self.source.executions
            self.navigator.centre(round(self.scene.folds.place(int(columns["start"][execution]))))
        top = bar.top - RULER_HEIGHT - self.scene.layout.fixed
        room = self.scene.lanes_height - self.scene.layout.fixed
        if not bar.strip.pinned and not 0 <= top <= room - bar.height:
            self.scene.scroll = min(max(self.scene.scroll + round(top - room / 2), 0), self.scene.scroll_range)
        self.update()
