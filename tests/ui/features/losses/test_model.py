"""Losses as rows: kinds, marks, filter, range, and a model that keeps its word to views."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtTest import QAbstractItemModelTester

from inspector.analysis.losskinds import KIND_NUMBERS
from inspector.analysis.query.query import parse
from inspector.app.loss_marks import LossMarks
from inspector.app.notices import Notices
from inspector.app.settings import Settings
from inspector.ui.features.losses.model import COUNT, KIND, PLACE, SUBJECT, TREND, WHAT, LossesModel, Shown
from inspector.ui.kit.rows import Role, SortedModel
from tests.analysis.sample_runs import MS, Run, Story, Told, failure
from tests.analysis.test_losses import begun, correlation


def swallowed(at: int, line: int = 41, handler: str = "app:Audit.handle") -> Told:
    return Told("Paid", at, [Run(at, at + MS, handler, "swallowed", failure=failure("KeyError", line=line))])


@pytest.fixture
def marks(tmp_path: Path) -> LossMarks:
    return LossMarks(Settings(tmp_path / "settings.json", Notices()))


def checked(marks: LossMarks, story: Story) -> LossesModel:
    model = LossesModel(marks)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.set_journal(story.journal)
    return model


def column(model: LossesModel, number: int) -> list[str]:
    return [model.index(row, number).data() for row in range(model.rowCount())]


def test_each_place_is_a_row_that_grows(marks: LossMarks) -> None:
    story = begun()
    model = checked(marks, story)
    assert model.rowCount() == 0
    story.tell([swallowed(0), swallowed(5 * MS), swallowed(9 * MS, 77)])
    model.refresh()
    assert column(model, KIND) == ["▨ swallowed", "▨ swallowed"]
    assert column(model, SUBJECT) == ["Audit.handle", "Audit.handle"]
    assert column(model, PLACE) == ["audit.py:41", "audit.py:77"]
    assert column(model, WHAT) == ["KeyError, not logged"] * 2
    assert column(model, COUNT) == ["2", "1"]
    story.tell([swallowed(20 * MS, 77), Told("Paid", 21 * MS, handlers=0)])
    model.refresh()
    assert column(model, COUNT) == ["2", "2", "1"]
    assert model.counts()[KIND_NUMBERS["unheard"]] == 1
    assert sum(model.index(0, TREND).data(Role.TREND)) == 2
    assert model.index(0, PLACE).data(Role.TONE) == "accent"
    ordered = SortedModel()
    ordered.setSourceModel(model)
    ordered.sort(COUNT)
    assert [ordered.index(row, COUNT).data() for row in range(3)] == ["1", "2", "2"]


def test_a_kind_a_filter_and_a_range_leave_less(marks: LossMarks) -> None:
    story = begun()
    story.tell([swallowed(0), swallowed(50 * MS, handler="app:Mail.send"), Told("Placed", 60 * MS, handlers=0)])
    model = checked(marks, story)
    model.show_only(Shown.COUNTING, KIND_NUMBERS["unheard"])
    assert column(model, SUBJECT) == ["Placed"]
    model.show_only(Shown.COUNTING)
    model.set_filter(parse("handler:Mail*"))
    assert (column(model, SUBJECT), model.count_of(Shown.COUNTING)) == (["Mail.send"], 1)
    model.set_filter(None)
    model.set_range((55 * MS, 70 * MS))
    assert column(model, SUBJECT) == ["Placed"]
    model.set_range(None)
    assert model.rowCount() == 3


def test_a_muted_place_is_listed_apart_and_stays_muted(marks: LossMarks) -> None:
    story = begun()
    story.tell([swallowed(0), swallowed(5 * MS, 77)])
    model = checked(marks, story)
    marks.set_muted(story.journal, model.loss(0), muted=True)
    model.refresh()
    assert column(model, PLACE) == ["audit.py:77"]
    assert (marks.total(story.journal), model.places_of(Shown.MUTED)) == (1, 1)
    again = begun()
    again.tell([swallowed(3)])
    assert marks.total(again.journal) == 0
    model.show_only(Shown.MUTED)
    assert column(model, PLACE) == ["audit.py:41"]
    marks.set_muted(story.journal, model.loss(0), muted=False)
    model.refresh()
    assert (model.rowCount(), marks.total(story.journal)) == (0, 2)


def test_a_guess_is_marked_and_can_be_corrected(marks: LossMarks) -> None:
    story = begun()
    story.tell(
        [Told("Tried", 0, [Run(0, MS, status="swallowed", failure=failure("KeyError"))], correlation=correlation(1))]
    )
    model = checked(marks, story)
    assert model.rowCount() == 1
    story.tell([Told("Placed", 9 * MS, [Run(9 * MS, 10 * MS)], correlation=correlation(1))])
    model.refresh()
    assert (model.rowCount(), model.count_of(Shown.BY_DESIGN), marks.total(story.journal)) == (0, 1, 0)
    model.show_only(Shown.BY_DESIGN)
    assert column(model, WHAT) == ["KeyError, not logged · by design?"]
    marks.set_by_design(story.journal, model.loss(0), meant=False)
    model.show_only(Shown.COUNTING)
    assert (model.rowCount(), marks.total(story.journal)) == (1, 1)
