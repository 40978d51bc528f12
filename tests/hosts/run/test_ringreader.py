"""What reads a ring: it goes on where another was, knows what was under way, and tells what is no ring in one error."""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path

import pytest

from inspector.agent.run import ring
from inspector.agent.run.ring import RingError, RingWriter, draft_of
from inspector.hosts.run import ringreader
from inspector.hosts.run.ringreader import RingReader
from tests.agent.run.ringing import body, numbers, writer_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_a_second_reader_goes_on_where_the_first_was(folder: Path) -> None:
    writer = writer_in(folder)
    first = RingReader(writer.path)
    writer.put([body(1), body(2)])
    assert numbers(first.take()) == [1, 2]
    first.confirm()
    writer.put([body(3)])
    assert numbers(first.take()) == [3]  # and it dies before it has confirmed that
    first.close()
    second = RingReader(writer.path)
    writer.put([body(4)])
    assert numbers(second.take()) == [3, 4]
    second.close()


def taken(path: Path) -> str:
    """Read a file for what it may be; return what came of it."""
    try:
        reader = RingReader(str(path))
    except RingError:
        return "refused"
    try:
        for _ in range(300):
            if not reader.take(1 << 16):
                break
            reader.confirm()
    except RingError:
        return "broken"
    finally:
        reader.close()
    return "read"


