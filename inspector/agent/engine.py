"""The engine: fires events on a program's bus and records what comes of it. The same for every host."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..core.bus.context import FIRE, HANDLER_TIMEOUT
from ..core.errors import InspectorError
from ..core.records.host import (
    CHANGED,
    ActiveFault,
    FaultsSwitched,
    FiredAtHandler,
    FireRefused,
    FireSettled,
    FireUnsettled,
    HandlersNotCalled,
    HostNoted,
    ProbesSwitched,
    PublishRaised,
    SessionFailed,
    UncalledHandler,
)
from ..core.records.numbers import FireNumber, PublicationNumber
from .alone import Alone
from .effects.effects import install_effects, look_again, switch_probes
from .effects.gathered import install_gathered_probe
from .effects.handled import install_handled_probe
from .effects.leftover import install_leftover_probe
from .effects.log import install_log_probe
from .faults import FaultInjector
from .observe.handover import HANDOVER
from .observe.monitor import MONITOR
from .observe.uncalled import Promises
from .tap.moments import TapPublication, running_loop

if TYPE_CHECKING:
    from ..core.description import CatalogDescription
    from ..core.faults import FaultRule
    from ..core.records.capture import Failure
    from ..core.records.recorder import Recorder
    from ..core.request import FireRequest
    from .program import Program

_logger = logging.getLogger(__name__)

#: Rows waiting for the reader above which the engine holds its next fire: memory is finite.
PACE_ROWS = 100_000
#: Seconds between two looks at what is pending: at first, and later.
_SHORTEST: Final = 0.0005
_LONGEST: Final = 0.02
#: Seconds that a timer is given to have run when it is due.
_TICK: Final = 0.005


class Engine:
    """Runs on the loop of the bus.

    Args:
        program: The program whose bus it is.
        recorder: Where everything is recorded.
    """

    def __init__(self, program: Program, recorder: Recorder) -> None:
        self._program = program
        self._recorder = recorder
        self._undo: list[Callable[[], None]] = []
        self._settled: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Event]] = {}
        self._promises: Promises | None = None
        self._injector: FaultInjector | None = None
        self._alone = Alone()
        #: The fires under way, and those of them that are to publish nothing more.
        self._firing: set[int] = set()
        self._withdrawn: set[int] = set()

    async def start(self) -> None:
        """Make the program ready and record from now on; what fails on the way leaves nothing behind."""
        try:
            await self._program.start()
            catalog = self._program.catalog()
            self._promises = Promises(catalog)
            self._recorder.start(catalog)
            self._recorder.on_settled(self._on_settled)
            self._undo.append(install_log_probe(self._recorder))
            self._undo.append(install_handled_probe(self._recorder))
            self._undo.append(install_gathered_probe(self._recorder))
            self._undo.append(install_leftover_probe(self._recorder))
            self._undo.append(install_effects(self._recorder))
            self._undo.append(self._program.attach(self._recorder, self._observer_removed))
            self._undo.append(HANDOVER.begin(self._observer_removed, fires=True))
            self._undo.append(MONITOR.on_missed(self._missed))
        except BaseException:
            await self.close()
            raise

    def adopt(self, catalog: CatalogDescription) -> None:
        """Fire into a program that runs, and is recorded, without us.

        Args:
            catalog: What it declares now.
        """
        self._promises = Promises(catalog)
        self._recorder.on_settled(self._on_settled)
        if not self._undo:
            self._undo.append(HANDOVER.begin(_leave_it, fires=True))

    async def close(self) -> None:
        """Stop recording, put everything back, close the program."""
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()
        self._program.intercept(None)
        self._program.select(None)
        self._recorder.on_settled(None)
        await self._program.close()

    def set_faults(self, on: bool) -> None:
        """Switch the program's own faults on, or all faults off."""
        self.set_fault_rules(self._program.faults if on else ())

    @property
    def own_faults(self) -> Sequence[FaultRule]:
        """The faults that the program brings."""
        return self._program.faults

    def set_fault_rules(self, rules: Sequence[FaultRule]) -> None:
        """Inject faults by these rules from now on, and by no others."""
        self._injector = FaultInjector(rules) if rules else None
        self._intercept()
        active = tuple(ActiveFault(rule.handler, rule.event, rule.kind) for rule in rules)
        self._recorder.record(FaultsSwitched(self._recorder.now(), bool(rules), active))

    def _intercept(self) -> None:
        """Let the faults that are on, and the fires at one handler that are under way, come between."""
        alone = self._alone
        alone.others = self._injector
        self._program.select(alone.select if alone.fires else None)
        self._program.intercept(alone if alone.fires else self._injector)

    def set_probes(self, off: Sequence[str]) -> None:
        """Switch off the probes of these kinds of notes from now on, and on all others."""
        switch_probes(self._recorder, off)
        self._recorder.record(ProbesSwitched(self._recorder.now(), tuple(off)))

    def withdraw(self, fire: int) -> None:
        """Publish nothing more for a fire; what it has published goes on to its end."""
        if fire in self._firing:
            self._withdrawn.add(fire)

    async def fire(self, request: FireRequest) -> None:
        """Publish what is asked for, one after another, and wait until all that came of it has settled.

        The outcome is in the records: those with this fire's number, then ``FireSettled``.
        """
        FIRE.set(request.fire)
        HANDLER_TIMEOUT.set(request.timeout)
        published = 0
        self._firing.add(request.fire)
        try:
            if request.only:
                self._recorder.record(FiredAtHandler(self._recorder.now(), request.fire, request.only, request.retry))
                self._alone.fires[request.fire] = request.only
                self._intercept()
            given_up: Counter[tuple[str, str]] = Counter()
            for number, values in enumerate(request.values, 1):
                if request.fire in self._withdrawn:
                    break
                if not await self._publish(request, values):
                    break
                published += 1
                await self._settle(request, given_up, last=number == len(request.values))
                await self._pace()
        finally:
            self._firing.discard(request.fire)
            self._withdrawn.discard(request.fire)
            self._account(request, published)
            self._recorder.record(FireSettled(self._recorder.now(), request.fire, published))

    async def _publish(self, request: FireRequest, values: Mapping[str, Any]) -> bool:
        """Publish once; return whether the event could be built and published."""
        try:
            event = self._build(request, values)
        except InspectorError as error:
            self._refuse(request, error.text, error.hint)
            return False
        except BaseException as error:  # noqa: BLE001 - the event's own __post_init__ may raise anything, SystemExit too
            self._refuse(request, f"Cannot create {request.event}: {self._said(error)}", "")
            return False
        if not request.session:
            await self._publish_on_bus(event, None, request)
            return True
        published = False
        raised: BaseException | None = None
        try:
            async with self._program.open_session(commit=not request.rollback) as session:
                published = True
                raised = await self._publish_on_bus(event, session, request)
                if raised is not None:
                    raise raised  # the session has to see it: it rolls back, as it would without us
        except (Exception, SystemExit, KeyboardInterrupt, asyncio.CancelledError) as error:
            if error is raised:
                return published
            if isinstance(error, asyncio.CancelledError):
                raise
            read = self._recorder.failure(error)
            text = f"Database session failed: {read.type}: {read.message}"
            if published:
                self._recorder.record(SessionFailed(self._recorder.now(), request.fire, text))
            else:
                self._refuse(request, text, "Nothing was published.")
        return published

    def _build(self, request: FireRequest, values: Mapping[str, Any]) -> Any:
        """Build the event; where it refuses values that nobody asked for, with their defaults."""
        try:
            return self._program.build(request.event, values)
        except Exception as refused:
            spare = [name for name in request.optional if name in values]
            blamed = getattr(refused, "where", "")
            for names in dict.fromkeys((*((name,) for name in spare if name == blamed), tuple(spare))):
                rest = {name: value for name, value in values.items() if name not in names}
                try:
                    event = self._program.build(request.event, rest) if names else None
                except Exception:  # noqa: BLE001, S112 - what was refused at first is what is told
                    continue
                if event is not None:
                    reason = refused.text if isinstance(refused, InspectorError) else self._said(refused)
                    text = f"{request.event} kept the default of {', '.join(names)}: {reason}"
                    self._recorder.record(HostNoted(self._recorder.now(), "fire", "info", text))
                    return event
            raise

    def _said(self, error: BaseException) -> str:
        return _words_of(self._recorder.failure(error))

    async def _publish_on_bus(self, event: Any, session: Any, request: FireRequest) -> BaseException | None:
        """Publish; return what the bus raised. Ours raises nothing, others hand on what a handler raised."""
        look_again(self._recorder)
        try:
            await self._program.publish(event, session, request.metadata)
        except (Exception, SystemExit, KeyboardInterrupt, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise  # not a handler's that the bus hands on: it is us who are to end
            read = self._recorder.failure(error)
            text = f"Publishing {request.event} raised {_words_of(read)}"
            if isinstance(error, InspectorError):  # it is ours: the adapter could not do it
                text = f"Cannot publish {request.event}: {error.text} {error.hint}".rstrip()
            self._recorder.record(PublishRaised(self._recorder.now(), request.fire, read.type, text))
            return error
        return None

    def _refuse(self, request: FireRequest, text: str, hint: str) -> None:
        self._recorder.record(FireRefused(self._recorder.now(), request.fire, text, hint))

    async def _settle(self, request: FireRequest, given_up: Counter[tuple[str, str]], *, last: bool) -> None:
        """Wait for what a publication has set off, as long as a handler might take.

        That is what its handlers do after it, and tasks, futures of executors and threads that were started in its
        wake; after the last one timers too, but for those that timers set.

        Args:
            request: What is fired.
            given_up: What this fire has waited for in vain, by kind and name, and how many of them.
            last: No other publication follows.
        """
        fire, clock = request.fire, asyncio.get_running_loop().time
        deadline = clock() + (math.inf if request.timeout is None else request.timeout)
        await self._end_of_publications(fire, request.timeout)
        if not self._recorder.in_flight(fire) and not HANDOVER.pending(fire):
            return  # as nearly always
        until, pause, waited = 0.0, _SHORTEST, False
        while True:
            pending = HANDOVER.pending(fire)
            timers = [work.due for work in pending if work.kind == "timer"]
            work = Counter((work.kind, work.name) for work in pending if work.kind != "timer") - given_up
            if work and last:  # timers that a timer sets are not waited for: those may go on for ever
                until = _last_due(timers, clock(), deadline)
            elif last and not until:
                until = _last_due(timers, clock(), deadline) or -1.0
            runs = last and 0 in timers
            waits = work or self._recorder.in_flight(fire) or runs or (last and timers and clock() < until)
            if not waits or clock() >= deadline:
                break
            await asyncio.sleep(pause)
            waited = True
            pause = min(pause * 2, _LONGEST)
        if waited:
            await asyncio.sleep(0)  # who waits for what has ended is told in the next turn
        given_up.update(work)
        if work or self._recorder.in_flight(fire) or (last and timers):
            self._recorder.record(FireUnsettled(self._recorder.now(), fire, tuple(pending)))

    async def _end_of_publications(self, fire: int, timeout: float | None) -> None:
        """Wait until all publications of a fire have ended, those that tasks make that outlived their handler too."""
        if not self._recorder.in_flight(fire):
            return
        done = asyncio.Event()
        self._settled[fire] = asyncio.get_running_loop(), done
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), timeout)
        finally:
            del self._settled[fire]

    def _account(self, request: FireRequest, published: int) -> None:
        """Record which handlers the publications of a fire did not call, and which siblings of the only one it did."""
        fire = request.fire
        if request.only:
            self._end_alone(request, published)
        same: dict[tuple[str, tuple[UncalledHandler, ...]], list[int]] = {}
        changed: dict[str, str] = {}
        called: set[str] = set()
        for publication in self._recorder.take_ended(fire):
            if isinstance(publication, TapPublication) and self._promises is not None:
                uncalled = self._promises.uncalled(publication, fire)
                if publication.alone:
                    uncalled = tuple(handler for handler in uncalled if handler.handler == request.only)
                    called.update(key for key in publication.began if key != request.only)
                if publication.changed:
                    changed[publication.named] = "; ".join(publication.changed)
                if uncalled:
                    same.setdefault((publication.named, uncalled), []).append(publication.tag)
        for (event, handlers), numbers in same.items():
            at, first = self._recorder.now(), PublicationNumber(numbers[0])
            self._recorder.record(HandlersNotCalled(at, FireNumber(fire), first, event, handlers, len(numbers)))
        if called:  # they stand where no stand-in could be put
            names = ", ".join(sorted(map(_name_of, called)))
            text = f"{request.event} also called {names}: these handlers could not be left out."
            self._recorder.record(HostNoted(self._recorder.now(), "fire", "warning", text))
        for event, how in changed.items():
            text = f"{event} is not transmitted unchanged to its handlers: {how}."
            self._recorder.record(HostNoted(self._recorder.now(), CHANGED, "warning", text))
        HANDOVER.forget(fire)

    def _end_alone(self, request: FireRequest, published: int) -> None:
        """Call all handlers from now on; record where the one that was asked for is none of the event's."""
        del self._alone.fires[request.fire]
        self._intercept()
        if published and request.fire not in self._alone.subscribed:
            name = _name_of(request.only)
            hint = (
                "It is not subscribed to the event, or only under a condition that is not met. No handler was called."
            )
            self._refuse(request, f"{name} does not receive this {request.event}.", hint)
        self._alone.subscribed.discard(request.fire)

    async def _pace(self) -> None:
        while self._recorder.waiting > PACE_ROWS:  # noqa: ASYNC110 - the rows are taken in another thread
            await asyncio.sleep(0.005)

    def _on_settled(self, fire: int) -> None:
        loop, done = self._settled.get(fire, (None, None))
        if loop is None or done is None:
            return
        if running_loop() is loop:
            done.set()
        else:  # the last handler has run in another thread
            with contextlib.suppress(RuntimeError):  # the loop was closed at this very moment
                loop.call_soon_threadsafe(done.set)

    def _observer_removed(self, error: BaseException) -> None:
        _logger.error("recording stopped", exc_info=error)
        read = self._recorder.failure(error)
        why = str(error) if isinstance(error, InspectorError) else f"{read.type}: {read.message}"
        self._recorder.record(HostNoted(self._recorder.now(), "observer", "error", f"Recording stopped: {why}"))

    def _missed(self, text: str) -> None:
        self._recorder.record(HostNoted(self._recorder.now(), "observer", "warning", text))


def _leave_it(error: BaseException) -> None:
    """Leave it to who records the program: it is told, too."""


def _is_cancelled() -> bool:
    """Return whether somebody has asked the running task to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _name_of(handler: str) -> str:
    """Return what a handler is called, by its key."""
    return handler.partition(":")[2] or handler


def _words_of(failure: Failure) -> str:
    return f"{failure.type}: {failure.message}" if failure.message else failure.type


def _last_due(timers: Iterable[int], now: float, deadline: float) -> float:
    """Return when the last timer is due that can be waited for; 0 when there is none."""
    return max((due for left in timers if (due := now + left / 1e9 + _TICK) <= deadline), default=0.0)
