"""The recipe "Add a panel" of CONTRIBUTING.md is followed to the letter, in a copy of the program."""

from __future__ import annotations

import re
from pathlib import Path

from tests.recipes import Copy, section

LIST = "inspector/ui/features/all.py"
_FILE = re.compile(r"^(?:The line[^`\n]*)?`([\w/.]+\.py)`\n\n```python\n(.*?)```$", re.MULTILINE | re.DOTALL)


def test_the_recipe_for_a_panel_makes_one(tmp_path: Path) -> None:
    files: dict[str, str] = dict(_FILE.findall(section("Add a panel")))
    line = files.pop(LIST)
    assert line.count("\n") == 1, "a new panel is one line"
    folders = {Path(name).parent for name in files}
    assert len([folder for folder in folders if folder.parts[0] == "inspector"]) == 1, "and one folder"
    copy = Copy(tmp_path)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    copy.insert(LIST, line, before="# isort: on\n")
    tests = [name for name in files if name.startswith("tests/")]
    modules = [name for name in files if name.startswith("inspector/")]
    copy.run("ruff", "check", *modules, LIST)
    copy.run("ruff", "format", "--check", *modules, LIST)
    assert "1 passed" in copy.run("pytest", *tests)
