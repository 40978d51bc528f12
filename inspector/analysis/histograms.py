"""Log-bucket histograms: any percentile of any number of values, in constant memory and within 1 %.

The bucket of a value is the top of its own float64: the exponent and the first 6 bits of the mantissa, so
that an octave has 64 buckets and finding one costs a shift. A bucket's middle is at most 1/128 (0.78 %) away
from any value in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_BITS: Final = 6
#: Buckets in an octave.
PER_OCTAVE: Final = 1 << _BITS
_OCTAVES: Final = 53  # 2**53 ns are 104 days
#: Buckets of a histogram: one for zero, 64 for each octave from 1 ns on; the last takes all longer values.
CELLS: Final = 1 + PER_OCTAVE * _OCTAVES
#: Octaves of a table's histogram, that of zero among them, and the buckets that would be before the one for zero there.
_STRIPES: Final = 1 + _OCTAVES
_BEFORE: Final = PER_OCTAVE - 1
#: Histograms of a table that are looked at in one piece: as many take 3.5 MB.
_AT_ONCE: Final = 256
_SHIFT: Final = 52 - _BITS
_ONE: Final = int(np.float64(1.0).view(np.int64)) >> _SHIFT


def cells(values: npt.ArrayLike) -> Ints:
    """Return the bucket of each value (ns, negative counts as zero)."""
    numbers = np.ascontiguousarray(values, np.float64)
    places: Ints = numbers.view(np.int64) >> _SHIFT
    places -= _ONE - 1
    np.clip(places, 0, CELLS - 1, out=places)
    return places


def _edges() -> Floats:
    raised = (np.arange(CELLS, dtype=np.int64) + _ONE) << _SHIFT
    return np.concatenate(([0.0], raised.view(np.float64)))


#: Limits of the buckets in ns, shape ``(CELLS + 1,)``.
EDGES: Final[Floats] = _edges()
_MIDDLES: Final[Floats] = np.where(np.arange(CELLS) == 0, 0.0, (EDGES[:-1] + EDGES[1:]) / 2)


def quantiles(
    counts: npt.NDArray[Any], wanted: Sequence[float], low: float = 0.0, high: float = np.inf, first: int = 0
) -> Floats:
    """Return quantiles of a histogram, interpolated between neighbours as ``numpy.percentile`` does.

    Args:
        counts: Values per bucket, shape ``(CELLS,)``, or of a stretch of buckets.
        wanted: Quantiles from 0 to 1.
        low: The least value, when it is known exactly.
        high: The greatest value, when it is known exactly.
        first: Number of the first bucket in ``counts``.

    Returns:
        ns, shape ``(len(wanted),)``; NaN when the histogram is empty.
    """
    below = counts.cumsum(dtype=np.int64)
    total = int(below[-1])
    if not total:
        return np.full(len(wanted), np.nan)
    place = np.asarray(wanted, np.float64) * (total - 1)
    under = np.floor(place).astype(np.int64)
    over = np.minimum(under + 1, total - 1)
    # Cast, because a search with another type would convert the whole column.
    middles = _MIDDLES[below.searchsorted(np.concatenate((under, over)), side="right") + first]
    middles = np.minimum(np.maximum(middles, low), high)
    left, right = middles[: len(place)], middles[len(place) :]
    share: Floats = left + (right - left) * (place - under)
    return share


class Histogram:
    """One histogram that grows by batches of values in ns."""

    def __init__(self) -> None:
        self.counts: Ints = np.zeros(CELLS, np.int64)
        self.low = np.inf
        self.high = -np.inf
        self.total = 0.0

    def __len__(self) -> int:
        return int(self.counts.sum())

    def add(self, values: npt.ArrayLike) -> None:
        """Count the values."""
        numbers = np.asarray(values, np.float64)
        if numbers.size:
            self.counts += np.bincount(cells(numbers), minlength=CELLS)
            self.low = min(self.low, float(numbers.min()))
            self.high = max(self.high, float(numbers.max()))
            self.total += float(numbers.sum())

    def quantiles(self, wanted: Sequence[float]) -> Floats:
        """Return quantiles in ns (see the function of the same name)."""
        if self.high < self.low:
            return np.full(len(wanted), np.nan)
        low, high = max(self.low, 0.0), max(self.high, 0.0)
        first, last = cells([low, high]).tolist()
        # Most of the 53 octaves are empty: summing those in use is several times faster.
        return quantiles(self.counts[first : last + 1], wanted, low, high, first)


class HistogramTable:
    """A histogram per key (0 and up), made when its first value comes.

    It keeps the octaves that hold values: a key costs 216 bytes, and 256 bytes for each of its octaves, however many
    values it counts (up to 4 thousand million).
    """

    def __init__(self) -> None:
        self._row_of: Ints = np.full(64, -1, np.int64)
        self._rows = 0
        #: Where in ``_counts`` the buckets of an octave are; 0, where nothing is ever counted, for an empty one.
        self._places: npt.NDArray[np.int32] = np.zeros((8, _STRIPES), np.int32)
        self._counts: npt.NDArray[np.uint32] = np.zeros((16, PER_OCTAVE), np.uint32)
        self._filled = 1
        self._count: Ints = np.zeros(8, np.int64)
        self._total: Ints = np.zeros(8, np.int64)
        self._low: Ints = np.full(8, np.iinfo(np.int64).max)
        self._high: Ints = np.full(8, -1)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._counts.nbytes + self._places.nbytes + self._row_of.nbytes + 4 * self._count.nbytes

    def add(self, keys: Ints, values: Ints) -> None:
        """Count each value (ns) under its key; both of shape ``(n,)``."""
        if not len(keys):
            return
        rows = self._rows_for(keys)
        buckets = cells(values) + _BEFORE
        stripes = buckets >> _BITS
        places = self._places[rows, stripes]
        if not places.all():
            empty = np.flatnonzero(places == 0)
            self._fill(np.unique(rows[empty] * _STRIPES + stripes[empty]))
            places = self._places[rows, stripes]
        # A one of the same type: numpy would convert each to another, and take twenty times as long.
        unit = np.uint32(1)
        np.add.at(self._counts.reshape(-1), (places.astype(np.int64) << _BITS) + (buckets & (PER_OCTAVE - 1)), unit)
        np.add.at(self._count, rows, 1)
        np.add.at(self._total, rows, values)
        np.minimum.at(self._low, rows, values)
        np.maximum.at(self._high, rows, values)

    def merged(self, keys: Sequence[int]) -> Histogram:
        """Return the sum of the histograms of some keys; unknown ones are empty."""
        histogram = Histogram()
        rows = self._known(keys)
        if len(rows):
            together = np.zeros((_STRIPES, PER_OCTAVE), np.int64)
            for first in range(0, len(rows), _AT_ONCE):
                together += self._counts[self._places[rows[first : first + _AT_ONCE]]].sum(axis=0, dtype=np.int64)
            histogram.counts = together.reshape(-1)[_BEFORE:]
            histogram.low = float(self._low[rows].min())
            histogram.high = float(self._high[rows].max())
            histogram.total = float(self._total[rows].sum())
        return histogram

    def quantiles(self, keys: Sequence[int], wanted: Sequence[float]) -> Floats:
        """Return quantiles of many histograms at once, ns, shape ``(len(keys), len(wanted))``; NaN for empty ones."""
        answer = np.full((len(keys), len(wanted)), np.nan)
        asked = np.asarray(keys, np.int64)
        has_row = (asked >= 0) & (asked < len(self._row_of))
        has_row[has_row] = self._row_of[asked[has_row]] >= 0
        rows = self._row_of[asked[has_row]]
        parts = [self._quantiles(rows[first : first + _AT_ONCE], wanted) for first in range(0, len(rows), _AT_ONCE)]
        if parts:
            answer[has_row] = np.concatenate(parts)
        return answer

    def _quantiles(self, rows: Ints, wanted: Sequence[float]) -> Floats:
        """Return the quantiles of some rows: summed up as one long row, so that one search finds every quantile."""
        low, high = self._low[rows, None], self._high[rows, None]
        first, last = ((cells([low.min(), high.max()]) + _BEFORE) >> _BITS).tolist()
        width = (last + 1 - first) * PER_OCTAVE
        below = self._counts[self._places[rows, first : last + 1]].reshape(-1).cumsum(dtype=np.int64)
        total = self._count[rows, None]
        before = total.cumsum()[:, None] - total
        place = np.asarray(wanted, np.float64) * (total - 1)
        under = np.floor(place).astype(np.int64)
        ranks = np.stack((under, np.minimum(under + 1, total - 1))) + before
        ranked = below.searchsorted(ranks.reshape(-1), side="right").reshape(ranks.shape)
        # In the first octave there are no buckets before that for zero.
        left, right = _MIDDLES[np.maximum(ranked % width + first * PER_OCTAVE - _BEFORE, 0)].clip(low, high)
        result: Floats = left + (right - left) * (place - under)
        return result

    def count(self, keys: Sequence[int]) -> int:
        """Return how many values there are under some keys."""
        return int(self._count[self._known(keys)].sum())

    def total(self, keys: Sequence[int]) -> int:
        """Return the sum of the values under some keys, ns."""
        return int(self._total[self._known(keys)].sum())

    def _known(self, keys: Sequence[int]) -> Ints:
        wanted = np.asarray(keys, np.int64)
        rows = self._row_of[wanted[(wanted >= 0) & (wanted < len(self._row_of))]]
        return rows[rows >= 0]

    def _rows_for(self, keys: Ints) -> Ints:
        top = int(keys.max())
        if top >= len(self._row_of):
            grown = np.full(max(top + 1, 2 * len(self._row_of)), -1, np.int64)
            grown[: len(self._row_of)] = self._row_of
            self._row_of = grown
        rows = self._row_of[keys]
        if (rows < 0).any():
            new = np.flatnonzero(np.bincount(keys[rows < 0]))
            self._row_of[new] = np.arange(self._rows, self._rows + len(new))
            self._rows += len(new)
            self._reserve(self._rows)
            rows = self._row_of[keys]
        return rows

    def _fill(self, empty: Ints) -> None:
        """Make room for the values of octaves that had none: row and octave, as places in ``_places``."""
        filled = self._filled + len(empty)
        more = max(filled, 2 * len(self._counts)) - len(self._counts)
        if filled > len(self._counts):
            self._counts = np.concatenate((self._counts, np.zeros((more, PER_OCTAVE), np.uint32)))
        self._places.reshape(-1)[empty] = np.arange(self._filled, filled)
        self._filled = filled

    def _reserve(self, rows: int) -> None:
        capacity = len(self._count)
        if rows <= capacity:
            return
        more = max(rows, 2 * capacity) - capacity
        self._places = np.concatenate((self._places, np.zeros((more, _STRIPES), np.int32)))
        self._count = np.concatenate((self._count, np.zeros(more, np.int64)))
        self._total = np.concatenate((self._total, np.zeros(more, np.int64)))
        self._low = np.concatenate((self._low, np.full(more, np.iinfo(np.int64).max)))
        self._high = np.concatenate((self._high, np.full(more, -1)))
