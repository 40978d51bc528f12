"""Rules over event classes and their fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from inspector.catalog.findings.model import Hit, at_event, rule
from inspector.catalog.findings.words import is_address, looks_personal, looks_secret
from inspector.core.redact.names import secret_kind
from inspector.core.values.table import ATOMS

if TYPE_CHECKING:
    from inspector.catalog.findings.subject import Subject
    from inspector.core.description import EventDescription, FieldShape, TypeShape

_MUTABLE: Final = {"list": "a list", "set": "a set", "dict": "a dict"}
#: Secrets that people keep in numbers; a number of tokens is none.
_NUMBER_SECRETS: Final = frozenset({"pin", "card", "otp", "ssn", "iban", "account", "password"})
_NUMBERS: Final = frozenset({"int", "float", "decimal"})
_HARMLESS: Final = {"enum", "literal", *(atom.kind for atom in ATOMS.values() if not atom.textual)} - _NUMBERS
_HIDING_TYPES: Final = ("Secret",)
#: They have a JSON form also where the name could not be looked up (imported for type checkers only).
_KNOWN_TYPES: Final = frozenset(
    {
        *(atom.type.__name__ for atom in ATOMS.values() if atom.made.__module__ != "builtins"),
        *("StrEnum", "FutureDatetime", "FutureDate"),
    }
)
_WORD: Final = re.compile(r"\w+")


def _own(event: EventDescription) -> Iterator[FieldShape]:
    return (shape for shape in event.fields if not shape.base)


@rule(
    "EV201",
    "event-not-frozen",
    "warning",
    "Events are facts: handlers run side by side on the same instance, and one that changes it changes what the others "
    "see and what is recorded.",
    "Declare the class with @dataclass(frozen=True, kw_only=True).",
)
def not_frozen(subject: Subject) -> Iterator[Hit]:
    """Classes whose instances can be changed."""
    for event in subject.events:
        # A command goes to one handler alone.
        if subject.fact(event).frozen is False and not (
            subject.fact(event).kind == "command" and len(event.handlers) < 2
        ):
            yield at_event(event, f"{event.name} is not frozen: a handler can change it under the others.")


@rule(
    "EV202",
    "event-not-keyword-only",
    "information",
    "Given by position, two fields of one type are easily swapped, and a field that is added in the middle shifts all "
    "that follow without an error.",
    "Declare the class with kw_only=True.",
)
def not_keyword_only(subject: Subject) -> Iterator[Hit]:
    """Classes whose fields can be given by position."""
    for event in subject.events:
        if subject.fact(event).keyword_only is False:
            yield at_event(event, f"{event.name} takes its fields by position too.")


@rule(
    "EV203",
    "mutable-default",
    "warning",
    "The default is one object for all instances: what is changed through one event is changed in every other.",
    "Use field(default_factory=…), or an immutable default.",
)
def mutable_default(subject: Subject) -> Iterator[Hit]:
    """Defaults that all instances share and that can be changed."""
    for event in subject.events:
        for name in subject.fact(event).shared_defaults:
            yield at_event(event, f"{event.name}.{name} has a mutable default that all instances share.")


@rule(
    "EV204",
    "mutable-field",
    "information",
    "Frozen keeps a field from being set again, not its list from being added to. A handler that does so changes the "
    "event for all others.",
    "Use tuple, frozenset or Mapping.",
)
def mutable_field(subject: Subject) -> Iterator[Hit]:
    """Fields that hold a list, a set or a dict."""
    for event in subject.events:
        for shape in _own(event) if subject.fact(event).make != "name" else ():
            what = _MUTABLE.get(shape.type.kind)
            if what:
                text = f"{event.name}.{shape.name} is {what}: handlers can change it though the event is frozen."
                yield at_event(event, text)


@rule(
    "EV205",
    "unserialisable-field",
    "warning",
    "An event is written to logs, sent to other processes and kept for later. A field whose type has no JSON form "
    "breaks that the first time it is needed.",
    "Hold an id or plain values instead of the object.",
)
def unserialisable(subject: Subject) -> Iterator[Hit]:
    """Fields of a type that JSON cannot say."""
    for event in subject.events:
        for shape in _own(event):
            text = _opaque(shape.type)
            if text and not any(mark in text for mark in _HIDING_TYPES):
                yield at_event(event, f"{event.name}.{shape.name} holds {text}, which has no JSON form.")


def _opaque(shape: TypeShape) -> str:
    if shape.kind == "opaque":
        return "" if _KNOWN_TYPES.intersection(_WORD.findall(shape.text)) else shape.text
    inner = (*shape.args, *(field.type for field in shape.fields))
    return next((text for part in inner if (text := _opaque(part))), "")


@rule(
    "EV206",
    "naive-time-default",
    "warning",
    "A time without a time zone means another moment on every machine, and cannot be compared with one that has a "
    "zone.",
    "Use field(default_factory=lambda: datetime.now(timezone.utc)).",
)
def naive_default(subject: Subject) -> Iterator[Hit]:
    """Defaults that are a time without a time zone."""
    for event in subject.events:
        for name in subject.fact(event).naive_defaults:
            yield at_event(event, f"{event.name}.{name} gets a time without a time zone by default.")


@rule(
    "EV207",
    "secret-not-redacted",
    "warning",
    "The field's name promises a secret, and nothing hides it: not the recorder, which goes by names and texts, and "
    "not the class. It would be shown, stored and exported as it is.",
    "Mark it: Annotated[str, SECRET] or __redact__ = (…), make it text, or leave it out of the event.",
)
def secret_not_redacted(subject: Subject) -> Iterator[Hit]:
    """Secrets that the recorder does not recognise and that the class does not hide."""
    for event in subject.events:
        hidden = subject.fact(event).hidden
        for shape in _own(event):
            if shape.name not in hidden and not shape.secret and _unhidden_secret(shape):
                text = f"{event.name}.{shape.name} ({shape.type.text}) looks like a secret, and nothing redacts it."
                yield at_event(event, text)


def _unhidden_secret(shape: FieldShape) -> bool:
    kind = secret_kind(shape.name)
    type_ = shape.type
    if type_.kind in _HARMLESS or any(mark in type_.text for mark in _HIDING_TYPES):
        return False
    if type_.kind in _NUMBERS:
        return kind in _NUMBER_SECRETS
    if type_.kind == "object":
        return bool(kind) and not any(inner.secret for inner in type_.fields)
    return bool(kind) or looks_secret(shape.name)


@rule(
    "EV208",
    "secret-field",
    "information",
    "The event carries a secret to every handler. The recorder hides it; a log line with the event's repr, an audit "
    "row or a queue does not.",
    "Send an id instead, or hide it with field(repr=False) and keep it out of logs.",
)
def secret_field(subject: Subject) -> Iterator[Hit]:
    """Events with fields that hold secrets, which the recorder redacts."""
    for event in subject.events:
        names = [shape.name for shape in _own(event) if shape.secret and not is_address(shape.name)]
        if names:
            yield at_event(event, f"{event.name} carries what looks like a secret: {', '.join(names)}.")


@rule(
    "EV209",
    "personal-data",
    "information",
    "Events outlive what they tell of: they stand in logs, audit trails and recorded sessions. Personal data in them "
    "has to be found and deleted there too.",
    "Send the user's id, and let the handler look up what it needs.",
)
def personal_data(subject: Subject) -> Iterator[Hit]:
    """Events with fields that say something about a person."""
    for event in subject.events:
        names = [shape.name for shape in _own(event) if shape.type.kind != "bool" and looks_personal(shape.name)]
        if names:
            yield at_event(event, f"{event.name} carries personal data: {', '.join(names)}.")


RULES: Final = (
    *(not_frozen, not_keyword_only, mutable_default, mutable_field, unserialisable, naive_default),
    *(secret_not_redacted, secret_field, personal_data),
)
