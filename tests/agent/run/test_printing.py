"""What cannot be printed fails as it would alone: with the same error, and a traceback without a frame of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from inspector.core.records.records import HANDLER_ENDED
from tests.agent.run.test_front import compared, python

__all__ = ["python"]

_WIRED: Final = """
import io, os, sys, threading, traceback
from shopbus import Bus, light, tick
bus = Bus()
bus.subscribe("lit", light)
class Own(io.TextIOBase):
    def write(self, text):
        return self.refuse(text)
    def refuse(self, text):
        raise OSError("mine")
class Taking(io.TextIOBase):
    def write(self, text="nothing", *, end=""):
        sys.__stderr__.write(text + end + chr(10))
def onto(stream):
    sys.stdout = stream
    bus.emit("lit", {})
def show(work):
    try:
        work()
    except BaseException:
        traceback.print_exc()
"""
_PRINTS: Final = {
    "no encoding": "show(lambda: print(chr(0xd800)))",
    "no text": "show(lambda: sys.stdout.write(3))",
    "nothing": "show(lambda: sys.stdout.write())",
    "too much": "show(lambda: sys.stdout.write('a', 'b'))",
    "a value that fails": "class Bad:\n    def __str__(self):\n        1 / 0\nshow(lambda: print(Bad()))",
    "a full disk": "onto(open('/dev/full', 'w', buffering=1))\nshow(lambda: print('x'))\nos._exit(0)",
    "a closed file": "file = open(os.devnull, 'w')\nonto(file)\nfile.close()\nshow(lambda: print('x'))",
    "a closed pipe": (
        "out, into = os.pipe()\nonto(os.fdopen(into, 'w', buffering=1))\nos.close(out)\n"
        "show(lambda: print('x'))\nos._exit(0)"
    ),
    "a stream of its own": "onto(Own())\nshow(lambda: print('x'))\nshow(lambda: sys.stdout.write('y'))",
    "a stream that takes more": "onto(Taking())\nsys.stdout.write(text='a', end='!')\nsys.stdout.write()\nprint('b')",
    "again and again": "for _ in range(3):\n    show(lambda: print(chr(0xd800)))\n    print('fine')",
    "as a cause": (
        "def work():\n    try:\n        print(chr(0xd800))\n    except ValueError as error:\n"
        "        raise KeyError('later') from error\nshow(work)"
    ),
    "in a thread": (
        "thread = threading.Thread(target=show, args=(lambda: print(chr(0xd800)),))\nthread.start()\nthread.join()"
    ),
    "uncaught": "print(chr(0xd800))",
}


@pytest.mark.parametrize("prints", _PRINTS)
def test_what_cannot_be_printed(python: str, tmp_path: Path, prints: str) -> None:
    program = _PRINTS[prints] if "onto(" in _PRINTS[prints] else f"onto(sys.stdout)\n{_PRINTS[prints]}"
    compared(tmp_path, _WIRED + program, {"app": ["app:bus"]}, python, "app.py")


def test_a_handler_that_cannot_print_has_failed_in_its_own_line(python: str, tmp_path: Path) -> None:
    shout = (
        "onto(sys.stdout)\ndef shout(payload):\n    tick('shout')\n    print(chr(0xd800))\n"
        "bus.subscribe('said', shout)\n"
        "show(lambda: bus.emit('said', {}))\nshow(lambda: bus.emit('said', {}))"
    )
    ran = compared(tmp_path, _WIRED + shout, {"app": ["app:bus"]}, python, "app.py")
    failed = [row for process in ran.processes for row in process.rows(HANDLER_ENDED) if row[3] == "failed"]
    assert len(failed) == 2
    assert all("UnicodeEncodeError" in str(row) for row in failed)
    assert not any("output.py" in str(row) for row in failed)
