"""What it costs a program to be observed: a foreign bus recorded, beside the same bus alone. Python 3.12 and newer.

Where the benchmarks run on Python 3.11, ``observed.py`` is run by a newer one that is found on PATH or in pyenv.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import inspector
from benchmarks import Figure, figure

_BOUNDS = {
    "1_handler": 1.6,
    "4_handlers": 1.4,
    "16_handlers": 1.25,
    "publishes_nothing": 1.05,
    "raises_and_catches": 1.15,
}
_VERSIONS = ("3.12", "3.13")


def newer_python() -> str:
    """Return a Python from 3.12 on, ours if it is one; empty where there is none."""
    if sys.version_info >= (3, 12):
        return sys.executable
    root = Path(os.environ.get("PYENV_ROOT") or Path("~").expanduser() / ".pyenv")
    for version in _VERSIONS:
        path = shutil.which(f"python{version}")
        if path is not None and "shims" not in path:
            return path
        installed = sorted(root.glob(f"versions/{version}.*/bin/python"))
        if installed:
            return str(installed[-1])
    return ""


def measured_by(script: str, name: str, what: str, bounds: Mapping[str, float]) -> list[Figure]:
    """Return the figures that a script beside this file prints as JSON, run alone by a Python that can be observed.

    Args:
        script: Name of the file.
        name: What the names of the figures begin with.
        what: What is said not to have been measured where there is no such Python.
        bounds: What each figure is at most.
    """
    python = newer_python()
    if not python:
        print(f"No Python 3.12 or newer was found: {what} was not measured.", file=sys.stderr)
        return [figure(f"{name}.not_measured", 0.0, "<=", 0.0)]
    command = [python, "-I", str(Path(__file__).with_name(script)), str(Path(inspector.__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [figure(f"{name}.{part}", value, "<=", bounds[part]) for part, value in json.loads(done.stdout).items()]


def run() -> list[Figure]:
    """Measure; without a Python that can be observed there is nothing to measure, and that is said."""
    return measured_by("observed.py", "observe", "what observing costs", _BOUNDS)


if __name__ == "__main__":
    for line in run():
        print(line)
