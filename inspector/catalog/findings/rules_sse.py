"""Rules over server-sent events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from inspector.catalog.findings.model import Hit, rule

if TYPE_CHECKING:
    from inspector.catalog.findings.subject import Subject
    from inspector.core.facts import SSEFacts
    from inspector.core.source import Payload


@rule(
    "EV501",
    "sse-event-unknown",
    "SSE mapping without event",
    "warning",
    "The mapping starts from an event that the program does not have, so clients never receive it.",
    "Map an event of the catalog, or remove the mapping.",
)
def unknown(subject: Subject) -> Iterator[Hit]:
    """Mappings of events that neither the registry nor the bus knows."""
    keys = {event.key for event in subject.events}
    for mapping in subject.facts.sse:
        if mapping.event not in keys:
            text = f"{mapping.name} is mapped to {mapping.event_type} but is not in the catalog."
            yield Hit(text, event=mapping.name, file=mapping.file, line=mapping.line)


@rule(
    "EV502",
    "sse-payload-differs",
    "SSE payload mismatch",
    "warning",
    "The payload's fields differ from those declared for its type. Clients rely on the declaration.",
    "Return exactly the declared fields from the extractor, or correct the declaration.",
)
def payload_differs(subject: Subject) -> Iterator[Hit]:
    """Payloads, as far as they are written out in the source, with other keys than declared."""
    for mapping, payload in _payloads(subject):
        if payload.keys is None or mapping.declared is None:
            continue
        declared, sent = dict.fromkeys(mapping.declared), dict.fromkeys(payload.keys)
        missing = [name for name in declared if name not in sent]
        surplus = [name for name in sent if name not in declared]
        parts = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"adds {', '.join(surplus)}"] * bool(surplus)
        if parts:
            text = f"The payload of {mapping.event_type} for {mapping.name} {' and '.join(parts)}."
            yield Hit(text, event=mapping.name, file=mapping.file, line=mapping.line)


@rule(
    "EV503",
    "sse-payload-reads-unknown-field",
    "SSE payload reads unknown field",
    "error",
    "The extractor reads a field that the event does not have, so it raises for every event.",
    "Read an existing field of the event.",
)
def reads_unknown(subject: Subject) -> Iterator[Hit]:
    """Extractors that read what the event does not have."""
    fields = {event.key: {shape.name for shape in event.fields} for event in subject.events if event.fields}
    makes = {event.key: subject.fact(event).make for event in subject.events}
    for mapping, payload in _payloads(subject):
        # Only of a dataclass everything that it has is known: others may have properties and methods.
        if mapping.event not in fields or makes[mapping.event] != "dataclass" or payload.keys is None:
            continue
        unknown_fields = [name for name in payload.reads if name not in fields[mapping.event] and name not in _COMMON]
        if unknown_fields:
            reads = ", ".join(unknown_fields)
            text = f"The payload of {mapping.event_type} reads {reads}, which {mapping.name} does not have."
            yield Hit(text, event=mapping.name, file=mapping.file, line=mapping.line)


#: What every event of ours has beside its fields.
_COMMON: Final = frozenset({"event_type", "to_dict", "from_dict"})


@rule(
    "EV504",
    "sse-type-unmapped",
    "SSE type not mapped",
    "information",
    "A server-sent event type is declared, but no event is mapped to it: clients wait for it forever.",
    "Map an event to it, or remove the type.",
)
def unmapped(subject: Subject) -> Iterator[Hit]:
    """Types of server-sent events without a mapping."""
    mapped = {kind.event_type for kind in subject.facts.sse}
    for kind in subject.facts.sse_types:
        if kind.name not in mapped:
            yield Hit(f"No event is mapped to the server-sent event {kind.name}.", file=kind.file, line=kind.line)


def _payloads(subject: Subject) -> Iterator[tuple[SSEFacts, Payload]]:
    if subject.source is None:
        return
    for mapping in subject.facts.sse:
        payload = subject.source.payload_at(mapping.file, mapping.line)
        if payload is not None:
            yield mapping, payload


RULES: Final = (unknown, payload_differs, reads_unknown, unmapped)
