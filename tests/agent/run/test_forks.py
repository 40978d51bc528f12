"""Programs that fork while something is published: what handlers do in the child is told by the child."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from inspector.core.records.records import HANDLER_STARTED
from tests.agent.run.test_front import compared, python

__all__ = ["python"]  # the fixture
_BUS: Final = """
import multiprocessing, os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from shopbus import tick
fork = multiprocessing.get_context("fork")
@dataclass
class Cut:
    wood: str = "oak"
@dataclass
class Swept:
    wood: str = "oak"
class Bus:
    def __init__(self):
        self.handlers = {}
    def subscribe(self, kind, *handlers):
        self.handlers[kind] = [*handlers]
    def publish(self, event):
        for handler in self.handlers[type(event)]:
            handler(event)
def saw(event):
    tick("saw")
def plane(event):
    tick("plane")
"""
#: The publish method hands its handlers to a pool.
_POOL: Final = """
class Pooled(Bus):
    def publish(self, event):
        with ProcessPoolExecutor(1, mp_context=fork) as pool:
            for work in [pool.submit(handler, event) for handler in self.handlers[type(event)]]:
                work.result()
bus = Pooled()
bus.subscribe(Cut, saw, plane)
bus.publish(Cut())
"""
#: A handler forks, and both processes go on with the next handler.
_GOES_ON: Final = """
bus = Bus()
def split(event):
    tick("split")
    child = os.fork()
    if child:
        os.waitpid(child, 0)
bus.subscribe(Cut, saw, split, plane)
me = os.getpid()
bus.publish(Cut())
if os.getpid() != me:
    os._exit(0)
"""
#: A handler starts a process that publishes, and one that calls a handler by itself.
_STARTS: Final = """
bus = Bus()
bus.subscribe(Swept, plane)
def start(event):
    tick("start")
    for function, argument in ((bus.publish, Swept()), (saw, event)):
        process = fork.Process(target=function, args=(argument,))
        process.start()
        process.join()
bus.subscribe(Cut, start, saw)
bus.publish(Cut())
"""


@pytest.mark.parametrize("app", [["app:bus"], []])
@pytest.mark.parametrize(
    ("program", "tally"),
    [
        (_POOL, {"saw": 1, "plane": 1}),
        (_GOES_ON, {"saw": 1, "split": 1, "plane": 2}),
        (_STARTS, {"start": 1, "saw": 2, "plane": 1}),
    ],
    ids=["pool", "goes on", "starts"],
)
def test_handlers_in_a_fork_made_while_something_is_published(
    python: str, tmp_path: Path, program: str, tally: dict[str, int], app: list[str]
) -> None:
    ran = compared(tmp_path, _BUS + program, {"app": app}, python, "app.py")
    assert ran.tally == tally
    children = ran.processes[1:]
    assert sum(len(process.rows(HANDLER_STARTED)) for process in children) > 0
    for process in ran.processes:
        process.check()
