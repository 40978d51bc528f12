"""The real window for minutes while a program runs: memory within its budget, frames in time, nothing lost.

    python -m benchmarks.soak            600 seconds at 1,000 executions a second for each budget: 64 and 512 MB
    python -m benchmarks.soak 60 --memory 64
    python -m benchmarks.soak --minutes 30

Handlers fail, and faults are injected into others: they raise, take long, hang to their deadline, swallow, are
cancelled or left out. Nothing of that may leave anything behind: descriptors, threads and tasks stay as many as they
were, and the write-ahead log of the database stays within its bound.

Program, bus, recorder, store, journal and all panels of the window are the real ones; only the screen is missing. Each
budget has a process of its own. Exits 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from unittest.mock import patch

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

from benchmarks import Figure, figure
from benchmarks.__main__ import table
from benchmarks.bench_live import Frames, window
from benchmarks.bench_memory import resident
from benchmarks.busy import EVENTS, FAILS, Busy, Emitted, emitted
from inspector.app.memory import bounded_journals, collect_seldom
from inspector.core.faults import FaultRule
from inspector.core.records.statuses import STATUS_CODES
from inspector.ui.opening import open_window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.app.recording import Recording

SECONDS: Final = 600
RATE: Final = 1_000
HANDLERS: Final = 2
#: Budgets in MiB: one that such a run needs many times, and the usual one.
BUDGETS: Final = (64, 512)
#: Seconds in which the window comes to rest before the program begins, and of each sample.
_SETTLING: Final = 5.0
_SAMPLE: Final = 1.0
#: Seconds after the beginning in which frames are not measured: charts are made, caches grow.
_WARM_UP: Final = 5.0
#: Seconds of a run whose last half is measured: its first half is what it takes to come up to the smallest budget.
_LONG: Final = 600
#: Seconds beyond the run after which it is taken for hanging.
_ENDLESS: Final = 60
#: Seconds for what was published last to arrive.
_ARRIVAL: Final = 10.0
_MB: Final = 1 << 20
#: Seconds that a handler may take; one that is made to hang holds its publication for as long.
_TIMEOUT: Final = 1.0
#: One fault for the handlers of an event each, in this order from the second event on (some of the first fail by
#: themselves), which of so many executions it strikes, and the status that these end with.
_FAULTS: Final = (
    ("fail", 50, "failed"),
    ("slow", 50, "ok"),
    ("hang", 200, "timed_out"),
    ("swallow", 50, "swallowed"),
    ("cancel", 50, "cancelled"),
    ("drop", 50, "ok"),
)
#: Most bytes of the write-ahead log: SQLite writes it back every 16 MB, but not while somebody reads.
_LOG_MB: Final = 64


def fault_rules() -> list[FaultRule]:
    """Return the faults of the run."""
    return [
        FaultRule(f"Handler{event:02}.slow_1", "*", kind, delay=0.02, every=every)
        for event, (kind, every, _) in enumerate(_FAULTS, 1)
    ]


def struck(published: int) -> dict[str, int]:
    """Return how many executions the faults have struck after so many publications, by the kind of fault."""
    return {kind: (published + EVENTS - event) // EVENTS // every for event, (kind, every, _) in enumerate(_FAULTS, 1)}


class Held(NamedTuple):
    """What the process holds at one moment.

    Attributes:
        memory: Bytes.
        descriptors: Open files and sockets, but for those of the journal's arrays, of which each has one once it is
            large; these count as memory.
        threads: Threads of the system.
        tasks: Tasks of asyncio on the loops of window and bus that have not ended.
        log: Bytes of the write-ahead log.
    """

    memory: int
    descriptors: int
    threads: int
    tasks: int
    log: int


class Soak:
    """What happens in the window.

    Args:
        seconds: How long the program publishes.
        busy: The program.
        tally: Where it keeps count.
        database: Where the session is stored.
    """

    def __init__(self, seconds: float, busy: Busy, tally: Path, database: Path) -> None:
        self.seconds = seconds
        self._busy = busy
        self._tally = tally
        self._log = database.with_name(f"{database.name}-wal")
        self.rest = 0
        self.samples: list[Held] = []
        self.gaps: np.ndarray[Any, np.dtype[np.float64]] = np.array([])
        self.wrong: list[str] = []

    async def run(self, recording: Recording) -> int:
        """Measure."""
        await asyncio.sleep(_SETTLING)
        self.rest = resident()
        _, timeline = window()
        frames = Frames(timeline.canvas)
        recording.host.set_fault_rules(fault_rules())
        begun = time.perf_counter()
        self._busy.begin()
        while (now := time.perf_counter()) < begun + self.seconds:
            await asyncio.sleep(min(_SAMPLE, begun + self.seconds - now))
            self.samples.append(self._held())
        self.gaps = frames.gaps(begun + min(_WARM_UP, self.seconds / 4))
        await asyncio.to_thread(self._busy.stop)
        await self._arrived(recording)
        await recording.saved()
        await self._check(recording)
        return 0

    def _held(self) -> Held:
        tasks = len(asyncio.all_tasks()) + (len(asyncio.all_tasks(self._busy.loop)) if self._busy.loop else 0)
        threads = len(list(Path("/proc/self/task").iterdir()))
        descriptors = sum(map(_is_open, Path("/proc/self/fd").iterdir()))
        log = self._log.stat().st_size if self._log.exists() else 0
        return Held(resident(), descriptors, threads, tasks, log)

    async def _arrived(self, recording: Recording) -> None:
        """Wait until the window has what the program has published."""
        end = time.perf_counter() + _ARRIVAL
        while recording.journal.running or len(recording.journal.publications) != emitted(self._tally).publications:
            if time.perf_counter() > end:
                return
            await asyncio.sleep(0.05)

    async def _check(self, recording: Recording) -> None:
        """Compare what can be found in the window with what the program has published."""
        journal, published = recording.journal, emitted(self._tally).publications
        statuses = np.bincount(journal.executions["status"], minlength=len(STATUS_CODES))
        by_fault = struck(published)
        self._expect("publications in the window", len(journal.publications), published)
        self._expect("executions in the window", len(journal.executions), published * HANDLERS)
        for status in ("failed", "timed_out", "swallowed", "cancelled"):
            wanted = sum(by_fault[kind] for kind, _, outcome in _FAULTS if outcome == status)
            wanted += published // FAILS * (HANDLERS // 2) if status == "failed" else 0
            self._expect(f"{status} executions", int(statuses[STATUS_CODES[status]]), wanted)
        self._expect("faults", int((journal.executions["fault"] > 0).sum()), sum(by_fault.values()))
        kinds = np.bincount(journal.publications["event"], minlength=EVENTS)
        self._expect("publications of the rarest event", int(kinds.min()), published // EVENTS)
        self._expect("executions out of order", int((np.diff(journal.executions["start"]) < 0).sum()), 0)
        self._expect("records lost", recording.lost, 0)

    def check_database(self, path: Path) -> None:
        """Compare what is in the database with what the program has published."""
        published = emitted(self._tally).publications
        with closing(sqlite3.connect(path)) as connection:
            for table_name, count in (("publications", published), ("executions", published * HANDLERS)):
                rows = connection.execute(f"SELECT count(*) FROM {table_name} WHERE length IS NOT NULL")
                self._expect(f"{table_name} in the database", rows.fetchone()[0], count)
            (closed,) = connection.execute("SELECT closed IS NOT NULL FROM sessions").fetchone()
            self._expect("sessions closed properly", closed, 1)

    def _expect(self, what: str, value: int, wanted: int) -> None:
        if value != wanted:
            self.wrong.append(f"{what}: {value} instead of {wanted}")


def _is_open(descriptor: Path) -> bool:
    """Return whether a descriptor of ours is open, and of no file without a name."""
    try:
        return not str(descriptor.readlink()).endswith(" (deleted)")
    except OSError:  # it was that of the folder
        return False


def growth(sizes: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return by how much the samples of the last half grow, in their unit per minute."""
    half = sizes[len(sizes) // 2 :]
    return float(np.polyfit(np.arange(len(half)) * _SAMPLE / 60, half, 1)[0]) if len(half) > 1 else 0.0


def drift(samples: Sequence[int]) -> float:
    """Return by how many the last quarter of the samples is above the second; the first is the beginning."""
    quarter = max(len(samples) // 4, 1)
    return float(np.median(samples[-quarter:]) - np.median(samples[quarter : 2 * quarter] or samples[:quarter]))


def figures(soak: Soak, program: Emitted, budget: int, *, lenient: float = 1.0) -> list[Figure]:
    """Return the figures of a run.

    Args:
        soak: The run.
        program: What its program did.
        budget: In MiB.
        lenient: Factor on every bound, for a machine on which much else is done; its square on time and on tasks.
    """
    memory, descriptors, threads, tasks, log = zip(*soak.samples, strict=True)
    sizes = np.array(memory) / _MB
    rate = program.publications * HANDLERS * 1e9 / (program.last - program.first)
    name = f"soak.{budget}mb"
    found = [
        figure(f"{name}.executions_per_second", rate, ">=", RATE * 0.98 / lenient**2),
        figure(f"{name}.held_mb", float(sizes.max()) - soak.rest / _MB, "<=", budget * 1.1 * lenient),
        figure(f"{name}.frame_gap_p99_9_ms", float(np.percentile(soak.gaps, 99.9)), "<=", 50 * lenient**2),
        figure(f"{name}.frame_gaps_over_100_ms", int((soak.gaps > 100 * lenient**2).sum()), "<=", 3),
        figure(f"{name}.wrong_counts", len(soak.wrong), "<=", 0),
        figure(f"{name}.descriptors_more", drift(descriptors), "<=", 2 * lenient),
        figure(f"{name}.threads_more", drift(threads), "<=", 1 * lenient),
        figure(f"{name}.tasks_more", drift(tasks), "<=", 2 * lenient**2),
        figure(f"{name}.write_ahead_log_mb", max(log) / _MB, "<=", _LOG_MB * lenient),
    ]
    if budget == min(BUDGETS) and soak.seconds >= _LONG:
        found.append(figure(f"{name}.growth_mb_per_minute", growth(sizes), "<=", 1.0 * lenient))
    return found


def measure(seconds: float, budget: int, lenient: float = 1.0) -> tuple[Soak, Emitted]:
    """Run once, in this process."""
    collect_seldom()
    # Not in memory, as /tmp may be.
    with tempfile.TemporaryDirectory(prefix="soak-", dir="/var/tmp") as folder:
        database, tally = Path(folder, "soak.db"), Path(folder, "tally")
        busy = Busy(RATE, HANDLERS, tally, waits=True, timeout=_TIMEOUT * lenient)
        soak = Soak(seconds, busy, tally, database)
        homes = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), folder)
        with patch.dict(os.environ, homes), bounded_journals(budget):
            code = open_window(busy.program, db=database, run=soak.run, theme="dark")
        if code:
            raise RuntimeError(f"the window ended with {code}")
        soak.check_database(database)
        return soak, emitted(tally)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make soak", description="Watch a program for long, and check the bounds.")
    parser.add_argument("seconds", nargs="?", type=float, default=SECONDS)
    parser.add_argument("--minutes", type=float, help="instead of seconds")
    parser.add_argument("--memory", type=int, nargs="+", default=BUDGETS, metavar="MB")
    parser.add_argument("--lenient", type=float, default=1.0, help="factor on every bound, squared on time and tasks")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.minutes is not None:
        options.seconds = options.minutes * 60
    if options.into is not None:
        # Should it ever hang, its stacks say where.
        faulthandler.dump_traceback_later((options.seconds + _ENDLESS) * options.lenient, exit=True)
        soak, program = measure(options.seconds, options.memory[0], options.lenient)
        memory = [held.memory / _MB for held in soak.samples]
        sizes = ", ".join(f"{size:.1f}" for size in memory[:: max(len(memory) // 20, 1)])
        print(f"{options.memory[0]} MB: {soak.rest / _MB:.1f} MB at rest, then {sizes}", *soak.wrong, sep="\n  ")
        print(f"  grew by {growth(np.array(memory)):.2f} MB a minute over the last half")
        for kind in ("descriptors", "threads", "tasks"):
            counts = [getattr(held, kind) for held in soak.samples]
            print(f"  {kind}: {counts[0]} at first, {counts[-1]} at last, {max(counts)} at most")
        found = figures(soak, program, options.memory[0], lenient=options.lenient)
        options.into.write_text(json.dumps(found), encoding="utf-8")
        return 0
    found = []
    for budget in options.memory:
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            into = Path(folder, "figures.json")
            command = (sys.executable, "-m", "benchmarks.soak", str(options.seconds), "--memory", str(budget))
            more = ("--lenient", str(options.lenient), "--into", str(into))
            done = subprocess.run((*command, *more), check=False, stdin=subprocess.DEVNULL)
            if done.returncode:
                print(f"the run with {budget} MB ended with {done.returncode}", file=sys.stderr)
                return 1
            found += json.loads(into.read_text(encoding="utf-8"))
    print(table(found))
    return int(not all(item["holds"] for item in found))


if __name__ == "__main__":
    sys.exit(main())
