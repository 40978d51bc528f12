"""Stand-ins: what the tap puts in the place of a handler, a weak reference to one, or a publish method.

A stand-in keeps name, doc, signature, owner, coroutine-ness, result and exception of what it stands for, and equals
and hashes like it, so that ``listeners.remove(handler)`` still works. What it cannot keep is identity (``is``) and the
exact type (``type(x)``; ``isinstance`` holds).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import copy
import inspect
import types
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ...core.bus.results import is_awaitable
from .seams import strip
from .tap import PUBLISHING, Occurrence, Tap, TapExecution, TappedBus, TapPublication

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.description import HandlerDescription

_set = object.__setattr__
_get = object.__getattribute__
#: Methods by which a bus runs a handler that is an object.
HANDLE_METHODS: Final = (
    *("handle", "handle_event", "handle_message", "handle_command", "on_event", "on_message"),
    *("process", "process_event", "execute", "consume", "receive", "notify", "update"),
)


class StandIn:
    """Passes everything on to what it stands for.

    Attributes are read and written there; only ``_original`` and ``_facts`` are its own.
    """

    __slots__ = ("__weakref__", "_facts", "_original")

    def __init__(self, original: Any, facts: Any = None) -> None:
        _set(self, "_original", original)
        _set(self, "_facts", facts)

    def __getattribute__(self, name: str) -> Any:
        if name in ("__module__", "__doc__"):  # every class has these of its own
            return getattr(_get(self, "_original"), name)
        return _get(self, name)

    def __getattr__(self, name: str) -> Any:
        return getattr(_get(self, "_original"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_get(self, "_original"), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_get(self, "_original"), name)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(_get(self, "_original"))

    @property
    def __wrapped__(self) -> Any:
        return _get(self, "_original")

    def __eq__(self, other: object) -> bool:
        return bool(_get(self, "_original") == original(other))

    def __ne__(self, other: object) -> bool:
        return bool(_get(self, "_original") != original(other))

    def __lt__(self, other: Any) -> Any:
        return _get(self, "_original") < original(other)

    def __hash__(self) -> int:
        return hash(_get(self, "_original"))

    def __bool__(self) -> bool:
        return bool(_get(self, "_original"))

    def __repr__(self) -> str:
        return repr(_get(self, "_original"))

    def __str__(self) -> str:
        return str(_get(self, "_original"))

    def __dir__(self) -> list[str]:
        return dir(_get(self, "_original"))

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: Any) -> Any:
        return self

    def __reduce__(self) -> Any:
        return copy.copy, (_get(self, "_original"),)  # whoever reads it may not know of us

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return self.__reduce__()


class Route:
    """What a stand-in of a handler knows: whose it is, and for which events it was subscribed."""

    __slots__ = ("asynchronous", "bus", "description", "pattern", "tap")

    def __init__(
        self, tap: Tap, bus: TappedBus, pattern: Any, description: HandlerDescription, asynchronous: bool
    ) -> None:
        self.tap = tap
        self.bus = bus
        self.pattern = pattern
        self.description = description
        self.asynchronous = asynchronous


class PublishPlace(NamedTuple):
    """What a stand-in of a publish method knows.

    Attributes:
        tap: Who is told.
        bus: Whose method it is.
        method: Its name.
        asynchronous: Calling it gives a coroutine.
        restored: Returns what the program gets of what it gives: stand-ins may be in it.
    """

    tap: Tap
    bus: TappedBus
    method: str
    asynchronous: bool
    restored: Callable[[Any], Any] | None = None


def restored_by(bus: TappedBus) -> Callable[[Any], Any] | None:
    """Return what takes the stand-ins out of what publishing on a bus gives; None where there are none in it."""
    return getattr(bus, "restored", None)


class TappedHandler(StandIn):
    """Stands for a callable handler."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name == "__call__":  # asked for, not called: it is asynchronous where the handler's is
            return TappedHandler(_get(self, "_original").__call__, _get(self, "_facts"))
        return super().__getattribute__(name)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the handler, and tell of it."""
        try:
            return _handle(_get(self, "_original"), _get(self, "_facts"), args, kwargs)
        except BaseException as error:
            strip(error)
            raise


def _handle(target: Any, route: Route, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    tap = route.tap
    under_way: Any = PUBLISHING.get()
    if not tap.active or (under_way is not None and under_way.only_counted):
        return target(*args, **kwargs)
    if isinstance(target, type) and not _about(args, kwargs):
        # A bus that makes a handler of the class each time: the execution is the call of its method.
        instance = target(*args, **kwargs)
        if "__call__" not in dir(type(instance)):
            return TappedObject(instance, route)
        asynchronous = inspect.iscoroutinefunction(type(instance).__call__)
        return TappedHandler(instance, Route(tap, route.bus, route.pattern, route.description, asynchronous))
    try:
        execution = tap.execution(route.bus, route.pattern, route.description, target, args, kwargs)
    except Exception as trouble:  # noqa: BLE001 - the observed never pays
        tap.fail(trouble)
        return target(*args, **kwargs)
    # A generator stands around other handlers, and its bus goes on with it: it cannot be left out.
    if tap.interceptor is not None and execution.left_out and not inspect.isgeneratorfunction(target):
        return _nothing() if route.asynchronous else None
    if route.asynchronous:
        coroutine = execution.make()
        if not hasattr(coroutine, "send"):  # it was marked as asynchronous, and is not
            execution.begin()
            return _followed(execution, coroutine)
        return _coroutine(execution.drive(coroutine), coroutine)
    call = execution.choose()
    execution.enter()
    execution.begin()
    try:
        result = target(*args, **kwargs) if call is None else call(execution.publication.event)
    except BaseException as error:
        strip(error)
        execution.lose(error)
        raise
    finally:
        execution.exit()
    return _followed(execution, result)


async def _nothing() -> None:
    """Stand for an asynchronous handler that is left out."""


def _about(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether the event that is published now is among the arguments."""
    publication = PUBLISHING.get()
    if publication is None:
        return False
    return any(argument is publication.event for argument in (*args, *kwargs.values()))


