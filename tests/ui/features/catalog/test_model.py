import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex
from PySide6.QtTest import QAbstractItemModelTester

from inspector.core.description import HandlerDescription
from inspector.core.records.host import HandlerAdded, LoopBlocked
from inspector.core.records.statuses import FAILED_CODE
from inspector.ui.features.catalog.model import UNDECLARED, CatalogFilter, CatalogRole, CatalogTreeModel
from tests.catalog.runs import Run
from tests.catalog.samples import demo_catalog

CATALOG = demo_catalog()


@pytest.fixture
def run() -> Run:
    return Run(CATALOG)


@pytest.fixture
def model(run: Run, qapp) -> CatalogTreeModel:
    model = CatalogTreeModel()
    model.tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_journal(run.journal)
    return model


def tree(model: QAbstractItemModel, parent: QModelIndex | None = None) -> dict:
    parent = parent or QModelIndex()
    rows = [model.index(row, 0, parent) for row in range(model.rowCount(parent))]
    return {index.data(): tree(model, index) for index in rows}


def test_all_events_stand_under_category_and_workflow(model: CatalogTreeModel) -> None:
    shown = tree(model)
    assert list(shown) == list(CATALOG.categories)
    assert list(shown["rate_limit"]["rate_limit_check"]) == [
        "RateLimitCheckAttempted",
        "RateLimitCheckAllowed",
        "RateLimitCheckDenied",
    ]
    assert sum(len(workflow) for category in shown.values() for workflow in category.values()) == 77
    assert sum(len(category) for category in shown.values()) == 32


def test_a_category_without_events_is_shown_with_zero(model: CatalogTreeModel) -> None:
    admin = model.indexes("category")[-1]
    assert (admin.data(), admin.data(CatalogRole.EVENTS), model.rowCount(admin)) == ("admin", 0, 0)


def test_roles_tell_phase_handlers_and_place(model: CatalogTreeModel) -> None:
    event = model.index_of("UserPasswordChangeSucceeded")
    assert event.data(CatalogRole.KIND) == "event"
    assert event.data(CatalogRole.PHASE) == "succeeded"
    assert event.data(CatalogRole.HANDLERS) == 5
    assert event.data(CatalogRole.PATH) == "authentication/user_password_change/UserPasswordChangeSucceeded"
    workflow = event.parent()
    assert workflow.data(CatalogRole.PHASES) == ("attempted", "succeeded", "failed")
    assert workflow.parent().data(CatalogRole.EVENTS) == 31


def test_counters_follow_the_run_by_data_changed_alone(model: CatalogTreeModel, run: Run) -> None:
    changed: list[tuple[str, str]] = []
    model.dataChanged.connect(lambda top, bottom, roles: changed.append((top.data(), bottom.data())))
    model.modelReset.connect(lambda: changed.append(("reset", "")))
    run.once("UserLoginFailed", "failed")
    run.once("UserLoginAttempted")
    model.folded(run.fold())
    event = model.index_of("UserLoginFailed")
    assert (event.data(CatalogRole.RUNS), event.data(CatalogRole.OUTCOMES)) == (3, {FAILED_CODE: 1})
    workflow = event.parent()
    assert (workflow.data(CatalogRole.RUNS), workflow.data(CatalogRole.OUTCOMES)) == (5, {FAILED_CODE: 1})
    assert [node.data(CatalogRole.PUBLISHED) for node in (event, workflow, workflow.parent())] == [1, 2, 2]
    assert sorted(changed) == [
        ("UserLoginAttempted", "UserLoginFailed"),
        ("authentication", "authentication"),
        ("user_login", "user_login"),
    ]


def test_a_fold_without_executions_tells_nothing(model: CatalogTreeModel, run: Run) -> None:
    changed: list[object] = []
    model.dataChanged.connect(lambda *_: changed.append(1))
    run.host(LoopBlocked, since=0)
    model.folded(run.fold())
    assert changed == []


def test_an_event_that_nobody_hears_is_counted_too(model: CatalogTreeModel, run: Run) -> None:
    run.publish("UserLoginFailed", handlers=0)
    model.folded(run.fold())
    event = model.index_of("UserLoginFailed")
    assert [event.data(role) for role in (CatalogRole.PUBLISHED, CatalogRole.RUNS, CatalogRole.OUTCOMES)] == [1, 0, {}]


def test_an_event_that_the_catalog_does_not_declare_gets_a_place(model: CatalogTreeModel, run: Run) -> None:
    run.start(run.publish("Surprise"), "m:f")
    model.folded(run.fold())
    assert tree(model)[UNDECLARED] == {"Surprise": {}}
    assert model.index_of("Surprise").data(CatalogRole.RUNS) == 1
    proxy = CatalogFilter(model)
    assert proxy.set_query("surp") == ["Surprise"]


