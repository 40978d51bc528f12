"""The SQL probe: statements that handlers execute, with their time and rows; values are never part of it.

SQLAlchemy tells of statements itself, to listeners on its ``Engine`` class. Of ``sqlite3``, whose methods have no
Python code, the calls are watched where they are made, on Python 3.12 and newer; SQLite says what it executes while one
of them runs. Of ``aiosqlite``, which executes on a thread of its own, what it puts in its queue is watched. What one of
these executes by way of another is told once.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import partial
from time import perf_counter_ns
from types import BuiltinMethodType, CodeType, FrameType, MethodDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from ...core.bus.identity import bound_to
from ...core.own_code import is_agent
from ...core.records.inside import SQL, StatementNote, data_of
from ..observe.monitor import MONITOR
from .handled import ends_of

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ...core.records.recorder import NoteText
    from .effects import Effects
    from .watching import Call

#: Longest statement that is noted, and how much of a longer one is looked through.
LONGEST: Final = 4_000
_MOST: Final = 20_000
#: How many types of parameters are noted, and statements of a script.
_TYPES: Final = 30
_STATEMENTS: Final = 5
#: What is said of a statement without parameters.
_NONE: Final[tuple[tuple[str, ...], int]] = ((), 1)
#: Statements that are remembered as they are shown: programs execute the same ones again and again.
_REMEMBERED: Final = 1_000

_VALUES: Final = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<value> (?:[xXbBnNeE]|\b_[a-z]\w*\s*)?'(?:[^'\\]|''|\\.)*(?:'|\Z) | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z) )
    | (?P<name> "(?:[^"]|"")*"? | `[^`]*`? )
    | (?P<number> (?<![\w$:?@%.\]])[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)(?!\w) )
    | (?P<space> \s+ )
    """,
    re.VERBOSE | re.DOTALL,
)

#: A statement of SQLAlchemy's runs: what its driver executes is that.
_EXECUTING: Final[ContextVar[bool]] = ContextVar("inspector_statement", default=False)


def shown_statement(text: str, *, numbers: bool = False) -> str:
    """Return a statement on one line, without comments, and with ``?`` for the values that are written in it.

    Args:
        text: The statement.
        numbers: Numbers are values, too: they may have been parameters.
    """

    def shown(match: re.Match[str]) -> str:
        kind = match.lastgroup if match.lastgroup != "tag" else "value"
        if kind == "value" or (kind == "number" and numbers):
            return "?"
        return " " if kind in ("space", "comment") else match.group()

    cut = len(text) > _MOST
    statement = re.sub(" +", " ", _VALUES.sub(shown, text[:_MOST])).strip("; ")
    return statement[: LONGEST - 1] + "…" if cut or len(statement) > LONGEST else statement


def types_of(parameters: Any) -> tuple[tuple[str, ...], int]:
    """Return the names of the types of parameters, and how many sets of them there are; no value is looked at."""
    sets: Any = (parameters,)
    if type(parameters) is list and parameters and issubclass(type(parameters[0]), (tuple, dict, list, Mapping)):
        sets = parameters
    first: Any = sets[0] if sets else ()
    if issubclass(type(first), dict):
        first = list(dict.values(first))
    elif not issubclass(type(first), (tuple, list)):
        return (), len(sets) or 1
    return tuple(type(value).__name__ for value in first[:_TYPES]), len(sets)


