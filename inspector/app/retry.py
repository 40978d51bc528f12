"""Trying recorded executions again: one handler, with the payload and context that were recorded, without its siblings.

What is tried again may come from a stored or imported session; it runs in the program that is live.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary, ref

import numpy as np

from inspector.analysis.failures import failure_head
from inspector.app.text import format_count
from inspector.catalog.form import EventForm
from inspector.catalog.replay import FieldMapping, Replay, replay_of
from inspector.core.errors import InspectorError, UsageError
from inspector.core.records.numbers import NO_EXECUTION, ExecutionIndex, FireNumber, PublicationIndex
from inspector.core.records.statuses import OK, RUNNING
from inspector.core.request import TIMEOUT, FireRequest

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.app.details import RecordedContext
    from inspector.app.recording import Recording
    from inspector.app.workbench import View, Workbench
    from inspector.core.description import EventDescription

FIXED: Final = "fixed"
STILL_FAILING: Final = "still failing"
BROKE: Final = "broke"
STILL_OK: Final = "still ok"
#: It did not come to a verdict.
NOT_RUN: Final = "not retried"
#: The verdicts, the worst first.
VERDICTS: Final = (BROKE, STILL_FAILING, NOT_RUN, FIXED, STILL_OK)

#: Asks a person which value goes where; None when they give up.
AskMapping = Callable[[Replay], Awaitable[FieldMapping | None]]


@dataclass(frozen=True)
class Verdict:
    """What became of an execution that was tried again.

    Attributes:
        name: One of ``VERDICTS``.
        detail: What else is to be known: another exception, why it was not tried, values that were not recorded.
        execution: The execution that tried it, by its index in ``journal``; ``NO_EXECUTION`` for none.
        journal: Returns the journal of the session that was live then, None when it is gone.
    """

    name: str
    detail: str = ""
    execution: ExecutionIndex = NO_EXECUTION
    journal: Callable[[], Journal | None] = field(default=lambda: None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """Verdict and detail in a line."""
        return f"{self.name}: {self.detail}" if self.detail else self.name

    @property
    def good(self) -> bool:
        """It went well this time."""
        return self.name in (FIXED, STILL_OK)


def verdict_name(before: str, after: str) -> str:
    """Return the verdict for the status of an execution and that of its retry."""
    if after == OK:
        return STILL_OK if before == OK else FIXED
    return BROKE if before == OK else STILL_FAILING


@dataclass(frozen=True)
class Retriable:
    """An execution that can be tried again.

    Attributes:
        execution: Its index in the journal that is shown.
        status: How it ended.
        event: The event type as the live program has it.
        handler: Key of the handler.
        replay: The recorded payload as values of the event.
        context: With what it was published.
        error: The exception that it ended with, its class; empty for none.
        fault: A fault had been injected into it.
        process: Number of the process that it ran in, 0 where the program is a single one.
    """

    execution: ExecutionIndex
    status: str
    event: EventDescription
    handler: str
    replay: Replay
    context: RecordedContext
    error: str = ""
    fault: bool = False
    process: int = 0


async def retriable(view: View, execution: ExecutionIndex, live: Journal) -> Retriable:
    """Read what is needed to try an execution again.

    Args:
        view: The session that it is in.
        execution: Its index there.
        live: The journal of the program in which it is to be tried.

    Raises:
        InspectorError: It still runs, its payload is not known, or the program has no such event or handler.
    """
    journal = view.journal
    entry = journal.execution(execution)
    if entry.status == RUNNING:
        raise InspectorError(f"{entry.handler.label} is still running.", "Wait until it has ended.")
    event = next((event for event in live.events if event.name == entry.event.name), None)
    program = live.session.program if live.session is not None else "The program"
    if event is None:
        raise InspectorError(f"{program} has no event {entry.event.name}.", "Open the project of this session.")
    if not any(handler.key == entry.handler.key for handler in live.handlers):
        raise InspectorError(f"{program} has no handler {entry.handler.label}.", "Open the project of this session.")
    payload = await view.details.payload(entry.publication)
    if not payload:
        raise InspectorError("The payload is not recorded.", "It cannot be retried.")
    try:
        replay = replay_of(event, payload, journal.field_names(entry.publication))
    except ValueError:
        raise InspectorError("The payload cannot be read.", "It cannot be retried.") from None
    return Retriable(
        execution,
        entry.status,
        event,
        entry.handler.key,
        replay,
        await view.details.context(entry.publication),
        failure_head(await view.details.failure(execution) or "{}")[0],
        entry.fault,
        journal.publication(entry.publication).process,
    )


class Retry:
    """Tries executions again, one after another. Call everything on the loop of the recording.

    Args:
        workbench: Has the live recording, and the session that is shown as this is made.
        executions: What is tried again, by index in the journal that is shown.
        ask: Asks for a mapping where an event type has changed.
        changed: Called when there is another verdict, when one more begins, and at the end.
        timeout: Seconds that a handler may take, None for no limit.

    Attributes:
        executions: What is tried again, in this order.
        of: The same, unordered.
        journal: The journal that they are in.
        verdicts: What came of each so far.
        running: More will be tried.
        stopped: A person has stopped it.
    """

    def __init__(
        self,
        workbench: Workbench,
        executions: Sequence[ExecutionIndex],
        ask: AskMapping,
        changed: Callable[[], None],
        *,
        timeout: float | None = TIMEOUT,
    ) -> None:
        view = workbench.view
        if view is None:
            raise InspectorError("Nothing recorded yet.")
        self._workbench = workbench
        self._view = view
        self._recording = workbench.recording
        self._ask = ask
        self._changed = changed
        self._timeout = timeout
        #: What was decided last about each event type, and for which recording.
        self._mappings: dict[str, tuple[Replay, FieldMapping]] = {}
        self._fire: FireNumber | None = None
        self.executions = tuple(executions)
        self.of = frozenset(self.executions)
        self.journal = view.journal
        self.verdicts: dict[ExecutionIndex, Verdict] = {}
        self.running = True
        self.stopped = False

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return len(self.verdicts) / max(1, len(self.executions))

    @property
    def text(self) -> str:
        """How far it is, or what came of it: ``retrying 2 of 4``, ``stopping…``, ``fixed 3 of 4``."""
        total, done = len(self.executions), len(self.verdicts)
        if self.running and self.stopped:
            return "stopping…"
        if self.running:
            return (
                "retrying…" if total == 1 else f"retrying {format_count(min(done + 1, total))} of {format_count(total)}"
            )
        text = summary([*self.verdicts.values()], total)
        return f"{text} · stopped" if self.stopped and done < total else text

    async def run(self) -> None:
        """Try all of it; return at the end, or when it was stopped and what ran has ended."""
        try:
            for execution in self.executions:
                self._changed()
                if self.stopped:
                    break
                verdict = await self._try(execution)
                if verdict is not None:
                    self.verdicts[execution] = verdict
        finally:
            self.running = False
            self._changed()

    def stop(self) -> None:
        """Try nothing more; a handler that runs goes on to its end."""
        if self.stopped:
            return
        self.stopped = True
        if self._fire is not None:
            self._recording.host.withdraw(self._fire)
        self._changed()

    async def _try(self, execution: ExecutionIndex) -> Verdict | None:
        """Try one; return None when the person does not say how."""
        try:
            before = await retriable(self._view, execution, self._recording.journal)
            values, notes = await self._values(before)
            if values is None:
                self.stopped = True
                return None
            self._fire = self._send(before, values)
            outcome = await self._recording.outcome(self._fire)
        except InspectorError as error:
            return Verdict(NOT_RUN, error.text.rstrip("."))
        finally:
            fire, self._fire = self._fire, None
        if fire is None:
            return None
        verdict = await verdict_of(before, self._recording, fire, notes)
        if verdict is not None:
            return verdict
        return Verdict(NOT_RUN, outcome.refusal.rstrip(".") or "the handler was not called")

    async def _values(self, before: Retriable) -> tuple[Mapping[str, Any] | None, list[str]]:
        """Return the values that are published, and what of them is not as it was recorded."""
        replay = before.replay
        notes: list[str] = []
        values: Mapping[str, Any] = replay.values
        if replay.changed:
            asked, decided = self._mappings.get(before.event.name, (replay, None))
            mapping = decided.carried(asked, replay) if decided is not None else None
            while True:
                if mapping is None:
                    asked, mapping = replay, await self._ask(replay)
                    if mapping is None:
                        return None, notes
                try:
                    values = replay.mapped(mapping)
                except UsageError:  # what was right for one execution of a group is not for the next
                    mapping = None
                    continue
                self._mappings[before.event.name] = asked, mapping
                break
            notes.append(replay.changes)
        made_up = {
            name: value
            for name, value in EventForm(before.event, 1).required_values().items()
            if name not in values and not self._is_base(before.event, name)
        }
        lost = [name for name in replay.lost if name not in replay.removed]
        if lost:
            notes.append(f"not the recorded {', '.join(lost)}")
        return {**made_up, **values}, notes

    @staticmethod
    def _is_base(event: EventDescription, name: str) -> bool:
        return any(shape.name == name and shape.base and shape.generated for shape in event.fields)

    def _send(self, before: Retriable, values: Mapping[str, Any]) -> FireNumber:
        reason = self._workbench.retry_blocked()
        if reason:
            raise InspectorError(f"{reason}.")
        context = before.context
        request = FireRequest(
            before.event.name,
            (values,),
            session=context.session,
            metadata=context.metadata,
            timeout=self._timeout,
            only=before.handler,
            retry=True,
        )
        firing = self._workbench.firing
        if firing is None or self._view.journal is not self._recording.journal:
            return self._recording.host.fire(request)
        chosen = firing.process
        if before.process in {target.process for target in firing.targets(before.event.name)}:
            firing.process = before.process  # where it failed
        try:
            return self._recording.host.fire(request)
        finally:
            firing.process = chosen


async def verdict_of(
    before: Retriable, recording: Recording, fire: FireNumber, notes: Sequence[str] = ()
) -> Verdict | None:
    """Return the verdict on an execution by what a fire has called; None when it has not called its handler."""
    journal = recording.journal
    columns = journal.publications
    published = np.flatnonzero((columns["fire"] == fire) & (columns["cause"] < 0)).tolist()
    executions = [
        journal.execution(index)
        for publication in published
        for index in journal.executions_of(PublicationIndex(publication))
    ]
    runs = [entry for entry in executions if entry.handler.key == before.handler]
    if not runs:
        return None
    after = next((entry for entry in runs if entry.status != OK), runs[0])
    name = verdict_name(before.status, after.status)
    details = []
    if name == STILL_FAILING:
        error = failure_head(await recording.details.failure(after.index) or "{}")[0]
        if after.status != before.status:
            details.append(f"{_words(before.status)} → {_words(after.status)}")
        elif error != before.error:
            details.append(f"{before.error or 'no exception'} → {error or 'no exception'}")
    if name == FIXED and before.fault:
        details.append("the fault was injected")
    if after.fault:
        details.append("under a fault")
    return Verdict(name, ", ".join([*details, *notes]), after.index, ref(journal))


def _words(status: str) -> str:
    return status.replace("_", " ")


def summary(verdicts: Sequence[Verdict], total: int) -> str:
    """Return what came of several retries: the worst verdict with its count, or that of all: ``fixed 3 of 3``."""
    if not verdicts:
        return ""
    names = [verdict.name for verdict in verdicts]
    if total == 1:
        return verdicts[0].text
    worst = next(name for name in VERDICTS if name in names)
    return f"{worst} {format_count(names.count(worst))} of {format_count(total)}"


def worst_of(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Return the worst of several verdicts, None of none."""
    return min(verdicts, key=lambda verdict: VERDICTS.index(verdict.name), default=None)


