"""Recipes of CONTRIBUTING.md, and copies of the program in which they are followed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent


def section(title: str) -> str:
    """Return what stands under a heading of CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def blocks(title: str) -> list[str]:
    """Return the Python of a recipe, block by block, without the indent of its step."""
    fenced = re.findall(r"^ *```python\n(.*?)^ *```$", section(title), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for block in fenced]


class Copy:
    """A copy of the program and its tests.

    Args:
        root: An empty folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("inspector", "tests", "docs", "resources"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "*.png"))
        shutil.copy(ROOT / "pyproject.toml", root)

    def replace(self, file: str, old: str, new: str) -> None:
        """Replace the only place where a text stands."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def insert(self, file: str, text: str, *, before: str) -> None:
        """Insert a text before the only place where another stands."""
        self.replace(file, before, text + before)

    def run(self, *command: str) -> str:
        """Run a module of Python's in the copy, and return what it prints; it has to end well."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.root,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(self.root)},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
