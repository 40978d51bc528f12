"""Effects: what handlers do to the world (rows, mails, frames), told as notes of the execution that did it.

A *probe* watches one kind of effect. It is any callable ``probe(effects) -> undo``: it arranges to be told when the
effect happens (``effects.watch_calls(…)`` for calls of a function), calls ``effects.tell(…)`` then, and gives back a
function that puts everything back exactly as it was. Besides our own probes, those of the project are used: a list
``__inspector_probes__`` in any of its modules, for which nothing of ours has to be imported; and those of packages of
the user's environment, in the group ``inspector.probes`` of their entry points.

Every effect is compared with the secrets of the publication it happened in, here, before anything is redacted. What
is noted is only which field reached what (kind ``leak``), never the value.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from importlib import metadata
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

from ...core.bus.context import CURRENT
from ...core.own_code import own_modules
from ...core.records.host import PartNotLoaded
from ...core.records.inside import FRAME, HTTP, MAIL, OUTPUT, ROW, SQL
from ..adapters.base import imported_as_inspector
from ..observe.handover import HANDED
from .aiosqlite_statements import watch_aiosqlite
from .belonging import Belongings, watch_belongings
from .calls import watch_frames, watch_mail
from .output import watch_output
from .requests import watch_requests
from .secrets import Reader, searches_of, watch_log
from .sql import watch_rows
from .sqlalchemy_statements import watch_engines
from .sqlite_statements import watch_sqlite
from .watching import Functions, FunctionWatch, Report

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ...core.records.recorder import NoteData, NoteText, Recorder
    from ..program import Program

_logger = logging.getLogger(__name__)

Undo = Callable[[], None]
Probe = Callable[["Effects"], "Undo | None"]

#: Name of the list of probes in a module of the project, and group of the entry points of those of packages.
PROJECT_PROBES: Final = "__inspector_probes__"
ENTRY_POINTS: Final = "inspector.probes"
#: Names of the probes that come with us.
PROBES: Final[tuple[Probe, ...]] = (
    *(watch_log, watch_output, watch_rows, watch_mail, watch_frames),
    *(watch_engines, watch_sqlite, watch_aiosqlite, watch_requests, watch_belongings),
)
#: The kinds of notes that can be switched off, each with its probes.
SWITCHED: Final[dict[str, tuple[Probe, ...]]] = {
    SQL: (watch_engines, watch_sqlite, watch_aiosqlite),
    HTTP: (watch_requests,),
    OUTPUT: (watch_output,),
    ROW: (watch_rows,),
    MAIL: (watch_mail,),
    FRAME: (watch_frames,),
}
#: Most things in a second that are recorded though they happen in no execution.
_MOST_OUTSIDE: Final = 200
_SECOND: Final = 1_000_000_000
#: Executions of which it is remembered what they may not let out.
_MOST_SECRETS: Final = 128


class Effects:
    """What a probe tells its effects to. Any thread; outside of a handler nothing is noted.

    Args:
        recorder: Takes the notes.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._reader = Reader(recorder.is_plain)
        #: By the id of a publication and when an execution of it began: both may be used again, but not together.
        self._secrets: dict[tuple[int, int], dict[str, str]] = {}
        self._leaked: WeakKeyDictionary[Execution, set[tuple[str, str]]] = WeakKeyDictionary()
        #: The probes have been undone: what is left of them passes everything on.
        self.closed = False
        self._undo: list[tuple[Probe, Undo]] = []
        self._off: frozenset[str] = frozenset()
        self._waiting: list[Probe] = []
        #: Those of the project that are set up, and how many modules there were then; 0: they are not asked for.
        self._of_project: list[Probe] = []
        self._modules = 0
        self._looks: list[Callable[[], None]] = []
        self._functions = Functions()
        #: Whose session and metadata handlers get.
        self.belongings = Belongings(self)
        #: What happened outside of executions: the second of which it is, and how much in it.
        self._second = self._count = 0

    def install(self, probe: Probe) -> None:
        """Set a probe up; what fails becomes a record. One whose library is not imported waits for ``look_again``."""
        try:
            undone = probe(self)
        except Exception as error:  # noqa: BLE001 - whatever a probe does, the program goes on
            name = getattr(probe, "__name__", type(probe).__name__)
            self._tell_trouble(name, f"Cannot set up the probe {name}", error)
            return
        if callable(undone):
            self._undo.append((probe, undone))
        elif probe in PROBES:
            self._waiting.append(probe)

    def install_others(self) -> None:
        """Set up the probes of the project, also those of modules that are imported later, and of other packages."""
        self._install_project()
        for entry in metadata.entry_points(group=ENTRY_POINTS):
            try:
                with imported_as_inspector():
                    probe = entry.load()
            except Exception as error:  # noqa: BLE001 - somebody else's package may do anything when imported
                self._tell_trouble(entry.name, f"Cannot load the probe {entry.name} ({entry.value})", error)
            else:
                self.install(probe)

    def _install_project(self) -> None:
        self._modules = len(sys.modules)
        for probe in _project_probes():
            if probe not in self._of_project:
                self._of_project.append(probe)
                self.install(probe)

    def _tell_trouble(self, name: str, text: str, error: Exception) -> None:
        _logger.info("%s", text, exc_info=error)
        text = f"{text}: {type(error).__name__}: {error}"
        self._recorder.record(PartNotLoaded(self._recorder.now(), name, text, level="warning"))

    def look_again(self) -> None:
        """Set up the probes whose library has been imported meanwhile, and those of modules that have."""
        waiting, self._waiting = self._waiting, []
        for probe in waiting:
            self.install(probe)
        if self._modules not in (0, len(sys.modules)):
            self._install_project()
        self._functions.look_again()
        for look in self._looks:
            look()

    def switch(self, off: Collection[str]) -> None:
        """Switch off the probes of these kinds of notes, and on those of all others; one that is off costs nothing."""
        for kind, probes in SWITCHED.items():
            if kind in off and kind not in self._off:
                for entry in [entry for entry in reversed(self._undo) if entry[0] in probes]:
                    self._undo.remove(entry)
                    entry[1]()
                self._waiting = [probe for probe in self._waiting if probe not in probes]
            elif kind in self._off and kind not in off:
                for probe in probes:
                    self.install(probe)
        self._off = frozenset(off) & SWITCHED.keys()
        self._functions.ask_again()

    def restore(self) -> None:
        """Put everything back exactly as it was."""
        self.closed = True
        self._waiting.clear()
        while self._undo:
            _, undo = self._undo.pop()
            undo()
        self._functions.close()

    # -- what probes ask for ---------------------------------------------------------------------------------------

    def watch_calls(self, module: str, qualname: str, report: Report, *, group: str = "") -> Undo:
        """Watch the calls of a function of a library, or of the program; return a function that ends it.

        The library need not be there yet. On Python 3.12 and newer nothing is replaced.

        Args:
            module: Where the function is defined: ``httpx._client``.
            qualname: Its name there: ``Client.send``.
            report: Told of each call when it is over, on its thread, inside of handlers (see ``Call``); an exception in
                it hurts nobody.
            group: Calls of the same group that happen in a call are part of it, and not told; empty: its own.
        """
        return self._functions.add(FunctionWatch(self, module, qualname, report, group or f"{module}.{qualname}"))

    def look_at_code(self, look: Callable[[CodeType], None]) -> Undo:
        """Show each piece of code when it is first called, on Python 3.12 and newer; some more than once."""
        return self._functions.look(look)

    def on_look(self, look: Callable[[], None]) -> Undo:
        """Call ``look`` whenever it is looked again what the program has by then."""
        self._looks.append(look)
        return lambda: self._looks.remove(look)

    def discover(self) -> None:
        """Look at code that is called, from now on; without it, ``asked`` has to be called."""
        self._functions.discover(_leave_it)

    def asked(self, code: CodeType, frame: FrameType) -> bool:
        """Look at code that is called for the first time; return that there is no need to do so again."""
        return self._functions.asked(code, frame)

    def guarded(self, listener: Callable[..., None]) -> Callable[..., None]:
        """Return a function that calls a listener, and lets no exception of it reach the library that calls."""

        def listen(*args: Any) -> None:
            if not self.closed:
                try:
                    listener(*args)
                except Exception as error:  # noqa: BLE001 - what the library passes may be anything
                    self.tell("effect", f"{listener.__name__} could not be read: {type(error).__name__}")

        return listen

    def is_outside(self, kind: str) -> bool:
        """Return whether something of a kind is recorded that happens outside of all executions."""
        return not self.closed and kind in self._recorder.outside

    @property
    def recorder(self) -> Recorder:
        """What takes the notes."""
        return self._recorder

    @property
    def execution(self) -> Execution | None:
        """The execution that the running code belongs to; None outside of one, and when nothing is watched any more."""
        return None if self.closed else CURRENT.get() or HANDED.get()

    def tell(
        self,
        kind: str,
        text: NoteText,
        data: Mapping[str, Any] | Callable[[], dict[str, Any]] | None = None,
        *,
        content: Any = None,
        execution: Execution | None = None,
        longest: int = 0,
        level: str = "info",
    ) -> None:
        """Note an effect.

        Args:
            kind: One of ``core.records.inside``, or a word of the probe's own.
            text: What to read in one line; or a function that returns it, called later, perhaps on another thread.
            data: More, plain data: texts, numbers, lists, mappings; or a function that returns it, likewise.
            content: What went out, of any type; it is searched for secrets and not kept. None: text and data are.
            execution: Who did it; None for the one that is running.
            longest: Texts are cut to so many characters once the secrets in them are hidden; 0: they are not.
            level: ``debug``, ``info``, ``warning`` or ``error``.
        """
        execution = execution or self.execution
        if execution is None or self.closed:
            if self.is_outside(kind):
                self._tell_outside(kind, level, text, data)
            return
        if not longest and not self.has_secrets(execution):
            self._note(execution, kind, level, text, data if callable(data) else dict(data or {}))
            return
        line, more = str(_at_once(text)), dict(_at_once(data) or {})
        leaked = self._found(execution, (line, more) if content is None else content)
        if leaked:
            line, more = _mask(line, leaked), _mask(more, leaked)
        if longest:
            line, more = self._shortened(line, longest), self._shortened(more, longest)
        self._note(execution, kind, level, line, more)
        self._tell_leaks(execution, kind, leaked.values())

    def look(self, kind: str, content: Any) -> None:
        """Search what went out for secrets, and note nothing else of it.

        Args:
            kind: What it is: ``log``, ``output``.
            content: Texts, or anything that holds some.
        """
        execution = self.execution
        if execution is not None:
            self._tell_leaks(execution, kind, self._found(execution, content).values())

    def _shortened(self, value: Any, longest: int) -> Any:
        if type(value) is str and len(value) > longest:
            return self._recorder.redactor.shortened(value, longest)
        return {key: self._shortened(inner, longest) for key, inner in value.items()} if type(value) is dict else value

    def has_secrets(self, execution: Execution) -> bool:
        """Return whether there is anything that an execution may let out."""
        return not self._reader.hides_nothing(execution.publication) and bool(self._secrets_of(execution))

    def _secrets_of(self, execution: Execution) -> dict[str, str]:
        publication = execution.publication
        key = id(publication), execution.started
        secrets = self._secrets.get(key)
        if secrets is None:
            secrets = self._reader.secrets(publication)
            if len(self._secrets) >= _MOST_SECRETS:
                self._secrets.clear()
            if execution.started and not publication.closed:
                self._secrets[key] = secrets
        return secrets

    def _found(self, execution: Execution, content: Any) -> dict[str, str]:
        """Return the secrets that are in the content, each with the name of its field."""
        secrets = self._secrets_of(execution)
        if not secrets:
            return {}
        leaked: dict[str, str] = {}
        for text in self._reader.texts(content):
            leaked.update({secret: field for secret, field in secrets.items() if secret in text})
        return leaked

    def _tell_leaks(self, execution: Execution, kind: str, fields: Iterable[str]) -> None:
        noted = self._leaked.setdefault(execution, set())
        for field in fields:
            if (kind, field) not in noted:
                noted.add((kind, field))
                place = _PLACES.get(kind, kind)
                self._note(execution, "leak", "warning", f"{field} reached {place}", {"in": kind, "leaked": field})

    def _tell_outside(self, kind: str, level: str, text: NoteText, data: Any) -> None:
        """Record what happened outside of executions, up to a limit."""
        recorder = self._recorder
        second = recorder.now() // _SECOND
        if second != self._second:
            left_out = self._count - _MOST_OUTSIDE
            self._second, self._count = second, 0
            if left_out > 0:
                recorder.note_outside(
                    "dropped", "warning", f"{left_out} items outside of handlers were not recorded", {}
                )
        self._count += 1
        if self._count <= _MOST_OUTSIDE:
            recorder.note_outside(kind, level, _at_once(text), dict(_at_once(data) or {}))

    def _note(self, execution: Execution, kind: str, level: str, text: NoteText, data: NoteData) -> None:
        self._recorder.note_in(execution, kind, level, text, data)


