"""psygnal: signals on their own, on objects, and in groups whose relay hears all of them.

Its wheels are compiled: no code of it can be watched, so its signals are recorded by stand-ins on every Python. They
stand on the class, whatever number of signals there is, and in the slots.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.identity import bound_to, undecorated
from ...core.values import hints
from ..adapters.base import CallShape
from ..reading.eventbuild import build_named
from ..reading.events import FREE, EventType, parameter_field
from ..reading.namedevents import describe_name
from ..tap.moments import PUBLISHING, Occurrence
from ..tap.seams import strip
from ..tap.stand_ins import called_in
from .base import LibraryAdapter, LibraryConnection, LibraryPoint, Receiver, class_points, loaded_classes
from .payload import Waiting, given, positional_names
from .recording import Undo, replaced

if TYPE_CHECKING:
    from ..adapters.base import Names, Options
    from ..tap.moments import TapPublication
    from ..tap.tap import Tap

_SIGNAL: Final = "psygnal._signal:SignalInstance"
_GROUP: Final = "psygnal._group:SignalGroup"
_RELAY: Final = "psygnal._group:SignalRelay"
_DECLARED: Final = ("psygnal._signal:Signal", "psygnal._group_descriptor:SignalGroupDescriptor")
_EMITS: Final = ("emit", "emit_fast")


class PsygnalConnection(LibraryConnection):
    """The signals of one value: itself, those of a group, those that its class declares."""

    def __init__(self, adapter: LibraryAdapter, where: str, value: Any, options: Options, names: Names) -> None:
        super().__init__(adapter, where, value, options, names)
        self._signals, self._relays = _signals_of(adapter, where, value)
        #: Emissions by compiled code, whose end nobody tells.
        self._waiting = Waiting()
        #: By the id of a slot that has a stand-in: the slot, its attribute, and what stood there.
        self._slots: dict[int, tuple[Any, str, Any]] = {}

    @property
    def compiled(self) -> bool:  # type: ignore[override]
        """There is no Python code of its signals."""
        return not self._methods()

    def receivers(self) -> list[Receiver]:
        """Return the callbacks of each signal, then those that hear every signal of the group."""
        receivers = []
        for name, signal in (*self._signals.items(), *((None, relay) for relay in self._relays)):
            for slot in tuple(signal._slots):
                target = self._target(slot)
                if target is not None and not _is_relay(target):
                    kind, shape = "exact" if name else "wildcard", _shape(signal, slot)
                    receivers.append(Receiver(name, target, kind, _note(slot), shape=shape))
        return receivers

    def has(self, key: Any) -> bool:
        """Return whether it has a signal of this name."""
        return key in self._signals

    def event_types(self) -> list[EventType]:
        """Return the signals; fields are what their signature says, named as the first callback names them."""
        return [self._described(name, signal) for name, signal in self._signals.items()]

    def _described(self, name: str, signal: Any) -> EventType:
        targets = [receiver.target for receiver in self.receivers() if receiver.pattern == name]
        described = describe_name(name, targets)
        fields = [
            parameter_field(parameter.replace(name=said), {said: _hint(signal, parameter)})
            for parameter, said in zip(signal.signature.parameters.values(), self._names_of(name))  # noqa: B905 - as long as each other
            if parameter.kind not in FREE
        ]
        return replace(described, fields=tuple(fields), doc=getattr(signal, "description", ""))

    def _names_of(self, name: str) -> list[str]:
        """Return what the arguments of a signal are called: by the callback that names most, else by its signature."""
        signature = [parameter.name for parameter in self._signals[name].signature.parameters.values()]
        names = [positional_names(receiver.target) for receiver in self.receivers() if receiver.pattern == name]
        called = max(names, key=len, default=[])
        return [*called[: len(signature)], *signature[len(called) :]]

    def _methods(self) -> list[LibraryPoint]:
        """Return the methods that emit as publish points; none where they are compiled, whatever stands for them."""
        (cls,) = loaded_classes(_SIGNAL)
        return _python_points(cls)

    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return ``emit`` and ``emit_fast``, by name only where they are compiled."""
        first = next(iter(self._signals.values()), None)
        return self._methods() or [LibraryPoint(name, first, None) for name in _EMITS]

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return what a signal of this connection is emitted with."""
        return self.read_emission(args[0], args[1:])

    def read_emission(self, signal: Any, args: tuple[Any, ...]) -> Occurrence | None:
        """Return what a signal of this connection is emitted with; None of another's, and of one that is blocked."""
        name = next((name for name, own in self._signals.items() if own is signal), None)
        if name is None or signal._is_blocked or signal._is_paused:
            return None
        return self.named(name, given(args, {}, self._names_of(name)))

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what a callback was called with; those of a relay get the signal and its arguments in one."""
        info: Any = args[0] if args else None
        if pattern is None and hasattr(info, "signal") and hasattr(info, "args"):
            name = next((name for name, own in self._signals.items() if own is info.signal), str(info.signal.name))
            return self._waiting.take(self.named(name, given(info.args, {})), info.args)
        names = self._names_of(pattern) if pattern in self._signals else ()
        return self._waiting.take(self.named(pattern or "", given(args, kwargs, names)), args)

    def emitted(self, tap: Tap, signal: Any, args: tuple[Any, ...]) -> None:
        """Record an emission by compiled code, which calls no method that could be replaced."""
        under_way = PUBLISHING.get()
        name = next((name for name, own in self._signals.items() if own is signal), "")
        if under_way is not None and under_way.source is self and under_way.named == self._names.name_of(name):
            return
        publication = _begun(tap, self, signal, args)
        if publication is not None:
            occurrence = Occurrence(publication.event, publication.named, publication.shown, loose=True)
            self._waiting.add(occurrence, args, len(publication.subscriptions))
            publication.returned(None)

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Take the values as they are."""
        return build_named(event, values)

    def publish(self, event: Any) -> Any:
        """Emit."""
        signal = self._signals[event.name]
        names = self._names_of(event.name)
        by_name = set(event.payload) <= set(names)
        args = [event.payload[name] for name in names if name in event.payload] if by_name else [dict(event.payload)]
        getattr(signal, self._chosen or "emit")(*args)

    def facts(self) -> Iterable[str]:
        """Return which signals are blocked or paused, and that its code is compiled."""
        held = [name for name, signal in self._signals.items() if signal._is_blocked or signal._is_paused]
        return [
            *([f"Blocked or paused: {', '.join(held)}."] if held else []),
            *(["Compiled: recorded by wrapping."] if self.compiled else []),
        ]

    # -- stand-ins -----------------------------------------------------------------------------------------------------

    def stand_in_points(self) -> Sequence[LibraryPoint]:
        """Return nothing: the methods are replaced on the class, once for all signals."""
        return ()

    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Enter its signals where the class's methods look them up, and put stand-ins into the slots."""
        yield EMISSIONS.enter(self, tap, self._signals.values())
        self.put_new_stand_ins(tap)
        yield self._take

    def put_new_stand_ins(self, tap: Tap) -> None:
        """Put stand-ins into slots that came later."""
        for name, signal in (*self._signals.items(), *((None, relay) for relay in self._relays)):
            for slot in tuple(signal._slots):
                slot = getattr(slot, "_wrapped", slot)
                if id(slot) not in self._slots and not _is_relay(slot.dereference()):
                    self._put(tap, slot, name)

    def _put(self, tap: Tap, slot: Any, name: str | None) -> None:
        """Put a stand-in into a slot; what only sets an attribute or an item has none."""
        attribute = next((attribute for attribute in ("_func_ref", "_f") if hasattr(slot, attribute)), "")
        if not attribute:
            return
        referent = getattr(slot, attribute)
        if attribute == "_func_ref":
            new: Any = functools.partial(self._method, tap, referent, name)
        elif type(slot).__name__.startswith("Weak"):
            new = functools.partial(self._referred, tap, referent, name)
        else:
            new = self.stand_in(tap, referent, name)
        self._slots[id(slot)] = slot, attribute, referent
        setattr(slot, attribute, new)

    def _referred(self, tap: Tap, referent: Callable[[], Any], name: str | None) -> Any:
        target = referent()
        return None if target is None else self.stand_in(tap, target, name)

    def _method(self, tap: Tap, referent: Callable[[], Any], name: str | None) -> Any:
        """Return the function of a weak method, which is called with the object: that is not referent alive by it."""
        function = referent()
        if function is None:
            return None

        @functools.wraps(function)
        def call(instance: Any, *args: Any, **kwargs: Any) -> Any:
            return self.stand_in(tap, types.MethodType(function, instance), name)(*args, **kwargs)

        return call

    def _target(self, slot: Any) -> Any:
        """Return what a slot calls, and not the stand-in that is in it."""
        inside = getattr(slot, "_wrapped", slot)
        target = slot.dereference()
        _, attribute, referent = self._slots.get(id(inside), (None, "", None))
        if target is None or not attribute:
            return target
        if attribute == "_f":
            return referent() if type(inside).__name__.startswith("Weak") else referent
        instance, function = inside._obj_ref(), referent()
        return None if instance is None or function is None else types.MethodType(function, instance)

    def _take(self) -> None:
        for slot, attribute, referent in self._slots.values():
            setattr(slot, attribute, referent)
        self._slots.clear()


