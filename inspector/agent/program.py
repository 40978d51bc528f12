"""What the engine needs of a loaded program, and how a program on our own bus gives it."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Protocol

from ..core.bus.registry import EventMetadata, EventRegistry, get_statistics
from ..core.bus.sse import SSERegistry, get_domain_event_to_sse_mapping
from ..core.description import CatalogDescription, EventDescription, FieldShape, HandlerDescription, SSEDescription
from ..core.errors import UsageError
from ..core.values.build import build
from ..core.values.dataerror import EventDataError
from ..core.values.shape import describe_fields
from .reading.places import class_place

if TYPE_CHECKING:
    from ..core.bus.bus import BusObserver, InMemoryEventBus
    from ..core.bus.execution import Execution
    from ..core.faults import FaultRule

Interceptor = Callable[["Execution"], "Callable[[Any], Any] | None"]
Selector = Callable[[Any], "tuple[Any, ...]"]


class Program(Protocol):
    """A program that can be watched and fired at.

    Attributes:
        name: What people call it.
        faults: Faults that can be switched on.
    """

    name: str
    faults: Sequence[FaultRule]

    async def start(self) -> None:
        """Make it ready for events, on the loop that will run its handlers."""

    async def close(self) -> None:
        """Release what it holds."""

    def catalog(self) -> CatalogDescription:
        """Describe what it declares."""

    def attach(self, observer: BusObserver, removed: Callable[[BaseException], None]) -> Callable[[], None]:
        """Add an observer of everything from now on; return a function that removes it."""

    def intercept(self, interceptor: Interceptor | None) -> None:
        """Ask ``interceptor`` before each call of a handler; None ends it."""

    def select(self, selector: Selector | None) -> None:
        """Ask ``selector`` which of its subscriptions a publication goes to; None ends it."""

    def build(self, event: str, values: Mapping[str, Any]) -> Any:
        """Build a typed event from JSON values.

        Raises:
            InspectorError: There is no such event, or a value is wrong.
        """

    def publish(self, event: Any, session: Any, metadata: Mapping[str, str] | None) -> Awaitable[None]:
        """Publish the event on the program's bus."""

    def open_session(self, *, commit: bool) -> AbstractAsyncContextManager[Any]:
        """Open a database session for one publication; at the end it commits or rolls back, and closes."""


