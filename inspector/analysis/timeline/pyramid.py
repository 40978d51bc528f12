"""What makes a million executions cheap to look at: a coverage pyramid and an index of spans.

Both cut time where the data is: a *column* is 32 consecutive executions, whatever time they took to come. A burst
after an hour of silence therefore has columns of its own, and no view of it meets bins too coarse for it.
"""

from __future__ import annotations

import itertools
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.spill import GrowingArray

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Consecutive executions in one column of the pyramid.
COLUMN: Final = 32
#: Bit of a cell that stands for several executions of one status; the other seven say which statuses are in it.
MANY: Final = 128
#: So many executions are taken in one after another: a dozen calls of numpy for each level would take longer.
FEW: Final = 48

_ROWS_AT_ONCE: Final = 8
_COLUMNS_AT_ONCE: Final = 256
_BLOCK: Final = 256
_FAR: Final = np.iinfo(np.int64).max


def join(first: Bytes, second: Bytes) -> Bytes:
    """Return the cells of two stretches of one shape as one: statuses of both, many where both hold the same one.

    Two different statuses in a cell tell by themselves that it stands for more than one execution.
    """
    result: Bytes = first & second
    # A carry out of the low seven bits: no comparison, so it runs as wide as the machine can.
    result += np.uint8(127)
    result &= np.uint8(MANY)
    result |= first
    result |= second
    return result


def _joined(first: int, second: int) -> int:
    """Return two cells as one: ``join`` of plain numbers."""
    return first | second | (MANY if first & second & ~MANY else 0)


