"""A connection that the program spoils ends soon and says so; what we end is not told as somebody else's deed."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.agent.process.wire import Decoder, WireError
from inspector.core.records.host import ProcessEnded
from inspector.core.records.records import HANDLER_STARTED
from inspector.core.request import FireRequest
from inspector.hosts import supervisor
from tests.hosts.children import gone
from tests.hosts.hostile import frame, hostile

MORE = 1 << 31


@pytest.mark.parametrize(
    ("data", "then", "says"),
    [
        (
            (1_000_000).to_bytes(4, "big") + b"[",
            "wait",
            "sent invalid data in write: A message was incomplete",
        ),
        (
            (1_000_000).to_bytes(4, "big") + b"[",
            "block",
            "sent invalid data in write: A message was incomplete",
        ),
        (b"\0", "wait", "sent invalid data in write: "),
        ((MORE | 2).to_bytes(4, "big") + b"[1", "wait", "sent invalid data in write: Not a message"),
        (b"\0\0\0\0", "wait", "sent invalid data in write: Not a message"),
        (b"\x7f\0\0\0", "wait", "sent invalid data in write: A message part of"),
        (frame(["bye"]), "wait", "ended its event loop in write, did not end and was killed."),
        (
            frame(["ended", "So it says."]),
            "block",
            "ended its event loop in write, did not end and was killed.",
        ),
    ],
)
async def test_the_run_ends_soon_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, then: str, says: str
) -> None:
    monkeypatch.setattr(supervisor, "FRAME_TIME", 0.6)
    async with hostile(tmp_path) as (host, rows):
        pid = host.pid
        assert pid is not None
        fire = host.fire(FireRequest("Write", [{"what": data.hex(), "then": then}], session=False))
        await rows.until(lambda: rows.of(HANDLER_STARTED))
        (tmp_path / "write").touch()
        ended = await rows.wait_for(ProcessEnded)
        assert ended.text.startswith(f"The program {says}")
        # What follows junk cannot be counted, and that is said.
        assert ended.text.endswith("how many is unknown.") == says.startswith("sent invalid")
        await rows.settled(fire)
        assert [end.status for end in rows.ends] == ["interrupted"]
        assert await gone(pid)


def test_a_message_cannot_go_on_with_frames_of_nothing() -> None:
    with pytest.raises(WireError, match="is empty"):
        Decoder().feed(MORE.to_bytes(4, "big"))


def test_nothing_is_pending_between_two_messages() -> None:
    decoder = Decoder()
    data = frame(["beat", 1])
    assert decoder.feed(data[:7]) == []
    assert decoder.pending == 7
    assert decoder.feed(data[7:]) == [["beat", 1]]
    assert decoder.pending == 0
