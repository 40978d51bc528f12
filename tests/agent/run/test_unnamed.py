"""Programs in which nobody has named a bus: what is taken for one, and what is not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from inspector.core.records.records import HANDLER_STARTED, PUBLISHED
from tests.agent.run.test_front import BUS, compared, python, run

__all__ = ["python"]  # the fixture
#: Commands and events on one class: the first call is a command.
OFFICE: Final = """
from dataclasses import dataclass
from shopbus import tick
@dataclass
class Light:
    room: str
@dataclass
class Lit:
    room: str
class Office:
    def __init__(self):
        self.command_handlers, self.listeners = {Light: light}, {Lit: [write, show]}
    def execute(self, command):
        self.command_handlers[type(command)](command)
    def publish(self, event):
        for listener in self.listeners[type(event)]:
            listener(event)
def light(command):
    tick("light")
    office.publish(Lit(command.room))
def write(event):
    tick("write")
def show(event):
    tick("show")
office = Office()
office.execute(Light("one"))
office.execute(Light("two"))
"""
#: Methods that classes of the standard library have are no publishing.
LOGGED: Final = """
import logging
from shopbus import tick
class Lamp(logging.Handler):
    def emit(self, record):
        tick("lamp")
log = logging.getLogger("lamps")
log.propagate = False
log.setLevel(logging.INFO)
log.addHandler(Lamp())
log.info("lit")
"""
SERVED: Final = """
import socketserver
from shopbus import tick
class Lamp(socketserver.BaseRequestHandler):
    def __init__(self):
        self.handlers = [tick]
        self.handle("lit")
    def handle(self, word="lit"):
        for handler in self.handlers:
            handler(word)
Lamp()
"""


def test_commands_beside_events_are_recorded_from_the_first_on(python: str, tmp_path: Path) -> None:
    ran = compared(tmp_path, OFFICE, {"app": []}, python, "app.py")
    (process,) = ran.processes
    assert Counter(row[3] for row in process.rows(PUBLISHED)) == {"Light": 2, "Lit": 2}


@pytest.mark.parametrize(("program", "word"), [(LOGGED, "lamp"), (SERVED, "lit")])
def test_a_method_of_the_standard_library_publishes_nothing(
    python: str,
    tmp_path: Path,
    program: str,
    word: str,
) -> None:
    (tmp_path / "shopbus.py").write_text(BUS)
    (tmp_path / "app.py").write_text(program)
    ran = run([python, "app.py"], tmp_path, {"app": []})
    assert (ran.code, ran.errors, ran.tally) == (0, "", {word: 1})
    assert [process.items for process in ran.processes] == [[]]


#: Rows in a list, of which events are made anew: the second is where the first was, which is gone.
OUTBOX: Final = """
from dataclasses import dataclass
from shopbus import tick
@dataclass
class Lit:
    room: str
class Outbox:
    def __init__(self):
        self.rows, self.handlers = [], {}
    def subscribe(self, name, handler):
        self.handlers.setdefault(name, []).append(handler)
    def publish(self, event):
        self.rows.append({"type": "Lit", "room": event.room})
    def poll(self):
        while self.rows:
            row = self.rows.pop(0)
            event = Lit(row["room"])
            for handler in self.handlers[row["type"]]:
                handler(event)
bus = Outbox()
bus.subscribe("Lit", lambda event: tick("<lambda>"))
for room in ("one", "two", "three"):
    bus.publish(Lit(room))
bus.poll()
"""
#: One bus is named, and each request makes another of its class.
SIBLINGS: Final = """
import asyncio
from dataclasses import dataclass
from shopbus import tick
@dataclass
class Lit:
    room: str
class Bus:
    def __init__(self, *handlers):
        self.handlers = {Lit: list(handlers)}
    async def publish(self, event):
        await asyncio.gather(*(handler(event) for handler in self.handlers[type(event)]))
async def light(event):
    tick("light")
async def shade(event):
    await asyncio.sleep(0)
    tick("shade")
bus = Bus(light)
async def main():
    await bus.publish(Lit("one"))
    await asyncio.gather(*(Bus(light, shade).publish(Lit(room)) for room in "abc"))
asyncio.run(main())
"""
#: What is named holds buses, and gets more of them later: by a descriptor, and by a method.
HOLDERS: Final = (
    """
from shopbus import tick
class Hook:
    def __init__(self):
        self.slots = []
    def __iadd__(self, slot):
        self.slots.append(slot)
        return self
    def __call__(self, *args):
        for slot in self.slots:
            slot(*args)
class hook:
    def __set_name__(self, owner, name):
        self.name = name
    def __get__(self, window, owner=None):
        return self if window is None else vars(window).setdefault(self.name, Hook())
    def __set__(self, window, value):
        vars(window)[self.name] = value
class Window:
    opened, closed = hook(), hook()
def light(who):
    tick("light")
window = Window()
window.opened += light
window.opened("one")
window.closed += light
window.closed("two")
window.opened("three")
""",
    """
from shopbus import tick
class Signal:
    def __init__(self):
        self.receivers = []
    def connect(self, receiver):
        self.receivers.append(receiver)
    def send(self, sender, **values):
        for receiver in self.receivers:
            receiver(sender, **values)
class Signals:
    def __init__(self):
        self.opened = Signal()
    def add(self, name):
        setattr(self, name, Signal())
def light(sender, **values):
    tick("light")
window = Signals()
window.opened.connect(light)
window.opened.send("one")
window.add("closed")
window.closed.connect(light)
window.closed.send("two")
window.opened.send("three")
""",
)


@pytest.mark.parametrize("app", [["app:bus"], []])
def test_what_is_made_anew_of_a_row_is_what_was_published(python: str, tmp_path: Path, app: list[str]) -> None:
    (tmp_path / "shopbus.py").write_text(BUS)
    (tmp_path / "app.py").write_text(OUTBOX)
    ran = run([python, "app.py"], tmp_path, {"app": app})
    (process,) = ran.processes
    assert ran.tally == {"<lambda>": 3}
    assert [row[3] for row in process.rows(HANDLER_STARTED)] == [1, 2, 3]  # each of its own publication
    assert len(process.rows(PUBLISHED)) == 3


def test_further_buses_of_the_class_of_one_that_was_named_are_recorded(python: str, tmp_path: Path) -> None:
    ran = compared(tmp_path, SIBLINGS, {"app": ["app:bus"]}, python, "app.py")
    (process,) = ran.processes
    assert ran.tally == {"light": 4, "shade": 3}
    assert len(process.rows(PUBLISHED)) == 4


@pytest.mark.parametrize("program", HOLDERS, ids=["hooks", "signals"])
def test_a_bus_that_what_was_named_gets_later_has_its_own_name(python: str, tmp_path: Path, program: str) -> None:
    ran = compared(tmp_path, program, {"app": ["app:window"]}, python, "app.py")
    (process,) = ran.processes
    assert [row[3] for row in process.rows(PUBLISHED)] == ["opened", "closed", "opened"]
