"""Records of the host: what became of fires, of the recording, of the loop and of the process.

Each fact that the program decides on is a record of its own, with its own fields. Besides them a record says how bad it
is (``severity``) and what people read (``sentence``, made of the fields wherever they suffice). ``HostNoted`` is for
people only: no code looks at its kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from ..description import CatalogDescription, HandlerDescription  # noqa: TC001 - read at run time: see RowField
from .numbers import ExecutionNumber, FireNumber, PublicationNumber  # noqa: TC001 - likewise

#: Marks of a text, for ``Annotated``: JSON; a ``Failure`` as JSON; what may quote anything, an exception's message too.
JSON: Final = "json"
FAILURE: Final = "failure"
PROSE: Final = "prose"

#: Text that is JSON, empty when there is none.
Json = Annotated[str, JSON]
#: A ``Failure`` as JSON text (see ``capture``), empty when there is none.
FailureJson = Annotated[str, FAILURE]
#: Text for people; secrets in it are redacted when it is recorded, and a very long one is cut.
Prose = Annotated[str, PROSE]


@dataclass(frozen=True)
class HostRecord:
    """What all records of the host have.

    Attributes:
        at: Nanoseconds since the session started.
    """

    KIND: ClassVar[int]
    #: How bad it is, unless the record itself says so.
    SEVERITY: ClassVar[str] = "info"
    at: int

    @property
    def severity(self) -> str:
        """``debug``, ``info``, ``warning`` or ``error``."""
        return self.SEVERITY

    @property
    def sentence(self) -> str:
        """One sentence for people; empty when there is nothing to say."""
        return str(getattr(self, "text", ""))


@dataclass(frozen=True)
class HostNoted(HostRecord):
    """Something about the host that only people read.

    Attributes:
        kind: ``observer`` (an observer was removed), ``engine`` (a bug of ours), …
        level: ``info``, ``warning`` or ``error``.
        text: One sentence.
        data: More, as JSON text; empty when there is none.
    """

    KIND: ClassVar[int] = 6
    kind: str
    level: str
    text: Prose
    data: Json = ""

    @property
    def severity(self) -> str:
        """What ``level`` says."""
        return self.level


#: Kind of the note that an event was made anew on its way to the handlers, and is not what it was.
CHANGED: Final = "changed"
#: Kind of the note of what cannot be seen in a process, whatever it does.
LIMIT: Final = "limit"


# --- fires --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FireSettled(HostRecord):
    """A fire is over: the last record that is about it, however it went.

    Attributes:
        fire: Which one.
        published: How often its event was published; derived publications are not counted.
    """

    KIND: ClassVar[int] = 7
    fire: FireNumber
    published: int


@dataclass(frozen=True)
class FireRefused(HostRecord):
    """An event of a fire was not published, nor will those be that were to follow. ``FireSettled`` comes after it.

    Attributes:
        fire: Which one.
        reason: Why, as a sentence.
        hint: What to do about it, empty when there is nothing to say.
    """

    KIND: ClassVar[int] = 8
    SEVERITY: ClassVar[str] = "error"
    fire: FireNumber
    reason: Prose
    hint: Prose = ""

    @property
    def sentence(self) -> str:
        """Why."""
        return self.reason


@dataclass(frozen=True)
class PendingWork:
    """Something that was started and has not ended.

    Attributes:
        kind: ``execution``, ``task``, ``future`` (of an executor), ``thread`` or ``timer``.
        name: What runs, or will.
        due: When a timer runs, nanoseconds from then; else 0.
    """

    kind: str
    name: str
    due: int = 0


@dataclass(frozen=True)
class FireUnsettled(HostRecord):
    """Something that a fire set off went on for longer than a handler may take, and is waited for no more.

    Attributes:
        fire: Which one.
        pending: What it is, as far as it can be seen.
    """

    KIND: ClassVar[int] = 9
    SEVERITY: ClassVar[str] = "warning"
    fire: FireNumber
    pending: tuple[PendingWork, ...] = ()

    @property
    def sentence(self) -> str:
        """What is pending, and for how long: ``Settled, with 1 timer pending for 4.7 s: Cache.expire.``."""
        left = described(self.pending)
        return f"Settled, with {left}." if left else "Work started by this fire is still running."


def described(pending: Sequence[PendingWork]) -> str:
    """Return what is pending in words: ``1 timer pending for 4.7 s: Cache.expire``; empty when nothing is."""
    counts = Counter(work.kind for work in pending)
    if not counts:
        return ""
    counted = " and ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items())
    due = max(work.due for work in pending)
    left = f" for {due / 1e9:.1f} s" if due else ""
    names = tuple(dict.fromkeys(work.name for work in pending))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{counted} pending{left}: {', '.join(names[:_NAMED])}{more}"


#: Names that a sentence lists.
_NAMED: Final = 3


@dataclass(frozen=True)
class UncalledHandler:
    """A handler that was subscribed to an event and was not called.

    Attributes:
        handler: Its key.
        label: What people call it.
        reason: Why, as one of ``REASONS``.
        detail: The reason in words, to follow the label and “: ”.
    """

    handler: str
    label: str
    reason: str
    detail: str = ""


#: Why a handler was not called.
PREDICATE: Final = "predicate"
USED_UP: Final = "used_up"
CALLED_ONCE: Final = "called_once"
UNSUBSCRIBED: Final = "unsubscribed"
LIST_CHANGED: Final = "list_changed"
ONLY_QUEUED: Final = "only_queued"
GATHERED: Final = "gathered"
PUT_OFF: Final = "put_off"
STILL_DUE: Final = "still_due"
DEAD_REFERENCE: Final = "dead_reference"
EARLIER_RAISED: Final = "earlier_raised"
PUBLISH_BROKE: Final = "publish_raised"
STOPPED: Final = "stopped_by_handler"
WRAPPER: Final = "wrapper"
GENERATOR: Final = "generator"
ARGUMENTS: Final = "arguments"
ELSEWHERE: Final = "other_process"
NESTED: Final = "nested"
UNKNOWN: Final = "unknown"
#: Each reason with its words.
REASONS: Final = {
    PREDICATE: "its predicate returned false",
    USED_UP: "already called once and then removed",
    CALLED_ONCE: "subscribed several times and called once",
    UNSUBSCRIBED: "no longer subscribed",
    LIST_CHANGED: "the handler list changed during iteration",
    ONLY_QUEUED: "the event is still in the queue",
    GATHERED: "the bus gathers events first and has not passed this one on yet",
    PUT_OFF: "its timer was cancelled",
    STILL_DUE: "its timer is not due yet",
    DEAD_REFERENCE: "it was only weakly referenced and is gone",
    EARLIER_RAISED: "an earlier handler raised, and the bus stopped there",
    PUBLISH_BROKE: "publishing raised first",
    STOPPED: "an earlier handler stopped the event",
    WRAPPER: "its wrapper did not call it",
    GENERATOR: "it is a generator, and nothing iterated over it",
    ARGUMENTS: "it cannot be called with the event alone",
    ELSEWHERE: "the bus has a pool of processes, and what runs there is not observed",
    NESTED: "it was published inside this handler, and the bus may limit that",
    UNKNOWN: "unknown",
}
#: Reasons that are the will of who wrote it.
INTENDED: Final = frozenset(
    {PREDICATE, USED_UP, CALLED_ONCE, UNSUBSCRIBED, GATHERED, PUT_OFF, STILL_DUE, STOPPED, WRAPPER, NESTED}
)


@dataclass(frozen=True)
class HandlersNotCalled(HostRecord):
    """Handlers that were subscribed to an event of a fire and were not called.

    Attributes:
        fire: Which one.
        publication: Of which publication; of several alike the first.
        event: Name of its event.
        handlers: Which handlers, and why.
        times: In how many publications it was the same.
    """

    KIND: ClassVar[int] = 29
    fire: FireNumber
    publication: PublicationNumber
    event: str
    handlers: tuple[UncalledHandler, ...]
    times: int = 1

    @property
    def severity(self) -> str:
        """It may well be meant."""
        return "info" if all(handler.reason in INTENDED for handler in self.handlers) else "warning"

    @property
    def sentence(self) -> str:
        """Which handlers, of which event, and why."""
        words = "; ".join(
            f"{handler.label} was not called: {handler.detail or handler.reason}" for handler in self.handlers
        )
        return f"{self.event}: {words}."


@dataclass(frozen=True)
class SessionFailed(HostRecord):
    """The database session of a fire failed after its event had been published."""

    KIND: ClassVar[int] = 10
    SEVERITY: ClassVar[str] = "error"
    fire: FireNumber
    text: Prose


@dataclass(frozen=True)
class PublishRaised(HostRecord):
    """The bus raised at the publisher of a fire's event.

    Attributes:
        fire: Which one.
        error: Class name of the exception.
        text: What happened, as a sentence.
    """

    KIND: ClassVar[int] = 11
    SEVERITY: ClassVar[str] = "warning"
    fire: FireNumber
    error: str
    text: Prose


# --- the recording ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ActiveFault:
    """A fault that is on: patterns for the labels of handlers and the names of events, and one of ``FAULT_KINDS``."""

    handler: str
    event: str
    kind: str


@dataclass(frozen=True)
class FaultsSwitched(HostRecord):
    """The program's faults were switched.

    Attributes:
        on: On, or off.
        rules: The faults that are on now.
    """

    KIND: ClassVar[int] = 12
    on: bool
    rules: tuple[ActiveFault, ...] = ()

    @property
    def sentence(self) -> str:
        """How many are on."""
        return f"Faults on: {len(self.rules)}." if self.on else "Faults off."


@dataclass(frozen=True)
class RecordingPaused(HostRecord):
    """Publications are not recorded from now on; what is under way is recorded to its end."""

    KIND: ClassVar[int] = 13

    @property
    def sentence(self) -> str:
        """Always the same."""
        return "Recording paused."


@dataclass(frozen=True)
class RecordingResumed(HostRecord):
    """Publications are recorded again."""

    KIND: ClassVar[int] = 14

    @property
    def sentence(self) -> str:
        """Always the same."""
        return "Recording resumed."


@dataclass(frozen=True)
class RecordsLost(HostRecord):
    """Records were lost.

    Attributes:
        count: How many.
        reason: Why, as the end of a sentence.
        first: Seq of the first of them, 0 when they had none yet.
        last: Seq of the last of them, likewise.
    """

    KIND: ClassVar[int] = 15
    count: int
    reason: Prose
    first: int = 0
    last: int = 0

    @property
    def severity(self) -> str:
        """A gap in the stream is worse than records that never were in it."""
        return "error" if self.first else "warning"

    @property
    def sentence(self) -> str:
        """How many, and why."""
        count = f"{self.count:,}".replace(",", "\N{THIN SPACE}")
        return f"{count} {'record was' if self.count == 1 else 'records were'} lost: {self.reason}."


@dataclass(frozen=True)
class RepublishRefused(HostRecord):
    """An endless chain of publications was cut.

    Attributes:
        event: Class name of the event that was refused.
        depth: How deep it was nested.
        chain: Who published whom, outermost first: ``OrderPlaced → Mailer.send``.
    """

    KIND: ClassVar[int] = 16
    SEVERITY: ClassVar[str] = "error"
    event: str
    depth: int
    chain: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Which event, and how deep."""
        return f"{self.event} was refused after {self.depth} nested publications: infinite event loop."


