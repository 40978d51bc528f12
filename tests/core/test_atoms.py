"""The one list of atoms: each travels whole through every door, a new one too, and hostile ones harm nobody."""

from __future__ import annotations

import json
import math
import random
import re
import time as clock
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.agent.reading.events import describe_class
from inspector.agent.reading.name_registry import sample
from inspector.catalog import fieldtext
from inspector.catalog.replay import replay_of
from inspector.catalog.synthetic.synthetic import synthesise
from inspector.core import DomainEvent, EventDataError
from inspector.core.description import EventDescription
from inspector.core.errors import UsageError
from inspector.core.records.capture import brief
from inspector.core.redact.redactor import Redactor
from inspector.core.values.build import build, to_plain
from inspector.core.values.shape import describe_fields, describe_type
from inspector.core.values.snapshot import Budget, Codec, ObjectValue, Truncated, decode, plain, snapshot
from inspector.core.values.table import ATOMS, Atom
from tests.atoms import COLOUR, Rgb, registered

UNHURRIED = Budget(time=None)
NAMES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0/\\:"), min_size=1, max_size=8)
PATH_TEXTS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
SOURCES = st.sampled_from(
    ["", "a", r"^\w+@\w+$", "(?i)abc", "(?ims)x.y", "(?a)é", "[a-z]{2,5}", '{"pattern": "x"}', "/api/v1/", " spaced "]
)
FLAGS = st.sampled_from([re.NOFLAG, re.I, re.M | re.S, re.X, re.A, re.I | re.M | re.S | re.X | re.A])
PATTERNS = st.builds(lambda source, flags: re.compile(source, flags), SOURCES.filter(lambda s: "(?a)" not in s), FLAGS)
WHOLE = st.integers(-(10**30), 10**30)
#: Values by the annotation that asks for them.
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    type(None): st.none(),
    type(...): st.just(...),
    str: st.text(),
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(allow_nan=False),
    complex: st.complex_numbers(allow_nan=False),
    Decimal: st.decimals(allow_nan=False),
    Fraction: st.fractions(),
    range: st.builds(range, WHOLE, WHOLE, WHOLE.filter(bool)),
    UUID: st.uuids(),
    datetime: st.datetimes(timezones=st.none() | st.just(UTC)),
    date: st.dates(),
    time: st.times(),
    timedelta: st.timedeltas(),
    bytes: st.binary(),
    bytearray: st.binary().map(bytearray),
    IPv4Address: st.ip_addresses(v=4),
    IPv6Address: st.ip_addresses(v=6) | st.just(IPv6Address("fe80::1%eth0")),
    IPv4Interface: st.builds(lambda a, n: IPv4Interface(f"{a}/{n}"), st.ip_addresses(v=4), st.integers(0, 32)),
    IPv6Interface: st.builds(lambda a, n: IPv6Interface(f"{a}/{n}"), st.ip_addresses(v=6), st.integers(0, 128)),
    IPv4Network: st.builds(
        lambda a, n: IPv4Network(f"{a}/{n}", strict=False), st.ip_addresses(v=4), st.integers(0, 32)
    ),
    IPv6Network: st.builds(
        lambda a, n: IPv6Network(f"{a}/{n}", strict=False), st.ip_addresses(v=6), st.integers(0, 128)
    ),
    Path: PATH_TEXTS.map(Path),
    PurePath: PATH_TEXTS.map(PurePath),
    type(Path()): PATH_TEXTS.map(Path),
    PurePosixPath: PATH_TEXTS.map(PurePosixPath),
    PureWindowsPath: PATH_TEXTS.map(PureWindowsPath),
    re.Pattern: PATTERNS | st.sampled_from([re.compile(b"\xff[a-z]", re.I), re.compile(b"(?L)a")]),
    re.Pattern[str]: PATTERNS | st.just(re.compile("(?a)é")),
    re.Pattern[bytes]: st.builds(re.compile, st.sampled_from([b"", b"\xff[a-z]"]), st.sampled_from([re.NOFLAG, re.I])),
}


def test_every_atom_has_its_values_here() -> None:
    assert set(VALUES) == set(ATOMS)


