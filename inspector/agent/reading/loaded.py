"""A loaded program of the user's: several buses and a catalog, merged into one ``Program``."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import FrameType
from typing import TYPE_CHECKING, Any

from ...core.bus.context import HANDLER_TIMEOUT
from ...core.description import (
    CatalogDescription,
    Problem,
)
from ...core.errors import InspectorError, UsageError
from ...core.records.host import PartNotLoaded
from ...core.records.recorder import Recorder
from ...core.values.looking import class_has, is_a
from ..adapters.base import Connection, FireContext, Options

# Before the program is imported: afterwards its clocks, say, may be the only ones.
from ..observe.handover import HANDOVER
from ..observe.monitor import MONITOR
from ..observe.observation import Observation
from ..program import no_event
from ..tap.tap import Tap
from .catalogs import Catalog, read_catalog
from .declared import Declarations
from .discovery import FoundBus, all_adapters, find_buses
from .eventbuild import build_event
from .events import EventType, NamedEvent, describe_class
from .merge import Merged, ProgramNames
from .propose import also_line, choices_of, find_handler, spec_of
from .sessions import open_session

if TYPE_CHECKING:
    from ...core.bus.bus import BusObserver
    from ...core.faults import FaultRule
    from ..adapters.base import Adapter
    from ..program import Interceptor, Selector


@dataclasses.dataclass(frozen=True)
class Target:
    """What the person named, imported.

    Attributes:
        where: How they named it: ``shop.wiring:get_bus``.
        value: The bus, a container that holds it, a dict of handlers, a module …; factories have been called.
        least: The score that a match has to have: of what nobody has named, or what may look otherwise in a moment.
    """

    where: str
    value: Any
    least: int = 0


def make_program(
    name: str,
    targets: Sequence[Target],
    catalog: Any | None = None,
    session: Any | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    problems: Sequence[Problem] = (),
) -> LoadedProgram:
    """Make one program of what was loaded.

    Args:
        name: What people call it.
        targets: Where its buses are; several buses become one program.
        catalog: A registry (list, function, object), modules to scan, event classes, or a list of these; None derives
            the catalog from the handlers and the event classes beside them.
        session: A session factory (``sessions.open_session`` says of which kinds); None for no database.
        options: What ``[tool.inspector]`` says of the buses: ``bus``, a table or a list of them, and ``handlers``,
            ``publish`` and ``adapter``.
        problems: What could not be loaded; it is told with the catalog.

    Raises:
        InspectorError: None of the targets is a bus that we can read.
    """
    adapters, troubles = all_adapters()
    declared = Declarations(options or {})
    declared.check_adapters(adapters)
    program = LoadedProgram(name, read_catalog(catalog), session, [*problems, *troubles, *declared.problems], declared)
    refused: list[InspectorError] = []
    for target in targets:
        try:
            program.add(target, adapters)
        except InspectorError as error:
            refused.append(error)
            program.troubles.append(Problem(target.where, error.text, error.hint))
    if not program.connections:
        for unused in declared.unused():  # what is declared is most likely why
            raise UsageError(unused.text, unused.hint)
        nothing = UsageError("No bus to read.", "Name the bus.", typed="--app MODULE:ATTR")
        raise refused[0] if refused else nothing
    program.read_as = lambda changed: make_program(name, targets, catalog, session, options=changed, problems=problems)
    return program


def _undo_all(undo: list[Callable[[], None]]) -> None:
    while undo:
        undo.pop()()


def _plain_attribute(value: Any, name: str) -> Any:
    """Read an attribute unless that would run the program's code."""
    member = inspect.getattr_static(value, name, None)
    return None if member is None or is_a(member, property) else getattr(value, name, None)


