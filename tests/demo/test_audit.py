"""The audit trail, and the rule that it needs a database session."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import traceback
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from inspector.core import InMemoryEventBus
from inspector.core.records.capture import capture_failure, failure_from_json
from inspector.demo import EVENT_REGISTRY, build, get_events_requiring_handler
from inspector.demo.container import Demo
from inspector.demo.events import (
    PasswordResetRequestSucceeded,
    TokenRejectedDueToRotation,
    UserLoginSucceeded,
    UserRegistrationSucceeded,
)
from inspector.demo.handlers.audit import AuditEventHandler
from tests.demo.values import SECRET, USER, make

pytestmark = pytest.mark.allow_log("inspector.demo.events")


def rows(demo: Demo) -> list[sqlite3.Row]:
    """What another program finds in the file."""
    with closing(sqlite3.connect(demo.database.path)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("SELECT * FROM audit_log ORDER BY id").fetchall()


async def publish(demo: Demo, event: Any, *, commit: bool = True, metadata: dict[str, str] | None = None) -> None:
    async with demo.session_factory(commit=commit) as session:
        await demo.bus.publish(event, session=session, metadata=metadata)


async def test_a_row_with_what_happened_to_whom_from_where_is_in_the_file(demo: Demo) -> None:
    event = make(UserLoginSucceeded)
    await publish(demo, event, metadata={"ip_address": "192.0.2.17", "user_agent": "Firefox"})
    (row,) = rows(demo)
    assert row["action"] == "user_login_success"
    assert row["event_id"] == str(event.event_id)
    assert row["correlation_id"] == str(event.correlation_id)
    assert row["user_id"] == str(USER)
    assert row["resource_type"] == "user"
    assert (row["ip_address"], row["user_agent"]) == ("192.0.2.17", "Firefox")
    assert row["occurred_at"] == event.occurred_at.isoformat()
    assert row["recorded_at"] >= row["occurred_at"]
    assert json.loads(row["context"]) == {"email": event.email, "session_id": str(event.session_id)}


async def test_each_of_the_70_audited_events_writes_its_own_action(demo: Demo) -> None:
    for event_class in get_events_requiring_handler("audit"):
        await publish(demo, make(event_class))
    expected = [entry.audit_action_name.lower() for entry in EVENT_REGISTRY if entry.requires_audit]
    assert [row["action"] for row in rows(demo)] == expected
    assert len(expected) == 70


async def test_an_event_without_a_user_has_a_row_without_one(demo: Demo) -> None:
    await publish(demo, make(TokenRejectedDueToRotation, user_id=None))
    assert rows(demo)[0]["user_id"] is None


async def test_a_publication_that_asks_for_it_is_rolled_back(demo: Demo) -> None:
    await publish(demo, make(UserLoginSucceeded), commit=False)
    assert rows(demo) == []


async def test_an_error_of_the_publisher_rolls_back(demo: Demo) -> None:
    async def publish_and_fail() -> None:
        async with demo.session_factory() as session:
            await demo.bus.publish(make(UserLoginSucceeded), session=session)
            raise LookupError

    with pytest.raises(LookupError):
        await publish_and_fail()
    assert rows(demo) == []


async def test_tokens_are_not_in_the_audit_trail(demo: Demo) -> None:
    for event_class in (UserRegistrationSucceeded, PasswordResetRequestSucceeded):
        await publish(demo, make(event_class))
    assert all(SECRET not in str(tuple(row)) for row in rows(demo))


async def test_without_a_session_audit_raises_and_its_siblings_run(
    demo: Demo, expected_logs: Any, caplog: pytest.LogCaptureFixture
) -> None:
    expected_logs("inspector.core.bus", "event_handler_failed")
    event = make(UserRegistrationSucceeded)
    with caplog.at_level("INFO", "inspector.demo"):
        await demo.bus.publish(event)
    (failure,) = [record for record in caplog.records if record.message == "event_handler_failed"]
    assert failure.levelname == "WARNING"
    assert (failure.event_type, failure.event_id) == ("UserRegistrationSucceeded", str(event.event_id))
    assert failure.handler_name == "handle_user_registration_succeeded"
    assert failure.error_type == "RuntimeError"
    assert failure.error_message == "AuditEventHandler requires a database session"
    assert len(demo.outbox) == 1
    assert "user_registration_succeeded" in [record.message for record in caplog.records]
    assert rows(demo) == []


async def test_outside_a_handlers_context_the_error_says_so() -> None:
    handler = AuditEventHandler(InMemoryEventBus())
    with pytest.raises(RuntimeError, match=r"requires a database session \(called outside a handler's context\)$"):
        await handler.handle(make(UserLoginSucceeded))


async def test_a_thread_of_a_handler_is_outside_its_context(demo: Demo) -> None:
    answers: list[Any] = []

    async def handler(event: Any) -> None:
        thread = threading.Thread(target=lambda: answers.append((demo.bus.get_session(), demo.bus.in_handler())))
        thread.start()
        thread.join()
        answers.append((demo.bus.get_session() is not None, demo.bus.in_handler()))

    demo.bus.subscribe(UserLoginSucceeded, handler)
    await publish(demo, make(UserLoginSucceeded))
    assert answers == [(None, False), (True, True)]


async def test_a_statement_that_fails_is_the_handlers_failure_and_not_the_publishers(
    demo: Demo, expected_logs: Any
) -> None:
    expected_logs("inspector.core.bus", "event_handler_failed")
    with closing(sqlite3.connect(demo.database.path)) as connection:
        connection.execute("DROP TABLE audit_log")
    await publish(demo, make(UserLoginSucceeded))
    await demo.start()
    await publish(demo, make(UserLoginSucceeded))
    assert len(rows(demo)) == 1


async def test_a_statement_that_fails_is_told_where_it_was_asked_for(demo: Demo) -> None:
    with closing(sqlite3.connect(demo.database.path)) as connection:
        connection.execute("DROP TABLE audit_log")
    async with demo.session_factory() as session:
        session.add(AuditEventHandler(demo.bus)._record(make(UserLoginSucceeded)))
        with pytest.raises(OperationalError) as caught:
            await session.flush()
    place = failure_from_json(capture_failure(caught.value)).origin
    assert place is not None
    assert Path(place.file) == Path(__file__)


@pytest.mark.parametrize("steps", range(1, 8))
async def test_a_handler_that_is_given_up_in_a_statement_costs_the_publisher_nothing(demo: Demo, steps: int) -> None:
    handler, event = AuditEventHandler(demo.bus), make(UserLoginSucceeded)
    async with demo.session_factory() as session:
        session.add(handler._record(event))
        statement = asyncio.ensure_future(session.flush())
        for _ in range(steps):
            await asyncio.sleep(0)
        # As the bus does it: the handler is cancelled, and the publication goes on at once.
        statement.cancel()
    assert statement.done()
    before = len(rows(demo))
    await publish(demo, event)
    assert len(rows(demo)) == before + 1


@pytest.mark.parametrize("moment", ["commit", "reset", "checkin"])
async def test_who_is_cancelled_while_the_session_ends_has_written_and_loses_no_connection(
    demo: Demo, moment: str
) -> None:
    task = asyncio.ensure_future(publish(demo, make(UserLoginSucceeded)))
    event.listen(demo.database.engine.sync_engine, moment, lambda *_: task.cancel(), once=True)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(rows(demo)) == 1
    await publish(demo, make(UserLoginSucceeded))
    assert len(rows(demo)) == 2


async def test_a_traceback_names_the_method_and_shows_the_lines_that_ran(demo: Demo) -> None:
    handler: Any = AuditEventHandler(demo.bus)
    with pytest.raises(RuntimeError) as caught:
        await handler.handle_user_login_succeeded(make(UserLoginSucceeded))
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert frame.name == "handle_user_login_succeeded"
    assert frame.filename.endswith("handlers/audit.py")
    assert frame.line is not None
    assert "requires a database session" in frame.line


async def test_the_audit_trail_outlives_the_demo(tmp_path: Path) -> None:
    for count in (1, 2):
        demo = build(tmp_path / "kept.sqlite", latency=0)
        await demo.start()
        await publish(demo, make(UserLoginSucceeded))
        assert len(await demo.database.audit_trail()) == count
        await demo.close()
