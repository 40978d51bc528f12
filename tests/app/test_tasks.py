"""The owner of tasks: named, kept, reported, ended."""

import asyncio
import gc

import pytest

from inspector.app.notices import Notice, Notices
from inspector.app.tasks import TaskOwner
from inspector.core.errors import InspectorError


@pytest.fixture
def seen() -> list[Notice]:
    return []


@pytest.fixture
def owner(seen: list[Notice]) -> TaskOwner:
    notices = Notices()
    notices.attach(seen.append)
    return TaskOwner(notices)


async def test_a_task_has_its_name_until_it_ends(owner: TaskOwner) -> None:
    go = asyncio.Event()
    task = owner.start("Exporting", go.wait())
    assert owner.names == ("Exporting",)
    assert owner.running("Exporting")
    go.set()
    assert await task is True
    await asyncio.sleep(0)
    assert owner.names == ()


async def test_a_task_that_nobody_keeps_lives_on(owner: TaskOwner) -> None:
    done: list[int] = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append(1)

    owner.start("Working", work())
    gc.collect()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert done == [1]


async def test_expected_trouble_in_a_task_becomes_a_notice(owner: TaskOwner, seen: list[Notice]) -> None:
    async def work() -> None:
        raise InspectorError("The disk is full.", "Make room.")

    await asyncio.wait([owner.start("Saving", work())])
    await asyncio.sleep(0)
    assert [(n.severity, n.text) for n in seen] == [("error", "Saving: The disk is full.")]


@pytest.mark.allow_log("inspector.notices")
async def test_a_bug_in_a_task_is_told_as_one(
    owner: TaskOwner, seen: list[Notice], caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        raise ZeroDivisionError

    await asyncio.wait([owner.start("Counting", work())])
    await asyncio.sleep(0)
    assert seen[0].severity == "bug"
    assert "while counting" in seen[0].text
    assert "ZeroDivisionError" in caplog.text


async def test_whoever_awaits_a_task_may_tell_of_its_failure_alone(owner: TaskOwner, seen: list[Notice]) -> None:
    async def work() -> None:
        raise InspectorError("No.")

    with pytest.raises(InspectorError):
        await owner.start("Asking", work(), report=False)
    assert seen == []


async def test_cancel_all_waits_for_every_finally_and_for_tasks_started_meanwhile(owner: TaskOwner) -> None:
    ended: list[str] = []

    async def late() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("late")

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            owner.start("Late", late())
            await asyncio.sleep(0)
            ended.append("work")

    owner.start("Working", work())
    await asyncio.sleep(0)
    await owner.cancel_all()
    assert sorted(ended) == ["late", "work"]
    assert owner.names == ()


async def test_cancel_all_may_be_called_from_a_task_of_the_owner(owner: TaskOwner) -> None:
    owner.start("Waiting", asyncio.Event().wait())
    closing = owner.start("Closing", owner.cancel_all())
    await closing
    await asyncio.sleep(0)
    assert owner.names == ()


async def test_a_cancelled_task_is_no_failure(owner: TaskOwner, seen: list[Notice]) -> None:
    owner.start("Waiting", asyncio.Event().wait())
    await owner.cancel_all()
    assert seen == []


def test_without_a_loop_the_work_is_refused(owner: TaskOwner) -> None:
    with pytest.raises(RuntimeError):
        owner.start("Working", asyncio.sleep(0))
