"""Notices: one door to the person, never flooded, never silent."""

import logging
import threading

import pytest

from inspector.app.notices import RATE, SAME_WITHIN, Notice, Notices
from inspector.core.errors import InspectorError


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notices(clock: Clock) -> Notices:
    return Notices(clock)


def test_notices_wait_until_somebody_listens(notices: Notices) -> None:
    notices.info("one")
    notices.error("two", "do this")
    seen: list[Notice] = []
    notices.attach(seen.append)
    assert [(n.severity, n.text, n.hint) for n in seen] == [("info", "one", ""), ("error", "two", "do this")]
    notices.warning("three")
    assert seen[-1].text == "three"


def test_an_equal_notice_counts_up_under_the_same_number(notices: Notices, clock: Clock) -> None:
    seen: list[Notice] = []
    notices.attach(seen.append)
    notices.error("full", "make room")
    notices.error("full", "make room")
    assert [n.count for n in seen] == [1, 2]
    assert seen[0].number == seen[1].number
    clock.now += SAME_WITHIN + 1
    notices.error("full", "make room")
    assert seen[-1].count == 1
    assert seen[-1].number != seen[0].number


def test_equal_notices_that_wait_are_one(notices: Notices) -> None:
    for _ in range(3):
        notices.error("full")
    seen: list[Notice] = []
    notices.attach(seen.append)
    assert [n.count for n in seen] == [3]


def test_a_storm_is_held_back_and_delivered_later(notices: Notices, clock: Clock) -> None:
    seen: list[Notice] = []
    notices.attach(seen.append)
    for number in range(RATE + 5):
        notices.warning(f"number {number}")
    assert len(seen) == RATE
    assert notices.held_back == 5
    notices.flush()
    assert len(seen) == RATE
    clock.now += 1.5
    notices.flush()
    assert [n.text for n in seen[RATE:]] == [f"number {n}" for n in range(RATE, RATE + 5)]
    assert notices.held_back == 0


def test_a_storm_of_one_text_costs_one_delivery_with_the_whole_count(notices: Notices, clock: Clock) -> None:
    seen: list[Notice] = []
    notices.attach(seen.append)
    for _ in range(5_000):
        notices.bug("boom")
    assert len(seen) == RATE
    clock.now += 1.5
    notices.flush()
    assert seen[-1].count == 5_000
    assert len(seen) == RATE + 1


def test_more_different_notices_than_can_wait_are_counted(notices: Notices, clock: Clock) -> None:
    seen: list[Notice] = []
    notices.attach(seen.append)
    for number in range(1_000):
        notices.warning(f"number {number}")
    while notices.held_back:
        clock.now += 1.1
        notices.flush()
    told = [n for n in seen if n.text.startswith("number")]
    rest = [n for n in seen if not n.text.startswith("number")]
    assert len(told) + rest[-1].count == 1_000


def test_expected_trouble_is_an_error_in_its_own_words(notices: Notices) -> None:
    seen: list[Notice] = []
    notices.attach(seen.append)
    notices.report(InspectorError("The file is there already.", "Choose another name."), "Exporting")
    assert (seen[0].severity, seen[0].text, seen[0].hint) == (
        "error",
        "Exporting: The file is there already.",
        "Choose another name.",
    )


@pytest.mark.allow_log("inspector.notices")
def test_anything_else_is_a_bug_with_its_traceback_in_the_log(
    notices: Notices, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Notice] = []
    notices.attach(seen.append)
    try:
        {}["key"]
    except KeyError as error:
        notices.report(error, "Folding")
    assert seen[0].severity == "bug"
    assert "KeyError" in seen[0].text
    assert caplog.records[0].exc_info is not None
    assert caplog.records[0].levelno == logging.ERROR


@pytest.mark.allow_log("inspector.notices")
def test_a_listener_that_fails_does_not_keep_the_others_from_hearing(
    notices: Notices, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Notice] = []

    def broken(_: Notice) -> None:
        raise ValueError

    notices.attach(broken)
    notices.attach(seen.append)
    notices.info("hello")
    assert len(seen) == 1
    assert "listener" in caplog.text


def test_who_was_removed_hears_nothing(notices: Notices) -> None:
    seen: list[Notice] = []
    remove = notices.attach(seen.append)
    remove()
    remove()
    notices.info("hello")
    assert seen == []


def test_any_thread_may_tell(notices: Notices) -> None:
    seen: list[Notice] = []
    notices.attach(seen.append)
    threads = [threading.Thread(target=notices.error, args=("same",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(n.count for n in seen) == 8
    assert len({n.number for n in seen}) == 1
