"""Growable numpy columns of equal length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.analysis.spill import Array, GrowingArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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
        self._arrays: dict[str, GrowingArray] = {}
        for position, (name, dtype) in enumerate(dtypes.items()):
            kind, tail = (dtype[0], (dtype[1],)) if isinstance(dtype, tuple) else (dtype, ())
            # Columns grow by doubling, each at a length of its own: copying all of them in one fold would be
            # felt as a stall when they are large.
            rows = int(capacity * (1 + position / len(dtypes)))
            self._arrays[name] = GrowingArray(kind, tail, rows)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> Array:
        """Return the filled part of a column, shape ``(len(self),)``."""
        return self._arrays[name].array[: self._length]

    @property
    def nbytes(self) -> int:
        """Bytes of the filled part of all columns."""
        return sum(column.array[: self._length].nbytes for column in self._arrays.values())

    def extend(self, values: Mapping[str, Sequence[Any] | Array]) -> int:
        """Append rows, every column given and of the same length; return the index of the first new row."""
        count = len(next(iter(values.values())))
        first = self._length
        for name, column in self._arrays.items():
            column.reserve(first + count)[first : first + count] = values[name]
        self._length = first + count
        return first
