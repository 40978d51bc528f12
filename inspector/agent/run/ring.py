"""The ring: a mapped file into which a process writes what happens, and from which a reader takes it.

The writer has no thread, no descriptor and no socket: what is written is in the file, whatever kills the process. The
reader is never waited for; where it is too slow, whole publications are left out, and counted. A second reader goes on
where the first was.

The file is ``PID.NANOSECONDS.ring`` (of the monotonic clock, when the agent started), of mode 0600, in native byte
order. Its header has ``DATA`` bytes: the magic, then words of 64 bits (``PID`` to ``CHILD_REFUSED``: word *i* at byte
8*i*, each written with one store), then, from byte 256, the hello: a JSON object in UTF-8. Frames follow, round and
round: length and CRC-32 of the body (32 bits each), and the body, a JSON array in UTF-8. One that begins with a number
is a row (``core/records``), one that begins with a text is a message. ``WRITTEN`` is stored when the frame is there.

A publication of which each handler is called at once and returns at once is a single frame, a *packet*, written when it
is over. Until then it stands in the *draft* behind the data area, on the next multiple of 4096 bytes: 9 words (1 while
it is valid; its number, how many handlers, bytes of text, the number of its first execution, when it began, the time 0
of the rows, when it ended, how many of its moments have been written as rows), three for each handler (when it began,
when it ended, the number of its execution where that is known), then a JSON array in UTF-8: the row that tells of it,
time and number 0, the keys of the handlers, its outcome. A packet is the same bytes. So what a process was doing when
it was killed is known, and what it does while a handler does not return.

Requests of the reader are files beside it, ``PID.NANOSECONDS.ring.NUMBER.in``, numbered from 1 on.

It is used before anything is known of the process, so it imports next to nothing.
"""

from __future__ import annotations

import os
from _collections import deque  # type: ignore[import-not-found]  # what collections, no light import, has it from
from _struct import Struct
from _thread import allocate_lock, get_ident
from errno import EFBIG, EIO, ENOENT
from mmap import mmap
from sys import version_info
from zlib import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final

#: Where the data begin: the size of the header.
DATA: Final = 4096
#: How large the data area is made, unless something larger has to go in at once.
CAPACITY: Final = 8 << 20
#: Most bytes of a data area and of a body that a reader believes.
MOST: Final = 128 << 20
MOST_BODY: Final = 33 << 20
#: Most bytes of the hello.
HELLO_SIZE: Final = 3800
MAGIC: Final = b"EVIRING2"
#: Bytes of the draft, and words of it: those that every packet has, and those of each handler.
DRAFT: Final = 1 << 16
DRAFT_WORDS: Final = 9
HANDLER_WORDS: Final = 3
VALID, NUMBER, HANDLERS, TEXT, FIRST, BEGUN, ANCHOR, OVER, TOLD = range(DRAFT_WORDS)

#: Words of the header.
PID: Final = 1
#: Start time of the process: field 22 of ``/proc/PID/stat``, 0 where that is not known.
STARTED: Final = 2
#: Bytes of the data area; 0 until there is something in it.
SIZE: Final = 3
#: Bytes ever written, and ever read; the reader writes the second.
WRITTEN: Final = 4
READ: Final = 5
#: Publications that were left out because there was no room, and that were only counted because of the budget.
DROPPED: Final = 6
COUNTED: Final = 7
#: One publication in how many is recorded in full now.
ONE_IN: Final = 8
STATE: Final = 9
PARENT: Final = 10
INTERPRETER: Final = 11
#: Written by the reader: what is allowed (``MAY_FIRE``), and until when, in nanoseconds of the monotonic clock.
CONTROL: Final = 12
HELLO: Final = 13
UNTIL: Final = 14
#: Written by the reader: how many requests it has ever left beside the ring (``wayin``). And when the process looked
#: for them last, in nanoseconds of the monotonic clock; 0 where it does not.
REQUESTS: Final = 15
LOOKED: Final = 16
#: Written by the reader: what it has told of ``COUNTED`` and ``DROPPED``.
TOLD_COUNTED: Final = 17
TOLD_DROPPED: Final = 18
#: Error numbers: why the file could not be made larger, and why a process that was forked off could not make its own; 0
#: where that has not happened.
REFUSED: Final = 19
CHILD_REFUSED: Final = 20
WORDS: Final = 21

