"""Event types of any make, and their fields as data.

Dataclasses, pydantic models (1 and 2), attrs classes, named tuples, typed dicts, plain classes (by the signature of
their constructor), and events that are a name with a payload. Nothing is imported for it: what a class is made of is
read from the marks that its library leaves on it.
"""

from __future__ import annotations

import dataclasses
import dis
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ..core import hints
from ..core.dataerror import EventDataError
from ..core.description import FieldShape, TypeShape
from ..core.errors import InspectorError
from ..core.identity import describe_handler
from ..core.redact import marked_fields, secret_kind
from ..core.shape import BASE_FIELDS, describe_fields, describe_type
from ..core.typed import to_plain
from .places import class_place

#: Class attributes that say under which name an event travels.
NAME_ATTRIBUTES: Final = ("event_type", "event_name", "__event_name__", "type", "name", "topic", "TYPE", "NAME")
PAYLOAD: Final = FieldShape(
    "payload", TypeShape("dict", "dict[str, Any]", args=(TypeShape("str", "str"), TypeShape("any", "Any"))), False, {}
)
_FREE: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
#: What the parameters of handlers are called that get the name, what stands beside the payload, and the payload.
_NAME_PARAMETERS: Final = ("name", "topic", "event_name", "signal", "channel", "event_type", "routing_key", "event")
_CONTEXT_PARAMETERS: Final = (
    *("ctx", "context", "session", "db", "db_session", "uow", "conn", "connection"),
    *("request", "sender", "bus", "metadata", "meta", "headers"),
)
_PAYLOAD_PARAMETERS: Final = ("event", "payload", "data", "message", "msg", "body", "e", "evt")
#: Types of pydantic that stand for one of everybody's.
_PYDANTIC_KINDS: Final = {
    **dict.fromkeys(("AwareDatetime", "NaiveDatetime", "PastDatetime"), "datetime"),
    "PastDate": "date",
    **dict.fromkeys(("EmailStr", "NameEmail", "IPvAnyAddress", "SecretStr", "ImportString"), "str"),
    **dict.fromkeys(("AnyUrl", "AnyHttpUrl", "HttpUrl", "FileUrl", "AnyWebsocketUrl", "WebsocketUrl"), "str"),
}
_PYDANTIC: Final = re.compile(rf"\b({'|'.join(_PYDANTIC_KINDS)})\b")


@dataclass(frozen=True)
class EventType:
    """A type of event as an adapter finds it.

    Attributes:
        name: The class's name, or the name that is published. ``loaded`` makes it unique in the program.
        key: ``module.qualname``, or the name that is published.
        cls: The class; None for an event that is a name with a payload.
        travels_as: The name under which it travels.
        fields: What can be set.
        doc: Docstring.
        file: Absolute path of the source, empty when unknown.
        line: Its line, 0 when unknown.
        tags: What else is known of it: ``category``, ``problem`` (what of it cannot be read), …
    """

    name: str
    key: str
    cls: type[Any] | None
    travels_as: str
    fields: tuple[FieldShape, ...] = ()
    doc: str = ""
    file: str = ""
    line: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)


class NamedEvent(NamedTuple):
    """An event without a class, ready to be published."""

    name: str
    payload: dict[str, Any]


def describe_class(cls: type[Any], tags: Mapping[str, str] | None = None) -> EventType:
    """Describe an event class."""
    file, line = class_place(cls)
    said = dict(tags or {})
    try:
        fields = fields_of(cls)
    except InspectorError as error:
        fields, said["problem"] = (), error.text
    return EventType(
        name=cls.__name__,
        key=f"{cls.__module__}.{cls.__qualname__}",
        cls=cls,
        travels_as=travel_name(cls),
        fields=fields,
        doc=_doc(cls),
        file=file,
        line=line,
        tags=said,
    )


def describe_name(
    name: str, handlers: Iterable[Any] = (), tags: Mapping[str, str] | None = None, *, by_keyword: bool = False
) -> EventType:
    """Describe an event that is a name; what its handlers ask for tells what it carries.

    It stands where its first handler does: a name is written down nowhere else. With ``by_keyword`` the bus hands what
    it carries to parameters of these names.
    """
    asked: list[tuple[FieldShape, ...]] = []
    said = dict(tags or {})
    file, line = "", 0
    for handler in handlers:
        try:
            fields = payload_fields(handler, by_keyword=by_keyword)
        except InspectorError as error:
            said["problem"] = error.text
            continue
        if fields is not None:
            asked.append(fields)
        if not file:
            described = describe_handler(handler)
            file, line = described.file, described.line
    known: dict[str, FieldShape] = {}
    for shape in (shape for fields in asked for shape in fields):
        if shape.required or shape.name not in known:
            known[shape.name] = shape
    return EventType(
        name, name, None, name, tuple(known.values()) if asked else (PAYLOAD,), file=file, line=line, tags=said
    )


def travel_name(cls: type[Any]) -> str:
    """Give the name under which events of a class travel: what the class says, else its own name."""
    for attribute in NAME_ATTRIBUTES:
        named = inspect.getattr_static(cls, attribute, None)
        if isinstance(named, str) and named:
            return named
    return cls.__name__


