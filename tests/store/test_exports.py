"""Exported files: complete or not there, readable by others, and read back with care."""

from __future__ import annotations

import csv
import json
import os
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.errors import InspectorError
from inspector.core.records.records import Batch, Row, to_row
from inspector.store import jsonl_import
from inspector.store.jsonl import export_jsonl
from inspector.store.jsonl_import import LineProblem, read_jsonl
from inspector.store.tables import COLUMNS, HandlerSummary, export_csv, export_summary_csv
from tests.store.runs import STARTED, ListStream, collect, numbered, plain_run

RUN: list[Row] = [
    to_row(STARTED),
    (1, 5, 1, "Login", "", "corr", 0, 1, '{"user": "ü"}', '{"session": true}', 2, 0),
    (2, 10, 1, 1, "audit", ""),
    (2, 20, 2, 1, "mail", "fail"),
    (3, 1_000_030, 2, "failed", 7, '{"type": "ValueError", "message": "=cmd()\\n\\"x\\""}'),
    (1, 40, 2, "=Evil", "", "", 1, 1, "", "", 1, 0),
    (2, 50, 3, 2, "+handler", ""),
    (3, 60, 3, "ok", 1, ""),
    (5, 61, 2, "done"),
    (4, 62, 1, 1, "log", "info", "hello", ""),
]


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


class BrokenStream:
    async def read(self, after: int = 0) -> AsyncIterator[Batch]:
        yield Batch(1, RUN[:3])
        raise InspectorError("The database is gone.")


async def test_jsonl_has_a_header_and_json_inside_records_is_json(tmp_path: Path) -> None:
    target = tmp_path / "run.jsonl"
    await export_jsonl(ListStream(RUN), target, name="my run")
    header, *lines = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert header == {"format": "inspector-run", "version": 2, "name": "my run"}
    assert [line["seq"] for line in lines] == list(range(1, len(RUN) + 1))
    assert lines[0]["record"] == "SessionStarted"
    assert lines[0]["catalog"] == {"program": "tests", "events": []}
    assert lines[1]["payload"] == {"user": "ü"}
    assert lines[4]["failure"]["message"] == '=cmd()\n"x"'


async def test_csv_has_a_row_per_execution_and_formulas_are_defused(tmp_path: Path) -> None:
    target = tmp_path / "run.csv"
    assert await export_csv(ListStream(RUN), target) == 3
    assert target.read_bytes().count(b"\r\n") == 4
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["execution"], row["status"]) for row in rows] == [("2", "failed"), ("3", "ok"), ("1", "running")]
    assert rows[0]["error_type"] == "ValueError"
    assert rows[0]["error_message"] == '\'=cmd()\n"x"'
    assert (rows[0]["start_ns"], rows[0]["duration_ns"], rows[0]["fault"]) == ("20", "1000010", "fail")
    assert rows[0]["started_at"] == "2026-09-21T14:13:20.123456+00:00"
    assert (rows[1]["event"], rows[1]["handler"], rows[1]["cause"]) == ("'=Evil", "'+handler", "1")
    assert (rows[2]["duration_ns"], rows[2]["correlation"], rows[2]["cause"]) == ("", "corr", "")


async def test_csv_keeps_formulas_when_asked_to(tmp_path: Path) -> None:
    await export_csv(ListStream(RUN), tmp_path / "run.csv", defuse=False)
    assert "=Evil,+handler" in (tmp_path / "run.csv").read_text("utf-8")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_every_formula_sign_is_defused_in_the_summary(tmp_path: Path, sign: str) -> None:
    target = tmp_path / "s.csv"
    export_summary_csv([HandlerSummary(f"{sign}x", "a.py", 3, 2, 1, -10, 5.0, 1, 9, 0.5, 5.0, 9.0, 9.0)], target)
    with target.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["name"] == f"'{sign}x"
    assert (row["total_ns"], row["mean_ns"], row["p99_ns"]) == ("-10", "5.0", "9.0")


