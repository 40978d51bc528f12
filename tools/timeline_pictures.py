"""Draws the pictures of docs/timeline.md: a million executions at three zooms, a burst, a failure with its arrows.

.venv/bin/python tools/timeline_pictures.py [FOLDER]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from inspector.core.records.host import FaultsSwitched, HostRecord, LoopBlocked, LoopUnblocked
from inspector.core.records.records import to_row

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from PySide6.QtWidgets import QApplication

from benchmarks.bench_timeline import LANES, MILLION, append, executions
from inspector.analysis.journal import Journal
from inspector.core.description import EventDescription, HandlerDescription
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    Batch,
    Row,
    SessionStarted,
)
from inspector.ui.application import create_application
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZE = (1600, 900)
SECOND = 1_000_000_000
MS = 1_000_000
OWNERS = ("Audit", "Email", "Session", "Portfolio", "Ledger", "Search", "Risk", "Quota", "Webhook", "Profile")
PARTS = ("Writer", "Reader", "Sender", "Indexer", "Projector", "Notifier", "Checker", "Sync", "Mapper", "Cache")
PHASES = ("attempted", "succeeded", "failed")
#: Panels live to the end: one that goes while others are painted takes their timers along.
_KEPT: list[TimelinePanel] = []
CHAIN = (("UserRegistered", "succeeded"), ("WelcomeMailRequested", "attempted"), ("WelcomeMailFailed", "failed"))


def million() -> Journal:
    """A million executions in a hundred lanes, 10,000 a second."""
    journal = Journal()
    journal.session = SessionStarted(0, 1_770_000_000 * SECOND, "pictures", "", "")
    journal.events += [
        EventDescription(f"E{n}", f"p.E{n}", f"E{n}", "c", f"w{n // 3}", PHASES[n % 3]) for n in range(30)
    ]
    for lane in range(LANES):
        journal.handler_number(f"app:{OWNERS[lane // 10]}{PARTS[lane % 10]}.handle")
    append(journal, executions(MILLION))
    return journal


class Told:
    """A run told row by row, in any order."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, Row]] = []
        self._publications = self._executions = 0

    def publish(self, at: int, name: str, handlers: int, cause: int = 0) -> int:
        """An event is published; gives its number."""
        self._publications += 1
        number = self._publications
        row = (PUBLISHED, at, number, name, "", "", cause, 1, "{}", "{}", handlers, 0)
        self._rows += [(at, row), (at + 400 * MS, (PUBLICATION_ENDED, at + 400 * MS, number, "done"))]
        return number

    def run(self, start: int, length: int, publication: int, handler: str, status: str = "ok") -> int:
        """A handler runs; starts come in order. Gives the execution's number."""
        self._executions += 1
        self._rows.append((start, (HANDLER_STARTED, start, self._executions, publication, handler, "")))
        ended = (HANDLER_ENDED, start + length, self._executions, status, length // 3, "")
        self._rows.append((start + length, ended))
        return self._executions

    def host(self, record: HostRecord) -> None:
        """The host says something."""
        self._rows.append((record.at, to_row(record)))

    def journal(self) -> Journal:
        """The whole of it, folded."""
        journal = Journal()
        for name, phase in CHAIN:
            number = journal.event_number(name)
            journal.events[number] = EventDescription(name, f"p.{name}", name, "users", "registration", phase)
        for part in ("AuditHandler.write", "EmailHandler.send", "SessionHandler.open", "PortfolioHandler.create"):
            owner, method = part.split(".")
            handler = HandlerDescription(f"app:{part}", part, owner, method)
            journal.handlers[journal.handler_number(handler.key)] = handler
        rows = [row for _, row in sorted(self._rows, key=lambda timed: timed[0])]
        journal.fold(Batch(1, rows))
        return journal


def burst() -> Journal:
    """A little, then an hour of silence, then very much at once."""
    rng, told = np.random.default_rng(4), Told()
    handlers = [f"app:{owner}Handler.handle" for owner in OWNERS]
    for begin, count in ((0, 60), (3_900 * SECOND, 4_000), (3_904 * SECOND, 80)):
        for number in range(count):
            at = begin + number * (2 * SECOND if count < 100 else SECOND) // count
            publication = told.publish(at, f"Order{('Placed', 'Paid', 'Shipped')[number % 3]}", 1)
            length = int(rng.lognormal(np.log(6e6), 0.9))
            status = "failed" if rng.random() < (0.004 if count < 1000 else 0.02) else "ok"
            told.run(at + 1000, length, publication, handlers[int(rng.integers(len(handlers)))], status)
    since = 3_900 * SECOND + 300 * MS
    told.host(LoopBlocked(since, since, handler="app:LedgerHandler.handle", file="ledger.py", line=88))
    told.host(LoopUnblocked(since + 260 * MS, since))
    told.host(FaultsSwitched(SECOND, on=True))
    return told.journal()


def failure() -> tuple[Journal, int]:
    """A chain of events; gives the journal and the execution that failed."""
    told = Told()
    first = told.publish(20 * MS, CHAIN[0][0], 4)
    told.run(22 * MS, 38 * MS, first, "app:AuditHandler.write")
    mail = told.run(23 * MS, 190 * MS, first, "app:EmailHandler.send")
    told.run(24 * MS, 60 * MS, first, "app:SessionHandler.open")
    told.run(25 * MS, 110 * MS, first, "app:PortfolioHandler.create")
    second = told.publish(150 * MS, CHAIN[1][0], 2, cause=mail)
    told.run(152 * MS, 30 * MS, second, "app:AuditHandler.write")
    wrong = told.run(153 * MS, 170 * MS, second, "app:EmailHandler.send", "failed")
    third = told.publish(290 * MS, CHAIN[2][0], 2, cause=wrong)
    told.run(292 * MS, 28 * MS, third, "app:AuditHandler.write")
    told.run(293 * MS, 55 * MS, third, "app:SessionHandler.open", "swallowed")
    return told.journal(), wrong - 1


def panel(theme: Theme, journal: Journal, size: tuple[int, int] = SIZE) -> TimelinePanel:
    """The timeline with all of a journal taken in."""
    made = TimelinePanel(theme, Selection(), clock=lambda: 0.0)
    theme.dress(made)
    made.resize(*size)
    made.show()
    made.set_journal(journal, live=False)
    while not made.controller.advance():
        pass
    _KEPT.append(made)
    return made


def save(made: TimelinePanel, name: str, folder: Path) -> None:
    """Save a picture of it."""
    target = folder / f"timeline-{name}.png"
    QApplication.processEvents()
    focused = QApplication.focusWidget()
    if focused is not None:
        focused.clearFocus()  # nobody is at the keyboard
    made.minimap.repaint()
    if not made.grab().save(str(target)):
        raise SystemExit(f"{target} could not be written")
    print(target)


def main() -> None:
    """Draw all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    application = create_application()
    crowd, story = million(), failure()
    for choice in ("dark", "light"):
        theme = Theme(choice)
        theme.apply(application)
        large = panel(theme, crowd)
        large.controller.lanes.set_density("dense")
        ending = "" if choice == "dark" else "-light"
        for name, span in (("full", crowd.now), ("middle", crowd.now // 100), ("deep", crowd.now // 10_000)):
            if choice == "light" and name != "middle":
                continue
            begin = 0 if name == "full" else crowd.now // 3
            large.controller.show(begin, begin + span)
            save(large, name + ending, folder)
        chain = panel(theme, story[0], (1200, 420))
        chain.controller.show(0, 380 * MS)
        chain.controller.steps.select(story[1])
        save(chain, "failure" + ending, folder)
    theme = Theme("dark")
    theme.apply(application)
    sudden = panel(theme, burst(), (1600, 620))
    save(sudden, "burst", folder)
    sudden.controller.toggle_folds()
    sudden.controller.fit()
    save(sudden, "burst-folded", folder)


if __name__ == "__main__":
    main()
