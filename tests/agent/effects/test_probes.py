"""A probe of anybody's: it says which function it watches, is told of its calls, and hurts nobody."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from importlib import metadata
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from inspector.agent.effects.effects import Effects, install_effects, look_again, switch_probes
from inspector.agent.effects.watching import Call
from inspector.core.records.host import PartNotLoaded
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import to_record
from tests.agent.test_effects import Watched

SOURCE = """
async def charge(card, *, amount=1, **more):
    if amount < 0:
        raise ValueError(amount)
    return helper(card)

def helper(card):
    return card.upper()

class Gateway:
    @staticmethod
    def ping():
        return "pong"

    def send(self, to):
        return to
"""


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A library that nobody knows."""
    module = ModuleType("tests_vendor")
    exec(compile(SOURCE, "/usr/lib/python3/site-packages/tests_vendor.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def watch_vendor(effects: Effects) -> Callable[[], None]:
    def charged(call: Call) -> None:
        error = "" if call.error is None else type(call.error).__name__
        data = {"amount": call.arguments.get("amount"), "result": call.result, "error": error}
        assert call.took > 0
        effects.tell("payment", f"charge {call.arguments['card']}", data)

    def broken(call: Call) -> None:
        raise LookupError(call.result)

    undo = [
        effects.watch_calls("tests_vendor", "charge", charged, group="vendor"),
        effects.watch_calls("tests_vendor", "helper", charged, group="vendor"),
        effects.watch_calls("tests_vendor", "Gateway.send", broken),
        effects.watch_calls("tests_vendor", "Gateway.ping", broken),
        effects.watch_calls("tests_vendor", "Gateway.nothing.here", broken),
        effects.watch_calls("tests_never_imported", "anything", broken),
    ]
    return lambda: [leave() for leave in undo] and None


async def test_a_made_up_probe(vendor: Any) -> None:
    originals = vendor.charge, vendor.helper, vars(vendor.Gateway)["send"]
    here = Watched((watch_vendor,))
    came_to: list[Any] = []

    async def handler(_: Any) -> None:
        came_to.append(await vendor.charge("ada"))
        with pytest.raises(ValueError, match="-1"):
            await vendor.charge("bob", amount=-1)
        came_to.append(vendor.helper("eve"))
        came_to.append(vendor.Gateway().send("who"))
        with pytest.raises(TypeError, match="charge"):
            await vendor.charge()

    notes = await here.run(handler)
    await vendor.charge("outside")
    assert here.notes() == []
    here.undo()
    assert came_to == ["ADA", "EVE", "who"]
    assert (vendor.charge, vendor.helper, vars(vendor.Gateway)["send"]) == originals
    assert [(note.kind, note.text) for note in notes] == [
        ("payment", "charge ada"),
        ("payment", "charge bob"),
        ("payment", "charge eve"),
        ("effect", "Gateway.send could not be read: LookupError"),
    ]
    assert [note.data["error"] for note in notes[:3]] == ["", "ValueError", ""]
    assert notes[0].data["result"] == "ADA"


async def test_a_probe_of_a_package_is_loaded_by_its_entry_point(vendor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        def __init__(self, name: str, probe: Any) -> None:
            self.name, self.value, self._probe = name, f"{name}:watch", probe

        def load(self) -> Any:
            if self._probe is None:
                raise ImportError("no such package")
            return self._probe

    entries = [Entry("vendor", watch_vendor), Entry("gone", None)]
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: entries if group == "inspector.probes" else [])
    here = Watched()
    (trouble,) = [to_record(row) for row in here.recorder.drain() if row[0] == PartNotLoaded.KIND]
    assert trouble.text == "Cannot load the probe gone (gone:watch): ImportError: no such package"

    async def handler(_: Any) -> None:
        await asyncio.gather(vendor.charge("ada"), vendor.charge("bob"))

    notes = await here.run(handler)
    here.undo()
    assert [note.text for note in notes] == ["charge ada", "charge bob"]


async def test_probes_are_switched_off_and_on_and_one_that_is_off_leaves_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = Engine._has_events  # another test may have left it
    here = Watched()
    database = create_engine("sqlite://")

    async def handler(_: Any) -> None:
        print("hello")
        with database.connect() as connection:
            connection.execute(text("SELECT 1"))

    assert {note.kind for note in await here.run(handler)} == {"output", "sql"}
    switch_probes(here.recorder, ["sql", "output", "nonsense"])
    assert "write" not in vars(sys.stdout)
    assert Engine._has_events == before
    assert await here.run(handler) == []
    switch_probes(here.recorder, ["output"])
    assert {note.kind for note in await here.run(handler)} == {"sql"}
    switch_probes(here.recorder, [])
    assert {note.kind for note in await here.run(handler)} == {"output", "sql"}
    switch_probes(Recorder(), ["sql"])  # not its effects
    here.undo()
    assert "write" not in vars(sys.stdout)
    assert Engine._has_events == before
    database.dispose()


def test_probes_of_a_module_that_is_imported_later_are_set_up_when_it_is_looked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorder = Recorder()
    undo = install_effects(recorder)
    steps: list[str] = []

    def late(_effects: Effects) -> Callable[[], None]:
        steps.append("installed")
        return lambda: steps.append("undone")

    module = ModuleType("tests_late_project")
    module.__file__ = __file__
    module.__dict__["__inspector_probes__"] = [late]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    look_again(recorder)
    look_again(recorder)
    undo()
    assert steps == ["installed", "undone"]
