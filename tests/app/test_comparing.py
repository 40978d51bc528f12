"""Comparing two executions: what is searched, what is not, and the Markdown of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inspector.app import comparing
from inspector.app.comparing import (
    ComparedExecutions,
    compare_executions,
    comparison_markdown,
    searched_words,
    timings,
    value_words,
)
from inspector.app.details import Details
from inspector.core.records.numbers import ExecutionIndex
from tests.analysis.sample_runs import MS, Run, Story, Told, failure


def order(at: int, *, failed: bool, payload: Any = None, length: int = 2) -> Told:
    run = Run(at * MS, (at + length) * MS, "shop:Payment.charge", "failed" if failed else "ok", MS)
    run.failure = failure("KeyError") if failed else ""
    values = {"currency": "CHF" if failed else "EUR", "n": at} if payload is None else payload
    return Told("Placed", at * MS, [run], payload=values if isinstance(values, str) else json.dumps(values))


async def answers(story: Story, a: int, b: int, wanted: int = 1_000) -> list[ComparedExecutions]:
    taken: list[ComparedExecutions] = []

    def answer(compared: ComparedExecutions) -> bool:
        taken.append(compared)
        return len(taken) < wanted

    await compare_executions(Details(story.journal), ExecutionIndex(a), ExecutionIndex(b), answer)
    return taken


async def test_all_are_searched_and_told_as_markdown() -> None:
    story = Story()
    story.tell([order(0, failed=False), order(10, failed=True, length=5), order(20, failed=False)])
    (compared,) = await answers(story, 1, 0)
    assert (compared.done, compared.searched, compared.total, searched_words(compared)) == (True, 3, 3, "")
    assert comparison_markdown(story.journal, compared).splitlines() == [
        "# Why this one? `Payment.charge` · `Placed`",
        "",
        "- **A** failed · #2 · +10.0 ms · 5.0 ms",
        "- **B** ok · #1 · +0 ns · 2.0 ms",
        "",
        "## What separates them",
        "",
        "| field | A | B | A's value | |",
        "|---|---|---|---|---|",
        '| `currency` | `"CHF"` | `"EUR"` | in 1 of 1 failed | in 0 of 2 passed · every failure, no pass |',
        "",
        "## Also different",
        "",
        "| field | A | B |",
        "|---|---|---|",
        "| `n` | `10` | `0` |",
        "",
        "## Timing",
        "",
        "| | A | B | A \N{MINUS SIGN} B |",
        "|---|---|---|---|",
        "| Total | 5.0 ms | 2.0 ms | +3.0 ms |",
        "| On loop | 1.0 ms | 1.0 ms | +0 ns |",
        "| Waiting | 4.0 ms | 1.0 ms | +3.0 ms |",
    ]


async def test_a_bounded_search_takes_both_kinds_and_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "SEARCHED", 10)
    story = Story()
    story.tell([order(10 * at, failed=at % 2 == 1) for at in range(40)])
    (compared,) = await answers(story, 1, 0)  # both are older than the newest ten
    assert compared.comparison is not None
    assert (compared.comparison.failed, compared.comparison.passed) == (6, 6)
    assert (compared.searched, compared.total, searched_words(compared)) == (12, 40, "12 of 40 searched")
    assert "\n12 of 40 searched.\n" in comparison_markdown(story.journal, compared)
    monkeypatch.setattr(comparing, "SEARCHED", 30)
    story.tell([order(10 * at, failed=False) for at in range(40, 80)])
    (compared,) = await answers(story, 1, 0)
    assert compared.comparison is not None
    assert (compared.comparison.failed, compared.comparison.passed) == (16, 16)
    story = Story()
    story.tell([order(10 * at, failed=at == 1) for at in range(40)])
    (compared,) = await answers(story, 1, 0)
    assert compared.comparison is not None
    assert (compared.comparison.failed, compared.comparison.passed) == (1, 30)


async def test_it_tells_how_far_it_is_and_ends_when_nobody_wants_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "_CHUNK", 5)
    story = Story()
    story.tell([order(10 * at, failed=at == 11) for at in range(12)])
    taken = await answers(story, 11, 10)
    assert [(one.searched, one.done) for one in taken] == [(5, False), (10, False), (12, True)]
    assert searched_words(taken[0]) == "5 of 12 searched"
    assert len(await answers(story, 11, 10, wanted=2)) == 2


@pytest.mark.parametrize(("spoiled", "missing"), [(1, "A"), (0, "B")])
@pytest.mark.parametrize("payload", ["", "{", "[" * 100_000])
async def test_values_that_are_not_recorded_are_said_to_be(spoiled: int, missing: str, payload: str) -> None:
    story = Story()
    story.tell([order(at * 10, failed=at == 1, payload=payload if at == spoiled else None) for at in range(2)])
    (compared,) = await answers(story, 1, 0)
    assert (compared.comparison, compared.missing) == (None, missing)
    text = comparison_markdown(story.journal, compared)
    assert f"The values of {missing} are not recorded." in text
    assert "| Total |" in text


async def test_peers_that_cannot_be_read_are_not_counted_as_searched() -> None:
    story = Story()
    story.tell([order(0, failed=False), order(10, failed=True), order(20, failed=False, payload="{")])
    (compared,) = await answers(story, 1, 0)
    assert (compared.done, searched_words(compared)) == (True, "2 of 3 searched")


async def test_equal_values_and_texts_that_markdown_obeys() -> None:
    story = Story()
    story.tell([order(at * 10, failed=at == 1, payload={"a": 1}) for at in range(2)])
    (compared,) = await answers(story, 1, 0)
    text = comparison_markdown(story.journal, compared)
    assert "\nSame in every value. Only the timing differs.\n" in text
    assert "\n1 value are" not in text
    story = Story()
    story.tell([order(at * 10, failed=at == 1, payload={"a|b": f"`{at}` | x\n<b>"}) for at in range(2)])
    (compared,) = await answers(story, 1, 0)
    row = next(line for line in comparison_markdown(story.journal, compared).splitlines() if line.startswith("| `a"))
    assert row.startswith(r'| `a\|b` | `` "`1` \| x\n<b>" `` | `` "`0` \| x\n<b>" `` |')


def test_a_running_execution_has_no_timing_and_values_have_words() -> None:
    story = Story()
    story.tell([Told("Placed", 0, [Run(0, None)])])
    assert timings(story.journal, ExecutionIndex(0)) is None
    assert value_words(None) == "not there"
    assert value_words("[1]", by_length=True) == "1 item"
    assert value_words('"x"') == '"x"'
