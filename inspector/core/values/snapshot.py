"""Payload snapshots: JSON text in which typed values survive, and back.

What JSON can say stands as it is. The rest is an object with one key that begins with ``$``:

    {"$uuid": "…"} {"$datetime": "…"} {"$date": "…"} {"$time": "…"} {"$timedelta": [days, seconds, micros]}
    {"$decimal": "1.50"} {"$float": "nan"} {"$int": "…"} (beyond 2^53) {"$bytes": base64}
    {"$tuple": […]} {"$set": […]} {"$frozenset": […]}
    {"$enum": "module.Qual", "name": …, "value": …}      {"$dict": [[key, value], …]} (keys not all plain text)
    {"$type": "module.Qual", "fields": {…}} or "value"   any other class, by what it holds
    {"$cycle": "$.a[0]"}  {"$cut": reason, …}            what was left out, and why; {"$more": n} ends a cut list

A snapshot is taken in the tick of the publish and runs none of the user's code: see ``walk`` and ``classfacts``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from .classfacts import ClassFacts, static_lookup
from .read import EnumValue, ObjectValue, Truncated, decode, plain
from .walk import ATOM_IDS, Budget, Walk

if TYPE_CHECKING:
    from ..records.redact import Redactor

__all__ = ["BUDGET", "Budget", "Codec", "EnumValue", "ObjectValue", "Truncated", "decode", "plain", "snapshot"]

BUDGET: Final = Budget()
#: Longest text or bytes that ``frozen_values`` keeps alive until they are encoded.
_FROZEN_LENGTH: Final = 64 * 1024
_MAX_CLASSES: Final = 4096
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_ASCII: Final = json.JSONEncoder(ensure_ascii=True, check_circular=False, separators=(",", ":"))


def _json(structure: Any) -> str:
    text = _ENCODER.encode(structure)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # a lone surrogate: as an escape it goes through every file and database
            return _ASCII.encode(structure)
    return text


class Codec:
    """Takes snapshots, and keeps what it has learned of each class.

    Args:
        redactor: Hides secrets; None shows everything.
        budget: Bounds of each snapshot.
    """

    def __init__(self, redactor: Redactor | None = None, budget: Budget = BUDGET) -> None:
        self._redactor = redactor
        self._budget = budget
        # By id, not by class: a metaclass of the user's may define __hash__ or __eq__. The facts keep the class alive.
        self._facts: dict[int, ClassFacts] = {}

    def snapshot(self, value: Any) -> str:
        """Give a value as tagged JSON text. Never runs code of the value's class, and never raises for its sake."""
        walk = self._walk()
        return self._written(lambda: walk.value(value))

    def snapshot_fields(self, obj: object) -> str:
        """Give the fields of an event (a dataclass; else what the object or dict holds) as a tagged JSON object."""
        walk = self._walk()
        if type(obj) is dict:
            pairs = dict.copy(obj)
            return self._written(lambda: walk.fields(pairs.items()))
        facts = self.facts_of(type(obj))
        return self._written(lambda: walk.fields(facts.attributes(obj).items(), facts.marked))

    def names(self, obj: object) -> tuple[str, ...]:
        """Give the names that belong to the values of ``frozen_values``, the same tuple for every event of a class."""
        return self.facts_of(type(obj)).names

    def frozen_values(self, obj: object) -> tuple[Any, ...] | None:
        """Give the field values of an event when all are immutable atoms: then encoding can wait. About a microsecond.

        None: take ``snapshot_fields`` at once.
        """
        kind = type(obj)
        facts = self._facts.get(id(kind)) or self.facts_of(kind)
        if facts.atom_getter is None:
            return None
        try:
            values = facts.atom_getter(obj)
        except AttributeError:  # a field that was deleted, or never set
            return None
        for value in values:
            of = type(value)
            if of is UUID or value is None:  # most fields of most events: event, correlation and user ids
                continue
            if of is str or of is bytes:
                if len(value) > _FROZEN_LENGTH:
                    return None
            elif of is datetime:
                zone = value.tzinfo
                if zone is not None and type(zone) is not timezone and type(zone) is not ZoneInfo:
                    return None
            elif id(of) not in ATOM_IDS and not self._is_constant(value):
                return None
        return values

    def encode_frozen(self, names: Sequence[str], values: Sequence[Any]) -> str:
        """Give what ``snapshot_fields`` would have given for the values of ``frozen_values``; from any thread."""
        walk = self._walk()
        return self._written(lambda: walk.fields(zip(names, values, strict=True)))

    def facts_of(self, cls: type) -> ClassFacts:
        """Give the facts of a class, found out once."""
        facts = self._facts.get(id(cls))
        if facts is None:
            if len(self._facts) >= _MAX_CLASSES:  # classes made on the fly may have no end
                self._facts.clear()
            facts = self._facts[id(cls)] = ClassFacts(cls)
        return facts

    def _is_constant(self, value: Any) -> bool:
        """A member of an enum whose value is an atom."""
        facts = self.facts_of(type(value))
        if facts.kind != "enum" or static_lookup(facts.cls, "_value_") is not None:
            return False
        return id(type(facts.attributes(value).get("_value_"))) in ATOM_IDS

    def _walk(self) -> Walk:
        return Walk(self._redactor, self._budget, self.facts_of)

    @staticmethod
    def _written(encode: Any) -> str:
        try:
            return _json(encode())
        except RecursionError:  # published from deep inside a recursion: there is no room left to walk
            return '{"$cut":"depth","type":"?"}'


def snapshot(value: Any, budget: Budget = BUDGET, redactor: Redactor | None = None) -> str:
    """Give one value as tagged JSON text; for many, keep a ``Codec``."""
    return Codec(redactor, budget).snapshot(value)
