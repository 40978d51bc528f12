"""What handlers do with tasks: each shape once in a task of its own and once as a handler, to be compared.

Standard library only: run alone by other Pythons. Prints the names of the shapes that differ as JSON.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

Report = Callable[[Any], None]
Shape = Callable[[Report], Coroutine[Any, Any, Any]]
SHAPES: dict[str, Shape] = {}
VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="outer")


def shape(function: Shape) -> Shape:
    """Take a function as one."""
    SHAPES[function.__name__] = function
    return function


def this_task() -> asyncio.Task[Any]:
    """Return the current task."""
    task = asyncio.current_task()
    assert task is not None
    return task


@shape
async def keeps_its_task(report: Report) -> None:
    """One task from beginning to end."""
    first = asyncio.current_task()
    await asyncio.sleep(0)
    report(first is asyncio.current_task())
    await asyncio.sleep(0.001)
    report(first is asyncio.current_task())
    report(isinstance(first, asyncio.Task))


@shape
async def task_in_a_set(report: Report) -> None:
    """Tasks are keys."""
    tasks = {asyncio.current_task(): 1}
    await asyncio.sleep(0)
    report(tasks.get(asyncio.current_task()))
    report(asyncio.current_task() in asyncio.all_tasks())


@shape
async def names(report: Report) -> None:
    """A name may be set before the first await."""
    task = this_task()
    task.set_name("mine")
    report(task.get_name())
    await asyncio.sleep(0)
    report(this_task().get_name())
    report("mine" in repr(task))


@shape
async def looks_at_itself(report: Report) -> None:
    """What a task says of itself while it runs."""
    task = this_task()
    report((task.done(), task.cancelled(), task.cancelling(), task.get_loop() is asyncio.get_running_loop()))
    coroutine = task.get_coro()
    report(inspect.getcoroutinestate(coroutine))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    report((task.done(), task.cancelled(), inspect.getcoroutinestate(task.get_coro())))  # type: ignore[arg-type]


@shape
async def tells_when_it_is_done(report: Report) -> None:
    """A callback that is added before the first await is called at the end."""
    this_task().add_done_callback(lambda task: report(("done", task.cancelled())))
    await asyncio.sleep(0)
    report("over")


@shape
async def tells_when_it_is_done_at_once(report: Report) -> None:
    """As before, without an await."""
    this_task().add_done_callback(lambda task: report(("done", task.cancelled())))
    report("over")


@shape
async def times_out(report: Report) -> None:
    """A deadline that passes."""
    try:
        async with asyncio.timeout(0.001):
            await asyncio.get_running_loop().create_future()
    except TimeoutError:
        report("late")
    report(this_task().cancelling())
    await asyncio.sleep(0)
    report("goes on")


@shape
async def times_out_at_once(report: Report) -> None:
    """A deadline that has passed already."""
    for seconds in (0, -1):
        try:
            async with asyncio.timeout(seconds):
                await asyncio.sleep(1)
        except TimeoutError:
            report(("late", seconds))
    report(this_task().cancelling())


@shape
async def in_time(report: Report) -> None:
    """A deadline that is kept without an await, then one that is kept."""
    async with asyncio.timeout(5):  # noqa: ASYNC100 - that is the point
        report("nothing to wait for")
    async with asyncio.timeout(5) as deadline:
        await asyncio.sleep(0)
        deadline.reschedule(None)
    report(this_task().cancelling())


@shape
async def waits_for(report: Report) -> None:
    """wait_for, in time and late."""
    report(await asyncio.wait_for(asyncio.sleep(0, "in time"), 5))
    try:
        await asyncio.wait_for(asyncio.get_running_loop().create_future(), 0.001)
    except TimeoutError:
        report("late")


@shape
async def task_group(report: Report) -> None:
    """A group of two."""
    async with asyncio.TaskGroup() as group:
        first, second = group.create_task(asyncio.sleep(0, 1)), group.create_task(asyncio.sleep(0.001, 2))
    report((first.result(), second.result()))


@shape
async def task_group_that_fails(report: Report) -> None:
    """One child fails, the other is cancelled, and the task itself is not."""

    async def fails() -> None:
        raise ValueError("no")

    try:
        async with asyncio.TaskGroup() as group:
            other = group.create_task(asyncio.sleep(5))
            group.create_task(fails())
    except ExceptionGroup as error:
        report([type(one).__name__ for one in error.exceptions])
    report((other.cancelled(), this_task().cancelling()))
    await asyncio.sleep(0)
    report("goes on")


@shape
async def task_group_whose_body_waits(report: Report) -> None:
    """A child fails while the body waits: the group cancels the task."""

    async def fails() -> None:
        raise ValueError("no")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                report("body cancelled")
                raise
    except ExceptionGroup as error:
        report(len(error.exceptions))
    report(this_task().cancelling())


@shape
async def cancels_itself(report: Report) -> None:
    """A cancellation arrives at the next await."""
    this_task().cancel("by myself")
    report(this_task().cancelling())
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError as error:
        report(("cancelled", error.args))
        report(this_task().uncancel())
    await asyncio.sleep(0)
    report("goes on")


@shape
async def cancels_itself_and_lets_it_through(report: Report) -> None:
    """It ends cancelled."""
    this_task().cancel()
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        report("cleaned up")


@shape
async def is_cancelled_by_a_callback(report: Report) -> None:
    """In the turn in which it waits first: what it waits for is cancelled, too."""
    inner = asyncio.ensure_future(asyncio.sleep(5))
    asyncio.get_running_loop().call_soon(this_task().cancel)
    try:
        await inner
    except asyncio.CancelledError:
        report(("cancelled", inner.cancelled()))
        raise


@shape
async def is_cancelled_later(report: Report) -> None:
    """When it has waited for a while."""
    inner = asyncio.ensure_future(asyncio.sleep(5))
    asyncio.get_running_loop().call_later(0.001, this_task().cancel)
    try:
        await inner
    except asyncio.CancelledError:
        report(("cancelled", inner.cancelled()))
        raise


@shape
async def shields(report: Report) -> None:
    """What is shielded goes on."""
    inner = asyncio.ensure_future(asyncio.sleep(0.002, "kept"))
    this_task().cancel()
    try:
        await asyncio.shield(inner)
    except asyncio.CancelledError:
        report(inner.cancelled())
        this_task().uncancel()
    report(await inner)


@shape
async def waits_for_what_is_done(report: Report) -> None:
    """A future that is done before it is awaited, and one that is done meanwhile."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[int] = loop.create_future()
    done.set_result(1)
    report(await done)
    soon: asyncio.Future[int] = loop.create_future()
    loop.call_soon(soon.set_result, 2)
    report(await soon)
    fails: asyncio.Future[int] = loop.create_future()
    loop.call_soon(fails.set_exception, ValueError("no"))
    try:
        await fails
    except ValueError as error:
        report(str(error))


