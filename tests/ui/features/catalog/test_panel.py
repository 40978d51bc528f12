import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QToolTip

from inspector.analysis.journal import Journal
from inspector.core.records.statuses import FAILED_CODE
from inspector.ui.features.catalog.delegate import describe_row, short_count
from inspector.ui.features.catalog.model import CatalogRole
from inspector.ui.features.catalog.panel import CatalogPanel
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.catalog.runs import Run
from tests.ui.features.conftest import CATALOG, repaints_in_the_other_theme, texts

EVENT = "UserPasswordChangeSucceeded"


@pytest.fixture
def run() -> Run:
    return Run(CATALOG)


@pytest.fixture
def panel(theme: Theme, selection: Selection, run: Run, show) -> CatalogPanel:
    panel = CatalogPanel(theme, selection)
    panel.set_journal(run.journal)
    return show(panel, 270)


def names(panel: CatalogPanel, parent: QModelIndex | None = None) -> list[str]:
    """Rows that can be seen, from top to bottom."""
    parent = parent or QModelIndex()
    shown: list[str] = []
    for row in range(panel.filter.rowCount(parent)):
        index = panel.filter.index(row, 0, parent)
        shown.append(index.data())
        if panel.tree.isExpanded(index):
            shown += names(panel, index)
    return shown


def test_categories_are_open_and_the_sums_stand_below(panel: CatalogPanel) -> None:
    assert names(panel)[:3] == ["authentication", "user_registration", "user_login"]
    assert len(names(panel)) == 7 + 32
    assert panel.footer.text().replace("\N{NO-BREAK SPACE}", " ") == "77 events · 32 workflows · 181 subscriptions"


def test_typing_in_the_tree_searches_and_return_asks_for_the_form(panel: CatalogPanel, qtbot) -> None:
    panel.tree.setFocus()
    qtbot.keyClicks(panel.tree, "u")
    assert panel.search.text() == "u"
    qtbot.keyClicks(panel.search, "pcs")
    assert panel.current_event() == EVENT
    with qtbot.waitSignal(panel.fire_requested) as asked:
        qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert asked.args == [EVENT]


