"""What handlers are called: a table of every kind of callable."""

from __future__ import annotations

import functools
import json
import operator
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.core.bus.identity import describe_handler


def plain(event: object) -> None:
    """Do it plainly.

    With more words.
    """


async def waits(event: object) -> None: ...


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


@decorated
async def wrapped(event: object) -> None:
    """Do it in a wrapper."""


@functools.lru_cache
def cached(event: object) -> None: ...


class Task:
    """A callable object that stands for a function, as task queues have them."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)

    def __call__(self, event: object) -> None: ...


@Task
def as_task(event: object) -> None: ...


class Base:
    def handle(self, event: object) -> None:
        """Do it in a method."""

    async def wait(self, event: object) -> None: ...

    @classmethod
    def on_class(cls, event: object) -> None: ...

    @staticmethod
    def alone(event: object) -> None: ...

    raw = vars()["alone"]

    def __call__(self, event: object) -> None: ...

    class Inner:
        def handle(self, event: object) -> None: ...


class Child(Base):
    pass


class AsyncCallable:
    async def __call__(self, event: object) -> None: ...


def factory() -> Callable[..., None]:
    def nested(event: object) -> None: ...

    return nested


top = lambda event: None  # noqa: E731 - the name of a lambda is what is tested
TOP_LINE = top.__code__.co_firstlineno


def makes_lambda() -> Callable[..., None]:
    return lambda event: None


INNER_LINE = makes_lambda().__code__.co_firstlineno

M = __name__
TABLE: list[tuple[str, Any, str, str, str, bool]] = [
    # what, handler, key, owner, method, asynchronous
    ("function", plain, f"{M}:plain", "test_identity", "plain", False),
    ("coroutine", waits, f"{M}:waits", "test_identity", "waits", True),
    ("method", Base().handle, f"{M}:Base.handle", "Base", "handle", False),
    ("async method", Base().wait, f"{M}:Base.wait", "Base", "wait", True),
    ("inherited", Child().handle, f"{M}:Child.handle", "Child", "handle", False),
    ("inner class", Base.Inner().handle, f"{M}:Base.Inner.handle", "Base.Inner", "handle", False),
    ("classmethod", Base.on_class, f"{M}:Base.on_class", "Base", "on_class", False),
    ("inherited classmethod", Child.on_class, f"{M}:Child.on_class", "Child", "on_class", False),
    ("staticmethod", Base.alone, f"{M}:Base.alone", "Base", "alone", False),
    ("raw staticmethod", Base.raw, f"{M}:Base.alone", "Base", "alone", False),
    ("function of a class", Base.handle, f"{M}:Base.handle", "Base", "handle", False),
    ("callable object", Base(), f"{M}:Base.__call__", "Base", "__call__", False),
    ("async callable object", AsyncCallable(), f"{M}:AsyncCallable.__call__", "AsyncCallable", "__call__", True),
    ("partial", functools.partial(plain, 1), f"{M}:plain (partial)", "test_identity", "plain (partial)", False),
    (
        "partial of a partial of a method",
        functools.partial(functools.partial(Base().wait, 1), 2),
        f"{M}:Base.wait (partial)",
        "Base",
        "wait (partial)",
        True,
    ),
    ("wrapped", wrapped, f"{M}:wrapped", "test_identity", "wrapped", True),
    ("cached", cached, f"{M}:cached", "test_identity", "cached", False),
    ("object that stands for a function", as_task, f"{M}:as_task", "test_identity", "as_task", False),
    ("nested", factory(), f"{M}:factory.nested", "factory", "nested", False),
    ("lambda", top, f"{M}:test_identity.lambda:{TOP_LINE}", "test_identity", f"lambda:{TOP_LINE}", False),
    (
        "lambda of a function",
        makes_lambda(),
        f"{M}:makes_lambda.lambda:{INNER_LINE}",
        "makes_lambda",
        f"lambda:{INNER_LINE}",
        False,
    ),
    ("class", Base, f"{M}:Base", "test_identity", "Base", False),
    ("builtin", print, "builtins:print", "builtins", "print", False),
    ("method of a builtin", [].append, ":list.append", "list", "append", False),
    (
        "object of a builtin type",
        operator.itemgetter(1),
        "operator:itemgetter.__call__",
        "itemgetter",
        "__call__",
        False,
    ),
    (
        "callable object bound to another",
        types.MethodType(AsyncCallable(), Base()),
        f"{M}:Base.AsyncCallable",
        "Base",
        "AsyncCallable",
        False,
    ),
]


@pytest.mark.parametrize(
    ("handler", "key", "owner", "method", "is_async"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_what_a_handler_is_called(handler: Any, key: str, owner: str, method: str, is_async: bool) -> None:
    described = describe_handler(handler)
    assert (described.key, described.owner, described.method) == (key, owner, method)
    assert described.label == key.partition(":")[2]
    assert described.is_async is is_async
    assert "<" not in described.label
    assert "0x" not in described.key


@pytest.mark.parametrize("handler", [plain, wrapped, cached, as_task, Base().handle, functools.partial(plain), top])
def test_where_a_handler_is_written(handler: Any) -> None:
    """The place of a wrapped function is its own, not the wrapper's."""
    described = describe_handler(handler)
    assert described.file == __file__
    line = Path(__file__).read_text().splitlines()[described.line - 1]
    assert line.lstrip().startswith(("def ", "async def ", "@", "top = "))


