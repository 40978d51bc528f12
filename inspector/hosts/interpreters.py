"""Which Python runs a project."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inspector.core.errors import UsageError

#: Folders in which projects keep their environment, in the order in which they are looked for.
ENVIRONMENTS: Final = (".venv", "venv")
_CLAUSE: Final = re.compile(r"(~=|==|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?")
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


def fits(version: str, requirement: str) -> bool:
    """Return whether a version of Python meets a requirement, such as ``>=3.11, <4``.

    Clauses are read as PEP 440 says; one that it does not know is met, since nothing can be said of it, and a version
    that cannot be read meets everything. Pre-releases count as what they will be.
    """
    release = _release(version)
    clauses = (_CLAUSE.fullmatch(text.strip()) for text in requirement.split(","))
    return not release or all(clause is None or _meets(release, *clause.groups()) for clause in clauses)


def _meets(release: tuple[int, ...], sign: str, text: str, prefix: str | None) -> bool:
    bound = tuple(map(int, text.split(".")))
    width = max(len(release), len(bound))
    have, want = (part + (0,) * (width - len(part)) for part in (release, bound))
    begins = release[: len(bound)] == bound
    if sign == "~=":
        return have >= want and release[: len(bound) - 1] == bound[:-1]
    if sign in ("==", "!="):
        return (begins if prefix else have == want) == (sign == "==")
    return {"<": have < want, "<=": have <= want, ">": have > want, ">=": have >= want}[sign]


def _release(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def _named(python: str, folder: Path) -> Path:
    path = Path(python).expanduser()
    if not path.is_absolute() and len(path.parts) > 1:
        path = folder / path
    if not path.is_absolute() and (folder / path).is_dir():
        path = folder / path
    if path.is_dir():
        executable = _in_environment(path)
        if executable is None:
            raise UsageError(
                f"No Python found in {path}.", "Choose an interpreter, or the folder of a virtual environment."
            )
        return executable
    on_path = shutil.which(str(path))
    if on_path is None:
        raise UsageError(f"No interpreter {python}.", "Choose another one.", typed="--python PATH")
    return Path(os.path.abspath(on_path))  # noqa: PTH100 - resolve() would follow the link out of the environment


def _in_environment(folder: Path) -> Path | None:
    for inside in _INSIDE:
        path = folder / inside
        if os.access(path, os.X_OK) and path.is_file():
            return Path(os.path.abspath(path))  # noqa: PTH100 - as above
    return None
