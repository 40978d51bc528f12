"""How the command line writes."""

from __future__ import annotations

import io
import json

import pytest

from inspector.app.notices import Notice
from inspector.cli.console import Console
from inspector.cli.running import Troubles
from inspector.core.errors import InspectorError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_a_terminal_gets_colours(terminal: Terminal) -> None:
    Console(terminal, io.StringIO()).table([[("failed", "red"), "3"]])
    assert terminal.getvalue() == "  \x1b[31mfailed\x1b[0m  3\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_refused(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    Console(terminal, io.StringIO()).table([[("failed", "red"), "3"]])
    assert terminal.getvalue() == "  failed  3\n"


def test_a_pipe_gets_no_colours_and_aligned_columns() -> None:
    out = io.StringIO()
    Console(out, io.StringIO()).table([["a", ("1", "red")], ["long", "200", "x"]], right=(1,))
    assert out.getvalue() == "  a       1\n  long  200  x\n"


@pytest.mark.parametrize(
    ("encoding", "written"), [("utf-8", "Zoë 猫 "), ("UTF8", "Zoë 猫 "), ("latin-1", "Zo\\u00eb \\u732b ")]
)
def test_json_has_letters_where_the_encoding_has_all_and_escapes_what_a_terminal_would_obey(
    encoding: str, written: str
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding)
    value = {"name": "Zoë 猫 \ud800\x9b\x7f\u202e\U000e0001"}
    console = Console(out, io.StringIO())
    console.data(value)
    console.flush()
    text = out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]  # it is a BytesIO
    assert text == f'{{\n  "name": "{written}\\ud800\\u009b\\u007f\\u202e\\udb40\\udc01"\n}}\n'
    assert json.loads(text) == value


def test_trouble_shows_what_a_terminal_would_obey() -> None:
    err = io.StringIO()
    Console(io.StringIO(), err).trouble(InspectorError("There is no \x1b[2J.", "Try\nagain."))
    assert err.getvalue() == "inspector: There is no ⟨U+001B⟩[2J.\n  Try⏎again.\n"


def test_trouble_with_the_store_is_told_and_counts_only_when_the_session_is_lost() -> None:
    err = io.StringIO()
    troubles = Troubles(Console(io.StringIO(), err))
    troubles.storing(InspectorError("The disk is full.", "Free some space."))
    troubles.storing(None)
    troubles.notice(Notice(1, "info", "Nothing to see."))
    assert troubles.count == 0
    troubles.notice(Notice(2, "error", "Storing the session: 12 records were lost."))
    assert (troubles.count, troubles.bugs) == (1, 0)
    assert err.getvalue().splitlines() == [
        "inspector: The disk is full.",
        "  Free some space.",
        "inspector: The session is being saved again.",
        "inspector: Storing the session: 12 records were lost.",
    ]