class Statements:
    """Notes statements.

    Args:
        effects: Takes the notes.
    """

    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        self._shown: dict[str, str] = {}

    @property
    def wanted(self) -> bool:
        """A statement that is executed now is noted."""
        return self.effects.execution is not None or self.effects.is_outside(SQL)

    def shown(self, text: str) -> str:
        """Return a statement as it is shown; the same ones come again and again."""
        shown = self._shown.get(text)
        if shown is None:
            if len(self._shown) >= _REMEMBERED:
                self._shown.clear()
            shown = self._shown[text] = shown_statement(text)
        return shown

    def note(
        self,
        text: NoteText,
        began: int,
        took: int,
        *,
        by: str,
        execution: Execution | None,
        rows: int | None = None,
        parameters: tuple[tuple[str, ...], int] = _NONE,
        error: BaseException | None = None,
    ) -> None:
        """Note a statement.

        Args:
            text: As it is shown; or a function that returns it.
            began: When it began, ns of ``perf_counter_ns``.
            took: How long it took, ns.
            by: The library.
            execution: Whose it is; None for nobody's.
            rows: See ``StatementNote``.
            parameters: What ``types_of`` says of its parameters.
            error: With what it failed.
        """
        types, sets = parameters
        name = "" if error is None else type(error).__name__
        known_rows = None if rows is None or rows < 0 else rows
        ago = max(perf_counter_ns() - began, 0)
        data = partial(_data, ago, took, by, name, known_rows, types, sets)
        level = "info" if error is None else "error"
        self.effects.tell(SQL, text, data, execution=execution, level=level)


def _data(*values: Any) -> dict[str, Any]:
    """Return the data of a note on a statement; called when it is drained."""
    return data_of(StatementNote(*values))


# --- SQLAlchemy ---------------------------------------------------------------------------------------------------


class _Executed:
    """A statement of SQLAlchemy's: executed, and perhaps still being fetched."""

    def __init__(self, text: str, parameters: Any, execution: Execution | None) -> None:
        self.text = text
        self.parameters = types_of(parameters) if parameters else _NONE
        self.execution = execution
        self.began = perf_counter_ns()
        self.took = 0
        self.fetched = 0


