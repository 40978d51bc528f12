"""Signals: a bus for one event, which is the signal itself: ``order_paid.send(sender, amount=3)``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ....core.values.looking import attributes, is_a
from ..events import NAME_ATTRIBUTES
from .match import classes_asked_for, handler_event_class
from .names import SENDER

if TYPE_CHECKING:
    from .find import BusParts
    from .publishers import Publisher

_NAMES: Final = ("name", "_name", "signal_name", "signal", *NAME_ATTRIBUTES)
_SEVERAL: Final = ("events", "messages", "commands")


def signal_name(where: str, value: Any, parts: BusParts) -> str:
    """Return the name of the event that a signal is: its own, or that of where it was found; empty when it is none.

    A signal keeps receivers without saying of what, and is sent with a sender or with whatever arguments there are;
    a bus that is handed an event is none.
    """
    if not parts.publishers or not _takes_no_event(parts.publishers[0]):
        return ""
    subscribed = [(pattern, target) for handler_map in parts.maps for pattern, target in handler_map.entries()]
    if any(pattern is not None for pattern, _ in subscribed):
        return ""
    receivers = [target for _, target in subscribed]
    if any(handler_event_class(receiver) or next(classes_asked_for(receiver), None) for receiver in receivers):
        return ""
    held = attributes(value)
    said = next((held[name] for name in _NAMES if is_a(held.get(name), str) and held[name]), "")
    return str(said or key_in(where) or where.rpartition(":")[2].rpartition(".")[2])


def key_in(where: str) -> str:
    """Return the key at the end of where a bus was found, where that is no name: ``shop:signals['order.paid.v1']``."""
    return where.removesuffix("']").rpartition("['")[2] if where.endswith("']") else ""


def _takes_no_event(publisher: Publisher) -> bool:
    first = publisher.parameters[0]
    free = all(
        parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) for parameter in publisher.parameters
    )
    return first.name == SENDER or (free and first.name not in _SEVERAL)


def signal_arguments(publisher: Publisher, payload: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments with which a signal is sent."""
    values = dict(payload)
    args = [values.pop(SENDER, None)] if publisher.parameters[0].name == SENDER else []
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in publisher.parameters):
        return args, values
    return [*args, *values.values()], {}


def signal_payload(publisher: Publisher, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a signal was sent with; a sender that is nobody is left out."""
    names = [parameter.name for parameter in publisher.parameters if parameter.kind in _POSITIONAL]
    payload = {**dict(zip(names, args)), **kwargs}  # noqa: B905 - what is too much stands without names
    if len(args) > len(names):
        payload["args"] = list(args[len(names) :])
    return {name: value for name, value in payload.items() if name != SENDER or value is not None}


_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
