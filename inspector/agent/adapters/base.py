"""What an adapter is: the protocol, and where adapters come from.

An adapter answers, for one kind of bus: is this one of yours, which event types and subscriptions does it have, and how
is an event built, fired and recorded. To add one, write a class with the attributes of ``Adapter`` and name it in the
user's environment:

    [project.entry-points."inspector.adapters"]
    blinker = "my_package.inspecting:BlinkerAdapter"

It is made without arguments. It runs in the process of the program under inspection, so it must not import its library:
a value of that library's can only exist when the library is in ``sys.modules`` already.

A library with registries of its own (Django signals, blinker, pyee, psygnal, bubus, lato, pluggy) fits like this:
``event_types`` and ``subscriptions`` read its registry, ``record`` puts stand-ins (``TappedHandler``,
``TappedReference`` of ``tap.stand_ins``) where it keeps receivers and a ``TappedPublish`` where it sends, ``fire``
calls its send. What the tap then asks (``tap.moments.TappedBus``) is three questions: what does this call publish, what
is this call of a handler about, who will be called. A library that has hooks of its own (as our own bus has observers)
needs no stand-ins: it tells the tap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final, Protocol

from ...core.description import HandlerDescription, Problem

if TYPE_CHECKING:
    from ..reading.events import EventType
    from ..tap.tap import Tap

#: The group of entry points under which third parties offer adapters.
ENTRY_POINTS: Final = "inspector.adapters"


@dataclass(frozen=True)
class Options:
    """What the person said about a bus, in ``[tool.inspector]``; everything may be left to us.

    Attributes:
        handlers: Attributes (dotted paths from the bus) that hold the handlers.
        publish: Name of the method that publishes.
        adapter: Name of the adapter to use.
    """

    handlers: tuple[str, ...] = ()
    publish: str = ""
    adapter: str = ""


@dataclass(frozen=True)
class Match:
    """An adapter recognises a value.

    Attributes:
        score: How sure it is, 0 to 100; the highest wins.
        why: What it goes by, for people.
    """

    score: int
    why: str


@dataclass(frozen=True)
class Subscribed:
    """One subscription.

    Attributes:
        pattern: The event class or name it is for; None for all.
        matched: ``exact``, ``base`` (subclasses too) or ``wildcard``.
        handler: What runs: label, owner, file and line, synchronous or not.
        order: Its place among the subscriptions of the bus.
    """

    pattern: Any
    matched: str
    handler: HandlerDescription
    order: int


@dataclass(frozen=True)
class FireContext:
    """With what an event is fired.

    Attributes:
        session: Database session for the handlers, None for none.
        metadata: Request metadata for the handlers.
        timeout: Seconds it may take; None for no limit.
    """

    session: Any = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None


class Connection(Protocol):
    """One bus of the user's, through its adapter.

    Attributes:
        where: Where it was found.
        adapter: Name of its adapter.
        why: How we came to read it so, for people.
    """

    where: str
    adapter: str
    why: str

    def event_types(self) -> Iterable[EventType]:
        """Return the event types it knows, each once."""

    def subscriptions(self) -> Iterable[Subscribed]:
        """Return its subscriptions, in the order in which they run."""

    def handlers_of(self, event: EventType) -> Sequence[HandlerDescription]:
        """Return who is called for an event type, in order."""

    def record(self, tap: Tap) -> Callable[[], None]:
        """Record everything on this bus with the tap from now on; return a function that undoes it exactly."""

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Build an event from JSON values.

        Raises:
            InspectorError: A value is wrong.
        """

    async def fire(self, event: Any, context: FireContext) -> None:
        """Publish an event that ``build`` made."""

    async def settle(self) -> None:
        """Do what has to be done for handlers that the publish left waiting (a queue that has to be worked off)."""

    def problems(self) -> Iterable[Problem]:
        """Return what could not be read, and what would not work."""


class Names(Protocol):
    """Names that are unique in the program, whichever bus asks."""

    def name_of(self, event: Any) -> str:
        """Return the name in the catalog of an event class, or of an event that is a name."""

    def describe(self, target: Any) -> HandlerDescription:
        """Describe a handler; two that would have one key get numbers."""


class Adapter(Protocol):
    """One kind of bus.

    Attributes:
        name: Short and stable: ``map``, ``blinker``.
    """

    name: str

    def recognises(self, value: Any, options: Options) -> Match | None:
        """Return whether a value is such a bus; only looks, never calls it."""

    def connect(self, where: str, value: Any, options: Options, names: Names) -> Connection:
        """Read the bus.

        Raises:
            InspectorError: What the options name is not there.
        """


def third_party_adapters() -> tuple[list[Adapter], list[Problem]]:
    """Load the adapters that the user's environment offers; one that cannot be loaded is a problem, no more."""
    adapters: list[Adapter] = []
    problems: list[Problem] = []
    for entry in metadata.entry_points(group=ENTRY_POINTS):
        try:
            adapters.append(entry.load()())
        except Exception as error:  # noqa: BLE001 - somebody else's package may do anything when imported
            text = f"The adapter {entry.name} ({entry.value}) cannot be loaded: {type(error).__name__}: {error}"
            problems.append(Problem(entry.value, text))
    return adapters, problems
