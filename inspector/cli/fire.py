"""``inspector fire``: publish an event, wait for its handlers, tell how they ended."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from inspector.analysis.observed import observed_sentences
from inspector.app.places import default_database
from inspector.app.text import format_count, format_duration, one_line, plural
from inspector.cli import exitcodes
from inspector.cli.outcome import RunOutcome, outcome_of, session_json, tell, tell_session
from inspector.cli.running import Troubles, recording, session_name
from inspector.cli.running import run as run_coroutine
from inspector.cli.source import EmbeddedSource, ProgramSource, problems_of, sentence_of, source_of, tells_load_errors
from inspector.cli.values import find_event, find_handler, made_up, many_values, new_seed, pairs, written_values
from inspector.core.errors import InspectorError, UsageError
from inspector.core.faults import FaultRule, parse_fault
from inspector.core.records.account import is_of_bus
from inspector.core.records.host import CHANGED, HostNoted, PartNotLoaded, ProcessStuck, PublishRaised, described
from inspector.core.request import FireRequest
from inspector.store.store import Store
from inspector.store.trouble import NoRoom

if TYPE_CHECKING:
    import argparse

    from inspector.agent.program import Program
    from inspector.app.recording import Recording
    from inspector.cli.console import Console
    from inspector.core.description import CatalogDescription, EventDescription

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
    same: bool = False
    faults: tuple[FaultRule, ...] = ()
    written: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    only: str = ""

    @property
    def title(self) -> str:
        """Return in short what is fired."""
        return self.event.name if self.count == 1 else f"{self.event.name} x{self.count}"


@tells_load_errors
def run(
    arguments: argparse.Namespace, console: Console, make_program: Callable[[int | None], Program] | None = None
) -> int:
    """Run the command; return the exit code.

    Args:
        arguments: The options.
        console: Where to tell.
        make_program: Makes the program from a seed; the one that the options choose when not given.

    Raises:
        UsageError: The event, a field or a value is unknown or wrong. Unless the event itself refuses its values,
            nothing has been recorded then.
    """
    source = source_of(arguments, console) if make_program is None else EmbeddedSource(make_program)
    seed = new_seed() if arguments.seed is None else arguments.seed
    return run_coroutine(_fire(source, arguments, seed, console))


async def _fire(source: ProgramSource, arguments: argparse.Namespace, seed: int, console: Console) -> int:
    troubles = Troubles(console)
    store = Store(arguments.db or default_database())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        name = session_name(arguments.event)
        async with recording(
            *(store, source, troubles, console),
            name=name,
            seed=seed,
            hold=True,
            verbose=arguments.verbose,
            timeout=arguments.timeout,
        ) as live:
            catalog = live.journal.catalog
            assert catalog is not None  # noqa: S101 - a started recording has folded its first record
            # What a program declares may be known only now that it runs; a mistake must leave no session behind.
            wish = _wish(catalog, arguments, seed)
            live.name = session_name(wish.title)
            with contextlib.suppress(NoRoom):  # it is told when the session is begun, which is tried again
                await store.open()
            live.keep()
            if wish.faults:
                live.host.set_fault_rules(wish.faults)
            fired = await fire_all(live, wish)
        # Only now has every execution ended, those included that outlived their publication.
        outcome = await outcome_of(live)
    if arguments.json:
        console.data(
            {
                **session_json(live, store.path),
                "event": wish.event.name,
                "seed": wish.seed,
                "fired": fired,
                "lost": live.lost,
                **outcome.as_json(),
            }
        )
    else:
        _tell(wish, outcome, console)
        tell_session(live.session, live.name, store.path, console)
    errors = _tell_host(live, outcome, console)
    return exitcodes.FAILED if outcome.bad or errors or troubles.count else exitcodes.OK


def _wish(catalog: CatalogDescription, arguments: argparse.Namespace, seed: int) -> Wish:
    event = _find_event(catalog, arguments.event)
    return Wish(
        event,
        count=arguments.count,
        seed=seed,
        session=not arguments.no_session,
        timeout=arguments.timeout,
        same=arguments.same_values,
        faults=_faults(catalog, event, arguments.faults),
        written=written_values(event, arguments.values),
        metadata=dict(pairs(arguments.meta, "--meta", "key=value")),
        only="" if arguments.only is None else find_handler(catalog, event, arguments.only),
    )


def _faults(catalog: CatalogDescription, event: EventDescription, texts: Sequence[str]) -> tuple[FaultRule, ...]:
    """Read the faults that are to be injected.

    Raises:
        UsageError: One is no fault, or fits no handler of the program.
    """
    rules = tuple(parse_fault(text) for text in texts)
    for rule in rules:
        if not any(fnmatchcase(handler.label, rule.handler) for handler in catalog.handlers):
            listed = {handler.key: handler.label for handler in catalog.handlers}
            own = ", ".join(listed.get(key, key) for key in event.handlers[:5])
            raise UsageError(f"No handler matches {rule.handler!r}.", f"{event.name} has {own or 'no handlers'}.")
    return rules


def _find_event(catalog: CatalogDescription, text: str) -> EventDescription:
    """Return the event that a person means; also by the name under which it travels, where no class is called so."""
    try:
        return find_event(catalog, text)
    except UsageError:
        travelling = [event for event in catalog.events if event.event_type == text]
        if len(travelling) != 1:
            raise
        return travelling[0]


def _tell_host(live: Recording, outcome: RunOutcome, console: Console) -> int:
    """Return what the host had to say; return how many errors of the run there were among it.

    A part of the program that could not be loaded is told, and is no error of this run; nor is that it did not answer
    for a while, which was told when it happened.
    """
    records = live.journal.host_records
    for sentence in observed_sentences(live.journal):
        console.note(one_line(f"{sentence} Run `inspector spec` to see how the program is read.", 1_000))
    others = (part for part in records if not (isinstance(part, PartNotLoaded) and part.trouble == "interpreter"))
    for problem in dict.fromkeys(problems_of(others)):  # but for the wrong interpreter, which was told at the start
        console.note(one_line(sentence_of(problem), 1_000))
    for text in dict.fromkeys(part.text for part in records if isinstance(part, HostNoted) and part.kind == CHANGED):
        console.note(one_line(text, 1_000))
    harmless = {record.sentence for record in records if isinstance(record, (PartNotLoaded, ProcessStuck))}
    errors = [text for text in outcome.host_errors if text not in harmless]
    errors += dict.fromkeys(
        record.text
        for record in records
        if isinstance(record, PublishRaised) and is_of_bus(record, (bad.error for bad in outcome.failures))
    )
    for text in errors:
        console.note(one_line(text, 1_000))
    return len(errors)


async def fire_all(live: Recording, wish: Wish) -> int:
    """Fire what is wished for, one after another, and wait until all has settled; return how many were published.

    It ends before that when the program ends.

    Raises:
        UsageError: The event refused its values.
    """
    fired = 0
    for values in many_values(wish.event, wish.seed, wish.count, wish.written, CHUNK, same=wish.same):
        try:
            fire = live.host.fire(
                FireRequest(
                    wish.event.name,
                    values,
                    session=wish.session,
                    metadata=wish.metadata,
                    timeout=wish.timeout,
                    optional=made_up(wish.event, wish.written),
                    only=wish.only,
                )
            )
        except InspectorError:
            if live.host.running:
                raise
            break  # the program has ended between two fires
        outcome = await live.outcome(fire)
        fired += outcome.published
        if outcome.refusal and not live.host.running:
            break  # why it ended is among the host's notes
        if outcome.refusal:
            hint = outcome.hint or (f"{plural(fired, 'event')} published before this one." if fired else "")
            raise UsageError(outcome.refusal, hint)
    return fired


def _tell(wish: Wish, outcome: RunOutcome, console: Console) -> None:
    count = f" x{format_count(wish.count)}" if wish.count > 1 else ""
    took = format_duration(outcome.duration)
    left = described(outcome.pending)
    settled = f"settled in {took}{f', with {left}' if left else ''}"
    console.line(f"{console.styled(wish.event.name, 'bold')}{count}, {settled} (--seed {wish.seed})")
    console.line()
    tell(outcome, console)
