"""Calls of publish methods and handlers, read and made: which argument is the event, its session, its metadata."""

from __future__ import annotations

import enum
import inspect
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from ....core.errors import InspectorError
from ...tap.moments import Expected, Variables
from ...tap.stand_ins import HANDLE_METHODS
from ...tap.tap import Occurrence
from ..events import NAME_ATTRIBUTES, NamedEvent, travel_name
from ..namedevents import PAYLOAD_PARAMETERS
from ..targets import MethodName, is_glob, key_name
from .names import CONTEXT_NAMES, METADATA_NAMES, SESSION_NAMES

if TYPE_CHECKING:
    from ...adapters.base import FireContext, Names
    from .publishers import Publisher

#: Methods that are called by their whole names take keywords as well as what comes in order.
_MORE: Final = inspect.Parameter.VAR_POSITIONAL
_FREE: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
#: How an object in JSON begins.
_OBJECT: Final = re.compile(r"\{\s*(\"|\}|$)")
_ATOMS: Final = (str, bytes, int, float, bool, type(None))
#: Under which an envelope says what it is.
ENVELOPE_NAMES: Final = ("event_type", "type", "event", "event_name", "name", "topic", *NAME_ATTRIBUTES)
#: What may be a name, an envelope, several events at once, or has to be shown in another way.
_OTHER_THAN_EVENTS: Final = (*_ATOMS, enum.Enum, dict, list, tuple, set, frozenset)
#: Classes whose names are kept; classes made on the fly may have no end.
_MOST_CLASSES: Final = 1024


