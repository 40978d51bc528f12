"""How buses of libraries are recorded, all in one way: by watching their code, or by stand-ins where it cannot be."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ..observe.monitor import MONITOR
from ..tap.moments import PUBLISHING
from ..tap.patch import patch_publisher
from ..tap.seams import seam_of, strip
from ..tap.stand_ins import PublishPlace, TappedCall, TappedPublish, original, restored_by

if TYPE_CHECKING:
    from ..tap.tap import Tap
    from .base import LibraryConnection, LibraryPoint

#: What was done can be undone.
Undo = Callable[[], None]
_MISSING: Final = object()


def watch(connection: LibraryConnection, tap: Tap) -> Undo:
    """Record a bus of a library: its code is watched where that can be, else stand-ins take its receivers' places."""
    if MONITOR.available and not connection.compiled:
        return _observe(connection, tap)
    undo: list[Undo] = []
    try:
        undo += [_replace_point(connection, tap, point) for point in connection.stand_in_points()]
        undo.extend(connection.put_stand_ins(tap))
    except BaseException:
        _undo_all(undo)
        raise
    return lambda: _undo_all(undo)


def _observe(connection: LibraryConnection, tap: Tap) -> Undo:
    """Watch the code; a stand-in takes the place of a receiver only where something else is to run."""
    end = tap.observation().add(connection)
    stand_ins: list[Undo] = []

    def intercepted() -> None:
        _undo_all(stand_ins)
        if tap.interceptor is not None:
            stand_ins.extend(connection.put_stand_ins(tap))

    leave = tap.on_intercept(intercepted)
    intercepted()

    def restore() -> None:
        leave()
        _undo_all(stand_ins)
        end()

    return restore


def _undo_all(undo: list[Undo]) -> None:
    while undo:
        undo.pop()()


def refresh(connection: LibraryConnection, tap: Tap) -> None:
    """Take note of what was subscribed since the last time."""
    if MONITOR.available and not connection.compiled:
        tap.observation().refresh(connection)
        if tap.interceptor is None:
            return
    connection.put_new_stand_ins(tap)


def _replace_point(connection: LibraryConnection, tap: Tap, point: LibraryPoint) -> Undo:
    restored = restored_by(connection)
    if point.holder is None:
        held = getattr(point.owner, "__dict__", {})
        seam = None if point.name in held else seam_of(type(point.owner), point.name, through=True)
        if seam is not None:
            place = PublishPlace(tap, connection, point.name, seam.asynchronous, restored)
            return seam.enter(point.owner, TappedPublish(types.MethodType(seam.function, point.owner), place))
        publisher: Any = point
        return patch_publisher(tap, connection, publisher)
    stand_in = TappedPublish(point.function, PublishPlace(tap, connection, point.name, point.asynchronous, restored))
    return replaced(point.holder, point.name, as_function(stand_in, point.function))


def as_function(stand_in: Any, function: Any) -> Any:
    """Return a function that calls a stand-in, to be looked up on a class as the function that it stands for."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return stand_in(*args, **kwargs)
        except BaseException as error:
            strip(error)
            raise

    @functools.wraps(function)
    async def call_async(*args: Any, **kwargs: Any) -> Any:
        try:
            return await stand_in(*args, **kwargs)
        except BaseException as error:
            strip(error)
            raise

    return call_async if inspect.iscoroutinefunction(function) else call


def replaced(owner: Any, name: str, value: Any) -> Undo:
    """Put a value where an object or a class has an attribute; return a function that undoes it exactly."""
    held: Any = vars(owner) if isinstance(owner, type) else getattr(owner, "__dict__", {})
    slot = not isinstance(owner, type) and name not in held and _has_slot(type(owner), name)
    before = object.__getattribute__(owner, name) if slot else held.get(name, _MISSING)

    def put(new: Any) -> None:
        if isinstance(owner, type):
            setattr(owner, name, new)
        elif slot:
            object.__setattr__(owner, name, new)
        else:
            held[name] = new

    def undo() -> None:
        if before is not _MISSING:
            put(before)
        elif isinstance(owner, type):
            delattr(owner, name)
        else:
            held.pop(name, None)

    put(value)
    return undo


def replaced_method(owner: Any, name: str, make: Callable[[Any], Any]) -> Undo:
    """Put in the place of a method of an object what is made of it; return a function that undoes it exactly.

    Where code cannot be watched that stands as long as the program runs: on its class, and the object is as it was.
    """
    if not MONITOR.available and name not in getattr(owner, "__dict__", {}):
        seam = seam_of(type(owner), name)
        if seam is not None:
            method = types.MethodType(seam.function, owner)
            return seam.enter(owner, _unless_counted(make(method), method))
    return replaced(owner, name, make(getattr(owner, name)))


def _unless_counted(function: Callable[..., Any], method: Callable[..., Any]) -> Callable[..., Any]:
    """Return what calls a function, and the method where a publication is only counted."""

    def call(*args: Any, **kwargs: Any) -> Any:
        under_way = PUBLISHING.get()
        counted = under_way is not None and under_way.only_counted
        return method(*args, **kwargs) if counted else function(*args, **kwargs)

    return call


def _has_slot(cls: type[Any], name: str) -> bool:
    return any(isinstance(vars(base).get(name), types.MemberDescriptorType) for base in cls.__mro__)


def carried(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call that belongs to the publication that is under way now, wherever it is made: a thread, a worker.

    For another process it is what it stands for.
    """
    return TappedCall(original(call), (PUBLISHING.get(), call))
