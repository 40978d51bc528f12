"""Publish points: functions whose call is a publication, from the call to its end."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final, Protocol

from ...core.bus.context import CURRENT, FIRE
from ..tap.moments import PUBLISHING, Expected, Occurrence, Subscriptions, TappedBus, TapPublication, Variables
from .executions import FUTURES, GENERATES, error_of
from .monitor import MONITOR, Open, Watcher
from .routes import Needs, arguments_of

if TYPE_CHECKING:
    from ...core.description import HandlerDescription
    from ..tap.tap import Tap
    from .observation import Observation


#: Of how many publications to the same handlers, that called them at once and in turn, each call is looked at: of the
#: first, and of one in so many.
LOOKED_AT: Final = 8
EVERY: Final = 64
_set_publishing: Final = PUBLISHING.set


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
    key_of, kind_of, kind = id, type, _Usual

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
        publication = kind()
        publication.tap = tap
        publication.source = bus
        publication.event = event
        publication.named = named
        publication.subscriptions = subscriptions
        publication.cause = cause
        publication.calls = []
        publication._let_go = ()  # noqa: SLF001 - of our own class
        publication.tag = 0
        publication.closed = publication.trusted = False
        if cause is not None:
            publication.depth = cause.publication.depth + 1
        if fire:
            publication.fire = fire
        if outside is not None:
            publication.outside = outside
        if session:
            publication.session = held.get(session)
        if metadata:
            about = held.get(metadata)
            if about is not None and isinstance(about, Mapping):
                publication.metadata = about
        if monitor.resting:
            monitor.wake()
        publication.turns = iter(subscriptions)
        direct = subscriptions.direct
        if recent:
            tap.remember(publication)
        else:
            recent[key_of(event)] = publication
        if cause is None and publication.session is None and publication.metadata is None:
            tap.plain_published(publication)
        else:
            tap.publication_started(publication)
        publication.trusted = direct >= LOOKED_AT and direct % EVERY > 0 and publication.tag > 0
        enter(publication)
        frames[frame] = publication

    return begin


_UNKNOWN: Final[tuple[Any, str, Expected]] = (None, "", lambda: None)


class ObservedPublication(TapPublication, Open):
    """One publication whose publish method is watched."""

    __slots__ = ()

    def frame_returned(self, frame: FrameType, value: Any) -> None:
        """End the publish; a coroutine that it gave back goes on with it."""
        subscriptions: Any = self.subscriptions
        heard = value is None and subscriptions and len(self.calls) >= len(subscriptions)
        if not heard or self.fire or self.holding or self.left or self.was_left:
            self.end_at_length(frame, value)
            return
        for execution in self.calls:
            if not execution.ended:
                self.end_at_length(frame, value)
                return
        # Nearly always; what ``end_at_length`` comes to then, written out.
        _set_publishing(self.outside)
        self.closed = True
        tap, key = self.tap, id(self.event)
        tap.publication_ended(self)
        if tap.open:
            tap.open.pop(self, None)
        if tap.recent.get(key) is self:
            del tap.recent[key]
        self.event = self.cause = None
        if self.session is not None or self.metadata is not None:
            self.session = self.metadata = None
        if self.outside is not None:
            self.outside = None
        if next(self.turns, None) is None:  # all were called in turn
            subscriptions.direct += 1
            self._let_go, self.calls = subscriptions, []  # as in ``let_calls_go``
        else:
            self.distrust()
            self.let_calls_go()

    def distrust(self) -> None:
        """Look at each call, of this publication and the next ones to the same handlers."""
        self.trusted = False
        subscriptions: Any = self.subscriptions
        if type(subscriptions) is Subscriptions:
            subscriptions.direct = min(subscriptions.direct, 0)

    def end_at_length(self, frame: FrameType, value: Any) -> None:
        """End the publish, whatever it came to."""
        self.distrust()
        for execution in self.calls:
            if execution.code is not None and not execution.ended:
                MONITOR.settle(execution, None)  # on another thread
        if value is not None and not frame.f_code.co_flags & inspect.CO_COROUTINE:
            if type(value) is types.CoroutineType and value.cr_frame is not None:
                self.leave_open()
                MONITOR.open(value.cr_frame, self)
                MONITOR.watch(value.cr_code, _Rest())
                return
            if issubclass(type(value), FUTURES):  # isinstance would ask a stranger's object for its class
                self.leave_open()
                value.add_done_callback(lambda done: self.returned(error_of(done)))
                return
        self.leave(None)

    def frame_unwound(self, _frame: FrameType, error: BaseException) -> None:
        """End the publish with what it raised."""
        self.distrust()
        self.leave(error)

    def frame_yielded(self, frame: FrameType) -> None:
        """Take a generator's publication out of the context of who iterates it."""
        if frame.f_code.co_flags & GENERATES:
            self.trusted = False
            self.leave_open()

    def frame_resumed(self, frame: FrameType) -> None:
        """Put it in again."""
        if frame.f_code.co_flags & GENERATES:
            self.enter()


class _Usual(ObservedPublication):
    """One of the usual kind, whose slots are filled by who makes it; for others it has what is usual from its class."""

    __slots__ = ()
    __init__ = object.__init__
    shown = session = metadata = outside = None
    depth = fire = holding = 0
    _returned = False


class _Rest(Watcher):
    """Watches the code of coroutines that publish methods gave back."""

    def started(self, frame: FrameType) -> None:
        """Go on with the publication."""
        publication = MONITOR.frames.get(frame)
        if isinstance(publication, ObservedPublication):
            publication.enter()

    def __eq__(self, other: object) -> bool:
        return type(other) is _Rest  # one of them is enough for a code object

    __hash__ = object.__hash__