def test_a_handler_of_c_is_written_nowhere() -> None:
    described = describe_handler(print)
    assert (described.file, described.line) == ("", 0)


@pytest.mark.parametrize(
    ("handler", "doc"),
    [(plain, "Do it plainly."), (wrapped, "Do it in a wrapper."), (Base().handle, "Do it in a method."), (Base, "")],
)
def test_the_first_paragraph_of_its_docstring(handler: Any, doc: str) -> None:
    assert describe_handler(handler).doc == doc


def test_two_instances_of_a_class_are_one_handler_and_two_methods_are_two() -> None:
    keys = {describe_handler(one).key for one in (Base().handle, Base().handle, Base().wait)}
    assert len(keys) == 2


def test_a_function_that_wraps_itself_does_not_hang() -> None:
    def snake(event: object) -> None: ...

    snake.__wrapped__ = snake  # type: ignore[attr-defined]
    assert describe_handler(snake).method == "snake"
    tail = Task(plain)
    tail.__wrapped__ = tail  # type: ignore[attr-defined]
    assert describe_handler(tail).key == f"{M}:Task.__call__"


def test_the_code_of_a_handler_is_not_asked() -> None:
    class Trap:
        def __call__(self, event: object) -> None: ...

        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"asked for {name}")

        def __eq__(self, other: object) -> bool:
            raise AssertionError("asked for equality")

        __hash__ = None  # type: ignore[assignment]

    assert describe_handler(Trap()).owner.endswith("Trap")


def test_keys_are_equal_in_another_process(tmp_path: Path) -> None:
    """Sessions of different days are compared by them: no address, no hash, no order of import in a key."""
    (tmp_path / "shop.py").write_text(
        "import functools, json\n"
        "from inspector.core.bus.identity import describe_handler\n"
        "class Audit:\n"
        "    def handle(self, event): ...\n"
        "    def __call__(self, event): ...\n"
        "def outer():\n"
        "    return lambda event: None\n"
        "handlers = [Audit().handle, Audit(), functools.partial(Audit().handle, 1), outer(), print, {}.update]\n"
        "print(json.dumps([describe_handler(one).key for one in handlers]))\n"
    )
    code = "import sys; sys.path.insert(0, sys.argv[1]); import shop"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert json.loads(runs[0]) == [
        "shop:Audit.handle",
        "shop:Audit.__call__",
        "shop:Audit.handle (partial)",
        "shop:outer.lambda:7",
        "builtins:print",
        ":dict.update",
    ]
