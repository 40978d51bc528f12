"""Fires everything that a catalog declares, in one context or several, and gathers what was observed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from inspector.analysis.counts import count_run
from inspector.catalog.conformance.canaries import with_canaries
from inspector.catalog.conformance.observed import (
    BARE,
    CONTEXTS,
    ROLLBACK,
    SESSION,
    Fired,
    FireTrouble,
    SeenExecution,
    SeenNote,
    SeenPublication,
)
from inspector.catalog.conformance.report import Report, make_report
from inspector.catalog.findings.subject import Subject
from inspector.catalog.synthetic.people import IDENTITIES
from inspector.catalog.synthetic.synthetic import synthesise
from inspector.core.errors import InspectorError, UsageError, alternatives
from inspector.core.facts import CatalogFacts
from inspector.core.records.account import not_called
from inspector.core.records.capture import failure_from_json
from inspector.core.records.host import FireUnsettled, PublishRaised, SessionFailed
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.core.request import FireRequest
from inspector.core.values import snapshot as codec

if TYPE_CHECKING:
    from inspector.analysis.entries import FireOutcome
    from inspector.analysis.journal import Journal
    from inspector.app.recording import Recording
    from inspector.catalog.findings.settings import CheckSettings
    from inspector.core.description import CatalogDescription, EventDescription
    from inspector.core.records.numbers import FireNumber
    from inspector.core.records.records import Noted
    from inspector.core.source import SourceScan

#: What a person can choose.
CHOICES: Final = (BARE, SESSION, ROLLBACK, "all")
#: Seconds that a handler may take.
TIMEOUT: Final = 10.0
#: What the host says of a fire when something besides the handlers went wrong.


@dataclass(frozen=True)
class Progress:
    """How far it has come.

    Attributes:
        done: Events that were fired and have settled.
        total: Events to fire, in all contexts.
        event: Name of the event that is fired now; empty at the end.
        context: The context that it is fired in.
    """

    done: int
    total: int
    event: str
    context: str


def contexts_of(choice: str) -> tuple[str, ...]:
    """Return the contexts that a choice stands for.

    Raises:
        UsageError: There is no such choice.
    """
    if choice not in CHOICES:
        raise UsageError(f"Unknown context {choice!r}.", f"Use {alternatives(CHOICES)}.")
    return CONTEXTS if choice == "all" else (choice,)


async def fire_everything(
    recording: Recording,
    *,
    contexts: Sequence[str] = (SESSION,),
    seed: int = 0,
    facts: CatalogFacts | None = None,
    settings: CheckSettings | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    timeout: float | None = TIMEOUT,
    revive: Callable[[], Awaitable[None]] | None = None,
    read: Callable[[], SourceScan | None] | None = None,
) -> Report:
    """Fire every event once in each context, one after another, and compare what happened with what is declared.

    Call it on the recording's loop. Cancelling it stops after the event that is being fired; what was recorded stays.

    Args:
        recording: Started, of a program whose effects are watched (``agent.effects.watched``).
        contexts: Out of ``bare``, ``session``, ``rollback``.
        seed: Seed of the values; the same seed gives the same values.
        facts: What is known beyond the description.
        settings: What the project says about its check.
        on_progress: Called before each event, and at the end.
        timeout: Seconds that a handler may take.
        revive: Starts the program again when an event has ended it, so that the rest is fired too; None: that is all.
        read: Reads the source, on another thread; asked where it decides whether a class is fired.

    Raises:
        InspectorError: There are no events, recording is paused, or the host does not run any more.
    """
    description = recording.journal.catalog
    events, left_out = await _events_of(description, facts, read)
    if description is None or not events:
        raise InspectorError("No events to fire.", "Open a project with events first.")
    if not recording.host.recording:
        raise InspectorError("Recording is paused, so nothing would be observed.", "Resume recording first.")
    gathered: list[Fired] = []
    total = len(events) * len(contexts)
    tell = on_progress or (lambda _: None)
    spans: dict[str, tuple[int, int]] = {}
    before = len(recording.journal.publications), len(recording.journal.executions)
    for context in contexts:
        first = len(recording.journal.executions)
        rng = random.Random(seed)  # noqa: S311 - sample values, no secrets
        for event in events:
            tell(Progress(len(gathered), total, event.name, context))
            if revive is not None and not recording.host.running:
                await revive()
            gathered.append(await _fire(recording, event, context, rng, timeout))
        spans[context] = first, len(recording.journal.executions)
    tell(Progress(total, total, "", contexts[-1]))
    report = make_report(
        description, gathered, contexts=contexts, seed=seed, facts=facts, settings=settings, spans=spans
    )
    run = count_run(recording.journal, *before)  # what came late is in it, too
    return replace(
        report,
        left_out=tuple(event.name for event in left_out),
        publications=run.published,
        executions=run.executions,
        run=run,
    )


async def _events_of(
    description: CatalogDescription | None, facts: CatalogFacts | None, read: Callable[[], SourceScan | None] | None
) -> tuple[list[EventDescription], list[EventDescription]]:
    """Return the events that can be published, and the classes that are left out: they only stand above others."""
    if description is None:
        return [], []
    subject = Subject(description, facts or CatalogFacts())
    left_out = [event for event in subject.events if not subject.can_be_fired(event)]
    if left_out and read is not None:
        subject = Subject(description, facts or CatalogFacts(), await asyncio.to_thread(read))
        left_out = [event for event in left_out if not subject.can_be_fired(event)]
    return [event for event in subject.events if event not in left_out], left_out


async def _fire(
    recording: Recording, event: EventDescription, context: str, rng: random.Random, timeout: float | None
) -> Fired:
    """Fire one event; one that refuses canaries gets ordinary values, and one that refuses those its defaults."""
    every = synthesise(event, rng, optional=True)
    fired = await _publish(recording, event, with_canaries(event, every, rng), context, timeout)
    for values in (every, None):
        if not fired.refusal or not recording.host.running:
            break
        fired = await _publish(recording, event, values or synthesise(event, rng), context, timeout)
    return fired


async def _publish(
    recording: Recording, event: EventDescription, values: Mapping[str, Any], context: str, timeout: float | None
) -> Fired:
    journal = recording.journal
    first, said = len(journal.publications), len(journal.host_records)
    person = IDENTITIES[0]
    metadata = {} if context == BARE else {"ip_address": person.ip_address, "user_agent": person.user_agent}
    number = recording.host.fire(
        FireRequest(
            event.name,
            [values],
            session=context != BARE,
            rollback=context == ROLLBACK,
            metadata=metadata,
            timeout=timeout,
        )
    )
    outcome: FireOutcome = await recording.outcome(number)
    publications = await _publications(recording, first, number)
    trouble = _trouble(journal, said, number)
    return Fired(
        event.name,
        context,
        # What was published was not refused: the program has ended then, and its executions say so.
        refusal="" if publications else outcome.refusal,
        trouble=trouble,
        publications=publications,
        uncalled=tuple(not_called(journal.host_records[said:], number)),
        session=any(isinstance(item, SessionFailed) for item in trouble) or await _had_session(recording, publications),
    )


async def _had_session(recording: Recording, publications: Sequence[SeenPublication]) -> bool:
    """Return whether the handlers of a fire had a database session; where there is no telling they had."""
    own = next((publication for publication in publications if not publication.cause), None)
    if own is None:
        return True
    index = recording.journal.publication_index(own.number)
    return (await recording.details.context(index)).session


def _trouble(journal: Journal, said: int, fire: FireNumber) -> tuple[FireTrouble, ...]:
    return tuple(
        record
        for record in journal.host_records[said:]
        if isinstance(record, (SessionFailed, PublishRaised, FireUnsettled)) and record.fire == fire
    )


# --- gathering ------------------------------------------------------------------------------------


async def _publications(recording: Recording, first: int, fire: FireNumber) -> tuple[SeenPublication, ...]:
    """Read the publications of a fire off the journal, at once: it does not keep notes for ever."""
    journal = recording.journal
    numbers = np.flatnonzero(journal.publications["fire"][first:] == fire) + first
    publications = []
    for index in map(int, numbers):
        publication = journal.publication(PublicationIndex(index))
        executions = [await _execution(recording, number) for number in journal.executions_of(PublicationIndex(index))]
        cause = publication.cause_number
        publications.append(
            SeenPublication(publication.number, publication.event.name, publication.handlers, cause, tuple(executions))
        )
    return tuple(publications)


async def _execution(recording: Recording, index: ExecutionIndex) -> SeenExecution:
    execution = recording.journal.execution(index)
    text = await recording.details.failure(index)
    failure = failure_from_json(text) if text else None
    origin = failure.origin if failure is not None else None
    error = ""
    if failure is not None:
        error = f"{failure.type}: {failure.message}" if failure.message else failure.type
    return SeenExecution(
        number=execution.number,
        handler=execution.handler.key,
        status=execution.status,
        error=error[:500],
        file=origin.file if origin is not None and origin.mine else "",
        line=origin.line if origin is not None and origin.mine else 0,
        injected=execution.fault,
        notes=tuple(_note(note) for note in await recording.details.notes(index)),
    )


def _note(note: Noted) -> SeenNote:
    data = codec.plain(note.data) if note.data and note.kind != "log" else {}
    return SeenNote(note.kind, note.level, note.text[:500], data if isinstance(data, Mapping) else {})
