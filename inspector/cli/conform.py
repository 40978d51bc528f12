"""``inspector conform``: fire everything, and tell where behaviour differs from what is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inspector.agent.effects.effects import watched
from inspector.app.checking import Basis, basis_of
from inspector.app.conform import TIMEOUT, contexts_of, fire_everything
from inspector.app.places import default_database
from inspector.app.text import format_count, one_line, plural
from inspector.catalog.conformance.observed import CONTEXT_WORDS
from inspector.catalog.conformance.rules import BY_CODE
from inspector.catalog.findings import SEVERITY_WORDS
from inspector.cli import exitcodes
from inspector.cli.outcome import session_json, short_path, tell_session
from inspector.cli.running import Troubles, opened, recording, session_name
from inspector.cli.running import run as run_coroutine
from inspector.cli.source import EmbeddedSource, ProgramSource, ProjectSource, sentence_of, source_of, tells_load_errors
from inspector.cli.values import new_seed
from inspector.hosts.child import ChildHost

if TYPE_CHECKING:
    import argparse

    from inspector.agent.program import Program
    from inspector.app.recording import Recording
    from inspector.catalog.conformance.report import Report
    from inspector.catalog.conformance.rules import RunFinding
    from inspector.cli.console import Console

#: Findings of one rule that are told one by one; ``--json`` has all.
_SHOWN: Final = 20
_SHOWN_INFORMATION: Final = 3
_STYLES: Final = {"error": "red", "warning": "yellow", "information": "cyan"}


@tells_load_errors
def run(
    arguments: argparse.Namespace, console: Console, make_program: Callable[[int | None], Program] | None = None
) -> int:
    """Run the command; return the exit code: 1 when there is an error or a warning.

    Args:
        arguments: The options.
        console: Where to tell.
        make_program: Makes the program from a seed; the one that the options choose when not given.

    Raises:
        UsageError: There is no such context, or the project's settings are wrong.
        InspectorError: The program could not be started, or the database not be used.
    """
    contexts = contexts_of(arguments.context)
    source = source_of(arguments, console) if make_program is None else EmbeddedSource(make_program)
    database = arguments.db or default_database()
    troubles = Troubles(console)
    live, report = run_coroutine(_conform(source, database, contexts, arguments, troubles, console))
    if arguments.json:
        console.data(
            {**report.as_json(), "context": arguments.context, **session_json(live, database), "lost": live.lost}
        )
    else:
        _tell(report, console)
        tell_session(live.session, live.name, database, console)
    catalog = live.journal.catalog
    for problem in catalog.problems if catalog is not None else ():  # what limits what was seen
        console.note(one_line(sentence_of(problem), 1_000))
    return exitcodes.FAILED if report.bad or troubles.count else exitcodes.OK


async def _conform(
    source: ProgramSource,
    database: Path,
    contexts: tuple[str, ...],
    arguments: argparse.Namespace,
    troubles: Troubles,
    console: Console,
) -> tuple[Recording, Report]:
    # A mistake in the settings is told before anything is loaded.
    basis = basis_of(source.project) if isinstance(source, ProjectSource) else Basis()
    seed = new_seed() if arguments.seed is None else arguments.seed
    name, verbose = session_name("conform"), arguments.verbose
    async with (
        opened(database, room=False) as store,
        recording(
            store, _watched(source), troubles, console, name=name, seed=seed, verbose=verbose, timeout=TIMEOUT
        ) as live,
    ):
        child = live.host if isinstance(live.host, ChildHost) else None
        return live, await fire_everything(
            live,
            contexts=contexts,
            seed=seed,
            facts=child.facts if child is not None else None,
            settings=basis.settings,
            revive=child.restart if child is not None else None,
            read=basis.read,
        )


def _watched(source: ProgramSource) -> ProgramSource:
    """Return the program with its effects watched; one in a process of its own has them watched there."""
    if not isinstance(source, EmbeddedSource):
        return source
    make_program = source.make_program
    return EmbeddedSource(lambda seed: watched(make_program(seed)), source.name, source.kind)


def _tell(report: Report, console: Console) -> None:
    counts = ", ".join(plural(count, SEVERITY_WORDS[severity]) for severity, count in report.counts.items() if count)
    console.line(
        f"{console.styled(report.program, 'bold')}: {plural(report.events, 'event')} fired "
        f"{_how(report)}, "
        f"{plural(report.executions, 'execution')} (--seed {report.seed})"
    )
    if report.run is not None and report.run.never_awaited:
        console.line(f"{plural(report.run.never_awaited, 'coroutine')} never awaited.")
    if report.left_out:
        console.line(f"Skipped base classes: {', '.join(report.left_out)}.")
    console.line(counts or "No differences: everything behaves as declared.")
    for code, findings in groupby(report.findings, key=lambda finding: finding.code):
        _tell_rule(code, list(findings), console)


def _how(report: Report) -> str:
    """Return in which contexts it was fired; of a program without database sessions no talk of them is true."""
    if report.sessions:
        return " and ".join(CONTEXT_WORDS[context] for context in report.contexts)
    times = f"{len(report.contexts)} times " if len(report.contexts) > 1 else ""
    return f"{times}without a database session"


def _tell_rule(code: str, findings: list[RunFinding], console: Console) -> None:
    rule = BY_CODE[code]
    title = console.styled(f"{SEVERITY_WORDS[rule.severity]} {code} {rule.title}", _STYLES[rule.severity])
    console.line()
    console.line(f"{title} ({format_count(len(findings))})")
    shown = _SHOWN_INFORMATION if rule.severity == "information" else _SHOWN
    for finding in findings[:shown]:
        console.line(f"  {one_line(finding.message)}")
        for text in _places(finding):
            console.line(console.styled(f"    {text}", "dim"))
    if len(findings) > shown:
        console.line(f"  … and {format_count(len(findings) - shown)} more (see --json)")
    console.line(f"  Fix: {rule.fix}")


def _places(finding: RunFinding) -> Iterable[str]:
    parts = [f"execution {finding.execution}"] if finding.execution else []
    parts += [f"{short_path(finding.file)}:{finding.line}"] if finding.file else []
    return [", ".join(parts)] if parts else []