#: What a secret reached, in words.
_PLACES: Final = {
    "log": "a log line",
    "output": "output",
    "row": "a database row",
    "mail": "an email",
    "sse": "a server-sent event",
}


def _at_once(value: Any) -> Any:
    """Return what a function returns that was to be called later; anything else as it is."""
    return value() if callable(value) else value


def _mask(value: Any, leaked: Mapping[str, str]) -> Any:
    if type(value) is str:
        for secret, field in leaked.items():
            value = value.replace(secret, f"<redacted:{field}>")
        return value
    if isinstance(value, dict):
        return {key: _mask(inner, leaked) for key, inner in value.items()}
    return [_mask(inner, leaked) for inner in value] if isinstance(value, list) else value


def install_effects(recorder: Recorder, probes: Iterable[Probe] = ()) -> Undo:
    """Watch effects from now on, with our probes, the project's and these; return a function that undoes it exactly.

    Call it when the project has been imported; a library that comes later is seen from ``look_again`` on. A probe that
    cannot be set up is recorded as ``PartNotLoaded``, and the others work. A recorder whose effects are watched already
    is left as it is.
    """
    if is_watched(recorder):
        return lambda: None
    effects = Effects(recorder)
    for probe in PROBES:
        effects.install(probe)
    effects.install_others()
    for probe in probes:
        effects.install(probe)
    effects.discover()
    return effects.restore


