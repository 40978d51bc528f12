"""Trying recorded executions again: the verdict, from this session and from others, and what a person is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.agent.program import CoreProgram
from inspector.analysis.failures import FailureGroups
from inspector.analysis.journal import Journal
from inspector.analysis.latency import Latency
from inspector.analysis.query.query import parse
from inspector.app.notices import Notices
from inspector.app.retry import (
    BROKE,
    FIXED,
    NOT_RUN,
    STILL_FAILING,
    STILL_OK,
    Retries,
    Retry,
    Verdict,
    retriable,
    summary,
    verdict_name,
    worst_of,
)
from inspector.app.tasks import TaskOwner
from inspector.app.workbench import Workbench
from inspector.catalog.replay import FieldMapping, Replay
from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.errors import InspectorError
from inspector.core.faults import FaultRule
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.core.request import FireRequest
from inspector.hosts.embedded import EmbeddedHost
from tests.patience import PATIENCE

pytestmark = pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")


@dataclass
class Shop:
    """A program whose handlers go well or not, as the test says."""

    broken: bool = True
    calls: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None
    bus: InMemoryEventBus = field(default_factory=InMemoryEventBus)
    event: Any = None
    loop: asyncio.AbstractEventLoop | None = None

    def __post_init__(self) -> None:
        @dataclass(frozen=True, kw_only=True)
        class Ordered(DomainEvent):
            number: int = 0
            note: str = ""

        self.event = self.event or Ordered
        self.bus.subscribe(self.event, self.charge)
        self.bus.subscribe(self.event, self.tell)

    async def charge(self, event: Any) -> None:
        self.calls.append(f"charge {event.number}")
        if self.hold is not None:
            self.loop = asyncio.get_running_loop()
            await self.hold.wait()
        if self.broken and event.number % 2:
            raise KeyError(event.number)

    async def tell(self, event: Any) -> None:
        metadata = self.bus.get_metadata() or {}
        self.calls.append(f"tell {event.number} {metadata.get('ip', '')}".strip())

    def program(self) -> CoreProgram:
        return CoreProgram("shop", self.bus)


class Bench:
    """A workbench over the shop."""

    def __init__(self, bench: Workbench, shop: Shop) -> None:
        self.bench, self.shop = bench, shop
        self.asked: list[Replay] = []
        self.answer: FieldMapping | None = FieldMapping()

    async def fire(self, *numbers: int, **more: Any) -> None:
        values = [{"number": number} for number in numbers]
        await self.bench.recording.outcome(self.bench.fire(FireRequest(self.shop.event.__name__, values, **more)))

    async def ask(self, replay: Replay) -> FieldMapping | None:
        self.asked.append(replay)
        return self.answer

    async def retry(self, *executions: int, changed: Callable[[], None] = lambda: None) -> Retry:
        retry = Retry(self.bench, [ExecutionIndex(index) for index in executions], self.ask, changed)
        await self.bench.retries.run(retry)
        return retry

    def verdict(self, execution: int) -> Verdict:
        assert self.bench.view is not None
        verdict = self.bench.retries.verdict(self.bench.view.journal, ExecutionIndex(execution))
        assert verdict is not None
        return verdict


@asynccontextmanager
async def bench_of(shop: Shop, database: Path | None = None) -> AsyncIterator[Bench]:
    notices = Notices()
    tasks = TaskOwner(notices)
    bench = Workbench(lambda: EmbeddedHost(shop.program), database, notices, tasks, name="today")
    try:
        async with asyncio.timeout(PATIENCE):
            await bench.start()
            yield Bench(bench, shop)
    finally:
        await bench.close()


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ("failed", "ok", FIXED),
        ("failed", "failed", STILL_FAILING),
        ("swallowed", "timed_out", STILL_FAILING),
        ("ok", "failed", BROKE),
        ("ok", "ok", STILL_OK),
    ],
)
def test_the_verdict_compares_both_statuses(before: str, after: str, name: str) -> None:
    assert verdict_name(before, after) == name
    assert Verdict(name).good == (after == "ok")


async def test_each_verdict_and_nothing_but_the_one_handler_runs() -> None:
    shop = Shop()
    async with bench_of(shop) as bench:
        await bench.fire(1, 2, metadata={"ip": "192.0.2.1"})
        journal = bench.bench.recording.journal
        labels = [journal.execution(ExecutionIndex(index)).handler.method for index in range(4)]
        assert labels == ["charge", "tell", "charge", "tell"]
        shop.calls.clear()
        await bench.retry(0)
        await bench.retry(1)
        assert shop.calls == ["charge 1", "tell 1 192.0.2.1"]
        assert bench.verdict(0).text == "still failing"
        assert bench.verdict(1).name == STILL_OK
        shop.broken = False
        retry = await bench.retry(0)
        assert (bench.verdict(0).name, retry.text) == (FIXED, "fixed")
        again = bench.verdict(0).execution
        assert journal.execution(again).status == "ok"
        assert journal.execution(again).retry
        shop.broken = True
        shop.bus.unsubscribe(shop.event, shop.tell)
        await bench.retry(1)
        assert bench.verdict(1) == Verdict(NOT_RUN, "Shop.tell does not receive this Ordered")


async def test_retries_count_in_no_figure() -> None:
    shop = Shop()
    async with bench_of(shop) as bench:
        await bench.fire(1)
        journal = bench.bench.recording.journal
        groups, latency = FailureGroups(journal), Latency(journal)
        before = (groups.count, journal.losses.total, [dict(outcomes) for outcomes in journal.event_outcomes])
        first = len(journal.executions)
        await bench.retry(0)
        assert len(journal.executions) == first + 1
        assert journal.executions["retry"].tolist() == [0, 0, 1]
        groups, latency = FailureGroups(journal), Latency(journal)
        after = (groups.count, journal.losses.total, [dict(outcomes) for outcomes in journal.event_outcomes])
        assert before == after
        assert sum(latency.handler(number).count for number in range(2)) == 2


async def test_another_exception_is_told_with_the_verdict() -> None:
    shop = Shop()
    async with bench_of(shop) as bench:
        await bench.fire(1)
        shop.calls = None  # type: ignore[assignment]  # now it raises something else
        await bench.retry(0)
        assert bench.verdict(0).text == "still failing: KeyError → AttributeError"


async def test_a_verdict_under_a_fault_says_so() -> None:
    shop = Shop(broken=False)
    async with bench_of(shop) as bench:
        host = bench.bench.recording.host
        assert isinstance(host, EmbeddedHost)
        await bench.fire(1)
        host.set_fault_rules([FaultRule("*.charge", "*", "fail", error="KeyError: injected")])
        await bench.retry(0)
        assert bench.verdict(0).text == "broke: under a fault"
        await bench.fire(3)
        await bench.retry(3)
        assert bench.verdict(3).text == "still failing: under a fault"
        host.set_fault_rules([])
        await bench.retry(3)
        assert bench.verdict(3).text == "fixed: the fault was injected"


async def test_a_group_is_tried_one_after_another_with_progress_and_can_be_stopped() -> None:
    shop = Shop()
    async with bench_of(shop) as bench:
        await bench.fire(1, 3, 5)
        texts: list[str] = []
        retries = bench.bench.retries
        retries.listen(lambda: texts.append("" if retries.current is None else retries.current.text))
        retry = await bench.retry(0, 2, 4, changed=retries.tell)
        assert texts[:3] == ["retrying 1 of 3", "retrying 2 of 3", "retrying 3 of 3"]
        assert retry.text == "still failing 3 of 3"
        assert retry.share == 1.0
        shop.broken = False
        stopped = await bench.retry(0, 2, 4, changed=lambda: retries.current and retries.current.stop())
        assert stopped.text == " · stopped"
        assert stopped.verdicts == {}


async def test_stopping_lets_the_handler_that_runs_go_on_to_its_end() -> None:
    shop = Shop()
    async with bench_of(shop) as bench:
        await bench.fire(1, 3)
        shop.hold = asyncio.Event()
        retry = Retry(bench.bench, [ExecutionIndex(0), ExecutionIndex(2)], bench.ask, lambda: None)
        running = asyncio.create_task(bench.bench.retries.run(retry))
        journal = bench.bench.recording.journal
        while not journal.running:  # noqa: ASYNC110 - the host's thread tells nobody
            await asyncio.sleep(0.001)
        assert bench.bench.retries.trying(journal, [ExecutionIndex(2)]) is retry
        assert bench.bench.retries.trying(journal, [ExecutionIndex(1)]) is None
        assert retry.text == "retrying 1 of 2"
        retry.stop()
        assert retry.text == "stopping…"
        assert shop.loop is not None
        shop.loop.call_soon_threadsafe(shop.hold.set)
        await running
        assert list(retry.verdicts) == [0]
        assert retry.text == "still failing 1 of 2 · stopped"


async def test_a_stored_session_is_tried_in_the_live_program(tmp_path: Path) -> None:
    shop = Shop()
    async with bench_of(shop, tmp_path / "s.db") as bench:
        await bench.fire(1, metadata={"ip": "192.0.2.7"})
        await bench.bench.recording.saved()
        old = bench.bench.recording.session
        await bench.bench.new_session()
        await bench.bench.open_session(old)
        assert not bench.bench.live
        assert bench.bench.fire_blocked()
        assert bench.bench.retry_blocked() == ""
        shop.broken = False
        shop.calls.clear()
        await bench.retry(0, 1)
        assert shop.calls == ["charge 1", "tell 1 192.0.2.7"]
        assert [bench.verdict(index).name for index in range(2)] == [FIXED, STILL_OK]
        await bench.bench.recording.saved()
        stored = Journal()
        async for batch in bench.bench.stream(bench.bench.recording.session).read():
            stored.fold(batch)
        assert stored.executions["retry"].tolist() == [1, 1]
        assert parse("retry:yes").rows(stored, np.arange(2)).tolist() == [True, True]
        assert parse("retry:no").rows(stored, np.arange(2)).tolist() == [False, False]
        bench.bench.recording.host.set_recording(False)
        assert bench.bench.retry_blocked() == "Recording is paused; resume it to fire"
        await bench.retry(0)
        assert bench.verdict(0).name == NOT_RUN


# Event types that have changed


@dataclass(frozen=True, kw_only=True)
class Moved(DomainEvent):
    number: int = 0
    note: str = ""


def retyped_type() -> Any:
    """The same event after another change: its number is a text."""

    @dataclass(frozen=True, kw_only=True)
    class Moved(DomainEvent):
        number: str = ""
        note: str = ""

    return Moved


def changed_type() -> Any:
    """The same event after a change: ``note`` is gone, ``remark`` came."""

    @dataclass(frozen=True, kw_only=True)
    class Moved(DomainEvent):
        number: int = 0
        remark: str = "none"

    return Moved


@asynccontextmanager
async def changed_bench(tmp_path: Path, changed: Callable[[], Any] = changed_type) -> AsyncIterator[Bench]:
    """A stored session of the old type is shown, and the program has the new one."""
    old, new = Shop(event=Moved), Shop(event=changed(), broken=False)
    async with bench_of(old, tmp_path / "s.db") as bench:
        await bench.fire(1, 3)
        await bench.bench.recording.saved()
        session = bench.bench.recording.session
    async with bench_of(new, tmp_path / "s.db") as bench:
        await bench.bench.open_session(session)
        yield bench


async def test_a_changed_event_asks_once_for_all_of_a_group(tmp_path: Path) -> None:
    async with changed_bench(tmp_path) as bench:
        bench.answer = FieldMapping({"remark": "note"}, {}, frozenset({"note", "remark"}))
        retry = await bench.retry(0, 2)
        (replay,) = bench.asked
        assert replay.changes == "note removed, remark added"
        assert [verdict.text for verdict in retry.verdicts.values()] == [f"fixed: {replay.changes}"] * 2
        assert bench.shop.calls == ["charge 1", "charge 3"]


@pytest.mark.parametrize(
    ("written", "questions", "calls"),
    [("1", 1, ["charge 1", "charge 3"]), ("one", 2, ["charge one", "charge one"])],
    ids=["its own value", "another value"],
)
async def test_a_value_of_one_execution_is_written_into_no_other_unasked(
    written: str, questions: int, calls: list[str], tmp_path: Path
) -> None:
    async with changed_bench(tmp_path, retyped_type) as bench:
        bench.answer = FieldMapping({}, {"number": written}, frozenset({"number"}))
        await bench.retry(0, 2)
        assert [replay.values["number"] for replay in bench.asked] == [1, 3][:questions]
        assert bench.shop.calls == calls


async def test_who_gives_up_the_mapping_tries_nothing(tmp_path: Path) -> None:
    async with changed_bench(tmp_path) as bench:
        bench.answer = None
        retry = await bench.retry(0, 2)
        assert (retry.verdicts, bench.shop.calls, len(bench.asked)) == ({}, [], 1)


async def test_what_cannot_be_tried_says_why(tmp_path: Path) -> None:
    shop = Shop()
    async with bench_of(shop) as bench:
        await bench.fire(1)
        view = bench.bench.view
        assert view is not None
        journal = view.journal
        await retriable(view, ExecutionIndex(0), journal)
        payload = journal.payloads.get(PublicationIndex(0))
        assert payload is not None
        for text, words in (("", "not recorded"), ("{", "cannot be read")):
            journal.payloads.put(0, (text, payload[1]))
            with pytest.raises(InspectorError, match=words):
                await retriable(view, ExecutionIndex(0), journal)
        other = type(journal)()
        with pytest.raises(InspectorError, match="has no event Ordered"):
            await retriable(view, ExecutionIndex(0), other)
        other.event_number("Ordered")
        with pytest.raises(InspectorError, match=r"has no handler Shop\.charge"):
            await retriable(view, ExecutionIndex(0), other)


def test_several_verdicts_are_summed_up_by_the_worst() -> None:
    assert summary([], 3) == ""
    assert summary([Verdict(FIXED), Verdict(STILL_FAILING), Verdict(FIXED)], 3) == "still failing 1 of 3"
    assert worst_of([Verdict(FIXED), Verdict(BROKE)]) == Verdict(BROKE)
    assert worst_of([]) is None
    assert Retries().current is None
