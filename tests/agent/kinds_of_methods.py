"""Home-made buses that run methods of their own for events, and buses of several kinds of messages in one class."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from typing import Any

from inspector.agent.observe.monitor import MONITOR
from tests.agent.kinds import KINDS, Kind, ShipDocked, ShipSighted, greet, kind, moor, ring, tick

__all__ = ["KINDS"]
_STAND_INS = "Its handlers are its own methods: they are recorded on Python 3.12 and newer only."


def _own(bus: Any, heard: dict[str, list[str]], event: str, ran: list[str]) -> Kind:
    if MONITOR.available:
        return Kind(bus, heard, event, ran)
    return Kind(bus, heard, problems=[_STAND_INS])


class Aggregate:
    def __init__(self) -> None:
        self.changes: list[Any] = []

    def raise_event(self, fact: Any) -> None:
        self.apply(fact)
        self.changes.append(fact)

    def apply(self, fact: Any) -> None:
        getattr(self, f"apply_{type(fact).__name__.lower()}")(fact)


@kind
def an_aggregate_that_applies_its_events() -> Kind:
    class Voyage(Aggregate):
        def apply_shipdocked(self, fact: Any) -> None:
            tick("docked")

        def apply_shipsighted(self, fact: Any) -> None:
            tick("sighted")

    heard = {"ShipDocked": ["Voyage.apply_shipdocked"], "ShipSighted": ["Voyage.apply_shipsighted"]}
    return _own(Voyage(), heard, "ShipDocked", ["docked"])


@kind
def methods_that_are_built_by_name_and_may_be_missing() -> Kind:
    class Pilot:
        def notify(self, fact: Any) -> None:
            name = "_on_" + type(fact).__name__.lower()
            method = getattr(self, name, None)
            if method is not None:
                method(fact)

        def _on_shipdocked(self, fact: Any) -> None:
            tick("on docked")
            self._note(fact)

        def _note(self, fact: Any) -> None:
            """No handler: a handler calls it."""

    return _own(Pilot(), {"ShipDocked": ["Pilot._on_shipdocked"]}, "ShipDocked", ["on docked"])


@kind
def methods_by_the_class_that_is_asked_for() -> Kind:
    class Tower:
        def publish(self, fact: Any) -> None:
            self._log(fact)
            if isinstance(fact, ShipDocked):
                self.docked(fact)
            elif isinstance(fact, ShipSighted):
                self.sighted(fact)

        def _log(self, fact: Any) -> None:
            """No handler: it is given everything."""

        def docked(self, fact: ShipDocked) -> None:
            tick("docked")

        def sighted(self, fact: ShipSighted) -> None:
            tick("sighted")

    heard = {"ShipDocked": ["Tower.docked"], "ShipSighted": ["Tower.sighted"]}
    return _own(Tower(), heard, "ShipSighted", ["sighted"])


@kind
def methods_by_a_pattern_that_matches() -> Kind:
    class Tower:
        def dispatch(self, fact: Any) -> None:
            match fact:
                case ShipDocked():
                    self.docked(fact)
                case ShipSighted():
                    self.sighted(fact)

        def docked(self, fact: ShipDocked) -> None:
            tick("docked")

        def sighted(self, fact: ShipSighted) -> None:
            tick("sighted")

    heard = {"ShipDocked": ["Tower.docked"], "ShipSighted": ["Tower.sighted"]}
    return _own(Tower(), heard, "ShipDocked", ["docked"])


@kind
def methods_in_a_dict_that_is_written_there() -> Kind:
    class Tower:
        def publish(self, fact: Any) -> None:
            methods = {ShipDocked: self.docked, ShipSighted: self.sighted}
            methods[type(fact)](fact)

        def docked(self, fact: Any) -> None:
            tick("docked")

        def sighted(self, fact: Any) -> None:
            tick("sighted")

    heard = {"ShipDocked": ["Tower.docked"], "ShipSighted": ["Tower.sighted"]}
    return _own(Tower(), heard, "ShipDocked", ["docked"])


@kind
def a_method_that_dispatches_by_the_class_of_its_argument() -> Kind:
    class Chart:
        def publish(self, fact: Any) -> None:
            self.when(fact)

        @functools.singledispatchmethod
        def when(self, fact: Any) -> None:
            tick("anything")

        @when.register
        def _docked(self, fact: ShipDocked) -> None:
            tick("docked")

        @when.register
        def _sighted(self, fact: ShipSighted) -> None:
            tick("sighted")

    heard = {"ShipDocked": ["Chart._docked"], "ShipSighted": ["Chart._sighted"]}
    return _own(Chart(), heard, "ShipSighted", ["sighted"])


class Template:
    def publish(self, fact: Any) -> None:
        self.prepare(fact)
        self.receive(fact)

    def prepare(self, fact: Any) -> None:
        """What every class below leaves as it is: no handler."""

    def receive(self, fact: Any) -> None:
        raise NotImplementedError


@kind
def a_method_that_a_class_below_has() -> Kind:
    class Mate(Template):
        def receive(self, fact: Any) -> None:
            if isinstance(fact, ShipDocked):
                tick("docked")

    return _own(Mate(), {"ShipDocked": ["Mate.receive"]}, "ShipDocked", ["docked"])


# --- several kinds of messages, each with its method ------------------------------------------------------------------


@dataclass(frozen=True)
class DockShip:
    ship: str = "Ida"


@dataclass(frozen=True)
class FindShip:
    ship: str = "Ida"


class Office:
    """Commands, queries and events; the method for queries is called like nothing that publishes."""

    def __init__(self) -> None:
        self.commands = {DockShip: moor}
        self.answers = {FindShip: greet}
        self.listeners = {ShipDocked: [ring, moor]}

    def execute(self, command: Any) -> Any:
        return self.commands[type(command)](command)

    def look_up(self, question: Any) -> Any:
        return self.answers[type(question)](question)

    def publish(self, fact: Any) -> None:
        for listener in self.listeners.get(type(fact), ()):
            listener(fact)


_OF_OFFICE = {"DockShip": ["moor"], "FindShip": ["greet"], "ShipDocked": ["ring", "moor"]}


@kind
def a_command_beside_queries_and_events() -> Kind:
    return Kind(Office(), _OF_OFFICE, "DockShip", ["moor Ida"])


@kind
def a_query_beside_commands_and_events() -> Kind:
    return Kind(Office(), _OF_OFFICE, "FindShip", ["greet"])


@kind
def an_event_beside_commands_and_queries() -> Kind:
    return Kind(Office(), _OF_OFFICE, "ShipDocked", ["ring Ida", "moor Ida"])


class Step:
    def __init__(self, name: str) -> None:
        self.name = name

    def handle(self, command: Any, go_on: Any) -> Any:
        tick(self.name)
        return go_on()


class Mediator:
    """Steps are run around requests, and not around notices."""

    def __init__(self) -> None:
        self.steps = [Step("outer"), Step("inner")]
        self.requests = {DockShip: moor}
        self.notices = {ShipDocked: [ring]}

    def send(self, request: Any) -> Any:
        def run(place: int) -> Any:
            if place == len(self.steps):
                return self.requests[type(request)](request)
            return self.steps[place].handle(request, lambda: run(place + 1))

        return run(0)

    def publish(self, notice: Any) -> None:
        for listener in self.notices.get(type(notice), ()):
            listener(notice)


_OF_MEDIATOR = {"DockShip": ["moor", "Step.handle", "Step.handle"], "ShipDocked": ["ring"]}


@kind
def a_request_with_steps_around_it() -> Kind:
    return Kind(Mediator(), _OF_MEDIATOR, "DockShip", ["outer", "inner", "moor Ida"])


@kind
def a_notice_without_the_steps_of_requests() -> Kind:
    return Kind(Mediator(), _OF_MEDIATOR, "ShipDocked", ["ring Ida"])


# --- what lies between publishing and the handlers --------------------------------------------------------------------


class Outbox:
    """Rows in a list of its own: that is no container of handlers, also while it is empty."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.handlers: dict[str, list[Any]] = {}

    def publish(self, fact: Any) -> None:
        self.rows.append({"type": type(fact).__name__, "ship": fact.ship})

    def poll(self) -> None:
        while self.rows:
            row = self.rows.pop(0)
            fact = {"ShipDocked": ShipDocked}[row["type"]](row["ship"])
            for handler in self.handlers[row["type"]]:
                handler(fact)


