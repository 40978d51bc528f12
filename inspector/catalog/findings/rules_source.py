"""Rules over the source: what is never made, and how things are published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from inspector.catalog.findings.model import Hit, at_event, rule

if TYPE_CHECKING:
    from inspector.catalog.findings.model import Severity
    from inspector.catalog.findings.subject import Subject
    from inspector.core.description import EventDescription, HandlerDescription
    from inspector.core.source import Publishing

#: Phases that are rightly told before, or instead of, storing something.
_BEFORE: Final = frozenset({"attempted", "failed", "denied", "rejected"})


@rule(
    "EV601",
    "event-never-made",
    "Event never constructed",
    "information",
    "No source line constructs the class, so nothing publishes it. Construction through a variable cannot be "
    "detected; classes whose source was not read are skipped.",
    "Publish it where it happens, or remove it.",
)
def never_made(subject: Subject) -> Iterator[Hit]:
    """Events whose class is called nowhere in the source."""
    source = subject.source
    if source is None:
        return
    for event in subject.proper_events:
        if subject.fact(event).make == "name" or not source.was_read(event.file):
            continue
        name = subject.bare_name(event)
        if name not in source.constructed and not source.may_mention(name):
            yield at_event(event, f"{event.name} is never constructed in this project.")


@rule(
    "EV602",
    "published-before-stored",
    "Published before stored",
    "information",
    "The event is published before the data is stored. If storing fails, the mail is sent and the audit row "
    "written for something that never happened. Detected from source order: please review.",
    "Store first, then publish.",
)
def before_stored(subject: Subject) -> Iterator[Hit]:
    """Publishes, in one function, with a commit or save after them."""
    for file, publishing, event in _published(subject):
        words = {event.phase.lower(), *(word for word in _BEFORE if publishing.event.lower().endswith(word))}
        if publishing.stored_at and words.isdisjoint(_BEFORE):
            lines = f"on line {publishing.line} but stores on line {publishing.stored_at}"
            text = f"{publishing.function} publishes {event.name} {lines}."
            yield Hit(text, event=event.name, file=file, line=publishing.line)


@rule(
    "EV603",
    "published-without-session",
    "Published without session",
    "information",
    "A handler of the event needs the publisher's database session, and this call passes none. Detected from "
    "source: please review. A warning if the registry requires the handler and its code does nothing without "
    "a session; an error if, in addition, no call that publishes the event passes one.",
    "Publish with session=session.",
    worst="error",
)
def without_session(subject: Subject) -> Iterator[Hit]:
    """Publishes without a session of events whose handlers need one."""
    for file, publishing, event in _published(subject):
        if publishing.with_session:
            continue
        needing = [handler for handler in subject.handlers_of(event) if subject.handler_fact(handler.key).needs_session]
        if not needing:
            continue
        required = [handler for handler in needing if _is_lost(subject, handler, event)]
        handler = (required or needing)[0]
        text = f"{publishing.function} publishes {event.name} without the session that {handler.label} needs."
        severity: Severity | None = "warning" if required else None
        if required and _never_gets_session(subject, event):
            text = f"{text} No call passes one, so {handler.label} never does its work."
            severity = "error"
        yield Hit(text, "", event.name, handler.label, file, publishing.line, severity)


def _is_lost(subject: Subject, handler: HandlerDescription, event: EventDescription) -> bool:
    """Return whether the registry requires a handler, and it does nothing without a session."""
    fact = subject.handler_fact(handler.key)
    return fact.fails_without_session and any(subject.is_of_kind(handler, kind, event) for kind in event.requires)


def _never_gets_session(subject: Subject, event: EventDescription) -> bool:
    """Return whether it is certain that every publish of an event gives no session.

    It is where only publishing can give one, and the whole source was read: each instance that it makes is published in
    the same function, and none of that is with a session.
    """
    source, name = subject.source, subject.bare_name(event)
    if source is None or not subject.facts.session_by_publish or source.may_mention(name):
        return False
    published = [publishing for publishing in source.published if publishing.event == name]
    if any(publishing.with_session for publishing in published):
        return False
    places = {(publishing.file, publishing.made_at) for publishing in published}
    return len(places) == source.constructed.get(name, 0)


@rule(
    "EV604",
    "publish-not-awaited",
    "Publish not awaited",
    "error",
    "Publishing on an asynchronous bus returns a coroutine. Without await it never runs, and no handler is called.",
    "Add await.",
)
def not_awaited(subject: Subject) -> Iterator[Hit]:
    """Publishes that stand alone in their line, without await."""
    if not subject.facts.async_bus and not any(handler.on_loop for handler in subject.facts.handlers):
        return
    for file, publishing, event in _published(subject):
        if publishing.lost and not _may_be_plain(subject, publishing):
            text = f"{publishing.function} publishes {event.name} without await: it never runs."
            yield Hit(text, event=event.name, file=file, line=publishing.line)


def _may_be_plain(subject: Subject, publishing: Publishing) -> bool:
    """Return whether the project has a method of this name that is no coroutine function, and this may be it."""
    source = subject.source
    if source is None or publishing.verb not in source.plain_verbs:
        return False
    return (publishing.receiver, publishing.verb) not in source.awaited_verbs


@rule(
    "EV605",
    "blocking-call",
    "Blocking call",
    "warning",
    "The handler is a coroutine that makes a blocking call: the event loop stops, and every other handler "
    "and request with it.",
    "Use an asynchronous library, or await asyncio.to_thread(…).",
)
def blocking_call(subject: Subject) -> Iterator[Hit]:
    """Asynchronous handlers that call something that blocks."""
    for handler, event in subject.first_uses():
        for call in subject.source.blocking_at(handler.file, handler.line) if subject.source is not None else ():
            text = f"{handler.label} calls {call.name}, which blocks the event loop."
            yield Hit(text, event=event.name, handler=handler.label, file=handler.file, line=call.line)


@rule(
    "EV606",
    "handler-calls-handler",
    "Handler calls handler",
    "information",
    "Handlers are independent. If one calls another, it runs twice or in an unexpected order, and fails when "
    "the other fails.",
    "Publish an event, or move the shared code into a function.",
)
def calls_handler(subject: Subject) -> Iterator[Hit]:
    """Handlers that call the method of another handler."""
    methods = {handler.method for handler in subject.description.handlers}
    labels = {handler.label for handler in subject.description.handlers}
    for handler, event in subject.first_uses():
        for call in subject.source.handlers_called_at(handler.file, handler.line) if subject.source is not None else ():
            if f"{handler.owner}.{call.name}" in labels if call.own else call.name in methods:
                text = f"{handler.label} calls {call.name}, which is also a handler."
                yield Hit(text, event=event.name, handler=handler.label, file=handler.file, line=call.line)


def _published(subject: Subject) -> Iterator[tuple[str, Publishing, EventDescription]]:
    if subject.source is None:
        return
    for publishing in subject.source.published:
        event = subject.names.get(publishing.event)
        if event is not None:
            yield publishing.file, publishing, event


RULES: Final = (never_made, before_stored, without_session, not_awaited, blocking_call, calls_handler)
