import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication

from inspector.ui.features.causality.panel import NODE, CausalityPanel
from inspector.ui.features.causality.tree import build_tree
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.catalog.runs import MS, Run
from tests.ui.features.conftest import FEW, failing_run, repaints_in_the_other_theme, texts

EVENT = "UserPasswordChangeSucceeded"
_RECURSIVE = Qt.MatchFlag.MatchRecursive | Qt.MatchFlag.MatchStartsWith


@pytest.fixture
def run() -> Run:
    run = Run(FEW)
    failing_run(run)
    return run


@pytest.fixture
def panel(theme: Theme, selection: Selection, show) -> CausalityPanel:
    return show(CausalityPanel(theme, selection), 380, 420)


def tree(panel: CausalityPanel, parent: QModelIndex | None = None) -> dict:
    parent = parent or QModelIndex()
    rows = [panel.model.index(row, 0, parent) for row in range(panel.model.rowCount(parent))]
    return {index.data(): tree(panel, index) for index in rows}


def index_of(panel: CausalityPanel, text: str) -> QModelIndex:
    item = next(item for item in panel.model.findItems(text, flags=_RECURSIVE))
    return item.index()


def test_the_tree_goes_from_the_outermost_cause_down(panel: CausalityPanel, selection: Selection, run: Run) -> None:
    panel.set_journal(run.journal)
    assert "Nothing selected" in texts(panel)
    selection.select_publication(1, "PortfolioNetWorthRecalculated")
    method = ".handle_user_password_change_succeeded"
    assert tree(panel) == {
        f"{EVENT} #1": {
            f"LoggingEventHandler{method}": {},
            f"AuditEventHandler{method}": {},
            f"EmailEventHandler{method}": {"PortfolioNetWorthRecalculated #2": {"f": {}}},
            f"SessionEventHandler{method}": {},
            "SSEEventHandler.handle": {},
        }
    }
    assert panel.footer.text() == "2 publications · 6 executions · depth 2 · fan-out 1"
    assert panel.tree.currentIndex().data() == "PortfolioNetWorthRecalculated #2"


def test_a_click_selects(panel: CausalityPanel, selection: Selection, run: Run) -> None:
    panel.set_journal(run.journal)
    selection.select_publication(0, EVENT)
    panel.tree.setCurrentIndex(index_of(panel, "AuditEventHandler"))
    assert (selection.execution, selection.publication, selection.event_name) == (1, 0, EVENT)
    panel.tree.setCurrentIndex(index_of(panel, "PortfolioNetWorth"))
    assert (selection.execution, selection.publication) == (-1, 1)


def test_what_is_selected_elsewhere_is_marked_in_the_same_tree(
    panel: CausalityPanel, selection: Selection, run: Run
) -> None:
    panel.set_journal(run.journal)
    selection.select_publication(0, EVENT)
    selection.select_execution(2, 0, EVENT, 0)
    assert panel.tree.currentIndex().data().startswith("EmailEventHandler")