#: States: the process runs, it has ended in order, the agent has given up (a message says why).
RUNNING: Final = 0
ENDED: Final = 1
GIVEN_UP: Final = 2
#: Bits of the control word; and nanoseconds for which the reader allows something at a time: it may be gone then.
MAY_FIRE: Final = 1
LEASE: Final = 10_000_000_000

HELLO_AT: Final = 256
FRAME: Final = Struct("=II")
HEAD: Final = Struct(f"={WORDS - 1}Q")
#: Room is taken from the disk in steps: writing to a mapped page that the disk has no room for kills the process.
_STEP: Final = 1 << 20
#: Part of the ring that is left for what has begun before it was full.
_RESERVE: Final = 8
#: Frames that wait for room; more than these nothing that has begun can need.
_MOST_WAITING: Final = 200_000
#: Mappings live longer than the program's files: on Python 3.12 a mapping that goes closes the number that its
#: descriptor had, whosever that is by then. What is called at a fork goes last.
_MAPPINGS: Final[list[mmap]] = []
os.register_at_fork(after_in_parent=lambda _mappings=_MAPPINGS: None)


class RingError(Exception):
    """A ring cannot be made, or is none."""

    @property
    def number(self) -> int:
        """Number of the system's error; ``EIO`` where it is another."""
        return getattr(self.__cause__, "errno", None) or EIO


class RingFullError(RingError):
    """Nothing more of what has begun can be taken: the reader is gone, or stands still."""


