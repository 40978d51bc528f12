"""How a function publishes: what, with a database session or without, and whether it stores something only after it.

Read from the syntax tree, in the order in which the lines run; branches that exclude each other are kept apart.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

#: Methods that publish what they are given.
PUBLISH_VERBS: Final = frozenset({"publish", "publish_event", "emit", "dispatch", "raise_event", "fire", "notify"})
#: Methods that store something, or make it permanent.
STORE_VERBS: Final = frozenset({"commit", "save", "save_all", "persist", "insert", "insert_one", "bulk_create"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Publishing:
    """One call that publishes an event made on the spot or in a variable of the function.

    Attributes:
        event: Name of the event's class.
        line: Line of the call.
        function: Name of the function around it.
        with_session: A database session is given along, or may be.
        stored_at: Line of the first call that stores something after it; 0 when there is none.
        lost: The call stands alone in its line without ``await``: what it gives is thrown away.
        verb: Name of the method (or function) that is called.
        receiver: Last name of what it is called on, empty where it is a function.
    """

    event: str
    line: int
    function: str
    with_session: bool
    stored_at: int = 0
    lost: bool = False
    verb: str = ""
    receiver: str = ""


def publishings(function: Function, aliases: Mapping[str, str]) -> list[Publishing]:
    """Give every publish of a function; functions inside it are on their own.

    Args:
        function: The function.
        aliases: What imported names are called where they come from.
    """
    flow = _Flow(function.name, aliases)
    flow.block(function.body, frozenset())
    return list(flow.found.values())


def last_name(node: ast.expr) -> str:
    """Give the last part of a dotted name, empty when it is none."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def receiver(call: ast.Call) -> str:
    """Give the last name of what a method is called on, empty for a function."""
    return last_name(call.func.value) if isinstance(call.func, ast.Attribute) else ""


class _Flow:
    """Walks a function; what is pending is the set of publishes (by line) that nothing was stored after yet."""

    def __init__(self, function: str, aliases: Mapping[str, str]) -> None:
        self.found: dict[int, Publishing] = {}
        self._function = function
        self._aliases = aliases
        self._made: dict[str, str] = {}

    def block(self, statements: list[ast.stmt], pending: frozenset[int]) -> frozenset[int]:
        """Run statements; gives what is pending after them."""
        for statement in statements:
            pending = self._statement(statement, pending)
            if isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break):
                return frozenset()
        return pending

    def _statement(self, statement: ast.stmt, pending: frozenset[int]) -> frozenset[int]:
        if isinstance(statement, Function | ast.ClassDef):
            return pending
        if isinstance(statement, ast.Try | ast.TryStar):
            done = self.block(statement.orelse, self.block(statement.body, pending))
            for handler in statement.handlers:
                done |= self.block(handler.body, pending)
            return self.block(statement.finalbody, done)
        if isinstance(statement, ast.Match):
            pending = self._calls(statement.subject, pending)
            return frozenset().union(pending, *(self.block(case.body, pending) for case in statement.cases))
        blocks = [getattr(statement, name, []) for name in ("body", "orelse")]
        for expression in _own_expressions(statement):
            pending = self._calls(expression, pending)
        self._remember(statement)
        if isinstance(statement, ast.Expr) and statement.value.lineno in self.found:
            lost = isinstance(statement.value, ast.Call) and last_name(statement.value.func) in PUBLISH_VERBS
            self.found[statement.value.lineno] = replace(self.found[statement.value.lineno], lost=lost)
        if isinstance(statement, ast.With | ast.AsyncWith):
            return self.block(statement.body, pending)
        return pending.union(*(self.block(each, pending) for each in blocks)) if any(blocks) else pending

    def _remember(self, statement: ast.stmt) -> None:
        """Note which event a variable holds."""
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            return
        made = self._event(statement.value) if statement.value is not None else ""
        for target in targets:
            if isinstance(target, ast.Name):
                self._made[target.id] = made

    def _calls(self, expression: ast.expr, pending: frozenset[int]) -> frozenset[int]:
        calls = [node for node in ast.walk(expression) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0)):
            verb = last_name(call.func)
            if verb in STORE_VERBS and isinstance(call.func, ast.Attribute):
                for line in pending:
                    self.found[line] = replace(self.found[line], stored_at=call.lineno)
                pending = frozenset()
            elif verb in PUBLISH_VERBS and call.args and (event := self._event(call.args[0])):
                self.found[call.lineno] = Publishing(
                    event, call.lineno, self._function, _has_session(call), verb=verb, receiver=receiver(call)
                )
                pending |= {call.lineno}
        return pending

    def _event(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self._made.get(node.id, "")
        if isinstance(node, ast.Call):
            name = last_name(node.func)
            name = self._aliases.get(name, name)
            return name if name[:1].isupper() else ""
        return ""


def _own_expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """Give the expressions of a statement that are not inside its blocks."""
    for _, value in ast.iter_fields(statement):
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, ast.expr):
                yield each
            elif isinstance(each, ast.withitem):
                yield each.context_expr


def _has_session(call: ast.Call) -> bool:
    if len(call.args) > 1:
        return True
    for keyword in call.keywords:
        if keyword.arg is None:
            return True  # **arguments: it may be among them
        if keyword.arg == "session":
            return not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None)
    return False
