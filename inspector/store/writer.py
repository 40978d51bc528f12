"""The one writer of a session."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from inspector.core.errors import InspectorError
from inspector.core.records.brake import NOT_STORED
from inspector.core.records.records import KIND, SESSION_STARTED, Batch
from inspector.store.backlog import PIECE, Backlog
from inspector.store.database import Overwritten
from inspector.store.fold import Cells, Folded, Folder, Totals
from inspector.store.trouble import NoRoom, count_lost, count_records

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from inspector.store.database import SessionsDatabase
    from inspector.store.live import SessionLock

#: Seconds from one commit to the next while there is work, and between two that wait for the disk.
COMMIT_EVERY: Final = 0.025
FULL_EVERY: Final = 1.0
#: Seconds until the next attempt after trouble.
RETRY_EVERY: Final = 0.5
#: So many records do not wait for the time of the next commit: they would be lost when the process is killed, and a
#: program whose records wait for too long is slowed down.
MUCH: Final = 1_000
#: Seconds that the loop may take to fold a piece of a commit that is being written; then it is tried again.
FOLD_TIME: Final = 1.0
#: Records of one commit: one holds other writers, and the loop that folds it, for some 20 ms.
MAX_PER_COMMIT: Final = 20_000

Begin = Callable[[], Awaitable[tuple[int, "SessionLock"]]]
OnTrouble = Callable[[InspectorError | None], None]
#: Where a row of these tables says whether it has an end.
_END: Final = {"publications": 11, "executions": 6}
_log = logging.getLogger(__name__)


class SessionWriter:
    """Queues the batches of a session and commits them, a few times a second. Made by ``Store``.

    Somebody awaits ``run`` (a commit every 25 ms while there is work, and sooner when much waits), or calls ``flush``
    where it fits. Trouble is told once when it begins and once (as None) when it is over; what could not be written
    waits and is tried again. So is the beginning of the session itself: it is there when the database can be written
    for the first time.

    Args:
        database: Where to write.
        begin: Begins the session: gives its id, and the lock that says that it is being recorded; the writer releases
            it.
        now: Wall clock, nanoseconds since the epoch.
        on_trouble: Called with the trouble, and with None when it is over.
        backlog: What waits to be written.
        on_begun: Called with the id when the session has begun.
        on_stored: Called with seq and time of the newest record in the database; the seq is ``NOT_STORED`` while
            storing is in trouble.

    Attributes:
        session: The session's id, 0 before it has begun.
        trouble: Why nothing is written just now.
    """

    def __init__(
        self,
        database: SessionsDatabase,
        begin: Begin,
        now: Callable[[], int],
        on_trouble: OnTrouble | None = None,
        backlog: Backlog | None = None,
        on_begun: Callable[[int], None] | None = None,
        on_stored: Callable[[int, int], None] | None = None,
    ) -> None:
        self.session = 0
        self._database = database
        self._begin = begin
        self._lock: SessionLock | None = None
        self._now = now
        self._on_trouble = on_trouble
        self._backlog = backlog or Backlog()
        self._folder = Folder(0)
        #: Records in the database, and those taken from the backlog since the last commit.
        self._stored = self._in_hand = 0
        #: What the next commit writes, in pieces.
        self._pending: list[Folded] = []
        self._flushes = 0
        self._last_full = time.monotonic()
        self._unsynced = False
        self._work, self._much = asyncio.Event(), asyncio.Event()
        self._flushing = asyncio.Lock()
        self._stopping = False
        self._finished = False
        self._misplaced = False
        self._on_begun = on_begun
        self._on_stored = on_stored
        self._newest = 1, 0
        self.trouble: InspectorError | None = None

    @property
    def waiting(self) -> int:
        """How many records are not in the database and not lost yet: they would be, if it ended now."""
        return self._backlog.last - self.dropped - (0 if isinstance(self.trouble, Overwritten) else self._stored)

    @property
    def taken(self) -> int:
        """Seq of the newest record that was added."""
        return self._backlog.last

    @property
    def dropped(self) -> int:
        """How many records were lost for good because too many waited."""
        return self._backlog.dropped_rows

    @property
    def dropped_payloads(self) -> int:
        """How many payloads were lost for good because too many waited."""
        return self._backlog.dropped_payloads

    @property
    def stored(self) -> int:
        """How many records of the session are in the database; none when its file is not in its place any more."""
        return 0 if self._misplaced or isinstance(self.trouble, Overwritten) else self._stored

    @property
    def lost(self) -> int:
        """How many records were lost for good; once the session is finished also those that were never written."""
        return self.dropped + (self.waiting if self._finished else 0)

    async def begin(self) -> None:
        """Begin the session, unless it has begun.

        Raises:
            InspectorError: The database cannot be written.
        """
        if self._lock is None:
            self.session, self._lock = await self._begin()
            self._folder = Folder(self.session)
            self._stored = 1
            if self._on_begun is not None:
                self._on_begun(self.session)

    def add(self, batch: Batch) -> None:
        """Queue a batch. Cheap; call it from the loop that the writer runs on.

        Records that were added before are left out, so a stream can be followed again from an earlier place.

        Raises:
            InspectorError: The session is finished.
            ValueError: The stream's first row is not its ``SessionStarted``.
        """
        if self._finished:
            raise InspectorError("The session is closed.", "Start a new session.")
        if batch.first == 1:
            if batch.rows[0][KIND] != SESSION_STARTED:
                raise ValueError("a stream begins with SessionStarted")
            # It was written when the session began.
            batch = Batch(2, batch.rows[1:])
            if not batch.rows:
                return
        self._backlog.put(batch, self.trouble.text.rstrip(".") if self.trouble else "the database cannot keep up")
        self._work.set()
        if self._backlog.rows >= MUCH:
            self._much.set()

    async def run(self) -> None:
        """Commit what comes, until ``finish``."""
        begun = 0.0
        while not self._stopping:
            pause = COMMIT_EVERY if self.trouble is None else RETRY_EVERY
            try:
                async with asyncio.timeout(FULL_EVERY):
                    await self._work.wait()
            except TimeoutError:
                pause = 0.0
            # From commit to commit: a commit that takes its time must not let even more come together.
            if self.trouble is None:
                pause = max(0.0, pause - (time.monotonic() - begun))
            # Also when finishing begins the pause is kept: at most half a second, and no second way out.
            await self._pause(pause)
            if not self._stopping:
                begun = time.monotonic()
                await self.flush()

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until much waits to be written; in trouble that makes no difference."""
        if self.trouble is not None:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._much.wait()

    async def flush(self) -> bool:
        """Commit what waits now.

        Returns:
            Whether all of it is in the database; if not, ``trouble`` says why.
        """
        async with self._flushing:
            return await self._flush(close=False)

    async def finish(self, patience: float = 0.0) -> None:
        """Commit the rest and mark the session as properly closed; again does nothing.

        Args:
            patience: Seconds for which it is tried again.

        Raises:
            InspectorError: Records could not be written. They are lost; the session counts as interrupted.
        """
        self._stopping = True
        self._work.set()
        end = time.monotonic() + patience
        async with self._flushing:
            if self._finished:
                return
            done = await self._flush(close=True)
            while not done and time.monotonic() < end:
                await asyncio.sleep(RETRY_EVERY)
                done = await self._flush(close=True)
            self._end()
        if not done and self.trouble is not None:
            hint = "" if isinstance(self.trouble, NoRoom) else self.trouble.hint  # it is too late to wait
            if self._misplaced and not isinstance(self.trouble, Overwritten):
                hint = f"{count_records(self._stored)} saved before are lost with that file."
            text = f"The session was not closed properly, {count_lost(self.lost)}: {self.trouble.text}"
            raise InspectorError(text, hint) from self.trouble

    async def abandon(self) -> None:
        """Let go of the session without closing it: it counts as interrupted from now on."""
        self._stopping = True
        self._work.set()
        async with self._flushing:
            self._end()

    def _end(self) -> None:
        self._finished = True
        self._tell_stored()
        if self._lock is not None:
            self._lock.release()

    async def _flush(self, *, close: bool) -> bool:
        self._work.clear()
        self._much.clear()
        try:
            await self.begin()
            self._check_file()
            while self._pending or self._backlog.rows:
                much = not self._pending and self._backlog.rows > PIECE
                if not self._pending and not much:
                    self._fold(PIECE)
                await self._commit(full=time.monotonic() - self._last_full >= FULL_EVERY, much=much)
            if close or (self._unsynced and time.monotonic() - self._last_full >= FULL_EVERY):
                self._pending.append(self._folder.take())
                await self._commit(full=True, close=close)
            if close:
                await self._database.verify(self.session)
        except InspectorError as error:
            self._tell(error)
            # So that run() comes back for it.
            self._work.set()
            return False
        self._tell(None)
        return True

    def _fold(self, limit: int) -> int:
        """Fold the next records into a piece of what is to be written; return how many there were."""
        count = 0
        for batch in self._backlog.take(limit):
            self._folder.fold(batch.first, batch.rows)
            count += len(batch.rows)
            if self._backlog.stand_ins:
                self._in_hand -= len(self._backlog.stand_ins.intersection(range(batch.first, batch.last + 1)))
        self._in_hand += count
        self._pending.append(self._folder.take())
        return count

    async def _commit(self, *, full: bool, close: bool = False, much: bool = False) -> None:
        """Write what is pending in one transaction, exactly once; ``much``: fold the next records meanwhile."""
        try:
            await self._write(full=full, close=close, much=much)
        except OverflowError:
            self._leave_out_overflow()
            await self._write(full=full, close=close)
        except Empty:  # the loop had something else to do, and others want to write
            await self._write(full=full, close=close)
        # Into a file that was moved away in this very moment the rows went, but nobody would find them.
        self._check_file()
        totals = self._pending[-1].totals
        self._pending = []
        self._stored += self._in_hand
        self._in_hand = 0
        self._newest = totals.last_seq, totals.last_at
        self._tell_stored()
        self._flushes += 1
        self._unsynced = not full
        if full:
            self._last_full = time.monotonic()

    async def _write(self, *, full: bool, close: bool, much: bool = False) -> None:
        pieces: SimpleQueue[Folded | None] = SimpleQueue()
        for piece in self._pending:
            pieces.put(piece)

        async def fold() -> None:
            # While SQLite writes a piece the next is folded, and a window's loop may run.
            room = MAX_PER_COMMIT
            try:
                while room > 0 and self._backlog.rows:
                    room -= self._fold(min(room, PIECE))
                    pieces.put(self._pending[-1])
                    await asyncio.sleep(0)
            finally:
                pieces.put(None)

        def work(connection: Connection) -> None:
            is_new, totals = self._is_new(connection), None
            # SQLAlchemy would copy every row, and takes no generator.
            driver: Any = connection.connection.driver_connection
            for piece in iter(partial(pieces.get, timeout=FOLD_TIME), None):
                totals = piece.totals
                for sql, rows in piece.statements() if is_new else ():  # else it is in the database
                    driver.executemany(sql, rows)
            if is_new and totals is not None:
                self._update(connection, totals, close=close)

        if much:
            await self._database.write(work, full=full, meanwhile=fold)
        else:
            pieces.put(None)
            await self._database.write(work, full=full)

    def _is_new(self, connection: Connection) -> bool:
        """Return whether this commit is still to be written.

        A commit whose end we never heard of (the task was cancelled, the file moved) may have happened.
        """
        sql = "SELECT flushes FROM sessions WHERE id=? AND deleted=0"
        flushes = connection.exec_driver_sql(sql, (self.session,)).scalar()
        if flushes not in (self._flushes, self._flushes + 1):
            raise InspectorError("The session was deleted during recording.", "Start a new session.")
        return bool(flushes == self._flushes)

    def _update(self, connection: Connection, totals: Totals, *, close: bool) -> None:
        """Update the session's row."""
        connection.exec_driver_sql(
            "UPDATE sessions SET flushes=?, last_seq=?, last_at=?, publications=?, executions=?, ended=?, failures=?,"
            " timed_out=?, swallowed=?, by_fault=?, bytes=?, closed=? WHERE id=?",
            (
                self._flushes + 1,
                totals.last_seq,
                totals.last_at,
                totals.publications,
                totals.executions,
                totals.ended,
                totals.failures,
                totals.timed_out,
                totals.swallowed,
                totals.by_fault,
                totals.bytes,
                self._now() if close else None,
                self.session,
            ),
        )

    def _leave_out_overflow(self) -> None:
        """Leave out rows with numbers that SQLite cannot hold, counted and told of in the log."""
        count = 0
        for piece in self._pending:
            for name, rows in piece.rows.items():
                good = [row for row in rows if all(not isinstance(c, int) or -(1 << 63) <= c < 1 << 63 for c in row)]
                count += sum(_records(name, row) for row in rows if row not in good) if len(good) < len(rows) else 0
                piece.rows[name] = good
        self._backlog.dropped_rows += count
        self._in_hand -= count
        _log.error("records with numbers beyond 64 bits were not stored", extra={"count": count})

    def _check_file(self) -> None:
        self._misplaced = True
        self._database.check_file()
        self._misplaced = False

    def _tell_stored(self) -> None:
        """Report how far it is, for whoever sees to it that little waits."""
        if self._on_stored is not None:
            seq, at = self._newest
            self._on_stored(NOT_STORED if self.trouble is not None or self._finished else seq, at)

    def _tell(self, trouble: InspectorError | None) -> None:
        before, self.trouble = self.trouble, trouble
        self._tell_stored()
        if (before and before.text) == (trouble and trouble.text):
            return
        if trouble is not None:
            _log.warning("recording is in trouble: %s", trouble)
        if self._on_trouble is not None:
            self._on_trouble(trouble)


def _records(table: str, row: Cells) -> int:
    """Return for how many records a row of a table stands: a start and its end are two."""
    if table in ("payloads", "failures", "names"):
        return 0  # a part of a record that is counted elsewhere
    return 1 + bool(row[_END[table]]) if table in _END else 1
