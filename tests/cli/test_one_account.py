"""One question, one answer: whoever counts a run counts the same, and names the same handlers as not called."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.agent.observe.test_observe import OBSERVED, REQUIRED
from tests.cli.conftest import Cli

HEAD = """
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

@dataclass(frozen=True)
class Sown:
    beds: int = 2

@dataclass(frozen=True)
class Grown:
    beds: int = 1

class Garden:
    def __init__(self):
        self.handlers = {}

    def on(self, kind, handler):
        self.handlers.setdefault(kind, []).append(handler)

    def publish(self, event):
        for handler in list(self.handlers.get(type(event), ())):
            handler(event)

bus = Garden()
"""
PROGRAMS = {
    "derived": """
def water(event):
    bus.publish(Grown())

def pick(event):
    if event.beds == 1:
        raise LookupError("nothing ripe")

bus.on(Sown, water)
bus.on(Grown, pick)
""",
    "threads": """
pool = ThreadPoolExecutor(2)

def water(event):
    pool.submit(bus.publish, Grown())
    threading.Thread(target=bus.publish, args=(Grown(),)).start()

def pick(event):
    pass

bus.on(Sown, water)
bus.on(Grown, pick)
""",
    "timers": """
def water(event):
    threading.Timer(0.05, bus.publish, (Grown(),)).start()
    asyncio.get_running_loop().call_later(0.06, bus.publish, Grown())

def pick(event):
    pass

bus.on(Sown, water)
bus.on(Grown, pick)
""",
    "tries": """
class Stubborn(Garden):
    def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            for _ in range(3):
                try:
                    handler(event)
                    break
                except ConnectionError:
                    pass

bus = Stubborn()
tries = []

def third(event):
    tries.append(event)
    if len(tries) % 3:
        raise ConnectionError("dry")

def never(event):
    raise ConnectionError("dry")

bus.on(Sown, third)
bus.on(Sown, never)
""",
    "never awaited": """
async def forgotten(event):
    pass

def seen(event):
    pass

bus.on(Sown, forgotten)
bus.on(Sown, seen)
""",
    "not called": """
class Choosy(Garden):
    def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            if handler(event):
                break

bus = Choosy()

def first(event):
    return True

def second(event):
    pass

bus.on(Sown, first)
bus.on(Sown, second)
""",
}


@pytest.fixture(params=PROGRAMS)
def garden(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options that name a program, on a Python that can be observed."""
    if not OBSERVED:
        assert not os.environ.get(REQUIRED), "Python 3.12 or newer has to be there, and was not found"
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    (tmp_path / "garden.py").write_text(HEAD + PROGRAMS[request.param])
    monkeypatch.chdir(tmp_path)
    return ["--app", "garden:bus", "--python", next(iter(OBSERVED.values()))]


def counted(executions: list[dict[str, Any]]) -> dict[str, Any]:
    """What a log of executions says by itself."""
    statuses = [execution["status"] for execution in executions]
    return {
        "executions": len(executions),
        "never_awaited": statuses.count("never_awaited"),
        "attempts": sum(execution["attempts"] for execution in executions),
        "by_status": {status: statuses.count(status) for status in set(statuses)},
    }


def of(told: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: told[name] for name in names}


def test_everybody_counts_a_fire_alike(cli: Cli, garden: list[str], tmp_path: Path) -> None:
    told = cli("fire", "Sown", *garden, "--count", 2, "--json", "--no-session").json
    own = of(told, "executions", "never_awaited", "attempts", "by_status")
    log = cli("log", told["session"], "--json").json
    assert counted(log) == own
    (stored,) = cli("sessions", "--json").json
    assert (stored["publications"], stored["executions"]) == (told["published"], told["executions"])
    assert told["derived"] == told["published"] - told["fired"]
    assert told["unheard"] == 0

    cli("export", told["session"], "--format", "csv", "-o", tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["status"] for row in rows] == [execution["status"] for execution in log]

    cli("export", told["session"], "--format", "jsonl", "-o", tmp_path / "run.jsonl")
    records = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text(encoding="utf-8").splitlines()]
    passed = [record for record in records if record.get("record") == "HandlersNotCalled"]
    uncalled = [handler["label"] for record in passed for handler in record["handlers"]]
    assert uncalled == [entry["handler"] for entry in told["not_called"]]
    imported = cli("import", tmp_path / "run.jsonl", "--json").json
    assert counted(cli("log", imported["session"], "--json").json) == own
    for entry in told["not_called"]:
        for session in (told["session"], imported["session"]):
            assert f"{entry['handler']}  on {entry['event']}" in cli("log", session).out
    assert cli("log", told["session"], "--not-called", "--json").json == told["not_called"]
    count = len(told["not_called"])
    assert (f"{count} handler" in cli("log", told["session"], "--json").err) == (count > 0)


def test_conform_counts_its_run_as_its_session_does(cli: Cli, garden: list[str], db: Path) -> None:
    told = cli("conform", *garden, "--json", "--db", db).json
    assert counted(cli("log", told["session"], "--json").json) == of(
        told, "executions", "never_awaited", "attempts", "by_status"
    )
    (stored,) = cli("sessions", "--json").json
    assert (stored["publications"], stored["executions"]) == (told["publications"], told["executions"])
    assert told["derived"] == told["publications"] - told["fired"]
    assert not [finding for finding in told["findings"] if finding["code"] == "CF155"]
