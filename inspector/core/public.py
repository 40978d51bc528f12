"""What ``inspector.core`` offers, loaded when it is first asked for."""

from __future__ import annotations

from typing import Any

from .bus.bus import InMemoryEventBus
from .bus.events import DomainEvent, EventDataError, EventTypeTable, get_event_class, register_event
from .bus.protocols import EventBusProtocol, EventHandler
from .bus.registry import (
    EventCategory,
    EventMetadata,
    EventRegistry,
    WorkflowPhase,
    get_all_events,
    get_events_requiring_handler,
    get_expected_audit_actions,
    get_statistics,
    get_workflow_events,
)
from .bus.sse import (
    DomainToSSEMapping,
    SSEEvent,
    SSEEventMetadata,
    SSERegistry,
    get_all_sse_event_types,
    get_domain_event_to_sse_mapping,
    get_events_by_category,
    get_registry_statistics,
    get_sse_event_metadata,
)
from .bus.wiring import WiredHandler, wire
from .errors import InspectorError, UsageError
from .redact.marked import SECRET
from .redact.redactor import Redactor
from .values.build import build, to_plain
from .values.shape import describe_fields, describe_type
from .values.snapshot import Codec

__all__ = [
    "SECRET",
    "Codec",
    "DomainEvent",
    "DomainToSSEMapping",
    "EventBusProtocol",
    "EventCategory",
    "EventDataError",
    "EventHandler",
    "EventMetadata",
    "EventRegistry",
    "EventTypeTable",
    "InMemoryEventBus",
    "InspectorError",
    "Redactor",
    "SSEEvent",
    "SSEEventMetadata",
    "SSERegistry",
    "UsageError",
    "WiredHandler",
    "WorkflowPhase",
    "build",
    "describe_fields",
    "describe_type",
    "get_all_events",
    "get_all_sse_event_types",
    "get_domain_event_to_sse_mapping",
    "get_event_class",
    "get_events_by_category",
    "get_events_requiring_handler",
    "get_expected_audit_actions",
    "get_registry_statistics",
    "get_sse_event_metadata",
    "get_statistics",
    "get_workflow_events",
    "register_event",
    "to_plain",
    "wire",
]


def lookup(name: str) -> Any:
    """Return what is offered under a name.

    Raises:
        AttributeError: Nothing is.
    """
    if name in __all__:
        return globals()[name]
    raise AttributeError(f"module {__package__!r} has no attribute {name!r}")
