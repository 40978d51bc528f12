"""What a handler is called, and where it is written: stable across runs and readable for people.

Callables are taken apart here and nowhere else (``__wrapped__``, ``__func__``, ``__self__``, partials); nothing of a
handler is called for it. What a bus of others runs is asked of the agent's ``Handler``, which is built on this.
"""

from __future__ import annotations

import dis
import functools
import inspect
import sys
import types
from collections.abc import Callable, Collection
from typing import Any, Final

from ..description import HandlerDescription
from ..values.looking import attributes, is_a, is_routine, variables_of

#: How many wrappings are looked through; more than that, or one that wraps itself, is its own name.
_LAYERS: Final = 32
#: How functions are called that are handlers in their own right, whatever they call.
_HANDLERS: Final = ("on_", "handle_", "when_")


def describe_handler(handler: Callable[..., Any]) -> HandlerDescription:
    """Describe any callable: function, bound method, partial, lambda, class, callable object.

    Never calls into the handler: only its type, its names and its code object are read.
    """
    wrapping, asynchronous = "", False
    target: Any = handler
    for _ in range(_LAYERS):
        if is_a(target, functools.partial):
            wrapping, target = " (partial)", without_arguments(target)
        elif (inside := _inside(target)) is not None:
            target = inside
        elif (enclosed := enclosed_handler(target)) is not None:
            wrapping = " (lambda)" if target.__name__ == "<lambda>" else wrapping
            asynchronous = asynchronous or _is_async(target)
            target = enclosed
        else:
            break
    owner_type, function = owner_and_function(target)
    module, qualname = _names(target, owner_type, function)
    code = getattr(undecorated(function), "__code__", None)
    generator = generator_of(target)
    if generator is not None:
        code = code_of_generator(generator)
        module, qualname = _module_of(generator), generator.__qualname__.replace("<locals>.", "")
    file, line = (code.co_filename, code.co_firstlineno) if is_a(code, types.CodeType) else ("", 0)
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
        is_async=asynchronous or _is_async(function) or is_a(generator, types.AsyncGeneratorType),
        doc=_first_paragraph(function),
    )


def without_arguments(target: Any) -> Any:
    """Return the callable of a partial, or of partials of partials; anything else as it is."""
    for _ in range(_LAYERS):
        if not is_a(target, functools.partial):
            break
        target = target.func
    return target


def plain_function(value: Any) -> Any:
    """Return the function of a bound, static or class method; anything else as it is."""
    return value.__func__ if is_a(value, (types.MethodType, staticmethod, classmethod)) else value


def bound_to(target: Any) -> Any:
    """Return what a method, built in or not, is bound to; None for anything else."""
    return target.__self__ if is_a(target, (types.MethodType, types.BuiltinMethodType)) else None


#: What can be sent into, as it is called: its code, its frame.
_SENT_INTO: Final = ((types.GeneratorType, "gi_"), (types.CoroutineType, "cr_"), (types.AsyncGeneratorType, "ag_"))


def generator_of(target: Any) -> Any:
    """Return the generator, or coroutine, that a built-in method such as ``send`` is of; None for anything else."""
    owner = bound_to(target) if is_a(target, types.BuiltinMethodType) else None
    return owner if is_a(owner, tuple(kind for kind, _ in _SENT_INTO)) else None


def code_of_generator(generator: Any) -> types.CodeType:
    """Return the code of a generator, a coroutine or an asynchronous generator."""
    code: types.CodeType = getattr(generator, f"{_prefix(generator)}code")
    return code


def frame_of_generator(generator: Any) -> types.FrameType | None:
    """Return the frame of the same; None when it is over."""
    frame: types.FrameType | None = getattr(generator, f"{_prefix(generator)}frame", None)
    return frame


def _prefix(generator: Any) -> str:
    return next((prefix for kind, prefix in _SENT_INTO if is_a(generator, kind)), "")


def _module_of(generator: Any) -> str:
    """Return the name of the module that the code of a generator stands in, which may be over."""
    file, frame = code_of_generator(generator).co_filename, frame_of_generator(generator)
    if frame is not None:
        return str(frame.f_globals.get("__name__", ""))
    modules = ((name, module) for name, module in tuple(sys.modules.items()) if is_a(module, types.ModuleType))
    return next((name for name, module in modules if variables_of(module).get("__file__") == file), "")


def called_function(target: Any) -> Any:
    """Return the function that a call begins in: of a partial, a method, an object with ``__call__``.

    Decorators are functions of their own; a class is returned as it is.
    """
    target = plain_function(without_arguments(target))
    if is_routine(target) or is_a(target, type):
        return target
    return inspect.getattr_static(type(target), "__call__", target)


def function_of(target: Any) -> Any:
    """Return the function that is written for a call, below partials, methods, objects and decorators."""
    target = without_arguments(target)
    for _ in range(_LAYERS):
        if (inside := _inside(target)) is None:
            break
        target = without_arguments(inside)
    return undecorated(called_function(target))


def signature_of(target: Any) -> inspect.Signature:
    """Return what a call takes, as ``inspect.signature`` does; an object of a class with ``__call__`` is not asked.

    Raises:
        Exception: It cannot be known: built in, or a stranger's ``__signature__``.
    """
    call = called_function(target)
    own = is_routine(target) or is_a(target, (type, functools.partial)) or "__signature__" in attributes(target)
    if not own and _wrapped(target) is None and is_a(call, types.FunctionType):
        # Bound to something, for its signature is without ``self``.
        return inspect.signature(types.MethodType(call, call))
    return inspect.signature(target)


def undecorated(function: Any) -> Any:
    """Return what decorators say they stand for; of functions that wrap each other in a circle, one of them."""
    for _ in range(_LAYERS):  # inspect.unwrap raises on a function that wraps itself
        inside = _wrapped(function)
        if inside is None:
            break
        function = inside
    return function


