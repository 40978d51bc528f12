"""Live streams: every reader gets every row once, in order, with consecutive seqs."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from inspector.core.errors import InspectorError
from inspector.core.records.host import HostNoted
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import HOST_NOTED, Batch, Row
from inspector.core.records.stream import LiveStream
from tests.patience import PATIENCE


class Source:
    """Rows by hand."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.broken: Exception | None = None
        self.wake: Callable[[], None] | None = None

    def add(self, *numbers: int) -> None:
        self.rows += [(HOST_NOTED, number, "test", "info", "", "") for number in numbers]
        if self.wake is not None:
            self.wake()

    def drain(self) -> list[Row]:
        if self.broken is not None:
            raise self.broken
        taken, self.rows = self.rows, []
        return taken

    def on_rows(self, wake: Callable[[], None] | None) -> None:
        self.wake = wake
        if wake is not None and self.rows:
            wake()


async def collect(stream: LiveStream, after: int = 0) -> list[tuple[int, int]]:
    """Seq and time of every row."""
    return [(seq, row[1]) async for batch in stream.read(after) for seq, row in enumerate(batch.rows, batch.first)]


@asynccontextmanager
async def pumping(stream: LiveStream) -> AsyncIterator[None]:
    pump = asyncio.create_task(stream.pump())
    try:
        yield
    finally:
        stream.close()
        await pump


def expected(*numbers: int) -> list[tuple[int, int]]:
    return list(enumerate(numbers, 1))


async def test_every_reader_gets_every_row_once_and_in_order() -> None:
    source = Source()
    stream = LiveStream(source, interval=0)
    readers = [asyncio.create_task(collect(stream)) for _ in range(3)]
    async with pumping(stream):
        for number in range(50):
            source.add(2 * number, 2 * number + 1)
            await asyncio.sleep(0)
    assert await asyncio.gather(*readers) == [expected(*range(100))] * 3
    assert stream.last == 100


async def test_close_ends_readers_after_the_last_row() -> None:
    """What is in the source when the stream is closed still arrives."""
    source = Source()
    stream = LiveStream(source, interval=0)
    reader = asyncio.create_task(collect(stream))
    pump = asyncio.create_task(stream.pump())
    await asyncio.sleep(0)
    source.add(1, 2, 3)
    stream.close()
    await pump
    assert await reader == expected(1, 2, 3)


async def test_a_reader_of_a_stream_that_has_ended_gets_what_nobody_had_read() -> None:
    source = Source()
    stream = LiveStream(source, interval=0)
    async with pumping(stream):
        source.add(1, 2)
    assert await collect(stream) == expected(1, 2)


async def test_a_stream_without_rows_ends() -> None:
    stream = LiveStream(Source())
    async with pumping(stream):
        reader = asyncio.create_task(collect(stream))
        await asyncio.sleep(0)
    assert await reader == []


async def test_a_slow_reader_loses_nothing_and_holds_up_nobody() -> None:
    source = Source()
    stream = LiveStream(source, interval=0)
    slow: list[int] = []
    go = asyncio.Event()

    async def dawdle() -> None:
        async for batch in stream.read():
            slow.extend(row[1] for row in batch.rows)
            await go.wait()

    dawdler, quick = asyncio.create_task(dawdle()), asyncio.create_task(collect(stream))
    pump = asyncio.create_task(stream.pump())
    for number in range(20):
        source.add(number)
        await asyncio.sleep(0)
    stream.close()
    await pump
    assert await quick == expected(*range(20))
    assert len(slow) < 20
    go.set()
    await dawdler
    assert slow == list(range(20))


async def test_a_late_reader_is_told_that_the_beginning_is_gone() -> None:
    source = Source()
    stream = LiveStream(source, interval=0)
    first = stream.read()
    source.add(1, 2)
    stream.take()
    assert (await anext(first)).rows[0][1] == 1
    source.add(3)
    stream.take()
    assert (await anext(first)).first == 3
    with pytest.raises(InspectorError, match="only in the sessions database"):
        await anext(stream.read())
    with pytest.raises(InspectorError, match="only in the sessions database"):
        await anext(stream.read(after=1))
    # From the batch on that is still being read it may come in.
    assert (await anext(stream.read(after=2))).first == 3


async def test_reading_on_after_a_seq_inside_of_a_batch() -> None:
    source = Source()
    stream = LiveStream(source, interval=0)
    reader = asyncio.create_task(collect(stream, after=2))
    async with pumping(stream):
        source.add(1, 2, 3, 4)
    assert await reader == [(3, 3), (4, 4)]


