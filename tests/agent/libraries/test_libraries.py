"""Programs with buses of libraries, on the real libraries in two versions each: told rightly, and not disturbed.

``tools/library-venvs`` installs the libraries. Where it was not run these tests are skipped, unless REQUIRE_LIBRARIES
is set, as ``.ci/run`` does.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import inspector
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[3]
CHILD = Path(__file__).with_name("child.py")
PROGRAMS = Path(__file__).with_name("programs")
VERSIONS = ("newest", "older")
#: How they are recorded: on Python 3.12 and newer, and with the stand-ins of 3.11.
WAYS = ("watched", "wrapped")


@dataclass(frozen=True)
class Expected:
    """What is right for a program.

    Attributes:
        adapter: Which adapter reads it.
        events: By event its handlers, in order.
        fields: By event its fields, those that are required marked with ``!``; not of every event.
        causes: What was published by which handler.
        fires: For each fire which handlers ran, and how they ended.
        told: What the catalog says of its receivers, or of what could not be done.
        unordered: Its receivers are called in no order that the library promises, or side by side.
        later: Handlers of the newest version only.
    """

    adapter: str
    events: dict[str, list[str]]
    fields: dict[str, list[str]] = field(default_factory=dict)
    causes: set[tuple[str, str]] = field(default_factory=set)
    fires: list[list[tuple[str, str]]] = field(default_factory=list)
    told: tuple[str, ...] = ()
    unordered: bool = False
    later: tuple[str, ...] = ()


EXPECTED = {
    "django_signals": Expected(
        "django",
        {
            "order_paid": ["audit", "Stock.reserve", "only_orders", "later"],
            "order_sent": ["broken"],
            "checked": ["only_orders"],
        },
        {"order_paid": ["amount!", "note"]},
        {("order_sent", "audit")},
        [
            [("audit", "ok"), ("Stock.reserve", "ok"), ("later", "ok")],
            [("broken", "failed")],
            [("only_orders", "ok")],
            [("broken", "failed"), ("audit", "failed")],
        ],
        ("only_orders (for sender Order only, weak)", "1 receiver is gone"),
        later=("later",),
    ),
    "celery_signals": Expected(
        "celery",
        {"task_stored": ["store", "refuse"], "task_lost": ["stubborn", "store"]},
        {"task_stored": ["key"]},
        {("task_lost", "store")},
        [[("stubborn", "ok"), ("store", "ok"), ("refuse", "failed")]],
        ("store (for one sender only)", "refuse (weak)"),
    ),
    "blinker_signals": Expected(
        "blinker",
        {"order-paid": ["announce", "Ledger.book"], "order-sent": ["ship"], "awaited": ["later"]},
        {"order-paid": ["amount!"]},
        {("order-sent", "announce")},
        [[("Ledger.book", "ok"), ("announce", "ok"), ("ship", "ok")], [("ship", "ok")], [("later", "ok")]],
        ("announce (for sender shop only, weak)",),
        unordered=True,
    ),
    "pyee_emitter": Expected(
        "pyee",
        {"entered": ["greet", "serve"], "left": ["broken"], "error": ["Desk.note"], "shop.closed": ["close"]},
        {"entered": ["name!", "loud"], "shop.closed": ["reason!"]},
        {("left", "serve"), ("error", "serve")},
        [
            [("greet", "ok"), ("broken", "failed"), ("Desk.note", "ok"), ("serve", "ok")],
            [("close", "ok")],
            [("broken", "failed"), ("Desk.note", "ok")],
        ],
        ("greet (once)",),
    ),
    "pyee_plain": Expected(
        "pyee",
        {"sold": ["count", "refuse"]},
        {"sold": ["item!", "price!"]},
        fires=[[("count", "ok"), ("refuse", "failed")]],
    ),
    "psygnal_signals": Expected(
        "psygnal",
        {
            "opened": ["Guard.look", "log"],
            "closed": ["shut"],
            "rained": ["drops", "anything"],
            "cleared": ["anything"],
            "age": ["aged", "anything"],
            "name": ["anything"],
        },
        {"opened": ["width!", "by!"], "closed": []},
        {("closed", "log")},
        [[("Guard.look", "ok"), ("shut", "ok"), ("log", "ok")], [("drops", "ok"), ("anything", "ok")]],
        ("Guard.look (weak, priority 5)", "recorded by wrapping"),
    ),
    "bubus_bus": Expected(
        "bubus",
        {
            "OrderPaid": ["send", "refuse", "everything"],
            "OrderSent": ["Carrier.carry", "everything"],
            "Named": ["everything"],
        },
        causes={("OrderSent", "send")},
        fires=[
            [("send", "ok"), ("refuse", "failed"), ("everything", "ok"), ("Carrier.carry", "ok"), ("everything", "ok")],
            [("everything", "ok")],
        ],
        told=("one after another",),
    ),
    "lato_application": Expected(
        "lato",
        {"PlaceOrder": ["place"], "OrderPlaced": ["reserve", "refuse"], "Counted": ["count"], "tidy": ["tidy"]},
        {"PlaceOrder": ["id", "item!"], "tidy": ["shelf!"]},
        {("OrderPlaced", "place")},
        [
            [("reserve", "ok"), ("refuse", "ok"), ("place", "ok")],
            [("count", "ok")],
            [("reserve", "ok"), ("refuse", "failed")],
            [("tidy", "ok")],
        ],
        ("reserve (of module stock)",),
    ),
    "pluggy_hooks": Expected(
        "pluggy",
        {
            "price_asked": ["Second.price_asked", "First.price_asked"],
            "clerk_called": ["First.clerk_called", "Second.clerk_called"],
            "shop_opened": ["Second.shop_opened"],
        },
        {"price_asked": ["item!", "amount!"], "shop_opened": ["hour!"]},
        fires=[[("First.price_asked", "ok"), ("Second.price_asked", "ok")], [("First.clerk_called", "ok")]],
        told=("Second.price_asked (wrapper)", "Stops at the first result: clerk_called"),
    ),
    "pypubsub_topics": Expected(
        "pypubsub",
        {"news": ["everything", "news"], "news.sport": ["everything", "news", "Board.post", "sport"]},
        {"news": ["text!"], "news.sport": ["text!", "urgent"]},
        fires=[
            [("everything", "ok"), ("news", "ok"), ("Board.post", "ok"), ("sport", "ok")],
            [("everything", "ok"), ("news", "ok")],
        ],
        told=("Board.post (weak)", "later listeners are skipped"),
    ),
    "fastapi_events_local": Expected(
        "fastapi-events",
        {"order_paid": ["book", "count"], "order_sent": ["count", "refuse"]},
        {"order_paid": ["amount!", "note"]},
        {("order_sent", "book")},
        [[("book", "ok"), ("count", "ok"), ("count", "ok"), ("refuse", "ok")], [("count", "ok"), ("refuse", "ok")]],
        unordered=True,
    ),
    "litestar_listeners": Expected(
        "litestar",
        {"user_created": ["mail"], "user_deleted": ["mail"], "user_left": ["forget"]},
        {"user_created": ["name!"], "user_left": ["name!", "now"]},
        fires=[[("mail", "ok")], [("forget", "ok")]],
        unordered=True,
    ),
    "faststream_broker": Expected(
        "faststream",
        {"orders": ["pack"], "parcels": ["ship"], "notes": ["note"]},
        {"orders": ["item!", "amount"], "parcels": ["item!", "weight!"], "notes": ["text!"]},
        fires=[[("pack", "ok"), ("ship", "ok")], [("ship", "ok")], [("note", "ok")]],
        told=("Fired in memory with TestRedisBroker",),
    ),
}


#: Causes that are only seen where code is watched: what a library publishes of what a handler returned.
OBSERVED_CAUSES = {"faststream_broker": {("parcels", "pack")}}


@functools.cache
def run(version: str, how: str) -> subprocess.CompletedProcess[str] | None:
    """Run every program with the libraries of a version, recorded in one way; None where they are not installed."""
    python = ROOT / ".venv-libs" / version / "bin" / "python"
    if not python.exists():
        return None
    command = [str(python), "-I", str(CHILD), str(Path(inspector.__file__).parent), how, *EXPECTED]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


@functools.cache
def read(stdout: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(stdout)
    return told


def answers(version: str, how: str) -> dict[str, Any]:
    done = run(version, how)
    if done is None:
        text = "The libraries are not installed: run tools/library-venvs."
        if os.environ.get("REQUIRE_LIBRARIES"):
            pytest.fail(text)
        pytest.skip(text)
    assert done.returncode == 0, done.stderr[-3000:]
    return read(done.stdout)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=WAYS)
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=sorted(EXPECTED))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def answer(version: str, how: str, name: str) -> dict[str, Any]:
    told: dict[str, Any] = answers(version, how)[name]
    return told


def handlers(expected: Expected, version: str, labels: list[str]) -> list[str]:
    return [label for label in labels if version == "newest" or label not in expected.later]


def test_there_is_a_program_for_each_library() -> None:
    assert {path.stem for path in PROGRAMS.glob("*.py")} == set(EXPECTED)


def test_a_tapped_program_does_what_it_does_untapped(answer: dict[str, Any], name: str) -> None:
    untapped, tapped = answer["untapped"], answer["tapped"]

    def same(outcome: dict[str, Any] | None) -> None:
        if outcome is None:
            return
        assert outcome["results"] == untapped["results"]
        if EXPECTED[name].unordered:
            assert sorted(outcome["tally"]) == sorted(untapped["tally"])
        else:
            assert outcome["tally"] == untapped["tally"]

    same(tapped)
    same(tapped["after"])  # made anew, with what we may have left behind in the library
    same(tapped["left"])  # the very same objects, given back as they were
    assert tapped["removed"] == []


def test_what_ran_is_what_the_program_has_counted(answer: dict[str, Any]) -> None:
    tapped = answer["tapped"]
    tally = [line.partition(" ")[0] for line in tapped["tally"] if not line.endswith(" ended")]
    assert sorted(label for _, label, _ in tapped["executed"]) == sorted(tally)
    assert len(tapped["executed"]) == tapped["seen_after"]  # nothing is told of what ran afterwards


def test_who_has_published_is_known(answer: dict[str, Any], name: str, how: str) -> None:
    published = answer["tapped"]["published"]
    expected = EXPECTED[name].causes | (OBSERVED_CAUSES.get(name, set()) if how == "watched" else set())
    assert {(event, cause) for event, _, _, cause in published if cause} == expected
    for event, payload, _, _ in published:
        assert "signal" not in payload, event


def test_each_execution_is_of_a_publication_that_was_seen(answer: dict[str, Any]) -> None:
    tapped = answer["tapped"]
    published = [event for event, _, handlers, _ in tapped["published"] for _ in handlers]
    for event, _, _ in tapped["executed"]:
        published.remove(event)  # no more of an event than its publications have handlers


def test_the_catalog_is_right(answer: dict[str, Any], name: str, version: str) -> None:
    expected, catalog = EXPECTED[name], answer["catalog"]
    assert {event: told["handlers"] for event, told in catalog["events"].items()} == {
        event: handlers(expected, version, labels) for event, labels in expected.events.items()
    }
    for event, fields in expected.fields.items():
        shown = catalog["events"][event]["fields"]
        assert [field + "!" * required for field, (_, required) in shown.items()] == fields
    if name == "psygnal_signals":  # written as texts, and found where the class is written
        assert catalog["events"]["age"]["fields"]["new"] == ["int", True]
    assert {adapter for adapter, _ in catalog["sources"]} == {expected.adapter}


def test_what_is_special_about_receivers_is_told(answer: dict[str, Any], name: str) -> None:
    catalog = answer["catalog"]
    text = "\n".join(text for _, text in (*catalog["sources"], *catalog["problems"]))
    for told in EXPECTED[name].told:
        assert told in text


def test_a_fire_runs_its_handlers(answer: dict[str, Any], name: str, version: str) -> None:
    expected = EXPECTED[name]
    assert len(answer["fires"]) == len(expected.fires)
    for fire, ended in zip(answer["fires"], expected.fires, strict=True):
        ran = [(label, status) for _, label, status in fire["executed"]]
        right = [entry for entry in ended if version == "newest" or entry[0] not in expected.later]
        assert sorted(ran) == sorted(right)
        assert fire["removed"] == []
        tally = [line.partition(" ")[0] for line in fire["tally"] if not line.endswith(" ended")]
        assert sorted(label for label, _ in ran) == sorted(tally)


def test_something_else_runs_in_the_place_of_a_handler(answer: dict[str, Any]) -> None:
    struck = answer["struck"]
    statuses = [status for _, label, status in struck["executed"] if label == struck["label"]]
    assert set(statuses) == {"failed"}
    tally = [line.partition(" ")[0] for line in struck["tally"] if not line.endswith(" ended")]
    assert struck["label"] not in tally
    others = [label for _, label, _ in struck["executed"] if label != struck["label"]]
    assert sorted(others) == sorted(tally)
    assert struck["removed"] == []
