"""The registry of server-sent events, and the frames on the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core import (
    DomainEvent,
    DomainToSSEMapping,
    EventDataError,
    InspectorError,
    SSEEvent,
    SSEEventMetadata,
    SSERegistry,
    get_all_sse_event_types,
    get_domain_event_to_sse_mapping,
    get_events_by_category,
    get_registry_statistics,
    get_sse_event_metadata,
)


class Kind(Enum):
    STARTED = "sync.started"
    ENDED = "sync.ended"
    ALARM = "security.alarm"


class Group(Enum):
    SYNC = "sync"
    SECURITY = "security"
    EMPTY = "empty"


@dataclass(frozen=True, kw_only=True)
class SyncAttempted(DomainEvent):
    user_id: UUID
    amount: int


STARTED = SSEEventMetadata(Kind.STARTED, Group.SYNC, "A sync began", ["amount"])
ENDED = SSEEventMetadata(Kind.ENDED, Group.SYNC, "A sync ended", [])
ALARM = SSEEventMetadata(event_type=Kind.ALARM, category=Group.SECURITY, description="Look", payload_fields=["why"])
MAPPING = DomainToSSEMapping(
    SyncAttempted, Kind.STARTED, lambda event: {"amount": event.amount}, lambda event: event.user_id
)
REGISTRY = SSERegistry([STARTED, ENDED, ALARM], [MAPPING])


def parsed(wire: str) -> list[dict[str, str]]:
    """Read frames as a browser does (the format's own algorithm, lines ended by LF, CR or both)."""
    frames, now = [], {}
    for line in wire.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line:
            if now:
                frames.append(now)
            now = {}
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        now[name] = f"{now[name]}\n{value}" if name in now else value
    assert not now, "the frame is not ended"
    return frames


def test_get_domain_event_to_sse_mapping_is_keyed_by_event_class() -> None:
    mapping = get_domain_event_to_sse_mapping(REGISTRY)
    event = SyncAttempted(user_id=uuid4(), amount=3)
    assert mapping == {SyncAttempted: MAPPING}
    assert mapping[SyncAttempted].payload_extractor(event) == {"amount": 3}
    assert mapping[SyncAttempted].user_id_extractor(event) == event.user_id


def test_get_sse_event_metadata_gives_none_when_not_found() -> None:
    assert get_sse_event_metadata(Kind.ALARM, REGISTRY) is ALARM
    assert get_sse_event_metadata(Kind.ALARM, SSERegistry()) is None


def test_get_events_by_category() -> None:
    assert get_events_by_category(Group.SYNC, REGISTRY) == [STARTED, ENDED]
    assert get_events_by_category(Group.EMPTY, registry=REGISTRY) == []


def test_get_all_sse_event_types() -> None:
    assert get_all_sse_event_types(REGISTRY) == [Kind.STARTED, Kind.ENDED, Kind.ALARM]


def test_get_registry_statistics_has_the_keys_of_the_reference() -> None:
    assert get_registry_statistics(REGISTRY) == {
        "total_event_types": 3,
        "total_mappings": 1,
        "by_category": {"sync": 2, "security": 1},
    }


def test_the_metadata_can_be_keys() -> None:
    assert len({STARTED, ENDED, STARTED}) == 2


@pytest.mark.parametrize(
    ("events", "mappings", "text"),
    [
        ([STARTED, STARTED], [], "sync.started"),
        ([STARTED], [MAPPING, MAPPING], "SyncAttempted"),
        ([ENDED], [MAPPING], "SyncAttempted → sync.started"),
    ],
)
def test_a_registry_that_contradicts_itself_is_an_error(events: Any, mappings: Any, text: str) -> None:
    with pytest.raises(InspectorError, match=text):
        SSERegistry(events, mappings)


def test_a_frame_has_id_event_and_data_lines_and_ends_with_an_empty_line() -> None:
    event = SSEEvent(event_type=Kind.STARTED, user_id=uuid4(), data={"amount": 3}, event_id="7")
    assert event.to_wire() == 'id: 7\nevent: sync.started\ndata: {"amount":3}\n\n'


def test_typed_values_are_written_as_json() -> None:
    data = {"id": UUID(int=1), "at": datetime(2026, 1, 1, tzinfo=UTC), "sum": Decimal("1.50"), "ü": "\ud800"}
    wire = SSEEvent(event_type="x", user_id=None, data=data).to_wire()
    (frame,) = parsed(wire)
    assert json.loads(frame["data"])["sum"] == "1.50"
    assert json.loads(frame["data"])["ü"] == "\ud800"
    assert wire.encode()
    with pytest.raises(EventDataError):
        SSEEvent(event_type="x", user_id=None, data={"a": object()}).to_wire()


def test_retry_is_whole_milliseconds() -> None:
    assert "\nretry: 3000\n" in SSEEvent(event_type="x", user_id=None, data={}, retry=3000).to_wire()
    for wrong in (-1, True, 1.5):
        with pytest.raises(InspectorError, match="milliseconds"):
            SSEEvent(event_type="x", user_id=None, data={}, retry=wrong).to_wire()  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\0b"])
def test_a_name_or_an_id_with_a_line_break_or_nul_is_refused(text: str) -> None:
    for changes in ({"event_id": text}, {"event_type": text}):
        values: dict[str, Any] = {"event_type": "x", "user_id": None, "data": {}} | changes
        with pytest.raises(InspectorError, match="one line"):
            SSEEvent(**values).to_wire()


@given(st.text())
def test_any_text_arrives_with_its_line_breaks_and_forges_no_frame(text: str) -> None:
    frames = parsed(SSEEvent(event_type="x", user_id=None, data=text, event_id="1").to_wire())
    assert frames == [{"id": "1", "event": "x", "data": text.replace("\r\n", "\n").replace("\r", "\n")}]


def test_without_an_id_there_is_no_id_line() -> None:
    assert SSEEvent(event_type="x", user_id=None, data="", event_id="").to_wire() == "event: x\ndata: \n\n"
