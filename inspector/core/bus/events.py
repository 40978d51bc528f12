"""The base of all events, and the table of event types that ``register_event`` fills.

An event is an immutable fact in the past tense:

    @register_event
    @dataclass(frozen=True, kw_only=True)
    class UserRegistered(DomainEvent):
        user_id: UUID
        email: str
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, TypeVar
from uuid import UUID, uuid4

from ..errors import InspectorError
from ..values import hints
from ..values.build import dataclass_arguments, to_plain
from ..values.dataerror import EventDataError, describe

__all__ = ["DomainEvent", "EventDataError", "EventTypeTable", "get_event_class", "register_event"]

EventT = TypeVar("EventT", bound="DomainEvent")
EventClassT = TypeVar("EventClassT", bound="type[DomainEvent]")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Base of every event: who it is, what it belongs to, when it happened.

    Subclasses are frozen, keyword-only dataclasses.

    Attributes:
        event_id: Identity of this event.
        correlation_id: Joins everything that one request set off.
        occurred_at: When it happened: aware, UTC.
        tenant_id: The tenant, if there is one.
        event_type: The name under which it travels: the class's own name unless the class sets another. A name that is
            set is not inherited.
    """

    event_id: UUID = field(default_factory=uuid4)
    correlation_id: UUID = field(default_factory=uuid4)
    occurred_at: datetime = field(default_factory=_now)
    tenant_id: str | None = None

    event_type: ClassVar[str] = "DomainEvent"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "event_type" not in cls.__dict__:
            cls.event_type = cls.__name__

    def to_dict(self) -> dict[str, Any]:
        """Return the event as JSON types, ``event_type`` included.

        Raises:
            EventDataError: A field holds something that has no JSON form.
        """
        kind = type(self)
        plain: dict[str, Any] = {"event_type": kind.event_type}
        for member in dataclasses.fields(self):
            if member.init:
                try:
                    plain[member.name] = to_plain(getattr(self, member.name))
                except EventDataError as error:
                    inside = "" if error.where == "$" else f" ({error.where})"
                    raise EventDataError(error.problem, where=member.name + inside, subject=kind.__name__) from error
        return plain

    @classmethod
    def from_dict(cls: type[EventT], data: Mapping[str, Any], *, lenient: bool = False) -> EventT:
        """Return back the event that ``to_dict`` wrote: equal, its values typed. ``data`` is not changed.

        On ``DomainEvent`` (or another base) ``event_type`` names the registered class; on a concrete class it may
        be missing but not another's.

        Args:
            data: What ``to_dict`` gave, also after a way through JSON.
            lenient: Pass over unknown fields and take the default of a missing one (a new ``event_id`` too).
                Without it both are errors: a lost field must not be replaced unseen.

        Raises:
            EventDataError: The type is unknown or another's, a field is unknown or missing, or a value does not fit.
        """
        if not isinstance(data, Mapping):
            raise EventDataError(f"must be a dict, not {describe(data)}", subject=cls.__name__)
        kind = _class_for(cls, data)
        values = {name: value for name, value in data.items() if name != "event_type"}
        try:
            arguments = dataclass_arguments(kind, values, defaults=lenient, unknown=lenient)
        except EventDataError as error:
            raise error.about(kind.__name__) from error
        except RecursionError as error:
            raise EventDataError("is nested too deeply", subject=kind.__name__) from error
        try:
            return kind(**arguments)
        except Exception as error:
            text = f"rejected the values: {type(error).__name__}: {error}"
            raise EventDataError(text, subject=kind.__name__) from error


def _class_for(asked: type[EventT], data: Mapping[str, Any]) -> type[EventT]:
    name = data.get("event_type")
    if name is None and "event_type" not in data and asked is not DomainEvent:
        return asked
    if name is None:
        raise EventDataError("is missing; it names the class of the event", where="event_type", subject=asked.__name__)
    if type(name) is not str:
        raise EventDataError(f"must be a string, not {describe(name)}", where="event_type", subject=asked.__name__)
    if name == asked.event_type:
        return asked
    event_class = get_event_class(name)
    if event_class is None and asked is DomainEvent:
        hint = "Is its module imported, and the class decorated with @register_event?"
        raise EventDataError(f"is an unknown event type: {name!r:.80}", hint, where="event_type", subject="Event")
    if event_class is None or not issubclass(event_class, asked):
        text = f"is {name!r:.80}, expected {asked.event_type!r}"
        raise EventDataError(text, where="event_type", subject=asked.__name__)
    return event_class


class EventTypeTable:
    """Event classes by the name under which they travel."""

    def __init__(self) -> None:
        self._classes: dict[str, type[DomainEvent]] = {}

    def register(self, event_class: EventClassT) -> EventClassT:
        """Add a class under its ``event_type``; the same class again changes nothing.

        Raises:
            InspectorError: It is no event class, or another class has that name.
        """
        if not (isinstance(event_class, type) and issubclass(event_class, DomainEvent)):
            raise InspectorError(
                f"{hints.type_text(event_class)} is not an event class.", "Derive it from DomainEvent."
            )
        name = event_class.event_type
        if type(name) is not str or not name:
            text = f"event_type of {event_class.__qualname__} must be a string, not {describe(name)}."
            raise InspectorError(text, "Declare it as a class variable: event_type: ClassVar[str] = …")
        if "event_type" in {field.name for field in dataclasses.fields(event_class)}:
            text = f"event_type of {event_class.__qualname__} is a field; it must be a class variable."
            raise InspectorError(text, "Declare it as: event_type: ClassVar[str] = …")
        other = self._classes.setdefault(name, event_class)
        if other is not event_class:
            raise InspectorError(
                f"Duplicate event type {name!r}: {event_class.__module__}.{event_class.__qualname__} and "
                f"{other.__module__}.{other.__qualname__}.",
                "Give one of them its own event_type.",
            )
        return event_class

    def get(self, event_type: str) -> type[DomainEvent] | None:
        """Return the class registered under a name, None when there is none."""
        return self._classes.get(event_type)

    def discard(self, event_class: type[DomainEvent]) -> bool:
        """Take a class out again (before its module is loaded anew), and say whether it was there."""
        if self._classes.get(event_class.event_type) is not event_class:
            return False
        del self._classes[event_class.event_type]
        return True

    def __iter__(self) -> Iterator[type[DomainEvent]]:
        return iter(tuple(self._classes.values()))

    def __len__(self) -> int:
        return len(self._classes)


#: The table of ``register_event``, the one that ``from_dict`` looks in.
EVENT_TYPES: Final = EventTypeTable()


def register_event(event_class: EventClassT) -> EventClassT:
    """Register an event class under its ``event_type``: a class decorator, which stands above ``@dataclass``.

    Raises:
        InspectorError: It is no event class, or another class has that name.
    """
    return EVENT_TYPES.register(event_class)


def get_event_class(event_type: str) -> type[DomainEvent] | None:
    """Return the event class registered under a name, None when there is none."""
    return EVENT_TYPES.get(event_type)