@dataclass(frozen=True)
class HandlerAdded(HostRecord):
    """A handler that the catalog did not have, or not like this."""

    KIND: ClassVar[int] = 17
    handler: HandlerDescription

    @property
    def sentence(self) -> str:
        """Which one."""
        return f"{self.handler.label} is new"


# --- the loop of the bus ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoopBlocked(HostRecord):
    """The bus's loop does not answer.

    Attributes:
        since: When it answered last, ns since the session started.
        handler: Label of the handler that holds it, empty when none does.
        function: The function that is running, empty when unknown.
        file: Its source.
        line: The line that is running, 0 when unknown.
    """

    KIND: ClassVar[int] = 18
    SEVERITY: ClassVar[str] = "warning"
    since: int
    handler: str = ""
    function: str = ""
    file: str = ""
    line: int = 0

    @property
    def sentence(self) -> str:
        """What holds it."""
        return f"Event loop blocked in {_place(self.handler or self.function, self.file, self.line)}"


@dataclass(frozen=True)
class LoopUnblocked(HostRecord):
    """The bus's loop answers again. The fields are those of the ``LoopBlocked`` that it ends."""

    KIND: ClassVar[int] = 19
    since: int
    handler: str = ""
    function: str = ""
    file: str = ""
    line: int = 0

    @property
    def duration(self) -> int:
        """How long it did not answer, ns."""
        return self.at - self.since

    @property
    def sentence(self) -> str:
        """How long, and what held it."""
        place = _place(self.handler or self.function, self.file, self.line)
        return f"Event loop was blocked for {self.duration / 1e6:.0f} ms in {place}"


