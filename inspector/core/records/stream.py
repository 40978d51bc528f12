"""Streams of records: one shape for live, stored and imported runs."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Protocol

from ..errors import InspectorError
from .records import Batch, Row


class RecordStream(Protocol):
    """Records in order. Whoever reads cannot tell where they were born."""

    def read(self, after: int = 0) -> AsyncIterator[Batch]:
        """Return batches of the records whose seq is greater than ``after``; ends when no more will come."""


class RowSource(Protocol):
    """Where a live stream gets its rows: the recorder, or the wire from a child process."""

    def drain(self) -> list[Row]:
        """Take every row gathered so far; callable from any thread."""

    def on_rows(self, wake: Callable[[], None] | None) -> None:
        """Call ``wake`` (from any thread) when there are rows after there were none."""


class Part:
    """A part of a live stream that some readers read: it ends where ``LiveStream.end`` says, else with the stream.

    Attributes:
        last: Seq of its last record; None while nothing was said.
    """

    def __init__(self) -> None:
        self.last: int | None = None


class LiveStream:
    """A stream that is still being written.

    Rows are taken from the source at most once per ``interval`` and given to every reader. A batch is forgotten when
    every reader that exists has read it: old records are in the session store, not here. Belongs to the loop that
    runs ``pump``.

    Args:
        source: Where rows come from.
        interval: Seconds to gather rows before they are given on; about a frame.
    """

    def __init__(self, source: RowSource, interval: float = 0.016) -> None:
        self._source = source
        self._interval = interval
        self._batches: deque[Batch] = deque()
        self._last = 0
        self._readers: list[_Reader] = []
        self._ended = False
        self._closing = False
        self._rows_waiting = asyncio.Event()

    @property
    def last(self) -> int:
        """Seq of the newest record."""
        return self._last

    async def pump(self) -> None:
        """Move rows from the source to the readers until ``close``."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop was closed at this very moment: nobody reads any more
                loop.call_soon_threadsafe(self._rows_waiting.set)

        self._source.on_rows(wake)
        try:
            while not self._closing:
                await self._rows_waiting.wait()
                self._rows_waiting.clear()
                self.take()
                if not self._closing:
                    await asyncio.sleep(self._interval)
        finally:
            self._source.on_rows(None)
            try:
                self.take()
            finally:
                self._ended = True
                for reader in self._readers:
                    reader.ready.set()

    def take(self) -> None:
        """Pass what the source has to the readers now."""
        rows = self._source.drain()
        if rows:
            batch = Batch(self._last + 1, rows)
            self._last = batch.last
            self._batches.append(batch)
            for reader in self._readers:
                reader.ready.set()

    def close(self) -> None:
        """End the stream: readers end when they have read what there is."""
        self._closing = True
        self._rows_waiting.set()

    def end(self, part: Part, last: int) -> None:
        """Let a part end: its readers end when they have read up to ``last``."""
        part.last = last
        for reader in self._readers:
            reader.ready.set()

    def read(self, after: int = 0, part: Part | None = None) -> AsyncIterator[Batch]:
        """Return batches of the records after ``after``, waiting for more until the stream is closed, or the part ends.

        The reader exists from this call on: nothing that it has not read is forgotten.

        Raises:
            InspectorError: Some of those records are no longer here, only in the session store.
        """
        if after < self._last and (not self._batches or self._batches[0].first > after + 1):
            raise InspectorError(
                "The beginning of this run is only in the sessions database.", "Open the session there."
            )
        reader = _Reader(after)
        self._readers.append(reader)
        return self._batches_for(reader, part or Part())

    async def _batches_for(self, reader: _Reader, part: Part) -> AsyncIterator[Batch]:
        try:
            while True:
                reader.ready.clear()
                while (batch := self._next(reader.position, part.last)) is not None:
                    reader.position = batch.last
                    yield batch
                    self._forget()
                if self._ended or (part.last is not None and reader.position >= part.last):
                    return
                if self._last <= reader.position:
                    await reader.ready.wait()
        finally:
            self._readers.remove(reader)
            self._forget()

    def _next(self, after: int, until: int | None) -> Batch | None:
        if until is not None and after >= until:
            return None
        for batch in self._batches:
            if batch.last > after:
                first = max(batch.first, after + 1)
                last = batch.last if until is None else min(batch.last, until)
                whole = first == batch.first and last == batch.last
                return batch if whole else Batch(first, batch.rows[first - batch.first : last + 1 - batch.first])
        return None

    def _forget(self) -> None:
        done = min((reader.position for reader in self._readers), default=0)
        while self._batches and self._batches[0].last <= done:
            self._batches.popleft()


class _Reader:
    """Where one reader stands."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.ready = asyncio.Event()
