"""Firing into programs that run by themselves: only while a person allows it, and nothing of ours stays there."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from inspector.agent.run.ring import LOOKED, MAY_FIRE, PID
from inspector.analysis.entries import FireOutcome
from inspector.analysis.journal import Journal
from inspector.core.errors import InspectorError
from inspector.core.faults import FaultRule
from inspector.core.records.numbers import FireNumber
from inspector.core.records.statuses import FAILED, STATUS_CODES
from inspector.core.request import FireRequest
from inspector.hosts.project import Project
from inspector.hosts.run.firing import LOOK_ONLY, RunFiring
from inspector.hosts.run.host import RunHost
from inspector.hosts.run.launch import find_command
from inspector.hosts.run.ringreader import RingReader
from tests.agent.observe.test_observe import OBSERVED, REQUIRED
from tests.hosts.children import INTERPRETERS
from tests.patience import until

_NEWEST: Final = next(reversed([path for name, path in OBSERVED.items() if name != "libraries"]), "")
_BUS: Final = """
from dataclasses import dataclass
import os
@dataclass
class Lit:
    room: str
@dataclass
class Dim:
    room: str
class Bus:
    def __init__(self):
        self.handlers = {}
    def subscribe(self, cls, handler):
        self.handlers.setdefault(cls, []).append(handler)
"""
#: Publishes nothing by itself; its loop runs.
_SERVICE: Final = (
    _BUS
    + """
    async def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            await handler(event)
import asyncio, threading, sys
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
bus = Bus()
@asynccontextmanager
async def session():
    print("session opened", flush=True)
    yield "session"
async def on_lit(event):
    print("lit", event.room, threading.active_count(), flush=True)
    await bus.publish(Dim(event.room))
async def on_dark(event):
    assert event.room != "broken"
async def on_dim(event):
    assert event.room != "broken"
bus.subscribe(Lit, on_lit)
bus.subscribe(Dim, on_dim)
if "--two" in sys.argv:
    bus.subscribe(Dim, on_dark)
async def main():
    while not os.path.exists("stop"):
        await asyncio.sleep(0.01)
        if os.path.exists("state"):
            scheduled = [str(handle) for handle in asyncio.get_running_loop()._scheduled if not handle.cancelled()]
            print("state", any("WayIn" in handle for handle in scheduled), flush=True)
            os.unlink("state")
asyncio.run(main())
print("goes on to its end", flush=True)
"""
)
#: Without a loop; a thread of its own publishes, or waits.
_SCRIPT: Final = (
    _BUS
    + """
    def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            handler(event)
import threading, sys
bus = Bus()
def on_lit(event):
    print("lit", event.room, threading.current_thread() is threading.main_thread(), flush=True)
bus.subscribe(Lit, on_lit)
done = threading.Event()
def work():
    while not done.wait(0.01):
        if os.path.exists("state"):
            print("state", len(threading.enumerate()), len(os.listdir("/proc/self/task")), flush=True)
            os.unlink("state")
if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.fork()
    thread = threading.Thread(target=work)
    thread.start()
    while not os.path.exists("stop"):
        done.wait(0.01)
    done.set()
    thread.join()
    print("goes on to its end", flush=True)
"""
)


@pytest.fixture
def python() -> str:
    if not _NEWEST:
        assert not os.environ.get(REQUIRED), "Python 3.12 or newer has to be there, and was not found"
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    return _NEWEST


@contextmanager
def freezing(pid: int) -> Iterator[None]:
    """Let nothing of a process run meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class Watching:
    """A program that is run and watched, and what was read of it."""

    def __init__(self, host: RunHost, folder: Path) -> None:
        self.host = host
        self.folder = folder
        self.journal = Journal()

    async def until(self, condition: Any) -> None:
        await until(condition)

    @property
    def printed(self) -> str:
        records = self.journal.host_records
        return "".join(getattr(record, "text", "") + "\n" for record in records if hasattr(record, "stream"))

    def of_type(self, kind: type[Any]) -> list[Any]:
        return [record for record in self.journal.host_records if isinstance(record, kind)]

    @property
    def firing(self) -> RunFiring:
        assert self.host.firing is not None
        return self.host.firing

    async def open(self) -> None:
        firing = self.firing
        await self.until(lambda: firing.targets() and all(not p.trouble() for p in firing._processes.values()))

    async def fire(self, room: str, **more: Any) -> tuple[FireNumber, int]:
        """Fire and wait until that has settled; return the number of the fire, and how often it was published."""
        number = self.host.fire(FireRequest("Lit", [{"room": room}], **{"session": False, **more}))
        return number, (await self.outcome(number)).published

    async def outcome(self, number: FireNumber) -> FireOutcome:
        """Wait until a fire has settled; return what came of it."""
        await self.until(lambda: self.journal.fire_outcome(number))
        outcome = self.journal.fire_outcome(number)
        assert outcome is not None
        return outcome

    async def state(self) -> str:
        """Return what the program says of itself."""
        before = self.printed.count("state")
        (self.folder / "state").touch()
        await self.until(lambda: self.printed.count("state") > before)
        return self.printed.splitlines()[-1]


