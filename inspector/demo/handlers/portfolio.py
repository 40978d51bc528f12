"""Works out a user's net worth when a balance or holdings change, and publishes it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from inspector.demo.events import PortfolioNetWorthRecalculated

if TYPE_CHECKING:
    from inspector.core.bus.protocols import EventBusProtocol
    from inspector.demo.events import AccountBalanceUpdated, AccountHoldingsUpdated
    from inspector.demo.services import NetWorthChange, Portfolio, Quotes


class PortfolioEventHandler:
    """Keeps balances and holdings, and publishes one ``PortfolioNetWorthRecalculated`` for each change.

    What it publishes carries the correlation id, the tenant and the user of what set it off, and no database session:
    nothing that handles it may need one.

    Args:
        bus: Where to publish.
        portfolio: Balances and holdings.
        quotes: The market.
        logger: Where the new net worth is logged.
    """

    def __init__(self, bus: EventBusProtocol, portfolio: Portfolio, quotes: Quotes, logger: logging.Logger) -> None:
        self._bus = bus
        self._portfolio = portfolio
        self._quotes = quotes
        self._logger = logger

    async def handle_account_balance_updated_operational(self, event: AccountBalanceUpdated) -> None:
        """Take over the balance of an account."""
        change = self._portfolio.set_balance(
            event.user_id, event.account_id, event.previous_balance, event.new_balance, event.currency
        )
        await self._publish(event, change)

    async def handle_account_holdings_updated_operational(self, event: AccountHoldingsUpdated) -> None:
        """Ask the market what the holdings of an account are worth now."""
        price = await self._quotes.average(event.account_id)
        change = self._portfolio.set_holdings(event.user_id, event.account_id, price * event.holdings_count)
        await self._publish(event, change)

    async def _publish(self, event: AccountBalanceUpdated | AccountHoldingsUpdated, change: NetWorthChange) -> None:
        self._logger.info(
            "net_worth_recalculated",
            extra={"user_id": str(event.user_id), "net_worth": str(change.new), "currency": change.currency},
        )
        await self._bus.publish(
            PortfolioNetWorthRecalculated(
                correlation_id=event.correlation_id,
                tenant_id=event.tenant_id,
                user_id=event.user_id,
                previous_net_worth=change.previous,
                new_net_worth=change.new,
                delta=change.new - change.previous,
                currency=change.currency,
                account_count=change.account_count,
            )
        )
