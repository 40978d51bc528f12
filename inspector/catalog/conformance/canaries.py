"""Canaries: texts in secret fields that can be recognised wherever they turn up."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from inspector.catalog.findings.words import words

if TYPE_CHECKING:
    from inspector.core.description import EventDescription, FieldShape

#: How a canary begins. Letters, digits and ``-`` only: no URL, JSON or mail writes them in another way.
PREFIX: Final = "canary-"
_DEPTH: Final = 5
_MAIL: Final = frozenset({"email", "mail"})


def with_canaries(event: EventDescription, values: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return the values with a canary in every secret field that holds text; optional ones get one too.

    Args:
        event: The event type.
        values: Its values as JSON.
        rng: Where chance comes from.
    """
    return _filled(event.fields, values, rng, _DEPTH)


def _filled(fields: Sequence[FieldShape], values: Mapping[str, Any], rng: random.Random, depth: int) -> dict[str, Any]:
    filled = dict(values)
    for shape in fields:
        inner = filled.get(shape.name)
        if shape.secret and shape.type.kind == "str":
            canary = f"{PREFIX}{rng.getrandbits(96):024x}"
            # Who hides an address sends mail to it all the same, and takes it for one.
            filled[shape.name] = canary if _MAIL.isdisjoint(words(shape.name)) else f"{canary}@example.org"
        elif depth and shape.type.kind == "object" and isinstance(inner, Mapping):
            filled[shape.name] = _filled(shape.type.fields, inner, rng, depth - 1)
    return filled
