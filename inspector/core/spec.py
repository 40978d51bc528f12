"""How a bus is read, as data: what publishes, how an event is told, where handlers are, what empties a queue.

A spec is proposed once when a program is loaded, shown with the reason of each line, corrected in
``[tool.inspector.bus]``, and then only obeyed. A line's value is what stands in that table, so that a spec can be
written down (``to_toml``) and read again (``read_tables``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .errors import alternatives

#: Kinds of lines, in the order in which they are shown. Each is the key of the table that holds it.
ADAPTER: Final = "adapter"
PUBLISH: Final = "publish"
IDENTITY: Final = "identity"
HANDLERS: Final = "handlers"
DRAIN: Final = "drain"
PATTERNS: Final = "patterns"
ALSO: Final = "also-runs"
KINDS: Final = (ADAPTER, PUBLISH, IDENTITY, HANDLERS, ALSO, DRAIN, PATTERNS)
#: What people read above the lines of a kind.
TITLES: Final = {
    ADAPTER: "Read by",
    PUBLISH: "Publish points",
    IDENTITY: "Event identity",
    HANDLERS: "Handlers in",
    ALSO: "Also runs",
    DRAIN: "Queues emptied by",
    PATTERNS: "Patterns",
}
#: Kinds of which a bus has several lines.
SEVERAL: Final = (PUBLISH, HANDLERS, ALSO)
#: Says which bus a table is about; needed when there are several.
WHERE: Final = "where"

#: Where a line comes from: an adapter knows the class, the person said it, it is a guess, it was seen while running.
LIBRARY: Final = "library"
DECLARED: Final = "declared"
PROPOSED: Final = "proposed"
OBSERVED: Final = "observed"

#: How an event is told apart from others; ``name in FIELD`` (``BY_FIELD``) beside them.
BY_CLASS: Final = "class"
BY_BASE: Final = "class with bases"
BY_NAME: Final = "name"
BY_BUS: Final = "bus"
BY_FIELD: Final = "name in "
IDENTITIES: Final = (BY_CLASS, BY_BASE, BY_NAME, BY_BUS)
#: How names with wildcards in them are subscribed to.
GLOB: Final = "glob"
EXACT: Final = "exact"
#: What empties no queue.
NOBODY: Final = ""

#: What a publish point may say of the arguments of its method.
POINT_KEYS: Final = ("method", "event", "name", "payload", "session", "metadata")
ALSO_KEYS: Final = ("handler", "events")
#: What may be said of a container of handlers.
CONTAINER: Final = "container"
KEYED_BY: Final = "keyed-by"
HOLDS: Final = "holds"
CONTAINER_KEYS: Final = (CONTAINER, KEYED_BY, HOLDS)
#: What the keys of a container are: what an event is told by, what runs, or nothing of that (tokens, an order).
BY_HANDLER: Final = "handler"
BY_NOTHING: Final = "nothing"
KEYS_OF_CONTAINERS: Final = (BY_CLASS, BY_BASE, BY_NAME, BY_HANDLER, BY_NOTHING)
#: What a container holds: what is called, or objects of which a method is (``RUN_BY`` and its name).
CALLED: Final = "handlers"
RUN_BY: Final = "objects run by "
_NAME: Final = re.compile(r"^[^\W\d]\w*(?:\.[^\W\d]\w*)*$")
_BARE: Final = re.compile(r"^[A-Za-z0-9_-]+$")


@dataclass(frozen=True)
class SpecLine:
    """One thing that is known, said or supposed about a bus.

    Attributes:
        kind: One of ``KINDS``.
        value: What stands in ``[tool.inspector.bus]``: a text, or a table.
        text: The same for people: ``Hub.publish(event)``.
        origin: ``library``, ``declared``, ``proposed`` or ``observed``.
        reason: Why it is believed.
        file: Absolute path of the source, empty when unknown.
        line: The line there, 1-based; 0 when unknown.
        handlers: Of a container, the keys of the handlers in it.
        events: Of a container, the names of the events that they are for.
        keyed_by: Of a container, what its keys are, of ``KEYS_OF_CONTAINERS``; empty where that is not known.
        holds: Of a container, what it holds: ``CALLED``, or ``RUN_BY`` with the name of a method.
    """

    kind: str
    value: Any
    text: str
    origin: str
    reason: str
    file: str = ""
    line: int = 0
    handlers: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    keyed_by: str = ""
    holds: str = ""


@dataclass(frozen=True)
class BusSpec:
    """How one bus is read.

    Attributes:
        where: Where it was found: ``shop.wiring:bus``.
        lines: What is known of it, kind after kind.
        choices: By kind the names that the bus has, of which a line may say one; under the name of a method, after the
            kind and a space, those of its parameters.
    """

    where: str
    lines: tuple[SpecLine, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, kind: str) -> tuple[SpecLine, ...]:
        """Return the lines of a kind."""
        return tuple(line for line in self.lines if line.kind == kind)


@dataclass(frozen=True)
class DeclaredBus:
    """What one table of ``[tool.inspector.bus]`` says; what it leaves out is proposed.

    Attributes:
        where: Which bus it is about; empty for all.
        table: What it says, by kind: a text, or a tuple of texts and tables.
        key: What it is called in messages: ``[tool.inspector.bus]``.
    """

    where: str
    table: Mapping[str, Any]
    key: str = "[tool.inspector.bus]"


@dataclass(frozen=True)
class SpecTrouble:
    """Something in ``[tool.inspector.bus]`` that cannot be used.

    Attributes:
        text: One sentence.
        hint: What there is instead.
    """

    text: str
    hint: str = ""


@dataclass(frozen=True)
class Reading:
    """What a program would be read as, with other settings.

    Attributes:
        events: How many events have handlers.
        handlers: How many handlers there are.
        troubles: What of the settings cannot be used, or why nothing can be read at all.
    """

    events: int = 0
    handlers: int = 0
    troubles: tuple[SpecTrouble, ...] = ()


# --- reading ------------------------------------------------------------------------------------------------------


def read_tables(value: Any) -> tuple[list[DeclaredBus], list[SpecTrouble]]:
    """Read ``[tool.inspector.bus]``: a table, or an array of them; what cannot be used is returned as trouble."""
    troubles: list[SpecTrouble] = []
    if isinstance(value, Mapping):
        return [_read_table(value, "[tool.inspector.bus]", troubles)], troubles
    if isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(item, Mapping) for item in value):
        buses = [_read_table(table, "[[tool.inspector.bus]]", troubles) for table in value]
        if len(buses) > 1:
            for number, bus in enumerate(buses, 1):
                if not bus.where:
                    text = f"[[tool.inspector.bus]] number {number}: missing where."
                    troubles.append(SpecTrouble(text, 'Add where = "MODULE:ATTR".'))
            buses = [bus for bus in buses if bus.where]
        return buses, troubles
    return [], [
        SpecTrouble("[tool.inspector.bus] must be a table.", "Use [tool.inspector.bus] or [[tool.inspector.bus]].")
    ]


def _read_table(table: Mapping[str, Any], key: str, troubles: list[SpecTrouble]) -> DeclaredBus:
    said: dict[str, Any] = {}
    for written, value in table.items():
        name = written.replace("_", "-")
        if name == WHERE:
            if not isinstance(value, str):
                troubles.append(SpecTrouble(f"{key} where must be a string.", 'For example: where = "shop.app:bus".'))
            continue
        if name not in KINDS:
            from difflib import get_close_matches  # only where something is misspelt

            near = get_close_matches(name, (WHERE, *KINDS), 1)
            hint = f"Did you mean {near[0]}?" if near else f"Use {alternatives((WHERE, *KINDS))}."
            troubles.append(SpecTrouble(f"{key}: unknown key {written}.", hint))
            continue
        if name not in SEVERAL:
            trouble = _wrong_text(name, value)
            if trouble:
                troubles.append(SpecTrouble(f"{key} {written}: {trouble[0]}", trouble[1]))
            else:
                said[name] = value
            continue
        items = value if isinstance(value, (list, tuple)) else [value]
        if not items:
            troubles.append(SpecTrouble(f"{key} {written}: it is empty.", "Remove the line, or name something."))
        good = []
        for item in items:
            trouble = _wrong_item(name, item)
            if trouble:
                troubles.append(SpecTrouble(f"{key} {written}: {trouble[0]}", trouble[1]))
            else:
                good.append(item)
        if good:
            said[name] = tuple(good)
    where = table.get(WHERE, "")
    return DeclaredBus(where if isinstance(where, str) else "", said, key)


def _wrong_text(kind: str, value: Any) -> tuple[str, str] | None:
    """Return why a value of a kind with one line cannot be used, and what can."""
    if not isinstance(value, str):
        return f"{_written(value)} is not a string.", f'Use {kind} = "…".'
    if kind == IDENTITY and value not in IDENTITIES and not _NAME.match(_field_of(value)):
        return f'Invalid event identity "{value}".', f"Use {alternatives((*IDENTITIES, 'name in FIELD'))}."
    if kind == PATTERNS and value not in (GLOB, EXACT):
        return f'Unknown value "{value}".', f"Use {GLOB} or {EXACT}."
    if kind == DRAIN and value and not _NAME.match(value):
        return f'"{value}" is not a method name.', 'Use "" for none.'
    return None


def _wrong_item(kind: str, item: Any) -> tuple[str, str] | None:
    """Return why one of several values cannot be used, and what can."""
    if isinstance(item, str):
        if kind == ALSO or _NAME.match(item):
            return None
        if kind == PUBLISH:
            return f'"{item}" is not a name.', "Use the name of a method of the bus."
        return f'"{item}" is not a name.', "Use a dotted path from the bus, for example registry.handlers."
    allowed = {PUBLISH: POINT_KEYS, ALSO: ALSO_KEYS, HANDLERS: CONTAINER_KEYS}[kind]
    if not isinstance(item, Mapping):
        return f"{_written(item)} is not a string.", f'Use {kind} = ["…"].'
    for name, value in item.items():
        if name not in allowed:
            return f"Unknown key {name}.", f"Use {alternatives(allowed)}."
        texts = [value] if isinstance(value, str) else value if name == "events" else None
        if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
            return f"{name} must be a string.", ""
    if allowed[0] not in item:
        return f"Missing {allowed[0]}.", f'Add {allowed[0]} = "…".'
    return _wrong_container(item) if kind == HANDLERS else None


def _wrong_container(item: Mapping[str, str]) -> tuple[str, str] | None:
    if not _NAME.match(item[CONTAINER]):
        return f'"{item[CONTAINER]}" is not a name.', "Use a dotted path from the bus, for example registry.handlers."
    if item.get(KEYED_BY, BY_CLASS) not in KEYS_OF_CONTAINERS:
        return f'Unknown {KEYED_BY} "{item[KEYED_BY]}".', f"Use {alternatives(KEYS_OF_CONTAINERS)}."
    holds = item.get(HOLDS, CALLED)
    if holds != CALLED and not _NAME.match(holds.removeprefix(RUN_BY) if holds.startswith(RUN_BY) else ""):
        return f'Unknown {HOLDS} "{holds}".', f"Use {CALLED}, or {RUN_BY}METHOD."
    return None


def _field_of(identity: str) -> str:
    return identity[len(BY_FIELD) :] if identity.startswith(BY_FIELD) else ""


def is_about_settings(where: str) -> bool:
    """Return whether a problem of a catalog (its ``where``) is about the settings of the buses."""
    return where.startswith(("[tool.inspector", "[[tool.inspector"))


def field_of(identity: str) -> str:
    """Return the field in which events of a bus hold their name; empty where they are told apart otherwise."""
    return _field_of(identity)


def method_of(point: Any) -> str:
    """Return the name of the method of a publish point, which is a text or a table."""
    return str(point["method"]) if isinstance(point, Mapping) else str(point)


def container_of(entry: Any) -> str:
    """Return the path of a container of handlers: of a text or a table."""
    return str(entry[CONTAINER]) if isinstance(entry, Mapping) else str(entry)


def keyed_by_of(entry: Any) -> str:
    """Return what is said that the keys of a container are; empty where nothing is."""
    return str(entry.get(KEYED_BY, "")) if isinstance(entry, Mapping) else ""


def holds_of(entry: Any) -> str:
    """Return what is said that a container holds; empty where nothing is."""
    return str(entry.get(HOLDS, "")) if isinstance(entry, Mapping) else ""


def handler_of(entry: Any) -> str:
    """Return the key of a handler that also runs: of a text or a table."""
    return str(entry["handler"]) if isinstance(entry, Mapping) else str(entry)


def events_of(entry: Any) -> tuple[str, ...]:
    """Return the events of a handler that also runs; empty where the table does not say so."""
    events = entry.get("events", ()) if isinstance(entry, Mapping) else ()
    return (events,) if isinstance(events, str) else tuple(events)


# --- writing ------------------------------------------------------------------------------------------------------


def table_of(lines: Iterable[SpecLine]) -> dict[str, Any]:
    """Return the lines of a bus as the table that gives them again; what a library's class says need not be said."""
    table: dict[str, Any] = {}
    for line in lines:
        if line.origin == LIBRARY or (line.kind == HANDLERS and not line.value):
            continue  # nor that its own methods are its handlers: no container is to be named
        if line.kind in SEVERAL:
            table.setdefault(line.kind, []).append(line.value)
        else:
            table[line.kind] = line.value
    return {kind: table[kind] for kind in KINDS if kind in table}


