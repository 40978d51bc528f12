"""``inspector spec``: how the buses are read, as text, as JSON, as TOML that says the same; what is not obeyed."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from inspector.app.places import trust_path
from inspector.hosts.kept import Trust
from inspector.hosts.project import Project
from tests.cli.conftest import Cli
from tests.hosts.children import INTERPRETERS

HUB = """
class Placed:
    def __init__(self, number: int = 1) -> None:
        self.number = number

class Archive:
    def keep(self, event): ...

def ship(event: Placed) -> None: ...

class Hub:
    def __init__(self):
        self._routes = {Placed: [ship]}
        self.archive = Archive()
    def publish(self, event):
        for handler in self._routes[type(event)]:
            handler(event)
        self._mirror(event)
    def _mirror(self, event):
        self.archive.keep(event)

class Signal:
    def __init__(self):
        self.receivers = [lambda sender, **values: None]
    def send(self, sender, **values):
        return [receiver(sender, **values) for receiver in self.receivers]
    def send_checked(self, **values):
        if "number" not in values:
            raise TypeError("number is missing")
        return self.send(None, **values)

hub = Hub()
signals = {"moved": Signal()}
"""
OBSERVED = [path for version, path in INTERPRETERS.items() if int(version.split(".")[1]) >= 12]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop.py").write_text(HUB)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trusted(folder: Path, settings: str) -> None:
    (folder / "pyproject.toml").write_text(settings)
    project = Project.from_folder(folder)
    assert project is not None
    Trust(trust_path()).remember(project)


def test_each_line_is_told_with_place_origin_and_reason(cli: Cli, folder: Path) -> None:
    ran = cli("spec", "--app", "shop:hub")
    assert ran.code == 0
    words = [line.split() for line in ran.out.splitlines() if line]
    assert words[0] == ["shop:hub"]
    assert words[2][:5] == ["Publish", "points", "Hub.publish(event)", "shop.py:15", "proposed"]
    assert "Hub._routes" in ran.out


def test_what_is_printed_as_toml_gives_the_same_lines_again(cli: Cli, folder: Path) -> None:
    printed = cli("spec", "--toml", "--app", "shop:hub").out
    assert "bus" in tomllib.loads(printed)["tool"]["inspector"]
    before = cli("spec", "--json", "--app", "shop:hub").json
    trusted(folder, f'[tool.inspector]\napp = "shop:hub"\n\n{printed}')
    after = cli("spec", "--json").json
    assert after["problems"] == []
    said = [[(line["kind"], line["value"]) for line in spec["buses"][0]["lines"]] for spec in (before, after)]
    assert said[0] == said[1]
    assert {line["origin"] for line in after["buses"][0]["lines"]} == {"declared"}


def test_a_publish_method_that_is_named_is_used_and_a_wrong_name_is_told_everywhere(cli: Cli, folder: Path) -> None:
    trusted(folder, '[tool.inspector]\napp = "shop:signals"\npublish = "send_checked"\n')
    assert "Published by send_checked" in cli("catalog").out
    assert cli("fire", "moved", "--set", "payload={}").code == 1, "send_checked misses a number"
    trusted(folder, '[tool.inspector]\napp = "shop:signals"\npublish = "send_chequed"\n')
    told = "[tool.inspector] publish: no send_chequed found."
    for command in ("catalog", "spec", "check"):
        ran = cli(command)
        assert told in ran.out
        assert ran.code == 0
    assert "Did you mean send_checked?" in cli("spec").out
    assert told in cli("spec", "--toml").err


def test_a_handler_that_ran_and_is_in_no_container_is_told_until_it_is_declared(cli: Cli, folder: Path) -> None:
    if not OBSERVED:
        assert not os.environ.get("INSPECTOR_REQUIRE_PYTHON_312")
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    ran = cli("fire", "Placed", "--app", "shop:hub", "--python", OBSERVED[0])
    assert "Archive.keep ran and is not in the spec (called by Hub._mirror)." in ran.err
    assert ran.code == 0
    entry = '{ handler = "shop:Archive.keep", events = ["Placed"] }'
    settings = f'[tool.inspector]\napp = "shop:hub"\npython = "{OBSERVED[0]}"\n'
    trusted(folder, f"{settings}[tool.inspector.bus]\nalso-runs = [{entry}]\n")
    ran = cli("fire", "Placed")
    assert "is not in the spec" not in ran.err
    assert "executions    2" in ran.out
    assert "Placed  2 handlers" in cli("catalog").out


def test_the_demo_describes_its_bus_itself(cli: Cli) -> None:
    ran = cli("spec", "--demo")
    assert (ran.code, ran.err) == (0, "")
    assert cli("spec", "--demo", "--json").json == {"buses": [], "problems": []}
