"""Snapshots of payloads: typed values survive, the user's code never runs, nothing takes long or grows."""

from __future__ import annotations

import collections
import enum
import json
import math
import sqlite3
import threading
import tracemalloc
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Annotated, Any, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core import DomainEvent, EventDataError
from inspector.core.redact.marked import SECRET
from inspector.core.redact.redactor import Redactor
from inspector.core.values.snapshot import Budget, Codec, EnumValue, ObjectValue, Truncated, decode, plain, snapshot

#: Without a limit of time: what is tested here must not depend on how busy the machine is.
UNHURRIED = Budget(time=None)


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


@dataclass(frozen=True, kw_only=True)
class Registered(DomainEvent):
    user_id: UUID
    email: str
    token: str
    amount: Decimal = Decimal("1.50")
    colour: Colour = Colour.RED
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Listed(DomainEvent):
    items: list[Any] = field(default_factory=list)


class Pair(NamedTuple):
    left: Any
    right: Any = None


def codec(**changes: Any) -> Codec:
    return Codec(Redactor(b"key"), Budget(**{"time": None, **changes}))


def took(value: Any) -> Any:
    return json.loads(snapshot(value, UNHURRIED))


KEYS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(), st.uuids(), st.dates(),
    st.decimals(allow_nan=False), st.tuples(st.integers(), st.text()),
)  # fmt: skip
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
LEAVES = st.one_of(
    KEYS, ANY_TEXT, st.integers(-(2**3000), 2**3000), st.datetimes(), st.datetimes(timezones=st.just(UTC)),
    st.times(), st.timedeltas(), st.decimals(allow_nan=False), st.complex_numbers(allow_nan=False), st.just(...),
    st.binary().map(bytearray), st.frozensets(KEYS, max_size=3), st.sets(KEYS, max_size=3),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(KEYS | ANY_TEXT, inner, max_size=3), st.tuples(inner, inner)
    ),
    max_leaves=8,
)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types all the way down: 1, 1.0 and True are three values."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            any(same(key, known) and same(one[key], other[known]) for known in other) for key in one
        )
    if isinstance(one, float | Decimal):
        return repr(one) == repr(other)
    return bool(one == other)


@settings(max_examples=300)
@given(VALUES)
def test_typed_values_survive_the_round_trip(value: Any) -> None:
    assert same(decode(snapshot(value, UNHURRIED)), value)


@settings(max_examples=200)
@given(VALUES)
def test_a_snapshot_is_text_that_every_file_and_database_carries(value: Any) -> None:
    text = snapshot(value, UNHURRIED)
    assert text.encode("utf-8").decode("utf-8") == text
    assert "\0" not in text
    assert "\n" not in text
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    json.dumps(plain(text), allow_nan=False)
    database = sqlite3.connect(":memory:")
    assert database.execute("SELECT ?, json_valid(?)", (text, text)).fetchone() == (text, 1)
    database.close()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 2**53 + 1, -(2**70), 10**700, "\ud800", "\0"])
def test_values_that_json_or_sqlite_would_change_survive(value: Any) -> None:
    assert repr(decode(snapshot(value))) == repr(value)


@pytest.mark.parametrize("key", ["$type", "$more", "$", "$uuid"])
def test_a_dict_that_looks_like_a_tag_stays_a_dict(key: str) -> None:
    for value in ({key: 1}, {"a": 2, key: "x"}, {key: [], 1: 2}):
        assert decode(snapshot(value)) == value


def test_enum_members_come_back_as_type_name_and_value() -> None:
    name = f"{__name__}.Colour"
    assert decode(snapshot(Colour.RED)) == EnumValue(name, "RED", "red")
    assert decode(snapshot({Level.LOW: 1})) == {EnumValue(f"{__name__}.Level", "LOW", 1): 1}
    assert plain(snapshot([Colour.RED])) == ["RED"]


