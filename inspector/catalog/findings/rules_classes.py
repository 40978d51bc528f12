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
    "Event not frozen",
    "warning",
    "Handlers run side by side on the same instance. If one of them changes it, the others and the recording "
    "see the change.",
    "Declare the class with @dataclass(frozen=True, kw_only=True).",
)
def not_frozen(subject: Subject) -> Iterator[Hit]:
    """Classes whose instances can be changed."""
    for event in subject.events:
        # A command goes to one handler alone.
        if subject.fact(event).frozen is False and not (
            subject.fact(event).kind == "command" and len(event.handlers) < 2
        ):
            yield at_event(event, f"{event.name} is not frozen: a handler can change it while others use it.")


@rule(
    "EV202",
    "event-not-keyword-only",
    "Fields not keyword-only",
    "information",
    "Positional arguments of the same type are easily swapped, and adding a field in the middle silently "
    "shifts the ones after it.",
    "Declare the class with kw_only=True.",
)
def not_keyword_only(subject: Subject) -> Iterator[Hit]:
    """Classes whose fields can be given by position."""
    for event in subject.events:
        if subject.fact(event).keyword_only is False:
            yield at_event(event, f"{event.name} accepts positional arguments.")


@rule(
    "EV203",
    "mutable-default",
    "Mutable default",
    "warning",
    "All instances share one default object: changing it through one event changes it in every other.",
    "Use field(default_factory=…), or an immutable default.",
)
def mutable_default(subject: Subject) -> Iterator[Hit]:
    """Defaults that all instances share and that can be changed."""
    for event in subject.events:
        for name in subject.fact(event).shared_defaults:
            yield at_event(event, f"{event.name}.{name} has a mutable default, shared by all instances.")


@rule(
    "EV204",
    "mutable-field",
    "Mutable field",
    "information",
    "A frozen class protects the field, not its contents: a handler that appends to the list changes the "
    "event for all others.",
    "Use tuple, frozenset or Mapping.",
)
def mutable_field(subject: Subject) -> Iterator[Hit]:
    """Fields that hold a list, a set or a dict."""
    for event in subject.events:
        for shape in _own(event) if subject.fact(event).make != "name" else ():
            what = _MUTABLE.get(shape.type.kind)
            if what:
                text = f"{event.name}.{shape.name} is {what}: handlers can change it although the event is frozen."
                yield at_event(event, text)


@rule(
    "EV205",
    "unserialisable-field",
    "Field not serializable",
    "warning",
    "Events are logged, sent to other processes and stored. A field whose type has no JSON form breaks the "
    "first time that happens.",
    "Store an id or plain values instead of the object.",
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
    "Default time without zone",
    "warning",
    "A time without a time zone means a different moment on every machine, and cannot be compared with one "
    "that has a zone.",
    "Use field(default_factory=lambda: datetime.now(timezone.utc)).",
)
def naive_default(subject: Subject) -> Iterator[Hit]:
    """Defaults that are a time without a time zone."""
    for event in subject.events:
        for name in subject.fact(event).naive_defaults:
            yield at_event(event, f"{event.name}.{name} defaults to a time without a time zone.")


@rule(
    "EV207",
    "secret-not-redacted",
    "Secret not redacted",
    "warning",
    "The field's name suggests a secret, but neither the class nor the recorder hides it. It would be shown, "
    "stored and exported in clear.",
    "Mark it with Annotated[str, SECRET] or __redact__ = (…), make it a string, or remove it from the event.",
)
def secret_not_redacted(subject: Subject) -> Iterator[Hit]:
    """Secrets that the recorder does not recognise and that the class does not hide."""
    for event in subject.events:
        hidden = subject.fact(event).hidden
        for shape in _own(event):
            if shape.name not in hidden and not shape.secret and _unhidden_secret(shape):
                text = f"{event.name}.{shape.name} ({shape.type.text}) looks like a secret and is not redacted."
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
    "Secret field",
    "information",
    "Every handler receives the secret. The recorder hides it; a log line with the event's repr, an audit "
    "row or a queue does not.",
    "Pass an id instead, or hide it with field(repr=False) and keep it out of logs.",
)
def secret_field(subject: Subject) -> Iterator[Hit]:
    """Events with fields that hold secrets, which the recorder redacts."""
    for event in subject.events:
        names = [shape.name for shape in _own(event) if shape.secret and not is_address(shape.name)]
        if names:
            yield at_event(event, f"{event.name} appears to carry secrets: {', '.join(names)}.")


@rule(
    "EV209",
    "personal-data",
    "Personal data",
    "information",
    "Events are kept in logs, audit trails and recordings. Personal data in them must be found and deleted there too.",
    "Pass the user's id and let the handler look up what it needs.",
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
