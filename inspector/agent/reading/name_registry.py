"""Registries by name: events that travel as JSON, through a task queue, and are built again on the other side.

Such a program has a dict from name to event class (with something like ``to_dict`` and ``from_dict``), handlers by
name, a function that publishes (writes JSON somewhere), one that takes what was written and calls the handlers, and
perhaps one that works off what is waiting. The event that a handler gets is another object than the one published, so
its publication is found by what the event says of itself.
"""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ...core.description import Problem
from ...core.errors import InspectorError
from ...core.values.looking import is_a
from ...core.values.table import BY_KIND
from ..adapters.base import FireContext, Match, Names, Options
from .eventbuild import build_event
from .events import EventType, describe_class
from .map_bus.calls import ENVELOPE_NAMES
from .map_bus.connection import MapConnection, explain
from .map_bus.find import find
from .map_bus.members import own_names, texts_in, values_of
from .map_bus.names import CONTEXT_NAMES
from .targets import kind_of

if TYPE_CHECKING:
    from ...core.description import FieldShape, TypeShape
    from ..tap.tap import Occurrence, Tap
    from .map_bus.containers import HandlerMap
    from .map_bus.publishers import Publisher


# One made-up event of a class: values of every type that a field may ask for, always the same.


def sample(event: EventType) -> Any:
    """Build an event with a value of our own in every field that takes one, else in those that need one.

    Raises:
        InspectorError: It has a field whose type cannot be made up.
        Exception: It refuses the values.
    """
    if event.cls is None:
        raise InspectorError(f"{event.name} has no class.")
    needed = {field.name: _value(field.type) for field in event.fields if field.required}
    try:
        return build_event(event.cls, {**_possible(event.fields), **needed})
    except Exception:  # noqa: BLE001 - a validator of the user's: it takes the defaults, if anything
        return build_event(event.cls, needed)


def _possible(fields: Iterable[FieldShape]) -> dict[str, Any]:
    """Return a value for each field whose type can be made up."""
    values: dict[str, Any] = {}
    for field in fields:
        try:
            values[field.name] = _value(field.type)
        except InspectorError:
            if field.required:
                raise
    return values


def _value(shape: TypeShape) -> Any:
    if shape.kind == "any":
        return "sample"
    if shape.kind in BY_KIND:
        return BY_KIND[shape.kind].examples[0]
    if shape.choices:
        return shape.choices[0].value
    if shape.kind in ("list", "set", "frozenset"):
        return [_value(shape.args[0])] if shape.args else []
    if shape.kind == "tuple":
        return [_value(arg) for arg in shape.args]
    if shape.kind == "dict":
        return {"sample": _value(shape.args[1])} if shape.args and shape.args[0].kind in ("str", "any") else {}
    if shape.kind == "union":
        return _value(shape.args[0])
    if shape.kind == "object":
        return _possible(shape.fields)
    if shape.optional:
        return None
    raise InspectorError(f"Cannot make up a {shape.text}.")


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
_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


#: Where an envelope has the event's data.
_INNER: Final = ("data", "payload", "body", "event", "attributes")
_TEXT: Final = re.compile(r"^(str|bytes)( \| (str|bytes))?$")
_DATA: Final = re.compile(r"^(typing\.|t\.)?(dict|Dict|Mapping|MutableMapping)\b")


class NameRegistryAdapter:
    """Recognises an object or module with event classes by name and handlers by name."""

    name = "names"

    def recognises(self, value: Any, options: Options) -> Match | None:
        """Look for a dict from name to class beside a map of handlers by name."""
        if is_a(value, (type, types.FunctionType)) or kind_of(value) in ("dict", "list", "set", "handler"):
            return None
        classes = classes_by_name(value)
        if not classes:
            return None
        parts = find(value, options)
        named = [handler_map for handler_map in parts.maps if any(is_a(key, str) for key in _keys(handler_map))]
        if not named:
            return None
        score = 92 if parts.publishers else 65
        return Match(score, f"{len(classes)} event classes by name; {explain(parts)}")

    def connect(self, where: str, value: Any, options: Options, names: Names) -> NameRegistryConnection:
        """Read the registry."""
        return NameRegistryConnection(where, value, options, names)


