"""Fields that a class itself calls secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..values.hints import field_hints, markers

#: In ``Annotated[str, SECRET]``: the field is secret whatever its name.
SECRET: Final = "inspector:secret"  # noqa: S105 - a marker

_MRO: Final = type.__dict__["__mro__"].__get__
_NAMESPACE: Final = type.__dict__["__dict__"].__get__
_GET: Final = object.__getattribute__


def marked_fields(cls: type) -> frozenset[str]:
    """Return the fields that a class itself hides.

    By ``__redact__ = ("name",)``, ``Annotated[str, SECRET]``, or ``repr=False`` of a dataclass's ``field``, pydantic's
    ``Field`` or an attrs field: what must not stand in a log line by way of its repr must not stand in a record either.
    """
    return frozenset((*_listed(cls), *_annotated(cls), *_unshown(cls)))


def _listed(cls: type) -> Iterator[str]:
    names = _static(cls, "__redact__")
    if any(type(names) is kind for kind in (tuple, list, set, frozenset)):
        yield from (name for name in names if type(name) is str)


def _annotated(cls: type) -> Iterator[str]:
    # A metaclass of a stranger may answer for its classes whatever it likes, and an annotation is code of theirs: they
    # are read where a library has read them before us, else only where they can be about us.
    if not _is_made(cls) and not (type(cls) is type and _mentions_us(cls)):
        return
    try:
        hints = field_hints(cls)
    except Exception:  # noqa: BLE001 - an annotation is a stranger's code; one that cannot be read marks nothing
        return
    for name, hint in hints.items():
        if any(type(marker) is str and marker == SECRET for marker in markers(hint)):
            yield name


def _mentions_us(cls: type) -> bool:
    for base in _MRO(cls)[:-1]:
        annotations = _NAMESPACE(base).get("__annotations__")
        for annotation in annotations.values() if type(annotations) is dict else ():
            if type(annotation) is not str or "SECRET" in annotation or SECRET in annotation:
                return True
    return False


def _is_made(cls: type) -> bool:
    return any(
        type(_static(cls, name)) is dict for name in ("__dataclass_fields__", "__pydantic_fields__", "__fields__")
    ) or type(_static(cls, "__attrs_attrs__")) is not type(None)


def _unshown(cls: type) -> Iterator[str]:
    for attribute in ("__dataclass_fields__", "__pydantic_fields__", "model_fields", "__fields__"):
        fields = _static(cls, attribute)
        if type(fields) is dict:
            for name, field in fields.items():
                if type(name) is str and (_is_unshown(field) or _is_unshown(_read(field, "field_info"))):
                    yield name
    attributes = _static(cls, "__attrs_attrs__")
    for field in attributes if isinstance(attributes, tuple) else ():
        if _is_unshown(field) and type(name := _read(field, "name")) is str:
            yield name


def _is_unshown(field: Any) -> bool:
    if _read(field, "repr") is False:
        return True
    marks = _read(field, "metadata")  # pydantic keeps there what ``Annotated`` said
    return type(marks) is list and any(type(mark) is str and mark == SECRET for mark in marks)


def _read(value: Any, name: str) -> Any:
    try:
        return _GET(value, name)
    except AttributeError:
        return None


def _static(cls: type, name: str) -> Any:
    """Return a class attribute without any hook; None when there is none."""
    for base in _MRO(cls):
        namespace = _NAMESPACE(base)
        if name in namespace:
            return namespace[name]
    return None