def look_again(recorder: Recorder) -> None:
    """Watch the effects of libraries that have been imported since the effects of this recorder are watched."""
    for effects in searches_of():
        if effects.recorder is recorder:
            effects.look_again()


def switch_probes(recorder: Recorder, off: Collection[str]) -> None:
    """Switch off the probes of these kinds of notes of a recorder whose effects are watched, and on all others."""
    for effects in tuple(searches_of()):
        if effects.recorder is recorder:
            effects.switch(off)


def is_watched(recorder: Recorder) -> bool:
    """Return whether the effects are told to this recorder already."""
    return any(effects.recorder is recorder for effects in searches_of())


def _project_probes() -> list[Probe]:
    probes: list[Probe] = []
    for module in own_modules():
        listed = object.__getattribute__(module, "__dict__").get(PROJECT_PROBES)
        if type(listed) in (list, tuple):
            probes += [probe for probe in listed if callable(probe) and probe not in probes]
    return probes


class _Watched:
    """A program whose effects are watched for as long as it is recorded."""

    def __init__(self, program: Program, probes: tuple[Probe, ...]) -> None:
        self._program = program
        self._probes = probes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._program, name)

    def attach(self, observer: Any, removed: Callable[[BaseException], None]) -> Undo:
        """Record the program and its effects."""
        undo = [install_effects(observer, self._probes)]
        try:
            undo.append(self._program.attach(observer, removed))
        except BaseException:
            undo.pop()()
            raise

        def restore() -> None:
            while undo:
                undo.pop()()

        return restore


def watched(program: Program, probes: Iterable[Probe] = ()) -> Program:
    """Return the program, with its effects watched while it is recorded."""
    return cast("Program", _Watched(program, tuple(probes)))


def _leave_it(error: BaseException) -> None:
    """Leave it to the tap, which is told too."""