class Emissions:
    """What stands for the methods that emit, on the class: it knows whose each signal is."""

    def __init__(self) -> None:
        self._entered: dict[int, tuple[Any, PsygnalConnection, Tap]] = {}
        self._undo: list[Undo] = []
        #: Called with a signal that is emitted and that nobody has entered: it may be entered then.
        self._unknown: Callable[[Any], None] | None = None

    def discover(self, unknown: Callable[[Any], None]) -> None:
        """Ask about signals as they are emitted, where psygnal is compiled: no code of it is seen that could tell."""
        for cls in loaded_classes(_SIGNAL):
            if not _python_points(cls):
                self._unknown = unknown
                self._install(cls)

    def enter(self, connection: PsygnalConnection, tap: Tap, signals: Iterable[Any]) -> Undo:
        """Record the emissions of these signals from now on; return a function that ends it."""
        keys = []
        for signal in signals:
            keys.append(id(signal))
            self._entered[id(signal)] = signal, connection, tap
        (cls,) = loaded_classes(_SIGNAL)
        self._install(cls)

        def leave() -> None:
            for key in keys:
                self._entered.pop(key, None)
            if not self._entered and self._unknown is None:
                for undo in self._undo:
                    undo()
                self._undo.clear()

        return leave

    def _install(self, cls: Any) -> None:
        """Stand for the methods of the class, once."""
        if self._undo:
            return
        if hasattr(cls, "_debug_hook"):
            self._undo.append(replaced(cls, "_debug_hook", self._told(cls._debug_hook)))
        self._undo += [replaced(cls, name, self._emit(vars(cls)[name])) for name in _EMITS if name in vars(cls)]

    def _of(self, signal: Any) -> tuple[PsygnalConnection | None, Tap | None]:
        """Return who has entered a signal."""
        entry = self._entered.get(id(signal))
        if entry is None and self._unknown is not None:
            self._unknown(signal)
            entry = self._entered.get(id(signal))
        return (None, None) if entry is None else entry[1:]

    def _told(self, before: Any) -> Callable[[Any], None]:
        """Return what psygnal calls before each emission, also where no Python code has asked for it."""

        def emitted(info: Any) -> None:
            if before is not None:
                before(info)
            connection, tap = self._of(info.signal)
            if connection is None or tap is None:
                return
            try:
                connection.emitted(tap, info.signal, info.args)
            except Exception as trouble:  # noqa: BLE001 - the observed never pays
                tap.fail(trouble)

        return emitted

    def _emit(self, function: Any) -> Any:
        whose = self._of

        @functools.wraps(function)
        def emit(signal: Any, *args: Any, **kwargs: Any) -> Any:
            connection, tap = whose(signal)
            mark = tap.spared() if tap is not None and tap.active and tap.spared is not None else None
            if mark is not None:
                return called_in(mark, function, (signal, *args), kwargs)
            publication = _begun(tap, connection, signal, args) if connection is not None and tap is not None else None
            if publication is None:
                return function(signal, *args, **kwargs)
            publication.enter()
            try:
                result = function(signal, *args, **kwargs)
            except BaseException as error:
                strip(error)
                publication.leave(error)
                raise
            publication.leave(None)
            return result

        return emit


