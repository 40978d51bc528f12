"""The services around the demo's handlers, which a real program would reach over a network.

Each is kept in memory and can be looked at. What a network costs is simulated by ``RoundTrip``, nothing else.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from inspector.demo.bounded import BoundedMap

if TYPE_CHECKING:
    from email.message import EmailMessage

#: How many messages, frames per user and ended logins are kept to be looked at.
KEPT: Final = 1_000

_FIRST_NAMES: Final = ("Alma", "Bruno", "Clara", "Dario", "Elin", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira")
_LAST_NAMES: Final = ("Abel", "Bauer", "Costa", "Dahl", "Evans", "Fischer", "Garcia", "Hansen", "Ito", "Jensen")


class RoundTrip:
    """The time that a service elsewhere takes to answer: mostly the same, sometimes much longer.

    Args:
        median: Seconds that half of the answers take at most; 0 for answers that come at once.
        rng: Where chance comes from.
    """

    def __init__(self, median: float, rng: random.Random) -> None:
        self._median = median
        self._rng = rng

    async def wait(self) -> None:
        """Let the time of one round trip pass; others run meanwhile."""
        factor = min(math.exp(self._rng.gauss(0, 0.4)), 5.0)
        await asyncio.sleep(self._median * factor)


class Directory:
    """The address book: it has an answer for every user id, the same each time."""

    def address(self, user_id: UUID) -> str:
        """Return the e-mail address of a user."""
        number, first = divmod(user_id.int, len(_FIRST_NAMES))
        last = _LAST_NAMES[number % len(_LAST_NAMES)]
        return f"{_FIRST_NAMES[first]}.{last}@example.com".lower()


class Outbox:
    """The mail server: it takes messages, and the last ones can be read."""

    def __init__(self, round_trip: RoundTrip) -> None:
        self._round_trip = round_trip
        self._messages: deque[EmailMessage] = deque(maxlen=KEPT)

    async def send(self, message: EmailMessage) -> None:
        """Hand a message to the mail server."""
        await self._round_trip.wait()
        self._messages.append(message)

    def to(self, address: str) -> list[EmailMessage]:
        """Return the messages to an address, oldest first."""
        return [message for message in self._messages if address in message["To"]]

    def __iter__(self) -> Iterator[EmailMessage]:
        return iter(self._messages)

    def __len__(self) -> int:
        return len(self._messages)


@dataclass
class ClientChannel:
    """The connection of one user's client, and the frames that went over it."""

    connected: bool = True
    frames: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))


class Channels:
    """The open connections for server-sent events, one per user; a user who is not known is connected."""

    def __init__(self, round_trip: RoundTrip) -> None:
        self._round_trip = round_trip
        self._channels: BoundedMap[UUID, ClientChannel] = BoundedMap(lambda _: ClientChannel())

    async def send(self, user_id: UUID, frame: str) -> None:
        """Write a frame to the user's client.

        Raises:
            ConnectionResetError: The client is gone.
        """
        channel = self._channels.obtain(user_id)
        await self._round_trip.wait()
        if not channel.connected:
            raise ConnectionResetError(f"the client of user {user_id} is gone")
        channel.frames.append(frame)

    def disconnect(self, user_id: UUID) -> None:
        """Make the user's client go away, as closing the browser does."""
        self._channels.obtain(user_id).connected = False

    def frames(self, user_id: UUID) -> tuple[str, ...]:
        """Return the frames that a user got, oldest first."""
        channel = self._channels.get(user_id)
        return tuple(channel.frames) if channel is not None else ()

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._channels)

    def __len__(self) -> int:
        return sum(len(channel.frames) for channel in self._channels.values())


@dataclass(frozen=True)
class Login:
    """A device on which a user is logged in, or was."""

    session_id: UUID
    user_id: UUID
    device: str


@dataclass(frozen=True)
class EndedLogin:
    """A login that was ended, when and why."""

    login: Login
    at: datetime
    reason: str


