"""psygnal: signals of an object, weak methods, priorities, a group and its relay, blocking."""

from __future__ import annotations

from dataclasses import dataclass

from psygnal import Signal, SignalGroup, evented

TALLY: list[str] = []
WHERE = "parts"


class Door:
    opened = Signal(int, str)
    closed = Signal()


class Weather(SignalGroup):
    rained = Signal(float)
    cleared = Signal()


@evented
@dataclass
class Person:
    name: str
    age: int = 0


class Guard:
    def look(self, width):
        TALLY.append("Guard.look")


class Parts:
    pass


BUS = Parts()
BUS.door = Door()
BUS.weather = Weather()
BUS.person = Person("Ann")
guard, lost = Guard(), Guard()


def log(width: int, by: str = ""):
    TALLY.append("log")
    if width > 5:
        raise ValueError("too wide")
    BUS.door.closed.emit()


def shut():
    TALLY.append("shut")


def anything(info):
    TALLY.append(f"anything {info.signal.name}")


def aged(new):
    TALLY.append("aged")


def drops(amount):
    TALLY.append("drops")


BUS.door.opened.connect(log)
BUS.door.opened.connect(guard.look, priority=5)
BUS.door.opened.connect(lost.look)
BUS.door.closed.connect(shut)
BUS.weather.rained.connect(drops)
BUS.weather.all.connect(anything)
BUS.person.events.age.connect(aged)
BUS.person.events.connect(anything)
del lost


def use():
    results = []
    BUS.door.opened.emit(1, "Ann")
    try:
        BUS.door.opened.emit(9, "Bob")
    except Exception as error:
        results.append([type(error).__name__, type(error.__cause__).__name__])
    with BUS.door.closed.blocked():
        BUS.door.closed.emit()
    BUS.door.closed()
    BUS.weather.rained.emit(0.5)
    BUS.weather.cleared.emit()
    BUS.person.age += 1  # emitted by compiled code
    BUS.person.name += "a"
    return [*results, len(BUS.door.opened), len(BUS.weather.all)]


FIRES = [("opened", {"width": 2, "by": "Eve"}), ("rained", {"amount": 1.5})]