async def test_failed_export_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "run.jsonl"
    target.write_text("old")
    for export in (export_jsonl, export_csv):
        with pytest.raises(InspectorError, match="gone"):
            await export(BrokenStream(), target)
        assert target.read_text() == "old"
        assert files(tmp_path) == [target]


async def test_full_disk_leaves_the_old_file_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "run.jsonl"
    target.write_text("old")

    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(InspectorError, match=r"Cannot write .*No space left"):
        await export_jsonl(ListStream(RUN), target)
    assert target.read_text() == "old"
    assert files(tmp_path) == [target]


async def test_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="No folder"):
        await export_jsonl(ListStream(RUN), tmp_path / "no" / "run.jsonl")
    with pytest.raises(InspectorError, match="is a folder"):
        await export_csv(ListStream(RUN), tmp_path)


async def test_draft_of_a_killed_export_is_swept_and_a_fresh_one_is_not(tmp_path: Path) -> None:
    stale, fresh = tmp_path / ".run.jsonl.aa.inspector-part", tmp_path / ".run.jsonl.bb.inspector-part"
    stale.touch()
    fresh.touch()
    os.utime(stale, (time.time() - 7200,) * 2)
    await export_jsonl(ListStream(RUN), tmp_path / "run.jsonl")
    assert files(tmp_path) == [fresh, tmp_path / "run.jsonl"]


async def exported(path: Path, rows: list[Row]) -> list[bytes]:
    await export_jsonl(ListStream(rows), path)
    return lines_of(path)


@pytest.mark.parametrize("member", ["seq", "at", "publication"])
def test_a_number_of_thousands_of_digits_is_said_to_be_one(member: str) -> None:
    fields = {"seq": "2", "at": "1", "publication": "1"} | {member: "9" * 100_000}
    line = ", ".join(f'"{name}": {number}' for name, number in fields.items())
    with pytest.raises(ValueError, match=r"^a number with too many digits$"):
        jsonl_import.parse_line(f'{{{line}, "record": "PublicationEnded", "outcome": "done"}}\n'.encode())


async def test_bad_lines_are_left_out_with_their_number_and_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.jsonl"
    rows = plain_run(3)
    lines = await exported(path, rows)
    monkeypatch.setattr(jsonl_import, "MAX_LINE", 400)
    deep = b'{"seq": 5, "record": "HostNoted", "at": 1, "data": ' + b"[" * 102 + b"]" * 102 + b"}\n"
    bad = {
        4: (b"{nonsense\n", "not JSON"),
        5: (b"\xff\xfe\n", "not UTF-8"),
        6: (lines[5].replace(b'"seq": 5', b'"seq": 2'), "seq 2 comes twice"),
        7: (b'{"seq": 6, "record": "Published", "at": 1}\n', None),
        8: (
            b'{"seq": 7, "record": "HandlerEnded", "at": "x", "execution": 1, "status": "ok", "on_loop": 0}\n',
            None,
        ),
        9: (deep, "nested deeper than 100"),
        10: (b'{"x": "' + b"y" * 3000 + b'"}\n', "longer than 0 MiB"),
        11: (b'{"seq": 10, "seq": 11}\n', "duplicate seq"),
        12: (b'{"seq": 11, "record": ["HostNoted"], "at": 1}\n', "not a record"),
        len(lines): (lines[-1][:-2], "cut off"),
    }
    for number, (data, _) in bad.items():
        lines[number - 1] = data
    path.write_bytes(b"\xef\xbb\xbf" + b"".join(lines))
    stream = read_jsonl(path)
    good = [one for one in numbered(rows) if one[0] + 1 not in bad]
    assert await collect(stream) == good
    assert [problem.line for problem in stream.problems] == list(bad)
    assert {problem for problem in stream.problems if bad[problem.line][1]} == {
        LineProblem(number, reason) for number, (_, reason) in bad.items() if reason
    }
    reasons = {problem.line: problem.reason for problem in stream.problems}
    assert "event_type" in reasons[7]
    assert "is missing" in reasons[7]
    assert reasons[8] == "at must be a whole number"
    assert stream.skipped == len(bad)


