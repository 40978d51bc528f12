"""The campaigns: each does its worst so many times and returns what came of it, promise by promise."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from benchmarks.busy import emitted
from inspector.analysis.journal import Journal
from inspector.app.importing import ImportedRun, import_run_log
from inspector.core.errors import InspectorError
from inspector.core.records.host import ProgramSlowed, RecordsLost
from inspector.core.records.records import (
    AT,
    HANDLER_ENDED,
    KIND,
    PUBLISHED,
    Batch,
    HandlerEnded,
    Published,
    Row,
    position,
)
from inspector.core.records.statuses import INTERRUPTED
from inspector.core.redact.redactor import Redactor
from inspector.core.values.snapshot import Codec
from inspector.store.backlog import Backlog
from inspector.store.jsonl import export_jsonl
from inspector.store.jsonl_import import read_jsonl
from inspector.store.reader import StoredStream
from inspector.store.schema import SESSION_SPAN
from inspector.store.store import Store
from inspector.store.writer import SessionWriter
from tests.core.secret_table import named_secrets, ordinary_names, ordinary_texts, secret_texts
from tests.hosts.run.mutations import mutated_rings
from tests.secrets.program import EVERY_PART
from tests.store.runs import STARTED, ListStream, collect, numbered, plain_run
from tests.torture.recorder import ROWS

ROOT = Path(__file__).resolve().parents[2]
_STATUS = position(HandlerEnded, "status")
_EVENT = position(Published, "event_type")
#: What is recorded when the process is killed: executions a second, by how many handlers; and what may be lost.
RATE = 25_000
HANDLERS = (8, 1, 2, 16)
TAIL_MS = 100.0
#: A damaged file is endless that takes so many times the CPU time of a whole one of its size in the same run: seconds
#: alone would judge the load of the machine.
ENDLESS = 30.0
#: Seconds after which a step that waits for something that never comes is given up.
HANGING = 300.0


@dataclass
class Figures:
    """What came of a campaign.

    Attributes:
        tried: How often it was tried.
        broken: Promise → how often it was broken.
        besides: Figures that are no promises.
    """

    tried: int = 0
    broken: dict[str, int] = field(default_factory=dict)
    besides: dict[str, float] = field(default_factory=dict)

    def promise(self, name: str, broken: int | bool) -> None:
        """Count how often a promise was broken."""
        self.broken[name] = self.broken.get(name, 0) + int(broken)

    def add(self, name: str, value: float) -> None:
        """Sum values up."""
        self.besides[name] = self.besides.get(name, 0.0) + value

    def most(self, name: str, value: float) -> None:
        """Keep the largest of some values."""
        self.besides[name] = max(self.besides.get(name, 0.0), value)


Campaign = Callable[[int, random.Random, Path], Coroutine[Any, Any, Figures]]


async def kill(count: int, rng: random.Random, folder: Path) -> Figures:
    """Kill the recording process at a random moment."""
    figures = Figures()
    for number in range(count):
        path = folder / f"kill{number}.db"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.torture.recorder", str(path)),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        acknowledged = 0
        for _ in range(rng.randint(1, len(ROWS) // 400)):
            acknowledged = int(await process.stdout.readline())
        process.kill()
        rest, _ = await process.communicate()
        acknowledged = max([acknowledged, *map(int, rest.split(b"\n")[:-1])])
        begun = time.monotonic()
        store = Store(path)
        try:
            await store.open()
            (info,) = await store.sessions()
            rows = [row for _, row in await collect(StoredStream(store, 1))]
        except InspectorError:
            figures.promise("databases damaged by a kill", 1)
            continue
        finally:
            await store.close()
        figures.most("seconds to open again, at most", time.monotonic() - begun)
        stored = info.records
        figures.tried += 1
        figures.promise("databases damaged by a kill", 0)
        figures.promise("acknowledged records missing", max(0, acknowledged - stored))
        figures.promise("gaps or changed records", rows[:stored] != ROWS[:stored])
        figures.promise("sessions not marked as interrupted", info.state != "interrupted")
    return figures


async def tail(count: int, rng: random.Random, folder: Path) -> Figures:
    """Kill the process that records ``RATE`` executions a second, or as many as the bus can."""
    return await _tails(count, rng, folder, "embedded")


async def child_tail(count: int, rng: random.Random, folder: Path) -> Figures:
    """The same for a program in a process of its own; it is killed with the one that records it."""
    return await _tails(count, rng, folder, "child")


async def _tails(count: int, rng: random.Random, folder: Path, where: str) -> Figures:
    figures = Figures()
    for number in range(count):
        path, tally = folder / f"{where}{number}.db", folder / f"{where}{number}.tally"
        handlers = HANDLERS[number % len(HANDLERS)]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.torture.busy_recorder"),
            *(str(path), str(tally), str(RATE), str(handlers), where),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        await process.stdout.readline()
        await asyncio.sleep(rng.uniform(0.3, 3.0))
        process.kill()
        await process.communicate()
        program = emitted(tally)
        store = Store(path)
        await store.open()
        try:
            rows = [row async for batch in StoredStream(store, 1).read() for row in batch.rows]
        finally:
            await store.close()
        times = [row[AT] for row in rows if row[KIND] == PUBLISHED and row[_EVENT].startswith("Happened")]
        # Both clocks are the same; the first publication shows by how much they are apart.
        newest = max((row[AT] for row in rows if row[KIND] != HANDLER_ENDED or row[_STATUS] != INTERRUPTED), default=0)
        seconds = (program.last - program.first) / 1e9
        lost = (seconds - (newest - times[0]) / 1e9) * 1e3 if times else seconds * 1e3
        figures.tried += 1
        figures.promise(f"tails longer than {TAIL_MS:.0f} ms", lost > TAIL_MS)
        figures.promise("sessions without a publication", not times)
        figures.most("ms of tail lost, at most", lost)
        rate = program.publications * handlers / seconds
        figures.most(f"executions a second with {handlers} handlers, at most", rate)
        figures.add("times slowed down and said so", any(row[KIND] == ProgramSlowed.KIND for row in rows))
        path.unlink()
    return figures


async def _books(figures: Figures, store: Store, writer: SessionWriter, produced: int, *, finished: bool) -> None:
    """Compare what was produced with what is stored and what was counted as lost."""
    stored = 0
    told = 0
    async for batch in StoredStream(store, writer.session).read() if writer.session else ListStream([]).read():
        for row in batch.rows:
            if row[KIND] == RecordsLost.KIND:
                told += row[AT + 1]
            elif row[KIND] != HANDLER_ENDED or row[_STATUS] != INTERRUPTED:  # which nobody produced
                stored += 1
    figures.tried += 1
    figures.promise("records neither stored nor counted", abs(produced - stored - writer.lost))
    figures.promise("closed properly though records are missing", finished and stored + told < produced)


async def disk(count: int, rng: random.Random, folder: Path) -> Figures:
    """Let the disk run full at a random size; sometimes there is room again before the end."""
    figures = Figures()
    for number in range(count):
        store = Store(folder / f"disk{number}.db")
        await store.open()
        writer = await store.begin_session("disk", STARTED, backlog=Backlog(max_rows=rng.choice((300, 500_000))))
        room = rng.randint(20, 200)
        await _pragma(store, f"max_page_count={room}")
        rows = [row if row[0] != 1 else (*row[:8], json.dumps("x" * 900), *row[9:]) for row in plain_run(250)]
        await _write(writer, rows, rng)
        if rng.random() < 0.5:
            await _pragma(store, "max_page_count=100000")
        await _books(figures, store, writer, len(rows), finished=await _finish(writer))
        await store.close()
    return figures


async def lock(count: int, rng: random.Random, folder: Path) -> Figures:
    """Let another program keep the database for a while, from before the session begins or from later on."""
    figures = Figures()
    for number in range(count):
        store = Store(folder / f"lock{number}.db")
        await store.open()
        await _pragma(store, "busy_timeout=1")
        writer = store.writer("lock", STARTED, backlog=Backlog(max_rows=rng.choice((200, 500_000))))
        rows = plain_run(120)
        with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
            first = rng.choice((1, len(rows) // 2))
            await _write(writer, rows[:first], rng)
            other.execute("BEGIN IMMEDIATE")
            await _write(writer, rows[first:], rng, start=first)
            if rng.random() < 0.6:
                other.execute("ROLLBACK")
            finished = await _finish(writer)
        await _books(figures, store, writer, len(rows), finished=finished)
        await store.close()
    return figures


async def _pragma(store: Store, pragma: str) -> None:
    """Set something on the connection that writes."""

    def work(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()

    await store.database.write(work)


async def _write(writer: SessionWriter, rows: list[Row], rng: random.Random, start: int = 0) -> None:
    at = 0
    while at < len(rows):
        size = rng.randint(1, 60)
        writer.add(Batch(start + at + 1, rows[at : at + size]))
        at += size
        if rng.random() < 0.3:
            await writer.flush()


async def _finish(writer: SessionWriter) -> bool:
    try:
        await writer.finish()
    except InspectorError:
        return False
    return True


#: Cells of any table get one of these.
_CELLS = ("NULL", "-1", "9223372036854775807", "1.5", "'x'", "x'ff'", "CAST(x'ff41' AS TEXT)", "zeroblob(200000)", "''")


async def damage(count: int, rng: random.Random, folder: Path) -> Figures:
    """Damage cells or bytes of a database, then list and read everything."""
    figures = Figures()
    whole = folder / "whole.db"
    rows = plain_run(40)
    store = Store(whole)
    await store.open()
    for name in "ab":
        writer = await store.begin_session(name, STARTED)
        writer.add(Batch(1, rows))
        await writer.finish()
    await store.close()
    image = whole.read_bytes()
    usual = 0.0
    for _ in range(3):
        begun = time.process_time()
        await _read_all(whole, numbered(rows))
        usual = max(usual, time.process_time() - begun)
    for number in range(count):
        path = folder / f"damage{number}.db"
        data = bytearray(image)
        cells = rng.random() < 0.6
        if not cells:
            for _ in range(rng.randint(1, 30)):
                data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data)
        if cells:
            _damage_cells(path, rng)
        begun = time.process_time()
        figures.tried += 1
        try:
            async with asyncio.timeout(HANGING):
                intact = await _read_all(path, numbered(rows))
        except InspectorError:
            figures.promise("good session hidden by a damaged cell of another", cells)
        except TimeoutError:
            figures.promise("endless", 1)
        except Exception as error:
            figures.promise(f"crashes ({type(error).__name__})", 1)
        else:
            figures.promise("good session hidden by a damaged cell of another", cells and not intact)
        times = (time.process_time() - begun) / usual
        figures.promise("endless", times > ENDLESS)
        figures.most("times what a whole file takes to be read, at most", times)
        path.unlink()
    return figures


def _damage_cells(path: Path, rng: random.Random) -> None:
    """Damage some cells of the second session."""
    tables = ("publications", "executions", "payloads", "names", "sessions")
    with closing(sqlite3.connect(path)) as connection:
        for _ in range(rng.randint(1, 5)):
            table = rng.choice(tables)
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
            first = 2 if table == "sessions" else 2 * SESSION_SPAN + rng.randint(1, 40)
            try:
                connection.execute(f"UPDATE {table} SET {rng.choice(columns)}={rng.choice(_CELLS)} WHERE id={first}")
            except sqlite3.IntegrityError:
                continue  # NULL where there must be none
        connection.commit()


async def _read_all(path: Path, good: list[tuple[int, Row]]) -> bool:
    """List the sessions and read them; return whether the first is as it was."""
    store = Store(path)
    await store.open()
    try:
        infos = await store.sessions()
        for info in infos:
            journal = Journal()
            async for batch in StoredStream(store, info.id).read():
                journal.fold(batch)
        return await collect(StoredStream(store, 1)) == good
    finally:
        await store.close()


async def fuzz(count: int, rng: random.Random, folder: Path) -> Figures:
    """Change lines of a run log, then import it."""
    figures = Figures()
    source = folder / "source.jsonl"
    await export_jsonl(ListStream(plain_run(30)), source, name="fuzz")
    lines = source.read_bytes().splitlines(keepends=True)
    store = Store(folder / "fuzz.db")
    await store.open()
    usual = 0.0
    for _ in range(3):
        begun = time.process_time()
        await _import_and_read(store, source)
        usual = max(usual, time.process_time() - begun)
    for number in range(count):
        changed = list(lines)
        touched = {rng.randrange(2, len(lines)) for _ in range(rng.randint(1, 3))}
        for place in touched:
            changed[place] = _mutated(changed[place], rng)
        path = folder / f"fuzz{number}.jsonl"
        path.write_bytes(b"".join(changed))
        begun = time.process_time()
        figures.tried += 1
        try:
            async with asyncio.timeout(HANGING):
                imported = await _import_and_read(store, path)
        except InspectorError:
            figures.promise("whole files refused for a line", 1)
        except TimeoutError:
            figures.promise("endless", 1)
        except Exception as error:
            figures.promise(f"crashes ({type(error).__name__})", 1)
        else:
            figures.promise("good lines left out", max(0, len(lines) - 1 - len(touched) - imported.records))
        times = (time.process_time() - begun) / usual
        figures.promise("endless", times > ENDLESS)
        figures.promise("whole files refused for a line", 0)
        figures.most("times what a whole file takes to be imported, at most", times)
        path.unlink()
    await store.close()
    return figures


async def _import_and_read(store: Store, path: Path) -> ImportedRun:
    """Import a run log, read its session to the end and delete it."""
    imported = await import_run_log(store, read_jsonl(path))
    async for batch in StoredStream(store, imported.session).read():
        assert batch.rows
    await store.delete(imported.session)
    return imported


def _mutated(line: bytes, rng: random.Random) -> bytes:
    kind = rng.randrange(5)
    if kind == 0:
        data = bytearray(line[:-1])
        data[rng.randrange(len(data))] = rng.choice([value for value in range(256) if value != 10])
        return bytes(data) + b"\n"
    if kind == 1:
        return line[: rng.randrange(len(line))].replace(b"\n", b"") + b"\n"
    if kind == 2:
        return b"\xff" + line
    members = json.loads(line)
    name = rng.choice(list(members))
    members[name] = rng.choice((None, -1, 1 << 32, 1 << 62, 1 << 70, 1.5, "", "\ud800", [], {}, True, "x" * 1000))
    return json.dumps(members).encode() + b"\n"


async def secrets(count: int, rng: random.Random, _folder: Path) -> Figures:
    """Hide every secret of the table, with letters of its own each time, in what would be stored or shown.

    So often that about ``count`` are tried, and the whole table once at least; ordinary names and texts too.
    """
    figures = Figures()
    names, ordinary = ordinary_names(), ordinary_texts()
    size = len(secret_texts()) + len(named_secrets()) + len(names) + len(ordinary)
    for _ in range(max(1, round(count / size))):
        seed = rng.randrange(1 << 30)
        redactor = Redactor()
        codec = Codec(redactor)
        for text, secret in secret_texts(seed):
            before = rng.choice(("", "before ", "x" * rng.randrange(600) + " "))
            forms = (before + text + " after", json.dumps({"text": text}), repr({"text": [text]}))
            shown = [*map(redactor.redact_text, forms), codec.snapshot({"note": text, "deep": [text.encode()]})]
            limit = rng.randrange(len(before), len(before) + len(text))
            figures.promise("secrets found in texts", any(secret in form for form in shown))
            figures.promise("halves of secrets at a cut", _half(secret) in redactor.shortened(before + text, limit))
        for name, secret in named_secrets(seed):
            shown = [str(redactor.value(name, secret)), redactor.redact_text(json.dumps({"a": 1, name: [secret]}))]
            shown.append(codec.snapshot({name: {"inner": secret}, "headers": [(name, secret)]}))
            figures.promise("secrets found under secret names", any(secret in form for form in shown))
        hidden = sum(redactor.value(name, "plain") != "plain" for name in names)
        hidden += sum(redactor.redact_text(text) != text for text in ordinary)
        figures.promise("rounds with more than 3 ordinary names and texts hidden", hidden > 3)
        figures.most("ordinary names and texts hidden, at most", hidden)
        figures.tried += size
    return figures


async def screen(_count: int, _rng: random.Random, _folder: Path) -> Figures:
    """Search window, files and terminal for every secret of the table; once, however often is asked for."""
    figures = Figures()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/ui/test_secrets.py"),
        "tests/secrets/test_command_line.py",
        cwd=ROOT,
        env={**os.environ, EVERY_PART: "1", "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
    )
    shown, _ = await process.communicate()
    outcomes = {what: int(count) for count, what in re.findall(r"(\d+) (passed|failed|error)", shown.decode())}
    figures.tried = sum(outcomes.values())
    figures.promise(
        "parts of the table of which a secret was on the screen or written", figures.tried - outcomes.get("passed", 0)
    )
    figures.promise("searches that did not run", not figures.tried)
    return figures


def _half(secret: str) -> str:
    """Return the beginning of a secret, so much of it that nobody may see it."""
    return secret[: max(8, len(secret) // 2)]


#: Rings beyond these are changed in the same ways.
_MOST_RINGS = 40_000


async def rings(count: int, rng: random.Random, folder: Path) -> Figures:
    """Let processes write what they should not into their rings, beside one that writes as it should."""
    figures = Figures(broken={"the reader is not hurt, and what it tells is a stream": 0})
    count = min(count, _MOST_RINGS)
    for number in range(0, count, 100):
        place = folder / f"rings{number}"
        place.mkdir()
        try:
            figures.tried += await asyncio.to_thread(mutated_rings, min(100, count - number), rng, place)
        except Exception:
            traceback.print_exc()
            figures.tried += min(100, count - number)
            figures.broken["the reader is not hurt, and what it tells is a stream"] += 1
    return figures


CAMPAIGNS: dict[str, Campaign] = {
    "kill": kill,
    "tail": tail,
    "child_tail": child_tail,
    "disk": disk,
    "lock": lock,
    "damage": damage,
    "fuzz": fuzz,
    "secrets": secrets,
    "screen": screen,
    "rings": rings,
}
#: How often each is tried for one N.
WEIGHTS = {
    "kill": 1,
    "tail": 1,
    "child_tail": 1,
    "disk": 2,
    "lock": 2,
    "damage": 4,
    "fuzz": 4,
    "secrets": 50,
    "screen": 1,
    "rings": 400,
}
