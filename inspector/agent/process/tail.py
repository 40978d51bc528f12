"""The tail: rows that a process has not sent yet, kept where its end does not reach them.

A mapped file without a name, which the parent makes and the child fills. What the child has sent is taken out of it,
so it is short; when the child is gone the parent reads there what was recorded last.

The file has two halves, of which one counts: to take something out, what is left is written into the other. It begins
with three numbers of 64 bits, in native byte order: which half counts, and the lengths of both in bytes. A half begins
with one such number, how many rows the child has recorded before the first one here, and goes on with rows as JSON
arrays, a comma between two.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from mmap import mmap
from struct import Struct
from typing import Any, Final

#: Bytes of the file.
SIZE: Final = 4 << 20
_HEAD: Final = Struct("=QQQ")
_NUMBER: Final = Struct("=Q")


class Tail:
    """The end that writes. Not for several threads at once.

    Args:
        descriptor: Of the file; it may be closed afterwards.

    Raises:
        OSError: It cannot be mapped.
    """

    def __init__(self, descriptor: int) -> None:
        self._map = mmap(descriptor, SIZE)
        self._half = 0
        self._length = 0

    def put(self, rows: Sequence[bytes]) -> bool:
        """Add rows that follow those that are here; return whether there was room for all of them."""
        data = b",".join(rows)
        if self._length:
            data = b"," + data
        begin = _rows_at(self._half) + self._length
        length = self._length + len(data)
        if length > _room():
            return False
        self._map[begin : begin + len(data)] = data
        self._length = length
        _NUMBER.pack_into(self._map, _NUMBER.size * (1 + self._half), length)  # what was written counts from here on
        return True

    def restart(self, first: int, rows: Sequence[bytes] = ()) -> bool:
        """Take all out but the last rows, which are these; return whether there was room for them.

        Args:
            first: How many rows there were before these; they have been sent.
            rows: The rows.
        """
        self._half, self._length = 1 - self._half, 0
        _NUMBER.pack_into(self._map, _NUMBER.size * (1 + self._half), 0)
        _NUMBER.pack_into(self._map, _rows_at(self._half) - _NUMBER.size, first)
        done = not rows or self.put(rows)
        _NUMBER.pack_into(self._map, 0, self._half)
        return done


def _room() -> int:
    """Return the bytes that the rows of a half may have."""
    return (SIZE - _HEAD.size) // 2 - _NUMBER.size


def _rows_at(half: int) -> int:
    """Return where the rows of a half begin."""
    return _HEAD.size + _NUMBER.size + half * ((SIZE - _HEAD.size) // 2)


def read_tail(descriptor: int) -> tuple[int, list[Any]]:
    """Return how many rows a process has recorded before those in its tail, and those.

    Raises:
        ValueError: The file holds something else: it was in the hands of the program, or is being written.
    """
    head = os.pread(descriptor, _HEAD.size, 0)
    if len(head) < _HEAD.size:
        raise ValueError("no tail")
    half, *lengths = _HEAD.unpack(head)
    if half > 1 or lengths[half] > _room():
        raise ValueError("no tail")
    data = os.pread(descriptor, _NUMBER.size + lengths[half], _rows_at(half) - _NUMBER.size)
    if len(data) < _NUMBER.size or os.pread(descriptor, _HEAD.size, 0) != head:
        raise ValueError("it changes")
    (first,) = _NUMBER.unpack_from(data)
    try:
        rows: list[Any] = json.loads(b"[" + data[_NUMBER.size :] + b"]")
    except RecursionError as error:
        raise ValueError("no tail") from error
    return first, rows
