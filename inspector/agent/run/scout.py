"""The scout: finds the buses that the program itself has made, when it has made them.

A bus that the person has named is the attribute of its module as soon as it is there, or what the program's own factory
returns; nothing is imported and nothing called for it. A bus of a library is known by its class, when it publishes.
Where nobody has named one, a class with the usual verbs for publishing and subscribing is proposed. The call in which a
bus is found is recorded like those that follow.
"""

from __future__ import annotations

import gc
import inspect
import logging
import sys
import threading
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.identity import plain_function
from ...core.own_code import is_own_class, own_modules
from ..handlers import Handler
from ..libraries.base import LibraryAdapter
from ..libraries.every import library_adapters
from ..libraries.psygnal import EMISSIONS
from ..observe.monitor import MONITOR
from ..observe.toolid import NONE_LEFT
from ..observe.watchers import Watcher
from ..process.loader import is_factory
from ..reading.discovery import SURE, find_certain
from ..reading.map_bus.connection import ALONE
from .reporter import Reporter
from .start import ASKS, LIBRARY_POINTS, PUBLISHES, SERVES, STARTS, TEST_POINT, WATCHES, Wanted, is_own, may_publish
from .wayin import PULSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .ring import RingWriter
    from .start import Agent

#: Buses of one process that are recorded: a factory may make one for each request.
MOST: Final = 100
_FULL: Final = "Only the first {} buses of this process are recorded."
_FEWER: Final = "Choose one with --app MODULE:ATTR."
_NOT_FOLLOWED: Final = (
    "{} is a function or a class: on Python 3.11 all buses of known libraries are recorded instead of what it returns."
)
_NOT_KNOWN: Final = "{} is not a bus of a known library: it is recorded on Python 3.12 and newer only."
#: How often something that was named is looked at again that was no bus yet.
_TRIES: Final = 20
#: Classes whose source is read in vain before no other is proposed.
_REFUSALS: Final = 50
_GENERATES: Final = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
_WRAPPED: Final = "async_generator_wrapped_value"


