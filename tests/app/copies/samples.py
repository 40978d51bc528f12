"""Runs of sample programs whose executions are copied as tests, and those tests run by a pytest of their own."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from inspector.app.copies.pytesttext import pytest_text
from inspector.app.copies.recorded import RecordedExecution, recorded_execution
from inspector.app.details import Details
from inspector.app.notices import Notices
from inspector.app.recording import Host, Recording
from inspector.app.tasks import TaskOwner
from inspector.core.description import CatalogDescription
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.statuses import RETURNED_FAILURE
from inspector.core.request import TIMEOUT, FireRequest
from inspector.hosts.project import Project
from tests.patience import PATIENCE

SAMPLES = Path(__file__).parents[2] / "projects"
#: Where a frame of a traceback stands, as ``--tb=short`` says it.
_FAILED_AT = re.compile(r"^(\S+?):(\d+): in ", re.M)
#: The same of an exception group, as Python says it; and the name of an exception, from its message and from the text.
_NATIVE = re.compile(r'^  \|   File "(.+?)", line (\d+), in ', re.M)
_KIND = re.compile(r"^([A-Za-z_][\w.]*)")
_SINGLE = re.compile(r"\[single exception in (\w+)\]$")
_GROUP = re.compile(r"^  \| ([\w.]+): ", re.M)
_RAISED = re.compile(r"^E +([\w.]+): ", re.M)


@dataclass(frozen=True)
class Fire:
    """An event to publish."""

    event: str
    values: dict[str, Any]
    session: bool = False
    metadata: tuple[tuple[str, str], ...] = ()
    timeout: float = TIMEOUT


async def catalog_of(host: Host) -> CatalogDescription:
    """Return the catalog of a program."""
    recording = Recording(host, None, TaskOwner(Notices()), name="catalog")
    await recording.start()
    try:
        assert recording.journal.catalog is not None
        return recording.journal.catalog
    finally:
        await recording.close()


async def executions_of(
    host: Host,
    fires: Sequence[Fire],
    project: Project | None,
    refusals: list[str] | None = None,
    *,
    faults: bool = False,
) -> list[RecordedExecution]:
    """Return what is recorded of every execution of some fires; refused ones go into ``refusals``, or fail.

    Args:
        host: What runs the program.
        fires: What is fired.
        project: How the program is loaded; None for the demo.
        refusals: Takes the reasons for which events were not published.
        faults: Switch on the faults that the program brings.
    """
    recording = Recording(host, None, TaskOwner(Notices()), name="copies")
    await recording.start()
    try:
        if faults:
            host.set_fault_rules(host.own_faults)
        for fire in fires:
            request = FireRequest(
                fire.event,
                [fire.values],
                session=fire.session,
                metadata=dict(fire.metadata),
                timeout=fire.timeout,
            )
            outcome = await asyncio.wait_for(recording.outcome(host.fire(request)), PATIENCE)
            if outcome.published == 0 and refusals is not None:
                refusals.append(outcome.refusal)
                continue
            assert outcome.published == 1, outcome.refusal
        await recording.caught_up()
        details = Details(recording.journal)
        count = len(recording.journal.executions)
        return [await recorded_execution(details, ExecutionIndex(index), project) for index in range(count)]
    finally:
        await recording.close()


def write_tests(executions: Sequence[RecordedExecution], folder: Path) -> list[Path]:
    """Write each execution as a test file of its own, unedited."""
    files = [folder / f"test_copied_{number}.py" for number in range(len(executions))]
    for file, execution in zip(files, executions, strict=True):
        file.write_text(pytest_text(execution), "utf-8")
    return files


async def outcomes_of(files: Sequence[Path], cwd: Path) -> list[str]:
    """Run tests in a pytest of their own; return ``passed``, ``skipped``, or with what and where each failed."""
    report = files[0].parent / "report.xml"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}"),
        *("--rootdir", str(files[0].parent), "-c", os.devnull, *map(str, files)),
        cwd=cwd,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode in (0, 1), out.decode()
    cases = {str(case.get("classname")).rpartition(".")[2]: case for case in ET.parse(report).iter("testcase")}
    return [_outcome(cases[file.stem], cwd) for file in files]


def _outcome(case: ET.Element, cwd: Path) -> str:
    if case.find("skipped") is not None:
        return "skipped"
    failure = case.find("failure")
    if failure is None:
        return "passed"
    text = (failure.text or "").partition("  +-+-")[0]  # those inside a group come after it
    places = _FAILED_AT.findall(text) + _NATIVE.findall(text)
    places = [(file, line) for file, line in places if _is_in(cwd / file, cwd)] or places
    kinds = (
        _SINGLE.findall(str(failure.get("message")))
        + _KIND.findall(str(failure.get("message")))
        + _GROUP.findall(text)
        + _RAISED.findall(text)
    )
    kind = kinds[0].rpartition(".")[2]
    return f"{kind} at {Path(places[-1][0]).name}:{places[-1][1]}" if places else str(failure.text)


def _is_in(file: Path, folder: Path) -> bool:
    """Return whether a file belongs to the program in a folder."""
    inside = file.is_file() and file.resolve().is_relative_to(folder.resolve())
    return inside and "site-packages" not in file.parts


def recorded_outcome(execution: RecordedExecution) -> str:
    """Return how an execution ended, in the words of ``outcomes_of``; without a place where the call itself failed."""
    failure = execution.failure
    if failure is None:
        return "passed"
    if failure.origin is None or not failure.origin.mine:
        return f"{failure.type} at "
    return f"{failure.type} at {Path(failure.origin.file).name}:{failure.origin.line}"


def as_recorded(execution: RecordedExecution, outcome: str) -> bool:
    """Return whether a test ended as its execution did: with the same exception, at the same line where it has one.

    A returned failure fails an assertion, and so does what would end pytest itself.
    """
    recorded = recorded_outcome(execution)
    if execution.status == RETURNED_FAILURE or recorded.startswith("KeyboardInterrupt "):
        return outcome.startswith(("AssertionError ", recorded))
    return outcome == recorded or (recorded.endswith(" ") and outcome.startswith(recorded))


def replaced(changes: Mapping[str, Sequence[tuple[str, str]]]) -> Callable[[Path], None]:
    """Return a mend that replaces texts in files of a program."""

    def mend(root: Path) -> None:
        for name, pairs in changes.items():
            text = (root / name).read_text("utf-8")
            for old, new in pairs:
                assert old in text, old
                text = text.replace(old, new)
            (root / name).write_text(text, "utf-8")

    return mend


def twin(bad: str, good: str) -> Callable[[Path], None]:
    """Return a mend that puts the files of the sound twin in the places of those that fail."""

    def mend(root: Path) -> None:
        for file in [root / good] if good.endswith(".py") else sorted((root / good).glob("*.py")):
            shutil.copyfile(file, root / bad if bad.endswith(".py") else root / bad / file.name)

    return mend


#: How the samples are mended that fail.
MENDS: dict[str, Callable[[Path], None]] = {
    "shop": replaced(
        {
            "shop/handlers.py": (
                ('raise LookupError(f"no address for order {event.order_id}")', "return"),
                ("self.stock[article] -= 1", "self.stock[article] = self.stock.get(article, 9) - 1"),
            )
        }
    ),
    "orders": replaced(
        {
            "orders/wiring.py": (
                ("raise LookupError(", 'return "none"\n        raise LookupError('),
                ("10 // event.quantity", "10 // max(event.quantity, 1)"),
                ("STOCK.pop(command.sku)", "STOCK.pop(command.sku, None)"),
            )
        }
    ),
    "faulty": replaced(
        {
            "faulty_shop/handlers.py": (
                ("self._bus.get_session().add((AuditAction.ORDER_PLACED, event))", "return"),
                ("event: PriceChanged, old_price)", "event: PriceChanged, old_price=None)"),
                ("async def no_argument():", "async def no_argument(event=None):"),
            )
        }
    ),
    "losses": twin("till/leaky.py", "till/sound.py"),
    "failures": twin("ferry/failing", "ferry/sound"),
    "demo": replaced(
        {"inspector/demo/handlers/audit.py": (("raise RuntimeError(", "return\n            raise RuntimeError("),)}
    ),
}
