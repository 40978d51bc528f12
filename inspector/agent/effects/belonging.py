"""Whose database session and whose metadata a handler gets: not always those of its own publication.

A bus that keeps them on itself gives those of the latest publication to all that are under way, and a handler that
keeps them on its object uses them for the next. Both are seen by the identity of what a handler gets: from a method or
property of the bus, as an argument, or by the rows that it adds to a session of SQLAlchemy's. Only what was published
with another publication is told; of a copy, or of something that stands around it, nobody knows whose it is.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.bus import InMemoryEventBus
from ...core.bus.context import CURRENT
from ...core.own_code import is_own_file
from ...core.records.records import MIXED_UP
from ..observe.executions import GENERATES, running_in
from ..observe.handling import HandlerWatch
from ..observe.monitor import MONITOR
from ..observe.watchers import Open, Watcher
from ..tap.moments import TapPublication
from .handled import ends_of

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ...core.bus.publication import Publication
    from .effects import Effects

SESSION: Final = "session"
METADATA: Final = "metadata"
#: Methods and properties that give it, and parameters that take it.
_GIVES: Final = {
    **dict.fromkeys(("get_session", "get_db_session", "get_current_session", "current_session", "session"), SESSION),
    **dict.fromkeys(("get_metadata", "get_current_metadata", "current_metadata", "metadata"), METADATA),
}
_TAKES: Final = {**dict.fromkeys(("session", "db_session"), SESSION), "metadata": METADATA}
#: Mappings of metadata that are remembered; most cannot be held weakly.
_MOST: Final = 64
#: Executions that are remembered of those which published with the same.
_PUBLISHERS: Final = 16
#: Callers that are looked at for the program's own.
_DEEP: Final = 40


class _Owned:
    """What was published with a publication.

    Attributes:
        held: Returns it, as long as it is there.
        publishers: Who published with it last: the ids of executions, each with when it began.
        thread: On which thread a method of its bus has given it to a handler; 0: none has.
    """

    __slots__ = ("held", "publishers", "thread")

    def __init__(self, held: Callable[[], Any]) -> None:
        self.held = held
        self.publishers: deque[tuple[int, int]] = deque(maxlen=_PUBLISHERS)
        self.thread = 0

    def add(self, publication: Publication) -> None:
        """Take note of a publication that has it."""
        cause = publication.cause
        if cause is not None and (id(cause), cause.started) not in self.publishers:
            self.publishers.append((id(cause), cause.started))


class _Reported:
    """What has been told of one execution; stands with what is called when it ends."""

    def __init__(self) -> None:
        self.subjects: set[str] = set()

    def __call__(self, _execution: Execution) -> None:
        """Nothing is left to do."""


class Belongings:
    """Compares what handlers get with what their publications have.

    Args:
        effects: Takes the notes.
    """

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._owned: dict[int, _Owned] = {}
        self._mappings: OrderedDict[int, Any] = OrderedDict()

    def got(self, execution: Execution, subject: str, value: Any, frame: FrameType | None, bus: Any = None) -> None:
        """Take note of what a handler got.

        Args:
            execution: Its execution.
            subject: ``session`` or ``metadata``.
            value: What it got.
            frame: From where to look, outwards, for the place in the program; None for the handler's own.
            bus: Whose method has given it; None for nobody's.
        """
        publication = execution.publication
        if publication.closed or execution.ended:
            return
        own = getattr(publication, subject)
        if value is own:
            entry = self._remember(publication, value)
            if entry is not None and bus is not None:
                entry.thread = threading.get_ident()
        elif value is None:
            if self._is_gone(publication, own):
                self._tell(execution, subject, f"its {subject} was gone: another publication came between", frame)
        elif self._is_others(execution, subject, value, bus):
            self._tell(execution, subject, f"got another publication's {subject}", frame)

    def added_to(self, execution: Execution, session: Any) -> None:
        """Take note that a handler adds something to a session of SQLAlchemy's."""
        own = execution.publication.session
        inner = getattr(own, "sync_session", None)
        if own is not None and inner is session:
            self._remember(execution.publication, own)
            self._remember(execution.publication, session)
        else:
            self.got(execution, SESSION, session, sys._getframe(1))  # noqa: SLF001

    def _remember(self, publication: Publication, value: Any) -> _Owned | None:
        """Remember what a publication has; None where that is nothing, or cannot be remembered."""
        if value is None:
            return None
        key = id(value)
        entry = self._owned.get(key)
        if entry is not None:
            entry.add(publication)
            return entry
        if type(value) is dict:
            self._mappings[key] = value
            if len(self._mappings) > _MOST:
                self._owned.pop(self._mappings.popitem(last=False)[0], None)
            entry = _Owned(lambda: value)
        else:
            try:
                entry = _Owned(weakref.ref(value, lambda _: self._owned.pop(key, None)))
            except TypeError:  # whose it was is not to be known later
                return None
        entry.add(publication)
        self._owned[key] = entry
        return entry

    def _is_gone(self, publication: Publication, own: Any) -> bool:
        """Return whether a bus gives nothing any more, on the thread on which it gave what a publication has."""
        entry = self._owned.get(id(own)) if own is not None else None
        if entry is None or entry.thread != threading.get_ident() or not isinstance(publication, TapPublication):
            return False
        return publication.under_way

    def _is_others(self, execution: Execution, subject: str, value: Any, bus: Any) -> bool:
        """Return whether something is another publication's, and by no design the handler's too."""
        publication = execution.publication
        entry = self._owned.get(id(value))
        if entry is None or entry.held() is not value:
            under_way = publication.tap.under_way() if isinstance(publication, TapPublication) else ()
            other = next((other for other in under_way if getattr(other, subject) is value), None)
            entry = None if other is None else self._remember(other, value) or _Owned(lambda: value)
        if entry is None:
            return False
        if not _is_bus(publication, bus) and (id(execution), execution.started) in entry.publishers:
            return False  # it has published with it
        if getattr(publication, subject) is not None:
            return True
        cause = publication.cause
        while cause is not None:  # one that was published without may well go on with that of who published it
            if getattr(cause.publication, subject) is value:
                return False
            cause = cause.publication.cause
        return True

    def _tell(self, execution: Execution, subject: str, text: str, frame: FrameType | None) -> None:
        ends = ends_of(execution)
        reported = next((end for end in ends if isinstance(end, _Reported)), None)
        if reported is None:
            reported = _Reported()
            ends.append(reported)
        if subject in reported.subjects:
            return
        reported.subjects.add(subject)
        data: dict[str, Any] = {"what": subject}
        place = _own_place(frame)
        if place is not None:
            data |= {"file": place[0], "line": place[1]}
        self._effects.recorder.note_in(execution, MIXED_UP, "warning", text, data)