class RingWriter:
    """The end of a ring that writes. ``put`` may be called from any thread, and from signal handlers.

    Args:
        folder: Where the file is made.
        hello: What the process says of itself: a JSON object, in ASCII.
        started: When the process was started, in clock ticks since the machine was; 0 when that is not known.
        parent: Number of the process that it was forked off by; 0: what is its parent now.
        name: When the agent started, in nanoseconds.
        interpreter: Number of the interpreter; not 0 in a subinterpreter.
        capacity: Bytes of the data area.

    Attributes:
        path: The file.
        draft: The words of the draft; None until there is something in the ring.
        words: Those of the header.

    Raises:
        RingError: The file cannot be made.
    """

    draft: memoryview | None = None

    def __init__(
        self,
        folder: str,
        hello: bytes,
        *,
        name: int,
        started: int = 0,
        parent: int = 0,
        interpreter: int = 0,
        capacity: int = CAPACITY,
    ) -> None:
        pid = os.getpid()
        self.path = f"{folder}/{pid}.{name}.ring"
        self._closes = interpreter == 0
        self._wanted = capacity
        self._size = 0
        self._there = 0
        self._written = 0
        self._read = 0
        #: Bytes ever written up to which there is room for certain, in the lap that is being written.
        self._free_to = 0
        #: Bytes ever written up to which another publication may begin.
        self._may_to = 0
        self._waiting: deque[bytes] = deque()
        self._lock = allocate_lock()
        self._owner = 0
        if len(hello) > HELLO_SIZE:
            hello = b"{}"
        words = [0] * (WORDS - 1)
        for word, value in (
            (PID, pid),
            (STARTED, started),
            (PARENT, parent or os.getppid()),
            (INTERPRETER, interpreter),
            (ONE_IN, 1),
            (HELLO, len(hello)),
        ):
            words[word - 1] = value
        head = (MAGIC + HEAD.pack(*words)).ljust(HELLO_AT, b"\0") + hello
        new = f"{folder}/.{pid}.{name}.new"
        try:
            file = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                if os.write(file, head.ljust(DATA, b"\0")) != DATA:
                    raise OSError("no room")
                self._inode = os.fstat(file).st_ino
                self.words = self._mapped(file, DATA).cast("Q")
                os.rename(new, self.path)  # noqa: PTH104 - pathlib is no light import
            finally:
                os.close(file)
        except (OSError, ValueError) as error:
            raise RingError(str(error)) from error
        self._data = memoryview(b"")
        #: The same, from the header on: into a mapping itself is written in half the time.
        self._mapping: Any = None
        self._draft_at = self._draft_end = 0

    # -- what is written -----------------------------------------------------------------------------------------------

    def put(self, bodies: Iterable[bytes]) -> None:
        """Write frames with these bodies. Where there is no room they wait until something is put again.

        Raises:
            RingError: There is no room for them, and none to wait.
        """
        waiting, thread = self._waiting, get_ident()
        for body in bodies:
            waiting.append(FRAME.pack(len(body), crc32(body)) + body)
        while waiting:
            if (
                self._owner == thread
            ):  # we are in a signal handler or finalizer: what it has interrupted goes on with it
                return
            # Python runs no signal handler between a lock that is taken by ``with`` and an assignment of a local.
            with self._lock:
                self._owner = thread
                try:
                    room = self._write()
                finally:
                    self._owner = 0
            if not room:
                self._may_to = 0
                if len(waiting) > _MOST_WAITING:
                    raise RingFullError("its records are no longer read")
                return

    def put_one(self, body: bytes) -> None:
        """Write a frame with this body: what ``put`` does, the short way where nothing waits.

        Raises:
            RingError: There is no room for it, and none to wait.
        """
        thread = get_ident()
        if not self._waiting and not self._owner:
            frame = FRAME.pack(len(body), crc32(body)) + body
            with self._lock:
                self._owner = thread
                try:
                    written = self._written
                    end = written + len(frame)
                    if end <= self._free_to and not self._waiting:
                        place = DATA + written % self._size
                        self._mapping[place : place + len(frame)] = frame
                        self.words[WRITTEN] = self._written = end
                        return
                finally:
                    self._owner = 0
        self.put((body,))

    def begin_draft(self, content: bytes) -> memoryview:
        """Begin a draft; return its words, where times belong.

        Args:
            content: Its words, as ``draft_of`` packs them, and its text.
        """
        draft: Any = self.draft
        place = self._draft_at
        self._draft_end = end = place + len(content)
        self._mapping[place:end] = content
        draft[VALID] = 1
        return draft  # type: ignore[no-any-return]

    def put_draft(self) -> None:
        """Write the draft, which is over, as a packet.

        Raises:
            RingError: As ``put``.
        """
        draft: Any = self.draft
        self.put_one(self._mapping[self._draft_at : self._draft_end])
        draft[VALID] = 0

    def may_begin(self) -> bool:
        """Return whether there is room for another publication, beside what is needed to end those that run."""
        if self._written < self._may_to:
            return True
        if self._waiting:
            self.put(())
            if self._waiting:
                return False
        size = self._size or self._wanted
        most = size - size // _RESERVE
        if self._room() <= size - most:
            return False
        self._may_to = self._read + most
        return True

    def set(self, word: int, value: int) -> None:
        """Set a word of the header that is the writer's."""
        self.words[word] = value

    def get(self, word: int) -> int:
        """Return a word of the header."""
        return self.words[word]

    @property
    def control(self) -> int:
        """What the reader allows: ``MAY_FIRE``."""
        return self.words[CONTROL]

    def _room(self) -> int:
        read = self.words[READ]
        if self._read <= read <= self._written:
            self._read = read
        return (self._size or self._wanted) - (self._written - self._read)

    def _write(self) -> bool:
        """Write what waits; return whether there was room for all of it."""
        waiting = self._waiting
        while waiting:
            frame = waiting[0]
            length = len(frame)
            if not self._size and not self._grow(length):
                return False
            if length > self._room():
                if length > min(self._size, MOST_BODY):
                    raise RingError(f"{length} bytes do not fit")
                return False
            place = self._written % self._size
            end = place + length
            if end > self._there and self._there < self._size and not self._take(min(end, self._size)):
                return False
            data = self._data
            if end <= self._size:
                data[place:end] = frame
            else:
                first = self._size - place
                data[place:] = frame[:first]
                data[: length - first] = frame[first:]
            written = self._written + length
            self.words[WRITTEN] = self._written = written  # no signal handler runs until it has left the queue
            waiting.popleft()
        # Up to here, and no further than the data area goes, there is room for certain.
        lap = self._written - self._written % self._size if self._size else 0
        self._free_to = min(self._read + self._size, lap + self._there) if self._size else 0
        return True

    # -- the file ------------------------------------------------------------------------------------------------------

    def _grow(self, least: int) -> bool:
        """Make the data area, with room for several times what is to be written first; return whether there is room.

        Raises:
            RingError: The file is gone.
        """
        size = self._wanted
        while size < 2 * least and 2 * size <= MOST:
            size *= 2
        try:
            file = self._opened()
            try:
                at = draft_at(size)
                if not _may_be(at + DRAFT):
                    raise OSError(EFBIG, "too large")
                os.ftruncate(file, at + DRAFT)
                step = min(size, max(_STEP, least))
                os.posix_fallocate(file, DATA, step)
                os.posix_fallocate(file, at, DRAFT)
                mapped = self._mapped(file, at + DRAFT)
                self._data, self._mapping = mapped[DATA : DATA + size], mapped.obj
                self._draft_at, self.draft = at, mapped[at:].cast("Q")
            finally:
                os.close(file)
        except FileNotFoundError as error:
            raise RingError(str(error)) from error
        except (OSError, ValueError) as error:
            return self._refuse(error)
        self._there, self._size = step, size
        self.words[SIZE] = size
        return True

    def _take(self, end: int) -> bool:
        """Take room from the disk up to a place of the data area; return whether there is any."""
        end = min(self._size, max(end, self._there + _STEP))
        try:
            file = self._opened()
            try:
                os.posix_fallocate(file, DATA + self._there, end - self._there)
            finally:
                os.close(file)
        except OSError as error:
            return self._refuse(error)
        self._there = end
        return True

    def _refuse(self, error: OSError | ValueError) -> bool:
        """Note why there is no room: what does not fit is counted like what nobody reads."""
        self.words[REFUSED] = getattr(error, "errno", None) or EIO
        return False

    def _opened(self) -> int:
        file = os.open(self.path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        if os.fstat(file).st_ino != self._inode:
            os.close(file)
            raise FileNotFoundError(ENOENT, "the ring is another file now")
        return file

    def _mapped(self, file: int, size: int) -> memoryview:
        """Map a file; no descriptor of it stays open, except in a subinterpreter of Python 3.12."""
        if version_info >= (3, 13):
            mapping = mmap(file, size, trackfd=False)  # type: ignore[call-arg,unused-ignore]  # there since 3.13
        else:
            copy = os.dup(file)  # the number that is free now, and that the mapping's own copy will have
            os.close(copy)
            mapping = mmap(file, size)
            if self._closes:
                _close_copy(file, copy)
        _MAPPINGS.append(mapping)
        return memoryview(mapping)


def _may_be(size: int) -> bool:
    """Return whether the process may have a file of this size: trying may be its end, by ``SIGXFSZ``."""
    from resource import RLIM_INFINITY, RLIMIT_FSIZE, getrlimit

    most = getrlimit(RLIMIT_FSIZE)[0]
    return most == RLIM_INFINITY or size <= most


def draft_of(handlers: int) -> Callable[..., bytes]:
    """Return what packs the words of a draft for so many handlers, given those that every packet has."""
    return Struct(f"={DRAFT_WORDS}Q{8 * HANDLER_WORDS * handlers}x").pack


def draft_at(size: int) -> int:
    """Return where the draft begins in a file with a data area of this size."""
    return DATA + (size + DATA - 1) // DATA * DATA


def _close_copy(file: int, copy: int) -> None:
    """Close the copy of a descriptor that a mapping keeps for what we do not ask of it.

    Where another thread has taken its number meanwhile it stays open: what may be somebody else's is not closed.
    """
    try:
        asked, other = os.fstat(file), os.fstat(copy)
    except OSError:
        return
    if (other.st_ino, other.st_dev) == (asked.st_ino, asked.st_dev):
        os.close(copy)
