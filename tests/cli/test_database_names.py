"""A name of a database that cannot be one is expected trouble, in every command; one that is no UTF-8 is a name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.store.store import Store

COMMANDS = {
    "sessions": ["sessions"],
    "log": ["log", "1"],
    "export": ["export", "1", "-o", "x.csv", "--format", "csv"],
}


@pytest.mark.parametrize("name", ["x" * 300 + ".db", "a\0b.db", "x" * 5000], ids=["long", "zero", "longer"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_cannot_be_is_said_to_be(
    tmp_path: Path, command: str, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*COMMANDS[command], "--db", name]) == 1
    assert "Cannot use " in capsys.readouterr().err


@pytest.mark.parametrize("target", ["link", "not-there.db", "nowhere/x.db"])
@pytest.mark.parametrize("command", [*COMMANDS, "fire"])
def test_a_link_that_leads_nowhere_is_said_to_be_one(
    tmp_path: Path, command: str, target: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(target)
    assert main([*(COMMANDS.get(command) or ["fire", "UserLoginFailed", "--demo"]), "--db", "link"]) == 1
    assert "link is a broken symbolic link." in capsys.readouterr().err


async def test_a_name_that_is_no_text_is_a_name(tmp_path: Path) -> None:
    for _ in range(2):
        store = Store(tmp_path / "a\udcffb.db")
        await store.open()
        assert await store.sessions() == []
        await store.close()
    assert os.path.exists(os.fsencode(tmp_path) + b"/a\xffb.db")  # noqa: ASYNC240, PTH110 - bytes, and a test
