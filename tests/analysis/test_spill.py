"""Arrays in files: the same to who reads them, bounded in memory, and ordinary memory where there is no disk."""

from __future__ import annotations

import errno
import gc
import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis import spill as module
from inspector.analysis.columns import Columns
from inspector.analysis.spill import SPILL_FROM, GrowingArray, Spill, current_spill, use_spill

MIB = 1 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Spill]:
    spill = Spill(tmp_path / "spill", budget=4 * MIB)
    use_spill(spill)
    yield spill
    use_spill(None)


def resident_files() -> int:
    """Bytes of mapped files of ours that are in memory, by the kernel's own account."""
    total, ours = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ", 1)[0]:
            ours = ".journal-" in line
        elif line.startswith("Rss:") and ours:
            total += int(line.split()[1]) * 1024
    return total


def open_handles() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_small_arrays_stay_in_memory_and_large_ones_leave_no_name(disk: Spill) -> None:
    array = GrowingArray(np.int64)
    array.reserve(1000)
    assert disk.mapped == 0
    array.reserve(SPILL_FROM)
    assert disk.mapped >= SPILL_FROM * 8
    assert list(disk.folder.iterdir()) == []


@given(lengths=st.lists(st.integers(1, 300_000), min_size=1, max_size=8), tail=st.sampled_from([(), (3,), (16,)]))
def test_what_was_written_stays_however_the_array_grows(
    lengths: list[int], tail: tuple[int, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    use_spill(Spill(tmp_path_factory.mktemp("spill"), budget=MIB))
    try:
        array, filled = GrowingArray(np.int32, tail), 0
        for length in lengths:
            rows = array.reserve(filled + length)
            assert not rows[filled:].any(), "new rows hold zeros"
            values = np.arange(filled, filled + length, dtype=np.int32)
            rows[filled : filled + length] = values.reshape(-1, *(1 for _ in tail))
            filled += length
            spill = current_spill()
            assert spill is not None
            spill.trim()
        whole = array.array[:filled].reshape(filled, -1)
        assert (whole == np.arange(filled, dtype=np.int32)[:, None]).all()
    finally:
        use_spill(None)


def test_memory_stays_within_the_budget_and_everything_can_still_be_read(disk: Spill) -> None:
    columns, part = Columns({"start": np.int64, "end": np.int64}), 1 << 17
    for number in range(32):
        values = np.arange(number * part, (number + 1) * part)
        columns.extend({"start": values, "end": -values})
    assert disk.mapped >= 64 * MIB
    disk.trim()
    assert resident_files() <= disk.budget + 8 * MIB
    assert (columns["start"] == np.arange(32 * part)).all()
    assert resident_files() >= 16 * MIB, "what is looked at is in memory"
    assert disk.trim()
    assert resident_files() <= disk.budget + 8 * MIB
    assert int(columns["end"][5]) == -5
    assert not disk.trim(), "nothing is given back below the budget"


def test_what_else_a_run_holds_is_part_of_its_budget(disk: Spill) -> None:
    columns = Columns({"start": np.int64})
    disk.rest()
    columns.extend({"start": np.arange(3 * MIB // 8)})
    assert not disk.trim()
    pictures = mmap.mmap(-1, 8 * MIB)  # memory that nobody has used and given back before
    pictures.write(b"x" * len(pictures))
    assert disk.trim()
    assert resident_files() < 3 * MIB
    assert (columns["start"] == np.arange(3 * MIB // 8)).all()
    pictures.close()


def test_arrays_are_released_in_turn_and_no_more_of_them_than_need_be(disk: Spill) -> None:
    columns = [Columns({"start": np.int64}) for _ in range(4)]
    for column in columns:
        column.extend({"start": np.arange(3 * MIB // 8)})
    for column in columns:
        assert int(column["start"].sum()) > 0  # all of them are in memory now
    disk.budget = resident_files() - MIB // 2
    before = resident_files()
    assert disk.trim()
    assert before - 4 * MIB < resident_files() < before


def test_room_goes_with_the_last_reader(disk: Spill) -> None:
    columns = Columns({"start": np.int64})
    columns.extend({"start": np.zeros(MIB, np.int64)})
    start, handles = columns["start"], open_handles()
    del columns
    gc.collect()
    assert int(start.sum()) == 0, "a view keeps what it shows"
    del start
    gc.collect()
    assert disk.mapped == 0
    assert open_handles() < handles


def full(_handle: int, _offset: int, _length: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_arrays_in_memory_with_all_that_is_in_them(
    disk: Spill, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = GrowingArray(np.int64)
    array.reserve(SPILL_FROM)[:] = 7
    monkeypatch.setattr(module.os, "posix_fallocate", full)
    room = len(array.array)
    rows = array.reserve(room + 1)
    assert len(rows) > room
    assert (rows[:SPILL_FROM] == 7).all()
    assert "No space left" in disk.trouble
    fresh = GrowingArray(np.int64)
    fresh.reserve(SPILL_FROM)[:] = 1
    assert fresh.array.sum() == len(fresh.array)


def test_a_folder_that_cannot_be_made_leaves_arrays_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    spill = Spill(tmp_path / "file" / "below")
    use_spill(spill)
    try:
        array = GrowingArray(np.uint8)
        array.reserve(2 * SPILL_FROM)[:] = 9
        assert (array.array == 9).all()
        assert spill.mapped == 0
        assert spill.trouble
    finally:
        use_spill(None)


def test_without_a_spill_nothing_is_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    array = GrowingArray(np.int64)
    array.reserve(4 * SPILL_FROM)[-1] = 1
    assert list(tmp_path.iterdir()) == []
    assert current_spill() is None
