"""The one list of atoms: types whose values are one fact, and all that the program knows of each of them.

An atom is added here and nowhere else: one ``Atom`` in the list at the end. Building from JSON, snapshots and their
reading, the fields of forms, ``--set``, synthetic and sample values, editors and the catalog look it up.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any, Final, Protocol
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from .dataerror import EventDataError, describe

#: A JSON value.
JSON = Any

#: What ``parse`` and ``read`` of an atom raise for data that is no such value.
MISFITS: Final = (ValueError, TypeError, KeyError, OverflowError, ArithmeticError, binascii.Error, RecursionError)

#: Bits up to which an int is written in decimal: below the digit limit that a program may set (640 digits).
DECIMAL_BITS: Final = 2048


class SnapshotWriter(Protocol):
    """What an atom may ask of the snapshot that it is written into."""

    def whole(self, value: int) -> JSON:
        """Write an int; a ``$cut`` when there is no room."""

    def tagged(self, tag: str, text: str) -> JSON:
        """Write a text under a tag; a ``$cut`` when there is no room."""

    def text(self, text: str, secret: str, tag: str = "") -> JSON:
        """Write a text that people wrote, secrets in it hidden."""

    def raw(self, value: bytes, secret: str, tag: str) -> JSON:
        """Write bytes, hidden when there is a secret in them."""

    def instance(self, value: Any, secret: str) -> JSON:
        """Write a value by what it holds, as that of any class."""

    def class_name(self, cls: type) -> str:
        """Return ``module.Qual`` of a class, without running any of its code."""


#: Writes a value into a snapshot; the text says which kind of secret it is, if it is one.
Encode = Callable[[SnapshotWriter, Any, str], JSON]


@dataclass(frozen=True, eq=False)
class Atom:
    """A simple type.

    Only ``type`` to ``plain`` must be given; a ``tag`` is needed by all that JSON does not have itself.

    Attributes:
        type: The annotation that asks for it.
        kind: What ``TypeShape.kind`` calls it; atoms of one kind share the form's field.
        words: What a person must write: ``a UUID, like 3f2a9c1e-…``.
        examples: JSON values of it; the first shows every part that a value may have.
        parse: Makes a value of JSON, strictly; raises one of ``MISFITS``.
        plain: Writes a value, or an instance of a subclass, as JSON; ``parse`` reads an equal value back.
        tag: Its key in snapshots (``$uuid``); empty for what JSON has itself.
        instance: The class of its values, when ``type`` is not.
        json_words: What must stand in JSON, when ``words`` speak of fields only.
        read: Makes JSON of the text of a field; None takes the text as it is, without the white space around it.
        encode: Writes a (usual) value into a snapshot; None writes ``plain`` under the tag.
        decode: Reads the tagged object of a snapshot; None parses what stands under the tag.
        shown: Writes a value for people, as JSON.
        ink: Its colour in the window: ``string number keyword``.
        textual: It holds what people wrote, so that there may be a secret in it.
        frozen: A value never changes: a snapshot of it may be written later.
        usual: Whether a value is made of nothing that a user's class has a hand in; None: always.
        unusual: Writes a value that is not; None writes its attributes.
        held: Reads an instance of a subclass through the base, without running code of the subclass; None: it is
            written by its attributes.
        remake: Makes an instance of a subclass of a value; None: subclasses cannot be built.
        choices: All the texts that a field may have; empty: it is written freely.
        fresh: What a button beside the field offers, and what it writes.
    """

    type: Any
    kind: str
    words: str
    examples: tuple[JSON, ...]
    parse: Callable[[Any], Any]
    plain: Callable[[Any], JSON]
    tag: str = ""
    instance: Any = None
    json_words: str = ""
    read: Callable[[str], JSON] | None = None
    encode: Encode | None = None
    decode: Callable[[dict[str, Any]], Any] | None = None
    shown: Callable[[Any], JSON] = str
    ink: str = "string"
    textual: bool = False
    frozen: bool = True
    usual: Callable[[Any], bool] | None = None
    unusual: Encode | None = None
    held: Callable[[Any], Any] | None = None
    remake: Callable[[Any, Any], Any] | None = None
    choices: tuple[str, ...] = ()
    fresh: tuple[str, Callable[[], str]] | None = None

    @property
    def made(self) -> Any:
        """The class of its values."""
        return self.instance or self.type

    def encoder(self) -> Encode:
        """Return what writes a value of exactly this type into a snapshot."""
        encode, usual, unusual = self.encode or self._encode_plain, self.usual, self.unusual or _encode_instance
        if usual is None:
            return encode

        def careful(writer: SnapshotWriter, value: Any, secret: str) -> JSON:
            return encode(writer, value, secret) if usual(value) else unusual(writer, value, secret)

        return careful

    def _encode_plain(self, writer: SnapshotWriter, value: Any, secret: str) -> JSON:
        data = self.plain(value)
        if type(data) is not str:
            return {self.tag: data} if self.tag else data
        return writer.text(data, secret, self.tag) if self.textual else writer.tagged(self.tag, data)

    def read_back(self, data: dict[str, Any]) -> Any:
        """Read the tagged object of a snapshot; raise one of ``MISFITS`` when it is none."""
        return self.parse(data[self.tag]) if self.decode is None else self.decode(data)


def _encode_instance(writer: SnapshotWriter, value: Any, secret: str) -> JSON:
    return writer.instance(value, secret)


#: Atoms by annotation, by kind and by tag.
ATOMS: Final[dict[Any, Atom]] = {}
BY_KIND: Final[dict[str, Atom]] = {}
BY_TAG: Final[dict[str, Atom]] = {}
#: Atoms by the id of the class of their values: a dict of classes would hash them, and a metaclass of the user's may
#: have a ``__hash__``. Values of exactly these classes are written by the second table, those of the third later.
EXACT: Final[dict[int, Atom]] = {}
ENCODERS: Final[dict[int, Encode]] = {}
FROZEN: Final[dict[int, Callable[[Any], bool] | None]] = {}


def register(atom: Atom) -> None:
    """Add an atom to the list; of several with one kind, tag or class of values the first is looked up by it."""
    key = id(atom.made)
    ATOMS[atom.type] = atom
    BY_KIND.setdefault(atom.kind, atom)
    if atom.tag:
        BY_TAG.setdefault(atom.tag, atom)
    if key in EXACT:
        return
    EXACT[key] = atom
    ENCODERS[key] = atom.encoder()
    if atom.frozen:
        FROZEN[key] = atom.usual


def atom_of(cls: type) -> Atom | None:
    """Return the atom that a class is, or is a subclass of; None when it is none."""
    return EXACT.get(id(cls)) or next((atom for base in cls.__mro__ if (atom := EXACT.get(id(base)))), None)


class MisfitError(ValueError):
    """Data that looks like a value and is none; the text says why."""


class UnmakeableError(ValueError):
    """A value of a snapshot that is told, not made.

    Args:
        type_name: ``module.Qual`` of its class.
        held: What is known of it.
    """

    def __init__(self, type_name: str, held: dict[str, Any]) -> None:
        super().__init__(type_name)
        self.type_name = type_name
        self.held = held


def parse_atom(hint: Any, data: Any, where: str) -> Any:
    """Read a value of a simple type from JSON; a value that has the type already is taken as it is.

    Raises:
        EventDataError: The data does not fit.
    """
    atom = ATOMS[type(None) if hint is None else hint]
    if type(data) is atom.made and (atom.made is atom.type or _fits(atom, data)):
        return data
    try:
        return atom.parse(data)
    except MISFITS as error:
        reason = f" ({error})" if isinstance(error, MisfitError) else ""
        text = f"must be {atom.json_words or atom.words}, not {describe(data)}{reason}"
        raise EventDataError(text, where=where) from error


def _fits(atom: Atom, value: Any) -> bool:
    """Return whether a value is one of a narrower annotation: ``Pattern[str]`` takes no pattern of bytes."""
    wanted = getattr(atom.type, "__args__", ())
    return not wanted or type(value.pattern) is wanted[0]


def plain_atom(atom: Atom, value: Any, where: str) -> JSON:
    """Return a value of an atom (or of a subclass of it) as JSON.

    Raises:
        EventDataError: It is too long to be written.
    """
    try:
        return atom.plain(value)
    except (ValueError, OverflowError) as error:
        raise EventDataError(f"holds a {atom.kind} that cannot be written: {error!s:.100}", where=where) from error


def _text_only(data: Any) -> str:
    if type(data) is not str:
        raise TypeError
    return data


# -- none, text, truth --------------------------------------------------------------------------------------

_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})


def _parse_none(data: Any) -> None:
    if data is not None:
        raise TypeError


def _parse_ellipsis(data: Any) -> Any:
    if data != "...":
        raise ValueError
    return ...


def _parse_never(_data: Any) -> Any:
    raise TypeError  # JSON has the type itself: nothing else is read as one


def _read_bool(text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(text)
    return word in _TRUE


# -- numbers --------------------------------------------------------------------------------------------------

_WHOLE: Final = re.compile(r"[+-]?[0-9]+(_[0-9]+)*")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(_[0-9]+)*\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DECIMAL: Final = re.compile(r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|Infinity|s?NaN[0-9]*)")
_FRACTION: Final = re.compile(r"([+-]?[0-9]+)(?:/([0-9]+))?")
_PART: Final = r"(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|nan)"
_COMPLEX: Final = re.compile(rf"[+-]?{_PART}(?:[+-]{_PART}j|j)?")
_RANGE: Final = re.compile(r"([+-]?[0-9]+):([+-]?[0-9]+)(?::([+-]?[0-9]+))?")
_NOT_FINITE: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_FLOATS: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _matched(pattern: re.Pattern[str], data: Any) -> re.Match[str]:
    match = pattern.fullmatch(_text_only(data))
    if match is None:
        raise ValueError
    return match


def _read_int(text: str) -> int:
    return int(_matched(_WHOLE, text.strip())[0])


def _shown_int(value: int) -> JSON:
    return value if value.bit_length() <= DECIMAL_BITS else hex(value)


def _decode_int(data: Any) -> int:
    """Read an int of a snapshot, be it tagged or not."""
    if type(data) is int:
        return data
    text = _text_only(data["$int"])
    return int(text, 16) if "x" in text[:3] else int(text)


def _plain_float(value: float) -> float | str:
    value = float.__float__(value)
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _parse_float(data: Any) -> float:
    if type(data) is str:
        return _NOT_FINITE[data]
    if type(data) is not int or float(data) != data:  # never round silently
        raise ValueError
    return float(data)


def _read_number(text: str) -> float | str:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else text  # NaN and Infinity are texts in JSON


def _encode_float(_writer: SnapshotWriter, value: float, _secret: str) -> JSON:
    return value if math.isfinite(value) else {"$float": "nan" if value != value else "inf" if value > 0 else "-inf"}


def _parse_decimal(data: Any) -> Decimal:
    return Decimal(data) if type(data) is int else Decimal(_matched(_DECIMAL, data)[0])


def _plain_complex(value: complex) -> str:
    return complex.__repr__(value).strip("()")


def _encode_complex(_writer: SnapshotWriter, value: complex, _secret: str) -> JSON:
    return {"$complex": [repr(value.real), repr(value.imag)]}


def _usual_fraction(value: Any) -> bool:
    return (
        type(getattr(value, "_numerator", None)) is int is type(getattr(value, "_denominator", None))
        and value._denominator > 0  # noqa: SLF001 - read as a slot, without a property
    )


def _held_fraction(value: Any) -> Any:
    parts = [Fraction.__dict__[name].__get__(value) for name in ("_numerator", "_denominator")]
    return Fraction(*parts) if type(parts[0]) is int is type(parts[1]) else None


def _parse_fraction(data: Any) -> Fraction:
    if type(data) is int:
        return Fraction(data)
    numerator, denominator = _matched(_FRACTION, data).groups()
    return Fraction(int(numerator), int(denominator or 1))


def _encode_fraction(writer: SnapshotWriter, value: Any, _secret: str) -> JSON:
    return _encode_wholes(writer, "$fraction", (value._numerator, value._denominator))  # noqa: SLF001 - a slot


def _encode_wholes(writer: SnapshotWriter, tag: str, numbers: Iterable[int]) -> JSON:
    written = [writer.whole(number) for number in numbers]
    return next((part for part in written if type(part) is dict and "$cut" in part), {tag: written})


def _shown_fraction(value: Fraction) -> JSON:
    return "/".join(map(str, map(_shown_int, (value.numerator, value.denominator)[: 1 + (value.denominator != 1)])))


def _plain_range(value: range) -> str:
    return f"{value.start}:{value.stop}" + (f":{value.step}" if value.step != 1 else "")


def _parse_range(data: Any) -> range:
    start, stop, step = _matched(_RANGE, data).groups()
    return range(int(start), int(stop), int(step or 1))


def _shown_range(value: range) -> str:
    parts = (value.start, value.stop, value.step)[: 2 + (value.step != 1)]
    return f"range({', '.join(str(_shown_int(part)) for part in parts)})"


# -- ids, dates and times ---------------------------------------------------------------------------------------

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_DURATION: Final = re.compile(
    r"(-?)P(?:([0-9]{1,10})D)?(?:T(?:([0-9]{1,10})H)?(?:([0-9]{1,10})M)?(?:([0-9]{1,12})(?:\.([0-9]{1,6}))?S)?)?"
)


def _encode_uuid(writer: SnapshotWriter, value: UUID, secret: str) -> JSON:
    try:
        return writer.text(str(value), secret, "$uuid") if secret else {"$uuid": str(value)}
    except (AttributeError, TypeError):  # made without its constructor
        return writer.instance(value, secret)


def _held_uuid(value: Any) -> Any:
    number = UUID.__dict__["int"].__get__(value)
    return UUID(int=number) if type(number) is int else None


def _zoned(text: str) -> str:
    # Python knows the Z in capitals only, RFC 3339 both.
    return f"{text[:-1]}Z" if text.endswith("z") else text


def _parse_datetime(data: Any) -> datetime:
    if len(_text_only(data)) <= 10 or ":" not in data:  # a date alone is not a moment: midnight would be a guess
        raise ValueError
    return datetime.fromisoformat(_zoned(data))


def _parse_time(data: Any) -> time:
    if ":" not in _text_only(data):
        raise ValueError
    return time.fromisoformat(_zoned(data))


def _usual_datetime(value: datetime) -> bool:
    zone = value.tzinfo
    return zone is None or type(zone) is timezone or type(zone) is ZoneInfo


def _encode_datetime(_writer: SnapshotWriter, value: datetime, _secret: str) -> JSON:
    encoded: dict[str, Any] = {"$datetime": value.isoformat()}
    if value.fold:
        encoded["fold"] = 1
    return encoded


def _usual_time(value: time) -> bool:
    return value.tzinfo is None or type(value.tzinfo) is timezone


def _encode_foreign_zone(writer: SnapshotWriter, value: Any, _secret: str) -> JSON:
    """Write a time whose zone is the user's code: it is named, not asked."""
    name = type(value).__name__
    naive = {f"${name}": value.replace(tzinfo=None).isoformat()}
    return {"$type": f"datetime.{name}", "fields": {"local": naive, "tzinfo": writer.class_name(type(value.tzinfo))}}