def test_control_return_fires_at_once_from_field_and_tree(panel: CatalogPanel, qtbot) -> None:
    panel.search.setText(EVENT)
    for widget in (panel.search, panel.tree):
        with qtbot.waitSignal(panel.fire_now_requested) as asked:
            qtbot.keyClick(widget, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert asked.args == [EVENT]


def test_return_in_the_tree_asks_for_the_form_of_an_event_only(panel: CatalogPanel, qtbot) -> None:
    asked: list[str] = []
    panel.fire_requested.connect(asked.append)
    panel.tree.setCurrentIndex(panel.filter.index(0, 0))
    qtbot.keyClick(panel.tree, Qt.Key.Key_Return)
    assert asked == []
    panel.tree.setCurrentIndex(panel.filter.index_of(EVENT))
    qtbot.keyClick(panel.tree, Qt.Key.Key_Return)
    assert asked == [EVENT]


def test_the_arrows_lead_from_the_field_into_the_tree(panel: CatalogPanel, qtbot) -> None:
    panel.search.setText("rate_limit")
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    assert panel.current_event() == "RateLimitCheckAllowed"


def test_escape_in_the_tree_shows_everything_again(panel: CatalogPanel, qtbot) -> None:
    panel.search.setText("denied")
    qtbot.keyClick(panel.tree, Qt.Key.Key_Escape)
    assert panel.search.text() == ""
    assert panel.current_event() == "RateLimitCheckDenied"


def test_a_search_without_a_match_leaves_what_was_chosen(panel: CatalogPanel, selection: Selection, qtbot) -> None:
    panel.tree.setCurrentIndex(panel.filter.index_of(EVENT))
    told: list[str] = []
    selection.event_selected.connect(told.append)
    qtbot.keyClicks(panel.search, "deniedx")
    assert (selection.event_name, panel.current_event()) == (EVENT, "")
    assert "RateLimitCheckDenied" in told
    qtbot.keyClick(panel.search, Qt.Key.Key_Backspace)
    assert selection.event_name == panel.current_event() == "RateLimitCheckDenied"
    panel.search.clear()
    assert selection.event_name == panel.current_event() == "RateLimitCheckDenied"


def test_what_is_chosen_in_a_search_or_elsewhere_is_what_another_search_leaves(
    panel: CatalogPanel, selection: Selection, qtbot
) -> None:
    panel.search.setText("rate_limit")
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    chosen = panel.current_event()
    panel.search.setText("no such event")
    assert selection.event_name == chosen
    selection.select_event(EVENT)
    panel.search.setText("still none")
    assert selection.event_name == EVENT
    selection.select_event("")
    panel.search.setText("nothing")
    assert (selection.event_name, panel.current_event()) == ("", "")


def test_only_what_fits_best_is_selected_while_rows_go(panel: CatalogPanel, selection: Selection) -> None:
    told: list[str] = []
    panel.tree.setCurrentIndex(panel.filter.index_of(EVENT))
    selection.event_selected.connect(told.append)
    panel.search.setText("RateLimitCheckDenied")
    assert told == ["RateLimitCheckDenied"]


def test_a_search_does_not_change_what_is_open(panel: CatalogPanel) -> None:
    before = names(panel)
    panel.search.setText("denied")
    assert names(panel) == ["rate_limit", "rate_limit_check", "RateLimitCheckDenied"]
    panel.search.clear()
    assert set(before) <= set(names(panel))
    assert "UserLoginFailed" not in names(panel)


def test_what_is_open_is_remembered_and_survives_another_journal(panel: CatalogPanel, run: Run) -> None:
    panel.tree.setExpanded(panel.filter.mapFromSource(panel.model.index_of(EVENT).parent()), True)
    remembered = panel.expanded()
    assert "authentication/user_password_change" in remembered
    panel.set_journal(Run(run.catalog).journal)
    assert EVENT in names(panel)
    panel.set_expanded([])
    assert len(names(panel)) == 7
    panel.set_expanded(remembered)
    assert EVENT in names(panel)


def test_an_event_that_comes_undeclared_is_selected_and_its_category_stays_as_it_is(
    panel: CatalogPanel, selection: Selection, run: Run
) -> None:
    selection.select_event("Surprise")
    run.publish("Surprise")
    panel.folded(run.fold())
    assert panel.current_event() == "Surprise"
    assert "Surprise" not in names(panel)  # selected elsewhere: nothing opens under the person's eyes
    panel.reveal("Surprise")
    assert "Surprise" in names(panel)
    run.publish("Another")
    panel._pause.timeout.emit()
    panel.folded(run.fold())
    panel._pause.timeout.emit()
    assert names(panel)[-3:] == ["not declared", "Surprise", "Another"]


def test_selection_goes_both_ways(panel: CatalogPanel, selection: Selection) -> None:
    panel.tree.setCurrentIndex(panel.filter.index_of(EVENT))
    assert selection.event_name == EVENT
    selection.select_event("FileImportFailed")
    assert panel.current_event() == "FileImportFailed"


def test_a_selection_from_elsewhere_opens_its_branch_and_is_scrolled_to(
    panel: CatalogPanel, selection: Selection, qapp
) -> None:
    panel.resize(270, 200)
    panel.tree.collapseAll()
    remembered = panel.expanded()
    selection.select_event("PortfolioNetWorthRecalculated")
    qapp.processEvents()
    row = panel.tree.visualRect(panel.filter.index_of("PortfolioNetWorthRecalculated"))
    assert panel.tree.viewport().rect().contains(row.center())
    assert row.right() >= panel.tree.viewport().width() - 1  # rows are as wide as the tree
    assert panel.expanded() == remembered  # the person has not opened it


def test_what_is_being_read_is_not_scrolled_by_a_selection_from_elsewhere(
    panel: CatalogPanel, selection: Selection, qapp, monkeypatch
) -> None:
    panel.resize(270, 200)
    panel.tree.expandAll()
    qapp.processEvents()
    place = panel.tree.verticalScrollBar().value()
    monkeypatch.setattr("inspector.ui.features.catalog.panel.being_read", lambda _view: True)
    selection.select_event("PortfolioNetWorthRecalculated")
    qapp.processEvents()
    assert panel.current_event() == "PortfolioNetWorthRecalculated"
    assert panel.tree.verticalScrollBar().value() == place


def test_counters_come_with_the_fold_and_are_painted(panel: CatalogPanel, run: Run) -> None:
    panel.tree.expandAll()
    before = panel.tree.grab().toImage()
    run.once("UserRegistrationAttempted", "failed")
    panel.folded(run.fold())
    index = panel.filter.index_of("UserRegistrationAttempted")
    assert (index.data(CatalogRole.RUNS), index.data(CatalogRole.OUTCOMES)) == (2, {FAILED_CODE: 1})
    assert panel.tree.grab().toImage() != before


def test_counters_are_painted_a_few_times_a_second_and_none_is_lost(panel: CatalogPanel, run: Run, qtbot) -> None:
    told: list[int] = []
    panel.model.dataChanged.connect(lambda *_: told.append(1))
    for _ in range(5):
        run.once("UserLoginFailed")
        panel.folded(run.fold())
    assert len(told) == 3  # the event, its workflow, its category: once
    with qtbot.waitSignal(panel.model.dataChanged):
        pass
    assert panel.filter.index_of("UserLoginFailed").data(CatalogRole.RUNS) == 15


def test_the_menu_offers_what_can_be_done(panel: CatalogPanel, qtbot) -> None:
    items = {item.label: item for item in panel.menu_items(panel.filter.index_of(EVENT))}
    assert [label for label in items if label] == [
        "Fire…",
        "Fire with last values",
        "Copy name",
        "Expand all",
        "Collapse all",
    ]
    with qtbot.waitSignal(panel.fire_now_requested) as asked:
        items["Fire with last values"].run()
    assert asked.args == [EVENT]
    assert "Fire…" not in [item.label for item in panel.menu_items(panel.filter.index(0, 0))]


def test_without_a_catalog_it_says_so(theme: Theme, selection: Selection, show) -> None:
    panel = CatalogPanel(theme, selection)
    panel.set_journal(Journal())
    show(panel)
    assert "No catalog yet" in texts(panel)
    panel.search.setText("x")
    assert "No matching events" in texts(panel)


@pytest.mark.parametrize(
    ("typed", "chosen"), [("", EVENT), ("denied", "RateLimitCheckDenied"), (EVENT, EVENT), ("deniedx", EVENT)]
)
def test_what_is_typed_before_there_is_a_catalog_stays_and_finds_what_comes(
    theme: Theme, selection: Selection, run: Run, show, qtbot, typed: str, chosen: str
) -> None:
    panel = CatalogPanel(theme, selection)
    panel.set_journal(Journal())
    show(panel, 270)
    qtbot.keyClicks(panel.search, typed)
    panel.choose_event(EVENT)  # there is nothing yet to stand on
    panel.set_journal(run.journal)
    panel.choose_event(EVENT)
    assert panel.search.text() == typed
    assert selection.event_name == chosen
    shown = chosen if typed != "deniedx" else ""
    assert panel.current_event() == shown
    panel.search.clear()
    assert selection.event_name == panel.current_event() == chosen


def test_the_keyboard_stays_with_who_types_when_the_program_is_there(panel: CatalogPanel, qtbot) -> None:
    panel.search.setFocus()
    qtbot.keyClicks(panel.window().focusWidget(), "rate_")
    panel.take_keyboard()
    qtbot.keyClicks(panel.window().focusWidget(), "limit")
    assert panel.search.text() == "rate_limit"
    panel.search.clearFocus()
    panel.take_keyboard()
    assert panel.window().focusWidget() is panel.tree


def test_a_row_is_told_in_words(panel: CatalogPanel, run: Run) -> None:
    run.once(EVENT, "failed")
    panel.folded(run.fold())
    index = panel.filter.index_of(EVENT)
    assert describe_row(index) == f"{EVENT}\nsucceeded · 5 handlers\n1 publication, 5 executions, 1 failed"
    assert describe_row(index.parent()).startswith("user_password_change\n3 events\nattempted, succeeded, failed")


def test_the_tooltip_of_a_row_shows_characters_not_markup(theme: Theme, selection: Selection, show, qapp) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QHelpEvent

    run = Run()
    run.publish("<b>x</b>")
    panel = CatalogPanel(theme, selection)
    run.fold()
    panel.set_journal(run.journal)
    show(panel)
    panel.tree.expandAll()
    place = panel.tree.visualRect(panel.filter.index_of("<b>x</b>")).center()
    where = panel.tree.viewport().mapToGlobal(place)
    qapp.sendEvent(panel.tree.viewport(), QHelpEvent(QEvent.Type.ToolTip, place, where))
    assert "&lt;b&gt;" in QToolTip.text()
    QToolTip.hideText()


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (4_210, "4.2k"), (48_000, "48k"), (1_200_000, "1.2M")]
)
def test_counts_are_short(number: int, text: str) -> None:
    assert short_count(number) == text


