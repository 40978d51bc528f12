"""Events of authorization: roles given and taken."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from inspector.core import DomainEvent, register_event


@register_event
@dataclass(frozen=True, kw_only=True)
class RoleAssignmentAttempted(DomainEvent):
    """An administrator asked to give a user a role.

    Published before the right to do so is checked.
    """

    user_id: UUID
    role: str
    assigned_by: UUID


@register_event
@dataclass(frozen=True, kw_only=True)
class RoleAssignmentSucceeded(DomainEvent):
    """A user was given a role.

    Published after the assignment is stored and takes effect.
    """

    user_id: UUID
    role: str
    assigned_by: UUID


@register_event
@dataclass(frozen=True, kw_only=True)
class RoleAssignmentFailed(DomainEvent):
    """A user was not given a role.

    Published when the role is unknown, held already or not the administrator's to give.
    """

    user_id: UUID
    role: str
    assigned_by: UUID
    reason: str


@register_event
@dataclass(frozen=True, kw_only=True)
class RoleRevocationAttempted(DomainEvent):
    """An administrator asked to take a role from a user.

    Published before the right to do so is checked.
    """

    user_id: UUID
    role: str
    revoked_by: UUID
    reason: str | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class RoleRevocationSucceeded(DomainEvent):
    """A role was taken from a user.

    Published after the change is stored and takes effect.
    """

    user_id: UUID
    role: str
    revoked_by: UUID
    reason: str | None = None


@register_event
@dataclass(frozen=True, kw_only=True)
class RoleRevocationFailed(DomainEvent):
    """A role was not taken from a user.

    Published when the user does not hold it or must keep it.
    """

    user_id: UUID
    role: str
    revoked_by: UUID
    reason: str
