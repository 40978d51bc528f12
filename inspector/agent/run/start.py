"""The start of the agent in a process of a watched command: a ring that greets, and eyes for what may be a bus.

Every Python process of the command comes through here, most of them for nothing. So this imports next to nothing, asks
about each piece of code once, by its name, and loads the rest of the agent only where there is something to record.
"""

from __future__ import annotations

import os
import sys
from _json import encode_basestring_ascii, make_encoder, make_scanner
from _thread import allocate_lock, get_native_id, start_new_thread
from time import perf_counter_ns

from ..observe import toolid
from ..procfs import processor_times, read_text
from .ring import (
    CAPACITY,
    CHILD_REFUSED,
    CONTROL,
    ENDED,
    GIVEN_UP,
    HELLO_SIZE,
    LEASE,
    MAY_FIRE,
    MOST,
    PID,
    STATE,
    UNTIL,
    RingError,
    RingWriter,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, ModuleType
    from typing import Any, Final

    from .scout import Scout

__all__ = ["allocate_lock", "start_new_thread"]

#: Where a function publishes on the buses of a library: its name, and its module.
LIBRARY_POINTS: Final = {
    **dict.fromkeys(("Signal.send", "Signal.send_async"), ("blinker.base",)),
    "EventEmitter.emit": ("pyee.base",),
    "EventBus.dispatch": ("bubus.service",),
    "Publisher.sendMessage": ("pubsub.core.publisher",),
    "SimpleEventEmitter.emit": ("litestar.events.emitter",),
    "InMemoryEventBus.publish": ("inspector.core.bus.bus",),
    **dict.fromkeys(
        ("BrokerUsecase.connect", "BrokerUsecase.start", "BrokerUsecase.publish"),
        ("faststream._internal.broker.broker", "faststream.broker.core.usecase"),
    ),
    "TestBroker._fake_start": ("faststream._internal.testing.broker", "faststream.testing.broker"),
    **dict.fromkeys(("TransactionContext.publish", "TransactionContext.publish_async"), ("lato.transaction_context",)),
    "dispatch": ("fastapi_events.dispatcher",),
    "PluginManager._hookexec": ("pluggy._manager",),
    **dict.fromkeys(("SignalInstance.emit", "SignalInstance.emit_fast"), ("psygnal._signal",)),
    "<module>": ("psygnal",),  # which is compiled: only its package is seen
    **dict.fromkeys(("Signal.send_robust", "Signal.asend", "Signal.asend_robust"), ("django.dispatch.dispatcher",)),
}
LIBRARY_POINTS["Signal.send"] = ("blinker.base", "django.dispatch.dispatcher", "celery.utils.dispatch.signal")
#: Where a test runs.
TEST_POINT: Final = ("runtestprotocol", "_pytest.runner")
#: Where a program begins to serve: its buses are wired by then, as far as they are before something is published.
SERVES: Final = {
    "run": ("asyncio.runners", "trio._core._run", "uvloop"),
    "Runner.run": ("asyncio.runners",),
    "BaseEventLoop.run_forever": ("asyncio.base_events",),
    "BaseServer.serve_forever": ("socketserver",),
}
#: What is called when ``subprocess`` has started a process: its method, and its module.
STARTS: Final = ("Popen._close_pipe_fds", "subprocess")
#: The message that says so: number and start of the process, command, file, and what we need of its environment.
STARTED: Final = "started"
#: Variables by which a process reports.
_NEEDED: Final = ("INSPECTOR_RUN", "PYTHONPATH")
#: What methods are called that publish, and those by which one subscribes on the same class: how either begins.
PUBLISHES: Final = (
    *("publish", "emit", "send", "dispatch", "notify", "fire", "raise_event", "broadcast", "trigger", "post"),
    *("announce", "handle"),
)
#: What methods of such a class are called that may publish, too: commands and queries of a bus of events.
ASKS: Final = ("execute", "invoke", "ask", "query", "request")
SUBSCRIBES: Final = (
    *("subscribe", "register", "on", "connect", "listen", "attach", "observe", "bind", "hook"),
    *("add", "when", "sub"),
)
#: What attributes are called that hold handlers: a part of their names.
HOLDS: Final = ("handler", "subscriber", "listener", "receiver", "observer", "callback")
#: Of code that has local variables: neither a module nor the body of a class.
_OPTIMIZED: Final = 0x01
#: No file of the program's own has this in its path.
_INSTALLED: Final = ("/site-packages/", "/dist-packages/")
_STANDARD: Final = os.__file__.rpartition("/")[0] + "/"
_OURS: Final = __file__.rpartition("/agent/")[0] + "/"
_ENCODE: Final[Any] = make_encoder(None, repr, encode_basestring_ascii, None, ":", ",", False, True, False)
#: Seconds for which a thread waits for another that loads the agent and does nothing meanwhile.
_LONGEST: Final = 5.0
_NOT_AWAITED: Final = "A publication was not recorded: another thread was still loading the agent."
#: Python can be asked about code.
WATCHES: Final = sys.version_info >= (3, 12)
if TYPE_CHECKING or not WATCHES:
    from .older import Libraries
_OLD: Final = "Python {} shows only buses of libraries that are known by their class; 3.12 or newer shows all buses."


def encoded(value: Any) -> bytes:
    """Return a value of plain data as JSON."""
    return "".join(_ENCODE(value, 0)).encode("ascii")


#: How a text is written as JSON, in ASCII.
quoted: Final = encode_basestring_ascii


class _Scanning:
    """How JSON is read, without ``json``."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: dict[str, str] = {}  # noqa: RUF012


def decoded(text: str) -> Any:
    """Return what a JSON text says.

    Raises:
        ValueError: It is none.
    """
    try:
        return make_scanner(_Scanning)(text.strip(), 0)[0]  # type: ignore[arg-type]
    except StopIteration as error:
        raise ValueError("not JSON") from error


def is_own(file: str) -> bool:
    """Return whether a file is the program's own, as far as its path says it at a glance."""
    if file.startswith(("<", _STANDARD, _OURS)):
        return file.startswith(("<ipython", _OURS + "demo/"))
    return not any(folder in file for folder in _INSTALLED)


class Wanted:
    """A bus that the person has named: ``module:attribute``.

    Attributes:
        where: How they named it.
        module: Its module.
        path: The attribute; empty for the module itself.
        there: It has been there: a bus, or a factory.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.module, _, self.path = where.partition(":")
        self.there = False
        self._file = self.module.replace(".", "/") + ".py"

    def is_module(self, frame: FrameType) -> bool:
        """Return whether a frame belongs to the module, which may run as the program itself."""
        return self.fits(frame.f_globals)

    def fits(self, variables: dict[str, Any]) -> bool:
        """Return whether these are the variables of the module."""
        name = variables.get("__name__")
        if name == self.module:
            return True
        if name not in ("__main__", "__mp_main__"):
            return False
        spec = variables.get("__spec__")
        if spec is not None:
            named: bool = spec.name in (self.module, self.module + ".__main__")
            return named
        return f"/{variables.get('__file__', '')}".endswith("/" + self._file)


class Agent:
    """The agent of one process.

    Args:
        folder: Where rings are.
        spec: What the launcher says: ``name``, ``app``, ``catalog``, ``session``, ``options``, ``budget``, ``fire``
            when firing is allowed, and ``ring``, the bytes of its ring.

    Attributes:
        ring: Where rows go; None when there is no room for one.
        wanted: The buses that the person has named.
        spec: What the launcher says.
        scout: What looks for buses, once there is something that may be one.
    """

    def __init__(self, folder: str, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.wanted = [Wanted(where) for where in spec.get("app") or () if type(where) is str]
        self.scout: Scout | None = None
        self._folder = folder
        size = spec.get("ring")
        self._capacity = size if type(size) is int and 1 << 16 <= size <= MOST else CAPACITY
        self._tool = -1
        self._waking = self._has_left = self._prepared = False
        self._lock = allocate_lock()
        self._loader = 0
        #: The thread in which the rest of the agent looks at something now.
        self._inside = 0
        self._libraries: Libraries | None = None
        self.ring: RingWriter | None = self._greet()

    def _greet(self, before: RingWriter | None = None) -> RingWriter | None:
        """Return a ring in which this process says who it is; None where there is no room for one.

        Args:
            before: That of the process that it was forked off by.
        """
        hello: dict[str, Any] = {
            "argv": [word[:200] for word in sys.orig_argv[:24]],
            "executable": (sys.executable or "")[:400],
            "python": sys.version.split()[0],
            "cwd": _folder_here()[:400],
            "agent": sys.modules[__name__.partition(".")[0]].__dict__.get("__version__", ""),
        }
        if not WATCHES:
            hello["limit"] = _OLD.format(hello["python"])
        if before is not None:
            hello["forked"] = True
        text = encoded(hello)
        if len(text) > HELLO_SIZE:
            text = encoded({**hello, "argv": [word[:40] for word in sys.orig_argv[:8]], "cwd": "", "executable": ""})
        try:
            ring = RingWriter(
                self._folder,
                text,
                name=perf_counter_ns(),
                started=_started(),
                parent=before.get(PID) if before is not None else 0,
                interpreter=_interpreter(),
                capacity=self._capacity,
            )
        except RingError as error:
            if before is not None:  # which is mapped here, too
                before.set(CHILD_REFUSED, error.number)
            return None
        if self.spec.get("fire") is True:
            ring.set(UNTIL, perf_counter_ns() + LEASE)
            ring.set(CONTROL, MAY_FIRE)
        return ring

    def forked(self) -> None:
        """Begin anew in a child of this process."""
        try:
            self._lock = allocate_lock()
            if self.ring is not None:
                self.ring = self._greet(self.ring)
                if self.scout is not None:
                    self.scout.forked(self.ring)
        except Exception:  # noqa: BLE001 - the observed never pays
            self.ring = None

    def ended(self) -> None:
        """Take note that the process ends in order. Nothing is asked from here on: modules go next."""
        self.leave()
        try:
            if self.scout is not None:
                self.scout.ended()
        except Exception as error:  # noqa: BLE001 - the observed never pays
            self.fail(error)
        if self.ring is not None:
            self.ring.set(STATE, ENDED)

    def say(self, *message: Any) -> None:
        """Write a message for the reader."""
        if self.ring is not None:
            try:
                self.ring.put((encoded(message),))
            except RingError:
                self.ring.set(STATE, GIVEN_UP)
                self.ring = None

    def say_started(self, frame: FrameType) -> None:
        """Report a process that is started and may not be able to report: it may have ended before it can be looked at.

        Args:
            frame: Of ``STARTS``, or of something that is called so, too.
        """
        caller = frame.f_back
        if caller is None or frame.f_globals.get("__name__") != STARTS[1]:
            return
        facts = caller.f_locals
        words, pid = facts.get("args"), getattr(facts.get("self"), "pid", None)
        environment: Any = facts.get("env")
        if environment is None:
            environment = os.environ
        if type(words) not in (list, tuple) or not words or type(pid) is not int:
            return
        if type(environment) not in (dict, os._Environ):  # noqa: SLF001 - whose methods are the program's
            return
        variables: dict[Any, Any] = dict(environment)
        texts = [os.fsdecode(word)[:200] for word in words[:24]]
        file = os.fsdecode(facts.get("executable") or words[0])
        needed = {name: variables.get(name, variables.get(name.encode())) for name in _NEEDED}
        ours = {name: os.fsdecode(value) for name, value in needed.items() if value is not None}
        reports = ours.get(_NEEDED[0]) == self._folder and f"{_OURS}agent/run/front" in ours.get(_NEEDED[1], "")
        if not reports or any(word.rpartition("/")[2].startswith(("python", "pypy")) for word in (file, *texts[:1])):
            self.say(STARTED, pid, _started(pid), texts, file, ours)

    def give_up(self, text: str) -> None:
        """Report why nothing is recorded any more."""
        self.say("trouble", text, "")
        if self.ring is not None:
            self.ring.set(STATE, GIVEN_UP)

    # -- looking around ------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Ask about each piece of code that runs, once; where Python cannot be asked, wait for known libraries."""
        if not WATCHES:
            named = {item.module for item in self.wanted}
            self._libraries = Libraries(LIBRARY_POINTS, named, met=self._met, imported=self._came, fail=self.fail)
            self._libraries.begin()
            return
        tool = toolid.take(self._move)
        if tool < 0:
            self.give_up(toolid.NONE_LEFT)
            return
        self._tool = tool
        event = toolid.MONITORING.events.PY_START
        toolid.MONITORING.register_callback(tool, event, self._callback(tool, toolid.MONITORING.DISABLE))
        toolid.MONITORING.set_events(tool, event)

    def _move(self) -> None:
        """Ask on by another tool id: the program wants ours. What was asked about is asked about again."""
        before, self._tool = self._tool, -1
        if before >= 0:
            toolid.MONITORING.set_events(before, 0)
            self.look()
            if self._has_left:  # on another thread, just now
                self.leave()
            toolid.release(before)
            toolid.MONITORING.restart_events()  # what is disabled is so also for the next owner of an id

    def _callback(self, tool: int, disable: Any) -> Any:
        """Return what is asked about code. It is a closure: at the end of the interpreter globals are gone."""
        wanted, alone, any_of = self.wanted, not self.wanted, any
        modules, wake, frame_at = {item.module for item in wanted}, self._wake, sys._getframe  # noqa: SLF001
        points = LIBRARY_POINTS if alone else {}
        test, verbs, own, may_be, fail = TEST_POINT, (*PUBLISHES, *ASKS), is_own, may_publish, self.fail
        starts, say_started = STARTS, self.say_started
        #: What speaks for a bus, and that the program serves: with both the rest of the agent will be needed.
        signs, serves, libraries = {"bus": False, "serves": False}, SERVES if alone else {}, {*sum(points.values(), ())}

        def look_ahead(code: CodeType, name: str) -> None:
            if name in serves:
                signs["serves"] |= frame_at(2).f_globals.get("__name__") in serves[name]
                signs["bus"] |= signs["serves"] and not libraries.isdisjoint(sys.modules)
            elif not code.co_flags & _OPTIMIZED:
                signs["bus"] |= declares_bus(code) and own(code.co_filename)
            else:
                return
            if signs["bus"] and signs["serves"] and not self._prepared:
                self._prepare()

        def started(code: CodeType, _offset: int) -> Any:
            name = code.co_qualname
            try:
                if name == starts[0]:
                    say_started(frame_at(1))
                    return None
                if wanted and name == "<module>":
                    frame = frame_at(1)
                    if frame.f_globals.get("__name__") in modules or fits_main(frame):
                        wake(frame)
                elif name in points or name == test[0]:
                    frame = frame_at(1)
                    module = frame.f_globals.get("__name__")
                    if module in points.get(name, test[1:]):
                        wake(frame)
                elif alone and code.co_name.startswith(verbs) and own(code.co_filename):
                    frame = frame_at(1)
                    if may_be(frame) is not None:
                        wake(frame)
                elif alone:
                    look_ahead(code, name)
            except Exception as error:  # noqa: BLE001 - the observed never pays
                fail(error)
            # Who goes on asks about this code, too; and the id may be another tool's by now.
            return None if self._waking or self._tool != tool else disable

        def fits_main(frame: FrameType) -> bool:
            main = frame.f_globals.get("__name__") in ("__main__", "__mp_main__")
            return main and any_of(item.is_module(frame) for item in wanted)

        return started

    def _wake(self, frame: FrameType) -> None:
        """Load the rest of the agent, which goes on with this very call; who publishes meanwhile waits for it."""
        self._waking = True
        self._load(lambda scout: scout.take(frame))

    def _prepare(self) -> None:
        """Import the rest of the agent as a program that may have a bus begins to serve: later its loop would wait."""
        self._prepared = True
        if self.scout is None and self._turn():
            try:
                self._loader = get_native_id()
                _import_scout()
            finally:
                self._lock.release()

    def _load(self, go_on: Callable[[Scout], Any]) -> Any:
        """Load the rest of the agent; return what is made of it, None where that cannot be."""
        if self.ring is None:
            return None
        if not self._turn():
            self.say("trouble", _NOT_AWAITED, "")
            return None
        try:
            self._loader = self._inside = get_native_id()
            if self.scout is None:
                self.scout = _import_scout()(self)
                self.scout.begin()
            return go_on(self.scout)
        except Exception as error:  # noqa: BLE001 - the observed never pays
            self.fail(error)
        finally:
            self._inside = 0
            self._lock.release()
            if WATCHES:
                self.leave()
        return None

    def _met(self, library: str, first: Any) -> bool:
        """Take what a function of a library's is called with; return whether there is a new bus."""
        if self._inside == get_native_id():  # what is read publishes
            return False
        return bool(self._load(lambda scout: scout.met(library, first)))

    def _came(self, name: str, module: ModuleType) -> None:
        """Take a module that has run: what was named may be in it."""
        if self._inside != get_native_id():
            self._load(lambda scout: scout.came(name, module))

    def _turn(self) -> bool:
        """Wait while another thread loads the agent; return False where it stands still, perhaps because of us.

        On a busy machine that may take long: as long as it takes any processor time it is waited for.
        """
        before = -1
        while not self._lock.acquire(timeout=_LONGEST):
            ran, _ = processor_times(f"self/task/{self._loader}")
            if ran == before:
                return False
            before = ran
        return True

    def fail(self, error: Exception) -> None:
        """Report that the agent has failed, and record nothing any more."""
        self.give_up(f"The agent failed: {type(error).__name__}: {error}"[:500])
        self.ring = None
        self.leave()

    def leave(self) -> None:
        """Ask about nothing any more."""
        self._has_left = True
        if self._libraries is not None:
            self._libraries.end()
        if self._tool >= 0:
            tool, self._tool = self._tool, -1
            toolid.release(tool)


def _import_scout() -> type[Scout]:
    """Import the rest of the agent, and keep its bytecode whatever the program wants: else each process compiles it."""
    keeps, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        from .scout import Scout
    finally:
        sys.dont_write_bytecode = keeps
    return Scout


def declares_bus(code: CodeType) -> bool:
    """Return whether code is the body of a class with methods that are called like publishing and subscribing."""
    names = code.co_names
    return (
        "__qualname__" in names
        and any(name.startswith(PUBLISHES) for name in names)
        and any(name.startswith(SUBSCRIBES) for name in names)
    )


def may_publish(frame: FrameType) -> Any:
    """Return the object or the module's variables that may be a bus, where a frame is a call of its publish method."""
    code = frame.f_code
    if code.co_qualname == code.co_name:
        names = [name for name, value in frame.f_globals.items() if callable(value)]
        return frame.f_globals if code.co_argcount and any(name.startswith(SUBSCRIBES) for name in names) else None
    if code.co_argcount + code.co_kwonlyargcount < 2 and not code.co_flags & 0x0C:
        return None
    owner = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
    cls = owner if isinstance(owner, type) else type(owner)
    if cls.__module__ == "builtins" or not _is_its_own(cls, code.co_name):
        return None
    for base in cls.__mro__[:-1]:
        if any(name.startswith(SUBSCRIBES) and callable(value) for name, value in vars(base).items()):
            return owner
    held = getattr(owner, "__dict__", None)
    names = list(held) if type(held) is dict else []
    return owner if any(word in name for name in names if type(name) is str for word in HOLDS) else None


def _is_its_own(cls: type, name: str) -> bool:
    """Return whether a method may publish: none that a class of the standard library has, as ``logging.Handler.emit``.

    One that is called like asking may where others of its class are called like publishing.
    """
    named: set[str] = set()
    for base in cls.__mro__[:-1]:
        if name in vars(base) and base.__module__.partition(".")[0] in sys.stdlib_module_names:
            return False
        named.update(vars(base))
    return name.startswith(PUBLISHES) or any(other.startswith(PUBLISHES) for other in named)


def begin(folder: str, text: str | None = None) -> Agent | None:
    """Start the agent of this process; return it, or None where it cannot be.

    Args:
        folder: Where its ring is.
        text: What it is told, as JSON; None: what the launcher has left.
    """
    text = text or os.environ.get("INSPECTOR_RUN_SPEC")
    if not text:
        text = read_text(f"{folder}/spec.json")
    spec = decoded(text) if text else {}
    agent = Agent(folder, spec if isinstance(spec, dict) else {})
    if agent.ring is None:
        return None
    import atexit

    os.register_at_fork(after_in_child=agent.forked)
    atexit.register(agent.ended)
    agent.look()
    return agent


def _started(pid: int | None = None) -> int:
    """Return when a process was started, this one, in clock ticks since the machine was; 0 when that is not known."""
    fields = read_text(f"/proc/{pid or 'self'}/stat").rpartition(")")[2].split()
    return int(fields[19]) if len(fields) > 19 else 0


def _interpreter() -> int:
    """Return the number of this interpreter; 0 for the main one."""
    import _thread

    if getattr(_thread, "_is_main_interpreter", lambda: True)():
        return 0
    try:
        import _interpreters  # type: ignore[import-not-found]

        return int(_interpreters.get_current()[0])
    except ImportError:
        import _xxsubinterpreters  # type: ignore[import-not-found]

        return int(_xxsubinterpreters.get_current())


def _folder_here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - pathlib is no light import
    except OSError:
        return ""
