"""Lanes to y and back, as a value: which lanes are shown, in which order, how high. No Qt: tested without a window."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from inspector.analysis.fuzzy import fuzzy_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.analysis.timeline.lanes import LaneRows
    from inspector.analysis.timeline.pyramid import Ints

#: What a line of the picture shows of its row of cells: see ``looks.colour_table``.
BLANK, OVER, EDGE, BODY, STRIPE, RULE = range(6)
#: Key of the lane of published events; those of a process have its number behind a colon.
MARKS: Final = "events"
#: Key of the lane of tests.
TESTS: Final = "tests"
#: Groupings whose lanes have lanes inside.
OPENING: Final = frozenset({"process", "process handler", "handler"})


@dataclass(frozen=True)
class Density:
    """Heights in pixels: of a bar, between the bars of a lane, above and below them, of the lane of events.

    ``head`` is how much more the lane of a process has.
    """

    name: str
    bar: int
    gap: int
    padding: int
    marks: int
    head: int


DENSITIES: Final = {
    "comfortable": Density("comfortable", 13, 4, 8, 28, 10),
    "compact": Density("compact", 10, 3, 4, 22, 15),
    "dense": Density("dense", 5, 1, 1, 16, 6),
}


@dataclass
class LaneState:
    """What a person chose about the lanes, by their keys.

    Attributes:
        order: Keys in the order chosen; lanes that are not in it follow in their own order.
        pinned: Stay at the top.
        hidden: Not shown.
        collapsed: All on one row.
        opened: Show the lanes inside.
        closed: Do not show the lanes inside: those of a process are shown unless it is closed.
        show_idle: Show lanes without any execution.
        only: Letters that titles must have in this order, empty for no limit.
        tests: There are tests to show.
        publishing: Numbers of the processes that have published something.
        density: One of ``DENSITIES``, or ``auto``: comfortable while all lanes fit, else compact.
    """

    order: list[str] = field(default_factory=list)
    pinned: list[str] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    collapsed: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    show_idle: bool = False
    only: str = ""
    tests: bool = False
    publishing: frozenset[int] = frozenset()
    density: str = "auto"

    def snapshot(self) -> tuple[object, ...]:
        """Return everything as a value that can be compared later."""
        sets = (frozenset(keys) for keys in (self.hidden, self.collapsed, self.opened, self.closed))
        own = (self.show_idle, self.only, self.tests, self.publishing, self.density)
        return (tuple(self.order), tuple(self.pinned), *sets, *own)


@dataclass(frozen=True)
class LaneStrip:
    """A lane as it is shown.

    Attributes:
        key, title: Of the lane.
        layer: 0 for lanes, 1 and 2 for the lanes inside, -1 for the lanes of published events and of tests.
        lane: Number of the lane in its layer.
        y, height: Pixels from the top of its part (pinned or scrolled).
        slot: First row of cells; there are ``levels`` of them.
        levels: Rows.
        outcomes: Executions that did not end well, by status code, and those under a fault (``BY_FAULT``).
        pinned: Stands in the part that does not scroll.
        opens: It has lanes inside.
        opened, collapsed: Its state.
        overfull: Executions that had to share the last row.
        process: Number of the process whose executions it has, 0 for those of all.
        alike: Key of the lane of the same handler where lanes are not grouped by process.
        heads: It stands for a process, above the lanes of its handlers.
    """

    key: str
    title: str
    layer: int
    lane: int
    y: int
    height: int
    slot: int
    levels: int
    outcomes: tuple[int, ...] = ()
    pinned: bool = False
    opens: bool = False
    opened: bool = False
    collapsed: bool = False
    overfull: int = 0
    process: int = 0
    alike: str = ""
    heads: bool = False

    @property
    def marks(self) -> bool:
        """It shows published events."""
        return self.layer < 0 and self.key.partition(":")[0] == MARKS


@dataclass(frozen=True)
class Layout:
    """All lanes that are shown.

    Attributes:
        strips: Pinned ones first, then the others, each part from its top.
        fixed: Height of the pinned part.
        height: Height of the scrolled part.
        slots: Rows of cells in all.
        slot_of_row: For each layer the slot of every row, -1 for rows that are not shown.
        idle: Lanes not shown because nothing ran in them.
        hidden: Lanes that a person hid or that the lane filter left out.
        density: Heights.
    """

    strips: tuple[LaneStrip, ...]
    fixed: int
    height: int
    slots: int
    slot_of_row: tuple[Ints, ...]
    idle: int
    hidden: int
    density: Density

    def strip_at(self, y: float, scroll: float) -> LaneStrip | None:
        """Return the lane at a y below the ruler."""
        pinned = y < self.fixed
        if not pinned:
            y += scroll - self.fixed
        part = [strip for strip in self.strips if strip.pinned == pinned]
        place = bisect_right([strip.y for strip in part], y) - 1
        return part[place] if place >= 0 and y < part[place].y + part[place].height else None

    def top(self, strip: LaneStrip, scroll: float) -> float:
        """Return the y of a lane, in pixels below the ruler."""
        return strip.y if strip.pinned else strip.y + self.fixed - scroll

    def head(self, strip: LaneStrip) -> LaneStrip:
        """Return the lane that another one is inside of, or that one."""
        place = self.strips.index(strip)
        return (
            next((other for other in self.strips[place::-1] if other.layer == 0), strip) if strip.layer > 0 else strip
        )

    def strip(self, key: str) -> LaneStrip | None:
        """Return a lane by its key."""
        return next((strip for strip in self.strips if strip.key == key), None)

    def marks(self, process: int) -> LaneStrip | None:
        """Return the lane of the events that a process has published; None where it is not shown."""
        return self.strip(MARKS) or self.strip(f"{MARKS}:{process}")

    def bar_top(self, strip: LaneStrip, level: int) -> int:
        """Return the y of a row of bars within its lane."""
        if strip.layer < 0:
            return 0
        free = strip.height - 1 - self._bars_height(strip.levels)
        return free // 2 + level * (self.density.bar + self.density.gap)

    def level_at(self, strip: LaneStrip, y: float) -> int:
        """Return the row of bars nearest to a y within its lane."""
        pitch = self.density.bar + self.density.gap
        level = int((y - self.bar_top(strip, 0) + self.density.gap / 2) // pitch)
        return min(max(level, 0), strip.levels - 1)

    @property
    def over(self) -> int:
        """How far a failure reaches above and below its row, in pixels."""
        return 2 if self.density.gap >= 3 else 0

    def lines(self, height: int, scroll: int) -> Ints:
        """Return variant and slot of every line of pixels below the ruler, shape ``(height, 2)``."""
        result = np.zeros((height, 2), np.int64)
        result[:, 1] = self.slots  # the empty slot after the last
        pattern = self._bar_pattern()
        for strip in sorted(self.strips, key=lambda s: s.pinned):
            top = int(self.top(strip, scroll))
            if strip.pinned:
                result[max(top, 0) : max(top + strip.height, 0)] = (BLANK, self.slots)
            if top >= height or top + strip.height <= 0:
                continue
            for level in range(strip.levels if strip.layer >= 0 else 0):
                first = top + self.bar_top(strip, level) - self.over
                low, high = max(first, 0), min(first + len(pattern), height)
                if low < high:
                    result[low:high, 0] = pattern[low - first : high - first]
                    result[low:high, 1] = strip.slot + level
            last = top + strip.height - 1
            if 0 <= last < height and (strip.pinned or last >= self.fixed):
                result[last, 0] = RULE
        return result

    def _bar_pattern(self) -> Ints:
        """Return a variant for each line of pixels of a bar, from a little above it to a little below."""
        bar, over = self.density.bar, self.over
        pattern = np.array([STRIPE if line // 2 % 2 else BODY for line in range(bar)])
        if bar >= 8:
            pattern[[0, -1]] = EDGE
        return np.concatenate((np.full(over, OVER), pattern, np.full(over, OVER)))

    def _bars_height(self, levels: int) -> int:
        return levels * self.density.bar + (levels - 1) * self.density.gap


def layout_key(layers: Sequence[LaneRows], state: LaneState, room: int) -> tuple[object, ...]:
    """Return a value that stays equal while ``lay_out`` would give the same, but for counts: asking costs less."""
    layer_states = (
        (
            *(id(layer), len(layer.lane_of_row), tuple(layer.grouping.lanes)),
            tuple(map(bool, layer.runs)),
        )
        for layer in layers
    )
    return (room, state.snapshot(), *layer_states)


def recounted(layout: Layout, layers: Sequence[LaneRows]) -> Layout:
    """Return a layout with the counts that its lanes have now: that layout itself where all are the same."""
    outcomes = [list(map(tuple, layer.outcomes.tolist())) for layer in layers]
    strips = list(layout.strips)
    for place, strip in enumerate(strips):
        if strip.layer >= 0 and strip.lane < len(outcomes[strip.layer]):
            counts = outcomes[strip.layer][strip.lane]
            overfull = _overfull(layers[strip.layer], strip.lane, heads=strip.heads)
            if counts != strip.outcomes or overfull != strip.overfull:
                strips[place] = replace(strip, outcomes=counts, overfull=overfull)
    return layout if strips == list(layout.strips) else replace(layout, strips=tuple(strips))


def _overfull(rows: LaneRows, lane: int, *, heads: bool) -> int:
    return 0 if heads or lane >= len(rows.overfull) else rows.overfull[lane]


def lay_out(layers: Sequence[LaneRows], state: LaneState, room: int = 0) -> Layout:
    """Lay out the lanes of a layer and, where they are open, those of the layer inside (when it is given).

    Args:
        layers: Rows of the lanes, and of the lanes inside.
        state: What was chosen about the lanes.
        room: Pixels there are for them; ``auto`` density goes by it.
    """
    if state.density != "auto":
        return _Builder(layers, state, DENSITIES[state.density]).build()
    layout = _Builder(layers, state, DENSITIES["comfortable"]).build()
    if layout.fixed + layout.height <= room or not room:
        return layout
    return _Builder(layers, state, DENSITIES["compact"]).build()


class _Builder:
    def __init__(self, layers: Sequence[LaneRows], state: LaneState, density: Density) -> None:
        self._layers = layers
        self._state = state
        self._density = density
        self._strips: list[LaneStrip] = []
        self._slots = 0
        self._slot_of_row = [np.full(len(layer.lane_of_row), -1, np.int64) for layer in layers]
        self._idle = 0
        self._hidden = 0
        self._of_processes = layers[0].grouping.name == "process"

    def build(self) -> Layout:
        lanes = self._ordered()
        pinned = [number for key in self._state.pinned for number, k in lanes if k == key]
        y = self._add_marks()
        for number in pinned:
            y = self._add(number, y, pinned=True)
        fixed, y = y, 0
        for number in pinned:
            # The lane stays, what is inside scrolls below it: all of it pinned would leave no room for other lanes.
            y = self._add_inside(0, number, y)
        for number, _ in lanes:
            if number not in pinned:
                y = self._add(number, y, pinned=False)
        return Layout(
            strips=tuple(self._strips),
            fixed=fixed,
            height=y,
            slots=self._slots,
            slot_of_row=tuple(self._slot_of_row),
            idle=self._idle,
            hidden=self._hidden,
            density=self._density,
        )

    def _ordered(self) -> list[tuple[int, str]]:
        lanes = [(number, lane.key) for number, lane in enumerate(self._layers[0].grouping.lanes)]
        place = {key: position for position, key in enumerate(self._state.order)}
        return sorted(lanes, key=lambda lane: place.get(lane[1], len(place) + lane[0]))

    def _add_marks(self) -> int:
        y = 0
        for key, title in ((TESTS, "tests"), (MARKS, "published events")):
            if (key == TESTS and not self._state.tests) or (key == MARKS and self._of_processes):
                continue
            if key in self._state.hidden:
                self._hidden += 1
                continue
            self._strips.append(LaneStrip(key, title, -1, 0, y, self._density.marks, -1, 1, pinned=True))
            y += self._density.marks
        return y

    def _add(self, number: int, y: int, *, pinned: bool) -> int:
        layer, state = self._layers[0], self._state
        lane = layer.grouping.lanes[number]
        runs = layer.runs[number] if number < len(layer.runs) else 0
        if self._left_out(0, number):
            self._hidden += 1
            return y
        if not runs and not state.show_idle and not lane.lives:
            self._idle += 1
            return y
        opened = bool(self._inside(0, number))
        y = self._strip(0, number, y, pinned=pinned, opens=layer.grouping.name in OPENING, opened=opened)
        return y if pinned else self._add_inside(0, number, y)

    def _add_inside(self, layer: int, number: int, y: int) -> int:
        opens = layer + 1 < len(self._layers) and self._layers[layer + 1].grouping.name in OPENING
        shown = self._inside(layer, number)
        if self._of_processes and layer == 0:
            y = self._add_marks_of(number, y)
        if shown and self._of_processes and layer == 0:
            self._hidden += len(self._ran_inside(layer, number)) - len(shown)
        for child in shown:
            opened = bool(self._inside(layer + 1, child))
            y = self._strip(layer + 1, child, y, pinned=False, opens=opens, opened=opened)
            y = self._add_inside(layer + 1, child, y)
        return y

    def _add_marks_of(self, number: int, y: int) -> int:
        """Add the lane of the events that a process has published, unless the process is closed."""
        lane = self._layers[0].grouping.lanes[number]
        closed = lane.key in self._state.closed or self._left_out(0, number)
        if closed or not lane.process or lane.process not in self._state.publishing:
            return y
        key = f"{MARKS}:{lane.process}"
        if key in self._state.hidden or MARKS in self._state.hidden:
            self._hidden += 1
            return y
        height = self._density.marks
        self._strips.append(LaneStrip(key, "published events", -1, 0, y, height, -1, 1, process=lane.process))
        return y + height

    def _left_out(self, layer: int, number: int) -> bool:
        """Return whether a person hid a lane, or looks for others; a process is there for what is inside it."""
        lane, only = self._layers[layer].grouping.lanes[number], self._state.only
        if lane.key in self._state.hidden:
            return True
        if not only or fuzzy_score(only, lane.title):
            return False
        if not self._of_processes:
            return True
        if layer == 1:  # all of a process that is looked for
            return not fuzzy_score(only, self._layers[0].grouping.lanes[lane.parent].title)
        inner = self._layers[1].grouping.lanes
        return layer == 0 and not any(lane.parent == number and fuzzy_score(only, lane.title) for lane in inner)

    def _inside(self, outer: int, number: int) -> list[int]:
        """Return the lanes inside a lane that is shown and open."""
        lane = self._layers[outer].grouping.lanes[number]
        heads = self._of_processes and outer == 0
        opened = lane.key not in self._state.closed if heads else lane.key in self._state.opened
        if len(self._layers) < outer + 2 or not opened or self._left_out(outer, number):
            return []
        inner = self._ran_inside(outer, number)
        return [child for child in inner if not self._left_out(1, child)] if heads else inner

    def _ran_inside(self, outer: int, number: int) -> list[int]:
        """Return the lanes inside a lane, those where nothing ran only when they are to be shown, too."""
        layer = self._layers[outer + 1]
        return [
            child
            for child, lane in enumerate(layer.grouping.lanes)
            if lane.parent == number and (self._state.show_idle or (child < len(layer.runs) and layer.runs[child] > 0))
        ]

    def _strip(
        self, layer: int, number: int, y: int, *, pinned: bool, opens: bool = False, opened: bool = False
    ) -> int:
        rows = self._layers[layer]
        lane = rows.grouping.lanes[number]
        heads = self._of_processes and layer == 0
        collapsed = lane.key in self._state.collapsed or opened or heads
        levels = 1 if collapsed else rows.levels(number)
        density = self._density
        height = levels * density.bar + (levels - 1) * density.gap + 2 * density.padding + 1 + heads * density.head
        for level, row in enumerate(rows.rows_of_lane[number] if number < len(rows.rows_of_lane) else ()):
            self._slot_of_row[layer][row] = self._slots + (0 if collapsed else level)
        outcomes = tuple(rows.outcomes[number].tolist()) if number < len(rows.outcomes) else ()
        self._strips.append(
            LaneStrip(
                *(lane.key, lane.title, layer, number, y, height, self._slots, levels, outcomes),
                pinned=pinned,
                opens=opens,
                opened=opened,
                collapsed=collapsed and not opened and not heads,
                overfull=_overfull(rows, number, heads=heads),
                process=lane.process,
                alike=lane.alike or lane.key,
                heads=heads,
            )
        )
        self._slots += levels
        return y + height