def test_the_theme_can_change_while_it_is_shown(panel: CatalogPanel, selection: Selection, theme: Theme) -> None:
    assert repaints_in_the_other_theme(panel, theme)


def test_a_click_on_a_branch_opens_it_and_a_double_click_does_it_once(panel: CatalogPanel, run: Run, qtbot) -> None:
    run.publish("Surprise")
    panel.folded(run.fold())
    tree, branch = panel.tree, panel.filter.index_of("Surprise").parent()
    panel.resize(300, 700)
    panel.grab()
    place = tree.visualRect(branch).center()
    tree.setExpanded(branch, False)
    for opened in (True, False):
        qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert tree.isExpanded(branch) is opened
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert tree.isExpanded(branch)


def test_a_click_on_the_mark_of_what_was_found_asks_how_the_program_is_read(
    panel: CatalogPanel, run: Run, qtbot, theme: Theme
) -> None:
    run.start(run.publish("Surprise"), "m:f")
    panel.folded(run.fold())
    index = panel.filter.index_of("Surprise")
    panel.tree.setExpanded(index.parent(), True)
    panel.tree.scrollTo(index)
    for width in (270, 340):
        panel.resize(width, 700)
        panel.grab()
        place = panel.tree.itemDelegate().found_places[str(index.data(CatalogRole.PATH))].center().toPoint()
        with qtbot.waitSignal(panel.reading_requested):
            qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert "How this program is read" in [item.label for item in panel.menu_items(index) if hasattr(item, "label")]
    assert repaints_in_the_other_theme(panel, theme)
