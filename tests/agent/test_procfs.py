"""What Linux says of a thread: how long it has run, and how long it has waited for a processor."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from inspector.agent import procfs
from inspector.agent.procfs import processor_times, read_text

OWN = "thread-self"

told = pytest.mark.skipif(
    not processor_times(OWN)[0], reason="this system does not tell how long a thread has run and waited"
)


@told
def test_a_thread_that_waits_for_a_processor_is_told_from_one_that_waits_for_anything_else() -> None:
    there, released = threading.Event(), threading.Event()
    waiting = threading.Thread(target=lambda: (there.set(), released.wait()))
    waiting.start()
    there.wait()
    idle = f"self/task/{waiting.native_id}"
    state = Path("/proc", idle, "stat")
    while state.read_text().rpartition(")")[2].split()[0] != "S":  # it is about to wait, and needs a processor for it
        time.sleep(0.001)
    before, begun = processor_times(idle), processor_times(OWN)
    rivals = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4 * (os.cpu_count() or 1))]
    try:
        while processor_times(OWN)[1] - begun[1] < 20_000_000:
            pass
        assert processor_times(OWN)[0] > begun[0]
        assert processor_times(idle)[1] - before[1] < 20_000_000
    finally:
        released.set()
        for rival in rivals:
            rival.kill()
            rival.wait()
        waiting.join()
    assert processor_times(idle) == (0, 0)


@told
def test_the_number_of_a_process_stands_for_its_main_thread() -> None:
    number = str(os.getpid())
    seen: list[tuple[int, int]] = []

    def ask() -> None:
        """Ask from another thread, while the main one waits."""
        seen.extend((processor_times(OWN), processor_times(number), processor_times(f"{number}/task/{number}")))

    other = threading.Thread(target=ask)
    other.start()
    other.join()
    own, of_process, of_main = seen
    assert own[0] < of_process[0] <= of_main[0]


@pytest.mark.parametrize("text", ["", "1", "1 two 3", "one 2 3", "\n"])
def test_what_a_system_does_not_tell_is_zero(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    asked: list[str] = []
    monkeypatch.setattr(procfs, "read_text", lambda path: asked.append(path) or text)
    assert processor_times("self/task/7") == (0, 0)
    assert asked == ["/proc/self/task/7/schedstat"]


@pytest.mark.parametrize("task", ["self/task/None", "self/task/-1", "", "nobody"])
def test_a_thread_that_is_not_there_has_no_times(task: str) -> None:
    assert processor_times(task) == (0, 0)


def test_texts_are_read_whole_and_what_cannot_be_read_is_empty(tmp_path: Path) -> None:
    long = "ä" * 100_000
    (tmp_path / "long").write_text(long, encoding="utf-8")
    (tmp_path / "bytes").write_bytes(b"a\xff\n")
    assert read_text(str(tmp_path / "long")) == long
    assert read_text(str(tmp_path / "bytes")) == "a\ufffd\n"
    assert read_text(str(tmp_path)) == read_text(str(tmp_path / "nothing")) == ""


def test_a_file_that_goes_while_it_is_read_is_empty_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_file: int, _size: int) -> bytes:
        raise ProcessLookupError

    closed: list[int] = []
    system = SimpleNamespace(open=lambda *_: 7, read=gone, close=closed.append, O_RDONLY=0, O_CLOEXEC=0)
    monkeypatch.setattr(procfs, "os", system)
    assert read_text("/proc/7/stat") == ""
    assert closed == [7]
