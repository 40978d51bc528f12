"""Publish points: functions whose call is a publication, from the call to its end."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from ..tap.moments import TappedBus
from .executions import FUTURES, GENERATES, error_of
from .monitor import MONITOR
from .routes import Needs, arguments_of

if TYPE_CHECKING:
    from ...core.description import HandlerDescription
    from .observation import Observation


class PublishPoint(Protocol):
    """A function whose call is a publication.

    Attributes:
        name: Its name, by which the bus is asked what a call of it publishes.
        owner: Whose method it is: calls on others are none. A module where it is a function.
        function: The function, unbound; decorators included.
    """

    name: str
    owner: Any
    function: Any


class Observable(TappedBus, Protocol):
    """What a connection offers to be observed."""

    def publish_points(self) -> Sequence[PublishPoint]:
        """Return the functions that publish."""

    def subscribed_targets(self) -> Iterable[tuple[Any, Any]]:
        """Yield pattern and callable of each subscription, as they are now."""

    def describe(self, target: Any) -> HandlerDescription:
        """Describe what a subscription calls."""


class PublishWatch:
    """Watches the code of publish points."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._points: list[tuple[Observable, PublishPoint, Needs | None, bool]] = []

    def add(self, bus: Observable, point: PublishPoint) -> None:
        """Watch a publish point that has this code."""
        owner = point.owner
        bound = not isinstance(owner, types.ModuleType)
        function = point.function
        static = inspect.getattr_static(owner, point.name, None) if bound else None
        if isinstance(static, staticmethod):
            bound = False
        needs = Needs(function, owner=owner if bound else None)
        self._points.append((bus, point, None if needs.anything else needs, bound))

    def remove(self, bus: Observable) -> bool:
        """Forget a bus's points; return whether others are left."""
        self._points = [entry for entry in self._points if entry[0] is not bus]
        return bool(self._points)

    def started(self, frame: FrameType) -> None:
        """Begin a publication, unless this very one is under way."""
        observation = self._observation
        tap = observation.tap
        if not tap.active:
            return
        code, held = frame.f_code, frame.f_locals
        args, kwargs = arguments_of(code, held)
        entry = next((entry for entry in self._points if entry[2] is None or entry[2].fit(held, args)), None)
        if entry is None:
            return
        bus, point, _, bound = entry
        occurrence = bus.read_publish(point.name, args[1:] if bound else args, kwargs)
        if occurrence is None or tap.publishing(bus, occurrence, (*args, *kwargs.values())):
            return
        observation.settle_cause()
        publication = tap.begin(bus, occurrence)
        publication.enter()
        observation.publishing[frame] = publication

    def returned(self, frame: FrameType, value: Any) -> None:
        """End the publish; a coroutine that it gave back goes on with it."""
        publication = self._observation.publishing.pop(frame, None)
        if publication is None:
            return
        if value is not None and not frame.f_code.co_flags & inspect.CO_COROUTINE:
            if type(value) is types.CoroutineType and value.cr_frame is not None:
                publication.leave_open()
                self._observation.publishing[value.cr_frame] = publication
                MONITOR.watch(value.cr_code, self._observation.rest)
                return
            if issubclass(type(value), FUTURES):  # isinstance would ask a stranger's object for its class
                publication.leave_open()
                value.add_done_callback(lambda done: publication.returned(error_of(done)))
                return
        publication.leave(None)

    def unwound(self, frame: FrameType, error: BaseException) -> None:
        """End the publish with what it raised."""
        publication = self._observation.publishing.pop(frame, None)
        if publication is not None:
            publication.leave(error)

    def yielded(self, frame: FrameType, _value: Any) -> None:
        """Take a generator's publication out of the context of who iterates it."""
        if frame.f_code.co_flags & GENERATES:
            publication = self._observation.publishing.get(frame)
            if publication is not None:
                publication.leave_open()

    def resumed(self, frame: FrameType) -> None:
        """Put it in again."""
        if frame.f_code.co_flags & GENERATES:
            publication = self._observation.publishing.get(frame)
            if publication is not None:
                publication.enter()

    def thrown(self, frame: FrameType, _error: BaseException) -> None:
        """Put it in again."""
        self.resumed(frame)


class RestWatch(PublishWatch):
    """Watches the coroutine that a publish method gave back."""

    def started(self, frame: FrameType) -> None:
        """Go on with the publication."""
        publication = self._observation.publishing.get(frame)
        if publication is not None:
            publication.enter()
