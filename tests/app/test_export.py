"""A session as a file: every kind from the same stream."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from inspector.analysis.journal import Journal
from inspector.analysis.query.query import Filter, parse
from inspector.app.export import EXPORTERS, Exporter, export_stream, format_of
from inspector.app.places import default_database, log_path
from inspector.app.summary import summarise
from inspector.cli.parser import make_parser
from inspector.core.errors import InspectorError, UsageError
from inspector.core.records.records import Batch, Row, SessionStarted, to_row
from inspector.core.records.stream import RecordStream
from inspector.store.jsonl_import import read_jsonl
from tests.store.runs import ListStream, collect, numbered

STARTED = SessionStarted(0, 1_795_211_047_310_000_000, "shop", "3.11.7", json.dumps({"program": "shop"}))


def run(*durations: int, handler: str = "shop:Audit.handle", status: str = "ok") -> list[Row]:
    """A publication per duration, with one execution that takes so many nanoseconds."""
    rows = [to_row(STARTED)]
    for number, duration in enumerate(durations, 1):
        at = number * 1_000_000
        rows += [
            (1, at, number, "Event", "", "", 0, 1, "{}", "{}", 1, 0),
            (2, at, number, number, handler, ""),
            (3, at + duration, number, status, duration // 2, ""),
            (5, at + duration, number, "done"),
        ]
    return rows


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("kind", "count"), [("jsonl", 13), ("csv", 3), ("summary", 1)])
async def test_each_kind_counts_what_is_in_the_file(tmp_path: Path, kind: str, count: int) -> None:
    target = tmp_path / "run"
    assert await export_stream(ListStream(run(10, 20, 30)), kind, target, name="today") == count
    assert len(target.read_text().splitlines()) == count + 1


async def test_markdown_counts_the_handlers(tmp_path: Path) -> None:
    assert await export_stream(ListStream(run(10, 20, 30)), "markdown", tmp_path / "run.md") == 1
    assert format_of(tmp_path / "run.md") == "markdown"


async def test_jsonl_comes_back_as_the_same_rows(tmp_path: Path) -> None:
    rows = run(10, 20)
    await export_stream(ListStream(rows), "jsonl", tmp_path / "run.jsonl", name="Black Friday")
    imported = read_jsonl(tmp_path / "run.jsonl")
    assert imported.name == "Black Friday"
    assert await collect(imported) == numbered(rows)


async def test_the_summary_has_exact_figures_per_handler(tmp_path: Path) -> None:
    target = tmp_path / "summary.csv"
    await export_stream(ListStream(run(100, 200, 300, 400)), "summary", target)
    with target.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["name"] == "Audit.handle"
    figures = {name: float(row[name]) for name in row if name.endswith("_ns") or name in ("counts", "failures")}
    assert figures["counts"] == 4
    assert figures["failures"] == 0
    assert (figures["min_ns"], figures["p50_ns"], figures["max_ns"]) == (100, 250, 400)
    assert (figures["total_ns"], figures["mean_ns"]) == (1000, 250)


def test_handlers_are_in_the_order_of_the_time_they_took() -> None:
    journal = Journal()
    rows: list[Row] = [to_row(STARTED)]
    execution = 0
    for publication, (name, duration, status) in enumerate(
        [("a", 5, "ok"), ("b", 50, "failed"), ("c", 30, "ok"), ("c", 30, "timed_out"), ("d", 9, "swallowed")], 1
    ):
        execution += 1
        at = publication * 100
        rows.append((1, at, publication, "Event", "", "", 0, 0, "{}", "{}", 2, 0))
        rows.append((2, at, execution, publication, f"shop:{name}", ""))
        rows.append((3, at + duration, execution, status, 0, ""))
        execution += 1
        rows.append((2, at, execution, publication, "shop:runs_on", ""))
    journal.fold(Batch(1, rows))
    summaries = summarise(journal)
    assert [(one.name, one.counts, one.failures, one.total_ns) for one in summaries] == [
        ("c", 2, 1, 60),
        ("b", 1, 1, 50),
        ("d", 1, 0, 9),
        ("a", 1, 0, 5),
    ]
    assert summaries[1].std_ns == 0


def test_a_run_without_executions_has_an_empty_summary() -> None:
    assert summarise(Journal()) == []


async def test_an_old_file_stays_whole_when_the_new_one_fails(tmp_path: Path) -> None:
    class Breaks:
        async def read(self, after: int = 0) -> object:
            yield Batch(1, run(10))
            raise InspectorError("The disk was pulled out.")

    target = tmp_path / "run"
    for kind in EXPORTERS:
        target.write_text("precious")
        with pytest.raises(InspectorError, match="pulled out"):
            await export_stream(Breaks(), kind, target)  # type: ignore[arg-type]
        assert target.read_text() == "precious"
        assert names_in(tmp_path) == ["run"]


async def test_another_kind_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    class Untouched:
        async def read(self, after: int = 0) -> object:
            raise AssertionError("it was read")
            yield

    with pytest.raises(UsageError, match="Unknown format xml") as caught:
        await export_stream(Untouched(), "xml", tmp_path / "run")  # type: ignore[arg-type]
    assert "summary" in caught.value.hint


def test_places_are_in_the_persons_own_folders(home: Path) -> None:
    assert default_database() == home / "data" / "inspector" / "sessions.db"
    assert log_path().is_relative_to(home)
    assert not default_database().parent.exists()


async def test_a_new_exporter_is_one_entry_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def write(stream: RecordStream, target: Path, name: str, chosen: Filter | None) -> int:
        rows = [row async for batch in stream.read() for row in batch.rows]
        target.write_text(f"{name}: {len(rows)}")  # noqa: ASYNC240 - a few bytes
        return len(rows)

    exporter = Exporter("count", "Number of Records", "How many records", "count", "Counts", "record", write)
    monkeypatch.setitem(EXPORTERS, "count", exporter)
    target = tmp_path / "run.count"
    assert format_of(target) == "count"
    assert await export_stream(ListStream(run(10, 20)), "count", target, name="today") == 9
    assert target.read_text() == "today: 9"
    with pytest.raises(UsageError, match="cannot be filtered"):
        await export_stream(ListStream(run(10)), "count", target, chosen=parse("status:ok"))
    arguments = make_parser().parse_args(["export", "1", "--format", "count", "-o", str(target)])
    assert arguments.format == "count"
