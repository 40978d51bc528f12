"""Publications that keep the times of their handlers themselves, and are used again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter_ns
from types import CodeType
from typing import Any

import pytest

from inspector.agent.observe.publications import OTHERWISE, ChainedPublication, Spares
from inspector.agent.tap.moments import PUBLISHING, Subscriptions, TapExecution
from inspector.agent.tap.tap import Tap
from inspector.core.bus.context import CURRENT
from inspector.core.bus.identity import describe_handler
from inspector.core.description import CatalogDescription
from inspector.core.records.host import HandlerAdded
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import (
    HandlerEnded,
    HandlerStarted,
    Noted,
    PublicationEnded,
    Published,
    Record,
    to_record,
)


@dataclass(frozen=True)
class Docked:
    berth: int = 3


def mail(event: Docked) -> None:
    """Do nothing."""


def count(event: Docked) -> None:
    """Do nothing."""


HANDLERS = (mail, count)
CODES: dict[str, CodeType] = {describe_handler(handler).key: handler.__code__ for handler in HANDLERS}


class Bus:
    """What is asked of a connection here."""

    def expected(self, occurrence: Any) -> tuple[Any, ...]:
        return ()


class Harbour:
    """A tap, its recorder, and handlers that are called as a watched bus calls them."""

    def __init__(self) -> None:
        self.tap = Tap()
        self.recorder = Recorder()
        described = tuple(describe_handler(handler) for handler in HANDLERS)
        self.recorder.start(CatalogDescription("sample", (), described))
        self.removed: list[BaseException] = []
        self.end = self.tap.observe(self.recorder, self.removed.append)
        named = [self.tap.subscription("Docked", handler) for handler in described]
        self.subscriptions = Subscriptions(named)
        self.spares = Spares(self.tap, Bus(), "Docked", self.subscriptions)
        self.recorder.drain()

    def publish(self, cause: Any = None) -> ChainedPublication:
        publication = self.spares.ready.pop() if self.spares.ready else self.spares.make()
        publication.event = Docked()
        publication.cause = cause
        self.tap.remember(publication)
        if not self.tap.take(publication):
            publication.tag = 0
            publication.tell = self.tap.tell_plain
            self.tap.publication_started(publication)
        publication.enter()
        return publication

    def begin(self, publication: ChainedPublication) -> Any:
        """Do what the monitor does when the handler is called that is due."""
        execution: Any = publication.due
        if execution.code is None:
            execution.learn(CODES[execution.subscription.key], alone=True)
        publication.due = execution.following
        execution.started = perf_counter_ns()
        CURRENT.set(execution)
        if publication.tell is not None:
            publication.tell(execution)
        return execution

    def finish(self, execution: Any) -> None:
        """Do what the monitor does when its code returns nothing."""
        CURRENT.set(execution.publication.cause)
        execution.ended = perf_counter_ns()
        if execution.publication.tell is not None:
            execution.publication.tell(execution)

    def over(self, publication: ChainedPublication) -> None:
        frame: Any = None
        publication.frame_returned(frame, None)

    def run(self) -> None:
        """Publish once, as usual."""
        publication = self.publish()
        for _ in HANDLERS:
            self.finish(self.begin(publication))
        self.over(publication)

    def drained(self) -> list[Record]:
        return [to_record(row) for row in self.recorder.drain()]


@pytest.fixture
def harbour() -> Iterator[Harbour]:
    harbour = Harbour()
    yield harbour
    harbour.end()
    CURRENT.set(None)
    PUBLISHING.set(None)
    assert harbour.removed == []


def kinds(records: list[Record]) -> list[str]:
    return [type(record).__name__ for record in records]


USUAL = ["Published", *["HandlerStarted", "HandlerEnded"] * 2, "PublicationEnded"]


def test_times_become_rows_when_they_are_drained(harbour: Harbour) -> None:
    harbour.run()
    assert harbour.recorder.waiting == len(USUAL)
    records = harbour.drained()
    assert kinds(records) == USUAL
    assert [record.at for record in records] == sorted(record.at for record in records)
    (published,) = (record for record in records if isinstance(record, Published))
    assert (published.publication, published.handlers, published.payload) == (1, 2, '{"berth":3}')
    started = [record for record in records if isinstance(record, HandlerStarted)]
    assert [(record.execution, record.handler) for record in started] == list(enumerate(CODES, 1))


def test_what_is_over_is_used_again_and_numbered_anew(harbour: Harbour) -> None:
    harbour.run()
    harbour.drained()
    spare = id(harbour.spares.ready[0])
    harbour.run()
    records = harbour.drained()
    assert [id(publication) for publication in harbour.spares.ready] == [spare]
    assert kinds(records) == USUAL
    assert [record.execution for record in records if isinstance(record, HandlerEnded)] == [3, 4]


def test_a_single_handler_is_used_again_too(harbour: Harbour) -> None:
    harbour.spares = Spares(harbour.tap, Bus(), "Docked", Subscriptions(harbour.subscriptions[:1]))
    for _ in range(3):
        publication = harbour.publish()
        harbour.finish(harbour.begin(publication))
        harbour.over(publication)
        del publication
        assert len(harbour.drained()) == 4
        assert len(harbour.spares.ready) == 1


@pytest.mark.parametrize("place", range(len(HANDLERS)))
def test_an_execution_that_somebody_has_is_not_used_again(harbour: Harbour, place: int) -> None:
    publication = harbour.publish()
    execution = publication.chain[place]
    for _ in HANDLERS:
        harbour.finish(harbour.begin(publication))
    harbour.over(publication)
    del publication
    records = harbour.drained()
    assert kinds(records) == USUAL
    assert harbour.spares.ready == []
    harbour.run()
    assert kinds(harbour.drained()) == USUAL
    harbour.recorder.note_in(execution, "log", "info", "late", {})
    (note,) = harbour.drained()
    assert isinstance(note, Noted)
    assert (note.execution, note.publication) == (place + 1, 1)
    assert execution.publication.calls == []


def test_a_note_stands_between_the_moments_around_it(harbour: Harbour) -> None:
    publication = harbour.publish()
    execution = harbour.begin(publication)
    harbour.recorder.note("log", "info", "on the way")
    harbour.finish(execution)
    harbour.finish(harbour.begin(publication))
    harbour.over(publication)
    records = harbour.drained()
    assert kinds(records) == ["Published", "HandlerStarted", "Noted", *USUAL[2:]]
    assert (records[2].execution, records[2].publication) == (1, 1)  # type: ignore[union-attr]


def test_what_handlers_publish_names_them_as_its_cause(harbour: Harbour) -> None:
    outer = harbour.publish()
    cause = harbour.begin(outer)
    inner = harbour.publish(cause)
    assert (inner.depth, outer.depth) == (1, 0)
    harbour.finish(harbour.begin(inner))
    assert CURRENT.get() is cause
    harbour.finish(harbour.begin(inner))
    harbour.over(inner)
    assert PUBLISHING.get() is outer
    harbour.finish(cause)
    harbour.finish(harbour.begin(outer))
    harbour.over(outer)
    records = harbour.drained()
    assert [record.cause for record in records if isinstance(record, Published)] == [0, 1]
    assert [record.execution for record in records if isinstance(record, HandlerStarted)] == [1, 2, 3, 4]
    assert [record.publication for record in records if isinstance(record, PublicationEnded)] == [2, 1]


def test_what_runs_while_rows_are_drained_is_among_them(harbour: Harbour) -> None:
    publication = harbour.publish()
    publication.trusted = True
    execution = harbour.begin(publication)
    assert harbour.recorder.running == 1
    assert kinds(harbour.drained()) == ["Published", "HandlerStarted"]
    assert not publication.trusted  # what comes next is looked at, and wakes who drains
    harbour.finish(execution)
    woken: list[int] = []
    harbour.recorder.on_rows(lambda: woken.append(1))
    woken.clear()
    harbour.finish(harbour.begin(publication))
    harbour.over(publication)
    assert woken == [1]
    assert kinds(harbour.drained()) == USUAL[2:]
    assert harbour.recorder.running == 0


def test_something_unusual_makes_it_one_like_others(harbour: Harbour) -> None:
    publication = harbour.publish()
    execution = harbour.begin(publication)
    publication.unchain()
    assert (publication.calls, publication.due.subscription.key) == ([execution], "")
    assert harbour.subscriptions.direct == -OTHERWISE
    harbour.finish(execution)
    other = TapExecution(publication, harbour.subscriptions[1], count, (publication.event,), {})
    other.begin()
    other.finish("ok", None)
    frame: Any = None
    publication.end_at_length(frame, None)
    records = harbour.drained()
    assert kinds(records) == USUAL
    assert publication.closed
    assert publication.called == 2
    assert harbour.spares.ready == []


def test_an_exception_out_of_the_publish_ends_it(harbour: Harbour) -> None:
    publication = harbour.publish()
    harbour.finish(harbour.begin(publication))
    frame: Any = None
    publication.frame_unwound(frame, LookupError("no berth"))
    harbour.tap.end(publication)
    assert kinds(harbour.drained()) == [*USUAL[:3], "PublicationEnded"]
    assert publication.broke == "LookupError"


def test_a_recorder_that_wants_to_know_at_once_is_told(harbour: Harbour, monkeypatch: pytest.MonkeyPatch) -> None:
    moments: list[str] = []
    for moment in ("publication_started", "publication_ended", "execution_started", "execution_ended"):
        method = getattr(harbour.recorder, moment)
        monkeypatch.setattr(harbour.recorder, moment, lambda of, m=moment, f=method: (moments.append(m), f(of))[1])
    harbour.end()
    harbour.end = harbour.tap.observe(harbour.recorder, harbour.removed.append)
    harbour.run()
    times = [*["execution_started", "execution_ended"] * 2]
    assert moments == ["publication_started", *times, "publication_ended"]
    assert kinds(harbour.drained()) == USUAL
    assert len(harbour.spares.ended) == 1
    again = harbour.spares.make()
    assert again.chain[0].started == 0


def test_a_second_observer_is_told_at_once_too(harbour: Harbour) -> None:
    publication = harbour.publish()
    harbour.finish(harbour.begin(publication))
    second = Recorder()
    second.start(CatalogDescription("sample", (), ()))
    end = harbour.tap.observe(second, harbour.removed.append)
    assert publication.due.subscription.key == ""
    other = harbour.publish()
    for _ in HANDLERS:
        harbour.finish(harbour.begin(other))
    harbour.over(other)
    end()
    assert kinds(harbour.drained()) == [*USUAL[:3], *USUAL, "PublicationEnded"]


def test_nothing_is_kept_while_recording_is_off(harbour: Harbour) -> None:
    harbour.recorder.set_recording(False)
    harbour.run()
    assert kinds(harbour.drained()) == ["RecordingPaused"]
    harbour.recorder.set_recording(True)
    harbour.run()
    assert kinds(harbour.drained()) == ["RecordingResumed", *USUAL]


def test_handlers_that_the_catalog_does_not_have_are_described_before_they_start(harbour: Harbour) -> None:
    harbour.recorder.start(CatalogDescription("sample", (), ()))
    harbour.recorder.drain()
    harbour.run()
    records = harbour.drained()
    assert kinds(records) == ["Published", *["HandlerAdded", "HandlerStarted", "HandlerEnded"] * 2, "PublicationEnded"]
    assert {record.handler.key for record in records if isinstance(record, HandlerAdded)} == set(CODES)


def test_an_execution_is_numbered_when_its_number_is_asked_for(harbour: Harbour) -> None:
    publication = harbour.publish()
    harbour.finish(harbour.begin(publication))
    second = harbour.begin(publication)
    assert (second.tag, publication.tag) == (2, 1)
    assert second.status == "running"
    with pytest.raises(AttributeError, match="target"):
        second.target  # noqa: B018 - it has none
