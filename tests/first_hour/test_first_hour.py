"""The twelve tasks of a first hour take no more clicks and keys than the shortest way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.first_hour.screen import missing, screen
from tests.first_hour.tasks import TASKS

ROOT = Path(__file__).parents[2]
#: Seconds that a task may take on a machine that is busy.
LIMIT = 280


@pytest.fixture(autouse=True)
def _on_a_screen() -> None:
    absent = missing()
    if absent and "INSPECTOR_REQUIRE_SCREEN" in os.environ:
        pytest.fail(f"The first hour needs {', '.join(absent)}.")
    if absent:
        pytest.skip(f"A first hour with real keys and clicks needs {', '.join(absent)}.")


@pytest.mark.parametrize("name", TASKS)
def test_the_shortest_way(name: str, tmp_path: Path) -> None:
    shortest = TASKS[name]
    with screen() as display:
        environment = {
            **os.environ,
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.first_hour.driver", name, str(tmp_path)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    lines = done.stdout.strip().splitlines()
    assert lines, done.stderr
    outcome = json.loads(lines[-1])
    assert "trouble" not in outcome, outcome["trouble"]
    assert done.returncode == 0, done.stderr
    assert (outcome["clicks"], outcome["keys"]) <= (shortest.clicks, shortest.keys), outcome
    assert outcome["clicks"] <= shortest.clicks
    assert outcome["keys"] <= shortest.keys