def test_mutated_rings_raise_their_own_error_and_end(folder: Path) -> None:
    writer = writer_in(folder)
    for number in range(30):
        writer.put([body(number, number)])
    whole, rng = Path(writer.path).read_bytes(), random.Random(3)
    path, results = folder / f"{os.getpid()}.2.ring", set()
    for turn in range(2_000):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 1, 2, 8))):
            place = rng.choice((rng.randrange(8 * ring.WORDS), rng.randrange(256, 280), rng.randrange(len(data))))
            kind = rng.randrange(4)
            if kind == 0:
                data[place] ^= 1 << rng.randrange(8)
            elif kind == 1:
                data[place - place % 8 : place - place % 8 + 8] = rng.randbytes(8)
            elif kind == 2:
                data[place : place + 4] = rng.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\1\0\0\0", b"[[[["))
            else:
                del data[place + turn % 3000 :]
                break
        path.write_bytes(data)
        results.add(taken(path))
    assert results == {"refused", "broken", "read"}


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b"[NaN]", b"{}", b"[]", b"[true]", b"[1e5]", b"\xff", b"[" + b"9" * 9_000 + b"]"]
)
def test_a_textthat_is_none_of_ours_is_refused(folder: Path, text: bytes) -> None:
    writer = writer_in(folder)
    writer.put([text])
    assert taken(Path(writer.path)) == "broken"


def test_what_is_no_file_of_a_ring_is_refused(folder: Path) -> None:
    for name, make in {
        "fifo": os.mkfifo,
        "folder": os.mkdir,
        "link": lambda path: Path(path).symlink_to(writer_in(folder).path),
        "short": lambda path: Path(path).write_bytes(b"EVIRING2"),
        f"{os.getpid() + 1}.1.ring": lambda path: Path(path).write_bytes(
            Path(writer_in(folder, name=5).path).read_bytes()
        ),
    }.items():
        path = folder / name
        make(str(path))
        assert taken(path) == "refused", name


# -- the draft ---------------------------------------------------------------------------------------------------------

TEXT = json.dumps([[1, 0, 0, "Placed", "", "", 0, 0, "{}", "", 2, 0], ["a", "b"], "done"]).encode()


def drafting(folder: Path) -> tuple[RingWriter, RingReader]:
    """Return both ends of a ring in which something stands already."""
    writer = writer_in(folder, 1 << 16)
    writer.put([body(0)])
    reader = RingReader(writer.path)
    assert numbers(reader.take()) == [0]
    reader.confirm()
    reader.close()
    return writer, RingReader(writer.path)  # what it reads begins where it likes


def began(writer: RingWriter, *marks: int, number: int = 7) -> memoryview:
    draft = writer.begin_draft(draft_of(2)(0, number, 2, len(TEXT), 30, 1_005, 1_000, 0, 0) + TEXT)
    for place, at in enumerate(marks):
        draft[ring.DRAFT_WORDS + ring.HANDLER_WORDS * (place // 2) + place % 2] = at
    return draft


ROWS = [
    [1, 5, 7, "Placed", "", "", 0, 0, "{}", "", 2, 0],
    *([2, 10, 30, 7, "a", ""], [3, 14, 30, "ok", 4, ""], [2, 15, 31, 7, "b", ""], [3, 21, 31, "ok", 6, ""]),
    [5, 22, 7, "done"],
]
TIMES = 1_010, 1_014, 1_015, 1_021


def test_a_packet_is_the_rows_of_a_publication(folder: Path) -> None:
    writer, reader = drafting(folder)
    for number in range(7, 500):  # round and round
        draft = began(writer, *TIMES, number=number)
        draft[ring.OVER], draft[ring.FIRST] = 1_022, 16 + 2 * number
        writer.put_draft()
        rows = reader.take()
        assert [(row[0], row[1], row[2] - (16 + 2 * number if row[0] in (2, 3) else number)) for row in rows] == [
            *((1, 5, 0), (2, 10, 0), (3, 14, 0), (2, 15, 1), (3, 21, 1), (5, 22, 0))
        ]
        reader.confirm()
    assert reader.take(gone=True) == []
    reader.close()


@pytest.mark.parametrize("moments", range(5))
def test_what_a_process_was_doing_when_it_was_killed_is_known(folder: Path, moments: int) -> None:
    writer, reader = drafting(folder)
    began(writer, *TIMES[:moments])
    assert reader.take(gone=True) == ROWS[: moments + 1]
    assert reader.take(gone=True) == []
    other = RingReader(writer.path)
    assert other.take(gone=True) == ROWS[: moments + 1]
    other.close()
    reader.close()


@pytest.mark.parametrize("moments", range(5))
def test_a_handler_that_does_not_return_is_seen_and_written_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, moments: int
) -> None:
    writer, reader = drafting(folder)
    began(writer, *TIMES[:moments])
    monkeypatch.setattr(ringreader, "perf_counter_ns", lambda: 1_004 + ringreader.LONG)
    assert reader.take() == []  # not before it has lasted
    monkeypatch.setattr(ringreader, "perf_counter_ns", lambda: 1_021 + ringreader.LONG)
    assert reader.take() == ROWS[: moments + 1]
    assert reader.take() == []
    began(writer, *TIMES)[ring.OVER] = 1_022
    writer.put_draft()
    assert reader.take() == ROWS[moments + 1 :]
    assert reader.take(gone=True) == []
    reader.close()


def test_what_has_been_written_as_rows_is_not_told_again(folder: Path) -> None:
    writer, reader = drafting(folder)
    draft = began(writer, *TIMES[:3])
    writer.put([json.dumps(row).encode() for row in ROWS[:3]])
    draft[ring.TOLD] = 3
    draft[ring.DRAFT_WORDS + 2], draft[ring.FIRST] = 30, 31
    assert reader.take() == ROWS[:3]
    assert reader.take(gone=True) == [[2, 15, 31, 7, "b", ""]]
    reader.close()


def test_a_draft_of_which_all_has_just_been_written_is_not_told_again(folder: Path) -> None:
    writer, reader = drafting(folder)
    began(writer, *TIMES)[ring.OVER] = 1_022
    writer.put_draft()
    writer.draft[ring.VALID] = 1  # type: ignore[index]  # it was killed in this very moment
    assert reader.take() == ROWS
    assert reader.take(gone=True) == []
    began(writer, TIMES[0], number=8)
    writer.put([json.dumps([1, 5, 8]).encode()])
    assert reader.take() == [[1, 5, 8]]
    assert reader.take(gone=True) == []
    reader.close()


def packet(*words: int, text: bytes = TEXT, marks: int = 6) -> bytes:
    return b"".join(word.to_bytes(8, sys.byteorder) for word in (*words, *[1_010] * marks)) + text


@pytest.mark.parametrize(
    "bad",
    [
        b"\x01",
        packet(1, 7, 2, len(TEXT), 30, 1_005, 1_000, 0),
        packet(1, 7, 3, len(TEXT), 30, 1_005, 1_000, 0, 0),
        packet(1, 7, 1 << 61, len(TEXT), 30, 1_005, 1_000, 0, 0),
        packet(1, 1 << 62, 2, len(TEXT), 30, 1_005, 1_000, 0, 0),
        packet(2, 7, 2, len(TEXT), 30, 1_005, 1_000, 0, 0),
        packet(1, 7, 2, 2, 30, 1_005, 1_000, 0, 0, text=b"[]"),
        packet(1, 7, 2, 2, 30, 1_005, 1_000, 0, 0, text=b"{]"),
        packet(1, 7, 2, 16, 30, 1_005, 1_000, 0, 0, text=b"[[1], [2, 3], 4]"),
        packet(1, 7, 2, 19, 30, 1_005, 1_000, 0, 0, text=b"[[1, 2, 3], [4], 5]"),
    ],
)
def test_a_packet_that_cannot_be_is_an_error(folder: Path, bad: bytes) -> None:
    writer, reader = drafting(folder)
    writer.put([bad])
    with pytest.raises(RingError):
        reader.take()
    reader.close()


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("goes_on", ["ends", "another", "longer"])
@pytest.mark.parametrize("look", range(1, 6))
def test_a_publication_that_goes_on_while_its_draft_is_read_is_read_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch, look: int, goes_on: str, gone: bool
) -> None:
    """It may end, and others begin, between any two looks of the reader: nothing of that is an error, or lost."""
    writer, reader = drafting(folder)
    began(writer, *TIMES)[ring.OVER] = 1_022
    looks = 0
    pread = reader._pread

    def interrupted(count: int, offset: int) -> bytes:
        nonlocal looks
        looks += 1
        if looks == look:
            writer.put_draft()
            if goes_on == "another":
                began(writer, *TIMES[:3], number=8)
            elif goes_on == "longer":
                text = TEXT.replace(b"Placed", b"Placed" * 50)
                writer.begin_draft(draft_of(2)(0, 8, 2, len(text), 32, 1_005, 1_000, 0, 0) + text)
        return pread(count, offset)

    monkeypatch.setattr(reader, "_pread", interrupted)
    rows = reader.take(gone=gone)
    monkeypatch.undo()
    for _ in range(3):
        rows += reader.take(gone=gone)
    assert rows[: len(ROWS)] == ROWS
    assert len({(row[0], row[2]) for row in rows}) == len(rows)
    reader.close()


def test_a_draft_that_cannot_be_is_left_alone_or_an_error(folder: Path) -> None:
    writer, reader = drafting(folder)
    draft = began(writer, *TIMES)
    draft[ring.TEXT] = 1 << 40
    assert reader.take(gone=True) == []
    draft[ring.TEXT] = len(TEXT) - 1
    with pytest.raises(RingError):
        reader.take(gone=True)
    for number in range(20):
        began(writer, *TIMES, number=100 + number)
        assert len(reader.take(gone=True)) == 5
    reader.close()


def test_publications_and_executions_count_on_in_the_order_in_which_they_are_written(folder: Path) -> None:
    writer = writer_in(folder, 1 << 16)
    reader = RingReader(writer.path)
    written = [
        *([1, 5, 2, "A", "", "", 0], [1, 4, 1, "B", "", "", 0], [2, 6, 3, 2], [2, 6, 1, 1], [2, 6, 2, 2]),
        *([4, 7, 3, 2], [1, 7, 3, "C", "", "", 3], [3, 8, 3], [3, 8, 1], [3, 8, 2], [5, 9, 2], [5, 9, 1], [1, 9]),
    ]
    writer.put([json.dumps(row).encode() for row in written])
    assert reader.take() == [
        *([1, 5, 1, "A", "", "", 0], [1, 4, 2, "B", "", "", 0], [2, 6, 1, 1], [2, 6, 2, 2], [2, 6, 3, 1]),
        *([4, 7, 1, 1], [1, 7, 3, "C", "", "", 1], [3, 8, 1], [3, 8, 2], [3, 8, 3], [5, 9, 1], [5, 9, 2], [1, 9]),
    ]
    writer.put([b"[1, 9, 9000000, 0, 0, 0, 0]"])  # that is no order at all
    assert reader.take() == [[1, 9, 9_000_000, 0, 0, 0, 0]]
    reader.close()


def test_how_many_numbers_are_out_of_order_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ringreader, "_MOST_AHEAD", 10)
    sequence = ringreader._Sequence(resumed=False)
    for number in range(1, 100):
        assert sequence.of(number + (1 if number % 2 else -1), new=True) == number
    assert len(sequence._others) <= 11
