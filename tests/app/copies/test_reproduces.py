"""A copied test fails with the same exception at the same line as what was recorded, and passes after the mend."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

import inspector
from inspector.cli.programs import demo_program
from inspector.core.records.statuses import OK, TIMED_OUT
from inspector.hosts.child import ChildHost
from inspector.hosts.embedded import EmbeddedHost
from inspector.hosts.project import Project
from tests.app.copies.samples import (
    MENDS,
    SAMPLES,
    Fire,
    as_recorded,
    executions_of,
    outcomes_of,
    recorded_outcome,
    write_tests,
)

URL = "memory://shop"


async def check(sample: str, folder: Path, fires: Sequence[Fire], failures: int) -> None:
    """Fire in a copy of a sample, run the tests of what failed, mend the copy and run them again.

    Args:
        sample: Name of the sample project.
        folder: Where its copy goes.
        fires: What is fired.
        failures: How many executions are to fail.
    """
    root = folder / sample
    shutil.copytree(SAMPLES / sample, root, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    project = Project.from_folder(root)
    assert project is not None
    executions = [x for x in await executions_of(ChildHost(project), fires, project) if x.status != OK]
    assert len(executions) == failures
    files = write_tests(executions, folder)
    for execution, outcome in zip(executions, await outcomes_of(files, root), strict=True):
        assert as_recorded(execution, outcome), (execution.handler.label, recorded_outcome(execution), outcome)
    MENDS[sample](root)
    assert await outcomes_of(files, root) == ["passed"] * failures


async def test_a_callable_object_and_a_method_that_their_bus_calls_with_a_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DATABASE_URL", URL)
    await check(
        "shop",
        tmp_path,
        [
            Fire("PaymentFailed", {"order_id": "o-1", "reason": "no money"}),
            Fire("OrderPlaced", {"order_id": 'it\'s "2"', "total": "9.90", "lines": ["spoon"]}, session=True),
        ],
        2,
    )


async def test_plain_functions_of_a_synchronous_bus(tmp_path: Path) -> None:
    await check(
        "orders",
        tmp_path,
        [
            Fire("Allocate", {"order": "o-1", "sku": "sofa", "quantity": 1}),
            Fire("Allocated", {"order": "o-1", "sku": "sofa", "quantity": 0}),
        ],
        2,
    )


async def test_many_ways_to_fail(tmp_path: Path) -> None:
    """``python -m tests.app.copies failures`` tries all of them."""
    raised = ("CarsBoarded", "FareChanged", "NextAsked", "SeatsCounted", "RuleRead", "BellRung", "PaperWanted")
    others = ("TeaWanted", "StoryWanted", "LampBroken", "WatchSkipped", "TideAwaited", "IceCame", "PumpTested")
    core = ("ClerkLeft", "ClerkInterrupted", "LineFormed", "ListMade", "CheckMade", "CheckDoubted")
    fires = [Fire(name, {}, timeout=0.2 if name == "IceCame" else 20) for name in (*raised, *others, *core)]
    await check("failures", tmp_path, fires, len(fires))


@pytest.mark.allow_log("inspector.core.bus")
@pytest.mark.allow_log("inspector.demo.events")
async def test_a_handler_of_the_demo_that_misses_its_session(tmp_path: Path) -> None:
    values = {"user_id": "5f2ed54f-8bb7-516e-90ee-1da2c92d4be9", "reason": "password_recently_used"}
    fires = [Fire("UserPasswordChangeFailed", values, metadata=(("ip_address", "::1"),))]
    executions = await executions_of(EmbeddedHost(demo_program), fires, None)
    files = write_tests(executions, tmp_path)
    outcomes = [recorded_outcome(execution) for execution in executions]
    assert sorted(outcome.partition(":")[0] for outcome in outcomes) == ["RuntimeError at audit.py", "passed"]
    assert await outcomes_of(files, Path(inspector.__file__).parents[1]) == outcomes


@pytest.mark.allow_log("inspector.core.bus")
@pytest.mark.allow_log("inspector.demo.events")
@pytest.mark.parametrize("session", [True, False])
async def test_a_handler_that_hangs_fails_where_it_waits_not_where_its_bus_does(tmp_path: Path, session: bool) -> None:
    ids = {"session_id": "a312308a-43d2-5fb3-8ce6-654e950480f2", "user_id": "5f2ed54f-8bb7-516e-90ee-1da2c92d4be9"}
    others = dict.fromkeys(("device_info", "ip_address", "location", "user_agent"))
    fires = [Fire("SessionCreatedEvent", {**ids, **others}, session, timeout=1.0)]
    executions = await executions_of(EmbeddedHost(demo_program), fires, None, faults=True)
    (hung,) = (execution for execution in executions if execution.status == TIMED_OUT)
    assert recorded_outcome(hung).startswith("TimeoutError at services.py:")
    files = write_tests([hung], tmp_path)
    assert await outcomes_of(files, Path(inspector.__file__).parents[1]) == [recorded_outcome(hung)]


async def test_an_execution_that_went_well_passes_whatever_holds_its_handler(tmp_path: Path) -> None:
    root = SAMPLES / "orders"
    project = Project.from_folder(root)
    assert project is not None
    fires = [Fire("Allocated", {"order": "o-1", "sku": "chair"}), Fire("PriceChanged", {"sku": "chair", "cents": 3})]
    executions = await executions_of(ChildHost(project), fires, project)
    labels = [execution.handler.label for execution in executions]
    assert any(" #2" in label for label in labels)  # closures of one function
    assert any("partial channel=mail" in label for label in labels)
    assert any("lambda" in label for label in labels)
    assert {execution.status for execution in executions} == {OK}
    files = write_tests(executions, tmp_path)
    # In one process: a test must leave a bus that belongs to the module as it was.
    assert await outcomes_of(files, root) == ["passed"] * len(files)
