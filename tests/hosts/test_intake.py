"""What comes from a child is data: rows that are none are dropped and counted, and numbers go on over children."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.journal import Journal
from inspector.core.description import CatalogDescription, HandlerDescription
from inspector.core.records.records import Batch
from inspector.core.values.build import to_plain
from inspector.hosts.intake import Intake

CATALOG = CatalogDescription("shop", handlers=(HandlerDescription("m:h", "h", "m", "h"),))
SESSION = [0, 0, 1, "shop", "3.12", json.dumps(to_plain(CATALOG)), None]
PUBLISHED = [1, 5, 1, "Placed", "", "", 0, 0, "{}", "{}", 1]
STARTED = [2, 6, 1, 1, "m:h", ""]
ENDED = [3, 7, 1, "ok", 1, ""]
NOTED = [4, 7, 1, 1, "log", "info", "text", ""]
DONE = [5, 8, 1, "done"]
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


def test_rows_that_stand_for_nothing_known_are_refused() -> None:
    wrong: list[Any] = [
        *(None, 7, "row", [], [99], [1], [True, 0], {"kind": 1}),
        [1, 5, 2, "Placed", "", "", 0, 0, "{}", "{}", 1],  # a number that is not next
        [1, 5, 1, "Placed", "", "", 9, 0, "{}", "{}", 1],  # caused by nobody
        [1, -1, 1, "Placed", "", "", 0, 0, "{}", "{}", 1],
        [1, 5, True, "Placed", "", "", 0, 0, "{}", "{}", 1],
        [1, 5, 1, "Placed", "", "", 0, 0, {}, "{}", 1],
        *(STARTED, ENDED, NOTED, DONE),  # nothing was published
        [6, 0, "x", "loud", "", ""],
        [6, 0, "x", "info", "", "no json"],
        [6, 0, "handler", "info", "", '{"key": 7}'],
        [6, 0, "fire_settled", "info", "", '{"fire": 1, "published": 1}'],  # nobody has fired
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


def test_numbers_and_times_of_a_second_child_go_on() -> None:
    intake, clock = begun(now=1_000)
    intake.take(copies(RUN))
    intake.drain()
    clock[0] = 5_000
    intake.begin(4_000)
    intake.take([list(SESSION), *copies(RUN)])
    rows = intake.drain()
    assert [row[2] for row in rows if row[0] == 6] == ["restarted"]
    assert rows[1:] == [
        (1, 3_005, 2, "Placed", "", "", 0, 0, "{}", "{}", 1),
        (2, 3_006, 2, 2, "m:h", ""),
        (4, 3_007, 2, 2, "log", "info", "text", ""),
        (3, 3_007, 2, "ok", 1, ""),
        (5, 3_008, 2, "done"),
    ]


def test_what_was_under_way_is_ended_when_the_child_is_gone() -> None:
    intake, clock = begun()
    fire = intake.new_fire()
    intake.take([[1, 5, 1, "Placed", "", "", 0, fire, "{}", "{}", 1], list(STARTED)])
    assert list(intake.running) == [1]
    intake.drain()
    clock[0] = 9
    intake.interrupt("It crashed.")
    assert intake.drain() == [
        (3, 9, 1, "interrupted", 0, ""),
        (5, 9, 1, "cancelled"),
        (6, 9, "fire_refused", "error", "It crashed.", '{"fire": 1, "hint": "Restart the program."}'),
        (6, 9, "fire_settled", "info", "", '{"fire": 1, "published": 1}'),
    ]
    intake.interrupt("again")
    assert intake.drain() == []


def test_what_we_say_before_the_session_began_comes_after_its_first_row() -> None:
    intake = Intake(lambda kind: None, lambda: 50)
    intake.note("output", "info", "early")
    assert intake.drain() == []
    intake.begin(50)
    intake.take([list(SESSION)])
    assert intake.drain() == [tuple(SESSION), (6, 0, "output", "info", "early", "")]
