"""Simple values by kind: how each is read from text, checked as JSON, and described in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from inspector.core.values.build import build, to_plain

#: The type behind each kind.
TYPES: Final[dict[str, type]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "uuid": UUID,
    "datetime": datetime,
    "date": date,
    "time": time,
    "timedelta": timedelta,
    "decimal": Decimal,
    "bytes": bytes,
}

#: What must be written, by kind.
WORDS: Final[dict[str, str]] = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "uuid": "a UUID, like 3f2a9c1e-…",
    "datetime": "a date and time, like 2026-11-20T21:44:07Z",
    "date": "a date, like 2026-11-20",
    "time": "a time, like 21:44:07",
    "timedelta": "a number of seconds, or a duration like PT90S",
    "decimal": "a decimal number, like 12.50",
    "bytes": "bytes in base64",
    "none": "nothing",
    "any": "text or JSON",
}

_WHOLE: Final = re.compile(r"[+-]?[0-9]+(_[0-9]+)*")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(_[0-9]+)*\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})


def check(kind: str, value: Any) -> Any:
    """Check a JSON value of a simple kind and return it as it is sent: a UUID in lower case with dashes.

    Raises:
        EventDataError: The value does not fit.
    """
    return to_plain(build(TYPES[kind], value))


def read(kind: str, text: str) -> Any:
    """Read a simple value from stripped text.

    Raises:
        EventDataError, ValueError: The text says no such value.
    """
    reader = _READERS.get(kind)
    return check(kind, reader(text) if reader else text)


def _int(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _float(text: str) -> float | str:
    return float(text) if _NUMBER.fullmatch(text) else text  # NaN and Infinity are texts in JSON


def _bool(text: str) -> bool:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(text)
    return word in _TRUE


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "timedelta": _float,
}
