"""One made-up event of a class: values of every type that a field may ask for, always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...core.errors import InspectorError
from .eventbuild import build_event

if TYPE_CHECKING:
    from ...core.description import FieldShape, TypeShape
    from .events import EventType

_VALUES: Final[dict[str, Any]] = {
    "str": "sample",
    "int": 7,
    "float": 1.5,
    "bool": True,
    "uuid": "12345678-1234-5678-1234-567812345678",
    "datetime": "2024-02-29T12:34:56.789012+00:00",
    "date": "2024-02-29",
    "time": "12:34:56.789012",
    "timedelta": "PT1H2M3S",
    "decimal": "19.90",
    "bytes": "c2FtcGxl",
    "any": "sample",
}


def sample(event: EventType) -> Any:
    """Build an event with a value in every field that needs one.

    Raises:
        InspectorError: It has a field whose type cannot be made up, or refuses the values.
    """
    if event.cls is None:
        raise InspectorError(f"{event.name} has no class.")
    return build_event(event.cls, {field.name: _value(field.type) for field in event.fields if _wanted(field)})


def _wanted(field: FieldShape) -> bool:
    return field.required or (field.default is None and not field.generated and field.type.kind != "opaque")


def _value(shape: TypeShape) -> Any:
    if shape.kind in _VALUES:
        return _VALUES[shape.kind]
    if shape.choices:
        return shape.choices[0].value
    if shape.kind == "none":
        return None
    if shape.kind in ("list", "set", "frozenset"):
        return [_value(shape.args[0])] if shape.args else []
    if shape.kind == "tuple":
        return [_value(arg) for arg in shape.args]
    if shape.kind == "dict":
        return {"sample": _value(shape.args[1])} if shape.args and shape.args[0].kind in ("str", "any") else {}
    if shape.kind == "union":
        return _value(shape.args[0])
    if shape.kind == "object":
        return {field.name: _value(field.type) for field in shape.fields if _wanted(field)}
    if shape.optional:
        return None
    raise InspectorError(f"A {shape.text} cannot be made up.")
