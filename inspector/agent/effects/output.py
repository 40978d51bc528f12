"""The output probe: lines that handlers print, with their stream.

What is written to ``sys.stdout`` and ``sys.stderr`` goes through their ``write``, whoever holds the stream: ``print``
asks for it each time, and so does logging. So the attribute is set on the stream itself, which stays the same object of
the same type; there is nothing but C code that could be watched instead.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from ...core.own_code import is_agent
from ...core.records.inside import OUTPUT, LineNote, data_of
from ..observe.monitor import MONITOR
from .handled import ends_of

if TYPE_CHECKING:
    from types import CodeType, FrameType

    from ...core.bus.execution import Execution
    from .effects import Effects

STREAMS: Final = ("stdout", "stderr")
#: Longest line; a longer one is told in parts.
LONGEST: Final = 4_000
#: Beginnings of lines that are held until the rest is written.
_MOST: Final = 1_000
_NAME: Final = "write"
#: By a name of our own: a program may take the builtins away, and print why it ends.
_ANY: Final = Exception
_ALL: Final = BaseException


class WrittenLines:
    """Puts what is written to a stream together to lines.

    Args:
        effects: Takes them.
        stream: Its name: ``stdout``.

    Attributes:
        unread: How many writes could not be read.
        untold: Of how many of these not even that could be recorded.
    """

    def __init__(self, effects: Effects, stream: str) -> None:
        self._effects = effects
        self._stream = stream
        self.unread = self.untold = 0
        self._data = [partial(data_of, LineNote(stream, by_log)) for by_log in (False, True)]
        #: By execution, else by thread: the beginning of a line.
        self._begun: dict[int, tuple[Execution | None, str]] = {}

    def take(self, text: str, *, by_log: bool) -> None:
        """Take in what is written."""
        execution = self._effects.execution
        if execution is None and not self._effects.is_outside(OUTPUT):
            return
        key = id(execution) if execution is not None else -get_ident()
        begun = self._begun.pop(key, None)
        whole = text if begun is None else begun[1] + text
        if "\n" in text:
            *lines, rest = whole.split("\n")
            for line in lines:
                self._tell(line, execution, by_log=by_log)
        elif len(whole) > LONGEST:
            self._tell(whole, execution, by_log=by_log)
            return
        else:
            rest = whole
        if rest:
            self._hold(key, execution, rest)

    def tell_unread(self, error: Exception) -> None:
        """Note that what was written could not be read."""
        self.unread += 1
        try:
            self._effects.tell("effect", f"{self._stream} could not be read: {type(error).__name__}")
        except _ANY:  # the program has replaced what Python itself needs, and prints why it ends
            self.untold += 1

    def _hold(self, key: int, execution: Execution | None, rest: str) -> None:
        """Keep the beginning of a line until the rest is written, or its execution has ended."""
        if len(self._begun) >= _MOST:
            self.flush()
        self._begun[key] = execution, rest
        if execution is not None and not self._effects.recorder.is_drained and not execution.ended:
            ends = ends_of(execution)
            if self._ended not in ends:
                ends.append(self._ended)

    def flush(self) -> None:
        """Take what executions that have ended have written as lines."""
        for execution, _ in tuple(self._begun.values()):
            if execution is not None and execution.ended:
                self._ended(execution)

    def _ended(self, execution: Execution) -> None:
        """Take what an execution has written as a line: it has ended."""
        _, rest = self._begun.pop(id(execution), (None, ""))
        self._tell(rest, execution, by_log=False)

    def _tell(self, line: str, execution: Execution | None, *, by_log: bool) -> None:
        if "\r" in line:
            line = line.rstrip("\r").rpartition("\r")[2]  # what was written over is not there any more
        for start in range(0, len(line), LONGEST):
            part = line[start : start + LONGEST]
            if not part.isspace():
                self._effects.tell(OUTPUT, part, self._data[by_log], execution=execution)


class _TracebackTrim:
    """Takes our frames out of the traceback of what leaves a function of ours: the program shows it to people.

    Args:
        code: The function's.
    """

    def __init__(self, code: CodeType) -> None:
        self._code = code

    def unwound(self, error: BaseException, frame: FrameType) -> None:
        """Take them out, once; the frame of who has called it is not in it yet."""
        if frame.f_code is not self._code:
            return
        MONITOR.follow_unwinding(self, False)
        trace = error.__traceback__
        while trace is not None and is_agent(trace.tb_frame.f_code.co_filename):
            trace = trace.tb_next
        error.__traceback__ = trace


def watch_output(effects: Effects) -> Callable[[], None]:
    """Watch the lines that are printed; a stream that takes the place of another, from when it is looked again."""
    watched: dict[str, tuple[Any, Callable[[], None]]] = {}

    def look() -> None:
        for name in STREAMS:
            stream, (before, undo) = getattr(sys, name), watched.get(name, (None, _nothing))
            if stream is not before:
                undo()
                watched[name] = stream, _watch(stream, name, effects)

    look()
    leave = effects.on_look(look)

    def restore() -> None:
        leave()
        for _, undo in watched.values():
            undo()

    return restore


def _nothing() -> None:
    """Nothing to undo."""


def _watch(stream: Any, name: str, effects: Effects) -> Callable[[], None]:
    """Watch a stream; not where nothing can be set on it, or there is none: a program without a terminal."""
    write = getattr(stream, _NAME, None)
    held = getattr(stream, "__dict__", None)
    if write is None or type(held) is not dict:
        return _nothing
    lines = WrittenLines(effects, name)
    emit, frame_at = logging.StreamHandler.emit.__code__, sys._getframe  # noqa: SLF001
    before = held.get(_NAME)

    def watched(*said: Any, **named: Any) -> Any:
        try:
            written = write(*said, **named)
            try:
                text = said[0] if said else next(iter(named.values()), None)
                if not effects.closed and isinstance(text, str):
                    lines.take(str.__str__(text), by_log=frame_at(1).f_code is emit)
            except _ANY as error:  # who prints does not pay for our reading
                lines.tell_unread(error)
        except _ALL:  # the stream cannot be written, or a signal handler raises
            MONITOR.follow_unwinding(trim, True)
            raise
        return written

    trim = _TracebackTrim(watched.__code__)
    for attribute in ("__name__", "__qualname__", "__doc__"):
        if hasattr(write, attribute):
            setattr(watched, attribute, getattr(write, attribute))
    try:
        setattr(stream, _NAME, watched)
    except (AttributeError, TypeError):
        return _nothing

    effects.recorder.before_drain.append(lines.flush)

    def undo() -> None:
        effects.recorder.before_drain.remove(lines.flush)
        if held.get(_NAME) is watched:
            if before is None:
                delattr(stream, _NAME)
            else:
                setattr(stream, _NAME, before)

    return undo
