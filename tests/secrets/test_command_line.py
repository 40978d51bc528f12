"""What commands write, wherever they write it, holds no secret of the table."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.store.reader import StoredStream
from inspector.store.store import Store
from tests.secrets.program import EVERY_PART, GIVEN, leaks, write_program

Run = Callable[..., str]
#: The table is looked for in so many parts: each secret is looked for in all that is written of all. One of them in
#: ``make test``, all in ``make torture``.
PARTS = 12


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run commands in the folder of the test and return what they write."""
    monkeypatch.chdir(tmp_path)
    for kind in ("DATA", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))

    def command(*words: str) -> str:
        capsys.readouterr()
        code = main(["--db", "s.db", *words])
        out, err = capsys.readouterr()
        assert code in (0, 1), err
        return out + err

    return command


async def stored(path: Path) -> str:
    """Return all rows of the first session as they are read, blobs unpacked."""
    store = Store(path)
    await store.open()
    try:
        rows = [row async for batch in StoredStream(store, 1).read() for row in batch.rows]
    finally:
        await store.close()
    return "\n".join(map(str, rows))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS if os.environ.get(EVERY_PART) else 1))
def test_no_secret_is_on_disk_in_an_export_or_on_the_terminal(tmp_path: Path, run: Run, part: int) -> None:
    planted = write_program(tmp_path, PARTS, part)
    app = ("--app", "shop:bus")
    kept = {"fire": run("fire", "Go", *app, "-v", "--timeout", "100")}
    for form, name in (("jsonl", "run.jsonl"), ("csv", "run.csv"), ("markdown", "run.md")):
        kept[form] = run("export", "1", "--format", form, "-o", name)
    kept["summary"] = run("export", "1", "--format", "csv", "-o", "summary.csv", "--summary")
    for words in (("log", "1"), ("log", "1", "--json"), ("sessions",), ("sessions", "--json")):
        kept[" ".join(words)] = run(*words)
    for words in (("catalog",), ("catalog", "--json"), ("check",), ("check", "--json")):
        kept[" ".join(words)] = run(*words, *app)
    kept["rows"] = asyncio.run(stored(tmp_path / "s.db"))
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name not in GIVEN and "__pycache__" not in path.parts:
            kept[path.name] = path.read_bytes().decode("utf-8", "replace")
    assert {"s.db", "run.jsonl", "run.csv", "run.md", "summary.csv"} <= kept.keys()
    texts = json.loads((tmp_path / "texts.json").read_text(encoding="utf-8"))
    assert kept["run.jsonl"].count('"record": "Published"') >= len(texts)
    found = {where: about for where, content in kept.items() if (about := leaks(planted, content))}
    assert found == {}
