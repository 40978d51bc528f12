"""Programs under the agent: their rings hold what their own tallies say, and nobody could tell that it was there."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any, Final

import pytest

from inspector.agent.run import ring, start
from inspector.agent.run.reporter import outcome_of
from inspector.core.records.host import NotedOutside
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    SESSION_STARTED,
)
from tests.agent.observe.test_observe import LIBRARIES, OBSERVED, REQUIRED
from tests.agent.run.running import Ran, run
from tests.hosts.children import INTERPRETERS

BUS: Final = """
import os
def tick(word):
    file = os.open(os.environ["TALLY"], os.O_WRONLY | os.O_APPEND)
    os.write(file, (word + chr(10)).encode())
    os.close(file)

class Bus:
    def __init__(self):
        self.handlers = {}
    def subscribe(self, name, handler):
        self.handlers.setdefault(name, []).append(handler)
    def emit(self, name, payload):
        for handler in self.handlers.get(name, ()):
            handler(payload)

def light(payload):
    tick("light")
def shade(payload):
    tick("shade")
    raise ValueError("no shade")
"""
SCRIPT: Final = """
from shopbus import Bus, light, shade
bus = Bus()
bus.subscribe("lit", light)
bus.subscribe("dark", shade)
bus.emit("lit", {"room": 1})
try:
    bus.emit("dark", {"room": 2})
except ValueError as error:
    print("caught", error)
print(__name__, flush=True)
import sys
print("to stderr", file=sys.stderr)
sys.exit(3)
"""
ASYNC: Final = """
import asyncio
from dataclasses import dataclass
from shopbus import tick
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
    async def publish(self, event):
        await asyncio.gather(*(handler(event) for handler in self.handlers.get(type(event), ())))
async def on_lit(event):
    await asyncio.sleep(0)
    tick("on_lit")
    await bus.publish(Dim(event.room))
async def on_dim(event):
    tick("on_dim")
def get_bus():
    bus = Bus()
    bus.subscribe(Lit, on_lit)
    bus.subscribe(Dim, on_dim)
    return bus
bus = None
async def main():
    global bus
    bus = get_bus()
    await asyncio.gather(*(bus.publish(Lit(str(number))) for number in range(5)))
asyncio.run(main())
"""
PROCESSES: Final = """
import multiprocessing, os, sys
from shopbus import Bus, tick
bus = Bus()
def light(payload):
    tick("light")
bus.subscribe("lit", light)
def work(number):
    for _ in range(number):
        bus.emit("lit", {"room": number})
    return number
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    bus.emit("lit", {"room": 0})
    process = multiprocessing.Process(target=work, args=(4,))
    process.start()
    process.join()
    with multiprocessing.Pool(2) as pool:
        print(sum(pool.map(work, [1, 2, 3], 1)))
"""
FORKS: Final = """
import os
from shopbus import Bus, light, tick
bus = Bus()
def split(payload):
    tick("split")
    child = os.fork()
    bus.emit("lit", {"child": not child})
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
bus.subscribe("split", split)
bus.subscribe("lit", light)
bus.emit("split", {})
bus.emit("lit", {})
os._exit(7)
"""
THREADS: Final = """
import threading
from blinker import signal
from shopbus import tick
lit = signal("lit")
def on_lit(sender, **values):
    tick("on_lit")
lit.connect(on_lit)
def work():
    for number in range(25):
        lit.send("room", number=number)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("done")