@kind
def an_outbox_in_a_list() -> Kind:
    box = Outbox()
    box.handlers["ShipDocked"] = [moor, ring]
    return Kind(box, {"ShipDocked": ["moor", "ring"]}, "ShipDocked", ["moor Ida", "ring Ida"])


@kind
def patterns_beside_names_with_dots() -> Kind:
    """A name with a dot is no import path where its handler stands beside it."""

    class Exchange:
        def __init__(self) -> None:
            self.routes = [("ship.docked", moor_at), ("ship.docked.north", ring_at)]

        def emit(self, topic: str, payload: Any = None) -> None:
            for pattern, handler in self.routes:
                if pattern == topic:
                    handler(payload)

    return Kind(Exchange(), {"ship.docked": ["moor_at"], "ship.docked.north": ["ring_at"]}, "ship.docked", ["moor at"])


def moor_at(payload: Any) -> None:
    tick("moor at")


def ring_at(payload: Any) -> None:
    tick("ring at")


def timing(fact: Any) -> Any:
    tick("before")
    yield


@kind
def generators_around_the_handlers() -> Kind:
    class Bridge:
        def __init__(self) -> None:
            self.around = [timing]
            self.handlers = {ShipDocked: [moor]}

        def publish(self, fact: Any) -> None:
            begun = [make(fact) for make in self.around]
            for step in begun:
                next(step)
            for handler in self.handlers[type(fact)]:
                handler(fact)
            for step in begun:
                next(step, None)

    problem = "around holds generators that run around the handlers: each counts as a handler."
    return Kind(Bridge(), {"ShipDocked": ["moor", "timing"]}, "", [], [problem])


