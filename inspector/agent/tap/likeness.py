"""Whether two objects are one event that was written down and made anew on the way."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

#: Fields that name one event among all.
_IDS: Final = ("event_id", "id", "message_id", "uuid")
#: Modules of types whose text is a fact, and none of the program's code.
_PLAIN: Final = frozenset({"builtins", "datetime", "uuid", "decimal"})
#: How long a text is that may be read as JSON.
_LONG: Final = 100_000


def is_alike(first: Any, second: Any) -> bool:
    """Return whether two events of one name say the same, written as text; what has an id, by the id alone.

    The one may lie in the other, as in an envelope, or be its text.
    """
    return any(_says_same(ours, other) for ours in _forms(first) for other in _forms(second))


def changes(first: Any, second: Any) -> tuple[str, ...]:
    """Return which fields came back as another type, as ``sold_at came back as str, not datetime``."""
    other = _fields(second)
    return tuple(
        f"{name} came back as {type(other[name]).__name__}, not {type(value).__name__}"
        for name, value in _fields(first).items()
        if name in other and type(other[name]) is not type(value)
    )


def kept_fields(event: Any) -> Any:
    """Return what an event is recognised by when it is gone: its fields; what cannot go, as it is."""
    return event if type(event).__module__ == "builtins" else dict(_fields(event))


def _forms(event: Any) -> Iterator[Any]:
    """Yield an event, and what lies in it whole: fields, texts."""
    if isinstance(event, (str, bytes)):
        event = _loaded(event)
    yield event
    if isinstance(event, dict):
        yield from (_loaded(value) for value in event.values() if isinstance(value, (dict, str)))


def _says_same(first: Any, second: Any) -> bool:
    if not isinstance(first, dict) and not isinstance(second, dict) and type(first) is not type(second):
        return False
    ours, other = _fields(first), _fields(second)
    if not ours or not other:
        return type(first) is type(second) and _text(first) == _text(second)
    for name in _IDS:
        if name in ours and ours[name] is not None:
            return _text(ours[name]) == _text(other.get(name))
    return all(name in other and _text(value) == _text(other[name]) for name, value in ours.items())


def _loaded(text: Any) -> Any:
    """Return the object that a text of JSON stands for; anything else as it is."""
    if not isinstance(text, (str, bytes)) or len(text) > _LONG or text[:1] not in ("{", b"{"):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _fields(event: Any) -> Mapping[str, Any]:
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
    if kind is dict or dataclasses.is_dataclass(value):
        return str(sorted((str(key), _text(item)) for key, item in _fields(value).items()))
    if isinstance(value, enum.Enum):
        return _text(value.value)
    # A time is written with a blank in it, or with a T.
    return str(value).replace(" ", "T", 1) if kind.__module__ in _PLAIN else f"<{kind.__qualname__}>"
