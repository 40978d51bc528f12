"""Synthetic values: the required fields of an event as they might be in production, so that one click fires."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from inspector.catalog import fieldtext
from inspector.catalog.synthetic.guess import FRACTIONS, TEXTS, WHOLE, SyntheticScene, by_ending, identifier
from inspector.catalog.synthetic.people import IDENTITIES, Identity
from inspector.catalog.synthetic.relations import relate
from inspector.core.description import EventDescription, FieldShape, TypeShape
from inspector.core.values.table import BY_KIND

#: A JSON value.
JSON = Any

#: Where synthetic times lie around: a fixed day, for the same seed gives the same values on any day.
ANCHOR: Final = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
#: How deep nested objects and containers are filled; a type may contain itself.
MAX_DEPTH: Final = 5
#: Kinds of which an optional field is never filled: any value would be as good as its default.
_KEEP_DEFAULT: Final = frozenset({"bool", "enum", "literal", "any", "opaque", "none", "bytes"})


def synthesise(
    event: EventDescription,
    rng: random.Random,
    *,
    identities: Sequence[Identity] | None = None,
    optional: bool = False,
) -> dict[str, JSON]:
    """Make values for the fields of an event that need one.

    What has a default keeps it, for its class may take nothing else there; with ``optional`` fields that a person would
    fill in get a value too, but for those of every event (``event_id``, …) and those that a factory fills.

    Args:
        event: The event type.
        rng: Where chance comes from; the same state gives the same values.
        identities: The people the event may be about; a fixed cast of five when not given.
        optional: Fill in optional fields.

    Returns:
        JSON values by field name, in the order of the fields. A required field of a type that cannot be
        built from JSON gets None.
    """
    cast = tuple(identities) if identities else IDENTITIES
    person = rng.choice(cast)
    other = rng.choice([member for member in cast if member is not person] or cast)
    scene = SyntheticScene(event, rng, person, other, optional)
    return _fill(scene, event.fields, depth=0)


def _fill(scene: SyntheticScene, fields: Sequence[FieldShape], depth: int) -> dict[str, JSON]:
    values = {
        shape.name: _value(scene, shape.name, shape.type, depth)
        for shape in fields
        if shape.required or (scene.optional and _worth_filling(shape))
    }
    relate(values, fields, scene)
    return values


def _worth_filling(shape: FieldShape) -> bool:
    """Return whether a person would fill in a field that has a default."""
    if shape.base or (shape.generated and shape.type.kind not in ("list", "dict")):
        return False
    kind = shape.type.kind
    if kind in _KEEP_DEFAULT:
        return False
    if kind == "uuid":
        return True
    if kind == "dict":
        return by_ending(shape.name, _DETAILS) is not None
    table = {"str": TEXTS, "int": WHOLE}.get(kind)
    if table is not None:
        unset = shape.default in (None, "", 0)
        return unset and by_ending(shape.name, table) is not None
    return shape.default is None and kind in ("float", "decimal", "datetime", "date")


class _Spot(NamedTuple):
    """A place that wants a value."""

    scene: SyntheticScene
    name: str
    shape: TypeShape
    depth: int

    def inner(self, shape: TypeShape, name: str = "") -> JSON:
        """Return a value for a part of what stands here."""
        return _value(self.scene, name or self.name, shape, self.depth + 1)


def _value(scene: SyntheticScene, name: str, shape: TypeShape, depth: int) -> JSON:
    make, atom = _MAKERS.get(shape.kind), BY_KIND.get(shape.kind)
    if depth >= MAX_DEPTH and shape.optional:
        return None
    if make is not None:
        return make(_Spot(scene, name, shape, depth))
    return scene.rng.choice(atom.examples) if atom is not None else None


def _text(spot: _Spot) -> JSON:
    end = by_ending(spot.name, TEXTS)
    if end is not None:
        return TEXTS[end](spot.scene)
    return f"{spot.name.strip('_').replace('_', '-') or 'value'}-{spot.scene.rng.randrange(100, 1000)}"


def _whole(spot: _Spot) -> JSON:
    end = by_ending(spot.name, WHOLE)
    return WHOLE[end](spot.scene) if end is not None else spot.scene.rng.randint(1, 100)


def _fraction(spot: _Spot) -> float:
    end = by_ending(spot.name, FRACTIONS)
    low, high = FRACTIONS[end] if end is not None else (1, 100)
    return round(spot.scene.rng.uniform(low, high), 2)


def _moment(spot: _Spot) -> datetime:
    """Return a time: one that lies ahead for what will happen, else one that is past."""
    rng = spot.scene.rng
    offset = timedelta(seconds=rng.randrange(60, 14 * 24 * 3600))
    ahead = any(word in spot.name for word in _AHEAD)
    return (ANCHOR + offset if ahead else ANCHOR - offset).replace(microsecond=rng.randrange(1000) * 1000)


def _clock(spot: _Spot) -> JSON:
    return f"{spot.scene.rng.randrange(8, 19):02}:{spot.scene.rng.choice((0, 15, 30, 45)):02}:00"


def _choice(spot: _Spot) -> JSON:
    choices = spot.shape.choices
    return spot.scene.rng.choice(choices).value if choices else None


def _items(spot: _Spot) -> JSON:
    shape = spot.shape
    if not shape.args:
        return []
    singular = spot.name.removesuffix("s") if not spot.name.endswith("ss") else spot.name
    if shape.kind == "tuple" and not shape.variadic:
        return [spot.inner(item, singular) for item in shape.args]
    if spot.depth >= MAX_DEPTH:
        return []
    many = 1 if spot.depth else spot.scene.rng.randint(1, 3)
    items = [spot.inner(shape.args[0], singular) for _ in range(many)]
    if shape.kind in ("set", "frozenset"):
        return [item for place, item in enumerate(items) if item not in items[:place]]
    return items


def _mapping(spot: _Spot) -> JSON:
    keys, values = spot.shape.args if len(spot.shape.args) == 2 else (_STR, _ANY)
    if spot.depth >= MAX_DEPTH:
        return {}
    end = by_ending(spot.name, _DETAILS)
    if end is not None and keys.kind == "str" and values.kind in ("str", "any"):
        return _DETAILS[end](spot.scene)
    key = spot.scene.pick("primary", "default") if keys.kind == "str" else spot.inner(keys, "id")
    return {fieldtext.format(keys, key): spot.inner(values, spot.name.removesuffix("s"))}


def _union(spot: _Spot) -> JSON:
    members = [member for member in spot.shape.args if member.kind in _MAKERS or member.kind in BY_KIND]
    return _value(spot.scene, spot.name, members[0], spot.depth) if members else None


def _object(spot: _Spot) -> JSON:
    return _fill(spot.scene, spot.shape.fields, spot.depth + 1) if spot.depth < 2 * MAX_DEPTH else None


_STR: Final = TypeShape("str", "str")
_ANY: Final = TypeShape("any", "Any")
#: Words in the name of a time that has not come yet.
_AHEAD: Final = ("expire", "until", "next", "due", "deadline", "scheduled", "valid_to")

#: What a dictionary of texts says, by the end of the field's name.
_DETAILS: Final[dict[str, Callable[[SyntheticScene], object]]] = {
    "details": lambda s: {"previous_location": s.other.location, "current_location": s.person.location},
    "metadata": lambda s: {"source": "web", "ip_address": s.person.ip_address},
    "headers": lambda s: {"User-Agent": s.person.user_agent, "Accept-Language": "en"},
    "context": lambda _: {"source": "web"},
    "attributes": lambda _: {"channel": "web"},
    "labels": lambda _: {"team": "payments"},
    "tags": lambda _: {"team": "payments"},
}

#: What is made by the name of the field and the scene; atoms that are not here take one of their examples.
_MAKERS: Final[dict[str, Callable[[_Spot], JSON]]] = {
    "str": _text,
    "int": _whole,
    "float": _fraction,
    "bool": lambda spot: spot.scene.rng.random() < 0.5,
    "uuid": lambda spot: identifier(spot.scene, spot.name),
    "datetime": lambda spot: _moment(spot).isoformat(timespec="milliseconds"),
    "date": lambda spot: _moment(spot).date().isoformat(),
    "time": _clock,
    "timedelta": lambda spot: f"PT{spot.scene.rng.choice((30, 60, 300, 900, 3600))}S",
    "decimal": lambda spot: f"{_fraction(spot):.2f}",
    "ipv4address": lambda spot: spot.scene.person.ip_address,
    "bytes": lambda spot: base64.b64encode(spot.scene.rng.randbytes(12)).decode(),
    "enum": _choice,
    "literal": _choice,
    "list": _items,
    "tuple": _items,
    "set": _items,
    "frozenset": _items,
    "dict": _mapping,
    "object": _object,
    "union": _union,
    "any": _text,
}
