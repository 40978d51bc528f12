"""The brake: who publishes is held while what waits to be stored is old, and never for long."""

from __future__ import annotations

from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.description import CatalogDescription
from inspector.core.records.brake import (
    FEW,
    HOLD_EVERY,
    LONGEST,
    LOOK_EVERY,
    NOT_STORED,
    OVER_AFTER,
    SLOW_FROM,
    STOP_FROM,
    Brake,
)
from inspector.core.records.host import ProgramSlowed
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import KIND, PUBLISHED

MS = 1_000_000
MANY = FEW + 1


class Clock:
    """Time that passes only while somebody is held; what is stored can come with it."""

    def __init__(self) -> None:
        self.now = 1
        self.last = MANY
        self.stored_at: int | None = None
        self.brake = Brake(lambda: self.now, lambda: self.last, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += int(seconds * 1e9)
        if self.stored_at is not None and self.now >= self.stored_at:
            self.brake.set_stored(self.last, self.now)

    def look(self, at: int) -> int:
        """Look; return for how long it held."""
        self.now = at
        self.brake.look(at)
        return self.now - at


def test_nobody_is_held_where_nothing_is_stored_or_little_waits() -> None:
    clock = Clock()
    assert clock.look(1_000 * MS) == 0
    clock.brake.set_stored(0, 0)
    clock.last = FEW
    assert clock.look(2_000 * MS) == 0
    clock.last = MANY
    clock.brake.set_stored(NOT_STORED, 0)
    assert clock.look(3_000 * MS) == 0


def test_it_holds_longer_the_older_what_waits_is() -> None:
    clock = Clock()
    clock.brake.set_stored(0, 0)
    assert clock.look(SLOW_FROM - 1) == 0
    short = clock.look(SLOW_FROM + 5 * MS)
    assert 0 < short < clock.look(STOP_FROM - 5 * MS)


def test_a_slowed_program_is_held_often_and_never_for_a_millisecond() -> None:
    clock = Clock()
    clock.brake.set_stored(0, 0)
    shares = []
    for behind in range(SLOW_FROM, STOP_FROM, MS):
        held = clock.look(behind)
        assert held < MS / 2
        free = clock.brake.next_look - clock.now
        assert free == HOLD_EVERY
        shares.append(held / (held + free))
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert 0.6 < shares[-1] < 0.7


def test_it_is_looked_seldom_where_nobody_is_held() -> None:
    clock = Clock()
    clock.brake.set_stored(0, 0)
    clock.look(SLOW_FROM - 1)
    assert clock.brake.next_look == SLOW_FROM - 1 + LOOK_EVERY


def test_it_stops_the_program_until_more_is_stored() -> None:
    clock = Clock()
    clock.brake.set_stored(0, 0)
    clock.stored_at = STOP_FROM + 30 * MS
    held = clock.look(STOP_FROM + MS)
    assert 29 * MS <= held <= 31 * MS


def test_it_does_not_stop_a_program_for_long_and_not_again_before_it_has_caught_up() -> None:
    clock = Clock()
    clock.brake.set_stored(0, 0)
    held = clock.look(STOP_FROM)
    assert LONGEST * 1e9 < held < LONGEST * 1e9 + 5 * MS
    at = clock.now
    assert clock.look(at + 10 * MS) == 0
    clock.brake.set_stored(clock.last, at + 20 * MS)
    assert clock.look(at + 20 * MS) == 0
    clock.last += MANY
    assert clock.look(at + 20 * MS + STOP_FROM) > 0


def test_a_burst_after_a_silence_is_not_behind() -> None:
    clock = Clock()
    clock.brake.set_stored(MANY, 0)
    assert clock.look(10_000 * MS) == 0
    clock.last += MANY
    assert clock.look(10_000 * MS + SLOW_FROM - 1) == 0
    assert clock.look(10_000 * MS + STOP_FROM) > 0


def test_a_slow_stretch_is_told_once() -> None:
    clock = Clock()
    clock.brake.set_stored(0, 0)
    told = []
    for _ in range(20):
        clock.now = STOP_FROM - MS
        told.append(clock.brake.look(clock.now))
    assert told.count(True) == 1
    clock.now = 2 * OVER_AFTER
    clock.stored_at = clock.now + 10 * MS
    assert clock.brake.look(clock.now)


async def test_a_slowed_program_says_so_in_its_stream_and_loses_nothing() -> None:
    times = iter(range(0, 1 << 40, 100_000))
    recorder = Recorder(clock=lambda: next(times))
    bus = InMemoryEventBus()
    recorder.start(CatalogDescription("test"))
    bus.observe(recorder)
    recorder.brake.set_stored(1, 0)
    for _ in range(MANY):
        await bus.publish(object())
    rows = recorder.drain()
    kinds = [row[KIND] for row in rows]
    assert kinds.count(ProgramSlowed.KIND) == 1
    assert kinds.count(PUBLISHED) == MANY
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
