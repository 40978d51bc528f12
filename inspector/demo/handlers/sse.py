"""The handler that notifies the clients of a user, by server-sent events."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from inspector.core.bus.sse import DomainToSSEMapping, SSEEvent
from inspector.demo.handlers.methods import method_per_event
from inspector.demo.registry import EVENT_REGISTRY
from inspector.demo.sse import SSE_REGISTRY, SSEEventType, get_domain_event_to_sse_mapping

if TYPE_CHECKING:
    from inspector.core.bus.events import DomainEvent
    from inspector.core.bus.registry import EventMetadata
    from inspector.demo.services import Channels


def _describe(entry: EventMetadata) -> str:
    mapping = get_domain_event_to_sse_mapping()[entry.event_class]
    return f"Tell the user's client {mapping.sse_event_type.value}."


@method_per_event((EVENT_REGISTRY[mapping.domain_event_class] for mapping in SSE_REGISTRY.mappings), _describe)
class SSEEventHandler:
    """Sends each mapped event to the client of the user whom it is about.

    A client that is gone is nobody's failure: it is logged, and the event goes on without.

    Args:
        channels: The open connections.
        logger: Where it is logged what was sent, and what could not be.
    """

    _mapping: Mapping[type[DomainEvent], DomainToSSEMapping[SSEEventType]] = get_domain_event_to_sse_mapping()

    def __init__(self, channels: Channels, logger: logging.Logger) -> None:
        self._channels = channels
        self._logger = logger

    async def handle(self, event: DomainEvent) -> None:
        """Send any mapped event; one that is about nobody is told to nobody."""
        mapping = self._mapping[type(event)]
        user_id: Any = mapping.user_id_extractor(event)
        if user_id is None:
            return
        name = mapping.sse_event_type.value
        message = SSEEvent(
            event_type=mapping.sse_event_type,
            user_id=user_id,
            data=mapping.payload_extractor(event),
            event_id=event.event_id,
        )
        frame = message.to_wire()
        try:
            await self._channels.send(user_id, frame)
        except ConnectionError:
            self._logger.exception("sse_frame_not_delivered", extra={"user_id": str(user_id), "sse_event": name})
        else:
            self._logger.info(
                "sse_frame_sent",
                extra={"user_id": str(user_id), "sse_event": name, "characters": len(frame)},
            )
