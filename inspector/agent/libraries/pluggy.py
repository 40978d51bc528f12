"""pluggy: each hook is an event, and its implementations in plugins are the handlers."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...core.own_code import is_own_class
from ..adapters.base import CallShape
from ..handlers import Handler
from ..reading.eventbuild import build_named
from ..reading.events import EventType, parameter_field, signature_hints
from ..reading.namedevents import describe_name
from ..tap.stand_ins import original
from .base import LibraryAdapter, LibraryConnection, LibraryPoint, Receiver, loaded_classes, method_points
from .payload import POSITIONAL

if TYPE_CHECKING:
    from ..adapters.base import Names, Options
    from ..tap.moments import Occurrence
    from ..tap.tap import Tap
    from .recording import Undo


class PluggyConnection(LibraryConnection):
    """One plugin manager."""

    def __init__(self, adapter: LibraryAdapter, where: str, value: Any, options: Options, names: Names) -> None:
        super().__init__(adapter, where, value, options, names)
        #: What is called now, and whom: not every call of a hook is of all its implementations.
        self._calling: tuple[str, Any, Sequence[Any]] = ("", None, ())
        #: The implementations that have stand-ins, and what stood there.
        self._replaced: list[tuple[Any, Any]] = []

    def _hooks(self) -> list[Any]:
        return list(vars(self._value.hook).values())

    def receivers(self) -> list[Receiver]:
        """Return the implementations of each hook, in the order in which they are called."""
        return [_receiver(hook.name, impl) for hook in self._hooks() for impl in reversed(hook.get_hookimpls())]

    def shape_of(self, receiver: Receiver) -> CallShape:
        """Return that it gets what it asks for without a default, by position: pluggy refuses what nobody passes."""
        parameters = Handler(receiver.target).parameters or ()
        asked = [parameter for parameter in parameters if parameter.kind in POSITIONAL]
        required = sum(parameter.default is parameter.empty for parameter in asked)
        return CallShape(required, text="its arguments by position")

    def has(self, key: Any) -> bool:
        """Return whether there is a hook of this name."""
        return isinstance(key, str) and key in vars(self._value.hook)

    def event_types(self) -> list[EventType]:
        """Return the hooks; what they carry is what is specified, else what their implementations ask for."""
        events = []
        for hook in self._hooks():
            targets = [original(impl.function) for impl in reversed(hook.get_hookimpls())]
            described = describe_name(hook.name, targets, by_keyword=True)
            if hook.spec is not None:
                function = hook.spec.function
                annotations, parameters = signature_hints(function), inspect.signature(function).parameters
                fields = [parameter_field(parameters[name], annotations) for name in parameters if name != "self"]
                described = replace(described, fields=tuple(fields), doc=inspect.getdoc(function) or "")
            events.append(described)
        return events

    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return the one method that all hooks are called through."""
        return method_points(self._value, "_hookexec")

    def stand_in_points(self) -> Sequence[LibraryPoint]:
        """Return what that method calls: hooks have taken the method itself along when they were made."""
        return [LibraryPoint("_inner_hookexec", self._value, self._value._inner_hookexec)]

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return the hook and the arguments that it is called with."""
        name, methods, arguments, *_ = args
        payload = dict(arguments)
        self._calling = name, payload, tuple(methods)
        return self.named(name, payload)

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what an implementation was called with."""
        return self.named(pattern, {"args": list(args), **kwargs} if args else dict(kwargs))

    def called(self, occurrence: Occurrence) -> Iterable[Receiver]:
        """Return the implementations that this call is of."""
        _, payload, methods = self._calling
        if occurrence.event is payload:
            return [_receiver(occurrence.name, impl) for impl in reversed(methods)]
        return super().called(occurrence)

    def subscribed_targets(self) -> Iterator[tuple[Any, Any]]:
        """Yield the implementations of each hook, and what is called now and is no part of a hook yet."""
        yield from super().subscribed_targets()
        for name, impl in self._new():
            yield name, original(impl.function)

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Take the values as they are."""
        return build_named(event, values)

    def publish(self, event: Any) -> Any:
        """Call the hook; a historic one is remembered by the manager for plugins that come later."""
        hook = getattr(self._value.hook, event.name)
        if hook.is_historic():
            hook.call_historic(kwargs=event.payload)
        else:
            hook(**event.payload)

    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Put stand-ins into the implementations."""
        self.put_new_stand_ins(tap)
        yield self._take

    def put_new_stand_ins(self, tap: Tap) -> None:
        """Put stand-ins into the implementations, those of a plugin that is just being registered among them."""
        for name, impl in [
            *((hook.name, impl) for hook in self._hooks() for impl in hook.get_hookimpls()),
            *self._new(),
        ]:
            stand_in = self.stand_in(tap, impl.function, name)
            if stand_in is not impl.function:
                self._replaced.append((impl, impl.function))
                impl.function = stand_in

    def _new(self) -> Iterator[tuple[str, Any]]:
        """Yield what is called now and is no part of a hook yet: a historic hook is called before it is entered."""
        name, _, methods = self._calling
        return ((name, impl) for impl in methods)

    def _take(self) -> None:
        for impl, function in self._replaced:
            impl.function = function
        self._replaced.clear()

    def facts(self) -> Iterable[str]:
        """Return which hooks stop at the first result."""
        first = [hook.name for hook in self._hooks() if hook.spec is not None and hook.spec.opts.get("firstresult")]
        return [f"Stops at the first result: {', '.join(first)}."] if first else []


def _receiver(hook: str, impl: Any) -> Receiver:
    marks = [name for name in ("wrapper", "hookwrapper", "tryfirst", "trylast") if getattr(impl, name, False)]
    return Receiver(hook, original(impl.function), note=", ".join(mark.replace("hookw", "w") for mark in marks))


class PluggyAdapter(LibraryAdapter):
    """Recognises pluggy's plugin managers."""

    name = "pluggy"
    library = "pluggy plugin manager"
    classes = ("pluggy._manager:PluginManager",)
    connection = PluggyConnection

    def buses_of(self, first: Any) -> Iterable[Any]:
        """Return the manager, unless its class is a tool's own: pytest's hooks are not the program's."""
        cls = type(first)
        return (first,) if cls in loaded_classes(*self.classes) or is_own_class(cls) else ()
