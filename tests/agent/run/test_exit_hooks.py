"""What a program publishes while it ends is recorded: its exit hooks come before ours, whenever it sets them up."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.agent.run import ring
from tests.agent.run.test_front import compared, python

__all__ = ["python"]

_WIRED = """
import atexit, multiprocessing.util, sys, threading, weakref
from shopbus import Bus, light, shade, tick
bus = Bus()
bus.subscribe("lit", light)
def last():
    bus.emit("lit", {"room": "last"})
"""
_ENDS = {
    "a hook before the first publication": 'atexit.register(last)\nbus.emit("lit", {})',
    "a hook after the first publication": 'bus.emit("lit", {})\natexit.register(last)',
    "a hook and nothing before": "atexit.register(last)",
    "a finalizer": 'kept = Bus()\nweakref.finalize(kept, last)\nbus.emit("lit", {})',
    "one of multiprocessing": 'multiprocessing.util.Finalize(None, last, exitpriority=1)\nbus.emit("lit", {})',
    "a thread that outlives the script": (
        "main = threading.main_thread()\n"
        'threading.Thread(target=lambda: (main.join(), last())).start()\nbus.emit("lit", {})'
    ),
    "a hook that fails": (
        'class Bad:\n    __repr__ = lambda self: "bad"\n    def __call__(self):\n        1 / 0\n'
        'atexit.register(last)\natexit.register(Bad())\nbus.emit("lit", {})'
    ),
    "an exception": 'atexit.register(last)\nbus.emit("lit", {})\nraise SystemExit("over")',
    "a hook that prints": 'atexit.register(lambda: (last(), print("bye", flush=True)))\nbus.emit("lit", {})',
}


@pytest.mark.parametrize("app", [["app:bus"], []])
@pytest.mark.parametrize("end", _ENDS)
def test_what_is_published_while_a_program_ends(python: str, tmp_path: Path, app: list[str], end: str) -> None:
    ran = compared(tmp_path, _WIRED + _ENDS[end], {"app": app}, python, "app.py")
    assert ran.tally["light"] == 1 + (end != "a hook and nothing before")
    assert not ran.processes[0].messages("trouble")
    assert ran.processes[0].words[ring.STATE] == ring.ENDED
