"""Publications whose publish method is watched: how they go on and end."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Sequence
from sys import getrefcount
from time import perf_counter_ns
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from ..tap.moments import PUBLISHING, NoneDue, Subscriptions, TapExecution, TappedBus, TapPublication, TapSubscription
from .executions import FUTURES, GENERATES, PlainExecution, error_of
from .monitor import MONITOR
from .watchers import Open, Watcher

if TYPE_CHECKING:
    from ..tap.tap import Tap

#: For how many publications each moment is told at once when one has not gone as expected.
OTHERWISE: Final = 16
#: Where the marks of executions begin, among those of their publication, and how many each has: start, end, number.
FIRST_MARK: Final = 9
MARKS: Final = 3
_set_publishing: Final = PUBLISHING.set


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
        self.let_calls_go()

    def end_at_length(self, frame: FrameType, value: Any) -> None:
        """End the publish, whatever it came to."""
        self.unchain()
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
        self.unchain()
        self.leave(error)

    def frame_yielded(self, frame: FrameType) -> None:
        """Take a generator's publication out of the context of who iterates it."""
        if frame.f_code.co_flags & GENERATES:
            self.unchain()
            self.leave_open()

    def frame_resumed(self, frame: FrameType) -> None:
        """Put it in again."""
        if frame.f_code.co_flags & GENERATES:
            self.enter()


class UsualPublication(ObservedPublication):
    """One of the usual kind, whose slots are filled by who makes it; for others it has what is usual from its class."""

    __slots__ = ()
    __init__ = object.__init__
    shown = session = metadata = outside = None
    depth = fire = holding = 0
    _returned = False


