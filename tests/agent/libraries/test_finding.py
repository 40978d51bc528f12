"""Buses of libraries, found among other things; a module stands for the library, so that none has to be installed."""

from __future__ import annotations

import sys
import time
import types
import weakref
from typing import Any

import pytest

from inspector.agent.adapters.base import Options
from inspector.agent.facts.wiring import loaded_wiring
from inspector.agent.libraries.every import library_adapters
from inspector.agent.reading.loaded import Target, make_program


class Signal:
    """Keeps receivers as Django's do."""

    def __init__(self) -> None:
        self.receivers: list[Any] = []
        self.use_caching = False

    def connect(self, receiver: Any) -> None:
        self.receivers.append(((id(receiver), id(None)), weakref.ref(receiver), None, False))

    def _live_receivers(self, sender: Any) -> list[Any]:
        return [reference() for _, reference, *_ in self.receivers if reference() is not None]

    def send(self, sender: Any, **named: Any) -> list[Any]:
        return [(receiver, receiver(signal=self, sender=sender, **named)) for receiver in self._live_receivers(sender)]


class Checked(Signal):
    def send_checked(self, sender: Any, **named: Any) -> list[Any]:
        if "amount" not in named:
            raise TypeError("amount is missing")
        return self.send(sender, **named)


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("django.dispatch.dispatcher")
    monkeypatch.setattr(module, "Signal", Signal, raising=False)
    monkeypatch.setattr(module, "_make_id", id, raising=False)
    monkeypatch.setitem(sys.modules, "django.dispatch.dispatcher", module)


def paid(sender: Any, amount: int = 0, **kwargs: Any) -> int:
    return amount


def sent(sender: Any, **kwargs: Any) -> None:
    pass


class Parts:
    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)


def holder(**parts: Any) -> Any:
    return Parts(**parts)


def signal(*receivers: Any, cls: type[Signal] = Signal) -> Signal:
    made = cls()
    for receiver in receivers:
        made.connect(receiver)
    return made


def events(program: Any) -> dict[str, list[str]]:
    catalog = program.catalog()
    labels = {handler.key: handler.label for handler in catalog.handlers}
    return {event.name: [labels[key] for key in event.handlers] for event in catalog.events}


def test_signals_beside_other_things_are_found() -> None:
    module = types.ModuleType("shop.signals")
    vars(module).update(order_paid=signal(paid), order_sent=signal(sent), number=3, text="x", Signal=Signal)
    program = make_program("shop", [Target("shop.signals", module)])
    assert events(program) == {"order_paid": ["paid"], "order_sent": ["sent"]}


def test_a_home_made_bus_beside_signals_is_found_too() -> None:
    class Bus:
        def __init__(self) -> None:
            self._handlers = {"closed": [sent]}

        def publish(self, name: str, payload: Any) -> None:
            for handler in self._handlers.get(name, ()):
                handler(payload)

    program = make_program("shop", [Target("shop:parts", holder(order_paid=signal(paid), bus=Bus()))])
    assert events(program) == {"order_paid": ["paid"], "closed": ["sent"]}


def test_two_signals_of_one_name_are_two_events() -> None:
    program = make_program(
        "shop",
        [
            Target("shop.signals:parts", holder(changed=signal(paid))),
            Target("billing.signals:parts", holder(changed=signal(sent))),
        ],
    )
    assert events(program) == {"changed": ["paid"], "parts.changed": ["sent"]}


def test_one_signal_in_two_modules_is_one_event() -> None:
    changed = signal(paid)
    targets = [Target("shop:parts", holder(changed=changed)), Target("billing:parts", holder(other=changed))]
    assert events(make_program("shop", targets)) == {"changed": ["paid"]}


def test_many_signals_are_read_quickly() -> None:
    many = holder(**{f"signal_{number}": signal(paid, sent) for number in range(75)})
    started = time.process_time()
    program = make_program("shop", [Target("shop:signals", many)])
    assert len(events(program)) == 75
    assert time.process_time() - started < 5  # ten times what is promised


@pytest.mark.parametrize("held", [False, True])
async def test_the_method_that_is_named_publishes(held: bool) -> None:
    checked, plain = signal(paid, cls=Checked), signal(sent)
    value = holder(checked=checked, plain=plain) if held else checked
    program = make_program("shop", [Target("shop:checked", value)], options={"publish": "send_checked"})
    assert any("Fired with send_checked" in source.text for source in program.catalog().sources)
    with pytest.raises(TypeError, match="amount is missing"):
        await program.publish(program.build("checked", {}), None, {})
    await program.publish(program.build("checked", {"amount": 3}), None, {})


def test_a_method_that_is_not_there_is_told() -> None:
    for value in (signal(paid), holder(plain=signal(paid))):
        program = make_program("shop", [Target("shop:plain", value)], options={"publish": "send_checked"})
        assert events(program) == {"plain": ["paid"]}
        assert any("publish: no send_checked" in problem.text for problem in program.catalog().problems)


def test_handlers_that_are_named_are_read_as_named() -> None:
    assert [adapter.recognises(signal(paid), Options(handlers=("receivers",))) for adapter in library_adapters()] == [
        None
    ] * len(library_adapters())


def test_who_is_gone_is_no_handler() -> None:
    def gone(sender: Any, **kwargs: Any) -> None:
        pass

    changed = signal(paid, gone)
    del gone
    program = make_program("shop", [Target("shop:parts", holder(changed=changed))])
    assert events(program) == {"changed": ["paid"]}
    assert ["1 receiver is gone" in problem.text for problem in program.catalog().problems] == [True]


def test_signals_that_are_sent_synchronously_block_no_loop() -> None:
    program: Any = make_program("shop", [Target("shop:parts", holder(changed=signal(paid)))])
    assert not loaded_wiring(program).async_bus


def test_undoing_leaves_nothing_behind() -> None:
    changed = signal(paid)
    program: Any = make_program("shop", [Target("shop:parts", holder(changed=changed))])
    before = dict(vars(changed))

    class Observer:
        def __getattr__(self, name: str) -> Any:
            return lambda *facts: None

    undo = program.attach(Observer(), lambda error: None)
    changed.send(None, amount=1)
    undo()
    assert vars(changed) == before
