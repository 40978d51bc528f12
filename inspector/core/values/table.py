"""The simple types: how each is written in JSON and read back, strictly."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from .dataerror import EventDataError, describe

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\Z")
_DECIMAL: Final = re.compile(r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|Infinity|s?NaN[0-9]*)\Z")
_DURATION: Final = re.compile(
    r"(-?)P(?:([0-9]{1,10})D)?(?:T(?:([0-9]{1,10})H)?(?:([0-9]{1,10})M)?(?:([0-9]{1,12})(?:\.([0-9]{1,6}))?S)?)?\Z"
)
_NOT_FINITE: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def plain_atom(value: Any) -> Any:
    """Return a value of a simple type (or of a subclass of one) as JSON."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return _plain_float(float.__float__(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    return str(value)


def _plain_float(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def duration_text(value: timedelta) -> str:
    """Write a duration in ISO 8601, days and seconds, exact to the microsecond: ``P1DT3600.5S``."""
    size = abs(value)
    text = f"{'-' if value < timedelta(0) else ''}P"
    if size.days:
        text += f"{size.days}D"
    if size.seconds or size.microseconds or not size.days:
        fraction = f".{size.microseconds:06d}".rstrip("0") if size.microseconds else ""
        text += f"T{size.seconds}{fraction}S"
    return text


def parse_atom(hint: Any, data: Any, where: str) -> Any:
    """Read a value of a simple type from JSON; a value that has the type already is taken as it is.

    Raises:
        EventDataError: The data does not fit.
    """
    wanted, parse = _PARSERS[type(None) if hint is None else hint]
    if type(data) is hint:
        return data
    try:
        value = parse(data)
    except (ValueError, OverflowError, ArithmeticError, binascii.Error):
        value = _NO
    if value is _NO:
        raise EventDataError(f"must be {wanted}, not {describe(data)}", where=where)
    return value


_NO: Final = object()


def _never(_data: Any) -> Any:
    return _NO


def _none(data: Any) -> Any:
    return None if data is None else _NO


def _str(data: Any) -> Any:
    return data if type(data) is str else _NO


def _float(data: Any) -> Any:
    if type(data) is str:
        return _NOT_FINITE.get(data, _NO)
    if type(data) is not int:
        return _NO
    number = float(data)
    return number if number == data else _NO  # never round silently


def _uuid(data: Any) -> Any:
    return UUID(data) if type(data) is str and _UUID.match(data) else _NO


def _zoned(text: str) -> str:
    # 3.10 does not know the Z.
    return f"{text[:-1]}+00:00" if text.endswith(("Z", "z")) else text


def _datetime(data: Any) -> Any:
    # A date alone is not a moment: reading it as midnight would be a guess.
    return datetime.fromisoformat(_zoned(data)) if type(data) is str and len(data) > 10 and ":" in data else _NO


def _date(data: Any) -> Any:
    return date.fromisoformat(data) if type(data) is str else _NO


def _time(data: Any) -> Any:
    return time.fromisoformat(_zoned(data)) if type(data) is str and ":" in data else _NO


def _timedelta(data: Any) -> Any:
    if type(data) in (int, float):
        return timedelta(seconds=data)
    found = _DURATION.match(data) if type(data) is str and data[-1:] not in ("P", "T") else None
    if not found:
        return _NO
    sign, days, hours, minutes, seconds, fraction = found.groups()
    value = timedelta(
        days=int(days or 0),
        hours=int(hours or 0),
        minutes=int(minutes or 0),
        seconds=int(seconds or 0),
        microseconds=int((fraction or "").ljust(6, "0")),
    )
    return -value if sign else value


def _decimal(data: Any) -> Any:
    if type(data) is int:
        return Decimal(data)
    return Decimal(data) if type(data) is str and _DECIMAL.match(data) else _NO


def _bytes(data: Any) -> Any:
    return base64.b64decode(data, validate=True) if type(data) is str else _NO


def _bytearray(data: Any) -> Any:
    found = _bytes(data)
    return found if found is _NO else bytearray(found)


_PARSERS: Final[dict[Any, tuple[str, Callable[[Any], Any]]]] = {
    type(None): ("null", _none),
    str: ("text", _str),
    bool: ("true or false", _never),
    int: ("a whole number", _never),
    float: ("a number", _float),
    UUID: ("a UUID", _uuid),
    datetime: ("a date and time like 2026-01-31T09:30:00+00:00", _datetime),
    date: ("a date like 2026-01-31", _date),
    time: ("a time like 09:30:00", _time),
    timedelta: ("a duration like PT90S, or seconds", _timedelta),
    Decimal: ('a decimal number as text like "12.50"', _decimal),
    bytes: ("bytes as base64 text", _bytes),
    bytearray: ("bytes as base64 text", _bytearray),
}

#: Every simple type.
ATOMS: Final = tuple(_PARSERS)
