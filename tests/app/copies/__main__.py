"""The long form of ``test_reproduces``: every event of the sample programs and of the demo, with and without a session.

    python -m tests.app.copies [PROGRAM …]

prints, for each program, how many of the copied tests end as their execution did, those that do not, and how many of
those that failed pass once the program is mended.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import inspector
from inspector.app.copies.pytesttext import CHANGED_MARK, FAULT_MARK
from inspector.app.copies.recorded import RecordedExecution
from inspector.catalog.synthetic.synthetic import synthesise
from inspector.cli.programs import demo_program
from inspector.core.description import CatalogDescription
from inspector.core.request import TIMEOUT
from inspector.hosts.child import ChildHost
from inspector.hosts.embedded import EmbeddedHost
from inspector.hosts.project import Project
from tests import ferry
from tests.app.copies.samples import (
    MENDS,
    SAMPLES,
    Fire,
    as_recorded,
    catalog_of,
    executions_of,
    outcomes_of,
    recorded_outcome,
    write_tests,
)

PROGRAMS = ("shop", "orders", "tasks", "faulty", "losses", "failures", "demo", "demo with faults")
DEMO = "demo"
WITH_FAULTS = " with faults"
FERRY = "failures"
#: Seconds that a handler may take where some are made to hang, and outcomes of tests.
SHORT = 2.0
PASSED, SKIPPED = "passed", "skipped"
#: What a test says of a fault that it does not inject.
UNSTRUCK = "Without it this test shows what the handler itself does."


def fires_of(catalog: CatalogDescription, seed: int, *, by_name: bool, timeout: float) -> list[Fire]:
    """Return each event twice: with a database session and without; the demo knows its events by name alone."""
    rng = random.Random(seed)
    values = [(event, synthesise(event, rng)) for event in catalog.events]
    return [
        Fire(event.name if by_name else event.key, made_up, session, timeout=timeout)
        for event, made_up in values
        for session in (True, False)
    ]


def fires_of_ferry() -> list[Fire]:
    """Return what its own test fires: its handlers fail with the values that its events have by themselves."""
    return [
        Fire(request.event, dict(request.values[0]), timeout=request.timeout or 0) for request in ferry.fires("failing")
    ]


async def run(program: str) -> bool:
    """Check one program; return whether 95 of 100 tests of what failed fail likewise, or say why they do not."""
    with tempfile.TemporaryDirectory() as folder:
        return await run_in(program, Path(folder))


async def run_in(program: str, folder: Path) -> bool:
    """Check one program in a copy of its own."""
    name, faults = program.removesuffix(WITH_FAULTS), program.endswith(WITH_FAULTS)
    root, project = copied(name, folder)

    def host() -> ChildHost | EmbeddedHost:
        return EmbeddedHost(demo_program) if project is None else ChildHost(project)

    if name == FERRY:
        fires = fires_of_ferry()
    else:
        limit = SHORT if faults else TIMEOUT
        fires = fires_of(await catalog_of(host()), 3, by_name=project is None, timeout=limit)
    refusals: list[str] = []
    executions: dict[tuple[str, str, str], RecordedExecution] = {}
    for execution in await executions_of(host(), fires, project, refusals, faults=faults):
        executions.setdefault((execution.event.key, execution.handler.key, recorded_outcome(execution)), execution)
    files = write_tests(list(executions.values()), folder)
    outcomes = await outcomes_of(files, root)
    for refusal in dict.fromkeys(refusals):
        print(f"  not fired: {refusal}")
    return await report(program, root, list(executions.values()), files, outcomes)


def copied(name: str, folder: Path) -> tuple[Path, Project | None]:
    """Return a copy of a program, and how it is loaded; the demo is part of the package."""
    root = folder / name
    source = Path(inspector.__file__).parent if name == DEMO else SAMPLES / name
    target = root / "inspector" if name == DEMO else root
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    return root, None if name == DEMO else Project.from_folder(root)


async def report(
    program: str, root: Path, executions: Sequence[RecordedExecution], files: Sequence[Path], outcomes: Sequence[str]
) -> bool:
    """Print what the tests came to, mend the program and run those again that failed; return what ``run`` does."""
    failed = same = explained = 0
    failing: list[Path] = []
    for execution, file, outcome in zip(executions, files, outcomes, strict=True):
        fails = recorded_outcome(execution) != PASSED
        text = file.read_text("utf-8")
        likewise = as_recorded(execution, outcome)
        says_why = outcome == SKIPPED or any(reason in text for reason in (UNSTRUCK, CHANGED_MARK))
        failed += fails
        same += fails and likewise
        explained += fails and says_why and not likewise
        if not likewise and not says_why:
            print(f"  {execution.event.key} {execution.handler.key}: {recorded_outcome(execution)}, but {outcome}")
        if outcome not in (PASSED, SKIPPED):
            failing.append(file)
    for file in failing:
        take_out_fault(file)
    passing = await mend(program.removesuffix(WITH_FAULTS), root, failing) if failing else []
    print(
        f"{program}: {len(files)} tests; of {failed} that failed {same} fail likewise, {explained} say why not; "
        f"once it is mended {passing.count(PASSED)} of {len(failing)} pass"
    )
    return same + explained >= 0.95 * failed and passing.count(PASSED) >= 0.95 * len(failing)


def take_out_fault(file: Path) -> None:
    """Take the line out of a test that injects a fault."""
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if FAULT_MARK not in line), "utf-8")


async def mend(program: str, root: Path, files: Sequence[Path]) -> list[str]:
    """Mend a program in its folder, and run tests again; nothing where nobody knows how."""
    if program not in MENDS:
        return []
    MENDS[program](root)
    return await outcomes_of(files, root)


def main() -> int:
    """Run the programs that are named, or all."""
    os.environ.setdefault("SHOP_DATABASE_URL", "memory://shop")
    outcomes = [asyncio.run(run(program)) for program in sys.argv[1:] or PROGRAMS]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
