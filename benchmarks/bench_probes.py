"""What every probe on costs a handler, beside recording alone. Python 3.12 and newer, as ``bench_observe`` finds it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import inspector
from benchmarks import Figure, figure
from benchmarks.bench_observe import newer_python

_BOUNDS = {"statement_and_log": 1.5, "memory_statement_and_log": 2.0, "and_output": 2.5, "nothing_inside": 1.1}


def run() -> list[Figure]:
    """Measure; without a Python that can be observed there is nothing to measure, and that is said."""
    python = newer_python()
    if not python:
        print("No Python 3.12 or newer was found: what probes cost was not measured.", file=sys.stderr)
        return [figure("probes.not_measured", 0.0, "<=", 0.0)]
    script = Path(__file__).with_name("probed.py")
    package = str(Path(inspector.__file__).parent)
    done = subprocess.run([python, "-I", str(script), package], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [figure(f"probes.{name}", value, "<=", _BOUNDS[name]) for name, value in json.loads(done.stdout).items()]


if __name__ == "__main__":
    for line in run():
        print(line)
