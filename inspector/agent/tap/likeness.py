"""Whether two objects are one event that was written down and made anew on the way."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

#: Fields that name one event among all.
_IDS: Final = ("event_id", "id", "message_id", "uuid")
#: Modules of types whose text is a fact, and none of the program's code.
_PLAIN: Final = frozenset({"builtins", "datetime", "uuid", "decimal"})


def is_alike(first: Any, second: Any) -> bool:
    """Return whether two events of one name say the same, written as text; what has an id, by the id alone."""
    ours, other = _fields(first), _fields(second)
    if not ours or type(first) is not type(second):
        return False
    for name in _IDS:
        if name in ours and ours[name] is not None:
            return _text(ours[name]) == _text(other.get(name))
    return all(_text(value) == _text(other.get(name)) for name, value in ours.items())


def changes(first: Any, second: Any) -> tuple[str, ...]:
    """Return which fields came back as another type, as ``sold_at came back as str, not datetime``."""
    other = _fields(second)
    return tuple(
        f"{name} came back as {type(other.get(name)).__name__}, not {type(value).__name__}"
        for name, value in _fields(first).items()
        if type(other.get(name)) is not type(value)
    )


def _fields(event: Any) -> dict[str, Any]:
    if isinstance(event, dict):
        return event
    if dataclasses.is_dataclass(event):
        return {field.name: getattr(event, field.name, None) for field in dataclasses.fields(event)}
    try:
        held = object.__getattribute__(event, "__dict__")
    except AttributeError:
        return {}
    return dict(held)


def _text(value: Any) -> str:
    kind = type(value)
    if kind in (list, tuple):
        return str([_text(item) for item in value])
    if kind is dict:
        return str({str(key): _text(item) for key, item in value.items()})
    return str(value) if kind.__module__ in _PLAIN else f"<{kind.__qualname__}>"
