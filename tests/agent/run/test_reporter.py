"""Rows on their way into a ring: however they are written, they are the JSON of the row."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter_ns
from types import SimpleNamespace
from typing import Any

import pytest

from inspector.agent.process.wire import MAX_TEXT
from inspector.agent.run.budget import RunBudget
from inspector.agent.run.reporter import RingRecorder
from inspector.agent.run.ring import RingReader, RingWriter
from inspector.core.description import CatalogDescription, HandlerDescription


@pytest.fixture
def recorder(tmp_path: Path) -> RingRecorder:
    return RingRecorder(RingWriter(str(tmp_path), b"{}", name=1), RunBudget("off"))


def written(folder: Path) -> list[Any]:
    reader = RingReader(str(next(folder.glob("*.ring"))))
    items = []
    while taken := reader.take():
        items += taken
        reader.confirm()
    reader.close()
    assert items.pop(0)[0] == "anchor"
    return items


@pytest.mark.parametrize("payload", ["{}", '{"name":"für","mark":"\ud800\\n"}'])
@pytest.mark.parametrize("context", ["", '{"session": true, "metadata": {"trace": "1"}}'])
def test_rows_are_written_as_json(recorder: RingRecorder, tmp_path: Path, payload: str, context: str) -> None:
    rows: list[tuple[Any, ...]] = [
        *((1, 5, 7, "Placed", 'i"d', "c\n", 2, 3, payload, context, 4, 0) for _ in range(2)),
        (1, 6, 8, 'an "odd" \ud800 name', "", "", 0, 0, payload, context, 0, 0),
        (2, 7, 9, 8, 'shop:Für."x"', ""),
        (2, 8, 10, 8, "shop:pack", "raise"),
        (3, 9, 9, "ok", 12, ""),
        (3, 10, 10, "failed", 12, '{"type": "ValueError"}'),
        (4, 11, 9, 8, "log", "info", "text", payload),
        (5, 12, 8, "done"),
    ]
    bodies = [recorder._published(row) for row in rows if row[0] == 1]
    assert [json.loads(body) for body in bodies] == [list(row) for row in rows[:3]]
    for row in rows[3:]:
        recorder._write(row)
    assert written(tmp_path) == [list(row) for row in rows[3:]]


class Execution:
    """One of which there is nothing to tell but that it starts and ends."""

    fault, on_loop = "", 20
    ended = tag = 0

    def __init__(self, number: int) -> None:
        self.publication = SimpleNamespace(tag=number)
        self.subscription = SimpleNamespace(key="shop:pack")
        self.started = perf_counter_ns()


PACK = HandlerDescription("shop:pack", "pack", "shop", "pack", "shop", "", 0, is_async=False)


def test_starts_and_ends_are_written_as_they_come(recorder: RingRecorder, tmp_path: Path) -> None:
    recorder.start(CatalogDescription("sample", (), (PACK,)))
    woken: list[int] = []
    recorder.on_running(lambda: woken.append(1))
    several: Any = [Execution(7), Execution(7), Execution(0)]
    for execution in several:
        recorder.tell_plain(execution)
    for execution in several:
        execution.ended = execution.started + 20
        recorder.tell_plain(execution)
    (_, *started, first, second) = written(tmp_path)
    assert [(row[0], *row[2:]) for row in started] == [(2, 1, 7, "shop:pack", ""), (2, 2, 7, "shop:pack", "")]
    assert [(row[0], *row[2:]) for row in (first, second)] == [(3, 1, "ok", 20, ""), (3, 2, "ok", 20, "")]
    assert first[1] - started[0][1] == 20
    assert (woken, recorder.budget.executions, recorder.running) == ([1], 2, 0)


def test_in_a_fork_nothing_is_told_of_what_began_before(recorder: RingRecorder, tmp_path: Path) -> None:
    recorder.start(CatalogDescription("sample", (), (PACK,)))
    before: Any = Execution(7)
    recorder.tell_plain(before)
    (tmp_path / "fork").mkdir()
    recorder.forked(RingWriter(str(tmp_path / "fork"), b"{}", name=2))
    before.ended = before.started + 20
    recorder.tell_plain(before)
    after: Any = Execution(7)
    recorder.tell_plain(after)
    after.ended = after.started + 20
    recorder.tell_plain(after)
    rows = written(tmp_path / "fork")
    assert [(row[0], row[2]) for row in rows if row[0] in (2, 3)] == [(2, 1), (3, 1)]


def test_a_payload_that_is_too_long_is_cut(recorder: RingRecorder) -> None:
    row = (1, 5, 7, "Placed", "", "", 0, 0, json.dumps({"text": "x" * (MAX_TEXT + 1)}), "", 4, 0)
    body = recorder._published(row)
    assert len(body) < MAX_TEXT
    assert json.loads(body)[:4] == [1, 5, 7, "Placed"]
    assert recorder.budget.written > MAX_TEXT
