"""Who watches code: told of the moments that a class does something at, and two of them in order."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from inspector.agent.observe.watchers import Open, Watcher, both, takes, telling

MOMENTS = ("started", "returned", "yielded", "resumed", "thrown")
FRAME: FrameType = sys._getframe()


class Starts(Watcher):
    """Watches that calls begin."""

    def __init__(self, story: list[Any]) -> None:
        self.story = story

    def started(self, frame: FrameType) -> None:
        self.story.append((self, frame))


class Chosen(Starts):
    """Chooses anew what is called, each time it is asked."""

    def when_started(self) -> Any:
        return lambda frame: self.story.append(("chosen", frame))


class Ends(Open):
    """Notes what its frame goes through."""

    def __init__(self, name: str, story: list[Any]) -> None:
        self.name, self.story = name, story

    def frame_returned(self, frame: FrameType, value: Any) -> None:
        self.story.append((self.name, frame, value))

    def frame_unwound(self, frame: FrameType, error: BaseException) -> None:
        self.story.append((self.name, frame, error))

    def frame_yielded(self, frame: FrameType) -> None:
        self.story.append((self.name, "yielded", frame))

    def frame_resumed(self, frame: FrameType) -> None:
        self.story.append((self.name, "resumed", frame))


@pytest.mark.parametrize("kind", [Starts, Chosen])
def test_only_the_moments_that_a_class_has_of_its_own_are_told(kind: type[Starts]) -> None:
    assert [moment for moment in MOMENTS if takes(kind([]), moment)] == ["started"]
    assert not any(takes(Watcher(), moment) for moment in MOMENTS)


def test_one_watcher_is_told_by_its_own_method_and_several_in_order() -> None:
    story: list[Any] = []
    first, second, chosen = Starts(story), Starts(story), Chosen(story)
    assert telling("started", (first,)) == first.started
    telling("started", (first, chosen, second))(FRAME)
    assert story == [(first, FRAME), ("chosen", FRAME), (second, FRAME)]


def test_two_things_behind_one_frame_are_told_of_all_that_it_goes_through() -> None:
    story: list[Any] = []
    error = ValueError("gone")
    pair = both(Ends("a", story), both(Ends("b", story), Open()))
    pair.frame_yielded(FRAME)
    pair.frame_resumed(FRAME)
    pair.frame_returned(FRAME, 3)
    pair.frame_unwound(FRAME, error)
    steps = [("yielded", FRAME), ("resumed", FRAME), (FRAME, 3), (FRAME, error)]
    assert story == [(name, *step) for step in steps for name in "ab"]
