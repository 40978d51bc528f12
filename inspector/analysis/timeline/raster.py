"""Executions to pixels: which look each pixel of each row has. Numpy only, no window needed.

Three sources are poured into the same cells. Executions shorter than a pixel come from the pyramid where a column
of it is narrower than a pixel, and one by one where it is not (at most 32 to a pixel); those of a pixel and more
come one by one from the span index. What is poured is bounded by the pixels, however many executions there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import numpy.typing as npt

from inspector.analysis.timeline.gaps import Folds
from inspector.analysis.timeline.lanes import DRAWN_AS, STATUS_BITS, LaneRows
from inspector.analysis.timeline.pyramid import COLUMN, MANY, Bools, Bytes, Ints, Pyramid, SpanIndex, columns_of, join
from inspector.core.records.statuses import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.analysis.columns import Columns


#: Looks in the order in which they win a pixel; the position is the low half of a code.
LOOKS: Final = (
    "",
    "ok",
    "running",
    "swallowed",
    "cancelled",
    "interrupted",
    "returned_failure",
    "timed_out",
    "failed",
)
GRID: Final = 15
NO_FOLDS: Final = Folds()
#: High half of a code: several executions, the end of a bar (or a gap of its outline), filtered out, under a fault.
MERGED: Final = 16
CAP: Final = 32
DIM: Final = 64
FAULT: Final = 128
LOOK_MASK: Final = 15
#: How many codes there are.
CODES: Final = 256

#: Narrowest bar whose ends are rounded, and narrowest bar that is handed out for a label, in pixels.
CAPPED: Final = 4
LABELLED: Final = 40

_RUNNING: Final = LOOKS.index("running")
#: Pixels whose cells are turned at once.
_PART: Final = 256


def _code_table() -> Bytes:
    table = np.zeros(256, np.uint8)
    for bits in range(256):
        drawn = [(code, s) for code, s in enumerate(STATUSES) if s not in DRAWN_AS]
        looks = [LOOKS.index(s) for code, s in drawn if bits & STATUS_BITS[code]]
        table[bits] = max(looks, default=0) | (MERGED if bits & MANY or len(looks) > 1 else 0)
    return table


_CODES: Final = _code_table()


class RasterSource(Protocol):
    """What is painted: columns, the start of each column of the pyramid, spans, and what is running.

    Attributes:
        spans: Index of what ended.
        running: Indexes of what has not ended.
    """

    spans: SpanIndex
    running: Ints

    @property
    def executions(self) -> Columns:
        """The journal's columns."""

    @property
    def edges(self) -> Ints:
        """Start of every 32nd execution, in ns, never falling."""

    @property
    def matches(self) -> Bools | None:
        """Whether the filter lets each execution through; None without a filter."""


@dataclass(frozen=True)
class RasterFrame:
    """What part of time goes where.

    Attributes:
        start: Time at the left edge, ns.
        per_pixel: Nanoseconds per pixel.
        width: Pixels.
        now: Where bars that are still growing end, ns.
        folds: What is left out of the axis; ``start`` is a place on it.
        dash: Pixels of a dash, and of a gap, in the outline of a bar under a fault.
    """

    start: int
    per_pixel: float
    width: int
    now: int
    folds: Folds = NO_FOLDS
    dash: int = 3

    @property
    def times(self) -> Ints:
        """Time at every pixel's left edge and at the right end, shape ``(width + 1,)``."""
        offsets: Ints = np.rint(np.arange(self.width + 1) * self.per_pixel).astype(np.int64)
        return self.folds.times(offsets + self.start)

    def x_of(self, times: Ints) -> npt.NDArray[np.float64]:
        """Return the pixels of times, with fractions."""
        x: npt.NDArray[np.float64] = (self.folds.places(times) - self.start) / self.per_pixel
        return x


@dataclass(frozen=True)
class Raster:
    """Codes of every pixel, and the bars that are wide enough for a label.

    Attributes:
        codes: A look, with ``MERGED``, ``CAP``, ``DIM`` and ``FAULT``; shape ``(slots, width)``.
        bars: Execution index, slot, first and end pixel (may lie outside) of wide bars; shape ``(n, 4)``.
    """

    codes: Bytes
    bars: Ints


@dataclass(frozen=True)
class _Pour:
    """Executions on their way to the cells: index, first pixel, end pixel, bits."""

    index: Ints
    x0: Ints
    x1: Ints
    bits: Bytes

    def __getitem__(self, chosen: npt.NDArray[np.generic]) -> _Pour:
        return _Pour(self.index[chosen], self.x0[chosen], self.x1[chosen], self.bits[chosen])


