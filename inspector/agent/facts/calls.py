"""Facts of handlers: can they be called with the event alone, and which events their annotation lets in."""

from __future__ import annotations

import ast
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any, Final

from ...core.facts import HandlerFacts
from ...core.values import hints
from ...core.values.looking import is_a, variables_of
from ..handlers import Handler
from .classes import class_key
from .sessions import fails_without_session, needs_session

_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_UNION_NAMES: Final = ("Union", "Optional")

#: What an annotation says: the classes (None: anything), its text, bare names that were not found, the parameter.
Accepted = tuple["tuple[str, ...] | None", str, "tuple[str, ...]", str]


def describe_call(key: str, handler: Callable[..., Any], takes_event: bool = True) -> HandlerFacts:
    """Return the facts of a handler; what cannot be found out is left open."""
    unwrapped = Handler(handler)
    parameters = unwrapped.parameters if takes_event else None
    needs, fails = needs_session(unwrapped), fails_without_session(unwrapped)
    if parameters is None:
        return HandlerFacts(key, needs_session=needs, fails_without_session=fails)
    first = next((parameter for parameter in parameters if parameter.kind in _POSITIONAL), None)
    first = first or next(
        (parameter for parameter in parameters if parameter.kind is inspect.Parameter.VAR_POSITIONAL), None
    )
    accepts, annotation, names = _accepts(first, unwrapped.scope)
    return HandlerFacts(
        key,
        refuses=_refusal(parameters),
        parameter=first.name if first is not None else "",
        annotation=annotation,
        accepts=accepts,
        accepts_names=names,
        needs_session=needs,
        fails_without_session=fails,
    )


def refusal_of(handler: Callable[..., Any]) -> str:
    """Return why a handler cannot be called with the event alone; empty when it can, or when nobody can tell."""
    parameters = Handler(handler).parameters
    return "" if parameters is None else _refusal(parameters)


def accepted_classes(function: types.FunctionType, *, skip_self: bool = False) -> Accepted:
    """Return what the first parameter of a plain function is annotated with (the second of a method)."""
    unwrapped = Handler(function)
    parameters = [parameter for parameter in unwrapped.parameters or () if parameter.kind in _POSITIONAL]
    place = 1 if skip_self else 0
    if len(parameters) <= place:
        return None, "", (), ""
    accepts, annotation, names = _accepts(parameters[place], unwrapped.scope)
    return accepts, annotation, names, parameters[place].name


def _refusal(parameters: list[inspect.Parameter]) -> str:
    positional = [parameter for parameter in parameters if parameter.kind in _POSITIONAL]
    if not positional and not any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters):
        return "it takes no arguments"
    needed = [parameter.name for parameter in positional if parameter.default is inspect.Parameter.empty]
    if len(needed) > 1:
        return f"it requires {len(needed)} arguments: {', '.join(needed)}"
    keywords = [
        parameter.name
        for parameter in parameters
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.default is inspect.Parameter.empty
    ]
    return f"it requires the keyword argument {', '.join(keywords)}" if keywords else ""


# --- annotations ------------------------------------------------------------------------------------------------------


def _accepts(
    parameter: inspect.Parameter | None, scope: dict[str, Any]
) -> tuple[tuple[str, ...] | None, str, tuple[str, ...]]:
    if parameter is None or parameter.annotation is inspect.Parameter.empty:
        return None, "", ()
    hint = parameter.annotation
    if isinstance(hint, str):
        return _accepts_text(hint, scope)
    keys: list[str] = []
    for member in hints.members(hint):
        key = _class_accepted(member)
        if key is None:
            return None, hints.type_text(hint), ()
        keys.append(key)
    return tuple(keys), hints.type_text(hint), ()


def _accepts_text(text: str, scope: dict[str, Any]) -> tuple[tuple[str, ...] | None, str, tuple[str, ...]]:
    """Read an annotation that is text without evaluating it: names are looked up, nothing is called."""
    tree = _parsed(text)
    if tree is None:
        return None, text, ()
    keys: list[str] = []
    names: list[str] = []
    for part in _members(tree):
        path = _dotted(part)
        if not path:
            return None, text, ()
        value = _look_up(path, scope)
        key = _class_accepted(value) if value is not None else ""
        if key is None:
            return None, text, ()
        if key:
            keys.append(key)
        else:
            names.append(path.rpartition(".")[2])
    return tuple(keys), text, tuple(names)


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _members(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _members(node.left)
        yield from _members(node.right)
    elif isinstance(node, ast.Subscript) and _dotted(node.value).rpartition(".")[2] in _UNION_NAMES:
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for element in inner:
            yield from _members(element)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        inside = _parsed(node.value)  # quoted inside, as in Optional["Placed"]
        yield from _members(inside) if inside is not None else (node,)
    elif not (isinstance(node, ast.Constant) and node.value is None):
        yield node


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def _look_up(path: str, scope: dict[str, Any]) -> Any:
    import builtins

    name, *rest = path.split(".")
    value = scope.get(name, getattr(builtins, name, None))
    for part in rest:
        if not is_a(value, (types.ModuleType, type)):
            return None
        value = (variables_of(value) if is_a(value, types.ModuleType) else vars(value)).get(part)
    return value


def _class_accepted(member: Any) -> str | None:
    """Return the key of the class that an annotation lets in; None when it lets in anything or cannot be judged."""
    bare = hints.unwrap(member)
    if bare is None or bare is type(None):
        return "builtins.NoneType"
    if isinstance(bare, type) and typing.get_origin(bare) is None:
        anything = bare in (object, Any) or bool(getattr(bare, "_is_protocol", False))
        return None if anything else class_key(bare)
    return None
