"""What is collected beside the user's bus: of classes, handlers and their owners, without calling anything."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from datetime import datetime as clock
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Protocol

import pytest

from inspector.agent.facts.calls import describe_call
from inspector.agent.facts.classes import describe_class_facts
from inspector.agent.facts.collect import collect, collect_facts
from inspector.agent.facts.wiring import WiredCallable, WiredEvent, Wiring, core_wiring
from inspector.agent.reading.loaded import Target, make_program
from inspector.agent.reading.places import class_place
from inspector.core import DomainEvent
from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.facts import CatalogFacts
from inspector.core.redact.marked import SECRET
from inspector.core.values.build import build, to_plain

if TYPE_CHECKING:
    from somewhere import Unknown

HERE = __name__


@dataclass(frozen=True, kw_only=True)
class Placed(DomainEvent):
    total: int = 0


class Tag:
    """Somebody's own class: one instance is shared by all who have it as a default."""


class Colour(Enum):
    RED = 1


@dataclass(frozen=True)
class Price:
    cents: int = 0


# --- classes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Positional(DomainEvent):
    total: int = field(default=1)


@dataclass
class Loose:
    total: int = 1


class Plain:
    def __init__(self, total: int, tags: Any = []) -> None:  # noqa: B006 - what is looked for
        raise AssertionError("nothing is built")


class Point(NamedTuple):
    x: int
    tags: Any = []


@pytest.mark.parametrize(
    ("cls", "make", "frozen", "keyword_only"),
    [
        (Placed, "dataclass", True, True),
        (Positional, "dataclass", True, False),
        (Loose, "dataclass", False, False),
        (Plain, "plain", False, False),
        (Point, "namedtuple", True, None),
        (Tag, "plain", None, None),
    ],
)
def test_how_a_class_is_made(cls: type, make: str, frozen: bool | None, keyword_only: bool | None) -> None:
    facts = describe_class_facts("key", cls)
    assert (facts.make, facts.frozen, facts.keyword_only) == (make, frozen, keyword_only)


def test_the_classes_above_are_named_from_the_nearest_on() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Below(Placed):
        pass

    bases = describe_class_facts("key", Below).bases
    assert bases == (f"{HERE}.Placed", "inspector.core.bus.events.DomainEvent")


@dataclass(frozen=True, kw_only=True)
class Defaults:
    tag: Any = Tag()  # noqa: RUF009 - what is looked for
    nested: Any = ((Tag(),),)
    number: int = 1
    price: Price = Price()
    colour: Colour = Colour.RED
    kind: type = Tag
    call: Callable[..., Any] = print
    each: list[Any] = field(default_factory=list)


def test_shared_defaults_are_those_that_can_be_changed() -> None:
    assert describe_class_facts("key", Defaults).shared_defaults == ("tag", "nested")
    assert describe_class_facts("key", Plain).shared_defaults == ("tags",)
    assert describe_class_facts("key", Point).shared_defaults == ("tags",)


def _aware() -> datetime:
    return datetime.now(UTC)


def _naive() -> datetime:
    return clock.now()


@dataclass(frozen=True, kw_only=True)
class Times:
    value: datetime = datetime(2026, 1, 1)
    zoned: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    now: datetime = field(default_factory=datetime.now)
    utcnow: datetime = field(default_factory=datetime.utcnow)
    function: datetime = field(default_factory=_naive)
    lam: datetime = field(default_factory=lambda: datetime.utcnow())
    aware: datetime = field(default_factory=_aware)
    aware_lam: datetime = field(default_factory=lambda: datetime.now(tz=UTC))
    replaced: datetime = field(default_factory=lambda: datetime.utcnow().replace(tzinfo=UTC))
    other: Any = field(default_factory=lambda: Tag.now())  # type: ignore[attr-defined]


def test_naive_times_are_found_without_asking_the_clock() -> None:
    assert describe_class_facts("key", Times).naive_defaults == ("value", "now", "utcnow", "function", "lam")


def test_fields_that_a_class_hides() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Hiding:
        __redact__ = ("named",)
        named: str
        marked: Annotated[str, SECRET]
        silent: str = field(repr=False)
        shown: str = ""

    assert describe_class_facts("key", Hiding).hidden == ("marked", "named", "silent")


def test_a_class_that_refuses_to_be_looked_at_has_what_is_left() -> None:
    class Meta(type):
        def __getattribute__(cls, name: str) -> Any:
            if name == "__mro__":
                return super().__getattribute__(name)
            raise RuntimeError("no")

    class Hostile(metaclass=Meta):
        pass

    facts = describe_class_facts("key", Hostile)
    assert (facts.make, facts.frozen) == ("plain", None)


# --- handlers ---------------------------------------------------------------------------------------------------------