class TappedObject(StandIn):
    """Stands for a handler that is an object with a method like ``handle``."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        target = _get(self, "_original")
        value = getattr(target, name)
        if name not in HANDLE_METHODS or not callable(value):
            return value
        route: Route = _get(self, "_facts")
        asynchronous = inspect.iscoroutinefunction(value)
        return TappedHandler(value, Route(route.tap, route.bus, route.pattern, route.description, asynchronous))


class TappedMethods(StandIn):
    """Stands for an object with a method for each event, which the bus finds by its name: ``handle_order_placed``."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        value = getattr(_get(self, "_original"), name)
        stand_in = _get(self, "_facts").get(name)
        return value if stand_in is None else stand_in(value)


class TappedReference(StandIn):
    """Stands for a weak reference to a handler; it keeps nobody alive."""

    __slots__ = ()

    def __call__(self) -> Any:
        """Return a stand-in of the handler, None when it is gone."""
        target = _get(self, "_original")()
        return None if target is None else _get(self, "_facts")(target)


class TappedPublish(StandIn):
    """Stands for a publish method."""

    __slots__ = ()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Publish, and tell of it."""
        try:
            return _publish(_get(self, "_original"), _get(self, "_facts"), args, kwargs)
        except BaseException as error:
            strip(error)
            raise


def _publish(target: Any, place: PublishPlace, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    tap, bus = place.tap, place.bus
    mark = tap.spared() if tap.active and tap.spared is not None and not place.asynchronous else None
    if mark is not None:
        result = called_in(mark, target, args, kwargs)
        return result if place.restored is None else place.restored(result)
    occurrence = _what(place, args, kwargs) if tap.active else None
    if occurrence is None or tap.publishing(bus, occurrence):
        return target(*args, **kwargs)
    if place.asynchronous:
        coroutine = target(*args, **kwargs)
        return _renamed(_published(place, occurrence, coroutine), coroutine)
    publication = tap.begin(bus, occurrence)
    publication.enter()
    try:
        result = target(*args, **kwargs)
    except BaseException as error:
        publication.leave(error)
        raise
    result = _awaited(publication, result)
    return result if place.restored is None else place.restored(result)


class TappedCall(StandIn):
    """Stands for a handler whose call belongs to a publication, wherever it is made."""

    __slots__ = ()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the handler in its publication."""
        publication, call = _get(self, "_facts")
        try:
            return called_in(publication, call, args, kwargs)
        except BaseException as error:
            strip(error)
            raise


