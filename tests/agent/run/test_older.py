"""Programs on Python 3.11 that are run as they are: buses of known libraries report, and nothing else changes."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections import Counter
from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest

from inspector.agent.run.ring import COUNTED, DROPPED
from inspector.core.records.records import HANDLER_ENDED, HANDLER_STARTED, PUBLICATION_ENDED, PUBLISHED
from tests.agent.run.running import Ran, run
from tests.agent.run.test_libraries import EXPECTED, PROGRAMS, ROOT, SCRIPT

PYTHON: Final = ROOT / ".venv-libs" / "newest-3.11" / "bin" / "python"
LIMIT: Final = "shows only buses of libraries that are known by their class; 3.12 or newer shows all buses."


@pytest.fixture(autouse=True)
def _installed() -> None:
    if not PYTHON.exists():
        assert not os.environ.get("REQUIRE_LIBRARIES"), "The libraries have to be there: tools/library-venvs"
        pytest.skip("The libraries are not installed for Python 3.11: run tools/library-venvs.")


def both(folder: Path, code: str, app: list[str] | None = None, *options: str) -> Ran:
    """Run a script without us and with us; return the latter, of which nothing but what we were told may differ."""
    (folder / "app.py").write_text(dedent(code))
    command = [str(PYTHON), "-W", "error", *options, "app.py"]
    bare = run(command, folder, None)
    ran = run(command, folder, {"app": app or []})
    assert (ran.code, plain(ran.output), plain(ran.errors)) == (bare.code, plain(bare.output), plain(bare.errors))
    assert ran.tally == bare.tally
    return ran


def plain(text: str) -> list[str]:
    """Return lines without the addresses of objects, in an order that is always the same: threads print, too."""
    return sorted(re.sub(r"0x[0-9a-f]+", "0x", text).splitlines())


def published(ran: Ran) -> Counter[str]:
    return Counter(row[3] for process in ran.processes for row in process.rows(PUBLISHED))


def left_out(ran: Ran) -> int:
    return sum(process.words[COUNTED] + process.words[DROPPED] for process in ran.processes)


def troubles(ran: Ran) -> list[str]:
    return [message[1] for process in ran.processes for message in process.messages("trouble")]


@pytest.mark.parametrize("name", EXPECTED)
def test_each_library_reports_all_that_a_program_does(name: str, tmp_path: Path) -> None:
    shutil.copy(PROGRAMS / f"{name}.py", tmp_path)
    ran = both(tmp_path, SCRIPT.format(names=[name]))
    (process,) = ran.processes
    tally = Counter(":".join(line.split()[:2]) for line in ran.output.splitlines() if not line.endswith(" ended"))
    assert Counter(row[4] for row in process.rows(HANDLER_STARTED)) == tally
    assert len(process.rows(HANDLER_ENDED)) == len(process.rows(HANDLER_STARTED))
    assert published(ran) == Counter(EXPECTED[name])
    assert process.messages("trouble") == []
    assert process.hello["limit"].endswith(LIMIT)


NESTED: Final = """
import os, sys, traceback
from blinker import Signal, signal
first, second = signal("first"), signal("second")
send, held = first.send, sorted(vars(first))
class Ledger:
    def book(self, sender, **values): return values["amount"]
ledger = Ledger()
def announce(sender, amount):
    second.send(sender, amount=amount)
def refuse(sender, amount):
    if amount > 1: raise ValueError(amount)
first.connect(ledger.book)
first.connect(announce)
second.connect(refuse)
results = send("shop", amount=1)
print(dict(results)[announce], type(results), {receiver == ledger.book for receiver, _ in results})
print([receiver for receiver, _ in results if receiver is announce])
print(sorted(vars(first)) == held, first.send.__name__, len(first.receivers))
first.disconnect(ledger.book)  # receivers run in no order that blinker promises
try:
    first.send("shop", amount=2)
except ValueError:
    traceback.print_exc()
