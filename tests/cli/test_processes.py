"""The command as a process: signals, pipes, two at a time."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.app.places import log_path
from inspector.cli.exitcodes import BUG
from tests.cli.conftest import Cli
from tests.patience import PATIENCE

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]


def start(*words: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "inspector", *words],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for a command; return its output and what it said on stderr. A mistake of ours is told by its log."""
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode != BUG, err + log_path().read_text()
    return out, err


def start_long_fire(db: Path) -> subprocess.Popen[str]:
    """A fire of thousands, under way, with a session: with -v the log of its handlers comes on stderr."""
    process = start("fire", "UserLoginFailed", "--count", "100000", "-v", "--json", "--db", str(db))
    assert process.stderr is not None
    lock = db.with_name(db.name + "-live") / "1"
    next(line for line in process.stderr if "user_login_failed" in line and lock.exists())
    return process


def besides_handlers(err: str) -> str:
    """What stands on stderr without what -v logs of handlers that were cancelled, which is where they stood."""
    return re.sub(
        r"(?ms)^WARNING inspector\.core\.bus: event_handler_failed\n.*?(?=^[A-Z]+ [\w.]+: |^inspector: |\Z)", "", err
    )


ENDING = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.mark.parametrize(("sent", "code"), ENDING)
def test_a_stopped_fire_keeps_what_was_recorded(cli: Cli, db: Path, sent: signal.Signals, code: int) -> None:
    process = start_long_fire(db)
    process.send_signal(sent)
    out, err = ended(process)
    assert (process.returncode, out) == (code, "")
    assert "Stopped. Session 1 has everything recorded so far." in err
    assert "Traceback" not in besides_handlers(err)
    (session,) = cli("sessions", "--json").json
    assert session["state"] == "closed"
    assert session["publications"] >= 1
    assert session["running"] == 0


def test_ctrl_c_twice_ends_at_once_and_still_says_what_is_kept(cli: Cli, db: Path) -> None:
    process = start_long_fire(db)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    out, err = ended(process)
    assert (process.returncode, out) == (130, "")
    kept = re.search("Stopped. Session 1 has (everything recorded so far|the first [\\d\u2009]+ records)\\.", err)
    assert kept, err[-500:]
    assert "Traceback" not in besides_handlers(err)
    (session,) = cli("sessions", "--json").json
    if kept[1] != "everything recorded so far":
        assert f"{session['records']} records" in kept[1].replace("\u2009", "")


@pytest.mark.parametrize(("sent", "code"), ENDING)
def test_a_stopped_fire_that_cannot_be_stored_says_how_much_was_lost(db: Path, sent: signal.Signals, code: int) -> None:
    process = start_long_fire(db)
    assert process.stderr is not None
    db.rename(db.with_name("elsewhere.db"))
    next(line for line in process.stderr if "was moved or deleted" in line)
    process.send_signal(sent)
    out, err = ended(process)
    assert (process.returncode, out) == (code, "")
    assert re.search("[\\d\u2009]+ records were lost: .* was moved or deleted", err)
    assert "keeps" not in err
    assert "Traceback" not in besides_handlers(err)


