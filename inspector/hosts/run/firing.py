"""The way into a program that runs by itself: open only while a person allows it, and closed when we are gone."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from inspector.agent.run import ring
from inspector.agent.run.ring import RingError
from inspector.core.errors import InspectorError
from inspector.core.records.records import to_row
from inspector.core.taskdump import TaskDump
from inspector.core.values.build import build
from inspector.hosts.run.folder import SPEC, read_json, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.core.faults import FaultRule
    from inspector.core.records.numbers import FireNumber
    from inspector.core.request import FireRequest
    from inspector.hosts.run.intake import RowsOfProcess, RunIntake
    from inspector.hosts.run.ringreader import RingReader

#: Why nothing is fired into a program that runs by itself, unless a person allows it.
LOOK_ONLY: Final = "Look only: turn on Allow Firing to fire into this program"
#: Seconds between two renewals of the permission.
_RENEWED: Final = 1.0
#: Nanoseconds without a look after which a process is busy.
_BUSY: Final = 2_000_000_000
#: Bytes of an answer that are read.
_LONGEST: Final = 8 << 20


class FireTarget(NamedTuple):
    """A process that may be fired into.

    Attributes:
        process: Its number in the session.
        label: What it is called: ``server 48231``.
    """

    process: int
    label: str


class FiredInto:
    """A process, as one that is fired into. All but the reading of attributes is for the reader's thread.

    Args:
        path: Its ring.
        reader: The reader of its ring.
        rows: Where its rows go.
        target: Which process it is.
    """

    def __init__(self, path: Path, reader: RingReader, rows: RowsOfProcess, target: FireTarget) -> None:
        self._path = path
        self._reader = reader
        self.rows = rows
        self.target = target
        self.rules: Sequence[FaultRule] = ()
        self._renewed = 0.0
        self._waiting: dict[int, Path] = {}

    @property
    def looked(self) -> int:
        """When it looked for requests last, ns of the monotonic clock; 0 where it does not look."""
        return self._reader.header[ring.LOOKED]

    def knows(self, event: str) -> bool:
        """Return whether it declares an event."""
        declared = self.rows.declared
        return declared is not None and any(event in (item.name, item.event_type, item.key) for item in declared.events)

    def trouble(self) -> str:
        """Return why nothing can be fired into it now, as a sentence; empty when it can."""
        label = self.target.label
        if self.rows.declared is None:
            return f"No bus has been found in {label} yet."
        if not self.looked:
            return f"{label} does not know yet that firing is allowed. It will when it publishes next."
        late = perf_counter_ns() - self.looked
        if late > _BUSY:
            return f"{label} is busy: it has not answered for {late / 1e9:.0f} s."
        return ""

    def renew(self, now: float, *, allowed: bool) -> None:
        """Renew the permission, or withdraw it."""
        if allowed and now - self._renewed >= _RENEWED:
            self._renewed = now
            self._reader.allow(ring.MAY_FIRE, perf_counter_ns() + ring.LEASE)
        elif not allowed and self._renewed:
            self._renewed = 0.0
            self._reader.allow(0, 0)

    def ask(self, request: dict[str, Any], fire: FireNumber | None = None) -> int:
        """Leave a request for it; return its number.

        Args:
            request: What is asked for.
            fire: Number in the session of what comes of it.
        """
        number = self._reader.look()[ring.REQUESTS] + 1
        if fire is not None:
            self.rows.fires[number] = fire
        path = self._path.with_name(f"{self._path.name}.{number}.in")
        draft = path.with_name(f".{path.name}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:  # noqa: PTH123
            json.dump(request, file)
        draft.replace(path)
        self._reader.set(ring.REQUESTS, number)
        self._waiting = {earlier: place for earlier, place in self._waiting.items() if place.exists()}
        self._waiting[number] = path
        return number

    def ask_tasks(self) -> Path:
        """Ask it what the tasks of its loop are doing; return the file in which the answer will be."""
        return self._path.with_name(f"{self._path.name}.{self.ask({'tasks': True})}.out")

    def tasks_in(self, path: Path) -> TaskDump | None:
        """Return the answer that it has left in a file; None while there is none."""
        try:
            with path.open("rb") as file:
                data = file.read(_LONGEST)
            path.unlink()
        except OSError:
            return None
        try:
            dump: TaskDump = build(TaskDump, json.loads(data))
        except (ValueError, RecursionError):
            return TaskDump(trouble=f"{self.target.label} sent an unreadable answer.")
        tasks = (replace(task, execution=self.rows.execution_of(task.execution)) for task in dump.tasks)
        return replace(dump, tasks=tuple(tasks))

    def take_back(self) -> list[int]:
        """Take back what it has not begun; return the numbers."""
        waiting, self._waiting = self._waiting, {}
        taken_back = []
        for number, path in waiting.items():
            with suppress(OSError):
                path.unlink()
                taken_back.append(number)
        return taken_back


class RunFiring:
    """Fires into the processes of a run, as long as that is allowed.

    Args:
        folder: The run's.
        intake: Where its rows go.
        allowed: A person allows it from the beginning.

    Attributes:
        allowed: A person allows it.
        process: The number of the process that is fired into; 0 for the only one that can be.
        rules: The faults that are injected.
    """

    def __init__(self, folder: Path, intake: RunIntake, *, allowed: bool = False) -> None:
        self._folder = folder
        self._intake = intake
        self.allowed = allowed
        self.process = 0
        self.rules: Sequence[FaultRule] = ()
        self._lock = threading.Lock()
        self._processes: dict[int, FiredInto] = {}
        self._orders: deque[tuple[int, FireNumber, dict[str, Any]]] = deque()
        #: Which process a fire went to, and its number there.
        self._fires: dict[FireNumber, tuple[int, int]] = {}
        #: Processes to be asked for their tasks, and those that were, each with the file in which the answer will be.
        self._questions: deque[tuple[FiredInto, Future[TaskDump]]] = deque()
        self._answers: list[tuple[FiredInto, Path, Future[TaskDump]]] = []

    # -- from any thread -----------------------------------------------------------------------------------------------

    def allow(self, on: bool) -> None:
        """Allow firing, or forbid it: what is under way goes on to its end then, and nothing of ours stays there."""
        self.allowed = on
        if not on:
            self.rules = ()
        spec = read_json(self._folder, SPEC)
        if spec:  # what starts from now on has not to wait until it is told
            with suppress(OSError):
                write_json(self._folder, SPEC, {**spec, "fire": on})

    def targets(self, event: str = "") -> list[FireTarget]:
        """Return the processes that can be fired into: those that declare the event, if any does."""
        with self._lock:
            processes = [process for process in self._processes.values() if process.rows.declared is not None]
        knowing = [process for process in processes if event and process.knows(event)]
        return [process.target for process in knowing or processes]

    def fire(self, request: FireRequest) -> FireNumber:
        """Publish what is asked for; return the number of the fire.

        Raises:
            InspectorError: It is not allowed, or there is no process that can do it, or more than one.
        """
        if not self.allowed:
            raise InspectorError(f"{LOOK_ONLY}.")
        process = self._chosen(request.event)
        trouble = process.trouble()
        if trouble:
            raise InspectorError(trouble, "Try again in a moment.")
        number = self._intake.new_fire()
        self._orders.append((process.target.process, number, {"fire": request.to_json()}))
        return number

    def withdraw(self, fire: FireNumber) -> None:
        """Publish nothing more for a fire."""
        self._orders.append((0, fire, {"withdraw": 0}))

    def set_rules(self, rules: Sequence[FaultRule]) -> None:
        """Inject faults by these rules into every process from now on.

        Raises:
            InspectorError: It is not allowed.
        """
        if rules and not self.allowed:
            raise InspectorError(f"{LOOK_ONLY}.")
        self.rules = tuple(rules)

    def _chosen(self, event: str) -> FiredInto:
        with self._lock:
            processes = dict(self._processes)
        if self.process:
            if self.process not in processes:
                raise InspectorError(f"Process {self.process} has ended.", "Choose another one in Processes.")
            return processes[self.process]
        targets = self.targets(event)
        if not targets:
            raise InspectorError("No bus has been found in the program yet.", "Try again when it has published.")
        if len(targets) > 1:
            labels = ", ".join(target.label for target in targets[:3])
            more = f" and {len(targets) - 3} more" if len(targets) > 3 else ""
            raise InspectorError(f"{event} can be fired into {labels}{more}.", "Choose one in Processes.")
        return processes[targets[0].process]

    def ask_tasks(self) -> list[tuple[str, Future[TaskDump]]]:
        """Ask the processes, or the chosen one, what the tasks of their loops are doing; return labels and answers.

        Raises:
            InspectorError: It is not allowed, or there is no process that can answer.
        """
        if not self.allowed:
            raise InspectorError(f"{LOOK_ONLY}.")
        with self._lock:
            processes = [process for process in self._processes.values() if process.rows.declared is not None]
        chosen = [process for process in processes if self.process in (0, process.target.process)]
        if not chosen:
            raise InspectorError("No bus has been found in the program yet.", "Try again when it has published.")
        answers: list[tuple[str, Future[TaskDump]]] = []
        for process in chosen:
            answer: Future[TaskDump] = Future()
            trouble = process.trouble()
            if trouble:
                answer.set_result(TaskDump(trouble=trouble))
            else:
                self._questions.append((process, answer))
            answers.append((process.target.label, answer))
        return answers

    # -- on the reader's thread ----------------------------------------------------------------------------------------

    def join(self, process: FiredInto) -> None:
        """Take notice of a process."""
        with self._lock:
            self._processes[process.target.process] = process

    def leave(self, process: int) -> None:
        """Take notice that a process has ended; what it was to do is settled with its rows."""
        with self._lock:
            self._processes.pop(process, None)

    def look(self, now: float) -> None:
        """Pass on what is asked for, and renew what is allowed."""
        allowed = self.allowed
        for process in tuple(self._processes.values()):
            with suppress(RingError, OSError):  # it is told where it is read
                self._look_at(process, now, allowed=allowed)
        while self._orders:
            number, fire, order = self._orders.popleft()
            self._pass_on(number, fire, order)
        while self._questions:
            process, answer = self._questions.popleft()
            try:
                self._answers.append((process, process.ask_tasks(), answer))
            except (RingError, OSError) as error:
                answer.set_result(TaskDump(trouble=f"The request could not be written: {error}"))
        self._answers = [waiting for waiting in self._answers if not self._answered(*waiting)]

    def _answered(self, process: FiredInto, path: Path, answer: Future[TaskDump]) -> bool:
        """Pass on what a process has left as an answer; return whether nobody waits for it any more."""
        if answer.done() or process.target.process not in self._processes:
            answer.cancel()
            return True
        dump = process.tasks_in(path)
        if dump is None:
            return False
        with suppress(InvalidStateError):  # given up meanwhile
            answer.set_result(dump)
        return True

    def _look_at(self, process: FiredInto, now: float, *, allowed: bool) -> None:
        process.renew(now, allowed=allowed)
        if not allowed:
            process.rules = ()
            for number in process.take_back():
                self._put(process.rows.settle_fire(number, "Firing is no longer allowed."))
        elif process.rules is not self.rules and process.looked and process.rows.declared is not None:
            process.rules = self.rules
            process.ask({"faults": [rule.to_json() for rule in self.rules]})

    def _pass_on(self, number: int, fire: FireNumber, order: dict[str, Any]) -> None:
        if "withdraw" in order:
            number, own = self._fires.get(fire, (0, 0))
            process = self._processes.get(number)
            if process is not None:
                with suppress(RingError, OSError):
                    process.ask({"withdraw": own})
            return
        process = self._processes.get(number)
        trouble = "Firing is no longer allowed." if not self.allowed else "The process ended."
        if process is not None and self.allowed:
            try:
                own = process.ask(order, fire)
            except (RingError, OSError) as error:
                trouble = f"The request could not be written: {error}"
            else:
                self._fires[fire] = number, own
                return
        self._put(self._intake.unsent(fire, trouble))

    def _put(self, records: Sequence[Any]) -> None:
        self._intake.put([to_row(record) for record in records])
