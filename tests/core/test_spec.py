"""How a bus is read, as data: written as TOML and read again; what cannot be used is told with what can."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.spec import (
    ADAPTER,
    ALSO,
    DRAIN,
    HANDLERS,
    IDENTITIES,
    IDENTITY,
    KINDS,
    LIBRARY,
    PATTERNS,
    PROPOSED,
    PUBLISH,
    BusSpec,
    SpecLine,
    read_tables,
    table_of,
    to_toml,
)

NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
POINTS = NAMES | st.fixed_dictionaries(
    {"method": NAMES}, optional={"event": NAMES, "session": NAMES, "metadata": NAMES, "name": NAMES}
)
ALSO_RUNS = st.text(min_size=1) | st.fixed_dictionaries(
    {"handler": st.text(min_size=1)}, optional={"events": st.lists(st.text(), max_size=3)}
)
VALUES = {
    ADAPTER: st.text(min_size=1),
    PUBLISH: POINTS,
    IDENTITY: st.sampled_from(IDENTITIES) | NAMES.map("name in {}".format),
    HANDLERS: PATHS,
    ALSO: ALSO_RUNS,
    DRAIN: NAMES | st.just(""),
    PATTERNS: st.sampled_from(("glob", "exact")),
}


def line(kind: str, value: Any, origin: str = PROPOSED) -> SpecLine:
    return SpecLine(kind, value, str(value), origin, "it looks like it")


@st.composite
def specs(draw: st.DrawFn) -> BusSpec:
    lines = []
    for kind in KINDS:
        most = 4 if kind in (PUBLISH, HANDLERS, ALSO) else 1
        lines += [line(kind, value) for value in draw(st.lists(VALUES[kind], max_size=most))]
    return BusSpec(draw(st.text(min_size=1)), tuple(lines))


@given(st.lists(specs(), min_size=1, max_size=3, unique_by=lambda spec: spec.where))
def test_a_spec_that_is_written_and_read_again_says_the_same(written: list[BusSpec]) -> None:
    table = tomllib.loads(to_toml(written)).get("tool", {}).get("inspector", {}).get("bus", {})
    buses, troubles = read_tables(table)
    assert troubles == []
    for spec in written:
        expected = {
            kind: tuple(value) if isinstance(value, list) else value for kind, value in table_of(spec.lines).items()
        }
        said = [bus.table for bus in buses if bus.where in ("", spec.where)]
        assert said == [expected] if expected or said else not table_of(spec.lines)


def test_buses_that_are_read_alike_need_one_table() -> None:
    same = [BusSpec(where, (line(HANDLERS, "receivers"),)) for where in ("shop:paid", "shop:placed")]
    assert to_toml(same) == '[tool.inspector.bus]\nhandlers = ["receivers"]\n'


def test_what_the_class_of_a_library_says_need_not_be_declared() -> None:
    spec = BusSpec("shop:hub", (line(ADAPTER, "blinker", LIBRARY), line(PUBLISH, "send", LIBRARY)))
    assert to_toml([spec]).startswith("# ")
    assert tomllib.loads(to_toml([spec])) == {}


@pytest.mark.parametrize(
    ("table", "text", "hint"),
    [
        ({"handlrs": "x"}, "unknown key handlrs", "Did you mean handlers?"),
        ({"zzz": "x"}, "unknown key zzz", "Use where, adapter"),
        ({"handlers": 3}, "handlers: 3 is not a string", 'Use handlers = ["…"].'),
        ({"handlers": [{"in": "x"}]}, "Unknown key in", "Use container, keyed-by or holds."),
        ({"handlers": {"keyed-by": "name"}}, "Missing container", "Add container"),
        ({"handlers": {"container": "a b"}}, '"a b" is not a name', "dotted path"),
        ({"handlers": {"container": "x", "keyed-by": "colour"}}, 'Unknown keyed-by "colour"', "Use class, class with"),
        ({"handlers": {"container": "x", "holds": "sand"}}, 'Unknown holds "sand"', "objects run by METHOD"),
        ({"handlers": {"container": "x", "holds": "objects run by "}}, "Unknown holds", "Use handlers"),
        ({"handlers": {"container": "x", "holds": 1}}, "holds must be a string", ""),
        ({"handlers": "a b"}, '"a b" is not a name', "dotted path"),
        ({"identity": "colour"}, 'Invalid event identity "colour"', "Use class, class with bases"),
        ({"identity": "name in "}, "Invalid event identity", "name in FIELD"),
        ({"patterns": "regex"}, 'Unknown value "regex"', "Use glob or exact."),
        ({"drain": True}, "true is not a string", 'Use drain = "…".'),
        ({"drain": "no name"}, "is not a method name", 'Use "" for none.'),
        ({"publish": {"methd": "x"}}, "Unknown key methd", "Use method, event"),
        ({"publish": {"event": "x"}}, "Missing method", "Add method"),
        ({"publish": {"method": 1}}, "method must be a string", ""),
        ({"also-runs": {"handler": "a:b", "events": [1]}}, "events must be a string", ""),
        ({"where": 1}, "where must be a string", "shop.app:bus"),
        ("text", "must be a table", "[tool.inspector.bus]"),
        ([{"where": "a:b"}, {"handlers": "x"}], "number 2", "Add where"),
    ],
)
def test_what_cannot_be_used_is_told_with_what_can(table: Any, text: str, hint: str) -> None:
    _, troubles = read_tables(table)
    assert len(troubles) == 1
    assert text in troubles[0].text
    assert hint in troubles[0].hint


def test_what_is_good_in_a_table_is_used_whatever_else_is_in_it() -> None:
    (bus,), troubles = read_tables({"handlers": ["good", 3], "also_runs": "a:b", "wrong": 1})
    assert bus.table == {HANDLERS: ("good",), ALSO: ("a:b",)}
    assert len(troubles) == 2
