"""Lines that handlers print are noted with their stream; what is written arrives as it did, and nothing stays."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from inspector.agent.effects.effects import Effects, install_effects, look_again
from inspector.agent.effects.output import LONGEST, WrittenLines, watch_output
from inspector.core.records.host import NotedOutside
from inspector.core.records.inside import OUTPUT
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import to_record
from tests.agent.test_effects import SECRET, Note, Watched, leaks


@contextmanager
def watching() -> Iterator[Watched]:
    """Yield a bus that is watched, as long as the streams are those of the test."""
    watched = Watched()
    try:
        yield watched
    finally:
        watched.undo()


def lines(notes: list[Note]) -> list[tuple[str, str]]:
    return [(note.data.get("stream", "stdout"), note.text) for note in notes if note.kind == "output"]


async def test_what_cannot_be_read_is_written_all_the_same_and_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object, **_more: object) -> None:
        raise RuntimeError("patched")

    async def handler(_: Any) -> None:
        print("a")

    monkeypatch.setattr(WrittenLines, "take", unreadable)
    with watching() as here:
        notes = await here.run(handler)
    assert [note.text for note in notes if "could not" in note.text] == ["stdout could not be read: RuntimeError"] * 2
    assert capsys.readouterr().out == "a\n"


async def test_not_even_that_costs_who_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **_more: object) -> None:
        raise NameError("len")

    async def handler(_: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(WrittenLines, "take", broken)
            patch.setattr(Effects, "tell", broken)
            print("a")

    with watching() as here:
        notes = await here.run(handler)
    assert lines(notes) == []
    assert capsys.readouterr().out == "a\n"


async def test_printed_lines_are_noted_as_they_arrive(capsys: pytest.CaptureFixture[str]) -> None:
    returned = []

    async def handler(_: Any) -> None:
        print("a", 1, sep="-")
        print("b\n\nc", end="")
        returned.append(sys.stdout.write("d\n"))
        sys.stdout.writelines(["e\n", "f\n"])
        print("10 %\r20 %")
        print("trouble", file=sys.stderr)
        print("x" * (LONGEST + 1))
        print("never ended", end="")

    with watching() as here:
        notes = await here.run(handler)
    assert returned == [2]
    assert lines(notes) == [
        *(("stdout", "a-1"), ("stdout", "b"), ("stdout", "cd"), ("stdout", "e"), ("stdout", "f"), ("stdout", "20 %")),
        *(("stderr", "trouble"), ("stdout", "x" * LONGEST), ("stdout", "x"), ("stdout", "never ended")),
    ]
    out, error = capsys.readouterr()
    assert out == "a-1\nb\n\ncd\ne\nf\n10 %\r20 %\n" + "x" * (LONGEST + 1) + "\nnever ended"
    assert error == "trouble\n"


async def test_a_line_that_logging_writes_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.Logger("own", logging.INFO)  # noqa: LOG001 - one that nobody else has
    logger.addHandler(logging.StreamHandler(sys.stderr))

    async def handler(_: Any) -> None:
        logger.info("charging")
        print("charged")

    with watching() as here:
        notes = [note for note in await here.run(handler) if note.kind == "output"]
    assert [(note.text, note.data) for note in notes] == [
        ("charging", {"stream": "stderr", "by_log": True}),
        ("charged", {}),
    ]


async def test_a_secret_in_a_line_is_told_and_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    async def handler(event: Any) -> None:
        print("token", event.reset_token)

    with watching() as here:
        notes = await here.run(handler)
    assert lines(notes) == [("stdout", "token <redacted:reset_token>")]
    assert leaks(notes) == [("output", "reset_token")]
    assert SECRET not in str(notes)


def test_the_stream_stays_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    streams = sys.stdout, sys.stderr
    before = [dict(vars(stream)) for stream in streams]
    undo = install_effects(Recorder())
    assert (sys.stdout, sys.stderr) == streams
    assert sys.stdout.write.__name__ == "write"
    undo()
    assert [dict(vars(stream)) for stream in streams] == before


def test_what_the_program_has_put_there_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    taken: list[str] = []
    stream.__dict__["write"] = taken.append
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", None)
    undo = watch_output(Effects(Recorder()))
    assert undo is not None
    print("first")
    undo()
    assert vars(stream)["write"] == taken.append
    undo = watch_output(Effects(Recorder()))
    stream.__dict__["write"] = taken.append
    assert undo is not None
    undo()
    assert vars(stream)["write"] == taken.append
    assert "".join(taken) == "first\n"


def test_a_stream_that_takes_its_place_is_watched_when_it_is_looked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    recorder.outside = frozenset({OUTPUT})
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", first)
    undo = install_effects(recorder)
    print("one")
    monkeypatch.setattr(sys, "stdout", second)
    look_again(recorder)
    print("two")
    assert "write" not in vars(first)
    undo()
    assert "write" not in vars(second)
    assert [to_record(row).text for row in recorder.drain()] == ["one", "two"]
    assert (first.getvalue(), second.getvalue()) == ("one\n", "two\n")


def test_errors_of_a_stream_reach_who_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    undo = watch_output(Effects(Recorder()))
    assert undo is not None
    stream.close()
    with pytest.raises(ValueError, match="closed file"):
        print("lost")
    undo()


def test_outside_of_handlers_lines_are_recorded_where_that_is_wanted_and_not_without_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [0]
    recorder = Recorder(clock=lambda: now[0])
    recorder.outside = frozenset({OUTPUT})
    undo = install_effects(recorder)
    for number in range(250):
        print("line", number)
    now[0] = 1_000_000_000
    print("later")
    undo()
    print("after")
    records = [to_record(row) for row in recorder.drain()]
    assert all(isinstance(record, NotedOutside) for record in records)
    texts = [(record.kind, record.text) for record in records if isinstance(record, NotedOutside)]
    assert texts[:2] == [("output", "line 0"), ("output", "line 1")]
    assert texts[199:] == [
        ("output", "line 199"),
        ("dropped", "50 items outside of handlers were not recorded"),
        ("output", "later"),
    ]