class _Engines:
    """Listens to engines, and counts rows as they are fetched."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        #: By the id of the cursor: what is being executed.
        self._open: dict[int, _Executed] = {}
        #: What is noted when its rows have been fetched, by the context of its execution.
        self._fetching: WeakKeyDictionary[Any, _Executed] = WeakKeyDictionary()

    def before_cursor_execute(
        self, _connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> None:
        """Take note that a statement begins."""
        if self._statements.wanted:
            if len(self._open) > _REMEMBERED:  # cut off without a word, by an exit
                self._open.clear()
            _EXECUTING.set(True)
            text = self._statements.shown(statement)
            self._open[id(cursor)] = _Executed(text, parameters, self._statements.effects.execution)

    def after_cursor_execute(
        self, _connection: Any, cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool
    ) -> None:
        """Note a statement; one that gives rows when they have been fetched."""
        executed = self._open.pop(id(cursor), None)
        if executed is None:
            return
        executed.took = perf_counter_ns() - executed.began
        _EXECUTING.set(False)
        rows = _rows_of(cursor)
        execution = executed.execution
        waits = rows is None and context is not None and MONITOR.available
        if waits and execution is not None and not execution.ended:
            self._fetching[context] = executed
            _Fetching.of(execution, self).add(context)
        else:
            self._tell(executed, rows)

    def handle_error(self, context: Any) -> None:
        """Note a statement that failed."""
        cursor = getattr(context.execution_context, "cursor", None)
        executed = self._open.pop(id(cursor), None)
        if executed is not None:
            executed.took = perf_counter_ns() - executed.began
            _EXECUTING.set(False)
            self._tell(executed, None, context.original_exception)

    def one_fetched(self, call: Call) -> None:
        """Count a row that was fetched."""
        self._fetched(call, int(call.result is not None), last=call.result is None)

    def many_fetched(self, call: Call) -> None:
        """Count the rows that were fetched."""
        count = len(call.result or ())
        self._fetched(call, count, last=not count)

    def all_fetched(self, call: Call) -> None:
        """Count the rest of the rows."""
        self._fetched(call, len(call.result or ()), last=True)

    def _fetched(self, call: Call, count: int, *, last: bool) -> None:
        context = getattr(call.arguments.get("result"), "context", None)
        executed = self._fetching.get(context) if context is not None else None
        if executed is not None:
            executed.fetched += count
            if last:
                self.done(context)

    def closed(self, call: Call) -> None:
        """Note a statement of whose rows no more are fetched."""
        context = getattr(call.arguments.get("self"), "context", None)
        if context is not None:
            self.done(context)

    def done(self, context: Any) -> None:
        """Note a statement with the rows that were fetched of it."""
        executed = self._fetching.pop(context, None)
        if executed is not None:
            self._tell(executed, executed.fetched)

    def _tell(self, executed: _Executed, rows: int | None, error: BaseException | None = None) -> None:
        self._statements.note(
            *(executed.text, executed.began, executed.took),
            by="sqlalchemy",
            execution=executed.execution,
            rows=rows,
            parameters=executed.parameters,
            error=error,
        )


class _Fetching:
    """The statements of one execution whose rows are being fetched; noted at its end, if nobody fetches the last."""

    def __init__(self, engines: _Engines) -> None:
        self._engines = engines
        self._contexts: list[Any] = []

    @classmethod
    def of(cls, execution: Execution, engines: _Engines) -> _Fetching:
        """Return that of an execution."""
        ends = ends_of(execution)
        fetching = next((end for end in ends if isinstance(end, cls)), None)
        if fetching is None:
            fetching = cls(engines)
            ends.append(fetching)
        return fetching

    def add(self, context: Any) -> None:
        """Remember a statement."""
        self._contexts.append(context)

    def __call__(self, _execution: Execution) -> None:
        contexts, self._contexts = self._contexts, []
        for context in contexts:
            self._engines.done(context)


def _rows_of(cursor: Any) -> int | None:
    """Return how many rows a cursor says that its statement has changed or gives; None where it does not say."""
    try:
        rows = cursor.rowcount
        gives = cursor.description is not None
    except Exception:  # noqa: BLE001 - a driver's object may do anything
        return None
    if type(rows) is not int or rows < 0:
        return None if gives else -1
    return rows


_LISTENED: Final = ("before_cursor_execute", "after_cursor_execute", "handle_error")
_CURSORS: Final = "sqlalchemy.engine.cursor"
_FETCH: Final = "fetch"
_STRATEGIES: Final = ("CursorFetchStrategy", "BufferedRowCursorFetchStrategy", "FullyBufferedCursorFetchStrategy")


def watch_engines(effects: Effects) -> Callable[[], None] | None:
    """Watch the statements of SQLAlchemy."""
    library = sys.modules.get("sqlalchemy")
    engine_class = getattr(sys.modules.get("sqlalchemy.engine"), "Engine", None)
    if library is None or engine_class is None:
        return None
    engines, event = _Engines(Statements(effects)), library.event
    marked = [engine_class, *_dialect_classes()]
    before = [cls._has_events for cls in marked]  # listening sets it, and removing leaves it
    listening = [(name, effects.guarded(getattr(engines, name))) for name in _LISTENED]
    for name, listener in listening:
        event.listen(engine_class, name, listener)
    undo: list[Callable[[], None]] = []
    if MONITOR.available:
        fetches = (("one", engines.one_fetched), ("many", engines.many_fetched), ("all", engines.all_fetched))
        for strategy in _STRATEGIES:
            undo += [
                effects.watch_calls(_CURSORS, f"{strategy}.fetch{name}", report, group=_FETCH)
                for name, report in fetches
            ]
        undo.append(effects.watch_calls(_CURSORS, "CursorResult._soft_close", engines.closed, group=_FETCH))

    def restore() -> None:
        while undo:
            undo.pop()()
        while listening:
            event.remove(engine_class, *listening.pop())
        for cls, had_events in zip(marked, before, strict=True):
            cls._has_events = had_events

    return restore


def _dialect_classes() -> list[Any]:
    cls = getattr(sys.modules.get("sqlalchemy.engine.interfaces"), "Dialect", None)
    return [cls] if hasattr(cls, "_has_events") else []


# --- sqlite3 ------------------------------------------------------------------------------------------------------

#: Methods that execute something, and what code is asked about that may call them.
_METHODS: Final = frozenset({"execute", "executemany", "executescript", "commit", "rollback"})
_NATIVE: Final = (MethodDescriptorType, BuiltinMethodType)
#: How statements begin that change rows.
_CHANGES: Final = ("INSERT", "UPDATE", "DELETE", "REPLACE")
_LONGEST_VERB: Final = 7
#: Methods that may execute very many statements, and those that end a transaction.
_MANY: Final = ("executemany", "executescript")
_ENDS: Final = ("commit", "rollback")
#: Who executes for others, and is watched in its own way.
_SQLALCHEMY: Final = "sqlalchemy."
_OTHERS: Final = ("/sqlalchemy/", "/aiosqlite/", "/sqlite3/")
#: Callers that are looked at for who waits.
_DEEP: Final = 20


class _Running(NamedTuple):
    """A call of sqlite3's that runs.

    Attributes:
        name: Of the method.
        cursor: On which it was called; None for a connection.
        connection: The connection.
        execution: Whose call it is.
        texts: What SQLite has said that it executes; None where the connection has a callback of the program's own.
        changes: Rows that had been changed before.
        began: When it began, ns of ``perf_counter_ns``.
    """

    name: str
    cursor: Any
    connection: Any
    execution: Execution | None
    texts: list[str] | None
    changes: int
    began: int

    @property
    def rows(self) -> int | None:
        """How many rows were changed; None for a statement that gives rows, which are fetched later."""
        if self.cursor is not None:
            count: int = self.cursor.rowcount
            return count if count >= 0 else None
        changed: int = self.connection.total_changes - self.changes
        last = self.texts[-1].lstrip()[:_LONGEST_VERB].upper() if self.texts else ""
        return changed if changed or last.startswith(_CHANGES) else None


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
        if kind not in _NATIVE or called.__name__ not in _METHODS or _EXECUTING.get():
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
        self._running[frame] = _Running(name, cursor, connection, execution, texts, changes, perf_counter_ns())

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
        took, texts = perf_counter_ns() - running.began, running.texts
        try:
            if texts is not None:
                running.connection.set_trace_callback(None)
            rows = None if error is not None else running.rows
        except Exception:  # noqa: BLE001 - it was closed meanwhile
            return
        if not texts and running.name in _ENDS:
            return  # there was no transaction
        text = partial(_shown_texts, running.name, tuple(texts or ()))
        self._statements.note(
            *(text, running.began, took), by="sqlite3", execution=running.execution, rows=rows, error=error
        )


def _is_free(connection: Any) -> bool:
    """Return whether a connection has no callback of the program's: there is no way to ask for one and put it back.

    A callback is held with the module that calls it.
    """
    return not any(type(held) is ModuleType for held in gc.get_referents(connection))


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


# --- aiosqlite ----------------------------------------------------------------------------------------------------


def watch_aiosqlite(effects: Effects) -> Callable[[], None]:
    """Watch the statements of aiosqlite."""
    statements = Statements(effects)

    def report(call: Call) -> None:
        function, values = call.arguments.get("fn"), call.arguments.get("args", ())
        name = getattr(function, "__name__", "").removeprefix("_").partition("_")[0]
        if name not in _METHODS or _is_for_sqlalchemy():
            return
        text = values[0] if values and type(values[0]) is str else name.upper()
        rows = call.result
        statements.note(
            *(statements.shown(text), call.began, call.took),
            by="aiosqlite",
            execution=call.execution,
            rows=len(rows) if isinstance(rows, list) else _changed(rows),
            parameters=types_of(values[1]) if len(values) > 1 else _NONE,
            error=call.error,
        )

    return effects.watch_calls("aiosqlite.core", "Connection._execute", report, group=SQL)


def _is_for_sqlalchemy() -> bool:
    """Return whether SQLAlchemy waits for what runs here: it tells of its statements itself."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001
    for _ in range(_DEEP):
        if frame is None:
            return False
        if str(frame.f_globals.get("__name__")).startswith(_SQLALCHEMY):
            return True
        frame = frame.f_back
    return False


def _changed(cursor: Any) -> int | None:
    rows = getattr(cursor, "rowcount", None)
    return rows if type(rows) is int and rows >= 0 else None