def to_toml(specs: Sequence[BusSpec], root: str = "tool.inspector.bus") -> str:
    """Write specs as a block of ``pyproject.toml`` that gives the same ones again."""
    tables = [(spec.where, table_of(spec.lines)) for spec in specs]
    if not any(table for _, table in tables):
        return "# Every bus is known by its class: nothing needs to be declared.\n"
    if all(table == tables[0][1] for _, table in tables):
        return tables_to_toml(tables[:1], root, several=False)
    return tables_to_toml([(where, table) for where, table in tables if table], root, several=True)


def tables_to_toml(tables: Iterable[tuple[str, Mapping[str, Any]]], root: str, *, several: bool) -> str:
    """Write tables, each with the bus that it is about; ``where`` is left out when there is one bus."""
    blocks = []
    for where, table in tables:
        lines = [f"[[{root}]]" if several else f"[{root}]"]
        if several:
            lines.append(f"{WHERE} = {_written(where)}")
        lines += [f"{kind} = {_written(value)}" for kind, value in table.items()]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _written(value: Any) -> str:
    """Write a value as TOML does: texts, truth, numbers, arrays and tables in a line."""
    if isinstance(value, str):
        # A JSON string is a basic string of TOML, but for one character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        pairs = (
            f"{name if _BARE.match(name) else _written(name)} = {_written(inner)}" for name, inner in value.items()
        )
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, (list, tuple)):
        items = [_written(inner) for inner in value]
        whole = f"[{', '.join(items)}]"
        if len(whole) <= _WIDE or len(items) < 2:
            return whole
        return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
    return str(value)


#: Characters of an array that stands in one line.
_WIDE: Final = 88


def as_json(spec: BusSpec) -> dict[str, Any]:
    """Return a spec as JSON, for people's scripts."""
    return {
        "where": spec.where,
        "lines": [
            {
                "kind": line.kind,
                "value": line.value,
                "text": line.text,
                "origin": line.origin,
                "reason": line.reason,
                "file": line.file,
                "line": line.line,
                **({KEYED_BY: line.keyed_by, HOLDS: line.holds} if line.keyed_by else {}),
            }
            for line in spec.lines
        ],
    }
