"""A child process and a thread of ours give the same records for the same fires."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from inspector.agent.reading.loaded import Target, make_program
from inspector.app.notices import Notices
from inspector.app.recording import Recording
from inspector.app.tasks import TaskOwner
from inspector.core.records.host import ProcessEnded
from inspector.core.records.records import HANDLER_ENDED, PUBLISHED, SESSION_STARTED, Row
from inspector.core.request import FireRequest
from inspector.hosts.child import ChildHost
from inspector.hosts.embedded import EmbeddedHost
from tests.hosts.children import ZOO, Rows, following, project

FIRES: tuple[tuple[str, list[dict[str, Any]]], ...] = (
    ("Ping", [{}, {"number": 7}]),
    ("Do", [{"what": "fail"}, {"what": "log"}]),
    ("Do", [{"what": 3}]),
    ("Nothing", [{}]),
)


def comparable(row: Row) -> Row:
    """Without what is different in every run: times."""
    kept: dict[int, Any] = {1: None}
    if row[0] == SESSION_STARTED:
        kept |= {2: None}
    if row[0] == HANDLER_ENDED:
        kept |= {4: None}
    return tuple(kept.get(position, value) for position, value in enumerate(row))


async def rows_of(host: Any) -> list[Row]:
    async with following(host) as rows:
        await host.start()
        await fire_all(host, rows)
    return [comparable(row) for row in rows.all]


async def fire_all(host: Any, rows: Rows) -> None:
    for event, values in FIRES:
        await rows.settled(host.fire(FireRequest(event, values, session=False, metadata={"tenant": "a"})))


@pytest.mark.allow_log("moods", "something odd")
async def test_the_same_fires_give_the_same_rows_in_a_child_and_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ZOO)

    def make() -> Any:
        from moods import get_bus  # type: ignore[import-not-found]

        return make_program("moods", [Target("moods:get_bus", get_bus())])

    try:
        embedded = await rows_of(EmbeddedHost(make))
    finally:
        for name in ("moods", "homemade"):
            sys.modules.pop(name, None)
    child = await rows_of(ChildHost(project("moods:get_bus")))
    assert child == embedded
    assert [row[3] for row in child if row[0] == PUBLISHED] == ["Ping", "Ping", "Do", "Do"]


async def test_a_recording_takes_a_child_as_it_takes_a_thread() -> None:
    tasks = TaskOwner(Notices())
    host = ChildHost(project("moods:get_bus"))
    recording = Recording(host, None, tasks, name="test", source="child")  # type: ignore[arg-type]
    await recording.start()
    try:
        outcome = await recording.outcome(host.fire(FireRequest("Do", [{"what": "exit"}], session=False)))
        assert outcome.refusal == "The program ended with exit code 3 in obey."
        assert isinstance(recording.journal.host_records[0], ProcessEnded)
        await host.restart()
        assert (await recording.outcome(host.fire(FireRequest("Ping", [{}], session=False)))).published == 1
    finally:
        await recording.close()
    journal = recording.journal
    assert (len(journal.executions), journal.running, journal.orphans) == (2, 0, 0)
    assert [journal.execution(index).status for index in range(2)] == ["interrupted", "ok"]
