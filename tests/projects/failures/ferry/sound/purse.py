"""Buses that keep session and metadata for each publication, and who asks them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from contextvars import ContextVar
from typing import Any

from ferry import events as e

from .buses import quay


class Ledger:
    """Stands for a database session."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []


class Purser:
    """Keeps session and metadata of a publication in its context."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[Callable[[Any], Coroutine[Any, Any, None]]]] = defaultdict(list)
        self._session: ContextVar[Ledger | None] = ContextVar("ledger", default=None)
        self._metadata: ContextVar[Mapping[str, str] | None] = ContextVar("purser_metadata", default=None)

    def subscribe(self, event_type: type, handler: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
        """Add a handler."""
        self._handlers[event_type].append(handler)

    async def publish(
        self, event: Any, session: Ledger | None = None, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Call the handlers together; one that is published without a session goes on with that around it."""
        token = self._session.set(session or self._session.get())
        named = self._metadata.set(metadata)
        try:
            await asyncio.gather(*(handler(event) for handler in self._handlers[type(event)]))
        finally:
            self._session.reset(token)
            self._metadata.reset(named)

    def get_session(self) -> Ledger | None:
        """Return the session of the publication."""
        return self._session.get()

    def get_metadata(self) -> Mapping[str, str] | None:
        """Return the metadata of the publication."""
        return self._metadata.get()


class Porter:
    """Hands the session to its handlers."""

    def __init__(self) -> None:
        self._carriers: dict[type, list[Callable[[Any, Any], Coroutine[Any, Any, None]]]] = defaultdict(list)

    def subscribe(self, event_type: type, handler: Callable[[Any, Any], Coroutine[Any, Any, None]]) -> None:
        """Add a handler."""
        self._carriers[event_type].append(handler)

    async def publish(self, event: Any, session: Ledger | None = None) -> None:
        """Call the handlers, a little later."""
        await asyncio.sleep(0)
        for carrier in self._carriers[type(event)]:
            await carrier(event, session)


purser = Purser()
porter = Porter()


@quay.on(e.EveningCame)
async def close_tabs(event: e.EveningCame) -> None:
    """Close two tabs at once."""
    await asyncio.gather(*(purser.publish(e.TabClosed(), Ledger(bar), {"bar": bar}) for bar in ("upper", "lower")))


@quay.on(e.TrainArrived)
async def call_porters(event: e.TrainArrived) -> None:
    """Have the bags of two cabins brought at once."""
    await asyncio.gather(*(porter.publish(e.BagBrought(), Ledger(cabin)) for cabin in ("A", "B")))


@quay.on(e.NoonCame)
async def serve_lunch(event: e.NoonCame) -> None:
    """Open a tab."""
    await purser.publish(e.TabOpened(), Ledger("lunch"))


async def charge(event: e.TabClosed) -> None:
    """Write on the tab of the bar."""
    ledger = purser.get_session()
    if ledger is not None:
        ledger.lines.append("charged")


async def sign(event: e.TabClosed) -> None:
    """Sign with the name of the bar."""
    purser.get_metadata()


async def seat(event: e.TabOpened) -> None:
    """Have a drink served, with the same ledger."""
    purser.get_session()
    await purser.publish(e.DrinkServed())
    purser.get_session()


async def pour(event: e.DrinkServed) -> None:
    """Write it down, in the ledger of who is served."""
    ledger = purser.get_session()
    if ledger is not None:
        ledger.lines.append("a drink")


async def carry(event: e.BagBrought, session: Ledger | None) -> None:
    """Write down the bag."""
    if session is not None:
        session.lines.append("a bag")


purser.subscribe(e.TabClosed, charge)
purser.subscribe(e.TabClosed, sign)
purser.subscribe(e.TabOpened, seat)
purser.subscribe(e.DrinkServed, pour)
porter.subscribe(e.BagBrought, carry)