def test_a_fire_into_a_locked_database_is_stored_when_the_other_lets_go(cli: Cli, db: Path) -> None:
    cli("fire", "UserLoginFailed", "--db", str(db))
    other = sqlite3.connect(db, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    process = start("fire", "UserLoginSucceeded", "--json", "--db", str(db))
    assert process.stderr is not None
    next(line for line in process.stderr if "in use by another program" in line)
    other.execute("ROLLBACK")
    other.close()
    out, err = ended(process)
    told = json.loads(out)
    assert (process.returncode, told["session"], told["lost"]) == (0, 2, 0)
    assert "is being saved again" in err
    assert cli("sessions", "--json").json[0]["publications"] == told["published"]


def test_a_fire_into_a_database_that_stays_locked_counts_every_record_as_lost(cli: Cli, db: Path) -> None:
    cli("fire", "UserLoginFailed", "--db", str(db))
    other = sqlite3.connect(db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    process = start("fire", "UserLoginSucceeded", "--json", "--db", str(db))
    out, err = ended(process)
    other.execute("ROLLBACK")
    other.close()
    told = json.loads(out)
    assert (process.returncode, told["session"]) == (1, None)
    assert told["lost"] > 2 * told["executions"]  # starts, ends, what was published, and the first record
    assert f"{told['lost']} records were lost: " in err
    assert "keeps" not in err


def only_session(cli: Cli) -> tuple[str, int]:
    """State of the one session, and how many of its executions have no end."""
    (session,) = cli("sessions", "--json").json
    return session["state"], session["running"]


@pytest.mark.parametrize(("sent", "code"), ENDING)
@pytest.mark.parametrize("words", [["demo"], ["demo", "--screenshot", "x.png"], ["conform"]], ids=" ".join)
def test_whatever_records_ends_its_session_properly(
    cli: Cli, db: Path, tmp_path: Path, words: list[str], sent: signal.Signals, code: int
) -> None:
    named = [str(tmp_path / word) if word == "x.png" else word for word in words]
    process = start(*named, "-v", "--json", "--seed", "1", "--db", str(db))
    assert process.stderr is not None
    next(line for line in process.stderr if "user_" in line)  # a handler runs
    process.send_signal(sent)
    out, err = ended(process)
    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in besides_handlers(err)
    assert only_session(cli) == ("closed", 0)
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(("sent", "code"), ENDING)
def test_a_window_that_is_told_to_end_ends_its_session(
    cli: Cli, db: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals, code: int
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    process = start("--db", str(db))
    while not cli("sessions", "--json").json:
        assert process.poll() is None
    process.send_signal(sent)
    out, err = ended(process)
    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in besides_handlers(err)
    assert cli("sessions", "--json").json == []  # nothing happened in it


def test_a_second_request_to_end_does_not_cut_short_the_first(cli: Cli, db: Path) -> None:
    process = start_long_fire(db)
    for sent in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(sent)
    ended(process)
    assert process.returncode in (129, 143)  # which of two signals comes first is the system's choice
    assert only_session(cli) == ("closed", 0)


def test_a_terminal_that_is_closed_ends_a_fire_properly(cli: Cli, db: Path) -> None:
    ours, theirs = pty.openpty()
    code = (
        "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY);"
        "from inspector.__main__ import main; sys.exit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "fire", "UserLoginFailed", "--count", "100000", "-v", "--db", str(db)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    while b"user_login" not in shown:
        shown += os.read(ours, 4096)
    os.close(ours)
    assert process.wait(timeout=PATIENCE) == 129
    assert only_session(cli) == ("closed", 0)


def test_a_closed_terminal_does_not_end_what_was_started_with_nohup(cli: Cli, db: Path) -> None:
    command = f'trap "" HUP; exec "{sys.executable}" -m inspector fire UserLoginFailed --count 100 -v --db "{db}"'
    process = subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGHUP)
    ended(process)
    assert process.returncode == 0
    assert cli("sessions", "--json").json[0]["publications"] == 100


def test_a_fire_works_while_another_process_records_into_the_same_database(cli: Cli, db: Path) -> None:
    process = start_long_fire(db)
    ran = cli("fire", "UserLoginSucceeded", "--json")
    states = {session["id"]: session["state"] for session in cli("sessions", "--json").json}
    process.send_signal(signal.SIGINT)
    ended(process)
    assert (ran.code, ran.json["session"], ran.json["by_status"]) == (0, 2, {"ok": 2})
    assert states == {1: "recording", 2: "closed"}


def test_stdout_holds_nothing_but_json_and_stderr_is_quiet(db: Path) -> None:
    process = start("fire", "UserLoginFailed", "--json", "--db", str(db))
    out, err = ended(process)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["executions"] == 3


def test_a_reader_that_goes_away_is_no_error() -> None:
    read, write = os.pipe()
    process = start("catalog", stdout=write)
    os.close(write)
    os.close(read)
    assert ended(process)[1] == ""
    assert process.returncode == 141


def test_a_full_disk_under_stdout_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        process = start("catalog", stdout=full.fileno())
    assert "No space left on device" in ended(process)[1]
    assert process.returncode == 1


def test_the_command_line_loads_no_qt(db: Path) -> None:
    code = (
        "import sys\nfrom inspector.cli.main import main\n"
        f"assert main(['fire', 'UserLoginSucceeded', '--db', {str(db)!r}]) == 0\n"
        "print('LOADED', *{name.partition('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "sqlalchemy" in loaded
    assert not loaded & {"PySide6", "shiboken6", "qasync", "pyqtgraph"}


def test_the_demo_runs_in_a_window_without_a_display_and_leaves_a_picture(
    cli: Cli, db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    picture, log = tmp_path / "window.png", tmp_path / "run.jsonl"
    words = ("demo", "--screenshot", str(picture), "--export", str(log), "--json", "--db", str(db))
    process = start(*words)
    out, err = ended(process)
    assert (process.returncode, err) == (0, "")
    told = json.loads(out)
    assert (told["published"], told["executions"], told["by_status"]) == (79, 185, {"ok": 185})
    assert (told["screenshot"], told["export"]) == (str(picture), str(log))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert log.read_text(encoding="utf-8").count('"record": "HandlerEnded"') == 185
    (session,) = cli("sessions", "--json").json
    assert (session["id"], session["state"]) == (told["session"], "closed")
    # Like the demo without a window.
    assert session["name"] == told["name"]
    assert re.fullmatch(r"[-\d]{10} [:\d]{8} demo", told["name"])


def test_an_output_that_was_closed_from_the_start_is_no_mistake_of_ours() -> None:
    command = f'"{sys.executable}" -m inspector catalog'
    for closed in (">&-", "2>&- >/dev/null", ">&- 2>&-"):
        ran = subprocess.run(["sh", "-c", f"{command} {closed}"], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", ""), closed


LOSING = """
import asyncio, os, signal, sys
from pathlib import Path
from inspector.cli.main import main
from inspector.cli import demo

async def run_demo(live, *, seed, faults):
    await live.saved()
    Path(sys.argv[1]).unlink()
    from inspector.core.request import FireRequest
    await live.outcome(live.host.fire(FireRequest("UserLoginFailed", {}, session=False)))
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.Event().wait()

demo.run_demo = run_demo
sys.exit(main(["demo", "--screenshot", "x.png", "--db", sys.argv[1]]))
"""


def test_a_window_that_a_signal_closes_with_records_lost_ends_with_1_and_says_how_many(db: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOSING, str(db)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert ran.returncode == 1, ran.stderr
    assert re.search("[\\d\u2009]+ records? (was|were) lost", ran.stderr)
    assert "Traceback" not in ran.stderr