def classes_by_name(value: Any) -> dict[str, type[Any]]:
    """Return the event classes that a dict of the value has by name; only classes that become data and come back."""
    classes: dict[str, type[Any]] = {}
    for name, held in values_of(value).items():
        if name.startswith("__") or not is_a(held, dict) or not held:
            continue
        if all(is_a(key, str) and is_a(cls, type) and pair_of(cls) for key, cls in held.items()):
            classes.update(held)
    return classes


def pair_of(cls: type[Any]) -> tuple[str, str] | None:
    """Return the names of the methods by which a class becomes data and comes back."""
    return next((pair for pair in _PAIRS if all(callable(getattr(cls, name, None)) for name in pair)), None)


def _keys(handler_map: HandlerMap) -> Iterable[Any]:
    value = handler_map.get()
    return tuple(value) if kind_of(value) in ("dict", "proxy") else ()


class NameRegistryConnection(MapConnection):
    """One registry by name.

    Attributes:
        adapter: Name of the adapter.
    """

    adapter = "names"

    def __init__(self, where: str, value: Any, options: Options, names: Names) -> None:
        super().__init__(where, value, find(value, options), names, options)
        self._classes = classes_by_name(value)
        for name, cls in self._classes.items():
            self._calls.learn(name, cls)
        self.why = f"{self.why} Event classes by name: {len(self._classes)}."
        if not self._found.drain and not any(publisher.reads for publisher in self.publishers[:1]):
            self.why += " The program's own worker empties it."
        #: What is about to be given to a function that takes data.
        self._sent: Any = None
        #: What was published and has not reached its handlers, the oldest first.
        self._travelling: list[tuple[str, Any, tuple[str, Any]]] = []

    def event_types(self) -> list[EventType]:
        """Return the classes of the registry, handled or not, and the names that have handlers and no class."""
        events = {cls: describe_class(cls, {"travels": "json"}) for cls in self._classes.values()}
        for name, cls in self._classes.items():
            events[cls] = _travelling_as(events[cls], name)
        others = [event for event in super().event_types() if event.cls is None or event.cls not in events]
        return [*events.values(), *others]

    def problems(self) -> Iterable[Problem]:
        """Yield which events do not survive their way through JSON, besides what the maps have."""
        yield from super().problems()
        for name, cls in self._classes.items():
            problem = round_trip(name, cls)
            if problem is not None:
                yield problem

    # -- joining what is handled to what was published -----------------------------------------------------------------

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return what is published, and remember it until its handlers get it; None where it only arrives, as data."""
        occurrence = super().read_publish(method, args, kwargs)
        sent, self._sent = self._sent, None
        if occurrence is not None and occurrence.loose:
            if sent is not None and self._names.name_of(type(sent)) == occurrence.name:
                occurrence = occurrence._replace(event=sent, shown=None, loose=False)  # as data, and by us
            elif self._arrives(occurrence):
                return None
        if occurrence is not None and type(occurrence.event) in self._classes.values():
            self._travelling.append((occurrence.name, occurrence.event, _identity(occurrence.event)))
            del self._travelling[:-1000]
        return occurrence

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what a handler was called for: the event that was published, though it got a copy of it."""
        got = super().read_call(pattern, args, kwargs)
        identity = _identity(got.event)
        for name, event, expected in reversed(self._travelling):
            if name == got.name and (event is got.event or _same(expected, identity)):
                return got._replace(event=event)
        return got

    def _arrives(self, occurrence: Occurrence) -> bool:
        """Return whether data is of an event that was published: one function hands it on to the next."""
        data = occurrence.event
        if not isinstance(data, dict):
            return False
        parts = [data, *(part_of_data for part_of_data in data.values() if isinstance(part_of_data, dict))]
        return any(
            name == occurrence.name and any(_is_of(expected, part) for part in parts)
            for name, _, expected in reversed(self._travelling)
        )

    # -- firing --------------------------------------------------------------------------------------------------------

    def _arguments(self, publisher: Publisher, event: Any, context: FireContext) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments of a publish method; where that only takes what arrives, the event's data."""
        wanted = takes_data(publisher)
        pair = pair_of(type(event))
        if wanted and pair is not None:
            message = self._message(publisher, event, getattr(event, pair[0])())
            self._sent = event
            event = json.dumps(message) if wanted == "text" else message
            return self._calls.arguments(replace(publisher, named=False), event, context)
        return super()._arguments(publisher, event, context)

    def _message(self, publisher: Publisher, event: Any, data: Any) -> Any:
        """Put an event's data into the envelope that a function opens: the keys that it names tell."""
        data = _loaded(data) if isinstance(data, (str, bytes)) else data
        name = next((name for name, cls in self._classes.items() if cls is type(event)), "")
        if not name:
            text = f"{publisher.name} takes JSON, but the name of {type(event).__name__} is unknown."
            raise InspectorError(text, "Add it to the registry of event classes.")
        said = texts_in(publisher.function)
        key = next((name for name in ENVELOPE_NAMES if name in said), "")
        if isinstance(data, dict) and data.get(key) == name:
            return data
        if not key:
            raise InspectorError(f"{publisher.name} takes JSON, but the format it expects for {name} is unknown.")
        inner = next((name for name in _INNER if name in said), "")
        return {key: name, inner: data} if inner or not isinstance(data, dict) else {key: name, **data}

    def record(self, tap: Tap) -> Callable[[], None]:
        """Tap it like any map bus."""
        undo = super().record(tap)

        def restore() -> None:
            undo()
            self._travelling.clear()

        return restore


