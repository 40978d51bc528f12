"""A program that writes rows of its own to the inspector's connection: they are refused, counted and told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from inspector.core.records.host import HandlerAdded, ProgramReloaded, RecordsLost
from inspector.core.records.records import RECORD_TYPES, ROW_FIELDS
from tests.cli.conftest import Cli
from tests.hosts.hostile import PROGRAM, frame

WRONG = (None, -1, 1 << 61, 1 << 80, 1e308, float("nan"), "\ud800", "[" * 900 + "]" * 900, "no json", '{"type": 5}', [])


def hostile_rows() -> list[list[Any]]:
    """A row of every kind with each of its fields wrong in every way; none of them is a row."""
    rows = []
    for cls in RECORD_TYPES:
        fields = ROW_FIELDS[cls.KIND]
        good = [cls.KIND, *(1 if field.form in ("int", "maybe_int") else "" for field in fields)]
        rows += [[*good[:place], wrong, *good[place + 1 :]] for place in range(1, len(good)) for wrong in (*WRONG, {})]
    return [row for row in rows if not all(type(cell) in (int, str) for cell in row)]


@pytest.mark.parametrize(
    ("messages", "refused"),
    [
        (
            [["rows", hostile_rows()[start : start + 200]] for start in range(0, len(hostile_rows()), 200)],
            len(hostile_rows()),
        ),
        ([["rows", [[RecordsLost.KIND, 0, "a", "x", 0, 0], [ProgramReloaded.KIND, 0, "5"]]]], 2),
        ([["rows", [[HandlerAdded.KIND, 0, "{}"], [999, 0], [], None, 7]], ["rows", None], ["beat", float("inf")]], 7),
        ([["ready", {"anchor": 1 << 90}], ["ready", {"anchor": 0}], ["nonsense"], ["problem", 5]], 4),
    ],
)
def test_the_run_goes_on_and_says_how_many(cli: Cli, tmp_path: Path, messages: list[list[Any]], refused: int) -> None:
    (tmp_path / "hostile.py").write_text(PROGRAM.replace("bytes.fromhex(event.what)", 'open("data", "rb").read()'))
    (tmp_path / "write").touch()  # at once
    (tmp_path / "data").write_bytes(b"".join(map(frame, messages)))
    ran = cli("fire", "Write", "--app", "hostile:bus", "--cwd", tmp_path, "--json")
    assert (ran.code, ran.json["by_status"], ran.json["lost"]) == (1, {"ok": 1}, refused)
    assert re.search(rf"\b{refused}\b records were lost", ran.err.replace("\u2009", ""))
    logged = cli("log", "1", "--json")
    assert (logged.code, [execution["status"] for execution in logged.json]) == (1, ["ok"])
    assert re.search(rf"\b{refused}\b records were lost", logged.err.replace("\u2009", ""))
    (session,) = cli("sessions", "--json").json
    assert (session["state"], session["executions"]) == ("closed", 1)
