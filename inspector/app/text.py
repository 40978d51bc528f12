"""Text for people: what is shown of foreign text, and how numbers, lengths and times are written.

Foreign text (payloads, names, messages) may hold characters that a screen hides or obeys: control characters,
bidirectional overrides, zero-width marks, lone surrogates. They are shown as markers, so that what is read is
what was recorded.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Final

#: How much of a text a cell shows.
CELL_LIMIT: Final = 500

_THIN_SPACE: Final = "\u2009"
_SAFE_CONTROLS: Final = frozenset("\n\t")
#: Unicode categories without a visible form: controls, formats, surrogates, line and paragraph separators.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SECOND: Final = 1_000_000_000
#: Digits between two separators of thousands.
_GROUP: Final = 3
_DECIMAL: Final = re.compile(r"\d+\.?\d*|\.\d+", re.ASCII)


#: Number formats by name: what stands between thousands, what before the decimals, and an example.
NUMBER_FORMATS: Final = {
    "thin": (_THIN_SPACE, ".", f"1{_THIN_SPACE}234.5"),
    "comma": (",", ".", "1,234.5"),
    "point": (".", ",", "1.234,5"),
    "space": (_THIN_SPACE, ",", f"1{_THIN_SPACE}234,5"),
    "plain": ("", ".", "1234.5"),
}


class _NumberFormat:
    """How numbers are written from now on, by everybody in this process."""

    thousands, point = NUMBER_FORMATS["thin"][:2]


def set_number_format(name: str) -> bool:
    """Write numbers in another format: a name of ``NUMBER_FORMATS``; any other text stands for the usual one.

    Returns:
        Whether it is another than before: texts with numbers have to be written anew.
    """
    before = _NumberFormat.thousands, _NumberFormat.point
    after = NUMBER_FORMATS.get(name, NUMBER_FORMATS["thin"])[:2]
    _NumberFormat.thousands, _NumberFormat.point = after
    return after != before


def _pointed(text: str) -> str:
    """Return a number that has a point with what stands for it."""
    return text.replace(".", _NumberFormat.point)


def _mark(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"


def visible(text: str, limit: int = CELL_LIMIT) -> str:
    """Return the text as it may be shown: hidden characters as ``⟨U+202E⟩``, cut with ``…`` at the limit.

    Newlines and tabs stay. The limit counts characters of the original: markers may make the answer longer.
    """
    cut = len(text) > limit
    if cut:
        text = text[:limit]
    if not (text.isascii() and text.isprintable()):
        text = "".join(_mark(c) if c not in _SAFE_CONTROLS and unicodedata.category(c) in _HIDDEN else c for c in text)
    return text + "…" if cut else text


def has_hidden(text: str) -> bool:
    """Return whether a text has characters that a screen hides or obeys, beside line ends and tabs."""
    if text.isascii() and text.isprintable():
        return False
    return any(unicodedata.category(c) in _HIDDEN and c not in _SAFE_CONTROLS for c in text)


def one_line(text: str, limit: int = CELL_LIMIT) -> str:
    """Return the text for a cell: like ``visible``, with newlines as ``⏎`` and tabs as spaces."""
    return visible(text[: limit + 1].replace("\r\n", "⏎").replace("\n", "⏎").replace("\t", " "), limit)


def format_count(number: int) -> str:
    """Write a number with thin spaces between the thousands: ``48 212``."""
    return f"{number:,}".replace(",", _NumberFormat.thousands)


def format_decimal(value: float, decimals: int) -> str:
    """Write a number with that many decimals: ``1 234.50``."""
    whole, point, rest = f"{value:,.{decimals}f}".partition(".")
    return whole.replace(",", _NumberFormat.thousands) + _pointed(point) + rest


def read_count(text: str) -> int | None:
    """Return the count that a person has written, with whatever between the thousands; None when it is none."""
    digits = re.sub(r"[\s.,]", "", text)
    return int(digits) if digits.isdecimal() and digits.isascii() else None


def read_decimal(text: str) -> float | None:
    """Return the number that a person has written in the format of now; None when it is none.

    What stands between thousands in this format is the decimal point where no three digits follow: ``0.5`` is a half
    in every format.
    """
    digits = "".join(text.split())
    thousands, point = _NumberFormat.thousands, _NumberFormat.point
    if thousands in (",", "."):
        first, *groups = digits.partition(point)[0].split(thousands)
        if groups and len(first) <= _GROUP and all(len(group) == _GROUP for group in groups):
            digits = digits.replace(thousands, "")
    digits = digits.replace(",", ".")
    return float(digits) if _DECIMAL.fullmatch(digits) else None


def short_count(number: int) -> str:
    """Write a count for a narrow place: ``812``, ``4.2k``, ``48k``, ``1.2M``."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            value = number / size
            return _pointed(f"{value:.1f}{unit}") if value < 9.95 else f"{value:.0f}{unit}"
    return str(number)