@pytest.mark.parametrize("hint", VALUES, ids=str)
@settings(max_examples=40)
@given(data=st.data())
def test_an_atom_survives_every_way_there_is(hint: Any, data: st.DataObject) -> None:
    value = data.draw(VALUES[hint])
    shape = describe_type(hint)
    sent = json.loads(json.dumps(to_plain(value), allow_nan=False))
    text = snapshot(value, UNHURRIED)
    ways = {
        "JSON": build(hint, sent),
        "itself": build(hint, value),
        "snapshot": decode(text),
        "field": build(hint, fieldtext.parse(shape, fieldtext.format(shape, fieldtext.check(shape, sent)))),
    }
    if hint is bytearray:
        ways["field"] = bytearray(ways["field"])
    for way, back in ways.items():
        assert (type(back), back) == (type(value), value), way
    if hint in (range, complex):
        assert all(repr(back) == repr(value) for back in ways.values())
    json.dumps(plain(text), allow_nan=False)
    assert to_plain(build(hint, sent)) == to_plain(value)


@pytest.mark.parametrize("hint", VALUES, ids=str)
def test_the_examples_of_an_atom_are_values_of_it_as_they_stand(hint: Any) -> None:
    atom = ATOMS[hint]
    shape = describe_type(hint)
    assert shape.kind == atom.kind
    for example in atom.examples:
        assert isinstance(build(hint, example), atom.made)
        assert build(hint, to_plain(build(hint, example))) == build(hint, example)
        assert fieldtext.parse(shape, fieldtext.format(shape, example)) == fieldtext.check(shape, example)


@pytest.mark.parametrize(
    ("hint", "data"),
    [
        (complex, 1),
        (complex, "1+2"),
        (complex, " 1j"),
        (complex, "(1+2j)"),
        (complex, "1_0j"),
        (Fraction, 1.5),
        (Fraction, True),
        (Fraction, "1/0"),
        (Fraction, "0.5"),
        (Fraction, "1/-2"),
        (Fraction, "1e999999999"),
        (Fraction, "9" * 5000),
        (range, [0, 10]),
        (range, "0:10:0"),
        (range, "10"),
        (range, ":10"),
        (range, "range(10)"),
        (IPv4Address, 1),
        (IPv4Address, "192.0.2.256"),
        (IPv4Address, "192.0.2.01"),
        (IPv4Address, "192.0.2.1/24"),
        (IPv4Address, "::1"),
        (IPv6Address, "192.0.2.1"),
        (IPv4Network, "192.0.2.1/24"),
        (IPv4Interface, "192.0.2.1/33"),
        (Path, ""),
        (Path, 5),
        (Path, ["a"]),
        (re.Pattern, "("),
        (re.Pattern, 5),
        (re.Pattern, {"pattern": "a", "flags": "q"}),
        (re.Pattern, {"pattern": "a", "flags": "L"}),
        (re.Pattern, {"pattern": "a", "more": 1}),
        (re.Pattern, {"bytes": "\u2026"}),
        (re.Pattern, {"flags": "i"}),
        (re.Pattern, "(" * 900 + ")" * 900),
        (re.Pattern[bytes], "a"),
        (re.Pattern[str], {"bytes": "a"}),
        (re.Pattern[str], re.compile(b"a")),
    ],
    ids=str,
)
def test_what_is_no_such_value_is_refused_with_the_place_and_what_was_expected(hint: Any, data: Any) -> None:
    with pytest.raises(EventDataError) as caught:
        build(dict[str, hint], {"here": data})
    assert caught.value.where == "$['here']"
    assert ATOMS[hint].words in str(caught.value) or ATOMS[hint].json_words in str(caught.value)
    with pytest.raises(UsageError):
        fieldtext.check(describe_type(hint), data if type(data) is not re.Pattern else {"bytes": "a"})


def test_why_an_expression_is_refused_is_told() -> None:
    for text, reason in (("(", "missing \\)"), ("a" * 3000, "2000 characters"), ("(?i)" + "[a-z]" * 99, "32 ranges")):
        with pytest.raises(EventDataError, match=reason):
            build(re.Pattern, text)


# -- hostile values -----------------------------------------------------------------------------------------


def spring(*_args: Any, **_named: Any) -> Any:
    raise BaseException("the user's code was run")


class Trap(int):
    __str__ = __repr__ = __format__ = __index__ = __int__ = __lt__ = __gt__ = __eq__ = __hash__ = spring  # type: ignore[assignment]
    to_bytes = spring  # type: ignore[assignment]


