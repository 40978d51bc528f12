"""The budget of the journals, as the program sets it."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from inspector.analysis.spill import GrowingArray, current_spill
from inspector.app.memory import LEAST_JOURNAL_MB, bounded_journals, trim_journals, uncollected
from inspector.core.errors import UsageError


def test_the_budget_is_that_of_all_journals_and_lies_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with bounded_journals(LEAST_JOURNAL_MB):
        spill = current_spill()
        assert spill is not None
        assert (spill.budget, spill.folder) == (LEAST_JOURNAL_MB << 20, tmp_path / "inspector")
        GrowingArray(np.int64).reserve(1 << 20)[:] = 1
        assert trim_journals() == ""
    assert current_spill() is None


def test_a_budget_in_which_nothing_fits_is_refused() -> None:
    with pytest.raises(UsageError, match="too little"), bounded_journals(LEAST_JOURNAL_MB - 1):
        pass
    assert current_spill() is None


def test_without_a_budget_there_is_nothing_to_trim() -> None:
    assert trim_journals() == ""


def test_why_a_journal_is_not_bounded_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inspector").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with bounded_journals():
        GrowingArray(np.int64).reserve(1 << 20)[:] = 1
        assert "inspector" in trim_journals()


def test_no_garbage_is_looked_for_while_much_is_built_and_then_it_is_again() -> None:
    assert gc.isenabled()
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    with pytest.raises(ZeroDivisionError), uncollected():
        _ = 1 / 0
    assert gc.isenabled()
