"""What a process of a run does, in a word or two, by its command line and its place in the family."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

#: Helpers of the standard library: they are listed only when they publish something.
HELPERS: Final = frozenset({"resource tracker", "fork server"})

_SERVERS: Final = frozenset({"uvicorn", "hypercorn", "daphne", "granian", "gunicorn"})
_RELOADERS: Final = frozenset({"uvicorn", "hypercorn", "granian", "taskiq", "arq", "faststream"})
#: What loads a program that its arguments name, as ``module:attribute``, behind one of these, or as dotted names.
_LOADERS: Final = _SERVERS | _RELOADERS | {"celery", "flask", "fastapi", "dramatiq", "huey_consumer"}
_RELOADING: Final = frozenset({"--reload", "--debug"})
#: How the workers of pytest-xdist are started.
_EXECNET: Final = "exec(eval(sys.stdin.readline()))"
_NAMED_BY: Final = frozenset({"-A", "--app", "run", "dev"})
_MODULE: Final = re.compile(r"[A-Za-z_./][\w./]*")
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+(?<!\.py)")


def role_of(command: Sequence[str], parent: Sequence[str] | None, *, forked: bool) -> str:
    """Return what a process does; empty when nothing is known.

    Args:
        command: Its command line.
        parent: That of the process that started it, None when that does not report.
        forked: It was forked off and runs no other program: its command line is that of its parent.
    """
    text = " ".join(command)
    if "multiprocessing.resource_tracker" in text:
        return "resource tracker"
    if "multiprocessing.forkserver" in text:
        return "worker" if forked else "fork server"
    tool = _tool(command)
    if "multiprocessing.spawn" in text or "--multiprocessing-fork" in text:
        return "server" if parent is not None and _tool(parent) in _RELOADERS else "worker"
    if tool == "ipykernel_launcher" or "ipykernel" in tool:
        return "kernel"
    if "execnet" in text or _EXECNET in text:
        return "test worker"
    if forked:
        return "worker"
    return _of_tool(tool, command, parent)


def _of_tool(tool: str, command: Sequence[str], parent: Sequence[str] | None) -> str:
    again = parent is not None and _tool(parent) == tool
    if tool == "manage" and "runserver" in command:
        return "server" if again or "--noreload" in command else "reloader"
    if tool == "flask" and "run" in command:
        return "server" if again or not _RELOADING.intersection(command) else "reloader"
    if tool in _SERVERS and "--reload" in command and not again:
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
    return tool_of(command)[0]


def tool_of(command: Sequence[str]) -> tuple[str, list[str]]:
    """Return the program that a Python process runs (``uvicorn``, ``manage``; empty for ``-c``), and its arguments."""
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
                return "", []
    if not words:
        return "", []
    first, *arguments = words
    return Path(first).name.removesuffix(".py").removesuffix(".pyz"), arguments


def program_of(command: Sequence[str]) -> str:
    """Return what a command runs in one word.

    That is ``shop`` of ``python -m shop``, ``python shop.py``, ``uvicorn shop:app`` and ``celery -A shop worker``.
    """
    tool, arguments = tool_of(command)
    module = _module_in(arguments) if tool in _LOADERS else ""
    return module or tool or Path(command[0]).name


def _module_in(arguments: Sequence[str]) -> str:
    """Return the module that a server or worker is asked to load; empty where none is named."""
    dotted = before = ""
    for argument in arguments:
        if argument.startswith("--app="):
            before, _, argument = argument.partition("=")
        module, _, attribute = argument.partition(":")
        if _MODULE.fullmatch(module) and (attribute[:1].isidentifier() or before in _NAMED_BY):
            return module.rpartition("/")[2].removesuffix(".py")
        if _DOTTED.fullmatch(argument) and not before.startswith("-"):
            dotted = argument
        before = argument
    *path, last = dotted.split(".")
    return ".".join(path) if last[:1].isupper() else dotted  # ``arq shop.WorkerSettings``
