"""What waits to be written: bounded, and what does not fit is counted and told in the stream itself."""

from __future__ import annotations

import json
from collections import deque
from typing import Final

from inspector.core.records.host import RecordsLost
from inspector.core.records.records import (
    AT,
    HANDLER_ENDED,
    KIND,
    PUBLISHED,
    Batch,
    HandlerEnded,
    Published,
    Row,
    position,
    to_row,
)
from inspector.core.records.statuses import BAD_STATUSES

#: Records that may wait, and characters of payload that may wait with them.
MAX_ROWS: Final = 500_000
MAX_CHARACTERS: Final = 128_000_000
#: Most records of a batch that waits.
PIECE: Final = 4_000
_PAYLOAD: Final = position(Published, "payload")
_STATUS: Final = position(HandlerEnded, "status")
_LAST: Final = position(RecordsLost, "last")


class Backlog:
    """Batches on their way to the database, oldest first.

    When there are too many, payloads go first (the oldest), then the oldest records; ends that say what failed go last.
    Where records are missing one ``RecordsLost`` stands in their place and counts them.

    Args:
        max_rows: How many records may wait.
        max_characters: How many characters of payload may wait.
    """

    def __init__(self, max_rows: int = MAX_ROWS, max_characters: int = MAX_CHARACTERS) -> None:
        self._batches: deque[Batch] = deque()
        self._max_rows = max_rows
        self._max_characters = max_characters
        self._characters = 0
        #: The seq that comes next; 1 is the beginning of the session, which is not ours.
        self._next = 2
        #: Up to this seq it is told already what is missing.
        self._told = 0
        #: Records that wait, and what was lost so far.
        self.rows = 0
        self.dropped_rows = 0
        self.dropped_payloads = 0
        #: Seqs of the rows of our own that stand for lost ones.
        self.stand_ins: set[int] = set()

    @property
    def last(self) -> int:
        """Seq of the newest record that was put, 1 before the first."""
        return self._next - 1

    def put(self, batch: Batch, reason: str = "the database cannot keep up") -> None:
        """Queue a batch; records that were queued before are left out.

        Args:
            batch: The batch.
            reason: Why records are dropped, should there be no room.
        """
        if batch.first < self._next:
            if batch.last < self._next:
                return
            batch = Batch(self._next, batch.rows[self._next - batch.first :])
        elif batch.first > self._next:
            self._tell_gap(batch)
        self._next = batch.last + 1
        self._told = max(self._told, _told_up_to(batch.rows[-1]))
        # In pieces as they are taken, so that a long batch is not copied for each of them.
        for start in range(0, len(batch.rows), PIECE):
            whole = len(batch.rows) <= PIECE
            self._batches.append(batch if whole else Batch(batch.first + start, batch.rows[start : start + PIECE]))
        self.rows += len(batch.rows)
        self._characters += sum([len(row[_PAYLOAD]) for row in batch.rows if row[KIND] == PUBLISHED])
        if self._characters > self._max_characters:
            self._drop_payloads(reason)
        if self.rows > self._max_rows:
            self._drop_rows(reason)

    def _tell_gap(self, batch: Batch) -> None:
        """Put a note in the place of what is missing before a batch, unless an earlier one (of a run log) tells it."""
        if self._told >= batch.first - 1:
            return
        count = batch.first - self._next
        row = lost_row(batch.rows[0][AT], count, self._next, batch.first - 1, "they never arrived")
        self._batches.append(Batch(self._next, [row]))
        self.stand_ins.add(self._next)
        self.rows += 1
        self.dropped_rows += count

    def take(self, limit: int) -> list[Batch]:
        """Take the oldest batches, about ``limit`` records in all, at least one batch when there is one."""
        taken: list[Batch] = []
        count = 0
        while self._batches and count < limit:
            batch = self._batches.popleft()
            room = limit - count
            if len(batch.rows) > room:
                self._batches.appendleft(Batch(batch.first + room, batch.rows[room:]))
                batch = Batch(batch.first, batch.rows[:room])
            taken.append(batch)
            count += len(batch.rows)
            if self._characters:
                self._characters -= sum([len(row[_PAYLOAD]) for row in batch.rows if row[KIND] == PUBLISHED])
        self.rows -= count
        return taken

    def _drop_payloads(self, reason: str) -> None:
        """Empty the oldest payloads until half the room is free; what is left in their place says why."""
        goal = self._max_characters // 2
        for index, batch in enumerate(self._batches):
            rows = list(batch.rows)
            for place, row in enumerate(rows):
                if row[KIND] == PUBLISHED and row[_PAYLOAD] and self._characters > goal:
                    self._characters -= len(row[_PAYLOAD])
                    note = json.dumps({"$dropped": reason})
                    rows[place] = (*row[:_PAYLOAD], note, *row[_PAYLOAD + 1 :])
                    self.dropped_payloads += 1
            self._batches[index] = Batch(batch.first, rows)
            if self._characters <= goal:
                return

    def _drop_rows(self, reason: str) -> None:
        """Drop the oldest quarter; failures stay unless they alone are too many."""
        surplus = self.rows - self._max_rows * 3 // 4
        old: list[tuple[int, Row]] = []
        while self._batches and len(old) < surplus:
            batch = self._batches.popleft()
            room = surplus - len(old)
            if len(batch.rows) > room:
                self._batches.appendleft(Batch(batch.first + room, batch.rows[room:]))
            old.extend(zip(range(batch.first, batch.last + 1), batch.rows[:room], strict=False))
        rest = [(seq, row) for seq, row in old if _is_failure(row) or _is_drop(row)]
        if len(rest) > len(old) // 2:
            rest = [(seq, row) for seq, row in rest if _is_drop(row)]
        self._characters -= sum(len(row[_PAYLOAD]) for _, row in old if row[KIND] == PUBLISHED)
        self.rows -= len(old)
        rest_seqs = {seq for seq, _ in rest}
        lost_seqs = [seq for seq, _ in old if seq not in rest_seqs]
        self.stand_ins.update(lost_seqs[:1])
        for batch in reversed(_with_gaps(old, rest, reason)):
            self._batches.appendleft(batch)
            self.rows += len(batch.rows)
        self.dropped_rows += len(old) - len(rest)


def _is_failure(row: Row) -> bool:
    return bool(row[KIND] == HANDLER_ENDED and row[_STATUS] in BAD_STATUSES)


def _is_drop(row: Row) -> bool:
    return bool(row[KIND] == RecordsLost.KIND)


def _told_up_to(row: Row) -> int:
    """Return the last seq of the records that a row stands for, 0 when it is no such row."""
    return int(row[_LAST]) if _is_drop(row) else 0


def _with_gaps(old: list[tuple[int, Row]], rest: list[tuple[int, Row]], reason: str) -> list[Batch]:
    """Return the rest of old rows as batches, and one that stands for the lost in the place of the first of them."""
    keep = {seq for seq, _ in rest}
    lost = [(seq, row) for seq, row in old if seq not in keep]
    if not lost:
        return [Batch(seq, [row]) for seq, row in rest]
    first, row = lost[0]
    batches = [Batch(seq, [rest_row]) for seq, rest_row in rest]
    batches.append(Batch(first, [lost_row(row[AT], len(lost), first, lost[-1][0], reason)]))
    return sorted(batches, key=lambda batch: batch.first)


def lost_row(at: int, count: int, first: int, last: int, reason: str) -> Row:
    """Return the ``RecordsLost`` row that stands for records that were lost, from the seq ``first`` to ``last``."""
    return to_row(RecordsLost(at, count, reason, first, last))
