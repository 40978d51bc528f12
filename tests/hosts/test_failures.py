"""Every way to fail or to lose something, seen in the program itself: each at its place, and none in its sound twin."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.analysis.failures import FailureGroups
from inspector.analysis.journal import Journal
from inspector.analysis.losses import loss_place
from inspector.analysis.losskinds import LOSS_KINDS
from inspector.app.loss_marks import loss_subject
from inspector.app.losses import loss_limits
from inspector.core.records.host import (
    FireRefused,
    FireUnsettled,
    HostNoted,
    LoopBlocked,
    ProcessEnded,
    PublishRaised,
    RepublishRefused,
)
from inspector.core.records.numbers import PublicationIndex
from inspector.core.records.records import ATTEMPT, NOTED, PUBLISHED, Batch, to_record
from inspector.core.request import FireRequest
from tests.ferry import FERRY, LIBRARIES, RADIO, SETTINGS, SIGNALS, Way, fires, planted
from tests.hosts.children import INTERPRETERS, Rows, project, running

LIMIT = "Swallowed exceptions, mixed-up sessions, late work, and code that never ran need Python 3.12."

#: Who publishes what. Of what a thread publishes that knows nothing of who started it, the cause is unknown.
CAUSES = {
    "QuestionAsked": {"ask_back"},
    "QuestionReturned": {"ask_twice"},
    "CounterManned": {"open_counter"},
    "PhoneAnswered": {""},
    "PaymentAttempted": {"pay", "pay_twice"},
    "PaymentSucceeded": {"pay_twice"},
    "PaymentFailed": {"pay_twice"},
    "LetterLost": {"send_letter"},
    "SignalSeen": {"send"},
    "LampLit": {"see_off"},
    "TabClosed": {"close_tabs"},
    "TabOpened": {"serve_lunch"},
    "DrinkServed": {"seat"},
    "BagBrought": {"call_porters"},
}


class Voyage:
    """A run of the ferry in a child process, and what it shows.

    Args:
        app: What is loaded.
        fires: What is fired.
        catalog: Where its events are listed; none for signals.
    """

    def __init__(
        self, app: str, fires: Iterable[FireRequest], catalog: Sequence[str] = ("ferry.events:EVENTS",)
    ) -> None:
        self.app = app
        self.fires = list(fires)
        self.catalog = catalog
        self.journal = Journal()
        self.rows = Rows()

    async def run(self, python: str) -> set[Way]:
        """Fire everything; return all that went wrong."""
        ferry = project(self.app, cwd=FERRY, python=python, catalog=self.catalog)
        async with running(replace(ferry, settings=SETTINGS)) as (host, self.rows):
            for fire in self.fires:
                await self.rows.settled(host.fire(fire))
            self.journal.fold(Batch(1, self.rows.all))
        self.journal.losses.finish()
        return {*self.failures(), *self.losses(), *self.told()}

    def failures(self) -> Iterator[Way]:
        """Yield the executions that did not end well, as they are grouped."""
        for group in FailureGroups(self.journal).groups:
            for number in group.handlers:
                handler = self.journal.handlers[number]
                file, line = (group.place.file, group.place.line) if group.place.file else (handler.file, handler.line)
                yield Way(f"seen: {group.status} {group.type}".rstrip(), place(file, line), short(handler.label))

    def losses(self) -> Iterator[Way]:
        """Yield the losses."""
        for loss in self.journal.losses.groups:
            if loss.count:
                what = f"lost: {LOSS_KINDS[loss.kind].name} {loss.reason}".rstrip()
                yield Way(what, loss_place(loss), short(loss_subject(self.journal, loss)))

    def told(self) -> Iterator[Way]:
        """Yield what the host says went wrong."""
        places = {event.name: place(event.file, event.line) for event in self.journal.events}
        for record in (*self.rows.host(FireRefused), *self.rows.host(PublishRaised)):
            name = self.fires[record.fire - 1].event
            what = "refused" if isinstance(record, FireRefused) else f"raised {record.error}"
            yield Way(f"seen: {what}", places[name], name)
        for loop in self.rows.host(RepublishRefused):
            yield Way("seen: loop", places[loop.event], loop.event)
        for blocked in self.rows.host(LoopBlocked):
            if blocked.handler != "untie":
                continue  # a busy machine may hold any of them
            yield Way("seen: blocked", place(blocked.file, blocked.line), short(blocked.handler))
        for left in self.rows.host(FireUnsettled):
            name = self.fires[left.fire - 1].event
            yield Way("seen: unsettled", places[name], name)
        for other in (*self.rows.host(HostNoted), *self.rows.host(ProcessEnded)):
            yield Way(other.sentence, "", "")

    def causes(self) -> dict[str, set[str]]:
        """Return who published each event that was not fired; an empty name for an unknown one."""
        fired, causes = {fire.event for fire in self.fires}, {}
        for index in range(len(self.journal.publications)):
            entry = self.journal.publication(PublicationIndex(index))
            cause = short(self.journal.execution(entry.cause).handler.label) if entry.cause is not None else ""
            if entry.event.name not in fired or cause:
                causes.setdefault(entry.event.name, set()).add(cause)
        return causes

    def payload(self, event: str) -> str:
        """Return the payload of the one publication of an event, without the spaces of its JSON."""
        (row,) = (row for row in map(to_record, self.rows.of(PUBLISHED)) if row.event_type == event)
        return row.payload.replace(" ", "")

    def attempts(self) -> dict[str, int]:
        """Return how often handlers were tried that were tried more than once."""
        counts: dict[str, int] = {}
        for row in self.rows.of(NOTED):
            note = to_record(row)
            if note.kind == ATTEMPT:
                index = self.journal.execution_index(note.execution)
                name = short(self.journal.execution(index).handler.label)
                counts[name] = counts.get(name, 1) + 1
        return counts


def place(file: str, line: int) -> str:
    return f"{Path(file).name}:{line}"


def short(label: str) -> str:
    """Return the name of a handler without what its label says besides."""
    return re.split(r"[ :]", label)[0].rpartition(".")[2]


@pytest.mark.parametrize("version", INTERPRETERS)
async def test_each_way_is_seen_at_its_place(version: str) -> None:
    ways = set(planted(version))
    voyage = Voyage("ferry.failing.harbour", fires("failing"))
    assert await voyage.run(INTERPRETERS[version]) == ways
    assert len(ways) >= (100 if version != "3.11" else 80)
    assert voyage.causes() == CAUSES
    assert '["Ada","Bob"]' in voyage.payload("NameWritten"), "a handler has changed it, after it was published"
    if version == "3.11":
        assert loss_limits(voyage.journal) == [LIMIT]
        return
    assert loss_limits(voyage.journal) == []
    assert voyage.attempts() == {"start_motor": 3, "start_winch": 3}


@pytest.mark.parametrize("version", INTERPRETERS)
async def test_nothing_is_invented_in_the_sound_twin(version: str) -> None:
    voyage = Voyage("ferry.sound.harbour", fires("sound"))
    assert await voyage.run(INTERPRETERS[version]) == set()
    assert voyage.attempts() == ({} if version == "3.11" else {"start_winch": 3})


@pytest.mark.parametrize("twin", ["failing", "sound"])
async def test_signals_of_a_library_show_the_same(twin: str) -> None:
    if not LIBRARIES.exists():
        assert not os.environ.get("REQUIRE_LIBRARIES")
        pytest.skip("The libraries are not installed: run tools/library-venvs.")
    voyage = Voyage(f"ferry.radio.{twin}", [FireRequest(name, [{}], session=False) for name in SIGNALS], ())
    unheard = Way("lost: unheard", "", "silence-kept")  # a signal without receivers has no place
    ways = {*planted("3.12", [RADIO]), unheard} if twin == "failing" else set()
    assert await voyage.run(str(LIBRARIES)) == ways