class ChainedPublication(ObservedPublication):
    """One whose executions are made before they begin, in a chain, and that keeps the times of its moments itself.

    That is how nearly all go: the handlers are called in the order in which they are subscribed, with the very event,
    and each returns at once, and nothing. Nothing is told, called or made then: the recorder collects the times later,
    and what is over is used again. As soon as anything else happens it is ``unchain``ed, and goes on like others.

    Attributes:
        chain: Its executions.
        due: That of them which begins next.
        tell: Told of each that begins or ends, where that has to be known at once; None where it is collected.
        collected: Of each execution how many of its times have been collected; None before any has.
        first: The number of its first execution, where all of them were numbered together; else 0.
        marks: Where its times are put as well, for when the process is killed; None where they need not be.
        quick: ``APART`` where that is how its executions are called; else empty.
        spares: Where it goes then.
    """

    # What is asked of it once in a while has defaults here, above all what there is none of.
    __slots__ = (
        "begun_at",
        "chain",
        "collected",
        "context",
        "due",
        "ended_at",
        "first",
        "ids",
        "marks",
        "quick",
        "spares",
        "tell",
        "trusted",
        "values",
    )
    __init__ = object.__init__
    shown = None
    fire = holding = 0
    _returned = False

    begun_at: int
    ended_at: int
    chain: tuple[PlainExecution, ...]
    collected: bytearray | None
    context: Any
    first: int
    ids: Any
    marks: Any
    quick: str
    spares: Spares
    tell: Callable[[Any], None] | None
    values: Any

    @property
    def calls(self) -> list[TapExecution]:  # type: ignore[override]  # a slot of others
        """Its executions that have begun."""
        return [] if self.closed else [execution for execution in self.chain if execution.started]

    @property
    def _let_go(self) -> Sequence[TapSubscription]:  # type: ignore[override]  # as above
        return self.subscriptions if self.closed else ()  # type: ignore[return-value]  # they are the tap's

    @property
    def depth(self) -> int:  # type: ignore[override]  # as above
        """How many publications it is nested in."""
        depth = 0
        publication: Any = self
        while publication.cause is not None:
            depth, publication = depth + 1, publication.cause.publication
        return depth

    def __getattr__(self, name: str) -> Any:
        """Find out its number, which it has when it is written down."""
        if name != "tag":
            raise AttributeError(name)
        self.tap.catch_up()
        try:
            return TapPublication.tag.__get__(self)  # type: ignore[attr-defined]  # a slot
        except AttributeError:  # nobody records it
            return 0

    def frame_returned(self, frame: FrameType, value: Any) -> None:
        """End the publish."""
        if value is not None or self.due is not NoneDue:
            self.end_at_length(frame, value)
            return
        for execution in self.chain:
            if not execution.ended:
                self.end_at_length(frame, value)
                return
        _set_publishing(self.outside)
        self.ended_at = perf_counter_ns()
        self.closed = True
        tap, key = self.tap, id(self.event)
        if tap.open:
            tap.open.pop(self, None)
        if tap.recent.get(key) is self:
            del tap.recent[key]
        self.event = None
        if self.session is not None or self.metadata is not None:
            self.session = self.metadata = None
        if self.outside is not None:
            self.outside = None
        self.subscriptions.direct += 1  # type: ignore[attr-defined]  # they are ``Subscriptions``
        if self.marks is not None:
            tap.close(self)
        elif self.tell is None:
            if tap.sink.asleep:
                tap.over()
        else:
            tap.publication_ended(self)
            self.written()

    def frame_unwound(self, frame: FrameType, error: BaseException) -> None:
        """End the publish with what it raised."""
        self.unchain()
        super().frame_unwound(frame, error)

    def started(self, execution: TapExecution) -> None:
        """Take note that a handler was called, otherwise than was expected."""
        self.unchain()
        super().started(execution)

    def left_by(self) -> TapExecution | None:
        """Return the execution that has left what is worked off now."""
        self.unchain()
        return super().left_by()

    def unchain(self) -> None:
        """Have each of its moments told from now on."""
        rest: Any = self
        rest.quick = ""  # other threads may be here, too
        subscriptions: Any = self.subscriptions
        subscriptions.direct = min(subscriptions.direct, -OTHERWISE)
        if self.tell is None:
            self.tap.catch_up()
            self.tell = self.tap.tell_plain
            if self.marks is not None:
                self.marks = None
                self.tap.release(self)
        calls, before, depth = self.calls, self._let_go, self.depth
        rest.__class__ = _Unchained
        rest.calls, rest._let_go, rest.depth = calls, before, depth  # noqa: SLF001 - of our own class
        self.chain = ()

    def collect(self, moments: list[tuple[int, str, Any]]) -> bool:
        """Add what has happened since the last time, as ``OwnMoments`` has it."""
        if not self.collected:
            self.collected = bytearray(len(self.chain))
            moments.append((self.begun_at, "write_published", self))
        collected = self.collected
        for place, execution in enumerate(self.chain):
            if collected[place] == 2:
                continue
            if not execution.started:
                break
            if not collected[place]:
                collected[place] = 1
                moments.append((execution.started, "write_start", execution))
            if execution.ended and execution.code is not None:
                collected[place] = 2
                moments.append((execution.ended, "write_end", execution))
        if type(self) is not ChainedPublication:
            return False
        if self.closed:
            moments.append((self.ended_at, "write_over", self))
        return not self.closed

    def written(self) -> Callable[[], None]:
        """Take note that all of it has been written down; return what uses such publications again."""
        if type(self) is ChainedPublication:
            self.spares.ended.append(self)
        return self.spares.sift


class _Unchained(ChainedPublication):
    """One that was chained."""

    __slots__ = ()
    due = NoneDue
    trusted = False
    quick = ""
    # Of its own it has what others have, again.
    _slots: Any = TapPublication
    calls, depth, _let_go = _slots.calls, _slots.depth, _slots._let_go  # noqa: SLF001 - of our own class
    frame_returned = ObservedPublication.frame_returned
    frame_unwound = ObservedPublication.frame_unwound  # type: ignore[assignment]  # the name of an argument
    started = ObservedPublication.started
    left_by = ObservedPublication.left_by
    unchain = ObservedPublication.unchain


