"""The tool id of ``sys.monitoring`` that we use, and give to the program when it wants it.

There are six, each for one tool. We are there before the program, which may well have chosen an id of its own: as it
asks for ours we move to another, so it finds every id as it would without us. For that the functions by which one asks
for an id are ours while we hold one; our own calls use those of Python (``MONITORING``).

They are Python code, of which a tool of the program's is told, which it is not of Python's own: one that takes its
callbacks away while it holds a lock would wait for itself. So all but ``use_tool_id`` are Python's own again before the
program has its first tool.
"""

from __future__ import annotations

import sys
from _operator import index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

_MODULE: Final[Any] = getattr(sys, "monitoring", None)
#: ``sys.monitoring`` as Python has made it; None before 3.12.
MONITORING: Final[Any] = None if _MODULE is None else type(sys.implementation)(**vars(_MODULE))
#: The ids, in the order in which we try them: first those that nobody is known to use. Optimizers have 5, profilers 2,
#: debuggers 0 and coverage 1.
_TOOLS: Final = (4, 3, 5, 2, 0, 1)
_NAME: Final = "inspector"
#: Why nothing is recorded any more.
NONE_LEFT: Final = "Other tools use all tool ids of sys.monitoring."
#: The ids that are ours, each with what moves us to another.
_held: Final[dict[int, Callable[[], None]]] = {}


def is_any_free() -> bool:
    """Return whether there is an id to be taken; there must be a ``sys.monitoring``."""
    return any(MONITORING.get_tool(tool) is None for tool in _TOOLS)


def take(move: Callable[[], None]) -> int:
    """Take an id and return it; -1 where there is none.

    Args:
        move: Called on the thread of whoever wants the id, to take another and to release this one before it returns.
    """
    if MONITORING is None:
        return -1
    for tool in _TOOLS:
        try:
            MONITORING.use_tool_id(tool, _NAME)
        except ValueError:  # it is in use
            continue
        _held[tool] = move
        for name, function in _ours_now():
            setattr(_MODULE, name, function)
        return tool
    return -1


def release(tool: int) -> None:
    """Release an id of ours, with its callbacks and global events."""
    events = MONITORING.events
    MONITORING.set_events(tool, 0)
    for event in vars(events).values():
        if event and not event & (event - 1):
            MONITORING.register_callback(tool, event, None)
    _held.pop(tool, None)
    MONITORING.free_tool_id(tool)
    if not _held:
        for name, function in _ours_now():
            if getattr(_MODULE, name, None) is function:
                setattr(_MODULE, name, getattr(MONITORING, name))


def _ours_now() -> list[tuple[str, Any]]:
    """Return what of ``sys.monitoring`` is ours while we hold an id, with its names."""
    return [("use_tool_id", _USE), *_BEFORE_TOOLS.items()]


def _moving(name: str) -> Any:
    """Return a function of ``sys.monitoring`` by which one takes an id: we move off it first."""
    function, our, module, python, before_tools = getattr(MONITORING, name), _ours(), _MODULE, MONITORING, _BEFORE_TOOLS
    takes = name == "use_tool_id"

    def call(*arguments: Any) -> Any:
        while takes and before_tools:
            other, ours = before_tools.popitem()
            if getattr(module, other, None) is ours:
                setattr(module, other, getattr(python, other))
        move = our(arguments)
        if move is not None:
            move()
        return function(*arguments)

    return _named_like(call, function)


def _passing(name: str) -> Any:
    """Return a function of ``sys.monitoring`` that takes an id of ours for one that nobody uses."""
    function, our = getattr(MONITORING, name), _ours()

    def call(*arguments: Any) -> Any:
        return None if len(arguments) == 1 and our(arguments) is not None else function(*arguments)

    return _named_like(call, function)


def _ours() -> Callable[[tuple[Any, ...]], Callable[[], None] | None]:
    """Return what finds, by the arguments of a call, what moves us off the id that is meant; None where it is not ours.

    They are closures: a program may call them at the end of the interpreter, when globals are gone.
    """
    held, number = _held, index

    def our(arguments: tuple[Any, ...]) -> Callable[[], None] | None:
        try:
            return held.get(number(arguments[0]))
        except (IndexError, TypeError):  # Python says so
            return None

    return our


def _named_like(call: Any, function: Any) -> Any:
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(call, name, getattr(function, name))
    return call


#: What is ours until the program takes its first id, by its name.
_BEFORE_TOOLS: Final[dict[str, Any]] = {}
_USE: Final = _moving("use_tool_id") if MONITORING is not None else None
if MONITORING is not None:
    _BEFORE_TOOLS["register_callback"] = _moving("register_callback")
    _BEFORE_TOOLS.update((name, _passing(name)) for name in ("get_tool", "free_tool_id"))
