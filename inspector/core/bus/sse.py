"""Server-sent events: which domain events clients are told of, as what, and how that looks on the wire.

Event types and categories are enums of the program. The functions take the registry last, so that a program can bind
its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from ..errors import InspectorError
from ..values.build import to_plain
from ..values.jsontext import json_text
from .events import DomainEvent  # noqa: TC001 - the annotations can be resolved at run time

TypeT = TypeVar("TypeT", bound=Enum)
CategoryT = TypeVar("CategoryT", bound=Enum)


@dataclass(frozen=True)
class SSEEventMetadata(Generic[TypeT, CategoryT]):
    """What the registry knows of one type of server-sent event.

    Attributes:
        event_type: Member of the program's enum; its value is the name on the wire.
        category: Member of the program's enum, for filters.
        description: For people.
        payload_fields: The fields that ``data`` has.
    """

    event_type: TypeT
    category: CategoryT
    description: str
    payload_fields: list[str] = field(hash=False)


@dataclass(frozen=True)
class DomainToSSEMapping(Generic[TypeT]):
    """How a domain event becomes a server-sent event.

    Attributes:
        domain_event_class: The event to listen for.
        sse_event_type: What it becomes.
        payload_extractor: Takes the event and gives ``data``.
        user_id_extractor: Takes the event and gives the user to tell; None: nobody is told.
    """

    domain_event_class: type[DomainEvent]
    sse_event_type: TypeT
    payload_extractor: Callable[[Any], dict[str, Any]]
    user_id_extractor: Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class SSEEvent:
    """One server-sent event for one user.

    Attributes:
        event_type: Name of the event, or the member of the program's enum with that value.
        user_id: Whom it is for; not part of the frame.
        data: The payload: typed values are written as JSON; a text is sent as it is.
        event_id: What a client sends back as ``Last-Event-ID``; empty for none.
        retry: Milliseconds after which a client reconnects; None leaves it alone.
    """

    event_type: Enum | str
    user_id: UUID | str | None
    data: Mapping[str, Any] | str
    event_id: UUID | str = field(default_factory=uuid4)
    retry: int | None = None

    def to_wire(self) -> str:
        """Write the frame of ``text/event-stream``: ``id``, ``event``, ``retry``, ``data`` lines and an empty line.

        Raises:
            InspectorError: The name has a line break, the id a line break or NUL, or ``retry`` is negative.
            EventDataError: A value of ``data`` has no JSON form.
        """
        name = self.event_type.value if isinstance(self.event_type, Enum) else self.event_type
        name, event_id = str(name), str(self.event_id)
        if not name or any(mark in name for mark in "\r\n\0"):
            raise InspectorError(f"Invalid name of a server-sent event: {name!r:.80}.", "It must be one line of text.")
        if any(mark in event_id for mark in "\r\n\0"):
            raise InspectorError(
                f"Invalid id of a server-sent event: {event_id!r:.80}.", "It must be one line of text."
            )
        lines = [f"id: {event_id}"] if event_id else []
        lines.append(f"event: {name}")
        if self.retry is not None:
            if type(self.retry) is not int or self.retry < 0:
                raise InspectorError("retry of a server-sent event must be whole milliseconds, 0 or more.")
            lines.append(f"retry: {self.retry}")
        text = self.data if isinstance(self.data, str) else json_text(to_plain(self.data), compact=True)
        # The three line ends of the format, and no other that str.splitlines knows.
        lines += [f"data: {line}" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
        return "\n".join(lines) + "\n\n"


class SSERegistry(Generic[TypeT, CategoryT]):
    """The types of server-sent events of a program, and what becomes one.

    Args:
        events: Metadata of every type.
        mappings: From domain events to those types.

    Raises:
        InspectorError: A type or a domain event stands twice, or a mapping leads to a type without metadata.
    """

    def __init__(
        self,
        events: Iterable[SSEEventMetadata[TypeT, CategoryT]] = (),
        mappings: Iterable[DomainToSSEMapping[TypeT]] = (),
    ) -> None:
        self._events = tuple(events)
        self._mappings = tuple(mappings)
        _refuse_twice("SSE event types", (str(metadata.event_type.value) for metadata in self._events))
        _refuse_twice("mapped domain events", (mapping.domain_event_class.__qualname__ for mapping in self._mappings))
        self._by_type = {metadata.event_type: metadata for metadata in self._events}
        unknown = [mapping for mapping in self._mappings if mapping.sse_event_type not in self._by_type]
        if unknown:
            names = ", ".join(
                f"{mapping.domain_event_class.__name__} → {mapping.sse_event_type.value}" for mapping in unknown
            )
            raise InspectorError(f"Mappings to SSE event types without metadata: {names}.")

    @property
    def events(self) -> tuple[SSEEventMetadata[TypeT, CategoryT], ...]:
        """Metadata of every type, in order."""
        return self._events

    @property
    def mappings(self) -> tuple[DomainToSSEMapping[TypeT], ...]:
        """Every mapping, in order."""
        return self._mappings

    def get(self, event_type: TypeT) -> SSEEventMetadata[TypeT, CategoryT] | None:
        """Return the metadata of a type, None when there is none."""
        return self._by_type.get(event_type)


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise InspectorError(f"Duplicate {what} in the SSE registry: {', '.join(twice)}.")


def get_domain_event_to_sse_mapping(
    registry: SSERegistry[TypeT, CategoryT],
) -> dict[type[DomainEvent], DomainToSSEMapping[TypeT]]:
    """Return the mapping of every domain event class that has one."""
    return {mapping.domain_event_class: mapping for mapping in registry.mappings}


def get_sse_event_metadata(
    event_type: TypeT, registry: SSERegistry[TypeT, CategoryT]
) -> SSEEventMetadata[TypeT, CategoryT] | None:
    """Return the metadata of a type of server-sent event, None when it is not registered."""
    return registry.get(event_type)


def get_events_by_category(
    category: CategoryT, registry: SSERegistry[TypeT, CategoryT]
) -> list[SSEEventMetadata[TypeT, CategoryT]]:
    """Return the metadata of every type in a category, in order."""
    return [event for event in registry.events if event.category == category]


def get_all_sse_event_types(registry: SSERegistry[TypeT, CategoryT]) -> list[TypeT]:
    """Return every registered type of server-sent event, in order."""
    return [event.event_type for event in registry.events]


def get_registry_statistics(registry: SSERegistry[Any, Any]) -> dict[str, object]:
    """Return ``total_event_types``, ``total_mappings`` and ``by_category`` (types by the category's value)."""
    return {
        "total_event_types": len(registry.events),
        "total_mappings": len(registry.mappings),
        "by_category": dict(Counter(event.category.value for event in registry.events)),
    }
