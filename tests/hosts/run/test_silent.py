"""Python processes of a run that cannot report are found, once, with the reason."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from inspector.hosts.run.folder import RUN
from inspector.hosts.run.launch import environment
from inspector.hosts.run.proc import ProcessIdentity
from inspector.hosts.run.roles import program_of, role_of
from inspector.hosts.run.silent import SilentSearch
from tests.hosts.children import INTERPRETERS

#: Options, changed variables, and what the reason says.
_SHAPES: dict[str, tuple[list[str], dict[str, str] | None, str]] = {
    "isolated": (["-I"], {}, "-I ignores PYTHONPATH"),
    "no environment": (["-bE"], {}, "-E ignores PYTHONPATH"),
    "no site": (["-W", "ignore", "-S"], {}, "-S leaves out sitecustomize"),
    "path replaced": ([], {"PYTHONPATH": "/elsewhere"}, "PYTHONPATH was replaced"),
    "path removed": ([], {"PYTHONPATH": ""}, "PYTHONPATH was removed"),
    "built anew": ([], None, "environment was rebuilt without PYTHONPATH"),
}
#: A Python that can be watched, where there is one.
PYTHON = next((path for version, path in INTERPRETERS.items() if version not in ("3.10", "3.11")), sys.executable)
_SYSTEM = "/usr/bin/python3"


@contextmanager
def waiting(folder: Path, options: list[str], changed: dict[str, str] | None) -> Iterator[subprocess.Popen[bytes]]:
    variables = {} if changed is None else {**environment(folder, os.environ), **changed}
    words = [PYTHON, *options, "-c", "print(flush=True); input()"]
    with subprocess.Popen(words, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.communicate(b"\n")


@pytest.mark.skipif(sys.executable == PYTHON, reason="Of a Python before 3.12 its age is the reason.")
@pytest.mark.parametrize("quick", [True, False])
def test_each_is_found_once_at_first_sight_with_its_reason(tmp_path: Path, *, quick: bool) -> None:
    search = SilentSearch(tmp_path)
    look = search.look_at_children if quick else search.look
    with ExitStack() as stack:
        processes = {name: stack.enter_context(waiting(tmp_path, *shape[:2])) for name, shape in _SHAPES.items()}
        pids = {process.pid for process in processes.values()}
        silent = [*look(pids, ())]
        silent += look(pids, ())  # one with an empty environment might have been becoming a program just then
        assert not [*look(pids, ()), *search.look(pids, ()), *search.look_at_children(pids, ())]
    reasons = {entry.identity.pid: entry.reason for entry in silent}
    assert len(silent) == len(pids)
    assert reasons.keys() == pids
    for name, shape in _SHAPES.items():
        assert shape[2] in reasons[processes[name].pid], name


def test_what_may_yet_report_has_to_be_silent_twice(tmp_path: Path) -> None:
    """One that was just started, and a fork of one that cannot report: it may be becoming another program."""
    search = SilentSearch(tmp_path)
    forks = "import os, sys; child = os.fork(); child and print(child, flush=True); sys.stdin.read()"
    words = [PYTHON, "-I", "-c", forks]
    with (
        waiting(tmp_path, [], {}) as fresh,
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as forking,
    ):
        assert forking.stdout is not None
        child = int(forking.stdout.readline())
        roots = (fresh.pid, forking.pid)
        assert {silent.identity.pid for silent in search.look_at_children(roots, ())} <= {forking.pid}
        assert {silent.identity.pid for silent in search.look(roots, ())} <= {forking.pid}
        assert {silent.identity.pid for silent in search.look(roots, ())} == {fresh.pid, child}


def test_a_script_is_what_its_first_line_says(tmp_path: Path) -> None:
    script = tmp_path / "shop"
    shapes = {
        f"#!{PYTHON} -I": "-I ignores PYTHONPATH.",
        f"#! {PYTHON} -sE": "-E ignores PYTHONPATH.",
        f"#!/usr/bin/env -S {PYTHON} -S": "-S leaves out sitecustomize.",
        f"#!/usr/bin/env {PYTHON}": "Its sitecustomize did not run, or had no room to report.",
        "#!/bin/sh": None,
        "": None,
    }
    for number, (line, reason) in enumerate(shapes.items(), 1):
        script.write_text(f"{line}\nprint()\n")
        search = SilentSearch(tmp_path)
        search.expect_main(ProcessIdentity(1_000_000 + number, 1), ("shop", "x"), str(script))
        silent = search.main_that_ended(())
        assert (silent.reason if silent is not None else None) == reason, line
        assert silent is None or silent.command[-2:] == (str(script), "x")


def test_what_a_process_says_of_its_children_is_judged_and_not_trusted(tmp_path: Path) -> None:
    search = SilentSearch(tmp_path)
    reports = {RUN: str(tmp_path), "PYTHONPATH": environment(tmp_path, {})["PYTHONPATH"]}
    heard = {
        "-I ignores PYTHONPATH.": [101, 1, [PYTHON, "-I", "x.py"], PYTHON, reports],
        "Its environment was rebuilt without PYTHONPATH.": [102, 1, ["python", "x.py"], PYTHON, {}],
        "PYTHONPATH was replaced.": [103, 1, [PYTHON], PYTHON, {**reports, "PYTHONPATH": "/x"}],
    }
    reasons = [silent and silent.reason for silent in (search.heard(said, ()) for said in heard.values())]
    assert reasons == [*heard] or sys.executable == PYTHON
    assert [search.heard(said, ()) for said in heard.values()] == [None] * 3
    others: list[Any] = [
        [104, 1, [PYTHON, "x.py"], PYTHON, reports],
        [105, 1, ["sh", "-c", "x"], "/bin/sh", {}],
        [106, 1, [PYTHON, "-I"], "/nowhere/python", {}],
        *([], None, [1], ["1", 1, [], "", {}], [107, 1, [], PYTHON, {}], [107, 1, [1], PYTHON, {}]),
        *([107, 1, [PYTHON], PYTHON, {"a": 1}], [107, 1, [PYTHON], PYTHON, []], [107, 1, [PYTHON], 5, {}]),
        [107, 1, ["a\0b"], "a\0b", {}],
    ]
    assert [search.heard(said, ()) for said in others] == [None] * len(others)
    assert search.heard([108, 1, [PYTHON, "-I"], PYTHON, {}], (108,)) is None


def test_who_reports_and_who_is_not_of_the_run_is_left_alone(tmp_path: Path) -> None:
    search = SilentSearch(tmp_path)
    with (
        waiting(tmp_path, [], {}) as reporting,
        waiting(tmp_path, [], {RUN: str(tmp_path / "another")}),
        waiting(tmp_path, ["-I"], {}) as silent,
    ):
        entries = [*search.look((), (reporting.pid,)), *search.look((), (reporting.pid,))]
        assert [entry.identity.pid for entry in entries] == [silent.pid]


@pytest.mark.skipif(os.getuid() != 0 or not os.access(_SYSTEM, os.X_OK), reason="Only root may become another user.")
@pytest.mark.parametrize("knows", [True, False])
def test_one_of_another_user_is_found_as_a_descendant_and_by_the_folder(tmp_path: Path, *, knows: bool) -> None:
    search = SilentSearch(tmp_path)
    variables = {RUN: str(tmp_path)} if knows else {}
    words = [_SYSTEM, "-c", "print(flush=True); input()"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, env=variables, user=65534, group=65534, cwd="/", **pipes) as process:
        process.stdout.readline()  # type: ignore[union-attr]  # it is a pipe
        roots = () if knows else (process.pid,)
        assert not list(search.look(roots, ()))
        (silent,) = search.look(roots, ())
        process.communicate(b"\n")
    assert silent.reason == "It runs as another user, who cannot write into the folder of this run."


@pytest.mark.skipif(os.getuid() != 0 or not os.access(_SYSTEM, os.X_OK), reason="Only root may become another user.")
def test_a_command_of_another_user_that_ends_before_two_looks_is_told_of_with_that_reason(tmp_path: Path) -> None:
    search = SilentSearch(tmp_path)
    words = [_SYSTEM, "-c", "print(flush=True); input()"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, env={}, user=65534, group=65534, cwd="/", **pipes) as process:
        process.stdout.readline()  # type: ignore[union-attr]  # it is a pipe
        search.note_main(ProcessIdentity(process.pid, 1))
        process.communicate(b"\n")
    silent = search.main_that_ended(())
    assert silent is not None
    assert silent.reason == "It runs as another user, who cannot write into the folder of this run."


@pytest.mark.parametrize("looked", [True, False])
def test_a_command_that_ends_before_two_looks_is_told_of_at_its_end(tmp_path: Path, *, looked: bool) -> None:
    search = SilentSearch(tmp_path)
    with waiting(tmp_path, ["-I"], {}) as process:
        main = ProcessIdentity(process.pid, 1)
        search.expect_main(main, ("python", "-I", "x.py"), PYTHON)
        if looked:
            search.note_main(main)
    silent = search.main_that_ended(())
    assert silent is not None
    assert silent.reason
    assert search.main_that_ended(()) is None


def test_a_command_that_reported_or_is_not_python_is_not_told_of(tmp_path: Path) -> None:
    search = SilentSearch(tmp_path)
    search.expect_main(ProcessIdentity(1_000_000, 1), ("python", "x.py"), PYTHON)
    assert search.main_that_ended((1_000_000,)) is None
    search.expect_main(ProcessIdentity(1_000_000, 1), ("ls",), "/bin/ls")
    assert search.main_that_ended(()) is None


def test_what_a_command_runs_is_called_as_people_call_it() -> None:
    words = {
        "python -m shop.web --port 1": "shop.web",
        "python3.12 -X dev -u tools/serve.py -x": "serve",
        "python serve.pyz": "serve",
        "uvicorn shop:app": "shop",
        "uvicorn --host localhost:80 shop.web:create_app() --factory": "shop.web",
        "python -m uvicorn shop:app --workers 2": "shop",
        "/venv/bin/gunicorn -w 4 -k uvicorn_worker.UvicornWorker shop.wsgi": "shop.wsgi",
        "gunicorn -b 0.0.0.0:80 -c gunicorn.conf.py shop:app": "shop",
        "celery -A shop.tasks worker": "shop.tasks",
        "celery --app=shop worker": "shop",
        "taskiq worker shop:broker": "shop",
        "arq shop.worker.WorkerSettings": "shop.worker",
        "fastapi dev src/shop.py": "shop",
        "flask --app shop run --port 80": "shop",
        "python -m pytest tests/test_shop.py": "pytest",
        "/usr/bin/gunicorn -w 4": "gunicorn",
        "python -c pass": "python",
        "python -": "python",
        "make shop:app": "make",
    }
    assert {text: program_of(text.split()) for text in words} == words


def test_roles() -> None:
    uvicorn = ("python", "/venv/bin/uvicorn", "shop:app", "--reload")
    spawned = ("python", "-c", "from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=5)")
    manage = ("python", "manage.py", "runserver")
    assert role_of(uvicorn, None, forked=False) == "reloader"
    assert role_of(spawned, uvicorn, forked=False) == "server"
    assert role_of(spawned, ("python", "pool.py"), forked=False) == "worker"
    assert role_of(("python", "/venv/bin/gunicorn", "-w", "4", "shop:app"), None, forked=False) == "master"
    assert role_of(manage, None, forked=False) == "reloader"
    assert role_of(manage, manage, forked=False) == "server"
    assert role_of(("python", "-m", "pytest", "-n", "2"), None, forked=False) == "tests"
    assert role_of(("python", "app.py"), ("python", "app.py"), forked=True) == "worker"
    assert role_of(("python", "app.py"), None, forked=True) == "worker"  # its parent has ended
    assert role_of(("python", "app.py"), ("python", "app.py"), forked=False) == ""
    forks = ("python", "-c", "from multiprocessing.forkserver import main; main(3, 5)")
    assert role_of(forks, ("python", "app.py"), forked=False) == "fork server"
    assert role_of(forks, forks, forked=True) == "worker"
    execnet = ("python", "-u", "-c", "import sys;exec(eval(sys.stdin.readline()))")
    assert role_of(execnet, ("python", "-m", "pytest", "-n", "2"), forked=False) == "test worker"
    flask = ("python", "/venv/bin/flask", "--app", "shop", "run", "--debug")
    assert role_of(flask, None, forked=False) == "reloader"
    assert role_of(flask, flask, forked=False) == "server"
    assert role_of(flask[:-1], None, forked=False) == "server"
    assert role_of(uvicorn, ("python", "dev.py"), forked=False) == "reloader"
    assert role_of(("python", "app.py"), None, forked=False) == "main"
    tracker = ("python", "-c", "from multiprocessing.resource_tracker import main;main(5)")
    assert role_of(tracker, uvicorn, forked=False) == "resource tracker"
