"""Statements of SQLAlchemy, which tells of them itself, to listeners on its ``Engine`` class.

Rows are counted where it fetches them, on Python 3.12 and newer. The library is never imported: when the program has
not, there is nothing to watch.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from ..observe.monitor import MONITOR
from .handled import ends_of
from .statements import EXECUTING, NO_PARAMETERS, REMEMBERED, Statements, types_of

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from .effects import Effects
    from .watching import Call


class _Executed:
    """A statement of SQLAlchemy's: executed, and perhaps still being fetched."""

    def __init__(self, text: str, parameters: Any, execution: Execution | None) -> None:
        self.text = text
        self.parameters = types_of(parameters) if parameters else NO_PARAMETERS
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
            if len(self._open) > REMEMBERED:  # cut off without a word, by an exit
                self._open.clear()
            EXECUTING.set(True)
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
        EXECUTING.set(False)
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
            EXECUTING.set(False)
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
