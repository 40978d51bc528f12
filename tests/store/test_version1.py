"""Run logs and sessions databases of version 1: committed files, read by the program of today."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from inspector.analysis.journal import Journal
from inspector.core.records.host import (
    FaultsSwitched,
    FireRefused,
    FireSettled,
    FireUnsettled,
    HandlerAdded,
    HostNoted,
    HostRecord,
    LoopBlocked,
    LoopUnblocked,
    OutputDropped,
    PartNotLoaded,
    ProcessEnded,
    ProcessStuck,
    ProcessUnstuck,
    ProgramPrinted,
    ProgramReloaded,
    PublishRaised,
    RecordingPaused,
    RecordingResumed,
    RecordsLost,
    RepublishRefused,
    RestartFailed,
    SessionFailed,
)
from inspector.core.records.records import (
    HOST_NOTED,
    HandlerEnded,
    HandlerStarted,
    Noted,
    PublicationEnded,
    Published,
    Row,
    SessionStarted,
    to_record,
    to_row,
)
from inspector.store.jsonl import export_jsonl
from inspector.store.jsonl_import import read_jsonl
from inspector.store.reader import StoredStream
from inspector.store.schema import SCHEMA_VERSION, prepare
from inspector.store.store import Store
from inspector.store.version1 import typed
from tests.store.runs import ListStream, collect

DATA = Path(__file__).parent / "data"
LOG = DATA / "every_record.v1.jsonl"
DATABASE = DATA / "sessions.v1.sqlite"
#: What the program of version 1 could tell, as the records of today. Records that come later are in no such file.
KNOWN_TO_VERSION_1 = {
    SessionStarted,
    Published,
    HandlerStarted,
    HandlerEnded,
    Noted,
    PublicationEnded,
    HostNoted,
    FireSettled,
    FireRefused,
    FireUnsettled,
    SessionFailed,
    PublishRaised,
    FaultsSwitched,
    RecordingPaused,
    RecordingResumed,
    RecordsLost,
    RepublishRefused,
    HandlerAdded,
    LoopBlocked,
    LoopUnblocked,
    PartNotLoaded,
    ProgramPrinted,
    OutputDropped,
    ProcessStuck,
    ProcessUnstuck,
    ProcessEnded,
    ProgramReloaded,
    RestartFailed,
}
#: Notes that stay what they were: for people only, or without what their kind had.
STAY = ["observer", "engine", "fire_settled", "faults", "restarted", "weather"]

#: Kinds whose sentence is made of the fields, in the words of today; losses have one for all.
REWORDED = {
    "blocked",
    "dropped",
    "faults",
    "loop",
    "output_dropped",
    "recording",
    "restarted",
    "unblocked",
    "unsettled",
    "unstuck",
}
#: Members of a note's data that have kept their names.
FIELDS = ("fire", "published", "hint", "since", "handlers", "file", "line", "code", "signal", "output", "on")


async def imported() -> list[tuple[int, Row]]:
    return await collect(read_jsonl(LOG))


async def test_a_run_log_of_version_1_becomes_the_records_of_today() -> None:
    rows = await imported()
    assert len(rows) == len(LOG.read_bytes().splitlines()) - 1
    records = [to_record(row) for _, row in rows]
    assert {type(record) for record in records} == KNOWN_TO_VERSION_1
    assert [record.kind for record in records if isinstance(record, HostNoted)] == STAY
    assert [to_row(record) for record in records] == [row for _, row in rows]


async def test_nothing_of_a_note_is_lost_on_the_way() -> None:
    """The sentence that people read, how bad it is, and what its data said."""
    old = [json.loads(line) for line in LOG.read_bytes().splitlines()[1:]]
    for (seq, row), line in zip(await imported(), old, strict=True):
        record = to_record(row)
        assert (seq, record.at) == (line["seq"], line["at"])
        if not isinstance(record, HostRecord):
            continue
        assert record.severity == line["level"]
        if line["kind"] not in REWORDED:
            assert record.sentence == line["text"]
        fields = vars(record)
        for name in (
            "fire",
            "published",
            "hint",
            "since",
            "handlers",
            "file",
            "line",
            "code",
            "signal",
            "output",
            "on",
        ):
            if not isinstance(record, HostNoted) and name in fields and name in (line["data"] or {}):
                value = fields[name]
                assert (list(value) if isinstance(value, tuple) else value) == line["data"][name]


async def test_an_import_of_version_1_is_exported_as_what_is_written_today(tmp_path: Path) -> None:
    rows = await imported()
    today, again = tmp_path / "today.jsonl", tmp_path / "again.jsonl"
    await export_jsonl(ListStream([to_row(to_record(row)) for _, row in rows]), today, name="every record")
    assert json.loads(today.read_text("utf-8").splitlines()[0])["version"] == 2
    assert await collect(read_jsonl(today)) == rows
    shutil.copy(DATABASE, tmp_path / "s.db")
    store = Store(tmp_path / "s.db")
    await store.open()
    try:
        await export_jsonl(StoredStream(store, 1), again, name="every record")
        journal = Journal()
        async for batch in StoredStream(store, 1).read():
            journal.fold(batch)
        (_, cut_off) = await store.sessions()
    finally:
        await store.close()
    assert again.read_bytes() == today.read_bytes()
    assert journal.fire_outcome(journal.publication(1).fire) is not None
    assert cut_off.name in ("cut off", "every record")


async def test_a_database_of_version_1_opens_and_its_interrupted_session_ends_as_before(tmp_path: Path) -> None:
    shutil.copy(DATABASE, tmp_path / "s.db")
    store = Store(tmp_path / "s.db")
    await store.open()
    try:
        rows = [row for _, row in await collect(StoredStream(store, 2))]
    finally:
        await store.close()
    whole = [row for _, row in await imported()]
    assert rows[:30] == whole[:30]
    assert rows[30:32] == whole[43:45]
    assert [row[3] for row in rows[32:]] == ["interrupted"]
    kept = sqlite3.connect(tmp_path / "s.db.v1.bak")
    with closing(kept):
        assert kept.execute("PRAGMA user_version").fetchone() == (1,)


def test_what_is_no_note_of_ours_stays_as_it_is() -> None:
    """Whatever the data of a note is, it is read or left alone."""
    kinds = [json.loads(line).get("kind") for line in LOG.read_bytes().splitlines()[1:]]
    for kind in {kind for kind in kinds if kind}:
        for data in ("", "[]", "{", '{"fire": "x", "on": 1, "count": [], "catalog": 7, "since": null}', "[" * 10_000):
            row = (HOST_NOTED, 1, kind, "info", "text", data)
            assert typed(row) == row or to_record(typed(row)).at == 1
    for row in ((HOST_NOTED, 1, "faults", "info"), (HOST_NOTED, 1, "faults", "info", "text", 3), (1, 2)):
        assert typed(row) == row


_KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from inspector.store import schema
left = int(sys.argv[2])
def statement(text):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
class Traced(schema.BoundedConnection):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.set_trace_callback(statement)
schema.BoundedConnection = Traced
schema.prepare(Path(sys.argv[1]))
print(left)
"""
PLENTY = 1_000_000


