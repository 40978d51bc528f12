"""``inspector run``: a command runs unchanged, and what its processes publish is recorded."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.cli import exitcodes
from inspector.cli.failings import FAILINGS
from inspector.core.errors import InspectorError, UsageError, alternatives
from inspector.hosts.project import Project
from inspector.hosts.run.folder import WATCH, make_folder, own, remove, remove_when_over, write_json
from inspector.hosts.run.launch import BUDGET, Attendant, RunCommand, become, end_like, find_command, prepare
from inspector.hosts.run.launch import start_beside as start_process_beside
from inspector.hosts.run.proc import identity_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from inspector.cli.console import Console

#: Option of the process that watches; people do not type it.
BESIDE: Final = "--beside"
#: Options of the commands that load a program, which a command that is run decides by itself.
_ELSEWHERE: Final = {"python": "--python", "env": "--env", "cwd": "--cwd", "load_timeout": "--load-timeout"}


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; return its exit code, or become it.

    Raises:
        UsageError: There is no such command, or an option is wrong.
        InspectorError: There is no display, or no private folder can be made.
    """
    if arguments.beside is not None:
        from inspector.cli.watch import watch

        return watch(arguments, console)
    words = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
    project = _project(arguments, console)
    failings = read_failings(arguments.fail_on)
    command = find_command(words, project, read_budget(arguments.budget))
    command = replace(command, allow_fire=arguments.allow_fire)
    if arguments.record is not None:
        _check_target(arguments.record)
    if not arguments.no_window:
        check_display()
    folder = make_folder()
    try:
        variables = prepare(folder, command)
        watch_by = {
            "anchor": time.perf_counter_ns(),
            "words": command.words,
            "program": command.program,
            "name": command.name,
            "db": str(arguments.db.absolute()) if arguments.db is not None else "",
            "record": str(arguments.record.absolute()) if arguments.record is not None else "",
            "fail_on": failings,
            "window": not arguments.no_window,
            "memory": arguments.memory,
            "allow_fire": command.allow_fire,
            "session": bool(project is not None and project.db_session),
        }
        write_json(folder, WATCH, watch_by)
        _own(folder, "command", os.getpid())
        if not (arguments.record or failings or arguments.no_window):
            start_process_beside(["run", BESIDE, str(folder)], ())
            become(command, variables)
        return _attend(command, variables, folder, console, judged=bool(failings))
    except BaseException:
        remove(folder)
        raise


def read_failings(text: str | None) -> list[str]:
    """Return what ``--fail-on`` names.

    Raises:
        UsageError: There is no such thing.
    """
    names = [name.strip().replace("_", "-") for name in (text or "").split(",") if name.strip()]
    for name in names:
        if name not in FAILINGS:
            raise UsageError(f"--fail-on cannot be {name!r}.", f"Use {alternatives(FAILINGS)}.")
    if text is not None and not names:
        raise UsageError("--fail-on needs a value.", f"Use {alternatives(FAILINGS)}.")
    return names


def read_budget(text: str | None) -> float:
    """Return the share of a core that recording may take; 0 for no limit.

    Raises:
        UsageError: It is neither ``off`` nor a percentage.
    """
    if text is None:
        return BUDGET
    if text == "off":
        return 0.0
    with contextlib.suppress(ValueError):
        percent = float(text.removesuffix("%"))
        if 0 < percent <= 100:
            return percent / 100
    raise UsageError(f"Invalid budget: {text[:40]}.", "Use a percentage of a core, for example 3, or off.")


def _project(arguments: argparse.Namespace, console: Console) -> Project | None:
    """Return what of the program is looked at: ``--app``, else ``[tool.inspector]`` here; None without either.

    Whoever types the command runs the program's code: nobody is asked.
    """
    if arguments.use_demo:
        raise UsageError("--demo cannot be combined with run.", "Name a command.")
    for name, option in _ELSEWHERE.items():
        if getattr(arguments, name, None) is not None:
            raise UsageError(f"{option} cannot be combined with run.", "The command decides this itself.")
    if arguments.app:
        project = Project.from_options(
            ",".join(arguments.app), catalog=",".join(arguments.catalog or ()), db_session=arguments.db_session
        ).beside_file()
        if project.unused:
            console.note(project.unused)
        return project
    if arguments.catalog or arguments.db_session:
        raise UsageError("--catalog and --db-session need --app.")
    around = Project.from_folder(Path.cwd())
    if around is not None and (left := around.for_loading):
        console.note(f"Ignored by run because the command decides it: {', '.join(left)} in {around.source}.")
    return around


def _check_target(target: Path) -> None:
    """Ensure that a run log can be written before a command runs for hours.

    Raises:
        UsageError: It cannot.
    """
    if target.is_dir():
        raise UsageError(f"{target} is a folder.", "Name a file.")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"No folder {target.absolute().parent}.")


def check_display() -> None:
    """Ensure that the window can open: its process has no terminal on which it could say that it cannot.

    Raises:
        InspectorError: There is no display, or Qt cannot be loaded.
    """
    from inspector.cli.window import has_display
    from inspector.ui.libraries import libraries_trouble

    if not has_display():
        raise InspectorError("No display found.", "Add --no-window to record without one.")
    if trouble := libraries_trouble(os.environ):
        raise InspectorError(trouble, "Add --no-window to record without one.")


def _own(folder: Path, role: str, pid: int) -> None:
    identity = identity_of(pid)
    if identity is not None:
        own(folder, role, identity)


def _attend(command: RunCommand, variables: Mapping[str, str], folder: Path, console: Console, *, judged: bool) -> int:
    """Run the command as its parent, wait until everything is stored, and return how it ended.

    Args:
        command: What is run.
        variables: Its environment.
        folder: The run's.
        console: Where to tell what came of it.
        judged: The run is held against something: it fails when that cannot be done.
    """
    control_theirs, control = os.pipe()
    verdict, verdict_theirs = os.pipe()
    numbers = [str(control_theirs), str(verdict_theirs)]
    start_process_beside(["run", BESIDE, str(folder), "--pipes", *numbers], (control_theirs, verdict_theirs))
    os.close(control_theirs)
    os.close(verdict_theirs)
    attendant = Attendant(command, variables)
    _own(folder, "main", attendant.pid)
    _say(control, {"pid": attendant.pid})
    code = attendant.wait()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who does not want to wait for the disk need not
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _say(control, {"code": code})
    os.close(control)
    with os.fdopen(verdict, "rb") as pipe:
        said = _verdict(pipe.read(), judged=judged)
    for text in said["notes"]:
        console.note(text)
    remove_when_over(folder)  # if the recorder has done that, there is nothing to do
    if code == 0 and said["code"]:
        return exitcodes.FAILED
    console.flush()
    return end_like(code)


def _say(pipe: int, message: Mapping[str, Any]) -> None:
    with contextlib.suppress(OSError):  # the recorder is gone: the verdict will say so
        os.write(pipe, json.dumps(message).encode() + b"\n")


def _verdict(said: bytes, *, judged: bool) -> dict[str, Any]:
    """Return what the recorder said at its end: ``code`` and ``notes``. A command pays nothing for its being killed."""
    try:
        verdict = json.loads(said)
        return {"code": int(verdict["code"]), "notes": [str(note) for note in verdict["notes"]]}
    except (ValueError, TypeError, LookupError):
        return {"code": int(judged), "notes": ["The recording ended before the command did; the run is not complete."]}