class Spares:
    """Publications to the same handlers that are over, and begin anew.

    Attributes:
        tap: Whose they are.
        several: Until when they can be: ``Monitor.several`` as it was.
        ready: Those that can begin.
        ended: Those that are over, and may be had by somebody.
        codes: By the keys of handlers what ``PlainExecution.learn`` has learned.
        said: What who records them has made of the handlers' keys; None before that.
    """

    said: Any = None

    def __init__(self, tap: Tap, bus: TappedBus, named: str, subscriptions: Subscriptions) -> None:
        self.tap = tap
        self.several = MONITOR.several
        self.ready: list[ChainedPublication] = []
        self.ended: list[ChainedPublication] = []
        self.codes: dict[str, tuple[CodeType, CodeType | None]] = {}
        self._bus, self._named, self._subscriptions = bus, named, subscriptions
        publication = self._made()
        publication.due = NoneDue  # as when it is over
        #: How many refer to one that nobody has, and to each of its executions.
        self._nobodys = _referred(publication)

    def make(self) -> ChainedPublication:
        """Return one that can begin."""
        while self.ended:
            try:
                publication: ChainedPublication = self.ended.pop()
            except IndexError:  # another thread has come in between
                break
            if self._begins_anew(publication):
                return publication
        return self._made()  # type: ignore[no-any-return]

    def _made(self) -> Any:
        publication: Any = ChainedPublication.__new__(ChainedPublication)
        publication.tap, publication.source, publication.named = self.tap, self._bus, self._named
        publication.subscriptions, publication.spares = self._subscriptions, self
        chain: list[Any] = []
        for subscription in self._subscriptions:
            execution: Any = PlainExecution.__new__(PlainExecution)
            execution.publication, execution.subscription = publication, subscription
            execution.code, execution.begins = self.codes.get(subscription.key, (None, None))
            execution.following = NoneDue
            execution.place = FIRST_MARK + MARKS * len(chain)
            if chain:
                chain[-1].following = execution
            execution.started = execution.ended = 0
            chain.append(execution)
        publication.chain = tuple(chain)
        publication.due = chain[0]
        publication.event = publication.ids = publication.session = publication.metadata = publication.outside = None
        publication.values = publication.tell = publication.collected = publication.marks = publication.cause = None
        publication.trusted = publication.closed = False
        publication.first, publication.quick = 0, ""
        return publication

    def sift(self) -> None:
        """Let those begin anew that nobody has, nor anything of them; let the others go."""
        ended = self.ended
        while ended:
            try:
                publication = ended.pop()
            except IndexError:  # another thread has come in between
                return
            if self._begins_anew(publication):
                self.ready.append(publication)

    def _begins_anew(self, publication: Any) -> bool:
        """Fill its slots as they are before it begins, if nobody has it, nor anything of it; else let it go.

        What ``frame_returned`` has emptied is so, and what is filled when it begins may be as it is.
        """
        own, others = self._nobodys
        chain = publication.chain
        if (
            getrefcount(publication) != own
            or [*map(getrefcount, chain)] != others
            or type(publication) is not ChainedPublication
            or publication.__dict__
        ):
            publication.cause = None
            publication.chain = ()  # they refer to it: a circle
            return False
        del publication.tag
        if not publication.first:
            for execution in chain:
                del execution.tag
        for execution in chain:
            execution.started = execution.ended = 0
        publication.due = chain[0]
        publication.tell = publication.collected = publication.cause = None
        publication.closed = False
        publication.first = 0
        publication.quick = ""
        return True


def _referred(publication: ChainedPublication) -> tuple[int, list[int]]:
    """Return how many refer to a publication, and to each of its executions, while it is an argument as here."""
    return getrefcount(publication), [*map(getrefcount, publication.chain)]


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
