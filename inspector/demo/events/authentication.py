"""Events of authentication: registration, login and logout, passwords, tokens."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from inspector.core import DomainEvent, register_event


@register_event
@dataclass(frozen=True, kw_only=True)
class UserRegistrationAttempted(DomainEvent):
    """Someone sent the registration form.

    Published before the address is checked and the account made.
    """

    email: str


@register_event
@dataclass(frozen=True, kw_only=True)
class UserRegistrationSucceeded(DomainEvent):
    """A user account was made.

    Published after the account is stored; the address still has to be verified.
    """

    user_id: UUID
    email: str
    verification_token: str


@register_event
@dataclass(frozen=True, kw_only=True)
class UserRegistrationFailed(DomainEvent):
    """A registration was turned down.

    Published when the address is taken, malformed or the password too weak.
    """

    email: str
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class UserLoginAttempted(DomainEvent):
    """Someone sent the login form.

    Published before the password is checked.
    """

    email: str


@register_event
@dataclass(frozen=True, kw_only=True)
class UserLoginSucceeded(DomainEvent):
    """A user logged in.

    Published after the password was right and, where one is kept, the session was made.
    """

    user_id: UUID
    email: str
    session_id: UUID | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class UserLoginFailed(DomainEvent):
    """A login was turned down.

    Published with the user's id when the address is known, without it when not.
    """

    email: str
    reason: str
    user_id: UUID | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class EmailVerificationAttempted(DomainEvent):
    """Someone followed a verification link.

    Published before its token is looked up.
    """

    token: str


@register_event
@dataclass(frozen=True, kw_only=True)
class EmailVerificationSucceeded(DomainEvent):
    """A user proved that the address is theirs.

    Published after the account was marked as verified.
    """

    user_id: UUID
    email: str


@register_event
@dataclass(frozen=True, kw_only=True)
class EmailVerificationFailed(DomainEvent):
    """A verification link did not work.

    Published when its token is unknown, used or out of date.
    """

    token: str
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class UserPasswordChangeAttempted(DomainEvent):
    """A user asked for another password.

    Published before the old one is checked.
    """

    user_id: UUID


@register_event
@dataclass(frozen=True, kw_only=True)
class UserPasswordChangeSucceeded(DomainEvent):
    """A password was changed.

    Published after the new one is stored; every login made with the old one must end.
    """

    user_id: UUID
    initiated_by: str


@register_event
@dataclass(frozen=True, kw_only=True)
class UserPasswordChangeFailed(DomainEvent):
    """A password was not changed.

    Published when the old one was wrong or the new one not good enough.
    """

    user_id: UUID
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class AuthTokenRefreshAttempted(DomainEvent):
    """A client presented a refresh token.

    Published before it is checked, so the user may be unknown.
    """

    user_id: UUID | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class AuthTokenRefreshSucceeded(DomainEvent):
    """A client got a new access token.

    Published after the session's refresh token was replaced.
    """

    user_id: UUID
    session_id: UUID


@register_event
@dataclass(frozen=True, kw_only=True)
class AuthTokenRefreshFailed(DomainEvent):
    """A refresh token was not accepted.

    Published without a user when the token belongs to nobody.
    """

    user_id: UUID | None = None
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class UserLogoutAttempted(DomainEvent):
    """A user asked to be logged out.

    Published before the session is looked up.
    """

    user_id: UUID


@register_event
@dataclass(frozen=True, kw_only=True)
class UserLogoutSucceeded(DomainEvent):
    """A user logged out.

    Published after the tokens were taken back; without a session it means all of them.
    """

    user_id: UUID
    session_id: UUID | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class UserLogoutFailed(DomainEvent):
    """A logout did not work.

    Published when the session was not the user's or could not be ended.
    """

    user_id: UUID
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class PasswordResetRequestAttempted(DomainEvent):
    """Someone said that a password was forgotten.

    Published before the address is looked up.
    """

    email: str


@register_event
@dataclass(frozen=True, kw_only=True)
class PasswordResetRequestSucceeded(DomainEvent):
    """A reset link was made for a user.

    Published after its token is stored; the link is still to be sent.
    """

    user_id: UUID
    email: str
    reset_token: str


@register_event
@dataclass(frozen=True, kw_only=True)
class PasswordResetRequestFailed(DomainEvent):
    """No reset link was made.

    Published when the address is unknown or asked too often; the page does not tell.
    """

    email: str
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class PasswordResetConfirmAttempted(DomainEvent):
    """Someone followed a reset link and gave a new password.

    Published before the token is checked.
    """

    token: str


@register_event
@dataclass(frozen=True, kw_only=True)
class PasswordResetConfirmSucceeded(DomainEvent):
    """A forgotten password was replaced.

    Published after the new one is stored; every earlier login must end.
    """

    user_id: UUID
    email: str


@register_event
@dataclass(frozen=True, kw_only=True)
class PasswordResetConfirmFailed(DomainEvent):
    """A reset link did not work.

    Published when its token is unknown, used or out of date.
    """

    token: str
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class GlobalTokenRotationAttempted(DomainEvent):
    """Somebody asked to make every token of every user invalid.

    Published before the version is raised.
    """

    triggered_by: str
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class GlobalTokenRotationSucceeded(DomainEvent):
    """The global token version was raised.

    Published after it is stored; older tokens live through a grace period.
    """

    triggered_by: str
    previous_version: int
    new_version: int
    reason: str
    grace_period_seconds: int


@register_event
@dataclass(frozen=True, kw_only=True)
class GlobalTokenRotationFailed(DomainEvent):
    """The global token version was not raised.

    Published when storing it failed; all tokens stay valid.
    """

    triggered_by: str
    reason: str
    failure_reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class UserTokenRotationAttempted(DomainEvent):
    """Somebody asked to make every token of one user invalid.

    Published before the version is raised.
    """

    user_id: UUID
    triggered_by: str
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class UserTokenRotationSucceeded(DomainEvent):
    """A user's token version was raised.

    Published after it is stored; the user's older tokens are refused from now on.
    """

    user_id: UUID
    triggered_by: str
    previous_version: int
    new_version: int
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class UserTokenRotationFailed(DomainEvent):
    """A user's token version was not raised.

    Published when storing it failed; the user's tokens stay valid.
    """

    user_id: UUID
    triggered_by: str
    reason: str
    failure_reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class TokenRejectedDueToRotation(DomainEvent):
    """A token of an outdated version was refused.

    Published by the check of each request, without a user when it has none.
    """

    user_id: UUID | None
    token_version: int
    required_version: int
    rejection_reason: str
