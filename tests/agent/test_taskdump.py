"""Every task of a loop is told with what it awaits, and with the handler that it runs."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

from inspector.agent.taskdump import dump_tasks
from inspector.app.dumping import count_text, dump_text, execution_text
from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.records.recorder import Recorder
from inspector.core.taskdump import TaskDump
from inspector.core.values.build import build, to_plain


@dataclass(frozen=True)
class Paid:
    amount: int = 1


async def test_every_task_is_told_down_to_the_future() -> None:
    gate = asyncio.Event()
    helpers: list[asyncio.Task[object]] = []
    begun = asyncio.Event()

    async def inner() -> None:
        await gate.wait()

    async def write(_: Paid) -> None:
        helpers.append(asyncio.create_task(inner(), name="password=hunter2"))
        begun.set()
        await asyncio.gather(inner(), inner())

    bus, recorder = InMemoryEventBus(), Recorder()
    bus.observe(recorder)
    bus.subscribe(Paid, write)
    publish = asyncio.create_task(bus.publish(Paid()), name="publishing")
    ready = asyncio.create_task(asyncio.sleep(0), name="fresh")
    await begun.wait()
    for _ in range(3):  # turns in which the tasks begin
        await asyncio.sleep(0)
    later = asyncio.create_task(inner(), name="later")
    dump = build(TaskDump, to_plain(dump_tasks(recorder.redactor.redact_text)))
    tasks = {task.name: task for task in dump.tasks}
    of_handler = dump.tasks[0]
    assert of_handler.handler.endswith("write")
    assert (of_handler.event, of_handler.execution, of_handler.waits_for) == ("Paid", 1, "gather of 2")
    assert of_handler.steps[0].function.endswith("write")
    assert [step.own for step in of_handler.steps][:1] == [True]
    assert of_handler.age > 0
    assert tasks["later"].waits_for == "ready"
    assert ready.done()
    assert "hunter2" not in dump_text(dump)
    helper = next(task for task in dump.tasks if task.name.startswith("password"))
    assert [step.function.rpartition(".")[2] for step in helper.steps] == ["inner", "wait"]
    assert helper.waits_for == "Future"
    # Python 3.11 does not say in which context a task runs.
    assert bool(helper.handler) is (sys.version_info >= (3, 12))
    text = execution_text(dump, 1)
    assert "execution 1 · for " in text
    assert text.splitlines()[-1].strip().startswith("waits for ")
    assert count_text(dump.tasks).startswith(f"{len(dump.tasks)} tasks · ")
    gate.set()
    await asyncio.gather(publish, later, *helpers)


def test_what_could_not_be_read_is_said() -> None:
    assert dump_text(TaskDump(trouble="Tasks cannot be read: ValueError: x")) == "Tasks cannot be read: ValueError: x"
    assert dump_text(TaskDump()) == "No tasks."
    assert dump_text(TaskDump(left_out=2)) == "… 2 more tasks"
    assert execution_text(TaskDump(), 0) == ""