def _is_bus(publication: Publication, value: Any) -> bool:
    """Return whether a value is the bus of a publication."""
    if value is None or not isinstance(publication, TapPublication):
        return value is not None and publication.bus is value
    points = getattr(publication.source, "publish_points", None)
    return points is not None and any(point.owner is value for point in points())


def _own_place(frame: FrameType | None) -> tuple[str, int] | None:
    """Return the innermost place of the program's own code."""
    for _ in range(_DEEP):
        if frame is None:
            return None
        if is_own_file(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


class _Giving(Watcher):
    """Watches methods and properties that give it."""

    def __init__(self, belongings: Belongings) -> None:
        self._belongings = belongings

    def suspends(self, code: CodeType) -> bool:  # noqa: ARG002 - as the base class has it
        """Return that how long it waits is nobody's business."""
        return False

    def started(self, frame: FrameType) -> None:
        """Wait for what a handler is given."""
        execution = CURRENT.get()
        if execution is not None and not execution.ended:
            MONITOR.open(frame, _Given(self._belongings, execution))


class _Given(Open):
    """A call that gives it."""

    def __init__(self, belongings: Belongings, execution: Execution) -> None:
        self._belongings = belongings
        self._execution = execution

    def frame_returned(self, frame: FrameType, value: Any) -> None:
        """Look at whose it is."""
        code = frame.f_code
        holder = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        self._belongings.got(self._execution, _GIVES[code.co_name], value, frame.f_back, holder)


class _Taking(Watcher):
    """Watches handlers that take it as an argument."""

    def __init__(self, belongings: Belongings) -> None:
        self._belongings = belongings

    def suspends(self, code: CodeType) -> bool:  # noqa: ARG002 - as the base class has it
        """Return that how long it waits is nobody's business."""
        return False

    def started(self, frame: FrameType) -> None:
        """Look at whose it is."""
        execution = running_in(frame)
        if execution is None:
            return
        held = frame.f_locals
        for name in _parameters(frame.f_code):
            subject = _TAKES.get(name)
            if subject is not None and (subject != METADATA or isinstance(held.get(name), Mapping)):
                self._belongings.got(execution, subject, held.get(name), None)


def _parameters(code: CodeType) -> tuple[str, ...]:
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def watch_belongings(effects: Effects) -> Callable[[], None]:
    """Watch what handlers get, on Python 3.12 and newer."""
    if not MONITOR.available:
        return _nothing
    giving, taking = _Giving(effects.belongings), _Taking(effects.belongings)
    watches: list[tuple[CodeType, Watcher]] = []

    def watch(code: CodeType, watcher: Watcher) -> None:
        if (code, watcher) not in watches:
            watches.append((code, watcher))
            MONITOR.watch(code, watcher)

    def look(code: CodeType) -> None:
        if not is_own_file(code.co_filename):
            return
        if code.co_name in _GIVES and not code.co_flags & GENERATES:
            watch(code, giving)
        elif not _TAKES.keys().isdisjoint(_parameters(code)) and MONITOR.watches(code, HandlerWatch):
            watch(code, taking)

    leave = effects.look_at_code(look)
    for method in (InMemoryEventBus.get_session, InMemoryEventBus.get_metadata):
        watch(method.__code__, giving)

    def undo() -> None:
        leave()
        while watches:
            MONITOR.leave(*watches.pop())

    return undo


def _nothing() -> None:
    """Nothing to undo."""
