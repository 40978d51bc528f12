"""The log file is for the eyes of its owner, and holds no secrets."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from inspector.cli.logs import logging_set_up

pytestmark = pytest.mark.allow_log("inspector.cli")


def written(path: Path, text: str) -> str:
    with logging_set_up(path, verbose=False):
        logging.getLogger("inspector.cli").error(text)
    return path.read_text(encoding="utf-8")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_reads_the_log_and_what_was_rolled_over(tmp_path: Path) -> None:
    path, umask = tmp_path / "state" / "inspector.log", os.umask(0)
    try:
        written(path, "x" * 999_000)
        written(path, "y" * 2_000)
    finally:
        os.umask(umask)
    assert (mode(path), mode(path.with_name("inspector.log.1"))) == (0o600, 0o600)


def test_a_log_that_everybody_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "inspector.log"
    path.write_text("before\n", encoding="utf-8")
    path.chmod(0o644)
    assert written(path, "after").startswith("before\n")
    assert mode(path) == 0o600


def test_secrets_are_hidden_in_the_log(tmp_path: Path) -> None:
    text = written(tmp_path / "inspector.log", "could not connect to postgres://shop:hunter2@db/shop")
    assert "hunter2" not in text
    assert "postgres://shop:<redacted:url#" in text
