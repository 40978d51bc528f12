"""Publications that are only counted, in as few steps as can be: of a small budget they take the most.

A call of a publish method is seen, counted and marked in its context; handlers that run in such a context are passed
over, and what they publish is counted with it. While nothing that is recorded is under way Python does not even tell
that they end. That is right where a bus has called its handlers when its publish returns; of others each publication
is followed as always, and left out by the recorder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from ...core.bus.context import CURRENT, FIRE
from ..observe.monitor import MONITOR
from ..observe.room import is_deep
from ..observe.watchers import Open
from ..tap.moments import PUBLISHING, NoneDue
from .ring import COUNTED

if TYPE_CHECKING:
    from ..observe.observation import Observation
    from ..observe.routes import Needs
    from .ringrecorder import RingRecorder


class _NoTap:
    """Stands for the tap of what is only counted."""

    active = False


class CountedPublication(Open):
    """Stands for a publication that is only counted, while its publish method runs."""

    __slots__ = ("outside", "put_off")

    #: What is asked of a publication by those who look whether a call is for it.
    source = event = cause = None
    tap = _NoTap
    only_counted = True
    named, closed, loose, under_way, trusted, tag, fire, holding = "", False, False, True, False, 0, 0, 0
    left = began = executions = subscriptions = ()
    due = NoneDue

    def __init__(self, outside: Any) -> None:
        self.outside = outside

    def unchain(self) -> None:
        """Have its moments told: there are none."""

    def begun(self, key: str) -> int:  # noqa: ARG002 - as a publication has it
        """Return how many executions of a handler have begun: none that is known."""
        return 0

    def frame_returned(self, frame: FrameType, value: Any) -> None:  # noqa: ARG002 - as the base class has it
        """Take note that its publish method has returned."""
        PUBLISHING.set(self.outside)

    def frame_unwound(self, frame: FrameType, error: BaseException) -> None:  # noqa: ARG002 - as above
        """Take note that its publish method has raised."""
        PUBLISHING.set(self.outside)


def count_instead(recorder: RingRecorder, observation: Observation) -> None:
    """Count from now on what the budget leaves out, before anybody is told of it."""
    MONITOR.shorten(
        lambda start, end, fail, back: (
            _beginning(recorder, observation, start, fail, back),
            _ending(observation, end, fail, back),
        )
    )


def spared_by(recorder: RingRecorder) -> Callable[[], CountedPublication | None]:
    """Return what stand-ins ask before they tell of a publication: whether it is only counted, and then it is.

    So is what is published where the stack is nearly full: the program is about to fail, and there is no room for us.
    """
    outermost = CountedPublication(None)

    def spared() -> CountedPublication | None:
        outside: Any = PUBLISHING.get()
        if type(outside) is CountedPublication or is_deep(sys.getrecursionlimit()):
            recorder.count()
            return CountedPublication(outside)
        if recorder.counts and CURRENT.get() is None and not FIRE.get():
            if recorder.leaves_out():
                return outermost if outside is None else CountedPublication(outside)
            recorder.taken = True
        return None

    return spared


def _beginning(
    recorder: RingRecorder,
    observation: Observation,
    start: Callable[[CodeType, int], Any],
    fail: Callable[[BaseException], None],
    back: int,
) -> Callable[[CodeType, int], Any]:
    """Return what is called when code begins: ``start``, unless it is of a publication that is only counted."""
    kind, key_of, kind_of, frame_at = CountedPublication, id, type, sys._getframe  # noqa: SLF001
    publishing, publish, running, firing = PUBLISHING.get, PUBLISHING.set, CURRENT.get, FIRE.get
    points, handlers, fits = observation.plain_points, observation.handler_code, _fits
    monitor, passed = MONITOR, MONITOR.passed
    #: Stands for all that are published outside of others: nothing is asked of one that is not asked of the next.
    outermost: Any = kind(None)

    def begin(code: CodeType, offset: int) -> Any:
        try:
            outside: Any = publishing()
            key = key_of(code)
            counted = outside is not None and kind_of(outside) is kind
            if counted and key in handlers:
                return None
            point = points.get(key)
            if point is not None and (counted or recorder.counts) and running() is None:
                frame = frame_at(back)
                held, (_, needs, (event, _, _, usual)) = frame.f_locals, point
                if key_of(kind_of(held.get(event))) in usual and (needs is None or fits(needs, held)):
                    if counted:
                        recorder.count()
                    elif not (fire := firing()) and recorder.spared:  # as in ``leaves_out``; no thread comes in between
                        recorder.spared -= 1
                        recorder.counted = recorder.words[COUNTED] = recorder.counted + 1
                    elif fire or not recorder.leaves_out():
                        recorder.taken = True
                        return start(code, offset)
                    mark: Any = outermost if outside is None else kind(outside)
                    publish(mark)
                    passed[frame] = mark
                    if monitor.resting:
                        monitor.wake()
                    return None
        except Exception as error:  # noqa: BLE001 - the observed never pays
            return fail(error)
        return start(code, offset)

    return begin


def _fits(needs: Needs, held: Mapping[str, Any]) -> bool:
    """Return whether a call with these variables is of the bus: nearly always whose method it is says so."""
    if needs.owner is None or needs.variables:
        return needs.fit(held, ())
    return held.get(needs.owner_name) is needs.owner.get()


def _ending(
    observation: Observation,
    end: Callable[[CodeType, int, Any], Any],
    fail: Callable[[BaseException], None],
    back: int,
) -> Callable[[CodeType, int, Any], Any]:
    """Return what is called when code returns: ``end``, unless it is of a publication that is only counted."""
    publish, running, key_of, frame_at = PUBLISHING.set, CURRENT.get, id, sys._getframe  # noqa: SLF001
    points, handlers, ends = observation.plain_points, observation.handler_code, MONITOR.ends_told
    frames, passed, close = MONITOR.frames, MONITOR.passed, MONITOR.passed.pop

    def returned(code: CodeType, offset: int, value: Any) -> Any:
        try:
            key = key_of(code)
            if key in points:
                mark: Any = close(frame_at(back), None) if passed else None
                if mark is not None:
                    publish(mark.outside)
                    return None
            elif not frames and key in handlers and key not in ends and running() is None:
                return None  # nothing that could end here is open
        except Exception as error:  # noqa: BLE001 - as above
            return fail(error)
        return end(code, offset, value)

    return returned
