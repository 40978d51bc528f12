"""Stored sessions as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PySide6.QtCore import QModelIndex, QObject, Qt, Signal

from inspector.app.text import format_bytes, format_count, format_duration, one_line
from inspector.ui.kit.rows import Column, Index, Role, TableModel, all_stretches

if TYPE_CHECKING:
    from inspector.store.info import SessionInfo

NAME, STARTED, DURATION, OUTCOME, PROGRAM, STATE, PUBLICATIONS, EXECUTIONS, SIZE = range(9)

_COLUMNS: Final = (
    Column("Session", about="Name, or program and first event"),
    Column("Started", about="Start time", falls=True),
    Column("Duration", number=True, about="Time from start to last record"),
    Column("Outcome", about="Results of its executions", falls=True),
    Column("Program", about="Program"),
    Column(
        "State",
        about="Status, source, lost records and executions without a publication",
    ),
    Column("Events", number=True, about="Publications"),
    Column("Executions", number=True),
    Column("Size", number=True, about="Approximate size in the sessions database"),
)
_ROOT: Final = QModelIndex()
#: What mark and weight of a name take, and the sign of an outcome, in characters.
_BESIDE: Final = {NAME: 4, OUTCOME: 2}
_MINUTE: Final = "%Y-%m-%d %H:%M"
_EDIT: Final = int(Qt.ItemDataRole.EditRole)


class SessionsModel(TableModel):
    """The sessions of a database, the newest first; the name can be edited.

    Signals:
        renamed: A session's id and the new name that a person gave it. The row changes when the list does.
    """

    renamed = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._sessions: list[SessionInfo] = []
        self._live: int | None = None
        self._opened: int | None = None

    def set_sessions(self, sessions: Sequence[SessionInfo], live: int | None, opened: int | None) -> None:
        """Show these sessions; what stays keeps its row, its selection and its editor.

        Args:
            sessions: In any order.
            live: Id of the one that this window records, None when it records none.
            opened: Id of the one that the window shows.
        """
        wanted = sorted(sessions, key=lambda session: (session.started_at, session.id), reverse=True)
        keep = {session.id for session in wanted}
        gone = np.array([row for row, session in enumerate(self._sessions) if session.id not in keep], np.int64)
        for first, last in reversed(list(all_stretches(gone))):
            self.beginRemoveRows(_ROOT, first, last)
            del self._sessions[first : last + 1]
            self.endRemoveRows()
        marks = self._live != live or self._opened != opened
        self._live, self._opened = live, opened
        self._take(wanted, repaint_all=marks)

    def _take(self, wanted: list[SessionInfo], *, repaint_all: bool) -> None:
        """Put in what is new and change what is different. The order of those that stay never changes."""
        changed = []
        for row, session in enumerate(wanted):
            if row >= len(self._sessions) or self._sessions[row].id != session.id:
                self.beginInsertRows(_ROOT, row, row)
                self._sessions.insert(row, session)
                self.endInsertRows()
            elif repaint_all or self._sessions[row] != session:
                self._sessions[row] = session
                changed.append(row)
        self.tell_changed(np.array(changed, np.int64))

    def session(self, row: int) -> SessionInfo:
        """Return the session of a row."""
        return self._sessions[row]

    def row_of(self, identity: int) -> int:
        """Return the row of a session, -1 when it is not in the list."""
        return next((row for row, session in enumerate(self._sessions) if session.id == identity), -1)

    def rows(self) -> int:
        """Return the number of sessions."""
        return len(self._sessions)

    def length(self, row: int, column: int) -> int:
        """Return how much room a text takes with its mark or sign, in characters."""
        return len(self.text(row, column)) + _BESIDE.get(column, 0)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let the name be edited."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == NAME and index.isValid() else flags

    def data(self, index: Index, role: int = 0) -> Any:
        """Return what a cell shows; the editor gets the whole name."""
        if role == _EDIT and index.isValid():
            return self._sessions[index.row()].title if index.column() == NAME else None
        return super().data(index, role)

    def setData(self, index: Index, value: Any, role: int = _EDIT) -> bool:
        """Ask for a new name; return whether it is one."""
        if role != _EDIT or not index.isValid() or index.column() != NAME:
            return False
        session, name = self._sessions[index.row()], str(value).strip()
        if not name or name in (session.name, session.title):
            return False
        self.renamed.emit(session.id, name)
        return True

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell."""
        session = self._sessions[row]
        if column == NAME:
            return one_line(session.title)
        if column == STARTED:
            began = session.started_at
            return f"{began.astimezone():{_MINUTE}}" if began.timestamp() else ""  # a damaged one may not know
        if column == PROGRAM:
            return one_line(session.program)
        if column == STATE:
            return self._state(session)
        if column == SIZE:
            return format_bytes(session.bytes)
        if column == DURATION:
            return format_duration(_length(session))
        if column == OUTCOME:
            return outcome(session)
        return format_count(session.publications if column == PUBLICATIONS else session.executions)

    def fact(self, row: int, column: int, role: int) -> Any:
        """Return the session's id, its mark, a tone, or what to sort by."""
        session = self._sessions[row]
        if role == Role.NUMBER:
            return session.id
        if role == Role.MARK:
            return "live" if session.id == self._live else "open" if session.id == self._opened else ""
        if role == Role.TONE:
            return self._tone(session, column)
        if role == Role.GLYPH:
            return _worst(session) if column == OUTCOME else None
        if role == Role.SORT:
            return self._sort_value(row, column)
        return None

    def _state(self, session: SessionInfo) -> str:
        here = session.id == self._opened
        if session.id == self._live:
            return "recording · open here" if here else "recording"
        if session.state == "recording":
            return "recording in another window" + (" · open here" if here else "")
        state = session.state
        if session.file and state == "closed":
            state = f"imported from {one_line(session.file)}"
        parts = (state, session.gaps, "open here" if here else "")
        return " · ".join(part for part in parts if part)

    def _tone(self, session: SessionInfo, column: int) -> str:
        if column == OUTCOME:
            return _worst(session) or "dim"
        if column == STATE:
            plain = "failed" if session.gaps else "dim"
            return {"recording": "ok", "interrupted": "interrupted", "damaged": "failed"}.get(session.state, plain)
        return "dim" if column in (STARTED, DURATION, PROGRAM, SIZE) else ""

    def _sort_value(self, row: int, column: int) -> Any:
        session = self._sessions[row]
        numbers = {
            # One failure is worse than any number of swallowed exceptions.
            OUTCOME: session.failures + session.swallowed / (session.swallowed + 1) + (session.executions > 0) / 1e9,
            STARTED: session.started_at.timestamp(),
            DURATION: _length(session),
            PUBLICATIONS: session.publications,
            EXECUTIONS: session.executions,
            SIZE: session.bytes,
        }
        return numbers[column] if column in numbers else self.text(row, column).lower()


