"""A correlation as Mermaid: nodes by type, arrows with counts, loops, and names that obey nothing."""

from __future__ import annotations

import re

import pytest

from inspector.app import mermaid
from inspector.app.mermaid import correlation_mermaid
from inspector.core.records.numbers import PublicationIndex
from tests.analysis.sample_runs import MS, Run, Story, Told


def chart(story: Story, count: int | None = None) -> list[str]:
    total = len(story.journal.publications)
    return correlation_mermaid(story.journal, [PublicationIndex(i) for i in range(count or total)]).splitlines()


def test_events_handlers_and_loops_are_drawn() -> None:
    story = Story()
    story.tell([Told("Placed", 0, [Run(0, MS, "a:Stock.reserve"), Run(0, MS, "a:Pay.charge", "failed")])])
    story.tell([Told("Paid", MS, [Run(MS, 2 * MS, "a:Stock.ship")], cause=1)])
    story.tell([Told("Placed", 3 * MS, [Run(3 * MS, 4 * MS, "a:Stock.reserve")], cause=3)])
    story.tell([Told("Paid", 5 * MS, [Run(5 * MS, 6 * MS, "a:Stock.ship")], cause=4)])
    assert chart(story) == [
        "flowchart LR",
        '    e0(["Placed"])',
        '    h1["Stock.reserve"]',
        '    h2["Pay.charge · 1 failed"]',
        '    e3(["Paid"])',
        '    h4["Stock.ship"]',
        "    e0 -->|2\N{MULTIPLICATION SIGN}| h1",
        "    e0 --> h2",
        "    h1 --> e3",
        "    e3 -->|2\N{MULTIPLICATION SIGN}| h4",
        "    h4 -.->|loop| e0",
        "    h1 -.->|loop| e3",
    ]


def test_each_way_to_go_wrong_is_counted_by_its_name() -> None:
    story = Story()
    ends = ("ok", "swallowed", "timed_out", "failed", "swallowed", "returned_failure", "cancelled", "running")
    story.tell([Told("Placed", 0, [Run(0, MS, "a:Mail.send", status) for status in ends])])
    story.tell([Told("Placed", 9 * MS, [Run(9 * MS, 10 * MS, "a:Mail.send", "failed", fault="fail")])])
    (node,) = (line for line in chart(story) if "Mail.send" in line)
    assert node == (
        '    h1["Mail.send · 1 failed · 1 timed out · 1 returned failure · 1 cancelled · 2 swallowed · 1 by fault"]'
    )


def test_too_much_is_said_to_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    story.tell(Told(f"Event{n}", n * MS, [Run(n * MS, n * MS + 1, f"a:H.m{n}")]) for n in range(4))
    monkeypatch.setattr(mermaid, "DRAWN", 3)
    monkeypatch.setattr(mermaid, "_NODES", 4)
    lines = chart(story)
    assert lines[-2:] == ["    %% 3 of 4 publications are drawn", "    %% 2 more events and handlers are not drawn"]
    assert sum("-->" in line for line in lines) == 2


@pytest.mark.parametrize(
    "name", ['a"]; click x', "<script>", "a|b", "x\nend", "%%{init}%%", "`code`", "#quot;", "Größe"]
)
def test_names_obey_nothing(name: str) -> None:
    story = Story()
    story.tell([Told(name, 0, [Run(0, 1, f"a:{name}.run")])])
    event = chart(story)[1]
    label = re.fullmatch(r'    e0\(\["(.*)"\]\)', event)
    assert label is not None
    assert not re.search(r'["<>|`%\[\]{}\n]', label[1])
    plain = re.sub(r"#(\d+);", lambda match: chr(int(match[1])), label[1])
    assert plain == name.replace("\n", "⏎")
