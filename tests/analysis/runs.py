"""Made-up runs as rows, for tests of everything that reads a journal."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from inspector.analysis.journal import Journal
from inspector.core.records.records import HANDLER_ENDED, HANDLER_STARTED, PUBLICATION_ENDED, PUBLISHED, Batch, Row
from inspector.core.records.statuses import STATUSES

ENDINGS = STATUSES[1:]


@dataclass
class Run:
    """A run written by hand: every method adds a row at a time in ns and answers with the number given."""

    rows: list[Row] = field(default_factory=list)
    publications: int = 0
    executions: int = 0

    def publish(
        self, at: int, event: str = "UserCreated", cause: int = 0, correlation: str = "", handlers: int = 1
    ) -> int:
        self.publications += 1
        number = self.publications
        self.rows.append((PUBLISHED, at, number, event, f"id-{number}", correlation, cause, 1, "{}", "{}", handlers, 0))
        return number

    def start(self, at: int, publication: int = 1, handler: str = "m:Audit.handle", fault: str = "") -> int:
        self.executions += 1
        self.rows.append((HANDLER_STARTED, at, self.executions, publication, handler, fault))
        return self.executions

    def end(self, at: int, execution: int, status: str = "ok", failure: str = "") -> None:
        self.rows.append((HANDLER_ENDED, at, execution, status, 10, failure))

    def publication_end(self, at: int, publication: int) -> None:
        self.rows.append((PUBLICATION_ENDED, at, publication, "done"))

    def execute(self, start: int, end: int, handler: str = "m:Audit.handle", status: str = "ok") -> int:
        """Start now, end later: the rows are put in order by ``journal``."""
        number = self.start(start, handler=handler)
        self.end(end, number, status)
        return number

    def journal(self) -> Journal:
        """Fold all rows, in the order of their times."""
        journal = Journal()
        journal.fold(Batch(1, sorted(self.rows, key=lambda row: row[1])))
        return journal


@st.composite
def runs(draw: st.DrawFn, most: int = 40, longest: int = 2_000) -> list[Row]:
    """Rows of a run with overlapping executions of a few handlers, some of which never end."""
    run = Run()
    now = 0
    open_executions: list[int] = []
    for _ in range(draw(st.integers(1, most))):
        now += draw(st.integers(0, 60))
        if not run.publications or draw(st.integers(0, 3)) == 0:
            cause = draw(st.sampled_from([0, *open_executions]))
            run.publish(now, draw(st.sampled_from(["A", "B", "C"])), cause, draw(st.sampled_from(["", "x", "y"])))
        handler = draw(st.sampled_from(["m:One.handle", "m:One.other", "m:Two.handle", "m:Three.handle"]))
        publication = draw(st.integers(1, run.publications))
        open_executions.append(run.start(now, publication, handler))
        while len(open_executions) > 0 and draw(st.booleans()):
            now += draw(st.integers(0, longest))
            ended = open_executions.pop(draw(st.integers(0, len(open_executions) - 1)))
            run.end(now, ended, draw(st.sampled_from(ENDINGS)))
    return run.rows
