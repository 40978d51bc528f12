"""``inspector spec``: how the buses of a program are read, line by line, with where each comes from and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inspector.app.text import one_line
from inspector.cli import exitcodes
from inspector.cli.outcome import short_path
from inspector.cli.running import run as run_coroutine
from inspector.cli.source import sentence_of, source_of, tells_load_errors
from inspector.core.spec import DECLARED, LIBRARY, OBSERVED, PROPOSED, TITLES, as_json, is_about_settings, to_toml

if TYPE_CHECKING:
    import argparse

    from inspector.cli.console import Cell, Console
    from inspector.core.description import CatalogDescription, Problem
    from inspector.core.spec import BusSpec

_STYLES: Final = {LIBRARY: "cyan", DECLARED: "green", PROPOSED: "yellow", OBSERVED: "cyan"}


@tells_load_errors
def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; return the exit code.

    Raises:
        InspectorError: The program cannot be loaded.
    """
    catalog = run_coroutine(source_of(arguments, console).describe())
    problems = spec_problems(catalog)
    if arguments.json:
        console.data({"buses": [as_json(spec) for spec in catalog.specs], "problems": [_problem(p) for p in problems]})
        return exitcodes.OK
    if arguments.toml:
        console.line(to_toml(catalog.specs).rstrip("\n"))
        for problem in problems:
            console.note(one_line(f"{problem.text} {problem.hint}".strip(), 1_000))
        return exitcodes.OK
    for spec in catalog.specs:
        console.heading(one_line(spec.where))
        console.table(_rows(spec))
    if not catalog.specs:
        console.line("The program describes its bus itself; nothing needs to be declared.")
    if problems:
        console.heading(f"problems ({len(problems)})")
    for problem in problems:
        console.line(f"  {one_line(sentence_of(problem))}")
        if problem.hint:
            console.line(f"    {one_line(problem.hint)}")
    return exitcodes.OK


def spec_problems(catalog: CatalogDescription) -> list[Problem]:
    """Return what of the settings of the buses cannot be used."""
    return [problem for problem in catalog.problems if is_about_settings(problem.where)]


def _rows(spec: BusSpec) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    before = ""
    for line in spec.lines:
        title, before = (TITLES[line.kind] if line.kind != before else ""), line.kind
        place = f"{short_path(line.file)}:{line.line}" if line.file else ""
        origin = (line.origin, _STYLES[line.origin])
        rows.append([(title, "dim"), one_line(line.text), (place, "dim"), origin, one_line(line.reason)])
    return rows


def _problem(problem: Problem) -> dict[str, Any]:
    return {"where": problem.where, "text": problem.text, "hint": problem.hint}
