"""A form to fire an event, without any window: texts per field, what they say, what is wrong with them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from inspector.catalog import fieldtext
from inspector.catalog.synthetic.synthetic import synthesise
from inspector.core.errors import UsageError
from inspector.core.request import TIMEOUT, FireRequest

if TYPE_CHECKING:
    from inspector.core.description import EventDescription, FieldShape


#: Stands for no value, which None may be.
_NOTHING: Final = object()


@dataclass(frozen=True)
class FireForm:
    """What a person asks for: publish this.

    Attributes:
        event: Name of the event type.
        values: JSON values by field name; a field that is not here takes its default.
        session: Publish with a database session.
        metadata: The metadata of the publication.
        timeout: How long a handler may take, in seconds; None for no limit.
        count: How many times, one after another.
        seed: Seed that gave the values; None when a person wrote any of them.
        same: Publish the same values each time; else all but ``written`` are made anew.
        written: Fields whose values a person chose.
        description: The event type; None leaves the values of a series the same.
    """

    event: str
    values: dict[str, Any]
    session: bool = True
    metadata: dict[str, str] = field(default_factory=dict)
    timeout: float | None = TIMEOUT
    count: int = 1
    seed: int | None = None
    same: bool = False
    written: frozenset[str] = frozenset()
    description: EventDescription | None = None

    @property
    def fixed_values(self) -> dict[str, Any]:
        """The values that every publication has."""
        if self.count == 1 or self.same or self.description is None:
            return self.values
        return {name: value for name, value in self.values.items() if name in self.written}

    def request(self) -> FireRequest:
        """Return what a host is asked for, all of it at once."""
        return next(self.requests(max(1, self.count)))

    def requests(self, size: int) -> Iterator[FireRequest]:
        """Yield what a host is asked for, in requests of at most ``size`` publications; the seed decides all values."""
        values = self._all_values()
        while part := list(islice(values, size)):
            yield FireRequest(self.event, part, session=self.session, metadata=self.metadata, timeout=self.timeout)

    def _all_values(self) -> Iterator[dict[str, Any]]:
        yield self.values
        # Not the form's own seed: that gives the values of the first one once more.
        rng = random.Random(None if self.seed is None else f"series {self.seed}")  # noqa: S311 - sample values, no secrets
        for _ in range(1, self.count):
            yield self.values if self.same else self._renewed(rng)

    def _renewed(self, rng: random.Random) -> dict[str, Any]:
        """Return other values for the fields that are given; what a person chose and what identifies an event stay."""
        if self.description is None:
            return self.values
        fixed = self.written | {shape.name for shape in self.description.fields if shape.base}
        fresh = synthesise(self.description, rng)
        return {name: value if name in fixed else fresh.get(name, value) for name, value in self.values.items()}


class EventForm:
    """The fields of an event as texts.

    A field with a default that is left empty takes it; an optional field that is left empty is None; required text
    that is left empty is empty text.

    Args:
        event: The event type.
        seed: Seed of the values that the form begins with.
    """

    def __init__(self, event: EventDescription, seed: int) -> None:
        self.event = event
        self.seed: int | None = seed
        self._shapes = {shape.name: shape for shape in event.fields}
        self._texts: dict[str, str] = {}
        self._exact: dict[str, Any] = {}
        self._unknown: dict[str, Any] = {}
        #: Fields whose values a person chose.
        self.written: set[str] = set()
        self.reroll(seed)

    def reroll(self, seed: int) -> None:
        """Fill in the synthetic values of another seed; what identifies the event stays as written."""
        base_texts = {name: self._texts.get(name, "") for name, shape in self._shapes.items() if shape.base}
        self.set_values(synthesise(self.event, random.Random(seed)))  # noqa: S311 - sample values, no secrets
        self._texts.update(base_texts)
        self.written = {name for name, text in base_texts.items() if text}
        self.seed = seed

    def required_values(self) -> dict[str, Any]:
        """Return a synthetic value for each required field."""
        values = synthesise(self.event, random.Random(self.seed or 1))  # noqa: S311 - sample values, no secrets
        return {name: value for name, value in values.items() if self._shapes[name].required}

    def text(self, name: str) -> str:
        """Return what stands in a field."""
        return self._texts.get(name, "")

    def set_text(self, name: str, text: str) -> None:
        """Write into a field."""
        self._texts[name] = text
        self._exact.pop(name, None)
        self.written.add(name)
        self.seed = None

    def set_values(self, values: dict[str, Any]) -> None:
        """Fill in values that a person chose; fields that are not given become empty."""
        self.written = set(values)
        self._unknown = {name: value for name, value in values.items() if name not in self._shapes}
        self._texts, self._exact = {}, {}
        for name, shape in self._shapes.items():
            if name in values:
                self._exact[name] = values[name]
                self._texts[name] = fieldtext.format(shape.type, values[name])
        self.seed = None

    def value(self, shape: FieldShape) -> tuple[bool, Any]:
        """Return whether a field is given, and its value.

        Raises:
            UsageError: What stands there is no such value.
        """
        if shape.name in self._exact:
            return True, fieldtext.check(shape.type, self._exact[shape.name], shape.name)
        text = self.text(shape.name)
        if not text.strip() and not shape.required:
            return False, shape.default
        return True, fieldtext.parse(shape.type, text, shape.name)

    def problem(self, name: str) -> str:
        """Return what is wrong with a field; empty when nothing is."""
        try:
            self.value(self._shapes[name])
        except UsageError as error:
            return error.text
        return ""

    def problems(self) -> dict[str, str]:
        """Return what is wrong, by field; empty when the event can be fired."""
        problems = {name: f"Unknown field {name}." for name in self._unknown}
        problems.update({name: text for name in self._shapes if (text := self.problem(name))})
        return problems

    def values(self) -> dict[str, Any]:
        """Return the values of the fields that are given.

        Raises:
            UsageError: A field is wrong.
        """
        values: dict[str, Any] = {}
        for name, shape in self._shapes.items():
            is_given, value = self.value(shape)
            if is_given:
                values[name] = value
        return values

    def json_text(self) -> str:
        """Write the form as JSON; a field that is wrong stands there as its text."""
        values: dict[str, Any] = {}
        for name, shape in self._shapes.items():
            try:
                is_given, value = self.value(shape)
            except UsageError:
                is_given, value = True, self._exact.get(name, self.text(name))
            if is_given:
                values[name] = value
        return json.dumps({**values, **self._unknown}, ensure_ascii=False, indent=2)

    def set_json(self, text: str) -> None:
        """Take the values from JSON.

        Raises:
            UsageError: It is no JSON object; the form stays as it was.
        """
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise UsageError(f"Not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
        except (RecursionError, ValueError) as error:
            raise UsageError(f"Not JSON: {error}") from None
        if not isinstance(values, dict):
            raise UsageError("Enter the fields as a JSON object, like {…}")
        before, written = self._exact, self.written
        self.set_values(values)
        # What stands there as it was made is nobody's choice.
        self.written = {name for name in values if name in written or before.get(name, _NOTHING) != values[name]}
