"""A run of a program of several processes, for tests and pictures of what shows them."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field

from inspector.core.records.host import (
    HostRecord,
    ProcessJoined,
    ProcessLeft,
    ProcessSilent,
    PublicationsSkipped,
    TestRan,
)
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    Row,
    SessionStarted,
    to_row,
)

MS = 1_000_000
WALL = 1_790_000_000_123_456_789
_HANDLERS = ("PaymentHandler.charge", "StockHandler.reserve", "AuditHandler.record", "MailHandler.send_receipt")
_FAILURE = json.dumps({"type": "KeyError", "message": "'authorization_id'", "frames": []})


@dataclass
class Program:
    """Adds what several processes do to one run, in the order of time; numbers are those of the session."""

    rows: list[tuple[int, Row]] = field(default_factory=list)
    publications: int = 0
    executions: int = 0

    def host(self, record: HostRecord) -> None:
        """Add a record of the host."""
        self.rows.append((record.at, to_row(record)))

    def publish(self, at: int, process: int, name: str, handlers: int, cause: int = 0) -> int:
        """Publish an event; gives its number."""
        self.publications += 1
        number = self.publications
        payload = json.dumps({"order_id": 8_000 + number})
        cells = (number, name, f"id-{number}", f"corr-{number}", cause, 0, payload, "{}", handlers, process)
        self.rows.append((at, (PUBLISHED, at, *cells)))
        self.rows.append((at + 400 * MS, (PUBLICATION_ENDED, at + 400 * MS, number, "done")))
        return number

    def run(self, at: int, length: int, publication: int, handler: str, status: str = "ok") -> int:
        """Run a handler; gives the number of the execution. A negative length never ends."""
        self.executions += 1
        number = self.executions
        self.rows.append((at, (HANDLER_STARTED, at, number, publication, f"shop:{handler}", "")))
        if length >= 0:
            failure = _FAILURE if status == "failed" else ""
            self.rows.append((at + length, (HANDLER_ENDED, at + length, number, status, length // 10, failure)))
        return number

    def records(self) -> list[Row]:
        """Return the rows of the run, from its first record on."""
        started = SessionStarted(0, WALL, "uvicorn shop:app --reload", "3.12.1", "")
        return [to_row(started), *(row for _, row in sorted(self.rows, key=lambda pair: pair[0]))]


def shop(seconds: int = 20, seed: int = 3) -> list[Row]:
    """Return a run of four processes: one publishes nothing, one leaves events out, one is killed; with tests."""
    program, dice = Program(), random.Random(seed)
    command = "/srv/shop/.venv/bin/python -m uvicorn shop:app --reload --workers 2"
    spawned = "/srv/shop/.venv/bin/python -c from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=5)"
    program.host(ProcessJoined(5 * MS, 1, 48_210, 0, "reloader", command, "3.12.1"))
    program.host(ProcessJoined(40 * MS, 2, 48_231, 1, "server", spawned, "3.12.1"))
    program.host(ProcessJoined(60 * MS, 3, 48_238, 2, "pool worker", spawned, "3.12.1"))
    program.host(ProcessJoined(65 * MS, 4, 48_239, 2, "pool worker", spawned, "3.12.1"))
    program.host(ProcessSilent(90 * MS, 48_300, "python -I report.py", "-I ignores PYTHONPATH."))
    killed = seconds * 700 * MS
    at = 100 * MS
    while at < seconds * 1_000 * MS:
        process = dice.choice([2, 2, 2, 3, 4])
        before, at = at, at + dice.randrange(5, 60) * MS
        if before <= killed - 20 * MS < at:  # what it is at when it is killed
            last = program.publish(before + 2 * MS, 4, "InvoiceRendered", 1)
            program.run(before + 3 * MS, killed - before - 3 * MS, last, "InvoiceWriter.render", "interrupted")
        if process == 4 and at > killed - 450 * MS:
            continue
        name = dice.choice(["OrderPlaced", "PaymentCaptured", "StockReserved"]) if process == 2 else "InvoiceRendered"
        handlers = dice.sample(_HANDLERS, 2) if process == 2 else ["InvoiceWriter.render"]
        number = program.publish(at, process, name, len(handlers))
        for handler in handlers:
            status = dice.choices(["ok", "failed", "swallowed", "timed_out"], [90, 4, 3, 1])[0]
            program.run(at + MS, dice.randrange(2, 380) * MS, number, handler, status)
    program.host(ProcessLeft(killed, 4, 48_239, -9, "Killed by SIGKILL."))
    for second in range(2, seconds, 3):
        program.host(PublicationsSkipped(second * 1_000 * MS, 2, 8, 70 * second, 0))
    names = ("test_an_order_is_placed", "test_a_payment_is_declined", "test_stock_runs_out")
    for number, (name, outcome) in enumerate(zip(names, ("passed", "failed", "skipped"), strict=True)):
        began = (1 + 4 * number) * 1_000 * MS
        program.host(TestRan(began + 3_500 * MS, began, f"tests/test_shop.py::{name}", outcome, 2))
    return program.records()