"""
NEWEST: Final = list(OBSERVED.values())[-1] if OBSERVED else ""


@pytest.fixture
def python() -> str:
    if not NEWEST:
        assert not os.environ.get(REQUIRED), "Python 3.12 or newer has to be there, and was not found"
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    return NEWEST


def compared(folder: Path, program: str, spec: dict[str, Any], *command: str, **environment: str) -> Ran:
    """Run a program alone and watched; what it shows is the same, and each of its handlers ran as often as it says."""
    (folder / "shopbus.py").write_text(BUS)
    (folder / "app.py").write_text(dedent(program))
    alone = run(command, folder, None, environment)
    watched = run(command, folder, spec, environment)
    assert watched.seen == alone.seen
    assert watched.executions() == watched.tally == alone.tally
    return watched


@pytest.mark.parametrize("app", [["app:bus"], []])
def test_a_script_whose_bus_is_an_attribute(python: str, tmp_path: Path, app: list[str]) -> None:
    ran = compared(tmp_path, SCRIPT, {"app": app}, python, "app.py")
    (process,) = ran.processes
    assert ran.code == 3
    assert ran.statuses() == {"ok": 1, "failed": 1}
    assert [item[0] for item in process.items[:2]] == ["anchor", SESSION_STARTED]
    assert [row[6] for row in process.rows(PUBLISHED)] == [0, 0]
    assert process.words[ring.STATE] == ring.ENDED
    assert process.hello["argv"][1:] == ["app.py"]


@pytest.mark.parametrize(
    ("app", "about"),
    [
        ("app:nope", "No attribute nope in module app."),
        ("shopbus:os", "shopbus:os is not a recognized bus"),
        ("shopbus:light", "shopbus:light is not a bus: it is a function that returned None."),
    ],
)
def test_what_was_named_and_is_no_bus_is_told(python: str, tmp_path: Path, app: str, about: str) -> None:
    (tmp_path / "shopbus.py").write_text(BUS)
    (tmp_path / "app.py").write_text(SCRIPT)
    ran = run([python, "app.py"], tmp_path, {"app": [app]})
    assert ran.seen == (3, "caught no shade\n__main__\n", "to stderr\n")
    ((kind, text, _),) = ran.processes[0].items
    assert kind == "trouble"
    assert text.startswith(about)


def test_every_python_from_3_12_on(tmp_path: Path) -> None:
    for path in {*OBSERVED.values()}:
        compared(tmp_path, SCRIPT, {"app": ["app:bus"]}, path, "app.py")


@pytest.mark.parametrize("app", [["app:get_bus"], ["app:bus"], []])
def test_a_bus_of_a_factory_and_causes(python: str, tmp_path: Path, app: list[str]) -> None:
    ran = compared(tmp_path, ASYNC, {"app": app}, python, "app.py")
    (process,) = ran.processes
    assert ran.tally == {"on_lit": 5, "on_dim": 5}
    causes = [row[6] for row in process.rows(PUBLISHED) if row[3] == "Dim"]
    lit = {row[2] for row in process.rows(HANDLER_STARTED) if row[4].endswith("on_lit")}
    assert set(causes) == lit


def test_a_class_that_is_the_bus_itself(python: str, tmp_path: Path) -> None:
    program = """
from shopbus import tick
class Bus:
    handlers = {"lit": []}
    @classmethod
    def on(cls, topic):
        return lambda handler: cls.handlers[topic].append(handler) or handler
    @classmethod
    def emit(cls, topic, **data):
        for handler in cls.handlers[topic]: handler(**data)
@Bus.on("lit")
def on_lit(room): tick("on_lit")
for room in range(3): Bus.emit("lit", room=room)
"""
    assert compared(tmp_path, program, {"app": ["app:Bus"]}, python, "app.py").tally == {"on_lit": 3}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_of_a_pool(python: str, tmp_path: Path, method: str) -> None:
    ran = compared(tmp_path, PROCESSES, {"app": ["app:bus"]}, python, "app.py", method)
    assert ran.tally == {"light": 11}
    keys = {row[4] for process in ran.processes for row in process.rows(HANDLER_STARTED)}
    assert len(keys) == 1
    assert sum(bool(process.rows(PUBLISHED)) for process in ran.processes) >= 3


def test_a_handler_that_forks_and_an_end_without_exit_hooks(python: str, tmp_path: Path) -> None:
    ran = compared(tmp_path, FORKS, {}, python, "-W", "error", "app.py")
    parent, child = ran.processes
    assert ran.code == 7
    assert [len(process.rows(PUBLISHED)) for process in (parent, child)] == [3, 1]
    assert child.rows(PUBLISHED)[0][6] == 0  # what ran in the parent is not the child's
    assert child.words[ring.PARENT] == parent.words[ring.PID]
    assert parent.words[ring.STATE] == child.words[ring.STATE] == ring.RUNNING


WORKER: Final = """
import os
from shopbus import Bus, light
bus = Bus()
bus.subscribe("lit", light)
child = os.fork()
if not child:
    for payload in ({"room": 1}, {"room": 2}):
        for handler in bus.handlers["lit"]:
            handler(payload)
    os._exit(0)
