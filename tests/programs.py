"""Small programs to host in tests: a shop whose handlers each test writes itself, and the demo without its waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import inspector.demo
from inspector.agent.engine import Engine
from inspector.agent.program import CoreProgram
from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.faults import FaultRule
from inspector.core.records.numbers import FireNumber
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import Record, to_record
from inspector.core.request import FireRequest


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(DomainEvent):
    number: int = 0

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(f"orders count from 0, not {self.number}")
        if self.number == 999:
            raise SystemExit("the user's code ends the program")


@dataclass(frozen=True, kw_only=True)
class OrderShipped(DomainEvent):
    number: int = 0


@dataclass
class Shop:
    """What a test can look at: sessions as they were opened and ended, and whether the program was closed."""

    sessions: list[str] = field(default_factory=list)
    started: int = 0
    closed: int = 0
    fail_at: str = ""

    @asynccontextmanager
    async def session(self, *, commit: bool) -> AsyncIterator[object]:
        self._step("open")
        try:
            yield self
        except BaseException as error:
            self._step(f"error {type(error).__name__}")
            raise
        self._step("commit" if commit else "rollback")

    def _step(self, name: str) -> None:
        if name == self.fail_at:
            raise OSError(f"{name} failed")
        self.sessions.append(name)

    async def start(self) -> None:
        self.started += 1
        if self.fail_at == "start":
            raise RuntimeError("the shop cannot open")

    async def close(self) -> None:
        self.closed += 1


def shop_program(
    *handlers: Callable[[Any], Any],
    shop: Shop | None = None,
    faults: tuple[FaultRule, ...] = (),
    bus: InMemoryEventBus | None = None,
    database: bool = True,
) -> CoreProgram:
    """A program with these handlers of ``OrderPlaced``; without any the event is unheard, but known."""
    shop, bus = shop or Shop(), bus or InMemoryEventBus()
    for handler in handlers:
        bus.subscribe(OrderPlaced, handler)
    bus.subscribe(OrderShipped, _ships)
    if not handlers:
        bus.subscribe(OrderPlaced, _ships)
    return CoreProgram(
        "shop",
        bus,
        session_factory=shop.session if database else None,
        faults=faults,
        start=shop.start,
        close=shop.close,
    )


async def _ships(event: DomainEvent) -> None:
    await asyncio.sleep(0)


def demo_program(database: Path | None = None, seed: int = 1) -> CoreProgram:
    """The demo with services that answer at once."""
    demo = inspector.demo.build(database, seed=seed, latency=0)
    return CoreProgram(
        demo.name,
        demo.bus,
        registry=demo.registry,
        sse=demo.sse_registry,
        session_factory=demo.session_factory,
        faults=demo.faults,
        start=demo.start,
        close=demo.close,
    )


@dataclass
class Bench:
    """An engine on the test's own loop."""

    program: CoreProgram
    recorder: Recorder
    engine: Engine
    _fires: int = 0

    async def fire(self, event: str = "OrderPlaced", *values: dict[str, Any], **more: Any) -> list[Record]:
        """Fire and give the records that came of it."""
        self._fires += 1
        await asyncio.create_task(
            self.engine.fire(FireRequest(event, values or ({},), fire=FireNumber(self._fires), **more))
        )
        return self.records()

    def records(self) -> list[Record]:
        return [to_record(row) for row in self.recorder.drain()]


@asynccontextmanager
async def engine_of(program: CoreProgram) -> AsyncIterator[Bench]:
    """The program, started and recorded."""
    recorder = Recorder()
    engine = Engine(program, recorder)
    await engine.start()
    try:
        yield Bench(program, recorder, engine)
    finally:
        await engine.close()


async def until(happened: Callable[[], object]) -> None:
    """Let the loop go on until it has happened; for what announces itself to nobody."""
    while not happened():  # noqa: ASYNC110
        await asyncio.sleep(0)


def line_of(file: str, line: int) -> str:
    """The line of a source, without its indentation."""
    return Path(file).read_text().splitlines()[line - 1].strip()


def of(kind: type[Any] | tuple[type[Any], ...], found: list[Record]) -> list[Any]:
    """Those of the kind."""
    return [record for record in found if isinstance(record, kind)]
