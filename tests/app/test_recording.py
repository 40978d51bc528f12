"""A live session: one stream, read by the journal and by the store, and neither can stop the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from inspector.agent import server
from inspector.agent.program import CoreProgram
from inspector.analysis.entries import Change
from inspector.app.notices import Notice, Notices
from inspector.app.recording import FireOutcome, Recording
from inspector.app.tasks import TaskOwner
from inspector.core.errors import InspectorError
from inspector.core.request import FireRequest
from inspector.hosts.embedded import EmbeddedHost
from inspector.store.reader import StoredStream
from inspector.store.store import Store
from tests.patience import PATIENCE
from tests.programs import OrderPlaced, Shop, shop_program
from tests.store.runs import collect

pytestmark = pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(tmp_path / "sessions.db")
    await store.open()
    yield store
    await store.close()


class Made:
    """A recording with what it told."""

    def __init__(self, make_program: Callable[[], CoreProgram], store: Store | None) -> None:
        self.notices = Notices()
        self.told: list[Notice] = []
        self.notices.attach(self.told.append)
        self.tasks = TaskOwner(self.notices)
        self.trouble: list[InspectorError | None] = []
        self.recording = Recording(
            EmbeddedHost(make_program), store, self.tasks, name="today", on_trouble=self.trouble.append
        )

    async def fire(self, *numbers: int, event: str = "OrderPlaced", **more: Any) -> FireOutcome:
        values = [{"number": number} for number in numbers]
        return await self.recording.outcome(self.recording.host.fire(FireRequest(event, values, **more)))


@asynccontextmanager
async def recorded(store: Store | None, make_program: Callable[[], CoreProgram] = shop_program) -> AsyncIterator[Made]:
    made = Made(make_program, store)
    try:
        async with asyncio.timeout(PATIENCE):
            await made.recording.start()
            yield made
    finally:
        async with asyncio.timeout(PATIENCE):
            await made.recording.close()
    assert made.tasks.names == ()


async def test_the_journal_and_the_store_get_the_same(store: Store) -> None:
    async with recorded(store) as made:
        assert made.recording.session == 1
        assert await made.fire(1, 2, 3) == FireOutcome(3)
        assert len(made.recording.journal.publications) == 3
        await made.recording.saved()
        assert made.recording.unsaved == 0
        (info,) = await store.sessions()
        assert (info.name, info.source, info.publications, info.executions) == ("today", "demo", 3, 3)
    rows = await collect(StoredStream(store, 1))
    assert [seq for seq, _ in rows] == list(range(1, made.recording.journal.seq + 1))
    assert made.told == []
    assert made.trouble == []


async def test_close_writes_everything_to_the_last_row(store: Store) -> None:
    async with recorded(store) as made:
        made.recording.host.fire(FireRequest("OrderPlaced", [{"number": number} for number in range(200)]))
    (info,) = await store.sessions()
    assert (info.state, info.publications, info.executions) == ("closed", 200, 200)
    assert (await collect(StoredStream(store, 1)))[-1][0] == made.recording.journal.seq == info.records


async def test_without_a_store_it_records_into_memory() -> None:
    async with recorded(None) as made:
        assert await made.fire(1) == FireOutcome(1)
        assert (made.recording.session, made.recording.unsaved) == (0, 0)
        await made.recording.saved()
    assert len(made.recording.journal.executions) == 1


@pytest.mark.allow_log("inspector.store.writer")
async def test_a_session_that_can_be_begun_only_later_has_everything_then(store: Store) -> None:
    obstacle = store.path.with_name(store.path.name + "-live")
    obstacle.write_text("in the way of the folder of locks")
    async with recorded(store) as made:
        assert await made.fire(1, 2) == FireOutcome(2)
        assert made.recording.session == 0
        assert len(made.recording.journal.executions) == 2
        (trouble,) = made.trouble
        assert trouble is not None
        assert "Cannot create" in trouble.text
        assert await store.sessions() == []
        obstacle.unlink()
        await made.recording.saved()
        assert made.trouble == [trouble, None]
        assert made.recording.session == 1
        await made.fire(3)
    assert made.recording.lost == 0
    rows = await collect(StoredStream(store, 1))
    assert [seq for seq, _ in rows] == list(range(1, made.recording.journal.seq + 1))
    assert (await store.sessions())[0].publications == 3


@pytest.mark.allow_log("inspector.store.writer")
async def test_a_session_that_could_never_be_begun_is_lost_and_every_record_of_it_counted(store: Store) -> None:
    store.path.with_name(store.path.name + "-live").write_text("in the way of the folder of locks")
    made = Made(shop_program, store)
    made.recording.patience = 0.0
    await made.recording.start()
    await made.fire(1, 2)
    await made.recording.close()
    assert made.recording.lost == made.recording.journal.seq > 0
    assert made.recording.unfinished
    (notice,) = made.told
    assert f"{made.recording.lost} records were lost: " in notice.text
    assert await store.sessions() == []


async def test_an_outcome_says_why_the_rest_was_not_published(store: Store) -> None:
    async with recorded(store) as made:
        outcome = await made.fire(1, 2, -5, 4)
        assert outcome.published == 2
        assert "orders count from 0, not -5" in outcome.refusal
        unknown = await made.fire(1, event="Nothing")
        assert (unknown.published, unknown.refusal) == (0, "Unknown event Nothing.")
        assert unknown.hint
        assert await made.fire(7) == FireOutcome(1)


async def test_an_outcome_can_be_asked_for_late_and_by_many(store: Store) -> None:
    async with recorded(store) as made:
        fire = made.recording.host.fire(FireRequest("OrderPlaced", [{}]))
        asked = [asyncio.ensure_future(made.recording.outcome(fire)) for _ in range(3)]
        assert await asyncio.gather(*asked) == [FireOutcome(1)] * 3
        assert await made.recording.outcome(fire) == FireOutcome(1)


async def test_whoever_waits_for_a_fire_is_told_when_the_recording_ends_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "STOP_GRACE", 0.02)

    async def hangs(event: OrderPlaced) -> None:
        await asyncio.get_running_loop().create_future()

    async with recorded(store, lambda: shop_program(hangs)) as made:
        under_way = asyncio.ensure_future(
            made.recording.outcome(made.recording.host.fire(FireRequest("OrderPlaced", [{}])))
        )
        never = asyncio.ensure_future(made.recording.outcome(99))
        await asyncio.sleep(0)
    assert (await under_way).published == 0
    assert (await never).refusal
    assert (await made.recording.outcome(100)).refusal  # and who asks afterwards
    (info,) = await store.sessions()
    assert info.state == "closed"


async def test_a_listener_that_raises_does_not_stop_the_recording(
    store: Store, expected_logs: Callable[..., None]
) -> None:
    expected_logs("inspector.app.recording", "a listener of the recording failed")
    seen: list[Change] = []

    def breaks(change: Change) -> None:
        raise RuntimeError("a view is broken")

    async with recorded(store) as made:
        made.recording.listen(breaks)
        made.recording.listen(seen.append)
        assert await made.fire(1, 2) == FireOutcome(2)
    assert sum(len(change.ended) for change in seen) == 2
    assert (await store.sessions())[0].executions == 2


async def test_a_listener_can_leave_even_while_it_is_told(store: Store) -> None:
    async with recorded(store) as made:
        seen: list[Change] = []

        def once(change: Change) -> None:
            seen.append(change)
            remove()
            remove()

        remove = made.recording.listen(once)
        await made.fire(1)
        await made.fire(2)
    assert len(seen) == 1


async def test_trouble_while_storing_is_told_and_nothing_is_lost(store: Store, caplog: Any) -> None:
    """The file is moved away for a while: the run goes on, what waits is written when it is back."""
    caplog.set_level(logging.CRITICAL, "inspector.store.writer")
    away = store.path.with_name("elsewhere.db")
    async with recorded(store) as made:
        await made.fire(1)
        await made.recording.saved()
        store.path.rename(away)
        await made.fire(2)
        await made.recording.saved()
        assert made.recording.unsaved > 0
        assert made.trouble[0] is not None
        away.rename(store.path)
        await made.recording.saved()
        await made.fire(3)
    assert made.trouble[-1] is None
    assert (await store.sessions())[0].publications == 3


@pytest.mark.parametrize("with_store", [True, False])
async def test_a_program_that_cannot_start_leaves_no_task_and_no_session(store: Store, with_store: bool) -> None:
    made = Made(lambda: shop_program(shop=Shop(fail_at="start")), store if with_store else None)
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(InspectorError, match="the shop cannot open"):
            await made.recording.start()
        assert made.tasks.names == ()
        await made.recording.close()
    assert await store.sessions() == []
    assert made.told == []


async def test_two_recordings_into_one_database(store: Store) -> None:
    async with recorded(store) as one, recorded(store) as two:
        await asyncio.gather(one.fire(1, 2), two.fire(3))
        assert (one.recording.session, two.recording.session) == (1, 2)
    assert [(info.id, info.publications) for info in await store.sessions()] == [(2, 1), (1, 2)]
