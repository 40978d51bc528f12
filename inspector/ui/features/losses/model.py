"""Losses as a table."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PySide6.QtCore import QModelIndex, QObject

from inspector.analysis.journal import Journal
from inspector.analysis.losses import Loss, loss_place
from inspector.analysis.losskinds import LOSS_KINDS
from inspector.analysis.tally import LossTally
from inspector.app.loss_marks import loss_subject
from inspector.app.losses import loss_words
from inspector.app.text import format_count, format_time, one_line
from inspector.ui.kit.rows import Column, Role, TableModel

if TYPE_CHECKING:
    from inspector.analysis.query.query import Filter
    from inspector.app.loss_marks import LossMarks

KIND, SUBJECT, PLACE, WHAT, COUNT, SINCE, LAST, TREND = range(8)

_COLUMNS: Final = (
    Column("Kind", about="Kind of loss"),
    Column("Handler or event"),
    Column("Place", about="Line of your code, if known"),
    Column("What happened", about="The latest of its kind at this place"),
    Column("Count", number=True),
    Column("Since", about="Time of the first", falls=True),
    Column("Last", about="Time of the latest", falls=True),
    Column("Trend", about="Number in this session, or in the measured range", falls=True),
)
_ROOT: Final = QModelIndex()


class Shown(Enum):
    """Which losses are listed."""

    COUNTING = "counting"
    BY_DESIGN = "by design"
    MUTED = "muted"


class LossesModel(TableModel):
    """The losses of a journal in the order in which they first appeared; sort by ``Role.SORT``.

    Args:
        marks: What a person has said of losses.
        parent: The owner.
    """

    def __init__(self, marks: LossMarks, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._marks = marks
        self._journal = Journal()
        self._filter: Filter | None = None
        self._range: tuple[int, int] | None = None
        self._shown, self._kind = Shown.COUNTING, -1
        self._tally = LossTally(self._journal)
        self._trends = self._tally.trends()
        self._rows: list[Loss] = []
        #: Texts and what to sort by, of each row: they change only when the row is told to have changed.
        self._texts: list[tuple[str, ...]] = []
        self._keys: list[tuple[Any, ...]] = []
        self._parts: dict[Shown, list[Loss]] = {shown: [] for shown in Shown}

    def set_journal(self, journal: Journal) -> None:
        """Show the losses of another run."""
        self._journal = journal
        self._range = None
        self.start_over()

    def set_filter(self, chosen: Filter | None) -> None:
        """Count only losses of executions and events that fit; None counts all."""
        self._filter = chosen or None
        self.start_over()

    def set_range(self, stretch: tuple[int, int] | None) -> None:
        """Count only losses of a stretch of time, in ns; None counts all."""
        self._range = stretch
        self.start_over()

    def show_only(self, shown: Shown, kind: int = -1) -> None:
        """List losses that count, or others, of one kind by its number, -1 for all."""
        self._shown, self._kind = shown, kind
        self.start_over()

    @property
    def chosen(self) -> tuple[Shown, int]:
        """Which losses are listed, and of which kind, -1 for all."""
        return self._shown, self._kind

    def start_over(self) -> None:
        """Count and list everything anew."""
        self.beginResetModel()
        self._tally = LossTally(self._journal, self._filter, self._range)
        self._divide()
        self._rows = self._wanted()
        self._texts = [self._written(loss) for loss in self._rows]
        self._keys = [self._key(loss, texts) for loss, texts in zip(self._rows, self._texts, strict=True)]
        self.endResetModel()

    def refresh(self) -> None:
        """Follow the journal."""
        self._tally.refresh()
        self._divide()
        wanted = self._wanted()
        numbers = {loss.number for loss in wanted}
        for row in reversed([row for row, loss in enumerate(self._rows) if loss.number not in numbers]):
            self.beginRemoveRows(_ROOT, row, row)
            del self._rows[row], self._texts[row], self._keys[row]
            self.endRemoveRows()
        for row, loss in enumerate(self._rows):
            texts = self._written(loss)
            key = self._key(loss, texts)
            if (texts, key) != (self._texts[row], self._keys[row]):
                self._texts[row], self._keys[row] = texts, key
                self.tell_changed(np.array([row], np.int64))
        listed = {loss.number for loss in self._rows}
        new = [loss for loss in wanted if loss.number not in listed]
        if new:
            self.beginInsertRows(_ROOT, len(self._rows), len(self._rows) + len(new) - 1)
            for loss in new:
                self._rows.append(loss)
                self._texts.append(self._written(loss))
                self._keys.append(self._key(loss, self._texts[-1]))
            self.endInsertRows()

    def counts(self) -> list[int]:
        """Return how many losses count, by number of their kind."""
        return self._tally.kinds(self._parts[Shown.COUNTING])

    def count_of(self, shown: Shown) -> int:
        """Return how many losses there are that count, that are by design, or that are muted."""
        return sum(map(self._tally.count, self._parts[shown]))

    def places_of(self, shown: Shown) -> int:
        """Return at how many places."""
        return len(self._parts[shown])

    def loss(self, row: int) -> Loss:
        """Return the loss of a row."""
        return self._rows[row]

    def count(self, loss: Loss) -> int:
        """Return how many there are of a loss, of those that filter and range leave."""
        return self._tally.count(loss)

    def row_of(self, loss: Loss | None) -> int:
        """Return the row of a loss, -1 when it is not listed."""
        return next((row for row, other in enumerate(self._rows) if other is loss), -1)

    def row_with(self, execution: int) -> int:
        """Return the row of which an execution is the newest, -1 when there is none."""
        return next((row for row, loss in enumerate(self._rows) if execution >= 0 and loss.execution == execution), -1)

    def rows(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell."""
        return self._texts[row][column]

    def fact(self, row: int, column: int, role: int) -> Any:
        """Return the number of the loss, the tone of a cell, its trend, or what to sort by."""
        loss = self._rows[row]
        if role == Role.NUMBER:
            return loss.number
        if role == Role.SORT:
            return self._keys[row][column]
        if role == Role.TREND:
            return self._trend(loss) if column == TREND else None
        if role == Role.TONE:
            if column == KIND:
                return LOSS_KINDS[loss.kind].tone if self._shown is Shown.COUNTING else "dim"
            return "accent" if column == PLACE and loss.file else "dim" if column in (WHAT, SINCE, LAST) else ""
        return None

    def _trend(self, loss: Loss) -> list[int] | None:
        counts: list[int] = self._trends[loss.number].tolist() if loss.number < len(self._trends) else []
        return counts if any(counts) else None

    def _divide(self) -> None:
        """Sort losses into those that count and those that do not; count them over time."""
        self._trends = self._tally.trends()
        losses = filter(self._tally.count, self._journal.losses.groups)
        self._parts = dict(zip(Shown, self._marks.divide(self._journal, losses), strict=True))

    def _wanted(self) -> list[Loss]:
        return [loss for loss in self._parts[self._shown] if self._kind in (-1, loss.kind)]

    def _written(self, loss: Loss) -> tuple[str, ...]:
        kind, wall = LOSS_KINDS[loss.kind], self._journal.wall
        first, last = (int(times[loss.number]) for times in (self._tally.first, self._tally.last))
        guess = " · by design?" if self._shown is Shown.BY_DESIGN else ""
        return (
            f"{kind.glyph} {kind.label.lower()}",
            *(one_line(loss_subject(self._journal, loss)), one_line(loss_place(loss))),
            one_line(f"{loss_words(loss)}{guess}"),
            *(format_count(self._tally.count(loss)), format_time(wall, first), format_time(wall, last), ""),
        )

    def _key(self, loss: Loss, texts: tuple[str, ...]) -> tuple[Any, ...]:
        count = self._tally.count(loss)
        first, last = (int(times[loss.number]) for times in (self._tally.first, self._tally.last))
        place = (loss_place(loss).lower(), loss.line)
        return (loss.kind, texts[SUBJECT].lower(), place, texts[WHAT].lower(), count, first, last, count)
