"""What the adapters of libraries have in common: a bus is known by its class, for certain, and nothing is imported.

An adapter of a library says where the library keeps its receivers, which of its functions publish, and what a call of
these is about (``LibraryConnection``). How that is recorded is the same for all (``record``).
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import types
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ...core.bus.identity import bound_to, plain_function
from ...core.bus.results import is_awaitable
from ...core.errors import InspectorError, UsageError
from ...core.own_code import own_modules
from ...core.records.host import DEAD_REFERENCE, USED_UP
from ..adapters.base import EVENT_ALONE, CallShape, FireContext, Match, Names, Options, Subscribed
from ..adapters.deadline import in_time
from ..observe.monitor import MONITOR
from ..reading.targets import is_async
from ..tap.moments import Occurrence
from ..tap.stand_ins import Route, TappedHandler, is_stand_in, original
from .payload import shown_of
from .recording import Undo, refresh, watch

if TYPE_CHECKING:
    from ...core.description import HandlerDescription, Problem
    from ..reading.events import EventType
    from ..tap.tap import Tap, TapSubscription


class Receiver(NamedTuple):
    """One subscription, as its library keeps it.

    Attributes:
        pattern: The event class or name that it is for; None for all.
        target: What runs.
        matched: ``exact``, ``base`` (subclasses too) or ``wildcard``.
        note: What is special about it, for people: ``once``, ``weak``, ``only for sender Order``.
        sender: Key of the one sender that it is for, where the library knows senders; None for any.
        shape: How the library calls it, where that differs from one to the next; None: ``shape_of`` says it.
    """

    pattern: Any
    target: Any
    matched: str = "exact"
    note: str = ""
    sender: Any = None
    shape: CallShape | None = None


@dataclass
class LibraryPoint:
    """A function whose call is a publication.

    Attributes:
        name: Its name; the connection is asked by it what a call publishes.
        owner: Whose method it is: only calls on this very object count. A module where any call counts; what is
            read then are all arguments, ``self`` among them.
        function: The function, unbound.
        holder: The class on which it is looked up, where any of its instances may publish.
    """

    name: str
    owner: Any
    function: Any
    holder: type[Any] | None = None

    @property
    def asynchronous(self) -> bool:
        """Calling it gives a coroutine."""
        return inspect.iscoroutinefunction(self.function)

    def get(self) -> Any:
        """Return what callers find."""
        return getattr(self.owner, self.name)


def method_points(owner: Any, *names: str) -> list[LibraryPoint]:
    """Return those methods of an object that it has, as publish points."""
    return [
        LibraryPoint(name, owner, function)
        for name in names
        if isinstance(function := inspect.getattr_static(type(owner), name, None), types.FunctionType)
    ]


def class_points(cls: type[Any], *names: str) -> list[LibraryPoint]:
    """Return methods of a class as publish points, whichever instance they are called on."""
    module = sys.modules[cls.__module__]
    return [
        LibraryPoint(name, module, function, cls)
        for name in names
        if isinstance(function := vars(cls).get(name), types.FunctionType)
    ]


def loaded_classes(*paths: str) -> tuple[type[Any], ...]:
    """Return the classes (``module:Name``) of libraries that the program has loaded."""
    classes = []
    for path in paths:
        module, _, name = path.partition(":")
        value = getattr(sys.modules.get(module), name, None)
        if isinstance(value, type):
            classes.append(value)
    return tuple(classes)


class LibraryAdapter:
    """Recognises the buses of one library by their classes.

    Attributes:
        name: Name of the adapter.
        library: What people call the library.
        classes: Its buses, as ``module:Class``; modules of several versions of it stand side by side.
        connection: What reads one of them.
    """

    certain: ClassVar[bool] = True
    name: str = ""
    library: str = ""
    classes: ClassVar[tuple[str, ...]] = ()
    connection: ClassVar[type[LibraryConnection]]

    def __init__(self) -> None:
        #: Names of events that stand for one bus each, and the bus.
        self.taken: dict[str, Any] = {}

    def recognises(self, value: Any, options: Options) -> Match | None:
        """Compare the classes of a value with those of the library; the value itself is not touched.

        Raises:
            UsageError: It is one, and has no method that is called as the one to publish with.
        """
        if options.handlers or not self.knows(value):
            return None
        if options.publish and not callable(getattr(value, options.publish, None)):
            raise UsageError(f"{self.library} has no method {options.publish}.", "Name an existing method.")
        return Match(100, f"{self.library}, known by its class {type(value).__name__}")

    def knows(self, value: Any) -> bool:
        """Return whether a value is a bus of the library."""
        classes = loaded_classes(*self.classes)
        return bool(classes) and not set(classes).isdisjoint(type(value).__mro__)

    def connect(self, where: str, value: Any, options: Options, names: Names) -> LibraryConnection:
        """Read the bus."""
        return self.connection(self, where, value, options, names)

    def buses_of(self, first: Any) -> Iterable[Any]:
        """Return the buses that a call of one of the library's functions is of, by its first argument."""
        return (first,)

    def own_name(self, where: str, value: Any, said: str) -> str:
        """Return the name of an event that stands for one object of the library, unique in the program.

        It is what the object says, else the last part of where it was found; of two the later gets more of its place.
        """
        module, _, path = where.rpartition(":")
        if not said:
            path, _, last = path.rpartition(".")
            said = (_global_name(value) if last.isdigit() else "") or last
        parts = [part for part in (*module.split("."), *path.split(".")) if part]
        names = [said, *(".".join([*parts[-length:], said]) for length in range(1, len(parts) + 1))]
        return next((name for name in names if self.taken.setdefault(name, value) is value), names[-1])


