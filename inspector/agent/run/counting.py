"""Publications that are only counted, in as few steps as can be: of a small budget they take the most.

A call of a publish method is seen, counted and marked in its context; handlers that run in such a context are passed
over, and what they publish is counted with it. While nothing that is recorded is under way Python does not even tell
that they end. That is right where a bus has called its handlers when its publish returns; of others each publication
is followed as always, and left out by the recorder.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

from ...core.bus.context import CURRENT, FIRE
from ..observe.monitor import MONITOR, Open
from ..tap.moments import PUBLISHING, NoneDue

if TYPE_CHECKING:
    from ..observe.observation import Observation
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
    named, closed, loose, under_way, trusted, tag, fire, holding = "", False, False, True, False, 0, 0, 0
    left = began = executions = subscriptions = ()
    due = NoneDue
    passed_over_code: Any = None

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
    kind, frames, key_of, kind_of, frame_at = CountedPublication, MONITOR.frames, id, type, sys._getframe  # noqa: SLF001
    publishing, publish, running, firing = PUBLISHING.get, PUBLISHING.set, CURRENT.get, FIRE.get
    points, leaves_out, monitor = observation.plain_points, recorder.leaves_out, MONITOR
    kind.passed_over_code = observation.handler_code
    #: Stands for all that are published outside of others: nothing is asked of one that is not asked of the next.
    outermost: Any = kind(None)

    def passes_over(code: int) -> bool:
        outside: Any = publishing()
        counted = outside is not None and kind_of(outside) is kind
        if not (counted or recorder.counts) or running() is not None:
            return False
        point = points.get(code)
        if point is None:
            return False
        frame = frame_at(3)
        held, (_, needs, variables) = frame.f_locals, point
        if key_of(kind_of(held.get(variables[0]))) not in variables[3]:
            return False
        if needs is not None:
            owner = needs.owner
            if owner is None or needs.variables:
                if not needs.fit(held, ()):
                    return False
            elif held.get(needs.owner_name) is not owner.get():
                return False
        if counted:
            recorder.count()
        elif firing() or not leaves_out():
            recorder.taken = True
            return False
        mark: Any = outermost if outside is None else kind(outside)
        publish(mark)
        if monitor.resting:
            monitor.wake()
        frames[frame] = mark
        return True

    monitor.passes_over = passes_over
