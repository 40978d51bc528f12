"""The comparison: what is compared, what stands where nothing is, filter, menus, copy, the way there in the window."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QModelIndex, QRect, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QPainter, QPixmap
from PySide6.QtWidgets import QStyleOptionViewItem

from inspector.app.comparing import ComparedExecutions, compare_executions
from inspector.app.details import Details
from inspector.app.retry import FIXED, Verdict
from inspector.core.records.numbers import ExecutionIndex
from inspector.ui.features.compare.panel import ComparePanel
from inspector.ui.features.compare.rows import row_words
from tests.analysis.sample_runs import MS, Run, Story, Told, failure
from tests.patience import until
from tests.ui.features.conftest import repaints_in_the_other_theme
from tests.ui.features.project.test_flow import fire, write
from tests.ui.windows import opened

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

Make = Callable[[Story], ComparePanel]


def order(at: int, status: str = "ok", **values: Any) -> Told:
    run = Run(at * MS, None if status == "running" else (at + 2) * MS, "shop:Payment.charge", status, MS)
    run.failure = failure("KeyError") if status == "failed" else ""
    return Told("Placed", at * MS, [run], payload=json.dumps({"currency": "EUR", **values}))


def four() -> Story:
    story = Story()
    story.tell(
        [order(0), order(10), order(20, "failed", currency="CHF"), order(30), order(40, "failed", currency="CHF")]
    )
    return story


@pytest.fixture
def make(theme: Theme, selection: Selection, shown: Any) -> Make:
    def made_of(story: Story) -> ComparePanel:
        def request(a: ExecutionIndex, b: ExecutionIndex, answer: Callable[[ComparedExecutions], bool]) -> None:
            asyncio.run(compare_executions(Details(story.journal), a, b, answer))

        panel = ComparePanel(theme, selection, request)
        panel.set_journal(story.journal)
        shown(panel, 400, 600)
        return panel

    return made_of


def test_its_foot_retries_the_failure_and_copies_it_as_a_test(make: Make, selection: Selection) -> None:
    story = four()
    panel = make(story)
    retried: list[int] = []
    copied: list[int] = []
    panel.retry_requested.connect(retried.append)
    panel.test_requested.connect(copied.append)
    panel.set_retry_reason("The program has stopped", present=True)
    selection.select_in(story.journal, ExecutionIndex(2))
    assert not panel.retry_button.isEnabled()
    panel.set_retry_reason("", present=True)
    panel.retry_button.click()
    panel.test.click()
    assert (retried, copied, panel.compared) == ([2], [2], 2)
    panel.retry_button.show_retry(None, Verdict(FIXED))
    assert panel.retry_button.verdict.text() == "Retry: ✓ fixed"
    assert panel.retry_button.verdict.isVisible()
    panel.set_retry_reason("", present=False)
    assert panel.retry_button.isHidden()


def groups(panel: ComparePanel) -> list[str]:
    return [panel.model.index(row, 0).data() for row in range(panel.model.rowCount())]


def pair(panel: ComparePanel) -> list[str]:
    return [row.accessibleName() for row in panel.rows]


def test_a_failure_is_compared_with_the_last_that_passed_before_it(
    make: Make, selection: Selection, theme: Theme
) -> None:
    story = four()
    panel = make(story)
    assert panel.empty.words().startswith("Nothing to compare Select a failed execution")
    assert (panel.blocked(), panel.filter_blocked()) == ("Nothing to compare", "Nothing to compare")
    selection.select_in(story.journal, ExecutionIndex(2))
    assert panel.title.text() == "Payment.charge"
    assert panel.counts.text() == "Placed · 2 failed, 3 passed"
    assert pair(panel) == ["A ✕ failed #3 +20.0 ms 2.0 ms", "B ✓ last that passed #2 +10.0 ms 2.0 ms"]
    assert groups(panel) == ["What separates them", "Timing"]
    assert panel.under_fault.isHidden()
    asked: list[Any] = []
    panel.filter_requested.connect(asked.append)
    panel.execution_wanted.connect(asked.append)
    assert panel.filter.caption() == "Filter to CHF"
    panel.filter.click()
    for row in panel.rows:
        row.click()
    panel.copy_button.click()
    assert asked == ["currency:CHF", 2, 1]
    assert QGuiApplication.clipboard().text().startswith("# Why this one? `Payment.charge`")
    selection.select_in(story.journal, ExecutionIndex(1))  # a look at B
    assert pair(panel)[0].startswith("A ✕ failed #3")
    selection.select_in(story.journal, ExecutionIndex(4))
    assert pair(panel)[0].startswith("A ✕ failed #5")
    assert pair(panel)[1].startswith("B ✓ last that passed #4")
    assert repaints_in_the_other_theme(panel, theme)


def test_b_is_chosen_from_what_passed_and_from_other_failures(make: Make, selection: Selection) -> None:
    story = four()
    panel = make(story)
    panel.compare(4)
    items = {item.label: item for item in panel.other_items()}
    assert list(items) == [
        *("✓ #4 · +30.0 ms", "✓ #2 · +10.0 ms", "✓ #1 · +0 ns"),
        *("", "✕ #3 · +20.0 ms", "Choose in timeline"),
    ]
    assert items["✓ #4 · +30.0 ms"].checked
    items["✓ #1 · +0 ns"].run()  # type: ignore[misc]
    assert pair(panel)[1] == "B ✓ passed #1 +0 ns 2.0 ms"
    items["✕ #3 · +20.0 ms"].run()  # type: ignore[misc]
    assert pair(panel)[1] == "B ✕ failed #3 +20.0 ms 2.0 ms"
    assert groups(panel)[0] == "Same in every value. Only the timing differs."
    assert (panel.filter.isHidden(), panel.filter_blocked()) == (True, "No value separates A and B")
    selection.select_in(story.journal, ExecutionIndex(2))  # a look at B again
    assert pair(panel)[0].startswith("A ✕ failed #5")


def test_a_handler_that_has_never_passed_says_so(make: Make) -> None:
    story = Story()
    story.tell([order(0, "failed")])
    panel = make(story)
    assert panel.compare(0)
    assert panel.empty.words() == "This handler has never passed."
    assert panel.empty.button.isHidden()
    panel.folded(story.tell([order(10, "timed_out")]))
    panel.compare(1)
    assert panel.empty.words() == "This handler has never passed. Choose another execution as B."
    assert panel.empty.button.caption() == "Choose B…"
    item, *_ = panel.other_items()
    assert item.label.startswith("✕ #1")
    item.run()  # type: ignore[misc]
    assert groups(panel)[0] == "Same in every value. Only the timing differs."


def test_what_passed_only_afterwards_and_what_failed_by_a_fault_is_said(make: Make) -> None:
    story = Story()
    faulty = order(0, "failed")
    faulty.runs[0].fault = "raise"
    story.tell([faulty, order(10)])
    panel = make(story)
    panel.compare(0)
    assert pair(panel)[1].startswith("B ✓ next that passed #2")
    assert not panel.under_fault.isHidden()


def test_only_what_ended_badly_is_compared(make: Make, selection: Selection) -> None:
    story = Story()
    story.tell([order(0), order(10, "running")])
    panel = make(story)
    assert panel.why_blocked() == "No execution selected"
    for index in range(2):
        assert not panel.compare(index)
        selection.select_in(story.journal, ExecutionIndex(index))
        assert panel.why_blocked() == "The selected execution did not fail"
    assert panel.empty.words().startswith("Nothing to compare")


def test_new_executions_are_counted_in_and_nothing_moves(make: Make) -> None:
    story = four()
    panel = make(story)
    panel.compare(4)
    timing = panel.model.group("timing")
    panel.tree.collapse(timing)
    panel.tree.setCurrentIndex(panel.model.index(0, 0, panel.model.group("separating")))
    panel.folded(story.tell([order(50)]))
    assert panel.counts.text() == "Placed · 2 failed, 3 passed"
    panel._count_anew()
    assert panel.counts.text() == "Placed · 2 failed, 4 passed"
    assert panel.model.node(panel.tree.currentIndex()).texts[0] == "currency"
    assert not panel.tree.isExpanded(panel.model.group("timing"))
    panel.hide()
    panel.folded(story.tell([order(60)]))
    panel._count_anew()
    assert panel.counts.text() == "Placed · 2 failed, 4 passed"
    panel.show()
    assert panel.counts.text() == "Placed · 2 failed, 5 passed"
    panel.set_journal(Story().journal)
    assert panel.empty.words().startswith("Nothing to compare")


def test_a_row_offers_filters_and_copies_and_tells_all_of_it(make: Make) -> None:
    story = Story()
    secret = {"token": "<redacted:token#1f3c>"}
    story.tell([order(0, web=True), order(10, "failed", web=True, **secret)])
    panel = make(story)
    panel.compare(1)
    node = panel.model.node(panel.model.index(0, 0, panel.model.group("separating")))
    assert [item.label for item in panel.row_items(node)] == ["Copy A's value"]  # nothing is filtered by a secret
    assert row_words(node).splitlines() == [
        *("token", 'A: "<redacted:token#1f3c>" (in 1 of 1 failed)', "B: not there (in 0 of 1 passed)"),
        "In every failure and in no pass",
    ]
    assert panel.filter.isHidden()
    same = panel.model.group("same")
    assert not panel.tree.isExpanded(same)
    assert [item.label for item in panel.row_items(panel.model.node(panel.model.index(0, 0, same)))] == [
        "Copy A's value"
    ]
    assert panel.row_items(panel.model.node(same)) == []
    assert panel.row_items(panel.model.node(panel.model.index(0, 0, panel.model.group("timing")))) == []
    assert panel.model.parent(same) == QModelIndex()


async def test_y_and_the_button_of_the_failure_lead_there(tmp_path: Path) -> None:
    project = write(tmp_path, body="CALLS.append(event) or len(CALLS) != 2 and 1 / 0", needs="CALLS = []")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as window:
        await until(lambda: window.desk.flow.project is not None, "the project is loaded")
        shell, commands, selection = window.window.shell, window.window.commands, window.desk.selection
        assert commands.reason("compare.show") == "No execution selected"
        await fire(window)
        await fire(window)
        await fire(window)
        journal, execution = window.journal, window.desk.execution
        ship = [
            i for i in range(len(journal.executions)) if journal.execution(ExecutionIndex(i)).handler.method == "ship"
        ]
        assert [journal.execution(ExecutionIndex(i)).status for i in ship] == ["failed", "ok", "failed"]
        selection.select_in(journal, ExecutionIndex(ship[1]))
        assert commands.reason("compare.show") == "The selected execution did not fail"
        shell.raise_panel("execution")
        selection.select_in(journal, ExecutionIndex(ship[2]))
        await until(execution.why.isVisible, "the button is there")
        execution.why.click()
        panel = shell.findChild(ComparePanel)
        assert isinstance(panel, ComparePanel)
        await until(lambda: panel.isVisible() and panel.model.rowCount(), "it is compared")
        assert pair(panel)[1].startswith("B ✓ last that passed #2")
        assert panel.counts.text() == "Placed · 2 failed, 1 passed"
        assert commands.run("compare.copy")
        assert QGuiApplication.clipboard().text().startswith("# Why this one?")
        panel.rows[1].click()
        assert selection.execution == ship[1]
        shell.raise_panel("execution")
        selection.select_in(journal, ExecutionIndex(ship[0]))
        await window.activate()
        shell.raise_panel("log")
        window.desk.log.table.setFocus()
        await until(window.desk.log.table.hasFocus)
        window.key(Qt.Key.Key_Y)
        await until(panel.isVisible, "the key leads there")
        await until(lambda: pair(panel)[1].startswith("B ✓ next that passed"))
        assert commands.run("compare.choose")
        selection.select_in(journal, ExecutionIndex(ship[2]))
        await until(lambda: pair(panel)[1].startswith("B ✕ failed #3"), "B is chosen")
        await until(lambda: shell.panel("compare").x() >= 0 and panel.isVisible(), "and the two are shown, not B alone")


# Which two, and the way there


def test_a_and_b_are_swapped_and_what_separates_them_with_them(make: Make, selection: Selection) -> None:
    story = four()
    panel = make(story)
    selection.select_in(story.journal, ExecutionIndex(2))
    panel.swap_button.click()
    assert pair(panel) == ["A ✓ ok #2 +10.0 ms 2.0 ms", "B ✕ failed #3 +20.0 ms 2.0 ms"]
    row = panel.model.strongest
    assert row is not None
    assert row.texts == ("currency", '"EUR"', '"CHF"')
    assert row_words(row).endswith("In every pass and in no failure")
    panel.copy()
    assert "every pass, no failure" in QGuiApplication.clipboard().text()
    panel.swap_button.click()
    assert pair(panel)[0].startswith("A ✕ failed #3")


def test_b_is_chosen_wherever_an_execution_is_selected(make: Make, selection: Selection) -> None:
    story = four()
    panel = make(story)
    selection.select_in(story.journal, ExecutionIndex(2))
    (choose,) = (item for item in panel.other_items() if item.label == "Choose in timeline")
    choose.run()
    assert panel.choosing.isVisible()
    selection.select_in(story.journal, ExecutionIndex(4))
    assert not panel.choosing.isVisible()
    assert [words[:12] for words in pair(panel)] == ["A ✕ failed #", "B ✕ failed #"]
    panel.choose_in_timeline()
    panel.choose_in_timeline()  # taken back
    selection.select_in(story.journal, ExecutionIndex(0))
    assert pair(panel)[1].startswith("B ✕ failed #5")


def test_one_that_passed_in_a_retry_alone_is_compared_with_that(make: Make) -> None:
    story = Story()
    story.journal.retries.add(7)
    story.tell([order(0, "failed")])
    published, *rows = story.rows(order(10, "ok"))
    story.fold([(*published[:7], 7, *published[8:]), *rows])
    panel = make(story)
    panel.compare(0)
    assert pair(panel)[1].startswith("B ✓ retry that passed #2")
    assert "1 failed, 1 passed (retries only)" in panel.counts.text()


def test_one_that_never_passed_is_compared_with_what_is_selected_next(make: Make, selection: Selection) -> None:
    story = Story()
    other = Told("Placed", 40 * MS, [Run(40 * MS, 41 * MS, "shop:Stock.reserve")], payload='{"currency": "EUR"}')
    story.tell([order(0, "failed"), other])
    panel = make(story)
    selection.select_in(story.journal, ExecutionIndex(0))
    assert panel.empty.words().startswith("This handler has never passed.")
    panel.choose_in_timeline()
    assert panel.empty.words().startswith("Select an execution as B")
    selection.select_in(story.journal, ExecutionIndex(1))
    assert pair(panel)[1].startswith("B ✓ ok #2")


def test_the_path_shows_where_they_part_and_leads_to_each(make: Make, selection: Selection) -> None:
    story = Story()
    for at, status, effect in ((0, "ok", "Captured"), (20, "failed", "Declined")):
        story.tell([order(at, status)])
        cause = len(story.journal.executions)
        run = Run((at + 1) * MS, (at + 2) * MS, "shop:Mail.send")
        story.tell([Told(effect, (at + 1) * MS, [run], cause=cause)])
    panel = make(story)
    selection.select_in(story.journal, ExecutionIndex(2))
    assert "Path · different from Payment.charge on" in groups(panel)
    group = panel.model.group("path")
    rows = [panel.model.node(panel.model.index(row, 0, group)) for row in range(panel.model.rowCount(group))]
    assert [row.texts[0].strip() for row in rows] == [
        *("Placed", "Payment.charge", "Declined", "Mail.send", "Captured", "Mail.send")
    ]
    assert [row.marked for row in rows] == [False, True, True, True, True, True]
    assert rows[1].texts[1:] == ("failed 2.0 ms", "ok 2.0 ms")
    assert rows[2].texts[1:] == ("+1.0 ms", "only in A")
    asked: list[int] = []
    panel.execution_wanted.connect(asked.append)
    for item in panel.row_items(rows[1]):
        item.run()
    assert asked == [2, 0]
    assert panel.row_items(rows[0]) == []
    panel.copy()
    assert "## Path" in QGuiApplication.clipboard().text()
    assert [item.label for item in panel.pair_items(0)] == ["Swap A and B"]
    assert "Choose in timeline" in [item.label for item in panel.pair_items(1)]


def test_a_and_b_stand_below_their_field_where_they_have_no_room_beside_it(make: Make, selection: Selection) -> None:
    story = four()
    panel = make(story)
    selection.select_in(story.journal, ExecutionIndex(2))
    tree = panel.tree

    def looks(width: int) -> tuple[bool, bool, int]:
        panel.resize(width, 600)
        panel.grab()
        field = panel.model.index(0, 0, panel.model.index(0, 0))
        return tree.isHeaderHidden(), tree.isFirstColumnSpanned(0, field.parent()), tree.visualRect(field).height()

    *beside, low = looks(900)
    *stacked, high = looks(320)
    assert (beside, stacked) == ([False, False], [True, True])
    assert high > low
    assert looks(900) == (*beside, low)
    selection.select_in(story.journal, ExecutionIndex(4))
    assert looks(320) == (*stacked, high)


def test_stacked_rows_say_which_is_which_and_show_long_values_whole(
    make: Make, selection: Selection, theme: Theme
) -> None:
    told = "b7f9c3a2-5d4e-4f60-9a1b-2c3d4e5f6071"
    story = Story()
    story.tell([order(0, order=told[::-1]), order(20, "failed", order=told)])
    panel = make(story)
    panel.resize(320, 600)
    panel.grab()
    selection.select_in(story.journal, ExecutionIndex(1))
    drawn: list[str] = []

    class Pen(QPainter):
        def drawText(self, *args: Any) -> None:
            drawn.append(args[-1])

    ground = QPixmap(440, 60)
    pen = Pen(ground)
    option = QStyleOptionViewItem()
    option.rect, option.font = QRect(0, 0, 440, 60), panel.font()
    option.fontMetrics = QFontMetrics(panel.font())
    for group in panel.model.root.children:
        for node in group.children:
            if told in node.texts[1]:
                panel.tree.delegate.paint(pen, option, panel.model.index_of_node(node))
    pen.end()
    words = [text.strip('"') for text in drawn]
    assert words[words.index("A") + 1] == told
    assert words[words.index("B") + 1] == told[::-1]
    assert "in 1 of 1 failed" in words
