"""What came of a run: counts, what went wrong and where. As text and as JSON, for ``fire`` and ``demo`` alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.analysis.counts import count_run
from inspector.analysis.entries import IS_BAD
from inspector.app.text import format_count, one_line
from inspector.core.records.account import NotCalled, RunCounts, not_called, pending
from inspector.core.records.capture import failure_from_json
from inspector.core.records.host import FireRefused
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.statuses import BAD_STATUSES, OK, SWALLOWED, SWALLOWED_CODE

if TYPE_CHECKING:
    from inspector.app.recording import Recording
    from inspector.cli.console import Cell, Console
    from inspector.core.records.host import PendingWork

#: How many troubled executions are told one by one; the counts tell of all.
LISTED: Final = 100
_SHOWN: Final = 20
_STYLE: Final = {OK: "green", SWALLOWED: "yellow"}


@dataclass(frozen=True)
class Troubled:
    """An execution that went wrong, or hid an exception.

    Attributes:
        execution: Its number, 1 and up.
        publication: Number of its publication.
        handler: What people call the handler.
        event: Name of the event type.
        status: How it ended.
        attempts: How often its body began.
        error: Type of the exception, empty when there was none.
        message: What it said.
        file: Where in the program, empty when unknown.
        line: The line there, 0 when unknown.
        injected: A fault had been put into it.
    """

    execution: int
    publication: int
    handler: str
    event: str
    status: str
    attempts: int
    error: str
    message: str
    file: str
    line: int
    injected: bool


@dataclass(frozen=True)
class RunOutcome:
    """What came of a run.

    Attributes:
        counts: Publications and executions, counted.
        not_called: Handlers that were subscribed and were not called.
        pending: What went on when the fires had settled.
        failures: The first executions that ended badly.
        swallowed: The first executions that hid an exception.
        unexpected: How many ended badly without an injected fault.
        duration: From the first publication to the last end, ns.
        host_errors: What went wrong in the host itself.
    """

    counts: RunCounts
    not_called: list[NotCalled]
    pending: list[PendingWork]
    failures: list[Troubled]
    swallowed: list[Troubled]
    unexpected: int
    duration: int
    host_errors: list[str]

    @property
    def bad(self) -> int:
        """Executions that ended badly."""
        return sum(count for status, count in self.counts.by_status.items() if status in BAD_STATUSES)

    def as_json(self) -> dict[str, Any]:
        """Return the part of a command's JSON that is the same for all."""
        return {
            **asdict(self.counts),
            "not_called": [uncalled.as_json() for uncalled in self.not_called],
            "pending": [
                {"kind": work.kind, "name": work.name, "due_ms": round(work.due / 1e6, 3)} for work in self.pending
            ],
            "duration_ms": round(self.duration / 1e6, 3),
            "failures": [_as_json(execution) for execution in self.failures],
            "swallowed": [_as_json(execution) for execution in self.swallowed],
        }


async def outcome_of(recording: Recording) -> RunOutcome:
    """Read off a recording what came of it so far."""
    await recording.saved()
    journal = recording.journal
    statuses = journal.executions["status"]
    bad = IS_BAD[statuses]
    publications = journal.publications
    last = max(
        (int(column.max()) for column in (publications["end"], journal.executions["end"]) if len(column)), default=0
    )
    return RunOutcome(
        counts=count_run(journal),
        not_called=not_called(journal.host_records),
        pending=list(pending(journal.host_records)),
        failures=[await _troubled(recording, ExecutionIndex(int(i))) for i in bad.nonzero()[0][:LISTED]],
        swallowed=[
            await _troubled(recording, ExecutionIndex(int(i)))
            for i in (statuses == SWALLOWED_CODE).nonzero()[0][:LISTED]
        ],
        unexpected=int((bad & (journal.executions["fault"] == 0)).sum()),
        duration=max(0, last - int(publications["at"][0])) if len(publications) else 0,
        host_errors=[
            record.sentence
            for record in journal.host_records
            if record.severity == "error" and not isinstance(record, FireRefused)
        ],
    )


