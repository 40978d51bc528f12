"""Values as trees: payloads as they were recorded, variables as they were written down. Nothing of theirs is run."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from inspector.analysis.query.complete import quoted
from inspector.analysis.query.query import FIELDS, MEASURES, PAYLOAD
from inspector.app.text import plural
from inspector.core.values.read import EnumValue, ObjectValue, decode, plain
from inspector.core.values.table import EXACT

#: Values that are shown below one; the rest is counted, and in the copy.
MOST: Final = 200
#: Characters of a value that are shown in its line.
_SHOWN: Final = 300
#: Values within values of a variable; deeper ones are shown as they are written.
_DEPTH: Final = 20
#: What may be filtered by: longer values are none that anybody looks for.
_FILTERED: Final = 120
_NAME: Final = re.compile(r"[^\W\d]\w*")
_OPENINGS: Final = {"(": ")", "[": "]", "{": "}"}
_WHOLE: Final = re.compile(r"(?P<type>[\w.]*)(?P<open>[(\[{])(?P<inside>.*)[)\]}]", re.S)


@dataclass(frozen=True)
class Value:
    """One value of a tree.

    Attributes:
        name: What it is called where it stands.
        text: The value, or what is in it, for one line.
        ink: Token of its colour.
        exact: The whole of it, to copy.
        filter: What filters by it; empty where nothing does.
        values: What is in it.
        opened: It is open at first.
    """

    name: str
    text: str
    ink: str = "text"
    exact: str = ""
    filter: str = ""
    values: tuple[Value, ...] = ()
    opened: bool = False


def value_text(value: Any) -> tuple[str, str]:
    """Return a decoded value as text, and the token of its colour; of values with others in them, no text."""
    if value is None or isinstance(value, bool):
        return json.dumps(value) if value is None else str(value), "keyword"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False), "string"
    atom = EXACT.get(id(type(value)))
    if atom is not None:
        return str(atom.shown(value)), atom.ink
    if isinstance(value, EnumValue):
        return f"{value.type.rpartition('.')[2]}.{value.name or value.value}", "keyword"
    return "", "text"


def payload_values(payload: str, base: Collection[str] = ()) -> tuple[Value, ...]:
    """Return the values of a recorded payload (tagged JSON text), the event's own fields first.

    Args:
        payload: The text.
        base: Names of the fields that every event has; they come last, folded.

    Raises:
        ValueError: The text is no snapshot.
    """
    typed, exact = decode(payload), plain(payload)
    if not isinstance(typed, dict):
        return (_value("value", typed, exact, ()),)
    values = list(_members(typed, exact, ()))
    own = [value for value in values if value.name not in base]
    rest = tuple(value for value in values if value.name in base)
    own = own or list(rest)
    if rest and own != list(rest):
        names = ", ".join(value.name for value in rest)
        inside = {value.name: exact.get(value.name) for value in rest}
        own.append(Value("Base fields", names, "dim", _json(inside), values=rest))
    return tuple(own)


def variable_values(variables: Iterable[tuple[str, str]]) -> tuple[Value, ...]:
    """Return the variables of a frame, each a name and what was written down of its value."""
    return tuple(_variable(name, text, _DEPTH) for name, text in variables)


def _json(exact: Any) -> str:
    return exact if isinstance(exact, str) else json.dumps(exact, ensure_ascii=False, indent=2)


def _value(name: str, typed: Any, exact: Any, path: tuple[str, ...]) -> Value:
    text, ink = value_text(typed)
    inside: tuple[Value, ...] = ()
    if not text:
        text, ink = json.dumps(exact, ensure_ascii=False), "text"
        inside = tuple(_members(typed, exact, path))
    if isinstance(typed, ObjectValue):
        held = {key: value for key, value in exact.items() if key != "(type)"} if isinstance(exact, dict) else exact
        text = f"{typed.type.rpartition('.')[2]} {json.dumps(held, ensure_ascii=False)}"
    chosen = "" if inside or text in ("[]", "{}") else _filter(path, exact)
    return Value(name, _cut(text), ink, _json(exact), chosen, inside)


def _members(typed: Any, exact: Any, path: tuple[str, ...]) -> Iterator[Value]:
    """Yield what is in a value, by name or place; of more than ``MOST``, how many there are."""
    if isinstance(typed, ObjectValue):
        if typed.value is not None:
            typed, exact = {"value": typed.value}, {"value": exact["value"]}
        else:
            typed, exact = typed.fields, {key: value for key, value in exact.items() if key != "(type)"}
    if isinstance(typed, dict):
        if len(typed) != len(exact):  # keys that are written alike
            typed = exact
        pairs = zip(exact, typed.values(), exact.values(), strict=True)
        members = [(str(name), value, shown, (*path, str(name))) for name, value, shown in pairs]
    elif isinstance(exact, list):
        # The elements of a set stand in another order than their texts.
        values = typed if isinstance(typed, list | tuple) else exact
        pairs = zip(range(len(exact)), values, exact, strict=True)
        members = [(str(place), value, shown, path) for place, value, shown in pairs]
    else:
        return
    for member in members[:MOST]:
        yield _value(*member)
    if len(members) > MOST:
        yield Value("…", f"{plural(len(members) - MOST, 'more value')}", "dim")


def _filter(path: tuple[str, ...], exact: Any) -> str:
    """Return the filter that lets through what has this value in this place."""
    text = exact if isinstance(exact, str) else json.dumps(exact, ensure_ascii=False)
    if not path or not text.strip() or len(text) > _FILTERED or not all(map(_NAME.fullmatch, path)):
        return ""
    name = ".".join(path)
    return f"{PAYLOAD if name in FIELDS or name in MEASURES else ''}{name}:{quoted(text)}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _variable(name: str, text: str, depth: int) -> Value:
    """Return a variable; the values in it are read from what was written down of it."""
    whole = _WHOLE.fullmatch(text) if depth else None
    parts = _parts(whole["inside"]) if whole is not None else None
    values: list[Value] = []
    if whole is not None and parts:
        for place, part in enumerate(parts):
            key, value = _split(part, ": " if whole["open"] == "{" else "=" if whole["type"] else "")
            values.append(_variable(key or str(place), value, depth - 1) if part != "…" else Value("…", "", "dim"))
    return Value(name, _cut(text), "text" if values else _ink(text), text, values=tuple(values))


def _ink(text: str) -> str:
    if text in ("None", "True", "False"):
        return "keyword"
    return "string" if text[:1] in "'\"" or text[:2] in ("b'", 'b"') else "number" if text[:1].isdigit() else "text"


def _parts(inside: str) -> list[str] | None:
    """Return what stands between the commas of a list; None where brackets or quotes do not fit together."""
    parts, closing, begin, at = [], [], 0, 0
    while at < len(inside):
        character = inside[at]
        if character in "'\"":
            end = at + 1
            while end < len(inside) and inside[end] != character:
                end += 2 if inside[end] == "\\" else 1
            at = end
        elif character in _OPENINGS:
            closing.append(_OPENINGS[character])
        elif closing and character == closing[-1]:
            closing.pop()
        elif character in ")]}":
            return None
        elif character == "," and not closing:
            parts.append(inside[begin:at].strip())
            begin = at + 1
        at += 1
    if closing or at > len(inside):
        return None
    return [part for part in (*parts, inside[begin:].strip()) if part]


def _split(part: str, sign: str) -> tuple[str, str]:
    """Return name and value of a part; without a name where it has none."""
    if not sign:
        return "", part
    if part[:1] in "'\"":
        quote = re.match(r"""(['"])(?:[^\\]|\\.)*?\1""", part, re.S)
        end = quote.end() if quote is not None else -1
        return (part[:end], part[end + len(sign) :]) if end > 0 and part.startswith(sign, end) else ("", part)
    key, middle, value = part.partition(sign)
    return (key, value) if middle and (sign != "=" or _NAME.fullmatch(key)) else ("", part)