@kind
def hooks_of_the_interpreter() -> Kind:
    class Alarm:
        def __init__(self) -> None:
            self.handlers = {"docked": [moor_at]}

        def emit(self, name: str, *details: Any) -> None:
            sys.audit(f"harbour.{name}", *details)
            for handler in self.handlers[name]:
                handler(details)

    problem = "emit calls sys.audit: what its hooks do is not observed."
    return Kind(Alarm(), {"docked": ["moor_at"]}, "docked", ["moor at"], [problem])


class Slices:
    """What is published goes to the slices, and the state that comes of it to those who watch."""

    def __init__(self) -> None:
        self.reducers = {"berths": berths, "bells": bells}
        self.state: dict[str, Any] = {}
        self.watchers = [draw]

    def dispatch(self, fact: Any) -> None:
        for name, reducer in self.reducers.items():
            self.state[name] = reducer(self.state.get(name), fact)
        for watcher in self.watchers:
            watcher(self.state)


def berths(state: Any, fact: Any) -> Any:
    tick("berths")
    return [*(state or []), fact.ship] if isinstance(fact, ShipDocked) else state


def bells(state: Any, fact: Any) -> Any:
    tick("bells")
    return state


def draw(state: Any) -> None:
    tick("draw")


@kind
def a_store_whose_watchers_get_its_state() -> Kind:
    return Kind(Slices(), {"ShipDocked": ["berths", "bells", "draw"]}, "ShipDocked", ["berths", "bells", "draw"])


class Notice:
    """Events that publish themselves."""

    listeners: dict[Any, list[Any]] = {}

    def emit(self) -> None:
        for listener in self.listeners.get(type(self), ()):
            listener(self)


@dataclass
class Docked(Notice):
    ship: str = "Ida"


@kind
def events_that_publish_themselves() -> Kind:
    problem = "Events below Notice publish themselves: not observed, handlers are called directly."
    Notice.listeners[Docked] = [moor]
    return Kind(Notice(), {"Docked": ["moor"]}, "Docked", ["moor Ida"], [problem])


