"""Who watches code, and what is behind frames that are open: what ``Monitor`` notifies."""

from __future__ import annotations

# By names of ours, as in ``monitor``.
from builtins import getattr, len, type  # noqa: A004
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, Protocol


class Watcher:
    """Who watches a code object: a base class that does nothing at any moment.

    All of it is called on the thread and in the context of the program's own call. Of a moment that a class leaves as
    it is here it is not told.

    Attributes:
        essential: Its calls are those of handlers or publish methods: one that there is no room to tell of is counted.
    """

    essential = False

    def suspends(self, code: CodeType) -> bool:  # noqa: ARG002 - for those that ask
        """Return whether to be told that calls of this code are suspended and resumed: there may be a clock to stop."""
        return True

    def when_started(self) -> Callable[[FrameType], None]:
        """Return what is called when a call begins; ``Monitor.watch`` asks for it each time."""
        return self.started

    def started(self, frame: FrameType) -> None:
        """Take note that a call begins; a coroutine's begins when it is first resumed."""

    def returned(self, frame: FrameType, value: Any) -> None:
        """Take note that it ended with a value."""

    def yielded(self, frame: FrameType, value: Any) -> None:
        """Take note that it is suspended."""

    def resumed(self, frame: FrameType) -> None:
        """Take note that it goes on."""

    def thrown(self, frame: FrameType, error: BaseException) -> None:
        """Take note that an exception is thrown into it where it is suspended, or before it ever began."""


class Open:
    """What stands behind a frame that is open: a publication, an execution. This base class takes note of nothing."""

    def frame_returned(self, frame: FrameType, value: Any) -> None:
        """Take note that it ended with a value."""

    def frame_unwound(self, frame: FrameType, error: BaseException) -> None:
        """Take note that an exception left it."""

    def frame_yielded(self, frame: FrameType) -> None:
        """Take note that it is suspended."""

    def frame_resumed(self, frame: FrameType) -> None:
        """Take note that it goes on, or that an exception is thrown into it."""


class _Both(Open):
    """Two things that stand behind one frame: two programs in one process share the code of a bus."""

    def __init__(self, first: Open, second: Open) -> None:
        self._both = (first, second)

    def frame_returned(self, frame: FrameType, value: Any) -> None:
        for subject in self._both:
            subject.frame_returned(frame, value)

    def frame_unwound(self, frame: FrameType, error: BaseException) -> None:
        for subject in self._both:
            subject.frame_unwound(frame, error)

    def frame_yielded(self, frame: FrameType) -> None:
        for subject in self._both:
            subject.frame_yielded(frame)

    def frame_resumed(self, frame: FrameType) -> None:
        for subject in self._both:
            subject.frame_resumed(frame)


def both(first: Open, second: Open) -> Open:
    """Return what stands for two things behind one frame."""
    return _Both(first, second)


class CallWatcher(Protocol):
    """Who watches what a code object calls, where that has no Python code of its own."""

    def calling(self, frame: FrameType, called: Any, first: Any) -> None:
        """Take note that a call begins.

        Args:
            frame: Of the caller.
            called: What is called.
            first: Its first argument, ``MISSING`` of ``sys.monitoring`` without one.
        """

    def called(self, frame: FrameType) -> None:
        """Take note that it returned; with what is not to be known."""

    def raised(self, frame: FrameType, error: BaseException) -> None:
        """Take note that it raised."""


#: Asked at each call of code that nobody watches; False ends the asking for that code, for good.
Discover = Callable[[CodeType, FrameType], bool]


class UnwindWatcher(Protocol):
    """Who watches the frames that exceptions leave."""

    def unwound(self, error: BaseException, frame: FrameType) -> None:
        """Take note that an exception leaves a frame, whosever code it is."""


class HandledWatcher(UnwindWatcher, Protocol):
    """Who watches exceptions that are handled, or only let through a ``finally``."""

    def handled(self, code: CodeType, offset: int, error: BaseException, frame: FrameType) -> None:
        """Take note that an exception arrives in a frame, at an offset of its code."""

    def rest(self, wake: Callable[[], None]) -> bool:
        """Return whether nothing needs to be told until ``wake`` is called; who says so has to call it in time."""


#: Called with the number of the line that is about to run, and the frame.
OnLine = Callable[[int, FrameType], None]


#: Makes, of what is called when code begins and when it returns, what is called instead. It gets what an error of ours
#: is told, too, and how many frames the program's is behind.
Shorten = Callable[
    [Callable[..., Any], Callable[..., Any], Callable[[BaseException], None], int],
    tuple[Callable[..., Any], Callable[..., Any]],
]


def takes(watcher: Watcher, moment: str) -> bool:
    """Return whether a watcher does anything at a moment."""
    return getattr(type(watcher), moment, None) is not getattr(Watcher, moment)


def telling(moment: str, watchers: tuple[Watcher, ...]) -> Callable[..., None]:
    """Return what tells watchers of a moment: the method itself, where there is only one."""
    methods = [watcher.when_started() if moment == "started" else getattr(watcher, moment) for watcher in watchers]
    if len(methods) == 1:
        return methods[0]

    def tell(*facts: Any) -> None:
        for method in methods:
            method(*facts)

    return tell
