"""The reporter: joins the buses of this process to its ring, says what they declare, and watches logging and tests.

There is no thread and nothing that waits. In a fork of the process everything begins anew, in a ring of its own.
"""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import suppress
from functools import partial
from time import perf_counter_ns
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from ...core.errors import InspectorError
from ...core.records.host import HostNoted, ProgramReloaded
from ...core.records.inside import HTTP, OUTPUT, SQL
from ..effects.aiosqlite_statements import watch_aiosqlite
from ..effects.belonging import watch_belongings
from ..effects.calls import watch_call
from ..effects.effects import Effects
from ..effects.gathered import install_gathered_probe
from ..effects.handled import install_handled_probe
from ..effects.leftover import install_leftover_probe
from ..effects.log import LogProbe
from ..effects.output import watch_output
from ..effects.requests import watch_requests
from ..effects.sql import watch_rows
from ..effects.sqlalchemy_statements import watch_engines
from ..effects.sqlite_statements import watch_sqlite
from ..observe.handover import HANDOVER
from ..observe.monitor import MONITOR
from ..observe.watchers import Watcher
from ..reading.loaded import LoadedProgram, Target, make_program
from .budget import RunBudget
from .counting import count_instead, spared_by
from .ring import RingError
from .ringrecorder import RingRecorder
from .start import WATCHES, Wanted
from .wayin import WayIn

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.description import CatalogDescription
    from ...core.records.recorder import Recorder
    from .ring import RingWriter
    from .start import Agent


#: What is watched by what code is called, from the beginning: code is asked about once.
_BY_CODE: Final = (watch_sqlite, watch_aiosqlite, watch_requests, watch_belongings)
#: What is watched once there is a bus, or as soon as its library is there.
_BY_LIBRARY: Final = (watch_rows, watch_engines, watch_output)
#: What is recorded outside of executions, too.
_OUTSIDE: Final = frozenset({SQL, HTTP, OUTPUT})


class _QuietLogProbe(LogProbe):
    """Notes what handlers log; it is no handler of the program's logging, and never prints."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Leave it."""


class _LogWatch(Watcher):
    """Watches log records on their way to the program's own handlers: nothing is added to its logging."""

    def __init__(self, recorder: Recorder) -> None:
        self._probe = _QuietLogProbe(recorder)

    def started(self, frame: FrameType) -> None:
        """Note a record."""
        record = frame.f_locals.get("record")
        if isinstance(record, logging.LogRecord):
            self._probe.emit(record)


class _TestWatch(Watcher):
    """Watches the tests that pytest runs."""

    def __init__(self, recorder: RingRecorder) -> None:
        self._recorder = recorder
        self._begun: dict[FrameType, int] = {}

    def started(self, frame: FrameType) -> None:
        """Take note of when a test begins."""
        self._begun[frame] = self._recorder.now()

    def returned(self, frame: FrameType, value: Any) -> None:
        """Report how a test ended."""
        begun = self._begun.pop(frame, None)
        name = getattr(frame.f_locals.get("item"), "nodeid", None)
        if begun is not None and type(name) is str:
            self._recorder.say("test", name[:1_000], outcome_of(value), begun, self._recorder.now())


def outcome_of(reports: Any) -> str:
    """Return how a test ended, as pytest calls it: the worst of what its set-up, call and tear-down said."""
    phases = reports if isinstance(reports, (list, tuple)) else ()
    words = [str(getattr(report, "outcome", "")) for report in phases]
    worst = next((word for word in ("failed", "skipped", "passed") if word in words), "")
    if any(hasattr(report, "wasxfail") for report in phases):  # of one that was expected to fail
        return {"skipped": "xfailed", "passed": "xpassed"}.get(worst, worst)
    return worst