class CoreProgram:
    """A program on ``InMemoryEventBus``.

    Args:
        name: What people call it.
        bus: Its bus.
        registry: Its event registry; events subscribed on the bus but absent here are shown all the same.
        categories: Category names in order, including those that have no event.
        sse: Its SSE registry.
        session_factory: Opens a database session (``commit=`` says how it ends); None when it has no database.
        faults: Faults that can be switched on.
        start: Makes it ready.
        close: Releases what it holds.
    """

    def __init__(
        self,
        name: str,
        bus: InMemoryEventBus,
        *,
        registry: EventRegistry | None = None,
        categories: Sequence[str] = (),
        sse: SSERegistry[Any, Any] | None = None,
        session_factory: Callable[..., AbstractAsyncContextManager[Any]] | None = None,
        faults: Sequence[FaultRule] = (),
        start: Callable[[], Awaitable[None]] | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.name = name
        self.faults: Sequence[FaultRule] = tuple(faults)
        self._bus = bus
        self._registry = registry
        self._categories = tuple(categories)
        self._sse = sse
        self._session_factory = session_factory
        self._start = start
        self._close = close

    async def start(self) -> None:
        """Make the program ready."""
        if self._start is not None:
            await self._start()

    async def close(self) -> None:
        """Release what the program holds."""
        if self._close is not None:
            await self._close()

    def catalog(self) -> CatalogDescription:
        """Describe registry and subscriptions, as they are now."""
        metadata = {entry.event_class: entry for entry in self._registry} if self._registry is not None else {}
        handlers: dict[str, HandlerDescription] = {}
        subscribed: dict[type[Any], list[str]] = {}
        for subscription in self._bus.subscriptions():
            described = subscription.description
            handlers.setdefault(described.key, described)
            subscribed.setdefault(subscription.event_type, []).append(described.key)
        classes = [*metadata, *(cls for cls in subscribed if cls not in metadata)]
        events = tuple(
            _describe_event(cls, metadata.get(cls), tuple(subscribed.get(cls, ())), self._sse) for cls in classes
        )
        categories = dict.fromkeys([*self._categories, *(event.category for event in events)])
        return CatalogDescription(
            program=self.name,
            events=events,
            handlers=tuple(handlers.values()),
            categories=tuple(categories),
            statistics=dict(get_statistics(self._registry)) if self._registry is not None else {},
        )

    def attach(self, observer: BusObserver, removed: Callable[[BaseException], None]) -> Callable[[], None]:
        """Observe the bus; nothing has to be wrapped."""
        return self._bus.observe(observer, removed)

    def intercept(self, interceptor: Interceptor | None) -> None:
        """Let the bus ask before each call."""
        self._bus.interceptor = interceptor

    def select(self, selector: Selector | None) -> None:
        """Let the bus ask at each publish."""
        self._bus.selector = selector

    def build(self, event: str, values: Mapping[str, Any]) -> Any:
        """Build a typed event by class name."""
        classes = {entry.event_class.__name__: entry.event_class for entry in self._registry or ()}
        for subscription in self._bus.subscriptions():
            classes.setdefault(subscription.event_type.__name__, subscription.event_type)
        cls = classes.get(event)
        if cls is None:
            raise no_event(event)
        try:
            return build(cls, dict(values))
        except EventDataError as error:
            raise error.about(event) from error

    def publish(self, event: Any, session: Any, metadata: Mapping[str, str] | None) -> Awaitable[None]:
        """Publish on the bus."""
        return self._bus.publish(event, session=session, metadata=metadata)

    def open_session(self, *, commit: bool) -> AbstractAsyncContextManager[Any]:
        """Open a session of the program's database; without one the handlers get None."""
        if self._session_factory is None:
            return contextlib.nullcontext()
        return self._session_factory(commit=commit)


def no_event(event: str) -> UsageError:
    """Return the error for an event that nobody has."""
    return UsageError(f"Unknown event {event}.", "See the catalog.", typed="inspector catalog")


def _describe_event(
    event: type[Any], metadata: EventMetadata | None, handlers: tuple[str, ...], sse: SSERegistry[Any, Any] | None
) -> EventDescription:
    file, line = class_place(event)
    kinds = ("logging", "audit", "email", "session")
    return EventDescription(
        name=event.__name__,
        key=f"{event.__module__}.{event.__qualname__}",
        event_type=str(getattr(event, "event_type", event.__name__)),
        category=_text(metadata.category) if metadata else "",
        workflow=metadata.workflow_name if metadata else "",
        phase=_text(metadata.phase) if metadata else "",
        doc=(event.__doc__ or "").strip(),
        file=file,
        line=line,
        fields=_fields(event),
        handlers=handlers,
        requires=tuple(kind for kind in kinds if metadata and getattr(metadata, f"requires_{kind}")),
        audit_action=metadata.audit_action_name if metadata and metadata.requires_audit else "",
        sse=describe_sse(event, sse),
    )


def _fields(event: type[Any]) -> tuple[FieldShape, ...]:
    return describe_fields(event) if hasattr(event, "__dataclass_fields__") else ()


def describe_sse(event: type[Any], sse: SSERegistry[Any, Any] | None) -> SSEDescription | None:
    """Describe what clients are told of an event; None when they are not."""
    mapping = get_domain_event_to_sse_mapping(sse).get(event) if sse is not None else None
    if sse is None or mapping is None:
        return None
    metadata = sse.get(mapping.sse_event_type)
    if metadata is None:
        return SSEDescription(_text(mapping.sse_event_type), "", None)
    return SSEDescription(
        _text(mapping.sse_event_type),
        # A registry of somebody else's may say less than ours.
        _text(getattr(metadata, "category", "")),
        declared_fields(metadata),
        str(getattr(metadata, "description", "")),
    )


def declared_fields(metadata: Any) -> tuple[str, ...] | None:
    """Return the fields that a type of server-sent event is declared to have; None where nothing is said of them."""
    fields = getattr(metadata, "payload_fields", None)
    return None if fields is None else tuple(fields)


def _text(member: Any) -> str:
    """Return what an enum member stands for; a user's project may use plain strings instead."""
    return str(getattr(member, "value", member))