def _wrapped(function: Any) -> Any:
    inside: Any
    if type(function) is types.FunctionType:  # nearly always
        inside = function.__dict__.get("__wrapped__")
    else:
        inside = inspect.getattr_static(function, "__wrapped__", None)
    if is_a(inside, (types.GetSetDescriptorType, types.MemberDescriptorType)):  # wrapt, and classes with slots
        try:
            inside = inside.__get__(function)
        except (AttributeError, ValueError):  # it was never filled
            return None
    return inside if callable(inside) else None


def _inside(target: Any) -> Any:
    """Return what an object says it stands for (``update_wrapper``, ``lru_cache``, ``staticmethod``), or None."""
    if is_a(target, (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type)):
        return None
    inside = _wrapped(target)
    return inside if inside is not None else plain_function(target) if type(target) is staticmethod else None


def enclosed_handler(target: Any) -> Any:
    """Return the handler that a closure is only there to call, as ``lambda event: handler(event, uow)`` is; else None.

    It is the one function of those that were given to the closure to which it passes on what it is called with. A
    closure that is called like a handler is one in its own right, and what is defined beside it is its helper;
    a lambda has no name to go by.
    """
    if not is_a(target, types.FunctionType) or not target.__closure__ or hasattr(target, "__wrapped__"):
        return None
    code = target.__code__
    if target.__name__.startswith(_HANDLERS) and target.__name__ == code.co_name:
        return None
    around = target.__qualname__.rpartition(".")[0]
    enclosed: dict[str, Any] = {}
    for name, cell in zip(code.co_freevars, target.__closure__):  # noqa: B905 - as long as each other
        try:
            value = cell.cell_contents
        except ValueError:  # a cell that is not filled yet
            return None
        if is_a(value, (types.FunctionType, types.MethodType, functools.partial)):
            beside = is_a(value, types.FunctionType) and value.__qualname__.rpartition(".")[0] == around
            beside = beside and name == value.__code__.co_name and target.__name__ != "<lambda>"
            if not beside:
                enclosed[name] = value
    passed = _passed_on(code, enclosed)
    return enclosed[passed[0]] if len(passed) == 1 else None


def _passed_on(code: types.CodeType, names: Collection[str], around: tuple[str, ...] = ()) -> list[str]:
    """Return which of the functions that a closure holds it passes on to what it is given, whole; not what it asks.

    It may do so in a function inside it, as ``call_later(1, lambda: handler(event))`` does.
    """
    count = code.co_argcount + code.co_kwonlyargcount
    own = (*around, *code.co_varnames[: count + bool(code.co_flags & inspect.CO_VARARGS)])
    called: dict[str, None] = {}
    current = passing = ""
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("PUSH_NULL", "PRECALL", "CACHE")]
    for step, after, later in zip(steps, [*steps[1:], None], [*steps[2:], None, None]):  # noqa: B905
        said = step.argval if is_a(step.argval, tuple) else (step.argval,)
        if step.opname in ("LOAD_DEREF", "LOAD_CLASSDEREF") and step.argval not in own:
            current = step.argval if step.argval in names else ""
        elif current and step.opname.startswith(("LOAD_FAST", "LOAD_DEREF")) and not set(own).isdisjoint(said):
            part = _is(after, "LOAD_ATTR", "LOAD_METHOD") or _is(later, "BINARY")
            passing, current = ("" if part else current), ""
        elif passing and step.opname.startswith("CALL"):
            if not _is(after, "POP_JUMP", "TO_BOOL"):
                called[passing] = None
            passing = ""
    inside = (const for const in code.co_consts if is_a(const, types.CodeType))
    return list(called) or [name for const in inside for name in _passed_on(const, names, own)]


def _is(step: dis.Instruction | None, *beginnings: str) -> bool:
    return step is not None and step.opname.startswith(beginnings)


def owner_and_function(target: Any) -> tuple[type | None, Any]:
    """Return the class that owns a call (None for plain functions) and the function that runs (None for a class)."""
    if is_a(target, types.MethodType):
        owner = bound_to(target)
        return owner if is_a(owner, type) else type(owner), plain_function(target)
    if is_a(target, (types.FunctionType, types.BuiltinFunctionType)):
        return None, target
    if is_a(target, type):
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
        owner = _written_class(owner)
        module, qualname = owner.__module__, owner.__qualname__
        if is_a(target, types.MethodType):
            name = getattr(function, "__name__", None) or type(function).__name__
            qualname = f"{qualname}.{name}"
        elif not is_a(target, type):
            qualname = f"{qualname}.__call__"
    return str(module), str(qualname).replace("<locals>.", "")


def _written_class(owner: type) -> type:
    """Return the class that somebody wrote: of one that a decorator has put in its place, the one inside."""
    if "<locals>" not in owner.__qualname__:
        return owner
    return next((base for base in owner.__mro__[1:-1] if _stands_for(owner, base)), owner)


def _stands_for(owner: type, base: type) -> bool:
    """Return whether a class is called like one that it is derived from, or is what its module has in its place."""
    held: Any = sys.modules.get(base.__module__)
    for name in base.__qualname__.split("."):
        held = vars(held).get(name) if is_a(held, (type, types.ModuleType)) else None
    return held is owner or base.__name__ == owner.__name__


def _is_async(function: Any) -> bool:
    function = without_arguments(function)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__wrapped__", None))


def _first_paragraph(function: Any) -> str:
    doc = getattr(function, "__doc__", None) if function is not None else None
    return inspect.cleandoc(doc).split("\n\n")[0] if is_a(doc, str) else ""