def raster(
    source: RasterSource,
    frame: RasterFrame,
    layers: Sequence[tuple[LaneRows, Ints]],
    slots: int,
    *,
    hide_others: bool = False,
) -> Raster:
    """Return the codes of a frame.

    Args:
        source: What is painted.
        frame: When and how wide.
        layers: Rows of lanes, each with the slot of every row (-1: not painted), shape ``(rows,)``.
        slots: How many rows of pixels cells there are.
        hide_others: Leave out what the filter does not let through; else it is dimmed.
    """
    times = frame.times
    wide, first, last = columns_of(source.edges, times, frame.per_pixel)
    poured = _both(_dots(source, frame, wide), _spans(source, frame, times))
    running = _running(source, frame)
    matches = source.matches
    cells = np.zeros((slots, frame.width), np.uint8)
    passed = np.zeros((slots, frame.width), np.uint8) if matches is not None else cells
    bars: list[Ints] = []
    caps: list[Ints] = []
    struck: list[tuple[Ints, _Pour, Bytes | None]] = []
    growing: list[tuple[Ints, _Pour]] = []
    for rows, slot_of_row in layers:
        if not (slot_of_row >= 0).any():
            continue
        _pour_pyramid(cells, rows.pyramid, slot_of_row, first, last)
        if matches is not None and rows.matching is not None:
            _pour_pyramid(passed, rows.matching, slot_of_row, first, last)
        slot, chosen = _slots_of(rows, slot_of_row, poured)
        _pour(cells, slot, chosen)
        if matches is not None:
            through = matches[chosen.index]
            _pour(passed, slot[through], chosen[through])
        caps.append(_caps(frame.width, slot, chosen))
        bars.append(_bars(slot, chosen))
        outlined = _struck(source, slot, chosen)
        others = None
        if _share(cells, *outlined):
            alone = ~_by_fault(source, chosen)
            others = np.zeros_like(cells)
            _pour_pyramid(others, rows.pyramid, slot_of_row, first, last)
            _pour(others, slot[alone], chosen[alone])
        struck.append((*outlined, others))
        slot, chosen = _slots_of(rows, slot_of_row, running)
        growing.append((slot, chosen))
        bars.append(_bars(slot, chosen))
        struck.append((*_struck(source, slot, chosen), None))
    codes = _codes(cells, passed, None if matches is None else hide_others)
    for slot, chosen in growing:
        _grow(codes, slot, chosen, matches, hide_others=hide_others)
    if caps:
        _cap(codes, np.concatenate(caps))
    for slot, chosen, others in struck:
        _dash(codes, frame.dash, slot, chosen, others)
    return Raster(codes, np.concatenate(bars) if bars else np.zeros((0, 4), np.int64))


def _both(first: _Pour, second: _Pour) -> _Pour:
    return _Pour(
        np.concatenate((first.index, second.index)),
        np.concatenate((first.x0, second.x0)),
        np.concatenate((first.x1, second.x1)),
        np.concatenate((first.bits, second.bits)),
    )


def _dots(source: RasterSource, frame: RasterFrame, wide: Ints) -> _Pour:
    """Return the executions shorter than a pixel, in the columns that are wider than one."""
    columns = source.executions
    index = (wide[:, None] * COLUMN + np.arange(COLUMN)).ravel()
    index = index[index < len(columns)]
    start, end = columns["start"][index], columns["end"][index]
    x0 = np.floor(frame.x_of(start)).astype(np.int64)
    chosen = (end >= 0) & (end - start < frame.per_pixel) & (x0 >= 0) & (x0 < frame.width)
    index, x0 = index[chosen], x0[chosen]
    return _Pour(index, x0, x0 + 1, STATUS_BITS[columns["status"][index]])


def _spans(source: RasterSource, frame: RasterFrame, times: Ints) -> _Pour:
    """Return the executions of a pixel and more that touch the frame."""
    columns = source.executions
    # Times are whole nanoseconds: where a pixel is less than one, the last pixel ends between two of them.
    since, until = int(times[0]), int(times[-1]) + 1
    index = source.spans.find(since, until, int(frame.per_pixel))
    start, end = columns["start"][index], columns["end"][index]
    chosen = (end - start >= frame.per_pixel) & (start < until) & (end > since)
    index, start, end = index[chosen], start[chosen], end[chosen]
    return _Pour(index, *_pixels(frame, start, end), STATUS_BITS[columns["status"][index]])


