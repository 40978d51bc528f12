"""Events that are only a name: what they carry is what their handlers ask for."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ...core.errors import InspectorError
from ...core.values import hints
from ..handlers import Handler
from .events import FREE, PAYLOAD, EventType, field_shape, fields_of, make_of, parameter_field, signature_hints

if TYPE_CHECKING:
    from ...core.description import FieldShape

#: What the parameters of handlers are called that get the name, what stands beside the payload, and the payload.
_NAME_PARAMETERS: Final = (
    *("name", "topic", "event_name", "signal", "channel", "event_type", "routing_key", "event"),
    *("code", "event_code", "event_id", "kind"),
)
_CONTEXT_PARAMETERS: Final = (
    *("ctx", "context", "session", "db", "db_session", "uow", "conn", "connection"),
    *("request", "sender", "bus", "metadata", "meta", "headers"),
)
PAYLOAD_PARAMETERS: Final = ("event", "payload", "data", "message", "msg", "body", "e", "evt")


def describe_name(
    name: str,
    handlers: Iterable[Any] = (),
    tags: Mapping[str, str] | None = None,
    *,
    by_keyword: bool = False,
    supplied: Collection[str] = (),
) -> EventType:
    """Describe an event that is a name; what its handlers ask for tells what it carries.

    It stands where its first handler does: a name is written down nowhere else. With ``by_keyword`` the bus hands what
    it carries to parameters of these names; those that are ``given`` it fills in itself.
    """
    asked: list[tuple[FieldShape, ...]] = []
    said = dict(tags or {})
    file, line = "", 0
    for handler in handlers:
        try:
            fields = payload_fields(handler, by_keyword=by_keyword, supplied=supplied)
            if fields is None and not by_keyword:
                fields = _fields_inside(handler)
        except InspectorError as error:
            said["problem"] = error.text
            continue
        if fields is not None:
            asked.append(fields)
        if not file:
            described = Handler(handler).description
            file, line = described.file, described.line
    shapes: dict[str, FieldShape] = {}
    for shape in (shape for fields in asked for shape in fields):
        if shape.required or shape.name not in shapes:
            shapes[shape.name] = shape
    return EventType(
        name, name, None, name, tuple(shapes.values()) if asked else (PAYLOAD,), file=file, line=line, tags=said
    )


def _fields_inside(handler: Any) -> tuple[FieldShape, ...] | None:
    """Return what the handler inside a closure asks for, where it takes nothing beside the payload."""
    inside = Handler(handler).enclosed
    taken = inside.code.co_argcount if inside is not None and inside.code is not None else 0
    return payload_fields(inside.target) if inside is not None and taken == 1 else None


def payload_fields(
    handler: Any, *, by_keyword: bool = False, supplied: Collection[str] = ()
) -> tuple[FieldShape, ...] | None:
    """Return what a handler of a named event asks for: its parameters, or what its payload holds; None if unknown.

    Of a payload that is a dict it is what the handler takes out of it: ``payload["order"]``, ``payload.get("note")``.
    """
    unwrapped = Handler(handler)
    parameters = unwrapped.parameters
    if parameters is None:
        return None
    function = unwrapped.function
    annotations = signature_hints(function) if hasattr(function, "__globals__") else {}
    named = [parameter for parameter in parameters if parameter.kind not in FREE]
    if by_keyword:
        free = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
        named = [parameter for parameter in named if parameter.name != "sender" and parameter.name not in supplied]
        return tuple(parameter_field(parameter, annotations) for parameter in named) or (None if free else ())
    if len(named) > 1 and named[0].name in _NAME_PARAMETERS:
        named = named[1:]  # the name comes first, where one handler is for several
    if len(named) > 1:
        named = [parameter for parameter in named if parameter.name not in _CONTEXT_PARAMETERS] or named
    if len(named) == 1:
        hint = hints.unwrap(annotations.get(named[0].name, Any))
        if isinstance(hint, type) and make_of(hint) != "plain":
            return fields_of(hint)
        if named[0].name in PAYLOAD_PARAMETERS or hint in (dict, Any) or _is_mapping(hint):
            return _taken_from(function, named[0].name) or None
    if not named:
        return None if any(parameter.kind in FREE for parameter in parameters) else ()
    return tuple(parameter_field(parameter, annotations) for parameter in named)


def _is_mapping(hint: Any) -> bool:
    origin = getattr(hint, "__origin__", None)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _taken_from(function: Any, name: str) -> tuple[FieldShape, ...]:
    """Return keys that a function takes out of a parameter by name; those that it only asks for need not be there."""
    code = getattr(function, "__code__", None)
    if code is None:
        return ()
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("PUSH_NULL", "CACHE")]
    keys: dict[str, bool] = {}
    for place, step in enumerate(steps[:-2]):
        last = step.argval[-1] if isinstance(step.argval, tuple) and step.argval else step.argval
        if not step.opname.startswith("LOAD_FAST") or last != name:
            continue
        key, then = steps[place + 1 : place + 3]
        if isinstance(key.argval, str) and key.opname.startswith("LOAD_CONST"):
            if then.opname == "BINARY_SUBSCR" or then.argrepr == "[]":
                keys[key.argval] = True
        elif key.argval == "get" and then.opname.startswith("LOAD_CONST") and isinstance(then.argval, str):
            keys.setdefault(then.argval, False)
    return tuple(field_shape(key, Any, required) for key, required in keys.items())
