"""What the code of a bus does with an event, read from its source: whom it hands it to, and what it keeps for later.

Nothing is run. A value is followed as paths (``paths.py``) from where it comes in. What the program keeps beside the
bus, in globals that its methods use, is taken for attributes of the bus.
"""

from __future__ import annotations

import ast
import enum
import inspect
import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from ....core.bus.identity import plain_function, undecorated
from ....core.own_code import is_own_class, is_standard
from ....core.values.looking import attributes, is_a, pretends
from ..places import source_of
from .names import UNNAMED, rank_of
from .paths import (
    LONG,
    NONE,
    Flow,
    Handed,
    Path,
    Paths,
    container_of,
    items_of,
    keyed_container,
    laid_in,
    part_of,
    taken_out,
    union,
)

_Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"

#: Where a function comes from that is defined in the one that is read.
_CODE_HERE: Final[Path] = ("<code>",)
#: Begins the name of a method that another one overrides.
_ABOVE: Final = "super "
#: Methods of containers and queues that take something out, and those that show all of it.
_TAKING: Final = frozenset(("get", "get_nowait", "pop", "popleft", "popitem", "setdefault", "fetchall", "fetchone"))
#: Functions that put something in its place in a list, and those of them that take something out, too.
_PLACING: Final = frozenset(
    ("heappush", "heappushpop", "heapreplace", "heappop", "insort", "insort_left", "insort_right")
)
_HEAPING: Final = frozenset(("heappop", "heappushpop", "heapreplace"))
_SPLITTING: Final = frozenset(("split", "rsplit", "partition", "rpartition"))
_SHOWING: Final = frozenset(("values", "keys", "copy", "items"))
_ADDING: Final = frozenset(("append", "appendleft", "add", "extend", "insert", "update"))
_CHANGING: Final = _ADDING | {"remove", "discard", "clear", "sort", "cancel"}
_TRYING: Final = (ast.Try, getattr(ast, "TryStar", ast.Try))
_CODE: Final = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)
#: What tells the parameters of a handler.
_ADAPTING: Final = frozenset(("signature", "getfullargspec", "get_type_hints"))
_LEAVING: Final = (ast.Continue, ast.Break, ast.Return)
#: What a handler is asked for that says how it is called.
_HOW: Final = frozenset(("iscoroutinefunction", "iscoroutine", "isawaitable", "isfunction", "ismethod", "callable"))
#: How deep functions that call each other are followed, how many expressions are looked at.
_DEPTH: Final = 7
_STEPS: Final = 20_000


def read_flow(function: Any, functions: Mapping[str, Any], owner: Any) -> Flow:
    """Read what a function of a bus does.

    Args:
        function: The function, unbound.
        functions: Those of the bus, by name.
        owner: The bus: an object, a class or a module.
    """
    flow = Flow()
    node = node_of(function)
    if node is None:
        flow.read = False
        return flow
    flow.yields = _yields(node)
    _Reader(flow, functions, owner).enter(function, node, None, {}, ("self",))
    answers = any(isinstance(part, ast.Return) and _is_truth(part.value) for part in ast.walk(node))
    flow.weigh(last=rank_of(node.name) < UNNAMED or not answers)
    return flow


def _is_truth(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


#: What may be called while something is handed on: it changes nothing.
_HARMLESS: Final = frozenset(
    ("list", "tuple", "set", "sorted", "reversed", "len", "type", "isinstance", "getattr", "callable", "enumerate")
)
_HARMLESS_MODULES: Final = frozenset(("asyncio", "inspect", "contextlib", "logging", "logger", "log", "_logger"))


def only_hands_on(function: Any) -> bool:
    """Return whether a function does nothing but call what it finds in containers with what it is given."""
    node = node_of(function)
    if node is None:
        return False
    parts = list(ast.walk(node))
    local = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    return not any(
        isinstance(part, (ast.Delete, ast.Global, ast.Nonlocal))
        or (isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.ctx, ast.Store))
        or (isinstance(part, ast.Call) and not _is_handing_on(part.func, local))
        for part in parts
    )


def _is_handing_on(callee: ast.expr, local: Collection[str]) -> bool:
    if isinstance(callee, ast.Name):
        return callee.id in local or callee.id in _HARMLESS
    root: ast.expr = callee
    while isinstance(root, (ast.Attribute, ast.Subscript, ast.Call)):
        root = root.func if isinstance(root, ast.Call) else root.value
    name = root.id if isinstance(root, ast.Name) else ""
    looked_up = isinstance(callee, ast.Attribute) and callee.attr in _TAKING | _SHOWING
    return looked_up or name in local or name in _HARMLESS_MODULES or not isinstance(callee, ast.Attribute)


