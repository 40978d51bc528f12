"""Stand-ins in the place of publish methods: on the instance, the class or the module, and undone exactly."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ...core.own_code import is_standard
from .seams import strip
from .stand_ins import PublishPlace, TappedPublish, restored_by

if TYPE_CHECKING:
    from ..reading.map_bus.publishers import Publisher
    from .tap import Tap, TappedBus

_MISSING: Final = object()


def patch_publisher(tap: Tap, bus: TappedBus, publisher: Publisher) -> Callable[[], None]:
    """Put a stand-in where callers find the publish method; return a function that undoes it."""
    owner, name = publisher.owner, publisher.name
    called = publisher.get()
    stand_in = TappedPublish(called, PublishPlace(tap, bus, name, publisher.asynchronous, restored_by(bus)))
    if isinstance(owner, types.ModuleType):
        return _patch_modules(called, stand_in)
    if name.startswith("__"):
        return _patch_class(owner, name, publisher, stand_in)  # looked up on the class, whatever the instance has
    if isinstance(owner, type):
        return _patch_vars(owner, name, staticmethod(_function(stand_in, publisher, None)))
    held = getattr(owner, "__dict__", None)
    if held is None:
        return _patch_class(owner, name, publisher, stand_in)
    before = held.get(name, _MISSING)
    held[name] = stand_in

    def undo() -> None:
        if held.get(name) is not stand_in and type(held.get(name)) is not TappedPublish:
            return  # the program put something else there
        if before is _MISSING:
            held.pop(name, None)
        else:
            held[name] = before

    return undo


def _patch_modules(function: Any, stand_in: TappedPublish) -> Callable[[], None]:
    """Replace a function in every module that imported it by name."""
    places: list[tuple[dict[str, Any], str]] = []
    for module in tuple(sys.modules.values()):
        held = getattr(module, "__dict__", None)
        if isinstance(held, dict) and not is_standard(getattr(module, "__name__", "")):
            places += [(held, name) for name, value in tuple(held.items()) if value is function]
    main = getattr(sys.modules.get("__main__"), "__dict__", {})
    places += [(main, name) for name, value in tuple(main.items()) if value is function]
    for held, name in places:
        held[name] = stand_in

    def undo() -> None:
        for held, name in places:
            if type(held.get(name)) is TappedPublish:
                held[name] = function

    return undo


def _patch_class(owner: Any, name: str, publisher: Publisher, stand_in: TappedPublish) -> Callable[[], None]:
    """Patch the class for this one instance, where the instance has no place of its own."""
    return _patch_vars(type(owner), name, _function(stand_in, publisher, owner))


def _patch_vars(cls: type[Any], name: str, value: Any) -> Callable[[], None]:
    before = vars(cls).get(name, _MISSING)
    setattr(cls, name, value)

    def undo() -> None:
        if before is _MISSING:
            delattr(cls, name)
        else:
            setattr(cls, name, before)

    return undo


def _function(stand_in: TappedPublish, publisher: Publisher, owner: Any) -> Callable[..., Any]:
    """Make a function of a stand-in, for a class; with an owner it is a method that leaves other instances alone."""
    function = publisher.function

    def called(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if owner is None:
            return stand_in(*args, **kwargs)
        return stand_in(*args[1:], **kwargs) if args[0] is owner else function(*args, **kwargs)

    @functools.wraps(function)
    def patched(*args: Any, **kwargs: Any) -> Any:
        try:
            return called(args, kwargs)
        except BaseException as error:
            strip(error)
            raise

    @functools.wraps(function)
    async def patched_async(*args: Any, **kwargs: Any) -> Any:
        try:
            return await called(args, kwargs)
        except BaseException as error:
            strip(error)
            raise

    return patched_async if publisher.asynchronous else patched
