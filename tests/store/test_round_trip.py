"""A stored or exported run comes back as the same rows in the same order."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.records.records import Batch, Row
from inspector.store.jsonl import export_jsonl
from inspector.store.jsonl_import import read_jsonl
from inspector.store.reader import StoredStream
from inspector.store.store import Store
from tests.store.runs import STARTED, ListStream, collect, numbered, run_async, runs


async def stored(folder: Path, rows: list[Row], cuts: list[int]) -> tuple[list[tuple[int, Row]], list[tuple[int, Row]]]:
    store = Store(folder / "s.db")
    await store.open()
    try:
        writer = await store.begin_session("run", STARTED)
        start = 0
        for end in [*sorted(cut % len(rows) for cut in cuts), len(rows)]:
            if end > start:
                writer.add(Batch(start + 1, rows[start:end]))
                assert await writer.flush(), writer.trouble
            start = end
        await writer.finish()
        stream = StoredStream(store, writer.session)
        after = len(rows) // 2
        return await collect(stream), await collect(stream, after)
    finally:
        await store.close()


@given(rows=runs(), cuts=st.lists(st.integers(0, 1000), max_size=6))
@settings(max_examples=25)
def test_store_gives_the_same_rows_in_the_same_order_wherever_commits_fall(rows: list[Row], cuts: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:

        async def body() -> None:
            whole, half = await stored(Path(folder), rows, cuts)
            assert whole == numbered(rows)
            assert half == numbered(rows)[len(rows) // 2 :]

        run_async(body())


@given(rows=runs(whole=True), data=st.data())
@settings(max_examples=12)
def test_rows_out_of_order_come_back_word_for_word(rows: list[Row], data: st.DataObject) -> None:
    # A stream with losses: ends without starts, starts without publications, numbers twice.
    rest = data.draw(st.permutations([*rows[1:], *rows[1:3]]))
    mixed = [rows[0], *rest]
    with tempfile.TemporaryDirectory() as folder:

        async def body() -> None:
            whole, half = await stored(Path(folder), mixed, [3, 9])
            assert whole == numbered(mixed)
            assert half == numbered(mixed)[len(mixed) // 2 :]

        run_async(body())


@given(rows=runs())
@settings(max_examples=60)
def test_jsonl_gives_the_same_rows_and_the_same_bytes_again(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / "a.jsonl", Path(folder) / "b.jsonl"

        async def body() -> None:
            assert await export_jsonl(ListStream(rows), first, name="run") == len(rows)
            imported = read_jsonl(first)
            assert await collect(imported) == numbered(rows)
            assert imported.skipped == 0
            assert await collect(imported, 3) == numbered(rows)[3:]
            await export_jsonl(imported, second, name=imported.name)
            assert first.read_bytes() == second.read_bytes()

        run_async(body())


async def test_pages_of_a_long_session_join_seamlessly(store: Store) -> None:
    # One execution runs from the first page to the last.
    rows: list[Row] = [
        (0, *list(vars(STARTED).values())),
        (1, 1, 1, "E", "", "", 0, 0, "", "", 1, 0),
        (2, 2, 1, 1, "h", ""),
    ]
    for number in range(2, 6000):
        rows += [(2, number, number, 1, "h", ""), (3, number, number, "ok", 1, "")]
    rows.append((3, 9000, 1, "failed", 1, "{}"))
    rows.append((5, 9001, 1, "done"))
    writer = await store.begin_session("long", STARTED)
    writer.add(Batch(1, rows[:100]))
    await writer.flush()
    writer.add(Batch(101, rows[100:]))
    await writer.finish()
    assert await collect(StoredStream(store, writer.session)) == numbered(rows)
    assert await collect(StoredStream(store, writer.session), 9000) == numbered(rows)[9000:]
