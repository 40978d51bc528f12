"""The child host: a project in a process of its own, on its own interpreter.

It has the API of the embedded host, and whatever becomes of the process is told where everything else is: in the
stream. One stream lasts over any number of restarts.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from inspector.core.errors import InspectorError
from inspector.core.facts import CatalogFacts
from inspector.core.records.brake import NOT_STORED
from inspector.core.records.host import (
    HostRecord,
    LoopBlocked,
    LoopUnblocked,
    OutputDropped,
    PartNotLoaded,
    ProcessUnstuck,
    ProgramPrinted,
    RecordsLost,
    RestartFailed,
)
from inspector.core.records.stream import LiveStream
from inspector.core.redact.redactor import Redactor
from inspector.core.spec import Reading
from inspector.core.taskdump import TaskDump
from inspector.core.values.build import build
from inspector.hosts.intake import FULL, Intake
from inspector.hosts.obituary import Loading, explain_end, explain_load, explain_stuck, misfit_error
from inspector.hosts.process import launch_of
from inspector.hosts.supervisor import Ended, Supervisor
from inspector.hosts.trouble import ANSWER_TIME, LoadError, load_error, loop_blocked

if TYPE_CHECKING:
    from inspector.core.faults import FaultRule
    from inspector.core.records.numbers import FireNumber
    from inspector.core.request import FireRequest
    from inspector.hosts.project import Project
    from inspector.hosts.stacks import Dump

#: Seconds that a child has to end by itself: when it answers, and when its loop does not.
STOP_TIME: Final = 5.0
STOP_TIME_BLOCKED: Final = 1.0

#: Most characters of what a child says of itself, and most nanoseconds of lag that it may claim.
_WORDS: Final = 1_000
_LAG: Final = 1 << 62

NEW: Final = "new"
LOADING: Final = "loading"
RUNNING: Final = "running"
BLOCKED: Final = "blocked"
STUCK: Final = "stuck"
ENDED: Final = "ended"
STOPPED: Final = "stopped"
_ALIVE: Final = frozenset({RUNNING, BLOCKED, STUCK})


class ChildHost:
    """Runs a project in a child process.

    Verbs go down (``fire``, ``set_faults``, ``stop`` …); what happens comes up in ``stream``, and nowhere else. What
    becomes of the process are records too: ``PartNotLoaded``, ``ProgramPrinted``, ``OutputDropped``, ``LoopBlocked``
    and ``LoopUnblocked``, ``ProcessStuck`` and ``ProcessUnstuck`` (its interpreter), ``ProcessEnded``,
    ``ProgramReloaded`` and ``RestartFailed``.

    ``stream`` belongs to the loop that makes the host.

    Args:
        project: What to load.
        seed: Seed of the synthetic values, told in the session's record.

    Attributes:
        project: What is loaded.
        state: ``new``, ``loading``, ``running``, ``blocked`` (its loop does not answer), ``stuck`` (nothing in it
            does), ``ended`` (by itself, or killed) or ``stopped``.
        problems: Parts of the project that could not be loaded; the rest works.
        files: Files of the project's modules.
        facts: What is known of the project beyond its description.
        python: Version of its interpreter, empty before the start.
    """

    def __init__(self, project: Project, *, seed: int | None = None) -> None:
        self.project = project
        self._seed = seed
        self._intake = Intake(self._host_said)
        self.stream = LiveStream(self._intake)
        self._supervisor: Supervisor | None = None
        self._starting = asyncio.Lock()
        self._redactor = Redactor()
        self._ready: Future[None] = Future()
        self._lock = threading.Lock()
        self._loading = Loading()
        self._answers: dict[int, Future[Any]] = {}
        self._asked = 0
        self._refused = 0
        self._lag = 0
        #: What the child was told last of what is stored.
        self._stored = (NOT_STORED, 0)
        self._last_words = ""
        self.state = NEW
        self._reloading = False
        self.problems: tuple[LoadError, ...] = ()
        self.files: tuple[str, ...] = ()
        self.facts = CatalogFacts()
        self.python = ""
        self.faults = False
        self.own_faults: Sequence[FaultRule] = ()
        self._rules: tuple[FaultRule, ...] = ()
        self._probes_off: tuple[str, ...] = ()
        self.recording = True
        self.sessions = project.db_session is not None

    @property
    def lag(self) -> int:
        """Nanoseconds the bus's loop took to answer last; 0 when it does not run."""
        return self._lag if self.state in _ALIVE else 0

    @property
    def running(self) -> bool:
        """Fires are taken."""
        return self.state in _ALIVE

    @property
    def reloading(self) -> bool:
        """The program has been ended to be loaded anew, and is not there again yet."""
        return self._reloading and not self.running

    @property
    def firing(self) -> None:
        """None: this program is ours."""

    @property
    def look_only(self) -> str:
        """Empty: this program is here to be fired at."""
        return ""

    @property
    def pid(self) -> int | None:
        """Number of the process, None when there is none."""
        return self._supervisor.pid if self._supervisor is not None and self.state in {LOADING, *_ALIVE} else None

    def watched(self) -> tuple[str, ...]:
        """Return the files whose change is a reason to restart: modules, file of settings, ``pyproject.toml``."""
        besides = (self.project.env_file, self.project.source)
        return (*self.files, *(str(path) for path in besides if path is not None))

    async def start(self) -> None:
        """Start the process and wait until the project is loaded.

        Raises:
            LoadError: It could not be loaded; ``MissingSetting`` when a setting is missing.
            InspectorError: Its interpreter, or its file of settings, does not exist.
        """
        async with self._starting:
            await self._start()

    async def _start(self) -> None:
        launch = launch_of(self.project, self._seed)
        self._ready = Future()
        self._loading = Loading(launch.python, launch.load_timeout, self.project.cwd)
        self._last_words = ""
        self._stored = (NOT_STORED, 0)
        self.problems = ()
        self.state = LOADING
        self._supervisor = Supervisor(launch, self, self._redactor)
        self._supervisor.start()
        try:
            await asyncio.wrap_future(self._ready)
        except asyncio.CancelledError:
            self._supervisor.kill()
            raise
        if self._rules:
            self._supervisor.send(["faults", [rule.to_json() for rule in self._rules]])
        if self._probes_off:
            self._supervisor.send(["probes", list(self._probes_off)])
        if not self.recording:
            self._supervisor.send(["recording", False])

    async def restart(self, project: Project | None = None) -> None:
        """End the process, if there is one, and load the project again; the stream goes on.

        Args:
            project: What to load from now on; None: the same.

        Raises:
            InspectorError: As ``start``; the stream then has ``RestartFailed``, and it can be tried again.
        """
        async with self._starting:
            self._reloading = True
            try:
                await self._end()
                if project is not None:
                    self.project = project
                before = self.files
                await self._start()
            except InspectorError as error:
                self.state = ENDED
                # The file with the mistake must be among them: saving it is how this ends.
                self.files = tuple(dict.fromkeys((*before, *self.files)))
                self._intake.record(RestartFailed(self._intake.now(), error.text, error.hint))
                raise
            finally:
                self._reloading = False

    def fire(self, request: FireRequest) -> FireNumber:
        """Publish what is asked for; return the number of the fire.

        What came of it is in the records that carry the number, the last of them ``FireSettled``.

        Raises:
            InspectorError: The program does not run.
        """
        with self._lock:
            supervisor = self._running_supervisor()
            number = self._intake.new_fire()
            try:
                supervisor.send(["fire", request.numbered(number).to_json()])
            except BaseException:
                self._intake.drop_fire(number)
                raise
        return number

    def withdraw(self, fire: FireNumber) -> None:
        """Publish nothing more for a fire; what it has published goes on to its end."""
        if self._supervisor is not None and self.running:
            self._supervisor.send(["withdraw", fire])

    async def read_as(self, bus: Any) -> Reading:
        """Return what the program would be read as with another ``[tool.inspector.bus]``; nothing of it is changed.

        Raises:
            InspectorError: The program does not run.
        """
        reading: Reading = await asyncio.wrap_future(self._ask("read", bus))
        return reading

    async def dump_tasks(self) -> TaskDump:
        """Return what the tasks of the program's loop are doing.

        Raises:
            InspectorError: The program does not run, or its loop does not answer.
        """
        try:
            dump: TaskDump = await asyncio.wait_for(asyncio.wrap_future(self._ask("tasks")), ANSWER_TIME)
        except TimeoutError:
            raise loop_blocked() from None
        return dump

    def _ask(self, verb: str, *arguments: Any) -> Future[Any]:
        """Ask the child something; return the answer to come."""
        with self._lock:
            supervisor = self._running_supervisor()
            self._asked += 1
            answer = self._answers[self._asked] = Future()
            supervisor.send([verb, self._asked, *arguments])
        return answer

    def set_faults(self, on: bool) -> None:
        """Switch the program's own faults on, of which a project has none, or all faults off."""
        self.set_fault_rules(self.own_faults if on else ())

    def set_fault_rules(self, rules: Sequence[FaultRule]) -> None:
        """Inject faults by these rules from now on, and by no others; also after the program is loaded anew."""
        with self._lock:
            self._running_supervisor().send(["faults", [rule.to_json() for rule in rules]])
        self._rules, self.faults = tuple(rules), bool(rules)

    def set_probes(self, off: Sequence[str]) -> None:
        """Switch off the probes of these kinds of notes from now on, also after the program is loaded anew."""
        with self._lock:
            self._running_supervisor().send(["probes", list(off)])
        self._probes_off = tuple(off)

    def set_recording(self, on: bool) -> None:
        """Record publications from now on, or let them pass; what is under way is recorded to its end."""
        self.recording = on
        if self._supervisor is not None and self.running:
            self._supervisor.send(["recording", on])

    def set_stored(self, seq: int, at: int) -> None:
        """Take notice of what is stored: the program is slowed down when that falls behind."""
        supervisor = self._supervisor
        if supervisor is None or self.state not in _ALIVE:
            return
        stored = (NOT_STORED, 0) if seq == NOT_STORED else self._intake.stored_of_child(seq, at)
        if stored != self._stored:
            self._stored = stored
            supervisor.send(["stored", *stored])

    def kill(self) -> None:
        """End the process and all it has started, now; the stream tells, and ``restart`` brings it back."""
        if self._supervisor is not None:
            self._supervisor.kill()

    async def stop(self) -> None:
        """Let what is under way finish, for a few seconds at most, then end the process and the stream."""
        if self._supervisor is not None and self.state == LOADING:
            self._supervisor.stop(STOP_TIME_BLOCKED)  # whoever starts it has it, and is told
        async with self._starting:
            await self._end()
        self.state = STOPPED
        self.stream.close()

    async def _end(self) -> None:
        supervisor = self._supervisor
        if supervisor is not None and supervisor.alive:
            blocked = self.state in (BLOCKED, STUCK, LOADING)
            supervisor.stop(STOP_TIME_BLOCKED if blocked else STOP_TIME)
            await asyncio.to_thread(supervisor.join, STOP_TIME + 5)

    def _running_supervisor(self) -> Supervisor:
        if self._supervisor is None or self.state not in _ALIVE:
            raise InspectorError("The program is not running.", "Restart it.")
        return self._supervisor

    # -- what the supervisor tells, on its thread ----------------------------------------------------------------------

    def message(self, message: list[Any]) -> None:
        """Take a message of the child; what makes no sense is counted."""
        take = getattr(self, f"_take_{message[0]}", None) if message[0] in _VERBS else None
        if take is None:
            self._refused += 1
            return
        try:
            take(*message[1:])
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError):
            self._refused += 1

    def printed(self, stream: str, text: str) -> None:
        """Record a line that the child printed."""
        self._intake.record(ProgramPrinted(self._intake.now(), stream, text))

    def dropped(self, size: int) -> None:
        """Record that ``size`` bytes of output were not shown."""
        self._intake.record(OutputDropped(self._intake.now(), size))

    def stuck(self, dump: Dump, seconds: float, *, stopped: bool) -> None:
        """Record that nothing in the child answers."""
        self.state = STUCK
        self._intake.record(explain_stuck(dump, seconds, self._intake, stopped=stopped))

    def unstuck(self, seconds: float) -> None:
        """Record that the child answers again."""
        self.state = RUNNING
        self._intake.record(ProcessUnstuck(self._intake.now(), int(seconds * 1e9)))

    def full(self) -> bool:
        """Return whether the window lags too far behind."""
        return self._intake.waiting > FULL

    def last_rows(self, before: int, rows: list[Any]) -> None:
        """Take in the rows that the child recorded last and had no time to send."""
        if rows and self._loading.ready:
            lost = self._intake.take_rest(before, rows)
            if lost:
                self._intake.record(RecordsLost(self._intake.now(), lost, "the program ended before they were sent"))

    def ended(self, ended: Ended) -> None:
        """Report how the child ended, end what was under way, and wake who waits for it."""
        with self._lock:
            loading, self.state = self.state == LOADING, ENDED
            for answer in self._answers.values():
                answer.cancel()
            self._answers.clear()
        refused = self._refused + self._intake.refused
        if refused:
            self._intake.record(RecordsLost(self._intake.now(), refused, "the program sent invalid records"))
            self._refused = self._intake.refused = 0
        if loading:
            self._settle(explain_load(ended, self._loading))
            return
        if ended.why == "stopped":
            self._intake.interrupt("The program was stopped.")
            return
        record = explain_end(ended, self._last_words, ended.tail, self._intake)
        self._intake.interrupt(record.text, record)

    def _take_hello(self, said: Mapping[str, Any]) -> None:
        self.python = str(said["python"])[:40]
        self._loading.greeted = True
        self._loading.misfit = self.project.misfit(self._loading.python, self.python)
        if self._loading.misfit:
            problem = misfit_error(self._loading.misfit)
            self.problems = (*self.problems, problem)
            where = "requires-python"
            record = PartNotLoaded(self._intake.now(), where, problem.text, problem.hint, problem.kind, "", "warning")
            self._intake.record(record)

    def _take_loading(self, doing: str, what: str) -> None:
        self._loading.doing, self._loading.what = str(doing)[:_WORDS], str(what)[:_WORDS]

    def _take_problem(self, trouble: Mapping[str, Any]) -> None:
        problem = load_error(trouble)
        self.problems = (*self.problems, problem)
        where, failure = str(trouble["where"]), str(trouble["failure"])
        self._intake.record(PartNotLoaded(self._intake.now(), where, problem.text, problem.hint, problem.kind, failure))

    def _take_failed(self, trouble: Mapping[str, Any]) -> None:
        self._loading.trouble = trouble

    def _take_ended(self, last_words: str) -> None:
        self._last_words = str(last_words)[:_WORDS]

    def _take_reading(self, number: int, reading: Any) -> None:
        self._answer(number, build(Reading, reading))

    def _take_tasks(self, number: int, dump: Any) -> None:
        dump = build(TaskDump, dump)
        tasks = (replace(task, execution=self._intake.execution_of(task.execution)) for task in dump.tasks)
        self._answer(number, replace(dump, tasks=tuple(tasks)))

    def _answer(self, number: int, answer: Any) -> None:
        with suppress(InvalidStateError):  # nobody waits for it any more
            self._answers.pop(number).set_result(answer)

    def _take_files(self, files: Sequence[Any]) -> None:
        self.files = tuple(file for file in files if type(file) is str)

    def _take_facts(self, facts: Any) -> None:
        self.facts = build(CatalogFacts, facts)

    def _take_ready(self, said: Mapping[str, Any]) -> None:
        if self._loading.ready:
            raise ValueError("ready twice")
        self._intake.begin(int(said["anchor"]))
        self._loading.ready = True

    def _take_rows(self, rows: Any) -> None:
        if not self._loading.ready:
            raise ValueError("rows before ready")
        if type(rows) is not list:
            raise TypeError("no rows")
        self._intake.take(rows)
        if self.state == LOADING and self._intake.catalog is not None:
            self.state = RUNNING
            self._settle(None)

    def _take_beat(self, lag: int, *_: Any) -> None:
        self._lag = min(max(0, int(lag)), _LAG)

    def _take_bye(self) -> None:
        self._lag = 0

    def _host_said(self, record: HostRecord) -> None:
        if isinstance(record, LoopBlocked) and self.state == RUNNING:
            self.state = BLOCKED
        elif isinstance(record, LoopUnblocked) and self.state == BLOCKED:
            self.state = RUNNING

    def _settle(self, error: LoadError | None) -> None:
        try:
            if error is None:
                self._ready.set_result(None)
            else:
                self._ready.set_exception(error)
        except InvalidStateError:  # whoever waited has given up
            return


_VERBS: Final = frozenset(
    {
        "hello",
        "loading",
        "problem",
        "failed",
        "ended",
        "files",
        "facts",
        "ready",
        "rows",
        "reading",
        "tasks",
        "beat",
        "bye",
    },
)