def make_of(cls: type[Any]) -> str:
    """Tell how a class is made: ``dataclass attrs pydantic pydantic1 namedtuple typeddict plain``."""
    if hints.is_dataclass(cls):
        return "dataclass"
    if "__attrs_attrs__" in dir(cls):
        return "attrs"
    if isinstance(inspect.getattr_static(cls, "__pydantic_fields__", None), dict) or (
        hasattr(cls, "model_validate") and hasattr(cls, "model_fields")
    ):
        return "pydantic"
    if isinstance(getattr(cls, "__fields__", None), dict) and hasattr(cls, "parse_obj"):
        return "pydantic1"
    if hints.is_named_tuple(cls):
        return "namedtuple"
    return "typeddict" if hints.is_typed_dict(cls) else "plain"


def fields_of(cls: type[Any]) -> tuple[FieldShape, ...]:
    """Describe what the constructor of a class takes; those that every event has come last.

    Raises:
        InspectorError: They cannot be read.
    """
    try:
        shapes = _READERS[make_of(cls)](cls)
    except Exception as error:
        raise InspectorError(f"Its fields cannot be read: {type(error).__name__}: {error!s:.200}") from error
    inherited = {name for base in cls.__mro__[1:] for name in vars(base).get("__annotations__", {})}
    shapes = tuple(
        dataclasses.replace(shape, base=shape.base or (shape.name in BASE_FIELDS and shape.name in inherited))
        for shape in shapes
    )
    return tuple(sorted(shapes, key=lambda shape: shape.base))


def single_copies(classes: Iterable[type[Any]]) -> list[type[Any]]:
    """Leave out what ``slots=True`` leaves behind: of classes of one name and place, the one that the module holds.

    Where the module holds none of them (they are local to a function), the latest is the one in use.
    """
    found: dict[str, type[Any]] = {}
    for cls in classes:
        key = f"{cls.__module__}.{cls.__qualname__}"
        if key not in found or not _held_by_module(found[key]):
            found[key] = cls
    return list(found.values())


def subclasses(cls: type[Any]) -> list[type[Any]]:
    """Give every class below ``cls``, each once, copies left behind taken out."""
    found: dict[type[Any], None] = {}
    waiting = [cls]
    while waiting:
        for below in type.__subclasses__(waiting.pop()):
            if below not in found:
                found[below] = None
                waiting.append(below)
    return single_copies(found)


def _held_by_module(cls: type[Any]) -> bool:
    inner: Any = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        inner = getattr(inner, name, None)
    return inner is cls


def _doc(cls: type[Any]) -> str:
    doc = vars(cls).get("__doc__")
    if not isinstance(doc, str) or doc.startswith(f"{cls.__name__}("):  # what ``dataclass`` writes by itself
        return ""
    return inspect.cleandoc(doc)


# --- fields ---------------------------------------------------------------------------------------


def _shape(
    name: str, hint: Any, required: bool, default: Any = None, *, generated: bool = False, marked: bool = False
) -> FieldShape:
    shape = _standard(describe_type(hint))
    secret = shape.kind in ("str", "bytes", "any", "opaque") and (marked or bool(secret_kind(name)))
    return FieldShape(name, shape, required, _plain(default), generated, secret=secret)


def _standard(shape: TypeShape) -> TypeShape:
    """Describe types of pydantic as what they stand for."""
    if shape.kind == "opaque":
        known = _PYDANTIC.search(shape.text)
        return shape if known is None else dataclasses.replace(shape, kind=_PYDANTIC_KINDS[known[1]])
    return dataclasses.replace(shape, args=tuple(map(_standard, shape.args))) if shape.args else shape


def _plain(default: Any) -> Any:
    try:
        return to_plain(default)
    except EventDataError:
        return None


def annotations_of(cls: Any) -> dict[str, Any]:
    """Give the annotations by which values are built: those of the class, or of its constructor."""
    found = dict(hints.field_hints(cls))
    if make_of(cls) == "plain":
        found.update(signature_hints(cls.__init__))
    return found


def signature_hints(function: Any) -> dict[str, Any]:
    """Give the annotations of a function, resolved as those of classes are."""
    function = inspect.unwrap(function)
    scope = getattr(function, "__globals__", {})
    return {
        name: hints._resolve(annotation, scope)  # noqa: SLF001 - annotations of functions resolve like those of classes
        for name, annotation in (getattr(function, "__annotations__", None) or {}).items()
    }


def _pydantic_fields(cls: Any) -> tuple[FieldShape, ...]:
    annotations, marked = hints.field_hints(cls), marked_fields(cls)
    shapes = []
    for name, info in cls.model_fields.items():
        hint = annotations.get(name, info.annotation)
        if isinstance(hints.unwrap(hint), hints.Unresolved):
            hint = info.annotation
        required, generated = info.is_required(), info.default_factory is not None
        default = None if required or generated else info.default
        shapes.append(_shape(name, hint, required, default, generated=generated, marked=name in marked))
    return tuple(shapes)


