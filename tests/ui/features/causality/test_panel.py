import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication

from inspector.ui.features.causality.panel import NODE, CausalityPanel
from inspector.ui.features.causality.tree import build_tree, root_of
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
    assert panel.footer.text() == "2 publications · 6 executions"
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


def test_the_root_is_found_even_when_a_file_tells_a_loop() -> None:
    run = Run(FEW)
    first = run.publish(EVENT, cause=1)
    run.start(first, "m:f")
    run.fold()
    assert root_of(run.journal, 0) == 0


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
    assert "✕ 1" in text
    assert "Copy correlation as Mermaid" in [item.label for item in panel.menu_items(panel.model.item(0).data(NODE))]
