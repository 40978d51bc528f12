"""Field values as people write them: what the form's editors and ``--set field=value`` read and show."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from inspector.core.errors import UsageError
from inspector.core.values.build import build, to_plain
from inspector.core.values.table import BY_KIND, MISFITS

if TYPE_CHECKING:
    from inspector.core.description import TypeShape

#: A JSON value.
JSON = Any

#: Kinds that are written as JSON.
STRUCTURED: Final = frozenset({"list", "tuple", "set", "frozenset", "dict", "object", "any"})
_SEQUENCES: Final = frozenset({"list", "tuple", "set", "frozenset"})
_SHOWN: Final = 60
#: What must be written for what is no atom, by kind.
_WORDS: Final = {"any": "text or JSON"}
_NO: Final = object()


def parse(shape: TypeShape, text: str, name: str = "value") -> JSON:
    """Read what a person wrote for a field.

    An empty text is None for an optional field. Containers and objects are written as JSON, an enum by name
    or value, a boolean as ``true`` or ``false``; the members of a union are tried in order, text last.

    Args:
        shape: The type of the field.
        text: What was written.
        name: The field's name, for the sentence that says what is wrong.

    Returns:
        The value as JSON, fully checked: an event built from it builds.

    Raises:
        UsageError: One sentence: what the field must be, and what was written.
    """
    if not text.strip() and shape.optional:
        return None
    if shape.kind == "union":
        return _parse_union(shape, text, name)
    if shape.kind == "any":
        return _parse_any(text)
    if shape.kind in ("enum", "literal"):
        return _choose(shape, text.strip(), name)
    if shape.kind in STRUCTURED:
        return check(shape, _load(text, shape, name), name)
    if shape.kind != "none" and shape.kind in BY_KIND:
        return _read_atom(shape, text, name)
    return _no_text(shape, text, name)


def check(shape: TypeShape, value: JSON, name: str = "value") -> JSON:
    """Check a JSON value against a type, all the way down.

    Returns:
        The value in the form in which it is sent: an enum by value, a UUID in lower case with dashes.

    Raises:
        UsageError: Names the place (``items[2].price``) and what must stand there.
    """
    if value is None and (shape.optional or shape.kind in ("none", "any")):
        return None
    if shape.kind in _SEQUENCES:
        return _check_items(shape, value, name)
    if shape.kind == "dict":
        return _check_mapping(shape, value, name)
    if shape.kind == "object":
        return _check_object(shape, value, name)
    if shape.kind == "union":
        return _check_union(shape, value, name)
    if shape.kind in ("enum", "literal"):
        return _check_choice(shape, value, name)
    if shape.kind == "any":
        return value
    if shape.kind == "none" or shape.kind not in BY_KIND:
        return _no_text(shape, value, name)
    try:
        return to_plain(build(BY_KIND[shape.kind].type, value))
    except ValueError:
        raise _wrong(shape, value, name) from None


def format(shape: TypeShape, value: JSON) -> str:  # noqa: A001 - the pair is parse and format
    """Write a JSON value as a person would; ``parse`` reads it back. None is an empty text."""
    if value is None:
        return "" if shape.optional or shape.kind != "any" else "null"
    if shape.kind == "str" and isinstance(value, str):
        return value
    if shape.kind in ("enum", "literal"):
        return next((choice.name for choice in shape.choices if _same(choice.value, value)), _json(value))
    if shape.kind == "union":
        return _format_union(shape, value)
    if shape.kind in STRUCTURED:
        return json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, (dict, list)) and value else None)
    if isinstance(value, str):
        return value
    return _json(value)


def describe(shape: TypeShape) -> str:
    """Return in words what must be written: ``a UUID, like 3f2a…``."""
    words = _describe(shape)
    return f"{words}{',' if ', like' in words else ''} or empty" if shape.optional else words


def _describe(shape: TypeShape) -> str:
    if shape.kind in ("enum", "literal"):
        names = [choice.name for choice in shape.choices[:8]]
        return "one of " + ", ".join(names) + (", …" if len(shape.choices) > len(names) else "")
    if shape.kind == "union":
        return " or ".join(dict.fromkeys(_describe(member) for member in shape.args))
    if shape.kind == "object":
        return f"a JSON object ({', '.join(field.name for field in shape.fields)})"
    if shape.kind == "dict":
        return "a JSON object, like {…}"
    if shape.kind == "tuple" and not shape.variadic:
        return f"a JSON list of {len(shape.args)}"
    if shape.kind in _SEQUENCES:
        return "a JSON list, like […]"
    atom = BY_KIND.get(shape.kind)
    return atom.words if atom is not None else _WORDS.get(shape.kind, f"a {shape.text}")


def _wrong(shape: TypeShape, value: object, name: str) -> UsageError:
    shown = value if isinstance(value, str) else _json(value)
    if len(shown) > _SHOWN:
        shown = shown[:_SHOWN] + "…"
    wanted = f"{name} must be {describe(shape)}"
    return UsageError(f"{wanted}; got {shown!r}" if shown else wanted)


def _no_text(shape: TypeShape, value: object, name: str) -> JSON:
    if shape.kind == "none" and value in ("", "null", None):
        return None
    raise UsageError(
        f"{name} is a {shape.text}, which cannot be entered as text",
        "Leave it out, or give it a default." if not shape.optional else "Leave it empty.",
    )


def _read_atom(shape: TypeShape, text: str, name: str) -> JSON:
    atom = BY_KIND[shape.kind]
    try:
        value = atom.read(text) if atom.read is not None else text.strip()
    except MISFITS:
        raise _wrong(shape, text.strip(), name) from None
    return check(shape, value, name)


def _load(text: str, shape: TypeShape, name: str) -> JSON:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise UsageError(f"{name} is nested too deeply") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        if not text.strip():
            raise UsageError(f"{name} must be {describe(shape)}") from None
        raise UsageError(f"{name} must be {describe(shape)}; {error.msg} at {where}") from None
    except ValueError as error:
        raise UsageError(f"{name} must be {describe(shape)}; {error}") from None


def _no_constant(text: str) -> JSON:
    raise ValueError(f"{text} is not JSON")


def _parse_any(text: str) -> JSON:
    """Take JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _parse_union(shape: TypeShape, text: str, name: str) -> JSON:
    if text.lstrip().startswith('"'):
        value = _parse_any(text)
        if isinstance(value, str):
            return check(shape, value, name)
    members = sorted(shape.args, key=lambda member: member.kind in ("str", "any"))
    fitting = (value for member in members if (value := _tried(parse, member, text)) is not _NO)
    value = next(fitting, _NO)
    if value is _NO:
        raise _wrong(shape, text, name)
    return value


