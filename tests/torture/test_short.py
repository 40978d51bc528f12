"""The short form of ``make torture``: every campaign once, with few tries."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.torture import campaigns
from tests.torture.campaigns import CAMPAIGNS

TRIES = {
    "kill": 2,
    "tail": 2,
    "child_tail": 2,
    "disk": 6,
    "lock": 6,
    "damage": 30,
    "fuzz": 30,
    "secrets": 200,
    "rings": 100,
}


@pytest.mark.allow_log("inspector.store.writer")
@pytest.mark.parametrize("name", TRIES)
async def test_no_promise_is_broken(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "TAIL_MS", 10 * campaigns.TAIL_MS)  # other tests run beside it
    figures = await CAMPAIGNS[name](TRIES[name], random.Random(f"11 {name}"), tmp_path)
    assert {*TRIES, "screen"} == set(CAMPAIGNS)  # of the screen a part is searched where the window is tested
    assert figures.tried >= TRIES[name]
    assert {promise: count for promise, count in figures.broken.items() if count} == {}