def _begun(tap: Tap, connection: PsygnalConnection, signal: Any, args: tuple[Any, ...]) -> TapPublication | None:
    if not tap.active:
        return None
    try:
        occurrence = connection.read_emission(signal, args)
        return None if occurrence is None else tap.begin(connection, occurrence)
    except Exception as trouble:  # noqa: BLE001 - the observed never pays
        tap.fail(trouble)
        return None


EMISSIONS: Final = Emissions()


# -- reading -----------------------------------------------------------------------------------------------------------


def _python_points(cls: type[Any]) -> list[LibraryPoint]:
    """Return the methods that emit that have Python code."""
    points = class_points(cls, *_EMITS)
    return [point for point in points if isinstance(undecorated(point.function), types.FunctionType)]


def _signals_of(adapter: LibraryAdapter, where: str, value: Any) -> tuple[dict[str, Any], list[Any]]:
    """Return the signals of a value by their names in the catalog, and the relays of its groups."""
    if isinstance(value, loaded_classes(_SIGNAL)):
        return {adapter.own_name(where, value, value.name): value}, []
    signals: dict[str, Any] = {}
    relays = []
    held = [value] if isinstance(value, loaded_classes(_GROUP)) else [getattr(value, name) for name in _declared(value)]
    for inner in held:
        if isinstance(inner, loaded_classes(_GROUP)):
            signals.update({name: inner[name] for name in inner})
            relays.append(inner._psygnal_relay)
        else:
            signals[inner.name] = inner
    return {adapter.own_name(f"{where}.{name}", signal, ""): signal for name, signal in signals.items()}, relays


