"""Statements that handlers execute, as notes with their time and rows; values are never part of it.

Who executes them is watched in a module for each library: ``sqlalchemy_statements``, ``sqlite_statements``,
``aiosqlite_statements``. What one of these executes by way of another is told once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import partial
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

from ...core.records.inside import SQL, StatementNote, data_of

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ...core.records.recorder import NoteText
    from .effects import Effects

#: Longest statement that is noted, and how much of a longer one is looked through.
LONGEST: Final = 4_000
_MOST: Final = 20_000
#: How many types of parameters are noted.
_TYPES: Final = 30
#: What is said of a statement without parameters.
NO_PARAMETERS: Final[tuple[tuple[str, ...], int]] = ((), 1)
#: Statements that are remembered as they are shown: programs execute the same ones again and again.
REMEMBERED: Final = 1_000

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
EXECUTING: Final[ContextVar[bool]] = ContextVar("inspector_statement", default=False)


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
            if len(self._shown) >= REMEMBERED:
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
        parameters: tuple[tuple[str, ...], int] = NO_PARAMETERS,
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
        effects = self.effects
        if execution is not None and not effects.closed and not effects.has_secrets(execution):
            effects.recorder.note_in(execution, SQL, level, text, data)  # what ``tell`` comes to, nearly always
        else:
            effects.tell(SQL, text, data, execution=execution, level=level)


def _data(*values: Any) -> dict[str, Any]:
    """Return the data of a note on a statement; called when it is drained."""
    return data_of(StatementNote(*values))
