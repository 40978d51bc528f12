"""On every Python that a project may have, without any package of ours: the samples' suites pass under the tap."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import inspector
from tests.agent.samples import PROJECTS
from tests.hosts.children import INTERPRETERS

SCRIPT = Path(__file__).with_name("other_python.py")


@pytest.mark.parametrize("python", INTERPRETERS.values(), ids=INTERPRETERS.keys())
def test_the_samples_pass_under_the_tap(python: str) -> None:
    package = str(Path(inspector.__file__).parent)
    done = subprocess.run(
        [python, "-I", "-B", "-W", "error", str(SCRIPT), package, str(PROJECTS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.split("\n") == ["shop 9 0 51", "orders 9 0 61", "tasks 5 0 25", ""]
