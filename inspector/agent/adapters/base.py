"""What an adapter is: the protocol, and where adapters come from.

An adapter answers, for one kind of bus: is this one of yours, which event types and subscriptions does it have, and how
is an event built, fired and recorded. To add one, write a class with the attributes of ``Adapter`` and name it in the
user's environment:

    [project.entry-points."inspector.adapters"]
    postbox = "postbox.inspecting:PostboxAdapter"

It is made without arguments. It runs in the process of the program under inspection, so it must not import its library:
a value of that library's can only exist when the library is in ``sys.modules`` already. What it imports as
``inspector.agent`` is the copy that runs there.

``libraries.base`` has all that an adapter of a library needs (docs/bring-your-library.md goes through an example): it
says where receivers are and what publishes; that is recorded in one and the same way for all of them.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final, Protocol

from ...core.description import HandlerDescription, Problem

if TYPE_CHECKING:
    from ..reading.events import EventType
    from ..tap.tap import Tap

#: The group of entry points under which third parties offer adapters.
ENTRY_POINTS: Final = "inspector.adapters"
#: The name by which adapters import this package.
_PUBLIC: Final = "inspector"


@dataclass(frozen=True)
class Options:
    """What the person said about a bus, in ``[tool.inspector.bus]``; everything may be left to us.

    Attributes:
        handlers: Attributes (dotted paths from the bus) that hold the handlers.
        containers: By those paths what is said of their keys and of what they hold, see ``core.spec.CONTAINER_KEYS``.
        publish: Name of the method that publishes; of several the first.
        adapter: Name of the adapter to use.
        points: All methods that publish, each with its ``method`` and, by ``event``, ``name``, ``payload``, ``session``
            and ``metadata``, the parameters that hold these.
        identity: How events are told apart, see ``core.spec.IDENTITIES``.
        drain: Name of the method that works off what publishing kept, empty for none; None: not said.
        patterns: How names with wildcards in them are subscribed to: ``glob`` or ``exact``.
    """

    handlers: tuple[str, ...] = ()
    containers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    publish: str = ""
    adapter: str = ""
    points: tuple[Mapping[str, str], ...] = ()
    identity: str = ""
    drain: str | None = None
    patterns: str = ""

    @property
    def published_by(self) -> tuple[str, ...]:
        """The names of all methods that publish."""
        return tuple(point["method"] for point in self.points) or ((self.publish,) if self.publish else ())


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
class CallShape:
    """How a bus calls a handler, as far as it is known before it does.

    Attributes:
        args: How many arguments it passes by position.
        most: How many it may pass by position; 0: no more than these.
        keywords: What it passes by name.
        others: It may pass more by name: what is published has it.
        names: What the positional ones are called, where they may come by name instead.
        typed: The first is the event, an instance of its class.
        text: What is passed, for people: ``signal and sender``; empty for the event alone.
    """

    args: int = 1
    most: int = 0
    keywords: tuple[str, ...] = ()
    others: bool = False
    names: tuple[str, ...] = ()
    typed: bool = False
    text: str = ""


#: The event and nothing else.
EVENT_ALONE: Final = CallShape(typed=True)


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
    """

    where: str
    adapter: str

    @property
    def why(self) -> str:
        """How we came to read it so, for people; of a bus of a library also what is special about its receivers."""

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

    # Optional: ``spec_lines() -> Sequence[core.spec.SpecLine]`` returns how the bus is read, line for line. Without it
    # the publish points are shown, as known by class. ``targets()`` returns the callables of the subscriptions in their
    # order, for the check, ``call_shapes()`` likewise how each is called (``CallShape``, None: not known);
    # ``why_uncalled(event, key)`` the code of ``records.host.REASONS`` and words for why a handler did not get an
    # event, or None.


class Names(Protocol):
    """Names that are unique in the program, whichever bus asks."""

    def name_of(self, event: Any) -> str:
        """Return the name in the catalog of an event class, or of an event that is a name."""

    def describe(self, target: Any) -> HandlerDescription:
        """Describe a handler; two that would have one key get numbers."""


class Adapter(Protocol):
    """One kind of bus.

    One that knows its buses by their class may have ``certain = True``: they are then looked for in whatever is named,
    before anything is guessed.

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
            with imported_as_inspector():
                adapters.append(entry.load()())
        except Exception as error:  # noqa: BLE001 - somebody else's package may do anything when imported
            text = f"Cannot load the adapter {entry.name} ({entry.value}): {type(error).__name__}: {error}"
            problems.append(Problem(entry.value, text))
    return adapters, problems


def is_certain(adapter: Adapter) -> bool:
    """Return whether an adapter knows its buses by their class, and does not guess."""
    return getattr(adapter, "certain", False) is True


@contextlib.contextmanager
def imported_as_inspector() -> Iterator[None]:
    """Let modules import this running copy by its public name, whatever name it has here; the program's own comes back.

    What is imported meanwhile keeps what it has taken.
    """
    running = __name__.removesuffix(".agent.adapters.base")
    if running == _PUBLIC:
        yield
        return
    theirs = {name: module for name, module in sys.modules.items() if _is_part(name, _PUBLIC)}
    ours = {name: module for name, module in sys.modules.items() if _is_part(name, running)}
    for name in theirs:
        del sys.modules[name]
    sys.modules.update({_PUBLIC + name.removeprefix(running): module for name, module in ours.items()})
    try:
        yield
    finally:
        for name in [name for name in sys.modules if _is_part(name, _PUBLIC)]:
            del sys.modules[name]
        sys.modules.update(theirs)


def _is_part(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
