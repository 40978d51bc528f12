"""The long form of ``test_reproduces``: every event of the sample programs and of the demo, with and without a session.

    python -m tests.app.copies [PROGRAM …]

prints, for each program, how many of the copied tests end as their execution did, and those that do not.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
from pathlib import Path

from inspector.app.copies.recorded import RecordedExecution
from inspector.catalog.synthetic.synthetic import synthesise
from inspector.cli.programs import demo_program
from inspector.core.description import CatalogDescription
from inspector.hosts.child import ChildHost
from inspector.hosts.embedded import EmbeddedHost
from inspector.hosts.project import Project
from tests.app.copies.samples import (
    SAMPLES,
    Fire,
    catalog_of,
    executions_of,
    outcomes_of,
    recorded_outcome,
    write_tests,
)

PROGRAMS = ("shop", "orders", "tasks", "faulty", "demo")
DEMO = "demo"


def fires_of(catalog: CatalogDescription, seed: int, *, by_name: bool) -> list[Fire]:
    """Return each event twice: with a database session and without; the demo knows its events by name alone."""
    rng = random.Random(seed)
    values = [(event, synthesise(event, rng)) for event in catalog.events]
    return [
        Fire(event.name if by_name else event.key, made_up, session)
        for event, made_up in values
        for session in (True, False)
    ]


async def run(program: str) -> bool:
    """Check one program; return whether every test ended as its execution did, or says why it is skipped."""
    project = None if program == DEMO else Project.from_folder(SAMPLES / program)

    def host() -> ChildHost | EmbeddedHost:
        return EmbeddedHost(demo_program) if project is None else ChildHost(project)

    fires = fires_of(await catalog_of(host()), 3, by_name=project is None)
    seen: dict[tuple[str, str, str], RecordedExecution] = {}
    refusals: list[str] = []
    for execution in await executions_of(host(), fires, project, refusals):
        seen.setdefault((execution.event.key, execution.handler.key, recorded_outcome(execution)), execution)
    with tempfile.TemporaryDirectory() as folder:
        files = write_tests(list(seen.values()), Path(folder))
        cwd = SAMPLES / program if project is not None else SAMPLES.parents[1]
        outcomes = await outcomes_of(files, cwd)
    same = skipped = 0
    for (event, handler, recorded), outcome in zip(seen, outcomes, strict=True):
        is_same = outcome == recorded or (recorded.endswith(" ") and outcome.startswith(recorded))
        same += is_same
        skipped += outcome == "skipped"
        if not is_same and outcome != "skipped":
            print(f"  {event} {handler}: {recorded}, but the test: {outcome}")
    for refusal in dict.fromkeys(refusals):
        print(f"  not fired: {refusal}")
    print(f"{program}: {len(seen)} tests, {same} as recorded, {skipped} skipped with a reason")
    return same + skipped == len(seen)


def main() -> int:
    """Run the programs that are named, or all."""
    os.environ.setdefault("SHOP_DATABASE_URL", "memory://shop")
    outcomes = [asyncio.run(run(program)) for program in sys.argv[1:] or PROGRAMS]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
