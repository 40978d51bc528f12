"""The ring: what is written is read, in whole, and the program that writes does not notice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from inspector.agent.run import ring
from inspector.agent.run.ring import RingError, RingFullError
from inspector.hosts.run.ringreader import RingReader
from tests.agent.run.ringing import SMALL, body, numbers, writer_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_what_is_written_is_read_round_and_round(folder: Path) -> None:
    writer = writer_in(folder)
    reader = RingReader(writer.path)
    assert reader.hello == {"argv": ["x"]}
    assert (reader.header[ring.PID], reader.header[ring.PARENT]) == (os.getpid(), os.getppid())
    assert Path(writer.path).stat().st_size == ring.DATA  # small until there is something to write
    assert Path(writer.path).stat().st_mode & 0o777 == 0o600
    rng, received = random.Random(1), []
    for number in range(2_000):
        writer.put([body(number, rng.randrange(300))])
        if rng.random() < 0.3:
            received += numbers(reader.take(rng.choice((50, 1_000, 1 << 20))))
            reader.confirm()
    received += numbers(reader.take())
    assert received == list(range(2_000))
    assert reader.look()[ring.WRITTEN] > 20 * SMALL
    reader.close()


def test_a_full_ring_begins_nothing_and_ends_what_runs(folder: Path) -> None:
    writer = writer_in(folder)
    begun = 0
    while writer.may_begin():
        writer.put([body(begun, 100)])
        begun += 1
    assert not writer.may_begin()
    ends = range(begun, begun + 60)
    for number in ends:
        writer.put([body(number, 100)])  # some of these wait outside of the ring
    reader = RingReader(writer.path)
    received = numbers(reader.take())
    assert len(received) < begun + len(ends)
    reader.confirm()
    while not writer.may_begin() or len(received) < begun + len(ends):
        received += numbers(reader.take())
        reader.confirm()
    assert received == list(range(begun + len(ends)))
    reader.close()


def test_what_notextreads_ends_in_an_error_and_not_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "_MOST_WAITING", 50)
    writer = writer_in(folder)
    for number in range(33 + 50):
        writer.put([body(number, 100)])
    with pytest.raises(RingFullError):
        writer.put([body(number, 100) for number in range(10)])


def test_something_large_makes_a_larger_ring(folder: Path) -> None:
    writer = writer_in(folder)
    reader = RingReader(writer.path)
    writer.put([body(1, 50_000), body(2, 30_000)])
    assert numbers(reader.take(10)) == [1]
    assert numbers(reader.take(10)) == [2]
    reader.close()


def test_two_threads_and_a_signal_handler_write(folder: Path) -> None:
    writer = writer_in(folder, 1 << 20)
    reader = RingReader(writer.path)
    rounds, interrupted = 3_000, iter(range(2_000_000, 3_000_000))
    rung = []

    def ring_up(_number: int, _frame: object) -> None:
        number = next(interrupted)  # another one may come between any two of these lines
        rung.append(number)
        writer.put([body(number)])

    def write(first: int) -> None:
        for number in range(first, first + rounds):
            writer.put([body(number, 20)])

    before = signal.signal(signal.SIGALRM, ring_up)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        other = threading.Thread(target=write, args=(1_000_000,))
        other.start()
        write(0)
        other.join()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    received = numbers(reader.take(8 << 20))
    by_writer: list[list[int]] = [[], [], []]
    for number in received:
        by_writer[number // 1_000_000].append(number)
    by_writer[2].sort()  # one may interrupt the other
    assert by_writer == [list(range(rounds)), list(range(1_000_000, 1_000_000 + rounds)), sorted(rung)]
    reader.close()


KILLED = """
import sys
sys.path.insert(0, {root!r})
from inspector.agent.run.ring import RingWriter
writer = RingWriter({folder!r}, b"{{}}", name=7, capacity=1 << 16)
print(writer.path, flush=True)
number = 0
while True:
    writer.put([b'[%d, "%s"]' % (number, b"x" * (number % 700))])
    number += 1
"""


def test_a_killed_writer_leaves_whole_frames(folder: Path) -> None:
    root = str(Path(ring.__file__).parents[3])
    code = KILLED.format(root=root, folder=str(folder))
    child = subprocess.Popen([sys.executable, "-S", "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout:
        reader = RingReader(child.stdout.readline().strip())
    received: list[int] = []
    while len(received) < 5_000:
        received += numbers(reader.take())
        reader.confirm()
    child.kill()
    child.wait()
    while items := reader.take():
        received += numbers(items)
        reader.confirm()
    assert received == list(range(len(received)))
    reader.close()


def test_no_descriptor_and_no_file_of_the_program_is_touched(folder: Path) -> None:
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - it opens none beside
    writer = writer_in(folder)
    writer.put([body(1)])
    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - as above
    root = str(Path(ring.__file__).parents[3])
    code = (
        f"import sys; sys.path.insert(0, {root!r})\n"
        "from inspector.agent.run.ring import RingWriter\n"
        f"writer = RingWriter({str(folder)!r}, b'{{}}', name=8)\nwriter.put([b'[1]'])\n"
        f"files = [open({str(folder)!r} + f'/out{{n}}', 'w') for n in range(5)]\n"
        "[file.write('there') for file in files]\n"
    )
    result = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert [(folder / f"out{n}").read_text() for n in range(5)] == ["there"] * 5


def test_nothing_is_made_where_there_is_no_room(folder: Path) -> None:
    with pytest.raises(RingError):
        writer_in(folder / "gone")
    writer = writer_in(folder)
    Path(writer.path).unlink()
    with pytest.raises(RingError):
        writer.put([body(1)])


def test_growing_closes_no_descriptor_of_others(folder: Path) -> None:
    """A reader in this process has the same file open, under numbers below and above those that come next."""
    gaps = [os.open(os.devnull, os.O_RDONLY) for _ in range(6)]
    for gap in gaps[::2]:
        os.close(gap)
    writer = writer_in(folder)
    readers = [RingReader(writer.path) for _ in range(6)]
    before = set(Path("/proc/self/fd").iterdir())
    for number in range(300):
        writer.put([body(number, 3_000)])
        for reader in readers:
            reader.look()
    assert len(set(Path("/proc/self/fd").iterdir()) - before) <= 1  # that of the listing itself
    for gap in gaps[1::2]:
        os.close(gap)
    for reader in readers:
        reader.close()
