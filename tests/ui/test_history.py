"""The way back through the steps of several parts."""

from __future__ import annotations

import pytest

from inspector.ui.history import History


class Part:
    """Numbers that are stepped through."""

    def __init__(self, history: History, name: str) -> None:
        self.states, self.ahead = [0], []
        self.history, self.name = history, name
        history.add_part(name, self.back, self.forward)

    def make(self) -> None:
        self.states.append(len(self.states))
        self.ahead.clear()
        self.history.record(self.name)

    def back(self) -> bool:
        if len(self.states) == 1:
            return False
        self.ahead.append(self.states.pop())
        return True

    def forward(self) -> bool:
        if not self.ahead:
            return False
        self.states.append(self.ahead.pop())
        return True


@pytest.fixture
def history() -> History:
    return History()


def test_steps_are_taken_back_in_the_order_in_which_they_were_made(history: History) -> None:
    zoom, filters = Part(history, "zoom"), Part(history, "filter")
    for part in (zoom, filters, filters, zoom):
        part.make()
    passed = []
    while history.back():
        passed.append((len(zoom.states), len(filters.states)))
    assert passed == [(2, 3), (2, 2), (2, 1), (1, 1)]
    while history.forward():
        pass
    assert (len(zoom.states), len(filters.states)) == (3, 3)


def test_one_part_alone_can_go_back(history: History) -> None:
    zoom, filters = Part(history, "zoom"), Part(history, "filter")
    for part in (zoom, filters, filters):
        part.make()
    assert history.back("zoom")
    assert not history.back("zoom")
    assert (len(zoom.states), len(filters.states)) == (1, 3)
    assert history.back()
    assert len(filters.states) == 2


def test_what_a_part_has_forgotten_is_passed_over(history: History) -> None:
    zoom, filters = Part(history, "zoom"), Part(history, "filter")
    for part in (filters, zoom, zoom):
        part.make()
    zoom.states = [0]  # another session is shown
    assert history.back()
    assert len(filters.states) == 1
    assert not history.back()


def test_a_new_step_forgets_what_was_gone_back_from(history: History) -> None:
    zoom = Part(history, "zoom")
    zoom.make()
    zoom.make()
    history.back()
    zoom.make()
    assert not history.forward()
    back, forward = history.commands()
    assert back.blocked is not None
    assert forward.blocked is not None
    assert (back.blocked(), forward.blocked()) == ("", "Nothing to redo")