class _Entry:
    """A handler that was described.

    Attributes:
        reference: To what it is, or what it is bound to: its description is good for as long as that lives.
        description: Its description.
        recording: The recording that knows of it; 0 for none.
    """

    __slots__ = ("description", "recording", "reference")

    def __init__(self, held: Any, description: HandlerDescription) -> None:
        try:
            self.reference: Callable[[], Any] = weakref.ref(held)
        except TypeError:  # it cannot be referred to weakly
            self.reference = lambda: held
        self.description = description
        self.recording = 0


class LibraryConnection(ABC):
    """One bus of a library.

    Args:
        adapter: Who recognised it.
        where: Where it was found.
        value: The bus.
        options: What the person said about it.
        names: Names of events and handlers in the program.

    Attributes:
        where: Where it was found.
        adapter: Name of the adapter.
    """

    def __init__(self, adapter: LibraryAdapter, where: str, value: Any, options: Options, names: Names) -> None:
        self.where = where
        self.adapter = adapter.name
        self._library = adapter.library
        self._value = value
        self._names = names
        self._tap: Tap | None = None
        self._descriptions: dict[Any, _Entry] = {}
        #: What is special about receivers, by their keys, also of those that are gone.
        self._noted: dict[str, str] = {}
        #: How often recording has begun.
        self._recording = 0
        self._chosen = options.publish

    # -- what each library says ----------------------------------------------------------------------------------------

    @abstractmethod
    def receivers(self) -> Iterable[Receiver]:
        """Return the subscriptions, in the order in which they run."""

    @abstractmethod
    def event_types(self) -> list[EventType]:
        """Return the event types that it knows, each once."""

    @abstractmethod
    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return the functions whose call is a publication."""

    @abstractmethod
    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return what a call of a publish point publishes."""

    @abstractmethod
    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what a call of a handler is about."""

    @abstractmethod
    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Build an event from JSON values."""

    def publish(self, event: Any) -> Any:
        """Publish an event that ``build`` made; what can be awaited is awaited. Not needed beside an own ``fire``.

        Raises:
            InspectorError: It does not say how.
        """
        raise InspectorError(f"{self._library} events cannot be fired: the adapter does not support it.")

    def stand_in_points(self) -> Sequence[LibraryPoint]:
        """Return what stand-ins replace to see publications, where that is not what publishes."""
        return self.publish_points()

    @abstractmethod
    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Put stand-ins where the library looks for its receivers, and yield what undoes it."""

    def put_new_stand_ins(self, tap: Tap) -> None:  # noqa: B027 - most have nothing to do
        """Put stand-ins in the place of receivers that came later, where they stand in the library's own registry."""

    #: Its code cannot be watched: it is compiled.
    compiled = False
    #: Its receivers are called with the event and nothing else.
    takes_event = False
    #: A publish has to be awaited, and runs the handlers there: one that is not asynchronous blocks the loop.
    asynchronous = False

    def facts(self) -> Iterable[str]:
        """Return what else has to be known about this bus, for people."""
        return ()

    # -- the catalog ---------------------------------------------------------------------------------------------------

    @property
    def why(self) -> str:
        """What it is, who publishes, and what is special about its receivers."""
        receivers = list(self.receivers())
        notes = [
            f"{self._names.describe(receiver.target).label} ({receiver.note})"
            for receiver in receivers
            if receiver.note
        ]
        points = dict.fromkeys(point.name for point in self.publish_points())
        parts = [f"{self._library}, known by its class."]
        if points:
            parts.append(f"Published by {', '.join(points)}.")
        if self._chosen:
            parts.append(f"Fired with {self._chosen}.")
        if notes:
            parts.append(f"Receivers: {'; '.join(notes)}.")
        return " ".join([*parts, *self.facts()])

    def subscriptions(self) -> Iterator[Subscribed]:
        """Yield every subscription."""
        for order, receiver in enumerate(self.receivers()):
            shown = None if receiver.matched == "wildcard" else receiver.pattern
            described = self.describe(receiver.target)
            self._noted[described.key] = receiver.note
            yield Subscribed(shown, receiver.matched, described, order)

    def targets(self) -> list[Any]:
        """Return the callable of each subscription, in their order."""
        return [original(receiver.target) for receiver in self.receivers()]

    def call_shapes(self) -> list[CallShape | None]:
        """Return how the callable of each subscription is called, in their order; None where that is not known."""
        return [receiver.shape or self.shape_of(receiver) for receiver in self.receivers()]

    def shape_of(self, receiver: Receiver) -> CallShape | None:
        """Return how a receiver is called; None where only who publishes knows it."""
        return EVENT_ALONE if self.takes_event else None

    def why_uncalled(self, event: Any, key: str) -> tuple[str, str] | None:
        """Return why a receiver did not get an event, where the library says it.

        Args:
            event: What was published.
            key: The receiver's key.

        Returns:
            One of ``records.host.REASONS``, and words that are better than the usual ones, or empty; None: unknown.
        """
        if any(self.describe(receiver.target).key == key for receiver in self.receivers()):
            return None
        noted = self._noted.get(key, "")
        if "once" in noted:
            return USED_UP, ""
        entries = [entry for entry in self._descriptions.values() if entry.description.key == key]
        is_gone = bool(entries) and all(entry.reference() is None for entry in entries)
        return (DEAD_REFERENCE, "") if "weak" in noted and is_gone else None

    def handlers_of(self, event: EventType) -> list[HandlerDescription]:
        """Return who is called for an event type, in order."""
        key = event.travels_as if event.cls is None else event.cls
        if not self.has(key):
            return []
        return [self.describe(receiver.target) for receiver in self.receivers() if self.goes_to(key, receiver)]

    def has(self, key: Any) -> bool:
        """Return whether events of a class or name are this bus's: who hears everything hears no event of others."""
        return any(receiver.pattern == key for receiver in self.receivers())

    def goes_to(self, key: Any, receiver: Receiver) -> bool:
        """Return whether events of a class or name go to a receiver."""
        if receiver.pattern is None:
            return True
        if receiver.matched == "base" and isinstance(key, type):
            return issubclass(key, receiver.pattern)
        return bool(receiver.pattern == key)

    def problems(self) -> Iterable[Problem]:
        """Return what could not be read, and what would not work."""
        return ()

    def describe(self, target: Any) -> HandlerDescription:
        """Describe a handler; what is called again and again is described once."""
        return self._entry_of(target).description

    def _entry_of(self, target: Any) -> _Entry:
        target = original(target)
        if type(target) not in (types.FunctionType, types.MethodType):
            return _Entry(target, self._names.describe(target))
        owner = bound_to(target)
        key = (id(owner), id(plain_function(target)))  # a method is made anew each time it is asked for
        held = target if owner is None else owner
        described = self._descriptions.get(key)
        if described is None or described.reference() is not held:
            described = self._descriptions[key] = _Entry(held, self._names.describe(target))
        return described

    # -- recording -----------------------------------------------------------------------------------------------------

    def record(self, tap: Tap) -> Undo:
        """Record everything on this bus from now on; return a function that undoes it exactly."""
        self._tap = tap
        self._recording += 1
        try:
            undo = watch(self, tap)
        except BaseException:
            self._tap = None
            raise

        def end() -> None:
            undo()
            self._tap = None

        return end

    def subscribed_targets(self) -> Iterator[tuple[Any, Any]]:
        """Yield pattern and callable of each subscription, as they are now."""
        for receiver in self.receivers():
            yield receiver.pattern, receiver.target

    def called(self, occurrence: Occurrence) -> Iterable[Receiver]:
        """Return the receivers that a publication goes to, in order."""
        key = occurrence.name if occurrence.loose else type(occurrence.event)
        return [receiver for receiver in self.receivers() if self.goes_to(key, receiver)]

    def expected(self, occurrence: Occurrence) -> tuple[TapSubscription, ...]:
        """Return the subscriptions that a publication goes to."""
        tap = self._tap
        if tap is None:
            return ()
        described = [self._entry_of(receiver.target) for receiver in self.called(occurrence)]
        if any(entry.recording != self._recording for entry in described):
            refresh(self, tap)
            for entry in described:
                entry.recording = self._recording
        return tuple([tap.subscription(occurrence.name, entry.description) for entry in described])

    def stand_in(self, tap: Tap, target: Any, pattern: Any, described: Any = None) -> Any:
        """Return what is called in the place of a handler; ``described`` is what it is called after, if not itself."""
        if is_stand_in(target):
            return target
        description = self.describe(target if described is None else described)
        if MONITOR.available and not self.compiled and not tap.strikes(description.label):
            return target
        return TappedHandler(target, Route(tap, self, pattern, description, is_async(target)))

    def named(self, name: str, payload: Any) -> Occurrence:
        """Return what a name with a payload is."""
        return Occurrence(payload, self._names.name_of(name), shown_of(payload), loose=True)

    def typed(self, event: Any) -> Occurrence:
        """Return what an event of a class is."""
        return Occurrence(event, self._names.name_of(type(event)), shown_of(event))

    # -- firing --------------------------------------------------------------------------------------------------------

    async def fire(self, event: Any, context: FireContext) -> None:
        """Publish, and wait for what the publish gives back and for the tasks that it made."""
        before = asyncio.all_tasks()
        result = self.publish(event)
        if is_awaitable(result):
            await in_time(result, context.timeout, self._tap)
        started = asyncio.all_tasks() - before
        if started:
            await in_time(self.wait_for(started), context.timeout, self._tap)

    async def wait_for(self, tasks: set[asyncio.Task[Any]]) -> None:
        """Wait for the tasks that a publish has made; what they raise is the program's business."""
        await asyncio.wait(tasks)

    async def settle(self) -> None:  # noqa: B027 - there is nothing left to do
        """Return at once: what a publication has started is waited for as it is fired."""


def _global_name(value: Any) -> str:
    """Return the name under which a module of the program holds a value; empty when none does."""
    for module in own_modules():
        for name, held in tuple(vars(module).items()):
            if held is value:
                return name
    return ""