def _running(source: RasterSource, frame: RasterFrame) -> _Pour:
    index = source.running
    start = source.executions["start"][index]
    chosen = (frame.x_of(start) < frame.width) & (frame.now >= frame.folds.time(frame.start))
    index, start = index[chosen], start[chosen]
    x0, x1 = _pixels(frame, start, np.full(len(start), frame.now))
    return _Pour(index, x0, x1, np.zeros(len(index), np.uint8))


def _pixels(frame: RasterFrame, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    x0 = np.floor(frame.x_of(start)).astype(np.int64)
    x1 = np.ceil(frame.x_of(end)).astype(np.int64)
    return x0, np.maximum(x1, x0 + 1)


def _slots_of(rows: LaneRows, slot_of_row: Ints, pour: _Pour) -> tuple[Ints, _Pour]:
    too_new = pour.index >= len(rows.row)
    with_row = pour[~too_new] if too_new.any() else pour
    slot = slot_of_row[rows.row[with_row.index]]
    chosen = np.flatnonzero(slot >= 0)
    return slot[chosen], with_row[chosen]


def _spread(width: int, slot: Ints, pour: _Pour) -> tuple[Ints, Ints]:
    """Return the flat cell numbers of all pixels of the bars, and how many each has."""
    x0 = np.clip(pour.x0, 0, width)
    lengths = np.clip(pour.x1, 0, width) - x0
    before = np.cumsum(lengths) - lengths
    flat = np.repeat(slot * width + x0 - before, lengths) + np.arange(int(lengths.sum()))
    return flat, lengths


def _pour(cells: Bytes, slot: Ints, pour: _Pour) -> None:
    if not len(slot):
        return
    flat, lengths = _spread(cells.shape[1], slot, pour)
    patch = np.zeros(cells.size, np.uint8)
    kinds = np.flatnonzero(np.bincount(pour.bits, minlength=256)).astype(np.uint8)
    bits = np.repeat(pour.bits, lengths) if len(kinds) > 1 else pour.bits
    for bit in kinds:
        patch[flat if len(kinds) == 1 else flat[bits == bit]] |= bit
    patch[np.bincount(flat, minlength=len(patch)) > 1] |= MANY
    cells[:] = join(cells, patch.reshape(cells.shape))


def _pour_pyramid(cells: Bytes, pyramid: Pyramid, slot_of_row: Ints, first: Ints, last: Ints) -> None:
    filled = np.flatnonzero(first <= last)
    if not len(filled):
        return
    # What lies between is empty, and is looked at with the others: picking out single pixels takes longer.
    there = slice(int(filled[0]), int(filled[-1]) + 1)
    statuses = _turned(pyramid.look(first[there], last[there])[:, : len(slot_of_row)])
    rows = np.flatnonzero(slot_of_row[: len(statuses)] >= 0)
    rows = rows[np.argsort(slot_of_row[rows], kind="stable")]
    slots = slot_of_row[rows]
    firsts = np.flatnonzero(np.diff(slots, prepend=-1))
    turn = np.arange(len(rows)) - np.repeat(firsts, np.diff(firsts, append=len(rows)))
    for number in range(int(turn.max(initial=-1)) + 1):  # once, or as often as rows share a slot: lanes on one row
        chosen = turn == number
        where = (slots[chosen], there)
        cells[where] = join(cells[where], statuses[rows[chosen]])


def _turned(cells: Bytes) -> Bytes:
    """Return cells with rows for columns, turned in parts: as a whole each byte would be fetched from far away."""
    turned = np.empty(cells.shape[::-1], np.uint8)
    for first in range(0, len(cells), _PART):
        turned[:, first : first + _PART] = cells[first : first + _PART].T
    return turned


def _codes(cells: Bytes, passed: Bytes, hide_others: bool | None) -> Bytes:
    codes: Bytes = np.take(_CODES, passed, mode="clip")
    if hide_others is None:
        return codes
    if not hide_others:
        others = (passed == 0) & (cells != 0)
        codes[others] = _CODES[cells[others]] | DIM
    return codes


def _grow(codes: Bytes, slot: Ints, pour: _Pour, matches: Bools | None, *, hide_others: bool) -> None:
    if matches is not None and hide_others:
        through = matches[pour.index]
        slot, pour = slot[through], pour[through]
    flat, lengths = _spread(codes.shape[1], slot, pour)
    code = np.full(len(slot), _RUNNING, np.uint8)
    if matches is not None:
        code[~matches[pour.index]] |= DIM
    filling = np.repeat(code, lengths)
    cells = codes.reshape(-1)
    free = (cells[flat] & LOOK_MASK) < _RUNNING
    cells[flat[free]] = filling[free]


def _caps(width: int, slot: Ints, pour: _Pour) -> Ints:
    """Return the flat cell numbers of both ends of the bars that are wide enough to show them rounded."""
    wide = pour.x1 - pour.x0 >= CAPPED
    left = wide & (pour.x0 >= 0) & (pour.x0 < width)  # where a pixel is less than a nanosecond it may be the next one
    right = wide & (pour.x1 <= width)
    return np.concatenate(((slot * width + pour.x0)[left], (slot * width + pour.x1 - 1)[right]))


def _cap(codes: Bytes, flat: Ints) -> None:
    cells = codes.reshape(-1)
    cells[flat[(cells[flat] & MERGED) == 0]] |= CAP


def _struck(source: RasterSource, slot: Ints, pour: _Pour) -> tuple[Ints, _Pour]:
    """Return the executions under a fault, and retries."""
    chosen = np.flatnonzero(_by_fault(source, pour))
    return slot[chosen], pour[chosen]


def _by_fault(source: RasterSource, pour: _Pour) -> Bools:
    executions = source.executions
    struck: Bools = (executions["fault"][pour.index] | executions["retry"][pour.index]) > 0
    return struck


def _share(cells: Bytes, slot: Ints, struck: _Pour) -> bool:
    """Return whether bars under a fault share pixels with others."""
    flat, _ = _spread(cells.shape[1], slot, struck)
    return bool((_CODES[cells.reshape(-1)[flat]] & MERGED).any())


def _dash(codes: Bytes, dash: int, slot: Ints, pour: _Pour, others: Bytes | None) -> None:
    """Mark bars under a fault by a paler body and, where they are wide enough, a dashed outline, of their own colour.

    Pixels that several share are marked where without the fault they would not look as bad: ``others`` are the cells
    of all that is under none, None where no pixel is shared.
    """
    if not len(slot):
        return
    width = codes.shape[1]
    outlined = pour.x1 - pour.x0 >= CAPPED
    inside = _Pour(pour.index, pour.x0 + outlined, pour.x1 - outlined, pour.bits)  # both ends are outline
    flat, lengths = _spread(width, slot, inside)
    along = flat % width - np.repeat(pour.x0, lengths)
    cells = codes.reshape(-1)
    marked = (cells[flat] & MERGED) == 0
    if others is not None:
        marked |= (cells[flat] & LOOK_MASK) > (_CODES[others.reshape(-1)[flat]] & LOOK_MASK)
        along = np.where((cells[flat] & MERGED) > 0, flat % width, along)
    gaps = marked & np.repeat(outlined, lengths) & (along // dash % 2 == 1)
    cells[flat[marked]] |= FAULT
    cells[flat[gaps]] |= CAP


def _bars(slot: Ints, pour: _Pour) -> Ints:
    wide = pour.x1 - pour.x0 >= LABELLED
    return np.stack((pour.index[wide], slot[wide], pour.x0[wide], pour.x1[wide]), axis=1)


# Codes to colours: the picture of rows of cells, line by line.


@dataclass(frozen=True)
class Lines:
    """What every line of a picture shows.

    Attributes:
        strips: Variant and row of cells of each kind of line that occurs, by variant; shape ``(n, 2)``.
        place: Which of them each line is, shape ``(height,)``.
    """

    strips: Ints
    place: Ints

    @classmethod
    def of(cls, lines: Ints) -> Lines:
        """Make it from variant and row of every line, shape ``(height, 2)``."""
        strips, place = np.unique(lines, axis=0, return_inverse=True)
        return cls(strips, place.reshape(-1))


def image(
    codes: Bytes, colours: npt.NDArray[np.uint32], lines: Lines, into: npt.NDArray[np.uint32] | None = None
) -> npt.NDArray[np.uint32]:
    """Return the picture of codes.

    Args:
        codes: Shape ``(slots, width)``; the last slot may be an empty one for lines between the lanes.
        colours: 0xffRRGGBB by variant and code, shape ``(variants, CODES)``.
        lines: What every line shows.
        into: A picture that is no longer needed, painted over when its shape fits: fresh memory for each frame costs
            more than its pixels.

    Returns:
        0xffRRGGBB, shape ``(height, width)``.
    """
    strips = np.empty((len(lines.strips), codes.shape[1]), np.uint32)
    bounds = np.searchsorted(lines.strips[:, 0], np.arange(len(colours) + 1))
    for variant, (first, last) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
        if first < last:
            np.take(colours[variant], codes[lines.strips[first:last, 1]], out=strips[first:last], mode="clip")
    shape = (len(lines.place), codes.shape[1])
    picture = into if into is not None and into.shape == shape else np.empty(shape, np.uint32)
    np.take(strips, lines.place, axis=0, out=picture, mode="clip")
    return picture
