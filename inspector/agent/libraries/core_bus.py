"""Our own bus, through its observers: nothing has to be wrapped.

It may come from another copy of the package than this one (a project that uses ``inspector.core`` while we are loaded
under a private name), so it is known by its class's name and by what it can do.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.context import CURRENT, HANDLER_TIMEOUT
from ...core.description import HandlerDescription, Problem
from ..adapters.base import FireContext, Match, Names, Options, Subscribed
from ..reading.eventbuild import build_event
from ..reading.events import EventType, describe_class

if TYPE_CHECKING:
    from ..tap.tap import Tap

_ABLE: Final = ("observe", "publish", "subscribe", "subscriptions", "remove_observer")


class CoreBusAdapter:
    """Recognises ``InMemoryEventBus``, of whichever copy of the package."""

    name = "core"
    certain = True

    def recognises(self, value: Any, options: Options) -> Match | None:
        """Look for the class's name and its abilities."""
        named = any(
            base.__qualname__ == "InMemoryEventBus" and base.__module__.endswith(("core.bus", "core.bus.bus"))
            for base in type(value).__mro__
        )
        if named and all(callable(getattr(type(value), name, None)) for name in _ABLE):
            return Match(100, "the inspector's own InMemoryEventBus, which can be observed")
        return None

    def connect(self, where: str, value: Any, options: Options, names: Names) -> CoreConnection:
        """Read the bus."""
        return CoreConnection(where, value, names)


class CoreConnection:
    """One bus of ours.

    Attributes:
        where: Where it was found.
        adapter: Name of the adapter.
        why: How it is read.
    """

    adapter = "core"
    why = "The inspector's own InMemoryEventBus: observed, not wrapped."

    def __init__(self, where: str, bus: Any, names: Names) -> None:
        self.where = where
        self._bus = bus
        self._names = names
        self._package = type(bus).__module__.rpartition(".")[0]

    def event_types(self) -> list[EventType]:
        """Return the classes that have handlers."""
        return [
            describe_class(cls)
            for cls in dict.fromkeys(subscription.event_type for subscription in self._bus.subscriptions())
        ]

    def subscriptions(self) -> Iterator[Subscribed]:
        """Yield every subscription."""
        for order, subscription in enumerate(self._bus.subscriptions()):
            yield Subscribed(subscription.event_type, "exact", _ours(subscription.description), order)

    def handlers_of(self, event: EventType) -> list[HandlerDescription]:
        """Return who is called for exactly this class."""
        return [
            _ours(subscription.description)
            for subscription in self._bus.subscriptions()
            if subscription.event_type is event.cls
        ]

    def problems(self) -> Iterable[Problem]:
        """Return nothing: all of this bus can be read."""
        return ()

    def record(self, tap: Tap) -> Callable[[], None]:
        """Observe the bus, and let it ask the tap's interceptor."""
        before = self._bus.interceptor
        bridge = _Bridge(tap, self._names)
        remove = self._bus.observe(bridge, None)

        def intercept(execution: Any) -> Callable[[Any], Any] | None:
            if tap.interceptor is not None:
                return tap.interceptor(execution)
            call: Callable[[Any], Any] | None = before(execution) if before is not None else None
            return call

        def select(publication: Any) -> tuple[Any, ...]:
            if tap.selector is not None:
                return tap.selector(publication)
            return tuple(publication.subscriptions)

        self._bus.interceptor = intercept
        selects = hasattr(self._bus, "selector")  # it may be of an older copy
        if selects:
            self._bus.selector = select

        def undo() -> None:
            remove()
            if self._bus.interceptor is intercept:
                self._bus.interceptor = before
            if selects and self._bus.selector is select:
                self._bus.selector = None

        return undo

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Build an event from JSON values."""
        assert event.cls is not None  # noqa: S101 - this bus knows classes only
        return build_event(event.cls, values)

    async def fire(self, event: Any, context: FireContext) -> None:
        """Publish; the bus itself keeps the handlers' deadline."""
        theirs = getattr(sys.modules.get(f"{self._package}.context"), "HANDLER_TIMEOUT", HANDLER_TIMEOUT)
        theirs.set(context.timeout)
        await self._bus.publish(event, session=context.session, metadata=context.metadata or None)

    async def settle(self) -> None:
        """Do nothing: a publication ends when its handlers have."""


class _Bridge:
    """Observes the bus and tells the tap; sets our own context where the bus may only have set that of its copy."""

    def __init__(self, tap: Tap, names: Names) -> None:
        self._tap = tap
        self._names = names

    def publication_started(self, publication: Any) -> None:
        name = self._names.name_of(type(publication.event))
        publication.named = "" if name == type(publication.event).__name__ else name
        publication.shown = None
        self._tap.tell("publication_started", publication)

    def execution_started(self, execution: Any) -> None:
        CURRENT.set(execution)  # each handler has a context of its own
        try:
            self._tap.execution_started(execution)
        except Exception as trouble:  # noqa: BLE001 - the observed never pays
            self._tap.fail(trouble)

    def execution_ended(self, execution: Any) -> None:
        try:
            self._tap.execution_ended(execution)
        except Exception as trouble:  # noqa: BLE001 - as above
            self._tap.fail(trouble)

    def execution_late(self, execution: Any, error: BaseException | None) -> None:
        self._tap.tell("execution_late", execution, error)

    def publication_ended(self, publication: Any) -> None:
        self._tap.tell("publication_ended", publication)

    def publication_refused(self, publication: Any) -> None:
        self._tap.tell("publication_refused", publication)


def _ours(description: Any) -> HandlerDescription:
    """Return a description as one of our own class."""
    if isinstance(description, HandlerDescription):
        return description
    names = {field.name for field in dataclasses.fields(HandlerDescription)}
    return HandlerDescription(**{name: getattr(description, name) for name in names if hasattr(description, name)})