def _format_union(shape: TypeShape, value: JSON) -> str:
    if isinstance(value, str):
        return value if _same(_tried(parse, shape, value), value) else _json(value)
    member = next((member for member in shape.args if _tried(check, member, value) is not _NO), None)
    return _json(value) if member is None else format(member, value)


def _choose(shape: TypeShape, text: str, name: str) -> JSON:
    """Find a choice by its name, by its value, or by its name in other case."""
    tests: tuple[Callable[[str, JSON], bool], ...] = (
        lambda label, _: label == text,
        lambda _, value: (value if isinstance(value, str) else _json(value)) == text,
        lambda label, _: label.casefold() == text.casefold(),
    )
    for test in tests:
        for choice in shape.choices:
            if test(choice.name, choice.value):
                return choice.value
    raise _wrong(shape, text, name)


def _check_choice(shape: TypeShape, value: JSON, name: str) -> JSON:
    for choice in shape.choices:
        if _same(choice.value, value):
            return choice.value
    if isinstance(value, str) and shape.kind == "enum":
        return _choose(shape, value, name)
    raise _wrong(shape, value, name)


def _same(first: JSON, second: JSON) -> bool:
    """Compare JSON values; ``true`` is not 1."""
    return type(first) is type(second) and bool(first == second)


def _check_items(shape: TypeShape, value: JSON, name: str) -> JSON:
    if not isinstance(value, list):
        raise _wrong(shape, value, name)
    if shape.kind == "tuple" and not shape.variadic:
        if len(value) != len(shape.args):
            raise UsageError(f"{name} must be {describe(shape)}; got {len(value)}")
        pairs = zip(shape.args, value, strict=True)
        return [check(inner, item, f"{name}[{index}]") for index, (inner, item) in enumerate(pairs)]
    if not shape.args:
        return value
    return [check(shape.args[0], item, f"{name}[{index}]") for index, item in enumerate(value)]


def _check_mapping(shape: TypeShape, value: JSON, name: str) -> JSON:
    if not isinstance(value, dict):
        raise _wrong(shape, value, name)
    if len(shape.args) != 2:
        return value
    keys, values = shape.args
    for key in value:
        parse(keys, key, f"key {key!r} of {name}")
    return {key: check(values, item, f"{name}[{key!r}]") for key, item in value.items()}


def _check_object(shape: TypeShape, value: JSON, name: str) -> JSON:
    if not isinstance(value, dict):
        raise _wrong(shape, value, name)
    fields = {field.name: field for field in shape.fields}
    for key in value:
        if key not in fields:
            raise UsageError(f"{name} has no field {key!r}; it has {', '.join(fields)}")
    for field in shape.fields:
        if field.required and field.name not in value:
            raise UsageError(f"{name}.{field.name} is missing")
    return {key: check(fields[key].type, item, f"{name}.{key}") for key, item in value.items()}


def _check_union(shape: TypeShape, value: JSON, name: str) -> JSON:
    # Text that is text as it stands; what it could be read as comes second, as when an event is built.
    members = sorted(shape.args, key=lambda member: not _same(_tried(check, member, value), value))
    checked = next((fit for member in members if (fit := _tried(check, member, value)) is not _NO), _NO)
    if checked is _NO:
        raise _wrong(shape, value, name)
    return checked


def _tried(reader: Callable[[TypeShape, Any], JSON], shape: TypeShape, value: Any) -> Any:
    """Return what a reader makes of a value, ``_NO`` when it refuses."""
    try:
        return reader(shape, value)
    except UsageError:
        return _NO


def _json(value: JSON) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, default=str)
