"""A catalog as data, without any event class: the 77 events of the demo, and builders for shapes."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspector.catalog import fieldtext
from inspector.core.description import (
    CatalogDescription,
    Choice,
    EventDescription,
    FieldShape,
    HandlerDescription,
    SSEDescription,
    TypeShape,
)
from inspector.core.errors import UsageError

CATEGORIES = ("authentication", "authorization", "provider", "data_sync", "session", "rate_limit", "admin")
OWNERS = {"logging": "Logging", "audit": "Audit", "email": "Email", "session": "Session"}
PORTFOLIO = ("AccountBalanceUpdated", "AccountHoldingsUpdated")

STR = TypeShape("str", "str")
INT = TypeShape("int", "int")
FLOAT = TypeShape("float", "float")
BOOL = TypeShape("bool", "bool")
UUID_SHAPE = TypeShape("uuid", "UUID")
DECIMAL = TypeShape("decimal", "Decimal")
DATETIME = TypeShape("datetime", "datetime")
DATE = TypeShape("date", "date")
TIME = TypeShape("time", "time")
TIMEDELTA = TypeShape("timedelta", "timedelta")
BYTES = TypeShape("bytes", "bytes")
ANY = TypeShape("any", "Any")
NONE = TypeShape("none", "None")
OPAQUE = TypeShape("opaque", "Socket")
LEVEL = TypeShape("enum", "Level", choices=(Choice("LOW", 1), Choice("HIGH", 9)))
MODE = TypeShape("literal", "Literal['fast', 'safe']", choices=(Choice("fast", "fast"), Choice("safe", "safe")))
POINT = TypeShape("object", "Point", fields=(FieldShape("x", INT, True), FieldShape("y", INT, False, default=0)))


def optional(shape: TypeShape) -> TypeShape:
    return TypeShape(
        shape.kind,
        f"{shape.text} | None",
        optional=True,
        args=shape.args,
        variadic=shape.variadic,
        choices=shape.choices,
        fields=shape.fields,
    )


def sequence(kind: str, *args: TypeShape, variadic: bool = False) -> TypeShape:
    inner = ", ".join(arg.text for arg in args) + (", ..." if variadic else "")
    return TypeShape(kind, f"{kind}[{inner}]", args=args, variadic=variadic)


ALL_SHAPES = (
    *(
        STR,
        INT,
        FLOAT,
        BOOL,
        UUID_SHAPE,
        DECIMAL,
        DATETIME,
        DATE,
        TIME,
        TIMEDELTA,
        BYTES,
        ANY,
        LEVEL,
        MODE,
        POINT,
    ),
    sequence("list", INT),
    sequence("tuple", INT, STR),
    sequence("list", STR, variadic=True),
    sequence("set", STR),
    sequence("frozenset", UUID_SHAPE),
    TypeShape("dict", "dict[str, int]", args=(STR, INT)),
    TypeShape("union", "int | str", args=(INT, STR)),
    sequence("list", POINT),
)

BASE_FIELDS = (
    FieldShape("event_id", UUID_SHAPE, required=False, generated=True, base=True),
    FieldShape("correlation_id", UUID_SHAPE, required=False, generated=True, base=True),
    FieldShape("occurred_at", DATETIME, required=False, generated=True, base=True),
    FieldShape("tenant_id", optional(STR), required=False, base=True),
)

_TYPES = {
    "UUID": UUID_SHAPE,
    "str": STR,
    "int": INT,
    "float": FLOAT,
    "bool": BOOL,
    "Decimal": DECIMAL,
    "dict[str, str]": TypeShape("dict", "dict[str, str]", args=(STR, STR)),
}
_DEFAULTS: dict[str, Any] = {"None": None, "True": True, "False": False, "0": 0, "{}": {}}


def field_of(text: str) -> FieldShape:
    """Read ``name: type = default`` as the catalog's file writes it."""
    declaration, _, default = text.partition(" = ")
    name, _, annotation = (part.strip() for part in declaration.partition(":"))
    shape = _TYPES[annotation.removesuffix(" | None")]
    if annotation.endswith(" | None"):
        shape = optional(shape)
    secret = "token" in name and shape.kind == "str"
    return FieldShape(name, shape, required=not default, default=_DEFAULTS.get(default), secret=secret)


def event_of(name: str = "OrderPlaced", *fields: FieldShape, **values: Any) -> EventDescription:
    given: dict[str, Any] = {"category": "shop", "workflow": "order", "phase": "succeeded", **values}
    return EventDescription(name, f"shop.{name}", name, fields=(*fields, *BASE_FIELDS), **given)


def demo_catalog() -> CatalogDescription:
    """The demo's catalog as far as its table tells: 77 events, 181 subscriptions."""
    handlers: dict[str, HandlerDescription] = {}
    with (Path(__file__).parent / "events.csv").open(newline="") as lines:
        events = tuple(_event(row, handlers) for row in csv.DictReader(lines))
    return CatalogDescription("demo catalog", events, tuple(handlers.values()), CATEGORIES)


def _event(row: dict[str, str], handlers: dict[str, HandlerDescription]) -> EventDescription:
    method = f"handle_{row['workflow']}_{row['phase']}"
    kinds = tuple(kind for kind in OWNERS if row[kind] == "1")
    wanted = [(f"{OWNERS[kind]}EventHandler", method, f"demo/handlers/{kind}.py") for kind in kinds]
    if row["sse_event_type"]:
        wanted.append(("SSEEventHandler", "handle", "demo/handlers/sse.py"))
    if row["event"] in PORTFOLIO:
        wanted.append(("PortfolioEventHandler", "handle_change", "demo/handlers/portfolio.py"))
    keys = []
    for owner, name, file in wanted:
        key = f"inspector.demo.handlers:{owner}.{name}"
        line = 20 + sum(map(ord, name)) % 200
        handlers[key] = HandlerDescription(
            key, f"{owner}.{name}", owner, name, "inspector.demo", file, line, doc="Does it."
        )
        keys.append(key)
    fields = tuple(field_of(text) for text in row["fields"].split(";"))
    sse = row["sse_event_type"]
    sent = tuple(field.name for field in fields if field.name != "user_id")
    return EventDescription(
        name=row["event"],
        key=f"inspector.demo.events.{row['event']}",
        event_type=row["event"],
        category=row["category"],
        workflow=row["workflow"],
        phase=row["phase"],
        doc=f"A {row['workflow'].replace('_', ' ')}: {row['phase']}.\n\nPublished by the service that owns it.",
        file="demo/events/authentication.py",
        line=12,
        fields=(*fields, *BASE_FIELDS),
        handlers=tuple(keys),
        requires=kinds,
        audit_action=row["audit_action"],
        sse=SSEDescription(sse, sse.split(".")[0], sent) if sse else None,
    )


def problems(fields: Sequence[FieldShape], values: dict[str, Any]) -> dict[str, str]:
    """Return what keeps an event from being built of values, by field name; empty when nothing does."""
    shapes = {shape.name: shape for shape in fields}
    wrong = {name: f"Unknown field {name}." for name in values.keys() - shapes.keys()}
    for name, shape in shapes.items():
        if name in values:
            try:
                fieldtext.check(shape.type, values[name], name)
            except UsageError as error:
                wrong[name] = error.text
        elif shape.required:
            wrong[name] = f"{name} is missing."
    return wrong
