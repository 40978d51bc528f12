"""The wire: frames hold what was put in, and what is no frame is refused before anything is allocated."""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.agent.process.channel import Channel, SendingRecorder
from inspector.agent.process.wire import (
    MAX_FRAME,
    MAX_TEXT,
    Decoder,
    WireError,
    cut_row,
    encode,
    encode_row,
    encode_rows,
)
from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.description import CatalogDescription, HandlerDescription
from inspector.core.records.capture import failure_from_json
from inspector.core.records.host import FireRefused, HandlerAdded
from inspector.core.records.records import HANDLER_ENDED, HOST_NOTED, PUBLISHED, to_row
from inspector.core.redact.redactor import Redactor

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
MESSAGES = st.lists(st.tuples(st.text(min_size=1), JSON).map(list), max_size=6)


def broken(error: BaseException) -> None:
    """The thread that sends never fails here; if it does, pytest sees it."""
    raise error


@given(MESSAGES, st.integers(1, 64))
def test_messages_come_out_as_they_went_in_however_the_bytes_are_cut(messages: list[list[Any]], size: int) -> None:
    data = b"".join(encode(message) for message in messages)
    decoder = Decoder()
    got = [message for start in range(0, len(data), size) for message in decoder.feed(data[start : start + size])]
    assert got == messages


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_waits_for_more_and_never_breaks_the_reader(data: bytes) -> None:
    try:
        messages = Decoder().feed(data)
    except WireError:
        return
    assert all(type(message) is list and type(message[0]) is str for message in messages)


def test_a_message_longer_than_a_frame_travels_in_several() -> None:
    message = ["rows", "x" * (3 * MAX_FRAME)]
    data = encode(message)
    assert int.from_bytes(data[:4], "big") == MAX_FRAME | 1 << 31
    assert Decoder().feed(data) == [message]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"GET / HTTP/1.1\r\n", "A message part of 1195725856 bytes"),
        ((MAX_FRAME + 1).to_bytes(4, "big"), "exceeds the limit of 1048576"),
        (b"\x00\x00\x00\x02{}", "Not a message"),
        (b"\x00\x00\x00\x02[]", "Not a message"),
        (b"\x00\x00\x00\x03[1]", "Not a message"),
        (b"\x00\x00\x00\x02\xff\xff", "Not a message"),
        (b"\x00\x03\x0d\x40" + b"[" * 200_000, "Not a message"),
    ],
)
def test_what_is_no_frame_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(WireError, match=says):
        Decoder().feed(data)


@pytest.mark.parametrize("junk", [b"\xff" * 8, b"\x00\x00\x00\x02{}"])
def test_what_came_before_the_junk_is_not_lost(junk: bytes) -> None:
    decoder = Decoder()
    whole = encode(["beat", 1])
    assert decoder.feed(whole[:5]) == []
    with pytest.raises(WireError) as caught:
        decoder.feed(whole[5:] + encode(["beat", 2]) + junk + encode(["beat", 3]))
    assert caught.value.messages == [["beat", 1], ["beat", 2]]


def test_a_message_without_end_is_refused() -> None:
    frame = (MAX_FRAME | 1 << 31).to_bytes(4, "big") + b"x" * MAX_FRAME
    decoder = Decoder()
    for _ in range(32):
        assert decoder.feed(frame) == []
    with pytest.raises(WireError, match="exceeds"):
        decoder.feed(frame)


def test_texts_that_are_too_long_are_cut_and_stay_what_they_are() -> None:
    long = "x" * (MAX_TEXT + 1)
    published = cut_row((PUBLISHED, 0, 1, "E", "", "", 0, 0, json.dumps({"a": long}), "{}", 0, 0))
    assert json.loads(published[8])["$cut"] == "size"
    refused = cut_row(to_row(FireRefused(0, 1, long, long)))
    assert refused[3] == refused[4] == "x" * MAX_TEXT + f"… ({MAX_TEXT + 1} characters)"
    added = to_row(HandlerAdded(0, HandlerDescription(long, "h", "", "h")))
    assert cut_row(added) is added, "what stands for a value stays one"
    noted = cut_row((HOST_NOTED, 0, "output", "info", long, ""))
    assert noted[4] == "x" * MAX_TEXT + f"… ({MAX_TEXT + 1} characters)"
    failure = {"type": "ValueError", "module": "", "message": "no", "frames": [], "notes": [long]}
    ended = cut_row((HANDLER_ENDED, 0, 1, "failed", 0, json.dumps(failure)))
    assert failure_from_json(ended[5]).message.startswith("no (traceback too long")
    short = (HOST_NOTED, 0, "output", "info", "short", "")
    assert cut_row(short) is short


