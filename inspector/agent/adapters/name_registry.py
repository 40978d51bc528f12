"""Registries by name: events that travel as JSON, through a task queue, and are built again on the other side.

Such a program has a dict from name to event class (with something like ``to_dict`` and ``from_dict``), handlers by
name, a function that publishes (writes JSON somewhere), one that takes what was written and calls the handlers, and
perhaps one that works off what is waiting. The event that a handler gets is another object than the one published, so
its publication is found by what the event says of itself.
"""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ...core.description import Problem
from ..eventtypes import EventType, describe_class
from ..sampling import sample
from ..targets import kind_of
from .base import FireContext, Match, Names, Options
from .map_bus import MapConnection, explain
from .map_find import HandlerMap, _held, find, functions_of, parameters_of, used_names

if TYPE_CHECKING:
    from ..tap import Occurrence, Tap

#: How events become data and come back, by what classes call it.
_PAIRS: Final = (
    ("to_dict", "from_dict"),
    ("as_dict", "from_dict"),
    ("to_json", "from_json"),
    ("serialize", "deserialize"),
    ("dump", "load"),
    ("model_dump", "model_validate"),
    ("dict", "parse_obj"),
)
_DRAIN: Final = ("drain", "work", "run_pending", "process_all", "run_once", "flush", "work_off", "consume_all", "run")
#: Turns of working off after one fire: handlers may publish in turn.
_MAX_TURNS: Final = 1000


class NameRegistryAdapter:
    """Recognises an object or module with event classes by name and handlers by name."""

    name = "names"

    def recognises(self, value: Any, options: Options) -> Match | None:
        """Look for a dict from name to class beside a map of handlers by name."""
        if isinstance(value, (type, types.FunctionType)) or kind_of(value) in ("dict", "list", "set", "handler"):
            return None
        classes = classes_by_name(value)
        if not classes:
            return None
        found = find(value, options)
        named = [each for each in found.maps if any(isinstance(key, str) for key in _keys(each))]
        if not named:
            return None
        score = 92 if found.publishers else 65
        return Match(score, f"{len(classes)} event classes by name; {explain(found)}")

    def connect(self, where: str, value: Any, options: Options, names: Names) -> NameRegistryConnection:
        """Read the registry."""
        return NameRegistryConnection(where, value, options, names)


def classes_by_name(value: Any) -> dict[str, type[Any]]:
    """Give the event classes that a dict of the value has by name; only classes that become data and come back."""
    found: dict[str, type[Any]] = {}
    for name, held in _held(value).items():
        if name.startswith("__") or not isinstance(held, dict) or not held:
            continue
        if all(isinstance(key, str) and isinstance(cls, type) and pair_of(cls) for key, cls in held.items()):
            found.update(held)
    return found


def pair_of(cls: type[Any]) -> tuple[str, str] | None:
    """Give the names of the methods by which a class becomes data and comes back."""
    return next((pair for pair in _PAIRS if all(callable(getattr(cls, name, None)) for name in pair)), None)


def _keys(each: HandlerMap) -> Iterable[Any]:
    value = each.get()
    return tuple(value) if kind_of(value) in ("dict", "proxy") else ()