def test_instances_are_written_by_what_they_hold() -> None:
    class Plain:
        def __init__(self) -> None:
            self.a = 1

    class Slotted:
        __slots__ = ("a", "never")

        def __init__(self) -> None:
            self.a = 1

    for value in (Plain(), Slotted()):
        back = decode(snapshot(value))
        assert isinstance(back, ObjectValue)
        assert back.fields == {"a": 1}
        assert back.type.startswith(f"{__name__}.test_instances")
    assert decode(snapshot(Pair(1, (2,)))) == ObjectValue(f"{__name__}.Pair", {"left": 1, "right": (2,)})
    assert decode(snapshot(ValueError("x", 1))).fields == {"args": ("x", 1)}
    assert decode(snapshot(collections.OrderedDict(a=1))) == ObjectValue("collections.OrderedDict", {}, {"a": 1})
    assert decode(snapshot(collections.deque([1]))).value == [1]
    assert decode(snapshot(int)).value == "builtins.int"
    assert decode(snapshot(len)).value == "len"
    assert decode(snapshot(math)).value == "math"


# -- the user's code ---------------------------------------------------------------------------------------


def spring(*_args: Any, **_named: Any) -> Any:
    raise BaseException("the user's code was run")


HOOKS = (
    "__repr__", "__str__", "__eq__", "__hash__", "__bool__", "__len__", "__iter__", "__getattr__", "__getattribute__",
    "__format__", "__bytes__", "__int__", "__index__", "__float__", "__reduce_ex__", "__contains__", "__getitem__",
    "__sizeof__", "__dir__", "keys", "items", "values", "isoformat", "__lt__", "__ne__", "__copy__", "__deepcopy__",
)  # fmt: skip


class TrapMeta(type):
    __hash__ = __eq__ = __getattribute__ = __instancecheck__ = __subclasscheck__ = __repr__ = spring  # type: ignore[assignment]


def trapped(*bases: type, meta: type = type, **more: Any) -> type:
    namespace = dict.fromkeys(HOOKS, spring) | {"__class__": property(spring), "__dict__": property(spring)}
    return meta("Trapped", bases, namespace | more)


def trap_zoo() -> dict[str, Any]:
    zoo: dict[str, Any] = {"object": object.__new__(trapped())}
    zoo["metaclass"] = object.__new__(trapped(meta=TrapMeta))
    for base, made in ((str, "text"), (int, 7), (float, 1.5), (bytes, b"raw"), (list, [1]), (tuple, (1,)), (set, {1})):
        zoo[base.__name__] = base.__new__(trapped(base), made)
    zoo["dict"] = dict.__new__(trapped(dict))
    list.append(zoo["list"], 1)
    set.add(zoo["set"], 1)
    dict.__setitem__(zoo["dict"], "a", 1)
    zoo["exception"] = ValueError.__new__(trapped(ValueError), "x")
    zoo["property"] = object.__new__(type("Props", (), {"x": property(spring), "__getattr__": spring}))
    zoo["datetime"] = datetime.__new__(trapped(datetime), 2026, 1, 1)
    zoo["zone"] = datetime(2026, 1, 1, tzinfo=type("Zone", (tzinfo,), {"utcoffset": spring, "tzname": spring})())
    zoo["class"] = trapped()
    zoo["metaclassed class"] = trapped(meta=TrapMeta)
    return zoo


@pytest.mark.parametrize("name", trap_zoo())
def test_no_code_of_the_users_runs_whatever_the_payload_is(name: str) -> None:
    trap = trap_zoo()[name]
    taker = codec()
    for value in (trap, [trap], (trap, {"a": trap})):
        decode(taker.snapshot(value))
        plain(taker.snapshot(value))
    event = Listed(items=[trap])
    assert taker.frozen_values(event) is None
    decode(taker.snapshot_fields(event))


