"""Everything one frame of the timeline shows, apart from the lanes' picture: measures, bounds, what lies where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspector.analysis.ran_tests import TestBand
from inspector.analysis.timeline.geometry import Ruler, TimeView, folded_ruler, ruler
from inspector.analysis.timeline.raster import NO_FOLDS
from inspector.core.records.statuses import RUNNING_CODE
from inspector.ui.features.timeline.axis import GUTTER_WIDTH, RULER_HEIGHT
from inspector.ui.selection import NOTHING, Hover

if TYPE_CHECKING:
    from inspector.analysis.timeline.gaps import Folds
    from inspector.analysis.timeline.layout import LaneStrip, Layout
    from inspector.analysis.timeline.source import TimelineSource
    from inspector.core.records.host import HostRecord


@dataclass(frozen=True)
class Bar:
    """Where an execution is: logical pixels of the canvas; ``strip`` is its lane."""

    x0: float
    x1: float
    top: float
    height: float
    strip: LaneStrip

    @property
    def middle(self) -> float:
        """The y of its middle."""
        return self.top + self.height / 2


@dataclass
class BlockedBand:
    """A stretch in which the loop was blocked, with what blocked it. ``end`` is -1 while it lasts."""

    start: int
    end: int
    culprit: str


@dataclass
class Scene:
    """The state that painting and pointing share.

    Attributes:
        source: The data.
        layout: Lanes to y.
        view: Time to x, of the part right of the gutter.
        scroll: How far the lanes are scrolled, pixels.
        width, height: Of the canvas.
        now: Where growing bars end, ns.
        gutter: Width of the lanes' titles.
        hover: Where the pointer is, None when elsewhere.
        hovered: Execution under the pointer, -1 for none.
        hovered_mark: Publication under the pointer, -1 for none.
        measuring: A range being dragged, ns.
        zooming: A range being dragged on the ruler, ns.
        bands: Stretches in which the loop was blocked.
        marks: Records of the host that are marked on the ruler, in the order of time.
        tests: The tests that ran.
        found: Key of the lane that was looked for last.
        lit: What is pointed at elsewhere.
        struck: Keys of the lanes that faults are on for.
        folds: Idle gaps that are folded; ``view`` shows the axis without them.
    """

    source: TimelineSource
    layout: Layout
    view: TimeView
    scroll: int = 0
    width: int = 1
    height: int = 1
    now: int = 0
    gutter: int = GUTTER_WIDTH
    hover: tuple[float, float] | None = None
    hovered: int = -1
    hovered_mark: int = -1
    measuring: tuple[int, int] | None = None
    zooming: tuple[int, int] | None = None
    bands: list[BlockedBand] = field(default_factory=list)
    marks: list[HostRecord] = field(default_factory=list)
    tests: TestBand = field(default_factory=TestBand)
    struck: frozenset[str] = frozenset()
    folds: Folds = NO_FOLDS
    found: str = ""
    lit: Hover = NOTHING

    @property
    def lanes_height(self) -> int:
        """Height of the part below the ruler."""
        return max(1, self.height - RULER_HEIGHT)

    @property
    def ticks(self) -> Ruler:
        """Where the ruler has its ticks."""
        return folded_ruler(self.view, self.folds) if self.folds else ruler(self.view)

    @property
    def scroll_range(self) -> int:
        """How far the lanes can be scrolled."""
        return max(0, self.layout.height - (self.lanes_height - self.layout.fixed))

    def x_of(self, time: float) -> float:
        """Return the canvas's x of a time, in pixels."""
        return self.gutter + self.view.x_of(self.folds.place(time) if self.folds else time)

    def time_of(self, x: float) -> int:
        """Return the time at a canvas's x, in ns."""
        place = self.view.time_of(x - self.gutter)
        return self.folds.time(place) if self.folds else place

    @property
    def seen(self) -> tuple[int, int]:
        """Times at the left and right edge."""
        return self.time_of(self.gutter), self.time_of(self.gutter + self.view.width)

    def breaks(self) -> list[tuple[float, float, int]]:
        """Return left x, right x and length in ns of the folded gaps in sight."""
        start, end = self.seen
        gaps = ((int(low), int(high)) for low, high in self.folds.gaps.tolist() if high > start and low < end)
        return [(self.x_of(low), self.x_of(high), high - low) for low, high in gaps]

    def bar(self, execution: int) -> Bar | None:
        """Return where an execution is; None when its lane is not shown."""
        columns = self.source.executions
        if not 0 <= execution < self.source.taken:
            return None
        start, end = int(columns["start"][execution]), int(columns["end"][execution])
        if columns["status"][execution] == RUNNING_CODE:
            end = max(self.now, start)
        for number in reversed(range(len(self.source.layers))):
            row = int(self.source.layers[number].row[execution])
            slots = self.layout.slot_of_row[number]
            slot = int(slots[row]) if row < len(slots) else -1
            if slot >= 0:
                return self._placed(start, end, slot)
        return None

    def _placed(self, start: int, end: int, slot: int) -> Bar | None:
        strip = self.strip_of_slot(slot)
        if strip is None:
            return None
        x0 = self.x_of(start)
        top = self.layout.top(strip, self.scroll) + self.layout.bar_top(strip, slot - strip.slot) + RULER_HEIGHT
        return Bar(x0, max(self.x_of(end), x0 + 1), top, self.layout.density.bar, strip)

    def strip_of_slot(self, slot: int) -> LaneStrip | None:
        """Return the lane that has a row of cells."""
        for strip in self.layout.strips:
            if strip.layer >= 0 and strip.slot <= slot < strip.slot + strip.levels:
                return strip
        return None

    def mark(self, publication: int) -> tuple[float, float] | None:
        """Return x and y of the mark of a publication, in pixels; None when the lane of events is not shown."""
        columns = self.source.journal.publications
        if not 0 <= publication < len(columns):
            return None
        strip = self.layout.marks(int(columns["process"][publication]))
        if strip is None:
            return None
        top = self.layout.top(strip, self.scroll)
        if not strip.pinned and top + strip.height / 2 < self.layout.fixed:
            return None  # it is scrolled out of sight
        return self.x_of(int(columns["at"][publication])), RULER_HEIGHT + top + strip.height / 2
