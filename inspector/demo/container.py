"""Puts the demo together: bus, services, handlers, subscriptions."""

from __future__ import annotations

import asyncio
import importlib
import logging
import random
from collections.abc import Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.bus.wiring import handler_method_name, wire
from inspector.demo.events import AccountBalanceUpdated, AccountHoldingsUpdated
from inspector.demo.faults import FAULTS
from inspector.demo.handlers.audit import AuditEventHandler
from inspector.demo.handlers.email import EmailEventHandler
from inspector.demo.handlers.logging import LoggingEventHandler
from inspector.demo.handlers.portfolio import PortfolioEventHandler
from inspector.demo.handlers.session import SessionEventHandler
from inspector.demo.handlers.sse import SSEEventHandler
from inspector.demo.registry import EVENT_REGISTRY
from inspector.demo.services import Channels, Directory, LoginTable, Outbox, Portfolio, Quotes, RoundTrip
from inspector.demo.sse import SSE_REGISTRY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncSession

    from inspector.core.bus.events import DomainEvent
    from inspector.demo.database import DemoDatabase

_LOGGER: Final = logging.getLogger("inspector.demo")

#: Median seconds of a round trip to each service.
_MEDIANS: Final = {"mail": 0.012, "client": 0.000_6, "login": 0.001_5, "market": 0.004}


class Demo:
    """The demo, ready to be started on the loop that will run its handlers.

    Args:
        database: File of the audit trail; None for one that is gone when the demo is closed.
        seed: Seed of the simulated round trips.
        latency: Factor on their length; 0 makes every service answer at once.

    Attributes:
        name: What people call it.
        bus: Its bus, with every subscription.
        registry: Where its events stand.
        sse_registry: Which of them clients are told of.
        faults: What goes wrong when faults are switched on.
        outbox: The mail that was sent.
        channels: The frames that clients got.
        logins: Who is logged in, and whose login was ended.
        portfolio: Balances and holdings.
    """

    name: Final = "demo catalog"
    registry: Final = EVENT_REGISTRY
    sse_registry: Final = SSE_REGISTRY
    faults: Final = FAULTS

    def __init__(self, database: Path | None = None, *, seed: int | None = None, latency: float = 1.0) -> None:
        rng = random.Random(seed)  # noqa: S311 - it decides how long a pretended server takes
        trips = {name: RoundTrip(median * latency, rng) for name, median in _MEDIANS.items()}
        self.bus = InMemoryEventBus()
        self._file = database
        self._starting = asyncio.Lock()
        self._started = False
        self.outbox = Outbox(trips["mail"])
        self.channels = Channels(trips["client"])
        self.logins = LoginTable(trips["login"])
        self.portfolio = Portfolio()
        self._wire(Quotes(trips["market"]))

    def _wire(self, quotes: Quotes) -> None:
        handlers: Mapping[str, object] = {
            "logging": LoggingEventHandler(_LOGGER.getChild("events")),
            "audit": AuditEventHandler(self.bus),
            "email": EmailEventHandler(self.outbox, Directory(), _LOGGER.getChild("email")),
            "session": SessionEventHandler(self.logins, _LOGGER.getChild("session")),
        }
        wire(self.bus, self.registry, handlers)
        sse = SSEEventHandler(self.channels, _LOGGER.getChild("sse"))
        for mapping in self.sse_registry.mappings:
            self._subscribe(mapping.domain_event_class, sse)
        portfolio = PortfolioEventHandler(self.bus, self.portfolio, quotes, _LOGGER.getChild("portfolio"))
        for event in (AccountBalanceUpdated, AccountHoldingsUpdated):
            self._subscribe(event, portfolio)

    def _subscribe(self, event: type[DomainEvent], handler: object) -> None:
        self.bus.subscribe(event, getattr(handler, handler_method_name(self.registry[event])))

    @cached_property
    def database(self) -> DemoDatabase:
        """The database with the audit trail. It is imported, and SQLAlchemy with it, when somebody needs it."""
        from inspector.demo.database import DemoDatabase

        return DemoDatabase(self._file)

    async def start(self) -> None:
        """Make the tables of the database that are missing; the first database session does it, too."""
        async with self._starting:
            await asyncio.to_thread(importlib.import_module, "inspector.demo.database")
            await self.database.start()
            self._started = True

    async def close(self) -> None:
        """Close the database; twice does no harm."""
        if "database" in vars(self):
            await self.database.close()

    @asynccontextmanager
    async def session_factory(self, *, commit: bool = True) -> AsyncIterator[AsyncSession]:
        """Open a database session for one publication: commits (or rolls back) at its end, and closes."""
        if not self._started:
            await self.start()
        async with self.database.session(commit=commit) as session:
            yield session
