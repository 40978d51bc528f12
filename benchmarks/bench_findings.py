"""Checking a catalog of 1,000 event types beside importing it twice."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from benchmarks import Figure, figure
from inspector.agent.facts.collect import collect
from inspector.agent.facts.source import scan
from inspector.agent.program import CoreProgram
from inspector.catalog.findings import Finding, find
from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.bus.registry import EventRegistry

if TYPE_CHECKING:
    from inspector.core.description import CatalogDescription

_TYPES = 1_000
_ROUNDS = 3
_HEAD = """\
from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from inspector.core import DomainEvent
from inspector.core.bus.registry import EventCategory, EventMetadata, WorkflowPhase

class LoggingHandler:
    async def handle(self, event: DomainEvent) -> None:
        pass

class AuditHandler:
{audits}
"""
_EVENT = """
@dataclass(frozen=True, kw_only=True)
class Thing{number}Handled(DomainEvent):
    \"\"\"Something was done.\"\"\"

    user_id: UUID
    email: str
    reason: str | None = None
    amount: int = 0

async def publish_{number}(bus, session) -> None:
    await bus.publish(Thing{number}Handled(user_id=None, email=""), session=session)
"""
_AUDIT = """
    async def handle_thing{number}_handled_operational(self, event: Thing{number}Handled) -> None:
        pass
"""
_ENTRY = """\
    EventMetadata(Thing{number}Handled, EventCategory.ADMIN, "thing{number}_handled", WorkflowPhase.OPERATIONAL),
"""


def catalog_source(types: int) -> str:
    """The source of a module with a catalog: events, a registry, handlers, and a publish of each."""
    numbers = range(types)
    audits = "".join(_AUDIT.format(number=number) for number in numbers)
    events = "".join(_EVENT.format(number=number) for number in numbers)
    entries = "".join(_ENTRY.format(number=number) for number in numbers)
    return f"{_HEAD.format(audits=audits)}{events}\nREGISTRY = [\n{entries}]\n"


def load(path: Path) -> ModuleType:
    """Import the module, compiling it anew, as after each change of it."""
    spec = importlib.util.spec_from_file_location("bench_catalog", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_catalog"] = module
    spec.loader.exec_module(module)
    return module


def program_of(module: ModuleType) -> CoreProgram:
    """Wire what the module declares."""
    bus, logging, audit = InMemoryEventBus(), module.LoggingHandler(), module.AuditHandler()
    for entry in module.REGISTRY:
        bus.subscribe(entry.event_class, logging.handle)
        bus.subscribe(entry.event_class, getattr(audit, f"handle_{entry.workflow_name}_operational"))
    return CoreProgram("bench", bus, registry=EventRegistry(module.REGISTRY))


def check(program: CoreProgram, description: CatalogDescription, path: Path) -> list[Finding]:
    """All that a check does once a program is loaded and described."""
    return find(description, collect(program), scan([path]))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def run() -> list[Figure]:
    """Measure: the check of 1,000 event types as a share of two imports of them, the median of three rounds."""
    shares = []
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "bench_catalog.py")
            path.write_text(catalog_source(_TYPES), encoding="utf-8")
            for _ in range(_ROUNDS):
                imports = _seconds(lambda: load(path)) + _seconds(lambda: load(path))
                program = program_of(load(path))
                description = program.catalog()
                shares.append(_seconds(lambda: check(program, description, path)) / imports)  # noqa: B023 - run at once
    finally:
        sys.dont_write_bytecode = before
        sys.modules.pop("bench_catalog", None)
    return [figure("findings.check1000_vs_two_imports", sorted(shares)[_ROUNDS // 2], "<=", 1.0)]


if __name__ == "__main__":
    print(run())
