"""Collects the facts that a check needs, beside the user's bus. Nothing of the user's is called."""

from __future__ import annotations

import enum
import inspect
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import FunctionType, ModuleType
from typing import Any

from ...core.facts import CatalogFacts, EventFacts, SSEFacts, SSEType, UncalledMethod
from ...core.values.looking import is_a
from ..handlers import Handler
from ..program import declared_fields
from ..reading.places import class_place
from .calls import accepted_classes, describe_call
from .classes import class_key, describe_class_facts
from .wiring import Wiring, wiring_of

#: Names of methods that a bus calls for an event begin so.
_HANDLER_PREFIXES = ("handle_", "on_")
#: Classes of handlers are called so.
_HANDLER_CLASSES = ("handler", "handlers", "subscriber", "subscribers", "listener", "listeners")


def collect(program: object) -> CatalogFacts:
    """Collect the facts of a loaded program (see ``wiring.wiring_of``)."""
    return collect_facts(wiring_of(program))


def collect_facts(wiring: Wiring) -> CatalogFacts:
    """Collect the facts of a wiring."""
    events = tuple(
        EventFacts(event.key, event.registered, event.kind, event.matched, "name")
        if event.cls is None
        else replace(
            describe_class_facts(event.key, event.cls, event.registered, event.kind, event.matched),
            subscribed=event.subscribed,
            abstract=inspect.isabstract(event.cls),
        )
        for event in wiring.events
    )
    return CatalogFacts(
        events=events,
        handlers=tuple(
            replace(
                describe_call(wired.key, wired.handler, wired.calls),
                never_awaited=wired.dropped and Handler(wired.handler).gives_coroutine,
                on_loop=wired.on_loop,
            )
            for wired in wiring.handlers
        ),
        uncalled=tuple(_uncalled(wiring)),
        has_registry=wiring.has_registry,
        session_by_publish=wiring.session_by_publish,
        async_bus=wiring.async_bus,
        audit_actions=wiring.audit_actions if wiring.audit_actions is not None else _audit_actions(wiring),
        sse=tuple(_sse(wiring)),
        sse_types=tuple(dict.fromkeys(_sse_types(wiring))),
    )


# --- methods that nothing calls ---------------------------------------------------------------------------------------


def _uncalled(wiring: Wiring) -> Iterator[UncalledMethod]:
    """Yield the methods that look like handlers, of classes that handle events, without a subscription."""
    subscribed: dict[type[Any], set[str]] = {}
    for wired in wiring.handlers:
        handler = Handler(wired.handler)
        if handler.owner is not None:
            subscribed.setdefault(handler.owner, set()).add(handler.method)
    event_keys = {class_key(event.cls) for event in wiring.events if event.cls is not None}
    for cls in dict.fromkeys([*subscribed, *_idle_classes(subscribed)]):
        called, methods = subscribed.get(cls, set()), _methods(cls)
        if _dispatches_by_name(cls):
            continue  # any of its methods may be called
        for name, function in methods.items():
            if name not in called and _looks_like_handler(name, function, event_keys):
                code = function.__code__
                _, annotation, _, _ = accepted_classes(function, skip_self=True)
                yield UncalledMethod(cls.__qualname__, name, annotation, code.co_filename, code.co_firstlineno)


def _dispatches_by_name(cls: type[Any]) -> bool:
    """Return whether a class puts together the names of its methods: ``getattr(self, f"handle_{name}")``."""
    codes = [
        value.__code__ for base in cls.__mro__[:-1] for value in vars(base).values() if type(value) is FunctionType
    ]
    texts = (const for code in codes for const in code.co_consts if isinstance(const, str))
    return any("getattr" in code.co_names for code in codes) and any(text in _HANDLER_PREFIXES for text in texts)


