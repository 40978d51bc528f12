"""Publish points: functions whose call is a publication, from the call to its end."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final, Protocol

from ...core.bus.context import CURRENT, FIRE
from ..tap.moments import PUBLISHING, Expected, Occurrence, TappedBus, Variables
from .executions import GENERATES
from .monitor import MONITOR
from .publications import ObservedPublication, Spares, UsualPublication
from .routes import Needs, arguments_of
from .watchers import Open, Watcher

if TYPE_CHECKING:
    from ...core.description import HandlerDescription
    from ..tap.tap import Tap
    from .observation import Observation


#: Of how many publications to the same handlers, that called them at once and in turn, each call is looked at: of the
#: first, and of one in so many.
LOOKED_AT: Final = 8
EVERY: Final = 64


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


class PublishWatch(Watcher):
    """Watches the code of publish points."""

    essential = True

    def suspends(self, code: CodeType) -> bool:
        """Return whether its calls yield to who iterates them."""
        return bool(code.co_flags & GENERATES)

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._points: list[tuple[Observable, PublishPoint, Needs | None, bool]] = []
        #: The one point that there is, where the variables of a call say it all.
        self._plain: tuple[Observable, Needs | None, Variables] | None = None

    def add(self, bus: Observable, point: PublishPoint) -> None:
        """Watch a publish point that has this code."""
        owner = point.owner
        bound = not isinstance(owner, types.ModuleType)
        function = point.function
        static = inspect.getattr_static(owner, point.name, None) if bound else None
        if isinstance(static, staticmethod):
            bound = False
        elif isinstance(static, classmethod) and not isinstance(owner, type):
            owner = type(owner)
        needs = Needs(function, owner=owner if bound else None)
        self._points.append((bus, point, None if needs.anything else needs, bound))
        self._choose()

    @property
    def plain(self) -> tuple[Observable, Needs | None, Variables] | None:
        """The one point that there is, with what its frames hold, where their variables say it all."""
        return self._plain

    def remove(self, bus: Observable) -> bool:
        """Forget a bus's points; return whether others are left."""
        self._points = [entry for entry in self._points if entry[0] is not bus]
        self._choose()
        return bool(self._points)

    def _choose(self) -> None:
        """Take the short way where there is one point, and its bus says which variables to read."""
        self._plain = None
        if len(self._points) == 1:
            ((bus, point, needs, _),) = self._points
            said = getattr(bus, "variables", None)
            variables = said(point.name) if said is not None else None
            self._plain = None if variables is None else (bus, needs, variables)

    def when_started(self) -> Callable[[FrameType], None]:
        """Return the short way, where it can be taken."""
        if self._plain is None:
            return self.started
        bus, needs, variables = self._plain
        alone = needs is None or (needs.owner is not None and not needs.variables)
        return _short_way(self, self._observation.tap, bus, needs, variables) if alone else self.started

    def _read(self, frame: FrameType) -> tuple[Observable, Occurrence, Iterable[Any]] | None:
        """Return whose publish a call is, what it publishes, and what it was called with."""
        held = frame.f_locals
        args, kwargs = arguments_of(frame.f_code, held)
        point = next((entry for entry in self._points if entry[2] is None or entry[2].fit(held, args)), None)
        if point is None:
            return None
        bus, method, _, bound = point
        occurrence = bus.read_publish(method.name, args[1:] if bound else args, kwargs)
        return None if occurrence is None else (bus, occurrence, (*args, *kwargs.values()))

    def started(self, frame: FrameType) -> None:
        """Begin a publication, unless this very one is under way."""
        observation = self._observation
        tap = observation.tap
        if not tap.active:
            return
        call = self._read(frame)
        if call is None and observation.unknown is not None and observation.unknown(frame):
            call = self._read(frame)
        if call is None:
            return
        bus, occurrence, handed = call
        if PUBLISHING.get() is not None and tap.publishing(bus, occurrence, handed):
            return
        observation.settle_cause()
        if CURRENT.get() is not None:
            MONITOR.look_ahead()
        publication = tap.begin_left(bus, occurrence, ObservedPublication)
        publication.enter()
        if isinstance(publication, Open):
            MONITOR.open(frame, publication)


def _short_way(
    watch: PublishWatch, tap: Tap, bus: Observable, needs: Needs | None, variables: Variables
) -> Callable[[FrameType], None]:
    """Return what begins a publication of the usual kind: what ``started`` comes to, in as few steps as can be.

    A program pays for each of them whenever it publishes, so everything is at hand, and nothing is called that can be
    written out. Whatever is unusual goes the long way.
    """
    name, session, metadata, usual = variables
    owner, own = (None, "") if needs is None or needs.owner is None else (needs.owner.get, needs.owner_name)
    frames, recent, monitor = MONITOR.frames, tap.recent, MONITOR
    enter, outside_of, cause_of, fire_of = PUBLISHING.set, PUBLISHING.get, CURRENT.get, FIRE.get
    key_of, kind_of, kind = id, type, UsualPublication

    def begin(frame: FrameType) -> None:
        held = frame.f_locals
        event = held[name]
        _, named, expected = usual.get(key_of(kind_of(event)), _UNKNOWN)
        subscriptions = expected()
        outside, cause, fire = outside_of(), cause_of(), fire_of()
        if (
            subscriptions is None
            or (owner is not None and held[own] is not owner())
            or (
                outside is not None or tap.makers
                if cause is None
                else not cause.started
                or cause.ended
                or cause.publication.fire != fire
                or (outside is not None and outside is not cause.publication)
            )
            or frame in frames
            or not tap.active
        ):
            watch.started(frame)
            return
        direct = subscriptions.direct
        publication: Any
        if direct < 0 or fire:
            if direct < 0:
                subscriptions.direct = direct + 1
            publication = kind()
            publication.tap, publication.source, publication.named = tap, bus, named
            publication.subscriptions = subscriptions
            publication.cause = cause
            publication.calls = []
            publication._let_go = ()  # noqa: SLF001 - of our own class
            publication.closed = False
            if cause is not None:
                publication.depth = cause.publication.depth + 1
            if fire:
                publication.fire = fire
                if tap.selector is not None:
                    publication.subscriptions = tap.selector(publication)
        else:
            spares = subscriptions.spares
            if spares is None or spares.several != monitor.several or spares.tap is not tap:
                spares = subscriptions.spares = Spares(tap, bus, named, subscriptions)
                subscriptions.direct = direct = 0
            publication = spares.ready.pop() if spares.ready else spares.make()
            publication.trusted = direct >= LOOKED_AT and direct % EVERY > 0
            if cause is not None:
                publication.cause = cause
        publication.event = event
        if cause is not None and cause.publication.cause is not None:
            monitor.look_ahead()
        if outside is not None:
            publication.outside = outside
        if session:
            publication.session = held.get(session)
        if metadata:
            about = held.get(metadata)
            publication.metadata = about if about is None or isinstance(about, Mapping) else None
        if monitor.resting:
            monitor.wake()
        if recent:
            tap.remember(publication)
        else:
            recent[key_of(event)] = publication
        if type(publication) is kind:
            publication.tag = 0
            tap.publication_started(publication)
        elif (cause is not None and cause.publication.bus is not None) or not tap.take(publication):
            publication.tag = 0
            publication.tell = tap.tell_plain
            tap.publication_started(publication)
        elif publication.trusted and publication.marks is None:
            publication.quick = subscriptions.quick
        enter(publication)
        frames[frame] = publication

    return begin


_UNKNOWN: Final[tuple[Any, str, Expected]] = (None, "", lambda: None)
