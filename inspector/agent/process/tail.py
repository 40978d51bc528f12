"""The tail: rows that a process has not sent yet, kept where its end does not reach them.

A mapped file without a name, which the parent makes and the child fills. What the child has sent is taken out of it,
so it is short; when the child is gone the parent reads there what was recorded last. The file begins with two numbers
of 64 bits, in native byte order: how many rows the child has recorded before the first one here, and how many bytes
follow. These are rows as JSON arrays, a comma between two.
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
_HEAD: Final = Struct("=QQ")
_LENGTH: Final = Struct("=Q")


class Tail:
    """The end that writes. Not for several threads at once.

    Args:
        descriptor: Of the file; it may be closed afterwards.

    Raises:
        OSError: It cannot be mapped.
    """

    def __init__(self, descriptor: int) -> None:
        self._map = mmap(descriptor, SIZE)
        self._end = _HEAD.size

    def put(self, rows: Sequence[bytes]) -> bool:
        """Add rows that follow those that are here; return whether there was room for all of them."""
        data = b",".join(rows)
        if self._end > _HEAD.size:
            data = b"," + data
        end = self._end + len(data)
        if end > SIZE:
            return False
        self._map[self._end : end] = data
        self._end = end
        _LENGTH.pack_into(self._map, _LENGTH.size, end - _HEAD.size)  # what was written counts from here on
        return True

    def clear(self, first: int) -> None:
        """Take all out: so many rows have been sent."""
        _LENGTH.pack_into(self._map, _LENGTH.size, 0)
        _LENGTH.pack_into(self._map, 0, first)
        self._end = _HEAD.size


def read_tail(descriptor: int) -> tuple[int, list[Any]]:
    """Return how many rows a process has recorded before those in its tail, and those.

    Raises:
        ValueError: The file holds something else: it was in the hands of the program, or is being written.
    """
    head = os.pread(descriptor, _HEAD.size, 0)
    if len(head) < _HEAD.size:
        raise ValueError("no tail")
    first, length = _HEAD.unpack(head)
    if length > SIZE - _HEAD.size:
        raise ValueError("no tail")
    data = os.pread(descriptor, length, _HEAD.size)
    if os.pread(descriptor, _HEAD.size, 0) != head:
        raise ValueError("it changes")
    try:
        rows: list[Any] = json.loads(b"[" + data + b"]")
    except RecursionError as error:
        raise ValueError("no tail") from error
    return first, rows
