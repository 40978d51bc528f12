"""What being observed costs, for ``bench_observe``: run alone by a Python from 3.12 on, standard library only.

Usage: python -I observed.py FOLDER-OF-THE-PACKAGE
Prints the ratios as JSON. Each is the median of five pairs; a pair measures the program observed and alone in turn, in
CPU time of its thread, the fastest of some rounds.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import importlib.util
import json
import statistics
import sys
import types
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import thread_time
from typing import Any

PAIRS = 5
ROUNDS = 8
PUBLISHES = 300


@dataclass(frozen=True, kw_only=True)
class Happened:
    """Something happened; a payload of the usual kind."""

    event_id: uuid.UUID = field(default_factory=uuid.uuid4)
    user_id: uuid.UUID = field(default_factory=uuid.uuid4)
    email: str = "ada@example.org"


class TextbookBus:
    """The bus of the books: a list of handlers, and gather."""

    def __init__(self, handlers: list[Any]) -> None:
        self._handlers: dict[type[Any], list[Any]] = {Happened: handlers}

    async def publish(self, event: Any) -> None:
        """Call all handlers and wait for them."""
        handlers = self._handlers.get(type(event), [])
        await asyncio.gather(*(handler(event) for handler in handlers), return_exceptions=True)


def own(number: int) -> Any:
    """Return a handler with code of its own, as handlers have that somebody wrote."""

    async def handler(_event: Any) -> None:
        return None

    code = handler.__code__.replace(co_name=f"handler{number}", co_qualname=f"handler{number}")
    function = types.FunctionType(code, globals(), code.co_name)
    function.__qualname__ = code.co_name
    return function


class Program:
    """A program with a bus, that can be observed and left alone again.

    Args:
        handlers: How many handlers its one event has.
    """

    def __init__(self, handlers: int) -> None:
        self.bus = TextbookBus([own(number) for number in range(handlers)])
        loaded = importlib.import_module("_guest.agent.reading.loaded")
        self._recorder_of = importlib.import_module("_guest.core.records.recorder").Recorder
        self._probe = importlib.import_module("_guest.agent.effects.handled").install_handled_probe
        self._program = loaded.make_program("benchmark", [loaded.Target("benchmark:bus", self.bus)])

    def observe(self) -> tuple[Any, Callable[[], None]]:
        """Observe it; return the recorder, and what ends it."""
        recorder = self._recorder_of()
        recorder.start(self._program.catalog())
        undo = [self._probe(recorder), self._program.attach(recorder, _stop)]

        def end() -> None:
            while undo:
                undo.pop()()

        return recorder, end


def _stop(error: BaseException) -> None:
    raise error


async def publish_often(bus: TextbookBus, event: Happened) -> None:
    """Publish, and nothing else."""
    for _ in range(PUBLISHES):
        await bus.publish(event)


def work() -> int:
    """Do what programs do: calls, containers, texts."""
    total = 0
    for number in range(400):
        total += len(_words(number))
    return total


def _words(number: int) -> dict[str, int]:
    return {word: index for index, word in enumerate(f"{number} and {number + 1}".split())}


def raise_and_catch() -> int:
    """Raise and catch all the time."""
    total = 0
    for number in range(400):
        try:
            _refuse(number)
        except ValueError:
            total += 1
    return total


def _refuse(number: int) -> None:
    raise ValueError(number)


async def ratio(program: Program, run: Callable[[], Any], *, drained: bool = True) -> float:
    """Return the median of what a run costs while the program is observed, in terms of itself alone."""
    ratios = []
    for _ in range(PAIRS):
        alone: list[float] = []
        observed: list[float] = []
        alone += [await _time(run) for _ in range(ROUNDS // 2)]
        recorder, end = program.observe()
        for _ in range(ROUNDS):
            observed.append(await _time(run))
            if drained:
                recorder.drain()
        end()
        alone += [await _time(run) for _ in range(ROUNDS // 2)]
        ratios.append(min(observed) / min(alone))
    return statistics.median(ratios)


async def _time(run: Callable[[], Any]) -> float:
    gc.collect()
    began = thread_time()
    result = run()
    if result is not None and not isinstance(result, int):
        await result
    return thread_time() - began


async def measure() -> dict[str, float]:
    """Return the ratios."""
    ratios = {}
    event = Happened()
    for handlers in (1, 4, 16):
        program = Program(handlers)
        name = f"{handlers}_handlers" if handlers > 1 else "1_handler"
        ratios[name] = await ratio(program, partial(publish_often, program.bus, event))
    ratios["publishes_nothing"] = await ratio(Program(4), work)
    ratios["raises_and_catches"] = await ratio(Program(4), raise_and_catch)
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