def content(path: Path) -> tuple[int, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        notes = connection.execute("SELECT id, at FROM host_notes").fetchall()
        if version > 1:
            notes += connection.execute("SELECT id, at FROM host_records").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return version, sorted(notes)


def test_a_migration_that_is_killed_at_any_statement_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    before = content(DATABASE)
    migrated = tmp_path / "whole.db"
    shutil.copy(DATABASE, migrated)
    prepare(migrated)
    after = content(migrated)
    assert (before[0], after[0]) == (1, SCHEMA_VERSION)
    assert before[1] == after[1], "no record is lost"
    statements = PLENTY - int(killed_after(PLENTY, tmp_path / "counted.db").stdout)
    assert statements > 100
    # Near the ends every statement; in between the records go one by one, and one is as the other.
    for number in (*range(8), *range(8, statements - 8, statements // 8), *range(statements - 8, statements)):
        path = tmp_path / f"{number}.db"
        assert killed_after(number, path).returncode == -signal.SIGKILL
        assert content(path) in (before, after)
        prepare(path)
        assert content(path) == after


def killed_after(statements: int, path: Path) -> subprocess.CompletedProcess[str]:
    """Migrate a copy of the file in a process that is killed when it has begun so many statements."""
    shutil.copy(DATABASE, path)
    return subprocess.run(
        [sys.executable, "-c", _KILLED, str(path), str(statements)], check=False, capture_output=True, text=True
    )