def test_the_tree_grows_with_the_run_and_only_for_its_own(
    panel: CausalityPanel, selection: Selection, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.set_journal(run.journal)
    selection.select_publication(0, EVENT)
    run.at += MS
    derived = run.publish("UserLogoutSucceeded", cause=5)
    run.start(derived, "m:g")
    run.end(5, "failed")
    panel.folded(run.fold())
    assert "UserLogoutSucceeded #3" in str(tree(panel))
    monkeypatch.setattr(panel, "_build", lambda: pytest.fail("this tree is not touched"))
    run.once("UserLoginFailed")
    panel.folded(run.fold())


def test_hidden_it_builds_nothing_until_it_is_looked_at(
    panel: CausalityPanel, selection: Selection, run: Run, qapp
) -> None:
    panel.set_journal(run.journal)
    panel.hide()
    selection.select_publication(0, EVENT)
    assert tree(panel) == {}
    panel.show()
    assert list(tree(panel)) == [f"{EVENT} #1"]


def test_the_tree_is_bounded(run: Run) -> None:
    top, left_out, members = build_tree(run.journal, 0, limit=3)
    assert left_out == 3
    assert len(top.children) == 2
    assert members == {0}


def chain(run: Run, *events: str) -> None:
    """Let each event be published by the handler of the one before it."""
    cause = 0
    for event in events:
        cause = run.start(run.publish(event, cause=cause), f"m:{event.lower()}")
    run.fold()


def opened(panel: CausalityPanel) -> list[str]:
    """Return the rows that are open, outermost first."""
    rows, index = [], panel.model.index(0, 0)
    while index.isValid():
        rows.append(index.data())
        index = panel.model.index(0, 0, index) if panel.tree.isExpanded(index) else QModelIndex()
    return rows


@pytest.mark.parametrize(
    ("events", "rounds", "closed"),
    [
        (["Ask", "Answer"] * 10, 10, "Ask #5"),
        (["Tick"] * 9, 9, "Tick #3"),
        (["Begin", "Tick", "Tick", "Tick"], 3, "Tick #4"),
        (["A", "B", "A", "C"], 2, ""),
        (["A", "B", "C"], 1, ""),
    ],
)
def test_a_loop_is_marked_and_closed_after_its_second_round(
    panel: CausalityPanel, selection: Selection, events: list[str], rounds: int, closed: str
) -> None:
    run = Run(FEW)
    chain(run, *events)
    panel.set_journal(run.journal)
    selection.select_publication(0, events[0])
    sums = f"{len(events)} publications · {len(events)} executions · depth {len(events)} · fan-out 1"
    assert panel.footer.text() == sums + (f" · loop {rounds}\N{MULTIPLICATION SIGN}" if rounds > 1 else "")
    assert opened(panel)[-1] == closed or not closed
    assert closed or len(opened(panel)) == 2 * len(events)
    last = len(events) - 1
    selection.select_execution(last, last, events[-1], 0)
    assert panel.tree.currentIndex().data() == (
        closed or events[-1].lower()
    )  # marked where it stands, which stays closed
    panel.tree.expandAll()
    selection.select_publication(0, events[0])
    selection.select_execution(last, last, events[-1], 0)
    assert panel.tree.currentIndex().data() == opened(panel)[-1] == events[-1].lower()
    spoken = [item.accessibleText() for item in panel.model.findItems("", _RECURSIVE)]
    assert sum("loop" in text for text in spoken) == len(events) - len(set(events))


def test_a_deep_tree_is_scrolled_to_the_right_and_its_times_stay(panel: CausalityPanel, selection: Selection) -> None:
    run = Run(FEW)
    chain(run, *(f"E{number}" for number in range(20)))
    panel.set_journal(run.journal)
    selection.select_publication(0, "E0")
    width = panel.tree.viewport().width()
    assert panel.tree.columnWidth(0) >= 40 * panel.tree.indentation() + 200 > width
    panel.tree.collapseAll()
    assert panel.tree.columnWidth(0) == panel.tree.viewport().width()


def test_the_fan_out_is_the_most_that_came_of_one(panel: CausalityPanel, selection: Selection) -> None:
    run = Run(FEW)
    first = run.publish("A", handlers=2)
    one, two = run.start(first, "m:f"), run.start(first, "m:g")
    for cause in (one, one, two):
        run.publish("B", cause=cause, handlers=0)
    run.fold()
    panel.set_journal(run.journal)
    selection.select_publication(0, "A")
    assert panel.footer.text() == "4 publications · 2 executions · depth 2 · fan-out 3"


def test_another_run_empties_the_panel(panel: CausalityPanel, selection: Selection, run: Run) -> None:
    panel.set_journal(run.journal)
    selection.select_publication(0, EVENT)
    panel.set_journal(Run(FEW).journal)
    assert "Nothing selected" in texts(panel)


def test_it_is_painted_with_what_went_wrong(
    panel: CausalityPanel, selection: Selection, run: Run, theme: Theme
) -> None:
    run.publish("Lonely", cause=1, handlers=0)
    run.fold()
    panel.set_journal(run.journal)
    selection.select_publication(0, EVENT)
    assert repaints_in_the_other_theme(panel.tree, theme)


def test_the_correlation_is_copied_as_mermaid(panel: CausalityPanel, selection: Selection, run: Run) -> None:
    panel.set_journal(run.journal)
    assert panel.blocked() == "No execution selected"
    panel.copy_mermaid()
    selection.select_publication(1, "PortfolioNetWorthRecalculated")
    assert panel.blocked() == ""
    panel.copy_mermaid()
    text = QGuiApplication.clipboard().text()
    assert text.startswith(f'flowchart LR\n    e0(["{EVENT}"])\n')
    assert "PortfolioNetWorthRecalculated" in text
    assert " · 1 swallowed" in text
    assert "Copy correlation as Mermaid" in [item.label for item in panel.menu_items(panel.model.item(0).data(NODE))]