def _place(who: str, file: str, line: int) -> str:
    if not file:
        return who or "unknown code"
    return f"{who} ({file}:{line})" if who else f"{file}:{line}"


# --- the program and its process ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class PartNotLoaded(HostRecord):
    """A part of the program cannot be used; the rest works.

    Attributes:
        where: The part: a module, a setting, a probe.
        text: What is the matter, as a sentence.
        hint: What to do about it.
        trouble: What kind of trouble it is, see ``hosts.trouble.LoadError.kind``; empty for a probe.
        failure: What was raised.
        level: ``error``, or ``warning`` when handlers run without it as they should.
    """

    KIND: ClassVar[int] = 20
    where: str
    text: Prose
    hint: Prose = ""
    trouble: str = ""
    failure: FailureJson = ""
    level: str = "error"

    @property
    def severity(self) -> str:
        """What ``level`` says."""
        return self.level


@dataclass(frozen=True)
class ProgramPrinted(HostRecord):
    """The program wrote a line to its output.

    Attributes:
        stream: ``stdout`` or ``stderr``.
        text: The line.
    """

    KIND: ClassVar[int] = 21
    stream: str
    text: Prose

    @property
    def severity(self) -> str:
        """What goes to ``stderr`` is a warning."""
        return "info" if self.stream == "stdout" else "warning"


