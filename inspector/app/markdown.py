"""A session as a Markdown page: a table of its handlers, and below it every execution that went wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from inspector.analysis.entries import IS_BAD
from inspector.analysis.failures import failure_head
from inspector.analysis.losses import loss_place
from inspector.analysis.losskinds import LOSS_KINDS
from inspector.analysis.ran_tests import troubles
from inspector.analysis.tally import LossTally
from inspector.app.filtered import PlacedStream, filter_of, pick, placement_warnings
from inspector.app.loss_marks import loss_subject
from inspector.app.losses import loss_limits, loss_words, ranked_losses
from inspector.app.missing import missing_sentence
from inspector.app.summary import summarise
from inspector.app.text import one_line, plural
from inspector.core.records.account import not_called
from inspector.core.records.host import BAD_OUTCOMES
from inspector.core.records.records import HANDLER_ENDED, KIND, HandlerEnded, to_record
from inspector.core.records.statuses import STATUSES
from inspector.store.files import NewFile

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from inspector.analysis.journal import Journal
    from inspector.analysis.query.query import Filter
    from inspector.core.records.records import Batch
    from inspector.core.records.stream import RecordStream
    from inspector.store.tables import HandlerSummary

#: How much of a name, and of an error's message, a cell shows.
_NAME_LIMIT: Final = 200
_MESSAGE_LIMIT: Final = 2_000
_NS_PER_MS: Final = 1_000_000
#: What Markdown obeys; an underscore within a word is one.
_OBEYED: Final = re.compile(r"[\\`*\[\]<>|~&#$]|(?<![^\W_])_|_(?![^\W_])")


async def export_markdown(stream: RecordStream, target: Path, *, name: str = "", chosen: Filter | None = None) -> int:
    """Write a title, what is missing, a row per handler with an ended execution, and one per execution that went wrong.

    The stream is read twice: the journal forgets the failures of long runs.

    Args:
        stream: A stream that ends.
        target: The file; replaced when all is written.
        name: The session's name, for the title.
        chosen: Only executions that fit; None for all.

    Returns:
        How many handlers were written.

    Raises:
        InspectorError: The file cannot be written, or the stream not be read; an old file is as it was.
    """
    journal, fits = await pick(stream, chosen or filter_of(""))
    handlers = summarise(journal, fits)
    left = fits & IS_BAD[journal.executions["status"]] & (journal.executions["retry"] == 0)
    with NewFile(target) as file:
        file.write(f"# {markdown_text(name or 'Run')}\n\n")
        # The second reading, below, begins to count anew.
        missing = stream.warnings() if isinstance(stream, PlacedStream) else placement_warnings(journal)
        missing = [*missing, *filter(None, [missing_sentence(journal.processes)])]
        file.write("".join(f"**{markdown_text(sentence)}**\n\n" for sentence in missing))
        file.write(f"{_handlers(handlers)}\n## Failed executions\n\n")
        if not left.any():
            file.write(f"No execution failed.\n{_losses(journal, chosen)}{_uncalled(journal)}{_tests(journal)}")
            return len(handlers)
        process = ("process",) if journal.processes.several else ()
        file.write(_head("execution", *process, "event", "handler", "status", "error", "message", right=(0,)))
        async for batch in stream.read():
            await asyncio.to_thread(file.write, _failures(journal, batch, left))
        file.write(_losses(journal, chosen) + _uncalled(journal) + _tests(journal))
    return len(handlers)


def _handlers(handlers: list[HandlerSummary]) -> str:
    rows = (
        (
            markdown_text(row.name),
            str(row.counts),
            str(row.failures),
            *(f"{time / _NS_PER_MS:.3f}" for time in (row.p50_ns, row.p95_ns, row.max_ns)),
        )
        for row in handlers
    )
    head = _head("handler", "executions", "failures", "p50 (ms)", "p95 (ms)", "max (ms)", right=range(1, 6))
    return head + "".join(map(_row, rows))


def _losses(journal: Journal, chosen: Filter | None) -> str:
    """Return a table of what was lost, the most frequent first; empty when nothing was."""
    journal.losses.finish()  # nothing follows
    tally = LossTally(journal, chosen)
    losses = ranked_losses(journal, tally)
    if not losses:
        return ""
    rows = (
        (
            LOSS_KINDS[loss.kind].label,
            *map(markdown_text, (loss_subject(journal, loss), loss_place(loss))),
            markdown_text(loss_words(loss), _MESSAGE_LIMIT),
            str(tally.count(loss)),
        )
        for loss in losses
    )
    limits = "".join(f"{limit}\n\n" for limit in loss_limits(journal))
    head = _head("kind", "handler or event", "place", "what happened", "count", right=(4,))
    return f"\n## Losses\n\n{limits}{head}{''.join(map(_row, rows))}"


def _uncalled(journal: Journal) -> str:
    """Return a table of the handlers that fires did not call; empty when there are none."""
    uncalled = not_called(journal.host_records)
    if not uncalled:
        return ""
    rows = (
        (
            markdown_text(entry.event),
            markdown_text(entry.handler),
            str(entry.times),
            markdown_text(entry.reason, _MESSAGE_LIMIT),
        )
        for entry in uncalled
    )
    head = _head("event", "handler", "publications", "reason", right=(2,))
    return f"\n## Not called\n\n{head}{''.join(map(_row, rows))}"


def _tests(journal: Journal) -> str:
    """Return a table of the tests in which handlers failed, or that failed themselves; empty when no test ran."""
    tests = journal.processes.tests
    if not tests:
        return ""
    rows = [
        (
            markdown_text(test.name),
            markdown_text(test.outcome),
            ", ".join(f"{n} {_status(code)}" for code, n in counts.items()),
        )
        for test, counts in zip(tests, troubles(journal), strict=True)
        if counts or test.outcome in BAD_OUTCOMES
    ]
    total = f"{plural(len(tests), 'test')} ran.\n"
    if not rows:
        return f"\n## Tests\n\n{total}"
    return f"\n## Tests\n\n{total}\n{_head('test', 'outcome', 'in handlers', right=())}{''.join(map(_row, rows))}"


def _status(code: int) -> str:
    return STATUSES[code].replace("_", " ")


def _failures(journal: Journal, batch: Batch, left: npt.NDArray[np.bool_]) -> str:
    """Return the rows of what went wrong in a batch, and take it out of what is left."""
    rows = []
    for row in batch.rows:
        if row[KIND] != HANDLER_ENDED:
            continue
        ended = to_record(row)
        assert isinstance(ended, HandlerEnded)  # noqa: S101 - to_record gives the class of the kind
        index = journal.execution_index(ended.execution)
        if not (0 <= index < len(left) and left[index]):
            continue
        left[index] = False
        execution = journal.execution(index)
        error, _, message = failure_head(ended.failure) if ended.failure else ("", "", "")
        names: tuple[str, ...] = (
            execution.event.name,
            execution.handler.label,
            execution.status.replace("_", " "),
            str(error),
        )
        if journal.processes.several:
            names = (journal.processes.label(journal.publication(execution.publication).process), *names)
        cells = (str(ended.execution), *map(markdown_text, names), markdown_text(str(message), _MESSAGE_LIMIT))
        rows.append(_row(cells))
    return "".join(rows)


def _head(*names: str, right: Iterable[int]) -> str:
    aligned = set(right)
    return _row(names) + _row("---:" if number in aligned else "---" for number in range(len(names)))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def markdown_text(text: str, limit: int = _NAME_LIMIT) -> str:
    """Return foreign text as Markdown that shows it, in one line."""
    return _OBEYED.sub(r"\\\g<0>", one_line(text, limit))
