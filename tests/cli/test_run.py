"""``inspector run``: the command is as it would be alone, and what it published is in the session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from inspector.analysis.journal import Journal
from inspector.cli.failings import FAILINGS
from inspector.cli.run import read_budget, read_failings
from inspector.core.errors import UsageError
from inspector.core.records.statuses import BAD_STATUSES, SWALLOWED
from inspector.hosts.run.launch import BUDGET
from tests.cli.conftest import Cli
from tests.hosts.children import INTERPRETERS

NEWER: Final = [path for version, path in INTERPRETERS.items() if version != "3.11"]
#: Its bus is made by itself; a worker is forked off; each keeps a tally of its executions.
_SHOP: Final = """
import os, sys
class Placed:
    def __init__(self, number):
        self.number = number
class Bus:
    def __init__(self):
        self.handlers = {}
    def subscribe(self, event, handler):
        self.handlers.setdefault(event, []).append(handler)
    def publish(self, event):
        for handler in self.handlers.get(type(event), ()):
            try:
                handler(event)
            except ValueError:
                print("refused", event.number)
tally = 0
def count(event):
    global tally
    tally += 1
    if event.number == 3:
        raise ValueError("three")
bus = Bus()
bus.subscribe(Placed, count)
def work(events):
    for number in range(events):
        bus.publish(Placed(number))
    print("tally", tally, flush=True)
if __name__ == "__main__":
    work(5)
    if not os.fork():
        tally = 0
        work(7)
        os._exit(0)
    os.wait()
    print(sys.stdin.read(), file=sys.stderr)
    sys.exit(int(sys.argv[1]))
"""

_EMITTER: Final = """
class EventEmitter:
    def __init__(self): self._events = {}
    def on(self, event, listener): self._events.setdefault(event, {})[listener] = listener
    def _emit_run(self, listener, args, kwargs): listener(*args, **kwargs)
    def emit(self, event, *args, **kwargs):
        for listener in tuple(self._events.get(event, {}).values()): self._emit_run(listener, args, kwargs)
