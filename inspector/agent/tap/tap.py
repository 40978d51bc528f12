"""The tap: records a bus that is not ours, as the moments that observers of our own bus are told.

An adapter puts stand-ins (``tapped``) where the handlers and the publish method of the user's bus are. What they see
becomes publications and executions (``moments``); observers cannot tell them from those of ``InMemoryEventBus``. The
program under inspection gets what it would get without us: the same results, the same exceptions, the same order.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.bus import BusObserver, Observing
from ...core.bus.context import CURRENT, FIRE
from ...core.records.recorder import Recorder
from ...core.values.looking import attributes
from .likeness import changes, is_alike
from .moments import (
    PUBLISHING,
    DrivenExecution,
    Occurrence,
    TapExecution,
    TappedBus,
    TapPublication,
    TapSubscription,
    called_by_handler,
    running_loop,
)

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ...core.bus.publication import Publication
    from ...core.description import HandlerDescription
    from ..observe.observation import Observation
    from ..program import Interceptor, Selector

__all__ = ["PUBLISHING", "Occurrence", "Tap", "TapExecution", "TapPublication", "TapSubscription", "TappedBus"]

_logger = logging.getLogger(__name__)

#: Types of which one object may stand for many things.
_SHARED: Final = (str, bytes, int, float, bool, type(None))
#: Publications that are remembered after their end, so that a handler called later still finds its own.
REMEMBERED: Final = 256
#: Moments that come so often that a single observer is told without a detour.
_OFTEN: Final = ("publication_started", "publication_ended", "execution_started", "execution_ended")


class _NoSink:
    """Stands for the sink of a recorder that has none: it is told each time."""

    asleep = True


_NO_SINK: Final = _NoSink()


class Tap:
    """Reports to observers what happens on the user's buses. One for each program.

    Args:
        observe: Makes what observes the buses, where Python can be asked to; None where only stand-ins are put.

    Attributes:
        active: Something is recorded; stand-ins that outlive it (a program may keep one) only pass calls on.
        interceptor: Asked before each call of a handler: gives a callable to run in its place, or None.
        selector: Asked at each publish of a fire: returns those of its subscriptions that it goes to.
    """

    publication_started: Callable[[Publication], None]
    publication_ended: Callable[[Publication], None]
    execution_started: Callable[[Execution], None]
    execution_ended: Callable[[Execution], None]
    #: Takes a publication that keeps its own moments, which need not be told then, or says no.
    take: Callable[[Any], bool]
    #: Called when such a publication goes on, if it is over only while the sink is asleep; and to have what it kept
    #: written down.
    over: Callable[[], None]
    sink: Any
    catch_up: Callable[[], None]
    #: Called when one is over whose times are marked as well, and when its moments are told from now on.
    close: Callable[[Any], None]
    release: Callable[[Any], None]
    #: Told when an execution begins, and when it ends, of which there is nothing else to tell.
    tell_plain: Callable[[Any], None]

    def __init__(self, observe: Callable[[Tap], Observation] | None = None) -> None:
        self._observe = observe
        self.active = False
        self.interceptor: Interceptor | None = None
        self.selector: Selector | None = None
        #: Asked before stand-ins tell of a publication: returns what stands for one that is only counted, or None.
        self.spared: Callable[[], Any] | None = None
        self._intercepted: list[Callable[[], None]] = []
        self.observers: tuple[Observing, ...] = ()
        #: Publications that have not ended; of the usual kind only those that are no longer in ``recent``.
        self.open: dict[TapPublication, None] = {}
        #: By the id of the event: publications of which a handler may yet be called, those under way among them.
        self.recent: dict[int, TapPublication] = {}
        self.lock = threading.RLock()
        self._subscriptions: dict[tuple[str, str], TapSubscription] = {}
        #: Which execution has made an event, by the event's id.
        self.makers: dict[int, tuple[Callable[[], Any], TapExecution]] = {}
        self._thread = threading.get_ident()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._observation: Observation | None = None
        self._choose()

    def observe(self, observer: BusObserver, removed: Callable[[BaseException], None]) -> Callable[[], None]:
        """Add an observer of everything from now on; return a function that removes it."""
        entry = Observing(observer, removed)
        for publication in self.under_way():
            publication.unchain()  # one observer alone may write its moments down later
        self.observers = (*self.observers, entry)
        self._thread, self._loop = threading.get_ident(), running_loop()
        self.active = True
        self._choose()

        def remove() -> None:
            for publication in self.under_way():
                self.end(publication)
            self.observers = tuple(other for other in self.observers if other is not entry)
            self.active = bool(self.observers)
            self._choose()

        return remove

    def forked(self) -> None:
        """Forget what is under way in the parent of this process: its threads, tasks and locks are not here."""
        self.lock._at_fork_reinit()  # type: ignore[attr-defined]  # noqa: SLF001 - others hold it, so it stays the same
        for publication in self.open:
            publication.tag = 0
        self.open.clear()
        PUBLISHING.set(None)  # what handlers do here is told by this process
        CURRENT.set(None)
        self.recent.clear()
        self.makers.clear()
        self._loop = None

    def intercept(self, interceptor: Interceptor | None) -> None:
        """Ask an interceptor before each call of a handler; None ends it."""
        self.interceptor = interceptor
        for tell in self._intercepted:
            tell()

    def on_intercept(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Notify whenever another interceptor is asked; return a function that ends it."""
        self._intercepted.append(tell)

        def end() -> None:
            self._intercepted.remove(tell)

        return end

    def strikes(self, label: str) -> bool:
        """Return whether something may run in place of a handler of this label."""
        return self.interceptor is not None and getattr(self.interceptor, "strikes", _always)(label)

    def subscription(self, event: str, description: HandlerDescription) -> TapSubscription:
        """Return the one subscription of a handler to an event type."""
        subscription = self._subscriptions.get((event, description.key))
        if subscription is None:
            subscription = self._subscriptions[event, description.key] = TapSubscription(event, description)
        return subscription

    def observation(self) -> Observation:
        """Return what is observed of the program's buses, where Python can be asked to."""
        if self._observation is None:
            if self._observe is None:
                raise TypeError("this tap was made without a way to observe")
            self._observation = self._observe(self)
        return self._observation

    def lost_handlers(self) -> set[str] | None:
        """Return the keys of handlers that nobody has any more; None where nothing is watched that would say so."""
        return None if self._observation is None else self._observation.lost()

    # -- publications --------------------------------------------------------------------------------------------------

    def begin(
        self, bus: TappedBus, occurrence: Occurrence, kind: type[TapPublication] = TapPublication
    ) -> TapPublication:
        """Begin a publication of this class, and return it."""
        cause = CURRENT.get()
        if cause is not None and not FIRE.get() and isinstance(cause.publication, TapPublication):
            fire = cause.publication.fire
            if fire:  # a worker calls the handlers, in a context of its own
                token = FIRE.set(fire)
                try:
                    return self.begin(bus, occurrence, kind)
                finally:
                    FIRE.reset(token)
        publication = kind(self, bus, occurrence, bus.expected(occurrence))
        if self.selector is not None:
            publication.subscriptions = self.selector(publication)
        with self.lock:
            self.open[publication] = None
            self.remember(publication)
            try:
                self.publication_started(publication)
            except Exception as trouble:  # noqa: BLE001 - as in ``tell``
                self.fail(trouble)
        return publication

    def remember(self, publication: TapPublication) -> None:
        """Find a publication by its event from now on, and not without limit."""
        recent, key = self.recent, id(publication.event)
        before = recent.pop(key, None)
        forgotten = [before]
        recent[key] = publication
        if before is not None and before.closed and not before.complete and before is not publication:
            recent[id(before)] = before  # its event is gone, and another is where that was; it may come anew from JSON
        if len(recent) > REMEMBERED:
            forgotten += [recent.pop(oldest, None) for oldest in tuple(recent)[:1]]
        for other in forgotten:
            if other is not None and not other.closed:
                self.open[other] = None

    def under_way(self) -> tuple[TapPublication, ...]:
        """Return the publications that have not ended, about in their order."""
        running = (publication for publication in tuple(self.recent.values()) if not publication.closed)
        return tuple(dict.fromkeys((*tuple(self.open), *running)))

    def publishing(self, bus: TappedBus, occurrence: Occurrence, handed: Iterable[Any] = ()) -> bool:
        """Return whether this very publication is under way: one publish method calls another.

        Args:
            bus: The bus whose publish method is called.
            occurrence: What the call publishes, by itself.
            handed: What it is called with.
        """
        under_way = PUBLISHING.get()
        if under_way is None or under_way.source is not bus:
            return False
        current = CURRENT.get()
        if current is not None and current.started and not current.ended and current.publication is under_way:
            return False  # a handler publishes its event once more
        if under_way.named == occurrence.name:
            if under_way.event is occurrence.event:
                return True
            if occurrence.loose and not under_way.called and _has_all(under_way.event, occurrence.event):
                return True  # it was put off: a timer or task of the publish method publishes by another one
        return not under_way.closed and any(_carries(value, under_way.event) for value in handed)

    def end(self, publication: TapPublication) -> None:
        """End a publication."""
        if publication.closed:
            return
        publication.unchain()
        publication.closed = True
        with self.lock:
            self.open.pop(publication, None)
            try:
                self.publication_ended(publication)
            except Exception as trouble:  # noqa: BLE001 - as in ``tell``
                self.fail(trouble)
        heard = publication.subscriptions and publication.complete
        if heard and self.recent.get(id(publication.event)) is publication:
            del self.recent[id(publication.event)]
        publication.let_go()

    def give_up(self, fire: int) -> None:
        """Do not wait any longer for the handlers of a fire."""
        for publication in self.under_way():
            if publication.fire == fire:
                publication.give_up()

    def abandon(self, fire: int) -> None:
        """End the publications of a fire without those of its handlers that swallow their cancellation."""
        for publication in self.under_way():
            if publication.fire == fire:
                publication.abandon()

    def execution(
        self,
        bus: TappedBus,
        pattern: Any,
        description: HandlerDescription,
        target: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> TapExecution:
        """Return the execution of a handler that is called, with the publication that it is for."""
        publication = self.publication_of(bus, pattern, args, kwargs, description.key)
        subscription = self.subscription(publication.named, description)
        return DrivenExecution(publication, subscription, target, args, kwargs)

    def publication_of(
        self, bus: TappedBus, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], key: str
    ) -> TapPublication:
        """Return the publication that a call of a handler is for: by its context first, then by its event."""
        publication = PUBLISHING.get()
        if publication is not None and publication.closed and publication.begun(key):
            publication = None  # what it has started works on
        if publication is not None and publication.source is not bus:
            publication = None
        if publication is not None and (not (args or kwargs) or self._in_batch(publication, args, key)):
            return publication  # it is only told that something was published, or gets several events
        if publication is not None and _hands_on(publication, (*args, *kwargs.values()), key):
            publication.loose = True
        elif publication is None or not _about(publication, pattern, args, kwargs):
            occurrence = bus.read_call(pattern, args, kwargs)
            publication = self._publication(bus, occurrence, key)
            if occurrence.loose and not publication.loose:
                publication.loose = True
        return publication

    def _in_batch(self, publication: TapPublication, args: tuple[Any, ...], key: str) -> bool:
        """Return whether a handler is handed a list with the event; it is called for the others in it, too."""
        batch: Any = args[-1] if args else None
        if type(batch) not in (list, tuple) or not _carries(batch, publication.event):
            return False
        for event in batch:
            other = self.publication_about(event)
            if other is not None and other is not publication:
                other.handed_with += (key,)
        return True

    @property
    def remembers(self) -> bool:
        """Something was published of late, of which a handler may still be called."""
        return bool(self.recent)

    def publication_about(self, event: Any) -> TapPublication | None:
        """Return the newest publication of this very object; None when there was none of late."""
        publication = self.recent.get(id(event))
        return publication if publication is not None and publication.is_about(event) else None

    def _publication(self, bus: TappedBus, occurrence: Occurrence, key: str) -> TapPublication:
        """Find the publication by its event; a handler called on its own makes one that nobody published."""
        under_way = PUBLISHING.get()
        current = self.recent.get(id(occurrence.event))
        if current is not None and current.source is bus and current.is_about(occurrence.event):
            return current
        if under_way is not None and under_way.source is bus and not called_by_handler():
            works_on = under_way.closed and under_way.begun(key)
            if not works_on and _is_for(under_way, occurrence, key):
                return under_way
        rebuilt = self._rebuilt(bus, occurrence, key)
        if rebuilt is not None:
            return rebuilt
        publication = self.begin_left(bus, occurrence)
        publication.returned(None)
        return publication

    def begin_left(
        self, bus: TappedBus, occurrence: Occurrence, kind: type[TapPublication] = TapPublication
    ) -> TapPublication:
        """Begin a publication that may be of a bus that works off what its handlers have left for it.

        Who has made the event has left it, where that was seen; else whoever ran last, where nobody else can have.
        """
        under_way = PUBLISHING.get()
        if CURRENT.get() is not None:
            return self.begin(bus, occurrence, kind)
        ours = under_way if under_way is not None and under_way.source is bus and not under_way.closed else None
        left_by = self._made_by(occurrence.event) if self.makers else None
        if left_by is None and ours is not None:
            left_by = ours.left_by()
        if left_by is None and ours is None:  # nearly always
            return self.begin(bus, occurrence, kind)
        token = CURRENT.set(left_by)
        try:
            publication = self.begin(bus, occurrence, kind)
        finally:
            CURRENT.reset(token)
        if ours is not None:
            ours.left = (*ours.left, publication)
            publication.was_left = True
        return publication

    def made(self, event: Any, execution: TapExecution) -> None:
        """Take note that an execution has made an event: it may leave it for its bus."""
        try:
            reference: Callable[[], Any] = weakref.ref(event)
        except TypeError:  # it cannot be referred to weakly, and there are only so many
            reference = partial(_same, event)
        self.makers[id(event)] = reference, execution
        if len(self.makers) > REMEMBERED:
            forget_oldest(self.makers)

    def _made_by(self, event: Any) -> TapExecution | None:
        entry = self.makers.get(id(event))
        return entry[1] if entry is not None and entry[0]() is event else None

    def _rebuilt(self, bus: TappedBus, occurrence: Occurrence, key: str) -> TapPublication | None:
        """Return the publication whose event has been made anew on the way: from JSON, in a queue or a table.

        Of several alike it is the first that waits for the handler of this key. What a handler calls by itself with an
        event of its own is for none that its bus is still busy with.
        """
        by_handler = called_by_handler()
        waiting = [
            publication
            for publication in dict.fromkeys((*self.under_way(), *tuple(self.recent.values())))
            if publication.source is bus
            and publication.named == occurrence.name
            and not publication.complete
            and not (by_handler and publication.under_way)
            and is_alike(publication.recognised_by, occurrence.event)
        ]
        rebuilt = next((publication for publication in waiting if not publication.begun(key)), None)
        if rebuilt is None and not by_handler:
            rebuilt = next(iter(waiting), None)
        if rebuilt is not None and not rebuilt.changed:
            rebuilt.changed = changes(rebuilt.recognised_by, occurrence.event)
        return rebuilt

    # -- telling -------------------------------------------------------------------------------------------------------

    def tell(self, moment: str, *facts: Any) -> None:
        """Notify every observer; one that raises is removed and reported, and the program goes on."""
        with self.lock:
            for entry in self.observers:
                try:
                    getattr(entry.observer, moment)(*facts)
                except Exception as trouble:  # noqa: BLE001 - the observed never pays
                    self.remove_observer(entry, trouble)

    def returned_early(self, publication: TapPublication) -> None:
        """Notify the observers that want to know of it that a publish has returned while handlers of it still run."""
        with self.lock:
            for entry in self.observers:
                notify = getattr(entry.observer, "publication_returned", None)
                if notify is not None:
                    notify(publication)

    def _choose(self) -> None:
        """Choose what tells of executions: where there is one observer, its own methods."""
        only: Any = self.observers[0].observer if len(self.observers) == 1 else None
        direct = all(hasattr(only, moment) for moment in _OFTEN)
        for moment in _OFTEN:
            setattr(self, moment, getattr(only, moment) if direct else partial(self.tell, moment))
        self.take, self.over, self.catch_up, self.sink = _refuse, _nothing, _nothing, _NO_SINK
        self.close = self.release = _no_marks
        self.tell_plain = self._tell_plain
        if isinstance(only, Recorder) and not any(moment in vars(only) for moment in _OFTEN):
            self.tell_plain = getattr(only, "tell_plain", self._tell_plain)
            if all(getattr(type(only), moment) is getattr(Recorder, moment) for moment in _OFTEN):
                self.take, self.over, self.sink = only.take, only.over, only.sink or _NO_SINK
            elif hasattr(only, "release"):  # it has moments marked as well
                marking: Any = only
                self.take, self.close, self.release = only.take, marking.close, marking.release
            self.catch_up = only.catch_up

    def _tell_plain(self, execution: Execution) -> None:
        if execution.ended:
            self.execution_ended(execution)
        else:
            execution.tag = 0
            self.execution_started(execution)

    def fail(self, error: BaseException) -> None:
        """Remove every observer: we could not read what the program did, and nobody can be told the truth any more."""
        for entry in self.observers:
            self.remove_observer(entry, error)

    def remove_observer(self, entry: Observing, error: BaseException) -> None:
        """End an observation because the observer raised: say so, and go on."""
        self.observers = tuple(other for other in self.observers if other is not entry)
        self._choose()
        _logger.error("event_bus_observer_removed", extra={"observer": type(entry.observer).__name__}, exc_info=error)
        if entry.removed is not None:
            entry.removed(error)

    def elsewhere(self, call: Callable[[], None]) -> bool:
        """Do this on the thread of the loop; False when that is where we are, or when there is no loop."""
        loop = self._loop
        if loop is None or loop.is_closed() or threading.get_ident() == self._thread:
            return False
        loop.call_soon_threadsafe(call)
        return True