class Retries:
    """What was tried again since the program was started, whatever session it was in, and what is being tried now.

    Attributes:
        current: What is being tried; None when nothing is.
    """

    def __init__(self) -> None:
        self.current: Retry | None = None
        self._verdicts: WeakKeyDictionary[Journal, dict[ExecutionIndex, Verdict]] = WeakKeyDictionary()
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Call the listener whenever there is another verdict, or something begins or ends."""
        self._listeners.append(listener)

    def verdict(self, journal: Journal, execution: ExecutionIndex) -> Verdict | None:
        """Return the newest verdict on an execution, None where it was not tried again."""
        return self._verdicts.get(journal, {}).get(execution)

    def verdicts(self, journal: Journal) -> Mapping[ExecutionIndex, Verdict]:
        """Return the newest verdicts on the executions of a session."""
        return self._verdicts.get(journal, {})

    def trying(self, journal: Journal, executions: Collection[ExecutionIndex]) -> Retry | None:
        """Return what is being tried now, if it is about any of these executions."""
        current = self.current
        if current is None or current.journal is not journal:
            return None
        return current if not current.of.isdisjoint(executions) else None

    async def run(self, retry: Retry) -> None:
        """Try all that a retry asks for. Nothing else may be tried meanwhile."""
        self.current = retry
        try:
            await retry.run()
        finally:
            self._take()
            self.current = None
            self.tell()

    def tell(self) -> None:
        """Take in the verdicts of what is being tried, and call the listeners."""
        self._take()
        for listener in tuple(self._listeners):
            listener()

    def _take(self) -> None:
        if self.current is not None:
            self._verdicts.setdefault(self.current.journal, {}).update(self.current.verdicts)
