"""Recorded values as Python: constructor calls with the imports that they need."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from inspector.core.errors import InspectorError
from inspector.core.values.snapshot import EnumValue, ObjectValue, Truncated, decode

if TYPE_CHECKING:
    from inspector.core.description import EventDescription, TypeShape

#: Longest line of code that is not broken.
_WIDE: Final = 100
_REDACTED: Final = re.compile(r"<redacted(?::(?P<kind>[^<>#]*))?(?:#\w*)?>")
#: What stands for a redacted text of a kind that has a form of its own; for any other a word does.
_MADE_UP: Final = {
    "email": "someone@example.com",
    "ip": "192.0.2.1",
    "ip_address": "192.0.2.1",
    "phone": "+1 555 0100",
    "card": "4242 4242 4242 4242",
}
#: Types of fields into which a text can be written.
_TEXTS: Final = ("str", "any", "union", "object", "opaque")
_NAME: Final = re.compile(r"^[^\W\d]\w*$")
#: Values that their ``repr`` makes again, once their class is imported.
_PREFIX: Final = re.compile(r"^(?:datetime|decimal|fractions|uuid|zoneinfo|re|ipaddress|pathlib|collections)\.")


class PythonText:
    """Writes values as Python and remembers what must be imported for them.

    Args:
        make_up: Write a text of the same kind where one was redacted; without it such a value is missing.

    Attributes:
        missing: What could not be written: the field, and why. A placeholder stands in its place.
        made_up: Fields whose text was redacted, and stands for what was there.
    """

    def __init__(self, *, make_up: bool = False) -> None:
        self.missing: list[str] = []
        self.made_up: list[str] = []
        self._makes_up = make_up
        self._modules: set[str] = set()
        self._names: dict[str, tuple[str, str]] = {}

    # -- imports

    def use_module(self, module: str) -> str:
        """Import a module; return the expression for it."""
        self._modules.add(module)
        return module

    def import_name(self, module: str, qualname: str) -> str:
        """Import a name of a module, the outermost of a dotted one; return the expression for it."""
        outer, dot, rest = qualname.partition(".")
        alias, number = outer, 1
        while self._names.get(alias, (module, outer)) != (module, outer):
            number += 1
            alias = f"{outer}{number}"
        self._names[alias] = (module, outer)
        return f"{alias}{dot}{rest}"

    def import_class(self, path: str) -> str:
        """Import a class by ``module.Qual``; return the expression for it.

        Raises:
            InspectorError: It cannot be imported: it is local to a function, or of the program's main file.
        """
        if "<" in path or path.startswith("__main__."):
            raise InspectorError(f"{path} cannot be imported.", "Move the class into a module, at its top level.")
        parts = path.split(".")
        if len(parts) < 2 or not all(map(_NAME.match, parts)):
            raise InspectorError(f"{path} is not a class of a module.")
        # Modules are written small and classes with a capital; a class within a class begins with the outer one.
        begin = next((place for place, part in enumerate(parts) if place and part.lstrip("_")[:1].isupper()), -1)
        begin = len(parts) - 1 if begin < 0 else begin
        module, qualname = ".".join(parts[:begin]), ".".join(parts[begin:])
        return qualname if module == "builtins" else self.import_name(module, qualname)

    def imports(self) -> list[str]:
        """Return the lines that import what was used, sorted."""
        by_module: dict[str, list[str]] = {}
        for alias, (module, name) in self._names.items():
            by_module.setdefault(module, []).append(name if alias == name else f"{name} as {alias}")
        lines = [(module, f"import {module}") for module in sorted(self._modules)]
        lines += [
            (module, f"from {module} import {', '.join(sorted(names))}") for module, names in sorted(by_module.items())
        ]
        standard = [line for module, line in lines if module.partition(".")[0] in sys.stdlib_module_names]
        others = [line for module, line in lines if module.partition(".")[0] not in sys.stdlib_module_names]
        return [*standard, *([""] if standard and others else []), *others]

    # -- values

    def event(self, event: EventDescription, payload: str) -> str:
        """Return the call that makes a recorded event again.

        Args:
            event: Its type.
            payload: Its payload as tagged JSON.

        Raises:
            InspectorError: Its class cannot be imported, or the payload not be read.
        """
        recorded = decode(payload) if payload else None
        if not isinstance(recorded, dict):
            raise InspectorError("The payload of this event is not recorded.")
        if event.key == event.name or "." not in event.key:
            raise InspectorError(f"{event.name} is an event without a class.", "Copy the payload as JSON instead.")
        name = self.import_class(event.key)
        return self._call(name, self._arguments(event, recorded), "")

    def _arguments(self, event: EventDescription, recorded: dict[str, Any]) -> Iterable[tuple[str, str]]:
        if "$more" in recorded:
            self.missing.append("more fields (cut)")
        if not event.fields:
            for name, value in recorded.items():
                if name != "$more":
                    yield name, self.value(value, name)
        for field in event.fields:
            held = field.name if field.name in recorded else f"_{field.name}"
            if held in recorded:
                yield field.name, self.value(recorded[held], field.name, field.type)
            elif field.required:
                yield field.name, self._placeholder(field.name, "not recorded")

    def value(self, value: Any, where: str = "", shape: TypeShape | None = None) -> str:
        """Return the expression for a decoded value; what was not recorded becomes a placeholder.

        Args:
            value: The value, as ``decode`` gives it.
            where: The field in which it stands, for what is said of missing ones.
            shape: The type of the field.
        """
        if isinstance(value, Truncated):
            return self._placeholder(where, f"cut: {value.reason}")
        if isinstance(value, str):
            return self._text(value, where, shape)
        if isinstance(value, EnumValue):
            return self._enum(value, where)
        if isinstance(value, ObjectValue):
            return self._object(value, where, shape)
        if isinstance(value, (list, tuple, set, frozenset, dict)):
            return self._container(value, where)
        return self._atom(value)

    def _text(self, value: str, where: str, shape: TypeShape | None) -> str:
        if not _REDACTED.search(value):
            return quoted_text(value)
        if not self._makes_up or (shape is not None and shape.kind not in _TEXTS):
            return self._placeholder(where, "redacted")
        self.made_up.append(where)
        return quoted_text(_REDACTED.sub(_text_for, value))

    def _placeholder(self, where: str, why: str) -> str:
        self.missing.append(f"{where} ({why})")
        return quoted_text(f"<fill in: {why}>")

    def _enum(self, value: EnumValue, where: str) -> str:
        try:
            name = self.import_class(value.type)
        except InspectorError as error:
            return self._placeholder(where, error.text.rstrip("."))
        if value.name is not None and _NAME.match(value.name):
            return f"{name}.{value.name}"
        return f"{name}({self.value(value.value, where)})"

    def _object(self, value: ObjectValue, where: str, shape: TypeShape | None) -> str:
        try:
            name = self.import_class(value.type)
        except InspectorError as error:
            return self._placeholder(where, error.text.rstrip("."))
        if value.value is not None:
            return f"{name}({self.value(value.value, where)})"
        fields = {field.name: field.type for field in shape.fields} if shape is not None else {}
        taken = [held for held in value.fields if not fields or held in fields or held.lstrip("_") in fields]
        arguments = (
            (
                held if held in fields else held.lstrip("_"),
                self.value(value.fields[held], f"{where}.{held}", fields.get(held)),
            )
            for held in taken
        )
        return self._call(name, arguments, where)

    def _call(self, name: str, arguments: Iterable[tuple[str, str]], where: str) -> str:
        pairs = list(arguments)
        if not all(_NAME.match(key) for key, _ in pairs):
            return self._placeholder(where, "fields without valid names")
        return _wrapped(f"{name}(", [f"{key}={text}" for key, text in pairs], ")")

    def _container(self, value: Any, where: str) -> str:
        if isinstance(value, dict):
            if "$more" in value:
                return self._placeholder(where, "cut: more")
            pairs = [f"{self.value(key, where)}: {self.value(item, f'{where}.{key}')}" for key, item in value.items()]
            return _wrapped("{", pairs, "}")
        items = [self.value(item, f"{where}[{place}]") for place, item in enumerate(value)]
        if isinstance(value, list):
            return _wrapped("[", items, "]")
        if isinstance(value, tuple):
            return _wrapped("(", [f"{items[0]},"] if len(items) == 1 else items, ")")
        if isinstance(value, set) and items:
            return _wrapped("{", sorted(items), "}")
        return f"{type(value).__name__}({_wrapped('[', sorted(items), ']') if items else ''})"

    def _atom(self, value: Any) -> str:
        kind = type(value)
        if value is None or kind in (bool, int, bytes, complex):
            return repr(value)
        if kind is float:
            return repr(value) if value == value and abs(value) != float("inf") else f'float("{value}")'
        if kind in (bytearray, range):
            return repr(value)
        name = self.import_name(kind.__module__.partition(".")[0], kind.__qualname__)
        if kind in (datetime, time, date):
            fold = ".replace(fold=1)" if getattr(value, "fold", 0) else ""
            return f"{name}.fromisoformat({quoted_text(value.isoformat())}){fold}"
        if kind is timedelta:
            parts = {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}
            return f"{name}({', '.join(f'{key}={number}' for key, number in parts.items() if number)})"
        text = _PREFIX.sub("", repr(value))
        if kind is timezone:  # timezone.utc, or timezone(datetime.timedelta(…))
            self.import_name("datetime", "timedelta")
            return text.replace("datetime.", "")
        text = text.replace(kind.__qualname__, name, 1)
        return text.replace("'", '"') if text.count("'") == 2 and '"' not in text and "\\" not in text else text


def _text_for(redacted: re.Match[str]) -> str:
    """Return a text of the kind of what was redacted."""
    kind = (redacted["kind"] or "").strip()
    return _MADE_UP.get(kind, f"made-up {kind or 'text'}")


def quoted_text(text: str) -> str:
    """Return a text as Python, in double quotes where they need no escape."""
    written = repr(text)
    return f'"{written[1:-1]}"' if written.startswith("'") and '"' not in written and "\\'" not in written else written


def _wrapped(opening: str, items: list[str], closing: str) -> str:
    """Return items between brackets, in one line where there is room."""
    line = f"{opening}{', '.join(items)}{closing}"
    if len(line) <= _WIDE and "\n" not in line:
        return line
    inner = "".join("    " + item.rstrip(",").replace("\n", "\n    ") + ",\n" for item in items)
    return f"{opening}\n{inner}{closing}"


def python_text(event: EventDescription, payload: str) -> str:
    """Return the imports and the constructor call that make a recorded event again.

    Raises:
        InspectorError: Its class cannot be imported, or its payload is not recorded.
    """
    code = PythonText()
    call = code.event(event, payload)
    notes = [f"# Fill in: {text}" for text in code.missing]
    return "\n".join([*code.imports(), "", *notes, f"event = {call}", ""])
