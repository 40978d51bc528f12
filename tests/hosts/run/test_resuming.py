"""A second reader goes on where the first was, never beside it, and whoever ends last leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.agent.run import ring
from inspector.analysis.journal import Journal
from inspector.core.errors import InspectorError
from inspector.core.records.host import HostNoted, PublicationsSkipped
from inspector.core.records.records import Batch, to_record
from inspector.hosts.run import folder as folders
from inspector.hosts.run.folder import OWNER, WATCH, claim, own, remove_later, write_json
from inspector.hosts.run.host import attach
from inspector.hosts.run.proc import identity_of
from inspector.hosts.run.resuming import live_runs, resumed_anchor
from tests.hosts.run.rings import Reporting, reading
from tests.patience import until


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A run of a command that does nothing until it is told to end, and its folder."""
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other runs of the user are not ours
    folder = folders.make_folder()
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        identity = identity_of(process.pid)
        assert identity is not None
        own(folder, "command", identity)
        write_json(folder, WATCH, {"words": ["python", "shop.py"], "program": sys.executable, "name": "shop"})
        yield folder, process
        process.kill()


def test_a_second_reader_goes_on_where_the_first_was(tmp_path: Path) -> None:
    process = Reporting(tmp_path)
    process.begin()
    process.publish()
    process.publish(ends=False)
    process.ring.set(ring.COUNTED, 3)
    intake, reader = reading(tmp_path)
    reader.look()
    reader.close()  # as if it were gone
    process.put([3, time.perf_counter_ns() - process.anchor, 2, "ok", 1, ""])  # began before
    process.publish(cause=2)
    process.ring.set(ring.COUNTED, 5)
    clock = time.perf_counter_ns()
    first = resumed_anchor(tmp_path, clock)
    assert process.anchor < first < clock
    intake, reader = reading(tmp_path)
    intake.anchor = first
    reader.look(last=True)
    rows = intake.drain()
    journal = Journal()
    journal.fold(Batch(1, rows))
    assert len(journal.publications) == len(journal.executions) == 1
    assert int(journal.publications["cause"][0]) == -1
    assert [event.name for event in journal.events] == ["Placed"]
    records = [to_record(row) for row in rows]
    assert not [record for record in records if isinstance(record, HostNoted)]
    assert not journal.running
    assert sum(record.counted for record in records if isinstance(record, PublicationsSkipped)) == 2


def test_what_runs_is_listed_and_two_readers_are_refused(run: tuple[Path, subprocess.Popen[bytes]]) -> None:
    folder, process = run
    (there,) = live_runs()
    assert (there.folder, there.main.pid, there.read) == (folder, process.pid, False)
    assert there.text == f"python shop.py · pid {process.pid}"
    descriptor = claim(folder)
    assert [there.read for there in live_runs()] == [True]
    with pytest.raises(InspectorError, match="Another inspector watches"):
        claim(folder)
    os.close(descriptor)
    folder.chmod(0o750)  # others might have put something there
    assert live_runs() == []
    folder.chmod(0o700)
    process.kill()
    process.wait()
    assert live_runs() == []


async def test_whoever_ends_last_removes_the_folder(run: tuple[Path, subprocess.Popen[bytes]]) -> None:
    folder, process = run
    for _ in range(2):  # the window is closed, another one attached, and closed before the command ends
        (there,) = live_runs()
        host = attach(there)
        await host.start()
        with pytest.raises(InspectorError, match="Another inspector watches"):
            await attach(there).start()
        await host.stop()
        assert (folder / OWNER).exists()
    process.kill()
    process.wait()
    await until(lambda: not folder.exists())


async def test_a_folder_that_is_read_is_left_to_its_reader(run: tuple[Path, subprocess.Popen[bytes]]) -> None:
    folder, process = run
    process.kill()
    process.wait()
    descriptor = claim(folder)
    remove_later(folder)
    lock = folder / "tidy.lock"
    await until(lambda: lock.exists() and _free(lock))
    assert folder.exists()
    os.close(descriptor)


def _free(lock: Path) -> bool:
    with lock.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
