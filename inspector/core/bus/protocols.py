"""The port of an event bus: what publishers and wiring rely on, whichever bus is behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from .events import DomainEvent

#: What can be subscribed: it takes the event; an awaitable it gives back is awaited, another result is not used.
#: Handlers are ``async def`` functions or methods as a rule and answer nothing.
EventHandler = Callable[[Any], Any]


class EventBusProtocol(Protocol):
    """An event bus: handlers are routed by exact type, run concurrently and fail open.

    * An event goes to the handlers subscribed to exactly its type; subclasses do not count.
    * Handlers of one publication run concurrently, in no promised order.
    * A handler that fails neither stops its siblings nor reaches the publisher; its failure is logged.
    * Publishing without handlers does nothing.
    """

    def subscribe(self, event_type: type[DomainEvent], handler: EventHandler) -> object:
        """Call ``handler`` with every event of exactly this type; twice subscribed is twice called."""

    def unsubscribe(self, event_type: type[DomainEvent], handler: EventHandler) -> bool:
        """Take one subscription of the handler back, and say whether there was one."""

    async def publish(
        self,
        event: DomainEvent,
        session: AsyncSession | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Call every handler of the event's type and wait for them; never raises what a handler raised.

        Facts are published after the commit, attempts before the operation.

        Args:
            event: The event.
            session: Database session for the handlers of this publication (``get_session``).
            metadata: About the request, like the IP address, for this publication (``get_metadata``).
        """

    def get_session(self) -> AsyncSession | None:
        """Return the database session of the publication that the calling handler works for, else None."""

    def get_metadata(self) -> Mapping[str, str] | None:
        """Return the metadata of the publication that the calling handler works for, else None."""