def test_many_rows_travel_in_several_messages() -> None:
    rows: list[tuple[Any, ...]] = [(HOST_NOTED, n, "output", "info", "", "") for n in range(1_200)]
    messages = Decoder().feed(encode_rows([encode_row(row) for row in rows]))
    assert [tuple(row) for verb, part in messages for row in part] == rows
    assert len(messages) == 3


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    lost: list[bool] = []
    channel = Channel(theirs, lost.append, broken)
    with ours:
        yield channel, ours
        channel.abandon()


def read(sock: socket.socket, decoder: Decoder) -> list[list[Any]]:
    """What has arrived already; waits for nothing."""
    messages = []
    while select.select([sock], [], [], 0)[0]:
        messages += decoder.feed(sock.recv(1 << 20))
    return messages


async def test_a_start_is_with_the_parent_before_the_handler_runs(pair: tuple[Channel, socket.socket]) -> None:
    channel, parent = pair
    recorder = SendingRecorder(channel, Redactor())
    recorder.start(CatalogDescription("test"))
    channel.attach(recorder)
    bus = InMemoryEventBus()
    seen: list[list[int]] = []
    decoder = Decoder()

    class Event:
        pass

    def handler(event: Event) -> None:
        seen.append([row[0] for _, rows in read(parent, decoder) for row in rows])

    bus.subscribe(Event, handler)
    bus.subscribe(Event, handler)
    bus.observe(recorder)
    await bus.publish(Event())  # type: ignore[arg-type]
    assert seen == [
        [0, 1, HandlerAdded.KIND, 2],
        [3, 2],
    ]  # session, published, a handler that is new, started; ended, started


def test_a_parent_that_does_not_read_holds_nobody_up(pair: tuple[Channel, socket.socket]) -> None:
    channel, parent = pair
    for _ in range(200):
        channel.send(["problem", "x" * 10_000])  # comes back, though nobody reads
    decoder = Decoder()
    channel.start()
    got: list[Any] = []
    while len([message for message in got if message[0] == "problem"]) < 200:
        select.select([parent], [], [], 5)
        got += read(parent, decoder)


@pytest.mark.parametrize("closed_by_program", [True, False])
def test_a_channel_that_is_gone_is_told_once_with_the_reason(closed_by_program: bool) -> None:
    ours, theirs = socket.socketpair()
    lost: list[bool] = []
    channel = Channel(theirs, lost.append, broken)
    if closed_by_program:
        os.close(theirs.detach())
    ours.close()
    channel.send(["beat", 0])
    channel.send(["beat", 0])
    assert lost == [closed_by_program]
    channel.abandon()


@pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")
async def test_rows_are_encoded_at_once_as_they_are_one_by_one(pair: tuple[Channel, socket.socket]) -> None:
    channel, _ = pair
    recorder = SendingRecorder(channel, Redactor())
    bus = InMemoryEventBus()

    class Event:
        pass

    def usual(event: Event) -> None:
        recorder.note("log", "info", "a note")

    async def waits(event: Event) -> None:
        await asyncio.sleep(0)

    def fails(event: Event) -> None:
        raise ValueError("no")

    usual.__qualname__ = 'odd "%d" ünusual\\'
    for handler in (usual, waits, fails):
        bus.subscribe(Event, handler)
    bus.interceptor = lambda execution: setattr(execution, "fault", "slow") if execution.tag == 0 and faulty else None
    bus.observe(recorder)
    recorder.start(CatalogDescription("test"))
    faulty = False
    for times in range(4):
        faulty = times == 2
        await bus.publish(Event())  # type: ignore[arg-type]
        gathered, begun, handlers = recorder._rows[:], recorder._begun.copy(), recorder._handlers.copy()
        encoded = recorder.drain_encoded()
        recorder._rows[:], recorder._begun, recorder._handlers = gathered, begun, handlers
        assert encoded == [encode_row(row) for row in recorder.drain()]
        assert len(encoded) >= 9
