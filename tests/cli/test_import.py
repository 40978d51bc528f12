"""``inspector import``: what was exported is a session again, and what is no run log is refused in words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.cli.main import main
from tests.cli.conftest import Cli

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]


@pytest.fixture
def log(cli: Cli, tmp_path: Path) -> Path:
    """The run log of 3 publications of 3 handlers each, one of which fails each time; made in another database."""
    db, target = tmp_path / "other.db", tmp_path / "run.jsonl"
    words = ["fire", "UserLoginFailed", "--count", "3", "--no-session", "--db", str(db)]
    assert main(words) == 1
    assert main(["export", "1", "--format", "jsonl", "-o", str(target), "--db", str(db)]) == 0
    return target


def test_an_imported_session_gives_the_same_bytes_and_the_same_log_again(cli: Cli, log: Path, tmp_path: Path) -> None:
    ran = cli("import", log, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert (ran.json["session"], ran.json["refused"], ran.json["problems"]) == (1, 0, [])
    again = tmp_path / "again.jsonl"
    assert cli("export", 1, "--format", "jsonl", "-o", again).code == 0
    assert again.read_bytes() == log.read_bytes()
    (session,) = cli("sessions", "--json").json
    assert (session["name"], session["source"], session["state"]) == (ran.json["name"], "import", "closed")
    assert (session["publications"], session["executions"], session["failures"]) == (3, 9, 3)
    assert session["records"] == ran.json["records"]
    assert len(cli("log", 1, "--filter", "status:failed", "--json").json) == 3
    # The same file once more is another session.
    told = cli("import", log)
    assert told.code == 0
    assert f"Session 2 “{session['name']}” in" in told.out


def test_a_file_that_was_cut_off_gives_all_but_the_last_line_and_ends_with_1(cli: Cli, log: Path) -> None:
    whole = log.read_bytes()
    log.write_bytes(whole[:-20])
    lines = whole.count(b"\n")
    ran = cli("import", log)
    assert ran.code == 1
    assert f"{lines - 2} records" in ran.out
    assert "1 line of" in ran.err
    assert f"line {lines}: cut off" in ran.err
    assert cli("sessions", "--json").json[0]["records"] == lines - 2


def test_lines_that_are_no_records_are_left_out_and_named(cli: Cli, log: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    for number in range(4, 17):
        lines[number - 1] = b"nonsense\n"
    log.write_bytes(b"".join(lines))
    ran = cli("import", log)
    assert ran.code == 1
    assert "13 lines of" in ran.err
    assert "line 4: not a JSON object" in ran.err
    assert "… and 3 more lines" in ran.err
    # In the session stands how much is missing.
    told = cli("import", log, "--json")
    assert (told.code, told.json["refused"]) == (1, 13)
    assert told.json["problems"][0] == {"line": 4, "reason": "not a JSON object"}


def refused_files(folder: Path, log: Path) -> dict[str, tuple[Path, str]]:
    header, started, *_ = log.read_bytes().splitlines(keepends=True)
    texts = {
        "foreign": (b"hello\n", "is not an inspector run log"),
        "newer": (b'{"format": "inspector-run", "version": 9}\n', "has format version 9"),
        "empty": (b"", "is not an inspector run log"),
        "header": (header, "contains no records (SessionStarted is missing"),
        "begun": (header + started[:-50], "contains no records (cut off; "),
    }
    found = {name: (folder / name, said) for name, (_, said) in texts.items()}
    for name, (data, _) in texts.items():
        (folder / name).write_bytes(data)
    os.mkfifo(folder / "pipe")
    return found | {
        "pipe": (folder / "pipe", "is not a regular file"),
        "folder": (folder, "is not a regular file"),
        "nothing": (folder / "nothing", "No file"),
    }


def test_what_is_no_run_log_ends_with_2_and_leaves_no_session(cli: Cli, db: Path, log: Path, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, (path, said) in refused_files(folder, log).items():
        ran = cli("import", path)
        assert (ran.code, ran.out) == (2, ""), name
        assert said in ran.err, name
        assert len(ran.err.splitlines()) == 2, name
        assert not db.exists() or cli("sessions", "--json").json == [], name


def test_a_run_log_without_a_name_is_called_as_its_file(cli: Cli, log: Path) -> None:
    _, _, rest = log.read_bytes().partition(b"\n")
    log.write_bytes(b'{"format": "inspector-run", "version": 1}\n' + rest)
    assert cli("import", log, "--json").json["name"] == "run"


def test_json_of_import_is_as_documented(cli: Cli, log: Path) -> None:
    from tests.cli.test_readme import documented, shape

    log.write_bytes(log.read_bytes()[:-20])
    assert shape(cli("import", log, "--json").json) == shape(documented("inspector import"))


def edited(log: Path, change: str) -> None:
    """Make a run log contradict itself in one way; every line stays a record."""
    lines = log.read_bytes().splitlines(keepends=True)
    kinds = [line.split(b'"record": "')[-1].split(b'"')[0].decode() for line in lines]
    if change == "start":  # of an execution, whose end stays
        del lines[kinds.index("HandlerStarted")]
    elif change == "publication":
        del lines[kinds.index("Published")]
    elif change == "end":
        del lines[kinds.index("HandlerEnded")]
    elif change == "cause":
        place = kinds.index("Published")
        lines[place] = lines[place].replace(b'"cause": 0', b'"cause": 77')
    else:  # doubled, with a seq of its own
        place = kinds.index("HandlerEnded", kinds.index("HandlerEnded") + 1)
        seq = lines[place].split(b",")[0]
        lines.append(lines[place].replace(seq, b'{"seq": 9999'))
    log.write_bytes(b"".join(lines))


@pytest.mark.parametrize(
    ("change", "counts", "words"),
    [
        ("start", (1, 0, 2, 0), "2 records cannot be placed"),
        ("publication", (1, 3, 5, 0), "3 executions without a publication"),
        ("end", (1, 0, 0, 0), "1 record was lost."),
        ("cause", (0, 0, 0, 1), "1 publication without a cause"),
        ("doubled", (None, 0, 1, 0), "1 record cannot be placed"),
    ],
)
def test_what_does_not_fit_together_is_counted_alike_by_every_command_and_ends_with_1(
    cli: Cli, log: Path, tmp_path: Path, change: str, counts: tuple[int | None, ...], words: str
) -> None:
    edited(log, change)
    ran = cli("import", log, "--json")
    assert (ran.code, ran.json["refused"]) == (1, 0)
    lost, *others = counts
    assert tuple(ran.json[name] for name in ("unplaced", "misplaced", "uncaused")) == tuple(others)
    assert ran.json["lost"] == lost if lost is not None else ran.json["lost"] > 1000
    assert words in ran.err
    told = set(ran.err.splitlines())
    listed = cli("sessions", "--json")
    (session,) = listed.json
    assert (listed.code, session["lost"], session["unplaced"]) == (0, ran.json["lost"], ran.json["unplaced"])
    text = cli("sessions")
    assert (text.code, bool(text.err)) == (0, change != "cause")
    out = tmp_path / "out"
    for command in (
        ("log", 1),
        ("log", 1, "--json"),
        ("export", 1, "--format", "csv", "-o", out),
        ("export", 1, "--format", "csv", "--summary", "-o", out),
        ("export", 1, "--format", "markdown", "-o", out),
        ("export", 1, "--format", "jsonl", "-o", out),
    ):
        ran = cli(*command)
        assert (ran.code, set(ran.err.splitlines())) == (1, told), command
    # What tells of the loss is in the file, too: taken in again it says the same.
    again = cli("import", out)
    assert again.code == 1
    assert told <= set(again.err.splitlines())


def test_a_run_that_does_not_know_when_it_began_counts_its_times_from_there(cli: Cli, log: Path) -> None:
    header, started, *rest = log.read_bytes().splitlines(keepends=True)
    wall = started.split(b'"wall": ')[1].split(b",")[0]
    log.write_bytes(b"".join([header, started.replace(wall, b"9" * 40), *rest]))
    ran = cli("import", log)
    assert ran.code == 1
    assert "line 2: " in ran.err
    told = cli("log", 1)
    assert told.out.splitlines()[1].split()[1].startswith("+")
    assert "9 executions" in told.out
    (session,) = cli("sessions", "--json").json
    assert session["started_at"] is None
