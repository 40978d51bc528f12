"""Programs that cannot be wrapped report by one line of their own; whoever listens sees them, before and after."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from inspector.core.errors import InspectorError
from inspector.hosts.run import folder
from inspector.hosts.run.folder import listen, remove_rings
from tests.hosts.children import INTERPRETERS
from tests.patience import PATIENCE

ROOT: Final = Path(__file__).parents[3]
OBSERVED: Final = [path for version, path in INTERPRETERS.items() if int(version.split(".")[1]) >= 12][:1]
PROGRAM: Final = """
import sys
sys.path.insert(0, {root!r})
import inspector_agent
print(inspector_agent.listen("shop:bus", name="notebook", budget=0), inspector_agent.listen(), sep="|")
from shop import bus
for number in range({count}):
    bus.emit("lit", {{"room": number}})
"""
BUS: Final = """
class Bus:
    def __init__(self):
        self._handlers = {}
    def subscribe(self, name, handler):
        self._handlers.setdefault(name, []).append(handler)
    def emit(self, name, payload):
        for handler in self._handlers.get(name, ()):
            handler(payload)

def light(payload): pass
bus = Bus()
bus.subscribe("lit", light)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    (tmp_path / "shop.py").write_text(BUS)
    return tmp_path


def publish(python: str, home: Path, count: int) -> str:
    code = PROGRAM.format(root=str(ROOT), count=count)
    return subprocess.run([python, "-c", code], cwd=home, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def listening(home: Path) -> Iterator[Path]:
    database = home / "s.db"
    words = [sys.executable, "-m", "inspector", "listen", "--no-window", "--db", str(database)]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        rings = home / "runtime" / "event-inspector" / "listening"
        while not (rings / folder.OWNER).exists():
            assert process.poll() is None
        yield database
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert not list(rings.glob("*.ring"))


def executions(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM executions").fetchone()
        return int(count)


def limits(database: Path) -> int:
    """Return how often it is said what cannot be shown; 0 where nothing is stored yet."""
    if not database.exists():
        return 0
    with closing(sqlite3.connect(database)) as connection, suppress(sqlite3.OperationalError):
        return sum("shows only buses" in str(row) for row in connection.execute("SELECT * FROM host_notes"))
    return 0


@pytest.mark.skipif(not OBSERVED, reason="No Python 3.12 or newer was found.")
def test_programs_are_seen_that_ended_before_and_that_come_later(home: Path) -> None:
    assert publish(OBSERVED[0], home, 20) == "|"
    with listening(home) as database:
        assert publish(OBSERVED[0], home, 10) == "|"
    assert executions(database) == 30


@pytest.mark.skipif("3.11" not in INTERPRETERS, reason="There is no Python 3.11 here.")
def test_an_older_python_says_what_it_cannot_show(home: Path) -> None:
    assert publish(INTERPRETERS["3.11"], home, 1) == "|"
    with listening(home) as database:
        deadline = time.monotonic() + PATIENCE
        while not limits(database):
            assert time.monotonic() < deadline
    assert executions(database) == 0
    assert limits(database) == 1


def test_one_inspector_listens_at_a_time(home: Path) -> None:
    place = listen()
    assert place.stat().st_mode & 0o777 == 0o700
    with pytest.raises(InspectorError, match="Another inspector is listening"):
        listen()
    dead = place / "1999999999.7.ring"
    mine = place / f"{os.getpid()}.7.ring"
    for ring in (dead, mine):
        ring.write_bytes(b"")
    remove_rings(place, older_than=60)
    assert dead.exists()
    remove_rings(place)
    assert (dead.exists(), mine.exists()) == (False, True)


def test_a_folder_that_others_can_read_is_not_used(home: Path) -> None:
    place = home / "runtime" / "event-inspector"
    place.mkdir(mode=0o700)
    (place / "listening").mkdir(mode=0o755)
    assert listen() != place / "listening"