def _decode_datetime(data: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(data["$datetime"]).replace(fold=data.get("fold", 0))


def _held_through(base: Any, *names: str) -> Callable[[Any], Any]:
    """Return what makes a ``base`` of an instance of a subclass by the descriptors of the base."""
    reads = [getattr(base, name).__get__ for name in names]
    return lambda value: base(*(read(value) for read in reads))


def _held_time(base: Any, *names: str) -> Callable[[Any], Any]:
    held, fold = _held_through(base, *names), base.fold.__get__
    return lambda value: held(value).replace(fold=fold(value))


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


def _parse_timedelta(data: Any) -> timedelta:
    if type(data) in (int, float):
        return timedelta(seconds=data)
    match = _matched(_DURATION, data)
    if data[-1] in "PT":
        raise ValueError
    sign, days, hours, minutes, seconds, fraction = match.groups()
    value = timedelta(
        days=int(days or 0),
        hours=int(hours or 0),
        minutes=int(minutes or 0),
        seconds=int(seconds or 0),
        microseconds=int((fraction or "").ljust(6, "0")),
    )
    return -value if sign else value


def _encode_timedelta(_writer: SnapshotWriter, value: timedelta, _secret: str) -> JSON:
    return {"$timedelta": [value.days, value.seconds, value.microseconds]}


def now_text() -> str:
    """Return the moment of now in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


# -- bytes ------------------------------------------------------------------------------------------------------


def _plain_bytes(value: bytes | bytearray) -> str:
    return base64.b64encode(value).decode("ascii")


def _parse_bytes(data: Any) -> bytes:
    return base64.b64decode(_text_only(data), validate=True)


# -- addresses ----------------------------------------------------------------------------------------------------


def _usual_address(value: Any) -> bool:
    return type(getattr(value, "_ip", None)) is int and type(getattr(value, "_scope_id", None)) in (str, type(None))


def _usual_interface(value: Any) -> bool:
    return _usual_address(value) and type(getattr(value, "_prefixlen", None)) is int


def _usual_network(value: Any) -> bool:
    address = getattr(value, "network_address", None)
    exact = type(address) in (IPv4Address, IPv6Address) and _usual_address(address)
    return exact and type(getattr(value, "_prefixlen", None)) is int


def _held_address(base: Any) -> Callable[[Any], Any]:
    slot = base.__dict__["_ip"].__get__

    def held(value: Any) -> Any:
        number = slot(value)
        return base(number) if type(number) is int else None

    return held


def _address(cls: Any, words: str, *examples: str, network: bool = False) -> Atom:
    changing = cls not in (IPv4Address, IPv6Address)  # networks and interfaces have attributes that can be set
    return Atom(
        cls,
        cls.__name__.lower(),
        f"{words}, like {examples[0]}",
        examples,
        lambda data: cls(_text_only(data)),
        str,
        f"${cls.__name__.lower()}",
        frozen=not changing,
        usual=_usual_network if network else _usual_interface if changing else _usual_address,
        held=_held_address(cls) if cls is IPv4Address else None,
        remake=lambda kind, value: kind(str(value)),
    )


# -- paths --------------------------------------------------------------------------------------------------------


def _usual_path(value: Any) -> bool:
    """Return whether a path holds plain texts: from 3.12 on it keeps those it was made of, of whatever class."""
    parts = getattr(value, "_raw_paths", None)
    cached = getattr(value, "_str", "")
    return (parts is None or (type(parts) is list and all(type(part) is str for part in parts))) and type(cached) is str


def _parse_path(cls: Any) -> Callable[[Any], Any]:
    def parse(data: Any) -> Any:
        if not _text_only(data):  # it would be the current directory, which nobody wrote
            raise ValueError
        return cls(data)

    return parse


def _encode_path(writer: SnapshotWriter, value: Any, secret: str) -> JSON:
    encoded = writer.text(str(value), secret, "$path")
    return {**encoded, "class": type(value).__name__} if type(encoded) is dict and "$path" in encoded else encoded


def _decode_path(data: dict[str, Any]) -> Any:
    """Read a path; one of another operating system's files is read as the pure one."""
    text, name = _text_only(data["$path"]), data["class"]
    here = {atom.made.__name__: atom.made for atom in EXACT.values() if atom.decode is _decode_path}
    return {"PosixPath": PurePosixPath, "WindowsPath": PureWindowsPath, **here}[name](text)


def _path(cls: Any, words: str, *examples: str) -> Atom:
    return Atom(
        cls,
        cls.__name__.lower(),
        f"{words}, like {examples[0]}",
        examples,
        _parse_path(cls),
        str,
        "$path",
        instance=type(cls(".")),
        read=lambda text: text,
        encode=_encode_path,
        decode=_decode_path,
        textual=True,
        usual=_usual_path,
        remake=lambda subclass, value: subclass(str(value)),
    )


# -- regular expressions --------------------------------------------------------------------------------------------

#: A longer expression is not compiled, nor one of more ranges that ignores case: each may cost a hundredth of a second.
_PATTERN_LENGTH: Final = 2_000
_PATTERN_RANGES: Final = 32
_REASON: Final = 100
_FLAGS: Final = {"a": re.A, "i": re.I, "m": re.M, "s": re.S, "x": re.X, "L": re.L}
_FLAGS_INSIDE: Final = re.compile(r"\(\?([aimsuxL]+)\)")
_IGNORES_CASE: Final = re.compile(r"\(\?[a-zA-Z]*i")


def _compiled(source: str | bytes, flags: int) -> re.Pattern[Any]:
    """Compile an expression within bounds; its matching is never tried."""
    text = source if type(source) is str else source.decode("latin-1")  # type: ignore[union-attr]
    if len(text) > _PATTERN_LENGTH:
        raise MisfitError(f"it has more than {_PATTERN_LENGTH} characters")
    if text.count("-") > _PATTERN_RANGES and (flags & re.I or _IGNORES_CASE.search(text)):
        raise MisfitError(f"it ignores case and has more than {_PATTERN_RANGES} ranges")
    try:
        return re.compile(source, flags)
    except (re.error, Warning, RecursionError, OverflowError) as error:
        raise MisfitError(str(error)[:_REASON]) from error


def _flag_letters(flags: int) -> str:
    return "".join(letter for letter, flag in _FLAGS.items() if flags & flag)


def _plain_pattern(value: re.Pattern[Any]) -> JSON:
    source = value.pattern
    letters = _flag_letters(value.flags)
    if isinstance(source, bytes):
        return {"bytes": source.decode("latin-1"), "flags": letters}
    inside = _FLAGS_INSIDE.match(source)
    if set(letters) <= set(inside[1] if inside else "") and type(_read_pattern(source)) is str:
        return source
    return {"pattern": source, "flags": letters}


def _parse_pattern(*kinds: type) -> Callable[[Any], Any]:
    def parse(data: Any) -> Any:
        source: str | bytes
        if type(data) is not dict:
            source, letters = _text_only(data), ""
        else:
            if data.keys() - {"flags"} not in ({"pattern"}, {"bytes"}):
                raise ValueError
            is_text, letters = "pattern" in data, _text_only(data.get("flags", ""))
            source = _text_only(data["pattern"]) if is_text else _text_only(data["bytes"]).encode("latin-1")
        if type(source) not in kinds:
            raise TypeError
        flags = 0
        for letter in letters:
            flags |= _FLAGS[letter]
        return _compiled(source, flags)

    return parse


def _read_pattern(text: str) -> JSON:
    """Take an object that says flags too, else the text itself."""
    if text.lstrip().startswith("{"):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return text
        if type(data) is dict and ("pattern" in data or "bytes" in data):
            return data
    return text


def _usual_pattern(value: re.Pattern[Any]) -> bool:
    return type(value.pattern) in (str, bytes)


def _encode_pattern(writer: SnapshotWriter, value: re.Pattern[Any], secret: str) -> JSON:
    source = value.pattern
    if type(source) is bytes:
        encoded = writer.raw(source, secret, "$bytes")
        encoded = {"$pattern": encoded} if type(encoded) is dict and "$bytes" in encoded else encoded
    else:
        encoded = writer.text(source, secret, "$pattern")
    if type(encoded) is dict and "$pattern" in encoded:
        encoded["flags"] = _flag_letters(value.flags)
    return encoded


def _decode_pattern(data: dict[str, Any]) -> Any:
    source, letters = data["$pattern"], _text_only(data["flags"])
    source = _parse_bytes(source["$bytes"]) if type(source) is dict else _text_only(source)
    try:
        return _compiled(source, sum(_FLAGS[letter] for letter in letters))
    except MISFITS as error:
        raise UnmakeableError("re.Pattern", {"pattern": source, "flags": letters}) from error


def _shown_pattern(value: re.Pattern[Any]) -> str:
    letters = _flag_letters(value.flags)
    flags = "|".join(f"re.{letter.upper()}" for letter in letters)
    return f"re.compile({value.pattern!r}{', ' if flags else ''}{flags})"


def _pattern(annotation: Any, kind: str, *kinds: type) -> Atom:
    text = str in kinds
    example: JSON = r"^[a-z]+\d$" if text else {"bytes": r"^[a-z]+\d$", "flags": ""}
    words = "a regular expression, like " + (example if text else json.dumps(example))
    return Atom(
        annotation,
        kind,
        words,
        (example, {"pattern" if text else "bytes": r"^#\w+", "flags": "i"}),
        _parse_pattern(*kinds),
        _plain_pattern,
        "$pattern",
        instance=re.Pattern,
        read=_read_pattern,
        encode=_encode_pattern,
        decode=_decode_pattern,
        shown=_shown_pattern,
        textual=True,
        usual=_usual_pattern,
    )


# -- the list -------------------------------------------------------------------------------------------------------


def _same(value: Any) -> Any:
    return value


def _call(kind: Any, value: Any) -> Any:
    return kind(value)


for _atom in (
    Atom(type(None), "none", "nothing", (None,), _parse_none, _same, json_words="null", shown=_same, ink="keyword"),
    Atom(
        type(...),
        "ellipsis",
        "three dots",
        ("...",),
        _parse_ellipsis,
        lambda _value: "...",
        "$ellipsis",
        encode=lambda _writer, _value, _secret: {"$ellipsis": True},
        decode=lambda _data: ...,
        shown=lambda _value: "...",
        ink="keyword",
    ),
    Atom(
        str,
        "str",
        "text",
        ("sample",),
        _text_only,
        str.__str__,
        read=_same,
        encode=lambda writer, value, secret: writer.text(value, secret),
        shown=_same,
        textual=True,
        held=str.__str__,
        remake=_call,
    ),
    Atom(
        bool,
        "bool",
        "true or false",
        (True, False),
        _parse_never,
        _same,
        read=_read_bool,
        encode=lambda _writer, value, _secret: value,
        shown=_same,
        ink="keyword",
        choices=("true", "false"),
    ),
    Atom(
        int,
        "int",
        "a whole number",
        (7, 12, 40),
        _parse_never,
        int.__int__,
        "$int",
        read=_read_int,
        encode=lambda writer, value, _secret: writer.whole(value),
        decode=_decode_int,
        shown=_shown_int,
        ink="number",
        held=int.__int__,
        remake=_call,
    ),
    Atom(
        float,
        "float",
        "a number",
        (1.5, 12.25, 40.0),
        _parse_float,
        _plain_float,
        "$float",
        read=_read_number,
        encode=_encode_float,
        decode=lambda data: _FLOATS[data["$float"]],
        shown=_plain_float,
        ink="number",
        held=float.__float__,
        remake=_call,
    ),
    Atom(
        complex,
        "complex",
        "a complex number, like 1.5-2j",
        ("1.5-2j", "2j", "-0.25+1j"),
        lambda data: complex(_matched(_COMPLEX, data)[0]),
        _plain_complex,
        "$complex",
        json_words='a complex number as text like "1.5-2j"',
        encode=_encode_complex,
        decode=lambda data: complex(*map(float, data["$complex"])),
        shown=_plain_complex,
        ink="number",
        held=_held_through(complex, "real", "imag"),
        remake=_call,
    ),
    Atom(
        Decimal,
        "decimal",
        "a decimal number, like 12.50",
        ("19.90", "12.50", "-3.75"),
        _parse_decimal,
        str,
        "$decimal",
        json_words='a decimal number as text like "12.50"',
        ink="number",
        held=lambda value: Decimal(Decimal.__str__(value)),
        remake=_call,
    ),
    Atom(
        Fraction,
        "fraction",
        "a fraction, like 3/4",
        ("-22/7", "3/4", "5"),
        _parse_fraction,
        Fraction.__str__,
        "$fraction",
        encode=_encode_fraction,
        decode=lambda data: Fraction(*map(_decode_int, data["$fraction"])),
        shown=_shown_fraction,
        ink="number",
        usual=_usual_fraction,
        held=_held_fraction,
        remake=_call,
    ),
    Atom(
        range,
        "range",
        "a range, like 0:10 or 0:10:2",
        ("10:-5:-3", "0:10", "0:100:25"),
        _parse_range,
        _plain_range,
        "$range",
        encode=lambda writer, value, _secret: _encode_wholes(writer, "$range", (value.start, value.stop, value.step)),
        decode=lambda data: range(*map(_decode_int, data["$range"])),
        shown=_shown_range,
    ),
    Atom(
        UUID,
        "uuid",
        "a UUID, like 3f2a9c1e-…",
        ("12345678-1234-5678-1234-567812345678", "3f2a9c1e-5b7d-4e43-9c58-0d1f5a3b7e21"),
        lambda data: UUID(_matched(_UUID, data)[0]),
        str,
        "$uuid",
        encode=_encode_uuid,
        held=_held_uuid,
        remake=lambda kind, value: kind(str(value)),
        fresh=("New UUID", lambda: str(uuid4())),
    ),
    Atom(
        datetime,
        "datetime",
        "a date and time, like 2026-11-20T21:44:07Z",
        ("2024-02-29T12:34:56.789012+00:00", "2026-11-20T21:44:07+00:00"),
        _parse_datetime,
        datetime.isoformat,
        "$datetime",
        encode=_encode_datetime,
        decode=_decode_datetime,
        shown=datetime.isoformat,
        usual=_usual_datetime,
        unusual=_encode_foreign_zone,
        held=_held_time(datetime, "year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"),
        fresh=("Now", now_text),
    ),
    Atom(
        date,
        "date",
        "a date, like 2026-11-20",
        ("2024-02-29", "2026-11-20"),
        lambda data: date.fromisoformat(_text_only(data)),
        date.isoformat,
        "$date",
        held=_held_through(date, "year", "month", "day"),
    ),
    Atom(
        time,
        "time",
        "a time, like 21:44:07",
        ("12:34:56.789012", "21:44:07"),
        _parse_time,
        time.isoformat,
        "$time",
        shown=time.isoformat,
        usual=_usual_time,
        unusual=_encode_foreign_zone,
        held=_held_time(time, "hour", "minute", "second", "microsecond", "tzinfo"),
    ),
    Atom(
        timedelta,
        "timedelta",
        "a number of seconds, or a duration like PT90S",
        ("PT1H2M3S", "PT90S", "PT300S"),
        _parse_timedelta,
        duration_text,
        "$timedelta",
        read=_read_number,
        encode=_encode_timedelta,
        decode=lambda data: timedelta(*data["$timedelta"]),
        ink="number",
        held=_held_through(timedelta, "days", "seconds", "microseconds"),
    ),
    Atom(
        bytes,
        "bytes",
        "bytes in base64",
        ("c2FtcGxl", "aGVsbG8="),
        _parse_bytes,
        _plain_bytes,
        "$bytes",
        read=str.strip,
        encode=lambda writer, value, secret: writer.raw(value, secret, "$bytes"),
        shown=repr,
        textual=True,
        held=lambda value: bytes.__getitem__(value, slice(None)),
        remake=_call,
    ),
    Atom(
        bytearray,
        "bytes",
        "bytes in base64",
        ("c2FtcGxl", "aGVsbG8="),
        lambda data: bytearray(_parse_bytes(data)),
        _plain_bytes,
        "$bytearray",
        read=str.strip,
        encode=lambda writer, value, secret: writer.raw(bytes(value), secret, "$bytearray"),
        shown=lambda value: repr(bytes(value)),
        textual=True,
        frozen=False,
        held=lambda value: bytearray(bytearray.__getitem__(value, slice(None))),
    ),
    # Interfaces come before addresses, whose subclasses they are; the addresses are those kept for documentation.
    _address(IPv4Interface, "an IPv4 address with its network", "192.0.2.17/24", "198.51.100.23/25"),
    _address(IPv6Interface, "an IPv6 address with its network", "2001:db8::17/64", "2001:db8:1::5/48"),
    _address(IPv4Address, "an IPv4 address", "192.0.2.17", "198.51.100.23", "203.0.113.8"),
    _address(IPv6Address, "an IPv6 address", "2001:db8::17", "2001:db8:1::5"),
    _address(IPv4Network, "an IPv4 network", "192.0.2.0/24", "198.51.100.0/25", network=True),
    _address(IPv6Network, "an IPv6 network", "2001:db8::/32", "2001:db8:1::/48", network=True),
    _path(Path, "a path", "data/report.csv", "/var/log/app.log"),
    _path(PurePath, "a path", "data/report.csv", "/var/log/app.log"),
    _path(type(Path()), "a path", "data/report.csv", "/var/log/app.log"),
    _path(PurePosixPath, "a POSIX path", "data/report.csv", "/var/log/app.log"),
    _path(PureWindowsPath, "a Windows path", r"data\report.csv", r"C:\logs\app.log"),
    _pattern(re.Pattern, "pattern", str, bytes),
    _pattern(re.Pattern[str], "text pattern", str),
    _pattern(re.Pattern[bytes], "bytes pattern", bytes),
):
    register(_atom)
