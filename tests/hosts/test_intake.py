"""What comes from a child is data: rows that are none are dropped and counted, and numbers go on over children."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.journal import Journal
from inspector.core.description import CatalogDescription, HandlerDescription
from inspector.core.records.host import (
    FAILURE,
    JSON,
    PROSE,
    FaultsSwitched,
    FireRefused,
    FireSettled,
    HandlerAdded,
    HostRecord,
    LoopBlocked,
    PartNotLoaded,
    ProcessEnded,
    ProcessJoined,
    ProgramPrinted,
    ProgramReloaded,
    PublicationsSkipped,
    RecordsLost,
)
from inspector.core.records.records import (
    FLAG,
    INT,
    MAYBE_INT,
    RECORD_TYPES,
    ROW_FIELDS,
    TEXT,
    VALUE,
    Batch,
    HandlerEnded,
    HandlerStarted,
    fits,
    to_record,
    to_row,
)
from inspector.core.values.build import to_plain
from inspector.hosts.child import ChildHost
from inspector.hosts.intake import Intake
from tests.hosts.children import project

CATALOG = CatalogDescription("shop", handlers=(HandlerDescription("m:h", "h", "m", "h"),))
SESSION = [0, 0, 1, "shop", "3.12", json.dumps(to_plain(CATALOG)), None]
PUBLISHED = [1, 5, 1, "Placed", "", "", 0, 0, "{}", "{}", 1, 0]
STARTED = [2, 6, 1, 1, "m:h", ""]
ENDED = [3, 7, 1, "ok", 1, ""]
NOTED = [4, 7, 1, 1, "log", "info", "text", ""]
DONE = [5, 8, 1, "done"]
#: A value for each form of a row's field.
_SAMPLES = {INT: 1, FLAG: True, TEXT: "t", JSON: "{}", FAILURE: "", PROSE: "p", MAYBE_INT: 3, VALUE: "[]"}
RUN = [PUBLISHED, STARTED, NOTED, ENDED, DONE]


def begun(now: int = 0) -> tuple[Intake, list[int]]:
    clock = [now]
    intake = Intake(lambda kind: None, lambda: clock[0])
    intake.begin(now)
    intake.take([list(SESSION)])
    return intake, clock


def copies(rows: list[list[Any]]) -> list[list[Any]]:
    return [list(row) for row in rows]


def test_good_rows_pass_as_tuples() -> None:
    intake, _ = begun()
    intake.take(copies(RUN))
    assert intake.drain() == [tuple(row) for row in (SESSION, *RUN)]
    assert (intake.refused, intake.running) == (0, {})


def test_how_far_a_child_is_stored_counts_its_own_rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.hosts.intake._MARK_ROWS", 1)
    intake, clock = begun(1_000)
    intake.take(copies(RUN))  # rows 2 to 6 of the session, and of the child
    intake.record(ProgramPrinted(0, "stdout", "not the child's"))
    intake.take([None])
    assert intake.stored_of_child(1, 0) == (1, 0)
    assert intake.stored_of_child(5, 7) == (1, 7)
    assert intake.stored_of_child(6, 8) == (6, 8)
    assert intake.stored_of_child(7, 9) == (7, 9)  # the refused one, too: the child has counted it
    clock[0] = 51_000
    intake.begin(51_000)
    assert intake.stored_of_child(7, 50_003) == (0, 3)
    intake.take([list(SESSION)])
    assert intake.stored_of_child(8, 50_004) == (1, 4)


def test_what_is_never_stored_is_forgotten_and_never_taken_for_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.hosts.intake._MARK_ROWS", 1)
    intake, _ = begun()
    intake._marks = deque(maxlen=3)
    for number in range(1, 21):
        intake.take([[1, 5, number, "Placed", "", "", 0, 0, "{}", "{}", 1, 0]])
    assert intake.stored_of_child(5, 5)[0] <= 5
    assert intake.stored_of_child(21, 5)[0] == 21


def test_rows_that_stand_for_nothing_known_are_refused() -> None:
    wrong: list[Any] = [
        *(None, 7, "row", [], [99], [1], [True, 0], {"kind": 1}),
        [1, 5, 2, "Placed", "", "", 0, 0, "{}", "{}", 1, 0],  # a number that is not next
        [1, 5, 1, "Placed", "", "", 9, 0, "{}", "{}", 1, 0],  # caused by nobody
        [1, -1, 1, "Placed", "", "", 0, 0, "{}", "{}", 1, 0],
        [1, 5, 1, "P" * 20_000, "", "", 0, 0, "{}", "{}", 1, 0],
        [1, 5, True, "Placed", "", "", 0, 0, "{}", "{}", 1, 0],
        [1, 5, 1, "Placed", "", "", 0, 0, {}, "{}", 1, 0],
        [1, 5, 1, "Placed", "", "", 0, 0, "{}", "{}", 1, 2],  # of another process than the one that speaks
        [1, 5, 1, "Placed", "", "", 0, 0, "{}", "{}", 1],
        list(to_row(ProcessJoined(0, 1, 7, 0, "worker", "python", "3.12"))),
        list(to_row(PublicationsSkipped(0, 1, 2, 1, 0))),
        *(STARTED, ENDED, NOTED, DONE),  # nothing was published
        [6, 0, "x", "loud", "", ""],
        [HandlerAdded.KIND, 0, '{"key": 7}'],
        [FaultsSwitched.KIND, 0, 1, "[]"],
        [FaultsSwitched.KIND, 0, True, "no json"],
        [FaultsSwitched.KIND, 0, True, '[{"handler": "*"}]'],
        [RecordsLost.KIND, 0, 1 << 80, "", 0, 0],
        [RecordsLost.KIND, 0, 1 << 39, "", 0, 0],  # no session has room for so many
        [RecordsLost.KIND, 0, 0, "", 0, 0],
        [LoopBlocked.KIND, 0, None, "", "", "", 0],
        [PartNotLoaded.KIND, 0, "m", "", "", "", "", "loud"],
        [FireSettled.KIND, 0, 1, 1],  # nobody has fired
        [FireRefused.KIND, 0, 1, "no", ""],
        list(to_row(ProcessEnded(0, "It says so itself."))),
        [len(RECORD_TYPES), 0],
        [0, 0, 1, "shop", "3.12", "no json", None],
        [0, 0, 1, "shop", "3.12", "{}", None],
    ]
    intake, _ = begun()
    for row in wrong:
        intake.take([row])
    intake.take("rows")
    assert intake.drain() == [tuple(SESSION)]
    assert intake.refused == len(wrong)


@given(st.lists(st.sampled_from(RUN) | st.lists(st.integers() | st.text(max_size=3), max_size=11), max_size=20))
def test_whatever_comes_the_journal_can_take_it(rows: list[list[Any]]) -> None:
    intake, _ = begun()
    intake.take(copies(rows))
    intake.interrupt("gone")
    journal = Journal()
    journal.fold(Batch(1, intake.drain()))
    assert journal.orphans == 0
    assert journal.running == 0


_WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 9),
    st.sampled_from([-(1 << 61), 1 << 31, 1 << 40, 1 << 61, 1 << 63, 1 << 80, 1e308, float("nan"), float("inf")]),
    st.sampled_from(
        ["ok", "running", "done", "info", "error", "\ud800", "\0", "NaN", "[" * 2_000, "[]", "{}", '{"a":1e999}']
    ),
    st.sampled_from(["[" * 900 + "]" * 900, '[{"handler": "h", "event": "e", "kind": 1}]', "x" * 5_000]),
    st.recursive(st.none(), lambda inner: st.lists(inner, max_size=2), max_leaves=8),
)


def _valid_rows() -> list[list[Any]]:
    return [*RUN, *([cls.KIND, *(_SAMPLES[field.form] for field in ROW_FIELDS[cls.KIND])] for cls in RECORD_TYPES)]


@st.composite
def hostile_rows(draw: st.DrawFn) -> list[Any]:
    """A row of any kind with up to three of its places wrong, at times cut or longer than it should be."""
    row = list(draw(st.sampled_from(_valid_rows())))
    for place in draw(st.lists(st.integers(0, len(row) - 1), max_size=3)):
        row[place] = draw(_WRONG)
    return row[: draw(st.integers(0, len(row)))] if draw(st.integers(0, 9)) == 0 else row


@given(st.lists(hostile_rows(), max_size=12), st.lists(st.integers(-(1 << 70), 1 << 70), max_size=2))
def test_no_row_of_any_kind_is_an_error_or_a_lie(rows: list[list[Any]], anchors: list[int]) -> None:
    intake, clock = begun()
    clock[0] = 1_000
    intake.new_fire()
    for anchor in anchors:
        intake.begin(anchor)
    given = [*copies(RUN[:2]), *rows, *copies(RUN[2:])]
    intake.take(given)
    intake.interrupt("gone")
    taken = intake.drain()[1:]  # but for the session's own
    starts: dict[int, int] = {}
    for row in taken:
        record = to_record(row)
        assert 0 <= record.at <= 1_000 + 1_000_000_000
        if isinstance(record, HandlerStarted):
            starts[record.execution] = record.at
        elif isinstance(record, HandlerEnded):
            assert record.at >= starts.pop(record.execution)
        elif isinstance(record, RecordsLost):
            assert record.count >= 0
            assert (record.first, record.last) == (0, 0)
        elif isinstance(record, HostRecord):
            assert isinstance(record.sentence, str)
    assert starts == {}
    journal = Journal()
    journal.fold(Batch(2, taken))
    assert (journal.orphans, journal.running) == (0, 0)


@pytest.mark.parametrize(
    "row",
    [
        [1, 2_000_000_000, 1, "Placed", "", "", 0, 0, "{}", "{}", 1, 0],  # in a second that is yet to come
        [1, 5, 1, "Placed", "", "", 0, 1, "{}", "{}", 1, 0],  # of a fire that nobody has asked for
        [5, 4, 1, "done"],  # before it was published
        [5, 8, 1, "exploded"],
        [2, 4, 1, 1, "m:h", ""],  # called before it was published
        [3, 4, 1, "ok", 1, ""],  # over before it began
        [3, 7, 1, "ok", 5_000_000_000, ""],  # computing for longer than it took
        [RecordsLost.KIND, 5, -3, "x", 0, 0],
        [RecordsLost.KIND, 5, 3, "x", 1, 3],  # seqs are the store's
        [RecordsLost.KIND, 5, 1 << 61, "x", 0, 0],
        [LoopBlocked.KIND, 5, 6, "", "", "", 0],  # blocked since a time after it was
        [LoopBlocked.KIND, 5, -1, "", "", "", 0],
        [0, 3, 1, "shop", "3.12", SESSION[5], None],
        [0, 0, 1 << 70, "shop", "3.12", SESSION[5], None],
        [0, 0, 1, "shop", "3.12", SESSION[5], 1 << 70],
    ],
)
def test_a_row_that_contradicts_the_others_or_itself_is_refused(row: list[Any]) -> None:
    intake, _ = begun()
    before = {1: [], 2: RUN[:1], 3: RUN[:2], 5: RUN[:1]}.get(row[0], [])
    intake.take(copies(before))
    intake.take([row])
    assert intake.refused == 1
    assert intake.drain()[1:] == [tuple(good) for good in before]


@given(
    st.sampled_from(
        ["hello", "loading", "problem", "ended", "files", "facts", "ready", "rows", "beat", "bye", "load", ""]
    ),
    st.lists(
        _WRONG | st.dictionaries(st.sampled_from(["anchor", "where", "failure", "text", "variables", "python"]), _WRONG)
    ),
)
def test_no_message_of_a_child_ends_us(verb: str, arguments: list[Any]) -> None:
    host = ChildHost(project("moods:get_bus"))
    for message in (["ready", {"anchor": 5}], ["rows", [list(SESSION)]], [verb, *arguments]):
        host.message(message)
    assert host.lag >= 0
    assert all(type(file) is str for file in host.files)


@pytest.mark.parametrize("cls", RECORD_TYPES)
def test_a_field_of_another_type_is_refused_in_every_kind_of_record(cls: type[Any]) -> None:
    """One check for all, by the types that the record declares."""
    for field in ROW_FIELDS[cls.KIND]:
        for wrong in (None, 1.5, [], {}, "no json" if field.form != TEXT else 7, True if field.form != FLAG else 1):
            given = [wrong if one is field else _SAMPLES[one.form] for one in ROW_FIELDS[cls.KIND]]
            if type(wrong) is type(_SAMPLES[field.form]) or (field.form == MAYBE_INT and wrong is None):
                continue
            assert not fits([cls.KIND, *given]), field.name


def test_what_comes_of_the_host_is_told_and_shifted() -> None:
    told: list[HostRecord] = []
    intake = Intake(told.append, lambda: 1_000)
    intake.begin(400)
    intake.take([list(SESSION)])
    intake.begin(700)
    intake.take([list(to_row(LoopBlocked(50, 20, "h")))])
    assert told == [LoopBlocked(350, 320, "h")]


def test_numbers_and_times_of_a_second_child_go_on() -> None:
    intake, clock = begun(now=1_000)
    intake.take(copies(RUN))
    intake.drain()
    clock[0] = 5_000
    intake.begin(4_000)
    intake.take([list(SESSION), *copies(RUN)])
    rows = intake.drain()
    assert rows[0] == (ProgramReloaded.KIND, 4_000, "null", 0)
    assert rows[1:] == [
        (1, 3_005, 2, "Placed", "", "", 0, 0, "{}", "{}", 1, 0),
        (2, 3_006, 2, 2, "m:h", ""),
        (4, 3_007, 2, 2, "log", "info", "text", ""),
        (3, 3_007, 2, "ok", 1, ""),
        (5, 3_008, 2, "done"),
    ]


def test_what_was_under_way_is_ended_when_the_child_is_gone() -> None:
    intake, clock = begun()
    fire = intake.new_fire()
    intake.take([[1, 5, 1, "Placed", "", "", 0, fire, "{}", "{}", 1, 0], list(STARTED)])
    assert list(intake.running) == [1]
    intake.drain()
    clock[0] = 9
    intake.interrupt("It crashed.")
    assert intake.drain() == [
        (3, 9, 1, "interrupted", 0, ""),
        (5, 9, 1, "cancelled"),
        to_row(FireRefused(9, fire, "It crashed.", "Restart the program.")),
        to_row(FireSettled(9, fire, 1)),
    ]
    intake.interrupt("again")
    assert intake.drain() == []


def test_what_we_say_before_the_session_began_comes_after_its_first_row() -> None:
    intake = Intake(lambda kind: None, lambda: 50)
    early = ProgramPrinted(intake.now(), "stdout", "early")
    intake.record(early)
    assert intake.drain() == []
    intake.begin(50)
    intake.take([list(SESSION)])
    assert intake.drain() == [tuple(SESSION), to_row(early)]
