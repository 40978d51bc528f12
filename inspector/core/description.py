"""What a program declares, as plain data: its events, their fields, its handlers and subscriptions.

The description is made beside the user's bus and travels (as JSON) to wherever it is shown, so nothing
that shows a catalog ever needs the user's classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .spec import BusSpec  # noqa: TC001 - what is built from JSON asks for the types at run time


@dataclass(frozen=True)
class Choice:
    """One value of an enum or a ``Literal``: the name people see and the JSON value that selects it."""

    name: str
    value: Any


@dataclass(frozen=True)
class TypeShape:
    """The type of a field, as data.

    Attributes:
        kind: One of ``str int float bool uuid datetime date time timedelta decimal bytes enum literal list tuple
            set frozenset dict object union none any opaque``. ``object`` is a nested dataclass, ``opaque`` a type
            that we cannot build from JSON.
        text: The annotation as people write it, e.g. ``UUID | None``.
        optional: ``None`` is a member of the type; the other attributes then describe the rest.
        args: Element types: ``list[T]`` has one, ``dict[K, V]`` two, a fixed ``tuple`` one each, ``union`` its members.
            A variable-length ``tuple[T, ...]`` has kind ``list`` semantics with ``variadic`` set.
        variadic: A ``tuple[T, ...]``.
        choices: The values of an enum or a literal, in order.
        fields: The fields of an ``object``.
    """

    kind: str
    text: str
    optional: bool = False
    args: tuple[TypeShape, ...] = ()
    variadic: bool = False
    choices: tuple[Choice, ...] = ()
    fields: tuple[FieldShape, ...] = ()


@dataclass(frozen=True)
class FieldShape:
    """One field of an event (or of a nested object).

    Attributes:
        name: The field's name.
        type: Its type.
        required: A value must be given: there is no default.
        default: The default as JSON (what ``to_dict`` would give); None when required, made by a factory or withheld.
        generated: The default comes from a factory (``event_id``, ``occurred_at``, …), or is withheld.
        withheld: What is shown instead of a default that is a secret or long; empty when it is told.
        base: The field is one that every event has (``event_id``, ``correlation_id``, ``occurred_at``, ``tenant_id``).
        secret: Its name or type says that the value must not be shown.
    """

    name: str
    type: TypeShape
    required: bool
    default: Any = None
    generated: bool = False
    base: bool = False
    secret: bool = False
    withheld: str = ""


@dataclass(frozen=True)
class SSEDescription:
    """The server-sent event that an event becomes: its wire name, category and payload fields (None: not declared)."""

    event_type: str
    category: str
    payload_fields: tuple[str, ...] | None
    description: str = ""


@dataclass(frozen=True)
class HandlerDescription:
    """A callable subscribed to one event type or more.

    Attributes:
        key: Identity across runs: module, qualified name and, for bound methods, the owner's class.
        label: What people read: ``AuditEventHandler.handle_user_login_failed``.
        owner: The lane group: the owner's class, or the module for a plain function.
        method: The last part of the label.
        module: Where it is defined.
        file: Absolute path of the source, empty when unknown.
        line: First line of the definition, 1-based; 0 when unknown.
        is_async: Calling it gives an awaitable.
        doc: First paragraph of its docstring.
        called_by: Of one that was found while running, and that stands in no container that is read: who called it.
    """

    key: str
    label: str
    owner: str
    method: str
    module: str = ""
    file: str = ""
    line: int = 0
    is_async: bool = True
    doc: str = ""
    called_by: str = ""


@dataclass(frozen=True)
class EventDescription:
    """An event type and where it stands in the catalog.

    Attributes:
        name: The class name.
        key: ``module.qualname``; tells apart two classes of one name.
        event_type: The name under which it travels.
        handlers: Keys of its handlers, in the order of subscription; a handler subscribed twice stands twice.
        requires: Kinds of handler the registry asks for: ``logging``, ``audit``, ``email``, ``session``.
        aliases: What else it is called: the member of an enum that stands for its name, ``Topic.ORDER_PLACED``.
    """

    name: str
    key: str
    event_type: str
    category: str
    workflow: str
    phase: str
    doc: str = ""
    file: str = ""
    line: int = 0
    fields: tuple[FieldShape, ...] = ()
    handlers: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    audit_action: str = ""
    sse: SSEDescription | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """Something of a program that could not be read, or that does not work.

    Attributes:
        where: What it is about: ``shop.wiring:get_bus``, ``OrderPlaced``.
        text: One sentence for people.
        hint: What to do next; empty when there is nothing to say.
        file: Absolute path of the source, empty when unknown.
        line: The line there, 1-based; 0 when unknown.
    """

    where: str
    text: str
    hint: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class SourceDescription:
    """One bus of a program, and how we came to read it so.

    Attributes:
        where: Where it was found: ``shop.wiring:bus``.
        adapter: The adapter that reads it.
        text: The choice explained: where its handlers stand and what publishes.
    """

    where: str
    adapter: str
    text: str


@dataclass(frozen=True)
class CatalogDescription:
    """Everything a program declares.

    Attributes:
        program: What people call it: ``demo catalog``.
        statistics: What ``get_statistics`` gives for the registry.
        categories: Every category the program knows, in its order, including those without events.
        problems: What could not be read, and what would not survive its way; the rest works.
        sources: The buses that were found.
        patterns: Patterns of names that are subscribed to (``order.*``): events of any name that fits can be fired.
        specs: How each of them is read.
    """

    program: str
    events: tuple[EventDescription, ...] = ()
    handlers: tuple[HandlerDescription, ...] = ()
    categories: tuple[str, ...] = ()
    statistics: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    sources: tuple[SourceDescription, ...] = ()
    patterns: tuple[EventDescription, ...] = ()
    specs: tuple[BusSpec, ...] = ()

    @property
    def workflows(self) -> tuple[str, ...]:
        """The names of the workflows, in order; one that goes through several categories is still one."""
        return tuple(dict.fromkeys(event.workflow for event in self.events if event.workflow))

    @property
    def subscriptions(self) -> int:
        """How many subscriptions there are: a handler counts once per event type it is subscribed to."""
        return sum(len(event.handlers) for event in self.events)


#: The catalog that was written last in this process, and its text.
_written: list[tuple[str, CatalogDescription]] = []


def remember_catalog(text: str, catalog: CatalogDescription) -> None:
    """Take note of the text that was written for a catalog, so that this process need not read it back."""
    _written[:] = [(text, catalog)]


def remembered_catalog(text: str) -> CatalogDescription | None:
    """Return the catalog that this very text was written for, the newest of this process; None for any other."""
    return next((catalog for written, catalog in tuple(_written) if written is text), None)
