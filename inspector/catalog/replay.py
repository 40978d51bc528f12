"""From a recorded payload back to values with which the event can be fired again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.core.values.build import to_plain
from inspector.core.values.snapshot import EnumValue, ObjectValue, Truncated, decode

if TYPE_CHECKING:
    from inspector.core.description import EventDescription

_REDACTED = "<redacted:"


class _LostError(Exception):
    """A part of the value was not recorded."""


def values_of(event: EventDescription, payload: str) -> tuple[dict[str, Any], list[str]]:
    """Return the values of a recorded payload as the form takes them.

    The identity of the event (``event_id``, ``occurred_at``, … whatever is generated for each) is left out: what is
    fired again is another event.

    Args:
        event: The event type as it is now; fields that it no longer has are left out.
        payload: The payload as tagged JSON.

    Returns:
        JSON values by field name, and the names of the fields whose values were not recorded whole: cut, redacted, or
        of a type that only exists in the program.

    Raises:
        ValueError: The text is no payload.
    """
    recorded = decode(payload)
    if not isinstance(recorded, dict):
        return {}, []
    values: dict[str, Any] = {}
    lost: list[str] = []
    for shape in event.fields:
        if shape.name not in recorded or (shape.base and shape.generated):
            continue
        try:
            values[shape.name] = _value(recorded[shape.name])
        except _LostError:
            lost.append(shape.name)
    return values, lost


def _value(value: Any) -> Any:
    if isinstance(value, Truncated) or (isinstance(value, str) and value.startswith(_REDACTED)):
        raise _LostError
    if isinstance(value, EnumValue):
        return value.name if value.name is not None else _value(value.value)
    if isinstance(value, ObjectValue):
        return _value(value.value) if value.value is not None else _value(value.fields)
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(_value(key)): _value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_value(item) for item in value]
    return to_plain(value)
