"""What it costs a program to be observed: a foreign bus recorded, beside the same bus alone. Python 3.12 and newer.

Where the benchmarks run on Python 3.11, ``observed.py`` is run by a newer one that is found on PATH or in pyenv.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
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


def run() -> list[Figure]:
    """Measure; without a Python that can be observed there is nothing to measure, and that is said."""
    python = newer_python()
    if not python:
        print("No Python 3.12 or newer was found: what observing costs was not measured.", file=sys.stderr)
        return [figure("observe.not_measured", 0.0, "<=", 0.0)]
    script = Path(__file__).with_name("observed.py")
    package = str(Path(inspector.__file__).parent)
    done = subprocess.run([python, "-I", str(script), package], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [figure(f"observe.{name}", value, "<=", _BOUNDS[name]) for name, value in json.loads(done.stdout).items()]


if __name__ == "__main__":
    for line in run():
        print(line)