def plural(number: int, noun: str, many: str = "") -> str:
    """Write ``1 event`` or ``3 events``; ``many`` is the plural when an *s* does not make it."""
    return f"{format_count(number)} {noun if number == 1 else many or noun + 's'}"


def _digits(value: float) -> str:
    """Write with about three significant digits: 4.12, 12.4, 118."""
    if value < 9.995:
        return _pointed(f"{value:.2f}")
    return _pointed(f"{value:.1f}") if value < 99.95 else f"{value:.0f}"


def format_duration(nanoseconds: float) -> str:
    """Write a length of time: ``80 µs``, ``4.1 ms``, ``118 ms``, ``1.20 s``, ``2 min 05 s``, ``3 h 07 min``."""
    if nanoseconds < 0:
        return "\N{MINUS SIGN}" + format_duration(-nanoseconds)
    if nanoseconds < 1_000:
        return f"{nanoseconds:.0f} ns"
    if nanoseconds < 999_500:
        return f"{nanoseconds / 1e3:.0f} µs"
    if nanoseconds < 999_500_000:
        value = nanoseconds / 1e6
        return f"{_pointed(f'{value:.1f}')} ms" if value < 99.95 else f"{value:.0f} ms"
    if nanoseconds < 59.995 * _SECOND:
        return f"{_digits(nanoseconds / _SECOND)} s"
    seconds = round(nanoseconds / _SECOND)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"


def format_offset(nanoseconds: float) -> str:
    """Write a time after a beginning: ``+12.3 ms``; one before it begins with a minus sign."""
    return format_duration(nanoseconds) if nanoseconds < 0 else "+" + format_duration(nanoseconds)


def format_bytes(number: int) -> str:
    """Write a size: ``812 B``, ``18.2 MB``."""
    if number < 1000:
        return f"{number} B"
    for unit, size in (("kB", 1e3), ("MB", 1e6)):
        if number < 999.95 * size:
            return f"{_pointed(f'{number / size:.1f}')} {unit}"
    return f"{_pointed(f'{number / 1e9:.1f}')} GB"


def format_clock(wall: int, *, utc: bool = False) -> str:
    """Write ``wall`` (nanoseconds since the epoch) as ``21:44:07.310``, local time unless ``utc``."""
    moment = _moment(wall, utc=utc)
    return f"{moment:%H:%M:%S}.{wall // 1_000_000 % 1000:03}"


def format_time(wall: int, at: int) -> str:
    """Write a time of a session: the time of day, or how long after the beginning when nobody knows when that was.

    Args:
        wall: When the session began (ns since the epoch), 0 when that is unknown.
        at: Nanoseconds since then.
    """
    return format_clock(wall + at) if wall else format_offset(at)


def format_wall(wall: int) -> str:
    """Write ``wall`` (nanoseconds since the epoch) as ``Nov 19, 21:44:07``, local time."""
    return f"{_moment(wall, utc=False):%b %-d, %H:%M:%S}"


def _moment(wall: int, *, utc: bool) -> datetime:
    moment = datetime.fromtimestamp(wall // _SECOND, UTC)
    return moment if utc else moment.astimezone()
