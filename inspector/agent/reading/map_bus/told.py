"""Which names handlers tell apart themselves, in a field of what they are given: ``if action["type"] == "added"``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

from ...handlers import Handler
from .code import node_of

#: Fields in which what is published says what it is.
NAME_FIELDS: Final = ("type", "kind", "event", "event_type", "name", "topic", "action")


def names_told(handler: Any) -> Iterator[tuple[str, str]]:
    """Yield field and name of what a handler tells apart: compared with a text, matched by one, or by a table."""
    function = Handler(handler).function
    node = node_of(function)
    if node is None:
        return
    parameters = {parameter.arg for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    assigned = {
        part.targets[0].id: part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name)
    }
    for part in ast.walk(node):
        if isinstance(part, ast.Compare) and len(part.ops) == 1 and isinstance(part.ops[0], (ast.Eq, ast.In)):
            sides = (part.left, part.comparators[0])
            field = next((said for side in sides if (said := _field(side, parameters, assigned))), "")
            yield from ((field, text) for side in sides for text in _texts(side) if field)
        elif isinstance(part, ast.Match):
            field = _field(part.subject, parameters, assigned)
            whole = isinstance(part.subject, ast.Name) and part.subject.id in parameters
            for case in part.cases:
                yield from _matched(case.pattern, field, whole=whole)


def _matched(pattern: ast.pattern, field: str, *, whole: bool) -> Iterator[tuple[str, str]]:
    if isinstance(pattern, ast.MatchOr):
        for several in pattern.patterns:
            yield from _matched(several, field, whole=whole)
    elif isinstance(pattern, ast.MatchValue) and field:
        yield from ((field, text) for text in _texts(pattern.value))
    elif isinstance(pattern, ast.MatchMapping) and whole:
        for key, value in zip(pattern.keys, pattern.patterns):  # noqa: B905 - as long as each other
            name = key.value if isinstance(key, ast.Constant) else None
            if name in NAME_FIELDS:
                yield from _matched(value, str(name), whole=False)


def _field(node: ast.expr, parameters: set[str], assigned: dict[str, ast.expr]) -> str:
    """Return the field of a parameter that an expression takes; empty where it does not, or of another name."""
    if isinstance(node, ast.Name) and node.id not in parameters:
        node = assigned.get(node.id, node)
    owner: ast.expr | None = None
    said: Any = None
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        owner, said = node.value, node.slice.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        owner, said = node.func.value, node.args[0].value if isinstance(node.args[0], ast.Constant) else None
    return str(said) if isinstance(owner, ast.Name) and owner.id in parameters and said in NAME_FIELDS else ""


def _texts(node: ast.expr) -> Iterator[str]:
    several = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    yield from (part.value for part in several if isinstance(part, ast.Constant) and isinstance(part.value, str))
