"""The demo: a program with 77 events, six handlers, a database and an outbox, to try the inspector on.

It is a program like any user's. SQLAlchemy is only imported when its database is opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inspector.demo.faults import FAULTS
from inspector.demo.registry import (
    EVENT_REGISTRY,
    get_all_events,
    get_events_requiring_handler,
    get_expected_audit_actions,
    get_statistics,
    get_workflow_events,
)
from inspector.demo.sse import (
    SSE_REGISTRY,
    SSEEventCategory,
    SSEEventType,
    get_all_sse_event_types,
    get_domain_event_to_sse_mapping,
    get_events_by_category,
    get_registry_statistics,
    get_sse_event_metadata,
)

if TYPE_CHECKING:
    from inspector.demo.container import Demo

__all__ = [
    "EVENT_REGISTRY",
    "FAULTS",
    "SSE_REGISTRY",
    "SSEEventCategory",
    "SSEEventType",
    "build",
    "get_all_events",
    "get_all_sse_event_types",
    "get_domain_event_to_sse_mapping",
    "get_events_by_category",
    "get_events_requiring_handler",
    "get_expected_audit_actions",
    "get_registry_statistics",
    "get_sse_event_metadata",
    "get_statistics",
    "get_workflow_events",
]


def build(database: Path | None = None, *, seed: int | None = None, latency: float = 1.0) -> Demo:
    """Build the demo, ready to be started on the loop that will run its handlers.

    Args:
        database: File of the audit trail; None for one that is gone when the demo is closed.
        seed: Seed of the simulated round trips.
        latency: Factor on their length; 0 makes every service answer at once.
    """
    from inspector.demo.container import Demo

    return Demo(database, seed=seed, latency=latency)
