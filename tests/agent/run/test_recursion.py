"""A program that publishes until the limit of recursion is reached: what has no room to be recorded is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from inspector.core.records.host import HostNoted
from inspector.core.records.records import HANDLER_STARTED, PUBLISHED
from tests.agent.run.running import run
from tests.agent.run.test_front import python

__all__ = ["python"]

_PROGRAM: Final = """
import sys
counts = {{"published": 0, "handled": 0}}
class Bus:
    def __init__(self):
        self.handlers = {{}}
    def subscribe(self, name, handler):
        self.handlers.setdefault(name, []).append(handler)
    def publish(self, name):
        counts["published"] += 1
        for handler in self.handlers[name]:
            {call}
bus = Bus()
def light(name):
    counts["handled"] += 1
    {deeper}
bus.subscribe("lit", light)
for limit in {limits}:
    sys.setrecursionlimit(limit)
    try:
        bus.publish("lit")
    except RecursionError:
        pass
    sys.setrecursionlimit(1000)
print(*counts.values())
"""
_SHAPES: Final = {
    "at once": ("handler(name)", "bus.publish(name)"),
    "by a function between": ("(lambda: handler(name))()", "bus.publish(name)"),
    "from a method with a frame of its own": ("handler(name)", "(lambda: bus.publish(name))()"),
}


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("limits", [(300, 301, 302, 303), (1000,)])
def test_what_has_no_room_is_counted(python: str, tmp_path: Path, shape: str, limits: tuple[int, ...]) -> None:
    call, deeper = _SHAPES[shape]
    (tmp_path / "app.py").write_text(_PROGRAM.format(call=call, deeper=deeper, limits=limits))
    alone = run([python, "app.py"], tmp_path, None)
    ran = run([python, "app.py"], tmp_path, {"app": ["app:bus"], "ring": 1 << 26})
    assert (ran.code, ran.errors) == (alone.code, alone.errors)
    (process,) = ran.processes
    happened, without = (sum(int(word) for word in text.split()) for text in (ran.output, alone.output))
    assert 0 <= without - happened <= 2 * len(limits)  # where not one frame is left the call itself fails because of us
    recorded = len(process.rows(PUBLISHED)) + len(process.rows(HANDLER_STARTED))
    notes = [row[-2] for row in process.rows(HostNoted.KIND) if "limit of recursion" in row[-2]]
    assert sum(int(note.partition(" ")[0]) for note in notes) == happened - recorded
    assert happened - recorded <= 2 * len(limits)