def test_what_a_trapped_builtin_holds_is_still_seen() -> None:
    zoo = trap_zoo()
    kinds = ("str", "int", "float", "bytes", "list", "tuple", "set", "dict")
    held = {name: decode(snapshot(zoo[name])).value for name in kinds}
    assert held == {"str": "text", "int": 7, "float": 1.5, "bytes": b"raw", "list": [1], "tuple": [1], "set": [1]} | {
        "dict": {"a": 1}
    }


def test_an_event_with_hooks_of_its_own_takes_the_careful_way() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Hooked(DomainEvent):
        name: str

        def __getattr__(self, name: str) -> Any:
            spring()

    @dataclass(frozen=True, kw_only=True)
    class Computed(DomainEvent):
        name: str

        def __getattribute__(self, name: str) -> Any:
            spring()

    for kind in (Hooked, Computed):
        event = kind(name="x")
        taker = codec()
        assert taker.frozen_values(event) is None
        assert decode(taker.snapshot_fields(event))["name"] == "x"


# -- bounds ------------------------------------------------------------------------------------------------


def test_a_cycle_is_told_with_its_path() -> None:
    value: dict[str, Any] = {"a": [1]}
    value["a"].append(value)
    value["b"] = [[value["a"]]]
    back = decode(snapshot(value))
    assert back["a"] == [1, Truncated("cycle", "$")]
    assert plain(snapshot(value))["a"][1] == "<cycle to $>"
    inner: list[Any] = []
    inner.append({"x": inner})
    assert decode(snapshot({"deep": [inner]})) == {"deep": [[{"x": Truncated("cycle", "$.deep[0]")}]]}


def test_the_same_value_twice_is_no_cycle() -> None:
    shared = [1]
    assert decode(snapshot([shared, shared])) == [[1], [1]]


def test_a_payload_ten_thousand_deep_is_cut() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    text = snapshot(deep, UNHURRIED)
    assert '{"$cut":"depth","type":"builtins.list"}' in text
    assert text.count("[") == UNHURRIED.depth


def test_a_snapshot_from_deep_inside_a_recursion_does_not_raise() -> None:
    def down(left: int) -> str:
        try:
            return down(left + 1)
        except RecursionError:
            return snapshot([[[[[[[[[[1]]]]]]]]]])

    assert down(0)


def test_a_large_text_keeps_its_beginning_and_tells_its_length() -> None:
    back = decode(snapshot("x" * 1_000_000))
    assert (back.reason, len(back.shown), back.total) == ("text", 65_536, 1_000_000)
    assert plain(snapshot("x" * 1_000_000)).endswith("… <text of 1000000 cut>")
    assert decode(snapshot(b"x" * 100_000)).total == 100_000


def test_a_large_list_keeps_its_beginning_and_tells_how_many_are_missing() -> None:
    back = decode(snapshot(list(range(1_000_000)), UNHURRIED))
    more = back[-1]
    assert isinstance(more, Truncated)
    assert back[:9000] == list(range(9000))
    assert more.total + len(back) - 1 == 1_000_000
    many = decode(snapshot({f"k{number}": number for number in range(20_000)}, UNHURRIED))
    assert many["$more"].total + len(many) - 1 == 20_000


def test_a_huge_int_is_cut_before_it_is_written() -> None:
    assert decode(snapshot(1 << 10_000_000)) == Truncated("int", "", 10_000_001)


def test_when_time_is_up_the_rest_is_left_out() -> None:
    back = decode(snapshot(list(range(10_000)), Budget(time=0)))
    assert isinstance(back[-1], Truncated)
    assert len(back) < 100


