"""Values for events, by the type of each field."""

from __future__ import annotations

import dataclasses
import typing
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from inspector.core import DomainEvent

USER = UUID("6f0e2c1a-5b7d-4e43-9c58-0d1f5a3b7e21")
SECRET = "s3cret-do-not-tell"
BASE_FIELDS = {each.name for each in dataclasses.fields(DomainEvent)}
TYPED: dict[Any, Any] = {str: "words", int: 3, float: 1.5, bool: True, Decimal: Decimal("12.50"), dict: {"a": "b"}}
NAMED: dict[str, Any] = {
    "user_id": USER,
    "email": "ada.lindqvist@example.com",
    "initiated_by": "user",
    "token": SECRET,
    "verification_token": SECRET,
    "reset_token": SECRET,
}


def make(event_class: type[DomainEvent], **given: Any) -> Any:
    """An event with every field filled, the given ones as given."""
    hints = typing.get_type_hints(event_class)
    names = [each.name for each in dataclasses.fields(event_class) if each.name not in BASE_FIELDS]
    return event_class(**{name: _value(name, hints[name]) for name in names} | given)


def _value(name: str, hint: Any) -> Any:
    if name in NAMED:
        return NAMED[name]
    members = [member for member in typing.get_args(hint) or (hint,) if member is not type(None)]
    kind = typing.get_origin(hint) if typing.get_origin(hint) is dict else members[0]
    return uuid4() if kind is UUID else TYPED[kind]
