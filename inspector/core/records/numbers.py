"""Numbers of a run, and indexes into its columns: two ways to count that must not be mixed up.

A *number* starts at 1 and is what records carry and people read; 0 stands for none. An *index* starts at 0 and is the
position in the journal's columns; -1 stands for none. Where records were lost numbers are missing, so an index is not
its number less one: ``Numbering`` and the journal lead from one to the other. They are plain integers at run time: the
types are for mypy.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NewType

#: Position of a record in its stream, 1 and up, without gaps.
Seq = NewType("Seq", int)
#: Numbers, 1 and up, in the order in which things began.
FireNumber = NewType("FireNumber", int)
PublicationNumber = NewType("PublicationNumber", int)
ExecutionNumber = NewType("ExecutionNumber", int)
#: Indexes, 0 and up, into the columns of the journal.
PublicationIndex = NewType("PublicationIndex", int)
ExecutionIndex = NewType("ExecutionIndex", int)

NO_FIRE = FireNumber(0)
NO_PUBLICATION_NUMBER = PublicationNumber(0)
NO_EXECUTION_NUMBER = ExecutionNumber(0)
NO_PUBLICATION = PublicationIndex(-1)
NO_EXECUTION = ExecutionIndex(-1)


class Numbering:
    """Growing numbers and the indexes under which they were taken in; where records were lost, numbers are missing.

    Attributes:
        last: The highest number, 0 before the first.
    """

    __slots__ = ("_firsts", "_indexes", "_length", "last")

    def __init__(self) -> None:
        #: Where a stretch without a gap begins: its first number, and the index of that.
        self._firsts = [1]
        self._indexes = [0]
        self._length = 0
        self.last = 0

    def __len__(self) -> int:
        """Return how many numbers there are."""
        return self._length

    def add(self, number: int) -> int:
        """Take a number in; return its index, -1 when it does not come after all others."""
        if number != self.last + 1:
            if number <= self.last:
                return -1
            self._firsts.append(number)
            self._indexes.append(self._length)
        self.last = number
        self._length += 1
        return self._length - 1

    def add_run(self, first: int, count: int) -> None:
        """Take in numbers without a gap, all after the others: ``first`` and those that follow, ``count`` in all."""
        if first != self.last + 1:
            self._firsts.append(first)
            self._indexes.append(self._length)
        self.last = first + count - 1
        self._length += count

    @property
    def runs(self) -> tuple[list[int], list[int]]:
        """Where each run without a gap begins: its first numbers, and their indexes."""
        return self._firsts, self._indexes

    def index(self, number: int) -> int:
        """Return the index of a number, -1 when it was never taken in."""
        if len(self._firsts) == 1:
            return number - 1 if 0 < number <= self._length else -1
        stretch = bisect_right(self._firsts, number) - 1
        if stretch < 0 or number < 1:
            return -1
        index = self._indexes[stretch] + number - self._firsts[stretch]
        end = self._indexes[stretch + 1] if stretch + 1 < len(self._indexes) else self._length
        return index if index < end else -1

    def number(self, index: int) -> int:
        """Return the number at an index."""
        stretch = bisect_right(self._indexes, index) - 1
        return self._firsts[stretch] + index - self._indexes[stretch]
