"""Buses of libraries in a program that is run as it is, with nothing named: each is found by its class."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from inspector.core.records.records import HANDLER_STARTED, PUBLISHED
from tests.agent.run.running import Told, run

ROOT: Final = Path(__file__).parents[3]
PROGRAMS: Final = ROOT / "tests" / "agent" / "libraries" / "programs"
#: How often each event is published as a program is used, once.
EXPECTED: Final = {
    "blinker_signals": {"order-paid": 2, "order-sent": 3, "awaited": 2},
    "bubus_bus": {"OrderPaid": 1, "OrderSent": 1, "Named": 1},
    "celery_signals": {"task_stored": 1, "task_lost": 2},
    "django_signals": {"order_paid": 2, "order_sent": 2, "checked": 1},
    "fastapi_events_local": {"order_paid": 2, "order_sent": 1},
    "faststream_broker": {"orders": 2, "parcels": 2, "notes": 1},
    "lato_application": {"PlaceOrder": 2, "OrderPlaced": 3, "Counted": 1, "tidy": 1},
    "litestar_listeners": {"user_created": 3, "user_left": 1, "nobody": 1},
    "pluggy_hooks": {"price_asked": 1, "clerk_called": 3, "shop_opened": 2},
    "psygnal_signals": {"opened": 2, "closed": 2, "rained": 1, "cleared": 1, "age": 1, "name": 1},
    "pyee_emitter": {"entered": 2, "nobody": 1, "left": 2, "error": 2, "shop.closed": 1},
    "pyee_plain": {"sold": 1},
    "pypubsub_topics": {"news.sport": 2, "news": 1},
}
#: Found by what differs from one version to the next.
OLDER: Final = ("fastapi_events_local", "faststream_broker", "lato_application", "pluggy_hooks", "psygnal_signals")
SCRIPT: Final = """
import asyncio, importlib, inspect, logging
logging.disable(logging.CRITICAL)
async def main():
    for name in {names!r}:
        program = importlib.import_module(name)
        results = program.use()
        if inspect.isawaitable(results):
            await results
        await asyncio.sleep(0)
        for line in program.TALLY:
            print(name, line)
asyncio.run(main())
"""


def process_of(python: Path, folder: Path, code: str) -> tuple[Told, list[str]]:
    """Run a script with nothing named; return what its one process told, and what it printed."""
    if not python.exists():
        assert not os.environ.get("REQUIRE_LIBRARIES"), "The libraries have to be there: tools/library-venvs"
        pytest.skip("The libraries are not installed: run tools/library-venvs.")
    (folder / "app.py").write_text(code)
    ran = run([str(python), "app.py"], folder, {"app": []})
    assert ran.code == 0, ran.errors
    (process,) = ran.processes
    return process, ran.output.splitlines()


def python_of(version: str) -> Path:
    return ROOT / ".venv-libs" / version / "bin" / "python"


# Psygnal alone: the agent is there because of it, and not because of another library before.
@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("newest", [name for name in EXPECTED if name != "psygnal_signals"]),
        ("newest", ["psygnal_signals"]),
        ("older", OLDER),
    ],
)
def test_buses_of_libraries_are_found_by_their_class(version: str, names: list[str], tmp_path: Path) -> None:
    for name in names:
        shutil.copy(PROGRAMS / f"{name}.py", tmp_path)
    process, printed = process_of(python_of(version), tmp_path, SCRIPT.format(names=names))
    tally = Counter(":".join(line.split()[:2]) for line in printed if not line.endswith(" ended"))
    assert Counter(row[4] for row in process.rows(HANDLER_STARTED)) == tally
    published = sum((Counter(EXPECTED[name]) for name in names), Counter())
    assert Counter(row[3] for row in process.rows(PUBLISHED)) == published
    assert process.messages("trouble") == []


def test_every_library_is_tried() -> None:
    assert {path.stem for path in PROGRAMS.glob("*.py")} == set(EXPECTED)


def test_hooks_of_a_tool_are_not_the_programs(tmp_path: Path) -> None:
    """pytest calls its own hooks all the time; those of the program are recorded beside them."""
    code = """
import pluggy, sys, types
tool = types.ModuleType("tool")
tool.__file__ = "/lib/python3.12/site-packages/tool.py"
sys.modules["tool"] = tool
Tools = type("Tools", (pluggy.PluginManager,), {"__module__": "tool"})
impl = pluggy.HookimplMarker("shop")
class Plugin:
    @impl
    def opened(self, hour): print("opened")
for manager in (Tools("shop"), pluggy.PluginManager("shop")):
    manager.register(Plugin())
    manager.hook.opened(hour=8)
"""
    process, printed = process_of(python_of("newest"), tmp_path, code)
    assert printed == ["opened", "opened"]
    assert len(process.rows(HANDLER_STARTED)) == 1


def test_no_more_than_the_first_hundred_buses_and_it_is_told(tmp_path: Path) -> None:
    code = """
from blinker import Signal
def work():
    for number in range(102):
        Signal().send("shop")
work()
"""
    process, _ = process_of(python_of("newest"), tmp_path, code)
    names = [row[3] for row in process.rows(PUBLISHED)]
    assert (len(names), len({*names})) == (100, 100)  # each has a name of its own
    assert [text for _, text, _ in process.messages("trouble")] == [
        "Only the first 100 buses of this process are recorded."
    ]
