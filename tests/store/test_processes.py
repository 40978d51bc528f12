"""Several processes, one database; and a process that is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inspector.core.errors import InspectorError
from inspector.core.records.records import Batch
from inspector.store.reader import StoredStream
from inspector.store.store import Store
from tests.patience import PATIENCE
from tests.store.runs import STARTED, collect, numbered, plain_run

ROOT = Path(__file__).resolve().parents[2]


def child(path: Path, name: str, publications: int, then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.child", str(path), name, str(publications), then],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


async def test_processes_that_begin_and_record_at_once_keep_every_row(tmp_path: Path) -> None:
    path = tmp_path / "data" / "s.db"
    children = [child(path, f"run {number}", 150, "finish") for number in range(3)]
    outputs = [one.communicate(timeout=PATIENCE)[0] for one in children]
    assert [one.returncode for one in children] == [0, 0, 0]
    store = Store(path)
    await store.open()
    for output in outputs:
        info = await store.session(int(output))
        assert info.state == "closed"
        assert await collect(StoredStream(store, info.id)) == numbered(plain_run(150))
    await store.close()


async def test_killed_writer_loses_nothing_committed_and_its_session_is_interrupted(store: Store) -> None:
    process = child(store.path, "victim", 40, "wait")
    try:
        assert process.stdout is not None
        session = int(process.stdout.readline())
        assert (await store.session(session)).state == "recording"
        with pytest.raises(InspectorError, match="being recorded"):
            await store.delete(session)
        # Meanwhile we record ourselves.
        mine = await store.begin_session("mine", STARTED)
        mine.add(Batch(1, plain_run(10)))
        assert await mine.flush()
    finally:
        process.kill()
        process.communicate()
    info = await store.session(session)
    assert (info.state, info.failures, info.executions) == ("interrupted", 1, 81)
    rows = await collect(StoredStream(store, session))
    assert rows[: len(plain_run(40))] == numbered(plain_run(40))
    assert rows[-1][1] == (3, 99_000_000_000, 81, "interrupted", 0, "")
    assert rows[-1][0] == rows[-2][0] + 1
    await store.delete(session)
    assert [one.name for one in await store.sessions()] == ["mine"]
    assert not list(store.path.with_name(store.path.name + "-live").glob(str(session)))
