"""The registry: where each event stands in the catalog and which kinds of handler it needs.

One ``EventRegistry`` is the single source of truth for wiring, checks and documentation. The functions take it last,
so that a program can bind its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ..errors import InspectorError
from .events import DomainEvent  # noqa: TC001 - the annotations can be resolved at run time


class EventCategory(Enum):
    """The reference's categories; a program may have an enum of its own."""

    AUTHENTICATION = "authentication"
    AUTHORIZATION = "authorization"
    PROVIDER = "provider"
    DATA_SYNC = "data_sync"
    SESSION = "session"
    RATE_LIMIT = "rate_limit"
    ADMIN = "admin"


class WorkflowPhase(Enum):
    """The reference's phases, attempt then outcome; a program may have an enum of its own."""

    ATTEMPTED = "attempted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ALLOWED = "allowed"
    DENIED = "denied"
    OPERATIONAL = "operational"


#: The kinds of handler that an event can require, and the field of ``EventMetadata`` that says so.
HANDLER_KINDS: Final = {
    "logging": "requires_logging",
    "audit": "requires_audit",
    "email": "requires_email",
    "session": "requires_session",
}


@dataclass(frozen=True)
class EventMetadata:
    """What the registry knows of one event.

    Attributes:
        event_class: The event's class.
        category: A member of ``EventCategory`` or of the program's own enum; its value is the name shown.
        workflow_name: The workflow, like ``user_registration``.
        phase: A member of ``WorkflowPhase`` or of the program's own enum.
        requires_logging: The logging handler handles it.
        requires_audit: The audit handler handles it.
        requires_email: The e-mail handler handles it.
        requires_session: The session handler handles it.
        audit_action_name: Name of the audit action; left empty it becomes ``WORKFLOW_PHASE`` in capitals.
    """

    event_class: type[DomainEvent]
    category: Enum
    workflow_name: str
    phase: Enum
    requires_logging: bool = True
    requires_audit: bool = True
    requires_email: bool = False
    requires_session: bool = False
    audit_action_name: str = ""

    def __post_init__(self) -> None:
        if not self.audit_action_name:
            name = f"{self.workflow_name}_{self.phase.value}".upper()
            object.__setattr__(self, "audit_action_name", name)

    @property
    def required_kinds(self) -> tuple[str, ...]:
        """The kinds of handler it requires, in the order of ``HANDLER_KINDS``."""
        return tuple(kind for kind, attribute in HANDLER_KINDS.items() if getattr(self, attribute))


class EventRegistry:
    """Event metadata in order, each event class once.

    Args:
        entries: The metadata, in the order to show.

    Raises:
        InspectorError: An event class stands twice.
    """

    def __init__(self, entries: Iterable[EventMetadata] = ()) -> None:
        self._entries: tuple[EventMetadata, ...] = tuple(entries)
        self._by_class = {entry.event_class: entry for entry in self._entries}
        if len(self._by_class) != len(self._entries):
            counts = Counter(entry.event_class for entry in self._entries)
            twice = ", ".join(sorted(cls.__name__ for cls, count in counts.items() if count > 1))
            raise InspectorError(f"Duplicate events in the registry: {twice}.", "Keep one entry for each.")

    def __iter__(self) -> Iterator[EventMetadata]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, event_class: object) -> bool:
        return event_class in self._by_class

    def __getitem__(self, event_class: type[DomainEvent]) -> EventMetadata:
        return self._by_class[event_class]

    def get(self, event_class: type[DomainEvent]) -> EventMetadata | None:
        """Return the metadata of exactly this class, None when it is not registered."""
        return self._by_class.get(event_class)

    @property
    def categories(self) -> tuple[Enum, ...]:
        """Every category the program knows: all members of the enums in use, in their order."""
        enums: dict[type[Enum], None] = dict.fromkeys(type(entry.category) for entry in self._entries)
        return tuple(member for enum_class in enums for member in enum_class)

    @property
    def workflows(self) -> tuple[str, ...]:
        """The names of the workflows, in the order of first use."""
        return tuple(dict.fromkeys(entry.workflow_name for entry in self._entries))


def get_all_events(registry: Iterable[EventMetadata]) -> list[type[DomainEvent]]:
    """Return every registered event class, in order."""
    return [entry.event_class for entry in registry]


def get_events_requiring_handler(handler_type: str, registry: Iterable[EventMetadata]) -> list[type[DomainEvent]]:
    """Return the event classes that require a kind of handler.

    Args:
        handler_type: ``logging``, ``audit``, ``email`` or ``session``.
        registry: Where to look.

    Raises:
        ValueError: There is no such kind.
    """
    if handler_type not in HANDLER_KINDS:
        raise ValueError(f"Invalid handler_type: {handler_type}. Must be one of: {list(HANDLER_KINDS)}")
    return [entry.event_class for entry in registry if handler_type in entry.required_kinds]


def get_workflow_events(workflow_name: str, registry: Iterable[EventMetadata]) -> dict[Enum, type[DomainEvent]]:
    """Return the events of a workflow by phase; empty when there is no such workflow.

    Of two events in one phase the later one is given.
    """
    return {entry.phase: entry.event_class for entry in registry if entry.workflow_name == workflow_name}


def get_expected_audit_actions(registry: Iterable[EventMetadata]) -> dict[type[DomainEvent], str]:
    """Return the name of the audit action of every event that requires audit."""
    return {entry.event_class: entry.audit_action_name for entry in registry if entry.requires_audit}


def get_statistics(registry: Iterable[EventMetadata]) -> dict[str, int | dict[str, int]]:
    """Count the registry's events.

    Returns:
        ``total_events``, ``by_category``, ``by_phase`` (counts by the enum's value), ``requiring_logging``,
        ``requiring_audit``, ``requiring_email``, ``requiring_session``, ``total_workflows``.
    """
    entries: Sequence[EventMetadata] = tuple(registry)
    return {
        "total_events": len(entries),
        "by_category": dict(Counter(entry.category.value for entry in entries)),
        "by_phase": dict(Counter(entry.phase.value for entry in entries)),
        **{
            f"requiring_{kind}": sum(bool(getattr(entry, attribute)) for entry in entries)
            for kind, attribute in HANDLER_KINDS.items()
        },
        "total_workflows": len({entry.workflow_name for entry in entries}),
    }
