"""Events of the synchronisation of accounts, transactions, holdings and files, and of what it changes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from inspector.core import DomainEvent, register_event


@register_event
@dataclass(frozen=True, kw_only=True)
class AccountSyncAttempted(DomainEvent):
    """The accounts of a connection are about to be fetched.

    Published before the provider is called.
    """

    connection_id: UUID
    user_id: UUID


@register_event
@dataclass(frozen=True, kw_only=True)
class AccountSyncSucceeded(DomainEvent):
    """The accounts of a connection were fetched.

    Published after all of them are stored.
    """

    connection_id: UUID
    user_id: UUID
    account_count: int


@register_event
@dataclass(frozen=True, kw_only=True)
class AccountSyncFailed(DomainEvent):
    """The accounts of a connection were not fetched.

    Published when the provider refused or did not answer in time.
    """

    connection_id: UUID
    user_id: UUID
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class TransactionSyncAttempted(DomainEvent):
    """Transactions are about to be fetched, of one account or of all.

    Published before the provider is called.
    """

    connection_id: UUID
    user_id: UUID
    account_id: UUID | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class TransactionSyncSucceeded(DomainEvent):
    """Transactions were fetched, of one account or of all.

    Published after the new ones are stored.
    """

    connection_id: UUID
    user_id: UUID
    account_id: UUID | None
    transaction_count: int


@register_event
@dataclass(frozen=True, kw_only=True)
class TransactionSyncFailed(DomainEvent):
    """Transactions were not fetched.

    Published when the provider refused or did not answer in time.
    """

    connection_id: UUID
    user_id: UUID
    account_id: UUID | None
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class HoldingsSyncAttempted(DomainEvent):
    """The holdings of an account are about to be fetched.

    Published before the provider is called.
    """

    account_id: UUID
    user_id: UUID


@register_event
@dataclass(frozen=True, kw_only=True)
class HoldingsSyncSucceeded(DomainEvent):
    """The holdings of an account were fetched.

    Published after all of them are stored.
    """

    account_id: UUID
    user_id: UUID
    holding_count: int


@register_event
@dataclass(frozen=True, kw_only=True)
class HoldingsSyncFailed(DomainEvent):
    """The holdings of an account were not fetched.

    Published when the provider refused or did not answer in time.
    """

    account_id: UUID
    user_id: UUID
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class FileImportAttempted(DomainEvent):
    """A user handed in a file of accounts and transactions.

    Published before it is read.
    """

    user_id: UUID
    provider_slug: str
    file_name: str
    file_format: str


@register_event
@dataclass(frozen=True, kw_only=True)
class FileImportSucceeded(DomainEvent):
    """A file was imported.

    Published after all of its accounts and transactions are stored.
    """

    user_id: UUID
    provider_slug: str
    file_name: str
    file_format: str
    account_count: int
    transaction_count: int


@register_event
@dataclass(frozen=True, kw_only=True)
class FileImportFailed(DomainEvent):
    """A file was not imported.

    Published when it could not be read or stored; nothing of it is kept.
    """

    user_id: UUID
    provider_slug: str
    file_name: str
    file_format: str
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class FileImportProgress(DomainEvent):
    """Part of a file was imported.

    Published now and then while a long import runs.
    """

    user_id: UUID
    provider_slug: str
    file_name: str
    file_format: str
    progress_percent: int
    records_processed: int
    total_records: int


@register_event
@dataclass(frozen=True, kw_only=True)
class AccountBalanceUpdated(DomainEvent):
    """The balance of an account changed.

    Published after the new one is stored, with the difference.
    """

    user_id: UUID
    account_id: UUID
    previous_balance: Decimal
    new_balance: Decimal
    delta: Decimal
    currency: str


@register_event
@dataclass(frozen=True, kw_only=True)
class AccountHoldingsUpdated(DomainEvent):
    """The holdings of an account changed.

    Published after they are stored, with what came, changed and went.
    """

    user_id: UUID
    account_id: UUID
    holdings_count: int
    created_count: int
    updated_count: int
    deactivated_count: int


@register_event
@dataclass(frozen=True, kw_only=True)
class PortfolioNetWorthRecalculated(DomainEvent):
    """The net worth of a user was worked out anew.

    Published by the portfolio handler when a balance or holdings changed.
    """

    user_id: UUID
    previous_net_worth: Decimal
    new_net_worth: Decimal
    delta: Decimal
    currency: str
    account_count: int
