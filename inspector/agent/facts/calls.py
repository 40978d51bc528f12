"""Facts of handlers: can they be called as their bus calls them, and which events their annotation lets in."""

from __future__ import annotations

import ast
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from ...core.facts import HandlerFacts
from ...core.values import hints
from ...core.values.looking import is_a, variables_of
from ..adapters.base import EVENT_ALONE, CallShape
from ..handlers import Handler
from .classes import class_key
from .sessions import fails_without_session, needs_session

_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_NOTHING: Final = "it takes no arguments"
_UNION_NAMES: Final = ("Union", "Optional")

#: What an annotation says: the classes (None: anything), its text, bare names that were not found, the parameter.
Accepted = tuple["tuple[str, ...] | None", str, "tuple[str, ...]", str]


def describe_call(key: str, handler: Callable[..., Any], shapes: Sequence[CallShape] = (EVENT_ALONE,)) -> HandlerFacts:
    """Return the facts of a handler that is called in these ways; what cannot be found out is left open."""
    unwrapped = Handler(handler)
    parameters = unwrapped.parameters if shapes else None
    needs, fails = needs_session(unwrapped), fails_without_session(unwrapped)
    if parameters is None:
        return HandlerFacts(key, needs_session=needs, fails_without_session=fails)
    refused = next((shape for shape in shapes if _refusal(parameters, shape)), shapes[0])
    refuses = _refusal(parameters, refused)
    if not any(shape.typed for shape in shapes):
        return HandlerFacts(
            key, refuses=refuses, called_with=refused.text, needs_session=needs, fails_without_session=fails
        )
    first = next((parameter for parameter in parameters if parameter.kind in _POSITIONAL), None)
    first = first or next(
        (parameter for parameter in parameters if parameter.kind is inspect.Parameter.VAR_POSITIONAL), None
    )
    accepts, annotation, names = _accepts(first, unwrapped.scope)
    return HandlerFacts(
        key,
        refuses=refuses,
        called_with=refused.text,
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
    return "" if parameters is None else _refusal(parameters, EVENT_ALONE)


def accepted_classes(function: types.FunctionType, *, skip_self: bool = False) -> Accepted:
    """Return what the first parameter of a plain function is annotated with (the second of a method)."""
    unwrapped = Handler(function)
    parameters = [parameter for parameter in unwrapped.parameters or () if parameter.kind in _POSITIONAL]
    place = 1 if skip_self else 0
    if len(parameters) <= place:
        return None, "", (), ""
    accepts, annotation, names = _accepts(parameters[place], unwrapped.scope)
    return accepts, annotation, names, parameters[place].name


def _refusal(parameters: Sequence[inspect.Parameter], shape: CallShape) -> str:
    """Return why what takes these parameters cannot be called so; empty when it can."""
    refused = _refused(parameters, shape)
    if refused and shape.names:
        by_name = replace(shape, args=0, most=0, keywords=(*shape.names[: shape.args], *shape.keywords), names=())
        return refused if _refused(parameters, by_name) else ""
    return refused


def _refused(parameters: Sequence[inspect.Parameter], shape: CallShape) -> str:
    kinds = {parameter.kind for parameter in parameters}
    positional = [parameter for parameter in parameters if parameter.kind in _POSITIONAL]
    if len(positional) < shape.args and inspect.Parameter.VAR_POSITIONAL not in kinds:
        return f"it takes only {', '.join(parameter.name for parameter in positional)}" if positional else _NOTHING
    first = {parameter.name for parameter in positional[: shape.args]}
    by_name = {parameter.name for parameter in parameters if parameter.kind in _BY_NAME} - first
    for name in shape.keywords if inspect.Parameter.VAR_KEYWORD not in kinds else ():
        if name in first:
            return f"it is given {name} twice"
        if name not in by_name:
            by_position = any(parameter.name == name for parameter in positional)
            return f"it takes {name} by position only" if by_position else f"it takes no argument {name}"
    needed = [parameter for parameter in positional if parameter.default is parameter.empty]
    missing = [
        parameter
        for parameter in needed
        if parameter not in positional[: max(shape.args, shape.most)]
        and not (parameter.kind in _BY_NAME and (shape.others or parameter.name in shape.keywords))
    ]
    if missing and shape.others:
        return f"it requires {', '.join(parameter.name for parameter in missing)} by position"
    if missing:
        count = f"{len(needed)} arguments" if len(needed) > 1 else "an argument"
        return f"it requires {count}: {', '.join(parameter.name for parameter in needed)}"
    keywords = [
        parameter.name
        for parameter in parameters
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        and parameter.default is parameter.empty
        and not (shape.others or parameter.name in shape.keywords)
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