_NODES: dict[types.CodeType, Any] = {}


def node_of(function: Any) -> Any:
    """Return the syntax tree of a function, None without a source that can be read."""
    function = undecorated(plain_function(function))
    code = getattr(function, "__code__", None)
    if not isinstance(code, types.CodeType):
        return None
    if code not in _NODES:
        try:
            tree = ast.parse(source_of(code))
        except (OSError, TypeError, ValueError, SyntaxError, RecursionError):
            tree = ast.Module([], [])
        node = tree.body[0] if tree.body else None
        _NODES[code] = node if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None
    return _NODES[code]


def _yields(node: _Function) -> bool:
    """Return whether a function is a generator; functions inside it are their own business."""
    waiting: list[ast.AST] = list(node.body) if isinstance(node.body, list) else [node.body]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp)):
            waiting.extend(ast.iter_child_nodes(part))
    return False


class _Reader:
    """Follows values through the functions of a bus, from one into the next."""

    def __init__(self, flow: Flow, functions: Mapping[str, Any], owner: Any) -> None:
        self._flow = flow
        self._functions = functions
        self._owner = owner
        self._module = is_a(owner, types.ModuleType)
        self._steps = 0
        self._asked = 0
        #: The variables that decide something, and whether what is read now is put into one of them.
        self._tested: set[str] = set()
        self._weighed = False
        #: A condition in the loop that is read says whether what follows is done.
        self._chosen = False
        #: The expression whose value nobody looks at, and whether the call that is made now is it.
        self._unused: ast.expr | None = None
        self._dropped = False
        self._stack: list[Any] = []
        self._env: dict[str, Paths] = {}
        self._inner: dict[str, tuple[_Function, dict[str, Paths]]] = {}
        self._globals: Mapping[str, Any] = {}
        self._class = ""
        self._returned: Paths = NONE

    # -- functions -----------------------------------------------------------------------------------------------------

    def enter(
        self, function: Any, node: Any, args: list[Paths] | None, keywords: Mapping[str, Paths], owner: Path
    ) -> Paths:
        """Read a function with these arguments (None: with its parameters as they come); return what it returns."""
        plain = undecorated(plain_function(function))
        here = plain, owner  # one bus may hand on to another of its class
        if here in self._stack or len(self._stack) >= _DEPTH:
            self._flow.grows = self._flow.grows or here in self._stack
            return NONE
        saved = self._env, self._inner, self._globals, self._class
        self._globals = getattr(plain, "__globals__", {})
        parts = getattr(plain, "__qualname__", "").split(".")
        self._class = parts[-2] if len(parts) > 1 and parts[-2] != "<locals>" else ""
        bound = not self._module and bool(self._class)
        static = isinstance(inspect.getattr_static(self._owner, getattr(plain, "__name__", ""), None), staticmethod)
        self._stack.append(here)
        try:
            first = [frozenset((owner,))] if bound and not static else []
            return self._body(node, None if args is None else [*first, *args], keywords, first, {})
        finally:
            self._stack.pop()
            self._env, self._inner, self._globals, self._class = saved

    def _body(
        self,
        node: _Function,
        args: list[Paths] | None,
        keywords: Mapping[str, Paths],
        first: list[Paths],
        around: Mapping[str, Paths],
    ) -> Paths:
        """Read the body of a function whose parameters hold these paths."""
        self._env = dict(around)
        self._inner = dict(self._inner) if around else {}
        self._tested |= {name for part in ast.walk(node) if isinstance(part, ast.If) for name in _names_in(part.test)}
        names = [parameter.arg for parameter in (*node.args.posonlyargs, *node.args.args)]
        values = list(args) if args is not None else [*first, *(frozenset(((name,),)) for name in names[len(first) :])]
        self._env.update(zip(names, values))  # noqa: B905 - what is too much goes to *args
        own = args is None
        for parameter in node.args.kwonlyargs:
            self._env[parameter.arg] = frozenset(((parameter.arg,),)) if own else NONE
        if node.args.vararg:
            rest = frozenset(((node.args.vararg.arg,),)) if own else laid_in(union(values[len(names) :]))
            self._env[node.args.vararg.arg] = rest
        if node.args.kwarg:
            named = [paths for name, paths in keywords.items() if name not in names]
            self._env[node.args.kwarg.arg] = frozenset(((node.args.kwarg.arg,),)) if own else laid_in(union(named))
        self._env.update({name: paths for name, paths in keywords.items() if name in self._env})
        outer, self._returned = self._returned, NONE
        if isinstance(node, ast.Lambda):
            self._returned = self._of(node.body)
        else:
            self._block(node.body)
        result, self._returned = self._returned, outer
        return result

    def _call_inner(self, name: str, args: list[Paths], keywords: Mapping[str, Paths]) -> Paths:
        """Read a function that is defined inside the one that is read."""
        node, around = self._inner[name]
        if node in self._stack or len(self._stack) >= _DEPTH:
            return NONE
        saved = self._env, self._inner
        self._stack.append(node)
        try:
            return self._body(node, args, keywords, [], {**around, **saved[0]})
        finally:
            self._stack.pop()
            self._env, self._inner = saved

    # -- statements ----------------------------------------------------------------------------------------------------

    def _block(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._inner[node.name] = (node, self._env)
        elif isinstance(node, ast.Assign):
            self._weighed = any(isinstance(target, ast.Name) and target.id in self._tested for target in node.targets)
            paths = self._of(node.value)
            self._weighed = False
            for target in node.targets:
                self._assign(target, paths)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign)):
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                self._flow.grows = self._flow.grows or bool(self._env.get(node.target.id))
            if node.value is not None:
                self._assign(node.target, self._of(node.value))
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._flow.endless = self._flow.endless or _waits(node.iter)
            self._assign(node.target, items_of(self._of(node.iter), self._flow.kept))
            before, chosen = len(self._flow.keys), self._chosen
            self._block([*node.body, *node.orelse])
            self._chosen = chosen
            if _names_bases(node.iter) and _is_left(node.body):
                self._take_nearest(before)
        elif isinstance(node, (ast.If, ast.While)):
            self._asks(node.test)
            if isinstance(node, ast.While) and _is_endless(node):
                self._flow.endless = True
            chosen, chooses = self._chosen, _chooses(node.test)
            self._chosen = chosen or (chooses and not node.orelse)
            self._block([*node.body, *node.orelse])
            self._chosen = chosen or (chooses and isinstance(node.body[-1], _LEAVING))
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                held = self._of(item.context_expr)
                if item.optional_vars is not None:
                    self._assign(item.optional_vars, held)
            self._block(node.body)
        elif isinstance(node, _TRYING):
            self._block(part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt))
            for handler in getattr(node, "handlers", ()):
                self._block(handler.body)
        elif isinstance(node, ast.Expr):
            self._unused = node.value
            self._of(node.value)
        elif isinstance(node, ast.Return):
            if node.value is not None:
                self._returned |= self._of(node.value)
        elif isinstance(node, ast.Match):
            self._of(node.subject)
            for case in node.cases:
                self._block(case.body)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self._of(child)

    def _take_nearest(self, before: int) -> None:
        """Take note of containers that were asked for the bases of a class, of which the first that is there counts."""
        asked = self._flow.keys[before:]
        self._flow.nearest |= {
            container_of((*place, "[]"))
            for place, paths in asked
            if any("type" in path and "[]" in path for path in paths)
        }

    def _asks(self, test: ast.expr) -> Paths:
        self._asked += 1
        try:
            return self._of(test)
        finally:
            self._asked -= 1

    def _assign(self, target: ast.expr, paths: Paths) -> None:
        if isinstance(target, ast.Name):
            self._env[target.id] = self._env.get(target.id, NONE) | paths
        elif isinstance(target, (ast.Tuple, ast.List)):
            for place, element in enumerate(target.elts):
                self._assign(element, frozenset(part_of(path, place) for path in paths))
        elif isinstance(target, ast.Starred):
            self._assign(target.value, paths)
        elif isinstance(target, ast.Attribute):
            self._keep(self._attribute(self._of(target.value), target.attr), paths)
        elif isinstance(target, ast.Subscript):
            key = self._of(target.slice)
            self._keep(self._of(target.value), laid_in(paths | key))

    def _keep(self, places: Paths, paths: Paths) -> None:
        for place in places:
            if place[0] == "self" and len(place) > 1 and "[]" not in place:
                self._flow.written.add(place)
                if paths:
                    self._flow.kept[place] = self._flow.kept.get(place, NONE) | paths

    # -- expressions ---------------------------------------------------------------------------------------------------

    def _of(self, node: ast.expr | None) -> Paths:
        """Return where the value of an expression comes from."""
        self._steps += 1
        if node is None or self._steps > _STEPS:
            self._flow.read = self._flow.read and node is None
            return NONE
        if isinstance(node, ast.Name):
            paths = self._name(node.id)
            if self._asked:
                self._flow.telling.update(filter(None, map(keyed_container, paths)))
            return paths
        if isinstance(node, ast.Attribute):
            if _is_super(node.value):
                return frozenset((("self", f".{_ABOVE}{node.attr}"),))
            return self._attribute(self._of(node.value), node.attr)
        if isinstance(node, ast.Subscript):
            return self._subscript(self._of(node.value), node.slice)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Starred):
            return frozenset((*path, "*") for path in self._of(node.value))
        if isinstance(node, ast.NamedExpr):
            paths = self._of(node.value)
            self._assign(node.target, paths)
            return paths
        if isinstance(node, ast.IfExp):
            self._asks(node.test)
            return self._of(node.body) | self._of(node.orelse)
        if isinstance(node, ast.BoolOp):
            return union(map(self._of, node.values))
        if isinstance(node, ast.Compare):
            self._compare(union(map(self._of, (node.left, *node.comparators))))
            return NONE
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return laid_in(union(map(self._element, node.elts)))
        if isinstance(node, ast.Dict):
            return laid_in(union(map(self._of, (*(key for key in node.keys if key is not None), *node.values))))
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            for generator in node.generators:
                self._assign(generator.target, items_of(self._of(generator.iter), self._flow.kept))
                for test in generator.ifs:
                    self._asks(test)
            return laid_in(self._of(node.value if isinstance(node, ast.DictComp) else node.elt))
        if isinstance(node, ast.Lambda):
            self._inner[f"lambda {id(node)}"] = (node, self._env)
            return self._call_inner(f"lambda {id(node)}", [NONE] * len(node.args.args), {})
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            paths = self._of(node.value)
            self._returned |= laid_in(paths) if isinstance(node, ast.Yield) else paths
            return NONE
        if isinstance(node, ast.Constant):
            return NONE
        return union(self._of(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))

    def _element(self, node: ast.expr) -> Paths:
        """Return what lies in a list made here, of one of its elements: ``[*listeners, audit]`` has all listeners."""
        return items_of(self._of(node.value), self._flow.kept) if isinstance(node, ast.Starred) else self._of(node)

    def _name(self, name: str) -> Paths:
        if name in self._env:
            return self._env[name]
        if name in self._inner:
            return frozenset((_CODE_HERE,))
        value = self._globals.get(name)
        if self._module:
            own_class = is_a(value, type) and value.__module__ == self._owner.__name__
            code = value is None or (issubclass(type(value), _CODE) and not own_class)
            return NONE if code else frozenset((("self", f".{name}"),))
        cls = self._owner if is_a(self._owner, type) else type(self._owner)
        if any(value is base for base in cls.__mro__[:-1]):
            return frozenset((("self",),))
        return frozenset((("self", f".{name}"),)) if keeps(value) and self._static(name) is None else NONE

    def _attribute(self, base: Paths, name: str) -> Paths:
        if name.startswith("__") and not name.endswith("__") and self._class:
            name = f"_{self._class.lstrip('_')}{name}"
        step = {"__class__": "type"}.get(name, f".{name}")
        paths = set()
        for path in base:
            if path[-1] == "type" and name in ("__name__", "__qualname__"):
                paths.add((*path, "name"))
            elif step == "type" and path == ("self",):
                paths.add(path)
            elif name == "__mro__" and path == ("self",):
                paths |= self._bases()
            elif name == "__dict__":
                paths.add((*path, "vars"))
            elif path == ("self",) and is_a(self._static(name), property):
                paths |= self._enter_named(self._static(name).fget, [], {}, path)
            elif len(path) < LONG:
                paths.add((*path, step))
        return frozenset(paths)

    def _bases(self) -> Paths:
        """Return the class of the bus and those above it: each is asked as the bus itself would be."""
        self._flow.inherits = True
        return frozenset((("self", "in"),))

    def _static(self, name: str) -> Any:
        return None if self._module else inspect.getattr_static(self._owner, name, None)

    def _subscript(self, base: Paths, key: ast.expr) -> Paths:
        keys = self._of(key)
        said = key.value if isinstance(key, ast.Constant) else None
        return self._taken(base, keys, said)

    def _taken(self, base: Paths, keys: Paths, said: Any) -> Paths:
        """Return what is taken out of something, by a key."""
        paths: set[Path] = set()
        for path in base:
            if path[-1] == "vars" and isinstance(said, str):
                paths |= self._attribute(frozenset((path[:-1],)), said)
            elif path[0] != "self" and isinstance(said, str):
                paths.add((*path, f"['{said}']"))
            else:
                paths |= items_of(frozenset((path,)), self._flow.kept)
                if path[0] == "self" and keys:
                    self._flow.keys.append((path, keys))
                    paths |= frozenset(key for key in keys if key[0] == "self" and key[-1] == "[]")  # made of a class
        return frozenset(paths)

    def _compare(self, paths: Paths) -> None:
        """Remember what of an item, or which key, is compared with what."""
        others = frozenset(path for path in paths if path[0] != "self")
        if others:
            self._flow.telling.update(filter(None, map(keyed_container, paths)))
        for path in paths - others:
            if others and ("[]" in path or "key" in path):
                self._flow.keys.append((path, others))

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Paths:
        args = [self._of(argument) for argument in node.args]
        keywords = {keyword.arg or "": self._of(keyword.value) for keyword in node.keywords}
        callee = node.func
        self._dropped = node is self._unused
        if isinstance(callee, ast.Name) and callee.id not in self._env:
            return self._call_name(callee.id, node, args, keywords)
        if isinstance(callee, ast.Attribute):
            return self._call_method(callee, node, args, keywords)
        return self._call_value(self._of(callee), args, keywords)

    def _call_value(self, paths: Paths, args: list[Paths], keywords: dict[str, Paths]) -> Paths:
        """Call what an expression is: a handler, a reference to one, a class of handlers."""
        for path in paths:
            if path[0] == "self":
                self._hand(path, args, keywords)
        passed = union((*args, *keywords.values()))
        return NONE if any(path[0] != "self" or "[]" in path for path in passed) else paths  # or it makes a handler

    def _hand(self, path: Path, args: list[Paths], keywords: Mapping[str, Paths], *, direct: bool = True) -> None:
        if path[-1][1:] in _CHANGING:
            return
        passed = union((*args, *keywords.values()))
        around = any(way == _CODE_HERE or (way[:-1] == ("self",) and way[1][1:] in self._functions) for way in passed)
        keys = tuple(keywords.items())
        flags = self._asked > 0, self._dropped, direct, around, self._weighed, self._chosen
        call = Handed(path, tuple(args), keys, *flags)
        if call not in self._flow.handed:
            self._flow.handed.append(call)

    def _call_name(self, name: str, node: ast.Call, args: list[Paths], keywords: dict[str, Paths]) -> Paths:
        if name in self._inner:
            return self._call_inner(name, args, keywords)
        if name == "type" and len(args) == 1:
            return frozenset(path if path == ("self",) else (*path, "type") for path in args[0])
        if name == "vars" and len(args) == 1:
            return frozenset((*path, "vars") for path in args[0])
        if name in ("isinstance", "issubclass") and len(args) > 1:
            classes = args[0] if name == "issubclass" else frozenset((*path, "type") for path in args[0])
            self._compare(classes | args[1])
            return NONE
        if name == "getattr" and len(node.args) > 1:
            said = node.args[1]
            if isinstance(said, ast.Constant):
                return self._attribute(args[0], str(said.value))
            names = {path[0] for path in args[1] if len(path) == 1} if len(args[1]) == 1 else set()
            for container in filter(None, map(container_of, args[0])) if names - {"self"} else ():
                (self._flow.by_name[container],) = names
                if isinstance(said, ast.Name) and said.id in names and not self._is_set(said.id):
                    self._flow.whole.add(container)
            named = args[1] if ("self",) in args[0] else NONE  # a method of the bus, called by what stands there
            return frozenset((*path, ".*") for path in args[0] | frozenset(filter(container_of, named)))
        function = self._functions.get(name) if self._module else self._globals.get(name)
        if is_a(function, types.FunctionType) and not is_standard(function.__module__):
            return self._enter_named(function, args, keywords, ("self",))
        return self._pass(name, node, args, keywords)

    def _is_set(self, name: str) -> bool:
        """Return whether the function that is read gives one of its variables a value."""
        parts = ast.walk(node_of(self._stack[-1][0]))
        return any(isinstance(p, ast.Name) and p.id == name and isinstance(p.ctx, ast.Store) for p in parts)

    def _enter_named(self, function: Any, args: list[Paths], keywords: Mapping[str, Paths], owner: Path) -> Paths:
        node = node_of(function)
        if node is None:
            return union(args)
        return self.enter(function, node, args, keywords, owner)

    def _call_method(
        self, callee: ast.Attribute, node: ast.Call, args: list[Paths], keywords: dict[str, Paths]
    ) -> Paths:
        if _is_super(callee.value):
            above = self._own_function(f"{_ABOVE}{callee.attr}")
            return NONE if above is None else self._enter_named(above, args, keywords, ("self",))
        base, name = self._of(callee.value), callee.attr
        if name in _ADDING and isinstance(callee.value, ast.Name) and not base:
            self._env[callee.value.id] = laid_in(union(args))
            return NONE
        if not base:
            return self._pass(name, node, args, keywords)
        if name in _ADDING and isinstance(callee.value, ast.Name):
            self._flow.grows = True
        result: Paths = NONE
        for path in base:
            result |= self._call_on(path, name, node, args, keywords)
        return result

    def _call_on(self, path: Path, name: str, node: ast.Call, args: list[Paths], keywords: dict[str, Paths]) -> Paths:
        """Call a method of something."""
        single = frozenset((path,))
        said = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        (full,) = self._attribute(single, name) or ((*path, f".{name}"),)
        method = self._method_of(path, full[-1].lstrip("."))
        if method is not None:
            return self._enter_named(method, args, keywords, path)
        if name == "mro" and path == ("self",):
            return self._bases()
        if name in _TAKING:
            return self._taken(single, union(args[:1]), said)
        if name in _SPLITTING and isinstance(said, str) and said:
            if path[0] == "self" and "[]" in path:
                return single  # an import path
            self._flow.separators += [said] if path[0] != "self" else []
        if name == "items":
            return frozenset(((*path, "items"),))
        if name in _SHOWING:
            return single
        if path[0] != "self":
            return single | union(args)
        if "[]" in path:
            self._hand(full, args, keywords)
            return frozenset((*way, "made") for way in union(args) if len(way) < LONG) if args else single
        every = union((*args, *keywords.values()))
        self._pass(name, node, args, keywords)
        self._keep(single, laid_in(every))
        if path == ("self",):
            self._hand(full, args, keywords)
        return every | frozenset(((*path, "[]"),))

    def _own_function(self, name: str) -> Any:
        """Return a function of the bus, also that which a method overrides; None where it has none."""
        if not name.startswith(_ABOVE):
            return self._functions.get(name)
        classes = (self._owner if is_a(self._owner, type) else type(self._owner)).__mro__
        here = next((place for place, cls in enumerate(classes) if cls.__name__ == self._class), len(classes))
        above = (vars(cls)[name[len(_ABOVE) :]] for cls in classes[here + 1 :] if name[len(_ABOVE) :] in vars(cls))
        function = plain_function(next(above, None))
        return function if is_a(function, types.FunctionType) else None

    def _method_of(self, path: Path, name: str) -> Any:
        """Return the function of a method of the bus, or of an object that it has."""
        if path == ("self",):
            return self._functions.get(name)
        if path[0] != "self" or "[]" in path or any(not step.startswith(".") for step in path[1:]):
            return None
        held = self._owner
        for place, step in enumerate(path[1:]):
            beside = self._globals.get(step[1:]) if place == 0 else None
            try:
                static = inspect.getattr_static(held, step[1:], beside)
            except Exception:  # noqa: BLE001 - a stranger's object may answer anything
                return None
            held = attributes(held).get(step[1:]) if is_a(static, types.MemberDescriptorType) else static
        if held is None or is_standard(getattr(type(held), "__module__", "")):
            return None
        function = plain_function(inspect.getattr_static(type(held), name, None))
        return function if is_a(function, types.FunctionType) else None

    def _pass(self, name: str, node: ast.Call, args: list[Paths], keywords: dict[str, Paths]) -> Paths:
        """Call something unknown: what it is given it may call with the rest, and what it gives back is of that."""
        if name == "iscoroutinefunction":
            self._flow.asks = True
            return NONE
        if name == "getmro" and args and ("self",) in args[0]:
            return self._bases()
        if name in _PLACING and args:
            self._keep(args[0], laid_in(union(args[1:])))
            return self._taken(args[0], NONE, None) if name in _HEAPING else NONE
        if name == "next" and node.args and isinstance(node.args[0], ast.GeneratorExp):
            (generator, *_) = node.args[0].generators
            if _names_bases(generator.iter):
                self._take_nearest(0)
        self._flow.adapts = self._flow.adapts or name in _ADAPTING
        every = [*zip(node.args, args), *((k.value, keywords[k.arg or ""]) for k in node.keywords)]  # noqa: B905
        held = (path for _, paths in every for path in paths)
        self._compare(frozenset(path for path in held if path[0] != "self" or "key" in path or self._asked > 0))
        for place, (written, paths) in enumerate(every):
            rest = [taken_out(more) for _, more in every[place + 1 :]]
            if isinstance(written, ast.Name) and written.id in self._inner:
                self._call_inner(written.id, rest, {})
            for path in paths:
                own = self._own_function(path[1][1:]) if path[0] == "self" and len(path) == 2 else None
                if own is not None:
                    self._enter_named(own, _flat(written, every, place, rest), {}, ("self",))
                elif path[0] == "self" and "[]" in path and "key" not in path and any(rest):
                    self._hand(tuple(step for step in path if step not in ("in", "*")), rest, {}, direct=False)
        return union(paths for _, paths in every)