def test_a_huge_payload_costs_little_memory() -> None:
    payload = {"text": "x" * 20_000_000, "items": list(range(500_000)), "raw": bytes(20_000_000)}
    tracemalloc.start()
    text = snapshot(payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(text) < 500_000
    assert peak < 5_000_000


def test_a_payload_changed_by_another_thread_is_no_trouble() -> None:
    shared: dict[str, Any] = {"a": 1}
    stop = threading.Event()

    def churn() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            shared[f"k{number % 50}"] = number
            shared.pop(f"k{(number + 25) % 50}", None)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(200):
            decode(snapshot([shared], UNHURRIED))
    finally:
        stop.set()
        thread.join()


# -- events ------------------------------------------------------------------------------------------------


def event(**changes: Any) -> Registered:
    return Registered(**({"user_id": uuid4(), "email": "a@b.c", "token": "t0k3n"} | changes))


def test_frozen_values_encoded_later_are_the_snapshot_taken_at_once() -> None:
    taker = codec()
    for published in (event(), event(at=datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))), event(amount=Decimal("NaN"))):
        values = taker.frozen_values(published)
        assert values is not None
        assert taker.encode_frozen(taker.names(published), values) == taker.snapshot_fields(published)
    assert taker.names(event()) is taker.names(event())


ATOMS = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.uuids(), st.datetimes(), st.decimals(), st.binary()),
    st.text(max_size=300),
    st.sampled_from(["EUR", "t0k3n", "password=hunter22", "Bearer " + "a" * 30, "\ud800", "4111111111111111"]),
    st.sampled_from([Colour.RED, Level.LOW, 1 << 4000, "x" * 60_000, "x" * 201, "TOKEN"]),
)
NAMES = st.sampled_from(["number", "token", "name", "value", "key", "email", "pin", "card", "note", "für", "password"])


@given(st.dictionaries(NAMES, ATOMS, max_size=6), st.integers(0, 2))
@settings(max_examples=200, deadline=None)
def test_a_short_way_to_encode_writes_what_the_long_way_does(fields: dict[str, Any], times: int) -> None:
    taker = codec()
    names, values = tuple(fields), tuple(fields.values())
    walk = taker._walk()
    expected = taker._written(lambda: walk.fields(zip(names, values, strict=True)))
    for _ in range(1 + times):
        assert taker.encode_frozen(names, values) == expected


def test_many_fields_stay_within_the_budget() -> None:
    names = tuple(f"field_{number}" for number in range(99))
    for value in ("x" * 200, 1 << 3000, "x" * 50_000):
        assert len(codec().encode_frozen(names, [value] * 99)) < 2 * UNHURRIED.size + 99 * 60


def test_fields_keep_their_order_and_types() -> None:
    published = event()
    back = decode(codec().snapshot_fields(published))
    assert list(back) == list(codec().names(published))
    assert back["user_id"] == published.user_id
    assert back["occurred_at"] == published.occurred_at
    assert back["amount"] == Decimal("1.50")


@pytest.mark.parametrize("value", [[], {}, "x" * 100_000, b"x" * 100_000, (1,), object(), Level])
def test_what_may_change_or_is_large_is_not_kept_for_later(value: Any) -> None:
    assert codec().frozen_values(event(email=value)) is None


def test_a_payload_mutated_after_publish_shows_the_value_as_at_publish() -> None:
    published = Listed(items=[1])
    text = codec().snapshot_fields(published)
    published.items.append(2)
    assert decode(text)["items"] == [1]


def test_slotted_events_work_both_ways() -> None:
    @dataclass(frozen=True, kw_only=True, slots=True)
    class Slotted(DomainEvent):
        name: str

    taker = codec()
    values = taker.frozen_values(Slotted(name="x"))
    assert values is not None
    assert decode(taker.encode_frozen(taker.names(Slotted(name="x")), values))["name"] == "x"
    assert decode(taker.snapshot_fields(Slotted(name="x")))["name"] == "x"


def test_events_that_are_no_dataclasses_and_dicts_have_fields_too() -> None:
    class Foreign:
        def __init__(self) -> None:
            self.name = "x"

    taker = codec()
    assert taker.frozen_values(Foreign()) is None
    assert decode(taker.snapshot_fields(Foreign())) == {"name": "x"}
    assert decode(taker.snapshot_fields({"name": "x"})) == {"name": "x"}