os.waitpid(child, 0)
"""


def test_a_fork_that_only_handles_what_another_process_published(python: str, tmp_path: Path) -> None:
    ran = compared(tmp_path, WORKER, {"app": ["app:bus"]}, python, "app.py")
    assert ran.tally == {"light": 2}
    assert ran.statuses() == {"ok": 2}


@pytest.mark.parametrize("app", [["app:lit"], []])
def test_threads_with_a_library(tmp_path: Path, app: list[str]) -> None:
    if not LIBRARIES.exists():
        assert not os.environ.get("REQUIRE_LIBRARIES")
        pytest.skip("blinker is not installed: run tools/library-venvs.")
    ran = compared(tmp_path, THREADS, {"app": app}, str(LIBRARIES), "app.py")
    assert ran.tally == {"on_lit": 100}
    assert ran.statuses() == {"ok": 100}


@pytest.mark.parametrize(("spent", "waited"), [([8, 9, 10], True), ([8, 9, 9], False), ([0, 0], False)])
def test_a_thread_waits_for_another_that_loads_the_agent_as_long_as_it_gets_on(
    monkeypatch: pytest.MonkeyPatch, spent: list[int], waited: bool
) -> None:
    """On a busy machine that took longer than a fixed time, and what the other threads published was lost."""
    agent = start.Agent.__new__(start.Agent)
    agent._lock, agent._loader = start.allocate_lock(), 4711
    asked = []

    def times(task: str) -> tuple[int, int]:
        asked.append(task)
        if waited and len(asked) == len(spent):
            agent._lock.release()
        return spent[len(asked) - 1], 0

    monkeypatch.setattr(start, "processor_times", times)
    monkeypatch.setattr(start, "_LONGEST", 0.001)
    agent._lock.acquire()
    assert agent._turn() is waited
    assert asked == ["self/task/4711"] * len(spent)


@pytest.mark.parametrize("behind", ["print('behind')", "raise KeyError('behind')", "import nowhere", None])
def test_the_sitecustomize_that_was_there(python: str, tmp_path: Path, behind: str | None) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    if behind is not None:
        (folder / "sitecustomize.py").write_text(behind)
    code = "import sys, os; print(sys.path, 'usercustomize' in sys.modules, len(sys.meta_path), len(sys.path_hooks))"
    ran = compared(tmp_path, code, {"app": ["shop:bus"]}, python, "-m", "app", PYTHONPATH=str(folder))
    assert len(ran.processes) == 1


def test_what_it_leaves_in_a_process_that_has_nothing_to_report(python: str, tmp_path: Path) -> None:
    code = """
    import os, sys, threading
    print(len(threading.enumerate()), sorted(os.listdir("/proc/self/fd")), sys.flags, sys.dont_write_bytecode)
    print([name for name in ("json", "dataclasses", "asyncio", "logging") if name in sys.modules])
    """
    ran = compared(tmp_path, code, {"app": ["shop:bus"]}, python, "app.py")
    assert ran.processes[0].items == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="pytest is installed for Python 3.11, which cannot be watched.")
def test_what_pytest_runs(tmp_path: Path) -> None:
    """Each test is a message with its outcome and its time, and what is published in it lies between."""
    (tmp_path / "conftest.py").write_text("")
    program = """
    import pytest
    from shopbus import Bus, light, shade
    bus = Bus()
    bus.subscribe("lit", light)
    bus.subscribe("dark", shade)
    def test_light(): bus.emit("lit", {})
    def test_shade(): bus.emit("dark", {})
    @pytest.mark.skip
    def test_night(): pass
    @pytest.mark.xfail
    def test_dusk(): assert 0
    @pytest.mark.xfail
    def test_dawn(): pass
    @pytest.fixture
    def lamp(): raise OSError
    def test_lamp(lamp): pass
    """
    command = (sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider")
    (tmp_path / "shopbus.py").write_text(BUS)
    (tmp_path / "test_app.py").write_text(dedent(program))
    ran = run(command, tmp_path, {"app": []})
    (process,) = ran.processes
    assert ran.code == 1
    assert ran.executions() == ran.tally == {"light": 1, "shade": 1}
    tests = process.messages("test")
    assert [(name.partition("::")[2], outcome) for _, name, outcome, _, _ in tests] == [
        ("test_light", "passed"),
        ("test_shade", "failed"),
        ("test_night", "skipped"),
        ("test_dusk", "xfailed"),
        ("test_dawn", "xpassed"),
        ("test_lamp", "failed"),
    ]
    times = [row[1] for row in process.rows(PUBLISHED)]
    assert all(begun <= at <= ended for (_, _, _, begun, ended), at in zip(tests, times, strict=False))


@pytest.mark.parametrize(
    ("words", "expected", "outcome"),
    [
        (["passed", "passed", "passed"], None, "passed"),
        (["skipped", "passed"], None, "skipped"),
        (["failed", "passed"], None, "failed"),
        (["passed", "passed", "failed"], None, "failed"),
        (["passed", "skipped", "passed"], 1, "xfailed"),
        (["passed", "passed", "passed"], 1, "xpassed"),
        (["passed", "failed", "passed"], 1, "failed"),  # strictly expected to fail
        ([], None, ""),
    ],
)
def test_outcomes_are_called_as_pytest_does(words: list[str], expected: int | None, outcome: str) -> None:
    reports = [SimpleNamespace(outcome=word) for word in words]
    if expected is not None:
        reports[expected].wasxfail = ""
    assert outcome_of(reports) == outcome


@pytest.mark.skipif("3.11" not in INTERPRETERS, reason="There is no Python 3.11 here.")
def test_python_3_11_says_what_it_cannot_show(tmp_path: Path) -> None:
    (tmp_path / "shopbus.py").write_text(BUS)
    (tmp_path / "app.py").write_text(SCRIPT)
    ran = run([INTERPRETERS["3.11"], "app.py"], tmp_path, {"app": ["app:bus"]})
    assert ran.seen == (3, "caught no shade\n__main__\n", "to stderr\n")
    (process,) = ran.processes
    assert process.items == []
    assert "3.12 or newer" in process.hello["limit"]


MAILS: Final = """
import asyncio, json, smtplib, socketserver, threading
from email.message import EmailMessage
from shopbus import Bus, tick
class Server(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 here\\r\\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            self.wfile.write({b"DATA": b"354 go on\\r\\n", b"QUIT": b"221 bye\\r\\n"}.get(word, b"250 well\\r\\n"))
            if word == b"DATA":
                while self.rfile.readline() != b".\\r\\n": pass
                self.wfile.write(b"250 taken\\r\\n")
            elif word == b"QUIT":
                return
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
class OrderMailer:
    def send_receipt(self, to, subject, **options): self._send(to)
    def _send(self, to):
        if to == "nobody": raise LookupError(to)
    async def deliver(self, recipient): await asyncio.sleep(0)
class SSEEvent:
    def to_wire(self): return "event: placed\\ndata: " + json.dumps({"number": 7}) + "\\n\\n"
def by_smtp(payload):
    tick("by_smtp")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.org", "ada@example.org", "Order"
    message.set_content("hello")
    with smtplib.SMTP("127.0.0.1", server.server_address[1]) as client:
        client.send_message(message)
def by_class(payload):
    tick("by_class")
    OrderMailer().send_receipt("bob@example.org", subject="Receipt")
    asyncio.run(OrderMailer().deliver("eve@example.org"))
    try: OrderMailer().send_receipt("nobody", "x")
    except LookupError: pass
def frame(payload):
    tick("frame")
    SSEEvent().to_wire()
OrderMailer().send_receipt("outside", "no handler sends this")
bus = Bus()
for handler in (by_smtp, by_class, frame): bus.subscribe("placed", handler)
for number in range(2): bus.emit("placed", {"number": number})
methods = [smtplib.SMTP.send_message, OrderMailer.send_receipt, OrderMailer.deliver, SSEEvent.to_wire]
print([(method.__name__, method.__module__, hasattr(method, "__wrapped__")) for method in methods])
"""


def test_mails_and_frames_are_noted_and_nothing_stands_in_for_what_makes_them(python: str, tmp_path: Path) -> None:
    ran = compared(tmp_path, MAILS, {}, python, "app.py")
    assert "True" not in ran.output
    notes = [(row[2], row[4], row[6]) for row in ran.processes[0].rows(NOTED) if row[4] in ("mail", "sse")]
    mails = ["mail to ada@example.org: Order", "mail to bob@example.org: Receipt", "mail to eve@example.org"]
    assert notes == [
        *[(1, "mail", mails[0]), (2, "mail", mails[1]), (2, "mail", mails[2]), (3, "sse", "placed")],
        *[(4, "mail", mails[0]), (5, "mail", mails[1]), (5, "mail", mails[2]), (6, "sse", "placed")],
    ]


INSIDE: Final = """
import sqlite3, sys, threading, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from shopbus import Bus, tick
class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_): pass
server = HTTPServer(("127.0.0.1", 0), Answers)
threading.Thread(target=server.serve_forever, daemon=True).start()
database = sqlite3.connect(":memory:", check_same_thread=False)
database.execute("CREATE TABLE orders (number INTEGER)")
class Gateway:
    def send(self, to): return to.upper()