def _pydantic1_fields(cls: Any) -> tuple[FieldShape, ...]:
    annotations, marked = hints.field_hints(cls), marked_fields(cls)
    return tuple(
        _shape(
            name,
            annotations.get(name, info.outer_type_),
            bool(info.required),
            info.default,
            generated=info.default_factory is not None,
            marked=name in marked,
        )
        for name, info in cls.__fields__.items()
    )


def _attrs_fields(cls: Any) -> tuple[FieldShape, ...]:
    annotations, marked = hints.field_hints(cls), marked_fields(cls)
    shapes = []
    for each in cls.__attrs_attrs__:
        if not each.init:
            continue
        made = type(each.default).__name__
        required, generated = made in ("_Nothing", "NothingType"), made == "Factory"
        hint = annotations.get(each.name, each.type if each.type is not None else Any)
        name = getattr(each, "alias", None) or each.name.lstrip("_")
        default = None if required or generated else each.default
        shapes.append(_shape(name, hint, required, default, generated=generated, marked=each.name in marked))
    return tuple(shapes)


def _record_fields(cls: Any) -> tuple[FieldShape, ...]:
    return describe_type(cls).fields


def _signature_fields(cls: Any) -> tuple[FieldShape, ...]:
    if cls.__init__ is object.__init__ and cls.__new__ is object.__new__:
        return ()
    annotations = {**hints.field_hints(cls), **signature_hints(cls.__init__)}
    try:
        parameters = inspect.signature(cls).parameters.values()
    except ValueError:  # built in: its constructor does not say what it takes
        return ()
    return tuple(_parameter(each, annotations) for each in parameters if each.kind not in _FREE)


def _parameter(each: inspect.Parameter, annotations: Mapping[str, Any]) -> FieldShape:
    required = each.default is inspect.Parameter.empty
    return _shape(each.name, annotations.get(each.name, Any), required, None if required else each.default)


def payload_fields(handler: Any, *, by_keyword: bool = False) -> tuple[FieldShape, ...] | None:
    """Give what a handler of a named event asks for: its parameters, or what its payload holds; None: nobody can tell.

    Of a payload that is a dict it is what the handler takes out of it: ``payload["order"]``, ``payload.get("note")``.
    """
    try:
        parameters = list(inspect.signature(handler).parameters.values())
    except (TypeError, ValueError):  # built in, or no signature
        return None
    function = getattr(handler, "__func__", None) or getattr(handler, "func", handler)
    annotations = signature_hints(function) if hasattr(inspect.unwrap(function), "__globals__") else {}
    named = [each for each in parameters if each.kind not in _FREE]
    if by_keyword:
        free = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)
        named = [each for each in named if each.name != "sender"]
        return tuple(_parameter(each, annotations) for each in named) or (None if free else ())
    if len(named) > 1 and named[0].name in _NAME_PARAMETERS:
        named = named[1:]  # the name comes first, where one handler is for several
    if len(named) > 1:
        named = [each for each in named if each.name not in _CONTEXT_PARAMETERS] or named
    if len(named) == 1:
        hint = hints.unwrap(annotations.get(named[0].name, Any))
        if isinstance(hint, type) and make_of(hint) != "plain":
            return fields_of(hint)
        if named[0].name in _PAYLOAD_PARAMETERS or hint in (dict, Any) or _is_mapping(hint):
            return _taken_from(inspect.unwrap(function), named[0].name) or None
    if not named:
        return None if any(each.kind in _FREE for each in parameters) else ()
    return tuple(_parameter(each, annotations) for each in named)


def _is_mapping(hint: Any) -> bool:
    origin = getattr(hint, "__origin__", None)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _taken_from(function: Any, name: str) -> tuple[FieldShape, ...]:
    """Give the keys that a function takes out of a parameter by name; those that it only asks for need not be there."""
    code = getattr(function, "__code__", None)
    if code is None:
        return ()
    steps = [each for each in dis.get_instructions(code) if each.opname not in ("PUSH_NULL", "CACHE")]
    found: dict[str, bool] = {}
    for place, step in enumerate(steps[:-2]):
        last = step.argval[-1] if isinstance(step.argval, tuple) and step.argval else step.argval
        if not step.opname.startswith("LOAD_FAST") or last != name:
            continue
        key, then = steps[place + 1 : place + 3]
        if isinstance(key.argval, str) and key.opname.startswith("LOAD_CONST"):
            if then.opname == "BINARY_SUBSCR" or then.argrepr == "[]":
                found[key.argval] = True
        elif key.argval == "get" and then.opname.startswith("LOAD_CONST") and isinstance(then.argval, str):
            found.setdefault(then.argval, False)
    return tuple(_shape(key, Any, required) for key, required in found.items())


_READERS: Final[dict[str, Callable[[Any], tuple[FieldShape, ...]]]] = {
    "dataclass": describe_fields,
    "attrs": _attrs_fields,
    "pydantic": _pydantic_fields,
    "pydantic1": _pydantic1_fields,
    "namedtuple": _record_fields,
    "typeddict": _record_fields,
    "plain": _signature_fields,
}
