"""What probes cost, for ``bench_probes``: run alone by a Python from 3.12 on, standard library only.

Usage: python -I probed.py FOLDER-OF-THE-PACKAGE
Prints the ratios as JSON: a recorded program whose handler writes a row to a database file and logs a line, with every
probe on, in terms of the same program recorded without probes. Then with a statement that changes one row in memory,
which takes a microsecond; with a printed line beside it; and with a handler that does nothing of that. Each is the
median of some pairs, in CPU time of the thread, the fastest of some rounds; rows are drained elsewhere.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import importlib.util
import io
import json
import logging
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from time import thread_time
from typing import Any

PAIRS = 7
ROUNDS = 6
PUBLISHES = 200


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Something happened."""

    number: int = 7
    email: str = "ada@example.org"


class Bus:
    """The bus of the books: a list of handlers, and gather."""

    def __init__(self, handler: Any) -> None:
        self._handlers: dict[type[Any], list[Any]] = {Placed: [handler]}

    async def publish(self, event: Any) -> None:
        """Call all handlers and wait for them."""
        await asyncio.gather(*(handler(event) for handler in self._handlers.get(type(event), ())))


DATABASE = sqlite3.connect(":memory:")
FOLDER = tempfile.TemporaryDirectory(prefix="benchmark-")
#: As programs have it, but that nobody waits for the disk: this measures processor time.
FILE = sqlite3.connect(f"{FOLDER.name}/orders.db", isolation_level=None)
LOGGER = logging.getLogger("shop")


async def writing(event: Placed) -> None:
    """Do what handlers do: a statement, and a line in the log."""
    FILE.execute("UPDATE orders SET state = ? WHERE number = ?", ("paid", event.number))
    LOGGER.info("order %s is paid", event.number)


async def busy(event: Placed) -> None:
    """The same in memory, without a transaction of its own."""
    DATABASE.execute("UPDATE orders SET state = ? WHERE number = ?", ("paid", event.number))
    LOGGER.info("order %s is paid", event.number)


async def printing(event: Placed) -> None:
    """The same, and print a line."""
    DATABASE.execute("UPDATE orders SET state = ? WHERE number = ?", ("paid", event.number))
    LOGGER.info("order %s is paid", event.number)
    print("paid", event.number)


async def idle(_event: Placed) -> None:
    """Do nothing that a probe looks for."""


class Program:
    """A program that is recorded, with probes or without."""

    def __init__(self, handler: Any) -> None:
        self.bus = Bus(handler)
        module = importlib.import_module
        loaded = module("_guest.agent.reading.loaded")
        self._recorder_of = module("_guest.core.records.recorder").Recorder
        self._handled = module("_guest.agent.effects.handled").install_handled_probe
        self._log = module("_guest.agent.effects.log").install_log_probe
        self._effects = module("_guest.agent.effects.effects").install_effects
        self._program = loaded.make_program("benchmark", [loaded.Target("benchmark:bus", self.bus)])

    def record(self, *, probes: bool) -> tuple[Any, Callable[[], None]]:
        """Record it; return the recorder, and what ends it."""
        recorder = self._recorder_of()
        recorder.start(self._program.catalog())
        undo = [self._handled(recorder)]
        if probes:
            undo += [self._log(recorder), self._effects(recorder)]
        undo.append(self._program.attach(recorder, _stop))

        def end() -> None:
            while undo:
                undo.pop()()

        return recorder, end


def _stop(error: BaseException) -> None:
    raise error


async def publish_often(bus: Bus) -> None:
    """Publish, and nothing else."""
    event = Placed()
    for _ in range(PUBLISHES):
        await bus.publish(event)


async def seconds(program: Program, *, probes: bool) -> float:
    """Return what publishing costs, CPU seconds: the fastest of some rounds."""
    recorder, end = program.record(probes=probes)
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        began = thread_time()
        await publish_often(program.bus)
        times.append(thread_time() - began)
        recorder.drain()
    end()
    return min(times)


async def measure() -> dict[str, float]:
    """Return the ratios."""
    FILE.execute("PRAGMA journal_mode = WAL")
    FILE.execute("PRAGMA synchronous = OFF")
    for database in (DATABASE, FILE):
        database.execute("CREATE TABLE orders (number INTEGER, state TEXT)")
        database.execute("INSERT INTO orders VALUES (7, 'new')")
    LOGGER.setLevel(logging.INFO)
    logging.getLogger().addHandler(logging.StreamHandler(io.StringIO()))  # as programs have one
    ratios = {}
    output, sys.stdout = sys.stdout, io.StringIO()
    for name, handler in (
        ("statement_and_log", writing),
        ("memory_statement_and_log", busy),
        ("and_output", printing),
        ("nothing_inside", idle),
    ):
        program = Program(handler)
        pairs = [await seconds(program, probes=True) / await seconds(program, probes=False) for _ in range(PAIRS)]
        ratios[name] = statistics.median(pairs)
    sys.stdout = output
    return ratios


def _load(package: str) -> None:
    spec = importlib.util.spec_from_file_location(
        "_guest", f"{package}/__init__.py", submodule_search_locations=[package]
    )
    if spec is None or spec.loader is None:
        raise SystemExit(f"{package} is no package")
    module = importlib.util.module_from_spec(spec)
    sys.modules["_guest"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    _load(sys.argv[1])
    print(json.dumps(asyncio.run(measure())))
    FILE.close()
    FOLDER.cleanup()
