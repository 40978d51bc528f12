"""A run log whose first lines are damaged or missing costs what they say, and nothing of the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.analysis.journal import Journal
from inspector.app.importing import import_run_log
from inspector.core.errors import UsageError
from inspector.core.records.records import SESSION_STARTED
from inspector.store.info import UNKNOWN_TIME
from inspector.store.jsonl import export_jsonl
from inspector.store.jsonl_import import read_jsonl
from inspector.store.reader import StoredStream
from inspector.store.store import Store
from inspector.store.tables import export_csv
from tests.store.runs import STARTED, ListStream, plain_run

ROWS = plain_run(4)
Change = Callable[[list[bytes]], list[bytes]]


def started(**members: object) -> Change:
    """Change members of the first record."""

    def change(lines: list[bytes]) -> list[bytes]:
        record = json.loads(lines[1]) | members
        return [lines[0], json.dumps(record).encode() + b"\n", *lines[2:]]

    return change


def without(name: str) -> Change:
    """Take a member out of the first record."""

    def change(lines: list[bytes]) -> list[bytes]:
        record = json.loads(lines[1])
        del record[name]
        return [lines[0], json.dumps(record).encode() + b"\n", *lines[2:]]

    return change


def header(text: bytes) -> Change:
    """Put something else in the place of the header."""
    return lambda lines: [text + b"\n", *lines[1:]]


def renumbered(lines: list[bytes]) -> list[bytes]:
    """Without the first record, and with seqs that begin with 1."""
    records = [json.loads(line) for line in lines[2:]]
    texts = [json.dumps(record | {"seq": number}) for number, record in enumerate(records, 1)]
    return [lines[0], *[text.encode() + b"\n" for text in texts]]


WALL, PROGRAM = STARTED.wall, STARTED.program
#: What is changed, which line is named, what of the beginning is still known.
BROKEN: dict[str, tuple[Change, int, int, str]] = {
    "wall beyond all": (started(wall=1 << 70), 2, 0, PROGRAM),
    "wall below all": (started(wall=-(1 << 62)), 2, 0, PROGRAM),
    "wall is a text": (started(wall="noon"), 2, 0, PROGRAM),
    "wall is a fraction": (started(wall=1.5), 2, 0, PROGRAM),
    "wall is missing": (without("wall"), 2, 0, PROGRAM),
    "negative at": (started(at=-5), 2, WALL, PROGRAM),
    "at is a text": (started(at="0"), 2, WALL, PROGRAM),
    "program is a list": (started(program=[1]), 2, WALL, ""),
    "python is missing": (without("python"), 2, WALL, PROGRAM),
    "seed is true": (started(seed=True), 2, WALL, PROGRAM),
    "seq is 0": (started(seq=0), 2, WALL, PROGRAM),
    "seq is negative": (started(seq=-1), 2, WALL, PROGRAM),
    "seq is missing": (without("seq"), 2, WALL, PROGRAM),
    "catalog too deep": (started(catalog=json.loads("[" * 300 + "]" * 300)), 2, WALL, PROGRAM),
    "several": (started(wall=None, program=3, seed="x"), 2, 0, ""),
    "cut off": (lambda lines: [lines[0], lines[1][:40] + b"\n", *lines[2:]], 2, 0, ""),
    "no UTF-8": (lambda lines: [lines[0], lines[1].replace(b'"tests"', b'"te\xffs"', 1), *lines[2:]], 2, WALL, "te�s"),
    "nonsense": (lambda lines: [lines[0], b"nonsense\n", *lines[2:]], 2, 0, ""),
    "missing": (lambda lines: [lines[0], *lines[2:]], 2, 0, ""),
    "missing, renumbered": (renumbered, 2, 0, ""),
    "no header": (lambda lines: lines[1:], 1, WALL, PROGRAM),
    "no header, no first record": (lambda lines: lines[2:], 1, 0, ""),
    "version is a text": (header(b'{"format": "inspector-run", "version": "2", "name": "x"}'), 1, WALL, PROGRAM),
    "version beyond all": (
        header(b'{"format": "inspector-run", "version": 99999999999}'),
        1,
        WALL,
        PROGRAM,
    ),
    "version is negative": (header(b'{"format": "inspector-run", "version": -1}'), 1, WALL, PROGRAM),
    "no version": (header(b'{"format": "inspector-run"}'), 1, WALL, PROGRAM),
    "another format": (header(b'{"format": "something", "version": 2}'), 1, WALL, PROGRAM),
    "header is a list": (header(b'["inspector-run", 2]'), 1, WALL, PROGRAM),
    "header is cut off": (header(b'{"format": "inspect'), 1, WALL, PROGRAM),
    "header is no UTF-8": (header(b'{"format": "inspector-run", "name": "\xff"}'), 1, WALL, PROGRAM),
}


async def log_with(folder: Path, change: Change) -> Path:
    log = folder / "run.jsonl"
    await export_jsonl(ListStream(ROWS), log, name="run")
    log.write_bytes(b"".join(change(log.read_bytes().splitlines(keepends=True))))
    return log


@pytest.mark.parametrize("name", BROKEN)
async def test_the_rest_is_taken_and_what_is_unknown_is_told(tmp_path: Path, name: str) -> None:
    change, line, wall, program = BROKEN[name]
    stream = read_jsonl(await log_with(tmp_path, change))
    store = Store(tmp_path / "s.db")
    await store.open()
    imported = await import_run_log(store, stream)
    assert not imported.whole
    assert line in [problem.line for problem in imported.problems]
    journal, stored = Journal(), []
    async for batch in StoredStream(store, imported.session).read():
        journal.fold(batch)
        stored += batch.rows
    assert [row for row in stored if row[0] != SESSION_STARTED] == ROWS[1:]
    assert journal.session is not None
    assert (journal.wall, journal.session.program) == (wall, program)
    (info,) = await store.sessions()
    assert (info.started_at == UNKNOWN_TIME) == (wall == 0)
    assert (info.publications, info.executions, imported.unplaced, imported.lost) == (4, 8, 0, 0)
    await export_csv(StoredStream(store, imported.session), tmp_path / "x.csv")
    cells = (tmp_path / "x.csv").read_text().splitlines()[1].split(",")
    assert (cells[5] == "") == (wall == 0)
    await store.close()


async def test_a_first_record_that_stands_elsewhere_is_found(tmp_path: Path) -> None:
    stream = read_jsonl(await log_with(tmp_path, lambda lines: [lines[0], *lines[2:9], lines[1], *lines[9:]]))
    rows = [row async for batch in stream.read() for row in batch.rows]
    assert (rows, stream.skipped) == (ROWS, 0)


@pytest.mark.parametrize(
    ("written", "escaped"), [(b'"record"', b'"\\u0072ecord"'), (b"SessionStarted", b"Session\\u0053tarted")]
)
async def test_a_first_record_may_be_written_with_escapes(tmp_path: Path, written: bytes, escaped: bytes) -> None:
    stream = read_jsonl(await log_with(tmp_path, lambda lines: [line.replace(written, escaped) for line in lines]))
    rows = [row async for batch in stream.read() for row in batch.rows]
    assert (rows, stream.skipped) == (ROWS, 0)


async def test_a_session_begins_once(tmp_path: Path) -> None:
    def change(lines: list[bytes]) -> list[bytes]:
        second = json.loads(lines[1]) | {"seq": 7, "wall": 1}
        return [*lines[:7], json.dumps(second).encode() + b"\n", *lines[8:]]

    stream = read_jsonl(await log_with(tmp_path, change))
    rows = [row async for batch in stream.read() for row in batch.rows]
    assert rows == [row for place, row in enumerate(ROWS) if place != 6]
    assert [problem.reason for problem in stream.problems] == ["duplicate SessionStarted"]


async def test_a_record_that_only_speaks_of_a_first_one_is_none(tmp_path: Path) -> None:
    def change(lines: list[bytes]) -> list[bytes]:
        note = {"seq": 1, "record": "HostNoted", "at": 0, "kind": "x", "level": "info", "text": ""}
        note["data"] = {"record": "SessionStarted"}
        return [lines[0], json.dumps(note).encode() + b"\n", *lines[2:]]

    stream = read_jsonl(await log_with(tmp_path, change))
    rows = [row async for batch in stream.read() for row in batch.rows]
    assert len(rows) == len(ROWS) + 1  # the note among them, behind a beginning of which nothing is known
    assert "SessionStarted is missing" in stream.problems[0].reason


@pytest.mark.parametrize(
    "text",
    ["", "hello\n", '{"a": 1}\n' * 20, '{"format": "inspector-run", "version": 2}\n', "\x00" * 5000, "[]\n{}\n"],
)
async def test_a_file_without_a_record_is_no_run_log(tmp_path: Path, text: str) -> None:
    log = tmp_path / "x.jsonl"
    log.write_text(text)
    with pytest.raises(UsageError, match=r"not an inspector run log|contains no records"):
        async for _ in read_jsonl(log).read():
            pass
