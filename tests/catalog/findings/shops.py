"""The two sample shops: the faulty one says at the end of a line which faults stand there, the other has none."""

from __future__ import annotations

import importlib
import re
import sys
from collections import Counter
from pathlib import Path

from inspector.agent.facts.collect import collect
from inspector.agent.program import CoreProgram
from inspector.app.checking import Basis
from inspector.catalog.findings import settings_of_project
from inspector.catalog.findings.model import Finding
from inspector.cli.check import Checkable, check

PROJECTS = Path(__file__).resolve().parents[2] / "projects"
_MARK = re.compile(r"#\s*((?:EV\d{3}(?:,\s*)?)+)\s*$")


def load(name: str) -> Checkable:
    """Give a shop (``faulty`` or ``corrected``) as the check takes it."""
    root, package = PROJECTS / name, f"{name}_shop"
    sys.path.insert(0, str(root))
    try:
        wiring, registry, sse = (importlib.import_module(f"{package}.{part}") for part in ("wiring", "registry", "sse"))
    finally:
        sys.path.remove(str(root))
    program = CoreProgram(f"{name} shop", wiring.get_bus(), registry=registry.REGISTRY, sse=sse.SSE_REGISTRY)
    basis = Basis(root, settings_of_project(root / "pyproject.toml"))
    return Checkable(program.catalog(), collect(program), basis)


def findings(name: str) -> list[Finding]:
    """Check a shop."""
    return check(load(name))


def planted(name: str) -> Counter[tuple[str, str, int]]:
    """Count the marks in a shop's source: code, file, line."""
    found: Counter[tuple[str, str, int]] = Counter()
    for path in sorted((PROJECTS / name).rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            mark = _MARK.search(line)
            for code in re.findall(r"EV\d{3}", mark[1]) if mark else ():
                found[code, str(path), number] += 1
    return found