class Owner:
    def __init__(self, bus: Any = None) -> None:
        self._bus = bus

    async def handle(self, event: Placed) -> None:
        raise AssertionError("nothing is called")

    async def indirect(self, event: object) -> None:
        self.write(event)

    def write(self, event: Any) -> None:
        self._bus.get_session()

    def __call__(self, event: Placed, *, optional: int = 1) -> None:
        raise AssertionError("nothing is called")


def two(event: Placed, other: int) -> None: ...
def none() -> None: ...
def keyword(event: Placed, *, session: Any) -> None: ...
def free(*events: Placed) -> None: ...
def union(event: Placed | Positional) -> None: ...
def unknown(event: Unknown) -> None: ...
def nothing(event) -> None: ...
def anything(event: Any) -> None: ...


def written(text: str) -> Callable[..., Any]:
    """A handler annotated with this text, as without ``from __future__ import annotations``."""

    def handler(event: Any) -> None: ...

    handler.__annotations__ = {"event": text}
    return handler


class Shaped(Protocol):
    total: int


def shaped(event: Shaped) -> None: ...
def generic(event: list[Placed]) -> None: ...


PLACED, NONE = f"{HERE}.Placed", "builtins.NoneType"


@pytest.mark.parametrize(
    ("handler", "refuses"),
    [
        (Owner().handle, ""),
        (Owner(), ""),
        (free, ""),
        (functools.partial(two, other=1), ""),
        (two, "it requires 2 arguments: event, other"),
        (none, "it takes no arguments"),
        (keyword, "it requires the keyword argument session"),
        (Owner.handle, "it requires 2 arguments: self, event"),
        (print, ""),
    ],
)
def test_why_a_handler_cannot_be_called_with_the_event_alone(handler: Any, refuses: str) -> None:
    assert describe_call("key", handler).refuses == refuses


@pytest.mark.parametrize(
    ("handler", "accepts", "names"),
    [
        (Owner().handle, (PLACED,), ()),
        (Owner(), (PLACED,), ()),
        (free, (PLACED,), ()),
        (written("'Placed | None'"), (PLACED,), ()),
        (written("Optional['Placed']"), (PLACED,), ()),
        (written("Union[Placed, Unknown]"), (PLACED,), ("Unknown",)),
        (written("Placed |"), None, ()),
        (written("'Placed |'"), None, ()),
        (written("make()"), None, ()),
        (union, (PLACED, f"{HERE}.Positional"), ()),
        (unknown, (), ("Unknown",)),
        (nothing, None, ()),
        (anything, None, ()),
        (shaped, None, ()),
        (generic, None, ()),
    ],
)
def test_what_an_annotation_lets_in(handler: Any, accepts: Any, names: tuple[str, ...]) -> None:
    facts = describe_call("key", handler)
    found = facts.accepts
    assert (None if found is None else tuple(key for key in found if key != NONE)) == accepts
    assert facts.accepts_names == names


def test_a_handler_that_is_not_called_with_the_event_is_not_judged() -> None:
    assert describe_call("key", two, ()).refuses == ""


def test_a_handler_needs_a_session_when_a_method_that_it_calls_asks_for_it() -> None:
    assert describe_call("key", Owner().indirect).needs_session
    assert not describe_call("key", Owner().handle).needs_session


class Ledger:
    """Handlers that ask their bus for the session, each in its own way."""

    def __init__(self, bus: Any) -> None:
        self._bus = bus
        self._database = bus

    async def raises(self, event: Placed) -> None:
        session = self._bus.get_session()
        if session is None:
            text = "no session"
            raise RuntimeError(text)
        session.add(event)

    async def leaves(self, event: Placed) -> None:
        if (session := self._bus.get_session()) is None:
            print("no session")
            return
        session.add(event)

    async def uses(self, event: Placed) -> None:
        session: Any = self._bus.get_session()
        session.add(event)

    async def uses_at_once(self, event: Placed) -> None:
        self._bus.get_session().add(event)

    async def only_with(self, event: Placed) -> None:
        session = self._bus.get_session()
        if session is not None:
            session.add(event)

    async def by_another(self, event: Placed) -> None:
        self._session().add(event)

    def _session(self) -> Any:
        session = self._bus.get_session()
        if not session:
            raise LookupError
        return session

    async def of_an_attribute(self, event: Placed) -> None:
        session = self._bus.current_session
        if session is None:
            raise LookupError
        session.add(event)

    async def at_once_of_an_attribute(self, event: Placed) -> None:
        self._bus.session.add(event)

    async def as_a_parameter(self, event: Placed, session: Any) -> None:
        session.add(event)

    async def as_a_parameter_that_may_be_none(self, event: Placed, *, db_session: Any = None) -> None:
        if not db_session:
            print("no session")
            return
        db_session.add(event)

    async def with_another_for_a_parameter(self, event: Placed, session: Any = None) -> None:
        session = session or self._database.connect()
        session.add(event)

    async def opens_one(self, event: Placed) -> None:
        session = self._bus.get_session()
        if session is None:
            session = self._database.connect()
        session.add(event)

    async def has_another(self, event: Placed) -> None:
        session = self._bus.get_session() or self._database.connect()
        session.add(event)

    async def writes_elsewhere(self, event: Placed) -> None:
        session = self._bus.get_session()
        if session is None:
            await self._database.write(event)
            return
        session.add(event)

    async def goes_on(self, event: Placed) -> None:
        session = self._bus.get_session()
        if session is not None:
            session.add(event)
        await self._database.write(event)

    async def of_a_database(self, event: Placed) -> None:
        session = self._database.get_session()
        session.add(event)