@dataclass(frozen=True)
class OutputDropped(HostRecord):
    """The program wrote more than is shown.

    Attributes:
        size: How much is missing, bytes.
    """

    KIND: ClassVar[int] = 22
    SEVERITY: ClassVar[str] = "warning"
    size: int

    @property
    def sentence(self) -> str:
        """How much."""
        size = f"{self.size / 1e6:.0f} MB" if self.size >= 1e6 else f"{self.size / 1e3:.0f} kB"
        return f"{size} of output dropped."


@dataclass(frozen=True)
class ProcessStuck(HostRecord):
    """Nothing in the program's process answers.

    Attributes:
        text: What is known of it, as a sentence.
        since: When it answered last, ns since the session started.
        handlers: Labels of the handlers that are running, the likeliest culprit first.
        function: The function that is running, empty when unknown.
        file: Its source.
        line: The line that is running, 0 when unknown.
    """

    KIND: ClassVar[int] = 23
    SEVERITY: ClassVar[str] = "error"
    text: Prose
    since: int
    handlers: tuple[str, ...] = ()
    function: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class ProcessUnstuck(HostRecord):
    """The program's process answers again.

    Attributes:
        duration: How long it did not, ns.
    """

    KIND: ClassVar[int] = 24
    duration: int

    @property
    def sentence(self) -> str:
        """How long it did not."""
        return f"The program is responding again after {self.duration / 1e9:.1f} s."


