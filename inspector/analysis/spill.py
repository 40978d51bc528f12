"""Arrays that grow beyond memory: mapped from nameless files, so that what nobody looks at costs no memory.

A long recording makes columns of hundreds of megabytes, and most of them are looked at once an hour. Above a size an
array therefore lives in a file without a name (it is gone with the process, whatever ends it) and the kernel keeps in
memory what is in use. ``Spill.trim`` gives the rest back as soon as all arrays together hold more than the budget. The
arrays are the same to everybody who reads them: an old part is read from the disk when it is looked at, and every count
and picture stays exact.

Without a spill (``use_spill`` was never called, or the disk has no room) arrays are ordinary memory.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from inspector.analysis.budget import BUDGET

if TYPE_CHECKING:
    from pathlib import Path

Array = npt.NDArray[Any]

#: What the journal and its indexes may hold in memory beyond the window at rest, bytes, unless it is set.
DEFAULT_BUDGET: Final = 512 << 20
#: Arrays that are smaller stay ordinary memory, bytes.
SPILL_FROM: Final = 1 << 20
#: Bytes of a file's room that are taken at once: with room there is never a page that cannot be written (SIGBUS).
_STEP: Final = 1 << 20
#: Addresses that are reserved for one array; they cost nothing until they are written.
_REACH: Final = 1 << 36
#: Bytes at the end of an array that are not released, beside the room that waits there: new rows come to these.
_KEPT: Final = 1 << 18
#: Shares of the budget: arrays that hold no more are left alone; how much may come before a look at what is held; how
#: much room is made at once.
_LEFT_ALONE: Final = 8
_STEPS: Final = 16
_ROOM: Final = 32
_STATM: Final = "/proc/self/statm"


class Spill:
    """Where large arrays are kept.

    Args:
        folder: On a disk, not in memory; nothing with a name is ever seen in it.
        budget: What all arrays together may hold in memory, bytes; and all of a run, once ``rest`` has been called.

    Attributes:
        budget: As given.
        trouble: Why arrays are ordinary memory after all; empty while they are not.
    """

    def __init__(self, folder: Path, budget: int = DEFAULT_BUDGET) -> None:
        self.folder = folder
        self.budget = budget
        self.trouble = ""
        self._mappings: weakref.WeakSet[_Mapping] = weakref.WeakSet()
        self._taken = self._drops = 0
        #: What the process holds at rest, 0 while that is not known.
        self._rest = 0

    def rest(self) -> None:
        """Count what the process holds from now on: beside the arrays there are texts, pictures and caches."""
        self._rest = _held()[0]

    @property
    def mapped(self) -> int:
        """Bytes that the files of all living arrays hold."""
        return sum(mapping.room for mapping in self._mappings)

    def map(self) -> _Mapping | None:
        """Return room for a new array; None where there is none."""
        try:
            mapping = _Mapping(self)
        except (OSError, ValueError) as error:  # ValueError: no addresses left for the mapping
            self.trouble = str(error)
            return None
        self._mappings.add(mapping)
        return mapping

    def took(self, count: int) -> None:
        """Take notice of ``count`` more bytes in files; trims when a share of the budget has come together."""
        self._taken += count
        if self._taken >= self.budget // _STEPS:
            self._taken = 0
            self.trim()

    def trim(self) -> bool:
        """Release memory if more is held than the budget; return whether that was so.

        Array by array, until there is a little room: memory stays level, and most of what is looked at stays there. A
        part that is needed again is read from its file. Takes microseconds when there is nothing to do.
        """
        least = self.budget // _LEFT_ALONE
        if self.mapped <= least or self._beyond() <= 0 or _in_memory(self.mapped) <= least:
            return False
        turn = sorted(self._mappings, key=lambda mapping: mapping.dropped)
        for mapping in turn:
            self._drops += 1
            mapping.dropped = self._drops
            mapping.drop()
            if self._beyond() <= -self.budget // _ROOM:
                break
        return True

    def _beyond(self) -> int:
        """Return by how much more is held than the budget, bytes, negative when it is less."""
        total, shared = _held()
        arrays = shared - _libraries() if shared else self.mapped
        held = max(arrays, total - self._rest if self._rest else 0)
        return held - self.budget


def _held() -> tuple[int, int]:
    """Return what this process holds in memory, and how much of that is mapped from files, bytes; 0 where unknown."""
    try:
        with open(_STATM, encoding="ascii") as file:  # noqa: PTH123 - read twice a second
            words = file.read().split()
        return int(words[1]) * mmap.PAGESIZE, int(words[2]) * mmap.PAGESIZE
    except (OSError, ValueError, IndexError):
        return 0, 0


class _Mapping:
    """A nameless file, mapped as a whole; ``room`` of its bytes may be used."""

    def __init__(self, spill: Spill) -> None:
        self.spill = spill
        self.room = 0
        #: Which drop of all was its last.
        self.dropped = 0
        spill.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".journal-", dir=spill.folder)
        try:
            os.unlink(name)  # noqa: PTH108 - the file has no name from here on
            os.ftruncate(handle, _REACH)
            self._handle = handle
            self.bytes = mmap.mmap(handle, _REACH, mmap.MAP_SHARED)
        except BaseException:
            os.close(handle)
            raise

    def __del__(self) -> None:
        handle = getattr(self, "_handle", -1)
        if handle >= 0:
            os.close(handle)

    def grow(self, room: int) -> None:
        """Make sure that ``room`` bytes can be written.

        Raises:
            OSError: The disk is full, or the array longer than can be.
        """
        if room <= self.room:
            return
        room = -(-room // _STEP) * _STEP
        os.posix_fallocate(self._handle, self.room, room - self.room)
        self.spill.took(room - self.room)
        self.room = room

    def drop(self) -> None:
        """Release the memory of all but the newest pages; their content stays in the file."""
        done = max(self.room - _STEP - _KEPT, 0) // mmap.PAGESIZE * mmap.PAGESIZE
        if done:
            self.bytes.madvise(mmap.MADV_DONTNEED, 0, done)


class GrowingArray:
    """An array that grows at its end and keeps what is in it; new rows hold zeros.

    Args:
        dtype: Type of its cells.
        tail: Shape of one row; empty: a row is a cell.
        rows: Rows to reserve at once.

    Attributes:
        array: The array with all its reserved rows. Take it anew after ``reserve``.
    """

    def __init__(self, dtype: Any, tail: tuple[int, ...] = (), rows: int = 16) -> None:
        self._mapping: _Mapping | None = None
        self._row = int(np.dtype(dtype).itemsize * np.prod(tail, dtype=np.int64))
        self.array: Array = np.zeros((rows, *tail), np.dtype(dtype))

    def reserve(self, wanted: int) -> Array:
        """Make room for ``wanted`` rows, twice what there was if it was too little; return ``array``."""
        rows = len(self.array)
        if wanted <= rows:
            return self.array
        while rows < wanted:
            rows *= 2
        if self._mapping is not None or (rows * self._row >= SPILL_FROM and current_spill() is not None):
            rows = max(wanted, min(rows, wanted + max(16 * _STEP // self._row, 1)))
            if self._map(rows):
                return self.array
        grown = np.zeros((rows, *self.array.shape[1:]), self.array.dtype)
        grown[: len(self.array)] = self.array
        self.array, self._mapping = grown, None
        return self.array

    def _map(self, rows: int) -> bool:
        """Keep the array in a file from now on; return whether that was possible."""
        mapping = self._mapping
        fresh = mapping is None
        if mapping is None:
            spill = current_spill()
            mapping = spill.map() if spill is not None else None
            if mapping is None:
                return False
        try:
            mapping.grow(rows * self._row)
        except OSError as error:
            mapping.spill.trouble = str(error)
            return False
        shape = (rows, *self.array.shape[1:])
        mapped: Array = np.ndarray(shape, self.array.dtype, buffer=mapping.bytes)
        if fresh:
            mapped[: len(self.array)] = self.array
        self.array, self._mapping = mapped, mapping
        return True


_spill: Spill | None = None
_libraries_at_rest = 0


def use_spill(spill: Spill | None) -> None:
    """Keep large arrays that are made from now on in files; None: in memory, as before."""
    global _spill, _libraries_at_rest  # noqa: PLW0603 - one process has one memory
    _spill = spill
    BUDGET.folder = None
    _libraries_at_rest = 0


def current_spill() -> Spill | None:
    """Return what ``use_spill`` was told last, or what keeps the budget of the process; None when there is neither."""
    if _spill is None and BUDGET.folder is not None:
        use_spill(Spill(BUDGET.folder, BUDGET.size))
    return _spill


def _in_memory(mapped: int) -> int:
    """Return how much of our files is in memory, bytes, by the kernel's list of mappings; ``mapped`` where it has none.

    Not by what remains of all mapped files: libraries come and go in memory as others need room. It takes milliseconds.
    """
    total, ours = 0, False
    try:
        with open("/proc/self/smaps", encoding="utf-8", errors="replace") as lines:  # noqa: PTH123 - a kernel's file
            for line in lines:
                if ours and line.startswith("Rss:"):
                    total += int(line.split()[1]) * 1024
                elif "-" in line.split(" ", 1)[0]:
                    ours = ".journal-" in line
    except OSError:
        return mapped
    return total


def _libraries() -> int:
    """Return how much memory is mapped from files that are not ours, bytes.

    Read once from the kernel's list of mappings: those with a name in the file system. It takes a few milliseconds.
    """
    global _libraries_at_rest  # noqa: PLW0603 - as above
    if not _libraries_at_rest:
        total = 0
        named = False
        with open("/proc/self/smaps", encoding="utf-8", errors="replace") as lines:  # noqa: PTH123 - a kernel's file
            for line in lines:
                if named and line.startswith(("Rss:", "Anonymous:")):
                    # Pages of a library that were written to are copies, and none of the file's any more.
                    size = int(line.split()[1]) * 1024
                    total += size if line.startswith("Rss:") else -size
                elif "-" in line.split(" ", 1)[0]:
                    words = line.split(maxsplit=5)
                    named = len(words) == 6 and words[5].startswith("/") and ".journal-" not in words[5]
        _libraries_at_rest = max(total, 1)
    return _libraries_at_rest