def fits(pattern: str, topic: str) -> bool:
    wanted, parts = pattern.split("/"), topic.split("/")
    for place, part in enumerate(wanted):
        if part == "#":
            return True
        if place >= len(parts) or part not in ("+", parts[place]):
            return False
    return len(wanted) == len(parts)


class Client:
    """Holds topics against patterns by a function of the program's own."""

    def __init__(self) -> None:
        self.filtered: dict[str, list[Any]] = {
            "quay/+/berth": [moor_at],
            "quay/#": [ring_at],
            "quay/north/berth": [noted],
        }

    def publish(self, topic: str, payload: Any = None) -> None:
        for pattern, handlers in self.filtered.items():
            if fits(pattern, topic):
                for handler in handlers:
                    handler(payload)


def noted(payload: Any) -> None:
    tick("noted")


@kind
def patterns_that_a_function_matches() -> Kind:
    heard = {"quay/north/berth": ["moor_at", "ring_at", "noted"]}
    return Kind(Client(), heard, "quay/north/berth", ["moor at", "ring at", "noted"])


class Plugin:
    def on_start(self, app: Any) -> None:
        tick("start")


@kind
def hooks_that_are_called_by_a_name_that_is_looked_up() -> Kind:
    class Plugins:
        def __init__(self) -> None:
            self.plugins = [Plugin()]
            self.hooks = {1: "on_start"}

        def call(self, step: Any, **values: Any) -> None:
            for plugin in self.plugins:
                method = getattr(plugin, self.hooks[step], None)
                if method is not None:
                    method(**values)

    problem = "The methods of what is in plugins are called by their names: they are not observed."
    return Kind(Plugins(), {}, problems=[problem])


@kind
def methods_that_are_called_as_the_class_is() -> Kind:
    class Log:
        def dispatch(self, fact: Any) -> None:
            getattr(self, type(fact).__name__.lower())(fact)

        def shipdocked(self, fact: Any) -> None:
            tick("docked")

        def shipsighted(self, fact: Any) -> None:
            tick("sighted")

        def summary(self, fact: Any) -> None:
            tick("no event is called so")

    return _own(Log(), {"ShipDocked": ["Log.shipdocked"], "ShipSighted": ["Log.shipsighted"]}, "ShipDocked", ["docked"])


class Gull:
    def on_dock(self, berth: int) -> None:
        tick(f"gull {berth}")

    def on_leave(self) -> None:
        tick("gull leaves")


class Tern:
    def on_dock(self, berth: int) -> None:
        tick(f"tern {berth}")


HOOKS = {"on_dock": ["Gull.on_dock", "Tern.on_dock"], "on_leave": ["Gull.on_leave"]}


@kind
def plugins_whose_methods_are_called_by_their_whole_names() -> Kind:
    class Plugins:
        def __init__(self) -> None:
            self.plugins = [Gull(), Tern()]

        def call(self, hook: str, **values: Any) -> list[Any]:
            return [getattr(plugin, hook)(**values) for plugin in self.plugins if hasattr(plugin, hook)]

    return Kind(Plugins(), HOOKS, "on_dock", ["gull 3", "tern 3"], values={"berth": 3})


@kind
def named_plugins_whose_hooks_may_be_missing() -> Kind:
    class Plugins:
        def __init__(self) -> None:
            self.plugins = {"gull": Gull(), "tern": Tern()}

        def notify(self, hook_name: Any, *args: Any, **kwargs: Any) -> None:
            for plugin in self.plugins.values():
                method = getattr(plugin, hook_name, None)
                if method is not None:
                    method(*args, **kwargs)

    return Kind(Plugins(), HOOKS, "on_leave", ["gull leaves"])


@kind
def plugins_whose_methods_are_called_with_a_prefix_before_the_name() -> Kind:
    class Plugins:
        def __init__(self) -> None:
            self.plugins = {Gull(), Tern()}

        def notify(self, event: Any, berth: int) -> None:
            name = f"on_{event}"
            for plugin in self.plugins:
                method = getattr(plugin, name, None)
                if method:
                    method(berth)

    return Kind(
        Plugins(), {"dock": ["Gull.on_dock", "Tern.on_dock"]}, "dock", ["gull 3", "tern 3"], values={"berth": 3}
    )
