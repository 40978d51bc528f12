"""The one tool of ``sys.monitoring`` that this process has: who watches a piece of code is told of its calls.

A call is told by its frame: begun, ended with a value, left by an exception, suspended, resumed. Nothing of the program
is replaced, so identities, types and tracebacks stay what they are; coverage, debuggers and profilers have tool ids of
their own and run beside it.

What was measured about the callbacks, and is kept here: an exception of a callback would reach the program, so each is
caught and ends the watching; some events (unwinding, throwing) cannot be had for one code object and are asked for all;
the callbacks are closures, because at the end of the interpreter globals are gone; a code object is known by its id and
held, because equal ones need not be the same. An event without a callback costs a fifth of one with: what a program
raises and catches while nothing of it is watched is told to nobody after a while. (To ask for an event no longer would
cost more: Python prepares all code anew.)
"""

from __future__ import annotations

import atexit
import sys
import threading

# By names of ours: a program may take them out of the builtins, and nothing may be raised here then.
from builtins import Exception, any, getattr, id, len, set, tuple  # noqa: A004
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import starmap
from operator import call
from types import CodeType, FrameType
from typing import Any, Final

from ...core.bus.context import CURRENT
from ...core.errors import InspectorError
from . import toolid
from .quick import quick_end, quick_start
from .room import Room, is_deep
from .toolid import MONITORING as _MONITORING
from .watchers import (
    CallWatcher,
    Discover,
    HandledWatcher,
    OnLine,
    Open,
    Shorten,
    UnwindWatcher,
    Watcher,
    both,
    takes,
    telling,
)

#: Stands for an argument that there is none of.
MISSING: Final[Any] = getattr(_MONITORING, "MISSING", None)
_MOMENTS: Final = ("started", "returned", "yielded", "resumed", "thrown")
_MISSED: Final = "{} call{} of handlers or publish methods could not be recorded: the limit of recursion was reached."
#: Exceptions in a row that nobody wants to know of, after which the next are not told.
_PATIENCE: Final = 64
#: What suspends: coroutines, generators, asynchronous generators.
_SUSPENDS: Final = 0x20 | 0x80 | 0x200