class Pyramid:
    """Cells of status bits, by column and row, and the same joined two by two up to a handful.

    Level 0 has a cell for each column and row; level ``k`` one for ``2**k`` columns. Any stretch of columns is joined
    from at most two cells of each level, so looking costs what is painted, not what was recorded.
    """

    def __init__(self) -> None:
        self._levels = [GrowingArray(np.uint8, (_ROWS_AT_ONCE,), _COLUMNS_AT_ONCE)]
        self._columns = 0
        self._rows = 0

    @property
    def rows(self) -> int:
        """Rows that were marked so far (or reserved)."""
        return self._rows

    @property
    def nbytes(self) -> int:
        """Bytes of the filled cells of all levels."""
        width = self._width
        return sum(((self._columns >> level) + 1) * width for level in range(len(self._levels)))

    def mark(self, columns: Ints, rows: Ints, bits: Bytes) -> None:
        """Mark executions: the column of each, its row, its status bit. All of shape ``(n,)``."""
        if not len(columns):
            return
        self._reserve(int(columns.max()) + 1, int(rows.max()) + 1)
        if len(columns) <= FEW:
            self._mark_few(columns.tolist(), rows.tolist(), bits.tolist())
            return
        low, high = int(columns.min()), int(columns.max())
        if high - low <= len(columns):  # nearly all between are touched, and nothing is added to the others
            touched, place = np.arange(low, high + 1), columns - low
        else:
            touched, place = np.unique(columns, return_inverse=True)
        patch = self._patch(len(touched), place * self._width + rows, bits)
        if len(touched) == high + 1 - low:
            self._join_stretch(low, high + 1, patch)
        else:
            self._join_columns(touched, patch)

    def _patch(self, columns: int, flat: Ints, bits: Bytes) -> Bytes:
        """Return the cells of some columns, each by what was marked in it alone, shape ``(columns, width)``."""
        patch = np.zeros(columns * self._width, np.uint8)
        # Nearly all have one status. A cell that has it several times is written several times.
        usual = np.uint8(np.bincount(bits).argmax())
        is_usual = bits == usual
        patch[flat[is_usual]] = usual
        others = np.flatnonzero(~is_usual)
        np.bitwise_or.at(patch, flat[others], bits[others])
        patch[np.bincount(flat, minlength=len(patch)) > 1] |= MANY
        return patch.reshape(columns, -1)

    def _join_stretch(self, low: int, high: int, patch: Bytes) -> None:
        """Join cells of the columns ``low…high`` (not included) to what is there, by slices: nothing is copied."""
        levels = [level.array for level in self._levels]
        levels[0][low:high] = join(levels[0][low:high], patch)
        for lower, upper in itertools.pairwise(levels):
            low, high = low >> 1, (high + 1) >> 1
            upper[low:high] = join(lower[2 * low : 2 * high : 2], lower[2 * low + 1 : 2 * high : 2])

    def _join_columns(self, touched: Ints, patch: Bytes) -> None:
        """Join cells of some columns, which grow, to what is there."""
        levels = [level.array for level in self._levels]
        levels[0][touched] = join(levels[0][touched], patch)
        for lower, upper in itertools.pairwise(levels):
            touched = touched >> 1
            touched = touched[np.diff(touched, prepend=-1) > 0]
            upper[touched] = join(lower[2 * touched], lower[2 * touched + 1])

    def _mark_few(self, columns: list[int], rows: list[int], bits: list[int]) -> None:
        """Mark cell by cell, each level only as far as something changes: high up nearly nothing does."""
        cells: dict[tuple[int, int], int] = {}
        for column, row, bit in zip(columns, rows, bits, strict=True):
            before = cells.get((column, row))
            cells[column, row] = bit if before is None else before | bit | MANY
        levels = [level.array for level in self._levels]
        lowest = levels[0]
        for (column, row), patch in cells.items():
            before = lowest.item(column, row)
            value = _joined(before, patch)
            for level, upper in itertools.zip_longest(levels, levels[1:]):
                if value == before:
                    break
                level[column, row] = value
                if upper is not None:
                    value = _joined(value, level.item(column ^ 1, row))
                    column >>= 1
                    before = upper.item(column, row)

    def look(self, first: Ints, last: Ints) -> Bytes:
        """Join the columns ``first…last`` (inclusive) of each stretch.

        Args:
            first: First column of each stretch, shape ``(n,)``.
            last: Last column; a stretch with ``last < first`` is empty.

        Returns:
            Cells of shape ``(n, row capacity)``.
        """
        # Half-open from here on: a stretch that is used up stays so when both ends are halved.
        low, high = np.asarray(first, np.int64), np.minimum(np.asarray(last, np.int64) + 1, self._columns)
        result = np.zeros((len(low), self._width), np.uint8)
        for level in self._levels:
            is_open = low < high
            if not is_open.any():
                break
            for at, ends in ((low, low & 1), (high - 1, high & 1)):
                chosen = np.flatnonzero(is_open & (ends == 1))
                result[chosen] = join(result.take(chosen, 0), level.array.take(at[chosen], 0))
            low, high = (low + 1) >> 1, high >> 1
        return result

    @property
    def _width(self) -> int:
        return int(self._levels[0].array.shape[1])

    def _reserve(self, columns: int, rows: int) -> None:
        if columns <= self._columns and rows <= self._rows:
            return
        self._columns = max(self._columns, columns)
        self._rows = max(self._rows, rows)
        width = self._width
        if rows > width:
            width = max(rows, width + width // 4 + _ROWS_AT_ONCE) // _ROWS_AT_ONCE * _ROWS_AT_ONCE
            width += _ROWS_AT_ONCE if width < rows else 0
            self._widen(width)
        for level, cells in enumerate(self._levels):
            # One cell more than halving gives: the partner of the last one is asked for too.
            cells.reserve((columns >> level) + 2)
        while (self._columns >> (len(self._levels) - 1)) > 1:
            below = self._levels[-1].array
            pairs = len(below) // 2
            above = GrowingArray(np.uint8, (width,), pairs + 2)
            above.array[:pairs] = join(below[: 2 * pairs : 2], below[1 : 2 * pairs : 2])
            self._levels.append(above)

    def _widen(self, width: int) -> None:
        """Make every level wider; what is in it stays."""
        for level, cells in enumerate(self._levels):
            old = cells.array
            wider = GrowingArray(np.uint8, (width,))
            wider.reserve(len(old))[: len(old), : old.shape[1]] = old
            self._levels[level] = wider


class SpanIndex:
    """Finds the ended executions that touch a stretch of time and are at least so long.

    Executions of about the same length (the same power of two) that ended one after the other share a block of 256;
    a block knows when its first began and its last ended. Nothing is ever sorted, and four bytes an execution is all.
    """

    def __init__(self) -> None:
        self._grown = GrowingArray(np.int32, (_BLOCK,))
        self._members: npt.NDArray[np.int32] = self._grown.array
        self._low = np.empty(16, np.int64)
        self._high = np.empty(16, np.int64)
        self._octave = np.empty(16, np.uint8)
        self._count = np.zeros(16, np.int64)
        self._blocks = 0
        self._open: dict[int, int] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of the blocks in use."""
        return self._blocks * (_BLOCK * 4 + 8 + 8 + 1 + 8)

    def add(self, members: Ints, start: Ints, end: Ints) -> None:
        """Take in executions that ended: index, start and end (ns), all of shape ``(n,)``."""
        if len(members) <= FEW:
            for member, begun, ended in zip(members.tolist(), start.tolist(), end.tolist(), strict=True):
                self._add_one(member, begun, ended)
            return
        octaves = octave_of(end - start)
        order = np.argsort(octaves, kind="stable")
        members, start, end = members[order], start[order], end[order]
        blocks: list[int] = []
        firsts: list[int] = []
        done = last = 0
        for octave, count in enumerate(np.bincount(octaves).tolist()):
            last += count
            while done < last:
                block = self._open_block(octave)
                begin = int(self._count[block])
                take = min(_BLOCK - begin, last - done)
                self._members[block, begin : begin + take] = members[done : done + take]
                self._count[block] = begin + take
                blocks.append(block)
                firsts.append(done)
                done += take
        self._low[blocks] = np.minimum(self._low[blocks], np.minimum.reduceat(start, firsts))
        self._high[blocks] = np.maximum(self._high[blocks], np.maximum.reduceat(end, firsts))

    def find(self, t0: int, t1: int, shortest: int = 0) -> Ints:
        """Return the indexes of a superset of the executions that touch ``t0…t1`` and last ``shortest`` ns or longer.

        What is too much is at most twice too short or a block away; the caller looks closer. In no order.
        """
        used = self._blocks
        chosen = (self._low[:used] < t1) & (self._high[:used] >= t0)
        if shortest > 1:
            chosen &= self._octave[:used] >= (shortest.bit_length() - 1)
        blocks = np.flatnonzero(chosen)
        counts = self._count[blocks]
        if len(blocks) and int(counts.min()) == _BLOCK:
            return self._members[blocks].ravel().astype(np.int64)
        filled = np.arange(_BLOCK) < counts[:, None]
        return self._members[blocks][filled].astype(np.int64)

    def _add_one(self, member: int, start: int, end: int) -> None:
        block = self._open_block(max(end - start, 1).bit_length() - 1)
        count = int(self._count[block])
        self._members[block, count] = member
        self._count[block] = count + 1
        self._low[block] = min(int(self._low[block]), start)
        self._high[block] = max(int(self._high[block]), end)

    def _open_block(self, octave: int) -> int:
        """Return the block of an octave that has room."""
        block = self._open.get(octave, -1)
        if block < 0 or self._count[block] == _BLOCK:
            block = self._open[octave] = self._new_block(octave)
        return block

    def _new_block(self, octave: int) -> int:
        block = self._blocks
        if block == len(self._low):
            for name in ("_low", "_high", "_octave", "_count"):
                old = getattr(self, name)
                grown: npt.NDArray[Any] = np.zeros(2 * len(old), old.dtype)
                grown[: len(old)] = old
                setattr(self, name, grown)
        self._members = self._grown.reserve(block + 1)
        self._low[block], self._high[block] = _FAR, -1
        self._octave[block], self._count[block] = octave, 0
        self._blocks += 1
        return block


def octave_of(durations: Ints) -> npt.NDArray[np.uint8]:
    """Return the power of two of each length in ns: 0 for 0 and 1, 10 for 1024…2047."""
    _, exponent = np.frexp(np.maximum(durations, 1).astype(np.float64))
    result: npt.NDArray[np.uint8] = (exponent - 1).astype(np.uint8)
    return result


def columns_of(edges: Ints, times: Ints, per_pixel: float) -> tuple[Ints, Ints, Ints]:
    """Return which columns of a pyramid stand for each pixel, and which are too wide for that.

    Args:
        edges: Start of every column, ns, never falling.
        times: Time at every pixel's left edge and at the right end, shape ``(pixels + 1,)``.
        per_pixel: Nanoseconds per pixel.

    Returns:
        The columns in sight that are wider than a pixel, whose executions must be looked at one by one; and for each
        pixel the first and the last of its narrower columns (last < first: none).
    """
    if not len(edges):
        none = np.zeros(len(times) - 1, np.int64)
        return np.zeros(0, np.int64), none, none - 1
    # A column holds what started after its edge, and may hold what started at the next one's.
    holding = np.searchsorted(edges, times, side="left") - 1
    columns = np.maximum(holding, 0)
    columns = columns[np.concatenate(([True], columns[1:] != columns[:-1]))]
    after = np.minimum(columns + 1, len(edges) - 1)
    # The last column is still being filled: its width says nothing yet.
    is_wide = (edges[after] - edges[columns] >= per_pixel) | (columns == len(edges) - 1)
    wide = columns[is_wide]
    first = np.maximum(holding[:-1], 0)
    last = holding[1:]
    place = np.searchsorted(wide, first)
    first = first + (wide[np.minimum(place, len(wide) - 1)] == first if len(wide) else 0)
    place = np.searchsorted(wide, last)
    last = last - (wide[np.minimum(place, len(wide) - 1)] == last if len(wide) else 0)
    return wide, first, last