first.disconnect(announce)
first.connect(ledger.book)
send("shop", amount=3)
os._exit(5)
"""


def test_what_receivers_send_has_its_cause_and_the_program_gets_its_own_receivers(tmp_path: Path) -> None:
    """Also for who took the bound method along before anything was sent, and at an end without exit hooks."""
    ran = both(tmp_path, NESTED)
    (process,) = ran.processes
    assert (ran.code, troubles(ran)) == (5, [])
    assert published(ran) == {"first": 3, "second": 2}
    assert ran.executions() == {"book": 2, "announce": 2, "refuse": 2}
    assert ran.statuses() == {"ok": 4, "failed": 2}
    executions = {row[2]: row[4] for row in process.rows(HANDLER_STARTED)}
    causes = [executions[row[6]].rpartition(":")[2] for row in process.rows(PUBLISHED) if row[3] == "second"]
    assert causes == ["announce", "announce"]


EMITTERS: Final = """
import asyncio, copy, sys
from pyee.asyncio import AsyncIOEventEmitter
from pyee.base import EventEmitter
class Shop(EventEmitter):
    def emit(self, event, *args, **kwargs):
        return super().emit(event, *args, **kwargs)
class Silent(EventEmitter):
    def emit(self, event, *args, **kwargs):
        for listener in self.listeners(event): listener(*args)
plain, shop, silent = EventEmitter(), Shop(), Silent()
other = copy.copy(plain)
def sold(what): print("sold", what)
for emitter in (plain, shop, silent):
    emitter.on("sold", sold)
    emitter.emit("sold", 1)
    emitter.emit("sold", 2)
    emitter.remove_listener("sold", sold)
    emitter.emit("sold", 3)
twin = copy.copy(plain)
twin.on("sold", sold)
plain.remove_all_listeners()
print(vars(twin).keys() == vars(plain).keys())
async def main():
    waiting = AsyncIOEventEmitter()
    async def slow(what):
        await asyncio.sleep(0)
        if what == 2: raise KeyError(what)
        if what == 3: await asyncio.sleep(1000)
    waiting.on("slow", slow)
    waiting.on("error", lambda error: print("error", repr(error)))
    for what in (1, 2, 3): waiting.emit("slow", what)
    while len(waiting._waiting) > 1: await asyncio.sleep(0)
    waiting.cancel()
    for _ in range(9): await asyncio.sleep(0)
asyncio.run(main())
sys.exit(4)
"""


def test_emitters_of_a_class_below_and_listeners_that_wait(tmp_path: Path) -> None:
    """What is emitted by a class that calls its listeners itself is seen; its listeners are not."""
    ran = both(tmp_path, EMITTERS)
    assert (ran.code, troubles(ran)) == (4, [])
    assert published(ran)["sold"] == 9
    assert (ran.executions()["sold"], ran.output.count("sold ")) == (4, 6)
    assert ran.executions()["slow"] == 3
    ends = Counter(row[3] for process in ran.processes for row in process.rows(HANDLER_ENDED))
    assert (ends["failed"], ends["cancelled"]) == (1, 1)


PROCESSES: Final = """
import multiprocessing, os, threading
from blinker import signal
ticked = signal("ticked")
def tick(sender):
    with open(os.environ["TALLY"], "a") as file: file.write("tick\\n")
ticked.connect(tick)
def work(count):
    for number in range(count): ticked.send(number)