"""
_SELL: Final = """
from pyee.base import EventEmitter
shop = EventEmitter()
shop.on("sold", lambda count: print("sold", count))
shop.emit("sold", 1)
shop.emit("sold", 2)
"""


def inspector_run(folder: Path, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[2])
    start = f"import sys; sys.path.insert(0, {root!r}); from inspector.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "run", "--db", str(folder / "runs.db"), "--no-window", *words]
    variables = {**os.environ, "PYTHONPATH": "", "XDG_RUNTIME_DIR": str(folder / "runtime")}
    (folder / "runtime").mkdir(mode=0o700, exist_ok=True)
    return subprocess.run(
        command, input="typed", capture_output=True, text=True, check=False, cwd=folder, env=variables, **options
    )


@pytest.mark.parametrize("python", NEWER or [None])
def test_the_run_is_recorded_and_the_command_is_as_if_alone(tmp_path: Path, python: str | None) -> None:
    if python is None:
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    (tmp_path / "shop.py").write_text(_SHOP)
    words = [python, "shop.py", "3"]
    alone = subprocess.run(words, input="typed", capture_output=True, text=True, check=False, cwd=tmp_path)
    log = tmp_path / "run.jsonl"
    ran = inspector_run(tmp_path, "--app", "shop:bus", "--record", str(log), "--budget", "off", "--", *words)
    assert (ran.stdout, ran.returncode) == (alone.stdout, 3)
    assert ran.stderr.splitlines() == ["typed", "inspector: Session 1: 12 events, 12 executions."]
    rows = [json.loads(line) for line in log.read_text().splitlines()[1:]]
    kinds: dict[str, list[Any]] = {}
    for row in rows:
        kinds.setdefault(row["record"], []).append(row)
    assert [row["process"] for row in kinds["Published"]] == [1] * 5 + [2] * 7
    assert [row["role"] for row in kinds["ProcessJoined"]] == ["main", "worker"]
    assert kinds["ProcessJoined"][1]["parent"] == 1
    assert sorted((row["process"], row["code"]) for row in kinds["ProcessLeft"]) == [(1, 3), (2, None)]
    assert sum(row["status"] != "ok" for row in kinds["HandlerEnded"]) == 2
    assert not list((tmp_path / "runtime").rglob("run-*"))  # nothing is left behind


@pytest.mark.parametrize("python", NEWER[:1] or [None])
def test_a_run_is_held_against_what_must_not_occur(tmp_path: Path, python: str | None) -> None:
    if python is None:
        pytest.skip("There is no Python 3.12 or newer here, on PATH or in pyenv.")
    (tmp_path / "shop.py").write_text(_SHOP)
    (tmp_path / "pyproject.toml").write_text('[tool.inspector]\napp = "shop:bus"\n')
    words = [python, "shop.py", "0"]
    ran = inspector_run(tmp_path, "--budget", "off", "--fail-on", "unheard,failed,swallowed", "--", *words)
    assert ran.returncode == 1
    assert " shop.py 0: 2 " in ran.stderr
    assert inspector_run(tmp_path, "--fail-on", "unheard", "--", *words).returncode == 0


@pytest.mark.skipif("3.11" not in INTERPRETERS, reason="There is no Python 3.11 here.")
def test_an_older_python_says_in_one_sentence_what_it_cannot_show(tmp_path: Path) -> None:
    """A library is known by its module and class: the program brings a small one of that name."""
    (tmp_path / "pyee").mkdir()
    (tmp_path / "pyee" / "__init__.py").write_text("")
    (tmp_path / "pyee" / "base.py").write_text(_EMITTER)
    (tmp_path / "shop.py").write_text(_SHOP)
    limit = "shows only buses of libraries that are known by their class; 3.12 or newer shows all buses."
    words = [INTERPRETERS["3.11"], "shop.py", "3"]
    alone = subprocess.run(words, input="typed", capture_output=True, text=True, check=False, cwd=tmp_path)
    ran = inspector_run(tmp_path, "--budget", "off", "--", *words)
    assert (ran.stdout, ran.returncode) == (alone.stdout, 3)
    first, second, third, fourth = ran.stderr.splitlines()
    assert (first, second.endswith(limit), third.endswith("library was recorded.")) == ("typed", True, True)
    assert fourth == "inspector: Session 1: 0 events, 0 executions."
    (tmp_path / "sell.py").write_text(_SELL)
    ran = inspector_run(tmp_path, "--budget", "off", "--", words[0], "sell.py")
    assert (ran.stdout, ran.returncode) == ("sold 1\nsold 2\n", 0)
    first, second = ran.stderr.splitlines()
    assert first.endswith(limit)
    assert second == "inspector: Session 2: 2 events, 2 executions."


@pytest.mark.parametrize(("fail_on", "code"), [((), 0), (("--fail-on", "failed"), 1)])
def test_a_recorder_that_is_killed_changes_nothing_for_the_command(
    tmp_path: Path, fail_on: tuple[str, ...], code: int
) -> None:
    killer = (
        "import os, signal, sys, time\n"
        "folder = os.environ['INSPECTOR_RUN'].encode()\n"
        "def recorder():\n"
        "    for pid in filter(str.isdigit, os.listdir('/proc')):\n"
        "        try:\n"
        "            words = open(f'/proc/{pid}/cmdline', 'rb').read().split(b'\\0')\n"
        "        except OSError:\n"
        "            continue\n"
        "        if b'--beside' in words and folder in words:\n"
        "            return int(pid)\n"
        "while (pid := recorder()) is None:\n"
        "    time.sleep(0.01)\n"
        "os.kill(pid, signal.SIGKILL)\n"
        "print('killed')\n"
    )
    ran = inspector_run(tmp_path, *fail_on, "--", sys.executable, "-c", killer)
    assert (ran.stdout, ran.returncode) == ("killed\n", code)
    assert ran.stderr == "inspector: The recording ended before the command did; the run is not complete.\n"
    assert not list((tmp_path / "runtime").rglob("run-*"))


_AUDITED = """
import sys

class Shop:
    def publish(self, name, *args):
        sys.audit(name, *args)

