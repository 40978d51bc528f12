"""A dictionary that keeps the newest: what the demo remembers must not grow with the number of events fired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedMap(Mapping[K, V]):
    """A mapping that makes what it does not have, and forgets what was made first when there is too much.

    Args:
        make: Makes the value of a new key.
        limit: How many keys are kept.
    """

    def __init__(self, make: Callable[[K], V], limit: int = 10_000) -> None:
        self._make = make
        self._limit = limit
        self._values: dict[K, V] = {}

    def obtain(self, key: K) -> V:
        """Return the value of a key, made now if it is not there."""
        try:
            return self._values[key]
        except KeyError:
            if len(self._values) >= self._limit:
                del self._values[next(iter(self._values))]
            value = self._values[key] = self._make(key)
            return value

    def __getitem__(self, key: K) -> V:
        return self._values[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