class LoadedProgram:
    """A program of the user's.

    Attributes:
        name: What people call it.
        faults: Faults that can be switched on.
        connections: Its buses.
        troubles: What could not be read.
        read_as: Returns the same program with other options; nothing of it is changed.
    """

    read_as: Callable[[Mapping[str, Any]], LoadedProgram]

    def __init__(
        self, name: str, catalog: Catalog, session: Any, problems: Sequence[Problem], declared: Declarations
    ) -> None:
        self.name = name
        self._declared = declared
        self.faults: Sequence[FaultRule] = ()
        self.connections: list[Connection] = []
        self.troubles = [*problems, *catalog.problems]
        self._catalog = catalog
        self._session = session
        self._names = ProgramNames()
        self._tap = Tap(Observation)
        self._read = False
        #: The names of the adapters that there are.
        self._adapters: tuple[str, ...] = ()
        self._undo: list[Callable[[], None]] = []
        #: How many buses are recorded and described.
        self._recorded = self._described = 0
        self._containers: list[Any] = []
        #: Why the adapter of each connection was chosen, by its ``id``.
        self._why: dict[int, str] = {}
        self._merged = Merged(name, catalog, self._names, self.connections, self.troubles)

    def add(self, target: Target, adapters: Sequence[Adapter]) -> None:
        """Add the buses of a target.

        Raises:
            InspectorError: It has none that we can read.
        """
        self._adapters = tuple(adapter.name for adapter in adapters)
        buses = [bus for bus in self._find(target, adapters) if bus.match.score >= target.least]
        if not buses:
            raise InspectorError(
                f"{target.where} is not a recognized bus: no handlers were found in its containers.",
                'Set handlers = "…" and publish = "…" in [tool.inspector.bus].',
            )
        for bus in buses:
            if not any(earlier is bus.value for earlier in self.buses):
                chosen = self._declared.for_bus(bus.where, bus.value)
                asked = (other for other in adapters if other.name == chosen.adapter)
                adapter = next((other for other in asked if other.recognises(bus.value, chosen)), bus.adapter)
                connection = adapter.connect(bus.where, bus.value, chosen, self._names)
                self.connections.append(connection)
                self._why[id(connection)] = bus.match.why
        self._read_container(target.value)

    @property
    def buses(self) -> list[Any]:
        """Its buses themselves; None of a connection that does not say which it is of."""
        return [getattr(connection, "_value", None) for connection in self.connections]

    def _find(self, target: Target, adapters: Sequence[Adapter]) -> list[FoundBus]:
        """Find the buses of a target, by what is declared as far as that is there."""
        for options in self._declared.for_target(target.where, target.value):
            try:
                troubles: list[Problem] = []
                buses = find_buses(target.where, target.value, options, adapters, troubles)
            except InspectorError:  # what is declared is neither there nor in what it holds, which is told later
                continue
            self.troubles += troubles
            return buses
        return find_buses(target.where, target.value, Options(), adapters, self.troubles)

    def _read_container(self, value: Any) -> None:
        """Take what a container has beside its bus: a registry, a registry of server-sent events, its own faults."""
        if is_a(value, types.ModuleType) or not class_has(type(value), "__dict__"):
            return
        held = {
            name: _plain_attribute(value, name) for name in ("registry", "sse_registry", "faults", "session_factory")
        }
        if held["registry"] is not None and not self._catalog.entries:
            catalog = read_catalog(held["registry"])
            if catalog.entries:
                self._catalog.entries, self._catalog.categories = catalog.entries, catalog.categories
        if self._catalog.sse is None:
            self._catalog.take_sse(held["sse_registry"], called_so=True)
        if isinstance(held["faults"], tuple) and all(callable(getattr(rule, "fits", None)) for rule in held["faults"]):
            self.faults = held["faults"]
            self._containers.append(value)  # one of ours: it has to be started, and has a database
            if self._session is None:
                self._session = held["session_factory"]

    # -- life ----------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start containers that are made for us; those of others are the factory's business."""
        await self._each("start")

    async def close(self) -> None:
        """Close what ``start`` started."""
        await self._each("close")

    async def _each(self, name: str) -> None:
        for container in self._containers:
            method = getattr(container, name, None)
            if inspect.iscoroutinefunction(method):
                await method()

    def catalog(self) -> CatalogDescription:
        """Describe registry, event classes and subscriptions, as they are now."""
        described = self._merged.describe()
        if self._read and self._described == len(self.connections):
            return described
        self._read = True
        before = len(self.troubles)
        self._read_specs(described)
        if self._merged.also or len(self.troubles) > before:
            return self._merged.describe()
        return dataclasses.replace(described, specs=tuple(self._merged.specs))

    def _read_specs(self, described: CatalogDescription) -> None:
        """Write down how each bus is read, once, and tell what is declared and not obeyed."""
        handled: dict[str, list[str]] = {}
        for event in described.events:
            for key in event.handlers:
                handled.setdefault(key, []).append(event.name)
        first, new = not self._described, self.connections[self._described :]
        self._described = len(self.connections)
        for connection in new:
            lines = list(spec_of(connection, self._why.get(id(connection), ""), handled))
            for entry in self._declared.also(connection.where):
                function = find_handler(entry, sys.modules)
                if function is None:
                    self._declared.unknown_handler(connection.where, entry)
                    continue
                names = [name for event in described.events for name in (event.name, event.key, event.event_type)]
                self.troubles += self._declared.unknown_events(entry, names)
                handler = self._names.describe(function)
                self._merged.also.append((entry, handler))
                lines.append(also_line(entry, handler))
            choices = choices_of(connection, self._adapters)
            self._merged.specs.append(self._declared.obeyed(connection.where, lines, choices))
        if first:
            self.troubles += self._declared.unused()

    # -- watching ------------------------------------------------------------------------------------------------------

    def attach(self, observer: BusObserver, removed: Callable[[BaseException], None]) -> Callable[[], None]:
        """Tap every bus; what is given undoes it exactly. A bus that cannot be tapped is a problem, the others are."""
        remove = self._tap.observe(observer, removed)
        undo = self._undo = []
        self._recorded = 0
        self._record_new(observer)

        def restore() -> None:
            remove()
            _undo_all(undo)

        return restore

    def put_back(self) -> None:
        """Undo what recording has done to the buses; what is under way is not ended."""
        _undo_all(self._undo)

    @property
    def observation(self) -> Observation:
        """What is observed of its buses."""
        return self._tap.observation()

    def on_unknown(self, ask: Callable[[FrameType], bool]) -> None:
        """Ask about calls of a publish method that are of no bus that we read; where it joins, they are recorded."""
        self.observation.unknown = ask

    def on_publish(self, spared: Callable[[], Any]) -> None:
        """Ask before stand-ins tell of a publication whether it is only counted."""
        self._tap.spared = spared

    def join(self, target: Target) -> None:
        """Add the buses of a target to a program that is being recorded, and record them like the others.

        Raises:
            InspectorError: It has none that we can read.
        """
        self.add(target, all_adapters()[0])
        for entry in self._tap.observers:
            self._record_new(entry.observer)

    def _record_new(self, observer: BusObserver) -> None:
        new, self._recorded = self.connections[self._recorded :], len(self.connections)
        for connection in new:
            try:
                self._undo.append(connection.record(self._tap))
            except Exception as error:  # noqa: BLE001 - one that cannot be recorded is told, the others are recorded
                text = f"Cannot record it: {type(error).__name__}: {error}"
                self.troubles.append(Problem(connection.where, text))
                self._tell(observer, self.troubles[-1])

    def refresh(self) -> None:
        """Observe handlers that were subscribed since the last publication: they may be called without another."""
        connections: list[Any] = self.connections[: self._recorded]
        for connection in connections:
            if connection in self.observation:
                self.observation.refresh(connection)

    def forked(self) -> None:
        """Forget what is under way in the parent of this process."""
        self._tap.forked()
        MONITOR.forked()
        HANDOVER.forked()

    def _tell(self, observer: Any, problem: Problem) -> None:
        if isinstance(observer, Recorder):
            observer.record(PartNotLoaded(observer.now(), problem.where, f"{problem.where}: {problem.text}"))

    def intercept(self, interceptor: Interceptor | None) -> None:
        """Ask the interceptor before each call of a handler."""
        self._tap.intercept(interceptor)

    def select(self, selector: Selector | None) -> None:
        """Ask the selector at each publish of a fire."""
        self._tap.selector = selector

    # -- firing --------------------------------------------------------------------------------------------------------

    def build(self, event: str, values: Mapping[str, Any]) -> Any:
        """Build an event from JSON values, by its name in the catalog or the name it travels under."""
        if not self._merged.events or event not in self._merged.events:
            self.catalog()
        event_type = self._merged.events.get(event) or next(
            (candidate for candidate in self._merged.events.values() if event in (candidate.travels_as, candidate.key)),
            None,
        )
        if event_type is None:
            asked = (getattr(connection, "event_named", None) for connection in self.connections)
            event_type = next((named for ask in asked if ask is not None and (named := ask(event)) is not None), None)
            if event_type is None:
                raise no_event(event)
            self._merged.events[event] = event_type
        connection = self._connection_for(event_type)
        if connection is None and event_type.cls is not None:
            return build_event(event_type.cls, values)
        return (connection or self.connections[0]).build(event_type, values)

    async def publish(self, event: Any, session: Any, metadata: Mapping[str, str] | None) -> None:
        """Publish on the bus whose handlers wait for the event."""
        if isinstance(event, NamedEvent):
            candidates = [candidate for candidate in self._merged.events.values() if candidate.travels_as == event.name]
        else:
            candidates = [candidate for candidate in self._merged.events.values() if candidate.cls is type(event)]
        described = candidates[0] if candidates else describe_class(type(event))
        connection = self._connection_for(described) or self.connections[0]
        timeout = HANDLER_TIMEOUT.get(None)
        await connection.fire(event, FireContext(session, dict(metadata or {}), timeout))
        await connection.settle()

    def _connection_for(self, event: EventType) -> Connection | None:
        """Choose the bus that has handlers for an event, else the one that knows it."""
        for connection in self.connections:
            if connection.handlers_of(event):
                return connection
        for connection in self.connections:
            if any(event_type.key == event.key for event_type in connection.event_types()):
                return connection
        return None

    def use_session(self, factory: Any) -> None:
        """Open sessions with this factory from now on (``sessions.open_session`` says of which kinds)."""
        self._session = factory

    def open_session(self, *, commit: bool) -> AbstractAsyncContextManager[Any]:
        """Open a session of the program's database; without one the handlers get None."""
        return open_session(self._session, commit=commit)
