"""Statements of ``sqlite3``, whose methods have no Python code: the calls are watched where they are made.

That is on Python 3.12 and newer. SQLite says what it executes while one of them runs.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter_ns
from types import BuiltinMethodType, CodeType, FrameType, MethodDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.identity import bound_to
from ...core.own_code import is_agent
from ..observe.monitor import MONITOR
from .statements import EXECUTING, Statements, shown_statement

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from .effects import Effects

#: Methods that execute something, and what code is asked about that may call them.
_METHODS: Final = frozenset({"execute", "executemany", "executescript", "commit", "rollback"})
_NATIVE: Final = (MethodDescriptorType, BuiltinMethodType)
#: How statements begin that change rows.
_CHANGES: Final = ("INSERT", "UPDATE", "DELETE", "REPLACE")
_LONGEST_VERB: Final = 7
#: Methods that may execute very many statements, and those that end a transaction.
_MANY: Final = ("executemany", "executescript")
#: How many statements of a script are noted.
_STATEMENTS: Final = 5
_ENDS: Final = ("commit", "rollback")
#: Who executes for others, and is watched in its own way.
_OTHERS: Final = ("/sqlalchemy/", "/aiosqlite/", "/sqlite3/")


#: A call that runs: the name of the method; the cursor on which it was called, None for a connection; the connection;
#: whose call it is; what SQLite has said that it executes, None where the connection has a callback of the program's
#: own; rows that had been changed before; and when it began, ns of ``perf_counter_ns``.
_Running = tuple[str, Any, Any, "Execution | None", "list[str] | None", int, int]


def _rows_of(cursor: Any, connection: Any, texts: list[str] | None, changes: int) -> int | None:
    """Return how many rows were changed; None for a statement that gives rows, which are fetched later."""
    if cursor is not None:
        count: int = cursor.rowcount
        return count if count >= 0 else None
    changed: int = connection.total_changes - changes
    if changed:
        return changed
    return 0 if texts and texts[-1].lstrip()[:_LONGEST_VERB].upper().startswith(_CHANGES) else None


def _bounded(texts: list[str]) -> Callable[[str], None]:
    """Return what takes the first texts of very many."""

    def take(text: str) -> None:
        if len(texts) <= _STATEMENTS:
            texts.append(text)

    return take


def _shown_texts(name: str, texts: tuple[str, ...]) -> str:
    """Return what was executed, without the values: SQLite has put in parameters. Called when it is drained.

    Args:
        name: The method that was called, for what SQLite did not say.
        texts: What it said.
    """
    texts = tuple(text for text in texts if not text.startswith("--"))  # that is what triggers do
    own = [text for text in texts if text.strip() != "BEGIN"] or list(texts)
    shown = dict.fromkeys(shown_statement(text, numbers=True) for text in dict.fromkeys(own[:_STATEMENTS]))
    return "; ".join(shown) + ("; …" if len(set(own)) > _STATEMENTS else "") or name


class _SqliteCalls:
    """Watches the calls of sqlite3's methods."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        #: The library, once it is there.
        self._library: Any = None
        self._running: dict[FrameType, _Running] = {}
        self._codes: list[CodeType] = []

    def look(self, code: CodeType) -> None:
        """Watch code that may call them."""
        file = code.co_filename
        if _METHODS.isdisjoint(code.co_names) or is_agent(file) or any(folder in file for folder in _OTHERS):
            return
        if MONITOR.may_watch_calls(code):
            self._codes.append(code)
            MONITOR.watch_calls(code, self)

    def close(self) -> None:
        """Watch nothing any more."""
        while self._codes:
            MONITOR.leave_calls(self._codes.pop())

    def calling(self, frame: FrameType, called: Any, first: Any) -> None:
        """Take note that one begins."""
        kind = type(called)
        if kind not in _NATIVE or called.__name__ not in _METHODS or EXECUTING.get():
            return
        execution = self._statements.effects.execution
        if execution is None and not self._statements.wanted:
            return
        library = self._library or sys.modules.get("sqlite3")
        if library is None:
            return
        self._library = library
        owner = first if kind is MethodDescriptorType else bound_to(called)
        cursor = owner if isinstance(owner, library.Cursor) else None
        if cursor is None and not isinstance(owner, library.Connection):
            return
        name: str = called.__name__
        try:
            connection = owner if cursor is None else library.Cursor.connection.__get__(cursor)
            changes = connection.total_changes
            texts: list[str] | None = None
            if _is_free(connection):
                texts = []
                connection.set_trace_callback(_bounded(texts) if name in _MANY else texts.append)
        except Exception:  # noqa: BLE001 - it is closed, or of another thread: the call itself says so
            return
        self._running[frame] = name, cursor, connection, execution, texts, changes, perf_counter_ns()

    def called(self, frame: FrameType) -> None:
        """Note one that has returned."""
        self._end(frame, None)

    def raised(self, frame: FrameType, error: BaseException) -> None:
        """Note one that has failed."""
        self._end(frame, error)

    def _end(self, frame: FrameType, error: BaseException | None) -> None:
        running = self._running.pop(frame, None)
        if running is None:
            return
        name, cursor, connection, execution, texts, changes, began = running
        took = perf_counter_ns() - began
        try:
            if texts is not None:
                connection.set_trace_callback(None)
            rows = None if error is not None else _rows_of(cursor, connection, texts, changes)
        except Exception:  # noqa: BLE001 - it was closed meanwhile
            return
        if not texts and name in _ENDS:
            return  # there was no transaction
        text = partial(_shown_texts, name, tuple(texts or ()))
        self._statements.note(text, began, took, by="sqlite3", execution=execution, rows=rows, error=error)


def _is_free(connection: Any) -> bool:
    """Return whether a connection has no callback of the program's: there is no way to ask for one and put it back.

    A callback is held with the module that calls it.
    """
    return ModuleType not in map(type, gc.get_referents(connection))


def watch_sqlite(effects: Effects) -> Callable[[], None] | None:
    """Watch the statements of sqlite3, on Python 3.12 and newer."""
    if not MONITOR.available:
        return None
    calls = _SqliteCalls(Statements(effects))
    leave = effects.look_at_code(calls.look)

    def restore() -> None:
        leave()
        calls.close()

    return restore