class Monitor:
    """Hands the events of one tool id on to watchers. There is one for each process: ``MONITOR``."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        #: What stands behind the frames that are open. Its end is told first to it, and not by the code of the frame.
        self.frames: dict[FrameType, Open] = {}
        #: Frames that exceptions leave are told to nobody: none was open for a while. Who opens one has to wake us.
        self.resting = False
        #: Watchers of handled exceptions that want to know of the frames these leave.
        self._unwinding: list[UnwindWatcher] = []
        self._tool = -1
        self._users = 0
        self._watchers: dict[int, tuple[CodeType, tuple[Watcher, ...]]] = {}
        #: For each event what is called with the frame, by the id of the code.
        self._told: dict[str, dict[int, Callable[..., None]]] = {name: {} for name in _MOMENTS}
        #: Code of handlers and publish methods, by its id.
        self._essential: set[int] = set()
        #: How often code has got more watchers than it had, or handlers: it may no longer be taken for that of one.
        self.several = 0
        self._discover: tuple[Discover, ...] = ()
        self._on_watch: tuple[Callable[[CodeType], None], ...] = ()
        self._handled: tuple[tuple[HandledWatcher, Callable[[], Any]], ...] = ()
        self._lines: dict[int, tuple[CodeType, OnLine]] = {}
        self._calls: dict[int, tuple[CodeType, CallWatcher]] = {}
        self._raising: list[tuple[FrameType, CallWatcher]] = []
        #: Code that has been disabled: it is not asked about again, and could not be watched. That outlives our tool.
        self._disabled: set[int] = set()
        self._failed: list[Callable[[BaseException], None]] = []
        self._on_missed: tuple[Callable[[str], None], ...] = ()
        self._unwound: Callable[..., None] | None = None

        #: Makes what is called first when code begins and when it returns; None nearly always.
        self._shorten: Shorten | None = None
        #: What stands behind frames of which nobody is told that they are open: what they end with is told to it.
        self.passed: dict[FrameType, Open] = {}
        #: Code of which nothing is told but that a call begins, and what would be told otherwise.
        self._hushed: dict[int, tuple[CodeType, int]] = {}
        #: The stack of a thread may be nearly full: what is told makes room for itself first.
        self._room = Room(self._leave_room)
        #: Watch at all; without it buses are recorded by stand-ins, as on an older Python.
        self.allowed = True

    @property
    def available(self) -> bool:
        """Code can be watched: on Python 3.12 and newer, with a tool id that is free."""
        if _MONITORING is None or not self.allowed:
            return False
        return self._tool >= 0 or toolid.is_any_free()

    def begin(self, failed: Callable[[BaseException], None], *, closed: bool = False) -> bool:
        """Take a tool id, unless there is one; return whether there is.

        Args:
            failed: Called with the error of a watcher; watching ends for all then.
            closed: Who begins calls ``close`` as the process ends, after all exit hooks of the program.
        """
        if _MONITORING is None:
            return False
        with self._lock:
            if self._tool < 0:
                self._tool = toolid.take(self._move)
                if self._tool < 0:
                    return False
                self._register()
                if not closed:
                    atexit.register(self.close)  # later our modules are gone, and the program's finalizers still run
            self._users += 1
            self._failed.append(failed)
            self._set_global()
            return True

    def end(self, failed: Callable[[BaseException], None]) -> None:
        """Release the tool id when nobody is left who began."""
        with self._lock:
            if failed not in self._failed:
                return
            self._failed.remove(failed)
            self._users -= 1
            if not self._users:
                self._free()

    def close(self) -> None:
        """Release the tool id, whoever is left."""
        with self._lock:
            self._free()

    def watch(self, code: CodeType, watcher: Watcher) -> None:
        """Notify a watcher of the calls of a code object, the one that is beginning now among them."""
        with self._lock:
            _, watchers = self._watchers.get(id(code), (code, ()))
            if watcher not in watchers:
                self._set(code, (*watchers, watcher))
                for notify in self._on_watch:
                    notify(code)
            elif type(watcher).when_started is not Watcher.when_started:
                self._set(code, watchers)

    def open(self, frame: FrameType, subject: Open) -> None:
        """Notify a subject of how a frame goes on and ends."""
        if self.resting:
            self.wake()
        other = self.frames.get(frame)
        self.frames[frame] = subject if other is None or other is subject else both(other, subject)

    def settle(self, execution: Any, frame: FrameType | None) -> None:
        """Let an execution that began without its frame go on with it: something unusual happens.

        Args:
            execution: It has ``code``, by which its end would have been known.
            frame: Where to look for its frame, from there outwards; then all other threads are looked at.
        """
        execution.publication.unchain()
        code = execution.code
        here = 0 if frame is None else threading.get_ident()
        others = (other for thread, other in sys._current_frames().items() if thread != here)  # noqa: SLF001
        outward = (outer for innermost in (frame, *others) for outer in _outward(innermost))
        outer = next((outer for outer in outward if outer.f_code is code and outer not in self.frames), None)
        if outer is not None:
            execution.settle(outer)
            self.open(outer, execution)
        execution.code = None
        if outer is not None and execution.ended:  # on its own thread, just now
            execution.settle(None)
            self.frames.pop(outer, None)

    def shorten(self, make: Shorten) -> None:
        """Call from now on what this makes when code begins and when it returns; it calls the rest."""
        with self._lock:
            if self._tool >= 0:
                self._shorten = make
                self._register()

    @property
    def ends_told(self) -> Mapping[int, Any]:
        """By the id of code who is told that it has returned."""
        return self._told["returned"]

    def begin_in(self, frame: FrameType) -> None:
        """Notify who watches the code of a frame that its call begins: it was found in that very call."""
        tell = self._told["started"].get(id(frame.f_code))
        if tell is not None:
            tell(frame)

    def ask_again(self) -> None:
        """Ask about all code once more: whoever had the tool id before us was not asked about what we ask for."""
        with self._lock:
            self._disabled.clear()
            if _MONITORING is not None:
                _MONITORING.restart_events()

    def forked(self) -> None:
        """Release our lock in a child of the process: a thread that is not there may have held it."""
        self._lock._at_fork_reinit()  # type: ignore[attr-defined]  # noqa: SLF001 - as the standard library does
        self._room.forked()

    def wake(self) -> None:
        """Take note of frames that exceptions leave again."""
        with self._lock:
            self.resting = False
            if _MONITORING is not None and self._tool >= 0:
                _MONITORING.register_callback(self._tool, _MONITORING.events.PY_UNWIND, self._unwound)

    def _rest(self) -> None:
        """Let exceptions pass until a frame is open."""
        with self._lock:
            if _MONITORING is not None and self._tool >= 0:
                _MONITORING.register_callback(self._tool, _MONITORING.events.PY_UNWIND, None)
                self.resting = True
                if self.frames or self.passed or self._unwinding:
                    self.wake()  # on another thread, just now

    def follow_unwinding(self, watcher: UnwindWatcher, on: bool) -> None:
        """Notify a watcher of the frames that exceptions leave, or no longer."""
        if on and watcher not in self._unwinding:
            self._unwinding.append(watcher)
            if self.resting:
                self.wake()
        elif not on and watcher in self._unwinding:
            self._unwinding.remove(watcher)

    def hush(self, codes: Iterable[CodeType]) -> None:
        """Report nothing of these but that calls begin, where a single watcher is all that they have."""
        if _MONITORING is None:
            return
        with self._lock:
            start, events_of, tool = _MONITORING.events.PY_START, _MONITORING.get_local_events, self._tool
            for code in codes:
                key = id(code)
                if tool >= 0 and key not in self._hushed and self._may_be_hushed(key):
                    self._hushed[key] = code, events_of(tool, code)
                    _MONITORING.set_local_events(tool, code, start)

    def _may_be_hushed(self, key: int) -> bool:
        entry = self._watchers.get(key)
        return entry is not None and len(entry[1]) == 1 and key not in self._calls and key not in self._lines

    def unhush(self) -> None:
        """Report everything again, of calls that begin from now on and of those that are under way."""
        with self._lock:
            hushed = tuple(self._hushed.values())
            self._hushed.clear()
            if _MONITORING is not None and self._tool >= 0:
                for code, wanted in hushed:
                    _MONITORING.set_local_events(self._tool, code, wanted)

    def watches(self, code: CodeType, kind: type[Watcher] = Watcher) -> bool:
        """Return whether anybody, or a watcher of a class, watches the calls of a code object."""
        watched = self._watchers.get(id(code))
        return watched is not None and (kind is Watcher or any(isinstance(watcher, kind) for watcher in watched[1]))

    def leave(self, code: CodeType, watcher: Watcher) -> None:
        """Notify a watcher no longer."""
        with self._lock:
            _, watchers = self._watchers.get(id(code), (code, ()))
            if watcher in watchers:
                self._set(code, tuple(other for other in watchers if other is not watcher))

    def on_watch(self, notify: Callable[[CodeType], None]) -> Callable[[], None]:
        """Show each code object that somebody watches, for it is not asked about; return a function that ends it."""
        with self._lock:
            self._on_watch = (*self._on_watch, notify)
            codes = [code for code, _ in self._watchers.values()]
        for code in codes:
            notify(code)

        def end() -> None:
            with self._lock:
                self._on_watch = tuple(other for other in self._on_watch if other is not notify)

        return end

    def may_watch_calls(self, code: CodeType) -> bool:
        """Return whether nobody is notified yet of what a code object calls: only one can be."""
        return id(code) not in self._calls

    def watch_calls(self, code: CodeType, watcher: CallWatcher) -> None:
        """Notify a watcher of what a code object calls from now on."""
        with self._lock:
            self._calls[id(code)] = code, watcher
            self._set_local(code)

    def leave_calls(self, code: CodeType) -> None:
        """Report no longer what a code object calls."""
        with self._lock:
            if self._calls.pop(id(code), None) is not None:
                self._set_local(code)

    def discover(self, asked: Discover) -> Callable[[], None]:
        """Ask about code that nobody watches when it is called; return a function that ends it."""
        with self._lock:
            self._discover = (*self._discover, asked)
            self._set_global()

        def end() -> None:
            with self._lock:
                self._discover = tuple(other for other in self._discover if other is not asked)
                self._set_global()

        return end

    def on_handled(self, watcher: HandledWatcher, wanted: Callable[[], Any]) -> Callable[[], None]:
        """Notify of each exception that is handled while ``wanted()`` is true; return a function that ends it."""
        entry = watcher, wanted
        with self._lock:
            self._handled = (*self._handled, entry)
            self._set_global()

        def end() -> None:
            with self._lock:
                self._handled = tuple(other for other in self._handled if other is not entry)
                self.follow_unwinding(watcher, False)
                self._set_global()

        return end

    def watch_lines(self, code: CodeType, notify: OnLine) -> None:
        """Notify of each line of a code object from now on."""
        with self._lock:
            self._lines[id(code)] = code, notify
            self._set_local(code)

    def leave_lines(self, code: CodeType) -> None:
        """Notify of its lines no longer."""
        with self._lock:
            if self._lines.pop(id(code), None) is not None:
                self._set_local(code)

    # -- the tool ------------------------------------------------------------------------------------------------------

    def _set(self, code: CodeType, watchers: tuple[Watcher, ...]) -> None:
        key = id(code)
        if len(watchers) > 1:
            self.several += 1
        for moment, by_code in self._told.items():
            taking = tuple(watcher for watcher in watchers if takes(watcher, moment))
            if taking:
                by_code[key] = telling(moment, taking)
            else:
                by_code.pop(key, None)
        if watchers:
            self._watchers[key] = code, watchers
        else:
            self._watchers.pop(key, None)
        if any(watcher.essential for watcher in watchers):
            self._essential.add(key)
        else:
            self._essential.discard(key)
        self._set_local(code)

    def _set_local(self, code: CodeType) -> None:
        if _MONITORING is None or self._tool < 0:
            return
        events = _MONITORING.events
        key, wanted = id(code), 0
        if key in self._watchers:
            wanted = events.PY_START | events.PY_RETURN
            if code.co_flags & _SUSPENDS and any(watcher.suspends(code) for watcher in self._watchers[key][1]):
                wanted |= events.PY_YIELD | events.PY_RESUME
        if key in self._calls:
            wanted |= events.CALL  # C_RETURN and C_RAISE come with it
        if key in self._lines:
            wanted |= events.LINE
        if key in self._hushed:
            if wanted and self._may_be_hushed(key):
                self._hushed[key] = code, wanted
                wanted = events.PY_START
            else:
                del self._hushed[key]
        _MONITORING.set_local_events(self._tool, code, wanted)
        if wanted and key in self._disabled:
            # It was asked about and is of interest after all. What was disabled comes back for all tools or for none.
            self._disabled.clear()
            _MONITORING.restart_events()

    def _set_global(self) -> None:
        if _MONITORING is None or self._tool < 0:
            return
        events = _MONITORING.events
        wanted = events.PY_UNWIND | events.PY_THROW
        if self._discover:
            wanted |= events.PY_START
        if self._handled:
            wanted |= events.EXCEPTION_HANDLED
            _MONITORING.register_callback(self._tool, events.EXCEPTION_HANDLED, self._on_handled())
        if self._raising:
            wanted |= events.RAISE
        if _MONITORING.get_events(self._tool) != wanted:
            _MONITORING.set_events(self._tool, wanted)

    def _free(self) -> None:
        if _MONITORING is None or self._tool < 0:
            return
        tool, self._tool = self._tool, -1
        self._tell_missed()
        for code in self._watched_codes():
            _MONITORING.set_local_events(tool, code, 0)  # freeing the id would leave them for its next owner
        self._watchers.clear()
        self._essential.clear()
        self._calls.clear()
        self._lines.clear()  # what is disabled stays so, also for the next owner of the id
        self._unwinding.clear()
        self.frames.clear()
        self.passed.clear()
        self._hushed.clear()
        self._room.needed = False
        atexit.unregister(self.close)
        for notify in self._told.values():
            notify.clear()
        toolid.release(tool)

    def _watched_codes(self) -> list[CodeType]:
        return [code for code, _ in (*self._watchers.values(), *self._calls.values(), *self._lines.values())]

    def _move(self) -> None:
        """Take another tool id: the program wants ours."""
        with self._lock:
            before = self._tool
            if _MONITORING is None or before < 0:
                return
            self._tool = toolid.take(self._move)
            if self._tool < 0:
                self._tool = before
                self._fail(InspectorError(toolid.NONE_LEFT))
                return
            self._register()
            steps: list[tuple[Any, ...]] = []
            for code in self._watched_codes():
                events = _MONITORING.get_local_events(before, code)
                steps.append((_MONITORING.set_local_events, before, code, 0))
                steps.append((_MONITORING.set_local_events, self._tool, code, events))
            steps.append((_MONITORING.set_events, self._tool, _MONITORING.get_events(before)))
            steps.append((_MONITORING.set_events, before, 0))
            # In one step, as it were: between two no other thread runs, which would be told twice or not at all.
            tuple(starmap(call, steps))
            toolid.release(before)
            self.ask_again()  # what is disabled is so also for the next owner of an id

    def look_ahead(self) -> None:
        """Make room on the stack from now on, if it is nearly full: the program recurses, and is about to fail."""
        if not self._room.needed and is_deep(sys.getrecursionlimit()):
            self._make_room()

    @property
    def _frames_back(self) -> int:
        """How many frames the program's is behind that of a callback."""
        return 2 if self._room.needed else 1

    def _make_room(self) -> None:
        with self._lock:
            if self._tool >= 0 and not self._room.needed:
                self._room.need()
                self._register()

    def _leave_room(self) -> None:
        with self._lock:
            if self._tool >= 0 and self._room.needed:
                self._room.needed = False
                self._register()
        self._tell_missed()

    def on_missed(self, notify: Callable[[str], None]) -> Callable[[], None]:
        """Report in a sentence what could not be told for want of room; return a function that ends it."""
        self._on_missed = (*self._on_missed, notify)

        def end() -> None:
            self._on_missed = tuple(other for other in self._on_missed if other is not notify)

        return end

    def _tell_missed(self) -> None:
        missed, self._room.missed = self._room.missed, 0
        if missed:
            for notify in self._on_missed:
                notify(_MISSED.format(missed, "" if missed == 1 else "s"))

    def _fail(self, error: BaseException) -> None:
        """End it all: nobody can be told the truth any more. Only where the stack is full there will be room."""
        if type(error) is RecursionError and not self._room.needed:
            self._room.around(self._make_room)()
            return
        with self._lock:
            failed = tuple(self._failed)
            if self._tool >= 0:
                self._failed.clear()
                self._users = 0
                self._free()
        for notify in failed:
            notify(error)

    def _register(self) -> None:
        if _MONITORING is not None:
            self.resting = False
            callbacks = self._callbacks()
            self._unwound = callbacks[_MONITORING.events.PY_UNWIND]
            for event, callback in callbacks.items():
                _MONITORING.register_callback(self._tool, event, callback)

    def _on_handled(self) -> Callable[..., None]:
        """Return what tells of handled exceptions, made for who watches now: some programs raise all the time."""
        frame_at, fail = sys._getframe, self._fail  # noqa: SLF001
        entries, at = self._handled, self._frames_back

        def several(code: CodeType, offset: int, error: BaseException) -> None:
            for watcher, wanted in entries:
                if wanted() is not None:
                    try:
                        watcher.handled(code, offset, error, frame_at(at))
                    except Exception as trouble:  # noqa: BLE001 - the observed never pays
                        fail(trouble)

        if len(entries) != 1:
            return self._room.around(several) if self._room.needed else several
        ((only, inside),) = entries
        strangers = 0

        def handled(code: CodeType, offset: int, error: BaseException) -> None:
            nonlocal strangers
            try:
                if inside() is not None:
                    strangers = 0
                    only.handled(code, offset, error, frame_at(at))
                    return
                strangers += 1
                if strangers > _PATIENCE:
                    strangers = 0
                    self._pass_over(only)
            except Exception as trouble:  # noqa: BLE001 - as above
                fail(trouble)

        return self._room.around(handled) if self._room.needed else handled

    def _pass_over(self, watcher: HandledWatcher) -> None:
        """Report no handled exceptions until the only one who watches them wakes us, if that is all the same to it."""
        if _MONITORING is None:
            return
        handled, tool = _MONITORING.events.EXCEPTION_HANDLED, self._tool

        def wake() -> None:
            with self._lock:
                if self._tool == tool:
                    _MONITORING.register_callback(tool, handled, self._on_handled())

        with self._lock:
            if tool >= 0:
                _MONITORING.register_callback(tool, handled, None)
                if not watcher.rest(wake):
                    wake()

    def _callbacks(self) -> dict[int, Callable[..., Any]]:
        assert _MONITORING is not None  # noqa: S101 - asked by who calls it
        events, disable = _MONITORING.events, _MONITORING.DISABLE
        disabled, calls, at, tool = self._disabled, self._calls, self._frames_back, self._tool
        frames, close, unwinding, passed = self.frames, self.frames.pop, self._unwinding, self.passed
        begun, frame_at, key_of, fail = self._told["started"], sys._getframe, id, self._fail  # noqa: SLF001
        running = CURRENT.get
        shorten = self._shorten
        # What the next two are called from stands between them and the program's frame.
        inner = at + 1 if shorten is None else at + 2

        def started(code: CodeType) -> Any:
            try:
                key = key_of(code)
                tell = begun.get(key)
                if tell is not None:
                    execution = running()
                    if execution is not None and execution.code is code and not execution.ended:
                        self.settle(execution, frame_at(inner).f_back)  # it calls itself
                    return tell(frame_at(inner))
                return look(code)
            except Exception as error:  # noqa: BLE001 - the observed never pays
                return fail(error)

        def look(code: CodeType) -> Any:
            asked = [discover(code, frame_at(inner + 1)) for discover in self._discover]
            key = key_of(code)
            tell = begun.get(key)
            if tell is not None:  # it has just been found
                return tell(frame_at(inner + 1))
            if any(asked) or self._tool != tool:  # the id is another tool's by now
                return None
            disabled.add(key)
            return disable

        def returned(code: CodeType, execution: Any, value: Any) -> None:
            try:
                if execution is not None and execution.code is code and not execution.ended:
                    self.settle(execution, frame_at(inner))
                frame = frame_at(inner)
                subject = close(frame, None)
                if subject is not None:
                    subject.frame_returned(frame, value)
                    return
                tell = ended.get(key_of(code))
                if tell is not None:
                    tell(frame, value)
            except Exception as error:  # noqa: BLE001 - as above
                fail(error)

        strangers = 0

        def unwound(code: CodeType, _offset: int, error: BaseException) -> None:
            nonlocal strangers
            if not frames and not unwinding and not passed:
                strangers += 1
                if strangers > _PATIENCE:
                    strangers = 0
                    self._rest()
                return
            frame = frame_at(at)
            try:
                execution = running()
                if execution is not None and execution.code is code and not execution.ended:
                    self.settle(execution, frame)
                for watcher in tuple(unwinding):  # it may be the last time for one
                    watcher.unwound(error, frame)
                subject = close(frame, None) or passed.pop(frame, None)
                if subject is not None:
                    subject.frame_unwound(frame, error)
            except Exception as trouble:  # noqa: BLE001 - as above
                fail(trouble)

        def notify(moment: str, of_frame: str) -> Callable[..., None]:
            of_code = self._told[moment]

            def tell(code: CodeType, _offset: int, *facts: Any) -> None:
                frame = frame_at(at)
                try:
                    execution = running()
                    if execution is not None and execution.code is code and not execution.ended:
                        self.settle(execution, frame)
                    subject = frames.get(frame)
                    if subject is not None:
                        getattr(subject, of_frame)(frame)
                        return
                    tell_known = of_code.get(key_of(code))
                    if tell_known is not None:
                        tell_known(frame, *facts)
                except Exception as error:  # noqa: BLE001 - as above
                    fail(error)

            return tell

        def line(code: CodeType, number: int) -> None:
            entry = lines.get(key_of(code))
            if entry is not None:
                try:
                    entry[1](number, frame_at(at))
                except Exception as trouble:  # noqa: BLE001 - as above
                    fail(trouble)

        lines = self._lines

        def calling(code: CodeType, _offset: int, called: Any, first: Any) -> None:
            entry = calls.get(key_of(code))
            if entry is not None:
                try:
                    entry[1].calling(frame_at(at), called, first)
                except Exception as error:  # noqa: BLE001 - as above
                    fail(error)

        def called(code: CodeType, _offset: int, _called: Any, _first: Any) -> None:
            entry = calls.get(key_of(code))
            if entry is not None:
                try:
                    entry[1].called(frame_at(at))
                except Exception as error:  # noqa: BLE001 - as above
                    fail(error)

        def raising(code: CodeType, _offset: int, _called: Any, _first: Any) -> None:
            entry = calls.get(key_of(code))
            if entry is not None:  # with what is told next
                self._raising.append((frame_at(at), entry[1]))
                self._set_global()

        def raised(_code: CodeType, _offset: int, error: BaseException) -> None:
            frame = frame_at(at)
            for entry in tuple(self._raising):
                if entry[0] is frame:
                    self._raising.remove(entry)
                    try:
                        entry[1].raised(frame, error)
                    except Exception as trouble:  # noqa: BLE001 - as above
                        fail(trouble)
            self._set_global()

        ended = self._told["returned"]
        start, end = quick_start(started, fail), quick_end(returned, fail)
        if shorten is not None:
            start, end = shorten(start, end, fail, at)
        callbacks: dict[int, Callable[..., Any]] = {
            events.CALL: calling,
            events.C_RETURN: called,
            events.C_RAISE: raising,
            events.RAISE: raised,
            events.PY_START: start,
            events.PY_RETURN: end,
            events.PY_UNWIND: unwound,
            events.LINE: line,
            events.PY_YIELD: notify("yielded", "frame_yielded"),
            events.PY_RESUME: notify("resumed", "frame_resumed"),
            events.PY_THROW: notify("thrown", "frame_resumed"),
        }
        if self._room.needed:
            callbacks = {
                event: self._room.around(callback, self._essential if event == events.PY_START else ())
                for event, callback in callbacks.items()
            }
        return {**callbacks, events.EXCEPTION_HANDLED: self._on_handled()}


def _outward(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


#: The one of this process.
MONITOR: Final = Monitor()
