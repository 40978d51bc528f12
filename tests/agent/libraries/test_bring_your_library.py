"""The example of docs/bring-your-library.md: installed as a package of its own, found through its entry point."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.samples import PROJECTS
from tests.patience import PATIENCE

PACKAGE = PROJECTS / "postbox"
PAGE = Path(__file__).parents[3] / "docs" / "bring-your-library.md"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip has installed the package, from a wheel, with what says its entry points."""
    folder = tmp_path_factory.mktemp("postbox")
    wheels, packages = folder / "wheels", folder / "packages"
    for command in (
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)],
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"],
    ):
        if "pip" in command:
            command += ["--target", str(packages), *map(str, wheels.glob("*.whl"))]
        done = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert list(packages.glob("postbox-*.dist-info/entry_points.txt"))
    return packages


def inspector(installed: Path, tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "office.py").write_text((PACKAGE / "office.py").read_text("utf-8"), "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(installed), "TALLY": str(tmp_path / "tally"), "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "inspector", *words, "--app", "office:box", "--json"]
    command += ["--python", sys.executable, "--cwd", str(tmp_path)]
    root = Path(__file__).parents[3]
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def test_it_is_found_through_its_entry_point(installed: Path, tmp_path: Path) -> None:
    done = inspector(installed, tmp_path, "catalog")
    assert done.returncode == 0, done.stderr
    catalog = json.loads(done.stdout)
    (source,) = catalog["sources"]
    assert source["adapter"] == "postbox"
    assert "Postbox, known by its class. Published by post. Receivers: welcome (once)." in source["text"]
    (event,) = catalog["events"]
    assert event["name"] == "LetterSent"
    assert event["handlers"] == ["welcome", "stamp"]


def test_what_ran_is_what_the_program_has_counted(installed: Path, tmp_path: Path) -> None:
    words = ("fire", "LetterSent", "--set", "to=Ann", "--count", "2", "--db", str(tmp_path / "sessions.db"))
    done = inspector(installed, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    tally = (tmp_path / "tally").read_text("utf-8").split()
    assert tally == ["welcome", "stamp", "stamp"]
    assert (summary["published"], summary["executions"]) == (2, len(tally))


NAMED_LIKE_US = """
import importlib, importlib.util, sys, types
folder = sys.argv[1]
spec = importlib.util.spec_from_file_location("_guest", folder + "/__init__.py", submodule_search_locations=[folder])
sys.modules["_guest"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
base = importlib.import_module("_guest.agent.adapters.base")
importlib.import_module("_guest.agent.libraries.base")
theirs = sys.modules["inspector"] = types.ModuleType("inspector")
inner = sys.modules["inspector.tools"] = types.ModuleType("inspector.tools")
sys.path.insert(0, sys.argv[2])
(adapter,), problems = base.third_party_adapters()
print(type(adapter).__mro__[1].__module__, problems)
print(sys.modules["inspector"] is theirs, sys.modules["inspector.tools"] is inner)
print([name for name in sys.modules if name.startswith("inspector.agent")])
"""


def test_a_package_of_the_program_that_is_called_like_us_is_left_alone(installed: Path) -> None:
    package = str(Path(__file__).parents[3] / "inspector")
    command = [sys.executable, "-I", "-c", NAMED_LIKE_US, package, str(installed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["_guest.agent.libraries.base []", "True True", "[]"]


def test_the_page_shows_the_adapter_as_it_is() -> None:
    shown = re.findall(r"```(?:python|toml)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    files = [(PACKAGE / path).read_text("utf-8") for path in ("postbox/inspecting.py", "pyproject.toml")]
    for text in shown:
        assert any(text in file for file in files), text
    assert any("class PostboxConnection" in text for text in shown)
