"""The source of a project is read by the project's own interpreter."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inspector.agent.facts.source import project_files, scan
from inspector.hosts.project import Project
from inspector.hosts.source import read_source
from tests.hosts.children import INTERPRETERS

NEWER = {name: python for name, python in INTERPRETERS.items() if name >= "3.12"}
MAKER = "type Cask = str\n\ndef fill(bus, cask: Cask):\n    bus.publish(CaskFilled(cask=cask))\n"


def project(folder: Path, python: str = sys.executable) -> Project:
    return Project(app=("app:bus",), cwd=folder, python=python)


def test_the_same_is_found_as_in_this_process(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def run(bus):\n    bus.publish(Leaked())\n", "utf-8")
    (tmp_path / "größe.py").write_text("def (\n", "utf-8")
    (tmp_path / "left_out.py").write_text("Never()\n", "utf-8")
    found = read_source(project(tmp_path), tmp_path, ["left_*"])
    assert found == scan(project_files(tmp_path, ["left_*"]))
    assert "Leaked" in found.constructed
    assert "Never" not in found.constructed


@pytest.mark.skipif(not NEWER, reason="no Python 3.12 or newer is found")
@pytest.mark.parametrize("python", NEWER.values(), ids=NEWER.keys())
def test_syntax_that_is_newer_than_ours_is_read(tmp_path: Path, python: str) -> None:
    (tmp_path / "maker.py").write_text(MAKER, "utf-8")
    found = read_source(project(tmp_path, python), tmp_path)
    assert not found.unreadable
    assert [(publishing.event, publishing.line) for publishing in found.published] == [("CaskFilled", 4)]


def test_nothing_of_the_project_is_run(tmp_path: Path) -> None:
    for name in ("sitecustomize", "json", "ast", "app"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", "utf-8")
    assert read_source(project(tmp_path), tmp_path).files == 4
    assert not (tmp_path / "ran").exists()


def test_an_interpreter_that_breaks_is_told_and_nothing_is_held_against_the_source(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no such encoding' >&2\nexit 3\n", "utf-8")
    broken.chmod(0o755)
    found = read_source(project(tmp_path, str(broken)), tmp_path)
    (part,) = found.unreadable
    assert (part.file, part.reason) == (str(tmp_path), "no such encoding")
    assert found.may_mention("Anything")