@asynccontextmanager
async def watching(
    folder: Path, program: str, python: str, *words: str, allow: bool = False
) -> AsyncIterator[Watching]:
    (folder / "app.py").write_text(program)
    project = Project.from_options("app:bus", db_session="app:session" if "session" in program else None, cwd=folder)
    host = RunHost(replace(find_command([python, "app.py", *words], project, cwd=folder), allow_fire=allow))
    run = Watching(host, folder)

    async def follow() -> None:
        async for batch in host.stream.read():
            run.journal.fold(batch)

    tasks = [asyncio.ensure_future(follow()), asyncio.ensure_future(host.stream.pump())]
    await host.start()
    try:
        yield run
    finally:
        (folder / "stop").touch()
        await host.stop()
        await asyncio.gather(*tasks)


async def test_a_service_is_fired_into_on_its_own_loop(tmp_path: Path, python: str) -> None:
    async with watching(tmp_path, _SERVICE, python, "--two") as run:
        await run.until(lambda: run.firing.targets())
        with pytest.raises(InspectorError, match=LOOK_ONLY):
            run.host.fire(FireRequest("Lit", [{"room": "kitchen"}]))
        assert await run.state() == "state False"
        run.firing.allow(True)
        await run.open()
        assert await run.state() == "state True"
        fire, published = await run.fire("kitchen", session=True)
        assert published == 1
        await run.until(lambda: "session opened\nlit kitchen 1" in run.printed)  # no thread of ours
        assert [int(number) for number in run.journal.publications["fire"]] == [fire, fire]
        assert [int(cause) for cause in run.journal.publications["cause"]] == [-1, 0]
        dim = next(handler.key for handler in run.journal.handlers if handler.label.endswith("on_dim"))
        number = run.host.fire(FireRequest("Dim", [{"room": "broken"}], session=False, only=dim, retry=True))
        assert (await run.outcome(number)).published == 1
        assert run.journal.executions["retry"].tolist() == [0, 0, 0, 1]
        assert number in run.journal.retries
        dump = await run.host.dump_tasks()
        assert not dump.trouble
        assert {task.process for task in dump.tasks} == {run.firing.targets()[0].label}
        assert any(step.file.endswith("app.py") for task in dump.tasks for step in task.steps)
        run.host.set_fault_rules([FaultRule("*", "Dim", "fail")])
        await run.until(lambda: run.host.faults)
        await run.fire("cellar")
        run.firing.allow(False)
        await run.until(lambda: not run.firing._processes[1].looked)
        assert await run.state() == "state False"
        assert not run.host.faults
        with pytest.raises(InspectorError, match=LOOK_ONLY):
            run.host.fire(FireRequest("Lit", [{"room": "kitchen"}]))
        with pytest.raises(InspectorError, match=LOOK_ONLY):
            await run.host.dump_tasks()
        (tmp_path / "stop").touch()
        await run.until(lambda: run.host.over.is_set())
        await run.until(lambda: "goes on to its end" in run.printed)


async def test_a_script_is_fired_into_in_a_thread_that_ends_with_the_permission(tmp_path: Path, python: str) -> None:
    async with watching(tmp_path, _SCRIPT, python, allow=True) as run:
        await run.open()
        assert await run.state() == "state 2 3"
        assert await run.fire("hall") == (1, 1)
        dump = await run.host.dump_tasks()
        assert (dump.tasks, dump.trouble) == ((), "No event loop of this process has published yet.")
        await run.until(lambda: "lit hall False" in run.printed)
        run.firing.allow(False)
        await run.until(lambda: not run.firing._processes[1].looked)
        states: list[str] = []
        while states[-1:] != ["state 2 2"]:  # the thread is on its way out when it says that it looks no more
            states.append(await run.state())
            assert len(states) < 100
        (tmp_path / "stop").touch()
        await run.until(lambda: run.host.over.is_set())
        await run.until(lambda: "goes on to its end" in run.printed)


