"""Runs commands in this process, on a sessions database of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inspector.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Ran]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
def cli(db: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs ``inspector`` with the given words; commands that store do it in ``db``."""

    def run(*words: object) -> Ran:
        texts = [str(word) for word in words]
        if texts and texts[0] in ("fire", "sessions", "log", "export", "import", "demo"):
            texts += ["--db", str(db)]
        capsys.readouterr()
        code = main(texts)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run
