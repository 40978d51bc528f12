"""A process says what it has started that may not be able to report: that may have ended before anybody looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from tests.agent.run.running import FRONT
from tests.agent.run.test_front import compared, python

__all__ = ["python"]

_WIRED: Final = """
import asyncio, os, pathlib, subprocess, sys
from shopbus import Bus, light
bus = Bus()
bus.subscribe("lit", light)
def start(*words, **options):
    child = subprocess.Popen([sys.executable, *words], **options)
    print(child.wait())
"""
_ALL: Final = {"INSPECTOR_RUN", "PYTHONPATH"}
#: What is started, and what is said of it: its last words, and the variables of ours that it gets.
_STARTED: Final[dict[str, tuple[str, list[tuple[list[str], set[str]]]]]] = {
    "isolated": ('start("-I", "-c", "1")', [(["-I", "-c", "1"], _ALL)]),
    "as usual": ('start("-c", "1")', [(["-c", "1"], _ALL)]),
    "no environment": ('start("-c", "1", env={})', [(["-c", "1"], set())]),
    "bytes": (
        'start(b"-c", b"1", env={b"PYTHONPATH": b"/x", b"A": b"b"})',
        [(["-c", "1"], {"PYTHONPATH"})],
    ),
    "the environment": ("start('-c', '1', env=os.environ)", [(["-c", "1"], _ALL)]),
    "a mapping of its own": ("import types\nstart('-c', '1', env=types.MappingProxyType(os.environ))", []),
    "a path and a file": (
        'subprocess.run([pathlib.Path("any"), "-c", "1"], executable=sys.executable, check=True)',
        [(["any", "-c", "1"], _ALL)],
    ),
    "another program": ('subprocess.run(["true"], check=True)', []),
    "another program with no environment": ('subprocess.run(["true"], env={}, check=True)', [(["true"], set())]),
    "a shell": ('subprocess.run("exit 3", shell=True, env={})', [(["/bin/sh", "-c", "exit 3"], set())]),
    "asyncio": (
        """
async def main():
    process = await asyncio.create_subprocess_exec(sys.executable, "-S", "-c", "1")
    print(await process.wait())
asyncio.run(main())
""",
        [(["-S", "-c", "1"], _ALL)],
    ),
    "one that is not there": (
        'try:\n    subprocess.run(["./nothing"], env={})\nexcept OSError as error:\n    print(error)',
        [(["./nothing"], set())],
    ),
    "several": (
        'for word in "ab":\n    start("-I", "-c", "1", word)',
        [(["-I", "-c", "1", word], _ALL) for word in "ab"],
    ),
}


@pytest.mark.parametrize("app", [["app:bus"], []])
@pytest.mark.parametrize("before", ["", 'bus.emit("lit", {})\n'])
@pytest.mark.parametrize("started", _STARTED)
def test_what_is_started(python: str, tmp_path: Path, app: list[str], before: str, started: str) -> None:
    code, expected = _STARTED[started]
    ran = compared(tmp_path, _WIRED + before + code, {"app": app}, python, "app.py")
    says: list[list[Any]] = ran.processes[0].messages("started")
    assert [
        (words[-len(last) :], set(variables))
        for (_, _, _, words, _, variables), (last, _) in zip(says, expected, strict=True)
    ] == expected
    for _, pid, start, _, file, variables in says:
        assert (pid > 1, start > 1) == (True, True)
        assert file
        assert variables.get("PYTHONPATH", "/x") == "/x" or variables["PYTHONPATH"].startswith(str(FRONT))
    assert not ran.processes[0].messages("trouble")


@pytest.mark.parametrize("app", [["app:bus"], []])
def test_a_method_that_is_called_like_the_one_of_subprocess(python: str, tmp_path: Path, app: list[str]) -> None:
    own = """
class Popen:
    def _close_pipe_fds(self):
        print("mine")
Popen()._close_pipe_fds()
bus.emit("lit", {})
Popen()._close_pipe_fds()
"""
    ran = compared(tmp_path, _WIRED + own, {"app": app}, python, "app.py")
    assert not [*ran.processes[0].messages("started"), *ran.processes[0].messages("trouble")]
