"""The status bar of a real window, twice a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inspector.analysis.spill import GrowingArray
from inspector.app.memory import LEAST_JOURNAL_MB, bounded_journals
from inspector.ui.shell.standing import count_texts
from tests.analysis.sample_runs import MS, Run, Story, Told
from tests.patience import until
from tests.ui.windows import opened


async def test_it_says_when_the_memory_of_a_run_is_not_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "inspector").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with bounded_journals(LEAST_JOURNAL_MB):
        async with opened(None) as window:
            left = lambda: window.window.shell.status.texts()[0]  # noqa: E731 - read again and again
            await until(lambda: "execution" in left(), "the status bar speaks")
            assert "memory" not in left()
            GrowingArray(np.int64).reserve(1 << 20)[:] = 1
            await until(lambda: "no memory limit: " in left(), "the trouble is told")


def test_failures_under_a_fault_are_counted_apart() -> None:
    story = Story()
    story.tell([Told("Paid", 0, [Run(0, MS, status="failed")] * 3 + [Run(0, MS)])])
    assert count_texts(story.journal, 0) == ["4 executions", "3 failed"]
    runs = [Run(MS, 2 * MS, status="failed", fault="fail"), Run(MS, 9 * MS, fault="slow")]
    story.tell([Told("Paid", MS, [*runs, Run(MS, 2 * MS, status="timed_out", fault="hang"), Run(MS, None)])])
    assert count_texts(story.journal, 0) == ["8 executions", "3 failed", "3 by fault", "1 running"]
    story.tell([Told("Paid", 2 * MS, [Run(2 * MS, 3 * MS, status="timed_out")])])
    assert count_texts(story.journal, 2)[1:] == [
        *("3 failed", "1 timed out", "3 by fault", "1 running", "2 records lost"),
    ]
