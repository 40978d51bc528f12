"""``inspector fire``: publish an event, wait for its handlers, tell how they ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.app.places import default_database
from inspector.app.text import format_count, format_duration, plural
from inspector.cli import exitcodes
from inspector.cli.outcome import Outcome, outcome_of, tell, tell_session
from inspector.cli.programs import demo_program
from inspector.cli.running import Troubles, opened, recording, session_name
from inspector.cli.running import run as run_coroutine
from inspector.cli.values import find_event, many_values, new_seed, pairs, written_values
from inspector.core.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from inspector.agent.program import Program
    from inspector.app.recording import Recording
    from inspector.cli.console import Console
    from inspector.core.description import EventDescription

#: Publications asked for at once: what waits is bounded however many are wanted, and Ctrl+C ends soon.
CHUNK: Final = 50


@dataclass(frozen=True)
class Wish:
    """What a person asks to be fired, checked against the catalog."""

    event: EventDescription
    count: int
    seed: int
    session: bool
    timeout: float
    written: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Say in short what is fired."""
        return self.event.name if self.count == 1 else f"{self.event.name} x{self.count}"


def run(arguments: argparse.Namespace, console: Console, make_program: Callable[[int], Program] = demo_program) -> int:
    """Run the command; gives the exit code.

    Raises:
        UsageError: The event, a field or a value is unknown or wrong. Unless the event itself refuses its values,
            nothing has been recorded then.
    """
    seed = new_seed() if arguments.seed is None else arguments.seed
    program = make_program(seed)
    event = find_event(program.catalog(), arguments.event)
    wish = Wish(
        event,
        count=arguments.count,
        seed=seed,
        session=not arguments.no_session,
        timeout=arguments.timeout,
        written=written_values(event, arguments.values),
        metadata=dict(pairs(arguments.meta, "--meta", "key=value")),
    )
    database = arguments.db or default_database()
    return run_coroutine(_fire(wish, program, database, console, as_json=arguments.json))


async def _fire(wish: Wish, program: Program, database: Path, console: Console, *, as_json: bool) -> int:
    name = session_name(wish.title)
    troubles = Troubles(console)
    async with opened(database) as store:
        async with recording(store, lambda: program, troubles, console, name=name, seed=wish.seed) as made:
            fired = await fire_all(made, wish)
        # Only now has every execution ended, those included that outlived their publication.
        outcome = await outcome_of(made)
    if as_json:
        console.data(
            {
                "session": made.session or None,
                "name": name,
                "database": str(database),
                "event": wish.event.name,
                "seed": wish.seed,
                "fired": fired,
                **outcome.as_json(),
            }
        )
    else:
        _tell(wish, outcome, console)
        tell_session(made.session, name, database, console)
    for text in outcome.host_errors:
        console.note(text)
    return exitcodes.FAILED if outcome.bad or outcome.host_errors or troubles.count else exitcodes.OK


async def fire_all(made: Recording, wish: Wish) -> int:
    """Fire what is wished for, one after another, and wait until all has settled; gives how many were published.

    Raises:
        UsageError: The event refused its values.
    """
    fired = 0
    for values in many_values(wish.event, wish.seed, wish.count, wish.written, CHUNK):
        fire = made.host.fire(
            wish.event.name, values, session=wish.session, metadata=wish.metadata, timeout=wish.timeout
        )
        outcome = await made.outcome(fire)
        fired += outcome.published
        if outcome.refusal:
            hint = outcome.hint or (f"{plural(fired, 'publication')} had gone out before." if fired else "")
            raise UsageError(outcome.refusal, hint)
    return fired


def _tell(wish: Wish, outcome: Outcome, console: Console) -> None:
    count = f" x{format_count(wish.count)}" if wish.count > 1 else ""
    took = format_duration(outcome.duration)
    console.line(f"{console.styled(wish.event.name, 'bold')}{count}, settled in {took} (--seed {wish.seed})")
    console.line()
    tell(outcome, console)
