"""Whatever a project starts ends with it, daemons too; what is not its own is left alone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.core.records.host import ProcessEnded
from inspector.core.request import FireRequest
from inspector.hosts.child import ChildHost
from inspector.hosts.trouble import LoadError
from tests.hosts.children import following, project, running
from tests.patience import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")

PROGRAM = """
import os, signal, sys, time
from dataclasses import dataclass

MARK = {mark!r}

@dataclass(frozen=True)
class Do:
    what: str = ""

def sleep(first=":"):
    os.closerange(0, 2000)
    words = f": {{MARK}}; {{first}}; trap '' TERM HUP INT; while :; do sleep 60; done"
    os.execve("/bin/sh", ["sh", "-c", words], {{"PATH": os.environ["PATH"]}})

def daemon(depth=1):
    if os.fork():
        return
    for _ in range(depth):
        os.setsid()
        if os.fork():
            os._exit(0)
    sleep()

def session():
    if not os.fork():
        os.setsid()
        sleep()

def stopped():
    daemon(2)
    if not os.fork():
        os.setsid()
        sleep("kill -s STOP $$")

async def obey(event):
    globals()[event.what]()

def end():
    os._exit(3)

bus = {{Do: [obey]}}
{more}
"""


@pytest.fixture
def mark(request: pytest.FixtureRequest) -> str:
    """A text that the command line of this test's daemons has."""
    return f"daemon-of-{os.getpid()}-{abs(hash(request.node.nodeid))}"


def write(folder: Path, mark: str, more: str = "") -> Path:
    (folder / "forking.py").write_text(PROGRAM.format(mark=mark, more=more))
    return folder


def left(mark: str) -> list[int]:
    """The numbers of the processes with the mark that have not ended."""
    numbers = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in line.read_bytes():
                numbers.append(int(line.parent.name))
        except OSError:  # it has just gone
            continue
    return numbers


async def stay(mark: str, number: int) -> None:
    """Wait until that many are left."""
    await until(lambda: len(left(mark)) == number, f"{number} processes are left")


@pytest.mark.parametrize(("what", "number"), [("daemon", 1), ("session", 1), ("stopped", 2)])
async def test_what_a_handler_has_started_ends_with_the_program(
    tmp_path: Path, mark: str, what: str, number: int
) -> None:
    async with running(project("forking:bus", cwd=write(tmp_path, mark))) as (host, rows):
        await rows.settled(host.fire(FireRequest("Do", [{"what": what}], session=False)))
        await stay(mark, number)
        await host.stop()
        assert left(mark) == [], "the host has stopped: nothing is waited for"


async def test_daemons_of_a_program_that_ended_itself_and_of_one_that_was_killed_are_ended(
    tmp_path: Path, mark: str
) -> None:
    async with running(project("forking:bus", cwd=write(tmp_path, mark))) as (host, rows):
        await rows.settled(host.fire(FireRequest("Do", [{"what": "daemon"}], session=False)))
        await stay(mark, 1)
        host.fire(FireRequest("Do", [{"what": "end"}], session=False))
        ended = await rows.wait_for(ProcessEnded)
        assert ended.text == "The program ended with exit code 3 in obey."
        assert left(mark) == []
        await host.restart()
        await rows.settled(host.fire(FireRequest("Do", [{"what": "daemon"}], session=False)))
        await stay(mark, 1)
        host.kill()
        await rows.wait_for(ProcessEnded, 2)
        assert left(mark) == []


async def test_daemons_of_a_program_that_cannot_be_loaded_are_ended(tmp_path: Path, mark: str) -> None:
    folder = write(tmp_path, mark, "daemon()\nraise ValueError('no')")
    host = ChildHost(project("forking:bus", cwd=folder))
    async with following(host):
        with pytest.raises(LoadError, match="no"):
            await host.start()
        assert left(mark) == []


PARENT = """
import asyncio, sys
from inspector.hosts.child import ChildHost
from inspector.hosts.project import Project

async def main():
    host = ChildHost(Project.from_options("forking:bus", cwd=sys.argv[1], python=sys.executable))
    await host.start()
    print(host.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_daemons_end_when_the_inspector_is_killed_and_others_stay(tmp_path: Path, mark: str) -> None:
    folder = write(tmp_path, mark, "daemon()")
    root = Path(sys.modules["inspector"].__path__[0]).parent
    other = f"other-{mark}"[::-1]
    # A program with no parent but process 1, as an editor is that somebody has opened.
    launcher = f"(sh -c ': {other}; while :; do sleep 60; done' >/dev/null 2>&1 &)"
    await asyncio.to_thread(subprocess.run, ["setsid", "sh", "-c", launcher], check=True)
    with subprocess.Popen(  # noqa: ASYNC220 - a moment
        [sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as parent:
        assert parent.stdout is not None
        await asyncio.to_thread(parent.stdout.readline)
        await stay(mark, 1)
        parent.send_signal(signal.SIGKILL)
        await stay(mark, 0)
    stays = left(other)
    for number in stays:
        os.kill(number, signal.SIGKILL)
    assert stays != []