class CallReader:
    """Reads what calls are about; knows which class travels under which name.

    Args:
        names: Names of event types in the catalog.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._classes: dict[str, type[Any]] = {}
        self._known: dict[type[Any], frozenset[str]] = {}
        self._called: dict[str, type[Any]] = {}
        #: Classes of events of several names, and the field that holds the name.
        self._envelopes: dict[type[Any], str] = {}
        #: As in ``Variables``.
        self.usual: dict[int, tuple[type[Any], str, Expected]] = {}

    def learn(self, name: str, cls: type[Any]) -> None:
        """Remember that events of a class travel under a name."""
        self._classes[name] = cls
        self._known.clear()

    def learn_envelope(self, cls: type[Any], field: str) -> None:
        """Remember that events of a class are called what a field of theirs says."""
        self._envelopes[cls] = field
        self.usual.clear()

    def expect(self, occurrence: Occurrence, expected: Expected) -> None:
        """Take every event of a class for one of this name, if that is certain: it goes to whom is expected."""
        cls = type(occurrence.event)
        if occurrence.shown is None and cls not in self._envelopes and not issubclass(cls, _OTHER_THAN_EVENTS):
            if len(self.usual) >= _MOST_CLASSES:
                self.usual.clear()
            self.usual[id(cls)] = cls, occurrence.name, expected

    def _name_of(self, event: Any) -> str:
        cls = type(event)
        field = self._envelopes.get(cls)
        said = getattr(event, field, None) if field else None
        if key_name(said):
            return self._catalog_name(key_name(said))
        return self._names.name_of(cls)

    def variables(self, publisher: Publisher) -> Variables | None:
        """Return where the variables of a call say what it publishes; None where more has to be asked."""
        names = [parameter.name for parameter in publisher.parameters]
        subject = publisher.event or (names[0] if names else "")
        metadata = [name for name in METADATA_NAMES if name in names]
        free = any(parameter.kind in _FREE for parameter in publisher.parameters)
        if publisher.named or free or subject not in names or len(metadata) > 1:
            return None
        session = next((name for name in SESSION_NAMES if name in names), "")
        return Variables(subject, session, "".join(metadata), self.usual)

    def class_for(self, name: str) -> type[Any] | None:
        """Return the class that travels under a name, None when there is none."""
        return self._classes.get(name)

    def names_for(self, cls: type[Any] | None) -> frozenset[str]:
        """Return the names under which events of a class travel."""
        if cls is None:
            return frozenset()
        names = self._known.get(cls)
        if names is None:
            entered = (name for name, entry in self._classes.items() if entry is cls)
            names = self._known[cls] = frozenset((cls.__name__, travel_name(cls), *entered))
        return names

    def class_called(self, name: str) -> type[Any] | None:
        """Return the class of a named event that was read, by its name in the catalog; None when it has none."""
        return self._called.get(name) or self._classes.get(name)

    def _catalog_name(self, name: str) -> str:
        cls = self._classes.get(name)
        if cls is None:
            return self._names.name_of(name)
        called = self._names.name_of(cls)
        self._called[called] = cls
        return called

    def occurrence(self, event: Any) -> Occurrence:
        """Return what a built event is."""
        if isinstance(event, NamedEvent):
            return self.named(event.name, event.payload)
        return Occurrence(event, self._names.name_of(type(event)), shown_of(event))

    def named(self, name: str, payload: Any, session: Any = None, metadata: Any = None) -> Occurrence:
        """Return what a name with a payload is."""
        return Occurrence(payload, self._catalog_name(name), shown_of(payload), session, metadata, loose=True)

    def read_publish(self, publisher: Publisher, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return what a call of a publish method publishes; None for several at once."""
        parameters = publisher.parameters
        if len(args) == 1 and not kwargs and not isinstance(args[0], _OTHER_THAN_EVENTS):
            return Occurrence(args[0], self._name_of(args[0]))  # nearly always
        arguments = _given(parameters, args, kwargs)
        session = next((arguments[name] for name in SESSION_NAMES if name in arguments), None)
        metadata = next((arguments[name] for name in METADATA_NAMES if isinstance(arguments.get(name), Mapping)), None)
        subject = parameters[0].name if publisher.named or not publisher.event else publisher.event
        spread = _place_of_rest(parameters, subject)
        if spread:
            args = args[spread:]
        first = arguments.get(subject, args[0] if args else None)
        if isinstance(first, type):  # beside its class
            instances = (value for value in arguments.values() if type(value) is first)
            handed = arguments.get(publisher.event, first) if publisher.named else first
            first = next(instances, handed)
        if _looks_like_object(first):
            # Text of JSON, and never a name: what it says may be secret.
            first = _object_in(first)
            if first is None:
                return None
        if isinstance(first, (list, tuple)) and not hasattr(first, "_fields"):
            if not publisher.several or len(first) != 1:
                return None
            first = first[0]
        if (spread or parameters[0].kind is inspect.Parameter.VAR_POSITIONAL) and len(args) != 1:
            return None
        if isinstance(first, (str, enum.Enum)) or (publisher.named and key_name(first)):
            rest = {key: value for key, value in arguments.items() if key != subject}
            return self.named(key_name(first), _payload(parameters, args, rest), session, metadata)
        if isinstance(first, dict):
            name = _envelope_name(first, publisher.envelope)
            return self.named(name, first, session, metadata) if name else None
        return Occurrence(first, self._name_of(first), shown_of(first), session, metadata)

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what a call of a handler is about."""
        values = (*args, *kwargs.values())
        if isinstance(pattern, type) or (isinstance(pattern, tuple) and all(isinstance(cls, type) for cls in pattern)):
            for value in values:
                if isinstance(value, pattern):
                    return Occurrence(value, self._names.name_of(type(value)), shown_of(value))
            if len(values) != 1 or isinstance(values[0], _OTHER_THAN_EVENTS):  # fields of one
                parts = dict(kwargs) or (args[0] if len(args) == 1 else {"args": list(args)})
                cls = pattern[0] if isinstance(pattern, tuple) and pattern else pattern
                return Occurrence(parts, self._names.name_of(cls), shown_of(parts), loose=True)
        first = values[0] if values else None
        if key_name(pattern) and not is_glob(pattern) and not isinstance(pattern, MethodName):
            payload = first if len(values) == 1 else dict(kwargs) or {"args": list(args)}
            return self.named(key_name(pattern), payload)
        if isinstance(first, (str, enum.Enum)):
            return self.named(key_name(first), values[1] if len(values) > 1 else {})
        if isinstance(first, dict) and _envelope_name(first):
            return self.named(_envelope_name(first), first)
        return Occurrence(first, self._names.name_of(type(first)), shown_of(first))

    # -- making calls --------------------------------------------------------------------------------------------------

    def can_call(self, publisher: Publisher, event: Any) -> bool:
        """Return whether a publish method can be called with nothing but this event, a session and metadata."""
        required = [
            parameter
            for parameter in publisher.parameters
            if parameter.default is inspect.Parameter.empty
            and parameter.kind not in _FREE
            and parameter.name not in CONTEXT_NAMES
        ]
        return len(required) <= (2 if publisher.named or isinstance(event, NamedEvent) else 1)

    def gives_keywords(self, publisher: Publisher) -> bool:
        """Return whether what a named event carries is handed on as keyword arguments: ``emit(name, **payload)``."""
        if not publisher.named:
            return False
        rest = [parameter for parameter in publisher.parameters[1:] if parameter.name not in CONTEXT_NAMES]
        kinds = {parameter.kind for parameter in rest} - ({_MORE} if publisher.whole else set())
        return bool(kinds) and kinds <= {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}

    def arguments(self, publisher: Publisher, event: Any, context: FireContext) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments with which a publish method is called for an event."""
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        parameters = list(publisher.parameters)
        rest = parameters[1:]
        if isinstance(event, NamedEvent):
            self._named_arguments(publisher, event, rest, args, kwargs)
        elif publisher.named:
            args = [travel_name(type(event)) if not self._own_name(event) else self._own_name(event), event]
        elif _place_of_rest(publisher.parameters, publisher.event):
            before = [p.name for p in parameters if p.kind not in _FREE and p.default is p.empty]
            text = f"{publisher.name} requires {' and '.join(before)} before the event."
            raise InspectorError(text, "Name a method that takes the event alone: publish in [tool.inspector.bus].")
        elif publisher.event and publisher.event != parameters[0].name:
            kwargs[publisher.event], rest = ([event] if publisher.several else event), parameters
        else:
            args = [[event] if publisher.several else event]
        taken = {parameter.name for parameter in parameters[: len(args)]} if len(args) <= len(parameters) else set()
        for parameter in rest:
            if parameter.name in taken or parameter.kind in _FREE or parameter.name in kwargs:
                continue
            if parameter.name in SESSION_NAMES:
                if context.session is not None or parameter.default is inspect.Parameter.empty:
                    kwargs[parameter.name] = context.session
            elif parameter.name in METADATA_NAMES and (
                context.metadata or parameter.default is inspect.Parameter.empty
            ):
                kwargs[parameter.name] = dict(context.metadata)
        return args, kwargs

    def _own_name(self, event: Any) -> str:
        return next((name for name, cls in self._classes.items() if cls is type(event)), "")

    def _named_arguments(
        self,
        publisher: Publisher,
        event: NamedEvent,
        rest: list[inspect.Parameter],
        args: list[Any],
        kwargs: dict[str, Any],
    ) -> None:
        """Fill in name and payload: as one argument, as keywords, or as an envelope that says its own name."""
        if not publisher.named:
            name = publisher.parameters[0].name
            if publisher.envelope or name in ("event", "message", "envelope", "msg"):
                args.append({**event.payload, publisher.envelope or "type": event.name})
                return
            raise InspectorError(f"{publisher.name} takes an event, but {event.name} is only a name.")
        args.append(event.name)
        payload = [
            parameter for parameter in rest if parameter.kind not in _FREE and parameter.name not in CONTEXT_NAMES
        ]
        named = [parameter.name for parameter in payload]
        whole = len(named) == 1 and named[0] in PAYLOAD_PARAMETERS
        if payload and not whole and all(name in event.payload for name in named):
            args.extend(event.payload[name] for name in named)
        elif payload:
            args.append(event.payload)
        elif any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in rest):
            kwargs.update(event.payload)
        elif any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in rest):
            args.extend(event.payload.values())