def forget_oldest(entries: dict[int, Any]) -> None:
    """Take out what has been put in before all others."""
    for oldest in tuple(entries):  # another thread may put in more
        entries.pop(oldest, None)
        break


def _about(publication: TapPublication, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Return whether a call belongs, at a glance, to the publication around it."""
    event = publication.event
    if args and args[0] is event:
        return True
    if any(arg is event for arg in args) or any(arg is event for arg in kwargs.values()):
        return True
    if pattern is None or not publication.loose:
        return publication.loose
    several = pattern if isinstance(pattern, tuple) else (pattern,)
    return any(isinstance(argument, str) and fnmatchcase(publication.named, argument) for argument in several)


def _hands_on(publication: TapPublication, values: tuple[Any, ...], key: str) -> bool:
    """Return whether a call of a subscribed handler is handed an object that the event holds, and not the event."""
    if any(value is publication.event for value in values):
        return False
    held = {id(value) for value in attributes(publication.event).values() if type(value) not in _SHARED}
    return any(id(value) in held for value in values) and _is_subscribed(publication, key)


def _is_subscribed(publication: TapPublication, key: str) -> bool:
    return any(subscription.key == key for subscription in publication.subscriptions)


#: What is no event of its own where a handler is called with it while another event is published.
_PLAIN: Final = frozenset((dict, list, tuple, set, frozenset, str, bytes, int, float, bool, type(None)))


def _is_for(publication: TapPublication, occurrence: Occurrence, key: str) -> bool:
    """Return whether a call of a handler with what is no event of its own may be for a publication."""
    if publication.named == occurrence.name:
        return True
    told_of = occurrence.loose or type(occurrence.event) in _PLAIN  # a state that came of it, a name, nothing
    return told_of and _is_subscribed(publication, key)


def _carries(value: Any, event: Any) -> bool:
    """Return whether an argument is an event, or a list with it."""
    if value is event:
        return type(event) not in _SHARED
    return type(value) in (list, tuple) and any(item is event for item in value)


def _has_all(payload: Any, part: Any) -> bool:
    """Return whether all values of a payload are in another, by identity."""
    if type(part) is not dict or (part and type(payload) is not dict):
        return False
    return all(payload.get(name, _NOTHING) is value for name, value in part.items())


_NOTHING: Final = object()


def _same(value: Any) -> Any:
    return value


def _always(_label: str) -> bool:
    return True


def _refuse(_publication: Any) -> bool:
    return False


def _no_marks(_publication: Any) -> None:
    """Nothing was marked."""


def _nothing() -> None:
    """Nothing was kept."""
