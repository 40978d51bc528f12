"""The SQLAlchemy probe: rows that handlers add, and database sessions that they end.

The library is never imported: when the project has not, there is nothing to watch. All of it is listeners on the
``Session`` class, so that every database session of the project is seen, asynchronous ones too.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from ...core.redact.redactor import OVERLAP
from ...core.values.table import atom_of

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from .effects import Effects

#: How many columns of a row are noted, and how much of a text.
_COLUMNS: Final = 60
_LENGTH: Final = 200
_PLAIN: Final = (int, float, bool, type(None))


class _Rows:
    """Listens to sessions."""

    def __init__(self, effects: Effects, inspect: Callable[[Any], Any]) -> None:
        self._effects = effects
        self._inspect = inspect
        self._added: WeakKeyDictionary[Any, Execution] = WeakKeyDictionary()

    def transient_to_pending(self, session: Any, instance: Any) -> None:
        """Remember who added an object, for it may be written when that handler has ended."""
        execution = self._effects.execution
        if execution is not None:
            self._effects.belongings.added_to(execution, session)
            self._added[self._inspect(instance)] = execution

    def before_flush(self, session: Any, _context: Any, _instances: Any) -> None:
        """Note the rows that are about to be written."""
        for instance in tuple(session.new):
            state = self._inspect(instance)
            execution = self._added.pop(state, None) or self._effects.execution
            if execution is not None:
                names = [column.key for column in state.mapper.column_attrs]
                values = {name: state.dict[name] for name in names if name in state.dict}
                self._tell(_name(state.mapper.local_table), values, execution)

    def pending_to_transient(self, _session: Any, instance: Any) -> None:
        """Forget an object that was added and never became a row."""
        self._added.pop(self._inspect(instance), None)

    def do_orm_execute(self, state: Any) -> None:
        """Note the rows of a statement that inserts, before it is executed."""
        execution = self._effects.execution
        if execution is None or not state.is_insert:
            return
        parameters = state.parameters or state.statement.compile().params
        for values in [parameters] if isinstance(parameters, Mapping) else list(parameters)[:_COLUMNS]:
            self._tell(_name(state.statement.table), dict(values), execution)

    def before_commit(self, session: Any) -> None:
        """Note that a database session is about to be committed."""
        self._ended(session, "commit")

    def after_rollback(self, session: Any) -> None:
        """Note that a database session was rolled back."""
        self._ended(session, "rollback")

    def _ended(self, session: Any, how: str) -> None:
        execution = self._effects.execution
        if execution is None:
            return
        publication_session = execution.publication.session
        if publication_session is not None and session in (
            publication_session,
            getattr(publication_session, "sync_session", None),
        ):
            text = f"{how} of the database session of the publication"
            self._effects.tell("tx", text, {"end": how}, content="")

    def _tell(self, table: str, values: dict[str, Any], execution: Execution) -> None:
        shown = {name: _shown(value) for name, value in list(values.items())[:_COLUMNS]}
        names = {name: value.name for name, value in values.items() if isinstance(value, enum.Enum)}
        data = {"table": table, "values": shown, "names": names}
        content = list(values.values())
        self._effects.tell("row", _line(table, shown), data, content=content, execution=execution, longest=_LENGTH)


_EVENTS: Final = (
    "transient_to_pending",
    "before_flush",
    "pending_to_transient",
    "do_orm_execute",
    "before_commit",
    "after_rollback",
)


def watch_rows(effects: Effects) -> Callable[[], None] | None:
    """Watch the rows that are added through SQLAlchemy's sessions."""
    library, orm = sys.modules.get("sqlalchemy"), sys.modules.get("sqlalchemy.orm")
    if library is None or orm is None:
        return None
    rows, event, session_class = _Rows(effects, library.inspect), library.event, orm.Session
    listening = []
    for name in _EVENTS:
        listener = getattr(rows, name)
        event.listen(session_class, name, listener)
        listening.append((name, listener))

    def undo() -> None:
        while listening:
            event.remove(session_class, *listening.pop())

    return undo


def _name(table: Any) -> str:
    return str(getattr(table, "name", "") or "a table")


def _shown(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        value = value.value if type(value.value) in (str, int) else value.name
    if type(value) is str:
        return value[: _LENGTH + OVERLAP]
    if type(value) in _PLAIN:
        return value
    atom = atom_of(type(value))
    if atom is None or atom.kind == "bytes":
        return f"<{type(value).__name__}>"
    return str(value)[: _LENGTH + OVERLAP]


def _line(table: str, values: Mapping[str, Any]) -> str:
    """Return one line for a row that was added; what it is about comes first."""
    pair = _first(values, ("action", "type", "kind", "name", "status"))
    return f"{table}: {pair[0]}={pair[1]}" if pair else f"a row in {table}"


def _first(values: Mapping[str, Any], words: Iterable[str]) -> tuple[str, Any] | None:
    for word in words:
        for name, value in values.items():
            if (name == word or name.endswith("_" + word)) and type(value) is str:
                return name, value
    return None