@pytest.mark.parametrize(
    ("method", "fails"),
    [
        *((name, True) for name in ("raises", "leaves", "uses", "uses_at_once", "only_with", "by_another")),
        *((name, True) for name in ("of_an_attribute", "at_once_of_an_attribute", "as_a_parameter")),
        *(("as_a_parameter_that_may_be_none", True), ("with_another_for_a_parameter", False)),
        *((name, False) for name in ("opens_one", "has_another", "writes_elsewhere", "goes_on", "of_a_database")),
    ],
)
def test_whether_a_handler_can_do_anything_without_a_session(method: str, fails: bool) -> None:
    fact = describe_call("key", getattr(Ledger(None), method))
    assert fact.needs_session
    assert fact.fails_without_session is fails


def test_who_publishes_gives_the_session_where_the_bus_takes_it_with_the_event() -> None:
    class WithSession:
        def __init__(self) -> None:
            self.handlers: dict[type, list[Any]] = {Placed: [two]}

        async def publish(self, event: Any, session: Any = None) -> None:
            for handler in self.handlers[type(event)]:
                handler(event, session)

    class Without(WithSession):
        async def publish(self, event: Any) -> None:  # type: ignore[override]
            for handler in self.handlers[type(event)]:
                handler(event)

    for kind, expected in ((WithSession, True), (Without, False)):
        program = make_program("app", [Target("app:bus", kind())])
        assert collect(program).session_by_publish is expected


# --- the whole --------------------------------------------------------------------------------------------------------


class MailHandler:
    async def handle_placed(self, event: Placed) -> None: ...
    async def on_moved(self, event: Any) -> None: ...
    async def about(self, event: Placed) -> None: ...
    async def send(self, text: str) -> None: ...
    def _handle_hidden(self, event: Placed) -> None: ...


class IdleHandler:
    async def handle_anything(self, event: Any) -> None:
        getattr(event, "user_id", None)


class DispatchingHandler:
    """Finds its methods by name: nobody can tell which of them are called."""

    async def __call__(self, event: Any) -> None:
        await getattr(self, f"handle_{event}")(event)

    async def handle_by_name(self, event: Any) -> None: ...


class PatternHandler(Protocol):
    async def handle_anything(self, event: Any) -> None: ...


class AuditAction(Enum):
    ORDER_PLACED = "order_placed"


def wired() -> CatalogFacts:
    bus = InMemoryEventBus()
    bus.subscribe(Placed, MailHandler().handle_placed)
    return collect_facts(core_wiring(bus))


def test_methods_that_nothing_subscribes_are_found_also_in_classes_that_are_not_in_use() -> None:
    found = {(each.owner, each.method): each for each in wired().uncalled}
    assert set(found) == {
        ("MailHandler", "on_moved"),
        ("MailHandler", "about"),
        ("IdleHandler", "handle_anything"),
    }
    assert found["MailHandler", "about"].annotation == "Placed"
    assert found["MailHandler", "about"].line > 0


def test_audit_actions_are_found_by_the_name_of_their_enum() -> None:
    assert {"ORDER_PLACED", "order_placed"} <= set(wired().audit_actions or ())


def test_facts_travel_as_json() -> None:
    facts = wired()
    assert build(CatalogFacts, to_plain(facts)) == facts


def test_a_program_tells_its_wiring_itself_and_one_that_cannot_has_no_facts() -> None:
    class Told:
        def wiring(self) -> Wiring:
            return Wiring(
                (WiredEvent("order.placed", None, kind="command"),),
                (WiredCallable("app:two", two, ()),),
                async_bus=False,
            )

    facts = collect(Told())
    assert (facts.events[0].make, facts.events[0].kind, facts.async_bus) == ("name", "command", False)
    assert collect(object()) == CatalogFacts()


def test_the_place_of_a_class_is_its_first_class_statement() -> None:
    file, line = class_place(Placed)
    assert file == sys.modules[HERE].__file__
    with open(file, encoding="utf-8") as source:  # noqa: PTH123
        assert source.readlines()[line - 1] == "class Placed(DomainEvent):\n"
    assert class_place(int) == ("", 0)