@shape
async def resets_a_variable(report: Report) -> None:
    """A token holds in the context in which it was made."""
    token = VARIABLE.set("inner")
    await asyncio.sleep(0)
    report(VARIABLE.get())
    VARIABLE.reset(token)
    report(VARIABLE.get())


@shape
async def variables_of_children(report: Report) -> None:
    """What it starts gets its variables, and cannot change them."""

    async def child() -> str:
        before = VARIABLE.get()
        VARIABLE.set("child")
        return before

    VARIABLE.set("parent")
    report(await asyncio.create_task(child()))
    report(VARIABLE.get())
    report(await asyncio.to_thread(VARIABLE.get))


@shape
async def locks(report: Report) -> None:
    """Locks, queues, events, conditions."""
    lock, queue, event = asyncio.Lock(), asyncio.Queue[int](), asyncio.Event()
    async with lock:
        asyncio.get_running_loop().call_soon(queue.put_nowait, 5)
        report(await queue.get())
    asyncio.get_running_loop().call_later(0.001, event.set)
    report(await event.wait())
    condition = asyncio.Condition()
    async with condition:
        condition.notify_all()
    report(lock.locked())


@shape
async def gathers(report: Report) -> None:
    """A gather within."""

    async def fails() -> None:
        raise ValueError("no")

    results = await asyncio.gather(asyncio.sleep(0, 1), fails(), return_exceptions=True)
    report([repr(one) for one in results])
    done, pending = await asyncio.wait([asyncio.ensure_future(asyncio.sleep(0))], timeout=5)
    report((len(done), len(pending)))


@shape
async def iterates(report: Report) -> None:
    """Asynchronous generators, one left in the middle."""

    async def numbers() -> AsyncIterator[int]:
        try:
            for number in range(3):
                yield number
                await asyncio.sleep(0)
        finally:
            report("closed")

    report([number async for number in numbers()])
    generator = numbers()
    report(await anext(generator))
    await generator.aclose()  # type: ignore[attr-defined]


