"""``inspector demo``: every event of the catalog once, with or without a window."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.app.export import format_of
from inspector.app.places import default_database
from inspector.app.summary import summarise
from inspector.app.text import format_count, format_duration, plural
from inspector.cli import exitcodes, export, window
from inspector.cli.outcome import RunOutcome, outcome_of, session_json, tell, tell_session
from inspector.cli.programs import given_options
from inspector.cli.running import Troubles, opened, recording, session_name
from inspector.cli.running import run as run_coroutine
from inspector.cli.signals import Signalled
from inspector.cli.source import EmbeddedSource
from inspector.cli.values import make_values, new_seed
from inspector.core.errors import InspectorError, UsageError
from inspector.core.request import TIMEOUT, FireRequest
from inspector.store.files import check_target

if TYPE_CHECKING:
    import argparse

    from inspector.app.recording import Recording
    from inspector.cli.console import Cell, Console
    from inspector.store.tables import HandlerSummary

#: Seconds that a handler may take with faults on: some hang on purpose, and nobody wants to wait for them.
TIMEOUT_WITH_FAULTS: Final = 3.0
_SLOWEST: Final = 5


@dataclass(frozen=True)
class DemoResult:
    """What came of firing the whole catalog.

    Attributes:
        program: What people call the program.
        fired: Events that were published; derived publications are not counted.
        outcome: Counts and what went wrong.
        handlers: Figures of every handler that ran, the slowest first.
        refused: Events that could not be fired, each with the reason.
    """

    program: str
    fired: int
    outcome: RunOutcome
    handlers: list[HandlerSummary]
    refused: list[str]

    @property
    def exit_code(self) -> int:
        """0 when nothing went wrong but what was injected."""
        trouble = self.outcome.unexpected or self.outcome.host_errors or self.refused
        return exitcodes.FAILED if trouble else exitcodes.OK


async def run_demo(live: Recording, *, seed: int, faults: bool = False) -> DemoResult:
    """Fire every event of the catalog once, one after another; works with and without a window.

    Args:
        live: The recording, started.
        seed: Seed of the values.
        faults: Switch the program's faults on first, unless they are.
    """
    if faults and not live.host.faults:
        live.host.set_faults(True)
    catalog = live.journal.catalog
    assert catalog is not None  # noqa: S101 - a started recording has folded its first record
    rng = random.Random(seed)  # noqa: S311 - sample values, no secrets
    timeout = TIMEOUT_WITH_FAULTS if live.host.faults else TIMEOUT
    fired, refused = 0, []
    for event in catalog.events:
        ended = await live.outcome(live.host.fire(FireRequest(event.name, [make_values(event, rng)], timeout=timeout)))
        fired += ended.published
        if ended.refusal:
            refused.append(f"{event.name}: {ended.refusal}")
    return DemoResult(
        program=catalog.program,
        fired=fired,
        outcome=await outcome_of(live),
        handlers=sorted(summarise(live.journal), key=lambda row: -row.max_ns),
        refused=refused,
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; return the exit code.

    Raises:
        UsageError: Another program was named.
        InspectorError: A file cannot be written, the database not be used, Qt not be loaded.
    """
    if given_options(arguments):
        raise UsageError(
            "`inspector demo` fires the demo's events only.", "To fire your own, use `inspector fire EVENT --app …`."
        )
    # A run of seconds must not end at a folder that is not there.
    for target in (arguments.screenshot, arguments.export):
        if target is not None:
            check_target(target)
    seed = new_seed() if arguments.seed is None else arguments.seed
    database = arguments.db or default_database()
    troubles = Troubles(console)
    name = session_name("demo")
    if arguments.screenshot is None:
        live, result = run_coroutine(_without_window(database, name, seed, troubles, console, faults=arguments.faults))
        code = result.exit_code
    else:
        live, result, code = _in_window(database, name, seed, arguments.screenshot, faults=arguments.faults)
    code = exitcodes.FAILED if troubles.count and not code else code
    if arguments.export is not None and not live.session:
        raise InspectorError(f"{arguments.export} was not written because the run was not saved.")
    if arguments.export is not None:
        run_coroutine(_export(database, live.session, arguments.export))
    if arguments.json:
        console.data(_as_json(arguments, live, result, database, seed))
    else:
        _tell(arguments, live, result, database, seed, console)
    for text in (*result.refused, *result.outcome.host_errors):
        console.note(text)
    return code


async def _without_window(
    database: Path, name: str, seed: int, troubles: Troubles, console: Console, *, faults: bool
) -> tuple[Recording, DemoResult]:
    async with (
        opened(database, room=False) as store,
        recording(store, EmbeddedSource(), troubles, console, name=name, seed=seed) as live,
    ):
        return live, await run_demo(live, seed=seed, faults=faults)


def _in_window(
    database: Path, name: str, seed: int, screenshot: Path, *, faults: bool
) -> tuple[Recording, DemoResult, int]:
    if not window.has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    done: list[tuple[Recording, DemoResult]] = []

    async def work(live: Recording) -> int:
        result = await run_demo(live, seed=seed, faults=faults)
        done.append((live, result))
        return result.exit_code

    code = window.show(database, seed, work=work, screenshot=screenshot, faults=faults, name=name)
    if not done and code > exitcodes.SIGNALLED:
        raise Signalled(code - exitcodes.SIGNALLED)
    if not done:
        raise InspectorError("The window was closed before the demo finished.", "The records so far are saved.")
    return *done[0], code


async def _export(database: Path, session: int, target: Path) -> None:
    async with opened(database) as store:
        await export.write(store, await store.session(session), format_of(target), target)


def _as_json(
    arguments: argparse.Namespace, live: Recording, result: DemoResult, database: Path, seed: int
) -> dict[str, Any]:
    return {
        **session_json(live, database),
        "seed": seed,
        "faults": arguments.faults,
        "fired": result.fired,
        "lost": live.lost,
        **result.outcome.as_json(),
        "unexpected": result.outcome.unexpected,
        "slowest": [
            {
                "handler": row.name,
                "executions": row.counts,
                "failures": row.failures,
                "p50_ms": round(row.p50_ns / 1e6, 3),
                "max_ms": round(row.max_ns / 1e6, 3),
            }
            for row in result.handlers[:_SLOWEST]
        ],
        "screenshot": str(arguments.screenshot) if arguments.screenshot else None,
        "export": str(arguments.export) if arguments.export else None,
    }


def _tell(
    arguments: argparse.Namespace, live: Recording, result: DemoResult, database: Path, seed: int, console: Console
) -> None:
    outcome = result.outcome
    faults = ", faults on" if arguments.faults else ""
    console.line(
        f"{console.styled(result.program, 'bold')}: {plural(result.fired, 'event')} fired in "
        f"{format_duration(outcome.duration)}{faults} (--seed {seed})"
    )
    console.line()
    tell(outcome, console)
    console.heading("Slowest handlers")
    rows: list[list[Cell]] = [
        [row.name, plural(row.counts, "execution"), "longest", format_duration(row.max_ns)]
        for row in result.handlers[:_SLOWEST]
    ]
    console.table(rows, right=(3,))
    if outcome.bad:
        console.line()
        console.line(_verdict(outcome))
    tell_session(live.session, live.name, database, console)
    for title, target in (("Screenshot", arguments.screenshot), ("Export", arguments.export)):
        if target is not None:
            console.line(f"{title}: {target}")


def _verdict(outcome: RunOutcome) -> str:
    if not outcome.unexpected:
        return f"Only injected failures ({format_count(outcome.bad)})."
    return f"{format_count(outcome.unexpected)} of {plural(outcome.bad, 'failure')} not injected."
