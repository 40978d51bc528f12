"""A session as a Markdown page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.analysis.entries import Recent
from inspector.analysis.query.query import parse
from inspector.app.markdown import export_markdown
from inspector.core.records.host import RecordsLost
from inspector.core.records.records import Row, SessionStarted, to_row
from tests.analysis.several import shop
from tests.store.runs import ListStream, plain_run

STARTED = SessionStarted(0, 1_795_211_047_310_000_000, "shop", "3.11.7", json.dumps({"program": "shop"}))


def failed(kind: str, message: str) -> str:
    return json.dumps({"type": kind, "module": "", "message": message, "frames": []})


#: Three executions of one handler and one of another; two go wrong, one is running.
RUN: list[Row] = [
    to_row(STARTED),
    (1, 0, 1, "Login", "", "", 0, 1, "{}", "{}", 2, 0),
    (2, 0, 1, 1, "shop:Audit.handle", ""),
    (2, 0, 2, 1, "shop:Mail.send_now", ""),
    (3, 1_000_000, 1, "ok", 0, ""),
    (3, 1_500_000, 2, "timed_out", 0, ""),
    (1, 2_000_000, 2, "Logout", "", "", 0, 2, "{}", "{}", 2, 0),
    (2, 2_000_000, 3, 2, "shop:Audit.handle", ""),
    (2, 2_000_000, 4, 2, "shop:Audit.handle", ""),
    (3, 5_000_000, 3, "failed", 0, failed("ValueError", "no such key")),
]
HEAD = "| handler | executions | failures | p50 (ms) | p95 (ms) | max (ms) |\n"
HEAD += "| --- | ---: | ---: | ---: | ---: | ---: |\n"
FAILURES_HEAD = "| execution | event | handler | status | error | message |\n| ---: | --- | --- | --- | --- | --- |\n"


async def page(target: Path, rows: list[Row], name: str = "today", filter_text: str = "") -> str:
    await export_markdown(ListStream(rows), target, name=name, chosen=parse(filter_text))
    return target.read_text(encoding="utf-8")  # noqa: ASYNC240 - a few bytes


async def test_a_page_is_a_title_a_table_of_handlers_and_the_failures(tmp_path: Path) -> None:
    target = tmp_path / "run.md"
    assert await export_markdown(ListStream(RUN), target, name="today") == 2
    assert target.read_text() == (
        "# today\n\n"
        + HEAD
        + "| Audit.handle | 2 | 1 | 2.000 | 2.900 | 3.000 |\n"
        + "| Mail.send_now | 1 | 1 | 1.500 | 1.500 | 1.500 |\n"
        + "\n## Failed executions\n\n"
        + FAILURES_HEAD
        + "| 2 | Login | Mail.send_now | timed out |  |  |\n"
        + "| 3 | Logout | Audit.handle | failed | ValueError | no such key |\n"
    )


async def test_what_is_missing_stands_above_the_tables(tmp_path: Path) -> None:
    lost = to_row(RecordsLost(6_000_000, 1200, "the database cannot keep up"))
    orphan = (2, 6_000_000, 9, 77, "shop:Audit.handle", "")
    text = await page(tmp_path / "run.md", [*RUN, lost, orphan])
    cause = "without a publication, which is missing"
    assert text.startswith(f"# today\n\n**1\u2009200 records were lost.**\n\n**1 execution {cause}.**\n\n{HEAD}")


async def test_a_filter_is_for_both_tables(tmp_path: Path) -> None:
    text = await page(tmp_path / "run.md", RUN, filter_text="event:Logout")
    assert "| Audit.handle | 1 | 1 | 3.000 |" in text
    assert "Mail" not in text
    assert "No execution failed" in await page(tmp_path / "run.md", RUN, filter_text="status:ok")


async def test_a_run_without_its_first_publication_names_the_right_handlers(tmp_path: Path) -> None:
    first = RUN[1:6]  # the publication, its executions and their ends
    text = await page(tmp_path / "run.md", [row for row in RUN if row not in first])
    assert text.endswith(FAILURES_HEAD + "| 3 | Logout | Audit.handle | failed | ValueError | no such key |\n")
    text = await page(tmp_path / "run.md", [row for row in RUN if row is not RUN[1]])
    assert text.endswith(FAILURES_HEAD + "| 3 | Logout | Audit.handle | failed | ValueError | no such key |\n")


async def test_a_run_in_which_all_goes_well_says_so(tmp_path: Path) -> None:
    text = await page(tmp_path / "run.md", [to_row(STARTED), *plain_run(5)[1:]])
    assert text.count(" | 2 | 0 | ") == 5
    assert text.endswith("## Failed executions\n\nNo execution failed.\n")


async def test_an_empty_run_is_a_page_too(tmp_path: Path) -> None:
    assert (await page(tmp_path / "run.md", [], name="")).startswith(f"# Run\n\n{HEAD}\n## ")


async def test_foreign_text_neither_breaks_a_table_nor_is_markup(tmp_path: Path) -> None:
    evil = "a | b\n# c <b>*d*</b> \\ `e` [f](g) _h_ \ud800\u202e"
    rows: list[Row] = [
        to_row(STARTED),
        (1, 0, 1, "Login", "", "", 0, 1, "{}", "{}", 1, 0),
        (2, 0, 1, 1, "shop:make.<locals>.handle", ""),
        (3, 1, 1, "failed", 0, failed("My_Error", evil)),
    ]
    text = await page(tmp_path / "run.md", rows, name="*today*\n## x")
    assert text.splitlines()[0] == r"# \*today\*⏎\#\# x"
    last = text.splitlines()[-1]
    assert r"| make.\<locals\>.handle |" in last
    assert last.endswith(r"| My_Error | a \| b⏎\# c \<b\>\*d\*\</b\> \\ \`e\` \[f\](g) \_h\_ ⟨U+D800⟩⟨U+202E⟩ |")


async def test_failures_that_the_journal_has_forgotten_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.analysis.journal.Recent", lambda: Recent(1))
    rows: list[Row] = [to_row(STARTED), (1, 0, 1, "Login", "", "", 0, 1, "{}", "{}", 20, 0)]
    rows += [(2, 0, number, 1, "shop:handle", "") for number in range(1, 21)]
    rows += [(3, 1, number, "failed", 0, failed("KeyError", f"no {number}")) for number in range(1, 21)]
    text = await page(tmp_path / "run.md", rows)
    assert [line.split(" | ")[-1] for line in text.splitlines()[-20:]] == [f"no {number} |" for number in range(1, 21)]


async def test_what_is_no_failure_of_ours_is_the_message(tmp_path: Path) -> None:
    rows: list[Row] = [*RUN, (3, 6_000_000, 4, "failed", 0, "broken"), (3, 7_000_000, 4, "failed", 0, "again")]
    text = await page(tmp_path / "run.md", rows)
    assert text.endswith("| 4 | Logout | Audit.handle | failed |  | broken |\n")


async def test_several_processes_and_tests_are_told(tmp_path: Path) -> None:
    target = tmp_path / "run.md"
    await export_markdown(ListStream(shop(12)), target, name="shop")
    text = target.read_text("utf-8")
    assert "| execution | process | event | handler | status | error | message |" in text
    assert "| server 48231 |" in text
    assert "**Not recorded: 1\N{THIN SPACE}820 events only counted.**" in text
    assert "\n## Tests\n\n3 tests ran.\n\n| test | outcome | in handlers |\n" in text
    rows = [line for line in text.splitlines() if line.startswith("| tests/")]
    assert [row.split(" | ")[1] for row in rows] == ["passed", "failed", "skipped"]
    assert all("failed" in row.split(" | ")[2] for row in rows)
