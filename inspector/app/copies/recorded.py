"""Everything that the stream holds of one execution, from the journal and, where that has forgotten it, the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from inspector.app.text import format_time
from inspector.core.errors import InspectorError
from inspector.core.records.capture import failure_from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspector.app.details import Details
    from inspector.core.description import CatalogDescription, EventDescription, HandlerDescription
    from inspector.core.records.capture import Failure
    from inspector.core.records.numbers import ExecutionIndex
    from inspector.core.records.records import Noted
    from inspector.hosts.project import Project


#: What the demo is called in catalogs.
_DEMO_PROGRAM: Final = "demo catalog"


@dataclass(frozen=True)
class RecordedExecution:
    """What the stream holds of an execution.

    Attributes:
        catalog: The program's catalog, with the specs of its buses.
        event: The event type.
        handler: The handler.
        payload: The payload as tagged JSON.
        status: How the execution ended.
        failure: What it raised; None when it raised nothing.
        duration: How long it took, in ns; None when that is unknown.
        session: The publication had a database session.
        metadata: Metadata of the publication.
        fault: A fault was injected.
        when: When it was recorded, for people.
        project: How the program was loaded; None when that is unknown, and for the demo.
        notes: What happened inside it, in order.
        start: When it began, in ns since the session did.
        python: Version of the interpreter that ran it; empty when unknown.
    """

    catalog: CatalogDescription
    event: EventDescription
    handler: HandlerDescription
    payload: str
    status: str
    failure: Failure | None = None
    duration: int | None = None
    session: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    fault: bool = False
    when: str = ""
    project: Project | None = None
    notes: tuple[Noted, ...] = ()
    start: int = 0
    python: str = ""

    @property
    def is_demo(self) -> bool:
        """Whether the program is the demo, which no project names."""
        return self.project is None and self.catalog.program == _DEMO_PROGRAM


async def recorded_execution(
    details: Details, execution: ExecutionIndex, project: Project | None = None
) -> RecordedExecution:
    """Look up what is recorded of an execution.

    Args:
        details: Of the session that is shown.
        execution: Its index in the journal.
        project: How the program was loaded, where that is known.

    Raises:
        InspectorError: The session has no catalog.
    """
    journal = details.journal
    if journal.catalog is None:
        raise InspectorError("The catalog of this session is not recorded.")
    entry = journal.execution(execution)
    context = await details.context(entry.publication)
    text = await details.failure(execution)
    try:
        failure = failure_from_json(text) if text else None
    except ValueError:
        failure = None
    return RecordedExecution(
        journal.catalog,
        entry.event,
        entry.handler,
        await details.payload(entry.publication),
        entry.status,
        failure,
        entry.duration,
        context.session,
        context.metadata,
        entry.fault,
        format_time(journal.wall, entry.start),
        project,
        tuple(await details.notes(execution)),
        entry.start,
        journal.session.python if journal.session is not None else "",
    )
