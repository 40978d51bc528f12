"""``inspector log``: the executions of a stored session, all or those that a filter picks out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.analysis.losses import loss_place
from inspector.analysis.losskinds import LOSS_KINDS
from inspector.analysis.tally import LossTally
from inspector.app.filtered import filter_of, pick, placement_warnings
from inspector.app.loss_marks import loss_subject
from inspector.app.losses import loss_counts, loss_json, loss_limits, loss_words, ranked_losses
from inspector.app.missing import missing_sentence
from inspector.app.places import default_database
from inspector.app.text import format_count, format_duration, format_time, one_line, plural
from inspector.cli import exitcodes
from inspector.cli.outcome import tell_uncalled
from inspector.cli.running import opened
from inspector.cli.running import run as run_coroutine
from inspector.core.errors import UsageError
from inspector.core.records.account import not_called
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.statuses import BAD_STATUSES
from inspector.store.schema import database_exists

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from inspector.analysis.entries import ExecutionEntry
    from inspector.analysis.journal import Journal
    from inspector.analysis.query.query import Filter
    from inspector.cli.console import Cell, Console


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; return the exit code.

    Raises:
        UsageError: There is no such session, or the filter cannot be read.
        InspectorError: The database cannot be read.
    """
    if arguments.not_called and (arguments.filter or arguments.last):
        raise UsageError("--not-called cannot be combined with --filter or --last.", "Leave them out.")
    if arguments.losses and (arguments.not_called or arguments.last):
        raise UsageError("--losses cannot be combined with --not-called or --last.", "Leave them out.")
    chosen = filter_of(arguments.filter)
    database = arguments.db or default_database()
    if not database_exists(database):
        raise UsageError(f"No session {arguments.session!r}: {database} does not exist.")
    journal, picked, warnings = run_coroutine(_pick(database, arguments.session, chosen))
    for warning in (*warnings, *filter(None, [missing_sentence(journal.processes)])):
        console.note(warning)
    code = exitcodes.FAILED if warnings else exitcodes.OK
    uncalled = not_called(journal.host_records)
    if arguments.losses:
        _tell_losses(journal, chosen, console, as_data=arguments.json)
        return code
    if arguments.not_called:
        if arguments.json:
            console.data([handler.as_json() for handler in uncalled])
        else:
            tell_uncalled(uncalled, console)
        return code
    shown = picked[-arguments.last :] if arguments.last else picked
    if arguments.json:
        console.data([as_json(journal, ExecutionIndex(index)) for index in shown])
        if uncalled and not chosen:
            was = "was" if len(uncalled) == 1 else "were"
            console.note(f"{plural(len(uncalled), 'handler')} {was} not called; --not-called lists them.")
        return code
    if shown:
        _tell(journal, shown, console)
    left = f", last {format_count(len(shown))} shown" if len(shown) < len(picked) else ""
    total = plural(len(journal.executions), "execution")
    retries = int(journal.executions["retry"][picked].sum()) if picked else 0
    total += f", {format_count(retries)} in retries" if retries else ""
    console.line(f"{format_count(len(picked))} of {total}{left}" if chosen or left else total)
    if not chosen:
        tell_uncalled(uncalled, console)
    return code


async def _pick(database: Path, session: str, chosen: Filter) -> tuple[Journal, list[int], list[str]]:
    from inspector.store.reader import StoredStream

    async with opened(database) as store:
        info = await store.find_session(session)
        stream = StoredStream(store, info.id)
        journal, fits = await pick(stream, chosen)
    return (
        journal,
        [int(index) for index in fits.nonzero()[0]],
        [*stream.warnings(), *placement_warnings(journal)],
    )


def as_json(journal: Journal, index: ExecutionIndex) -> dict[str, Any]:
    """Return an execution as JSON; times in nanoseconds, ``duration_ns`` null while it was running."""
    execution = journal.execution(index)
    publication = journal.publication(execution.publication)
    return {
        "execution": execution.number,
        "publication": publication.number,
        "event": execution.event.name,
        "handler": execution.handler.label,
        "status": execution.status,
        "attempts": execution.attempts,
        "start_ns": execution.start,
        "duration_ns": execution.duration,
        "on_loop_ns": execution.on_loop,
        "correlation": publication.correlation,
        "cause": publication.cause_number or None,
        "fault": execution.fault,
        "retry": execution.retry,
        "process": publication.process or None,
        "error": _error(journal, index),
    }


def _error(journal: Journal, index: int) -> dict[str, str] | None:
    number = int(journal.executions["error"][index])
    kind = journal.errors.kind_of(number)
    return None if kind is None else {"type": kind.type, "message": journal.errors.message(number)}


def _status(execution: ExecutionEntry) -> str:
    tries = f", {execution.attempts} attempts" if execution.attempts > 1 else ""
    return execution.status.replace("_", " ") + tries + (", retry" if execution.retry else "")


def _tell(journal: Journal, shown: list[int], console: Console) -> None:
    several = journal.processes.several
    heads = ("#", "time", *(("process",) if several else ()), "event", "handler", "status", "duration", "")
    rows: list[list[Cell]] = [[(head, "dim") for head in heads]]
    for index in shown:
        execution = journal.execution(ExecutionIndex(index))
        error = _error(journal, index)
        process = journal.publication(execution.publication).process if several else 0
        bad = execution.status in BAD_STATUSES and not execution.retry
        colour = "red" if bad else "yellow" if execution.status == "swallowed" else ""
        rows.append(
            [
                str(execution.number),
                format_time(journal.wall, execution.start),
                *([one_line(journal.processes.label(process), 40)] if several else []),
                one_line(execution.event.name, 60),
                one_line(execution.handler.label, 80),
                (_status(execution), colour),
                "" if execution.duration is None else format_duration(execution.duration),
                one_line(f"{error['type']}: {error['message']}", 80) if error else "",
            ]
        )
    console.table(rows, indent=0, right=(0, 6 if several else 5))


def _tell_losses(journal: Journal, chosen: Filter, console: Console, *, as_data: bool) -> None:
    """List what was lost, the most frequent first; a filter leaves what is lost of matching executions and events."""
    journal.losses.finish()  # nothing follows
    tally = LossTally(journal, chosen)
    losses = ranked_losses(journal, tally)
    if as_data:
        console.data([loss_json(journal, loss, tally) for loss in losses])
    elif losses:
        heads = ("kind", "handler or event", "place", "what happened", "count", "since", "")
        rows: list[list[Cell]] = [[(head, "dim") for head in heads]]
        rows += [
            [
                LOSS_KINDS[loss.kind].label.lower(),
                one_line(loss_subject(journal, loss), 80),
                one_line(loss_place(loss), 60),
                one_line(loss_words(loss), 80),
                format_count(tally.count(loss)),
                format_time(journal.wall, int(tally.first[loss.number])),
                ("by design?", "dim") if loss.guessed else "",
            ]
            for loss in losses
        ]
        console.table(rows, indent=0, right=(4,))
    if not as_data:
        console.line(plural(int(tally.counts.sum()), "loss", "losses"))
        console.line(loss_counts(tally.kinds(losses)))
    for limit in loss_limits(journal):
        console.note(limit)
