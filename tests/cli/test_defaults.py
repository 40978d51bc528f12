"""Defaults of fields, from the program into database and run log: no secret stands there, and a long one is cut."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli

SOURCE = """
from dataclasses import dataclass

@dataclass(frozen=True, kw_only=True)
class BadgePrinted:
    owner: str = "ida"
    access_token: str = "tok-" + "7Hq2ZkW9" * 4
    passphrase: str = "seven green bottles"
    svg: str = "<svg>" + "path " * 4_000_000

class Bus:
    def __init__(self):
        self.handlers = {}

    def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            handler(event)

def note(event: BadgePrinted):
    assert len(event.svg) > 1_000_000 and event.passphrase.startswith("seven")

bus = Bus()
bus.handlers[BadgePrinted] = [note]
"""
SECRETS = (b"7Hq2ZkW9", b"green bottles")


def test_a_program_with_secret_and_huge_defaults_is_recorded_exported_and_imported(
    cli: Cli, tmp_path: Path, db: Path
) -> None:
    (tmp_path / "badges.py").write_text(SOURCE, "utf-8")
    ran = cli("fire", "BadgePrinted", "--app", "badges:bus", "--cwd", tmp_path, "--json")
    assert (ran.code, ran.json["by_status"]) == (0, {"ok": 1})
    out = tmp_path / "run.jsonl"
    assert cli("export", 1, "--format", "jsonl", "-o", out).code == 0
    assert out.stat().st_size < 200_000
    for file in (out, *(path for path in db.parent.rglob("runs.db*") if path.is_file())):
        content = file.read_bytes()
        assert not any(secret in content for secret in SECRETS), file
    assert "(20000005 characters)" in out.read_text("utf-8")
    ran = cli("import", out)
    assert ran.code == 0, ran.err
    assert cli("log", 2, "--json").code == 0
