"""A bus that logs what its handlers raise: their failures are no losses of the handler that has published to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.analysis.failures import FailureGroups
from inspector.analysis.journal import Journal
from inspector.analysis.losskinds import LOSS_KINDS
from inspector.app.loss_marks import loss_subject
from inspector.core.records.host import NotedOutside
from inspector.core.records.records import LOG, Batch, HandlerStarted, Noted, to_record
from inspector.core.request import FireRequest
from tests.hosts.children import INTERPRETERS, Rows, project, running

PROGRAM = """
import asyncio, logging

log = logging.getLogger("shop")

class Asked: pass
class Sold: pass

class Bus:
    def __init__(self):
        self.handlers = {}
    def subscribe(self, kind, handler):
        self.handlers.setdefault(kind, []).append(handler)

class Waiting(Bus):
    async def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            try:
                await handler(event)
            except Exception:
                log.exception("handler failed")

class Wordy(Bus):
    async def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            try:
                await handler(event)
            except Exception as error:
                log.error("handler failed: %s", error)

class Gathering(Bus):
    async def publish(self, event):
        calls = [handler(event) for handler in self.handlers.get(type(event), ())]
        for outcome in await asyncio.gather(*calls, return_exceptions=True):
            if outcome is not None:
                log.error("handler failed", exc_info=outcome)

class Forgetting(Bus):
    tasks = set()
    async def call(self, handler, event):
        try:
            await handler(event)
        except Exception:
            log.exception("handler failed")
    async def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            self.tasks.add(asyncio.create_task(self.call(handler, event)))

class Raising(Bus):
    async def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            await handler(event)

waiting, wordy, gathering, forgetting, raising = Waiting(), Wordy(), Gathering(), Forgetting(), Raising()

async def sell(event: Sold):
    await asyncio.sleep(0)
    raise KeyError("nothing left")

async def ask_waiting(event: Asked):
    await waiting.publish(Sold())

async def ask_wordy(event: Asked):
    await wordy.publish(Sold())

async def ask_gathering(event: Asked):
    await gathering.publish(Sold())

async def ask_forgetting(event: Asked):
    await forgetting.publish(Sold())
    await asyncio.wait(forgetting.tasks)

async def forget(event: Asked):
    await forgetting.publish(Sold())

async def take(event: Asked):
    try:
        await raising.publish(Sold())
    except Exception:
        log.exception("taken")

async def fail_besides(event: Asked):
    await waiting.publish(Sold())
    try:
        raise ValueError("own")
    except Exception:
        log.exception("own")

async def grumble(event: Asked):
    await waiting.publish(Sold())
    log.error("own")

class Complaining(Bus):
    async def publish(self, event):
        if type(event) not in self.handlers:
            log.error("nobody hears %s", event)
        for handler in self.handlers.get(type(event), ()):
            await handler(event)

complaining = Complaining()

class Returned: pass
class Counted: pass

async def lose(event: Sold):
    await asyncio.sleep(0)
    raise IndexError("lost")

async def ask_nobody(event: Returned):
    await complaining.publish(Counted())

complaining.subscribe(Returned, ask_nobody)
several = Gathering()
several.subscribe(Sold, sell)
several.subscribe(Sold, lose)

for bus in (waiting, wordy, gathering, forgetting, raising):
    bus.subscribe(Sold, sell)
for handler in (ask_waiting, ask_wordy, ask_gathering, ask_forgetting, forget, take, fail_besides, grumble):
    waiting.subscribe(Asked, handler)
"""
BUSES = ("waiting", "wordy", "gathering", "forgetting", "raising")
LOGGING = ("swallowed", "logged")


@pytest.mark.parametrize("version", INTERPRETERS)
async def test_the_failure_of_another_handler_is_no_loss_of_the_one_that_published(
    version: str, tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(PROGRAM)
    journal, apps = Journal(), ",".join(f"shop:{bus}" for bus in BUSES)
    async with running(project(apps, cwd=tmp_path, python=INTERPRETERS[version])) as (host, rows):
        await rows.settled(host.fire(FireRequest("Asked", [{}], session=False)))
        journal.fold(Batch(1, rows.all))
    journal.losses.finish()
    lost = [(loss_subject(journal, loss), loss) for loss in journal.losses.groups if loss.count]
    named = {(name, LOSS_KINDS[loss.kind].name) for name, loss in lost if LOSS_KINDS[loss.kind].name in LOGGING}
    assert named == {("take", "swallowed"), ("fail_besides", "swallowed"), ("grumble", "logged")}
    assert not [name for name, loss in lost if loss.what == "error logged after the handler ended"]
    (group,) = (group for group in FailureGroups(journal).groups if group.status == "failed")
    assert (group.type, group.count) == ("KeyError", 8), "each failure of the other handler is one of its own"


def logged(rows: Rows) -> list[tuple[str, int]]:
    """Return of each note of a log record by a bus whose it is: handler and execution."""
    records = [to_record(row) for row in rows.all]
    handlers = {record.execution: record.handler for record in records if isinstance(record, HandlerStarted)}
    notes = (record for record in records if isinstance(record, Noted) and record.kind == LOG)
    return [(handlers[note.execution], note.execution) for note in notes if '"by"' in note.data]


@pytest.mark.parametrize("version", INTERPRETERS)
async def test_what_a_bus_logs_of_a_failure_is_a_note_of_the_one_that_failed(version: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(PROGRAM)
    apps = ",".join(f"shop:{bus}" for bus in BUSES)
    async with running(project(apps, cwd=tmp_path, python=INTERPRETERS[version])) as (host, rows):
        host.fire(FireRequest("Asked", [{}], session=False))
        await rows.until(lambda: len(logged(rows)) >= 7)
    notes = logged(rows)
    assert {handler for handler, _ in notes} == {"shop:sell"}
    assert len(set(notes)) == len(notes) == 7, "one each, but where the bus lets it through"


@pytest.mark.parametrize("version", INTERPRETERS)
async def test_each_of_several_failures_that_a_bus_logs_together_has_its_own_note(version: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(PROGRAM)
    async with running(project("shop:several", cwd=tmp_path, python=INTERPRETERS[version])) as (host, rows):
        await rows.settled(host.fire(FireRequest("Sold", [{}], session=False)))
        await rows.until(lambda: len(logged(rows)) >= 2)
    assert sorted(handler for handler, _ in logged(rows)) == ["shop:lose", "shop:sell"]


@pytest.mark.parametrize("version", INTERPRETERS)
async def test_what_a_bus_logs_where_nothing_failed_is_noted_outside_of_all_handlers(
    version: str, tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(PROGRAM)
    async with running(project("shop:complaining", cwd=tmp_path, python=INTERPRETERS[version])) as (host, rows):
        await rows.settled(host.fire(FireRequest("Returned", [{}], session=False)))
        outside = await rows.wait_for(NotedOutside)
    assert outside.kind == LOG
    assert outside.text.startswith("nobody hears")
    assert logged(rows) == []