def _idle_classes(subscribed: dict[type[Any], set[str]]) -> Iterator[type[Any]]:
    """Yield the classes named like handlers that stand beside those in use, and none of whose methods is in use."""
    modules = dict.fromkeys(cls.__module__ for cls in subscribed)
    in_use = {id(base) for cls in subscribed for base in cls.__mro__}
    for name in modules:
        for value in vars(sys.modules.get(name) or ModuleType(name)).values():
            if not is_a(value, type) or value.__module__ != name or id(value) in in_use:
                continue
            if value.__name__.lower().endswith(_HANDLER_CLASSES) and not _is_pattern(value):
                yield value


def _is_pattern(cls: type[Any]) -> bool:
    """Return whether a class is there to be followed, not to be subscribed: a protocol or an abstract class."""
    return bool(inspect.getattr_static(cls, "_is_protocol", False)) or inspect.isabstract(cls)


def _methods(cls: type[Any]) -> dict[str, FunctionType]:
    methods: dict[str, FunctionType] = {}
    for base in cls.__mro__[:-1]:
        for name, value in vars(base).items():
            if type(value) is FunctionType and not name.startswith("_"):
                methods.setdefault(name, value)
    return methods


def _looks_like_handler(name: str, function: FunctionType, event_keys: set[str]) -> bool:
    if name.startswith(_HANDLER_PREFIXES):
        return True
    positional = function.__code__.co_argcount
    if positional != 2 or function.__kwdefaults__ or name == "handle":
        return False
    accepts, _, _, _ = accepted_classes(function, skip_self=True)
    return bool(accepts) and set(accepts or ()) <= event_keys


# --- audit actions and server-sent events -----------------------------------------------------------------------------


def _audit_actions(wiring: Wiring) -> tuple[str, ...] | None:
    """Look for the program's enum of audit actions: a name with both words, in the packages of events and handlers."""
    packages = {event.cls.__module__.partition(".")[0] for event in wiring.events if event.cls is not None}
    for wired in wiring.handlers:
        function = Handler(wired.handler).function
        packages.add(str(getattr(function, "__module__", "") or "").partition(".")[0])
    packages -= {"", "builtins", "functools"}
    actions: dict[str, None] = {}
    enums = 0
    for name, module in tuple(sys.modules.items()):
        if name.partition(".")[0] not in packages or type(module) is not ModuleType:
            continue
        for value in tuple(vars(module).values()):
            if is_a(value, type) and issubclass(value, enum.Enum) and _is_audit_enum(value):
                enums += 1
                for member in value.__members__.values():
                    actions.update({member.name: None, str(member.value): None})
    return tuple(actions) if enums else None


def _is_audit_enum(cls: type[enum.Enum]) -> bool:
    name = cls.__name__.lower()
    return "audit" in name and "action" in name and bool(cls.__members__)


def _sse(wiring: Wiring) -> Iterator[SSEFacts]:
    for registry in wiring.sse:
        for mapping in registry.mappings:
            metadata = registry.get(mapping.sse_event_type)
            code = Handler(mapping.payload_extractor).code if mapping.payload_extractor is not None else None
            yield SSEFacts(
                event=class_key(mapping.domain_event_class),
                name=mapping.domain_event_class.__name__,
                event_type=_text(mapping.sse_event_type),
                declared=declared_fields(metadata),
                file=code.co_filename if code is not None else "",
                line=code.co_firstlineno if code is not None else 0,
            )


def _sse_types(wiring: Wiring) -> Iterator[SSEType]:
    for registry in wiring.sse:
        members = [entry.event_type for entry in registry.events]
        for enum_class in dict.fromkeys(type(member) for member in members):
            if issubclass(enum_class, enum.Enum):
                file, line = class_place(enum_class)
                yield from (SSEType(_text(member), file, line) for member in enum_class)
        yield from (SSEType(_text(member)) for member in members if not isinstance(member, enum.Enum))


def _text(member: Any) -> str:
    return str(member.value) if isinstance(member, enum.Enum) else str(member)