def tell(outcome: RunOutcome, console: Console) -> None:
    """Write counts and what went wrong, for people."""
    counts = outcome.counts
    derived = f"{format_count(counts.derived)} derived" if counts.derived else ""
    unheard = f"{format_count(counts.unheard)} unheard" if counts.unheard else ""
    again = counts.attempts + counts.never_awaited - counts.executions
    attempts = f"{format_count(counts.attempts)} attempts" if again else ""
    rows: list[list[Cell]] = [
        ["publications", format_count(counts.published), ", ".join(text for text in (derived, unheard) if text)],
        ["executions", format_count(counts.executions), attempts],
    ]
    for status, count in counts.by_status.items():
        rows.append(["  " + status.replace("_", " "), (format_count(count), style_of(status))])
    console.table(rows, right=(1,))
    _tell_list("Failures", outcome.failures, outcome.bad, console)
    _tell_list("Swallowed exceptions", outcome.swallowed, counts.by_status.get(SWALLOWED, 0), console)
    tell_uncalled(outcome.not_called, console)


def tell_session(session: int, name: str, database: Path, console: Console) -> None:
    """Write where the run is stored."""
    if session:
        console.line()
        console.line(f"Session {session} “{one_line(name)}” in {database}")


def style_of(status: str) -> str:
    """Return the style in which a status is written."""
    return "red" if status in BAD_STATUSES else _STYLE.get(status, "")


async def _troubled(recording: Recording, index: ExecutionIndex) -> Troubled:
    execution = recording.journal.execution(index)
    text = await recording.details.failure(index)
    failure = failure_from_json(text) if text else None
    origin = failure.origin if failure is not None else None
    return Troubled(
        execution=execution.number,
        publication=recording.journal.publication_number(execution.publication),
        handler=execution.handler.label,
        event=execution.event.name,
        status=execution.status,
        attempts=execution.attempts,
        error=failure.type if failure is not None else "",
        message=failure.message if failure is not None else "",
        file=origin.file if origin is not None else execution.handler.file,
        line=origin.line if origin is not None else execution.handler.line,
        injected=execution.fault,
    )


def _as_json(execution: Troubled) -> dict[str, Any]:
    return {
        "execution": execution.execution,
        "publication": execution.publication,
        "event": execution.event,
        "handler": execution.handler,
        "status": execution.status,
        "attempts": execution.attempts,
        "error": {
            "type": execution.error,
            "message": execution.message,
            "file": execution.file,
            "line": execution.line,
        },
        "injected": execution.injected,
    }


def _tell_list(title: str, troubled: list[Troubled], count: int, console: Console) -> None:
    if not troubled:
        return
    console.heading(title)
    for execution in troubled[:_SHOWN]:
        status = console.styled(execution.status, style_of(execution.status))
        injected = console.styled("  (injected)", "dim") if execution.injected else ""
        console.line(f"  {status}  {execution.handler}  on {execution.event}{injected}")
        said = f"{execution.error}: {execution.message.partition(chr(10))[0]}" if execution.message else execution.error
        if said:
            console.line(f"    {one_line(said, 200)}")
        if execution.file:
            console.line(console.styled(f"    {short_path(execution.file)}:{execution.line}", "dim"))
    if count > _SHOWN:
        console.line(f"  … and {format_count(count - _SHOWN)} more (see the run log)")


def tell_uncalled(uncalled: list[NotCalled], console: Console) -> None:
    """Write which handlers were not called, and why."""
    if not uncalled:
        return
    console.heading("Not called")
    for handler in uncalled[:_SHOWN]:
        times = f" ({format_count(handler.times)} times)" if handler.times > 1 else ""
        console.line(f"  {one_line(handler.handler, 80)}  on {one_line(handler.event, 60)}{times}: {handler.reason}")
    if len(uncalled) > _SHOWN:
        console.line(f"  … and {format_count(len(uncalled) - _SHOWN)} more (see --json)")


def session_json(recording: Recording, database: Path) -> dict[str, Any]:
    """Return the part of a command's JSON that says where the run is stored."""
    return {"session": recording.session or None, "name": recording.name, "database": str(database)}


def short_path(file: str) -> str:
    """Return a path as it is seen from here, when it lies below."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
