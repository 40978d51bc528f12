"""The audit trail: a row in the database for every event that has to be accounted for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from inspector.core.bus.registry import EventCategory, EventMetadata
from inspector.demo.actions import AuditAction
from inspector.demo.handlers.methods import method_per_event, own_fields
from inspector.demo.registry import EVENT_REGISTRY

if TYPE_CHECKING:
    from inspector.core.bus.bus import InMemoryEventBus
    from inspector.core.bus.events import DomainEvent
    from inspector.demo.tables import AuditRecord


_RESOURCES: Final = {
    EventCategory.AUTHENTICATION: "user",
    EventCategory.AUTHORIZATION: "role",
    EventCategory.PROVIDER: "provider_connection",
    EventCategory.RATE_LIMIT: "endpoint",
    EventCategory.SESSION: "session",
    EventCategory.DATA_SYNC: "account_data",
}
_AUDITED: Final = tuple(entry for entry in EVENT_REGISTRY if entry.requires_audit)


def _describe(entry: EventMetadata) -> str:
    return f"Write {entry.audit_action_name} to the audit trail."


@method_per_event(_AUDITED, _describe)
class AuditEventHandler:
    """Writes each event into the audit trail, through the database session of the publication.

    The row becomes permanent when whoever published commits. A database session is not made for concurrent use: of
    the handlers of a publication this is the only one that uses it.

    Args:
        bus: Where session and metadata of the publication come from.
    """

    _actions: Mapping[type[DomainEvent], AuditAction] = {
        entry.event_class: AuditAction[entry.audit_action_name] for entry in _AUDITED
    }
    _resources: Mapping[type[DomainEvent], str] = {
        entry.event_class: _RESOURCES[EventCategory(entry.category.value)] for entry in _AUDITED
    }

    def __init__(self, bus: InMemoryEventBus) -> None:
        self._bus = bus

    async def handle(self, event: DomainEvent) -> None:
        """Write any audited event to the audit trail.

        Raises:
            RuntimeError: The event was published without a database session.
        """
        session = self._bus.get_session()
        if session is None:
            where = "" if self._bus.in_handler() else " (called outside a handler's context)"
            raise RuntimeError(f"AuditEventHandler requires a database session{where}")
        session.add(self._record(event))
        await session.flush()

    def _record(self, event: DomainEvent) -> AuditRecord:
        from inspector.demo.tables import AuditRecord

        kind, metadata, context = type(event), self._bus.get_metadata() or {}, own_fields(event)
        return AuditRecord(
            action=self._actions[kind].value,
            event_id=str(event.event_id),
            correlation_id=str(event.correlation_id),
            user_id=context.pop("user_id", None),
            resource_type=self._resources[kind],
            context=json.dumps(context, ensure_ascii=False),
            ip_address=metadata.get("ip_address"),
            user_agent=metadata.get("user_agent"),
            occurred_at=event.occurred_at.astimezone(UTC).isoformat(),
            recorded_at=datetime.now(UTC).isoformat(),
        )
