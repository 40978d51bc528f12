"""Real stacks under ``inspector run``: what is recorded is the tally that the program keeps, and nothing else changes.

``tools/library-venvs`` installs them. Where it was not run, or where there is no Python 3.12, these tests are skipped,
unless REQUIRE_LIBRARIES is set, as ``.ci/run`` does. On Python 3.13 some are run, and with ALL_STACKS set, as ``make
stacks`` does, all of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.patience import PATIENCE

ROOT: Final = Path(__file__).parents[2]
#: By version of Python where they are installed.
BIN: Final = {
    version: ROOT / ".venv-libs" / name / "bin" for version, name in (("3.12", "stacks"), ("3.13", "stacks-3.13"))
}
PROGRAMS: Final = Path(__file__).with_name("programs")


@dataclass(frozen=True)
class Stack:
    """A command, and what it is made to do.

    Attributes:
        words: The command; ``{port}`` is a free one.
        app: What is looked at; empty where the library is known by its class.
        executions: How many the tally has in the end.
        requests: How often ``/order`` is asked for.
        feed: Another command that gives it work.
        end: What ends it; 0 where it ends by itself.
        tests: How many tests are told, and how many of them failed.
        unordered: What it prints depends on who comes first.
        ready: What it prints so often before it is ended.
        redis: It needs a Redis server.
    """

    words: str
    executions: int
    app: str = "shop:bus"
    requests: int = 0
    feed: str = ""
    end: int = 0
    tests: tuple[int, int] = (0, 0)
    unordered: bool = False
    ready: tuple[str, int] = ("", 0)
    redis: bool = False


_STARTED: Final = "Application startup complete."

#: Each order that is placed has three executions.
STACKS: Final = {
    "asyncio script": Stack("python script.py", 30),
    "threads with blinker": Stack("python threads.py", 40, app=""),
    "multiprocessing fork": Stack("python processes.py fork", 21),
    "multiprocessing spawn": Stack("python processes.py spawn", 21),
    "uvicorn": Stack("uvicorn web:app --port {port}", 30, requests=10, end=signal.SIGTERM),
    "uvicorn --reload": Stack("uvicorn web:app --port {port} --reload", 30, requests=10, end=signal.SIGTERM),
    "uvicorn --workers": Stack(
        "uvicorn web:app --port {port} --workers 2",
        *(30, "shop:bus", 10),
        end=signal.SIGTERM,
        unordered=True,
        ready=(_STARTED, 2),
    ),
    "gunicorn": Stack(
        "gunicorn web:app -w 4 -k uvicorn_worker.UvicornWorker -b 127.0.0.1:{port}",
        *(30, "shop:bus", 10),
        end=signal.SIGTERM,
        unordered=True,
        ready=(_STARTED, 4),
    ),
    "django": Stack(
        "python manage.py runserver {port}",
        *(20, "", 10),
        end=signal.SIGTERM,
        unordered=True,
        ready=('"GET /order/', 10),  # which it writes when the answer has been sent
    ),
    "celery": Stack(
        "celery -A tasks worker -c 2 --loglevel WARNING --without-gossip --without-mingle --without-heartbeat",
        18,
        feed="python -c 'from tasks import place; [place.delay(number) for number in range(6)]'",
        end=signal.SIGTERM,
        unordered=True,
    ),
    "aiohttp": Stack("python aio.py {port}", 30, requests=10, end=signal.SIGTERM),
    "taskiq": Stack("python inmemory.py", 24),
    "faststream": Stack(
        "python stream.py",
        *(12, "", 0),
        feed="python push.py",
        end=signal.SIGTERM,
        redis=True,
    ),
    "faststream in memory": Stack("python instream.py", 18, app=""),
    "pytest": Stack("python -m pytest -q -p no:cacheprovider orders.py", 18, tests=(6, 1)),
    "pytest -n 2": Stack("python -m pytest -q -p no:cacheprovider -n 2 orders.py", 18, tests=(6, 1), unordered=True),
    "ipykernel": Stack("python notebook.py", 16),
}


#: Those that are tried on Python 3.13 every time.
SHORT: Final = ("threads with blinker", "multiprocessing spawn", "uvicorn", "pytest")
_EVERY: Final = "ALL_STACKS" in os.environ
CASES: Final = [(version, name) for name in STACKS for version in BIN if _EVERY or version == "3.12" or name in SHORT]


@dataclass(frozen=True)
class Ran:
    """How a command ended, what it printed, and what its handlers counted: (process, handler, status)."""

    code: int
    out: list[str]
    tally: Counter[tuple[int, str, str]]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, f"{what}: ended with {process.returncode}"
        assert time.monotonic() < deadline, f"{what}: nothing happened"
        time.sleep(0.02)


def asked_for(port: int, number: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/order/{number}", timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def counted(folder: Path) -> Counter[tuple[int, str, str]]:
    lines = ((int(file.name), line.split()) for file in folder.iterdir() for line in file.read_text().splitlines())
    return Counter((pid, handler, status) for pid, (handler, status) in lines)


@contextlib.contextmanager
def redis(folder: Path, port: int) -> Iterator[None]:
    """Run a Redis server that keeps nothing."""
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        until(lambda: is_open(port), server, "redis-server")
        yield
    finally:
        server.terminate()
        server.wait()


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
    except OSError:
        return False
    return True


def run(stack: Stack, path: Path, folder: Path, *before: str) -> Ran:
    """Run a stack to its end, alone or behind the words of ``inspector run``; commands of ``path`` come first."""
    shutil.copytree(PROGRAMS, folder)
    tally = folder / "tally"
    tally.mkdir()
    (folder / "runtime").mkdir(mode=0o700)
    port = free_port()
    variables = {
        **os.environ,
        "PATH": f"{path}{os.pathsep}{os.environ['PATH']}",
        "TALLY": str(tally),
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder / "runtime"),
        "REDIS_PORT": str(free_port()),
    }
    variables |= {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "error::ResourceWarning"}
    variables.pop("PYTHONPATH", None)
    options: dict[str, Any] = {"cwd": folder, "env": variables}
    words = [*before, *stack.words.format(port=port).split()]
    with contextlib.ExitStack() as stay, (folder / "out").open("wb") as out:
        if stack.redis:
            stay.enter_context(redis(folder, int(variables["REDIS_PORT"])))
        process = subprocess.Popen(words, **options, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            for number in range(stack.requests):
                until(lambda number=number: asked_for(port, number), process, "request")  # type: ignore[misc]
            if stack.feed:
                subprocess.run(["sh", "-c", stack.feed], check=True, **options)
            if stack.end:
                until(lambda: sum(counted(tally).values()) >= stack.executions, process, "tally")
                text, times = stack.ready
                until(lambda: (folder / "out").read_text(errors="replace").count(text) >= times, process, "start")
                process.send_signal(stack.end)
            code = process.wait(PATIENCE)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    lines = [_plain(line, folder) for line in (folder / "out").read_text(errors="replace").splitlines()]
    return Ran(code, sorted(lines) if stack.unordered else lines, counted(tally))


def _plain(line: str, folder: Path) -> str:
    """Take out of a line what differs from run to run: numbers, addresses, the folder."""
    line = re.sub(r"0x[0-9a-f]+|\d[\d.:,]*", "N", line.replace(str(folder), "FOLDER")).rstrip(" =")
    return re.sub(r"^[.F]{6}(?= )", "......", line)  # which of several tests ends first


@pytest.mark.parametrize(("version", "name"), CASES)
def test_what_is_recorded_is_what_ran(version: str, name: str, tmp_path: Path) -> None:
    stack, path = STACKS[name], BIN[version]
    if not path.exists():
        required = version == "3.12" and os.environ.get("REQUIRE_LIBRARIES")
        assert not required, "The stacks have to be there: tools/library-venvs"
        pytest.skip(f"The stacks are not installed for Python {version}: tools/library-venvs")
    if stack.redis and shutil.which("redis-server") is None:
        pytest.skip("There is no redis-server.")
    alone = run(stack, path, tmp_path / "alone")
    assert sum(alone.tally.values()) == stack.executions
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from inspector.cli.main import main; sys.exit(main())"
    log = tmp_path / "run.jsonl"
    words = [sys.executable, "-c", start, "run", "--no-window", "--db", str(tmp_path / "runs.db"), "--budget", "off"]
    words += [*(["--app", stack.app] if stack.app else []), "--record", str(log), "--"]
    watched = run(stack, path, tmp_path / "watched", *words)
    own = [line for line in watched.out if line.startswith("inspector:")]
    assert len(own) == 1, own
    assert (watched.code, [line for line in watched.out if line not in own]) == (alone.code, alone.out)
    assert sum(watched.tally.values()) == stack.executions
    executions, tests = recorded(log)
    counting = {handler for _, handler, _ in watched.tally}  # a library has receivers of its own
    assert Counter({key: count for key, count in executions.items() if key[1] in counting}) == watched.tally
    assert tests == stack.tests
    assert not list((tmp_path / "watched" / "runtime").rglob("run-*"))


def recorded(log: Path) -> tuple[Counter[tuple[int, str, str]], tuple[int, int]]:
    """Return what a run log has: executions by process, handler and status; how many tests, and failed ones."""
    rows = [json.loads(line) for line in log.read_text().splitlines()[1:]]
    pids = {row["process"]: row["pid"] for row in rows if row["record"] == "ProcessJoined"}
    process = {row["publication"]: row["process"] for row in rows if row["record"] == "Published"}
    started = {row["execution"]: row for row in rows if row["record"] == "HandlerStarted"}
    executions = Counter(
        (pids[process[begun["publication"]]], re.split(r"[:.]", begun["handler"])[-1], row["status"])
        for row in rows
        if row["record"] == "HandlerEnded" and (begun := started[row["execution"]])
    )
    outcomes = [row["outcome"] for row in rows if row["record"] == "TestRan"]
    return executions, (len(outcomes), outcomes.count("failed"))