def called_in(publication: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call something while this publication is under way, or what stands for one that is only counted."""
    token = PUBLISHING.set(publication)
    try:
        return call(*args, **kwargs)
    finally:
        PUBLISHING.reset(token)


STAND_INS: Final = (TappedHandler, TappedObject, TappedMethods, TappedReference, TappedPublish, TappedCall)


def is_stand_in(value: Any) -> bool:
    """Return whether this is a stand-in and not what it stands for; ``isinstance`` cannot know."""
    return type(value) in STAND_INS


def original(value: Any) -> Any:
    """Return what a stand-in stands for; anything else is given back."""
    return _get(value, "_original") if type(value) in STAND_INS else value


def _what(place: PublishPlace, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Occurrence | None:
    try:
        return place.bus.read_publish(place.method, args, kwargs)
    except Exception as trouble:  # noqa: BLE001 - the observed never pays
        place.tap.fail(trouble)
        return None


def _followed(execution: TapExecution, result: Any) -> Any:
    """End the execution of a synchronous call, or follow the awaitable that it gave back."""
    if result is None:
        execution.finish("ok", None)
        return None
    if inspect.iscoroutine(result) or (isinstance(result, types.GeneratorType) and inspect.isawaitable(result)):
        return _begun(execution, result, result)
    if isinstance(result, (asyncio.Future, concurrent.futures.Future)):
        execution.pause()
        result.add_done_callback(partial(_future_done, execution))
        return result
    if is_awaitable(result):
        return _begun(execution, _generator(result), result)
    execution.give(result)
    return result


def _begun(execution: TapExecution, coroutine: Any, like: Any) -> Any:
    execution.pause()
    rest = _coroutine(execution.drive(coroutine), like)
    weakref.finalize(rest, execution.forgotten).atexit = False
    return rest


def _awaited(publication: TapPublication, result: Any) -> Any:
    """Return what a synchronous publish returned; what can be awaited keeps the publication open meanwhile."""
    if inspect.iscoroutine(result):
        publication.leave_open()
        return _renamed(_rest(publication, result), result)
    if isinstance(result, (asyncio.Future, concurrent.futures.Future)):
        publication.leave_open()
        result.add_done_callback(lambda done: publication.returned(_error_of(done)))
        return result
    publication.leave(None)
    return result


async def _published(place: PublishPlace, occurrence: Occurrence, coroutine: Any) -> Any:
    publication = place.tap.begin(place.bus, occurrence)
    publication.enter()
    try:
        result = await coroutine
    except BaseException as error:
        strip(error)
        publication.leave(error)
        raise
    publication.leave(None)
    return result if place.restored is None else place.restored(result)


async def _rest(publication: TapPublication, coroutine: Any) -> Any:
    publication.enter()
    try:
        result = await coroutine
    except BaseException as error:
        strip(error)
        publication.leave(error)
        raise
    publication.leave(None)
    return result


def _coroutine(execution: TapExecution, like: Any) -> Any:
    return _renamed(_run(execution), like)


async def _run(execution: TapExecution) -> Any:
    try:
        return await execution
    except BaseException as error:
        strip(error)
        raise


def _renamed(coroutine: Any, like: Any) -> Any:
    """Name a coroutine as the one that it runs: tasks and warnings show it."""
    coroutine.__name__ = getattr(like, "__name__", coroutine.__name__)
    coroutine.__qualname__ = getattr(like, "__qualname__", coroutine.__qualname__)
    return coroutine


@types.coroutine
def _generator(awaitable: Any) -> Any:
    return (yield from awaitable.__await__())


def _future_done(execution: TapExecution, done: Any) -> None:
    error = _error_of(done)
    if error is not None:
        execution.lose(error)
    else:
        execution.give(done.result())


def _error_of(done: Any) -> BaseException | None:
    """Return how a future failed, without telling it that somebody looked: who made it may never ask."""
    if done.cancelled():
        return asyncio.CancelledError()
    error: BaseException | None = done._exception  # noqa: SLF001 - exception() silences "never retrieved"
    return error
