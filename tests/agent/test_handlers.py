"""One answer to which function runs for a handler, however it is wrapped, bound or kept."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from inspector.agent.handlers import Handler
from inspector.agent.tap.stand_ins import TappedHandler
from tests.programs import OrderPlaced


def notify(event: OrderPlaced, by: str = "mail") -> None: ...


async def waits(event: OrderPlaced) -> None: ...


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return call


def given(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(event: Any) -> Any:
        return function(event)

    return wrapper


class Audit:
    def handle(self, event: OrderPlaced) -> None: ...

    @classmethod
    def keep(cls, event: OrderPlaced) -> None: ...


class Called:
    async def __call__(self, event: OrderPlaced) -> None: ...


class Slotted:
    """A decorator that is a class with slots, as wrapt's is."""

    __slots__ = ("__wrapped__",)

    def __init__(self, function: Any) -> None:
        self.__wrapped__ = function

    def __call__(self, event: Any) -> Any:
        return self.__wrapped__(event)


audit = Audit()
#: What a bus may keep: (what it is, the target, the function, its owner and method, calling it gives a coroutine).
KINDS: tuple[tuple[str, Any, Any, type[Any] | None, str, bool], ...] = (
    ("function", notify, notify, None, "", False),
    ("coroutine function", waits, waits, None, "", True),
    ("partial", partial(notify, by="post"), notify, None, "", False),
    ("partial of a partial", partial(partial(waits)), waits, None, "", True),
    ("decorated", logged(notify), notify, None, "", False),
    ("decorated twice", logged(logged(waits)), waits, None, "", False),
    ("bound method", audit.handle, Audit.handle, Audit, "handle", False),
    ("class method", Audit.keep, inspect.getattr_static(Audit, "keep").__func__, Audit, "keep", False),
    ("partial of a method", partial(audit.handle), Audit.handle, Audit, "handle", False),
    ("object with handle", audit, Audit.handle, Audit, "handle", False),
    ("class of which one is made", Audit, Audit.handle, Audit, "handle", False),
    ("callable object", Called(), Called.__call__, Called, "__call__", True),
    ("cached", functools.lru_cache(notify), notify, type(functools.lru_cache(notify)), "__call__", False),
    ("decorator with slots", Slotted(notify), notify, Slotted, "__call__", False),
    ("static method", staticmethod(notify), notify, staticmethod, "__call__", False),
    ("stand-in", TappedHandler(logged(notify)), notify, None, "", False),
    ("built in", print, print, None, "", False),
)


@pytest.mark.parametrize(
    ("target", "function", "owner", "method", "asynchronous"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS]
)
def test_which_function_runs_and_whose_it_is(
    target: Any, function: Any, owner: type[Any] | None, method: str, asynchronous: bool
) -> None:
    handler = Handler(target)
    assert handler.function is function
    assert (handler.owner, handler.method, handler.asynchronous) == (owner, method, asynchronous)
    assert handler.code is getattr(function, "__code__", None)


def test_what_it_takes_what_it_is_called_and_where_it_is_written() -> None:
    handler = Handler(TappedHandler(partial(notify, by="post")))
    assert [parameter.name for parameter in handler.parameters or ()] == ["event", "by"]
    assert handler.description.label == "notify (partial by=post)"
    assert (handler.description.file, handler.description.line) == (__file__, notify.__code__.co_firstlineno)
    assert handler.scope is sys.modules[__name__].__dict__
    assert (Handler(print).scope, Handler(print).code) == ({}, None)


def test_the_handler_inside_a_closure_is_a_handler_too() -> None:
    inside = Handler(given(notify)).enclosed
    assert inside is not None
    assert inside.function is notify
    assert Handler(notify).enclosed is None


def test_functions_that_wrap_each_other_in_a_circle_have_an_end() -> None:
    def one(event: object) -> None: ...

    def other(event: object) -> None: ...

    one.__wrapped__, other.__wrapped__ = other, one  # type: ignore[attr-defined]
    assert Handler(one).function in (one, other)
    assert Handler(one).parameters is None


def test_a_strangers_signature_may_be_anything() -> None:
    def handle(event: object) -> None: ...

    handle.__signature__ = 5  # type: ignore[attr-defined]
    assert Handler(handle).parameters is None


def test_an_object_is_not_asked_for_its_signature() -> None:
    class Trap:
        def __call__(self, event: object) -> None: ...

        @property
        def __signature__(self) -> Any:
            raise RuntimeError("asked")

    assert [parameter.name for parameter in Handler(Trap()).parameters or ()] == ["event"]
