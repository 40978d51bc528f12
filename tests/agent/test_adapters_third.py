"""The protocol is enough for a library of another kind: an adapter as a third party would write it, for signals."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from typing import Any

import pytest

from inspector.agent.adapters.base import Connection, FireContext, Match, Names, Options, Subscribed
from inspector.agent.reading.eventbuild import build_named
from inspector.agent.reading.events import EventType, NamedEvent
from inspector.agent.reading.namedevents import describe_name
from inspector.agent.reading.targets import is_async
from inspector.agent.tap.stand_ins import PublishPlace, Route, TappedHandler, TappedPublish, TappedReference, original
from inspector.agent.tap.tap import Occurrence, Tap, TapSubscription
from inspector.core.description import HandlerDescription, Problem
from inspector.core.records.records import HANDLER_ENDED, HANDLER_STARTED, PUBLISHED
from tests.agent.samples import watch


class Signal:
    """As signal libraries are: receivers by id, weakly held, with a sender; errors are given back."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.receivers: dict[int, Any] = {}

    def connect(self, receiver: Callable[..., Any]) -> None:
        self.receivers[id(receiver)] = weakref.ref(receiver)

    def send(self, sender: Any, **named: Any) -> list[tuple[Any, Any]]:
        results = []
        for reference in self.receivers.values():
            receiver = reference()
            if receiver is not None:
                results.append((receiver, receiver(sender, **named)))
        return results


class SignalAdapter:
    name = "signals"

    def recognises(self, value: Any, options: Options) -> Match | None:
        return (
            Match(100, "signals")
            if isinstance(value, list) and all(isinstance(each, Signal) for each in value)
            else None
        )

    def connect(self, where: str, value: Any, options: Options, names: Names) -> Connection:
        return SignalConnection(where, value, names)


class SignalConnection:
    adapter = "signals"
    why = "A list of signals."

    def __init__(self, where: str, signals: list[Signal], names: Names) -> None:
        self.where, self._signals, self._names = where, signals, names
        self._tap: Tap | None = None
        self.done: list[str] = []

    def _receivers(self, signal: Signal) -> list[Any]:
        found = [original(reference)() for reference in signal.receivers.values()]
        return [receiver for receiver in found if receiver is not None]

    def event_types(self) -> list[EventType]:
        return [describe_name(signal.name) for signal in self._signals]

    def subscriptions(self) -> Iterable[Subscribed]:
        for signal in self._signals:
            for order, receiver in enumerate(self._receivers(signal)):
                yield Subscribed(signal.name, "exact", self._names.describe(receiver), order)

    def handlers_of(self, event: EventType) -> list[HandlerDescription]:
        return [each.handler for each in self.subscriptions() if each.pattern == event.name]

    def problems(self) -> Iterable[Problem]:
        return ()

    def record(self, tap: Tap) -> Callable[[], None]:
        self._tap = tap
        undo = []
        for signal in self._signals:

            def wrap(receiver: Any, signal: Signal = signal) -> Any:
                route = Route(tap, self, signal.name, self._names.describe(receiver), is_async(receiver))
                return TappedHandler(receiver, route)

            before = dict(signal.receivers)
            for key, reference in before.items():
                signal.receivers[key] = TappedReference(reference, wrap)
            vars(signal)["send"] = TappedPublish(signal.send, PublishPlace(tap, self, signal.name, False))
            undo.append((signal, before))

        def restore() -> None:
            for signal, before in undo:
                signal.receivers.update(before)
                del vars(signal)["send"]

        return restore

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        return build_named(event, values)

    async def fire(self, event: NamedEvent, context: FireContext) -> None:
        next(signal for signal in self._signals if signal.name == event.name).send("inspector", **event.payload)
        self.done.append("fired")

    async def settle(self) -> None:
        self.done.append("settled")

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        return Occurrence(dict(kwargs), method, loose=True)

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        return Occurrence(dict(kwargs), pattern, loose=True)

    def expected(self, occurrence: Occurrence) -> tuple[TapSubscription, ...]:
        assert self._tap is not None
        signal = next(signal for signal in self._signals if signal.name == occurrence.name)
        return tuple(
            self._tap.subscription(occurrence.name, self._names.describe(each)) for each in self._receivers(signal)
        )


class Entry:
    name, value = "signals", "third.party:SignalAdapter"

    def load(self) -> type[SignalAdapter]:
        return SignalAdapter


async def test_signals_are_read_fired_and_recorded_through_an_adapter_of_a_third_party(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: [Entry()] if group == "inspector.adapters" else [])
    saved, other = Signal("saved"), Signal("deleted")

    def receiver(sender: Any, **named: Any) -> Any:
        return named

    def another(sender: Any, **named: Any) -> Any:
        return sender

    saved.connect(receiver)
    saved.connect(another)
    before = dict(saved.receivers)
    untapped = saved.send("me", pk=1)
    watched = watch([saved, other])
    assert saved.send("me", pk=1) == untapped
    await watched.program.publish(watched.program.build("saved", {"payload": {"pk": 2}}), None, None)
    (connection,) = watched.program.connections
    assert isinstance(connection, SignalConnection)
    assert connection.done == ["fired", "settled"]
    watched.stop()
    assert {key: id(value) for key, value in saved.receivers.items()} == {
        key: id(value) for key, value in before.items()
    }
    assert vars(saved).keys() == {"name", "receivers"}
    assert [(event.name, len(event.handlers)) for event in watched.catalog.events] == [("saved", 2), ("deleted", 0)]
    assert [(row[3], row[8]) for row in watched.rows(PUBLISHED)] == [("saved", '{"pk":1}'), ("saved", '{"pk":2}')]
    assert [row[3] for row in watched.rows(HANDLER_STARTED)] == [1, 1, 2, 2]
    assert {row[3] for row in watched.rows(HANDLER_ENDED)} == {"ok"}
