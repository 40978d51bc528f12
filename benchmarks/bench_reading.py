"""Reading a program of a hundred signals, or of a hundred names, in a project of the usual size.

What is read for each of them must not look through the whole project again. CPU time of the process, so that what else
the machine does counts for little; twice as many must not take much more than twice as long.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from benchmarks import Figure, figure
from inspector.agent.facts.collect import collect
from inspector.agent.reading.loaded import Target, make_program

_ROUNDS = 3
#: How many modules of the project the wiring imports, and how many classes each has.
_MODULES, _CLASSES = 40, 50
_SIGNAL = '''
import threading
import weakref

class Signal:
    """A signal as web frameworks have it: weak receivers, senders, a cache, four ways to send."""

    def __init__(self):
        self.receivers = []
        self.lock = threading.Lock()
        self.cache = weakref.WeakKeyDictionary()

    def connect(self, receiver, sender=None, weak=True, dispatch_uid=None):
        reference = weakref.ref(receiver) if weak else receiver
        self.receivers.append(((id(receiver), id(sender)), reference, False))

    def send(self, sender, **named):
        return [(receiver, receiver(signal=self, sender=sender, **named)) for receiver in self.live(sender)]

    async def asend(self, sender, **named):
        return [(receiver, await receiver(signal=self, sender=sender, **named)) for receiver in self.live(sender)]

    def send_robust(self, sender, **named):
        return self.send(sender, **named)

    def live(self, sender):
        return [reference() for _, reference, _ in self.receivers]
'''
_NAMES = """
class Bus:
    def __init__(self):
        self.handlers = {}

    def on(self, name, handler):
        self.handlers.setdefault(name, []).append(handler)

    def emit(self, name, payload):
        for handler in self.handlers.get(name, []):
            handler(payload)

bus = Bus()
"""
_OF_SIGNAL = """
signal_{number} = Signal()

def on_{number}(sender, amount=0, **kwargs):
    print(kwargs["reason"])

def also_on_{number}(sender, user=None, **kwargs):
    return kwargs.get("other")

signal_{number}.connect(on_{number})
signal_{number}.connect(also_on_{number})
"""
_OF_NAME = """
def on_{number}(payload):
    print(payload["reason"])

bus.on("thing.{number}", on_{number})
"""


@contextmanager
def project(kind: str, number: int, modules: int = _MODULES) -> Iterator[ModuleType]:
    """Write a project and import it: its module ``wiring`` has so many ``signals``, or a bus with so many ``names``."""
    head, each = (_SIGNAL, _OF_SIGNAL) if kind == "signals" else (_NAMES, _OF_NAME)
    imports = "".join(f"import bench_part{part}\n" for part in range(modules))
    with tempfile.TemporaryDirectory() as folder:
        for part in range(modules):
            classes = "".join(f"class Thing{part}x{count}:\n    size: int = {count}\n" for count in range(_CLASSES))
            Path(folder, f"bench_part{part}.py").write_text(classes, "utf-8")
        source = imports + head + "".join(each.format(number=count) for count in range(number))
        Path(folder, "bench_wiring.py").write_text(source, "utf-8")
        sys.path.insert(0, folder)
        try:
            yield importlib.import_module("bench_wiring")
        finally:
            sys.path.remove(folder)
            for name in [name for name in sys.modules if name.startswith(("bench_part", "bench_wiring"))]:
                del sys.modules[name]
            importlib.invalidate_caches()


def read(wiring: ModuleType) -> int:
    """Do what a load does once all is imported: find the buses, describe, collect the facts; return how many events."""
    program = make_program("bench", [Target("bench_wiring", wiring)])
    events = program.catalog().events
    collect(program)
    return len(events)


def _seconds(kind: str, number: int) -> float:
    took = []
    with project(kind, number) as wiring:
        for _ in range(_ROUNDS):
            began = time.process_time()
            if read(wiring) != number:
                raise RuntimeError(f"not all {kind} were read")
            took.append(time.process_time() - began)
    return min(took)


def run() -> list[Figure]:
    """Measure 75 and 150 signals, and as many names: the seconds of CPU of the first, and how they grow."""
    figures = []
    for kind in ("signals", "names"):
        few, many = _seconds(kind, 75), _seconds(kind, 150)
        figures.append(figure(f"reading.75_{kind}_cpu_s", few, "<=", 0.5))
        figures.append(figure(f"reading.150_vs_75_{kind}", many / few, "<=", 3.0))
    return figures


if __name__ == "__main__":
    for line in run():
        print(line)
