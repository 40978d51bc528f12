"""Handlers behind closures that are only there to call them, as dependency injection leaves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inspector.agent.handlers import Handlers
from inspector.agent.reading.merge import ProgramNames


def allocate(event: Any, uow: Any) -> None: ...


async def notify(event: Any, uow: Any) -> None: ...


def inject(handler: Callable[..., Any], dependencies: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda message: handler(message, **dependencies)


def retried(handler: Callable[..., Any]) -> Callable[[Any], Any]:
    def wrapper(event: Any) -> Any:
        return handler(event)

    return wrapper


def on_paid_with(call: Callable[..., Any]) -> Callable[[Any], Any]:
    def on_paid(event: Any) -> Any:
        return call(event)

    return on_paid


def guarded(fn: Callable[..., Any]) -> Callable[[Any], Any]:
    async def safely(event: Any, **meta: Any) -> Any:
        return fn(event, **meta)

    return safely


def tried(times: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        async def attempt(*args: Any, **kwargs: Any) -> Any:
            for _ in range(times):
                await handler(*args, **kwargs)

        return attempt

    return decorate


def named(f: Callable[..., Any]) -> Callable[..., Any]:
    def unique_handler(topic: str, event: Any) -> Any:
        return f(event)

    return unique_handler


def where(f: Callable[..., Any], wanted: Callable[[Any], bool]) -> Callable[..., Any]:
    def filtered(event: Any) -> Any:
        if wanted(event):
            return f(event)
        return None

    return filtered


def scheduled(f: Callable[..., Any], loop: Any) -> Callable[..., Any]:
    def schedule(event: Any) -> None:
        loop.create_task(f(event))

    return schedule


def with_a_helper() -> Callable[..., Any]:
    def check(event: Any) -> None: ...

    def charge(event: Any) -> None:
        check(event)

    return charge


def told_a_part_of_it(f: Callable[..., Any]) -> Callable[..., Any]:
    def mail(event: Any) -> None:
        f(event.address)

    return mail


def on_sent_with(handler: Callable[..., Any]) -> Callable[[Any], Any]:
    def on_sent(event: Any) -> Any:
        return handler(event)

    return on_sent


def both(one: Callable[..., Any], other: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda event: (one(event), other(event))


def test_the_handler_is_named_and_not_the_closure_around_it() -> None:
    handlers, uow = Handlers(), object()
    injected = handlers.describe(inject(allocate, {"uow": uow}))
    assert (injected.label, injected.line) == ("allocate (lambda)", allocate.__code__.co_firstlineno)
    assert handlers.describe(inject(notify, {"uow": uow})).is_async
    assert handlers.describe(retried(allocate)).label == "allocate"


def test_what_holds_a_handler_by_that_name_is_there_to_call_it() -> None:
    handlers = Handlers()
    described = handlers.describe(guarded(allocate))
    assert (described.label, described.line) == ("allocate", allocate.__code__.co_firstlineno)
    assert described.is_async, "what the bus calls is a coroutine function"
    assert handlers.describe(guarded(notify)).label == "notify"
    assert handlers.describe(tried(3)(notify)).label == "notify"


def test_what_was_made_for_the_same_is_the_same_handler() -> None:
    handlers, uow = Handlers(), object()
    first, again, other = (inject(allocate, {"uow": each}) for each in (uow, uow, object()))
    assert handlers.describe(first).key == handlers.describe(again).key
    assert handlers.describe(other).label == "allocate (lambda) #2"


class Interrupted(dict[Any, Any]):
    """Does not have what it is asked for at first: another thread asks for it, too, and comes before us."""

    def __init__(self, others: Callable[[], object]) -> None:
        super().__init__()
        self._others: Callable[[], object] | None = others

    def get(self, key: Any, default: Any = None) -> Any:
        value = super().get(key, default)
        others, self._others = self._others, None
        if others is not None:
            others()
        return value


def test_threads_that_ask_at_once_are_told_the_same() -> None:
    names = ProgramNames()
    told: list[str] = []
    names._names = Interrupted(lambda: told.append(names.name_of(Interrupted)))
    assert (names.name_of(Interrupted), told) == ("Interrupted", ["Interrupted"])
    handlers, closures = Handlers(), [inject(allocate, {"uow": object()}) for _ in range(2)]
    key = Handlers().describe(closures[0]).key
    labels: list[str] = []
    others = (handlers.describe(closure).label for closure in closures)
    handlers._numbers[key] = Interrupted(lambda: labels.extend(others)), {}
    labels.insert(0, handlers.describe(closures[0]).label)
    assert labels == ["allocate (lambda)", "allocate (lambda)", "allocate (lambda) #2"]
    assert handlers.describe(closures[1]).label == "allocate (lambda) #2"


@pytest.mark.parametrize("closure", [named(allocate), where(allocate, callable), scheduled(allocate, None)])
def test_what_passes_on_the_event_is_there_to_call_the_handler_whatever_it_is_called(closure: Any) -> None:
    described = Handlers().describe(closure)
    assert (described.label, described.line) == ("allocate", allocate.__code__.co_firstlineno)
    assert Handlers().describe(named(closure)).label == "allocate"


def test_what_calls_a_helper_or_passes_on_a_part_of_the_event_is_the_handler() -> None:
    assert Handlers().describe(with_a_helper()).label == "with_a_helper.charge"
    assert Handlers().describe(told_a_part_of_it(allocate)).label == "told_a_part_of_it.mail"


def test_a_closure_with_a_name_of_its_own_is_the_handler() -> None:
    assert Handlers().describe(on_paid_with(allocate)).label == "on_paid_with.on_paid"
    assert Handlers().describe(on_sent_with(allocate)).label == "on_sent_with.on_sent"
    assert "lambda:" in Handlers().describe(both(allocate, notify)).label
