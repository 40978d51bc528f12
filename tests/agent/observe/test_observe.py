"""What is observed is what ran, as the programs' own tallies say: here, and on every Python that can be observed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import inspector
from inspector.agent.observe.monitor import MONITOR
from tests.agent.observe import programs, watching
from tests.hosts.children import INTERPRETERS

OBSERVED = {
    version: path for version, path in INTERPRETERS.items() if [int(part) for part in version.split(".")] >= [3, 12]
}
#: What ``tools/library-venvs`` makes; it has what measures and what debugs.
LIBRARIES = Path(__file__).resolve().parents[3] / ".venv-libs" / "newest" / "bin" / "python"
if LIBRARIES.exists():
    OBSERVED["libraries"] = str(LIBRARIES)
#: Set where such a Python has to be there.
REQUIRED = "INSPECTOR_REQUIRE_PYTHON_312"


@pytest.fixture(scope="module", params=[*OBSERVED] or [None])
def told(request: pytest.FixtureRequest) -> Any:
    """What was recorded of each program by one Python."""
    if request.param is None:
        assert not os.environ.get(REQUIRED), "Python 3.12 or newer has to be there, and was not found"
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    package = str(Path(inspector.__file__).parent)
    done = subprocess.run(
        [OBSERVED[request.param], "-I", "-B", watching.__file__, package], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_what_is_recorded_is_what_ran(told: Any, name: str) -> None:
    assert told[name]["wrong"] == []


@pytest.mark.skipif(not MONITOR.available, reason="Python 3.11 cannot be observed.")
@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_what_is_recorded_here_is_what_ran(name: str) -> None:
    wrong, _, _ = watching.observe(programs.PROGRAMS[name], "inspector", programs)
    assert wrong == []
