"""A command runs as if it had been started by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from inspector.agent.run.budget import RunBudget
from inspector.core.errors import UsageError
from inspector.hosts.project import Project
from inspector.hosts.run.launch import BUDGET, FRONT, environment, find_command

ROOT: Final = Path(__file__).parents[3]
#: Runs what stands on its command line, as the parent or as the command itself.
_PARENT: Final = """
import os, sys
sys.path.insert(0, {root!r})
from inspector.hosts.run.launch import Attendant, become, end_like, find_command, original_environment
command = find_command(sys.argv[1:])
if {exec}:
    become(command, original_environment())
sys.exit(end_like(Attendant(command, original_environment()).wait()))
"""
_STATE: Final = """
import json, os, signal, sys
names = ("SIGINT", "SIGQUIT", "SIGPIPE", "SIGTERM", "SIGHUP", "SIGXFSZ")
print(json.dumps({
    "argv": sys.argv[1:], "fds": sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:-1],
    "dispositions": open("/proc/self/status").read().partition("SigIgn:")[2].split()[0],
    "blocked": open("/proc/self/status").read().partition("SigBlk:")[2].split()[0],
    "environment": {name: value for name, value in os.environ.items() if name != "_"}, "in": sys.stdin.read(),
}))
"""


def started(*words: str, becomes: bool = False, **options: Any) -> subprocess.Popen[str]:
    script = _PARENT.format(root=str(ROOT), exec=becomes)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", script, *words], **{**pipes, **options})


def test_nothing_is_changed_for_the_command(tmp_path: Path) -> None:
    script = tmp_path / "state.py"
    script.write_text(_STATE)
    with (tmp_path / "held").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        words = [sys.executable, str(script), "a b", "--", "-x"]
        variables = {**os.environ, "LANG": "C", "LC_ALL": "", "LC_CTYPE": ""}
        options: dict[str, Any] = {"close_fds": False, "env": variables}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(words, **pipes, **options) as alone:
            expected = json.loads(alone.communicate("typed")[0])
        for becomes in (False, True):
            with started(*words, becomes=becomes, **options) as process:
                out, err = process.communicate("typed")
            assert (json.loads(out), err, process.returncode) == (expected, "", 0)


@pytest.mark.parametrize("becomes", [False, True])
@pytest.mark.parametrize("name", ["./tool", "bin/tool", "./bin/../tool", "../here/tool", "{here}/tool", "tool"])
def test_a_script_runs_under_the_name_that_is_typed(tmp_path: Path, name: str, *, becomes: bool) -> None:
    here = tmp_path / "here"
    (here / "bin").mkdir(parents=True)
    for tool in (here / "tool", here / "bin" / "tool"):
        tool.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv)\n")
        tool.chmod(0o755)
    word = name.format(here=here)
    options: dict[str, Any] = {"cwd": here, "env": {**os.environ, "PATH": f"{here}:{os.environ['PATH']}"}}
    alone = subprocess.run([word, "x"], **options, capture_output=True, text=True, check=True)
    with started(word, "x", becomes=becomes, **options) as process:
        assert process.communicate() == (alone.stdout, "")


def test_a_path_is_meant_from_where_the_command_runs(tmp_path: Path) -> None:
    (tmp_path / "tool").touch(mode=0o755)
    assert find_command(["./tool"], cwd=tmp_path).program == "./tool"
    with pytest.raises(UsageError, match="No file"):
        find_command(["./tool"], cwd=tmp_path.parent)


@pytest.mark.parametrize("becomes", [False, True])
def test_it_ends_as_the_command_ends(*, becomes: bool) -> None:
    for code, end in (("import sys; sys.exit(9)", 9), ("import os; os.kill(os.getpid(), 9)", -9), ("1/0", 1)):
        with started(sys.executable, "-c", code, becomes=becomes) as process:
            process.communicate()
        assert process.returncode == end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_what_asks_the_parent_alone_to_end_is_passed_on(number: signal.Signals) -> None:
    code = (
        "import os, signal, sys\n"  # print would be entered a second time where the signal comes while it writes
        f"signal.signal({int(number)}, lambda *_: (os.write(1, b'asked\\n'), sys.exit(4)))\n"
        "print('here', flush=True)\nsignal.pause()"
    )
    with started(sys.executable, "-c", code) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(number)
        assert process.communicate()[0] == "asked\n"
    assert process.returncode == 4


def test_an_interrupt_from_the_terminal_comes_once() -> None:
    code = (
        "import signal, sys, time\ncaught = []\nsignal.signal(signal.SIGINT, lambda *_: caught.append(1))\n"
        "print('here', flush=True)\nwhile not caught:\n    time.sleep(0.01)\ntime.sleep(0.2)\nprint(len(caught))"
    )
    with started(sys.executable, "-c", code, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate()[0] == "1\n"
    assert process.returncode == 0


def test_the_front_folder_comes_first_and_nothing_else_changes(tmp_path: Path) -> None:
    assert environment(tmp_path, {"A": "b"}) == {"A": "b", "PYTHONPATH": str(FRONT), "INSPECTOR_RUN": str(tmp_path)}
    assert environment(tmp_path, {"PYTHONPATH": "x:y"})["PYTHONPATH"] == f"{FRONT}:x:y"
    assert environment(tmp_path, {"PYTHONPATH": ""})["PYTHONPATH"] == str(FRONT)


def test_what_the_agent_is_told(tmp_path: Path) -> None:
    project = Project(("shop:bus",), cwd=tmp_path, handlers=("_handlers",))
    spec = find_command([sys.executable, "shop.py"], project, 0.1).spec()
    assert (spec["app"], spec["options"]["handlers"], spec["budget"], spec["name"]) == (
        ["shop:bus"],
        ["_handlers"],
        10.0,
        "shop",
    )
    alone = find_command([sys.executable, "shop.py"])
    assert alone.spec() == {"app": [], "name": "shop", "budget": BUDGET * 100, "fire": False}
    assert alone.text == f"{sys.executable} shop.py"


@pytest.mark.parametrize("share", [BUDGET, 0.5, 0.0])
def test_launcher_and_agent_mean_the_same_budget(share: float) -> None:
    agent = RunBudget(find_command([sys.executable], budget=share).spec()["budget"])
    assert agent.limit == pytest.approx(share)


def test_what_cannot_be_run_is_said_clearly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gunicorn").touch(mode=0o755)
    Path("app.py").touch()
    wrong = {
        (): "No command to run. Put it after --, for example inspector run -- python app.py.",
        ("gunicron",): "No command gunicron on PATH. Did you mean gunicorn?",
        ("app.py",): "app.py is not executable. Try python app.py.",
        ("./missing",): "No file ./missing.",
        (str(tmp_path),): f"{tmp_path} is a folder. Name a command.",
        ("--no-windw",): "--no-windw is not an option of inspector run. Put the command after --.",
    }
    for words, text in wrong.items():
        with pytest.raises(UsageError) as caught:
            find_command(words)
        assert str(caught.value) == text