def watch_sms(effects):
    def sent(call):
        effects.tell("sms", "sms to " + call.result, {"to": call.arguments["to"]})
    return effects.watch_calls(__name__, "Gateway.send", sent)
__inspector_probes__ = [watch_sms]
def place(payload):
    tick("place")
    database.execute("INSERT INTO orders VALUES (?)", (payload["number"],))
    url = "http://127.0.0.1:%d/place?token=abc" % server.server_address[1]
    urllib.request.urlopen(url).close()
    print("placed", payload["number"])
    thread = threading.Thread(target=Gateway().send, args=("ada",))
    thread.start()
    thread.join()
bus = Bus()
bus.subscribe("placed", place)
for number in range(2): bus.emit("placed", {"number": number})
print("done")
database.commit()
print(type(database), sqlite3.connect, type(sys.stdout), Gateway.send.__code__.co_name)
"""


def test_what_happens_inside_of_handlers_is_noted_and_what_does_not_belongs_to_the_process(
    python: str, tmp_path: Path
) -> None:
    ran = compared(tmp_path, INSIDE, {"app": ["app:bus"]}, python, "app.py")
    told = ran.processes[0]
    notes = [(row[2], row[4], row[6].partition(":")[0]) for row in told.rows(NOTED)]
    assert notes == [
        (number, kind, text)
        for number in (1, 2)
        for kind, text in (
            ("sql", "INSERT INTO orders VALUES (?)"),
            ("http", "GET 127.0.0.1"),
            ("output", f"placed {number - 1}"),
            ("sms", "sms to ADA"),
        )
    ]
    outside = [(row[2], row[4]) for row in told.rows(NotedOutside.KIND)]
    assert outside[:2] == [("output", "done"), ("sql", "COMMIT")]
    assert not told.messages("trouble")
    assert "abc" not in str(told.rows(NOTED))


COUNTED: Final = """
import asyncio, time
from dataclasses import dataclass
@dataclass
class Lit:
    room: int
