"""Buses that keep session and metadata where the next publication puts its own, and who asks them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from ferry import events as e

from .buses import quay


class Ledger:
    """Stands for a database session."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []


class Purser:
    """Keeps session and metadata of a publication on itself."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[Callable[[Any], Coroutine[Any, Any, None]]]] = defaultdict(list)
        self._session: Ledger | None = None
        self._metadata: Mapping[str, str] | None = None

    def subscribe(self, event_type: type, handler: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
        """Add a handler."""
        self._handlers[event_type].append(handler)

    async def publish(
        self, event: Any, session: Ledger | None = None, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Call the handlers together; whoever publishes meanwhile puts its own session in the place of this one."""
        self._session, self._metadata = session, metadata
        try:
            await asyncio.gather(*(handler(event) for handler in self._handlers[type(event)]))
        finally:
            self._session = self._metadata = None

    def get_session(self) -> Ledger | None:
        """Return the session of the publication, or of another."""
        return self._session

    def get_metadata(self) -> Mapping[str, str] | None:
        """Return the metadata of the publication, or of another."""
        return self._metadata


class Porter:
    """Hands the session to its handlers: that which it has when it comes to them."""

    def __init__(self) -> None:
        self._carriers: dict[type, list[Callable[[Any, Any], Coroutine[Any, Any, None]]]] = defaultdict(list)
        self._session: Ledger | None = None

    def subscribe(self, event_type: type, handler: Callable[[Any, Any], Coroutine[Any, Any, None]]) -> None:
        """Add a handler."""
        self._carriers[event_type].append(handler)

    async def publish(self, event: Any, session: Ledger | None = None) -> None:
        """Call the handlers, a little later."""
        self._session = session
        await asyncio.sleep(0)
        for carrier in self._carriers[type(event)]:
            await carrier(event, self._session)


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
    """Write on the tab of the other bar."""
    ledger = purser.get_session()  # lost: mixed_up session (3.12)
    if ledger is not None:
        ledger.lines.append("charged")


async def sign(event: e.TabClosed) -> None:
    """Sign with the name of the other bar."""
    purser.get_metadata()  # lost: mixed_up metadata (3.12)


async def seat(event: e.TabOpened) -> None:
    """Look for the ledger again when a drink was served."""
    purser.get_session()
    await purser.publish(e.DrinkServed(), Ledger("drinks"))
    purser.get_session()  # lost: mixed_up session (3.12)


async def pour(event: e.DrinkServed) -> None:
    """Write it down, in the right ledger."""
    ledger = purser.get_session()
    if ledger is not None:
        ledger.lines.append("a drink")


# lost: mixed_up session by carry (3.12)
async def carry(event: e.BagBrought, session: Ledger | None) -> None:
    """Write down the bag of the other cabin."""
    if session is not None:
        session.lines.append("a bag")


purser.subscribe(e.TabClosed, charge)
purser.subscribe(e.TabClosed, sign)
purser.subscribe(e.TabOpened, seat)
purser.subscribe(e.DrinkServed, pour)
porter.subscribe(e.BagBrought, carry)
