"""What the window can do, without a window: one live recording, and whatever session is looked at beside it."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.agent.program import CoreProgram
from inspector.app.notices import Notice, Notices
from inspector.app.tasks import TaskOwner
from inspector.app.workbench import Stand, View, Workbench, is_same_program
from inspector.catalog.form import FireForm
from inspector.core.errors import InspectorError, UsageError
from inspector.core.faults import FaultRule
from inspector.core.records.host import FaultsSwitched, RecordingPaused, RecordingResumed
from inspector.core.records.records import Batch, Row, to_row
from inspector.core.request import FireRequest
from inspector.hosts.child import ChildHost
from inspector.hosts.embedded import EmbeddedHost
from inspector.hosts.project import Project
from inspector.store import columns
from inspector.store.jsonl_import import read_jsonl
from inspector.store.store import Store
from tests.patience import PATIENCE
from tests.programs import Shop, shop_program, until
from tests.store.runs import STARTED as ANY_START
from tests.store.runs import collect, plain_run

pytestmark = pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")

STARTED = replace(ANY_START, catalog=json.dumps({"program": "shop"}))


class Desk:
    """A workbench and what it told."""

    def __init__(self, database: Path | None, make_program: Callable[[], CoreProgram] = shop_program) -> None:
        self.told: list[Notice] = []
        notices = Notices()
        notices.attach(self.told.append)
        self.tasks = TaskOwner(notices)
        self.bench = Workbench(lambda: EmbeddedHost(make_program), database, notices, self.tasks, name="today")
        self.views: list[View] = []
        self.folds = 0
        self.sessions: list[Any] = []
        self.bench.on_view(self.views.append)
        self.bench.on_folded(self._folded)
        self.bench.on_sessions(lambda sessions: self.sessions.__setitem__(slice(None), sessions))

    def _folded(self, change: object) -> None:
        self.folds += 1

    async def fire(self, *numbers: int) -> None:
        fire = self.bench.fire(FireRequest("OrderPlaced", [{"number": number} for number in numbers]))
        await self.bench.recording.outcome(fire)

    @property
    def view(self) -> View:
        assert self.bench.view is not None
        return self.bench.view


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "sessions.db"


@asynccontextmanager
async def desk_on(database: Path | None, make_program: Callable[[], CoreProgram] = shop_program) -> AsyncIterator[Desk]:
    desk = Desk(database, make_program)
    try:
        async with asyncio.timeout(PATIENCE):
            await desk.bench.start()
            yield desk
    finally:
        async with asyncio.timeout(PATIENCE):
            await desk.bench.close()
    assert desk.tasks.names == ()


def write_to(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)


def text_in(path: Path) -> str:
    return path.read_text()


async def stored(path: Path, *sizes: int) -> None:
    """Sessions of earlier days, with so many publications each."""
    store = Store(path)
    await store.open()
    for number, size in enumerate(sizes, 1):
        rows = [to_row(STARTED), *plain_run(size)[1:]]
        writer = await store.begin_session(f"earlier {number}", STARTED)
        writer.add(Batch(1, rows))
        await writer.finish()
    await store.close()


async def test_a_session_without_an_event_is_kept_only_under_a_name_of_its_own(path: Path) -> None:
    for name in ("2026-11-29 19:21:04", "2026-11-29 19:21:05", "mine"):
        desk = Desk(path)
        desk.bench._name = name
        await desk.bench.start()
        assert desk.view.title == ("mine" if name == "mine" else f"shop · {name[11:16]}")
        if name.endswith("05"):
            await desk.fire(1)
        await desk.bench.close()
    store = Store(path)
    await store.open()
    infos = await store.sessions()
    await store.close()
    assert [(info.name, info.first_event, info.title) for info in infos] == [
        ("mine", "", "mine"),
        ("2026-11-29 19:21:05", "OrderPlaced", "shop · OrderPlaced"),
    ]


async def test_a_session_whose_process_was_killed_before_an_event_is_cleared_away(path: Path) -> None:
    program = (
        "import asyncio, os, sys\n"
        "from pathlib import Path\n"
        "from inspector.core.records.records import Batch\n"
        "from inspector.store.store import Store\n"
        "from tests.store.runs import STARTED, plain_run, to_row\n"
        "async def main():\n"
        "    store = Store(Path(sys.argv[1]))\n"
        "    await store.open()\n"
        "    runs = ('2026-11-29 19:21:04', []), ('mine', []), ('2026-11-29 19:21:05', plain_run(1)[1:])\n"
        "    for name, rows in runs:\n"
        "        writer = await store.begin_session(name, STARTED)\n"
        "        writer.add(Batch(1, [to_row(STARTED), *rows]))\n"
        "        await writer.flush()\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path))
    assert await killed.wait() == -9
    async with desk_on(path) as desk:
        assert [(info.name, info.state) for info in desk.sessions] == [
            ("today", "recording"),
            ("2026-11-29 19:21:05", "interrupted"),
            ("mine", "interrupted"),
        ]


# Recording


async def test_it_starts_with_the_live_session_in_view_and_in_the_list(path: Path) -> None:
    async with desk_on(path) as desk:
        assert (desk.view.live, desk.view.title, desk.view.session) == (True, "today", 1)
        assert desk.bench.live_session == 1
        assert [(one.id, one.name, one.state) for one in desk.sessions] == [(1, "today", "recording")]
        await desk.fire(1, 2)
        assert desk.folds > 0
        assert len(desk.view.journal.publications) == 2
        assert desk.bench.stored_bytes > 0
        assert desk.bench.database == path


async def test_close_writes_everything(path: Path) -> None:
    async with desk_on(path) as desk:
        desk.bench.fire(FireRequest("OrderPlaced", [{"number": number} for number in range(100)]))
    store = Store(path)
    await store.open()
    (info,) = await store.sessions()
    await store.close()
    assert (info.state, info.publications, info.records) == ("closed", 100, desk.view.journal.seq)


async def test_a_store_that_cannot_be_opened_is_told_and_the_run_is_recorded_in_memory(path: Path) -> None:
    text = "this is no database, and it has to stay as it is" * 100
    write_to(path, text)
    async with desk_on(path) as desk:
        (notice,) = desk.told
        assert notice.severity == "error"
        assert notice.text.startswith("Not recording to disk: ")
        assert desk.bench.trouble is not None
        await desk.fire(1)
        assert len(desk.view.journal.publications) == 1
        assert (desk.bench.live_session, desk.bench.stored_bytes, desk.bench.database) == (0, 0, None)
        with pytest.raises(InspectorError, match="No sessions database"):
            await desk.bench.open_session(1)
        with pytest.raises(InspectorError, match="No sessions database"):
            await desk.bench.export("csv", 1, path.with_suffix(".csv"))
        await desk.bench.refresh_sessions()
    assert text_in(path) == text


async def test_without_a_database_nothing_is_stored_and_nothing_is_told() -> None:
    async with desk_on(None) as desk:
        await desk.fire(1)
        assert desk.view.session == 0
    assert desk.told == []


async def test_a_program_that_cannot_start_is_told_by_start_and_close_puts_everything_away(path: Path) -> None:
    desk = Desk(path, lambda: shop_program(shop=Shop(fail_at="start")))
    with pytest.raises(InspectorError, match="the shop cannot open"):
        await desk.bench.start()
    await desk.bench.close()
    assert desk.tasks.names == ()
    assert desk.bench.view is None


def test_before_the_start_there_is_nothing() -> None:
    bench = Desk(None).bench
    assert (bench.view, bench.live, bench.live_session, bench.stored_bytes) == (None, False, 0, 0)
    with pytest.raises(InspectorError, match="Recording has not started yet"):
        bench.set_faults(True)
    with pytest.raises(InspectorError):
        bench.fire(FireRequest("OrderPlaced", [{}]))


async def test_trouble_with_the_store_is_a_notice_and_its_end_too(path: Path) -> None:
    async with desk_on(path) as desk:
        desk.bench._store_trouble(InspectorError("The disk is full.", "Make room."))
        assert desk.bench.trouble is not None
        desk.bench._store_trouble(None)
        assert desk.bench.trouble is None
    assert [(one.severity, one.text) for one in desk.told] == [
        ("error", "The disk is full."),
        ("info", "Saving again; nothing was lost."),
    ]


# What can be done


async def test_one_answer_says_why_nothing_may_be_fired(path: Path) -> None:
    await stored(path, 3)
    waiting = Desk(None).bench
    assert waiting.view_blocked() == waiting.program_blocked() == waiting.fire_blocked() == waiting.record_blocked()
    assert waiting.fire_blocked() == "The program is starting"
    assert waiting.stand is Stand.NOTHING
    waiting.idle = "No project is loaded"
    assert waiting.fire_blocked() == waiting.record_blocked() == "No project is loaded"
    async with desk_on(path) as desk:
        bench, form = desk.bench, FireForm("OrderPlaced", {"number": 1})
        assert bench.fire_blocked() == bench.record_blocked() == bench.view_blocked() == bench.program_blocked() == ""
        assert bench.stand is Stand.RECORDING
        bench.set_recording(False)
        assert "paused" in bench.fire_blocked()
        assert bench.stand is Stand.PAUSED
        assert not bench.record_blocked()
        with pytest.raises(InspectorError, match="Recording is paused"):
            bench.fire_form(form)
        bench.set_recording(True)
        await bench.open_session(1)
        assert "stored session" in bench.fire_blocked()
        assert bench.stand is Stand.STORED
        bench.show_live()
        assert bench.last_fired is None
        number = bench.fire_form(form)
        await bench.recording.outcome(number)
        assert (bench.last_fired, bench.last_fire) == (form, number)
        await bench.recording.host.stop()
        assert bench.fire_blocked() == bench.record_blocked() == "The program has stopped"
        assert bench.stand is Stand.STOPPED


async def test_a_list_that_was_asked_for_earlier_never_replaces_a_later_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stored(path, 3)
    async with desk_on(path) as desk:
        sessions, asked, go_on = Store.sessions, asyncio.Event(), asyncio.Event()

        async def slow(store: Store) -> list[Any]:
            infos = await sessions(store)
            if not asked.is_set():
                asked.set()
                await go_on.wait()
            return infos

        monkeypatch.setattr(Store, "sessions", slow)
        early = asyncio.ensure_future(desk.bench.refresh_sessions())
        await asked.wait()
        await desk.bench.rename(1, "mine")
        go_on.set()
        await early
        assert "mine" in [info.name for info in desk.sessions]


# Looking at others


async def test_opening_a_stored_session_stops_nothing(path: Path) -> None:
    await stored(path, 30)
    async with desk_on(path) as desk:
        bench, during = desk.bench, []
        assert (bench.live_session, bench.reading) == (2, False)
        bench.on_folded(lambda _: during.append(bench.reading))
        await bench.open_session(1)
        assert (set(during), bench.reading) == ({True}, False)
        assert (desk.view.live, desk.view.title, desk.view.session) == (False, "earlier 1", 1)
        assert len(desk.view.journal.publications) == 30
        with pytest.raises(InspectorError, match="This is a stored session"):
            await desk.fire(1)
        folds = desk.folds
        recording = desk.bench.recording
        await recording.outcome(recording.host.fire(FireRequest("OrderPlaced", [{}, {}])))
        assert desk.folds == folds  # what is live is folded, but not told: something else is shown
        assert len(recording.journal.publications) == 2
        desk.bench.show_live()
        assert desk.view.live
        assert len(desk.view.journal.publications) == 2
        assert [view.live for view in desk.views] == [True, False, True]


async def test_opening_the_live_session_shows_it_live(path: Path) -> None:
    await stored(path, 3)
    async with desk_on(path) as desk:
        await desk.bench.open_session(1)
        await desk.bench.open_session(2)
        assert desk.view.live


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_PAGE", "PAGE"):
        monkeypatch.setattr(columns, name, 10)


@pytest.mark.usefixtures("small_pages")
async def test_opening_another_meanwhile_ends_the_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await stored(path, 200, 5)
    read, other_is_open = columns.StoredColumns.others, asyncio.Event()

    async with desk_on(path) as desk:

        async def slow(session: columns.StoredColumns, last: int) -> list[tuple[int, Row]]:
            if session.stream.session == 1 and len(desk.view.journal.publications):
                await other_is_open.wait()
            return await read(session, last)

        monkeypatch.setattr(columns.StoredColumns, "others", slow)
        first = asyncio.ensure_future(desk.bench.open_session(1))
        await until(lambda: desk.view.session == 1 and len(desk.view.journal.publications))
        half = desk.view.journal
        await desk.bench.open_session(2)
        other_is_open.set()
        await first
        assert desk.view.session == 2
        assert len(desk.view.journal.publications) == 5
        assert 0 < len(half.publications) < 200


@pytest.mark.usefixtures("small_pages")
async def test_whoever_closes_ends_the_reading_at_once(path: Path) -> None:
    await stored(path, 200)
    async with desk_on(path) as desk:
        reading = asyncio.ensure_future(desk.bench.open_session(1))
        await until(lambda: not desk.view.live and len(desk.view.journal.publications))
        desk.bench.end_reading()
        so_far = len(desk.view.journal.publications)
        await reading
        assert len(desk.view.journal.publications) == so_far < 200


@pytest.mark.usefixtures("small_pages")
async def test_going_back_to_live_ends_the_reading(path: Path) -> None:
    await stored(path, 200)
    async with desk_on(path) as desk:
        first = asyncio.ensure_future(desk.bench.open_session(1))
        await until(lambda: not desk.view.live)
        half = desk.view.journal
        desk.bench.show_live()
        await first
        assert desk.view.live
        assert len(half.publications) < 200


async def test_of_two_asked_for_at_once_the_later_is_shown(path: Path) -> None:
    """Whatever answer the store gives first."""
    await stored(path, 20, 5)
    async with desk_on(path) as desk:
        await asyncio.gather(desk.bench.open_session(1), desk.bench.open_session(2))
        assert desk.view.session == 2
        assert [view.session for view in desk.views if not view.live] == [2]
        await asyncio.gather(desk.bench.open_session(2), desk.bench.open_session(1))
        assert desk.view.session == 1
        assert len(desk.view.journal.publications) == 20


@pytest.mark.usefixtures("small_pages")
async def test_a_session_that_is_not_there_leaves_the_view_as_it_is(path: Path) -> None:
    """Also one that is still being read goes on to its end."""
    await stored(path, 100)
    async with desk_on(path) as desk:
        with pytest.raises(UsageError, match="No session 77"):
            await desk.bench.open_session(77)
        assert desk.view.live
        first = asyncio.ensure_future(desk.bench.open_session(1))
        await until(lambda: not desk.view.live)
        with pytest.raises(UsageError):
            await desk.bench.open_session(77)
        await first
        assert len(desk.view.journal.publications) == 100


# Names, and the end of sessions


async def test_renaming_the_live_session(path: Path) -> None:
    async with desk_on(path) as desk:
        await desk.bench.rename(1, "  Black Friday ")
        assert (desk.view.title, desk.view.live, desk.bench.recording.name) == ("Black Friday", True, "Black Friday")
        assert [one.name for one in desk.sessions] == ["Black Friday"]
        desk.bench.show_live()
        assert desk.view.title == "Black Friday"
        await desk.fire(1)
        assert len(desk.view.journal.publications) == 1


async def test_renaming_a_session_that_is_not_shown_leaves_the_view_alone(path: Path) -> None:
    await stored(path, 3, 3)
    async with desk_on(path) as desk:
        await desk.bench.open_session(1)
        views = len(desk.views)
        await desk.bench.rename(2, "other")
        assert len(desk.views) == views
        await desk.bench.rename(1, "mine")
        assert (desk.view.title, desk.view.live) == ("mine", False)
        assert [one.name for one in desk.sessions] == ["today", "other", "mine"]


@pytest.mark.parametrize("name", ["", "   "])
async def test_a_session_needs_a_name(path: Path, name: str) -> None:
    async with desk_on(path) as desk:
        with pytest.raises(UsageError, match="Enter a name"):
            await desk.bench.rename(1, name)
        assert (desk.view.title, desk.bench.recording.name) == ("today", "today")


@pytest.mark.usefixtures("small_pages")
async def test_deleting_the_session_that_is_shown_shows_the_live_one(path: Path) -> None:
    await stored(path, 100, 3)
    async with desk_on(path) as desk:
        reading = asyncio.ensure_future(desk.bench.open_session(1))
        await until(lambda: not desk.view.live)
        await desk.bench.delete(1)  # while it is still being read
        await reading
        assert desk.view.live
        assert [one.id for one in desk.sessions] == [3, 2]


async def test_deleting_another_session_leaves_the_view_alone(path: Path) -> None:
    await stored(path, 3, 4)
    async with desk_on(path) as desk:
        await desk.bench.open_session(2)
        await desk.bench.delete(1)
        assert (desk.view.session, desk.view.live) == (2, False)


async def test_the_live_session_cannot_be_deleted(path: Path) -> None:
    async with desk_on(path) as desk:
        with pytest.raises(InspectorError, match="being recorded"):
            await desk.bench.delete(1)
        await desk.fire(1)
        assert desk.view.live
    store = Store(path)
    await store.open()
    assert len(await store.sessions()) == 1
    await store.close()


# Export


async def test_the_live_session_is_exported_up_to_now(path: Path, tmp_path: Path) -> None:
    async with desk_on(path) as desk:
        await desk.fire(1, 2, 3)
        jsonl, table, summary = (tmp_path / name for name in ("run.jsonl", "run.csv", "summary.csv"))
        count = await desk.bench.export("jsonl", 1, jsonl)
        assert await desk.bench.export("csv", 1, table) == 3
        assert await desk.bench.export("summary", 1, summary) == 1
        imported = read_jsonl(jsonl)
        assert imported.name == "today"
        assert len(await collect(imported)) == count == len(jsonl.read_text().splitlines()) - 1
        with table.open(newline="") as file:
            assert [row["status"] for row in csv.DictReader(file)] == ["ok"] * 3
        assert desk.view.journal.seq >= count


async def test_a_kind_that_there_is_not_writes_nothing(path: Path, tmp_path: Path) -> None:
    async with desk_on(path) as desk:
        with pytest.raises(UsageError, match="Unknown format pdf"):
            await desk.bench.export("pdf", 1, tmp_path / "run.pdf")
        with pytest.raises(UsageError, match="No session 9"):
            await desk.bench.export("csv", 9, tmp_path / "run.pdf")
    assert not (tmp_path / "run.pdf").exists()


# Verbs


async def test_faults_and_recording_are_switched_on_the_host(path: Path) -> None:
    rule = FaultRule("*", "*", "slow", delay=0.0)
    async with desk_on(path, lambda: shop_program(faults=(rule,))) as desk:
        host = desk.bench.recording.host
        desk.bench.set_faults(True)
        desk.bench.set_recording(False)
        assert (host.faults, host.recording) == (True, False)
        desk.bench.set_recording(True)
        await desk.fire(1)
        switches = [record for record in desk.view.journal.host_records if not isinstance(record, FaultsSwitched)]
        assert list(map(type, switches)) == [RecordingPaused, RecordingResumed]
        assert [record.on for record in desk.view.journal.host_records if isinstance(record, FaultsSwitched)] == [True]


# Another program


async def test_what_was_fired_last_is_forgotten_with_its_program() -> None:
    async with desk_on(None) as desk:
        bench = desk.bench
        await bench.recording.outcome(bench.fire_form(FireForm("OrderPlaced", {"number": 1})))
        assert bench.last_fired is not None
        await bench.switch(lambda: EmbeddedHost(shop_program), name="another")
        assert (bench.last_fired, bench.last_fire) == (None, 0)


def test_a_program_is_the_same_with_other_settings(tmp_path: Path) -> None:
    shop = Project(app=("shop:bus",), cwd=tmp_path)
    hosts = [
        ChildHost(project) for project in (shop, replace(shop, settings={"A": "1"}), replace(shop, app=("b:bus",)))
    ]
    assert [is_same_program(hosts[0], host) for host in hosts] == [True, True, False]
    assert not is_same_program(hosts[0], EmbeddedHost(shop_program))
