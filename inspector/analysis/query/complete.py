"""What could stand at the cursor of a filter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inspector.analysis.losskinds import LOSS_KINDS
from inspector.analysis.query.query import ANY_BAD, FIELDS, MEASURES, PAYLOAD
from inspector.analysis.query.terms import UNHEARD, payload_fields
from inspector.core.records.numbers import PublicationIndex
from inspector.core.records.statuses import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.analysis.journal import Journal
    from inspector.core.description import TypeShape

#: More are of no help.
LIMIT: Final = 50
_AT_CURSOR: Final = re.compile(r'-?(?:(?P<field>[\w.]+):(?:[^\s"]*,)?)?(?P<begun>[^\s":]*|"[^"]*)$')


@dataclass(frozen=True)
class Completion:
    """Replace ``start ≤ position < end`` of the filter's text by ``text``; ``note`` says what it is."""

    start: int
    end: int
    text: str
    note: str = ""


def complete(text: str, cursor: int, journal: Journal) -> list[Completion]:
    """Return what could stand at the cursor, the likeliest first: fields, then values of the field begun.

    Args:
        text: The filter.
        cursor: Position of the cursor, in characters.
        journal: Whose handlers, events and errors to offer.
    """
    match = _AT_CURSOR.search(text, 0, cursor)
    if match is None:
        return []
    field, begun = match.group("field", "begun")
    rest = re.match(r'[^\s",:]*', text[cursor:])
    end = cursor + (rest.end() if rest else 0)
    choices = _fields(journal, begun) if field is None else _values(field, journal)
    wanted = begun.lstrip('"').rstrip("*").lower()
    start = match.start("begun")
    ranked = sorted(
        (
            (not choice.lower().startswith(wanted), number, choice, note)
            for number, (choice, note) in enumerate(choices)
            if wanted in choice.lower()
        ),
        key=lambda entry: entry[:2],
    )
    return [Completion(start, end, quoted(choice), note) for _, _, choice, note in ranked[:LIMIT]]


def _fields(journal: Journal, begun: str) -> Iterable[tuple[str, str]]:
    """Yield what a term can begin with; fields of events with ``payload.`` where that is begun, or has to be there."""
    yield from ((f"{name}:", note) for name, note in FIELDS.items())
    yield from ((f"{name}≥", note) for name, note in MEASURES.items())
    for name, shape in dict(_payload_fields(journal)).items():
        prefix = PAYLOAD if name in FIELDS or name in MEASURES or begun.startswith(PAYLOAD) else ""
        yield f"{prefix}{name}:", shape.text


def _payload_fields(journal: Journal) -> Iterable[tuple[str, TypeShape]]:
    """Yield the fields of all events in the catalog with their types."""
    for event in journal.events:
        yield from payload_fields(event.fields)


def _values(field: str, journal: Journal) -> Iterable[tuple[str, str]]:
    if field == "handler":
        yield from _distinct((handler.owner, "class") for handler in journal.handlers)
        yield from _distinct((handler.label, "method") for handler in journal.handlers)
    elif field == "event":
        yield from ((event.name, event.workflow) for event in journal.events)
    elif field in ("workflow", "phase", "category"):
        yield from _distinct((getattr(event, field), "") for event in journal.events)
    elif field == "status":
        yield from ((status, "") for status in STATUSES)
        yield from ((ANY_BAD, "all problems"), (UNHEARD, "publications without handlers"))
    elif field == "error":
        yield from _distinct((kind.type, "") for kind in reversed(journal.errors.kinds))
    elif field == "corr":
        for publication in range(len(journal.publications) - 1, max(-1, len(journal.publications) - 20), -1):
            details = journal.publication(PublicationIndex(publication))
            if details.correlation:
                yield details.correlation, f"{details.event.name} #{details.number}"
    elif field == "fault":
        yield from (("yes", "with an injected fault"), ("no", "without a fault"))
    elif field == "retry":
        yield from (("yes", "retries"), ("no", "without retries"))
    elif field == "loss":
        yield from ((kind.name, kind.about) for kind in LOSS_KINDS)
    elif field == "process":
        entries = journal.processes.by_number.values()
        yield from _distinct((entry.role, "role") for entry in entries)
        yield from ((str(entry.number), entry.label) for entry in entries)
    else:
        path = field.removeprefix(PAYLOAD)
        for name, shape in _payload_fields(journal):
            if name == path:
                yield from ((choice.name, "") for choice in shape.choices)
                yield from ((text, "") for text in ("true", "false") if shape.kind == "bool")


def _distinct(choices: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return ((choice, note) for choice, note in dict(choices).items() if choice)


def quoted(choice: str) -> str:
    """Return a value as it is written in a filter."""
    if re.search(r'[\s",]', choice):
        return '"' + choice.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return choice
