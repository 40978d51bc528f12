"""The status bar of a real window, twice a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inspector.analysis.spill import GrowingArray
from inspector.app.memory import LEAST_JOURNAL_MB, bounded_journals
from tests.ui.windows import opened, until


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
