"""A row looked up in the bytes of a database file, past SQLite.

SQLite sees a database through its log: pages that are in the log are ours, whatever happens to the file beneath.
Whether the file is still the one that we write can only be seen in the file. The format is that of
https://www.sqlite.org/fileformat2.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

#: Returns so many bytes from an offset on, fewer at the end of the file.
Read = Callable[[int, int], bytes]

_HEADER: Final = 100
_INTERIOR, _LEAF = 0x05, 0x0D
_DEPTH: Final = 20
#: Bytes of a value by its serial type, up to the first text or blob.
_SIZES: Final = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)


def find_row(read: Read, root: int, key: int) -> list[int | None] | None:
    """Return the columns of a row, those that are no whole number as None; None when the row is not there.

    A row that goes on in other pages is given as far as it stands in the first.

    Args:
        read: Reads the file.
        root: The page where the table begins, 1 and up.
        key: The row's number.
    """
    size = int.from_bytes(read(16, 2), "big")
    size = 65536 if size == 1 else size
    try:
        for _ in range(_DEPTH):
            page = read((root - 1) * size, size)
            start = _HEADER if root == 1 else 0
            kind, count = page[start], int.from_bytes(page[start + 3 : start + 5], "big")
            if kind == _LEAF:
                row = _in_leaf(page, start, count, key)
                return None if row is None else _columns(row)
            if kind != _INTERIOR:
                return None
            root = _child(page, start, count, key)
    except IndexError:  # a page that is none, or is not there
        return None
    return None


def _in_leaf(page: bytes, start: int, count: int, key: int) -> bytes | None:
    for place in range(count):
        at = _pointer(page, start + 8, place)
        length, at = _varint(page, at)
        number, at = _varint(page, at)
        if number == key:
            return page[at : at + length]
    return None


def _columns(row: bytes) -> list[int | None]:
    columns: list[int | None] = []
    end, at = _varint(row, 0)
    value = end
    while at < end:
        kind, at = _varint(row, at)
        size = _SIZES[kind] if kind < len(_SIZES) else (kind - 12) // 2
        number = int.from_bytes(row[value : value + size], "big", signed=True) if 0 < kind < 7 else kind - 8
        columns.append(number if 0 < kind < 7 or kind in (8, 9) else None)
        value += size
        if value > len(row):
            break
    return columns


def _child(page: bytes, start: int, count: int, key: int) -> int:
    for place in range(count):
        at = _pointer(page, start + 12, place)
        if key <= _varint(page, at + 4)[0]:
            return int.from_bytes(page[at : at + 4], "big")
    return int.from_bytes(page[start + 8 : start + 12], "big")


def _pointer(page: bytes, start: int, place: int) -> int:
    return page[start + 2 * place] << 8 | page[start + 2 * place + 1]


def _varint(page: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends."""
    number = 0
    for _ in range(8):
        byte = page[at]
        at += 1
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, at
    return number << 8 | page[at], at + 1