def shown_of(event: Any) -> Mapping[str, Any] | None:
    """Return named values to record for what has no fields of its own; None when the event can be recorded as it is."""
    names = getattr(type(event), "_fields", None)
    if isinstance(event, tuple):
        if isinstance(names, tuple):
            return dict(zip(names, event))  # noqa: B905 - as long as each other by definition
        return {"args": list(event)}
    if isinstance(event, enum.Enum):
        return {"value": event}
    if isinstance(event, _ATOMS):
        return {} if event is None else {"value": event}
    return {"items": list(event)} if isinstance(event, (list, set, frozenset)) else None


def _looks_like_object(value: Any) -> TypeGuard[str | bytes]:
    """Return whether text may be a JSON object, whole or broken, and no name such as ``{user}:created``."""
    if not isinstance(value, (str, bytes)):
        return False
    head = value[:200] if isinstance(value, str) else value[:200].decode("utf-8", "replace")
    return _OBJECT.match(head) is not None


def _object_in(text: str | bytes) -> dict[Any, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def handler_event(target: Any) -> Any:
    """Return the method by which a handler object is run."""
    return next(getattr(target, name) for name in HANDLE_METHODS if callable(getattr(target, name, None)))


def _envelope_name(event: dict[Any, Any], first: str = "") -> str:
    for name in (first, *ENVELOPE_NAMES):
        if isinstance(event.get(name), (str, enum.Enum)) or (name == first and key_name(event.get(name))):
            return key_name(event[name])
    return ""


def _given(
    parameters: tuple[inspect.Parameter, ...], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Join arguments to the names of their parameters, as a call would, without raising what a call would."""
    names = [
        parameter.name
        for parameter in parameters
        if parameter.kind not in _FREE and parameter.kind is not parameter.KEYWORD_ONLY
    ]
    return {**dict(zip(names, args)), **kwargs}  # noqa: B905 - what is too much goes to *args


def _place_of_rest(parameters: Sequence[inspect.Parameter], name: str) -> int:
    """Return where the arguments that go to a ``*name`` behind other parameters begin; 0 where it is none."""
    for place, parameter in enumerate(parameters):
        if parameter.name == name:
            return place if parameter.kind is parameter.VAR_POSITIONAL else 0
    return 0


def _payload(parameters: tuple[inspect.Parameter, ...], args: tuple[Any, ...], rest: dict[str, Any]) -> Any:
    """Return what is published with a name: the one thing beside it, or all that there is."""
    positional = [
        parameter for parameter in parameters[1:] if parameter.kind not in _FREE and parameter.name not in CONTEXT_NAMES
    ]
    values = {key: value for key, value in rest.items() if key not in CONTEXT_NAMES}
    several = {parameter.name: rest[parameter.name] for parameter in positional if parameter.name in rest}
    if several and several.keys() != values.keys():
        return values
    if several:
        return next(iter(several.values())) if len(positional) == 1 else several
    extra = args[
        1
        + len(
            [
                parameter
                for parameter in parameters[1:]
                if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            ]
        ) :
    ]
    if extra:
        return extra[0] if len(extra) == 1 and not values else {"args": list(extra), **values}
    return values
