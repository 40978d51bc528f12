"""Rules over handlers and subscriptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from inspector.catalog.findings.model import Hit, at_event, at_handler, rule
from inspector.catalog.findings.words import snake, words

if TYPE_CHECKING:
    from inspector.catalog.findings.subject import Subject
    from inspector.core.description import EventDescription, HandlerDescription
    from inspector.core.facts import HandlerFacts, UncalledMethod


@rule(
    "EV301",
    "event-unheard",
    "No subscribers",
    "warning",
    "Publishing this event has no effect: nothing subscribes to it.",
    "Subscribe a handler, or remove the event.",
)
def unheard(subject: Subject) -> Iterator[Hit]:
    """Events without any handler."""
    for event in subject.proper_events:
        if not event.handlers:
            yield at_event(event, f"{event.name} has no subscribers.")


@rule(
    "EV302",
    "required-handler-missing",
    "Required handler missing",
    "error",
    "The registry requires a handler of this kind, but none is subscribed: nothing is logged, audited or mailed.",
    "Subscribe one, or drop the requirement. If the handler has another name, list it under kinds in "
    "[tool.inspector.check].",
)
def required_missing(subject: Subject) -> Iterator[Hit]:
    """Kinds of handler that the registry asks for and nobody is."""
    for event in subject.events:
        handlers = subject.handlers_of(event)
        for kind in event.requires:
            if not any(subject.is_of_kind(handler, kind, event) for handler in handlers):
                yield at_event(event, f"{event.name} requires a handler for {kind}, but none is subscribed.")


@rule(
    "EV303",
    "event-not-registered",
    "Event not registered",
    "warning",
    "The event has handlers but is not in the registry: whatever is generated from the registry (wiring, "
    "documentation, audit) leaves it out.",
    "Add it to the registry.",
)
def not_registered(subject: Subject) -> Iterator[Hit]:
    """Events that are handled and not registered."""
    if not subject.facts.has_registry:
        return
    for event in subject.proper_events:
        if event.handlers and not subject.fact(event).registered:
            label = subject.handler(event.handlers[0]).label
            more = f" and {len(event.handlers) - 1} more" if len(event.handlers) > 1 else ""
            hit = at_event(event, f"{event.name} is handled by {label}{more} but is not in the registry.")
            yield Hit(hit.message, "", event.name, label, event.file, event.line)


@rule(
    "EV304",
    "orphan-handler-method",
    "Handler never called",
    "warning",
    "The method looks like a handler, but no subscription and no source line calls it. Usually its name is "
    "misspelled, or another method has replaced it.",
    "Correct its name, subscribe it, or delete it.",
)
def orphan_method(subject: Subject) -> Iterator[Hit]:
    """Methods made like handlers that nothing can call."""
    mentioned = subject.source.mentioned if subject.source is not None else set()
    expected = _expected_methods(subject)
    for uncalled in subject.facts.uncalled:
        if uncalled.method not in mentioned:
            label = f"{uncalled.owner}.{uncalled.method}"
            near, event = _nearest(uncalled, expected, subject)
            text, fix = f"Nothing calls {label}.", ""
            if (instead := _subscribed_instead(uncalled, event, subject)) is not None:
                text = f"Nothing calls {label}: {instead.method} is subscribed to {event}."
                alike = get_close_matches(uncalled.method, [instead.method], 1, 0.6)
                fix = "Delete it." if alike else "Subscribe it too, or delete it."
            elif near:
                text = f"{text} Did you mean {near} ({event})?"
            yield Hit(text, fix, event=event, handler=label, file=uncalled.file, line=uncalled.line)


def _subscribed_instead(uncalled: UncalledMethod, event: str, subject: Subject) -> HandlerDescription | None:
    """Return the method of the same class that an event goes to, the one of the most similar name."""
    described = next((event_type for event_type in subject.events if event_type.name == event), None)
    handlers = subject.handlers_of(described) if described is not None else []
    own = {handler.method: handler for handler in handlers if handler.owner == uncalled.owner}
    near = get_close_matches(uncalled.method, own, 1, 0.0)
    return own[near[0]] if near else None


def _expected_methods(subject: Subject) -> dict[str, str]:
    """Return the names that handler methods have by the program's own convention, each with its event.

    Where no handler follows one of those that we know, any of them may be meant.
    """
    names = [
        (event, convention, name)
        for event in subject.events
        for convention, name in _conventional_names(event, subject.bare_name(event))
    ]
    methods = {(event.name, handler.method) for event in subject.events for handler in subject.handlers_of(event)}
    used = {convention for event, convention, name in names if (event.name, name) in methods}
    expected: dict[str, str] = {}
    for event, convention, name in names:
        if convention in used or not used:
            expected.setdefault(name, event.name)
    return expected


def _conventional_names(event: EventDescription, bare: str) -> Iterator[tuple[str, str]]:
    """Yield the conventions by which a handler of an event may be called, each with the name."""
    place = "_".join((*words(event.workflow), *words(event.phase)))
    for kind, stem in (("place", place), ("name", snake(bare))):
        for prefix in ("handle", "on") if stem else ():
            yield f"{prefix} {kind}", f"{prefix}_{stem}"


def _nearest(uncalled: UncalledMethod, expected: dict[str, str], subject: Subject) -> tuple[str, str]:
    """Return conventional method that is most like one, and its event; the annotation decides where there is one."""
    annotated = subject.names.get(uncalled.annotation.rpartition(".")[2])
    if annotated is not None:
        names = [name for name, event in expected.items() if event == annotated.name and name != uncalled.method]
    else:
        names = [name for name in expected if name != uncalled.method]
    near = get_close_matches(uncalled.method, names, 1, 0.8 if annotated is None else 0.5)
    if near:
        return near[0], expected[near[0]]
    return "", annotated.name if annotated is not None else expected.get(uncalled.method, "")


@rule(
    "EV305",
    "subscribed-twice",
    "Duplicate subscription",
    "warning",
    "The same handler is subscribed to the event more than once and runs that often: two mails, two audit rows.",
    "Subscribe it once.",
)
def subscribed_twice(subject: Subject) -> Iterator[Hit]:
    """Handlers subscribed to one event more than once."""
    for event in subject.events:
        for key, count in Counter(event.handlers).items():
            if count > 1:
                handler = subject.handler(key)
                text = f"{handler.label} is subscribed to {event.name} {_times(count)}."
                yield at_handler(handler, text, event.name)


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


@rule(
    "EV306",
    "handler-not-async",
    "Handler not async",
    "warning",
    "A synchronous handler blocks the event loop: every other handler and request waits for it. A bus that "
    "gathers coroutines fails on it.",
    "Declare it with async def.",
)
def not_async(subject: Subject) -> Iterator[Hit]:
    """Synchronous handlers on an asynchronous bus. A lambda may return what another coroutine function gives."""
    for handler, event in subject.first_uses():
        if not subject.facts.async_bus and not subject.handler_fact(handler.key).on_loop:
            continue
        if not handler.is_async and "lambda" not in handler.method:
            yield at_handler(handler, f"{handler.label} is not async: it blocks the loop.", event.name)


@rule(
    "EV307",
    "handler-signature",
    "Wrong handler signature",
    "error",
    "The bus calls this handler with arguments that it does not accept, so every call fails.",
    "Make it accept what the bus passes: for most buses, the event as the only required argument.",
)
def wrong_signature(subject: Subject) -> Iterator[Hit]:
    """Handlers that cannot be called as their bus calls them."""
    for handler, event in subject.first_uses():
        fact = subject.handler_fact(handler.key)
        if fact.refuses:
            passed = fact.called_with or f"{event.name} only"
            text = f"{handler.label} cannot be called with {passed}: {fact.refuses}."
            yield at_handler(handler, text, event.name)


@rule(
    "EV308",
    "handler-annotation",
    "Wrong event annotation",
    "error",
    "The handler is annotated with a different event than the one it is subscribed to. It may read fields "
    "that do not exist.",
    "Subscribe it to the event it expects, or correct the annotation.",
)
def wrong_annotation(subject: Subject) -> Iterator[Hit]:
    """Handlers whose annotation leaves out the event that they are subscribed to."""
    for event in subject.events:
        if subject.fact(event).make in ("name", ""):
            continue
        for handler in subject.handlers_of(event):
            fact = subject.handler_fact(handler.key)
            if fact.accepts is not None and not _accepts(subject, fact, event):
                text = f"{handler.label} takes {fact.annotation} but is subscribed to {event.name}."
                yield at_handler(handler, text, event.name)


def _accepts(subject: Subject, fact: HandlerFacts, event: EventDescription) -> bool:
    lineage = (event.key, *subject.fact(event).bases)
    if not set(lineage).isdisjoint(fact.accepts or ()):
        return True
    bare = {key.rpartition(".")[2] for key in lineage}
    # A name that was not found and that is no event's may be a base, an alias, a protocol: nobody can tell.
    return any(name in bare or name not in subject.names for name in fact.accepts_names)


@rule(
    "EV309",
    "handler-on-base-class",
    "Handler on base class",
    "warning",
    "The bus looks up handlers by the exact class of the event. A handler for a base class is never called "
    "for its subclasses.",
    "Subscribe it to each subclass.",
)
def on_base_class(subject: Subject) -> Iterator[Hit]:
    """Handlers on a class above other events, on a bus that matches exactly."""
    for event in subject.events:
        below = subject.below.get(event.key)
        if below and event.handlers and subject.fact(event).matched == "exact":
            for handler in subject.handlers_of(event):
                names = ", ".join(event.name for event in below[:3]) + (", …" if len(below) > 3 else "")
                text = f"{handler.label} is subscribed to the base class {event.name} and is not called for {names}."
                yield at_handler(handler, text, event.name)


@rule(
    "EV310",
    "few-handlers",
    "Only one handler",
    "information",
    "Events pay off when several independent things follow. With one handler, a direct call is easier to "
    "read and to test.",
    "Keep it if more handlers will follow; otherwise call the handler directly.",
)
def few_handlers(subject: Subject) -> Iterator[Hit]:
    """Events with one handler."""
    for event in subject.proper_events:
        handlers = subject.handlers_of(event)
        # A command has exactly one handler: that is what makes it one.
        if len(handlers) == 1 and subject.fact(event).kind != "command":
            yield at_event(event, f"{event.name} has one handler, {handlers[0].label}.")


@rule(
    "EV311",
    "coroutine-never-awaited",
    "Coroutine never awaited",
    "error",
    "The bus ignores what handlers return. This one returns a coroutine that never runs; Python only warns "
    "that it was never awaited.",
    "Declare it with def, or make the bus await its handlers.",
)
def never_awaited(subject: Subject) -> Iterator[Hit]:
    """Coroutine functions as handlers of a synchronous bus."""
    for handler, event in subject.first_uses():
        if subject.handler_fact(handler.key).never_awaited:
            yield at_handler(handler, f"{handler.label} is async, but the bus never awaits it.", event.name)


RULES: Final = (
    *(unheard, required_missing, not_registered, orphan_method, subscribed_twice, not_async),
    *(wrong_signature, wrong_annotation, on_base_class, few_handlers, never_awaited),
)
