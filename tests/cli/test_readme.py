"""What docs/cli.md shows is what the commands print, and the example of docs/core.md runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]
ROOT = Path(__file__).resolve().parents[2]


def blocks(language: str, section: str, page: str = "cli.md") -> list[str]:
    """The code blocks of a section of a page, by the end of its heading."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^#+ [^\n]*{re.escape(section)}`?\n(.*?)(?=^## |^### |\Z)", text, re.MULTILINE | re.DOTALL)
    return re.findall(rf"^```{language}\n(.*?)^```", found, re.MULTILINE | re.DOTALL)


def shape(value: Any) -> Any:
    """Keys and types of a JSON value; what a list holds is that of its first member."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def documented(section: str) -> Any:
    (block,) = blocks("json", section)
    return json.loads(block)


def counts_only(told: Any) -> Any:
    """Drop what depends on the run: which statuses, categories and phases occurred."""
    for holder, name in ((told, "by_status"), (told.get("statistics", {}), "by_category")):
        if name in holder:
            holder[name] = {}
    if "statistics" in told:
        told["statistics"]["by_phase"] = {}
    return told


def test_the_example_program_runs(tmp_path: Path) -> None:
    code, _ = blocks("python", "inspector.core", "core.md")  # the program, and an adapter for its logger
    script = tmp_path / "shop.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("shipping A-1001\n", "")


def test_json_of_catalog_is_as_documented(cli: Cli) -> None:
    told = counts_only(cli("catalog", "--json").json)
    assert shape(told) == shape(counts_only(documented("inspector catalog")))


def test_json_of_fire_is_as_documented(cli: Cli) -> None:
    told = cli("fire", "UserLoginFailed", "--no-session", "--json").json
    assert told["by_status"] == documented("inspector fire")["by_status"]
    assert shape(told) == shape(documented("inspector fire"))


def test_json_of_sessions_is_as_documented(cli: Cli) -> None:
    assert cli("fire", "UserLoginFailed").code == 0
    assert shape(cli("sessions", "--json").json) == shape(documented("inspector sessions"))


def test_json_of_demo_is_as_documented(cli: Cli) -> None:
    told = cli("demo", "--json").json
    assert shape(told) == shape(documented("inspector demo"))
    assert told["by_status"] == documented("inspector demo")["by_status"]