class TrapText(str):
    __slots__ = ()
    __str__ = __repr__ = __format__ = __len__ = __getitem__ = __contains__ = startswith = spring  # type: ignore[assignment]


def hostile() -> dict[str, Any]:
    """Values of exactly an atom's class with something of the user's inside, and instances of subclasses."""
    fraction, address, network, path = Fraction(1, 2), IPv4Address(1), IPv4Network("192.0.2.0/24"), Path("a")
    fraction._numerator = Trap(3)  # type: ignore[attr-defined]
    address._ip = Trap(3)  # type: ignore[attr-defined]
    network.network_address = address
    path._str = TrapText("b")  # type: ignore[attr-defined]
    made = {"fraction": fraction, "address": address, "network": network, "path": path}
    hooks = dict.fromkeys(("__str__", "__repr__", "__format__", "__eq__", "__getattribute__", "isoformat"), spring)
    values = (
        *(1.5j, Decimal(1), Fraction(1, 3), UUID(int=7), datetime(2026, 1, 1, fold=1), date(2026, 1, 1)),
        *(time(1), timedelta(1), IPv4Address(1), IPv6Address(1), IPv4Network("192.0.2.0/24"), PurePosixPath("a")),
    )
    for value in values:
        base: Any = type(value)
        changed = {name: hook for name, hook in hooks.items() if base is not UUID or name != "__getattribute__"}
        subclass: Any = type(f"Sub{base.__name__}", (base,), {})
        made[subclass.__name__] = _instance(subclass, value)
        for name, hook in changed.items():
            setattr(subclass, name, hook)
    return made


def _instance(subclass: Any, value: Any) -> Any:
    if isinstance(value, UUID):
        return subclass(int=value.int)
    if isinstance(value, (datetime, date, time, timedelta)):
        return subclass(*value.__reduce_ex__(4)[1])
    if isinstance(value, complex | Decimal | Fraction):
        return subclass(value)
    return subclass(str(value))


@pytest.mark.parametrize("name", hostile())
def test_no_code_of_the_users_runs_for_what_is_or_looks_like_an_atom(name: str) -> None:
    value = hostile()[name]
    codec = Codec(Redactor(b"key"), UNHURRIED)
    for held in (value, [value], {"a": value}):
        plain(codec.snapshot(held))
        brief(held)


def test_what_an_instance_of_a_subclass_holds_is_seen() -> None:
    held = {name: decode(snapshot(value)) for name, value in hostile().items() if name.startswith("Sub")}
    values = {name: back.value for name, back in held.items() if back.value is not None}
    assert values == {
        "Subcomplex": 1.5j,
        "SubDecimal": Decimal(1),
        "SubFraction": Fraction(1, 3),
        "SubUUID": UUID(int=7),
        "Subdatetime": datetime(2026, 1, 1),
        "Subdate": date(2026, 1, 1),
        "Subtime": time(1),
        "Subtimedelta": timedelta(1),
        "SubIPv4Address": IPv4Address(1),
    }
    assert values["Subdatetime"].fold == 1


def test_what_has_something_of_the_users_inside_is_not_kept_for_later() -> None:
    codec = Codec(None, UNHURRIED)
    for value in (Fraction(1, 3), IPv4Address(1), IPv6Address(1), Path("a"), re.compile("a"), range(3), 1j):
        assert codec.frozen_values(Held(value=value)) is not None
    for name in ("fraction", "address", "path"):
        assert codec.frozen_values(Held(value=hostile()[name])) is None
    for value in (IPv4Network("192.0.2.0/24"), IPv4Interface("192.0.2.1/24"), bytearray(b"a")):  # they can be changed
        assert codec.frozen_values(Held(value=value)) is None


def test_huge_values_are_cut_and_cost_nothing() -> None:
    started = clock.process_time()
    for value in (Fraction(1 << 5_000_000, 3), range(1 << 5_000_000)):
        assert isinstance(decode(snapshot(value)), Truncated)
        plain(snapshot([value]))
    assert decode(snapshot(range(10**18))) == range(10**18)
    long = Fraction(10**6000, 7)  # more digits than Python writes
    assert decode(snapshot(long)) == long
    assert json.dumps(plain(snapshot([long, 10**6000, range(10**6000)]))).count("0x") == 3
    with pytest.raises(EventDataError, match="fraction"):
        to_plain({"a": long})
    assert clock.process_time() - started < 5


