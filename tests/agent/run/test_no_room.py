"""Where there is no room for what a program publishes it runs as ever; what is left out is counted, with the reason."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from inspector.agent.run import ring
from tests.agent.run.running import Ran, run
from tests.agent.run.test_front import BUS, python

__all__ = ["python"]

_WIRED = """
import os, resource, signal, sys
from shopbus import Bus, light
bus = Bus()
bus.subscribe("lit", light)
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
def emit(times):
    for number in range(times):
        bus.emit("lit", {"room": number})
"""


def _ran(folder: Path, program: str, python: str) -> Ran:
    """Run a program alone and watched; it cannot tell which."""
    (folder / "shopbus.py").write_text(BUS)
    (folder / "app.py").write_text(_WIRED + program)
    alone = run([python, "app.py"], folder, None)
    watched = run([python, "app.py"], folder, {"app": []})
    assert watched.seen == alone.seen
    assert watched.tally == alone.tally
    return watched


_WITHOUT = {
    "no file may grow": "limit(1 << 14)\nemit(10)",
    "and a signal would end it": "signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nlimit(1 << 16)\nemit(10)",
    "files may grow again": "limit(1 << 14)\nemit(10)\nlimit(resource.RLIM_INFINITY)\nemit(200)",
    "files may grow again, and fork": (
        "limit(1 << 14)\nemit(10)\nlimit(resource.RLIM_INFINITY)\nemit(200)\n"
        "child = os.fork()\nif not child:\n    emit(5)\n    os._exit(0)\nos.waitpid(child, 0)"
    ),
    "the first file of a child": (
        "limit(1 << 14)\nchild = os.fork()\nif not child:\n    emit(5)\n    os._exit(0)\nos.waitpid(child, 0)\nemit(3)"
    ),
}


@pytest.mark.parametrize("program", _WITHOUT)
def test_what_finds_no_room_is_counted(python: str, tmp_path: Path, program: str) -> None:
    ran = _ran(tmp_path, _WITHOUT[program], python)
    dropped = sum(process.words[ring.DROPPED] for process in ran.processes)
    assert dropped >= 10 - 2 * program.startswith("the first")
    assert ran.executions()["light"] + dropped == ran.tally["light"]
    assert (ran.executions()["light"] > 0) == ("again" in program)
    assert ran.processes[0].words[ring.REFUSED] == errno.EFBIG
    assert ran.processes[0].words[ring.STATE] == ring.ENDED


def test_a_fork_that_cannot_report_is_told_by_its_parent(python: str, tmp_path: Path) -> None:
    fork = (
        "emit(2)\nos.rename('rings', 'away')\nchild = os.fork()\n"
        "if not child:\n    emit(5)\n    os._exit(0)\nos.waitpid(child, 0)\nos.rename('away', 'rings')\nemit(1)"
    )
    ran = _ran(tmp_path, fork, python)
    (process,) = ran.processes
    assert (ran.executions()["light"], ran.tally["light"]) == (3, 8)
    assert (process.words[ring.CHILD_REFUSED], process.words[ring.REFUSED]) == (errno.ENOENT, 0)


def test_a_ring_that_is_gone_before_anything_is_in_it_is_let_go(python: str, tmp_path: Path) -> None:
    gone = "import shutil\nif 'INSPECTOR_RUN' in os.environ:\n    shutil.rmtree(os.environ['INSPECTOR_RUN'])\nemit(3)"
    assert _ran(tmp_path, gone, python).processes == []
