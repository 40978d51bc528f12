"""Growable numpy columns of equal length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Array = npt.NDArray[Any]


class Columns:
    """A table held by column, growing at the end.

    Views (``columns["start"]``) are numpy slices without a copy; they stay valid but no longer see new rows after the
    next ``extend``, so take them anew for each use.

    Args:
        dtypes: Column names and numpy types; a tuple ``(type, n)`` makes a column of shape ``(rows, n)``.
        capacity: Rows to reserve at once.
    """

    def __init__(self, dtypes: Mapping[str, Any], capacity: int = 1024) -> None:
        self._length = 0
        self._arrays: dict[str, Array] = {}
        for position, (name, dtype) in enumerate(dtypes.items()):
            kind, tail = (dtype[0], (dtype[1],)) if isinstance(dtype, tuple) else (dtype, ())
            # Columns grow by doubling, each at a length of its own: copying all of them in one fold would be
            # felt as a stall when they are large.
            rows = int(capacity * (1 + position / len(dtypes)))
            self._arrays[name] = np.empty((rows, *tail), np.dtype(kind))

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> Array:
        """Return the filled part of a column, shape ``(len(self),)``."""
        return self._arrays[name][: self._length]

    @property
    def nbytes(self) -> int:
        """Bytes of the filled part of all columns."""
        return sum(array[: self._length].nbytes for array in self._arrays.values())

    def extend(self, values: Mapping[str, Sequence[Any] | Array]) -> int:
        """Append rows, every column given and of the same length; return the index of the first new row."""
        count = len(next(iter(values.values())))
        first = self._length
        for name in self._arrays:
            self._reserve(name, first + count)[first : first + count] = values[name]
        self._length = first + count
        return first

    def _reserve(self, name: str, wanted: int) -> Array:
        array = self._arrays[name]
        if wanted <= len(array):
            return array
        rows = len(array)
        while rows < wanted:
            rows *= 2
        grown = np.empty((rows, *array.shape[1:]), array.dtype)
        grown[: self._length] = array[: self._length]
        self._arrays[name] = grown
        return grown
