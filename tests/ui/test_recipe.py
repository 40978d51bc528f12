"""The recipe "Add a panel" of CONTRIBUTING.md is followed to the letter, in a copy of the program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = "inspector/ui/features/all.py"


def recipe() -> dict[str, str]:
    """The files of the recipe by their paths; the line is under the path of the list."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    _, _, section = text.partition("\n## Add a panel\n")
    section = section.split("\n## ")[0]
    return dict(re.findall(r"^(?:The line[^`\n]*)?`([\w/.]+\.py)`\n\n```python\n(.*?)```$", section, re.M | re.S))


def test_the_recipe_for_a_panel_makes_one(tmp_path: Path) -> None:
    files = recipe()
    line = files.pop(LIST)
    assert line.count("\n") == 1, "a new panel is one line"
    folders = {Path(name).parent for name in files}
    assert len([folder for folder in folders if folder.parts[0] == "inspector"]) == 1, "and one folder"
    for name in ("inspector", "tests", "pyproject.toml", "resources"):
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(source, target)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    listing = tmp_path / LIST
    before, mark, after = listing.read_text(encoding="utf-8").partition("# isort: on\n")
    listing.write_text(before + line + mark + after, encoding="utf-8")
    tests = [name for name in files if name.startswith("tests/")]
    modules = [name for name in files if name.startswith("inspector/")]
    for command in (
        ["ruff", "check", *modules, LIST],
        ["ruff", "format", "--check", *modules, LIST],
        ["pytest", *tests],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=55,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