# -- secrets -----------------------------------------------------------------------------------------------


def test_secrets_are_hidden_by_name_at_every_level_and_by_look_everywhere() -> None:
    canary = "C4n4ryC4n4ry"

    @dataclass
    class Inner:
        api_key: str
        hint: Annotated[str, SECRET] = canary

    payload = {
        "token": canary,
        "raw": {"password": canary.encode()},
        "passwords": [canary, (canary, {"x": {canary}})],
        "inner": Inner(canary),
        "url": f"https://u:{canary}@host/",
        "note": f"password={canary}",
        "pair": [Pair(left={"secret": canary})],
        f"token={canary}": 1,
        "deep": {("a", 1): {"cookie": canary}},
        "raw_header": f"Authorization: Bearer {canary}".encode(),
        "lower": type("Sub", (str,), {})(f"token={canary}"),
    }
    text = codec().snapshot(payload)
    assert canary not in text
    assert canary not in json.dumps(plain(text))
    # The kinds differ, the hash shows that the secret is the same.
    assert decode(text)["token"][-6:] == decode(text)["inner"].fields["api_key"][-6:]
    assert canary in snapshot(payload, UNHURRIED)


def test_the_demos_tokens_are_hidden_and_numbers_about_them_are_not() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Tokens(DomainEvent):
        verification_token: str = "abc"
        reset_token: str = "abc"
        token: str = "abc"
        token_version: int = 3
        remaining_tokens: int = 4

    back = decode(codec().snapshot_fields(Tokens()))
    hidden = {name for name, value in back.items() if str(value).startswith("<redacted:")}
    assert hidden == {"verification_token", "reset_token", "token"}
    assert (back["token_version"], back["remaining_tokens"]) == (3, 4)


def test_fields_that_a_class_marks_are_hidden() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Marked(DomainEvent):
        __redact__ = ("nick",)
        nick: str = "hidden-1"
        hint: Annotated[str, SECRET] = "hidden-2"

    taker = codec()
    assert taker.frozen_values(Marked()) is None
    assert "hidden" not in taker.snapshot_fields(Marked())


def test_no_half_of_a_secret_is_left_at_the_cut() -> None:
    jwt = "eyJhbGciOiJIUzI1NiJ9." + "a" * 40 + "." + "b" * 40
    text = codec(size=100).snapshot("x" * 79 + " " + jwt + " tail")
    assert "eyJ" not in text


# -- reading -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "{", "nope", '{"$uuid":5}', '{"$uuid":"x"}', '{"$datetime":"x"}', '{"$bytes":"ä"}', '{"$decimal":"x"}',
     '{"$enum":"x"}', '{"$timedelta":[1e400]}', '{"$tuple":5}', '{"$dict":[[1]]}', '{"$float":"x"}', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_snapshot_is_a_clear_error(text: str) -> None:
    with pytest.raises(EventDataError, match="not a payload snapshot"):
        decode(text)
    with pytest.raises(EventDataError, match="not a payload snapshot"):
        plain(text)


def test_plain_reads_well() -> None:
    value = {
        "id": UUID(int=1),
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "day": date(2026, 1, 1),
        "time": time(9, 30),
        "for": timedelta(hours=1),
        "sum": Decimal("1.50"),
        "who": (1, {"b", "a"}),
        "raw": b"\0x",
        7: math.nan,
    }
    assert plain(snapshot(value)) == {
        "id": "00000000-0000-0000-0000-000000000001",
        "at": "2026-01-01T00:00:00+00:00",
        "day": "2026-01-01",
        "time": "09:30:00",
        "for": "1:00:00",
        "sum": "1.50",
        "who": [1, ["a", "b"]],
        "raw": "b'\\x00x'",
        "7": "NaN",
    }