async def test_an_editor_may_have_taken_the_last_end_of_line_or_added_some(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    rows = plain_run(3)
    lines = await exported(path, rows)
    for text in (b"".join(lines).rstrip(b"\n"), b"\r\n".join(line.rstrip() for line in lines) + b"\r\n\n \n"):
        path.write_bytes(text)
        stream = read_jsonl(path)
        assert await collect(stream) == numbered(rows)
        assert stream.skipped == 0


async def test_what_is_no_run_log_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with pytest.raises(InspectorError, match="No file"):
        read_jsonl(path)
    for text in ("", "hello\n", "[1]\n", '{"format": "other"}\n', "[" * 100_000):
        path.write_text(text)
        with pytest.raises(InspectorError, match="not an inspector run log"):
            read_jsonl(path)
    path.write_text('{"format": "inspector-run", "version": 3}\n')
    with pytest.raises(InspectorError, match="version 3"):
        read_jsonl(path)
    path.write_text('{"format": "inspector-run", "version": 1}\n')
    with pytest.raises(InspectorError, match="contains no records"):
        await collect(read_jsonl(path))


@pytest.mark.parametrize(
    "arrange",
    [
        lambda lines, rng: lines[::-1],
        lambda lines, rng: rng.sample(lines, len(lines)),
        lambda lines, rng: [*lines[20:], *lines[:20]],
        lambda lines, rng: [lines[1], lines[0], *lines[2:]],
        lambda lines, rng: [*lines[1:], lines[0]],
        lambda lines, rng: sorted(lines, key=lambda line: line[8:]),
    ],
    ids=["reversed", "shuffled", "concatenated the wrong way", "two swapped", "first last", "sorted as text"],
)
@pytest.mark.parametrize("header", [True, False], ids=["header", "no header"])
async def test_lines_in_another_order_are_all_taken(tmp_path: Path, arrange: Any, header: bool) -> None:
    path = tmp_path / "run.jsonl"
    rows = plain_run(12)
    head, *lines = await exported(path, rows)
    path.write_bytes(b"".join([head] * header + arrange(lines, random.Random(5))))
    stream = read_jsonl(path)
    assert await collect(stream) == numbered(rows)
    assert stream.skipped == (not header)
    assert await collect(stream) == numbered(rows)  # and once more


@given(st.data())
async def test_of_lines_in_any_order_only_the_doubled_and_the_damaged_are_left_out(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("order") / "run.jsonl"
    rows = plain_run(3)
    head, first, *lines = await exported(path, rows)
    doubled = data.draw(st.lists(st.sampled_from(lines), max_size=3))
    bad = data.draw(st.lists(st.sampled_from([b"{\n", b"nonsense\n", b'{"seq": 4}\n']), max_size=3))
    mixed = data.draw(st.permutations([*lines, *doubled, *bad]))
    path.write_bytes(head + first + b"".join(mixed))
    stream = read_jsonl(path)
    assert await collect(stream) == numbered(rows)
    assert stream.skipped == len(doubled) + len(bad)
    assert sorted(problem.line for problem in stream.problems) == sorted({problem.line for problem in stream.problems})


async def test_one_number_far_above_the_others_is_the_one_that_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    rows = plain_run(12)
    lines = await exported(path, rows)
    lines[20] = lines[20].replace(b'"seq": 20', b'"seq": 20000')
    lines[30], lines[31] = lines[31], lines[30]
    path.write_bytes(b"".join(lines))
    stream = read_jsonl(path)
    assert await collect(stream) == [entry for entry in numbered(rows) if entry[0] != 20]
    assert [(problem.line, problem.reason) for problem in stream.problems] == [
        (21, "seq 20000 is higher than those that follow")
    ]


async def test_a_log_that_is_turned_round_whole_comes_back_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    rows = plain_run(300)
    await export_jsonl(ListStream(rows), path, name="my run")
    path.write_bytes(b"".join(reversed(lines_of(path))))
    stream = read_jsonl(path)
    assert stream.name == "my run"
    assert await collect(stream) == numbered(rows)
    assert stream.problems == []
