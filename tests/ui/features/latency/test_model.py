from PySide6.QtCore import Qt

from inspector.analysis.latency import FAILED as FAILED_OUTCOME
from inspector.analysis.query.query import parse
from inspector.ui.features.latency.model import CLASS, EVENT, FAILED, MAX, METHOD, NAME, P50, RATE, RUNS, LatencyModel
from inspector.ui.kit.rows import Role
from tests.analysis.sample_runs import MS, Run, Story, Told
from tests.ui.features.log.test_model import checked, column


def paid(at, *runs):
    return Told("Paid", at, [Run(at, at + length, handler, status) for handler, length, status in runs])


def filled():
    story, model = Story(), checked(LatencyModel())
    model.set_journal(story.journal)
    model.folded(
        story.tell(
            [
                paid(0, ("app:Audit.write", 2 * MS, "ok"), ("app:Audit.close", 4 * MS, "ok")),
                paid(MS, ("app:Mail.send", 8 * MS, "ok"), ("app:Audit.write", 900 * MS, "failed")),
            ]
        )
    )
    model.refresh()
    return story, model


def test_rows_stand_for_classes_methods_or_events():
    _, model = filled()
    assert column(model, NAME) == ["Audit", "Mail"]
    assert column(model, RUNS) == ["3", "1"]
    model.set_grouping(METHOD)
    assert column(model, NAME) == ["Audit.write", "Audit.close", "Mail.send"]
    model.set_grouping(EVENT)
    assert column(model, NAME) == ["Paid"]
    assert model.headerData(NAME, Qt.Orientation.Horizontal) == "Event"
    model.set_grouping(CLASS)
    assert column(model, NAME) == ["Audit", "Mail"]


def test_times_are_those_of_successes_until_others_are_asked_for():
    _, model = filled()
    assert column(model, MAX) == ["4.0 ms", "8.0 ms"]
    assert column(model, P50) == ["3.0 ms", "8.0 ms"]
    assert column(model, FAILED) == ["1", "0"]
    assert column(model, RATE) == ["33.3", "0"]
    model.set_outcomes((FAILED_OUTCOME,))
    assert column(model, MAX) == ["900 ms", "\u2013"]
    assert model.index(0, FAILED).data(Role.TONE) == "failed"


def test_new_executions_change_rows_and_add_rows_without_a_reset():
    story, model = filled()
    resets, changed, inserted = [], [], []
    model.modelReset.connect(lambda: resets.append(1))
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    model.rowsInserted.connect(lambda _, first, last: inserted.append((first, last)))
    model.folded(story.tell([paid(5 * MS, ("app:Mail.fetch", MS, "ok"), ("app:Push.send", MS, "ok"))]))
    assert (changed, inserted) == ([], [])
    model.refresh()
    assert (changed, inserted, resets) == ([(1, 1)], [(2, 2)], [])
    assert column(model, RUNS) == ["3", "2", "1"]
    assert [model.row_of(number) for number in range(6)] == [0, 0, 1, 1, 2, -1]
    changed.clear()
    model.refresh()
    assert changed == []


def test_a_filter_and_a_range_limit_what_is_counted():
    story, model = filled()
    model.set_filter(parse("handler:Audit"))
    assert column(model, NAME) == ["Audit"]
    model.set_range(0, MS)
    assert column(model, RUNS) == ["2"]
    model.folded(story.tell([paid(500 * MS, ("app:Audit.write", MS, "ok"))]))
    model.refresh()
    assert column(model, RUNS) == ["2"]
    model.set_range(-1, -1)
    assert column(model, RUNS) == ["4"]


def test_figures_are_sorted_as_numbers_and_nothing_comes_first():
    _, model = filled()
    assert model.index(0, P50).data(Role.SORT) > 2e6
    model.set_outcomes((FAILED_OUTCOME,))
    assert model.index(1, P50).data(Role.SORT) == -1.0
    assert model.index(0, NAME).data(Role.SORT) == "audit"