@dataclass
class Dim:
    room: int
class Bus:
    def __init__(self):
        self.handlers = {Lit: [on_lit, broken], Dim: [on_dim]}
        self.published = 0
    def subscribe(self, cls, handler):
        self.handlers.setdefault(cls, []).append(handler)
    async def publish(self, event):
        self.published += 1
        for handler in self.handlers[type(event)]:
            await handler(event)
async def on_lit(event):
    await asyncio.sleep(0)
    await bus.publish(Dim(event.room))
async def on_dim(event):
    await asyncio.sleep(0)
def late():
    pass
async def broken(event):
    timer = asyncio.get_running_loop().call_later(5, late)
    timer.cancel()
    raise ValueError(event.room)
bus = Bus()
async def work():
    end = time.process_time() + 0.8
    while time.process_time() < end:
        try:
            await bus.publish(Lit(1))
        except ValueError:
            await asyncio.sleep(0)
async def main():
    await asyncio.gather(*(work() for _ in range(5)))
asyncio.run(main())
print(bus.published)
"""


def test_a_budget_counts_what_it_leaves_out(python: str, tmp_path: Path) -> None:
    """What is recorded is whole, each event with its handlers and with what they publish; the rest is counted."""
    (tmp_path / "app.py").write_text(COUNTED)
    ran = run([python, "app.py"], tmp_path, {"app": ["app:bus"], "budget": 1})
    (process,) = ran.processes
    lit, dim = ([row for row in process.rows(PUBLISHED) if row[3] == name] for name in ("Lit", "Dim"))
    assert len(lit) + len(dim) + process.words[ring.COUNTED] + process.words[ring.DROPPED] == int(ran.output)
    assert process.words[ring.COUNTED] > 0 < len(lit)
    assert process.words[ring.ONE_IN] > 1
    executions = [row[3] for row in process.rows(HANDLER_STARTED)]
    assert [executions.count(row[2]) for row in lit] == [2] * len(lit)
    assert [executions.count(row[2]) for row in dim] == [1] * len(dim)
    assert len(dim) == len(lit)
    assert len({row[6] for row in dim} - {0}) == len(dim)
    assert sorted(row[2] for row in process.rows(HANDLER_ENDED)) == [*range(1, len(executions) + 1)]
    assert ran.statuses() == {"ok": 2 * len(lit), "failed": len(lit)}
    assert ran.errors == ""


#: A bus that counts what it publishes.
COUNTING: Final = """
class Lit:
    def __init__(self, room):
        self.room = room