def takes_data(publisher: Publisher) -> str:
    """Return whether a function takes what arrives, not an event: ``text`` of JSON, ``data``; empty: an event."""
    positional = [
        parameter
        for parameter in publisher.parameters
        if parameter.kind in _POSITIONAL and parameter.name not in CONTEXT_NAMES
    ]
    if len(positional) != 1:
        return ""
    hint = positional[0].annotation
    said = hint if isinstance(hint, str) else getattr(hint, "__name__", "") if isinstance(hint, type) else str(hint)
    names = own_names(publisher.function)
    if "loads" in names and "dumps" not in names and (hint is positional[0].empty or _TEXT.match(said)):
        return "text"
    return "data" if _DATA.match(said) else ""


def _travelling_as(event: EventType, name: str) -> EventType:
    return replace(event, travels_as=name)


def _identity(event: Any) -> tuple[str, Any]:
    """Return what makes an event itself on both sides of its way: its id, else all that it says."""
    for name in ("event_id", "id", "message_id", "uuid"):
        value = getattr(event, name, None)
        if value is not None and not callable(value):
            return name, str(value)
    pair = pair_of(type(event))
    try:
        return "data", getattr(event, pair[0])() if pair else event
    except Exception:  # noqa: BLE001 - the user's to_dict: then its own equality has to do
        return "data", event


def _is_of(identity_field: tuple[str, Any], data: dict[Any, Any]) -> bool:
    """Return whether data is what became of the event with this identity."""
    name, identity = identity_field
    if name != "data":
        return bool(str(data.get(name)) == identity)
    if isinstance(identity, (str, bytes)):
        return _same(_loaded(identity), data)
    return isinstance(identity, dict) and all(key in data and _same(data[key], said) for key, said in identity.items())


def _loaded(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _same(first: Any, second: Any) -> bool:
    try:
        return bool(first == second)
    except Exception:  # noqa: BLE001 - the user's __eq__
        return False


# --- the round trip -------------------------------------------------------------------------------


def round_trip(name: str, cls: type[Any]) -> Problem | None:
    """Send a sample of an event class through JSON and back; return what is wrong with what comes back."""
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
        said = "the result is not JSON" if step == "json" else f"{step} raised {type(error).__name__}"
        return Problem(
            name,
            f"{cls.__name__} cannot be sent as JSON: {said}: {error!s:.200}",
            "",
            event.file,
            event.line,
        )
    lost = _difference(event, sent, got, data)
    if not lost:
        return None
    return Problem(name, f"{cls.__name__} changes when sent as JSON: {lost}", "", event.file, event.line)


def _difference(event: EventType, sent: Any, got: Any, data: Any) -> str:
    """Return what of an event is not the same after its way; empty when everything is."""
    if type(got) is not type(sent):
        return f"it comes back as {type(got).__name__}."
    changes = []
    for field in event.fields:
        before, after = getattr(sent, field.name, None), getattr(got, field.name, None)
        left_out = isinstance(data, dict) and field.name not in data
        if left_out and (type(before) is not type(after) or not _same(before, after)):
            changes.append(f"{field.name} is left out")
        elif type(before) is not type(after):
            changes.append(f"{field.name} comes back as {type(after).__name__}, not {type(before).__name__}")
        elif not _same(before, after):
            changes.append(f"{field.name} comes back with a different value")
    return f"{'; '.join(changes)}." if changes else ""
