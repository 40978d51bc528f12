"""A program that prints, logs, raises and publishes every secret of the table: none of them is found anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.core.secret_table import named_secrets, secret_texts

PROGRAM = """
import asyncio, json, logging, sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECRETS = json.loads((Path(__file__).parent / "secrets.json").read_text(encoding="utf-8"))
NAMED = json.loads((Path(__file__).parent / "named.json").read_text(encoding="utf-8"))

@dataclass
class Go:
    n: int = 1

@dataclass
class Note:
    text: Any = None

@dataclass
class Named:
    password: str = "canary-of-a-default-9"
    held: Any = field(default=None)
    seal: str = field(default="", repr=False)

class Bus:
    def __init__(self):
        self.handlers = {}

    async def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            try:
                await handler(event)
            except ValueError:
                logging.getLogger("shop").exception("it failed")

bus = Bus()

async def go(event: Go):
    for text in SECRETS:
        await bus.publish(Note(text))
    for name, value in NAMED:
        pairs = [(name, value), (name.encode(), value.encode())]
        await bus.publish(Named(value, {name: value, "headers": pairs}, value))

async def prints(event: Note):
    if event.text.startswith("pem end only"):
        return  # printed line by line, the end comes too late to tell what the line before was
    print(event.text, flush=True)
    print(event.text, file=sys.stderr, flush=True)

async def logs(event: Note):
    logging.getLogger("shop").warning("%s", event.text)

async def fails(event: Note):
    raise ValueError(event.text)

async def refuses(event: Named):
    password = "canary-of-the-source-9"
    raise ValueError("refused")

bus.handlers = {Go: [go], Note: [prints, logs, fails], Named: [refuses]}
"""
GIVEN = ("shop.py", "secrets.json", "named.json")
PLANTED = ["canary-of-a-default-9", "canary-of-the-source-9"]


def inspector(folder: Path, *words: str) -> str:
    environment = os.environ | {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("DATA", "CONFIG", "STATE")}
    run = subprocess.run(
        [sys.executable, "-m", "inspector", *words, "--db", "s.db"],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[2]), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=50,
    )
    return run.stdout + run.stderr


def test_no_secret_is_on_disk_in_an_export_or_on_screen(tmp_path: Path) -> None:
    texts, named = secret_texts(), named_secrets()
    (tmp_path / "shop.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "secrets.json").write_text(json.dumps([text for text, _ in texts]), encoding="utf-8")
    (tmp_path / "named.json").write_text(json.dumps(named), encoding="utf-8")
    shown = inspector(tmp_path, "fire", "Go", "--app", "shop:bus", "-v")
    inspector(tmp_path, "export", "1", "--format", "jsonl", "-o", "run.jsonl")
    inspector(tmp_path, "export", "1", "--format", "csv", "-o", "run.csv")
    inspector(tmp_path, "export", "1", "--format", "csv", "-o", "summary.csv", "--summary")
    shown += inspector(tmp_path, "log", "1") + inspector(tmp_path, "catalog", "--app", "shop:bus", "--json")
    ours = [path for path in tmp_path.rglob("*") if path.is_file() and path.name not in GIVEN]
    kept = {path.name: path.read_bytes().decode("utf-8", "replace") for path in ours if "__pycache__" not in path.parts}
    kept["the screen"] = shown
    assert {"s.db", "run.jsonl", "run.csv", "summary.csv"} <= kept.keys()
    assert kept["run.jsonl"].count('"record": "Published"') == 1 + len(texts) + len(named)
    wanted = [(secret, text) for text, secret in texts] + [(value, name) for name, value in named]
    wanted += [(text, "planted") for text in PLANTED]
    found = [
        (where, about)
        for secret, about in wanted
        for where, content in kept.items()
        if secret in content or json.dumps(secret)[1:-1] in content
    ]
    assert found == []
