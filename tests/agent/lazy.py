"""Objects that merely lie around in a program, and must not be touched: they set themselves up when they are asked."""

from __future__ import annotations

from typing import Any, ClassVar

#: What was asked of any of them.
touched: list[str] = []


def _asked(name: str) -> Any:
    def method(self: Any, *_args: Any, **_options: Any) -> Any:
        touched.append(f"{type(self).__name__}.{name}")
        raise LookupError(f"{name}: no such part is installed")

    return method


def _refusing(name: str, *methods: str, properties: tuple[str, ...] = (), **others: Any) -> type[Any]:
    body = {f"__{method}__": _asked(method) for method in methods}
    body |= {f"__{attribute}__": property(_asked(attribute)) for attribute in properties}
    return type(name, (), {**body, **others})


class SetUpByFunction:
    """As Django's ``SimpleLazyObject``: it keeps a function that makes what it stands for."""

    _wrapped: ClassVar[Any] = object()

    def __init__(self) -> None:
        self.__dict__["_setupfunc"] = _asked("setup")

    __class__ = property(_asked("class"))
    __getattr__ = __bool__ = __str__ = __eq__ = __hash__ = _asked("anything")
    __len__ = __iter__ = __contains__ = __getitem__ = __dir__ = _asked("anything")


class Promise:
    """As celery's tasks before their app is complete: a proxy with slots that hold how it is made, gone afterwards."""

    __slots__ = ("_handlers", "_listeners")

    def __init__(self) -> None:
        object.__setattr__(self, "_listeners", (print,))
        object.__setattr__(self, "_handlers", {"made": [print]})

    __class__ = property(_asked("class"))
    __dict__ = property(_asked("dict"))
    __getattr__ = __call__ = __eq__ = __hash__ = __bool__ = _asked("anything")

    def publish(self, event: object) -> None:
        """Something that publishes, as it seems."""
        for listener in getattr(self, "_listeners"):  # noqa: B009 - it has none, as far as anybody can tell
            listener(event)


class _OfClass(type):
    """A metaclass that does not want its classes to be asked."""

    __getattr__ = __eq__ = __hash__ = __instancecheck__ = __len__ = __iter__ = _asked("of_class")
    __bool__ = __contains__ = _asked("of_class")


#: Each can be made without arguments; an instance of any may be anywhere.
KINDS: list[type[Any]] = [
    SetUpByFunction,
    Promise,
    _refusing("ClassAsked", properties=("class",)),
    # As werkzeug's ``LocalProxy`` outside of a request: slots, and everything else by descriptors.
    _refusing(
        "Unbound",
        *("eq", "bool", "len", "iter", "hash", "contains", "getattr", "call"),
        properties=("dict", "class", "wrapped", "self", "func", "code", "signature"),
        __slots__=("_target",),
    ),
    _refusing("AttributeAsked", "getattr"),
    _refusing("AnythingAsked", "getattribute"),
    _refusing("Compared", "eq", "ne", "hash", "lt"),
    _refusing("Measured", "bool", "len", "iter", "contains", "getitem"),
    _refusing("Shown", "repr", "str", "format"),
]


class Odd(metaclass=_OfClass):
    """A class that does not want to be asked."""


def some() -> list[Any]:
    """One of each."""
    return [kind() for kind in KINDS]
