"""``inspector check``: what is wrong in a catalog and its wiring, without running anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import inspector
from inspector.app.checking import Basis, basis_of
from inspector.app.text import one_line, plural
from inspector.catalog.findings import (
    RULES,
    SEVERITIES,
    SEVERITY_WORDS,
    Finding,
    as_json,
    as_sarif,
    find,
    read_settings,
)
from inspector.cli import exitcodes
from inspector.cli.outcome import short_path
from inspector.cli.running import run as run_coroutine
from inspector.cli.source import ProjectSource, source_of, tells_load_errors

if TYPE_CHECKING:
    import argparse

    from inspector.cli.console import Console
    from inspector.core.description import CatalogDescription
    from inspector.core.facts import CatalogFacts

_STYLES: Final = {"error": "red", "warning": "yellow", "information": "cyan"}
_SIGNS: Final = {"error": "✕", "warning": "▲", "information": "●"}
_DEFAULT_FAIL_ON: Final = "error"


@dataclass(frozen=True)
class Checkable:
    """A program that is to be checked.

    Attributes:
        description: What it declares.
        facts: What is known beyond that.
        basis: Its source and settings.
    """

    description: CatalogDescription
    facts: CatalogFacts
    basis: Basis


@tells_load_errors
def run(arguments: argparse.Namespace, console: Console, load: Callable[[], Checkable] | None = None) -> int:
    """Run the command; return the exit code.

    Args:
        arguments: ``json``, ``sarif``, ``fail_on``, and what says which program it is.
        console: Where to write.
        load: Returns the program to check; the one that the options choose when not given.

    Raises:
        InspectorError: The program cannot be loaded.
        UsageError: The program's settings are wrong.
    """
    program = load() if load is not None else _chosen(arguments, console)
    findings = check(program)
    if arguments.json:
        console.data(as_json(findings))
    elif arguments.sarif:
        console.data(as_sarif(findings, RULES.values(), inspector.__version__, Path.cwd()))
    else:
        _tell(program.description.program, findings, console)
    fail_on = arguments.fail_on or program.basis.settings.fail_on or _DEFAULT_FAIL_ON
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return exitcodes.FAILED if any(finding.severity in bad for finding in findings) else exitcodes.OK


def check(program: Checkable) -> list[Finding]:
    """Read the program's source and check it."""
    return find(program.description, program.facts, program.basis.read(), program.basis.settings)


def _chosen(arguments: argparse.Namespace, console: Console) -> Checkable:
    source = source_of(arguments, console)
    if isinstance(source, ProjectSource):
        basis = basis_of(source.project)  # a mistake there is told before anything is loaded
        return Checkable(*run_coroutine(source.load()), basis)
    return demo()


def demo() -> Checkable:
    """Return the demo, with the names that its check leaves out."""
    import inspector.demo
    from inspector.agent.facts.collect import collect
    from inspector.cli.programs import demo_program
    from inspector.demo.check import CHECK

    program = demo_program()
    basis = Basis(Path(inspector.demo.__file__).parent, read_settings(CHECK, "inspector/demo/check.py"))
    return Checkable(program.catalog(), collect(program), basis)


def _tell(name: str, findings: list[Finding], console: Console) -> None:
    counts = {severity: sum(finding.severity == severity for finding in findings) for severity in SEVERITIES}
    console.line(
        f"{console.styled(name, 'bold')}: {plural(counts['error'], 'error')}, {plural(counts['warning'], 'warning')}, "
        f"{plural(counts['information'], 'note')}"
    )
    for (code, severity), group in groupby(findings, key=lambda finding: (finding.code, finding.severity)):
        same = list(group)
        console.line()
        sign = console.styled(f"{_SIGNS[severity]} {code}", _STYLES[severity])
        name = console.styled(RULES[code].title, "bold")
        console.line(f"{sign} {name}: {SEVERITY_WORDS[severity]}, {plural(len(same), 'finding')}")
        console.table([[(_place(finding), "dim"), one_line(finding.message)] for finding in same])
        for fix in dict.fromkeys(finding.fix for finding in same):
            console.line(f"  → {one_line(fix)}")


def _place(finding: Finding) -> str:
    """Return file and line as editors and terminals understand it; short for files below the working folder."""
    if not finding.file:
        return "-"
    shown = short_path(finding.file)
    return f"{shown}:{finding.line}" if finding.line else shown