sys.addaudithook(lambda name, args: None)
shop = Shop()
shop.publish("sold", 3)
"""
_CALLED_BY_NAME = """
class Shop:
    def sold(self, count):
        pass
    def dispatch(self, name, *args):
        getattr(self, name)(*args)

shop = Shop()
shop.dispatch("sold", 3)
"""


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        (_AUDITED, "shop:shop: publish calls sys.audit: what its hooks do is not observed."),
        (_CALLED_BY_NAME, "shop:shop: No container of handlers was found: handlers are known once they have run."),
    ],
    ids=["audit hooks", "called by name"],
)
@pytest.mark.skipif(not NEWER, reason="There is no Python 3.12 or newer here, on PATH or in pyenv.")
def test_a_run_in_which_no_handler_was_seen_says_what_of_the_bus_cannot_be_read(
    tmp_path: Path, program: str, problem: str
) -> None:
    (tmp_path / "shop.py").write_text(program)
    ran = inspector_run(tmp_path, "--app", "shop:shop", "--", NEWER[0], "shop.py")
    *notes, session = ran.stderr.splitlines()
    assert f"inspector: {problem}" in notes
    assert session == "inspector: Session 1: 1 event, 0 executions."


def test_a_command_that_is_no_python_runs_all_the_same(tmp_path: Path) -> None:
    ran = inspector_run(tmp_path, "sh", "-c", "cat; kill -TERM $$")
    assert (ran.stdout, ran.returncode) == ("typed", -15)
    note, session = ran.stderr.splitlines()
    assert note.startswith("inspector: No Python process of the command reported. If there was one, ")
    assert session == "inspector: Session 1: 0 events, 0 executions."


def test_what_is_wrong_is_said_before_anything_runs(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    wrong = {
        ("run",): (2, "No command to run."),
        ("run", "--no-windw", "--", "true"): (2, "Unrecognized arguments: --no-windw."),
        ("run", "--no-window", "--", "no-such-command"): (2, "No command no-such-command on PATH."),
        ("run", "--fail-on", "faild", "--", "true"): (2, "--fail-on cannot be 'faild'."),
        ("run", "--budget", "much", "--", "true"): (2, "Invalid budget: much."),
        ("run", "--record", str(tmp_path), "--", "true"): (2, "is a folder."),
        ("--python", "x", "run", "--", "true"): (2, "--python cannot be combined with run."),
        ("run", "--catalog", "x", "--", "true"): (2, "--catalog and --db-session need --app."),
        ("run", "--", "true"): (1, "No display found."),
    }
    for words, (code, text) in wrong.items():
        ran = cli(*words)
        assert (ran.code, ran.out) == (code, ""), words
        assert text in ran.err


def test_keys_of_a_project_that_only_loading_it_needs_are_told(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "pyproject.toml"
    for said, left in {
        'python = "python3.12"\nload-timeout = 20\nname = "shop"': "python, load-timeout",
        'cwd = "."\npublish = "send"': "",
    }.items():
        file.write_text(f'[tool.inspector]\napp = "shop:bus"\n{said}\n')
        ran = cli("run", "--no-window", "--", "no-such-command")
        note = f"Ignored by run because the command decides it: {left} in {file}.\n"
        assert (note in ran.err) is bool(left)
        assert ("Ignored" in ran.err) is bool(left)


def test_what_can_fail_a_run_is_every_bad_status_and_what_was_not_recorded() -> None:
    statuses = {status.replace("_", "-") for status in {*BAD_STATUSES, SWALLOWED}}
    assert {*FAILINGS} == {*statuses, "unheard", "not-called", "mixed-up", "dropped"}
    assert read_failings("timed_out, unheard") == ["timed-out", "unheard"]
    with pytest.raises(UsageError):
        read_failings(",")
    from inspector.cli.watch import count_failings

    assert count_failings(Journal()) == {"unheard": 0, "not-called": 0, "mixed-up": 0, "dropped": 0}


def test_budgets() -> None:
    assert [read_budget(text) for text in (None, "off", "10", "0.5%")] == [BUDGET, 0.0, 0.1, 0.005]
    for text in ("0", "101", "-1", "x", "nan"):
        with pytest.raises(UsageError):
            read_budget(text)