async def test_of_two_processes_one_is_chosen(tmp_path: Path, python: str) -> None:
    async with watching(tmp_path, _SCRIPT, python, "fork", allow=True) as run:
        firing = run.firing
        await run.until(lambda: len(firing.targets("Lit")) == 2)
        await run.open()
        with pytest.raises(InspectorError, match=r"Lit can be fired into main [0-9]+, worker [0-9]+"):
            run.host.fire(FireRequest("Lit", [{"room": "hall"}]))
        for process in (1, 2):
            firing.process = process
            await run.fire(f"room {process}")
        assert [int(number) for number in run.journal.publications["process"]] == [1, 2]
        assert [int(number) for number in run.journal.publications["fire"]] == [1, 2]
        pid = firing.targets()[1].label.split()[1]
        os.kill(int(pid), signal.SIGKILL)
        await run.until(lambda: len(firing.targets()) == 1)
        with pytest.raises(InspectorError, match="Process 2 has ended"):
            run.host.fire(FireRequest("Lit", [{"room": "hall"}]))


async def test_what_cannot_be_fired_is_refused(tmp_path: Path, python: str) -> None:
    async with watching(tmp_path, _SERVICE, python, allow=True) as run:
        await run.open()
        outcome = await run.outcome(run.host.fire(FireRequest("Nothing", [{"room": "hall"}], session=False)))
        assert (outcome.published, outcome.refusal) == (0, "Unknown event Nothing.")


async def test_a_busy_process_is_refused_and_a_program_goes_on_without_its_inspector(
    tmp_path: Path, python: str
) -> None:
    async with watching(tmp_path, _SERVICE, python, allow=True) as run:
        await run.open()
        firing, reader = run.firing, run.host._reader
        assert reader is not None
        (into,) = firing._processes.values()
        process = RingReader(str(into._path))
        with freezing(process.header[PID]):
            await until(lambda: "busy" in into.trouble())
            with pytest.raises(InspectorError, match=r"main [0-9]+ is busy: it has not answered for [0-9]+ s"):
                run.host.fire(FireRequest("Lit", [{"room": "hall"}], session=False))
        reader.stop()  # as if the inspector had been killed
        process.allow(MAY_FIRE, time.perf_counter_ns())  # the permission runs out
        await until(lambda: not process.look()[LOOKED])
        assert await run.state() == "state False"
        process.close()


#: A library is known by its module and class: the program brings a small one of that name.
_LIBRARY: Final = """
class EventEmitter:
    def __init__(self): self._events = {}
    def on(self, event, listener): self._events.setdefault(event, {})[listener] = listener
    def _emit_run(self, listener, args, kwargs): listener(*args, **kwargs)
    def emit(self, event, *args, **kwargs):
        for listener in tuple(self._events.get(event, {}).values()): self._emit_run(listener, args, kwargs)
"""
_EMITTER: Final = """
import asyncio, os
from pyee.base import EventEmitter
bus = EventEmitter()
def on_lit(room):
    assert room != "broken"
    print("lit", room, flush=True)
    bus.emit("Dim", room)
bus.on("Lit", on_lit)
bus.on("Dim", lambda room: None)
bus.on("Tick", lambda: None)
async def main():
    while not os.path.exists("stop"):
        await asyncio.sleep(0.01)
        bus.emit("Tick")
asyncio.run(main())
print("goes on to its end", flush=True)
"""


@pytest.mark.skipif("3.11" not in INTERPRETERS, reason="There is no Python 3.11 here.")
async def test_a_program_on_an_older_python_is_fired_into_as_it_publishes(tmp_path: Path) -> None:
    (tmp_path / "pyee").mkdir()
    (tmp_path / "pyee" / "__init__.py").write_text("")
    (tmp_path / "pyee" / "base.py").write_text(_LIBRARY)
    async with watching(tmp_path, _EMITTER, INTERPRETERS["3.11"]) as run:
        await run.until(lambda: run.firing.targets())
        with pytest.raises(InspectorError, match=LOOK_ONLY):
            run.host.fire(FireRequest("Lit", [{"room": "kitchen"}]))
        run.firing.allow(True)
        await run.open()
        fire, published = await run.fire("kitchen")
        assert published == 1
        await run.until(lambda: "lit kitchen" in run.printed)
        fires = [int(number) for number in run.journal.publications["fire"]]
        assert fires.count(fire) == 2
        _, published = await run.fire("broken")
        assert published == 1
        await run.until(lambda: run.journal.status_counts[STATUS_CODES[FAILED]] == 1)
        run.firing.allow(False)
        await run.until(lambda: not run.firing._processes[1].looked)
        (tmp_path / "stop").touch()
        await run.until(lambda: run.host.over.is_set())
        await run.until(lambda: "goes on to its end" in run.printed)
