"""What a fire waits for, what it says was not called, and why: here, and on every Python that can be observed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import inspector
from inspector.agent.observe.monitor import MONITOR
from tests.agent.observe import fires, firing
from tests.agent.observe.test_observe import OBSERVED, REQUIRED

#: Each version once: the Python with the libraries only where there is no other.
PYTHONS: list[str | None] = [name for name in OBSERVED if name != "libraries"] or [*OBSERVED] or [None]


@pytest.fixture(scope="module", params=PYTHONS)
def told(request: pytest.FixtureRequest) -> Any:
    """What is wrong of each program, by one Python."""
    if request.param is None:
        assert not os.environ.get(REQUIRED), "Python 3.12 or newer has to be there, and was not found"
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    package = str(Path(inspector.__file__).parent)
    done = subprocess.run(
        [OBSERVED[request.param], "-I", "-B", firing.__file__, package], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", fires.FIRES)
def test_what_is_told_is_so(told: Any, name: str) -> None:
    assert told[name] == []


@pytest.mark.skipif(not MONITOR.available, reason="Python 3.11 cannot be observed.")
@pytest.mark.parametrize("name", fires.FIRES)
def test_what_is_told_here_is_so(name: str) -> None:
    assert firing.fire(fires.FIRES[name], "inspector", fires) == []
