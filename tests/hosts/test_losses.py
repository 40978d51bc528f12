"""What a program loses, seen in the program itself: each kind in the leaky till, and nothing in its sound twin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inspector.analysis.inside import inside_of
from inspector.analysis.journal import Journal
from inspector.analysis.losses import loss_place
from inspector.analysis.losskinds import LOSS_KINDS
from inspector.app.loss_marks import loss_subject
from inspector.app.losses import loss_limits
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.records import CAUGHT, Batch
from inspector.core.request import FireRequest
from tests.hosts.children import INTERPRETERS, project, running

if TYPE_CHECKING:
    from inspector.analysis.losses import Loss

TILL = Path(__file__).parent.parent / "projects" / "losses"
EVENTS = (
    *("ReceiptPrinted", "DrawerOpened", "CardDeclined", "StockCounted", "MailWanted", "BackupWanted", "LabelPrinted"),
    *("CoinRejected", "ReportWanted", "CashCounted", "DayOpened", "DayClosed"),
)
#: What cannot be seen on Python 3.11.
NEWER = {"swallowed", "late", "never_awaited"}
LIMIT = "Swallowed exceptions, mixed-up sessions, late work, and code that never ran need Python 3.12."
NEEDED = [version for version in INTERPRETERS if version in ("3.11", "3.12")]


async def losses(module: str, version: str) -> tuple[Journal, list[Loss]]:
    """Fire every event of a till, in a child process."""
    journal = Journal()
    till = project(f"{module}:bus", cwd=TILL, python=INTERPRETERS[version], catalog=("till.events:EVENTS",))
    async with running(till) as (host, rows):
        for event in EVENTS:
            await rows.settled(host.fire(FireRequest(event, [{}], session=False)))
        journal.fold(Batch(1, rows.all))
    journal.losses.finish()
    return journal, [loss for loss in journal.losses.groups if loss.count]


def planted() -> set[tuple[str, str]]:
    """The kinds and places that the leaky till names itself."""
    places = set()
    for name in ("leaky.py", "events.py"):
        for number, line in enumerate((TILL / "till" / name).read_text("utf-8").splitlines(), 1):
            mark = re.search(r"  # (\w+)", line)
            if mark is not None:
                places.add((mark[1], f"{name}:{number}"))
    return places


def caught(journal: Journal) -> list[tuple[str, bool]]:
    """What clauses have caught, and whether that is told at a time at which the handler ran."""
    found: list[tuple[str, bool]] = []
    for index in map(ExecutionIndex, range(len(journal.executions))):
        entry = journal.execution(index)
        end = entry.start + (entry.duration or 0)
        items = inside_of(journal, index, journal.notes.get(index) or ())
        found += [(item.text, entry.start <= item.at <= end) for item in items if item.kind == CAUGHT]
    return found


@pytest.mark.parametrize("version", NEEDED)
async def test_each_kind_is_seen_at_its_place(version: str) -> None:
    journal, lost = await losses("till.leaky", version)
    seen = {(LOSS_KINDS[loss.kind].name, loss_place(loss)) for loss in lost}
    if version != "3.11":
        assert seen == planted()
        assert loss_limits(journal) == []
        assert caught(journal), "something was swallowed"
        assert [text for text, inside in caught(journal) if not inside] == []
        return
    # What a task raised is logged by asyncio while its handler ends: all there is to be seen.
    assert {place for place in seen if place[0] not in NEWER} == {place for place in planted() if place[0] not in NEWER}
    assert loss_limits(journal) == [LIMIT]


@pytest.mark.parametrize("version", NEEDED)
async def test_nothing_is_invented_in_the_sound_twin(version: str) -> None:
    journal, lost = await losses("till.sound", version)
    assert [(LOSS_KINDS[loss.kind].name, loss_subject(journal, loss), loss.what) for loss in lost] == []
