"""Ends logins when an event says that they must end."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from inspector.demo.events import (
        PasswordResetConfirmSucceeded,
        UserLogoutSucceeded,
        UserPasswordChangeSucceeded,
    )
    from inspector.demo.services import EndedLogin, LoginTable


class SessionEventHandler:
    """Ends the logins that a changed password or a logout makes invalid.

    Args:
        logins: Who is logged in where.
        logger: Where it is logged how many were ended.
    """

    def __init__(self, logins: LoginTable, logger: logging.Logger) -> None:
        self._logins = logins
        self._logger = logger

    async def handle_user_password_change_succeeded(self, event: UserPasswordChangeSucceeded) -> None:
        """End every login of the user: they were made with the old password."""
        ended = await self._logins.end_all(event.user_id, at=event.occurred_at, reason="password_changed")
        self._tell(event.user_id, ended)

    async def handle_user_logout_succeeded(self, event: UserLogoutSucceeded) -> None:
        """End the login of the session, or all of the user's if the event names none."""
        if event.session_id is None:
            ended = await self._logins.end_all(event.user_id, at=event.occurred_at, reason="logged_out")
        else:
            ended = [
                await self._logins.end_one(event.user_id, event.session_id, at=event.occurred_at, reason="logged_out")
            ]
        self._tell(event.user_id, ended)

    async def handle_password_reset_confirm_succeeded(self, event: PasswordResetConfirmSucceeded) -> None:
        """End every login of the user: whoever took the account over must be out."""
        ended = await self._logins.end_all(event.user_id, at=event.occurred_at, reason="password_reset")
        self._tell(event.user_id, ended)

    def _tell(self, user_id: UUID, ended: Sequence[EndedLogin]) -> None:
        devices = ", ".join(session.login.device for session in ended)
        self._logger.info("logins_ended", extra={"user_id": str(user_id), "count": len(ended), "devices": devices})