class Reporter:
    """Records the buses of this process.

    Args:
        agent: Of this process.

    Attributes:
        unknown: Asked about calls of a publish method that are of no bus that is recorded.
        way_in: Fires what a person asks for.
    """

    def __init__(self, agent: Agent) -> None:
        assert agent.ring is not None  # noqa: S101 - without one nobody comes here
        self._agent = agent
        self._recorder = RingRecorder(agent.ring, RunBudget(agent.spec.get("budget")))
        self._program: LoadedProgram | None = None
        self.unknown: Callable[[FrameType], bool] | None = None
        self._lock = threading.RLock()
        self._begun = self._describing = False
        self._catalog: CatalogDescription | None = None
        #: When the catalog may be read again: no more than a tenth of the time goes into that.
        self._next = 0
        self._tests: _TestWatch | None = None
        self._troubles: set[str] = set()
        self._effects = Effects(self._recorder)
        #: The probes of the project and of other packages are set up; they stay so in a fork.
        self._probed = False
        self.way_in = WayIn(self, self._recorder, agent.ring)
        self._recorder.on_published = self.way_in.published

    @property
    def program(self) -> LoadedProgram | None:
        """The buses of this process; None before the first was found."""
        return self._program

    @property
    def begun(self) -> bool:
        """What the buses declare has been reported."""
        return self._begun

    def begin(self) -> bool:
        """Begin to watch, until ``MONITOR.close``; return whether this process can be."""
        if not MONITOR.begin(self._failed, closed=True):
            return False
        MONITOR.on_missed(self._missed)
        for probe in _BY_CODE:
            self._effects.install(probe)
        return True

    def watch_tests(self, code: CodeType) -> None:
        """Report the tests that pytest runs."""
        if self._tests is None:
            self._tests = _TestWatch(self._recorder)
            MONITOR.watch(code, self._tests)

    def watch_effect(self, code: CodeType, frame: FrameType) -> None:
        """Watch a function that is called for the first time, if a probe has asked for it."""
        self._effects.asked(code, frame)
        watch_call(code, str(frame.f_globals.get("__name__")), self._effects)

    def join(self, where: str, value: Any, *, tell: bool, least: int = 0) -> bool:
        """Record a bus from now on; return whether it is one.

        Args:
            where: What it is called.
            value: The bus, or what holds it.
            tell: Say so if it is none.
            least: As in ``Target``.
        """
        with self._lock:
            try:
                if self._program is None:
                    self._begin(Target(where, value, least))
                else:
                    self._program.join(Target(where, value, least))
            except InspectorError as error:
                if tell and error.text not in self._troubles:
                    self._troubles.add(error.text)
                    self._agent.say("trouble", error.text, error.hint)
                return False
            self._recorder.describe = self.describe
        return True

    def use_session(self) -> None:
        """Offer handlers the database session that was named, from now on.

        Raises:
            InspectorError: The program has not imported what was named.
        """
        where = self._agent.spec.get("session")
        if self._program is None or not where:
            return
        values = _loaded([where])
        main = getattr(sys.modules.get("__main__"), "__dict__", {})
        wanted = Wanted(str(where))
        if not values and wanted.fits(main):
            values = [main[wanted.path]] if wanted.path in main else []
        if not values:
            raise InspectorError(f"{where} is not imported in this process.", "Fire without a database session.")
        self._program.use_session(values[0])

    def _begin(self, target: Target) -> None:
        spec = self._agent.spec
        catalog = _loaded(spec.get("catalog") or ())
        options = spec.get("options")
        program = make_program(
            str(spec.get("name") or target.where),
            [target],
            catalog[0] if len(catalog) == 1 else catalog or None,
            options=options if isinstance(options, dict) else None,
        )
        if WATCHES:
            self._install_probes()
        program.attach(self._recorder, self._removed)
        HANDOVER.begin(self._failed)
        if not WATCHES:
            program.on_publish(spared_by(self._recorder))
        if self.unknown is not None:
            program.on_unknown(self.unknown)
        self._program = program
        self._recorder.on_counting = partial(count_instead, self._recorder, program.observation)
        self._recorder.handler_code = program.observation.handler_code

    def _install_probes(self) -> None:
        """Watch what handlers do; where Python cannot be asked that would replace what is the program's."""
        MONITOR.watch(logging.Logger.callHandlers.__code__, _LogWatch(self._recorder))
        install_handled_probe(self._recorder)
        install_gathered_probe(self._recorder)
        install_leftover_probe(self._recorder)
        for probe in _BY_LIBRARY:
            self._effects.install(probe)

    def ended(self) -> None:
        """Put back what was replaced where Python cannot be asked: the process ends."""
        if not WATCHES and self._program is not None:
            self._program.put_back()

    def describe(self) -> None:
        """Report what the buses declare, where that is new."""
        with self._lock:
            if self._program is None or self._describing:  # what is read may publish
                return
            now = perf_counter_ns()
            if self._begun and now < self._next:  # a factory may make a bus for each request
                self._recorder.describe = self.describe
                return
            self._describing = True
            try:
                self._effects.look_again()
                self._program.refresh()
                catalog = self._program.catalog()
            finally:
                self._describing = False
            self._next = perf_counter_ns() + 10 * (perf_counter_ns() - now)
            if not self._begun:
                self._begun = True
                self._recorder.start(catalog)
                self._recorder.outside = _OUTSIDE
                if WATCHES and not self._probed:
                    self._probed = True
                    self._effects.install_others()
            elif catalog != self._catalog:
                self._recorder.record(ProgramReloaded(self._recorder.now(), catalog))
            self._catalog = catalog

    def describe_now(self) -> CatalogDescription:
        """Report what the buses declare, and return it."""
        with self._lock:
            assert self._program is not None  # noqa: S101 - asked by who has it
            self._next = 0
            self.describe()
            return self._catalog or self._program.catalog()

    def forked(self, ring: RingWriter | None) -> None:
        """Begin anew in a child of this process."""
        self._lock = threading.RLock()
        self._describing = False
        self._recorder.outside = frozenset()
        self._recorder.forked(ring)
        self.way_in.forked(ring)
        if self._program is not None:
            self._program.forked()
            self._program.refresh()
            if self._begun:
                self._begun = False
                self.describe()

    def _removed(self, error: BaseException) -> None:
        """Report that nothing is recorded any more, and why."""
        if isinstance(error, RingError):
            self._agent.give_up(f"The ring cannot be written: {error}")
            return
        read = self._recorder.failure(error)
        why = str(error) if isinstance(error, InspectorError) else f"{read.type}: {read.message}"
        text = f"Recording stopped: {why}"
        with suppress(RingError):
            self._recorder.record(HostNoted(self._recorder.now(), "observer", "error", text))
        self._agent.give_up(text)

    def _missed(self, text: str) -> None:
        with suppress(RingError):
            self._recorder.record(HostNoted(self._recorder.now(), "observer", "warning", text))

    def _failed(self, error: BaseException) -> None:
        """Leave it to the tap, which is told too."""
        if self._program is None:
            self._removed(error)


def _loaded(names: Any) -> list[Any]:
    """Return what of a catalog the program has imported: nothing is imported here."""
    values: list[Any] = []
    for name in names:
        module_name, _, path = str(name).partition(":")
        modules = [
            module
            for other, module in list(sys.modules.items())
            if other == module_name or (not path and other.startswith(module_name + "."))
        ]
        for module in modules:
            value: Any = module
            for part in path.split(".") if path else ():
                value = getattr(value, part, None)
            if value is not None:
                values.append(value)
    return values
