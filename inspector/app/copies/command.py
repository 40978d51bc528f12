"""What was published as a command that publishes the same, with the faults that were injected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.agent.faults import InjectedFault
from inspector.app.commandline import fire_command
from inspector.catalog.replay import Replay, replay_of
from inspector.core.faults import FAULT_WORDS
from inspector.core.records.capture import failure_from_json
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.statuses import CANCELLED, FAILED, SWALLOWED, TIMED_OUT

if TYPE_CHECKING:
    from inspector.analysis.entries import ExecutionEntry
    from inspector.app.details import Details
    from inspector.core.description import CatalogDescription
    from inspector.core.records.capture import Failure
    from inspector.core.records.numbers import PublicationIndex
    from inspector.hosts.project import Project

#: What was injected into an execution, by how that ended; into any other a delay.
_KINDS = {FAILED: "fail", SWALLOWED: "swallow", TIMED_OUT: "hang", CANCELLED: "cancel"}


async def command_of(
    details: Details, catalog: CatalogDescription, publication: PublicationIndex, project: Project | None
) -> tuple[str, Replay]:
    """Return the command that publishes again, and what its values were made from.

    Args:
        details: Of the session that is shown.
        catalog: Its catalog.
        publication: What was published, by its index in the journal.
        project: How the program is loaded; None for the demo.
    """
    event = details.journal.publication(publication).event
    replay = replay_of(event, await details.payload(publication), details.journal.field_names(publication))
    context = await details.context(publication)
    faults = [await _fault(details, entry) for entry in _executions(details, publication) if entry.fault]
    command = fire_command(
        catalog,
        event,
        replay.values,
        session=context.session,
        metadata=context.metadata,
        project=project,
        faults=tuple(dict.fromkeys(faults)),
    )
    return command, replay


def _executions(details: Details, publication: PublicationIndex) -> list[ExecutionEntry]:
    journal = details.journal
    first, last = (int(journal.publications[name][publication]) for name in ("first", "last"))
    indexes = range(first, last + 1) if first >= 0 else range(0)
    entries = [journal.execution(ExecutionIndex(index)) for index in indexes]
    return [entry for entry in entries if entry.publication == publication]


def injected_error(failure: Failure) -> str:
    """Return the exception that a fault raised, as a rule names it.

    A fault raises where the handler calls something, and what lies between may wrap that: the first of the chain is it.
    """
    while linked := [link for link in failure.chain if link.relation in ("cause", "context")]:
        failure = linked[-1]
    message = " ".join(failure.message.split())
    if failure.type == InjectedFault.__name__ and failure.module.endswith(".faults"):
        return message  # the name that the rule had, which is no class, is in it
    name = failure.type if failure.module in ("", "builtins") else f"{failure.module}.{failure.type}"
    return f"{name}: {message}"


async def _fault(details: Details, entry: ExecutionEntry) -> str:
    """Return the fault that was injected into an execution, as ``--fault`` reads it."""
    kind = _KINDS.get(entry.status, "slow")
    rule = f"{entry.handler.label}={FAULT_WORDS[kind]}"
    text = await details.failure(entry.index) if kind in ("fail", "swallow") else ""
    try:
        failure = failure_from_json(text) if text else None
    except ValueError:
        failure = None
    if failure is not None:
        rule += f":{injected_error(failure)}"
    elif kind == "slow" and entry.duration:
        rule += f":{entry.duration / 1e9:.3g}"
    return f"{rule},event={entry.event.name}"
