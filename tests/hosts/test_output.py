"""Output is shown within a rate, the rest is counted; stacks are read for the line of the project."""

from __future__ import annotations

import re

import pytest

from inspector.core.own_code import PACKAGE
from inspector.core.redact.redactor import Redactor
from inspector.hosts.output import LINES, RATE, Output
from inspector.hosts.stacks import StackPlace, read_dump, read_stack


def make() -> tuple[Output, list[tuple[str, str]], list[int], list[float]]:
    shown: list[tuple[str, str]] = []
    dropped: list[int] = []
    clock = [0.0]
    return (
        Output(lambda *line: shown.append(line), dropped.append, lambda: clock[0], Redactor(b"key")),
        shown,
        dropped,
        clock,
    )


def test_lines_come_whole_however_they_were_read() -> None:
    output, shown, _, _ = make()
    for part in (b"a", b"b\nc", b"\xc3", b"\xa4\r\n", b"rest"):
        output.feed("stdout", part)
    assert shown == [("stdout", "ab"), ("stdout", "cä")]
    output.end()
    assert shown[-1] == ("stdout", "rest")


def test_every_byte_of_a_flood_is_shown_or_counted() -> None:
    output, shown, dropped, clock = make()
    line = b"x" * 99 + b"\n"
    for _ in range(100):
        output.feed("stdout", line * 100)
    clock[0] = 1.0
    output.tick()
    assert len(shown) == LINES
    assert sum(dropped) + LINES * 100 == 100 * 100 * 100
    output.feed("stdout", line)
    assert len(shown) == LINES + 1


def test_the_last_lines_of_the_error_stream_are_kept_even_in_a_flood() -> None:
    output, _, _, _ = make()
    output.feed("stderr", b"x\n" * RATE)
    output.feed("stderr", b"MemoryError: no more\nlast")
    assert output.tail[-2:] == ["MemoryError: no more", "last"]


TOKEN = "ghp_" + "a1B2" * 9


@pytest.mark.parametrize("before", range(440, 500, 7))
def test_no_half_of_a_secret_stands_where_a_line_is_cut(before: int) -> None:
    output, shown, _, _ = make()
    for stream in ("stdout", "stderr"):
        output.feed(stream, b"x" * before + f" {TOKEN} ".encode() + b"y" * 6000)
        output.feed(stream, b"z" * 6000)
    assert "ghp_" not in "".join(output.tail)
    output.end()
    assert [text for _, text in shown if "ghp_" in text] == []
    assert all(text.startswith("x" * before) for _, text in shown)


def test_a_secret_whose_name_stands_far_before_the_end_of_a_long_line_is_hidden() -> None:
    output, shown, _, _ = make()
    output.feed("stderr", b"password='" + b"hunter2 " * 2000)
    output.feed("stderr", b"'\n")
    output.end()
    assert "hunter2" not in str([*shown, *output.tail])


def test_a_key_that_began_in_a_flood_is_hidden_where_lines_are_shown_again() -> None:
    output, shown, _, clock = make()
    for stream in ("stdout", "stderr"):
        output.feed(stream, b"x\n" * RATE)
        output.feed(stream, b"-----BEGIN PRIVATE KEY-----\n" + b"MIIdropped\n" * 30)
        clock[0] += 1.0
        output.feed(stream, b"MIIshown\n-----END PRIVATE KEY-----\nafter\n")
        assert shown[-1] == (stream, "after")
    assert "MII" not in str([*shown, *output.tail])


DUMP = f"""Fatal Python error: Segmentation fault

Thread 0x00000000000000ff (most recent call first):
  File "/usr/lib/python3.12/threading.py", line 359 in wait

Current thread 0x00000000000000aa [main] (most recent call first):
  File "/usr/lib/python3.12/ctypes/__init__.py", line 519 in string_at
  File "/home/me/shop/stock.py", line 31 in reserve
  File "{PACKAGE}/core/bus/execution.py", line 200 in step

Extension modules: _ctypes (total: 1)
"""


def test_the_innermost_line_of_the_project_is_found_in_a_dump() -> None:
    dump = read_dump(DUMP, main_thread=0xAA)
    assert dump.fatal == "Segmentation fault"
    assert dump.place() == StackPlace("/home/me/shop/stock.py", 31, "reserve")
    library = read_dump(DUMP.replace("/home/me/shop", "/home/me/.venv/lib/python3.12/site-packages/shop"), 0xAA)
    assert str(library.place()) == "/usr/lib/python3.12/ctypes/__init__.py:519"


def test_of_several_dumps_the_last_counts_and_of_an_asked_one_the_main_thread() -> None:
    asked = (
        'Thread 0xaa (most recent call first):\n  File "/a.py", line 1 in f\n'
        'Current thread 0xff (most recent call first):\n  File "/b.py", line 2 in g\n'
    )
    assert read_dump(asked, 0xAA).stack == (StackPlace("/a.py", 1, "f"),)
    later = asked.replace("line 1 ", "line 9 ")
    assert read_dump(asked + later, 0xAA).stack == (StackPlace("/a.py", 9, "f"),)
    assert read_dump("nonsense", 0xAA).place() is None


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (["<string>", "/usr/lib/python3.11/json/decoder.py", "/home/me/shop/wiring.py"], "/home/me/shop/wiring.py:3"),
        (["<string>", "<frozen importlib._bootstrap>", "/usr/lib/python3.11/re/__init__.py"], f"{re.__file__}:3"),
        (["<frozen importlib._bootstrap>", "<string>"], "<string>:2"),
        (["<frozen importlib._bootstrap>"], "None"),
    ],
)
def test_the_place_of_a_stack_is_a_line_of_a_file_if_there_is_one(files: list[str], place: str) -> None:
    files = [file.replace("/usr/lib/python3.11/re/__init__.py", re.__file__) for file in files]
    dump = read_stack([(file, line, "load") for line, file in enumerate(files, 1)])
    assert str(dump.place()) == place
