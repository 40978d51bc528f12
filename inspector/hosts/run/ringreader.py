"""What reads a ring (``agent/run/ring``, which says how it is laid out): it believes nothing of what stands there."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from struct import Struct, unpack_from
from sys import byteorder
from time import perf_counter_ns
from typing import Any, Final
from zlib import crc32

from inspector.agent.run.ring import (
    BEGUN,
    CONTROL,
    DATA,
    DRAFT,
    DRAFT_WORDS,
    FRAME,
    HANDLER_WORDS,
    HANDLERS,
    HEAD,
    HELLO,
    HELLO_AT,
    HELLO_SIZE,
    MAGIC,
    MOST,
    MOST_BODY,
    NUMBER,
    OVER,
    PID,
    READ,
    SIZE,
    TEXT,
    TOLD,
    UNTIL,
    VALID,
    WORDS,
    WRITTEN,
    RingError,
    draft_at,
)
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    KIND,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
)

#: Nanoseconds after which what stands in the draft is read although it is not over.
LONG: Final = 20_000_000
_WORD: Final = Struct("=Q")
_DRAFT: Final = Struct(f"={DRAFT_WORDS}Q")
_BRACKET: Final = ord("[")
_BIG: Final = 1 << 62
_MOST_AHEAD: Final = 10_000
#: Where a row has its own number.
_OWN: Final = 2
#: By kind where a row has numbers of publications (0) and of executions (1); its own first.
_NUMBERS: Final = {
    PUBLISHED: ((_OWN, 0), (6, 1)),
    HANDLER_STARTED: ((_OWN, 1), (3, 0)),
    HANDLER_ENDED: ((_OWN, 1),),
    NOTED: ((_OWN, 1), (3, 0)),
    PUBLICATION_ENDED: ((_OWN, 0),),
}


class RingHeader:
    """What the header of a ring says.

    Attributes:
        words: All words by their numbers (``PID`` to ``CHILD_REFUSED``); 0 stands for the magic.
    """

    __slots__ = ("words",)

    def __init__(self, words: tuple[int, ...]) -> None:
        self.words = words

    def __getitem__(self, word: int) -> int:
        return self.words[word]


class _Sequence:
    """Numbers that count on, whatever the order in which they come.

    Args:
        resumed: Another reader has read the first ones.
    """

    __slots__ = ("_begun", "_last", "_others")

    def __init__(self, *, resumed: bool) -> None:
        self._begun = not resumed
        self._last = 0
        #: Those that had another number.
        self._others: dict[int, int] = {}

    def of(self, number: int, *, new: bool) -> int:
        """Return the number of something new, or of what is known; the first one of a later reader is as it is."""
        if not new:
            return self._others.get(number, number) if self._others else number
        following = self._last + 1
        if number != following and self._begun and abs(number - following) <= _MOST_AHEAD:
            if len(self._others) > _MOST_AHEAD:
                del self._others[next(iter(self._others))]
            self._others[number] = number = following
        self._begun, self._last = True, number
        return number


class RingReader:
    """The end of a ring that reads. It believes nothing of what it reads, and maps nothing.

    Args:
        path: The file.

    Attributes:
        hello: What the process says of itself.
        header: What the header said when it was last looked at.

    Raises:
        RingError: It is no ring, or of somebody else.
    """

    def __init__(self, path: str) -> None:
        self._decoder = json.JSONDecoder(parse_constant=_no_constant)
        self._file = -1
        try:
            self._file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            self._check(Path(path).name)
        except OSError as error:
            self.close()
            raise RingError(f"cannot be read: {error.strerror or error}") from error
        except BaseException:
            self.close()
            raise

    def _check(self, name: str) -> None:
        there = os.fstat(self._file)
        if not stat.S_ISREG(there.st_mode) or there.st_uid != os.getuid() or there.st_size < DATA:
            raise RingError("is not the file of a ring")
        if os.pread(self._file, len(MAGIC), 0) != MAGIC:
            raise RingError("is not a ring")
        self._bad = 0
        #: Kinds and numbers of rows that were read of the draft, and are still to be written.
        self._read_ahead: set[tuple[int, int]] = set()
        #: The publication whose draft was read last, and how many rows of it; that whose row was read last.
        self._draft = 0, 0
        self._published = 0
        self._position = -1
        self.header = self.look()
        self._position = self.header[READ]
        resumed = self._position > 0
        self._sequences = _Sequence(resumed=resumed), _Sequence(resumed=resumed)
        if name.partition(".")[0] != str(self.header[PID]):
            raise RingError("is the ring of another process")
        length = self.header[HELLO]
        if length > HELLO_SIZE:
            raise RingError("has a greeting that is too long")
        self.hello: dict[str, Any] = self._json(os.pread(self._file, length, HELLO_AT), dict)

    def look(self) -> RingHeader:
        """Read the header anew.

        Raises:
            RingError: It cannot be.
        """
        for _ in range(4):
            first = self._pread(8 * WORDS, 0)
            if first == self._pread(8 * WORDS, 0):  # a word that is just being stored is not read in halves
                break
        words = (0, *HEAD.unpack(first[8:]))
        if any(word >= _BIG for word in words):
            raise RingError("has impossible numbers")
        size, written, read = words[SIZE], words[WRITTEN], words[READ]
        if size > MOST or (written and not size) or read > written or written - read > size:
            raise RingError("has impossible numbers")
        if self._position >= 0 and written < self._position:
            raise RingError("runs backwards")
        if size and os.fstat(self._file).st_size < draft_at(size) + DRAFT:
            raise RingError("was cut")
        self.header = RingHeader(words)
        return self.header

    def take(self, most: int = 1 << 20, *, gone: bool = False) -> list[list[Any]]:
        """Return what has been written since the last time: rows and messages, as lists.

        When nothing else is there, that is also what is known of a publication that has been under way for a while.

        Args:
            most: Bytes after which the rest is left for the next time.
            gone: The process is: whatever is known of what was under way is wanted.

        Raises:
            RingError: It cannot be read; nothing of it can from now on.
        """
        header = self.look()
        written, size = header[WRITTEN], header[SIZE]
        if not size:
            return []
        if written - self._position > size:
            raise RingError("was overrun")
        waiting = self._bytes(self._position, min(written - self._position, most), size)
        items: list[list[Any]] = []
        place = 0
        while self._position < written:
            if len(waiting) - place < FRAME.size:
                if items:
                    break
                waiting, place = self._bytes(self._position, min(written - self._position, FRAME.size), size), 0
                if len(waiting) < FRAME.size:
                    raise RingError("has half a frame")
            length, checksum = FRAME.unpack_from(waiting, place)
            whole = FRAME.size + length
            if not length or length > MOST_BODY or self._position + whole > written:
                raise RingError("has a frame of an impossible length")
            if len(waiting) - place < whole:
                if items:
                    break
                waiting, place = self._bytes(self._position, whole, size), 0
            body = waiting[place + FRAME.size : place + whole]
            if crc32(body) != checksum:
                if items or self._bad < 3:  # on some processors it may be seen later than the count
                    self._bad += not items
                    break
                raise RingError("has a torn frame")
            self._bad = 0
            if body[0] == _BRACKET:
                item = self._item(body)
                items.append(item)
                if item[KIND] == PUBLISHED and len(item) > _OWN:
                    self._published = item[_OWN]
            else:
                items += self._packet(body)
                self._draft = items[-1][_OWN], _BIG  # it may stand in the draft for a moment yet
            place += whole
            self._position += whole
        if self._read_ahead:
            items = [item for item in items if not self._was_read(item)]
            if len(self._read_ahead) > _MOST_AHEAD:  # nobody who means well leaves so much behind
                self._read_ahead.clear()
        return [self._in_order(item) for item in items or self._unfinished(size, gone=gone)]

    def _in_order(self, item: list[Any]) -> list[Any]:
        """Number publications and executions in the order in which they are written.

        Threads and signal handlers may come in between when one has its number and is not written yet.
        """
        places = _NUMBERS.get(item[KIND])
        if places is not None and len(item) > places[-1][0]:
            for place, sequence in places:
                number = item[place]
                if type(number) is int and number:
                    item[place] = self._sequences[sequence].of(
                        number, new=place == _OWN and item[KIND] <= HANDLER_STARTED
                    )
        return item

    def _was_read(self, item: list[Any]) -> bool:
        """Return whether a row has been read of the draft, long before it was written."""
        key = (item[KIND], item[_OWN]) if len(item) > _OWN and type(item[KIND]) is type(item[_OWN]) is int else (-1, 0)
        if key not in self._read_ahead:
            return False
        self._read_ahead.discard(key)
        return True

    def _unfinished(self, size: int, *, gone: bool) -> list[list[Any]]:
        """Return the rows of the publication in the draft that have not been read."""
        at = draft_at(size)
        head = self._pread(_DRAFT.size, at)
        words = _DRAFT.unpack(head)
        length = 8 * (DRAFT_WORDS + HANDLER_WORDS * words[HANDLERS]) + words[TEXT]
        if words[VALID] != 1 or length > DRAFT:
            return []
        if words[NUMBER] == self._published and not words[TOLD]:
            return []  # it was killed when all had just been written as rows
        draft = self._pread(length, at)
        latest = max(int.from_bytes(draft[place : place + 8], byteorder) for place in _times(words[HANDLERS]))
        if not gone and perf_counter_ns() - max(latest, words[BEGUN]) < LONG:
            return []
        # It may end, and another begin, between any two looks: only what stands still has a meaning.
        if not draft.startswith(head) or self._pread(length, at) != draft or self.look()[WRITTEN] != self._position:
            return []
        rows = self._packet(draft)
        number, already = self._draft
        if number != words[NUMBER]:
            already = 0
        rows_now = rows[max(already, words[TOLD]) :]
        self._draft = words[NUMBER], max(len(rows), already)
        self._read_ahead.update((row[KIND], row[_OWN]) for row in rows_now)
        return rows_now

    def _packet(self, body: bytes) -> list[list[Any]]:
        """Return the rows that a packet stands for, as far as it has come."""
        if len(body) < _DRAFT.size:
            raise RingError("has an impossible packet")
        valid, number, handlers, length, execution, begun, anchor, over, _ = _DRAFT.unpack_from(body)
        words = DRAFT_WORDS + HANDLER_WORDS * handlers
        if valid != 1 or len(body) != 8 * words + length or max(number, execution, begun, anchor, over) >= _BIG:
            raise RingError("has an impossible packet")
        said = self._json(body[8 * words :], list)
        if len(said) != 3 or type(said[0]) is not list or len(said[0]) < 3 or type(said[1]) is not list:
            raise RingError("has an impossible packet")
        published, keys, outcome = said
        if len(keys) != handlers:
            raise RingError("has an impossible packet")
        published[1:3] = begun - anchor, number
        rows: list[list[Any]] = [published]
        marks = unpack_from(f"={HANDLER_WORDS * handlers}Q", body, _DRAFT.size)
        for place, key in enumerate(keys):
            began, ended, own = marks[HANDLER_WORDS * place : HANDLER_WORDS * (place + 1)]
            if not began:
                break
            if not own:
                own, execution = execution, execution + 1
            rows.append([HANDLER_STARTED, began - anchor, own, number, key, ""])
            if not ended:
                break
            rows.append([HANDLER_ENDED, ended - anchor, own, "ok", ended - began, ""])
        if over:
            rows.append([PUBLICATION_ENDED, over - anchor, number, outcome])
        return rows

    def confirm(self) -> None:
        """Release the room of what was taken: it is where it cannot be lost any more.

        Raises:
            RingError: That cannot be written down.
        """
        self.set(READ, self._position)

    def allow(self, bits: int, until: int) -> None:
        """Allow the process what these bits stand for: ``MAY_FIRE``, or 0 for nothing.

        Args:
            bits: What is allowed.
            until: Until when, in nanoseconds of the monotonic clock.

        Raises:
            RingError: That cannot be written down.
        """
        self.set(UNTIL, until)
        self.set(CONTROL, bits)

    def set(self, word: int, value: int) -> None:
        """Set a word that is the reader's.

        Raises:
            RingError: That cannot be written down.
        """
        try:
            os.pwrite(self._file, _WORD.pack(value), 8 * word)
        except OSError as error:
            raise RingError(f"cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _item(self, body: bytes) -> list[Any]:
        item: list[Any] = self._json(body, list)
        if not item or type(item[0]) not in (int, str):
            raise RingError("has a frame that is neither row nor message")
        return item

    def _json(self, body: bytes, kind: type) -> Any:
        try:
            value = self._decoder.decode(body.decode())
        except (ValueError, RecursionError) as error:
            raise RingError("has a frame that is not JSON") from error
        if type(value) is not kind:
            raise RingError("has a frame that is neither row nor message")
        return value

    def _bytes(self, position: int, count: int, size: int) -> bytes:
        """Return bytes of the data area from a position on, round its end."""
        start = position % size
        first = min(count, size - start)
        data = self._pread(first, DATA + start)
        return data + self._pread(count - first, DATA) if count > first else data

    def _pread(self, count: int, offset: int) -> bytes:
        try:
            data = os.pread(self._file, count, offset)
        except OSError as error:
            raise RingError(f"cannot be read: {error.strerror}") from error
        if len(data) != count:
            raise RingError("was cut")
        return data


def _times(handlers: int) -> Iterator[int]:
    """Yield where the times of a draft are."""
    yield 8 * OVER
    for place in range(handlers):
        first = 8 * (DRAFT_WORDS + HANDLER_WORDS * place)
        yield first
        yield first + 8


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
