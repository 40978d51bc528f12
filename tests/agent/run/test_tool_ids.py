"""A program takes the tool ids of ``sys.monitoring`` that it would take without us, at any moment, and is recorded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from tests.agent.observe.test_observe import REQUIRED
from tests.agent.run.running import run
from tests.agent.run.test_front import BUS, compared
from tests.hosts.children import INTERPRETERS

_WIRED: Final = """
import enum, sys, threading
from shopbus import Bus, light, tick
m = sys.monitoring
bus = Bus()
bus.subscribe("lit", light)
def emit(times=1):
    for number in range(times):
        bus.emit("lit", {"number": number})
def watched(tool):
    names = []
    m.register_callback(tool, m.events.PY_START, lambda code, offset: names.append(code.co_name))
    m.set_events(tool, m.events.PY_START)
    emit(3)
    m.set_events(tool, 0)
    return names.count("light"), m.get_tool(tool)
def taken(tool):
    m.use_tool_id(tool, f"tool {tool}")
    return watched(tool)
"""
#: What a program does.
_TAKING: Final = {
    "one before anything is published": "print(taken(4))\nemit()",
    "both after something was": "emit()\nprint(taken(4), taken(3))\nemit()",
    "whichever is free": (
        "emit()\nfree = [tool for tool in range(6) if m.get_tool(tool) is None]\n"
        "print([taken(tool) for tool in free[2:5]])"
    ),
    "all but one": "emit()\nprint([taken(tool) for tool in (5, 4, 3, 2, 0)])\nemit()",
    "again and again": ("for tool in (4, 3, 4, 3):\n    print(taken(tool))\n    m.free_tool_id(tool)\n    emit()"),
    "by a number of its own": "class Tool(enum.IntEnum):\n    MINE = 4\nemit()\nprint(taken(Tool.MINE))\nemit()",
    "first the callback": (
        "m.register_callback(4, m.events.PY_START, None)\nemit()\nm.use_tool_id(4, 'mine')\nprint(watched(4))\nemit()"
    ),
    "frees what it has not taken": "emit()\nfor tool in range(6):\n    m.free_tool_id(tool)\nemit()\nprint(taken(4))",
    "inside a handler": (
        "def dark(payload):\n    print(taken(4))\n    tick('dark')\nbus.subscribe('dark', dark)\n"
        "bus.emit('dark', {})\nbus.emit('dark', {}) if m.free_tool_id(4) else emit()"
    ),
    "twice": (
        "emit()\nprint(taken(4))\ntry:\n    m.use_tool_id(4, 'second')\nexcept ValueError as error:\n    print(error)\n"
        "for wrong in ((), (9, 'x'), ('4', 'x'), (4,)):\n    try:\n        m.use_tool_id(*wrong)\n"
        "    except (TypeError, ValueError) as error:\n        print(error)\nemit()"
    ),
    "holds a lock that its callback takes, too": (
        "lock, waits = threading.Lock(), []\ndef started(code, offset):\n    if not lock.acquire(blocking=False):\n"
        "        waits.append(code.co_name)\n    else:\n        lock.release()\n"
        "emit()\nm.use_tool_id(1, 'mine')\nm.register_callback(1, m.events.PY_START, started)\n"
        "m.set_events(1, m.events.PY_START)\nwith lock:\n    m.register_callback(1, m.events.PY_RETURN, None)\n"
        "    name = m.get_tool(1)\n    m.free_tool_id(2)\n    m.set_events(1, 0)\n    m.free_tool_id(1)\n"
        "print(name, waits)"
    ),
    "while threads publish": (
        "threads = [threading.Thread(target=emit, args=(400,)) for _ in range(4)]\n"
        "for thread in threads:\n    thread.start()\n"
        "for tool in (4, 3, 5):\n    m.use_tool_id(tool, 'mine')\n"
        "for thread in threads:\n    thread.join()\nemit()\nprint(m.get_tool(4))"
    ),
}


@pytest.fixture(params=["3.12", "3.13"])
def python(request: pytest.FixtureRequest) -> str:
    if request.param not in INTERPRETERS:
        assert not os.environ.get(REQUIRED), "Python 3.12 or newer has to be there, and was not found"
        pytest.skip(f"There is no Python {request.param} here, on PATH or in pyenv.")
    return INTERPRETERS[request.param]


@pytest.mark.parametrize("app", [["app:bus"], []])
@pytest.mark.parametrize("taking", _TAKING)
def test_a_program_takes_our_tool_id(python: str, tmp_path: Path, app: list[str], taking: str) -> None:
    ran = compared(tmp_path, _WIRED + _TAKING[taking], {"app": app}, python, "app.py")
    assert ran.code == 0
    assert ran.executions() == ran.tally
    assert ran.statuses() == {"ok": ran.tally.total()}
    assert not ran.processes[0].messages("trouble")


def test_a_program_that_takes_all_tool_ids_is_recorded_until_then(python: str, tmp_path: Path) -> None:
    (tmp_path / "shopbus.py").write_text(BUS)
    taking = "emit(2)\nfor tool in (4, 3, 5, 2, 0, 1):\n    m.use_tool_id(tool, 'mine')\nemit()\nprint(m.get_tool(4))"
    (tmp_path / "app.py").write_text(_WIRED + taking)
    ran = run([python, "app.py"], tmp_path, {"app": []})
    assert (ran.code, ran.output, ran.errors) == (0, "mine\n", "")
    assert (ran.tally["light"], ran.executions()["light"]) == (3, 2)
    assert {trouble[1] for trouble in ran.processes[0].messages("trouble")} == {
        "Recording stopped: Other tools use all tool ids of sys.monitoring."
    }


@pytest.mark.parametrize("publishes", ["emit()", ""])
def test_finalizers_find_sys_monitoring_as_it_was(python: str, tmp_path: Path, publishes: str) -> None:
    late = """
class Late:
    def __init__(self):
        self.module, self.free = m, m.free_tool_id
    def __del__(self):
        self.free(5)
        print(self.module.use_tool_id, self.module.get_tool)
late = Late()
"""
    compared(tmp_path, _WIRED + publishes + late, {"app": []}, python, "app.py")
