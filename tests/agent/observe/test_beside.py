"""Observed beside other tools that use ``sys.monitoring``: coverage and a debugger see what they see alone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

import inspector
from tests.agent.observe import programs, watching
from tests.agent.observe.test_observe import LIBRARIES

PACKAGE = str(Path(inspector.__file__).parent)


@pytest.fixture(autouse=True)
def _installed() -> None:
    if not LIBRARIES.exists():
        text = "Coverage and debugpy are not installed: run tools/library-venvs."
        if os.environ.get("REQUIRE_LIBRARIES"):
            pytest.fail(text)
        pytest.skip(text)


def run(folder: Path, *before: str, **environment: str) -> Any:
    """Run the programs observed, under another tool and outside our settings; gives what is wrong with each."""
    alone = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [str(LIBRARIES), *before, watching.__file__, PACKAGE],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**alone, **environment},
    )
    assert done.returncode == 0, done.stderr
    return {name: result["wrong"] for name, result in json.loads(done.stdout).items()}


def test_coverage_with_its_monitoring_core_measures_what_is_observed(tmp_path: Path) -> None:
    data, report = tmp_path / "data", tmp_path / "report.json"
    wrong = run(tmp_path, "-m", "coverage", "run", f"--data-file={data}", COVERAGE_CORE="sysmon")
    assert wrong == {name: [] for name in programs.PROGRAMS}
    command = [str(LIBRARIES), "-m", "coverage", "json", f"--data-file={data}", "-o", str(report)]
    subprocess.run([*command, "--include", programs.__file__], check=True, capture_output=True, cwd=tmp_path)
    (measured,) = json.loads(report.read_text("utf-8"))["files"].values()
    handler = Path(programs.__file__).read_text("utf-8").split("\n").index('            tick("lift")') + 1
    assert handler in measured["executed_lines"]
    assert measured["summary"]["percent_covered"] > 90


def test_a_debugger_can_listen_meanwhile(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    wrong = run(tmp_path, "-Xfrozen_modules=off", "-m", "debugpy", "--listen", f"127.0.0.1:{port}")
    assert wrong == {name: [] for name in programs.PROGRAMS}
