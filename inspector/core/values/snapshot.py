"""Payload snapshots: JSON text in which typed values survive, and back.

What JSON can say stands as it is. The rest is an object with one key that begins with ``$``:

    {"$uuid": "…"} {"$datetime": "…"} {"$date": "…"} {"$time": "…"} {"$timedelta": [days, seconds, micros]}
    {"$decimal": "1.50"} {"$float": "nan"} {"$int": "…"} (beyond 2^53) {"$bytes": base64} … as ``table`` says
    {"$tuple": […]} {"$set": […]} {"$frozenset": […]}
    {"$enum": "module.Qual", "name": …, "value": …}      {"$dict": [[key, value], …]} (keys not all plain text)
    {"$type": "module.Qual", "fields": {…}} or "value"   any other class, by what it holds
    {"$cycle": "$.a[0]"}  {"$cut": reason, …}            what was left out, and why; {"$more": n} ends a cut list

A snapshot is taken in the tick of the publish and runs none of the user's code: see ``Walk`` and ``classfacts``.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timezone
from math import isfinite
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from .classfacts import ClassFacts, static_lookup, type_name
from .jsontext import json_text
from .read import EnumValue, ObjectValue, Truncated, decode, plain
from .table import DECIMAL_BITS, ENCODERS, FROZEN

if TYPE_CHECKING:
    from ..redact.redactor import Redactor


# One walk over a payload: values in, tagged JSON structure out, within a budget and without the user's code.

#: Whole numbers beyond it are not exact for every reader of JSON.
EXACT_INT: Final = 2**53
#: A text is redacted this far beyond its cut, so that no half of a secret is left standing at the cut.
_OVERLAP: Final = 4096
#: What stands under ``value`` beside one of these has the name that stands there.
_LABELS: Final = frozenset({"name", "key", "header"})


@dataclass(frozen=True)
class Budget:
    """Bounds of one snapshot.

    Attributes:
        nodes: Values visited.
        size: Characters of text and bytes kept, about.
        depth: Containers within containers.
        time: Nanoseconds spent; None for no limit.
    """

    nodes: int = 10_000
    size: int = 64 * 1024
    depth: int = 64
    time: int | None = 5_000_000


class Walk:
    """Encodes values into the structure that ``json`` writes. One per snapshot.

    Args:
        redactor: Hides secrets; None shows everything.
        budget: Where to stop.
        facts_of: Returns the (remembered) facts of a class.
    """

    def __init__(self, redactor: Redactor | None, budget: Budget, facts_of: Callable[[type], ClassFacts]) -> None:
        self._redactor = redactor
        self._facts_of = facts_of
        self._nodes = budget.nodes
        self._size = budget.size
        self._depth = budget.depth
        self._deadline = None if budget.time is None else perf_counter_ns() + budget.time
        self._spent = ""
        self._open: dict[int, int] = {}  # id of an open container → how deep it lies
        self._path: list[str] = []

    def fields(self, pairs: Iterable[tuple[str, Any]], marked: frozenset[str] = frozenset()) -> Any:
        """Encode named values; names that are marked or sound secret hide the texts below them."""
        return self._pairs(pairs, None, "", marked)

    def value(self, value: Any, secret: str = "") -> Any:
        """Encode a value; ``secret`` is the kind of secret that it is, if it is one."""
        kind = type(value)
        if kind is str:
            return self.text(value, secret)
        if value is None or kind is bool:
            return value
        self._count()
        if self._spent:
            return {"$cut": self._spent, "type": type_name(kind)}
        encode = ENCODERS.get(id(kind))
        if encode is not None:
            return encode(self, value, secret)
        return self._container(value, kind, secret)

    def _count(self) -> None:
        self._nodes -= 1
        if self._nodes < 0:
            self._spent = self._spent or "nodes"
        elif self._size < 0:
            self._spent = self._spent or "size"
        elif self._deadline is not None and self._nodes % 32 == 0 and perf_counter_ns() > self._deadline:
            self._spent = self._spent or "time"

    # -- texts, bytes, numbers ---------------------------------------------------------------------------

    def text(self, text: str, secret: str, tag: str = "") -> Any:
        """Encode a text that people wrote, secrets in it hidden; a cut one begins with what there was room for."""
        self._count()
        if secret and text and self._redactor:
            return self._redactor.hide(secret, text)
        room = max(self._size, 0)
        if len(text) <= room:
            self._size -= len(text)
            shown = self._redactor.text_of(self._path[-1] if self._path else "", text) if self._redactor else text
            return {tag: shown} if tag else shown
        head = text[: room + _OVERLAP]
        if self._redactor:
            head = self._redactor.redact_text(head)
        self._size = -1
        return {"$cut": "text", "text": head[:room], "length": len(text)}

    def raw(self, value: bytes, secret: str, tag: str) -> Any:
        """Encode bytes as base64; as a whole hidden when there is a secret in them."""
        if self._redactor and value:
            shown = bytes(value[: max(self._size, 0)]).decode("latin-1")
            if secret or self._redactor.redact_text(shown) != shown:
                return self._redactor.mark(secret or "bytes", bytes(value))
        room = max(self._size, 0)
        self._size -= len(value)
        if len(value) <= room:
            return {tag: base64.b64encode(value).decode("ascii")}
        return {"$cut": "bytes", "bytes": base64.b64encode(value[:room]).decode("ascii"), "length": len(value)}

    def whole(self, value: int) -> Any:
        """Encode an int: beyond 2^53 as text, very long ones in hexadecimal, which is linear."""
        if -EXACT_INT <= value <= EXACT_INT:
            return value
        bits = value.bit_length()
        if bits <= DECIMAL_BITS:
            return {"$int": str(value)}
        if bits // 4 > max(self._size, 0):
            return {"$cut": "int", "bits": bits}
        self._size -= bits // 4
        return {"$int": hex(value)}

    def tagged(self, tag: str, text: str) -> Any:
        """Encode a value by its text."""
        if len(text) > max(self._size, 0):
            return {"$cut": "text", "text": text[:64], "length": len(text)}
        self._size -= len(text)
        return {tag: text}

    def instance(self, value: Any, secret: str) -> Any:
        """Encode a value by what it holds, whatever its class is."""
        return self._container(value, type(value), secret)

    def class_name(self, cls: type) -> str:
        """Return ``module.Qual`` of a class, without running any of its code."""
        return type_name(cls)

    # -- containers --------------------------------------------------------------------------------------

    def _container(self, value: Any, kind: type, secret: str) -> Any:
        opened = self._open.get(id(value))
        if opened is not None:
            return {"$cycle": "$" + "".join(self._path[:opened])}
        if len(self._open) >= self._depth:
            return {"$cut": "depth", "type": type_name(kind)}
        self._open[id(value)] = len(self._path)
        try:
            if kind is list:
                return self._sequence(value, secret)
            if kind is dict:
                return self._pairs(dict.items(value), len(value), secret)
            if kind is tuple:
                return {"$tuple": self._sequence(value, secret)}
            if kind is set or kind is frozenset:
                return {f"${kind.__name__}": self._unordered(value, kind, secret)}
            return self._instance(value, self._facts_of(kind), secret)
        except RuntimeError as error:
            if isinstance(error, RecursionError):
                raise
            return {"$cut": "changed", "type": type_name(kind)}  # by another thread, while we read it
        finally:
            del self._open[id(value)]

    def _sequence(self, value: list[Any] | tuple[Any, ...], secret: str) -> list[Any]:
        """Encode a list or tuple; of a pair of name and value, and of a command line, the secrets alone are hidden."""
        secrets = self._redactor.in_sequence(value) if self._redactor and not secret else None
        if not secrets or self._redactor is None:
            return self._items(value, len(value), secret)
        encoded = []
        for index, item in enumerate(value):
            kind, begin = secrets.get(index, ("", 0))
            if begin:
                encoded.append(item[:begin] + self._redactor.hide(kind, item[begin:]))
            else:
                encoded.append(self.value(item, kind))
        return encoded

    def _items(self, items: Iterable[Any], length: int, secret: str) -> list[Any]:
        encoded: list[Any] = []
        for index, item in enumerate(items):
            if self._spent:
                encoded.append({"$more": length - index})
                break
            self._path.append(f"[{index}]")
            encoded.append(self.value(item, secret))
            self._path.pop()
        return encoded

    def _unordered(self, items: Any, base: Any, secret: str) -> list[Any]:
        encoded = self._items(base.__iter__(items), base.__len__(items), secret)
        if self._spent or len(encoded) > 1000:
            return encoded
        # An order of its own, so that the same set is the same text in every run.
        return sorted(encoded, key=json.dumps)

    def _pairs(
        self,
        pairs: Iterable[tuple[Any, Any]],
        length: int | None,
        secret: str,
        marked: frozenset[str] = frozenset(),
    ) -> Any:
        plain: dict[str, Any] = {}
        others: list[list[Any]] | None = None
        labelled = ""
        for index, (key, value) in enumerate(pairs):
            if self._spent:
                more = {"$more": (length or 0) - index} if length else {"$more": 0}
                if others is None:
                    plain.update(more)
                else:
                    others.append([more, None])
                break
            name = key if type(key) is str else ""
            kind = secret or (self._kind_of(name, marked) if name else "")
            if name in _LABELS and type(value) is str:  # {"name": "DB_PASSWORD", "value": "…"}
                labelled = self._kind_of(value, frozenset())
            elif name == "value":
                kind = kind or labelled
            self._path.append(f".{name}" if name else "[…]")
            encoded_key = self._key(key)
            encoded = self.value(value, kind)
            self._path.pop()
            if others is None and (type(encoded_key) is not str or encoded_key.startswith("$")):
                others = [[name, value] for name, value in plain.items()]
            if others is None:
                plain[encoded_key] = encoded
            else:
                others.append([encoded_key, encoded])
        return plain if others is None else {"$dict": others}

    def _key(self, key: Any) -> Any:
        if type(key) is str and len(key) <= 64:
            return self._redactor.redact_text(key) if self._redactor else key
        return self.value(key)

    def _kind_of(self, name: str, marked: frozenset[str]) -> str:
        if self._redactor is None:
            return ""
        return self._redactor.kind_of(name[:200]) or ("secret" if name in marked else "")

    # -- instances of classes ------------------------------------------------------------------------------

    def _instance(self, value: Any, facts: ClassFacts, secret: str) -> Any:
        if facts.kind == "enum":
            held = facts.attributes(value)
            name = held.get("_name_")
            return {
                "$enum": facts.name,
                "name": name if type(name) is str else None,
                "value": self.value(held.get("_value_"), secret),
            }
        if not secret and facts.name.rpartition(".")[2] in ("SecretStr", "SecretBytes", "Secret"):
            secret = "secret"  # noqa: S105 - a kind of secret
        if facts.kind == "tuple" and facts.names:
            return {
                "$type": facts.name,
                "fields": self._pairs(
                    zip(facts.names, tuple.__iter__(value), strict=False), None, secret, facts.marked
                ),
            }
        if facts.kind in _HELD:
            return {"$type": facts.name, "value": _HELD[facts.kind](self, value, secret)}
        inner = None if facts.held is None else facts.held(value)
        if inner is not None:
            return {"$type": facts.name, "value": self.value(inner, secret)}
        held = facts.attributes(value)
        if facts.kind == "exception":
            held = {"args": BaseException.__dict__["args"].__get__(value), **held}
        return {"$type": facts.name, "fields": self._pairs(held.items(), len(held), secret, facts.marked)}


def _items_of(base: Any) -> Callable[[Walk, Any, str], Any]:
    def encode(walk: Walk, value: Any, secret: str) -> Any:
        iterator: Iterator[Any] = base.__iter__(value)
        return walk._items(iterator, base.__len__(value), secret)  # noqa: SLF001 - part of the walk

    return encode


#: What an instance of a subclass holds, read through the built-in base.
_HELD: Final[dict[str, Callable[[Walk, Any, str], Any]]] = {
    "dict": lambda walk, value, secret: walk._pairs(dict.items(value), dict.__len__(value), secret),  # noqa: SLF001
    "list": _items_of(list),
    "tuple": _items_of(tuple),
    "deque": _items_of(deque),
    "set": lambda walk, value, secret: walk._unordered(value, set, secret),  # noqa: SLF001
    "frozenset": lambda walk, value, secret: walk._unordered(value, frozenset, secret),  # noqa: SLF001
    "class": lambda _walk, value, _secret: type_name(value),
    "module": lambda _walk, value, _secret: _named(value, "__name__"),
    "function": lambda _walk, value, _secret: _named(value, "__qualname__"),
}


def _named(value: Any, attribute: str) -> str:
    name = object.__getattribute__(value, attribute)
    return name if type(name) is str else "?"


__all__ = ["BUDGET", "Budget", "Codec", "EnumValue", "ObjectValue", "Truncated", "decode", "plain", "snapshot"]

BUDGET: Final = Budget()
#: Longest text or bytes that ``frozen_values`` keeps alive until they are encoded.
_FROZEN_LENGTH: Final = 64 * 1024
_MAX_CLASSES: Final = 4096
#: Longest text, and most fields, that are surely within the budget; and how many texts are remembered.
_SHORT: Final = 200
_FEW: Final = 100
_MAX_TEXTS: Final = 2048
#: Texts of the UUIDs that were written last, by number.
_UUIDS: Final[dict[int, str]] = {}
_MAX_UUIDS: Final = 1024
#: Zones of times that are written without a walk.
ZONES: Final = frozenset({type(None), timezone})
_WORDS: Final = {None: "null", False: "false", True: "true"}


def _never(_value: Any) -> bool:
    """Stand for the check of what is no atom."""
    return False


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
        #: How fields begin as JSON, by the names of a class, and texts as JSON that hide nothing, by field and text.
        self._heads: dict[tuple[str, ...], tuple[tuple[str, str, str], ...]] = {}
        self._shown: dict[tuple[str, str], str] = {}

    def snapshot(self, value: Any) -> str:
        """Return a value as tagged JSON text. Never runs code of the value's class, and never raises for its sake."""
        walk = self._walk()
        return self._written(lambda: walk.value(value))

    def snapshot_fields(self, obj: object) -> str:
        """Return the fields of an event (a dataclass; else what the object or dict holds) as a tagged JSON object."""
        walk = self._walk()
        if type(obj) is dict:
            pairs = dict.copy(obj)
            return self._written(lambda: walk.fields(pairs.items()))
        facts = self.facts_of(type(obj))
        return self._written(lambda: walk.fields(facts.attributes(obj).items(), facts.marked))

    def text_of_fields(self, obj: object) -> str:
        """Return what ``snapshot_fields`` does, the short way where all fields are immutable atoms."""
        values = self.frozen_values(obj)
        return self.snapshot_fields(obj) if values is None else self.encode_frozen(self.names(obj), values)

    def direct_way(self, cls: type) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[tuple[str, str], ...]] | None:
        """Return what reads the fields of a class, how each begins as JSON and what it is called; None: not directly.

        None of these is secret by its name, and each can be written by itself.
        """
        facts = self.facts_of(cls)
        heads = () if facts.atom_getter is None else self._heads_of(facts.names)
        if facts.atom_getter is None or not heads or any(kind for _, _, kind in heads):
            return None
        return facts.atom_getter, tuple((head, name) for head, name, _ in heads)

    def short_text(self, name: str, text: str) -> tuple[str, bool]:
        """Return the text of a field that is not secret by its name as JSON, and whether it hides anything.

        The first is empty where it is too long to be written by itself.
        """
        if len(text) > _SHORT:
            return "", False
        written = self._shown.get((name, text)) or self._text_of(name, text, "")
        return written, (name, text) not in self._shown

    def names(self, obj: object) -> tuple[str, ...]:
        """Return names that belong to the values of ``frozen_values``, the same tuple for every event of a class."""
        return self.facts_of(type(obj)).names

    def frozen_values(self, obj: object) -> tuple[Any, ...] | None:
        """Return field values of an event when all are immutable atoms: then encoding can wait. About a microsecond.

        None: take ``snapshot_fields`` at once.
        """
        kind = type(obj)
        try:
            facts = self._facts[id(kind)]
        except KeyError:
            facts = self.facts_of(kind)
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
            if of is datetime:
                zone = value.tzinfo
                if zone is not UTC and zone is not None and type(zone) is not timezone and type(zone) is not ZoneInfo:
                    return None
            elif of is str or of is bytes:
                if len(value) > _FROZEN_LENGTH:
                    return None
            else:
                check = FROZEN.get(id(of), _never)
                if check is not None and not (self._is_constant if check is _never else check)(value):
                    return None
        return values

    def encode_frozen(self, names: Sequence[str], values: Sequence[Any]) -> str:
        """Return what ``snapshot_fields`` would have given for the values of ``frozen_values``; from any thread."""
        key = tuple(names)
        heads = self._heads.get(key)
        if heads is None:
            if len(self._heads) >= _MAX_CLASSES:
                self._heads.clear()
            heads = self._heads[key] = self._heads_of(key)
        parts = []
        for (head, name, kind), value in zip(heads, values):  # noqa: B905 - without heads the long way checks it
            of = type(value)
            if of is str:
                if len(value) > _SHORT:  # together they may be too much
                    break
                text = None if kind else self._shown.get((name, value))
                parts.append(head + (self._text_of(name, value, kind) if text is None else text))
            elif of is int and not kind and -EXACT_INT <= value <= EXACT_INT:
                parts.append(f"{head}{value}")
            elif of is float and not kind and isfinite(value):
                parts.append(f"{head}{value!r}")
            elif value is None or of is bool:
                parts.append(head + _WORDS[value])
            elif of is UUID and not kind and type(getattr(value, "int", None)) is int:
                parts.append(f'{head}{{"$uuid":"{uuid_text(value.int)}"}}')
            elif of is datetime and not kind and not value.fold and type(value.tzinfo) in ZONES:
                parts.append(f'{head}{{"$datetime":"{value.isoformat()}"}}')
            elif of is bytes:
                break
            else:
                written = json_text(self._walk().value(value, kind), compact=True)
                if len(written) > 2 * _SHORT:
                    break
                parts.append(head + written)
        if parts and len(parts) == len(values):
            return f"{{{','.join(parts)}}}"
        walk = self._walk()
        return self._written(lambda: walk.fields(zip(names, values, strict=True)))

    def _heads_of(self, names: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
        """Return how each field of a class begins as JSON, its name and what kind of secret it is.

        Nothing where they have to be written together: one tells what another is, there are very many, or none.
        """
        walk, heads = self._walk(), []
        if self._budget.size < 2 * _FEW * _SHORT or self._budget.nodes < 2 * _FEW:
            return ()
        for name in names:
            key = walk._key(name) if type(name) is str else None  # noqa: SLF001 - part of the walk
            if type(key) is not str or key.startswith("$") or name == "value" or len(names) > _FEW:
                return ()
            kind = walk._kind_of(name, frozenset())  # noqa: SLF001 - as above
            heads.append((json_text(key, compact=True) + ":", f".{name}", kind))
        return tuple(heads) if len({head for head, _, _ in heads}) == len(names) else ()

    def _text_of(self, name: str, text: str, kind: str) -> str:
        """Return a text as JSON, secrets hidden; one that shows none is remembered: most come again and again."""
        walk = self._walk()
        walk._path.append(name)  # noqa: SLF001 - as above
        shown = walk.text(text, kind)
        written = json_text(shown, compact=True)
        if not kind and shown == text:
            if len(self._shown) >= _MAX_TEXTS:
                self._shown.clear()
            self._shown[name, text] = written
        return written

    def facts_of(self, cls: type) -> ClassFacts:
        """Return the facts of a class, found out once."""
        facts = self._facts.get(id(cls))
        if facts is None:
            if len(self._facts) >= _MAX_CLASSES:  # classes made on the fly may have no end
                self._facts.clear()
            facts = self._facts[id(cls)] = ClassFacts(cls)
        return facts

    def _is_constant(self, value: Any) -> bool:
        """Return whether this is a member of an enum whose value is an atom."""
        facts = self.facts_of(type(value))
        if facts.kind != "enum" or static_lookup(facts.cls, "_value_") is not None:
            return False
        inner = facts.attributes(value).get("_value_")
        check = FROZEN.get(id(type(inner)), _never)
        return check is None or check(inner)

    def _walk(self) -> Walk:
        return Walk(self._redactor, self._budget, self.facts_of)

    @staticmethod
    def _written(encode: Any) -> str:
        try:
            return json_text(encode(), compact=True)
        except RecursionError:  # published from deep inside a recursion: there is no room left to walk
            return '{"$cut":"depth","type":"?"}'


def uuid_text(number: int) -> str:
    """Return the text of a UUID, given as its number, as ``str`` does: most are asked for more than once in a row."""
    text = _UUIDS.get(number)
    if text is None:
        if len(_UUIDS) >= _MAX_UUIDS:
            _UUIDS.clear()
        digits = f"{number:032x}"
        parts = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]
        text = _UUIDS[number] = "-".join(parts)
    return text


def snapshot(value: Any, budget: Budget = BUDGET, redactor: Redactor | None = None) -> str:
    """Return one value as tagged JSON text; for many, keep a ``Codec``."""
    return Codec(redactor, budget).snapshot(value)
