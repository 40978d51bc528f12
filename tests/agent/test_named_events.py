"""Events that are names: what they carry is what their handlers ask for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic
import pytest

from inspector.agent.reading.eventbuild import build_named
from inspector.agent.reading.events import PAYLOAD, describe_class
from inspector.agent.reading.namedevents import describe_name
from tests.hosts.children import INTERPRETERS


def takes_out(payload: dict[str, Any]) -> Any:
    return [payload["order"], payload.get("note"), [payload["lines"][0]]]


def takes_out_behind_the_name(topic: str, payload: Any) -> Any:
    return payload["order"], topic


def takes_out_beside_others(ctx: Any, event: Any) -> Any:
    return event["order"], ctx


def takes_nothing() -> None: ...


def asks(post_id, title="x") -> None: ...


def takes_one(size) -> None: ...


def guarded(fn: Callable[..., Any]) -> Callable[..., Any]:
    def safely(payload: Any, **meta: Any) -> Any:
        return fn(payload, **meta)

    return safely


@pytest.mark.parametrize(
    ("handlers", "by_keyword", "fields"),
    [
        ([takes_out], False, [("order", True), ("note", False), ("lines", True)]),
        ([takes_out_behind_the_name], False, [("order", True)]),
        ([takes_out_beside_others], False, [("order", True)]),
        ([guarded(takes_out)], False, [("order", True), ("note", False), ("lines", True)]),
        ([guarded(takes_out_beside_others)], False, [("payload", False)]),
        ([takes_nothing], False, []),
        ([takes_nothing, asks], True, [("post_id", True), ("title", False)]),
        ([takes_one], True, [("size", True)]),
        ([takes_one], False, [("payload", False)]),
        ([], False, [("payload", False)]),
    ],
)
def test_what_an_event_without_a_class_carries(handlers: list[Any], by_keyword: bool, fields: list[Any]) -> None:
    event = describe_name("order.placed", handlers, by_keyword=by_keyword)
    assert [(shape.name, shape.required) for shape in event.fields] == fields
    assert bool(event.file) == bool(handlers)
    assert (event.fields == (PAYLOAD,)) == (fields == [("payload", False)])


def test_a_payload_may_still_be_given_as_one() -> None:
    event = describe_name("order.placed", [takes_out])
    assert build_named(event, {"payload": {"order": 1}}).payload == {"order": 1}
    assert build_named(event, {"order": 1}).payload == {"order": 1}


SOURCE = """
from inspector.agent.reading.namedevents import payload_fields
def handler(payload):
    return [payload["order"], payload.get("note"), [payload["lines"][0]]]
async def waiting(payload):
    return [payload["order"], payload.get("note"), [payload["lines"][0]]]
print([[(each.name, each.required) for each in payload_fields(one)] for one in (handler, waiting)])
"""
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("python", sorted(set(INTERPRETERS.values()) - {sys.executable}))
def test_it_is_read_alike_by_every_python(python: str) -> None:
    ran = subprocess.run([python, "-c", SOURCE], capture_output=True, text=True, check=True, cwd=ROOT)
    one = "[('order', True), ('note', False), ('lines', True)]"
    assert ran.stdout.strip() == f"[{one}, {one}]"


class Transferred(pydantic.BaseModel):
    at: pydantic.AwareDatetime
    until: pydantic.PastDate | None
    seen: list[pydantic.AwareDatetime]
    link: pydantic.HttpUrl
    key: pydantic.SecretStr


def test_types_of_pydantic_are_what_they_stand_for() -> None:
    shapes = {shape.name: shape.type for shape in describe_class(Transferred).fields}
    kinds = {name: shape.kind for name, shape in shapes.items()}
    assert kinds == {"at": "datetime", "until": "date", "seen": "list", "link": "str", "key": "str"}
    assert shapes["seen"].args[0].kind == "datetime"
