"""Statements of ``aiosqlite``, which executes on a thread of its own: what it puts in its queue is watched."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from ...core.records.inside import SQL
from .statements import NO_PARAMETERS, Statements, types_of

if TYPE_CHECKING:
    from .effects import Effects
    from .watching import Call

#: Methods of a connection that execute something, or end a transaction.
_METHODS: Final = frozenset({"execute", "executemany", "executescript", "commit", "rollback"})
_SQLALCHEMY: Final = "sqlalchemy."
#: Callers that are looked at for who waits.
_DEEP: Final = 20


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
            parameters=types_of(values[1]) if len(values) > 1 else NO_PARAMETERS,
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
