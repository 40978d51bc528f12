"""The write-ahead log of a database looked at past SQLite, which never looks whether it still is what it wrote.

SQLite keeps in shared memory (``-shm``) which pages are in the log, and trusts that: when somebody truncates the log,
it goes on writing behind a hole, and nobody who opens the database later finds anything of it. The formats are those of
https://www.sqlite.org/walformat.html.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

#: Returns so many bytes of a file from an offset on, fewer at its end; None when that cannot be seen.
Read = Callable[[int, int], bytes | None]

_MAGIC: Final = (bytes.fromhex("377f0682"), bytes.fromhex("377f0683"))
_LOG_HEADER: Final = 32
_FRAME_HEADER: Final = 24
#: The header of the shared memory, which stands there twice.
_INDEX: Final = 48
#: How often it is looked: another process may be writing.
_LOOKS: Final = 5


def is_whole(read_log: Read, read_index: Read) -> bool:
    """Return whether the log holds what SQLite believes; True when that cannot be seen.

    Its length, its first bytes and those of its last frame are looked at.

    Args:
        read_log: Reads the log.
        read_index: Reads the shared memory.
    """
    for _ in range(_LOOKS):
        index = read_index(2 * _INDEX, 0)
        if index is None or len(index) < 2 * _INDEX:
            return True
        if index[:_INDEX] != index[_INDEX:]:
            continue
        if _holds(read_log, index[:_INDEX]):
            return True
        if read_index(2 * _INDEX, 0) == index:
            return False
    return True


def has_beginning(read_log: Read) -> bool:
    """Return whether the log begins as one does: else no SQLite ever reads it."""
    return read_log(len(_MAGIC[0]), 0) in (None, *_MAGIC)


def _holds(read_log: Read, index: bytes) -> bool:
    frames = int.from_bytes(index[16:20], sys.byteorder)
    if not index[12] or frames == 0:
        return True
    page = int.from_bytes(index[14:16], sys.byteorder)
    page = 65536 if page == 1 else page
    salt = index[32:40]
    sums = b"".join(int.from_bytes(index[at : at + 4], sys.byteorder).to_bytes(4, "big") for at in (24, 28))
    head = read_log(_LOG_HEADER, 0)
    frame = read_log(_FRAME_HEADER + page, _LOG_HEADER + (frames - 1) * (_FRAME_HEADER + page))
    if head is None or frame is None:
        return True
    whole = len(frame) == _FRAME_HEADER + page
    return whole and head[:4] in _MAGIC and head[16:24] == salt and frame[8:24] == salt + sums
