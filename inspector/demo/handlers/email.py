"""Mail to the people whom an event is about."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from email.headerregistry import Address

    from inspector.core.bus.events import DomainEvent
    from inspector.demo.events import (
        EmailVerificationSucceeded,
        PasswordResetConfirmSucceeded,
        PasswordResetRequestSucceeded,
        UserPasswordChangeSucceeded,
        UserRegistrationSucceeded,
    )
    from inspector.demo.services import Directory, Outbox

_SENDER: Final = ("Example Finance", "accounts", "example.com")
_SITE: Final = "https://app.example.com"
_SIGNATURE: Final = "The people of Example Finance"


class EmailEventHandler:
    """Renders a message for each event and hands it to the mail server.

    Args:
        outbox: The mail server.
        directory: Finds the address of users whose event does not have it.
        logger: Where it is logged that a message was sent; never what it says, for there are tokens in it.
    """

    def __init__(self, outbox: Outbox, directory: Directory, logger: logging.Logger) -> None:
        self._outbox = outbox
        self._directory = directory
        self._logger = logger

    async def handle_user_registration_succeeded(self, event: UserRegistrationSucceeded) -> None:
        """Welcome a new user and ask to verify the address."""
        text = (
            "Welcome! One step is left: please confirm that this address is yours.\n\n"
            f"{_SITE}/verify?token={event.verification_token}\n\n"
            "The link works for 24 hours."
        )
        await self._send(event, event.email, "Please confirm your address", text)

    async def handle_email_verification_succeeded(self, event: EmailVerificationSucceeded) -> None:
        """Notify the user that all is set."""
        text = f"Your address is confirmed and your account is ready.\n\nConnect your first bank: {_SITE}/providers"
        await self._send(event, event.email, "Your account is ready", text)

    async def handle_user_password_change_succeeded(self, event: UserPasswordChangeSucceeded) -> None:
        """Warn the user: a password was changed, and by whom."""
        who = "you" if event.initiated_by == "user" else f"our staff ({event.initiated_by})"
        text = (
            f"Your password was changed by {who}. You have been logged out on all devices.\n\n"
            f"If you did not expect this, lock your account: {_SITE}/lock"
        )
        await self._send(event, self._directory.address(event.user_id), "Your password was changed", text)

    async def handle_password_reset_request_succeeded(self, event: PasswordResetRequestSucceeded) -> None:
        """Send the link that sets a new password."""
        text = (
            "You asked for a new password. Choose one here:\n\n"
            f"{_SITE}/reset?token={event.reset_token}\n\n"
            "The link works for one hour. If it was not you, nothing needs to be done."
        )
        await self._send(event, event.email, "Choose a new password", text)

    async def handle_password_reset_confirm_succeeded(self, event: PasswordResetConfirmSucceeded) -> None:
        """Notify the user that the new password holds."""
        text = (
            "Your new password is set, and you have been logged out on all devices.\n\n"
            f"If it was not you, lock your account: {_SITE}/lock"
        )
        await self._send(event, event.email, "Your new password is set", text)

    async def _send(self, event: DomainEvent, address: str, subject: str, text: str) -> None:
        """Render and send.

        Raises:
            ValueError: The address is not one.
        """
        from email.headerregistry import Address  # nobody who only looks at the catalog sends a mail
        from email.message import EmailMessage
        from email.utils import format_datetime

        message = EmailMessage()
        message["From"] = Address(*_SENDER)
        message["To"] = address_of(address)
        message["Subject"] = subject
        message["Date"] = format_datetime(event.occurred_at)
        message["Message-ID"] = f"<{event.event_id}@app.example.com>"
        message.set_content(f"Hello {name_of(address)},\n\n{text}\n\n{_SIGNATURE}\n")
        await self._outbox.send(message)
        self._logger.info("email_sent", extra={"recipient": address, "subject": subject})


def address_of(text: str) -> Address:
    """Read an e-mail address.

    Raises:
        ValueError: It is not one.
    """
    user, at, domain = text.rpartition("@")
    if not (user and at and domain) or not text.isprintable() or any(char in ' ,;<>"' for char in text):
        raise ValueError(f"Invalid email format: {text!r}")
    from email.headerregistry import Address

    return Address(username=user, domain=domain)


def name_of(address: str) -> str:
    """Guess what to call somebody: Ada Lindqvist for ``ada.lindqvist@example.com``."""
    local = address.partition("@")[0]
    return local.replace(".", " ").replace("_", " ").strip().title() or "there"