@shape
async def waits_for_nonsense(report: Report) -> None:
    """A task refuses what cannot be waited for."""

    class Odd:
        def __await__(self) -> Any:
            yield "nonsense"

    try:
        await Odd()
    except RuntimeError as error:
        report(str(error).startswith("Task got bad yield"))


@shape
async def waits_for_itself(report: Report) -> None:
    """A task cannot await itself."""
    try:
        await this_task()
    except RuntimeError as error:
        report(str(error).startswith("Task cannot await on itself"))


@shape
async def prints_its_stack(report: Report) -> None:
    """Who prints a task that waits finds this function."""
    task = this_task()
    asyncio.get_running_loop().call_soon(
        lambda: report([frame.f_code.co_name for frame in task.get_stack()]),
    )
    await asyncio.sleep(0.001)


@shape
async def is_held_weakly(report: Report) -> None:
    """A task that waits is there, whoever looks away."""
    gc.collect()
    await asyncio.sleep(0.001)
    report(this_task() in asyncio.all_tasks())


@shape
async def raises(_report: Report) -> None:
    """It fails after its first await."""
    await asyncio.sleep(0)
    raise ValueError("no")


@shape
async def raises_what_is_no_exception(_report: Report) -> None:
    """A cancellation of its own making."""
    await asyncio.sleep(0)
    raise asyncio.CancelledError("home made")


@shape
async def takes_turns(report: Report) -> None:
    """Between two awaits the loop has a turn."""
    turns: list[int] = []
    loop = asyncio.get_running_loop()
    for number in range(3):
        loop.call_soon(turns.append, number)
        await asyncio.sleep(0)
        report(list(turns))


async def alone(subject: Shape) -> list[Any]:
    """Run a shape in a task of its own; return its report, ending with how the task ended."""
    reports: list[Any] = []
    task = asyncio.ensure_future(subject(reports.append))
    await asyncio.wait([task], timeout=5)
    await asyncio.sleep(0)  # callbacks
    if task.cancelled():
        return [*reports, "cancelled"]
    return [*reports, "failed" if task.exception() is not None else "ok"]


async def as_handlers(bus: Any, event: Any, subjects: list[Shape], ended: Callable[[], list[str]]) -> list[list[Any]]:
    """Run shapes as handlers of one event; return their reports, each ending with the status."""
    reports: list[list[Any]] = [[] for _ in subjects]
    for subject, report in zip(subjects, reports, strict=True):
        bus.subscribe(type(event), lambda _, subject=subject, report=report: subject(report.append))
    await asyncio.wait_for(bus.publish(event), 2)
    for _ in range(3):
        await asyncio.sleep(0)  # callbacks
    return [[*report, status] for report, status in zip(reports, ended(), strict=True)]


class Statuses:
    """An observer that keeps how executions ended, in the order of their starts."""

    def __init__(self) -> None:
        self.executions: list[Any] = []

    def execution_started(self, execution: Any) -> None:
        """Keep it."""
        self.executions.append(execution)

    def ignore(self, *_: Any) -> None:
        """Do nothing."""

    publication_started = execution_ended = execution_late = publication_ended = publication_refused = ignore

    def all(self) -> list[str]:
        """Return the statuses."""
        return [execution.status for execution in self.executions]


async def differences(new_bus: Callable[[], Any], event: Any) -> dict[str, Any]:
    """Return the shapes that behave otherwise as handlers, alone or beside all others, and how."""
    expected = {name: await alone(subject) for name, subject in SHAPES.items()}
    differ: dict[str, Any] = {}
    for name, subject in SHAPES.items():
        bus, statuses = new_bus(), Statuses()
        bus.observe(statuses)
        (report,) = await as_handlers(bus, event, [subject], statuses.all)
        if report != expected[name]:
            differ[name] = [expected[name], report]
    bus, statuses = new_bus(), Statuses()
    bus.observe(statuses)
    reports = await as_handlers(bus, event, list(SHAPES.values()), statuses.all)
    for name, report in zip(SHAPES, reports, strict=True):
        if report != expected[name]:
            differ.setdefault(f"{name}, beside the others", [expected[name], report])
    return differ


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import logging

    from inspector.core import InMemoryEventBus
    from inspector.core.bus.events import DomainEvent

    logging.disable()
    print(json.dumps(asyncio.run(differences(InMemoryEventBus, DomainEvent())), default=repr))