if __name__ == "__main__":
    if not (child := os.fork()):  # before anything has been sent
        work(5)
        os._exit(3)
    print(os.waitpid(child, 0)[1])
    threads = [threading.Thread(target=work, args=(20,)) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    for way in ("fork", "spawn"):
        child = multiprocessing.get_context(way).Process(target=work, args=(7,))
        child.start()
        child.join()
        print(child.exitcode)
"""


def test_threads_and_processes_however_they_begin(tmp_path: Path) -> None:
    ran = both(tmp_path, PROCESSES)
    assert troubles(ran) == []
    assert ran.executions() == ran.tally == {"tick": 5 + 80 + 7 + 7}
    assert ran.statuses() == {"ok": 99}


DJANGO: Final = """
import django.dispatch, logging, sys
from celery.utils.dispatch import Signal as TaskSignal
from django.conf import settings
settings.configure()
asked, stored = django.dispatch.Signal(), TaskSignal(name="stored")
def broken(sender, **values): raise LookupError("lost")
@django.dispatch.receiver(asked, sender=int)
def only(sender, **values): stored.send(sender)
def store(sender, **values): pass
asked.connect(broken)
stored.connect(store)
logging.basicConfig(stream=sys.stdout, format="%(name)s %(message)s")
for sender in (int, str):
    for receiver, result in asked.send_robust(sender):
        print(receiver is broken, receiver is only, repr(result))
print(stored.send_robust(None)[0][0] is store)
try:
    asked.send(str)
except LookupError as error:
    frames, traceback = [], error.__traceback__
    while traceback: frames, traceback = [*frames, traceback.tb_frame.f_code.co_name], traceback.tb_next
    print(frames)
"""


def test_signals_of_django_and_celery_whose_receivers_raise(tmp_path: Path) -> None:
    ran = both(tmp_path, DJANGO)
    assert troubles(ran) == []
    assert published(ran) == {"asked": 3, "stored": 2}
    assert ran.executions() == {"broken": 3, "only": 1, "store": 2}
    assert ran.statuses() == {"ok": 3, "failed": 3}


HOOKS: Final = """
import pluggy
spec, impl = pluggy.HookspecMarker("shop"), pluggy.HookimplMarker("shop")
class Specs:
    @spec
    def priced(self, amount): ...
class Plugin:
    @impl
    def priced(self, amount): return amount + 1
class Around:
    @impl(wrapper=True)
    def priced(self, amount):
        found = yield
        return [*found, 0]
manager = pluggy.PluginManager("shop")
manager.add_hookspecs(Specs)
manager.register(Plugin())
manager.register(Around())
print(manager.hook.priced(amount=1), manager.hook.priced(amount=2))
manager.register(Plugin(), "late")
print(manager.hook.priced(amount=3))
"""


def test_hooks_of_pluggy(tmp_path: Path) -> None:
    ran = both(tmp_path, HOOKS)
    assert troubles(ran) == []
    assert published(ran) == {"priced": 3}
    assert ran.executions() == {"priced": 2 + 2 + 3}


WIRING: Final = """
from blinker import Namespace
from pyee.base import EventEmitter
class Own:
    def __init__(self): self.handlers = {}
    def subscribe(self, name, handler): self.handlers.setdefault(name, []).append(handler)
    def publish(self, name, *args):
        for handler in self.handlers.get(name, ()): handler(*args)
signals, emitter, own = Namespace(), EventEmitter(), Own()
paid = signals.signal("paid")
def make(): return EventEmitter()
"""
WIRED: Final = """
import wiring
def heard(*args, **values): print("heard", args[1:])
script, own = wiring.make(), wiring.Own()
wiring.paid.connect(heard)
for bus, event in ((wiring.emitter, "moved"), (script, "run")): bus.on(event, heard)
for bus in (wiring.own, own): bus.subscribe("own", heard)
for _ in range(2):
    wiring.paid.send(None)
    wiring.emitter.emit("moved")
    script.emit("run")
    wiring.own.publish("own")
    own.publish("own")
"""
INSTEAD: Final = "{} is a function or a class: on Python 3.11 all buses of known libraries are recorded"
UNKNOWN: Final = "{} is not a bus of a known library: it is recorded on Python 3.12 and newer only."


@pytest.mark.parametrize(
    ("app", "events", "words"),
    [
        ([], {"paid": 2, "moved": 2, "run": 2}, ""),
        (["wiring:paid"], {"paid": 2}, ""),
        (["wiring:signals"], {"paid": 2}, ""),
        (["wiring:emitter"], {"moved": 2, "run": 2}, ""),  # all of its class, as on newer versions
        (["app:script"], {"moved": 2, "run": 2}, ""),
        (["wiring"], {"paid": 2, "moved": 2, "run": 2}, ""),
        (["wiring:make"], {"paid": 2, "moved": 2, "run": 2}, INSTEAD.format("wiring:make")),
        (["wiring:own"], {}, UNKNOWN.format("wiring:own")),
        (["app:own"], {}, UNKNOWN.format("app:own")),
        (["wiring:own", "wiring:paid"], {"paid": 2}, UNKNOWN.format("wiring:own")),
        (["wiring:nothing"], {}, "No attribute nothing in module wiring."),
        (["app:nothing"], {}, "No attribute nothing in module app."),
    ],
)
def test_what_is_named_is_recorded_or_told(app: list[str], events: dict[str, int], words: str, tmp_path: Path) -> None:
    """Containers of the program's own are left alone: their handlers would be replaced, which a program can notice."""
    (tmp_path / "wiring.py").write_text(WIRING)
    ran = both(tmp_path, WIRED, app)
    assert published(ran) == events
    assert [text[: len(words)] for text in troubles(ran)] == [words] * bool(words)


def test_a_library_that_cannot_be_imported_and_one_that_is_not_there(tmp_path: Path) -> None:
    """The finder that waits finds nothing by itself: errors, loaders and what is asked for are the program's."""
    for name, text in (("__init__", "from . import base"), ("base", "import missing_one")):
        (tmp_path / "blinker").mkdir(exist_ok=True)
        (tmp_path / "blinker" / f"{name}.py").write_text(text)
    code = """
    import importlib.util, traceback
    for _ in range(2):
        try: import blinker
        except ImportError: traceback.print_exc()
    try: import litestar.nothing
    except ImportError as error: print(error)
    for name in ("pyee.base", "django.dispatch.dispatcher"):  # asked for, and not run
        spec = importlib.util.find_spec(name)
        print(name, type(spec.loader), vars(spec.loader))
    import pyee.base
    print(vars(pyee.base.__loader__), pyee.base.__spec__.loader is pyee.base.__loader__)
    """
    ran = both(tmp_path, code)
    assert "missing_one" in ran.errors
    assert published(ran) == {}


def test_a_program_without_a_library_reports_that_it_is_there(tmp_path: Path) -> None:
    ran = both(tmp_path, "import json, sys; print(sorted(sys.modules) == 0); sys.exit(2)")
    (process,) = ran.processes
    assert (ran.code, process.items) == (2, [])
    assert process.hello["limit"].endswith(LIMIT)


POOLS: Final = """
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pyee.executor import ExecutorEventEmitter
def work(number):
    print("worked", number, flush=True)
if __name__ == "__main__":
    for pool in (ProcessPoolExecutor(1), ThreadPoolExecutor(1)):
        with ExecutorEventEmitter(pool) as emitter:
            emitter.on("go", work)
            emitter.emit("go", 1)
            emitter.emit("go", 2)
"""


def test_what_goes_to_a_pool_of_processes_is_the_programs_own(tmp_path: Path) -> None:
    """It is pickled: there the listener runs, and is not seen; in a pool of threads it is."""
    ran = both(tmp_path, POOLS)
    assert sorted(ran.output.split()) == sorted(["worked", "1", "worked", "2"] * 2)
    assert published(ran)["go"] == 4
    assert ran.executions() == {"work": 2}


DEEP: Final = """
from blinker import Signal
signal, depth = Signal(), 0
def deeper(sender):
    global depth
    depth += 1
    signal.send(sender)
def shallow(sender): pass
signal.connect(deeper)
for _ in range(2):
    try: signal.send(1)
    except RecursionError: print("too deep")
signal.disconnect(deeper)
signal.connect(shallow)
signal.send(2)
open("depth.txt", "w").write(str(depth))
"""


def test_a_program_that_recurses_without_end_is_recorded_as_far_as_there_is_room(tmp_path: Path) -> None:
    """What is sent where the stack is nearly full is counted, and everything after that is recorded again."""
    ran = both(tmp_path, DEEP)
    count = ran.executions()["deeper"]
    assert count > 20
    assert ran.statuses() == {"failed": count, "ok": 1}
    assert troubles(ran) == []
    depth = int((tmp_path / "depth.txt").read_text())
    assert published(ran).total() + left_out(ran) in (depth + 1, depth + 2, depth + 3)


LASTING: Final = """
import atexit, threading
from blinker import signal
begun, opened, closed = threading.Event(), signal("opened"), signal("closed")
def wait(sender):
    begun.set()
    threading.Event().wait()
def last(sender): print("last")
class Late:
    def __del__(self): closed.send(None)
opened.connect(wait)
closed.connect(last)
atexit.register(closed.send, None)
threading.Thread(target=opened.send, args=(None,), daemon=True).start()
begun.wait()
late = Late()
"""


def test_what_runs_when_the_program_ends_is_not_said_to_have_ended(tmp_path: Path) -> None:
    """Exit hooks are recorded; what objects send as they go after that is not, and everything is as it was then."""
    ran = both(tmp_path, LASTING)
    (process,) = ran.processes
    assert published(ran) == {"opened": 1, "closed": 1}
    assert ran.executions() == {"wait": 1, "last": 1}
    assert len(process.rows(HANDLER_ENDED)) == len(process.rows(PUBLICATION_ENDED)) == 1
    assert troubles(ran) == []


BUSY: Final = """
from blinker import Signal
first, second = Signal(), Signal()
def again(sender): second.send(sender)
def receive(sender): return sender
first.connect(again)
second.connect(receive)
for number in range(20_000):
    assert second.send(number)[0] == (receive, number)
    if not number % 10: first.send(number)
"""


def test_a_busy_program_is_counted_exactly_where_it_is_not_recorded(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(BUSY)
    ran = run([str(PYTHON), "app.py"], tmp_path, {"app": [], "budget": 0.1})
    (process,) = ran.processes
    assert (ran.code, ran.errors, troubles(ran)) == (0, "", [])
    rows = Counter(row[3] for row in process.rows(PUBLISHED))
    assert 0 < rows.total() < 24_000
    assert rows.total() + left_out(ran) == 24_000
    assert ran.executions() == {"again": rows["first"], "receive": rows["second"]}


WORKER: Final = """
import os
from celery import Celery, signals
from celery.contrib.testing.worker import start_worker
app = Celery("shop", broker="memory://", backend="cache+memory://")
@app.task
def add(first, second):
    if second == 3: raise ValueError(second)
    return first + second
def note(word):
    with open(os.environ["TALLY"], "a") as file: file.write(word + "\\n")
@signals.task_prerun.connect
def before(sender, task_id, **values): note("before")
@signals.task_postrun.connect
def after(sender, state, **values): note("after")
@signals.task_failure.connect
def lost(sender, exception, **values): note("lost")
with start_worker(app, perform_ping_check=False, pool="solo", loglevel="CRITICAL"):
    results = [add.delay(1, second) for second in range(5)]
    print([result.get(timeout=600, propagate=False) for result in results])
"""


def test_a_worker_of_celery_in_a_thread(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(WORKER)
    bare = run([str(PYTHON), "app.py"], tmp_path, None)
    ran = run([str(PYTHON), "app.py"], tmp_path, {"app": []})
    assert ran.seen == bare.seen == (0, "[1, 2, 3, ValueError(3), 5]\n", "")
    assert ran.executions() == ran.tally == {"before": 5, "after": 5, "lost": 1}
    assert ran.statuses() == {"ok": 11}
    assert {"task_prerun": 5, "task_postrun": 5, "task_failure": 1}.items() <= published(ran).items()
    assert troubles(ran) == []


PLUGINS: Final = """
import pluggy
impl = pluggy.HookimplMarker("shop")
class Plugin:
    @impl
    def priced(self, amount):
        if amount > 1: raise ValueError(amount)
        return amount
manager = pluggy.PluginManager("shop")
manager.register(Plugin())
def test_cheap(): assert manager.hook.priced(amount=1) == [1]
def test_dear(): assert manager.hook.priced(amount=2) == [2]
"""


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="pytest is installed for the Python that runs the tests.")
def test_under_pytest_hooks_of_the_program_are_recorded_and_those_of_pytest_are_not(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("")
    (tmp_path / "test_app.py").write_text(PLUGINS)
    command = [sys.executable, "-m", "pytest", "--color=no", "-p", "no:cacheprovider", "test_app.py"]
    bare, ran = run(command, tmp_path, None), run(command, tmp_path, {"app": []})
    outputs = [re.sub(r"0x[0-9a-f]+|[0-9.]+s.*", "", outcome.output) for outcome in (bare, ran)]
    assert outputs[0] == outputs[1]
    assert ran.errors == bare.errors
    assert "1 failed, 1 passed" in ran.output
    assert (ran.code, troubles(ran)) == (1, [])
    assert published(ran) == {"priced": 2}
    assert ran.statuses() == {"ok": 1, "failed": 1}