class Scout:
    """Looks for buses.

    Args:
        agent: Of this process.
    """

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._wanted = agent.wanted
        self._alone = not agent.wanted
        self._reporter = Reporter(agent)
        self._lock = threading.RLock()
        #: Modules that run or have run, with what is named in them and is not there yet.
        self._open: list[_Opened] = []
        self._tries: dict[int, int] = {}
        #: By where a factory is whether it has ever returned anything.
        self._made: dict[str, bool] = {}
        self._factories: dict[int, tuple[CodeType, Any]] = {}
        #: Classes and modules whose publish methods turned out to be none.
        self._refused: set[int] = set()
        #: Buses that have joined, or what holds them, by their ids, each with where it is: they are kept.
        self._joined: dict[int, tuple[str, Any]] = {}
        #: By the package of a library who reads its buses.
        self._adapters = {
            adapter.classes[0].partition(".")[0]: adapter
            for adapter in library_adapters()
            if isinstance(adapter, LibraryAdapter)
        }
        self._numbers: dict[type[Any], int] = {}
        #: Buses of libraries that could not be recorded.
        self._vain = 0
        self._told_full = False
        self._reporter.unknown = self.unknown

    def begin(self) -> None:
        """Take over from the agent, which asks until a bus has been looked at: no call slips through in between."""
        # What goes wrong in the agent is told to the reader; the program's log is its own.
        logger = logging.getLogger(__name__.partition(".")[0])
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        if not WATCHES:
            return
        if not self._reporter.begin():
            self._agent.leave()
            if not self._reporter.begin():
                self._agent.give_up(NONE_LEFT)
                return
            MONITOR.ask_again()
        MONITOR.discover(self.asked)

    def take(self, frame: FrameType) -> None:
        """Look at a call that has just begun, unless our own tool has been told of it by now."""
        if frame not in MONITOR.frames and frame not in MONITOR.passed and self.asked(frame.f_code, frame):
            MONITOR.begin_in(frame)

    def forked(self, ring: RingWriter | None) -> None:
        """Begin anew in a child of this process."""
        self._lock = threading.RLock()
        self._reporter.forked(ring)

    def ended(self) -> None:
        """Report what was named and is not there as the process ends, and watch nothing any more."""
        self._reporter.way_in.ended()
        if not WATCHES:
            self._look_again(last=True)
        for where in [where for where, is_value in self._made.items() if not is_value]:
            self._agent.say("trouble", f"{where} is not a bus: it is a function that returned None.", "")
        # A module may have been run more than once: what was there in one of these need not be in the others.
        for entry in [entry for entry in self._open if not entry.wanted.there]:
            wanted = entry.wanted
            value = _value_at(entry.variables, wanted.path, ask=False)
            if value is not None:
                self._reporter.join(wanted.where, value, tell=True, least=ALONE)
            elif wanted.path:
                self._agent.say("trouble", f"No attribute {wanted.path} in module {wanted.module}.", "")
        MONITOR.close()
        self._reporter.ended()

    # -- where Python cannot be asked ----------------------------------------------------------------------------------

    def met(self, library: str, first: Any) -> bool:
        """Record the buses that a call of one of a library's functions is of; return whether there is a new one.

        Args:
            library: The module of the function.
            first: What it is called with first.
        """
        before = len(self._joined)
        if not self._alone:
            self._look_again()
        adapter = self._adapters.get(library.partition(".")[0])
        buses = tuple((first,) if adapter is None else adapter.buses_of(first))
        if self._alone:
            self._join_library(buses)
        else:
            for bus in buses:
                if bus is not None and id(bus) not in self._joined:
                    self._sibling(bus)
        return len(self._joined) > before

    def came(self, name: str, module: ModuleType) -> None:
        """Look at a module that has run: a compiled library, or one in which something was named."""
        if self._alone and name in LIBRARY_POINTS["<module>"]:
            EMISSIONS.discover(self.emitted)
        self._open += [_Opened(wanted, vars(module)) for wanted in self._wanted if wanted.module == name]
        self._look_again()

    def _look_again(self, *, last: bool = False) -> None:
        """Look whether what is named is there by now, and a bus of a library.

        Args:
            last: The process ends.
        """
        main = vars(sys.modules["__main__"])
        opened = [entry.wanted for entry in self._open]
        self._open += [_Opened(wanted, main) for wanted in self._wanted if wanted not in opened and wanted.fits(main)]
        for entry in [entry for entry in self._open if not entry.wanted.there]:
            wanted = entry.wanted
            value = _value_at(entry.variables, wanted.path, ask=entry.variables is not main)
            if value is None:
                continue
            buses = find_certain(wanted.where, value)
            if buses:
                wanted.there = True
                for bus in buses:
                    self._join(bus.where, bus.value)
                self._reporter.describe()
            elif is_factory(value):
                wanted.there = self._alone = True
                self._agent.say("trouble", _NOT_FOLLOWED.format(wanted.where), "")
            elif last or is_own_class(type(value)):
                wanted.there = True
                self._agent.say("trouble", _NOT_KNOWN.format(wanted.where), "")

    def asked(self, code: CodeType, frame: FrameType) -> bool:
        """Look at code that is called; return whether to look at its next call."""
        name = code.co_qualname  # type: ignore[attr-defined,unused-ignore]  # there is one from Python 3.11 on
        if name == "<module>":
            self._module(code, frame)
            if self._alone and frame.f_globals.get("__name__") in LIBRARY_POINTS[name]:
                MONITOR.watch(code, _CompiledLibrary(self))
            return False
        if name == TEST_POINT[0] and frame.f_globals.get("__name__") == TEST_POINT[1]:
            self._reporter.watch_tests(code)
            return True
        if name == STARTS[0]:
            self._agent.say_started(frame)
            return True
        if self._open and is_own(code.co_filename):
            self._look()
        self._reporter.watch_effect(code, frame)
        module = frame.f_globals.get("__name__")
        if module == PULSES.get(name, ""):
            MONITOR.watch(code, self._reporter.way_in)
        if module in SERVES.get(name, ()):
            self._reporter.describe()
            return False
        for wanted in self._wanted:
            if name == wanted.path and wanted.is_module(frame):
                self._watch_factory(wanted, code, None)
                return True
        if not self._alone:
            return False
        modules = LIBRARY_POINTS.get(name)
        if modules is not None and frame.f_globals.get("__name__") in modules:
            return self._library(frame)
        if code.co_name.startswith((*PUBLISHES, *ASKS)) and is_own(code.co_filename):
            return self._propose(frame)
        return False

    # -- what the person has named -------------------------------------------------------------------------------------

    def _module(self, code: CodeType, frame: FrameType) -> None:
        """Look at each line that a module runs, until what is named in it is there."""
        variables = frame.f_globals
        if any(entry.variables is variables for entry in self._open):
            return
        opened = [_Opened(wanted, variables) for wanted in self._wanted if wanted.is_module(frame)]
        if not opened:
            return
        self._open += opened
        last = max((line for _, _, line in code.co_lines() if line is not None), default=0)
        MONITOR.watch(code, _ModuleEnd(self))

        def line(number: int, frame: FrameType) -> None:
            self._look(last=number >= last)
            if not any(entry.variables is frame.f_globals for entry in self._open):
                MONITOR.leave_lines(code)
                if number >= last:
                    self._reporter.describe()

        MONITOR.watch_lines(code, line)

    def module_ended(self, code: CodeType) -> None:
        """Take note that a module has run to its end."""
        MONITOR.leave_lines(code)
        self._look(last=True)
        self._reporter.describe()

    def _look(self, *, last: bool = False) -> None:
        """Look whether what is named is there by now."""
        with self._lock:
            for entry in tuple(self._open):
                wanted = entry.wanted
                value = _value_at(entry.variables, wanted.path, ask=last)
                if value is None or entry not in self._open:
                    continue
                if wanted.path and is_factory(value):
                    wanted.there = True
                    self._open.remove(entry)
                    self._factory(wanted, value)
                    continue
                tries = self._tries[id(wanted)] = self._tries.get(id(wanted), 0) + 1
                final = tries == _TRIES  # until then its containers may be filled
                if tries <= _TRIES and self._join(wanted.where, value, last=final, least=0 if final else ALONE):
                    wanted.there = True
                    self._open.remove(entry)

    def _factory(self, wanted: Wanted, value: Any) -> None:
        """Watch the calls of a factory of the program's own."""
        if isinstance(value, type):
            functions = [plain_function(member) for member in vars(value).values()]
            constructor = plain_function(inspect.getattr_static(value, "__init__", None))
            for function in (constructor,) if isinstance(constructor, FunctionType) else functions:
                if isinstance(function, FunctionType):
                    self._watch_factory(wanted, function.__code__, value)
            return
        code = Handler(value).code
        if code is not None:
            self._watch_factory(wanted, code, None)

    def _watch_factory(self, wanted: Wanted, code: CodeType, cls: type[Any] | None) -> None:
        if id(code) not in self._factories:
            watch = _FactoryWatch(self, wanted.where, cls)
            self._factories[id(code)] = code, watch
            MONITOR.watch(code, watch)

    def made(self, where: str, value: Any) -> None:
        """Take what a factory of the program's has returned."""
        if value is None:
            self._made.setdefault(where, False)
        if value is None or inspect.isawaitable(value):
            return
        with self._lock:
            self._made[where] = True
            self._join(where, value)
            self._reporter.describe()

    # -- what nobody has named -----------------------------------------------------------------------------------------

    def _library(self, frame: FrameType) -> bool:
        """Record a bus of a library that publishes, and those of its class that the program holds."""
        code = frame.f_code
        first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        adapter = self._adapters.get(str(frame.f_globals.get("__name__")).partition(".")[0])
        self._join_library((first,) if adapter is None else adapter.buses_of(first))
        return True  # it may be of another bus the next time

    def _join_library(self, buses: Iterable[Any]) -> None:
        """Record buses of a library."""
        fresh = [bus for bus in buses if bus is not None and id(bus) not in self._joined]
        if not fresh or self._is_full() or self._vain > _REFUSALS:
            return
        with self._lock:
            named = {id(value): (where, value) for bus in fresh for where, value in _held(type(bus))}
            for bus in fresh:
                if id(bus) not in named:
                    named[id(bus)] = self._nameless(type(bus)), bus
            for where, value in named.values():
                self._vain += not self._join(where, value)
            self._reporter.describe()

    def _nameless(self, cls: type[Any]) -> str:
        """Return what to call a bus of a class that nothing of the program's holds by a name."""
        number = self._numbers[cls] = self._numbers.get(cls, 0) + 1
        return f"{cls.__module__}:{cls.__qualname__}" + (f" {number}" if number > 1 else "")

    def emitted(self, signal: Any) -> None:
        """Look at a signal of psygnal's that is emitted by compiled code."""
        try:
            self._join_library(self._adapters["psygnal"].buses_of(signal))
        except Exception as error:  # noqa: BLE001 - the observed never pays
            self._agent.fail(error)

    def _is_full(self) -> bool:
        """Return whether no further bus is recorded, and say so once."""
        if len(self._joined) < MOST:
            return False
        if not self._told_full:
            self._told_full = True
            self._agent.say("trouble", _FULL.format(MOST), _FEWER)
        return True

    def _propose(self, frame: FrameType) -> bool:
        """Record what looks like a bus, as a proposal."""
        owner = may_publish(frame)
        if owner is None:
            return False
        key = id(owner if isinstance(owner, (dict, type)) else type(owner))
        if key in self._refused or len(self._refused) > _REFUSALS:
            return False
        with self._lock:
            value: Any = sys.modules.get(owner.get("__name__", "")) if type(owner) is dict else owner
            where = frame.f_globals.get("__name__", "") if type(owner) is dict else _where(owner)
            if value is None or not self._join(where, value, least=SURE):
                self._refused.add(key)
                return False
            self._reporter.describe()
        return True

    def _join(self, where: str, value: Any, *, last: bool = True, least: int = ALONE) -> bool:
        """Record a bus from now on; return whether it is one."""
        if id(value) in self._joined:
            return True
        if self._is_full():
            return False
        if not self._reporter.join(where, value, tell=last and least < SURE, least=least):
            return False
        self._joined[id(value)] = where, value
        self._reporter.way_in.joined()
        return True

    def unknown(self, frame: FrameType) -> bool:
        """Look at a call of a publish method that is of no bus that is recorded; return whether it is now."""
        code = frame.f_code
        owner = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        if owner is None or id(owner) in self._joined:
            return False
        if not self._alone:
            return self._sibling(owner)
        if code.co_qualname in LIBRARY_POINTS:  # type: ignore[attr-defined,unused-ignore]  # as above
            before = len(self._joined)
            self._library(frame)
            return len(self._joined) > before
        return not self._is_full() and self._propose(frame)

    def _sibling(self, owner: Any) -> bool:
        """Record another object of the class of a bus that was named; return whether it is one.

        A program may make one for each request, and its handlers would be taken for those of the one that was named.
        """
        kind, program = type(owner), self._reporter.program
        if isinstance(owner, type) or program is None or self._is_full():
            return False
        if kind not in {type(bus) for bus in program.buses}:
            return False
        with self._lock:
            for where, holder in [entry for entry in self._joined.values() if type(entry[1]) is not kind]:
                self._reporter.join(where, holder, tell=False)  # it may hold more than when it was found
            joined = any(bus is owner for bus in program.buses) or self._join(_where(owner), owner)
            self._reporter.describe()
        return joined


