"""What was fired as a command: typed in a shell, it fires the same."""

from __future__ import annotations

import random
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.app.commandline import fire_command
from inspector.catalog.synthetic.synthetic import synthesise
from inspector.cli.parser import make_parser
from inspector.cli.programs import demo_program
from inspector.cli.values import find_event, pairs, written_values
from inspector.core.description import CatalogDescription, EventDescription, FieldShape, TypeShape
from inspector.hosts.project import Project


@pytest.fixture(scope="module")
def demo() -> CatalogDescription:
    return demo_program(1).catalog()


def event_of(*fields: FieldShape, name: str = "Placed", key: str = "shop.Placed") -> EventDescription:
    return EventDescription(name, key, name, "", "", "", fields=fields)


def catalog_of(*events: EventDescription) -> CatalogDescription:
    return CatalogDescription("shop", events=events)


def parsed(command: str):
    program, *words = shlex.split(command)
    assert program == "inspector"
    return make_parser().parse_args(words)


def test_every_event_of_the_demo_is_fired_with_the_same_values(demo: CatalogDescription) -> None:
    rng = random.Random(7)
    for event in demo.events:
        values = synthesise(event, rng)
        arguments = parsed(fire_command(demo, event, values))
        assert find_event(demo, arguments.event) is event
        assert arguments.use_demo
        identity = {shape.name for shape in event.fields if shape.base}
        assert written_values(event, arguments.values) == {
            name: value for name, value in values.items() if name not in identity
        }


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("str", "two words, 'quotes', $HOME and\na line"),
        ("str", ""),
        ("int", -3),
        ("bool", False),
        ("decimal", "1.50"),
        ("list", [1, {"a": "ä"}]),
        ("dict", {"key": [None, True]}),
    ],
)
def test_what_a_shell_would_change_arrives_unchanged(kind: str, value: object) -> None:
    event = event_of(FieldShape("field", TypeShape(kind, kind), required=True))
    command = fire_command(catalog_of(event), event, {"field": value})
    assert written_values(event, parsed(command).values) == {"field": value}
    assert "\n" not in command or kind == "str"


def test_the_context_is_told_where_it_is_not_the_usual_one() -> None:
    event = event_of()
    catalog = catalog_of(event)
    plain = fire_command(catalog, event, {})
    assert plain == f"inspector fire {event.name} --demo"
    metadata = {"request id": "a=b; c", "user": "-v"}
    arguments = parsed(fire_command(catalog, event, {}, session=False, metadata=metadata, count=3, timeout=0.5))
    assert (arguments.no_session, arguments.count, arguments.timeout) == (True, 3, 0.5)
    assert dict(pairs(arguments.meta, "--meta", "")) == metadata
    assert fire_command(catalog, event, {}, timeout=None) == plain


def test_an_identity_is_left_out_and_what_keeps_its_default_too() -> None:
    text = TypeShape("str", "str")
    event = event_of(
        FieldShape("event_id", TypeShape("uuid", "UUID"), required=False, generated=True, base=True),
        FieldShape("flag", TypeShape("bool", "bool"), required=False, default=True),
        FieldShape("note", text, required=False, default="none"),
        FieldShape("made", text, required=False, generated=True),
    )
    catalog = catalog_of(event)
    command = fire_command(catalog, event, {"event_id": "x", "flag": False, "made": "here"})
    assert parsed(command).values == ["flag=false", "made=here"]
    assert parsed(fire_command(catalog, event, {})).values == []


def test_of_two_events_with_one_name_the_dotted_one_is_written() -> None:
    events = event_of(), event_of(name="Placed", key="other.Placed")
    assert parsed(fire_command(catalog_of(*events), events[1], {})).event == "other.Placed"


def test_a_project_is_named_as_it_was_loaded(tmp_path: Path) -> None:
    event = event_of()
    given = Project.from_options(
        ["shop.wiring:get_bus", "shop.other:bus"],
        catalog="shop.registry:EVENTS",
        db_session="shop.database:scope",
        python="python3",
        env=tmp_path / "a file.env",
        cwd=tmp_path,
        load_timeout=2.5,
    ).with_settings({"SHOP_PASSWORD": "hunter2"})
    command = fire_command(catalog_of(event), event, {}, project=given)
    arguments = parsed(command)
    assert arguments.app == ["shop.wiring:get_bus", "shop.other:bus"]
    assert (arguments.catalog, arguments.db_session) == (["shop.registry:EVENTS"], "shop.database:scope")
    assert (arguments.python, arguments.env, arguments.cwd) == ("python3", str(tmp_path / "a file.env"), str(tmp_path))
    assert arguments.load_timeout == 2.5
    assert "hunter2" not in command
    found = replace(given, source=tmp_path / "my shop" / "pyproject.toml")
    assert fire_command(catalog_of(event), event, {}, project=found) == (
        f"cd {shlex.quote(str(tmp_path / 'my shop'))} && inspector fire Placed"
    )
