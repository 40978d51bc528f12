"""Map buses: an object, module or dict that holds handlers by event class or name, and a method that publishes.

Nearly all home-made buses are one. Nothing about them is known beforehand: ``find`` finds the containers and the
methods, this module reads events and subscriptions out of them, and taps them.
"""

from __future__ import annotations

import asyncio
import enum
import inspect
import operator
import types
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ....core.bus.context import HANDLER_TIMEOUT
from ....core.bus.identity import plain_function
from ....core.bus.results import is_awaitable
from ....core.description import HandlerDescription, Problem
from ....core.own_code import is_own_class, is_standard
from ....core.records.host import PREDICATE
from ....core.spec import BY_BASE, BY_BUS, BY_CLASS, BY_FIELD, BY_NAME, EXACT, field_of
from ....core.values.looking import is_a, pretends
from ...adapters.base import FireContext, Match, Names, Options, Subscribed
from ...adapters.deadline import in_time
from ...observe.monitor import MONITOR
from ...tap.containers import StandIns
from ...tap.moments import Subscriptions
from ...tap.patch import patch_publisher
from ...tap.stand_ins import Route, is_stand_in, original
from ..events import EventType, NamedEvent
from ..namedevents import describe_name
from ..targets import dead_references, entries, fits_glob, is_glob, key_name, kind_of, run_for
from .arranged import ArrangedPoint
from .calls import CallReader, handler_event
from .containers import HandlerMap, containers_of
from .events import MapEvents
from .find import BusParts, find
from .flows import flow_of
from .match import Dispatch, is_called, is_metaclass, is_wildcard, key_text, name_of_pattern
from .members import own_names, used_names, values_of
from .names import SENDER, STRONG
from .signal import signal_arguments, signal_name, signal_payload

if TYPE_CHECKING:
    from ...tap.moments import Variables
    from ...tap.tap import Occurrence, Tap, TapSubscription
    from .publishers import Publisher

#: What a bus is worth of which only the name of a method says that it is one; and one that has no containers at all.
_UNSURE: Final = 40
ALONE: Final = 50
#: Turns of working off after one fire: handlers may publish in turn.
_MAX_TURNS: Final = 1000
#: Turns of the loop that the program's own worker has to begin before its queue is worked off for it.
_CHANCES: Final = 3


class MapBusAdapter:
    """Recognises objects, classes, modules and containers with handlers by class or name."""

    name = "map"

    def __init__(self) -> None:
        #: What was recognised and is not connected yet, by its identity, with what was found of it.
        self._recognised: dict[int, tuple[Any, Options, BusParts]] = {}

    def recognises(self, value: Any, options: Options) -> Match | None:
        """Look for a handler map and something that publishes."""
        if is_a(value, (str, bytes, int, float, types.FunctionType, types.MethodType, types.BuiltinFunctionType)):
            return None
        parts = find(value, options)
        if not parts.maps and not (parts.publishers and (options.publish or _says_it_publishes(value, parts))):
            return None
        self._recognised[id(value)] = (value, options, parts)
        if kind_of(value) in ("dict", "proxy", "list", "set") and all(pretends(target) for _, target in entries(value)):
            return None  # what is called may be anything that lies beside a bus: nobody asks it
        if not parts.maps:
            return Match(_UNSURE if containers_of(value) else ALONE, explain(parts))
        points = 90 if parts.publishers else max(handler_map.score for handler_map in parts.maps)
        if not parts.publishers and (parts.functions or is_a(value, types.ModuleType)):
            points //= 2
        return Match(points, explain(parts))

    def connect(self, where: str, value: Any, options: Options, names: Names) -> MapConnection:
        """Read the bus."""
        _, asked, parts = self._recognised.pop(id(value), (None, None, None))
        if parts is None or asked != options:
            parts = find(value, options)
        return MapConnection(where, value, parts, names, options)


def _says_it_publishes(value: Any, parts: BusParts) -> bool:
    """Return whether an object of the program's own, named by the person, publishes by the name of its method."""
    own = not is_a(value, (type, types.ModuleType)) and is_own_class(type(value))
    return own and parts.publishers[0].rank <= STRONG