class Bus:
    def __init__(self):
        self.handlers = {}
        self.published = 0
    def subscribe(self, event, handler):
        self.handlers.setdefault(event, []).append(handler)
    def publish(self, event):
        self.published += 1
        for handler in self.handlers[type(event)]:
            handler(event)
"""
FAILING: Final = f"""{COUNTING}
import contextvars, sys, time
def on_lit(event):
    if event.room % 7 == 0:
        raise ValueError(event.room)
def on_lit_too(event):
    if event.room % 5 == 0:
        bus.publish(Lit(event.room + 1))
bus = Bus()
for handler in (on_lit, on_lit_too):
    bus.subscribe(Lit, handler)
direct = number = 0
end = time.process_time() + 0.8
while time.process_time() < end:
    number += 1
    try:
        bus.publish(Lit(number))
    except ValueError:
        pass
    if number % 3 == 0 and "direct" in sys.argv:
        on_lit(Lit(number + 0.5))
        direct += 1
print(bus.published + direct)
print([value for value in contextvars.copy_context().values() if value])
"""


@pytest.mark.parametrize("direct", [["direct"], []])
def test_a_budget_counts_what_fails_and_what_is_handled_by_itself(
    python: str, tmp_path: Path, direct: list[str]
) -> None:
    """A publish that a handler's exception leaves is over; a handler that is called without one counts as well."""
    (tmp_path / "app.py").write_text(FAILING)
    ran = run([python, "app.py", *direct], tmp_path, {"app": ["app:bus"], "budget": 1})
    (process,) = ran.processes
    happened, left = ran.output.splitlines()
    recorded = process.rows(PUBLISHED)
    assert len(recorded) + process.words[ring.COUNTED] + process.words[ring.DROPPED] == int(happened)
    assert process.words[ring.COUNTED] > 0 < len(recorded)
    assert left == "[]"  # nothing is under way any more
    assert sorted(row[2] for row in process.rows(PUBLICATION_ENDED)) == [*range(1, len(recorded) + 1)]
    started, ended = (sorted(row[2] for row in process.rows(kind)) for kind in (HANDLER_STARTED, HANDLER_ENDED))
    assert started == ended
    assert ran.errors == ""


