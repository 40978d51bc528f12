"""Any run log that is taken in and exported again is the same file; what does not come to its end leaves nothing."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from inspector.app.importing import ImportedRun, import_run_log
from inspector.core.errors import InspectorError
from inspector.core.records.host import RecordsLost
from inspector.core.records.records import Row, to_record, to_row
from inspector.store.jsonl import export_jsonl
from inspector.store.jsonl_import import JsonlStream, read_jsonl
from inspector.store.reader import StoredStream
from inspector.store.store import Store
from tests.patience import PATIENCE
from tests.store.runs import ListStream, plain_run, run_async, runs


async def taken_in(folder: Path, log: Path) -> Path:
    """Import a run log into a new database, and export it again."""
    store, again = Store(folder / "s.db"), folder / "again.jsonl"
    await store.open()
    try:
        imported = await import_run_log(store, read_jsonl(log))
        assert imported.refused == 0
        await export_jsonl(StoredStream(store, imported.session), again, name=imported.name)
    finally:
        await store.close()
    return again


def plain(rows: list[Row]) -> list[Row]:
    """Without what would tell handlers or losses in data that is no such thing."""
    catalog = '{"program": "tests", "events": [], "handlers": []}'
    return [(*rows[0][:5], catalog, *rows[0][6:]), *[row for row in rows[1:] if row[0] != 6]]


@given(rows=runs())
@settings(max_examples=25)
def test_an_imported_run_gives_the_same_bytes_again(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        async def body() -> None:
            await export_jsonl(ListStream(plain(rows)), folder / "run.jsonl", name="run")
            again = await taken_in(folder, folder / "run.jsonl")
            assert again.read_bytes() == (folder / "run.jsonl").read_bytes()

        run_async(body())


async def test_a_run_with_losses_that_tells_them_is_not_told_of_them_again(tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    await export_jsonl(ListStream(plain(plain_run(5))), log, name="run")
    lines = log.read_bytes().splitlines(keepends=True)
    del lines[8:11]
    log.write_bytes(b"".join(lines))
    first = await taken_in(tmp_path, log)
    assert first.read_bytes().count(b'"record": "RecordsLost"') == 1
    lossy = first.rename(tmp_path / "lossy.jsonl")
    second = await taken_in(tmp_path, lossy)
    assert second.read_bytes() == lossy.read_bytes()


class Held(JsonlStream):
    """Stands still after the first batch."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "held")
        self.begun = asyncio.Event()

    async def read(self, after: int = 0):  # type: ignore[no-untyped-def]
        async for batch in ListStream(plain(plain_run(5))).read():
            yield batch
            self.begun.set()
            await asyncio.Event().wait()


