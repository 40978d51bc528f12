"""What a handler is called, and where it is written: stable across runs and readable for people."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any, Final

from ..description import HandlerDescription

#: How many wrappings are looked through; more than that, or one that wraps itself, is its own name.
_LAYERS: Final = 32
#: Names of functions that are made to call another one.
_CALLERS: Final = frozenset({"<lambda>", "wrapper", "_wrapper", "inner", "_inner", "wrapped", "_wrapped", "injected"})
#: Under which such a function holds the other, whatever it is called itself; not where it is called like a handler.
_HELD: Final = frozenset({"fn", "func", "handler"})
_HANDLERS: Final = ("on_", "handle_", "when_")


def describe_handler(handler: Callable[..., Any]) -> HandlerDescription:
    """Describe any callable: function, bound method, partial, lambda, class, callable object.

    Never calls into the handler: only its type, its names and its code object are read.
    """
    wrapping, asynchronous = "", False
    target: Any = handler
    for _ in range(_LAYERS):
        if isinstance(target, functools.partial):
            wrapping = " (partial)"
            target = target.func
        elif (inside := _inside(target)) is not None:
            target = inside
        elif (enclosed := enclosed_handler(target)) is not None:
            wrapping = f" ({'lambda' if target.__name__ == '<lambda>' else target.__name__})"
            asynchronous = asynchronous or _is_async(target)
            target = enclosed
        else:
            break
    owner_type, function = _split(target)
    module, qualname = _names(target, owner_type, function)
    code = _code(function)
    file, line = (code.co_filename, code.co_firstlineno) if code is not None else ("", 0)
    if function is not None and getattr(function, "__name__", "") == "<lambda>":
        qualname = f"{qualname.rpartition('.')[0] or module.rpartition('.')[2]}.lambda:{line}"
    owner, _, method = qualname.rpartition(".")
    owner = owner or module.rpartition(".")[2]
    return HandlerDescription(
        key=f"{module}:{qualname}{wrapping}",
        label=qualname + wrapping,
        owner=owner,
        method=method + wrapping,
        module=module,
        file=file,
        line=line,
        is_async=asynchronous or _is_async(function),
        doc=_first_paragraph(function),
    )


def _inside(target: Any) -> Any:
    """Return what a callable says it stands for (``update_wrapper``, ``lru_cache``, ``staticmethod``), or None."""
    if isinstance(target, (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type)):
        return None
    inside = inspect.getattr_static(target, "__wrapped__", None)
    return inside if callable(inside) else getattr(target, "__func__", None) if type(target) is staticmethod else None


def enclosed_handler(target: Any) -> Any:
    """Return the handler that a closure is only there to call, as ``lambda event: handler(event, uow)`` is; else None.

    It is the one callable that the closure holds: of a lambda, of an inner function named for what it does and not for
    an event (``wrapper``), or of one that holds it by the name of a handler (``fn``). Others are handlers in their own
    right.
    """
    if not isinstance(target, types.FunctionType) or not target.__closure__:
        return None
    code = target.__code__
    if code.co_argcount != 1 and (code.co_argcount or not code.co_flags & inspect.CO_VARARGS):
        return None
    called_so = not target.__name__.startswith(_HANDLERS) and not _HELD.isdisjoint(code.co_freevars)
    if (target.__name__ not in _CALLERS and not called_so) or hasattr(target, "__wrapped__"):
        return None
    try:
        held = [cell.cell_contents for cell in target.__closure__]
    except ValueError:  # a cell that is not filled yet
        return None
    callables = [each for each in held if isinstance(each, (types.FunctionType, types.MethodType, functools.partial))]
    return callables[0] if len(callables) == 1 and callables[0] is not target else None


def _split(target: Any) -> tuple[type | None, Any]:
    """Return the class that owns the call (None for plain functions) and the function that runs."""
    if isinstance(target, types.MethodType):
        owner = target.__self__ if isinstance(target.__self__, type) else type(target.__self__)
        return owner, target.__func__
    if isinstance(target, (types.FunctionType, types.BuiltinFunctionType)):
        return None, target
    if isinstance(target, type):
        return target, None
    return type(target), getattr(type(target), "__call__", None)  # noqa: B004 - the method is wanted, not a test


def _names(target: Any, owner: type | None, function: Any) -> tuple[str, str]:
    """Return the module and the dotted name, without the ``<locals>`` of nested definitions."""
    if owner is None:
        module, qualname = (
            getattr(target, "__module__", None) or "",
            getattr(target, "__qualname__", str(type(target))),
        )
    else:
        module, qualname = owner.__module__, owner.__qualname__
        if isinstance(target, types.MethodType):
            name = getattr(function, "__name__", None) or type(function).__name__
            qualname = f"{qualname}.{name}"
        elif not isinstance(target, type):
            qualname = f"{qualname}.__call__"
    return str(module), str(qualname).replace("<locals>.", "")


def _code(function: Any) -> types.CodeType | None:
    for _ in range(_LAYERS):  # inspect.unwrap raises on a function that wraps itself
        inside = inspect.getattr_static(function, "__wrapped__", None)
        if inside is None:
            break
        function = inside
    code = getattr(function, "__code__", None)
    return code if isinstance(code, types.CodeType) else None


def _is_async(function: Any) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__wrapped__", None))


def _first_paragraph(function: Any) -> str:
    doc = getattr(function, "__doc__", None) if function is not None else None
    return inspect.cleandoc(doc).split("\n\n")[0] if isinstance(doc, str) else ""
