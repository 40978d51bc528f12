"""What a check needs to know of classes and handlers beyond what the catalog shows, as plain data.

The facts are collected beside the user's bus (``agent.facts``), travel as JSON like the description, and are judged
where the catalog is shown. ``None`` and the empty defaults mean "not known": a rule stays silent then.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EventFacts:
    """How an event's class is made.

    Attributes:
        key: The ``EventDescription.key`` that it belongs to.
        registered: A registry knows it.
        kind: ``event``, or ``command`` when the program calls it one.
        matched: How its subscriptions are looked up: ``exact``, ``base`` (subclasses too) or ``wildcard``.
        make: ``dataclass attrs pydantic pydantic1 namedtuple typeddict plain``, or ``name`` without a class.
        frozen: Its fields cannot be set again.
        keyword_only: Its own fields cannot be given by position.
        bases: ``module.qualname`` of every class above it but ``object``, the nearest first.
        shared_defaults: Fields whose default is one mutable object that all instances share.
        naive_defaults: Fields whose default is a time without a time zone.
        hidden: Fields that the class itself keeps out of its ``repr`` or marks as secret.
        subscribed: A handler is subscribed to this very class, not only to one above it.
        abstract: It cannot be instantiated.
        channel: The topic that it inherits, on which others travel too; empty where its name is its own.
    """

    key: str
    registered: bool = True
    kind: str = "event"
    matched: str = "exact"
    make: str = "dataclass"
    frozen: bool | None = None
    keyword_only: bool | None = None
    bases: tuple[str, ...] = ()
    shared_defaults: tuple[str, ...] = ()
    naive_defaults: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    subscribed: bool = False
    abstract: bool = False
    channel: str = ""


@dataclass(frozen=True)
class HandlerFacts:
    """How a handler can be called.

    Attributes:
        key: The ``HandlerDescription.key`` that it belongs to.
        refuses: Why it cannot be called as its bus calls it; empty when it can, or when it is not known.
        called_with: What its bus calls it with, for people: ``signal and sender``; empty for the event alone.
        parameter: Name of the parameter that takes the event.
        annotation: What the parameter is annotated with, as text; empty without one.
        accepts: ``module.qualname`` of the classes that the annotation names; None when anything may come.
        accepts_names: Bare names in the annotation that could not be resolved.
        needs_session: It asks the bus for the database session of the publication.
        fails_without_session: By its code it can do nothing without one.
        never_awaited: Calling it gives a coroutine, and its bus drops what handlers give back.
        on_loop: Its bus calls it on an event loop.
    """

    key: str
    refuses: str = ""
    parameter: str = ""
    annotation: str = ""
    accepts: tuple[str, ...] | None = None
    accepts_names: tuple[str, ...] = ()
    needs_session: bool = False
    fails_without_session: bool = False
    called_with: str = ""
    never_awaited: bool = False
    on_loop: bool = False


@dataclass(frozen=True)
class UncalledMethod:
    """A method made like a handler, of a class that handles events, that no subscription calls.

    Attributes:
        owner: Qualified name of the class.
        method: Its name.
        annotation: What its event parameter is annotated with, empty without one.
        file: Absolute path of the source, empty when unknown.
        line: Its line, 1-based; 0 when unknown.
    """

    owner: str
    method: str
    annotation: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class SSEFacts:
    """A mapping from a domain event to a server-sent event.

    Attributes:
        event: ``module.qualname`` of the domain event's class.
        name: Name of that class.
        event_type: Name on the wire.
        declared: The fields that the payload is declared to have; None where nothing is declared.
        file: Source of the function that makes the payload, empty when unknown.
        line: Its line, 1-based; 0 when unknown.
    """

    event: str
    name: str
    event_type: str
    declared: tuple[str, ...] | None = None
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class SSEType:
    """A type of server-sent event that is declared.

    Attributes:
        name: Its name on the wire.
        file: Source of the enum that declares it, empty when unknown.
        line: Its line, 1-based; 0 when unknown.
    """

    name: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class CatalogFacts:
    """The facts of a whole program.

    Attributes:
        events: One for each event of the description, by ``key``.
        handlers: One for each handler of the description, by ``key``.
        uncalled: Methods that look like handlers and that nothing subscribes.
        has_registry: The program has a registry, so an event outside of it is a mistake.
        session_by_publish: Every bus is given the database session by who publishes, with the event.
        async_bus: All handlers run on an event loop, which a synchronous one blocks.
        audit_actions: Names that the program's audit actions have; None when it has no such list.
        sse: Every mapping to a server-sent event.
        sse_types: Every type of server-sent event that is declared.
    """

    events: tuple[EventFacts, ...] = ()
    handlers: tuple[HandlerFacts, ...] = ()
    uncalled: tuple[UncalledMethod, ...] = ()
    has_registry: bool = False
    session_by_publish: bool = False
    async_bus: bool = False
    audit_actions: tuple[str, ...] | None = None
    sse: tuple[SSEFacts, ...] = ()
    sse_types: tuple[SSEType, ...] = ()
