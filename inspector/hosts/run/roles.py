"""What a process of a run does, in a word or two, by its command line and its place in the family."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

#: Helpers of the standard library: they are listed only when they publish something.
HELPERS: Final = frozenset({"resource tracker", "fork server"})

_SERVERS: Final = frozenset({"uvicorn", "hypercorn", "daphne", "granian", "gunicorn"})
_RELOADERS: Final = frozenset({"uvicorn", "hypercorn", "granian", "taskiq", "arq", "faststream"})


def role_of(command: Sequence[str], parent: Sequence[str] | None, *, forked: bool) -> str:
    """Return what a process does; empty when nothing is known.

    Args:
        command: Its command line.
        parent: That of the process that started it, None when that does not report.
        forked: Its command line is its parent's, because it was forked off and runs no other program.
    """
    text = " ".join(command)
    if "multiprocessing.resource_tracker" in text:
        return "resource tracker"
    if "multiprocessing.forkserver" in text:
        return "fork server"
    tool = _tool(command)
    if "multiprocessing.spawn" in text or "--multiprocessing-fork" in text:
        return "server" if parent is not None and _tool(parent) in _RELOADERS else "worker"
    if tool == "ipykernel_launcher" or "ipykernel" in tool:
        return "kernel"
    if "execnet" in text:
        return "test worker"
    if forked:
        return "worker"
    return _of_tool(tool, command, parent)


def _of_tool(tool: str, command: Sequence[str], parent: Sequence[str] | None) -> str:
    if tool == "manage" and "runserver" in command:
        same = parent is not None and _tool(parent) == "manage"
        return "server" if same or "--noreload" in command else "reloader"
    if tool in _SERVERS and "--reload" in command and parent is None:
        return "reloader"
    if tool == "gunicorn" or (tool in _SERVERS and any(word.startswith("--workers") for word in command)):
        return "master"
    if tool in _SERVERS:
        return "server"
    if tool in ("pytest", "py.test"):
        return "tests"
    if tool in ("celery", "taskiq", "arq", "faststream"):
        return "worker" if tool != "celery" or "worker" in command else tool
    return "main" if parent is None else ""


def _tool(command: Sequence[str]) -> str:
    """Return the program that a Python process runs: ``uvicorn``, ``manage``."""
    words = list(command)
    if words and Path(words[0]).name.lower().startswith(("python", "pypy")):
        words.pop(0)
        while words and words[0].startswith("-"):
            option = words.pop(0)
            if option == "-m":
                break
            if option in ("-W", "-X") and words:
                words.pop(0)
            elif option == "-c":
                return ""
    return Path(words[0]).name.removesuffix(".py") if words else ""