class _Opened:
    """A module that runs or has run, and something named in it that is not there yet; equal to itself only."""

    __slots__ = ("variables", "wanted")

    def __init__(self, wanted: Wanted, variables: dict[str, Any]) -> None:
        self.wanted = wanted
        self.variables = variables


class _CompiledLibrary(Watcher):
    """Watches the end of the package of a library whose code cannot be watched: it is there then."""

    def __init__(self, scout: Scout) -> None:
        self._scout = scout

    def returned(self, frame: FrameType, value: Any) -> None:  # noqa: ARG002 - as the base class has it
        """Ask about its signals."""
        EMISSIONS.discover(self._scout.emitted)


class _ModuleEnd(Watcher):
    """Watches the end of a module's code."""

    def __init__(self, scout: Scout) -> None:
        self._scout = scout

    def returned(self, frame: FrameType, value: Any) -> None:  # noqa: ARG002 - as the base class has it
        """Look once more."""
        self._scout.module_ended(frame.f_code)


class _FactoryWatch(Watcher):
    """Watches a function that makes a bus, or the constructor and the methods of a class that is one."""

    def __init__(self, scout: Scout, where: str, cls: type[Any] | None) -> None:
        self._scout = scout
        self._where = where
        self._cls = cls

    def suspends(self, code: CodeType) -> bool:
        """Return whether what it yields is of interest."""
        return bool(code.co_flags & _GENERATES)

    def returned(self, frame: FrameType, value: Any) -> None:
        """Take what it returns, or what it has made; of a class that is used itself, the class."""
        code = frame.f_code
        cls = self._cls
        if cls is not None:
            first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
            if not (isinstance(first, cls) or (not isinstance(value, cls) and first is cls)):
                return
            value = first
        elif code.co_flags & _GENERATES:
            return
        self._scout.made(self._where, value)

    def yielded(self, frame: FrameType, value: Any) -> None:
        """Take what it yields."""
        if frame.f_code.co_flags & _GENERATES and self._cls is None:
            if type(value).__name__ == _WRAPPED:
                (value, *_) = gc.get_referents(value) or (None,)
            self._scout.made(self._where, value)


