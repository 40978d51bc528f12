"""Events of any make, built from JSON: pydantic and attrs build their own, the rest is built by annotation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.errors import UsageError
from ...core.values import hints
from ...core.values.build import build
from ...core.values.dataerror import EventDataError, join
from .events import PAYLOAD, EventType, NamedEvent, annotations_of, fields_of, make_of


def build_event(cls: Any, values: Mapping[str, Any]) -> Any:
    """Build an event of a class from JSON values; pydantic models read them in their own way.

    Raises:
        EventDataError: A value is missing, unknown or wrong.
    """
    make = make_of(cls)
    if make in ("pydantic", "pydantic1"):
        return _build_pydantic(cls, dict(values), "$")
    if make in ("dataclass", "namedtuple", "typeddict") and not any(map(_foreign, hints.field_hints(cls).values())):
        try:
            return build(cls, dict(values))
        except EventDataError as error:
            raise error.about(cls.__name__) from error
    annotations = annotations_of(cls)
    field_names = [shape.name for shape in fields_of(cls)]
    arguments: dict[str, Any] = {}
    for name, value in values.items():
        if field_names and name not in field_names:
            text = f"Fields: {', '.join(field_names)}."
            raise EventDataError("is unknown", text, where=name, subject=cls.__name__)
        try:
            arguments[name] = _build_value(annotations.get(name, Any), value, name)
        except EventDataError as error:
            raise error.about(cls.__name__) from error
    for shape in fields_of(cls):
        if shape.required and shape.name not in arguments:
            raise EventDataError("is missing", where=shape.name, subject=cls.__name__)
    return cls(**arguments)


def build_named(event: EventType, values: Mapping[str, Any]) -> NamedEvent:
    """Build an event that is a name; a lone ``payload`` is the payload itself."""
    payload = values.get("payload")
    as_one = set(values) <= {"payload"} and PAYLOAD.name not in (shape.name for shape in event.fields)
    if (event.fields == (PAYLOAD,) and set(values) <= {"payload"}) or (as_one and isinstance(payload, dict)):
        if payload is not None and not isinstance(payload, dict):
            raise UsageError(f"The payload of {event.name} must be an object.", 'Enter it as JSON: {"name": "value"}.')
        return NamedEvent(event.travels_as, dict(payload or {}))
    return NamedEvent(event.travels_as, dict(values))


def _foreign(hint: Any) -> bool:
    """Return whether an annotation names a class that only its own library can build."""
    hint = hints.unwrap(hint)
    if isinstance(hint, type):
        return make_of(hint) in ("attrs", "pydantic", "pydantic1")
    return any(_foreign(member) for member in getattr(hint, "__args__", ()))


def _build_value(hint: Any, value: Any, at: str) -> Any:
    bare = hints.unwrap(hint)
    if isinstance(bare, (str, hints.Unresolved)):
        return value  # a type that we cannot find: the constructor knows what to do with it
    if isinstance(bare, type):
        make = make_of(bare)
        if make in ("pydantic", "pydantic1") and isinstance(value, dict):
            return _build_pydantic(bare, value, at)
        if make in ("attrs", "dataclass") and isinstance(value, dict) and (make == "attrs" or _foreign_inside(bare)):
            return build_event(bare, value)
    elif _foreign(bare):
        return _build_members(bare, value, at)
    return build(hint, value, where=at)


def _foreign_inside(cls: Any) -> bool:
    return any(map(_foreign, hints.field_hints(cls).values()))


def _build_members(hint: Any, value: Any, at: str) -> Any:
    """Build a list or an optional value of classes of another library."""
    origin: Any = getattr(hint, "__origin__", None)
    args: tuple[Any, ...] = getattr(hint, "__args__", ())
    if value is None or isinstance(value, args if all(isinstance(arg, type) for arg in args) else ()):
        return value
    if origin in (list, tuple, set, frozenset) and isinstance(value, (list, tuple)):
        return origin(_build_value(args[0], item, f"{at}[{index}]") for index, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {key: _build_value(args[1], item, join(at, str(key))) for key, item in value.items()}
    for member in args:
        if member is not type(None) and _foreign(member):
            return _build_value(member, value, at)
    return value


def _build_pydantic(cls: Any, values: dict[str, Any], at: str) -> Any:
    try:
        return cls.model_validate(values) if hasattr(cls, "model_validate") else cls.parse_obj(values)
    except Exception as error:
        read = getattr(error, "errors", None)
        if not callable(read):
            raise
        first = read()[0]
        path = at
        for part in first.get("loc", ()):
            path = f"{path}[{part}]" if isinstance(part, int) else join(path, str(part))
        said = str(first.get("msg", "is invalid"))
        raise EventDataError(f"was rejected: {said[:200]}", where=path, subject=cls.__name__) from error
