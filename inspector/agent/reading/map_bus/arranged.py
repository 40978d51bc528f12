"""Publish points whose arguments are declared: ``send(body, topic)`` is read as ``send(name, payload)``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .names import METADATA_NAMES, SESSION_NAMES

if TYPE_CHECKING:
    from .publishers import Publisher

_FREE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class ArrangedPoint:
    """A publish method as it would be with its parameters in the usual order, under the usual names.

    Args:
        publisher: The method.
        point: Which of its parameters is what: ``event``, or ``name`` and ``payload``; ``session``; ``metadata``.

    Attributes:
        publisher: The same with its parameters arranged.
    """

    def __init__(self, publisher: Publisher, point: Mapping[str, str]) -> None:
        self._parameters = publisher.parameters
        called = {"session": SESSION_NAMES[0], "metadata": METADATA_NAMES[0]}
        #: The name of each parameter in the arrangement, by its own.
        self._names = {point[role]: name for role, name in called.items() if role in point}
        first = [point[role] for role in ("event", "name", "payload") if role in point]
        ordered = [*first, *(parameter.name for parameter in self._parameters if parameter.name not in first)]
        own = {parameter.name: parameter for parameter in self._parameters}
        arranged = [self._arranged(own[name], name in first) for name in ordered if name in own]
        arranged.sort(key=lambda parameter: parameter.kind)
        named = publisher.named if "event" not in point and "name" not in point else "name" in point
        self.publisher = replace(publisher, parameters=tuple(arranged), named=named)

    def _arranged(self, parameter: inspect.Parameter, first: bool) -> inspect.Parameter:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if first else parameter.kind
        return parameter.replace(name=self._names.get(parameter.name, parameter.name), kind=kind)

    def read(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call by their names in the arrangement."""
        names = [
            parameter.name
            for parameter in self._parameters
            if parameter.kind not in _FREE and parameter.kind is not parameter.KEYWORD_ONLY
        ]
        arguments = {**dict(zip(names, args)), **kwargs}  # noqa: B905 - what is too much is nobody's
        return {self._names.get(name, name): value for name, value in arguments.items()}

    def call(self, args: list[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return arguments of the arrangement as the method takes them."""
        arranged = [parameter.name for parameter in self.publisher.parameters if parameter.kind not in _FREE]
        own = {name: parameter for parameter, name in self._names.items()}
        values = {own.get(name, name): value for name, value in {**dict(zip(arranged, args)), **kwargs}.items()}  # noqa: B905
        positional = [
            parameter.name for parameter in self._parameters if parameter.kind is inspect.Parameter.POSITIONAL_ONLY
        ]
        return [values.pop(name) for name in positional if name in values], values
