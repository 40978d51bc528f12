"""The ways of two executions, aligned: equal, other ends, other events, nested ones, and too many."""

from __future__ import annotations

from inspector.analysis import paths
from inspector.analysis.paths import compare_paths, path_of, root_of
from inspector.app.comparing import path_words, step_words
from inspector.core.records.numbers import ExecutionIndex
from tests.analysis.sample_runs import MS, Run, Story, Told


def order(at: int, status: str, effect: str, *more: str) -> list[Told]:
    """An event with two handlers, of which the second publishes another, which has handlers of its own."""
    first = Run(at * MS, (at + 1) * MS, "shop:Stock.reserve")
    charge = Run(at * MS, (at + 9) * MS, "shop:Payment.charge", status)
    placed = Told("Placed", at * MS, [first, charge])
    below = [Run((at + 3) * MS, (at + 4) * MS, f"shop:{name}") for name in more]
    return [placed, Told(effect, (at + 2) * MS, below)]


def story_of(*orders: list[Told]) -> Story:
    story = Story()
    for placed, effect in orders:
        story.tell([placed])
        effect.cause = len(story.journal.executions)  # its last: the charge
        story.tell([effect])
    return story


def shown(story: Story, a: int, b: int) -> list[tuple[int, str, str, str, bool]]:
    return [
        (
            pair.step.depth,
            pair.step.name,
            pair.a.status if pair.a else "-",
            pair.b.status if pair.b else "-",
            pair.differs,
        )
        for pair in compare_paths(story.journal, ExecutionIndex(a), ExecutionIndex(b)).pairs
    ]


def test_from_the_first_difference_on_all_steps_differ() -> None:
    story = story_of(order(0, "failed", "Declined", "Stock.release"), order(20, "ok", "Captured", "Invoice.render"))
    assert shown(story, 1, 4) == [
        (0, "Placed", "", "", False),
        (1, "Stock.reserve", "ok", "ok", False),
        (1, "Payment.charge", "failed", "ok", True),
        (2, "Declined", "", "-", True),
        (3, "Stock.release", "ok", "-", True),
        (2, "Captured", "-", "", True),
        (3, "Invoice.render", "-", "ok", True),
    ]
    path = compare_paths(story.journal, ExecutionIndex(1), ExecutionIndex(4))
    assert path_words(path) == "different from Payment.charge on"


def test_paths_that_begin_with_different_events_differ_from_the_start() -> None:
    story = Story()
    story.tell([Told("Placed", 0, [Run(0, MS, "shop:Stock.reserve", "failed")])])
    story.tell([Told("Cancelled", 5 * MS, [Run(5 * MS, 6 * MS, "shop:Refund.pay")])])
    story.tell([Told("Placed", 6 * MS, [Run(6 * MS, 7 * MS, "shop:Stock.reserve")], cause=2)])
    path = compare_paths(story.journal, ExecutionIndex(0), ExecutionIndex(2))
    assert path_words(path) == "different from the start"
    assert step_words(path.pairs[0].step) == "start", "an event that nothing caused"


def test_an_execution_below_is_compared_from_the_event_that_nothing_caused() -> None:
    story = story_of(order(0, "ok", "Captured", "Invoice.render"), order(20, "ok", "Captured", "Invoice.render"))
    comparison = compare_paths(story.journal, ExecutionIndex(2), ExecutionIndex(5))
    assert path_words(comparison) == "same in A and B"
    assert comparison.pairs[0].step.name == "Placed"
    offsets = [step.offset for step in path_of(story.journal, ExecutionIndex(5))]
    assert offsets == [0, 0, 0, 2 * MS, 3 * MS]
    lengths = [step.length for step in path_of(story.journal, ExecutionIndex(2))]
    assert lengths[1:3] == [MS, 9 * MS]


def test_too_many_steps_are_said_to_be_left_out(monkeypatch: object) -> None:
    story = story_of(order(0, "ok", "Captured", "A.a", "B.b"), order(20, "ok", "Captured", "A.a"))
    before, paths.MOST_STEPS = paths.MOST_STEPS, 3  # type: ignore[misc]
    try:
        comparison = compare_paths(story.journal, ExecutionIndex(1), ExecutionIndex(5))
    finally:
        paths.MOST_STEPS = before  # type: ignore[misc]
    assert (len(comparison.pairs), comparison.left_out) == (3, 2)


def test_the_root_of_what_was_published_is_what_nothing_caused() -> None:
    story = story_of(order(0, "ok", "Paid"), order(20, "ok", "Paid"))
    assert [root_of(story.journal, publication) for publication in range(4)] == [0, 0, 2, 2]


def test_the_root_is_found_even_when_a_file_tells_a_loop() -> None:
    story = Story()
    story.tell([Told("Placed", 0, [Run(0, 1)], cause=1)])
    assert root_of(story.journal, 0) == 0
