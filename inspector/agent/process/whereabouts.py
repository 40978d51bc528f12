"""Where a program is while it is loaded: the stack of its thread, and what its factory waits for."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

from ...core.own_code import is_ours, is_own_file

#: Most frames that are looked at, and that are told, from the inner end.
_DEEPEST: Final = 2_000
_MOST: Final = 200
#: What waits inside what, by its type: the attributes that hold its frame and what it waits for.
_WAITING: Final = {
    types.CoroutineType: ("cr_frame", "cr_await"),
    types.GeneratorType: ("gi_frame", "gi_yieldfrom"),
    types.AsyncGeneratorType: ("ag_frame", "ag_await"),
}


def whereabouts(thread: int, coroutine: Any) -> list[tuple[str, int, str]]:
    """Return file, line and function of each frame, the innermost first: of the thread, then of what waits on its loop.

    Only the program's own lines are returned, where there are any; never the machinery of imports, nor our own frames.
    ``faulthandler``, which needs no running interpreter, writes a hundred frames at most, and libraries go deeper.

    Args:
        thread: Identifier of the thread.
        coroutine: What it runs on its loop, None before there is one; a factory that waits stands on no stack.
    """
    frames = [*_stack(sys._current_frames().get(thread)), *reversed([*_chain(coroutine)])]  # noqa: SLF001 - the only way
    places = [(frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_name) for frame in frames]
    theirs = [place for place in places if not place[0].startswith("<frozen ") and not is_ours(place[0])]
    in_files = [place for place in theirs if not place[0].startswith("<")]  # else made of text, most by libraries
    return ([place for place in in_files if is_own_file(place[0])] or in_files or theirs)[:_MOST]


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    for _ in range(_DEEPEST):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def _chain(waiting: Any) -> Iterator[FrameType]:
    """Yield the frames of a coroutine and of what it waits for, the outermost first."""
    for _ in range(_DEEPEST):
        names = _WAITING.get(type(waiting))
        if names is None:
            return
        frame = getattr(waiting, names[0])
        if frame is not None:
            yield frame
        waiting = getattr(waiting, names[1])