def test_nan_in_a_complex_number_travels() -> None:
    for value in (complex(math.nan, math.inf), complex(-0.0, -0.0), complex(math.inf, math.nan)):
        assert repr(build(complex, json.loads(json.dumps(to_plain(value))))) == repr(value)
        assert repr(decode(snapshot(value))) == repr(value)


def test_an_expression_that_cannot_be_compiled_here_is_told() -> None:
    text = json.dumps({"rule": {"$pattern": "(", "flags": "i"}})
    assert decode(text)["rule"] == ObjectValue("re.Pattern", {"pattern": "(", "flags": "i"})
    assert plain(text) == {"rule": {"(type)": "re.Pattern", "pattern": "(", "flags": "i"}}
    assert isinstance(decode(snapshot(re.compile("a" * 5000))), ObjectValue)


def test_paths_of_another_operating_system_are_read() -> None:
    foreign = {"PosixPath": "WindowsPath", "WindowsPath": "PosixPath"}[type(Path()).__name__]
    back = decode(json.dumps({"$path": "a", "class": foreign}))
    assert type(back) in (PureWindowsPath, PurePosixPath)
    assert type(back).__name__ == f"Pure{foreign}"


def test_secrets_in_paths_and_expressions_are_hidden() -> None:
    codec = Codec(Redactor(b"key"), UNHURRIED)
    for value in (Path("/srv/hunter22"), re.compile("hunter22")):
        assert "hunter22" not in codec.snapshot({"password": value})
    assert "192.0.2.1" in codec.snapshot({"address": IPv4Address("192.0.2.1")})
    shapes = {shape.name: shape for shape in describe_fields(Secrets)}
    assert [name for name, shape in shapes.items() if shape.secret] == ["passwords", "token"]


@dataclass(frozen=True, kw_only=True)
class Held(DomainEvent):
    value: Any


@dataclass(frozen=True)
class Secrets:
    passwords: Path
    token: re.Pattern[str]
    password_age: Fraction


# -- a new one ----------------------------------------------------------------------------------------------


@pytest.fixture
def colour() -> Any:
    with registered(COLOUR):
        yield COLOUR


@dataclass(frozen=True, kw_only=True)
class Painted(DomainEvent):
    colour: Rgb
    other: Rgb | None = None


def test_an_atom_that_is_not_in_the_list_is_none() -> None:
    assert describe_type(Rgb).kind == "opaque"
    with pytest.raises(EventDataError):
        to_plain(Rgb(1, 2, 3))


def test_a_new_atom_travels_everywhere_by_being_in_the_list(colour: Atom) -> None:
    red = Rgb(255, 0, 0)
    shape = describe_type(Rgb | None)
    assert (shape.kind, shape.optional) == ("rgb", True)
    assert build(list[Rgb], ["#ff0000"]) == [red]
    assert to_plain({"a": red}) == {"a": "#ff0000"}
    with pytest.raises(EventDataError, match="'colour' must be a colour, like #1f77b4, not the text 'red'"):
        build(Painted, {"colour": "red"})
    event = Painted(colour=red)
    codec = Codec(Redactor(b"key"), UNHURRIED)
    values = codec.frozen_values(event)
    assert values is not None
    text = codec.encode_frozen(codec.names(event), values)
    assert text == codec.snapshot_fields(event)
    assert '"colour":{"$rgb":"#ff0000"}' in text
    assert decode(text)["colour"] == red
    assert plain(text)["colour"] == "#ff0000"
    assert brief(red) == repr(red)
    described = EventDescription("Painted", "", "", "shop", "paint", "done", fields=describe_fields(Painted))
    assert replay_of(described, text).values["colour"] == "#ff0000"
    assert synthesise(described, random.Random(1))["colour"] in colour.examples
    assert fieldtext.describe(shape) == "a colour, like #1f77b4, or empty"
    assert fieldtext.parse(shape, " #FF0000 ") == "#ff0000"
    assert fieldtext.format(shape, "#ff0000") == "#ff0000"
    with pytest.raises(UsageError, match="value must be a colour, like #1f77b4, or empty; got 'red'"):
        fieldtext.parse(shape, "red")
    assert sample(describe_class(Painted)).colour == Rgb(0x1F, 0x77, 0xB4)
