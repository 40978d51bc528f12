"""Auto-wiring: the registry says which kinds of handler an event needs, and the bus gets them subscribed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import InspectorError

if TYPE_CHECKING:
    from .events import DomainEvent
    from .protocols import EventBusProtocol, EventHandler
    from .registry import EventMetadata


class WiredHandler(NamedTuple):
    """One handler subscribed by ``wire``.

    Attributes:
        event_class: The event it handles.
        kind: The kind of handler that the event required: ``logging``, ``audit``, ``email``, ``session``.
        handler: What was subscribed.
    """

    event_class: type[DomainEvent]
    kind: str
    handler: EventHandler


class _Missing(NamedTuple):
    entry: EventMetadata
    kind: str
    method: str
    why: str


def handler_method_name(entry: EventMetadata) -> str:
    """Return the name of the method that handles an event: ``handle_{workflow}_{phase}``."""
    name = f"handle_{entry.workflow_name}_{entry.phase.value}".lower()
    return re.sub(r"\W", "_", name)


def wire(
    bus: EventBusProtocol,
    registry: Iterable[EventMetadata],
    handlers: Mapping[str, object],
    *,
    strict: bool = True,
    logger: logging.Logger | None = None,
) -> list[WiredHandler]:
    """Subscribe, for every event of the registry, each kind of handler that it requires.

    A handler is the object's method ``handle_{workflow}_{phase}``, else its method ``handle``.

    Args:
        bus: Where to subscribe.
        registry: What the events require.
        handlers: Handler objects by kind: ``logging``, ``audit``, ``email``, ``session``.
        strict: A missing handler is an error, and then nothing at all is subscribed; else it is logged at WARNING
            (``event_handler_missing``) and skipped.
        logger: Where to log; default is this module's.

    Returns:
        What was subscribed, in the order of the registry, and within an event of the kinds.

    Raises:
        InspectorError: Strict, and handlers are missing: the text names all of them.
    """
    wired: list[WiredHandler] = []
    missing: list[_Missing] = []
    for entry in registry:
        for kind in entry.required_kinds:
            handler = _find(handlers.get(kind), entry)
            if handler is not None:
                wired.append(WiredHandler(entry.event_class, kind, handler))
            else:
                missing.append(_missing(entry, kind, handlers.get(kind)))
    if missing and strict:
        raise _error(missing)
    for gap in missing:
        (logger or logging.getLogger(__name__)).warning(
            "event_handler_missing",
            extra={
                "event_type": gap.entry.event_class.__name__,
                "handler_kind": gap.kind,
                "handler_method": gap.method,
                "reason": gap.why,
            },
        )
    for subscription in wired:
        bus.subscribe(subscription.event_class, subscription.handler)
    return wired


def _find(owner: object, entry: EventMetadata) -> EventHandler | None:
    if owner is None:
        return None
    for name in (handler_method_name(entry), "handle"):
        method: Any = getattr(owner, name, None)
        if callable(method):
            handler: EventHandler = method
            return handler
    return None


def _missing(entry: EventMetadata, kind: str, owner: object) -> _Missing:
    method = handler_method_name(entry)
    why = f"no {kind} handler passed" if owner is None else f"{type(owner).__name__} has neither {method} nor handle"
    return _Missing(entry, kind, method, why)


def _error(missing: list[_Missing]) -> InspectorError:
    count = "1 required handler is" if len(missing) == 1 else f"{len(missing)} required handlers are"
    names = "; ".join(f"{gap.kind} for {gap.entry.event_class.__name__} ({gap.why})" for gap in missing)
    return InspectorError(
        f"{count} missing: {names}.",
        "Add the methods, or wire with strict=False to skip them.",
    )
