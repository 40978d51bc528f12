"""Effects: what handlers do to the world (rows, mails, frames), told as notes of the execution that did it.

A *probe* watches one kind of effect. It is any callable ``probe(effects) -> undo``: it arranges to be told when the
effect happens, calls ``effects.tell(…)`` then, and gives back a function that puts everything back exactly as it was.
Besides our own probes, those of the project are used: a list ``__inspector_probes__`` in any of its modules; nothing of
ours has to be imported for that.

Every effect is compared with the secrets of the publication it happened in, here, before anything is redacted. What
is noted is only which field reached what (kind ``leak``), never the value.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

from ...core.bus.context import CURRENT
from ...core.own_code import own_modules
from ...core.records.host import PartNotLoaded
from .calls import watch_frames, watch_mail
from .secrets import Reader, searches_of, watch_log, watch_output
from .sql import watch_rows

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ...core.bus.publication import Publication
    from ...core.records.recorder import Recorder
    from ..program import Program

_logger = logging.getLogger(__name__)

Undo = Callable[[], None]
Probe = Callable[["Effects"], "Undo | None"]

#: Name of the list of probes in a module of the project.
PROJECT_PROBES: Final = "__inspector_probes__"
#: Names of the probes that come with us.
PROBES: Final[tuple[Probe, ...]] = (watch_log, watch_output, watch_rows, watch_mail, watch_frames)


class Effects:
    """What a probe tells its effects to. Any thread; outside of a handler nothing is noted.

    Args:
        recorder: Takes the notes.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._reader = Reader()
        self._secrets: WeakKeyDictionary[Publication, dict[str, str]] = WeakKeyDictionary()
        self._leaked: WeakKeyDictionary[Execution, set[tuple[str, str]]] = WeakKeyDictionary()
        #: The probes have been undone: what is left of them passes everything on.
        self.closed = False
        self._undo: list[Undo] = []
        self._waiting: list[Probe] = []

    def install(self, probe: Probe) -> None:
        """Set a probe up; what fails becomes a record. One whose library is not imported waits for ``look_again``."""
        try:
            undone = probe(self)
        except Exception as error:
            name = getattr(probe, "__name__", type(probe).__name__)
            _logger.info("the probe %s could not be set up", name, exc_info=error)
            text = f"Cannot set up the probe {name}: {type(error).__name__}: {error}"
            self._recorder.record(PartNotLoaded(self._recorder.now(), name, text, level="warning"))
            return
        if callable(undone):
            self._undo.append(undone)
        elif probe in PROBES:
            self._waiting.append(probe)

    def look_again(self) -> None:
        """Set up the probes whose library has been imported meanwhile."""
        waiting, self._waiting = self._waiting, []
        for probe in waiting:
            self.install(probe)

    def restore(self) -> None:
        """Put everything back exactly as it was."""
        self.closed = True
        self._waiting.clear()
        while self._undo:
            self._undo.pop()()

    @property
    def recorder(self) -> Recorder:
        """What takes the notes."""
        return self._recorder

    @property
    def execution(self) -> Execution | None:
        """The execution that the running code belongs to; None outside of one, and when nothing is watched any more."""
        return None if self.closed else CURRENT.get()

    def tell(
        self,
        kind: str,
        text: str,
        data: Mapping[str, Any] | None = None,
        *,
        content: Any = None,
        execution: Execution | None = None,
        longest: int = 0,
    ) -> None:
        """Note an effect.

        Args:
            kind: ``row``, ``tx``, ``mail``, ``sse``, or a word of the probe's own.
            text: What to read in one line.
            data: More, plain data: texts, numbers, lists, mappings.
            content: What went out, of any type; it is searched for secrets and not kept. None: text and data are.
            execution: Who did it; None for the one that is running.
            longest: Texts are cut to so many characters once the secrets in them are hidden; 0: they are not.
        """
        execution = execution or self.execution
        if execution is None or self.closed:
            return
        leaked = self._found(execution, (text, data) if content is None else content)
        if leaked:
            text, data = _mask(text, leaked), _mask(dict(data or {}), leaked)
        if longest:
            text, data = self._shortened(text, longest), self._shortened(dict(data or {}), longest)
        self._note(execution, kind, "info", text, dict(data or {}))
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

    def _found(self, execution: Execution, content: Any) -> dict[str, str]:
        """Return the secrets that are in the content, each with the name of its field."""
        publication = execution.publication
        secrets = self._secrets.get(publication)
        if secrets is None:
            secrets = self._secrets[publication] = self._reader.secrets(publication)
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

    def _note(self, execution: Execution, kind: str, level: str, text: str, data: dict[str, Any]) -> None:
        if execution is CURRENT.get():
            self._recorder.note(kind, level, text, data)
            return
        token = CURRENT.set(execution)  # a flush may come when the handler that added the row has ended
        try:
            self._recorder.note(kind, level, text, data)
        finally:
            CURRENT.reset(token)


#: What a secret reached, in words.
_PLACES: Final = {
    "log": "a log line",
    "output": "output",
    "row": "a database row",
    "mail": "an email",
    "sse": "a server-sent event",
}


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
    for probe in (*PROBES, *_project_probes(), *probes):
        effects.install(probe)
    return effects.restore


def look_again(recorder: Recorder) -> None:
    """Watch the effects of libraries that have been imported since the effects of this recorder are watched."""
    for effects in searches_of():
        if effects.recorder is recorder:
            effects.look_again()


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
