"""What goes wrong when faults are switched on: each kind of trouble once or more, spread over the catalog.

Nothing that is audited hangs: its database session would stay open, and everything audited would queue behind it.
"""

from __future__ import annotations

from typing import Final

from inspector.core.faults import FaultRule

#: The first rule that fits a handler and an event holds.
FAULTS: Final[tuple[FaultRule, ...]] = (
    FaultRule(
        "AuditEventHandler.*",
        "ProviderConnection*",
        "fail",
        error="ConnectionError: the audit database closed the connection",
    ),
    FaultRule(
        "EmailEventHandler.*",
        "PasswordResetRequestSucceeded",
        "fail",
        error="TimeoutError: the mail server did not answer within 10 seconds",
    ),
    FaultRule(
        "SessionEventHandler.*",
        "UserLogoutSucceeded",
        "fail",
        error="LookupError: the session store knows no such login",
    ),
    FaultRule("EmailEventHandler.*", "UserRegistrationSucceeded", "slow", delay=0.8),
    FaultRule("PortfolioEventHandler.*", "AccountHoldingsUpdated", "slow", delay=0.3),
    FaultRule("SSEEventHandler.*", "SessionCreatedEvent", "hang"),
    FaultRule(
        "SSEEventHandler.*",
        "TransactionSync*",
        "swallow",
        error="ConnectionResetError: the client went away in the middle of a frame",
    ),
)