class LoginTable:
    """Who is logged in where.

    The demo has no log-in page, so logins are assumed: a user of whom the table knows no open login is taken to have
    logged in on a laptop and on a phone, and an unknown session of a user is taken to be open.
    """

    _DEVICES: Final = ("laptop", "phone")

    def __init__(self, round_trip: RoundTrip) -> None:
        self._round_trip = round_trip
        self._open: BoundedMap[UUID, dict[UUID, Login]] = BoundedMap(lambda _: {})
        self._ended: deque[EndedLogin] = deque(maxlen=KEPT)
        self._count = 0

    def open(self, user_id: UUID) -> tuple[Login, ...]:
        """Return the open logins of a user, at least one."""
        logins = self._open.obtain(user_id)
        if not logins:
            for device in self._DEVICES:
                self._count += 1
                login = Login(uuid5(user_id, f"{device}/{self._count}"), user_id, device)
                logins[login.session_id] = login
        return tuple(logins.values())

    @property
    def ended(self) -> tuple[EndedLogin, ...]:
        """The logins that were ended, oldest first."""
        return tuple(self._ended)

    async def end_one(self, user_id: UUID, session_id: UUID, *, at: datetime, reason: str) -> EndedLogin:
        """End one login of a user."""
        await self._round_trip.wait()
        login = self._open.obtain(user_id).pop(session_id, None) or Login(session_id, user_id, "unknown device")
        ended = EndedLogin(login, at, reason)
        self._ended.append(ended)
        return ended

    async def end_all(self, user_id: UUID, *, at: datetime, reason: str) -> list[EndedLogin]:
        """End every login of a user."""
        await self._round_trip.wait()
        ended = [EndedLogin(login, at, reason) for login in self.open(user_id)]
        self._open.obtain(user_id).clear()
        self._ended.extend(ended)
        return ended


@dataclass(frozen=True)
class NetWorthChange:
    """What a change did to the net worth of a user."""

    previous: Decimal
    new: Decimal
    currency: str
    account_count: int


@dataclass
class _Account:
    currency: str
    cash: Decimal = Decimal(0)
    holdings: Decimal = Decimal(0)


class Portfolio:
    """The balances and holdings of every account the demo has heard of.

    A net worth is the sum over a user's accounts of one currency: the demo has no exchange rates.
    """

    _DEFAULT_CURRENCY: Final = "EUR"

    def __init__(self) -> None:
        self._accounts: BoundedMap[UUID, dict[UUID, _Account]] = BoundedMap(lambda _: {})

    def net_worth(self, user_id: UUID, currency: str = _DEFAULT_CURRENCY) -> Decimal:
        """Return what a user's accounts of a currency are worth together."""
        return sum((account.cash + account.holdings for account in self._of(user_id, currency)), Decimal(0))

    def set_balance(
        self, user_id: UUID, account_id: UUID, previous: Decimal, balance: Decimal, currency: str
    ) -> NetWorthChange:
        """Take over the balance of an account; one that was not known had ``previous`` until now."""
        accounts = self._accounts.obtain(user_id)
        account = accounts.get(account_id)
        if account is None:
            account = accounts[account_id] = _Account(currency, cash=previous)
        account.currency = currency
        before = self.net_worth(user_id, currency)
        account.cash = balance
        return self._change(user_id, before, currency)

    def set_holdings(self, user_id: UUID, account_id: UUID, value: Decimal) -> NetWorthChange:
        """Take over what the holdings of an account are worth."""
        accounts = self._accounts.obtain(user_id)
        currency = next((account.currency for account in accounts.values()), self._DEFAULT_CURRENCY)
        account = accounts.setdefault(account_id, _Account(currency))
        before = self.net_worth(user_id, account.currency)
        account.holdings = value
        return self._change(user_id, before, account.currency)

    def _of(self, user_id: UUID, currency: str) -> list[_Account]:
        return [account for account in self._accounts.get(user_id, {}).values() if account.currency == currency]

    def _change(self, user_id: UUID, before: Decimal, currency: str) -> NetWorthChange:
        after = self.net_worth(user_id, currency)
        return NetWorthChange(before, after, currency, len(self._of(user_id, currency)))


class Quotes:
    """The market: what one holding of an account is worth on average, the same each time it is asked."""

    def __init__(self, round_trip: RoundTrip) -> None:
        self._round_trip = round_trip

    async def average(self, account_id: UUID) -> Decimal:
        """Ask the market; return a price between 20 and 520, in the account's currency."""
        await self._round_trip.wait()
        return Decimal(2_000 + account_id.int % 50_000) / 100
