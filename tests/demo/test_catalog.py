"""The demo's catalog is the table in catalog.csv."""

from __future__ import annotations

import ast
import csv
import dataclasses
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import pytest

import inspector.demo as demo
from inspector.core import DomainEvent, get_event_class
from inspector.core.bus.registry import EventCategory, WorkflowPhase
from inspector.core.values.shape import describe_fields
from inspector.demo.actions import AuditAction
from inspector.demo.handlers.methods import SECRET_FIELDS, snake_case
from tests.demo.values import BASE_FIELDS, make

with (Path(__file__).parent / "catalog.csv").open(newline="") as file:
    ROWS = list(csv.DictReader(file))
ENTRIES = {entry.event_class.__name__: entry for entry in demo.EVENT_REGISTRY}


def row_id(row: dict[str, str]) -> str:
    return row["event"]


def type_text(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint).replace("uuid.", "")


def field_text(event_class: type[DomainEvent], each: dataclasses.Field[Any]) -> str:
    text = f"{each.name}: {type_text(typing.get_type_hints(event_class)[each.name])}"
    if each.default is not dataclasses.MISSING:
        return f"{text} = {each.default!r}"
    if each.default_factory is not dataclasses.MISSING:
        return f"{text} = {each.default_factory()!r}"
    return text


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_every_row_of_the_table_is_an_event_with_exactly_these_fields(row: dict[str, str]) -> None:
    event_class = ENTRIES[row["event"]].event_class
    fields = [each for each in dataclasses.fields(event_class) if each.name not in BASE_FIELDS]
    assert "; ".join(field_text(event_class, each) for each in fields) == row["fields"]
    assert event_class.__module__ == f"inspector.demo.events.{row['category']}"
    assert get_event_class(row["event"]) is event_class


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_the_registry_says_of_an_event_what_the_table_says(row: dict[str, str]) -> None:
    entry = ENTRIES[row["event"]]
    assert entry.category is EventCategory(row["category"])
    assert entry.phase is WorkflowPhase(row["phase"])
    assert entry.workflow_name == row["workflow"]
    assert entry.audit_action_name == row["audit_action"]
    kinds = ("logging", "audit", "email", "session")
    assert entry.required_kinds == tuple(kind for kind in kinds if row[kind] == "1")


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_events_survive_the_way_through_a_dict(row: dict[str, str]) -> None:
    event = make(ENTRIES[row["event"]].event_class)
    assert DomainEvent.from_dict(event.to_dict()) == event


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_every_event_is_frozen_takes_keywords_only_and_tells_what_happened(row: dict[str, str]) -> None:
    event_class = ENTRIES[row["event"]].event_class
    event = make(event_class)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.tenant_id = "other"
    with pytest.raises(TypeError, match="positional"):
        event_class("value")  # type: ignore[call-arg]
    what, _, when = (event_class.__doc__ or "").partition("\n\n")
    assert what.endswith(".")
    assert "Published" in when


def test_the_registry_keeps_the_order_of_the_table() -> None:
    assert list(ENTRIES) == [row["event"] for row in ROWS]


def test_statistics_of_the_demo() -> None:
    statistics = demo.get_statistics()
    wanted = {
        "total_events": 77,
        "total_workflows": 32,
        "requiring_logging": 77,
        "requiring_audit": 70,
        "requiring_email": 5,
        "requiring_session": 3,
    }
    assert {key: statistics[key] for key in wanted} == wanted
    assert sum(statistics["by_category"].values()) == sum(statistics["by_phase"].values()) == 77


def test_the_demo_binds_the_queries_to_its_own_registry() -> None:
    assert len(demo.get_all_events()) == 77
    assert {
        kind: len(demo.get_events_requiring_handler(kind)) for kind in ("logging", "audit", "email", "session")
    } == {
        "logging": 77,
        "audit": 70,
        "email": 5,
        "session": 3,
    }
    with pytest.raises(ValueError, match="fax"):
        demo.get_events_requiring_handler("fax")
    login = demo.get_workflow_events("user_login")
    assert [event.__name__ for event in login.values()] == [
        "UserLoginAttempted",
        "UserLoginSucceeded",
        "UserLoginFailed",
    ]


def test_there_is_an_audit_action_for_each_audited_event_and_no_other() -> None:
    expected = demo.get_expected_audit_actions().values()
    assert sorted(expected) == sorted(AuditAction.__members__)
    assert len(AuditAction) == 70


def test_fields_that_the_inspector_calls_secret_are_the_ones_that_handlers_keep_to_themselves() -> None:
    found = {shape.name for event in demo.get_all_events() for shape in describe_fields(event) if shape.secret}
    assert found == SECRET_FIELDS


def test_names_become_snake_case() -> None:
    names = ["UserLoginFailed", "PortfolioNetWorthRecalculated", "SSEFrameSent"]
    assert [snake_case(name) for name in names] == [
        "user_login_failed",
        "portfolio_net_worth_recalculated",
        "sse_frame_sent",
    ]


def test_sse_types_mapping_and_payload_are_those_of_the_table() -> None:
    mapping = {
        event.__name__: each.sse_event_type.value for event, each in demo.get_domain_event_to_sse_mapping().items()
    }
    assert mapping == {row["event"]: row["sse_event_type"] for row in ROWS if row["sse_event_type"]}
    assert len(mapping) == len(demo.get_all_sse_event_types()) == len(demo.SSEEventType) == 24
    for event_class, each in demo.get_domain_event_to_sse_mapping().items():
        metadata = demo.get_sse_event_metadata(each.sse_event_type)
        own = [part.name for part in dataclasses.fields(event_class) if part.name not in BASE_FIELDS | {"user_id"}]
        assert metadata is not None
        assert metadata.payload_fields == own == list(each.payload_extractor(make(event_class)))
        assert metadata.category.value == each.sse_event_type.value.split(".")[0]
        assert metadata.description.endswith(".")


def test_sse_statistics_of_the_demo() -> None:
    assert demo.get_registry_statistics() == {
        "total_event_types": 24,
        "total_mappings": 24,
        "by_category": {"security": 5, "provider": 3, "sync": 9, "import": 4, "portfolio": 3},
    }
    assert len(demo.get_events_by_category(demo.SSEEventCategory.SYNC)) == 9


def test_the_demo_leaves_sqlalchemy_alone_until_its_database_is_opened() -> None:
    say = "print('sqlalchemy' in sys.modules)"
    built = f"import asyncio, sys, inspector.demo; demo = inspector.demo.build(); {say}"
    code = f"{built}; asyncio.run(demo.start()); {say}; asyncio.run(demo.close())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
    assert done.stderr == ""


def test_the_demo_knows_only_core_sqlalchemy_and_the_standard_library() -> None:
    allowed = {*sys.stdlib_module_names, "sqlalchemy"}
    for path in Path(demo.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            for name in names:
                inside = name.startswith(("inspector.core", "inspector.demo"))
                assert inside or name.split(".")[0] in allowed, f"{path}: {name}"
