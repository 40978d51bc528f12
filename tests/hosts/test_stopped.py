"""Processes that are stopped (SIGSTOP): nobody waits for ever, nobody else is blamed, nothing is left."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from inspector.core.records.host import LoopBlocked, ProcessEnded, ProcessStuck, ProcessUnstuck
from inspector.core.records.records import HANDLER_STARTED
from inspector.core.request import FireRequest
from inspector.hosts import process as process_module
from inspector.hosts import supervisor as supervisor_module
from inspector.hosts.child import ChildHost
from inspector.hosts.trouble import LoadError
from tests.hosts.children import following, project, running
from tests.patience import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

PROGRAM = """
import asyncio, atexit, os, signal, sys, time
from dataclasses import dataclass

KEEPER = os.getppid()

@dataclass(frozen=True)
class Do:
    what: str = ""

def stop_and_leave():
    os.kill(KEEPER, signal.SIGSTOP)
    os._exit(3)

def stop():
    os.kill(KEEPER, signal.SIGSTOP)

def stop_again_and_again():
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        os.closerange(0, 2000)
        while True:
            os.kill(KEEPER, signal.SIGSTOP)

def kill():
    os.kill(KEEPER, signal.SIGKILL)

def kill_and_leave():
    kill()
    os._exit(3)

def leave_slowly():
    atexit.register(time.sleep, 1.5)
    asyncio.get_running_loop().call_soon(sys.exit, 4)

async def obey(event):
    globals()[event.what]()
    await asyncio.sleep(60)

@dataclass(frozen=True)
class Ping:
    number: int = 0

async def answer(event):
    pass

bus = {Do: [obey], Ping: [answer]}
"""


def write(folder: Path) -> Path:
    (folder / "stopping.py").write_text(PROGRAM)
    return folder


def parent(process: int | None) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def family(folder: Path) -> list[int]:
    """The numbers of the processes that run in a folder and have not ended."""
    numbers = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").resolve() == folder.resolve() and (entry / "cwd").exists():
                numbers.append(int(entry.name))
        except OSError:  # it has just gone
            continue
    return numbers


@pytest.mark.parametrize("what", ["stop_and_leave", "stop", "stop_again_and_again", "kill", "kill_and_leave"])
async def test_a_program_that_stops_or_kills_its_keeper_ends_and_leaves_nothing(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "_KEEPER_TIME", 1.5)
    async with running(project("stopping:bus", cwd=write(tmp_path))) as (host, rows):
        keeper = parent(host.pid)
        host.fire(FireRequest("Do", [{"what": what}], session=False))
        await rows.until(lambda: rows.of(HANDLER_STARTED))
        if what in ("stop", "stop_again_and_again"):
            await until(lambda: state(keeper) == "T", "the keeper is stopped")
            host.kill()
        ended = await rows.wait_for(ProcessEnded)
        await host.stop()
        assert "obey" in ended.text
    assert family(tmp_path) == []


async def test_a_program_that_was_stopped_is_said_to_be_and_no_handler_is_blamed(tmp_path: Path) -> None:
    async with running(project("stopping:bus", cwd=write(tmp_path))) as (host, rows):
        assert host.pid is not None
        os.kill(host.pid, signal.SIGSTOP)
        stuck = await rows.wait_for(ProcessStuck)
        assert stuck.text.endswith("stopped by SIGSTOP or a debugger.")
        assert (stuck.handlers, stuck.file) == ((), "")
        os.kill(host.pid, signal.SIGCONT)
        await rows.wait_for(ProcessUnstuck)
        assert rows.host(LoopBlocked) == []


async def test_nobody_is_blamed_when_the_inspector_itself_stood_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [0.0]
    monkeypatch.setattr(
        supervisor_module, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + late[0], sleep=time.sleep)
    )
    async with running(project("stopping:bus", cwd=write(tmp_path))) as (host, rows):
        for _ in range(20):
            late[0] += 6.0
            await rows.settled(host.fire(FireRequest("Ping", [{}], session=False)))
        assert rows.host(ProcessStuck) == []
        assert host.state == "running"


async def test_a_program_that_has_no_processor_for_its_end_is_not_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module.ChildProcess, "unserved", lambda _: time.monotonic())
    async with running(project("stopping:bus", cwd=write(tmp_path))) as (host, rows):
        host.fire(FireRequest("Do", [{"what": "leave_slowly"}], session=False))
        ended = await rows.wait_for(ProcessEnded)
    assert (ended.code, ended.why) == (4, "exit")


@pytest.mark.parametrize(("number", "word"), [("SIGKILL", "SIGKILL"), ("SIGTERM", "SIGTERM")])
async def test_an_interpreter_that_was_killed_is_not_said_to_be_no_python(
    tmp_path: Path, number: str, word: str
) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\nkill -s {number.removeprefix('SIG')} $$\n")
    fake.chmod(0o755)
    host = ChildHost(project("stopping:bus", cwd=write(tmp_path), python=str(fake)))
    async with following(host):
        with pytest.raises(LoadError) as caught:
            await host.start()
    assert f"was ended by {word} before loading" in caught.value.text
    assert caught.value.hint == ""
