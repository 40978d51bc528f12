"""Processes as rows: live ones, ended ones, silent ones."""

from __future__ import annotations

import random

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from inspector.analysis.journal import Journal
from inspector.core.records.host import ProcessJoined, ProcessLeft, ProcessSilent, PublicationsSkipped
from inspector.core.records.records import Batch, to_row
from inspector.ui.features.processes.model import (
    COMMAND,
    DETAIL,
    EVENTS,
    PARENT,
    PID,
    RATE,
    RECORDED,
    ROLE,
    SINCE,
    STATE,
    ProcessesModel,
)
from inspector.ui.kit.rows import Role, SortedModel
from tests.analysis.several import Program, shop


def checked(journal: Journal, *, live: bool = False) -> ProcessesModel:
    model = ProcessesModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.set_journal(journal, live=live)
    model.refresh(0.0)
    return model


def column(model: ProcessesModel, number: int) -> list[str]:
    return [model.index(row, number).data() for row in range(model.rowCount())]


def whole() -> Journal:
    journal = Journal()
    journal.fold(Batch(1, shop(6)))
    return journal


def test_it_says_of_each_process_what_it_is_and_how_it_stands() -> None:
    model = checked(whole())
    assert column(model, ROLE) == ["reloader", "server", "pool worker", "pool worker", "process"]
    assert column(model, PID) == ["48210", "48231", "48238", "48239", "48300"]
    assert column(model, STATE) == [
        *["running at the end"] * 3,
        "exit \N{MINUS SIGN}9 · SIGKILL",
        "not reporting: -I ignores PYTHONPATH.",
    ]
    assert column(checked(whole(), live=True), STATE)[:3] == ["running"] * 3
    assert column(model, PARENT) == ["", "reloader 48210", "server 48231", "server 48231", ""]
    assert column(model, RECORDED) == ["all", "1 in 8", "all", "all", "nothing"]
    assert column(model, DETAIL)[3:] == ["Killed by SIGKILL.", ""]
    assert column(model, COMMAND)[4] == "python -I report.py"
    assert [model.number(row) for row in range(5)] == [1, 2, 3, 4, 0]
    assert [model.row_of(number) for number in (1, 4, 9)] == [0, 3, -1]
    assert [model.index(3, place).data(Role.TONE) for place in (STATE, ROLE)] == ["interrupted", "dim"]


def test_events_are_exact_also_where_they_are_only_counted() -> None:
    journal = whole()
    model = checked(journal)
    entry = journal.processes.by_number[2]
    assert entry.counted > 0
    exact = entry.published + entry.counted
    assert model.index(1, EVENTS).data(Role.SORT) == exact
    assert sum(model.index(row, EVENTS).data(Role.SORT) for row in range(4)) == (
        len(journal.publications) + entry.counted
    )


def test_the_rate_of_a_live_process_is_that_of_the_last_seconds_and_falls_to_nothing() -> None:
    program, journal = Program(), Journal()
    program.host(ProcessJoined(0, 1, 5, 0, "server", "x", "3.12.1"))
    journal.fold(Batch(1, program.records()))
    model = checked(journal, live=True)
    seq = 3
    for second in range(1, 11):
        program.rows.clear()
        if second <= 5:
            for n in range(20):
                program.publish(second * 1_000_000_000 + n, 1, "E", 0)
            journal.fold(Batch(seq, [row for _, row in program.rows]))
            seq += len(program.rows)
        model.refresh(float(second))
        if second == 5:
            assert column(model, RATE) == ["20"]
    assert column(model, RATE) == ["0"]
    assert column(checked(journal), RATE) == ["19"]  # 100 events in the 5.4 s of a stored session


def test_rows_come_and_change_without_a_reset() -> None:
    rows, journal = shop(6), Journal()
    model = checked(journal, live=True)
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    shown = SortedModel()
    shown.setSourceModel(model)
    shown.sort(SINCE, Qt.SortOrder.DescendingOrder)
    dice = random.Random(1)
    first = 0
    while first < len(rows):
        size = dice.randrange(1, 60)
        journal.fold(Batch(first + 1, rows[first : first + size]))
        first += size
        model.refresh(first / 100)
        for place in range(model.columnCount()):
            shown.sort(place, dice.choice([Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder]))
            keys = [shown.index(row, place).data(Role.SORT) for row in range(shown.rowCount())]
            assert keys in (sorted(keys), sorted(keys, reverse=True))
    assert resets == []
    whole_model = checked(journal, live=True)
    for place in (ROLE, PID, STATE, SINCE, EVENTS, RECORDED, DETAIL):
        assert sorted(column(model, place)) == sorted(column(whole_model, place))


def test_only_what_changed_is_told() -> None:
    journal = whole()
    model = checked(journal)
    changed: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    model.refresh(1.0)
    assert changed == []
    records = [PublicationsSkipped(journal.now, 2, 1, 5, 2), ProcessLeft(journal.now, 1, 48_210, 0, "Ended.")]
    journal.fold(Batch(journal.seq + 1, [to_row(record) for record in records]))
    model.refresh(2.0)
    assert changed == [(0, 1)]
    assert column(model, RECORDED)[1] == "all · 2 dropped"
    assert column(model, STATE)[0] == "ended"


def test_texts_of_a_process_stay_in_one_line() -> None:
    journal = Journal()
    hostile = "python\n-c\x00 <b>x</b>\u202e"
    records = [ProcessJoined(0, 1, 5, 0, hostile, hostile, hostile), ProcessSilent(1, 6, hostile, hostile)]
    journal.fold(Batch(1, [to_row(record) for record in records]))
    model = checked(journal)
    for place in range(model.columnCount()):
        assert not any("\n" in text or "\u202e" in text for text in column(model, place))
