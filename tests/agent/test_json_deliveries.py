"""Events that travel as JSON inside one program: what arrives is what was published, and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from inspector.core.errors import InspectorError
from inspector.core.records.records import HANDLER_STARTED, PUBLISHED
from tests.agent.samples import Watched, watch


@dataclass(frozen=True)
class Shipped:
    """A parcel is on its way."""

    wire: ClassVar[str] = "parcel.shipped"
    parcel: str
    password: str
    event_id: str = field(default_factory=lambda: str(uuid4()))

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.wire, **asdict(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Shipped:
        return cls(**{key: value for key, value in data.items() if key != "name"})


class Program:
    """Keeps classes and handlers by name; how events reach the handlers is said by those below."""

    def __init__(self) -> None:
        self.types = {Shipped.wire: Shipped}
        self.seen: list[Shipped] = []
        self.handlers: dict[str, list[Callable[[Shipped], Any]]] = {Shipped.wire: [self.keep]}

    def keep(self, event: Shipped) -> None:
        self.seen.append(event)

    def _call(self, name: str, data: Any) -> None:
        for handler in self.handlers.get(name, []):
            handler(self.types[name].from_dict(data))


class ByText(Program):
    def publish(self, event: Shipped) -> None:
        self.dispatch(json.dumps(event.to_dict()))

    def dispatch(self, message: str) -> None:
        data = json.loads(message)
        self._call(data["name"], data)


class ByBytes(Program):
    def publish(self, event: Shipped) -> None:
        self.dispatch(json.dumps({"type": event.wire, "data": asdict(event)}).encode())

    def dispatch(self, message: bytes) -> None:
        data = json.loads(message)
        self._call(data["type"], data["data"])


class ByNameAndData(Program):
    async def publish(self, event: Shipped) -> None:
        await asyncio.sleep(0)
        await self.dispatch(event.wire, event.to_dict())

    async def dispatch(self, name: str, payload: dict[str, Any]) -> None:
        self._call(name, payload)


class TakesText(Program):
    """Only works off what others have published."""

    def handle_message(self, body: bytes | str) -> None:
        data = json.loads(body)
        self._call(data["name"], data)


class TakesTextInAnEnvelope(Program):
    def handle_message(self, body):  # type: ignore[no-untyped-def]
        message = json.loads(body)
        self._call(message["event_type"], message["payload"])


class TakesData(Program):
    async def handle(self, message: dict[str, Any]) -> None:
        self._call(message["topic"], {key: value for key, value in message.items() if key not in ("topic", "name")})


async def fire(program: Program) -> Watched:
    watched = watch(program)
    event = watched.program.build("Shipped", {"parcel": "p-1", "password": "hunter2"})
    await watched.program.publish(event, None, None)
    watched.stop()
    return watched


@pytest.mark.parametrize("make", [ByText, ByBytes, ByNameAndData, TakesText, TakesTextInAnEnvelope, TakesData])
async def test_one_publication_however_it_travels(make: type[Program]) -> None:
    program = make()
    watched = await fire(program)
    assert [event.parcel for event in program.seen] == ["p-1"]
    (published,) = watched.rows(PUBLISHED)
    assert published[3] == "Shipped"
    assert '"parcel":"p-1"' in published[8]
    assert published[10] == 1, "one handler is expected"
    assert [row[3] for row in watched.rows(HANDLER_STARTED)] == [published[2]]
    assert "hunter2" not in str(watched.taken), "a text of JSON is not the name of an event"
    (source,) = watched.catalog.sources
    assert "empties it" not in source.text


@dataclass(frozen=True)
class Lost(Shipped):
    """Nobody has entered it."""


async def test_a_class_that_is_not_in_the_registry_cannot_travel() -> None:
    program = TakesText()
    found: list[Any] = []

    def lost(event: Lost) -> None:
        found.append(event)

    program.handlers["Lost"] = [lost]
    watched = watch(program)
    event = watched.program.build("Lost", {"parcel": "p-1", "password": "x"})
    with pytest.raises(InspectorError, match="the name of Lost is unknown"):
        await watched.program.publish(event, None, None)
    watched.stop()
    assert found == []


def test_what_arrives_from_elsewhere_is_an_event_of_its_class() -> None:
    program = ByText()
    watched = watch(program)
    program.dispatch('{"name": "parcel.shipped", "parcel": "p-2", "password": "x"}')
    with pytest.raises(json.JSONDecodeError):
        program.dispatch('{"name"')
    watched.stop()
    (published,) = watched.rows(PUBLISHED)
    assert (published[3], published[10]) == ("Shipped", 1)


class TakesSomething(Program):
    def handle_message(self, body: bytes) -> None:
        self._take(json.loads(body))

    def _take(self, message: dict[str, Any]) -> None:
        self._call(message["wire_name"], message)


async def test_a_form_that_cannot_be_told_is_not_guessed() -> None:
    with pytest.raises(InspectorError, match="handle_message takes JSON, but the format"):
        await fire(TakesSomething())