@dataclass(frozen=True)
class ProcessEnded(HostRecord):
    """The program has ended, and was not meant to.

    Attributes:
        text: How, as a sentence.
        why: ``exit``, ``killed``, ``lingered``, …, see ``hosts.supervisor.Ended``; empty when only its loop ended.
        code: Exit code of the process, None when it had none of its own.
        signal: Name of the signal that ended it, empty when none did.
        executions: Executions that were running, at most the last 100.
        handlers: Labels of their handlers.
        file: Source of the line at which it crashed, empty when unknown.
        line: That line, 0 when unknown.
        output: What it wrote last.
        error: Class name of the exception that ended the loop, empty when none did.
    """

    KIND: ClassVar[int] = 25
    SEVERITY: ClassVar[str] = "error"
    text: Prose
    why: str = ""
    code: int | None = None
    signal: str = ""
    executions: tuple[ExecutionNumber, ...] = ()
    handlers: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    output: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class ProgramReloaded(HostRecord):
    """The program was loaded again in a new process, or a process that is watched has declared more.

    Attributes:
        catalog: What it declares now, None when that has not changed.
        process: The process that has declared more, 0 when the program was loaded again.
    """

    KIND: ClassVar[int] = 26
    catalog: CatalogDescription | None = None
    process: int = 0

    @property
    def sentence(self) -> str:
        """Which of both."""
        return f"Process {self.process}: bus found." if self.process else "Program reloaded."


@dataclass(frozen=True)
class RestartFailed(HostRecord):
    """The program could not be loaded again.

    Attributes:
        text: Why, as a sentence.
        hint: What to do about it.
    """

    KIND: ClassVar[int] = 27
    SEVERITY: ClassVar[str] = "error"
    text: Prose
    hint: Prose = ""


@dataclass(frozen=True)
class ProgramSlowed(HostRecord):
    """From here on the program is held when it publishes, for as long as its records come too fast."""

    KIND: ClassVar[int] = 28
    SEVERITY: ClassVar[str] = "warning"

    @property
    def sentence(self) -> str:
        """Always the same."""
        return "The program is being slowed down: it publishes faster than events can be saved."


# --- the processes of a program that was started with ``inspector run`` -------------------------------------------


@dataclass(frozen=True)
class ProcessJoined(HostRecord):
    """A Python process of the program reports from here on.

    Attributes:
        process: Its number in this session, 1 and up.
        pid: Its process id.
        parent: Number of the process that started it, 0 when that is unknown or does not report.
        role: What it does, in a word or two: ``server``, ``worker``, ``reloader``; empty when that is unknown.
        command: Its command line, as one text.
        python: Version of its interpreter.
    """

    KIND: ClassVar[int] = 30
    process: int
    pid: int
    parent: int
    role: str
    command: Prose
    python: str

    @property
    def sentence(self) -> str:
        """Which one."""
        return f"Process {self.process} started: {self.role or 'Python'}, pid {self.pid}."


@dataclass(frozen=True)
class ProcessLeft(HostRecord):
    """A process of the program has ended.

    Attributes:
        process: Its number.
        pid: Its process id.
        code: Its exit code, negative for the signal that ended it, None when that is unknown.
        text: How it ended, as a sentence.
    """

    KIND: ClassVar[int] = 31
    process: int
    pid: int
    code: int | None
    text: Prose

    @property
    def severity(self) -> str:
        """A warning unless it ended as a program does that is done."""
        return "warning" if self.code else "info"


@dataclass(frozen=True)
class ProcessSilent(HostRecord):
    """A Python process of the program that does not report.

    Attributes:
        pid: Its process id.
        command: Its command line, as one text.
        reason: Why it does not, as a sentence.
    """

    KIND: ClassVar[int] = 32
    SEVERITY: ClassVar[str] = "warning"
    pid: int
    command: Prose
    reason: Prose

    @property
    def sentence(self) -> str:
        """Which one, and why."""
        return f"Process {self.pid} does not report: {self.reason}"


@dataclass(frozen=True)
class PublicationsSkipped(HostRecord):
    """Publications of a process that are not in the stream, since the last such record of this process.

    Attributes:
        process: Its number.
        one_in: Of how many publications one is recorded from here on; 1 is all.
        counted: How many were only counted, to keep the cost of recording within the budget.
        dropped: How many were dropped because the inspector did not read fast enough.
    """

    KIND: ClassVar[int] = 33
    process: int
    one_in: int
    counted: int
    dropped: int

    @property
    def severity(self) -> str:
        """What was dropped is lost; what was only counted is as the budget wants it."""
        return "warning" if self.dropped else "info"

    @property
    def sentence(self) -> str:
        """How many, and what is recorded from here on."""
        parts = []
        if self.counted:
            parts.append(f"{_counted(self.counted, 'publication')} only counted")
        if self.dropped:
            parts.append(f"{_counted(self.dropped, 'publication')} dropped")
        now = "all are recorded" if self.one_in <= 1 else f"1 in {self.one_in} is recorded"
        return f"Process {self.process}: {', '.join((*parts, now))}."


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}".replace(",", "\N{THIN SPACE}")


