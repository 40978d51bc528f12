"""Which Python runs a project."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inspector.core.errors import UsageError

#: Folders in which projects keep their environment, in the order in which they are looked for.
ENVIRONMENTS: Final = (".venv", "venv")
_INSIDE: Final = (Path("bin", "python"), Path("bin", "python3"), Path("Scripts", "python.exe"))


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter.

    Attributes:
        path: Absolute, links not followed: an environment's python is a link to another one's.
        source: Why it is this one: ``named``, ``.venv``, ``venv`` or ``inspector`` (our own).
    """

    path: Path
    source: str


def choose(python: str | None, folder: Path) -> Interpreter:
    """Return the interpreter for a project: the one that is named, else that of its environment, else ours.

    Args:
        python: An interpreter, a name on PATH, or the folder of an environment.
        folder: The project's folder.

    Raises:
        UsageError: There is no such interpreter.
    """
    if python:
        return Interpreter(_named(python, folder), "named")
    for name in ENVIRONMENTS:
        executable = _in_environment(folder / name)
        if executable is not None:
            return Interpreter(executable, name)
    return Interpreter(Path(sys.executable), "inspector")


def _named(python: str, folder: Path) -> Path:
    path = Path(python).expanduser()
    if not path.is_absolute() and len(path.parts) > 1:
        path = folder / path
    if not path.is_absolute() and (folder / path).is_dir():
        path = folder / path
    if path.is_dir():
        executable = _in_environment(path)
        if executable is None:
            raise UsageError(f"There is no Python in {path}.", "Name an interpreter, or the folder of an environment.")
        return executable
    on_path = shutil.which(str(path))
    if on_path is None:
        raise UsageError(f"There is no interpreter {python}.", "Name another one.", typed="--python PATH")
    return Path(os.path.abspath(on_path))  # noqa: PTH100 - resolve() would follow the link out of the environment


def _in_environment(folder: Path) -> Path | None:
    for inside in _INSIDE:
        path = folder / inside
        if os.access(path, os.X_OK) and path.is_file():
            return Path(os.path.abspath(path))  # noqa: PTH100 - as above
    return None
