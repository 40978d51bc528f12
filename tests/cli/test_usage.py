"""What every command has in common: exit codes, one line of trouble, nothing but results on stdout."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import inspector
from inspector.app.places import default_database, log_path
from inspector.cli import sessions
from inspector.cli.guesses import with_help
from inspector.cli.main import main
from inspector.cli.parser import make_parser
from tests.cli.conftest import Cli


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fly"], "Unknown command 'fly'.\n  See `inspector --help`."),
        (["fire"], "required: EVENT"),
        (["catalog", "--jso"], "Unrecognized arguments: --jso"),
        (["fire", "UserLoginFailed", "--count", "0"], "--count: must be a whole number of at least 1, not '0'"),
        (["fire", "UserLoginFailed", "--count", "many"], "--count: must be a whole number of at least 1, not 'many'"),
        (["fire", "UserLoginFailed", "--seed", "-1"], "--seed: must be a whole number of at least 0"),
        (["fire", "UserLoginFailed", "--timeout", "0"], "--timeout: must be a positive number of seconds"),
        (["fire", "UserLoginFailed", "--timeout", "nan"], "--timeout: must be a positive number of seconds"),
        (["fire", "UserLoginFailed", "--meta", "ip"], "--meta needs key=value, not 'ip'"),
        (["export", "1", "--format", "xml", "-o", "x"], "invalid choice: 'xml'"),
    ],
)
def test_wrong_usage_is_told_in_a_line_and_ends_with_2(cli: Cli, words: list[str], said: str) -> None:
    ran = cli(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.startswith("inspector: ")
    assert len(ran.err.splitlines()) <= 2


def test_version_and_help_end_with_0(cli: Cli) -> None:
    assert cli("--version").out == f"inspector {inspector.__version__}\n"
    assert "exit codes" in cli("--help").out
    assert cli("fire", "--help").code == 0


@pytest.mark.parametrize("word", ["", "run", "fire", "sessions", "conform"])
def test_help_is_a_word_too_and_stands_before_or_behind_the_command(cli: Cli, word: str) -> None:
    words = [word] if word else []
    helped = cli(*words, "--help")
    assert helped.code == 0
    assert f"usage: inspector {word}".rstrip() in helped.out
    for asked in (["help", *words], ["--help", *words], ["-h", *words]):
        assert cli(*asked) == helped
    assert cli("help", "help").out == cli("--help").out
    assert cli("help", "--db").out == cli("--help").out


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["version"], "inspector --version"),
        (["--db", "x.db", "help"], "inspector --help"),
        (["ls"], "inspector sessions"),
        (["LIST"], "inspector sessions"),
        (["help", "ls"], "inspector sessions"),
        (["--help", "sesions"], "inspector sessions"),
        (["runn", "--", "python", "app.py"], "inspector run"),
        (["fier", "UserLoginFailed"], "inspector fire"),
        (["publish", "UserLoginFailed"], "inspector fire"),
        (["lint"], "inspector check"),
        (["window"], "inspector"),
        (["app.py"], "inspector run -- python app.py"),
        (["python", "app.py"], "inspector run -- python …"),
        (["python3.12", "app.py"], "inspector run -- python3.12 …"),
        (["env", "python", "app.py"], "inspector run -- env …"),
    ],
)
def test_who_types_a_command_that_there_is_not_is_told_what_it_is_called(
    cli: Cli, words: list[str], meant: str
) -> None:
    ran = cli(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(f"\n  Did you mean `{meant}`? See `inspector --help`.\n")


@pytest.mark.parametrize("word", ["help", "version", "ls", "--help", "-h"])
def test_such_words_are_arguments_behind_a_command(word: str) -> None:
    assert with_help(["run", "--", word]) == ["run", "--", word]
    assert make_parser().parse_args(with_help(["run", "--", word, "fire"])).words[-2:] == [word, "fire"]


COMMANDS = (
    *(
        "run",
        "attach",
        "listen",
        "catalog",
        "fire",
        "sessions",
        "log",
        "export",
        "import",
        "demo",
        "check",
        "spec",
        "conform",
    ),
)


@pytest.mark.parametrize("words", [[], *([command] for command in COMMANDS)], ids=" ".join)
def test_every_help_tells_every_exit_code_that_the_page_tells(cli: Cli, words: list[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| ([\d, ]+) \| ", page, re.MULTILINE)
    told = cli(*words, "--help").out.partition("exit codes:\n")[2]
    assert re.findall(r"^  (\d[\d, ]*?) {2,}", told, re.MULTILINE) == table
    assert all(len(line) <= 120 for line in told.splitlines())
    assert ("session is closed" in told) == (not words or words[0] in ("fire", "demo", "conform"))


def test_the_page_has_a_chapter_for_every_command_of_the_help(cli: Cli) -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### `inspector (\w+)`", page, re.MULTILINE)) == set(COMMANDS)
    assert re.findall(r"^    (\w+) ", cli("--help").out, re.MULTILINE) == list(COMMANDS)


def test_without_a_display_the_window_is_refused_with_a_way_out(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    ran = cli()
    assert (ran.code, ran.out) == (1, "")
    assert "No display" in ran.err
    assert "--screenshot" in ran.err


@pytest.mark.parametrize("before", [True, False])
def test_common_options_may_stand_before_and_after_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, before: bool
) -> None:
    option = ["--db", str(tmp_path / "mine.db")]
    assert main([*option, "sessions"] if before else ["sessions", *option]) == 0
    assert "mine.db" in capsys.readouterr().err


def test_data_is_kept_in_the_platforms_folders(home: Path) -> None:
    assert default_database().is_relative_to(home / "data")
    assert log_path().is_relative_to(home / "state")


def test_a_mistake_of_ours_ends_with_70_and_is_told_in_the_log(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None]
) -> None:
    expected_logs("inspector.cli", "bug on the command line")

    def broken(*_: object) -> int:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(sessions, "run", broken)
    ran = cli("sessions")
    assert (ran.code, ran.out) == (70, "")
    assert "ZeroDivisionError" in ran.err
    assert "Traceback" not in ran.err
    assert str(log_path()) in ran.err
    assert "Traceback" in log_path().read_text()
    assert "planted" in log_path().read_text()


def test_when_the_log_cannot_be_written_the_traceback_is_on_stderr(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None]
) -> None:
    expected_logs("inspector.cli")
    (home / "state").parent.mkdir(parents=True, exist_ok=True)
    (home / "state").write_text("a file where the folder should be")

    def broken(*_: object) -> int:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(sessions, "run", broken)
    ran = cli("sessions")
    assert ran.code == 70
    assert "Traceback" in ran.err


def test_catalog_shows_events_and_statistics(cli: Cli) -> None:
    ran = cli("catalog")
    assert (ran.code, ran.err) == (0, "")
    assert "77 events, 32 workflows, 181 subscriptions" in ran.out
    assert "UserRegistrationAttempted" in ran.out
    assert "\x1b" not in ran.out


def test_catalog_json_holds_statistics_and_every_event(cli: Cli) -> None:
    ran = cli("catalog", "--json")
    assert (ran.code, ran.err) == (0, "")
    catalog = ran.json
    assert catalog["statistics"]["total_events"] == 77
    assert catalog["statistics"]["requiring_audit"] == 70
    assert len(catalog["events"]) == 77
    assert sum(len(event["handlers"]) for event in catalog["events"]) == catalog["subscriptions"] == 181
    first = catalog["events"][0]
    assert first["fields"] == [{"name": "email", "type": "str", "required": True}]
    assert first["handlers"][0] == "LoggingEventHandler.handle_user_registration_attempted"
    assert [field["name"] for field in catalog["base_fields"]] == [
        *("event_id", "correlation_id", "occurred_at", "tenant_id")
    ]
