"""What ``inspector run`` costs the command that it watches: requests of a server, and the start of a process.

Servers run side by side, alone and watched, and take turns: a ratio is the median of the rounds. It is one of requests
per second of processor time of the server, because the machine has the client and the reader to run as well; those per
second of the clock are printed beside it. Processes are started in pairs.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import Figure, figure, scratch

ROOT: Final = Path(__file__).resolve().parents[1]
FRONT: Final = ROOT / "inspector" / "agent" / "run" / "front"
#: By version of Python where its server is installed.
PYTHONS: Final = {
    "3.12": ROOT / ".venv-libs" / "stacks" / "bin" / "python",
    "3.13": ROOT / ".venv-libs" / "stacks-3.13" / "bin" / "python",
}
#: Loop and protocol, and the part of the untouched requests that stays when everything is recorded.
SERVERS: Final = {"uvloop_httptools": ("uvloop", "httptools", 0.80), "asyncio_h11": ("asyncio", "h11", 0.86)}
#: The same with the usual budget, and of a route that publishes nothing.
BUDGETED: Final = 0.90
PLAIN: Final = 0.98
#: Milliseconds later that a process may start that has nothing to report, and how much later one that imports much.
LATER: Final = 5.0
SLOWER: Final = 1.10
IMPORTS: Final = {"fastapi": "import fastapi", "django": "import django.db.models, django.core.handlers.wsgi"}

CONNECTIONS: Final = 8
ROUNDS: Final = 7
REQUESTS: Final = 480
#: Seconds that a server is asked before it is measured: a budget follows what came last.
WARM: Final = 0.3
PATIENCE: Final = 30.0


class NotMeasuredError(Exception):
    """Something is missing."""


@dataclass(frozen=True)
class Server:
    """A server that runs: its process, its port, and how many orders it has taken."""

    pid: int
    port: int
    orders: list[int]

    def connect(self) -> list[socket.socket]:
        """Return connections to it."""
        return [socket.create_connection(("127.0.0.1", self.port), PATIENCE) for _ in range(CONNECTIONS)]

    def ask(self, path: str) -> bytes:
        """Return the whole answer to one request."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while part := connection.recv(1 << 16):
                answer += part
        return answer

    def processor(self) -> int:
        """Return the nanoseconds of processor that it has taken."""
        folder = Path(f"/proc/{self.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in folder.iterdir())


def drive(server: Server, path: str, requests: int, seconds: float = 0.0) -> tuple[float, float]:
    """Ask for a path over several connections at once; return requests per second of its processor, and of the clock.

    Args:
        server: Who is asked.
        path: What for.
        requests: How often.
        seconds: How long it is asked before.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    connections = server.connect()
    asked = 0
    try:
        length = 0

        def turn() -> None:
            nonlocal length, asked
            for connection in connections:
                connection.sendall(request)
            for connection in connections:
                answer = connection.recv(1 << 16)
                while len(answer) < length or b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
                    answer += connection.recv(1 << 16)
                assert answer.startswith(b"HTTP/1.1 200"), answer[:80]
                length = len(answer)
            asked += CONNECTIONS

        end = time.perf_counter() + seconds
        turn()
        while time.perf_counter() < end:
            turn()
        begun, taken = time.perf_counter(), server.processor()
        for _ in range(requests // CONNECTIONS):
            turn()
        taken, clock = server.processor() - taken, time.perf_counter() - begun
    finally:
        for connection in connections:
            connection.close()
        server.orders[0] += asked * (path == "/order")
    return requests / (taken / 1e9), requests / clock


@contextlib.contextmanager
def served(python: Path, loop: str, http: str, budget: str | None) -> Iterator[Server]:
    """Serve, alone or watched with a budget; at the end hold what was recorded against what was asked for.

    Raises:
        NotMeasuredError: It does not start.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    words = [str(python), "-m", "uvicorn", "served:app", "--port", str(port), "--loop", loop, "--http", http]
    words += ["--log-level", "warning", "--no-access-log", "--app-dir", str(Path(__file__).parent)]
    with scratch("benchmark-run-") as folder:
        if budget is not None:
            start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from inspector.cli.main import main; main()"
            watched = [sys.executable, "-c", start, "run", "--no-window", "--db", f"{folder}/runs.db"]
            words = [*watched, "--budget", budget, "--app", "served:bus", "--", *words]
        errors = folder / "errors"
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                words, cwd=folder, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, process_group=0
            )
        try:
            server = Server(_pid(process, port, errors), port, [0])
            yield server
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
            if budget == "off":
                _check(errors.read_text(), server)
        finally:
            with contextlib.suppress(ProcessLookupError):  # all of it has ended
                os.killpg(process.pid, signal.SIGKILL)  # the command, too, that is watched
            process.wait()


def _pid(process: subprocess.Popen[bytes], port: int, errors: Path) -> int:
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError):
            return int(Server(0, port, [0]).ask("/pid").rpartition(b"\r\n")[2])
        time.sleep(0.02)
    raise NotMeasuredError(f"the server did not start: {errors.read_text()[-300:].strip()}")


