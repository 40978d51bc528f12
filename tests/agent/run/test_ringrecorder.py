"""Rows on their way into a ring: however they are written, they are the JSON of the row."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, make_dataclass, replace
from decimal import Decimal
from pathlib import Path
from time import perf_counter_ns
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.agent.observe.monitor import MONITOR
from inspector.agent.observe.publications import Spares
from inspector.agent.process.wire import MAX_TEXT
from inspector.agent.run import ring
from inspector.agent.run.budget import RunBudget
from inspector.agent.run.packets import LONGEST_PAYLOAD, PacketForm
from inspector.agent.run.ring import RingWriter
from inspector.agent.run.ringrecorder import RingRecorder
from inspector.agent.tap.moments import NoneDue, Subscriptions, TapSubscription
from inspector.core.description import CatalogDescription, HandlerDescription
from inspector.core.redact.redactor import Redactor
from inspector.core.values.snapshot import Budget, Codec
from inspector.hosts.run import ringreader
from inspector.hosts.run.ringreader import RingReader
from tests.core.test_codec import ATOMS, NAMES


@pytest.fixture
def recorder(tmp_path: Path) -> RingRecorder:
    return RingRecorder(RingWriter(str(tmp_path), b"{}", name=1), RunBudget("off"))


def written(folder: Path) -> list[Any]:
    reader = RingReader(str(next(folder.glob("*.ring"))))
    items = []
    while taken := reader.take():
        items += taken
        reader.confirm()
    reader.close()
    assert items.pop(0)[0] == "anchor"
    return items


@pytest.mark.parametrize("payload", ["{}", '{"name":"für","mark":"\ud800\\n"}'])
@pytest.mark.parametrize("context", ["", '{"session": true, "metadata": {"trace": "1"}}'])
def test_rows_are_written_as_json(recorder: RingRecorder, tmp_path: Path, payload: str, context: str) -> None:
    rows: list[tuple[Any, ...]] = [
        *((1, 5, 7, "Placed", 'i"d', "c\n", 2, 3, payload, context, 4, 0) for _ in range(2)),
        (1, 6, 8, 'an "odd" \ud800 name', "", "", 0, 0, payload, context, 0, 0),
        (2, 7, 1, 8, 'shop:Für."x"', ""),
        (2, 8, 2, 8, "shop:pack", "raise"),
        (3, 9, 1, "ok", 12, ""),
        (3, 10, 2, "failed", 12, '{"type": "ValueError"}'),
        (4, 11, 1, 8, "log", "info", "text", payload),
        (5, 12, 8, "done"),
    ]
    bodies = [recorder._published(row) for row in rows if row[0] == 1]
    assert [json.loads(body) for body in bodies] == [list(row) for row in rows[:3]]
    for row in rows[3:]:
        recorder._write(row)
    assert written(tmp_path) == [list(row) for row in rows[3:]]


class Execution:
    """One of which there is nothing to tell but that it starts and ends."""

    fault, on_loop = "", 20
    ended = tag = 0

    def __init__(self, number: int) -> None:
        self.publication = SimpleNamespace(tag=number)
        self.subscription = SimpleNamespace(key="shop:pack")
        self.started = perf_counter_ns()


PLACE = (lambda _event: None).__code__
PACK = HandlerDescription("shop:pack", "pack", "shop", "pack", "shop", "", 0, is_async=False)


def test_starts_and_ends_are_written_as_they_come(recorder: RingRecorder, tmp_path: Path) -> None:
    recorder.start(CatalogDescription("sample", (), (PACK,)))
    woken: list[int] = []
    recorder.on_running(lambda: woken.append(1))
    several: Any = [Execution(7), Execution(7), Execution(0)]
    for execution in several:
        recorder.tell_plain(execution)
    for execution in several:
        execution.ended = execution.started + 20
        recorder.tell_plain(execution)
    (_, *started, first, second) = written(tmp_path)
    assert [(row[0], *row[2:]) for row in started] == [(2, 1, 7, "shop:pack", ""), (2, 2, 7, "shop:pack", "")]
    assert [(row[0], *row[2:]) for row in (first, second)] == [(3, 1, "ok", 20, ""), (3, 2, "ok", 20, "")]
    assert first[1] - started[0][1] == 20
    assert (woken, recorder.budget.executions, recorder.running) == ([1], 2, 0)


def test_in_a_fork_nothing_is_told_of_what_began_before(recorder: RingRecorder, tmp_path: Path) -> None:
    recorder.start(CatalogDescription("sample", (), (PACK,)))
    before: Any = Execution(7)
    recorder.tell_plain(before)
    (tmp_path / "fork").mkdir()
    recorder.forked(RingWriter(str(tmp_path / "fork"), b"{}", name=2))
    before.ended = before.started + 20
    recorder.tell_plain(before)
    after: Any = Execution(7)
    recorder.tell_plain(after)
    after.ended = after.started + 20
    recorder.tell_plain(after)
    rows = written(tmp_path / "fork")
    assert [(row[0], row[2]) for row in rows if row[0] in (2, 3)] == [(2, 1), (3, 1)]


def test_a_payload_that_is_too_long_is_cut(recorder: RingRecorder) -> None:
    row = (1, 5, 7, "Placed", "", "", 0, 0, json.dumps({"text": "x" * (MAX_TEXT + 1)}), "", 4, 0)
    body = recorder._published(row)
    assert len(body) < MAX_TEXT
    assert json.loads(body)[:4] == [1, 5, 7, "Placed"]
    assert recorder.budget.written > MAX_TEXT


# -- publications that are written when they are over ------------------------------------------------------------------


@dataclass(frozen=True)
class Placed:
    number: int
    event_id: str = ""


class Taking:
    """A recorder with what stands around it, and publications to two handlers."""

    def __init__(self, folder: Path, recorder: RingRecorder) -> None:
        self.folder, self.recorder = folder, recorder
        handlers = [replace(PACK, key=f"shop:{name}") for name in ("pack", "write")]
        recorder.start(CatalogDescription("sample", (), tuple(handlers)))
        recent: dict[int, Any] = {}
        self.tap: Any = SimpleNamespace(open={}, recent=recent, lock=threading.RLock(), fail=lambda _error: None)
        for moment in ("catch_up", "close", "release", "tell_plain", "publication_ended"):
            setattr(self.tap, moment, getattr(recorder, moment))
        self.subscriptions = Subscriptions(TapSubscription("Placed", handler) for handler in handlers)
        self.spares = self.made_for(self.subscriptions)

    def made_for(self, subscriptions: Subscriptions) -> Spares:
        bus: Any = None
        return Spares(self.tap, bus, "Placed", subscriptions)

    def begin(self, event: object, **slots: Any) -> Any:
        """Return a publication that has begun, as a publish method begins it."""
        publication: Any = self.spares.make()
        publication.event = event
        for name, value in slots.items():
            setattr(publication, name, value)
        if not self.recorder.take(publication):
            publication.tag = 0
            publication.tell = self.recorder.tell_plain
            self.recorder.publication_started(publication)
        return publication

    def step(self, publication: Any, moments: int) -> None:
        """Let so many more moments of its executions happen, as the monitor does."""
        for execution in publication.chain:
            execution.code = execution.code or execution
            for name, place in (("started", execution.place), ("ended", execution.place + 1)):
                if moments and not getattr(execution, name):
                    moments -= 1
                    setattr(execution, name, perf_counter_ns())
                    if publication.marks is not None:
                        publication.marks[place] = getattr(execution, name)
                    else:
                        publication.tell(execution)
        if all(execution.started for execution in publication.chain):
            publication.due = NoneDue

    def end(self, publication: Any) -> None:
        publication.frame_returned(None, None)

    def rows(self) -> list[Any]:
        rows = written(self.folder)
        assert rows.pop(0)[0] == 0
        return rows


@pytest.fixture
def taking(tmp_path: Path, recorder: RingRecorder, monkeypatch: pytest.MonkeyPatch) -> Taking:
    monkeypatch.setattr(ringreader, "LONG", 1 << 60)  # however slow the machine is
    return Taking(tmp_path, recorder)


def story(rows: list[Any]) -> list[Any]:
    """Return what rows tell, without times and payloads: kind, number and of what."""
    return [tuple(row[2:5]) if row[0] == 2 else (row[0], row[2]) for row in rows]


WHOLE = [(1, 1), (1, 1, "shop:pack"), (3, 1), (2, 1, "shop:write"), (3, 2), (5, 1)]


def test_a_publication_is_one_packet_with_all_its_rows(taking: Taking) -> None:
    before = taking.recorder._ring._written  # type: ignore[union-attr]
    for number in range(1, 4):
        publication = taking.begin(
            Placed(number, "" if number == 1 else "id"), session=object() if number == 3 else None
        )
        assert publication.marks is not None
        assert taking.recorder.running == 1
        taking.step(publication, 4)
        taking.end(publication)
    assert before < taking.recorder._ring._written  # type: ignore[union-attr]
    rows = taking.rows()
    assert story(rows)[:6] == WHOLE
    assert [row[2] for row in rows if row[0] == 2] == [1, 2, 3, 4, 5, 6]
    published = [row for row in rows if row[0] == 1]
    assert [row[3:5] for row in published] == [["Placed", ""], ["Placed", "id"], ["Placed", "id"]]
    assert [json.loads(row[8])["number"] for row in published] == [1, 2, 3]
    assert [json.loads(row[9])["session"] for row in published] == [False, False, True]
    assert [row[10:] for row in published] == [[2, 0]] * 3
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    assert (taking.recorder.running, taking.recorder.budget.executions) == (0, 0)


@given(st.dictionaries(NAMES, ATOMS, max_size=6), st.sampled_from(["", "id"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_packet_says_of_a_publication_what_its_row_does(fields: dict[str, Any], own: str, session: bool) -> None:
    codec = Codec(Redactor(b"key"), Budget(time=None))
    ids = {} if "event_id" in fields or not own else {"event_id": own}
    event = make_dataclass("Für", [*ids, *fields])(*ids.values(), *fields.values())
    publication = SimpleNamespace(event=event, named="", subscriptions=[SimpleNamespace(key="k")], outcome="done")
    form = PacketForm(publication, {"k"}, codec)
    for _ in range(3):
        text = form.text(event, session=session)
        if not text:
            assert len(codec.snapshot_fields(event)) > LONGEST_PAYLOAD
            return
        row, keys, outcome = json.loads(text)
        assert row[:8] == [1, 0, 0, "Für", own, "", 0, 0]
        assert (row[8], json.loads(row[9])["session"], row[10:]) == (codec.snapshot_fields(event), session, [1, 0])
        assert (keys, outcome) == (["k"], "done")
        assert json.loads(form.row_of(text, 5, 7)) == [1, 5, 7, *row[3:]]


def test_what_cannot_be_read_at_once_is_read_at_length() -> None:
    codec = Codec(Redactor(b"key"), Budget(time=None))
    incomplete = Placed(1)
    del incomplete.__dict__["number"]
    for event in (Placed([1]), Placed(Decimal(1)), {"number": 1}, incomplete, Placed):  # type: ignore[arg-type]
        form = PacketForm(SimpleNamespace(event=event, named="Placed", subscriptions=[], outcome="done"), set(), codec)
        assert json.loads(form.text(event, session=False))[0][8] == codec.snapshot_fields(event)


def test_whoever_waits_for_the_next_execution_is_told_of_a_packet(taking: Taking) -> None:
    woken: list[int] = []
    taking.recorder.on_running(lambda: woken.append(taking.recorder.running))
    for number in range(2):
        publication = taking.begin(Placed(number))
        assert publication.marks is not None
        taking.step(publication, 4)
        taking.end(publication)
    assert woken == [0]


@pytest.mark.parametrize("moments", range(5))
def test_what_else_is_told_comes_after_what_has_happened(taking: Taking, moments: int) -> None:
    publication = taking.begin(Placed(1))
    taking.step(publication, moments)
    taking.recorder.say("test", "name", "passed", 1, 2)
    taking.step(publication, 4 - moments)
    other = taking.begin(Placed(2))  # on another thread
    assert other.marks is None
    taking.step(other, 1)
    taking.end(publication)
    taking.step(other, 3)
    taking.end(other)
    rows = taking.rows()
    assert [row[0] for row in rows].index("test") == moments + 1
    first = [row for row in rows if (row[0] in (1, 5) and row[2] == 1) or (row[0] == 2 and row[3] == 1)]
    assert [row[0] for row in first] == [1, 2, 2, 5]
    for kind in (1, 2):
        numbers = [row[2] for row in rows if row[0] == kind]
        assert numbers == [*range(1, len(numbers) + 1)]
    assert sorted(row[2] for row in rows if row[0] == 3) == [1, 2, 3, 4]


@pytest.mark.parametrize("moments", range(5))
def test_one_that_goes_on_unusually_is_told_moment_by_moment(taking: Taking, moments: int) -> None:
    publication = taking.begin(Placed(1))
    taking.step(publication, moments)
    chain = publication.chain
    publication.unchain()
    assert publication.marks is None
    for execution in chain:
        assert execution.tag == (chain.index(execution) + 1 if execution.started else 0)
    following = taking.begin(Placed(2))
    taking.step(following, 4)
    taking.end(following)
    rows = taking.rows()
    assert story(rows)[: moments + 1] == WHOLE[: moments + 1]
    assert [row[2] for row in rows if row[0] == 1] == [1, 2]
    assert rows[-1][0] == 5


def test_a_note_is_written_at_once_and_behind_what_has_happened(taking: Taking) -> None:
    publication = taking.begin(Placed(1))
    taking.step(publication, 1)
    (execution, *_) = publication.chain
    taking.recorder.note_in(execution, "log", "info", "hello", {})
    (published, started, note) = taking.rows()
    assert (published[0], started[0]) == (1, 2)
    assert (note[0], *note[2:7]) == (4, 1, 1, "log", "info", "hello")


def test_numbers_can_be_asked_for_while_it_runs_and_when_it_is_over(taking: Taking) -> None:
    running, over = taking.begin(Placed(1)), None
    taking.step(running, 1)
    assert running.chain[0].tag == 1
    taking.step(running, 3)
    taking.end(running)
    over = taking.begin(Placed(2))
    taking.step(over, 4)
    taking.end(over)
    assert [execution.tag for execution in over.chain] == [3, 4]


@pytest.mark.parametrize(
    ("event", "slots"),
    [
        (Placed(1, "x" * 1_000), {}),
        ({"text": "x" * 9_000}, {}),
        (Placed(1), {"metadata": {"trace": "1"}}),
        (Placed(1), {"outside": object()}),
    ],
)
def test_what_does_not_fit_into_a_draft_is_told_moment_by_moment(
    taking: Taking, event: object, slots: dict[str, Any]
) -> None:
    publication = taking.begin(event, **slots)
    assert publication.marks is None
    assert [row[0] for row in taking.rows()] == [1]


def test_new_handlers_are_told_before_what_they_do(taking: Taking) -> None:
    new = replace(PACK, key="shop:new")
    taking.subscriptions = Subscriptions((TapSubscription("Placed", new),))
    taking.spares = taking.made_for(taking.subscriptions)
    publication = taking.begin(Placed(1))
    assert publication.marks is None
    taking.recorder._handlers.add("shop:new")
    taking.step(publication, 2)
    taking.recorder.publication_ended(publication)
    taking.spares = taking.made_for(taking.subscriptions)
    assert taking.begin(Placed(2)).marks is not None


def test_in_a_fork_the_marks_are_the_parents(taking: Taking, tmp_path: Path) -> None:
    publication = taking.begin(Placed(1))
    taking.step(publication, 1)
    (tmp_path / "fork").mkdir()
    taking.recorder.forked(RingWriter(str(tmp_path / "fork"), b"{}", name=2))
    taking.step(publication, 3)
    taking.end(publication)
    assert not [*(tmp_path / "fork").glob("*.ring")] or written_numbers(tmp_path / "fork") == []
    assert [row[0] for row in taking.rows()] == []  # what stands in the draft is for when it is gone
    reader = RingReader(str(next(tmp_path.glob("*.ring"))))
    reader.take()
    assert [row[0] for row in reader.take(gone=True)] == [1, 2]
    reader.close()


def written_numbers(folder: Path) -> list[int]:
    reader = RingReader(str(next(folder.glob("*.ring"))))
    items = [item[0] for item in reader.take(gone=True) if item[0] != "anchor"]
    reader.close()
    return items


def test_what_a_signal_handler_writes_meanwhile_waits_for_the_packet(
    taking: Taking, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = taking.begin(Placed(1))
    taking.step(publication, 4)
    writer: Any = taking.recorder._ring
    put_draft = writer.put_draft

    def interrupted() -> None:
        taking.recorder.say("test", "first", "passed", 1, 2)
        put_draft()
        taking.recorder.say("test", "second", "passed", 1, 2)

    monkeypatch.setattr(writer, "put_draft", interrupted)
    taking.end(publication)
    rows = taking.rows()
    assert story(rows[:6]) == WHOLE
    assert [row[1] for row in rows[6:]] == ["first", "second"]


def test_a_budget_declines_before_anything_is_written(taking: Taking) -> None:
    taking.recorder.budget.limit = 0.03
    taking.recorder.budget._left = 1
    declined = taking.begin(Placed(1))
    assert (declined.marks, declined.tag) == (None, 0)
    taking.recorder.publication_ended(declined)
    assert taking.recorder.budget.spent == 0
    taken = taking.begin(Placed(2))
    assert taken.tag == 1
    assert taking.recorder.budget.spent > 0
    taking.step(taken, 4)
    taking.end(taken)
    assert story(taking.rows()) == WHOLE


@pytest.mark.parametrize(("one_in", "hushed"), [(16, []), (17, [[PLACE]]), (100, [[PLACE]])])
def test_what_is_left_out_is_counted_exactly_and_handlers_are_not_heard_when_that_is_worth_while(
    taking: Taking, monkeypatch: pytest.MonkeyPatch, one_in: int, hushed: list[Any]
) -> None:
    recorder, budget, heard = taking.recorder, taking.recorder.budget, []  # type: ignore[var-annotated]
    monkeypatch.setattr(MONITOR, "hush", heard.append)
    monkeypatch.setattr(MONITOR, "unhush", lambda: heard.append(None))
    monkeypatch.setattr("inspector.agent.run.budget.perf_counter_ns", lambda: budget._looked)  # chooses no other share
    recorder.handler_code = {1: (PLACE, None)}
    budget.limit, budget.one_in, budget._left = 0.03, one_in, one_in - 1
    recorder._change_budget(recorder._ring)  # type: ignore[arg-type]
    assert [recorder.leaves_out() for _ in range(one_in)] == [True] * (one_in - 1) + [False]
    assert recorder._ring.get(ring.COUNTED) == one_in - 1  # type: ignore[union-attr]
    assert heard == hushed
    recorder.taken = True
    taken = taking.begin(Placed(2))
    assert taken.marks is not None
    assert heard == [*hushed, *([None] if hushed else [])]
    recorder._set_full(True)
    assert [recorder.leaves_out() for _ in range(3)] == [True] * 3
    assert recorder._ring.get(ring.DROPPED) == 3  # type: ignore[union-attr]