def explain(parts: BusParts) -> str:
    """Return what was chosen and why, in one line."""
    whole = "its own methods" if any(handler_map.own for handler_map in parts.maps) else "the container itself"
    maps = "; ".join(f"{handler_map.path or whole} ({handler_map.why})" for handler_map in parts.maps)
    if not parts.publishers:
        return f"Handlers: {maps}. No publish method: handlers are called directly."
    best = parts.publishers[0]
    maps = maps or "in no container; known once they have run"
    how = (
        "a context manager"
        if best.manages
        else "a generator"
        if best.lazy
        else "asynchronous"
        if best.asynchronous
        else "synchronous"
    )
    what = "name and payload" if best.named else "a list of events" if best.several else "an event"
    return f"Handlers: {maps}. Published by {best.name} ({how}, {what})."


class MapConnection:
    """One map bus.

    Attributes:
        where: Where it was found.
        adapter: Name of the adapter.
        why: What was chosen, and why.
    """

    adapter = "map"

    def __init__(self, where: str, value: Any, parts: BusParts, names: Names, options: Options) -> None:
        self.where = where
        self._value = value
        self._names = names
        self._found = parts
        self.why = explain(self._found)
        #: Name of the one event that it is for, where it is a signal.
        self._signal = signal_name(where, value, self._found) if options.identity in ("", BY_BUS) else ""
        if options.identity == BY_BUS and not self._signal and not _keyed_by_class(self.maps):
            self._signal = where.rpartition(":")[2].rpartition(".")[2]
        if self._signal:
            self.why += f" A signal: its only event is {self._signal}."
        self._dispatch = Dispatch(self._found, self._signal)
        self._obey(options)
        if self._found.drain:
            self.why += f" Queue emptied by {self._found.drain}."
        elif self._found.worker:
            self.why += f" Queue emptied by {self._found.worker}, run by the program."
        self._calls = CallReader(names)
        self._events = MapEvents(self._found, self._dispatch, self._calls, self._signal, self._field)
        self._stand_ins: StandIns | None = None
        self._tap: Tap | None = None
        self._troubles: list[Problem] = []
        #: Who is called for a class, and what was listed for it when that was found out.
        self._expected: dict[type[Any], tuple[list[Any], tuple[TapSubscription, ...]]] = {}

    def _obey(self, options: Options) -> None:
        """Take what is declared in the place of what was found."""
        self._arranged = {
            publisher.name: ArrangedPoint(publisher, point)
            for point in options.points
            if len(point) > 1
            for publisher in self._found.publishers
            if publisher.name == point["method"]
        }
        self.patterns_declared = options.patterns
        self._dispatch.globs = options.patterns != EXACT
        publishers = self._found.publishers
        if options.identity in (BY_CLASS, BY_BASE):
            self._dispatch.declare(by_base=options.identity == BY_BASE)
            if all(publisher.named for publisher in publishers):
                self._name_publishers(named=False)
        elif options.identity == BY_NAME and not any(publisher.named for publisher in publishers):
            self._name_publishers(named=True)
        self._field = field_of(options.identity)

    def _name_publishers(self, *, named: bool) -> None:
        for publisher in self._found.publishers:
            publisher.named = named

    @property
    def value(self) -> Any:
        """The bus itself."""
        return self._value

    @property
    def drain(self) -> str:
        """The name of what works off what publishing kept, by itself or for us; empty for none."""
        return self._found.drain or self._found.worker

    def identity(self) -> tuple[str, str]:
        """Return how events are told apart (see ``core.spec``), and why that is believed."""
        if self._signal:
            return BY_BUS, f"Sent without an event: {self._signal} is its only event"
        field = self._events.field or next((publisher.field for publisher in self.publishers[:1]), "")
        if field:
            return f"{BY_FIELD}{field}", "Events of one class, told apart by this field"
        patterns = [pattern for pattern, _ in self.subscribed_targets() if not is_wildcard(pattern)]
        classes = [pattern for pattern in patterns if isinstance(pattern, type)]
        named = any(publisher.named for publisher in self.publishers) or not self.publishers
        if not classes and named and (patterns or self.publishers):
            return BY_NAME, "Handlers are kept by name"
        if any(self._dispatch.by_base(handler_map) for handler_map in self.maps):
            return BY_BASE, "The code that looks handlers up asks for bases"
        keyed = next((handler_map.path for handler_map in self.maps if handler_map.path), "")
        if not classes and patterns:
            return BY_CLASS, "Handlers are kept by the name of the event's class"
        return BY_CLASS, f"{keyed} is keyed by event classes" if classes and keyed else "Handlers are kept by class"

    def contents(self, handler_map: HandlerMap) -> tuple[str, str]:
        """Return what the keys of a container are and what it holds, as ``core.spec`` says it."""
        named = any(publisher.named for publisher in self.publishers)
        return handler_map.keyed_by(by_base=self._dispatch.by_base(handler_map), named=named), handler_map.holds()

    @property
    def maps(self) -> tuple[HandlerMap, ...]:
        """The containers of handlers."""
        return self._found.maps

    @property
    def publishers(self) -> tuple[Publisher, ...]:
        """The methods that publish, the best first."""
        return self._found.publishers

    @property
    def unlisted(self) -> bool:
        """Who hears what is published is known once that has run: no container says it, or it only names it."""
        named = (target for handler_map in self.maps for target in handler_map.texts().values())
        return not self.maps or self.listened or any(target is None for target in named)

    @property
    def listened(self) -> bool:
        """Queues listen to what is published: who reads them is not known."""
        return any(handler_map.listeners() for handler_map in self.maps)

    # -- the catalog ---------------------------------------------------------------------------------------------------

    def event_types(self) -> list[EventType]:
        """Return the event types that have handlers: classes (by base class: those below them too) and names."""
        return self._events.read()

    def subscriptions(self) -> Iterator[Subscribed]:
        """Yield every subscription, map after map, in the order of the containers."""
        for order, (handler_map, pattern, target) in enumerate(self._events.subscribed()):
            matched = "exact"
            if self._signal:
                pattern = self._signal
            if is_wildcard(pattern) or is_glob(pattern):
                matched = "wildcard"
            elif is_a(pattern, type) and self._dispatch.by_base(handler_map):
                matched = "base"
            shown = None if matched == "wildcard" else pattern if is_a(pattern, type) else name_of_pattern(pattern)
            yield Subscribed(shown, matched, self._describe(target), order)

    def targets(self) -> list[Any]:
        """Return the callable of each subscription, in their order."""
        return [target for _, _, target in self._events.subscribed()]

    def handlers_of(self, event: EventType) -> list[HandlerDescription]:
        """Return who is called for an event type, in order."""
        return [self._describe(target) for _, target in self._dispatch.matching(event.cls, self._names_of(event))]

    def event_named(self, name: str) -> EventType | None:
        """Return the event of a name that nobody is subscribed to but by a pattern; None where none fits."""
        if not any(fits_glob(name, pattern) for pattern in self._globs()):
            return None
        return self._describe_name(name, (target for _, target in self._dispatch.matching(None, {name})))

    def patterns(self) -> Iterator[tuple[EventType, list[HandlerDescription]]]:
        """Yield the patterns of names that are subscribed to, each with its handlers; that for every name, too."""
        for pattern, targets in self._by_glob().items():
            yield self._describe_name(pattern, targets), [self._describe(target) for target in targets]

    def _by_glob(self) -> dict[str, list[Any]]:
        globs: dict[str, list[Any]] = {}
        for handler_map in self.maps if any(publisher.named for publisher in self.publishers[:1]) else ():
            for pattern, target in handler_map.entries():
                if is_glob(pattern):
                    globs.setdefault(pattern, []).append(target)
        return globs

    def _globs(self) -> list[str]:
        """Return the patterns of names, without that for every name."""
        return [pattern for pattern in self._by_glob() if not is_wildcard(pattern)]

    def _describe_name(self, name: str, targets: Iterable[Any]) -> EventType:
        by_keyword = self._calls.gives_keywords(self.publishers[0])
        return describe_name(name, map(original, targets), by_keyword=by_keyword, supplied=self._events.given)

    def problems(self) -> Iterable[Problem]:
        """Yield what stands in the containers and is no handler, and what cannot be fired."""
        yield from self._troubles
        if next(self._events.subscribed(), None) is not None and not self.event_types() and not self._globs():
            text = "Its handlers accept every event and do not name any."
            yield Problem(self.where, text, "Name a list of event classes, or their module, with --catalog.")
        if next(self._events.subscribed(), None) is None:
            held = [handler_map.path for handler_map in self.maps if next(handler_map.entries(), None) is not None]
            for path in held:
                text = f"The methods of what is in {path} are called by their names: they are not observed."
                yield Problem(self.where, text)
        fields = self._events.unknown_field()
        if fields:
            key = "[tool.inspector.bus]"
            yield Problem(key, f"{key} identity: no event has a field {self._field}.", f"Fields: {fields}.")
        if not self.maps:
            text = "No container of handlers was found: handlers are known once they have run."
            if not MONITOR.available:
                text = "No container of handlers was found: handlers are seen on Python 3.12 and newer only."
            yield Problem(self.where, text, 'Set handlers = "…" in [tool.inspector.bus] if there is one.')
        own = self._value if is_a(self._value, type) else type(self._value)
        if not self.publishers and _keyed_by_class(self.maps, own):
            text = f"Events below {own.__name__} publish themselves: not observed, handlers are called directly."
            yield Problem(self.where, text, "Name an object with a method that takes the event.")
        for publisher in self.publishers[:1]:
            if {"sys", "audit"} <= used_names(publisher.function, self._found.functions):
                yield Problem(self.where, f"{publisher.name} calls sys.audit: what its hooks do is not observed.")
            if publisher.manages:
                text = f"{publisher.name} is a context manager: handlers run when its with statement begins or ends."
                yield Problem(self.where, text)
            elif publisher.lazy:
                text = f"{publisher.name} is a generator: handlers run only while it is iterated."
                yield Problem(self.where, text)
            waiting = self._waiting() if publisher.queue and self._found.worker else 0
            if waiting:
                text = f"{waiting} published but still in {publisher.queue}: {self._found.worker} is not running."
                yield Problem(self.where, text, "Start it in the function named with --app.")
        for handler_map in self._found.maps:
            for text in _oddities(handler_map):
                yield Problem(self.where, text)
            around = self._around(handler_map)
            if around:
                text = f"{handler_map.path} holds generators that run around the handlers: each counts as a handler."
                yield Problem(self.where, text, f'Leave it out of handlers = ["…"] in [tool.inspector.bus] ({around}).')

    def _around(self, handler_map: HandlerMap) -> str:
        """Return the names of generators in a container that the bus steps through around its handlers: middleware."""
        steps = any({"next", "anext", "__anext__"} & own_names(point.function) for point in self.publishers)
        functions = [plain_function(original(target)) for _, target in handler_map.entries()] if steps else []
        flags = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
        named = [f.__name__ for f in functions if is_a(f, types.FunctionType) and f.__code__.co_flags & flags]
        return ", ".join(named) if len(self.maps) > 1 else ""

    def _describe(self, target: Any) -> HandlerDescription:
        if is_stand_in(target):
            facts = object.__getattribute__(target, "_facts")
            if is_a(facts, Route):
                return facts.description
        return self._names.describe(original(target))

    def _names_of(self, event: EventType) -> set[str]:
        if event.cls is None:
            return {event.travels_as}
        return {event.travels_as, event.cls.__name__, *self._calls.names_for(event.cls)}

    # -- what the tap asks ---------------------------------------------------------------------------------------------

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return what a call of a publish method publishes."""
        publisher = next(publisher for publisher in self._found.publishers if publisher.name == method)
        if self._signal:
            return self._calls.named(self._signal, signal_payload(publisher, args, kwargs))
        arranged = self._arranged.get(method)
        if arranged is not None:
            return self._calls.read_publish(arranged.publisher, (), arranged.read(args, kwargs))
        return self._calls.read_publish(publisher, args, kwargs)

    def variables(self, method: str) -> Variables | None:
        """Return where the variables of a call of a publish method say what it publishes; None: ``read_publish``."""
        if self._signal or method in self._arranged or type(self).read_publish is not MapConnection.read_publish:
            return None
        publisher = next(publisher for publisher in self._found.publishers if publisher.name == method)
        return self._calls.variables(publisher)

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what a call of a handler is about."""
        if self._signal:
            return self._calls.named(self._signal, signal_payload(self.publishers[0], args, kwargs))
        return self._calls.read_call(pattern, args, kwargs)

    def expected(self, occurrence: Occurrence) -> tuple[TapSubscription, ...]:
        """Return the subscriptions that it goes to; handlers subscribed since the last time get their stand-ins."""
        tap = self._tap
        if tap is None:
            return ()
        event = occurrence.event
        listed = self._dispatch.listed(type(event))
        if listed is not None:
            before = self._expected.get(type(event))
            if before is not None and len(before[0]) == len(listed) and all(map(operator.is_, before[0], listed)):
                return before[1]
        if self._stand_ins is not None:
            self._stand_ins.put(type(event))
        if MONITOR.available:
            tap.observation().refresh(self)
        if listed is not None and all(kind_of(target) == "handler" for target in listed):
            called = [self._describe(run_for(target, type(event), self._value)) for target in listed]
            subscriptions = Subscriptions([tap.subscription(occurrence.name, handler) for handler in called])
            now = self._dispatch.listed(type(event)) or ()  # with the stand-ins that have just been put there
            self._expected[type(event)] = [*now], subscriptions
            expected = self._dispatch.expecting(type(event), [*now], subscriptions)
            if expected is not None:
                self._calls.expect(occurrence, expected)
            return subscriptions
        cls = self._calls.class_called(occurrence.name) if is_a(event, (dict, tuple, str)) else type(event)
        names = {occurrence.name, *self._calls.names_for(cls)} if cls is not None else {occurrence.name}
        called = [self._describe(target) for _, target in self._dispatch.matching(cls, names)]
        return tuple([tap.subscription(occurrence.name, handler) for handler in called])

    def _forget_expected(self) -> None:
        self._expected.clear()
        self._calls.usual.clear()

    def classes_left(self) -> list[type[Any]]:
        """Return the classes of events that handlers may leave for the bus to work off; none where it does not."""
        flows = [flow_of(publisher.function, publisher.owner) for publisher in self.publishers]
        if not any(flow.grows or flow.from_its_own() for flow in flows):
            return []
        return [event.cls for event in self.event_types() if event.cls is not None]

    def publish_points(self) -> Sequence[Publisher]:
        """Return the functions whose call is a publication."""
        return self._found.publishers

    def subscribed_targets(self) -> Iterator[tuple[Any, Any]]:
        """Yield pattern and callable of each subscription."""
        for _, pattern, target in self._events.subscribed():
            yield pattern, target

    def describe(self, target: Any) -> HandlerDescription:
        """Describe what a subscription calls."""
        return self._describe(target)

    def why_uncalled(self, event: Any, key: str) -> tuple[str, str] | None:
        """Return that a receiver is only for another sender: the code of the reason, and words for it."""
        sender = event.get(SENDER) if is_a(event, dict) else None
        wanted = [
            value
            for handler_map in self.maps
            if handler_map.senders
            for value, target in handler_map.by_sender()
            if self._describe(target).key == key
        ]
        if not wanted or any(value is None or value is sender for value in wanted):
            return None
        name = getattr(wanted[0], "__name__", None) or type(wanted[0]).__name__
        return PREDICATE, f"it is for sender {name} only"

    def held_in(self, handler_map: HandlerMap) -> Iterator[tuple[Any, Any]]:
        """Yield pattern and callable of each subscription in one of the containers."""
        for holder, pattern, target in self._events.subscribed():
            if holder is handler_map:
                yield pattern, target

    # -- recording -----------------------------------------------------------------------------------------------------

    def record(self, tap: Tap) -> Callable[[], None]:
        """Put stand-ins into the containers and in the place of the publish methods."""
        self._tap = tap
        self.event_types()  # learns which class belongs to which name
        self._forget_expected()
        if MONITOR.available:
            return self._observe(tap)
        self._stand_ins = stand_ins = StandIns(self, tap, self._dispatch, self._names)
        undo: list[Callable[[], None]] = []

        def restore() -> None:
            for undone in reversed(undo):
                undone()
            stand_ins.take()
            self._tap = self._stand_ins = None
            self._forget_expected()

        try:
            stand_ins.put()
            for publisher in self._found.publishers:
                self._patch(tap, publisher, undo)
        except BaseException:
            restore()
            raise
        return restore

    def _observe(self, tap: Tap) -> Callable[[], None]:
        """Watch the code; only where something runs in a handler's place there is a stand-in."""
        end = tap.observation().add(self)

        def intercepted() -> None:
            if self._stand_ins is not None:
                self._stand_ins.take()
                self._stand_ins = None
            if tap.interceptor is not None:
                self._stand_ins = StandIns(self, tap, self._dispatch, self._names, tap.strikes)
                self._stand_ins.put()
                self._tell_spared(tap)
            self._forget_expected()

        leave = tap.on_intercept(intercepted)
        intercepted()

        def restore() -> None:
            leave()
            if self._stand_ins is not None:
                self._stand_ins.take()
            end()
            self._tap = self._stand_ins = None
            self._forget_expected()

        return restore

    def _tell_spared(self, tap: Tap) -> None:
        """Take note of handlers that are to fail, and cannot be made to: no container holds them."""
        for handler_map in self.maps:
            held = [(text, target, f"{handler_map.path} only names it") for text, target in handler_map.texts().items()]
            if handler_map.own:
                methods = (target for _, target in handler_map.entries())
                held += [(self._describe(method).label, method, "the bus calls its own method") for method in methods]
            for text, target, why in held:
                if target is not None and tap.strikes(self._describe(target).label):
                    problem = Problem(self.where, f"No faults for {text}: {why}.")
                    self._troubles += [] if problem in self._troubles else [problem]

    def _patch(self, tap: Tap, publisher: Publisher, undo: list[Callable[[], None]]) -> None:
        try:
            undo.append(patch_publisher(tap, self, publisher))
        except (AttributeError, TypeError) as error:  # the class forbids it
            text = f"{publisher.name} cannot be replaced ({error}): publications are recorded when a handler is called."
            self._troubles.append(Problem(self.where, text))

    # -- firing --------------------------------------------------------------------------------------------------------

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Build an event from JSON values."""
        return self._events.build(event, values)

    async def fire(self, event: Any, context: FireContext) -> None:
        """Publish with the method that reads the handlers of this event; without one call them."""
        publisher = self._publisher_for(event)
        if publisher is None:
            result: Any = self._publishing(event, lambda: self._one_after_another(event))
        elif self._signal and is_a(event, NamedEvent):
            args, kwargs = signal_arguments(publisher, event.payload)
            result = publisher.get()(*args, **kwargs)
        else:
            arranged = self._arranged.get(publisher.name)
            args, kwargs = self._arguments(arranged.publisher if arranged else publisher, event, context)
            if publisher.named and args:
                args[0] = self._key_of(args[0])
            if arranged is not None:
                args, kwargs = arranged.call(args, kwargs)
            if publisher.lazy:
                result = self._publishing(event, lambda: _iterated(publisher.get()(*args, **kwargs)))
            else:
                result = publisher.get()(*args, **kwargs)
        if is_awaitable(result):
            await in_time(result, context.timeout, self._tap)

    def _arguments(self, publisher: Publisher, event: Any, context: FireContext) -> tuple[list[Any], dict[str, Any]]:
        return self._calls.arguments(publisher, self._events.published(event), context)

    def _key_of(self, name: Any) -> Any:
        """Return the member of an enum or the class that stands for a name, where the handlers are kept by them."""
        for handler_map in self._found.maps:
            value = handler_map.get()
            for key in value if kind_of(value) in ("dict", "proxy") else ():
                if (is_a(key, enum.Enum) and name == key.name) or name == key_name(key):
                    return key
                if is_a(key, type) and is_called(key, name):
                    return key
        return name

    def _waiting(self) -> int | None:
        """Return how many publications lie in the queue of the bus; None when that cannot be counted."""
        held: Any = self._value
        for step in self.publishers[0].queue.split("."):
            held = values_of(held).get(step)
        if kind_of(held) in ("list", "dict", "set"):
            return len(held)
        size = getattr(held, "qsize", None) if is_standard(type(held).__module__) else None
        return size() if callable(size) else None

    async def settle(self) -> None:
        """Work off what is still waiting; the publications wait for what the bus has started."""
        if self._found.drain:
            await in_time(self._work_off(), HANDLER_TIMEOUT.get(None), self._tap)

    async def _work_off(self) -> None:
        """Run what the program works its queue off with until nothing is waiting, where nobody else does."""
        for _ in range(_CHANCES):
            await asyncio.sleep(0)
        drain = getattr(self._value, self._found.drain)
        for _ in range(_MAX_TURNS):
            before = self._waiting()
            if before == 0:
                return
            result = drain()
            if is_awaitable(result):
                result = await result
            if before is None and not (is_a(result, int) and result):
                return

    def _publisher_for(self, event: Any) -> Publisher | None:
        """Choose the publish method that reads a map in which the event has handlers."""
        cls = None if is_a(event, NamedEvent) else type(event)
        names = {event.name} if cls is None else {cls.__name__, *self._calls.names_for(cls)}
        reading = self._dispatch.reading(cls, names)
        usable = [publisher for publisher in self._found.publishers if self._calls.can_call(publisher, event)]
        fitting = [publisher for publisher in usable if not reading or reading & set(publisher.reads)]
        return (fitting or usable or [None])[0]  # type: ignore[list-item]

    async def _publishing(self, event: Any, run: Callable[[], Awaitable[None]]) -> None:
        """Run what a publication consists of where no call of a publish method is all of it."""
        if self._tap is None:
            await run()
            return
        publication = self._tap.begin(self, self._calls.occurrence(event))
        publication.enter()
        try:
            await run()
        except BaseException as error:
            publication.leave(error)
            raise
        publication.leave(None)

    async def _one_after_another(self, event: Any) -> None:
        """Do what a bus would do, where there is none: call the handlers in turn; the first error ends it."""
        cls = None if is_a(event, NamedEvent) else type(event)
        names = {event.name} if cls is None else {cls.__name__, *self._calls.names_for(cls)}
        for _, target in tuple(self._dispatch.matching(cls, names)):
            call = target if kind_of(target) == "handler" else handler_event(target)
            result = call(event.payload if is_a(event, NamedEvent) else event)
            if is_awaitable(result):
                await result


def _keyed_by_class(maps: Sequence[HandlerMap], base: type[Any] = object) -> bool:
    """Return whether handlers are for classes of events, below a class: they are no receivers of a signal then."""
    patterns = (pattern for handler_map in maps for pattern, _ in handler_map.entries())
    return any(is_a(pattern, type) and issubclass(pattern, base) for pattern in patterns)


async def _iterated(published: Any) -> None:
    """Iterate what publishing gives, as the program does, and wait for what comes out of it; enter a context."""
    if hasattr(published, "__aenter__"):
        async with published:
            return
    if hasattr(published, "__enter__"):
        with published:
            return
    if hasattr(published, "__aiter__"):
        async for _ in published:
            pass
        return
    for result in published:
        if is_awaitable(result):
            await result


def _oddities(handler_map: HandlerMap) -> Iterator[str]:
    """Yield what is told of a container: what in it is no handler, is gone, or hangs where no event is published."""
    value, path = handler_map.get(), handler_map.path
    if handler_map.own:
        if not MONITOR.available:
            yield "Its handlers are its own methods: they are recorded on Python 3.12 and newer only."
        return
    texts = handler_map.texts()
    for text, target in texts.items():
        if target is None:
            yield f"{path} names {text}, which is not loaded: its handler is unknown until the program imports it."
    if any(target is not None for target in texts.values()) and not MONITOR.available:
        yield f"Handlers in {path} are named by text: they are recorded on Python 3.12 and newer only."
    for key, item in value.items() if kind_of(value) in ("dict", "proxy") else ():
        if item is None or (is_a(item, (str, int)) and item not in texts):
            yield f"{path}[{key_text(key)}] holds {type(item).__name__}, which is not callable."
        if is_metaclass(key):
            yield f"{path}[{key_text(key)}] matches no event: it is subscribed to the class of a class."
    for pattern in dead_references(value):
        under = f"[{key_text(pattern)}]" if pattern is not None else ""
        yield f"{path}{under} holds a weak reference to a deleted handler."
    listening = len(handler_map.listeners())
    if listening:
        queues = "1 queue listens" if listening == 1 else f"{listening} queues listen"
        yield f"{queues} in {path}: they receive every event; their readers are not observed."
