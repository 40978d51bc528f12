"""The short ways of observing tell what the long ones tell."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import inspector
from tests.agent.observe.test_observe import OBSERVED

SHORTENING = str(Path(__file__).with_name("shortening.py"))


def recorded(python: str, way: str) -> Any:
    package = str(Path(inspector.__file__).parent)
    command = [python, "-I", "-B", SHORTENING, package, way]
    # Handlers that fail in tasks are told on stderr, by asyncio.
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("version", [version for version in OBSERVED if version != "libraries"] or [None])
def test_short_ways_and_long_ones_tell_the_same(version: str | None) -> None:
    if version is None:
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    short, long = (recorded(OBSERVED[version], way) for way in ("short", "long"))
    differ = {name: rows for name, rows in short["records"].items() if rows != long["records"][name]}
    assert differ == {}
    assert (short["plain"] > 100, long["plain"]) == (True, 0)
    assert all(4 * ours < 3 * theirs for ours, theirs in zip(short["at_length"], long["at_length"], strict=True))