async def test_a_reader_ahead_of_the_stream_waits_without_holding_the_loop() -> None:
    """It asks for records that are yet to come: those before them are nothing to it."""
    source = Source()
    stream = LiveStream(source, interval=0)
    reader = asyncio.create_task(collect(stream, after=3))
    async with asyncio.timeout(PATIENCE), pumping(stream):
        await asyncio.sleep(0)
        source.add(1, 2)
        await asyncio.sleep(0)
        source.add(3, 4, 5)
    assert await reader == [(4, 4), (5, 5)]


async def test_batches_are_forgotten_when_every_reader_has_read_them() -> None:
    source = Source()
    stream = LiveStream(source, interval=0)
    one, two = stream.read(), stream.read()
    source.add(1)
    stream.take()
    await anext(one), await anext(two)
    for number in (2, 3):
        source.add(number)
        stream.take()
        await anext(one)
    assert [batch.first for batch in stream._batches] == [2, 3]
    await two.aclose()  # a reader that leaves holds nothing back
    assert [batch.first for batch in stream._batches] == []


async def test_rows_are_gathered_for_an_interval() -> None:
    """A batch per frame, not per row: the second one waits until the interval is over."""
    source = Source()
    stream = LiveStream(source, interval=0.05)
    reader = stream.read()
    async with pumping(stream):
        await asyncio.sleep(0)
        source.add(1)
        assert (await anext(reader)).rows[0][1] == 1
        for number in range(2, 10):
            source.add(number)
            await asyncio.sleep(0)
        assert [row[1] for row in (await anext(reader)).rows] == list(range(2, 10))


async def test_a_source_that_breaks_ends_the_readers_and_the_error_comes_out_of_the_pump() -> None:
    source = Source()
    stream = LiveStream(source, interval=0)
    reader = asyncio.create_task(collect(stream))
    pump = asyncio.create_task(stream.pump())
    await asyncio.sleep(0)
    source.broken = OSError("the wire is cut")
    source.add(1)
    with pytest.raises(OSError, match="the wire is cut"):
        await pump
    async with asyncio.timeout(PATIENCE):
        assert await reader == []


async def test_a_pump_that_is_cancelled_gives_on_what_it_can_and_leaves_the_source() -> None:
    source = Source()
    stream = LiveStream(source, interval=60)
    reader = asyncio.create_task(collect(stream))
    pump = asyncio.create_task(stream.pump())
    await asyncio.sleep(0)
    source.add(1)
    await asyncio.sleep(0)
    source.rows.append((HOST_NOTED, 2, "test", "info", "", ""))
    pump.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pump
    assert await reader == expected(1, 2)
    assert source.wake is None


async def test_a_wake_after_the_loop_is_gone_hurts_nobody() -> None:
    """The recorder's thread may be at it while the reading ends."""
    source = Source()
    wakes: list[Callable[[], None]] = []

    async def short() -> None:
        stream = LiveStream(source, interval=0)
        async with pumping(stream):
            await asyncio.sleep(0)
            assert source.wake is not None
            wakes.append(source.wake)

    await asyncio.to_thread(asyncio.run, short())
    wakes[0]()


async def test_nothing_is_lost_between_two_threads() -> None:
    """One thread records as fast as it can while this one drains: every row, once, in order."""
    count = 200_000
    recorder = Recorder()
    stream = LiveStream(recorder, interval=0)
    seen = last = 0

    async def read() -> None:
        nonlocal seen, last
        async for batch in stream.read():
            assert batch.first == seen + 1
            for row in batch.rows:
                assert row[5] == last
                last += 1
            seen = batch.last

    def produce() -> None:
        for number in range(count):
            recorder._append((HOST_NOTED, 0, "test", "info", "", number))

    reader, pump = asyncio.create_task(read()), asyncio.create_task(stream.pump())
    await asyncio.sleep(0)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # thousands of changes of thread instead of ten
    try:
        await asyncio.to_thread(produce)
    finally:
        sys.setswitchinterval(interval)
    stream.close()
    await pump
    await reader
    assert seen == last == count


async def test_two_threads_that_note_at_once_lose_nothing() -> None:
    """The watchdog writes beside the bus."""
    recorder = Recorder()
    barrier = threading.Barrier(3)

    def produce(name: str) -> None:
        barrier.wait()
        for number in range(5_000):
            recorder.record(HostNoted(recorder.now(), name, "info", "", str(number)))

    threads = [threading.Thread(target=produce, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    barrier.wait()
    rows: list[Row] = []
    while any(thread.is_alive() for thread in threads):
        rows += recorder.drain()
    rows += recorder.drain()
    for name in ("a", "b"):
        assert [row[5] for row in rows if row[2] == name] == [str(number) for number in range(5_000)]


def test_a_batch_knows_its_last_seq() -> None:
    assert Batch(7, [(HOST_NOTED,), (HOST_NOTED,)]).last == 8
