"""The tail: what a process has recorded and not sent is there when it is gone, and nothing else is."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from inspector.agent.process import channel as channel_module
from inspector.agent.process import tail as tail_module
from inspector.agent.process.channel import GATHER, OVERDUE, Channel, SendingRecorder
from inspector.agent.process.tail import SIZE, Tail, read_tail
from inspector.agent.process.wire import Decoder
from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.description import CatalogDescription
from inspector.core.redact.redactor import Redactor
from inspector.hosts.intake import Intake
from tests.patience import PATIENCE


@pytest.fixture
def file() -> Iterator[int]:
    descriptor = os.memfd_create("tail", os.MFD_CLOEXEC)
    os.ftruncate(descriptor, SIZE)
    yield descriptor
    os.close(descriptor)


def test_rows_are_read_as_they_were_put_until_they_are_taken_out(file: int) -> None:
    assert read_tail(file) == (0, [])
    tail = Tail(file)
    assert tail.put([b"[1]", b"[2]"])
    assert tail.put([b"[3]"])
    assert read_tail(file) == (0, [[1], [2], [3]])
    assert tail.restart(3)
    assert read_tail(file) == (3, [])
    assert tail.put([b"[4]"])
    assert read_tail(file) == (3, [[4]])
    assert tail.put([b"[5]", b"[6]"])
    assert tail.restart(4, [b"[5]", b"[6]"])
    assert read_tail(file) == (4, [[5], [6]])
    assert tail.put([b"[7]"])
    assert read_tail(file) == (4, [[5], [6], [7]])
    assert tail.restart(7)
    assert read_tail(file) == (7, [])


def test_what_has_no_room_changes_nothing(file: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tail = Tail(file)
    monkeypatch.setattr(tail_module, "SIZE", 128)
    assert tail.put([b"[1]"])
    assert not tail.put([b"[2]" * 40])
    assert read_tail(file) == (0, [[1]])
    assert not tail.restart(1, [b"[2]" * 40])
    assert read_tail(file) == (1, [])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 15,
        b"\0" * 24,
        struct.pack("=QQQ", 2, 0, 0) + b"\0" * 8,
        struct.pack("=QQQ", 0, SIZE, 0) + b"\0" * 8,
        struct.pack("=QQQ", 1, 0, 4) + b"\0" * 8,
        struct.pack("=QQQQ", 0, 4, 0, 0) + b"[1",
        struct.pack("=QQQQ", 0, 2, 0, 0) + b"\xff1",
        struct.pack("=QQQQ", 0, 200_000, 0, 0) + b"[" * 200_000,
    ],
)
def test_a_tail_that_the_program_has_spoiled_is_refused(file: int, data: bytes) -> None:
    os.ftruncate(file, 0)
    os.pwrite(file, data, 0)
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it is
        read_tail(file)


class Happened:
    pass


def broken(error: BaseException) -> None:
    raise error


async def published(channel: Channel, times: int, handler: Any) -> None:
    recorder = SendingRecorder(channel, Redactor())
    recorder.start(CatalogDescription("test"))
    channel.attach(recorder)
    bus = InMemoryEventBus()
    bus.subscribe(Happened, handler)
    bus.subscribe(Happened, handler)
    bus.observe(recorder)
    for _ in range(times):
        await bus.publish(Happened())  # type: ignore[arg-type]


def kinds(rows: list[Any]) -> list[int]:
    return [row[0] for row in rows]


async def test_a_start_is_sent_or_in_the_tail_before_the_handler_runs_and_leaves_it_when_it_was_sent(
    file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "GATHER", 60.0)
    ours, theirs = socket.socketpair()
    channel = Channel(theirs, lambda _: None, broken, Tail(file))
    seen: list[list[int]] = []
    await published(channel, 1, lambda _: seen.append(kinds(read_tail(file)[1])))
    with ours:
        assert seen == [[], [3, 2]]  # the first was sent at once
        channel.flush()
        rows = [row for _, rows in Decoder().feed(ours.recv(1 << 20)) for row in rows]
        assert kinds(rows)[-5:] == [2, 3, 2, 3, 5]
        assert read_tail(file) == (len(rows), [])
        channel.abandon()


async def test_the_program_leaves_rows_to_the_thread_that_is_about_to_send_them_unless_that_is_late(
    file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(channel_module, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=time.sleep))
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    channel, decoder = Channel(theirs, lambda _: None, broken, Tail(file)), Decoder()
    passed = iter((0.0, GATHER / 2, GATHER * 1.1, OVERDUE - 2 * GATHER, GATHER, 0.0))
    seen: list[tuple[bool, int]] = []

    def handler(_: Happened) -> None:
        came: list[Any] = []
        with suppress(BlockingIOError):
            came = decoder.feed(ours.recv(1 << 20))
        seen.append((bool(came), len(read_tail(file)[1])))
        clock[0] += next(passed)

    with ours:  # nobody has started the thread: it never gets its turn
        await published(channel, 3, handler)
        # The first is sent at once; the others wait for the thread, though it is time, until they are overdue.
        assert [sent for sent, _ in seen] == [True, False, False, False, False, True]
        waiting = [rows for _, rows in seen]
        assert waiting[0] == waiting[-1] == 0
        assert 0 < waiting[1] < waiting[2] < waiting[3] < waiting[4]
        channel.abandon()


class HeldSocket(socket.socket):
    """A socket that sends when it may."""

    began, may_send = threading.Event(), threading.Event()

    def send(self, *args: Any) -> int:
        self.began.set()
        assert self.may_send.wait(PATIENCE)
        return super().send(*args)


async def test_nobody_waits_while_rows_are_sent_and_the_tail_keeps_those_that_come_meanwhile(
    file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "GATHER", 60.0)
    ours, theirs = socket.socketpair()
    held = HeldSocket(fileno=theirs.detach())
    held.may_send.set()
    channel = Channel(held, lambda _: None, broken, Tail(file))
    sender = threading.Thread(target=channel.flush)

    calls: list[int] = []

    def handler(_: Happened) -> None:
        calls.append(len(calls))
        if len(calls) == 2:  # what was recorded before the first was sent at once
            held.began.clear()
            held.may_send.clear()
            sender.start()
            assert held.began.wait(PATIENCE)

    with ours:
        await published(channel, 3, handler)  # comes to its end, though the sender is held
        assert kinds(read_tail(file)[1])[-1] == 2
        held.may_send.set()
        sender.join(PATIENCE)
        came = [row for _, rows in Decoder().feed(ours.recv(1 << 20)) for row in rows]
        sent, kept = read_tail(file)
        assert sent == len(came)
        assert kinds(came + kept).count(2) == 6
        channel.flush()
        assert read_tail(file) == (len(came) + len(kept) + 2, [])
        channel.abandon()


async def test_without_room_rows_are_sent_at_once_until_the_parent_has_them_all(
    file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(channel_module, "GATHER", 60.0)
    channel, decoder = Channel(theirs, lambda _: None, broken, Tail(file)), Decoder()
    monkeypatch.setattr(tail_module, "SIZE", 2_000)
    came: list[list[Any]] = []
    kept: list[tuple[int, list[Any]]] = []

    def handler(_: Happened) -> None:
        ours.setblocking(False)
        with suppress(BlockingIOError):
            came.extend(row for _, rows in decoder.feed(ours.recv(1 << 20)) for row in rows)
        kept.append(read_tail(file))
        first, rows = kept[-1]
        assert kinds(came + rows[len(came) - first :])[-1] == 2  # its own start is with the parent, or in the tail

    with ours:
        await published(channel, 20, handler)
        assert {len(rows) == 0 for _, rows in kept} == {True, False}
        channel.flush()
        came.extend(row for _, rows in decoder.feed(ours.recv(1 << 20)) for row in rows)
        assert (kinds(came).count(2), kinds(came).count(5)) == (40, 20)
        channel.abandon()


@pytest.mark.parametrize(("before", "missing", "taken"), [(0, 0, 1), (1, 0, 2), (3, 0, 4), (4, 1, 4)])
def test_what_has_come_over_the_wire_is_not_taken_in_twice(before: int, missing: int, taken: int) -> None:
    intake = Intake(lambda _: None)
    intake.begin(0)
    intake.take([[-1, 0]] * 3)
    assert intake.refused == 3
    assert intake.take_rest(before, [[-1, 0]] * 4) == missing
    assert intake.refused == 3 + taken
