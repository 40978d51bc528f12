"""Processes as a table."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PySide6.QtCore import QModelIndex, QObject

from inspector.analysis.journal import Journal
from inspector.analysis.processes import ProcessEntry
from inspector.app.missing import share_text
from inspector.app.text import format_count, format_time, one_line
from inspector.ui.kit.rows import Column, Role, TableModel

if TYPE_CHECKING:
    from inspector.core.records.host import ProcessSilent

ROLE, PID, STATE, SINCE, EVENTS, RATE, RECORDED, COMMAND, DETAIL, PYTHON, PARENT = range(11)

_COLUMNS: Final = (
    Column("Process", about="What the process does"),
    Column("PID", number=True, about="Process id"),
    Column("State", about="Running, how it ended, or why it is not reporting"),
    Column("Since", about="When it started reporting"),
    Column("Events", number=True, about="Published events, including those not recorded"),
    Column("Events/s", number=True, about="Over the last 3 s; average for ended processes"),
    Column("Recorded", about="Share of its events recorded in full", falls=True),
    Column("Command", about="Command line"),
    Column("Details", about="How it ended"),
    Column("Python", about="Version of its interpreter"),
    Column("Parent", about="Process that started it"),
)
#: Seconds over which events a second are counted.
_RATE_OVER: Final = 3.0
#: Of how many events one is recorded where none is, for sorting.
_NOTHING: Final = 1 << 26
_ROOT: Final = QModelIndex()


class ProcessesModel(TableModel):
    """The processes of a journal in the order in which they were told of; sort by ``Role.SORT``.

    Args:
        parent: The owner.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._journal = Journal()
        self._live = False
        self._shown: list[ProcessEntry | ProcessSilent] = []
        self._silent = 0
        #: Texts and what to sort by, of each row: they change only when the row is told to have changed.
        self._texts: list[tuple[str, ...]] = []
        self._keys: list[tuple[Any, ...]] = []
        #: When (seconds) there were how many events of a process, for its rate; newest last.
        self._counted: dict[int, deque[tuple[float, int]]] = {}

    def set_journal(self, journal: Journal, *, live: bool) -> None:
        """Show the processes of another run."""
        self.beginResetModel()
        self._journal, self._live = journal, live
        self._shown, self._texts, self._keys, self._silent = [], [], [], 0
        self._counted.clear()
        self.endResetModel()

    def refresh(self, now: float) -> None:
        """Show how the processes stand.

        Args:
            now: Seconds on a clock that never goes back.
        """
        processes = self._journal.processes
        numbers = {row.number for row in self._shown if isinstance(row, ProcessEntry)}
        new: list[ProcessEntry | ProcessSilent] = [
            entry for number, entry in processes.by_number.items() if number not in numbers
        ]
        new += processes.silent[self._silent :]
        self._silent = len(processes.silent)
        changed = [row for row, shown in enumerate(self._shown) if self._look(row, shown, now)]
        if new:
            first = len(self._shown)
            self.beginInsertRows(_ROOT, first, first + len(new) - 1)
            for row, shown in enumerate(new, first):
                self._shown.append(shown)
                self._look(row, shown, now)
            self.endInsertRows()
        if changed:
            self.tell_changed(np.array(changed, np.int64))

    def number(self, row: int) -> int:
        """Return the number of the process of a row, 0 for one that does not report."""
        shown = self._shown[row]
        return shown.number if isinstance(shown, ProcessEntry) else 0

    def row_of(self, number: int) -> int:
        """Return the row of a process by its number, -1 when there is none."""
        rows = (row for row, shown in enumerate(self._shown) if isinstance(shown, ProcessEntry))
        return next((row for row in rows if self.number(row) == number), -1)

    def rows(self) -> int:
        """Return the number of processes."""
        return len(self._texts)

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell."""
        return self._texts[row][column]

    def fact(self, row: int, column: int, role: int) -> Any:
        """Return the number of the process, the tone of a cell, or what to sort by."""
        shown = self._shown[row]
        if role == Role.NUMBER:
            return self.number(row)
        if role == Role.SORT:
            return self._keys[row][column]
        if role == Role.TONE:
            return _tone(shown, column, live=self._live)
        return None

    def _look(self, row: int, shown: ProcessEntry | ProcessSilent, now: float) -> bool:
        """Write the texts of a row anew; return whether they are others."""
        texts, keys = self._reporting(shown, now) if isinstance(shown, ProcessEntry) else self._not_reporting(shown)
        if row < len(self._texts):
            if self._texts[row] == texts and self._keys[row] == keys:
                return False
            self._texts[row], self._keys[row] = texts, keys
        else:
            self._texts.append(texts)
            self._keys.append(keys)
        return True

    def _reporting(self, entry: ProcessEntry, now: float) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        events, rate = entry.events, self._rate(entry, now)
        parent = self._journal.processes.label(entry.parent)
        state = entry.exit or ("running" if self._live else "running at the end")
        role, command = one_line(entry.role) or "process", one_line(entry.command, 500)
        texts = (
            *(role, str(entry.pid or ""), state, format_time(self._journal.wall, entry.joined)),
            *(format_count(events), _rate_text(rate), share_text(entry)),
            *(command, one_line(entry.ending, 300), one_line(entry.python, 40), one_line(parent)),
        )
        keys = (
            *(
                role.lower(),
                entry.pid,
                state,
                entry.joined,
                events,
                rate,
                _left_out(entry.one_in, entry.counted + entry.dropped),
            ),
            *(command.lower(), entry.ending.lower(), entry.python, parent.lower()),
        )
        return texts, keys

    def _not_reporting(self, silent: ProcessSilent) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        command, reason = one_line(silent.command, 500), one_line(silent.reason, 300)
        since = format_time(self._journal.wall, silent.at)
        state = f"not reporting: {reason}" if reason else "not reporting"
        texts = ("process", str(silent.pid), state, since, "", "", "nothing", command, "", "", "")
        left_out = _left_out(_NOTHING, 0)
        keys = ("process", silent.pid, state, silent.at, -1, -1.0, left_out, command.lower(), "", "", "")
        return texts, keys

    def _rate(self, entry: ProcessEntry, now: float) -> float:
        """Return the events a second of a process: of late while it lives, else on average."""
        if not (self._live and entry.live):
            end = self._journal.now if entry.live else entry.left
            return entry.events / max((end - entry.joined) / 1e9, 1e-3)
        counted = self._counted.setdefault(entry.number, deque())
        counted.append((now, entry.events))
        while len(counted) > 2 and now - counted[0][0] > _RATE_OVER:
            counted.popleft()
        since, before = counted[0]
        return (entry.events - before) / (now - since) if now > since else 0.0


def _left_out(one_in: int, missing: int) -> int:
    """Return what processes are sorted by as to what of them is recorded: by the share, then by what is missing."""
    return min(one_in, _NOTHING) << 36 | min(missing, (1 << 36) - 1)


def _rate_text(rate: float) -> str:
    return format_count(round(rate)) if rate >= 10 or not rate else f"{rate:.1f}"


def _tone(shown: ProcessEntry | ProcessSilent, column: int, *, live: bool) -> str:
    if not isinstance(shown, ProcessEntry):
        return "warn" if column == STATE else "dim"
    if column == STATE:
        return ("ok" if live else "") if shown.live else "interrupted" if shown.code else "dim"
    if column == RECORDED:
        return "failed" if shown.dropped else "warn" if shown.one_in > 1 or shown.counted else "dim"
    return "dim" if column in (SINCE, COMMAND, DETAIL, PYTHON, PARENT) or not shown.live else ""