@dataclass(frozen=True)
class TestRan(HostRecord):
    """A test of the program has ended.

    Attributes:
        started: When it began, ns since the session started.
        name: What the test runner calls it: ``tests/test_shop.py::test_order``.
        outcome: What the test runner says of it: ``passed``, ``failed``, ``skipped``, ``error``, ``xfailed``, …
        process: Number of the process in which it ran.
    """

    KIND: ClassVar[int] = 34
    __test__: ClassVar[bool] = False
    started: int
    name: Prose
    outcome: str
    process: int = 0

    @property
    def severity(self) -> str:
        """A warning when it did not go well."""
        return "warning" if self.outcome in BAD_OUTCOMES else "info"

    @property
    def sentence(self) -> str:
        """Which one, and how it ended."""
        return f"{self.name} {self.outcome}."


@dataclass(frozen=True)
class NotedOutside(HostRecord):
    """The program did something outside of all executions, which otherwise would be a note of one.

    Attributes:
        kind: ``output``, ``sql``, ``http``; ``dropped``: so much of it was not recorded.
        level: ``debug``, ``info``, ``warning`` or ``error``.
        text: What to read in one line.
        data: More, as JSON text; empty when there is none.
        process: Number of the process that did it, 0 when the program is a single one.
    """

    KIND: ClassVar[int] = 35
    kind: str
    level: str
    text: Prose
    data: Json = ""
    process: int = 0

    @property
    def severity(self) -> str:
        """What ``level`` says; that a statement failed is no trouble of the host's."""
        return "warning" if self.level == "error" else self.level


@dataclass(frozen=True)
class FiredAtHandler(HostRecord):
    """A fire begins that calls one handler, without its siblings. What that publishes goes to all who are subscribed.

    Attributes:
        fire: Which one.
        handler: Key of the handler.
        retry: It tries again what was recorded: all that comes of it stays out of what is counted.
    """

    KIND: ClassVar[int] = 36
    fire: FireNumber
    handler: str
    retry: bool = False

    @property
    def sentence(self) -> str:
        """Which handler."""
        name = self.handler.partition(":")[2] or self.handler
        return f"Retry of {name}." if self.retry else f"Only {name} is called."


@dataclass(frozen=True)
class ProbesSwitched(HostRecord):
    """Probes were switched on or off.

    Attributes:
        off: Kinds of notes that are not made any more: ``sql``, ``http``, ``output``, ``row``, ``mail``, ``sse``.
    """

    KIND: ClassVar[int] = 37
    SEVERITY: ClassVar[str] = "debug"
    off: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Which are off."""
        return f"Not recorded: {', '.join(self.off)}." if self.off else "All probes are on."


#: Outcomes of a test that did not go well.
BAD_OUTCOMES: Final = frozenset({"failed", "error"})

#: The classes of the host's records, in the order of their kinds, which start with that of ``HostNoted``.
HOST_RECORDS: Final[tuple[type[HostRecord], ...]] = (
    HostNoted,
    FireSettled,
    FireRefused,
    FireUnsettled,
    SessionFailed,
    PublishRaised,
    FaultsSwitched,
    RecordingPaused,
    RecordingResumed,
    RecordsLost,
    RepublishRefused,
    HandlerAdded,
    LoopBlocked,
    LoopUnblocked,
    PartNotLoaded,
    ProgramPrinted,
    OutputDropped,
    ProcessStuck,
    ProcessUnstuck,
    ProcessEnded,
    ProgramReloaded,
    RestartFailed,
    ProgramSlowed,
    HandlersNotCalled,
    ProcessJoined,
    ProcessLeft,
    ProcessSilent,
    PublicationsSkipped,
    TestRan,
    NotedOutside,
    FiredAtHandler,
    ProbesSwitched,
)
