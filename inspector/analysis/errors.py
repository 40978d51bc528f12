"""What went wrong in each execution and what it said: of a whole run, where failures at hand are only the newest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from inspector.analysis.columns import Columns
from inspector.analysis.failures import FailurePlace, read_failure
from inspector.analysis.spill import GrowingArray

if TYPE_CHECKING:
    from collections.abc import Callable

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: Characters of a message that are kept; captured ones are never that long.
MAX_MESSAGE: Final = 8_000
#: Columns of the items: number of the kind, where the message ends in the texts, and whether it is not plain ASCII.
_ITEMS: Final = {"kind": np.int32, "end": np.int64, "other": np.bool_}
#: After each message: a byte that UTF-8 does not have, so that nothing is found across two of them.
_END: Final = b"\xff"
#: Messages that are searched at once.
_STRETCH: Final = 1 << 14


class ErrorKind(NamedTuple):
    """What tells errors apart: exception type, its module, and the place in the user's code (None where unknown)."""

    type: str
    module: str
    place: FailurePlace | None


class Errors:
    """The failures of a run, each by its number, in the order of their ends. Messages may lie on the disk.

    Attributes:
        kinds: The kinds, by number.
        cut: Messages of which only the first ``MAX_MESSAGE`` characters are kept.
    """

    def __init__(self) -> None:
        self.kinds: list[ErrorKind] = []
        self.cut = 0
        self._numbers: dict[ErrorKind, int] = {}
        self._items = Columns(_ITEMS)
        self._texts = GrowingArray(np.uint8, (), 1024)
        self._end = 0
        self._fresh: list[tuple[int, int, bool]] = []
        self._fresh_texts: list[bytes] = []

    def __len__(self) -> int:
        return len(self._items) + len(self._fresh)

    def add(self, failure: str) -> int:
        """Take in a failure as JSON text; return its number. It can be looked up after the next ``flush``."""
        error, module, message, place = read_failure(failure)
        kind = ErrorKind(error, module, place)
        number = self._numbers.get(kind)
        if number is None:
            number = self._numbers[kind] = len(self.kinds)
            self.kinds.append(kind)
        if len(message) > MAX_MESSAGE:
            message = message[:MAX_MESSAGE]
            self.cut += 1
        data = message.encode("utf-8", "surrogatepass") + _END
        self._end += len(data)
        self._fresh.append((number, self._end, not message.isascii()))
        self._fresh_texts.append(data)
        return len(self) - 1

    def flush(self) -> None:
        """Write what was added to the columns."""
        if not self._fresh:
            return
        data = b"".join(self._fresh_texts)
        self._texts.reserve(self._end)[self._end - len(data) : self._end] = np.frombuffer(data, np.uint8)
        self._items.extend(dict(zip(_ITEMS, zip(*self._fresh, strict=True), strict=True)))
        self._fresh, self._fresh_texts = [], []

    def kind(self, numbers: Ints) -> Ints:
        """Return the kinds of errors by their numbers, shape ``(n,)``; -1 where the number is -1, which is no error."""
        kinds = np.full(len(numbers), -1, np.int64)
        errors = numbers >= 0
        kinds[errors] = self._items["kind"][numbers[errors]]
        return kinds

    def kind_of(self, number: int) -> ErrorKind | None:
        """Return the kind of an error; None for -1, which is no error."""
        return None if number < 0 else self.kinds[int(self._items["kind"][number])]

    def of_kinds(self, numbers: Ints, fits: Callable[[ErrorKind], bool]) -> Mask:
        """Return which errors are of a kind that fits, shape ``(n,)``; -1, which is no error, is of none."""
        table = np.fromiter((*map(fits, self.kinds), False), np.bool_, len(self.kinds) + 1)
        return np.asarray(table[self.kind(numbers)], np.bool_)

    def message(self, number: int) -> str:
        """Return what an error said."""
        ends = self._items["end"]
        first = int(ends[:number][-1]) if number else 0
        data: bytes = self._texts.array[first : int(ends[number]) - len(_END)].tobytes()
        return data.decode("utf-8", "surrogatepass")

    def saying(self, text: str, first: int = 0) -> Mask:
        """Return which errors from the number ``first`` on say a text (lower case), shape ``(n,)``."""
        fits: Mask = np.full(len(self._items) - first, not text)
        if not text:
            return fits
        ends, other = self._items["end"], self._items["other"]
        wanted = re.compile(re.escape(text.encode("utf-8", "surrogatepass")))
        for low in range(first, len(self._items), _STRETCH):
            high = min(low + _STRETCH, len(self._items))
            start = int(ends[low - 1]) if low else 0
            data: bytes = self._texts.array[start : int(ends[high - 1])].tobytes().lower()
            places = np.fromiter((match.start() for match in wanted.finditer(data)), np.int64)
            fits[low - first + np.searchsorted(ends[low:high], start + places, "right")] = True
        for number in np.flatnonzero(other[first:]).tolist():  # bytes know lower case of ASCII only
            fits[number] = text in self.message(first + number).lower()
        return fits
