"""What to fire: the event a person means, its values from a seed, and those written on the command line."""

from __future__ import annotations

import difflib
import json
import random
import secrets
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from inspector.catalog import fieldtext
from inspector.catalog.synthetic.synthetic import synthesise
from inspector.core.errors import UsageError, alternatives
from inspector.core.topics import fits_pattern

if TYPE_CHECKING:
    from inspector.core.description import CatalogDescription, EventDescription, FieldShape

#: Seeds that we choose are short enough to be typed again.
_SEEDS: Final = 1_000_000_000
#: Identities of an event; they come from the seed too, so that a run can be repeated to the letter.
_IDENTITIES: Final = ("event_id", "correlation_id")


def new_seed() -> int:
    """Choose a seed."""
    return secrets.randbelow(_SEEDS)


def find_event(catalog: CatalogDescription, text: str) -> EventDescription:
    """Return the event that a person means: by class name, the end of its dotted name, or a pattern that it fits.

    An event that is a member of an enum may be named as the program does: ``Topic.ORDER_PLACED``.

    Raises:
        UsageError: There is none, or there is more than one.
    """
    matches = [event for event in catalog.events if f".{event.key}".endswith(f".{text}") or event.name == text]
    matches = matches or [event for event in catalog.events if any(f".{a}".endswith(f".{text}") for a in event.aliases)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        names = ", ".join(event.key for event in matches)
        raise UsageError(f"{text} is ambiguous: {names}.", "Add enough of the module name to tell them apart.")
    pattern = next(
        (pattern for pattern in catalog.patterns if pattern.name != "*" and fits_pattern(text, pattern.name)), None
    )
    if pattern is not None:
        return replace(pattern, name=text, key=text, event_type=text)
    names_by_text = {event.name.casefold(): event.name for event in catalog.events}
    close = difflib.get_close_matches(text.rpartition(".")[2].casefold(), names_by_text, n=3, cutoff=0.5)
    hint = _did_you_mean([names_by_text[name] for name in close])
    raise UsageError(f"Unknown event {text!r}.", f"{hint}See `inspector catalog`.")


def find_handler(catalog: CatalogDescription, event: EventDescription, text: str) -> str:
    """Return the key of the handler of an event that a person means: by its label, its last part, or its key.

    Raises:
        UsageError: The event has no such handler, or more than one.
    """
    labels = {handler.key: handler.label for handler in catalog.handlers}
    own = {key: labels.get(key, key) for key in event.handlers}
    matches = [key for key, label in own.items() if text in (key, label)]
    matches = matches or [key for key, label in own.items() if f".{label}".endswith(f".{text}")]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(f"{text} is ambiguous: {', '.join(matches)}.", "Use one of these.")
    listed = ", ".join(own.values()) or "no handlers"
    raise UsageError(f"{event.name} has no handler {text!r}.", f"It has {listed}.")


def written_values(event: EventDescription, texts: Sequence[str]) -> dict[str, Any]:
    """Read what was written as ``field=value``.

    Raises:
        UsageError: A text has no ``=``, the event no such field, or the value does not fit it.
    """
    shapes = {shape.name: shape for shape in event.fields}
    values: dict[str, Any] = {}
    written = pairs(texts, "--set", "field=value")
    for name, text in written:
        shape = shapes.get(name)
        if shape is None:
            raise UsageError(f"{event.name} has no field {name!r}.", _hint(shapes, name, dict(written)))
        values[name] = fieldtext.parse(shape.type, text, name)
    return values


def _hint(shapes: Mapping[str, FieldShape], name: str, written: Mapping[str, str]) -> str:
    """Return which fields there are; what is known of no field belongs into the payload of an event without a class."""
    own = [shape for shape in shapes.values() if not shape.base]
    if len(own) == 1 and own[0].type.kind == "dict":
        content = {key: _as_json(text) for key, text in written.items() if key not in shapes}
        option = f"{own[0].name}={json.dumps(content, ensure_ascii=False)}"
        return f"Its only field is a JSON object: --set {shlex.quote(option)}."
    close = _did_you_mean(difflib.get_close_matches(name, shapes, n=3, cutoff=0.5))
    return f"{close}Fields: {', '.join(shapes) or 'none'}."


def _as_json(text: str) -> Any:
    """Read a value of unknown type: as JSON, else as a text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def pairs(texts: Sequence[str], option: str, form: str) -> list[tuple[str, str]]:
    """Split what was written as ``name=value``.

    Raises:
        UsageError: A text is not of that form, or a name is given twice.
    """
    split: list[tuple[str, str]] = []
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"{option} needs {form}, not {text[:60]!r}.")
        if any(name.strip() == other for other, _ in split):
            raise UsageError(f"{option} sets {name.strip()[:60]!r} twice.", "Remove one of them.")
        split.append((name.strip(), value))
    return split


def make_values(
    event: EventDescription, rng: random.Random, written: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Make the JSON values of one publication.

    Args:
        event: The event type.
        rng: Where chance comes from; the same state gives the same values, the event's ids included.
        written: Values that stand as they are.
    """
    values = synthesise(event, rng)
    for shape in event.fields:
        if _is_identity(shape):
            values[shape.name] = str(UUID(int=rng.getrandbits(128), version=4))
    return {**values, **(written or {})}


def made_up(event: EventDescription, written: Mapping[str, Any]) -> list[str]:
    """Return the fields that ``make_values`` fills although they have a default."""
    return [shape.name for shape in event.fields if _is_identity(shape) and shape.name not in written]


def _is_identity(shape: FieldShape) -> bool:
    return shape.base and shape.name in _IDENTITIES and shape.type.kind == "uuid"


def many_values(
    event: EventDescription, seed: int, count: int, written: Mapping[str, Any], chunk: int, *, same: bool = False
) -> Iterator[list[dict[str, Any]]]:
    """Make the values of ``count`` publications in lists of at most ``chunk``; the seed decides all of them.

    Args:
        event: The event type.
        seed: Decides the values.
        count: How many publications.
        written: Values that stand as they are.
        chunk: How many are made at a time.
        same: The values of the first one for all of them; only what identifies a publication is its own.
    """
    rng = random.Random(seed)  # noqa: S311 - sample values, no secrets
    identities = made_up(event, written)
    common: dict[str, Any] = {}
    for first in range(0, count, chunk):
        values = [make_values(event, rng, written) for _ in range(min(chunk, count - first))]
        common = common or {name: value for name, value in values[0].items() if name not in identities}
        yield [{**value, **common} for value in values] if same else values


def _did_you_mean(names: Sequence[str]) -> str:
    return f"Did you mean {alternatives(names)}? " if names else ""