def test_a_full_ring_drops_whole_publications_and_counts_them(python: str, tmp_path: Path) -> None:
    """Nobody reads while the program runs; what did not fit is known to the last one."""
    program = COUNTED.replace("await asyncio.sleep(0)", "pass").replace("0.8", "0.3")
    (tmp_path / "app.py").write_text(program)
    ran = run([python, "app.py"], tmp_path, {"app": ["app:bus"], "ring": 1 << 16})
    (process,) = ran.processes
    recorded = process.rows(PUBLISHED)
    assert len(recorded) + process.words[ring.DROPPED] == int(ran.output)
    assert len(process.rows(PUBLICATION_ENDED)) == len(recorded)
    assert len(process.rows(HANDLER_ENDED)) == len(process.rows(HANDLER_STARTED))
    assert process.words[ring.DROPPED] > 0 < len(recorded)
    assert process.words[ring.COUNTED] == 0


QUICK: Final = f"""{COUNTING}
import asyncio, os, signal, sys, threading
class Dim(Lit):
    pass
def on_lit(event):
    pass
def on_lit_too(event):
    if event.room == killed:
        os.kill(os.getpid(), signal.SIGKILL)
def on_dim(event):
    pass
bus = Bus()
for handler in (on_lit, on_lit_too):
    bus.subscribe(Lit, handler)
bus.subscribe(Dim, on_dim)
killed = -1
def work(rooms):
    for room in rooms:
        bus.publish(Lit(room))
"""


def test_what_ran_when_it_was_killed_is_told(python: str, tmp_path: Path) -> None:
    """Nothing is lost: neither what is written as a whole when it is over, nor what was under way."""
    (tmp_path / "app.py").write_text(QUICK + "killed = 99\nwork(range(200))\n")
    ran = run([python, "app.py"], tmp_path, {"app": ["app:bus"]})
    (process,) = ran.processes
    assert ran.code == -9
    assert len(process.rows(PUBLISHED)) == 100
    assert ran.executions() == {"on_lit": 100, "on_lit_too": 100}
    assert len(process.rows(HANDLER_ENDED)) == 199
    assert len(process.rows(PUBLICATION_ENDED)) == 99


IN_THREADS: Final = """
threads = [threading.Thread(target=work, args=(range(500),)) for _ in range(4)]
sys.setswitchinterval(1e-4)
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
SIGNALS: Final = """
def ring(number, frame): bus.publish(Dim(1))
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
work(range(2000))
signal.setitimer(signal.ITIMER_REAL, 0)
"""
LOOP_AND_THREADS: Final = """
async def slow():
    for room in range(300):
        bus.publish(Dim(room))
        await asyncio.sleep(0)
async def main():
    await asyncio.gather(*(asyncio.to_thread(work, range(300)) for _ in range(3)), slow())
asyncio.run(main())
"""


@pytest.mark.parametrize(
    "program", [IN_THREADS, SIGNALS, LOOP_AND_THREADS], ids=["threads", "signals", "loop and threads"]
)
def test_what_comes_in_between_has_its_place(python: str, tmp_path: Path, program: str) -> None:
    """Rows of several threads and of signal handlers are in an order in which each can be."""
    (tmp_path / "app.py").write_text(QUICK + program + "print(bus.published)\n")
    ran = run([python, "app.py"], tmp_path, {"app": ["app:bus"]})
    (process,) = ran.processes
    assert ran.errors == ""
    published = {row[2]: row for row in process.rows(PUBLISHED)}
    if "SIGALRM" not in program:  # Python tells nothing of what a signal handler does inside of a callback
        assert len(published) == int(ran.output)
    of_publication = {row[2]: row[3] for row in process.rows(HANDLER_STARTED)}
    executions = Counter(of_publication.values())
    assert executions == {number: 2 if row[3] == "Lit" else 1 for number, row in published.items()}
    assert sorted(row[2] for row in process.rows(HANDLER_ENDED)) == sorted(of_publication)
    assert sorted(row[2] for row in process.rows(PUBLICATION_ENDED)) == sorted(published)
