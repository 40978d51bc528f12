"""A structured log line for every event."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from inspector.core.bus.registry import EventMetadata, WorkflowPhase
from inspector.demo.handlers.methods import method_per_event, own_fields, snake_case
from inspector.demo.registry import EVENT_REGISTRY

if TYPE_CHECKING:
    from inspector.core.bus.events import DomainEvent

#: Phases that somebody should look at.
_WARNINGS = frozenset({WorkflowPhase.FAILED, WorkflowPhase.DENIED})


def _level(entry: EventMetadata) -> int:
    return logging.WARNING if entry.phase in _WARNINGS else logging.INFO


def _describe(entry: EventMetadata) -> str:
    return f"Log {snake_case(entry.event_class.__name__)} at {logging.getLevelName(_level(entry))}."


@method_per_event((entry for entry in EVENT_REGISTRY if entry.requires_logging), _describe)
class LoggingEventHandler:
    """Logs each event as its name in snake case, with its fields as attributes of the record.

    What failed or was denied is logged at WARNING, all else at INFO. Tokens are left out.

    Args:
        logger: Where to log.
    """

    _levels: Mapping[type[DomainEvent], int] = {entry.event_class: _level(entry) for entry in EVENT_REGISTRY}

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    async def handle(self, event: DomainEvent) -> None:
        """Log any event."""
        level = self._levels.get(type(event), logging.INFO)
        if self._logger.isEnabledFor(level):
            identity = {"event_id": str(event.event_id), "correlation_id": str(event.correlation_id)}
            self._logger.log(level, snake_case(type(event).__name__), extra={**identity, **own_fields(event)})
