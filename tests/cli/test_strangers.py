"""Programs as strangers write them, from the command line: each is told about as its source says."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Ran

Stranger = Callable[..., Ran]


@pytest.fixture
def stranger(cli: Cli, tmp_path: Path) -> Stranger:
    """Runs a command with ``--json`` on a program that is written for the test."""

    def run(command: str, source: str, app: str = "theirs:bus", *words: object) -> Ran:
        (tmp_path / "theirs.py").write_text(textwrap.dedent(source), encoding="utf-8")
        extra = ["--db", tmp_path / "runs.db"] if command == "conform" else []
        return cli(command, *words, "--app", app, "--cwd", tmp_path, "--json", *extra)

    return run


BUS = """
    import sys
    from dataclasses import dataclass

    class Bus:
        def __init__(self):
            self.handlers = {}

        def subscribe(self, event, handler):
            self.handlers.setdefault(event, []).append(handler)

        def publish(self, event):
            for handler in self.handlers.get(type(event), []):
                handler(event)

    bus = Bus()
"""


def test_a_secret_that_is_printed_is_found_in_a_process_of_its_own(stranger: Stranger) -> None:
    source = """
        @dataclass(frozen=True, kw_only=True)
        class CodeSent:
            password: str

        def remember(event):
            print("they use", event.password)

        bus.subscribe(CodeSent, remember)
    """
    found = stranger("conform", textwrap.dedent(BUS) + textwrap.dedent(source)).json["findings"]
    assert [(each["code"], each["handler"]) for each in found] == [("CF146", "remember")]


def test_a_program_sees_an_argv_of_its_own(stranger: Stranger) -> None:
    ran = stranger("catalog", textwrap.dedent(BUS) + "\nsys.exit(len(sys.argv) + 40)\n")
    assert "sys.exit(41)" in ran.err