def _value_at(variables: dict[str, Any], path: str, *, ask: bool) -> Any:
    """Return what a path of attributes names in a module; None while it is not there.

    Args:
        variables: Of the module.
        path: The path; empty for the module itself.
        ask: Properties may be asked: the module has run to its end.
    """
    if not path:
        begun = getattr(variables.get("__spec__"), "_initializing", False)
        return sys.modules.get(variables.get("__name__", "")) if ask or not begun else None
    first, *rest = path.split(".")
    value = variables.get(first)
    for name in rest:
        if value is None:
            return None
        member = inspect.getattr_static(value, name, None)
        if hasattr(type(member), "__get__") and not isinstance(value, (type, ModuleType)):
            member = getattr(value, name, None) if ask else None
        value = member
    return value


def _held(cls: type[Any]) -> list[tuple[str, Any]]:
    """Return what is of a class, or of one beside it, and held by a name: in modules of the program and of the library.

    What classes and objects hold counts in the program's own modules.
    """
    bases = tuple(base for base in cls.__mro__ if base.__module__ == cls.__module__) or (cls,)
    library = cls.__module__.partition(".")[0]
    held: dict[int, tuple[str, Any]] = {}
    owners: list[tuple[str, Any]] = []
    for module in own_modules():
        for name, value in tuple(vars(module).items()):
            if issubclass(type(value), bases):
                held.setdefault(id(value), (f"{module.__name__}:{name}", value))
            elif not issubclass(type(value), ModuleType) and not name.startswith("__"):
                owners.append((f"{module.__name__}:{name}", value))
    for where, owner in owners:
        for name, value in tuple(_variables(owner).items()):
            if issubclass(type(value), bases):
                held.setdefault(id(value), (f"{where}.{name}", value))
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == library and type(module) is ModuleType:
            for attribute, value in tuple(vars(module).items()):
                if issubclass(type(value), bases):
                    held.setdefault(id(value), (f"{name}:{attribute}", value))
    return list(held.values())[: MOST // 2]


def _variables(owner: Any) -> Mapping[str, Any]:
    """Return what a class or an object of the program's own holds by a name; nothing of the object runs."""
    cls: Any = type(owner)
    if issubclass(cls, type):
        plain = cls.__getattribute__ is type.__getattribute__ and type(owner.__module__) is str
        return vars(owner) if plain and is_own_class(owner) else {}
    held = getattr(owner, "__dict__", None) if cls.__getattribute__ is object.__getattribute__ else None
    return held if type(held) is dict else {}


def _where(owner: Any) -> str:
    """Return what to call a bus that nobody has named: where a module holds it, else after its class."""
    for module in own_modules():
        for name, value in tuple(vars(module).items()):
            if value is owner:
                return f"{module.__name__}:{name}"
    cls = owner if isinstance(owner, type) else type(owner)
    return f"{cls.__module__}:{cls.__qualname__}"