def test_events_that_nobody_declares_are_inserted_whatever_is_looked_for(
    proxy: CatalogFilter, model: CatalogTreeModel, run: Run
) -> None:
    # A run may bring thousands of them: making the tree anew for each fold took minutes.
    resets: list[str] = []
    model.modelReset.connect(lambda: resets.append("reset"))
    proxy.set_query("surprise")
    model.set_marks({"Surprise4": "error"})
    for first in (0, 3):
        for number in range(first, first + 3):
            run.publish(f"Surprise{number}")
        model.folded(run.fold())
        assert tree(proxy) == {UNDECLARED: {f"Surprise{number}": {} for number in range(first + 3)}}
    above = model.index_of("Surprise4").parent()
    assert [above.data(role) for role in (CatalogRole.EVENTS, CatalogRole.PUBLISHED)] == [6, 6]
    assert above.data(CatalogRole.MARK) == model.index_of("Surprise4").data(CatalogRole.MARK) == "error"
    proxy.set_query("")
    assert len(tree(proxy)) == 8
    assert resets == []


def test_another_run_has_counters_of_its_own(model: CatalogTreeModel, run: Run) -> None:
    run.once("UserLoginFailed")
    model.folded(run.fold())
    model.set_journal(Run(CATALOG).journal)
    assert model.index_of("UserLoginFailed").data(CatalogRole.RUNS) == 0
    model.set_journal(None)
    assert model.rowCount() == 0


def test_a_row_says_in_words_what_its_dots_and_badges_say(model: CatalogTreeModel, run: Run) -> None:
    from PySide6.QtCore import Qt

    run.once("UserLoginFailed", "failed")
    model.folded(run.fold())
    spoken = model.index_of("UserLoginFailed").data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "UserLoginFailed, failed, 3 handlers, 1 publication, 3 executions, 1 failed"


@pytest.fixture
def proxy(model: CatalogTreeModel) -> CatalogFilter:
    proxy = CatalogFilter(model)
    proxy.tester = QAbstractItemModelTester(proxy, QAbstractItemModelTester.FailureReportingMode.Fatal)
    return proxy


def test_the_filter_keeps_what_holds_a_hit(proxy: CatalogFilter) -> None:
    best = proxy.set_query("rate limit denied")
    assert best == ["RateLimitCheckDenied"]
    assert tree(proxy) == {"rate_limit": {"rate_limit_check": {"RateLimitCheckDenied": {}}}}
    proxy.set_query("")
    assert len(tree(proxy)) == 7


def test_the_filter_finds_events_by_handler(proxy: CatalogFilter) -> None:
    proxy.set_query("PortfolioEventHandler")
    assert list(tree(proxy)) == ["data_sync"]


def test_the_filter_lives_through_a_reset_and_counting(proxy: CatalogFilter, model: CatalogTreeModel, run: Run) -> None:
    proxy.set_query("file_import progress")
    run.once("FileImportProgress")
    model.folded(run.fold())
    assert proxy.index_of("FileImportProgress").data(CatalogRole.RUNS) == 2
    model.set_journal(run.journal)
    assert tree(proxy) == {"data_sync": {"file_import": {"FileImportProgress": {}}}}
    assert not proxy.index_of("UserLoginFailed").isValid()


def test_findings_mark_events_and_what_holds_them_with_the_worst(model: CatalogTreeModel) -> None:
    told: list[object] = []
    model.dataChanged.connect(lambda *_: told.append(1))
    model.set_marks({"UserLoginFailed": "warning", "UserLoginSucceeded": "error", "NoSuchEvent": "error"})

    def mark(event: str) -> str:
        return str(model.index_of(event).data(CatalogRole.MARK))

    assert (mark("UserLoginFailed"), mark("UserLoginSucceeded"), mark("UserLoginAttempted")) == ("warning", "error", "")
    workflow = model.index_of("UserLoginFailed").parent()
    assert workflow.data(CatalogRole.MARK) == workflow.parent().data(CatalogRole.MARK) == "error"
    assert told
    model.set_marks({})
    assert workflow.parent().data(CatalogRole.MARK) == mark("UserLoginSucceeded") == ""


KEEP = HandlerDescription("m:Archive.keep", "Archive.keep", "Archive", "keep", called_by="Hub._mirror")


def test_what_was_found_while_running_is_marked(model: CatalogTreeModel, run: Run) -> None:
    run.start(run.publish("Surprise"), "m:f")
    run.host(HandlerAdded, handler=KEEP)
    model.folded(run.fold())
    run.start(run.publish("UserLoginFailed"), KEEP.key)
    model.folded(run.fold())
    failed = model.index_of("UserLoginFailed")
    assert failed.data(CatalogRole.FOUND) == "Found at runtime: Archive.keep, called by Hub._mirror"
    assert failed.parent().data(CatalogRole.FOUND) == failed.data(CatalogRole.FOUND)
    assert model.index_of("Surprise").data(CatalogRole.FOUND) == "Found at runtime"
    assert model.index_of("UserLoginAttempted").data(CatalogRole.FOUND) == ""
