"""Rings of hostile processes: bytes, words, frames and rows that are changed at random."""

from __future__ import annotations

import json
import random
import time
import zlib
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from inspector.agent.run import ring
from inspector.agent.run.ring import RingError
from inspector.analysis.journal import Journal
from inspector.core.records.bounds import row_problem
from inspector.core.records.records import Batch
from tests.hosts.run.rings import Reporting, reading

_VALUES: Final[tuple[Any, ...]] = (
    0,
    -1,
    1 << 70,
    1 << 61,
    None,
    True,
    1.5,
    "",
    "x" * 20_000,
    [],
    {},
    [[]],
    "\ud800",
    12,
    "failed",
)
_PLACES: Final = (ring.SIZE, ring.WRITTEN, ring.READ, ring.DROPPED, ring.COUNTED, ring.ONE_IN, ring.STATE, ring.HELLO)


def _rows(rng: random.Random) -> list[Any]:
    """Return rows and messages of which some are not as they should be."""
    now = time.perf_counter_ns()
    items: list[Any] = [["anchor", now - 10_000_000], [0, 0, 1, "shop", "3.12", '{"program": "shop"}', None]]
    for number in range(1, rng.randrange(2, 12)):
        items += [
            [1, number * 10, number, "Placed", "", "", rng.choice((0, number - 1)), 0, "{}", "{}", 1, 0],
            [2, number * 10 + 1, number, number, "m:h", ""],
            [4, number * 10 + 2, number, number, "log", "info", "text", ""],
            [3, number * 10 + 3, number, "ok", 1, ""],
            [5, number * 10 + 4, number, "done"],
        ]
    items.append(["test", "t", "passed", 1, 2])
    for _ in range(rng.randrange(4)):
        item = rng.choice(items)
        match rng.randrange(5):
            case 0:
                item[rng.randrange(len(item))] = rng.choice(_VALUES)
            case 1:
                item.append(rng.choice(_VALUES))
            case 2:
                del item[rng.randrange(len(item))]
            case 3:
                made_up = [rng.randrange(-1, 40), *rng.choices(_VALUES, k=rng.randrange(9))]
                items.insert(rng.randrange(len(items)), made_up)
    return items


def _write(folder: Path, rng: random.Random) -> None:
    """Write a ring that is wrong in some way."""
    process = Reporting(folder, rng.randrange(1, 1 << 40))
    for item in _rows(rng):
        body = json.dumps(item).encode()
        if rng.random() < 0.02:
            body = bytes(rng.choices(range(256), k=rng.randrange(1, 60)))
        with suppress(RingError):  # not all of it fits
            process.ring.put([body])
    path = Path(process.ring.path)
    if rng.random() < 0.5:
        return
    content = bytearray(path.read_bytes())
    for _ in range(rng.randrange(1, 4)):
        match rng.randrange(4):
            case 0:
                place = 8 * rng.choice(_PLACES)
                value = rng.choice((0, 1, 5, 1 << 20, 1 << 40, (1 << 64) - 1))
                content[place : place + 8] = value.to_bytes(8, "little")
            case 1:
                content[rng.randrange(min(len(content), 8_000))] ^= 1 << rng.randrange(8)
            case 2:
                del content[rng.randrange(len(content)) :]
                content += b"\0" * 8
            case 3:
                body = b"[1," * rng.randrange(1, 3_000)
                frame = len(body).to_bytes(4, "little") + zlib.crc32(body).to_bytes(4, "little") + body
                content[4096 : 4096 + len(frame)] = frame
    path.write_bytes(content)


def mutated_rings(count: int, rng: random.Random, folder: Path) -> int:
    """Let a reader read so many hostile rings, several at a time beside one that is right; return how many it read.

    Raises:
        AssertionError: What came of them is no stream, or the one that is right has suffered.
    """
    read, mappings = 0, len(ring._MAPPINGS)
    while read < count:
        place = folder / str(read)
        place.mkdir()
        some = min(10, count - read)
        try:
            _read_together(place, some, rng)
        finally:
            for file in place.iterdir():
                file.unlink()
            del ring._MAPPINGS[mappings:]  # each has a descriptor here, where no process of its own has written it
        read += some
    return read


def _read_together(place: Path, some: int, rng: random.Random) -> None:
    intake, reader = reading(place)
    with closing(reader):
        honest = Reporting(place, 0)
        honest.begin()
        for _ in range(some):
            _write(place, rng)
            honest.publish(cause=honest.executions)
            if rng.random() < 0.3:
                reader.look()
        reader.look(last=True)
        rows = intake.drain()
        journal = Journal()
        journal.fold(Batch(1, rows))
        assert [(problem, row) for row in rows if (problem := row_problem(row))] == []
        assert [row[2] for row in rows if row[0] == 1] == list(range(1, len(journal.publications) + 1))
        right = sum(row[0] == 1 and row[11] == 1 for row in rows)
        assert right == honest.publications, (right, honest.publications)
