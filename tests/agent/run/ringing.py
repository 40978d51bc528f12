"""Small rings, and frames that fill them."""

from __future__ import annotations

import json
from pathlib import Path

from inspector.agent.run.ring import RingWriter

SMALL = 4096


def writer_in(folder: Path, capacity: int = SMALL, name: int = 1) -> RingWriter:
    return RingWriter(str(folder), b'{"argv": ["x"]}', name=name, capacity=capacity)


def body(number: int, size: int = 0) -> bytes:
    return json.dumps([number, "x" * size]).encode()


def numbers(items: list[list[int]]) -> list[int]:
    return [item[0] for item in items]
