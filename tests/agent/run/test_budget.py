"""The budget: how many publications are recorded in full, by what the last ones have cost; the clock is a fake."""

from __future__ import annotations

import pytest

from inspector.agent.run import budget
from inspector.agent.run.budget import MOST, RunBudget


class Clock:
    """Nanoseconds that go on when they are told to."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(budget, "perf_counter_ns", clock)
    monkeypatch.setattr(budget, "_measured", lambda: budget._STEP)
    monkeypatch.setattr(budget, "processor_times", lambda _: (0, 0))
    return clock


def publish(budget: RunBudget, clock: Clock, each: int, times: int = 4096) -> int:
    """Publish every so many nanoseconds, with two handlers; return how many of the last 1,024 were recorded."""
    recorded = []
    for _ in range(times):
        clock.now += each
        recorded.append(budget.takes())
        if recorded[-1]:
            budget.publications += 1
            budget.executions += 2
            budget.written += 400
    return sum(recorded[-1024:])


def test_a_program_that_publishes_seldom_is_recorded_whole(clock: Clock) -> None:
    assert publish(RunBudget(), clock, each=10_000_000, times=1024) == 1024


def test_the_busier_a_program_is_the_fewer_are_recorded_and_the_cost_keeps_to_the_limit(clock: Clock) -> None:
    ratios = []
    for each in (1_000_000, 100_000, 20_000):
        chosen = RunBudget(3)
        recorded = publish(chosen, clock, each, times=40_000)
        ratios.append(chosen.one_in)
        assert recorded == pytest.approx(1024 / chosen.one_in, abs=1)
        cost = recorded * (budget._PUBLICATION + 2 * budget._EXECUTION + 400 * budget._BYTE)
        assert cost <= 0.03 * 1024 * each * 1.5
    assert ratios == sorted(ratios)
    assert 1 < ratios[0] < ratios[-1] <= MOST


def test_when_it_calms_down_everything_is_recorded_again(clock: Clock) -> None:
    chosen = RunBudget(1)
    publish(chosen, clock, each=20_000, times=40_000)
    assert chosen.one_in > 1
    assert publish(chosen, clock, each=50_000_000) == 1024


def test_what_is_left_out_without_a_question_is_counted_as_if_it_were_asked_about(clock: Clock) -> None:
    chosen = RunBudget(3)
    publish(chosen, clock, each=20_000, times=40_000)
    recorded = asked = spared = 0
    for _ in range(8 * chosen.one_in):
        clock.now += 20_000
        if spared:
            spared -= 1
            continue
        asked += 1
        if chosen.takes():
            recorded += 1
            chosen.publications += 1
        else:
            spared = chosen.spare()
    assert recorded == 8
    assert asked < chosen.one_in


def test_a_slow_processor_records_fewer(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, slow = RunBudget(3), RunBudget(3)
    publish(usual, clock, each=100_000, times=20_000)
    monkeypatch.setattr(budget, "_measured", lambda: 4 * budget._STEP)
    publish(slow, clock, each=100_000, times=20_000)
    assert slow.one_in > 2 * usual.one_in


def test_what_packets_really_take_is_what_counts(clock: Clock) -> None:
    ratios = []
    for spent in (10_000, 100_000):
        chosen = RunBudget(3)
        for _ in range(20_000):
            clock.now += 100_000
            if chosen.takes():
                chosen.spent += spent
        ratios.append(chosen.one_in)
    assert 5 * ratios[0] < ratios[1]


def test_a_burst_is_noticed_long_before_a_tenth_of_a_second(clock: Clock) -> None:
    chosen = RunBudget(3)
    assert publish(chosen, clock, each=10_000_000, times=100) == 100
    clock.now += 5_000_000_000  # nothing to do for a while
    begun = clock.now
    while chosen.one_in == 1:
        publish(chosen, clock, each=100_000, times=1)
    assert clock.now - begun < 15_000_000
    assert publish(chosen, clock, each=100_000, times=2048) < 200


def test_time_that_others_had_the_processor_does_not_count(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, crowded = RunBudget(3), RunBudget(3)
    publish(alone, clock, each=100_000, times=20_000)
    monkeypatch.setattr(budget, "processor_times", lambda _: (0, clock.now * 4 // 5))
    publish(crowded, clock, each=500_000, times=20_000)
    assert crowded.one_in == pytest.approx(alone.one_in, abs=2)


@pytest.mark.parametrize(
    ("said", "limit"), [(None, 0.03), (5, 0.05), ("2.5", 0.025), ("off", 0), (0, 0), (-1, 0), ("", 0)]
)
def test_a_limit_is_percent_of_a_processor_and_off_is_none(said: object, limit: float) -> None:
    assert RunBudget(said).limit == pytest.approx(limit)


def test_without_a_limit_everything_is_recorded(clock: Clock) -> None:
    assert publish(RunBudget("off"), clock, each=1) == 1024


def test_how_fast_the_processor_is_is_measured_in_time_of_its_own() -> None:
    assert budget._measured() > 0