async def test_a_cancelled_import_leaves_no_session(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    await store.open()
    stream = Held(tmp_path / "x.jsonl")
    task = asyncio.ensure_future(import_run_log(store, stream))
    await stream.begun.wait()
    assert len(await store.sessions()) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await store.sessions() == []
    await store.close()


async def test_a_database_that_is_taken_away_meanwhile_is_told(tmp_path: Path, expected_logs: object) -> None:
    expected_logs("inspector.store.writer", "recording is in trouble")  # type: ignore[operator]
    log = tmp_path / "run.jsonl"
    await export_jsonl(ListStream(plain(plain_run(600))), log, name="run")
    store = Store(tmp_path / "s.db")
    await store.open()
    begin = store.begin_session

    async def begin_and_move(*args: object, **named: object) -> object:
        writer = await begin(*args, **named)  # type: ignore[arg-type]
        store.path.rename(tmp_path / "elsewhere.db")
        return writer

    store.begin_session = begin_and_move  # type: ignore[assignment, method-assign]
    with pytest.raises(InspectorError, match="moved or deleted"):
        await import_run_log(store, read_jsonl(log))
    (tmp_path / "elsewhere.db").rename(store.path)
    assert await store.sessions() == []
    await store.close()


async def test_a_catalog_that_no_view_could_read_is_told_and_all_else_taken(tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    first, *others = plain(plain_run(2))
    rows = [to_row(replace(to_record(first), catalog='{"events": 3}')), *others]
    await export_jsonl(ListStream(rows), log, name="run")
    store = Store(tmp_path / "s.db")
    await store.open()
    imported = await import_run_log(store, read_jsonl(log))
    assert (imported.records, imported.refused, imported.problems[0].line) == (len(rows), 1, 2)
    (info,) = await store.sessions()
    assert (info.publications, info.executions) == (2, 4)
    await store.close()


async def imported_with(tmp_path: Path, change: dict[int, tuple[bytes, bytes]]) -> tuple[ImportedRun, int, int]:
    """Import a run of six publications with lines changed; returns what came of it, and the session's counts."""
    log = tmp_path / "run.jsonl"
    await export_jsonl(ListStream(plain(plain_run(6))), log, name="run")
    lines = log.read_bytes().splitlines(keepends=True)
    for number, (old, new) in change.items():
        assert old in lines[number - 1]
        lines[number - 1] = lines[number - 1].replace(old, new)
    log.write_bytes(b"".join(lines))
    store = Store(tmp_path / "s.db")
    await store.open()
    try:
        imported = await import_run_log(store, read_jsonl(log))
        async with asyncio.timeout(PATIENCE):
            await export_jsonl(StoredStream(store, imported.session), tmp_path / "again.jsonl")
        (info,) = await store.sessions()
    finally:
        await store.close()
    return imported, info.publications, info.executions


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({15: (b'"fire": 3', b'"fire": 4294967296')}, 15),
        ({15: (b'"handlers": 2', b'"handlers": 99999999999')}, 15),
        ({15: (b'"at": 3000000', b'"at": -3000000')}, 15),
        ({15: (b'"seq": 14', b'"seq": 4294967296')}, 15),
        ({15: (b'"seq": 14', b'"seq": 13')}, 15),
        ({19: (b'"status": "ok"', b'"status": "fine"')}, 19),
    ],
)
async def test_one_number_that_cannot_be_costs_its_line_only(
    tmp_path: Path, change: dict[int, tuple[bytes, bytes]], line: int
) -> None:
    imported, publications, executions = await imported_with(tmp_path, change)
    assert (imported.refused, [one.line for one in imported.problems]) == (1, [line])
    assert imported.records == 36
    lost = line == 15
    assert (publications, executions, imported.unplaced) == (6 - lost, 12 - 2 * lost, 2 * lost)


@pytest.mark.parametrize("told", [False, True])
async def test_a_seq_far_beyond_all_others_is_no_loss_unless_a_record_says_so(tmp_path: Path, told: bool) -> None:
    rows = plain_run(6)
    far, log = 1 << 30, tmp_path / "run.jsonl"
    loss = to_row(RecordsLost(rows[-1][1], far - len(rows), "the disk was full", len(rows), far - 1))
    await export_jsonl(ListStream([*rows[:-1], loss, rows[-1]] if told else rows, 1_000), log, name="far")
    *lines, last = log.read_bytes().splitlines(keepends=True)
    number = len(rows) + told
    assert last.startswith(b'{"seq": %d,' % number)
    log.write_bytes(b"".join([*lines, last.replace(b'"seq": %d,' % number, b'"seq": %d,' % far)]))
    store = Store(tmp_path / "s.db")
    await store.open()
    imported = await import_run_log(store, read_jsonl(log))
    await store.close()
    assert imported.refused == (not told)
    assert imported.lost == (far - len(rows) if told else 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({18: (b'"at": 3500000', b'"at": 1')}, "1 record cannot be placed: an end"),
        ({15: (b'"cause": 0', b'"cause": 5')}, "1 publication without a cause"),
        ({15: (b'"cause": 0', b'"cause": 9')}, "1 publication without a cause"),
    ],
)
async def test_records_that_contradict_each_other_are_told(
    tmp_path: Path, change: dict[int, tuple[bytes, bytes]], words: str
) -> None:
    imported, publications, executions = await imported_with(tmp_path, change)
    assert (imported.refused, publications, executions) == (0, 6, 12)
    assert any(warning.startswith(words) for warning in imported.warnings)
