"""From a recorded payload back to values with which the event can be fired again, and what has changed since."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from inspector.catalog import fieldtext
from inspector.core.errors import UsageError
from inspector.core.values.build import to_plain
from inspector.core.values.shape import BASE_FIELDS
from inspector.core.values.snapshot import EnumValue, ObjectValue, Truncated, decode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from inspector.core.description import EventDescription, FieldShape

_REDACTED = "<redacted:"


class _LostError(Exception):
    """A part of the value was not recorded."""


@dataclass(frozen=True)
class Replay:
    """A recorded payload as values of its event type as that is now.

    The identity of the event (``event_id``, ``occurred_at``, … whatever is generated for each) is left out: what is
    fired again is another event.

    Attributes:
        event: The event type as it is now.
        values: JSON values by field name, of the fields that were recorded and that there still are.
        lost: Fields whose values were not recorded whole: cut, redacted, or of a type that only exists in the program.
        removed: Values of fields that the event type no longer has.
        added: Fields that it did not have.
        unfit: Fields whose recorded value no longer is one, with the reason.
    """

    event: EventDescription
    values: Mapping[str, Any]
    lost: tuple[str, ...] = ()
    removed: Mapping[str, Any] = field(default_factory=dict)
    added: tuple[FieldShape, ...] = ()
    unfit: Mapping[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """The event type has changed, so that a person has to say which value goes where."""
        return bool(self.removed or self.added or self.unfit)

    @property
    def changes(self) -> str:
        """What has changed, for people: ``amount removed, total added``; empty when nothing has."""
        parts = [f"{name} removed" for name in self.removed] + [f"{shape.name} added" for shape in self.added]
        return ", ".join([*parts, *(f"{name} retyped" for name in self.unfit)])

    def mapped(self, mapping: FieldMapping) -> dict[str, Any]:
        """Return the values with which the event is fired, as a person has mapped them.

        Raises:
            UsageError: A value does not fit its field.
        """
        shapes = {shape.name: shape for shape in self.event.fields}
        recorded = {**self.values, **self.removed}
        values = {name: value for name, value in self.values.items() if name not in self.unfit}
        for name, source in mapping.sources.items():
            if source in recorded:
                values[name] = fieldtext.check(shapes[name].type, recorded[source], name)
        for name, value in mapping.written.items():
            values[name] = fieldtext.check(shapes[name].type, value, name)
        return values


@dataclass(frozen=True)
class FieldMapping:
    """Which values an event of a changed type gets. What is in neither takes its default, or a synthetic value.

    Attributes:
        sources: The recorded field whose value a field takes.
        written: The JSON value that a person wrote for a field.
        decided: All fields, removed ones too, that were decided about.
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, Any] = field(default_factory=dict)
    decided: frozenset[str] = frozenset()

    def covers(self, replay: Replay) -> bool:
        """Return whether everything that has changed was decided about."""
        return self.decided.issuperset({*replay.removed, *(shape.name for shape in replay.added), *replay.unfit})

    def carried(self, asked: Replay, replay: Replay) -> FieldMapping | None:
        """Return what was decided about one recording of an event for another; None where a person has to say again.

        A value that was written for a recorded one is not for the others: where it is only the recorded one in the
        new type, each gets its own.
        """
        if not self.covers(replay):
            return None
        shapes = {shape.name: shape for shape in replay.event.fields}
        written = dict(self.written)
        for name in written.keys() & asked.unfit.keys():
            if name not in replay.unfit:
                del written[name]
            elif replay.values[name] != asked.values[name]:
                try:
                    own = _retyped(shapes[name], replay.values[name])
                    if _retyped(shapes[name], asked.values[name]) != written[name]:
                        return None
                except UsageError:
                    return None
                written[name] = own
        return replace(self, written=written)


def _retyped(shape: FieldShape, value: Any) -> Any:
    """Return a recorded value in the type that its field has now.

    Raises:
        UsageError: It is none of that type, however it is written.
    """
    return fieldtext.parse(shape.type, fieldtext.format(shape.type, value), shape.name)


def replay_of(event: EventDescription, payload: str, had: Collection[str] = ()) -> Replay:
    """Return a recorded payload as values of the event type as it is now.

    Args:
        event: The event type as it is now.
        payload: The payload as tagged JSON.
        had: The fields that it had when that was recorded, as far as it is known. What else is in the payload was
            computed by the event itself.

    Raises:
        ValueError: The text is no payload.
    """
    recorded = decode(payload)
    if not isinstance(recorded, dict):
        return Replay(event, {})
    shapes = {shape.name: shape for shape in event.fields}
    values: dict[str, Any] = {}
    lost: list[str] = []
    removed: dict[str, Any] = {}
    unfit: dict[str, str] = {}
    for name, value in recorded.items():
        shape = shapes.get(name)
        if (shape is not None and shape.base and shape.generated) or (shape is None and name in BASE_FIELDS):
            continue
        try:
            plain = _value(value)
        except _LostError:
            lost.append(name)
            plain = None
        if shape is None:
            if name in had or not had:
                removed[name] = plain
        elif name not in lost:
            values[name] = plain
            try:
                fieldtext.check(shape.type, plain, name)
            except UsageError as error:
                unfit[name] = error.text
    added = tuple(
        shape
        for shape in event.fields
        if not shape.base and shape.name not in recorded and (shape.name not in had if had else shape.required)
    )
    order = [name for name in shapes if name in values]
    return Replay(event, {name: values[name] for name in order}, tuple(lost), removed, added, unfit)


def _value(value: Any) -> Any:
    if isinstance(value, Truncated) or (isinstance(value, str) and value.startswith(_REDACTED)):
        raise _LostError
    if isinstance(value, EnumValue):
        return value.name if value.name is not None else _value(value.value)
    if isinstance(value, ObjectValue):
        return _value(value.value) if value.value is not None else _value(value.fields)
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(_value(key)): _value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_value(item) for item in value]
    return to_plain(value)