def keeps(value: Any) -> bool:
    """Return whether a global may keep handlers: a container, a class or an object of the program's own."""
    if is_a(value, (dict, list, set, types.MappingProxyType)):
        return True
    cls = value if is_a(value, type) else type(value)
    return not issubclass(cls, (BaseException, enum.Enum)) and is_own_class(cls) and not pretends(value)


def _names_bases(node: ast.expr) -> bool:
    """Return whether an expression is of the bases of a class, in the order in which they are asked."""
    said = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    said |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return not said.isdisjoint(("__mro__", "mro", "getmro"))


def _is_left(body: Iterable[ast.stmt]) -> bool:
    """Return whether a loop may end before all is asked; loops inside it are their own business."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        part = waiting.pop()
        if isinstance(part, (ast.Break, ast.Return)):
            return True
        if not isinstance(part, (ast.For, ast.AsyncFor, ast.While, ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting.extend(
                child for child in ast.iter_child_nodes(part) if isinstance(child, (ast.stmt, ast.excepthandler))
            )
    return False


def _chooses(test: ast.expr) -> bool:
    """Return whether a condition may say whether a handler is called, and not only how."""
    said = {getattr(part, "attr", getattr(part, "id", "")) for part in ast.walk(test)}
    return said.isdisjoint(_HOW)


def _names_in(node: ast.expr) -> Iterator[str]:
    return (part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _flat(written: ast.expr, every: list[tuple[ast.expr, Paths]], place: int, rest: list[Paths]) -> list[Paths]:
    """Return the arguments of a callback: those after it, or what the one tuple of them holds (``Timer``)."""
    after = every[place + 1 :]
    if len(after) == 1 and isinstance(after[0][0], (ast.Tuple, ast.List)) and written is not None:
        count = len(after[0][0].elts)
        paths = sorted(rest[0])
        return [frozenset((path,)) for path in paths] if len(paths) == count else rest * count
    return rest


def _waits(node: ast.expr) -> bool:
    """Return whether an expression waits for what is put into a queue: ``queue.get()``, ``iter(queue.get, None)``."""
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    waiting = [call.func for call in calls if not call.args and not call.keywords]
    waiting += [
        arg for call in calls if isinstance(call.func, ast.Name) and call.func.id == "iter" for arg in call.args
    ]
    return any(isinstance(callee, ast.Attribute) and callee.attr == "get" for callee in waiting)


def _is_endless(node: ast.While) -> bool:
    if _waits(node.test):
        return True
    always = isinstance(node.test, ast.Constant) and bool(node.test.value)
    waits = any(_waits(part.value) for part in ast.walk(node) if isinstance(part, (ast.Assign, ast.NamedExpr)))
    return always and (waits or not any(isinstance(part, (ast.Break, ast.Return)) for part in ast.walk(node)))
