"""Event types of any make, and their fields as data.

Dataclasses, pydantic models (1 and 2), attrs classes, named tuples, typed dicts, plain classes (by the signature of
their constructor), and events that are a name with a payload. Nothing is imported for it: what a class is made of is
read from the marks that its library leaves on it.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ...core.bus.identity import undecorated
from ...core.description import FieldShape, TypeShape
from ...core.errors import InspectorError
from ...core.redact.marked import marked_fields
from ...core.redact.names import secret_kind
from ...core.values import hints
from ...core.values.build import to_plain
from ...core.values.dataerror import EventDataError
from ...core.values.shape import BASE_FIELDS, describe_fields, describe_type, may_hold_secret, shown_default
from .places import class_place

#: Class attributes that say under which name an event travels.
NAME_ATTRIBUTES: Final = ("event_type", "event_name", "__event_name__", "type", "name", "topic", "TYPE", "NAME")
PAYLOAD: Final = FieldShape(
    "payload", TypeShape("dict", "dict[str, Any]", args=(TypeShape("str", "str"), TypeShape("any", "Any"))), False, {}
)
FREE: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
#: Types of pydantic that stand for one of everybody's.
_PYDANTIC_KINDS: Final = {
    **dict.fromkeys(("AwareDatetime", "NaiveDatetime", "PastDatetime"), "datetime"),
    "PastDate": "date",
    **dict.fromkeys(("EmailStr", "NameEmail", "IPvAnyAddress", "SecretStr", "ImportString"), "str"),
    **dict.fromkeys(("AnyUrl", "AnyHttpUrl", "HttpUrl", "FileUrl", "AnyWebsocketUrl", "WebsocketUrl"), "str"),
}
#: The classes whose fields are being described, from the outermost inward.
_AROUND: ContextVar[tuple[type[Any], ...]] = ContextVar("_AROUND", default=())
#: How deep classes of other libraries inside each other are described: models that link each other make large trees.
_DEEP: Final = 3
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
        aliases: What else it is called: members of enums that stand for its name.
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
    aliases: tuple[str, ...] = ()


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


def travel_name(cls: type[Any]) -> str:
    """Return the name under which events of a class travel: what the class says, else its own name."""
    attribute = _name_attribute(cls)
    return inspect.getattr_static(cls, attribute) if attribute else cls.__name__


def inherited_topic(cls: type[Any]) -> str:
    """Return the topic that a class has from one above it: a channel of many events; empty where it is named itself."""
    attribute = _name_attribute(cls)
    return inspect.getattr_static(cls, attribute) if attribute == "topic" and attribute not in vars(cls) else ""


def _name_attribute(cls: type[Any]) -> str:
    """Return the attribute in which a class says under which name its events travel; empty where none does."""
    said = ((attribute, inspect.getattr_static(cls, attribute, None)) for attribute in NAME_ATTRIBUTES)
    return next((attribute for attribute, named in said if isinstance(named, str) and named), "")


def name_field(cls: type[Any], read: Collection[str]) -> str:
    """Return the field in which events of a class say what they are called; empty when there is none.

    It is one of those that a bus reads.
    """
    fields = {shape.name for shape in fields_of(cls)}
    return next((name for name in NAME_ATTRIBUTES if name in fields and name in read), "")


def make_of(cls: type[Any]) -> str:
    """Return how a class is made: ``dataclass attrs pydantic pydantic1 namedtuple typeddict plain``."""
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
    mark = _AROUND.set((*_AROUND.get(), cls))
    try:
        shapes = _READERS[make_of(cls)](cls)
    except Exception as error:
        raise InspectorError(f"Cannot read its fields: {type(error).__name__}: {error!s:.200}") from error
    finally:
        _AROUND.reset(mark)
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
    copies: dict[str, type[Any]] = {}
    for cls in classes:
        key = f"{cls.__module__}.{cls.__qualname__}"
        if key not in copies or not _held_by_module(copies[key]):
            copies[key] = cls
    return list(copies.values())


def subclasses(cls: type[Any]) -> list[type[Any]]:
    """Return every class below ``cls``, each once; copies left behind and parametrised generics are taken out."""
    classes: dict[type[Any], None] = {}
    waiting = [cls]
    while waiting:
        for below in type.__subclasses__(waiting.pop()):
            if below not in classes:
                classes[below] = None
                waiting.append(below)
    return single_copies(below for below in classes if not is_parametrised(below))


def is_parametrised(cls: type[Any]) -> bool:
    """Return whether a class is a generic with its parameters filled in: pydantic makes one of ``Event[Order]``."""
    return "[" in cls.__name__


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


def field_shape(
    name: str, hint: Any, required: bool, default: Any = None, *, generated: bool = False, marked: bool = False
) -> FieldShape:
    """Describe a field by its type; ``marked`` says that its class calls it a secret."""
    shape = _standard(describe_type(hint), hint)
    secret = may_hold_secret(shape) and (marked or bool(secret_kind(name)))
    default, withheld = shown_default(name, default, marked=marked)
    return FieldShape(name, shape, required, default, generated or bool(withheld), secret=secret, withheld=withheld)


def _standard(shape: TypeShape, hint: Any, *, by_pydantic: bool = True) -> TypeShape:
    """Describe models and attrs classes by their fields, and, where pydantic builds them, its types of values."""
    if shape.kind == "opaque":
        match = _PYDANTIC.search(shape.text) if by_pydantic else None
        if match is not None:
            return dataclasses.replace(shape, kind=_PYDANTIC_KINDS[match[1]])
        held = next((member for member in hints.members(hints.unwrap(hint)) if member is not type(None)), None)
        fields = _held_fields(hints.unwrap(held))
        return shape if fields is None else dataclasses.replace(shape, kind="object", fields=fields)
    if not shape.args:
        return shape
    several = [member for member in hints.members(hints.unwrap(hint)) if member is not type(None)]
    inner = several if shape.kind == "union" else [*getattr(hints.unwrap(several[0]), "__args__", ())]
    inner += [Any] * (len(shape.args) - len(inner))
    args = (_standard(argument, held, by_pydantic=by_pydantic) for argument, held in zip(shape.args, inner))  # noqa: B905 - made as long as each other
    return dataclasses.replace(shape, args=tuple(args))


def _held_fields(cls: Any) -> tuple[FieldShape, ...] | None:
    """Return fields of a class of another library that a field holds; None: it is none, holds itself, or is deep."""
    around = _AROUND.get()
    if not isinstance(cls, type) or make_of(cls) not in ("attrs", "pydantic", "pydantic1"):
        return None
    if cls in around or len(around) > _DEEP:
        return None
    try:
        return fields_of(cls)
    except InspectorError:
        return None


def _plain(default: Any) -> Any:
    try:
        return to_plain(default)
    except EventDataError:
        return None


def annotations_of(cls: Any) -> dict[str, Any]:
    """Return the annotations by which values are built: those of the class, or of its constructor."""
    annotations = dict(hints.field_hints(cls))
    if make_of(cls) == "plain":
        annotations.update(signature_hints(cls.__init__))
    return annotations


def signature_hints(function: Any) -> dict[str, Any]:
    """Return the annotations of a function, resolved as those of classes are."""
    function = undecorated(function)
    scope = getattr(function, "__globals__", {})
    return {
        name: hints._resolve(annotation, scope)  # noqa: SLF001 - annotations of functions resolve like those of classes
        for name, annotation in (getattr(function, "__annotations__", None) or {}).items()
    }


def _dataclass_fields(cls: Any) -> tuple[FieldShape, ...]:
    annotations = hints.field_hints(cls)
    return tuple(
        dataclasses.replace(shape, type=_standard(shape.type, annotations.get(shape.name, Any), by_pydantic=False))
        for shape in describe_fields(cls)
    )


def _pydantic_fields(cls: Any) -> tuple[FieldShape, ...]:
    annotations, marked = hints.field_hints(cls), marked_fields(cls)
    shapes = []
    for name, info in cls.model_fields.items():
        hint = annotations.get(name, info.annotation)
        if isinstance(hints.unwrap(hint), hints.Unresolved):
            hint = info.annotation
        required, generated = info.is_required(), info.default_factory is not None
        default = None if required or generated else info.default
        shapes.append(field_shape(name, hint, required, default, generated=generated, marked=name in marked))
    return tuple(shapes)


def _pydantic1_fields(cls: Any) -> tuple[FieldShape, ...]:
    annotations, marked = hints.field_hints(cls), marked_fields(cls)
    return tuple(
        field_shape(
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
    for attribute in cls.__attrs_attrs__:
        if not attribute.init:
            continue
        kind = type(attribute.default).__name__
        required, generated = kind in ("_Nothing", "NothingType"), kind == "Factory"
        hint = annotations.get(attribute.name, attribute.type if attribute.type is not None else Any)
        name = getattr(attribute, "alias", None) or attribute.name.lstrip("_")
        default = None if required or generated else attribute.default
        shapes.append(field_shape(name, hint, required, default, generated=generated, marked=attribute.name in marked))
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
    return tuple(parameter_field(parameter, annotations) for parameter in parameters if parameter.kind not in FREE)


def parameter_field(parameter: inspect.Parameter, annotations: Mapping[str, Any]) -> FieldShape:
    """Return the field that a parameter stands for."""
    required = parameter.default is inspect.Parameter.empty
    return field_shape(
        parameter.name, annotations.get(parameter.name, Any), required, None if required else parameter.default
    )


_READERS: Final[dict[str, Callable[[Any], tuple[FieldShape, ...]]]] = {
    "dataclass": _dataclass_fields,
    "attrs": _attrs_fields,
    "pydantic": _pydantic_fields,
    "pydantic1": _pydantic1_fields,
    "namedtuple": _record_fields,
    "typeddict": _record_fields,
    "plain": _signature_fields,
}