def _check(said: str, server: Server) -> None:
    events = re.search(r": (\d[\d\s]*) events", said)
    if events is None or int("".join(events[1].split())) != server.orders[0]:
        raise RuntimeError(f"{server.orders[0]} orders were placed, and recorded: {said.strip()}")


def _python(version: str) -> Path:
    python = PYTHONS[version]
    if not python.exists():
        folder = python.parent.parent.name
        raise NotMeasuredError(f"there is no {folder}: run tools/library-venvs with a Python {version}")
    return python


def requests(version: str, name: str) -> list[Figure]:
    """Measure the requests of a server alone, recorded in full, with a budget, and on a route that publishes nothing.

    Raises:
        NotMeasuredError: Something is not installed.
    """
    python, (loop, http, bound) = PYTHONS[version], SERVERS[name]
    if not python.exists():
        raise NotMeasuredError(
            f"there is no {python.parent.parent.name}: run tools/library-venvs with a Python {version}"
        )
    for module in ("uvicorn", "fastapi", loop, http):
        if subprocess.run([str(python), "-c", f"import {module}"], capture_output=True, check=False).returncode:
            raise NotMeasuredError(f"{module} is not installed in {python.parent.parent.name}: run tools/library-venvs")
    ratios: dict[str, list[tuple[float, float]]] = {"recorded": [], "budgeted": [], "plain": []}
    with contextlib.ExitStack() as stack:
        alone, full, budgeted = (
            stack.enter_context(served(python, loop, http, budget)) for budget in (None, "off", "3")
        )
        for server in (alone, full, budgeted):
            drive(server, "/order", REQUESTS)
        for number in range(ROUNDS):
            watched = {
                "recorded": (full, "/order", 0.0),
                "budgeted": (budgeted, "/order", WARM),
                "plain": (full, "/plain", 0.0),
            }
            for what, (server, path, warm) in watched.items():
                turns = [(alone, path, warm), (server, path, warm)]
                results = {
                    turn[0].pid: drive(turn[0], turn[1], REQUESTS, turn[2])
                    for turn in (turns if number % 2 else reversed(turns))
                }
                untouched, touched = results[alone.pid], results[server.pid]
                ratios[what].append((touched[0] / untouched[0], touched[1] / untouched[1]))
    figures = []
    for what, limit in (("recorded", bound), ("budgeted", BUDGETED), ("plain", PLAIN)):
        processor, clock = (statistics.median(column) for column in zip(*ratios[what], strict=True))
        print(f"  {version} {name} {what}: {processor:.3f} by processor, {clock:.3f} by the clock", file=sys.stderr)
        figures.append(figure(f"run.requests_{what}.{name}.{version}", processor, ">=", limit))
    return figures


def starts(version: str) -> list[Figure]:
    """Measure how much more processor the start of a process takes that has nothing to report.

    Raises:
        NotMeasuredError: There is no such Python.
    """
    python = PYTHONS[version]
    if not python.exists():
        raise NotMeasuredError(
            f"there is no {python.parent.parent.name}: run tools/library-venvs with a Python {version}"
        )
    with scratch("benchmark-run-") as folder:
        (folder / "spec.json").write_text('{"app": [], "name": "bench", "budget": 3}')
        alone = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
        watched = {**alone, "PYTHONPATH": str(FRONT), "INSPECTOR_RUN": str(folder)}
        pairs = _pairs(python, "pass", 41, alone, watched)
        later = statistics.median(with_us - without for without, with_us in pairs) * 1e3
        figures = [figure(f"run.start_later_ms.{version}", later, "<=", LATER)]
        for name, code in IMPORTS.items():
            pairs = _pairs(python, code, 9, alone, watched)
            slower = statistics.median(with_us / without for without, with_us in pairs)
            figures.append(figure(f"run.start_with_{name}.{version}", slower, "<=", SLOWER))
    return figures


def _pairs(
    python: Path, code: str, count: int, alone: Mapping[str, str], watched: Mapping[str, str]
) -> list[tuple[float, float]]:
    """Return the seconds of processor that a process takes alone and watched, so many times."""
    pairs = []
    for number in range(-1, count):
        both = (alone, watched) if number % 2 else (watched, alone)
        taken = {id(variables): _processor_of(python, code, variables) for variables in both}
        if number >= 0:  # the first pair compiles what it imports
            pairs.append((taken[id(alone)], taken[id(watched)]))
    return pairs


def _processor_of(python: Path, code: str, variables: Mapping[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(python), "-c", code], env=dict(variables), check=True, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run() -> list[Figure]:
    """Measure what can be measured here, and say what cannot."""
    figures: list[Figure] = []
    missing: list[str] = []
    for version in PYTHONS:
        for name in SERVERS:
            try:
                figures += requests(version, name)
            except NotMeasuredError as error:
                missing.append(f"run.requests_*.{name}.{version}: {error}")
        try:
            figures += starts(version)
        except NotMeasuredError as error:
            missing.append(f"run.start_*.{version}: {error}")
    for sentence in missing:
        print(f"Not measured: {sentence}.", file=sys.stderr)
    return figures or [figure("run.not_measured", 0.0, "<=", 0.0)]


if __name__ == "__main__":
    for line in run():
        print(line)
