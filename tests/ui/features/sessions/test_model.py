from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from inspector.store.info import SessionInfo
from inspector.ui.features.sessions.model import (
    DURATION,
    EXECUTIONS,
    NAME,
    OUTCOME,
    SIZE,
    STARTED,
    STATE,
    SessionsModel,
)
from inspector.ui.kit.rows import Role
from tests.ui.features.log.test_model import checked, column

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def session(number, name="", **more):
    values = {"state": "closed", "publications": 1200, "executions": 48_212, "failures": 0, "swallowed": 0}
    values |= {"running": 0, "records": 0, "duration": timedelta(seconds=75), "bytes": 18_200_000, **more}
    began = NOON + timedelta(hours=number)
    return SessionInfo(number, name or f"session {number}", "demo catalog", "demo", began, **values)


def test_the_newest_session_is_first():
    model = checked(SessionsModel())
    model.set_sessions([session(1), session(3), session(2)], None, None)
    assert column(model, NAME) == ["session 3", "session 2", "session 1"]
    assert column(model, SIZE)[0] == "18.2 MB"
    assert column(model, STARTED)[0] == f"{(NOON + timedelta(hours=3)).astimezone():%Y-%m-%d %H:%M}"


def test_the_one_being_recorded_and_the_one_shown_are_marked():
    model = checked(SessionsModel())
    recording = replace(session(3), state="recording")
    elsewhere = replace(session(4), state="recording")
    model.set_sessions([session(1), session(2), recording, elsewhere], live=3, opened=1)
    assert [model.index(row, 0).data(Role.MARK) for row in range(4)] == ["", "live", "", "open"]
    assert column(model, STATE) == ["recording in another window", "recording", "closed", "closed · open here"]
    model.set_sessions([recording], live=3, opened=3)
    assert column(model, STATE) == ["recording · open here"]


@given(st.lists(st.lists(st.integers(0, 6), unique=True), min_size=1, max_size=5), st.integers(0, 3))
def test_any_list_follows_any_other_without_a_reset(lists, failures):
    model = checked(SessionsModel())
    resets = []
    model.modelReset.connect(lambda: resets.append(1))
    for turn, numbers in enumerate(lists):
        sessions = [session(number, failures=failures * turn) for number in numbers]
        model.set_sessions(sessions, numbers[0] if numbers else None, None)
        assert [model.session(row) for row in range(model.rowCount())] == sorted(sessions, key=lambda info: -info.id)
    assert resets == []


def test_only_sessions_that_changed_are_told():
    model = checked(SessionsModel())
    model.set_sessions([session(1), session(2), session(3)], None, None)
    changed = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    model.set_sessions([session(1), session(2, failures=4), session(3)], None, None)
    assert changed == [(1, 1)]
    assert model.index(1, OUTCOME).data(Role.TONE) == "failed"


def test_a_name_that_is_edited_is_asked_for_not_taken():
    model = checked(SessionsModel())
    model.set_sessions([session(1)], None, None)
    asked = []
    model.renamed.connect(lambda identity, name: asked.append((identity, name)))
    index = model.index(0, NAME)
    assert index.flags() & Qt.ItemFlag.ItemIsEditable
    assert not model.index(0, STATE).flags() & Qt.ItemFlag.ItemIsEditable
    assert model.setData(index, "  a better name ")
    assert not model.setData(index, " ")
    assert not model.setData(index, "session 1")
    assert asked == [(1, "a better name")]
    assert index.data() == "session 1"
    assert index.data(Qt.ItemDataRole.EditRole) == "session 1"


def test_numbers_are_sorted_as_numbers():
    model = checked(SessionsModel())
    model.set_sessions([session(1, executions=9), session(2, executions=10)], None, None)
    assert [model.index(row, EXECUTIONS).data(Role.SORT) for row in (0, 1)] == [10, 9]
    assert column(model, DURATION) == ["1 min 15 s"] * 2
    assert model.index(0, NAME).data(Role.SORT) == "session 2"
    assert model.row_of(1) == 1
    assert model.row_of(9) == -1


def test_what_a_session_lacks_stands_beside_its_state():
    model = checked(SessionsModel())
    gaps = "1\u2009200 records lost, 3 executions unplaced"
    sessions = [session(1), session(2, lost=1200, unplaced=3), session(3, lost=7)]
    model.set_sessions(sessions, None, 3)
    assert column(model, STATE) == ["closed · 7 records lost · open here", f"closed · {gaps}", "closed"]
    tones = [model.index(row, STATE).data(Role.TONE) for row in range(3)]
    assert tones == ["failed", "failed", "dim"]


def test_outcomes_are_told_and_sorted_by_how_bad_they_are():
    model = checked(SessionsModel())
    sessions = [
        session(1, failures=2, swallowed=1),
        session(2, swallowed=1500),
        session(3),
        session(4, executions=0),
        session(5, failures=3, timed_out=3),
        session(6, failures=3, timed_out=2),
    ]
    model.set_sessions(sessions, None, None)
    assert column(model, OUTCOME)[:2] == ["1 failed, 2 timed out", "3 timed out"]
    assert column(model, OUTCOME)[2:] == ["no executions", "ok", "1\u2009500 swallowed", "2 failed, 1 swallowed"]
    glyphs = [model.index(row, OUTCOME).data(Role.GLYPH) for row in range(6)]
    assert glyphs == ["failed", "timed_out", None, "ok", "swallowed", "failed"]
    keys = [model.index(row, OUTCOME).data(Role.SORT) for row in range(2, 6)]
    assert keys == sorted(keys)
    assert len(set(keys)) == 4


def test_what_ran_under_a_fault_is_no_failure_of_a_session():
    model = checked(SessionsModel())
    sessions = [
        session(1, executions=44, by_fault=44),
        session(2, executions=50, by_fault=6),
        session(3, failures=2, by_fault=1200),
    ]
    model.set_sessions(sessions, None, None)
    assert column(model, OUTCOME) == ["2 failed, 1\u2009200 by fault", "ok, 6 by fault", "44 by fault"]
    assert [model.index(row, OUTCOME).data(Role.TONE) for row in range(3)] == ["failed", "ok", "dim"]


def test_a_name_that_nobody_gave_is_told_by_program_and_first_event():
    model = checked(SessionsModel())
    time = "2026-11-20 12:00:00"
    sessions = [
        session(1, time, first_event="OrderPlaced"),
        session(2, time),
        session(3, f"{time} fire OrderPlaced"),
        session(4, "the bug", first_event="OrderPlaced"),
        session(5, time, first_event="OrderPlaced", file="run.jsonl"),
    ]
    model.set_sessions(sessions, None, None)
    program = "demo catalog"
    assert column(model, NAME) == [
        *(f"{program} · OrderPlaced", "the bug", "fire OrderPlaced", f"{program} · 12:00", f"{program} · OrderPlaced")
    ]
    assert column(model, STATE) == ["imported from run.jsonl", *["closed"] * 4]
    asked = []
    model.renamed.connect(lambda identity, name: asked.append((identity, name)))
    assert not model.setData(model.index(0, NAME), f"{program} · OrderPlaced")  # left as it was
    assert model.setData(model.index(0, NAME), "mine")
    assert asked == [(5, "mine")]
