"""What is published without a class of its own: names with arguments, and what handlers make of them."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..adapters.base import CallShape
from ..handlers import Handler
from ..reading.events import FREE, PAYLOAD, parameter_field, signature_hints

if TYPE_CHECKING:
    from ...core.description import FieldShape
    from ..tap.moments import Occurrence

_ATOMS: Final = (str, bytes, int, float, bool)
#: Publications that are remembered for handlers that are called later.
REMEMBERED: Final = 1000
ONLY: Final = (inspect.Parameter.POSITIONAL_ONLY,)
POSITIONAL: Final = (*ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def shown_of(event: Any) -> Mapping[str, Any] | None:
    """Return named values to record for what has no fields of its own; None when it can be recorded as it is."""
    if isinstance(event, (tuple, list)) and not hasattr(event, "_fields"):
        return {"args": list(event)}
    if event is None:
        return {}
    return {"value": event} if isinstance(event, _ATOMS) else None


def given(args: Sequence[Any], kwargs: Mapping[str, Any], names: Sequence[str] = ()) -> dict[str, Any]:
    """Return arguments by their names: those of the parameters, as far as they go, then ``args``."""
    payload: dict[str, Any] = dict(zip(names, args))  # noqa: B905 - what is too much stands without names
    if len(args) > len(names):
        payload["args"] = list(args[len(names) :])
    return {**payload, **kwargs}


def positional_names(target: Any) -> list[str]:
    """Return the names of the positional parameters of a handler."""
    parameters = Handler(target).parameters or []
    return [parameter.name for parameter in parameters if parameter.kind in POSITIONAL]


def shape_as(targets: Sequence[Any]) -> CallShape | None:
    """Return how all handlers of a name are called if the first of them can be: what fits it has to fit the others.

    None where it takes anything.
    """
    for target in targets[:1]:
        parameters = Handler(target).parameters or []
        needed = [parameter for parameter in parameters if parameter.default is parameter.empty]
        if not parameters or any(parameter.kind in FREE for parameter in parameters):
            return None
        by_position = [parameter for parameter in parameters if parameter.kind in POSITIONAL]
        names = tuple(parameter.name for parameter in by_position)
        return CallShape(
            sum(parameter in needed for parameter in by_position),
            len(by_position),
            tuple(parameter.name for parameter in needed if parameter.kind is parameter.KEYWORD_ONLY),
            any(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters),
            names if all(parameter.kind not in ONLY for parameter in by_position) else (),
            text=f"{', '.join(names) or 'nothing'}, as {Handler(target).description.label}",
        )
    return None


def asked_by_position(targets: Iterable[Any]) -> tuple[FieldShape, ...]:
    """Return what the first handler that has names for its arguments takes; a payload where none has."""
    for target in targets:
        handler = Handler(target)
        annotations = signature_hints(handler.function) if hasattr(handler.function, "__globals__") else {}
        named = [parameter for parameter in handler.parameters or () if parameter.kind not in FREE]
        if named:
            return tuple(parameter_field(parameter, annotations) for parameter in named)
    return (PAYLOAD,)


def closed_over(function: Any) -> dict[str, Any]:
    """Return what a closure holds, by name."""
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    cells = getattr(function, "__closure__", None) or ()
    held = {}
    for name, cell in zip(names, cells):  # noqa: B905 - as long as each other
        try:
            held[name] = cell.cell_contents
        except ValueError:  # not filled yet
            continue
    return held


def call_arguments(target: Any, payload: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments by which a payload is handed to a handler that is called by position."""
    parameters = Handler(target).parameters or []
    names = [parameter.name for parameter in parameters if parameter.kind not in FREE]
    if payload and names and not set(payload) <= {*names, "args"}:
        free = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
        return ([], dict(payload)) if free else ([dict(payload)], {})
    args: list[Any] = []
    for name in positional_names(target):
        if name not in payload:
            break
        args.append(payload[name])
    named = {name: payload[name] for name in names[len(args) :] if name in payload}
    if names or "args" in payload:
        return [*args, *payload.get("args", ())], named
    free = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
    return ([], dict(payload)) if free else (list(payload.values()), {})


class Waiting:
    """Publications whose handlers a worker calls later: a call is joined to the oldest that it can be for."""

    def __init__(self) -> None:
        self._entries: deque[list[Any]] = deque(maxlen=REMEMBERED)

    def add(self, occurrence: Occurrence, values: Sequence[Any], handlers: int) -> None:
        """Remember a publication until so many handlers were called; ``values`` are what they will get."""
        if handlers:
            self._entries.append([handlers, occurrence, tuple(values)])

    def take(self, occurrence: Occurrence, values: Sequence[Any], names: Container[str] = ()) -> Occurrence:
        """Return what a call of a handler is about: the publication with these very values, else the oldest of it.

        Args:
            occurrence: What it is taken for otherwise.
            values: What the handler is called with.
            names: Other events that the call may be for: the handler has subscribed to them, too.
        """
        of_name = [entry for entry in self._entries if entry[1].name == occurrence.name or entry[1].name in names]
        entry = next((entry for entry in of_name if _are(entry[2], values)), of_name[0] if of_name else None)
        if entry is None:
            return occurrence
        entry[0] -= 1
        if not entry[0]:
            self._entries.remove(entry)
        published: Occurrence = entry[1]
        return published


def _are(these: Sequence[Any], those: Sequence[Any]) -> bool:
    return len(these) == len(those) and all(this is that for this, that in zip(these, those))  # noqa: B905 - just compared