def _declared(value: Any) -> list[str]:
    """Return the names under which the class of a value declares signals or a group of them."""
    classes = loaded_classes(*_DECLARED)
    if not classes:
        return []
    names = [
        name
        for base in type(value).__mro__
        for name, declared in vars(base).items()
        if not set(classes).isdisjoint(type(declared).__mro__)
    ]
    return list(dict.fromkeys(names))


def _hint(signal: Any, parameter: inspect.Parameter) -> Any:
    """Return the annotation of an argument; one that is written as a text is looked up where its owner is written."""
    if parameter.annotation is parameter.empty:
        return Any
    if not isinstance(parameter.annotation, str):
        return parameter.annotation
    owner = _owner(signal)
    module = sys.modules.get(type(owner).__module__)
    return hints._resolve(parameter.annotation, {} if module is None else vars(module))


def _owner(signal: Any) -> Any:
    """Return whose a signal is: of an object, of the object that has its group, or of a group; None of nobody's."""
    owner = signal.instance
    if isinstance(owner, loaded_classes(_GROUP)) and owner._psygnal_relay.instance is not None:
        owner = owner._psygnal_relay.instance
    return owner


def _is_relay(target: Any) -> bool:
    """Return whether a callback is how a group hears its signals."""
    return isinstance(bound_to(target), loaded_classes(_RELAY))


def _shape(signal: Any, slot: Any) -> CallShape:
    """Return with how many arguments a slot is called: those of the signal, as many as it was found to take."""
    count = len(signal.signature.parameters)
    most = getattr(getattr(slot, "_wrapped", slot), "_max_args", None)
    args = count if most is None else min(count, most)
    return CallShape(args, text=f"{args} argument{'' if args == 1 else 's'}")


def _note(slot: Any) -> str:
    inside = getattr(slot, "_wrapped", slot)
    notes = [
        "weak" if type(inside).__name__.startswith("Weak") else "",
        "called in the queue of another thread" if inside is not slot else "",
        f"priority {slot.priority}" if getattr(slot, "priority", 0) else "",
    ]
    return ", ".join(note for note in notes if note)


class PsygnalAdapter(LibraryAdapter):
    """Recognises psygnal's signals, groups, and objects whose class declares signals."""

    name = "psygnal"
    library = "psygnal signals"
    classes = (_SIGNAL, _GROUP)
    connection = PsygnalConnection

    def knows(self, value: Any) -> bool:
        """Return whether it is a signal or a group, or has some; a class that only declares them has none yet."""
        return super().knows(value) or bool(_declared(value))

    def buses_of(self, first: Any) -> Iterable[Any]:
        """Return what has the signal."""
        owner = _owner(first) if isinstance(first, loaded_classes(_SIGNAL)) else None
        return (owner if owner is not None and self.knows(owner) else first,)