class NameRegistryConnection(MapConnection):
    """One registry by name.

    Attributes:
        adapter: Name of the adapter.
    """

    adapter = "names"

    def __init__(self, where: str, value: Any, options: Options, names: Names) -> None:
        super().__init__(where, value, options, names)
        self._classes = classes_by_name(value)
        for name, cls in self._classes.items():
            self._calls.learn(name, cls)
        self._drain = self._find_drain()
        how = f"Worked off by {self._drain}." if self._drain else "Nothing works it off: whoever runs the worker does."
        self.why = f"{self.why} Event classes by name: {len(self._classes)}. {how}"
        #: What was published and has not reached its handlers, the oldest first.
        self._travelling: list[tuple[str, Any, Any]] = []

    def event_types(self) -> list[EventType]:
        """Give the classes of the registry, handled or not, and the names that have handlers and no class."""
        found = {cls: describe_class(cls, {"travels": "json"}) for cls in self._classes.values()}
        for name, cls in self._classes.items():
            found[cls] = _travelling_as(found[cls], name)
        others = [each for each in super().event_types() if each.cls is None or each.cls not in found]
        return [*found.values(), *others]

    def problems(self) -> Iterable[Problem]:
        """Tell which events do not survive their way through JSON, besides what the maps have."""
        yield from super().problems()
        for name, cls in self._classes.items():
            problem = round_trip(name, cls)
            if problem is not None:
                yield problem

    # -- joining what is handled to what was published -----------------------------------------------------------------

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Say what is published, and remember it until its handlers get it."""
        occurrence = super().read_publish(method, args, kwargs)
        if occurrence is not None and type(occurrence.event) in self._classes.values():
            self._travelling.append((occurrence.name, occurrence.event, _identity(occurrence.event)))
            del self._travelling[:-1000]
        return occurrence

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Say what a handler was called for: the event that was published, though it got a copy of it."""
        got = super().read_call(pattern, args, kwargs)
        identity = _identity(got.event)
        for name, event, known in reversed(self._travelling):
            if name == got.name and (event is got.event or _same(known, identity)):
                return got._replace(event=event)
        return got

    # -- firing --------------------------------------------------------------------------------------------------------

    async def fire(self, event: Any, context: FireContext) -> None:
        """Publish, and work off what that left waiting, as the program's worker would."""
        await super().fire(event, context)
        await self.settle()

    async def settle(self) -> None:
        """Run the program's worker until nothing is waiting."""
        if self._drain is None:
            return
        for _ in range(_MAX_TURNS):
            result = getattr(self._value, self._drain)()
            if inspect.isawaitable(result):
                result = await result
            if not isinstance(result, int) or not result:
                return

    def record(self, tap: Tap) -> Callable[[], None]:
        """Tap it like any map bus."""
        undo = super().record(tap)

        def restore() -> None:
            undo()
            self._travelling.clear()

        return restore

    def _find_drain(self) -> str | None:
        """Find the function that works off what is waiting: needs nothing, and leads to the handlers."""
        functions = functions_of(self._value)
        maps = {each.attribute for each in self.maps}
        fitting = [
            name
            for name, function in functions.items()
            if not name.startswith("_")
            and any(name == verb or name.startswith(f"{verb}_") for verb in _DRAIN)
            and maps & used_names(function, functions)
            and all(each.default is not each.empty for each in parameters_of(self._value, name, function))
        ]
        return min(
            fitting, key=lambda name: next(i for i, verb in enumerate(_DRAIN) if name.startswith(verb)), default=None
        )


def _travelling_as(event: EventType, name: str) -> EventType:
    import dataclasses

    return dataclasses.replace(event, travels_as=name)


def _identity(event: Any) -> Any:
    """Give what makes an event itself on both sides of its way: its id, else all that it says."""
    for name in ("event_id", "id", "message_id", "uuid"):
        found = getattr(event, name, None)
        if found is not None and not callable(found):
            return name, str(found)
    pair = pair_of(type(event))
    try:
        return "data", getattr(event, pair[0])() if pair else event
    except Exception:  # noqa: BLE001 - the user's to_dict: then its own equality has to do
        return "data", event


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception:  # noqa: BLE001 - the user's __eq__
        return False


# --- the round trip -------------------------------------------------------------------------------


def round_trip(name: str, cls: type[Any]) -> Problem | None:
    """Send a sample of an event class through JSON and back; gives what is wrong with what comes back."""
    event = describe_class(cls)
    pair = pair_of(cls)
    if pair is None:
        return None
    try:
        sent = sample(event)
    except Exception:  # noqa: BLE001 - a class that refuses made-up values says nothing about its way through JSON
        return None
    step = pair[0]
    try:
        data = getattr(sent, pair[0])()
        step = "json"
        text = data if isinstance(data, (str, bytes)) else json.dumps(data)
        step = pair[1]
        got = getattr(cls, pair[1])(text if isinstance(data, (str, bytes)) else json.loads(text))
    except Exception as error:  # noqa: BLE001 - the user's code, or what it made of the event
        said = "what it gives is no JSON" if step == "json" else f"{step} raised {type(error).__name__}"
        return Problem(
            name,
            f"{cls.__name__} does not survive its way through JSON: {said}: {error!s:.200}",
            "",
            event.file,
            event.line,
        )
    lost = _difference(event, sent, got)
    if not lost:
        return None
    return Problem(name, f"{cls.__name__} changes on its way through JSON: {lost}", "", event.file, event.line)


def _difference(event: EventType, sent: Any, got: Any) -> str:
    if type(got) is not type(sent):
        return f"a {type(got).__name__} comes back."
    for field in event.fields:
        before, after = getattr(sent, field.name, None), getattr(got, field.name, None)
        if type(before) is not type(after):
            return f"{field.name} comes back as {type(after).__name__}, not {type(before).__name__}."
        if not _same(before, after):
            return f"{field.name} comes back with another value."
    return ""