def short_start(text: str) -> str:
    """Return the part of a start time that tells most: ``14:05`` today, ``11-30 14:05`` this year, else the day."""
    day, _, minute = text.partition(" ")
    today = f"{datetime.now().astimezone():{_MINUTE}}".partition(" ")[0]
    if day == today:
        return minute
    return text[len("2026-") :] if day[:4] == today[:4] else day


def outcome(session: SessionInfo) -> str:
    """Return in words how the executions of a session ended, the worst first; those under a fault apart."""
    counts = (
        (session.failures - session.timed_out, "failed"),
        (session.timed_out, "timed out"),
        (session.swallowed, "swallowed"),
    )
    parts = [f"{format_count(count)} {what}" for count, what in counts if count]
    if not parts and session.executions > session.by_fault:
        parts.append("ok")
    if session.by_fault:
        parts.append(f"{format_count(session.by_fault)} by fault")
    return ", ".join(parts) or "no executions"


def _worst(session: SessionInfo) -> str | None:
    """Return the status whose sign the outcome of a session has."""
    if session.failures:
        return "failed" if session.failures > session.timed_out else "timed_out"
    return "swallowed" if session.swallowed else "ok" if session.executions > session.by_fault else None


def _length(session: SessionInfo) -> float:
    """Return how long a session took, ns."""
    return session.duration.total_seconds() * 1e9
