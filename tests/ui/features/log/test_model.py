import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QAbstractItemModel, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from inspector.analysis.picks import Picks
from inspector.analysis.query.query import parse
from inspector.core.records.records import HANDLER_ENDED, HANDLER_STARTED, PUBLICATION_ENDED, PUBLISHED
from inspector.ui.features.log.model import CAUSE, CORRELATION, DURATION, EVENT, HANDLERS, NUMBER, OUTCOME, LogModel
from inspector.ui.kit.rows import Role, stretches
from tests.analysis.sample_runs import MS, Run, Story, Told

RISING, FALLING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


def checked(model: QAbstractItemModel) -> QAbstractItemModel:
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    return model


def column(model, number):
    return [model.index(row, number).data() for row in range(model.rowCount())]


def test_rows_come_with_each_fold_and_nothing_is_reset():
    story, model = Story(), checked(LogModel())
    model.set_journal(story.journal)
    resets, inserted = [], []
    model.modelReset.connect(lambda: resets.append(1))
    model.rowsInserted.connect(lambda _, first, last: inserted.append((first, last)))
    model.folded(story.tell([Told("A", 0, [Run(0, MS)]), Told("B", MS)]))
    model.folded(story.tell([Told("C", 2 * MS)]))
    assert column(model, EVENT) == ["A", "B", "C"]
    assert (inserted, resets) == ([(0, 1), (2, 2)], [])


def test_a_row_says_how_its_executions_ended_the_worst_first():
    story, model = Story(), checked(LogModel())
    model.set_journal(story.journal)
    model.folded(
        story.tell(
            [
                Told("A", 0, [Run(0, MS), Run(0, 2 * MS)]),
                Told("B", 0, [Run(0, MS), Run(0, MS, status="failed"), Run(0, None)]),
                Told("C", 0, [Run(0, MS, status="swallowed")]),
                Told("D", 0),
            ]
        )
    )
    assert column(model, OUTCOME) == ["ok", "1 failed, 1 running", "1 swallowed", "unheard"]
    assert [model.index(row, OUTCOME).data(Role.GLYPH) for row in range(4)] == ["ok", "failed", "swallowed", None]
    assert column(model, DURATION) == ["2.0 ms", "running", "1.0 ms", "0 ns"]


def test_only_rows_that_changed_are_told():
    story, model = Story(), checked(LogModel())
    model.set_journal(story.journal)
    model.folded(story.tell([Told(name, 0, [Run(0, None)]) for name in "ABCDE"]))
    changed = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    assert column(model, OUTCOME) == ["1 running"] * 5
    model.folded(story.fold([story.end(2, MS), story.end(3, MS), story.end(5, MS, "failed")]))
    assert changed == [(1, 2), (4, 4)]
    assert column(model, OUTCOME) == ["1 running", "running", "running", "1 running", "1 failed, running"]


def test_cause_and_correlation_are_short():
    story, model = Story(), checked(LogModel())
    model.set_journal(story.journal)
    correlation = "0199a1b2-0000-4000-8000-0000deadbeef"
    model.folded(story.tell([Told("A", 0, [Run(0, MS)], correlation), Told("B", 0, cause=1, correlation="mine")]))
    assert column(model, CORRELATION) == ["0199a1b2-…beef", "mine"]
    assert column(model, CAUSE) == ["", "Audit.handle #1"]


def test_payload_text_in_names_stays_text_and_hidden_characters_are_marked():
    story, model = Story(), checked(LogModel())
    model.set_journal(story.journal)
    model.folded(story.tell([Told("<b>A</b>\u202e\n", 0), Told("x" * 5000, 0)]))
    assert column(model, EVENT)[0] == "<b>A</b>⟨U+202E⟩⏎"
    assert len(column(model, EVENT)[1]) == 501


def test_a_filtered_log_takes_rows_in_and_out_as_executions_end():
    story, model = Story(), checked(LogModel())
    model.set_journal(story.journal)
    model.set_filter(parse("status:running"))
    model.folded(story.tell([Told(name, 0, [Run(0, None)]) for name in "ABC"]))
    assert column(model, EVENT) == ["A", "B", "C"]
    model.folded(story.fold([story.end(2, MS)]))
    assert column(model, EVENT) == ["A", "C"]
    model.set_filter(parse("status:failed"))
    assert column(model, EVENT) == []
    model.folded(story.fold([story.end(3, MS, "failed")]))
    model.folded(story.fold([story.end(1, MS, "failed")]))
    assert column(model, EVENT) == ["A", "C"]
    assert [model.row_of(publication) for publication in range(4)] == [0, -1, 1, -1]
    assert [model.publication_at(row) for row in range(2)] == [0, 2]
    model.set_filter(None)
    assert column(model, EVENT) == ["A", "B", "C"]


def test_a_range_limits_the_log():
    story, model = Story(), checked(LogModel())
    model.set_journal(story.journal)
    model.folded(story.tell([Told(name, at * MS) for at, name in enumerate("ABCD")]))
    model.set_range(MS, 3 * MS)
    assert column(model, EVENT) == ["B", "C"]
    model.set_filter(parse("event:C"))
    assert column(model, EVENT) == ["C"]
    assert model.narrowed
    model.set_range(-1, -1)
    model.set_filter(None)
    assert not model.narrowed


def test_sorted_rows_take_their_places_when_they_are_settled():
    story, model = Story(), checked(LogModel())
    model.set_journal(story.journal)
    model.folded(story.tell([Told("B", 0, [Run(0, 3 * MS)]), Told("C", 0, [Run(0, None)]), Told("A", 0)]))
    model.sort(EVENT)
    assert column(model, EVENT) == ["A", "B", "C"]
    model.folded(story.tell([Told("AB", MS)]))
    assert column(model, EVENT) == ["A", "B", "C", "AB"]
    model.settle()
    assert column(model, EVENT) == ["A", "AB", "B", "C"]
    model.sort(DURATION, FALLING)
    assert column(model, DURATION)[:2] == ["running", "3.0 ms"]
    model.folded(story.fold([story.end(2, MS, "failed"), (PUBLICATION_ENDED, MS, 2, "done")]))
    model.settle()
    assert column(model, DURATION)[:2] == ["3.0 ms", "1.0 ms"]
    model.sort(OUTCOME, FALLING)
    assert column(model, EVENT)[0] == "C"
    model.sort(-1)
    assert column(model, NUMBER) == ["1", "2", "3", "4"]


def test_what_is_selected_stays_selected_when_rows_change_places():
    story, model = Story(), checked(LogModel())
    model.set_journal(story.journal)
    model.folded(story.tell([Told(name, 0) for name in "BCA"]))
    held = QPersistentModelIndex(model.index(0, EVENT))
    for by, order, row in ((EVENT, RISING, 1), (EVENT, FALLING, 1), (NUMBER, FALLING, 2), (HANDLERS, RISING, 0)):
        model.sort(by, order)
        assert (held.row(), held.data()) == (row, "B")
        assert model.row_of(0) == row


def test_the_newest_can_come_first():
    story, model = Story(), checked(LogModel())
    model.set_journal(story.journal)
    model.folded(story.tell([Told("A", 0, [Run(0, None)]), Told("B", 0)]))
    model.sort(NUMBER, FALLING)
    inserted, changed = [], []
    model.rowsInserted.connect(lambda _, first, last: inserted.append((first, last)))
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    model.folded(story.tell([Told("C", MS), Told("D", MS)]))
    model.folded(story.fold([story.end(1, MS)]))
    assert column(model, EVENT) == ["D", "C", "B", "A"]
    assert (inserted, changed) == ([(0, 1)], [(3, 3)])
    assert [model.row_of(publication) for publication in range(4)] == [3, 2, 1, 0]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.sampled_from("AB"), st.integers(0, 3)),
        st.tuples(st.just("end"), st.integers(0, 30), st.sampled_from(["ok", "failed"])),
    ),
    max_size=30,
)


@given(
    steps,
    st.lists(st.integers(1, 5), max_size=10),
    st.sampled_from(["status:failed", "-status:failed", "event:A", ""]),
    st.sampled_from([NUMBER, EVENT, HANDLERS, OUTCOME, DURATION, CAUSE]),
    st.sampled_from([RISING, FALLING]),
)
def test_a_log_that_followed_shows_what_a_fresh_one_shows(actions, sizes, text, by, order):
    rows, running, publications, executions = [], [], 0, 0
    for action in actions:
        if action[0] == "publish":
            publications += 1
            rows.append((PUBLISHED, len(rows), publications, action[1], "", "", 0, 0, "{}", "{}", action[2], 0))
            for _ in range(action[2]):
                executions += 1
                running.append(executions)
                rows.append((HANDLER_STARTED, len(rows), executions, publications, "a:B.c", ""))
            if not action[2]:
                rows.append((PUBLICATION_ENDED, len(rows), publications, "done"))
        elif running:
            ended = running.pop(action[1] % len(running))
            rows.append((HANDLER_ENDED, len(rows), ended, action[2], 0, ""))
    story, model = Story(), checked(LogModel())
    model.set_journal(story.journal)
    chosen = parse(text)
    model.set_filter(chosen)
    model.sort(by, order)
    cut = 0
    for size in [*sizes, len(rows)]:
        if part := rows[cut : cut + size]:
            model.folded(story.fold(part))
            column(model, OUTCOME)
        cut += size
    fresh = LogModel()
    fresh.set_journal(story.journal)
    fresh.set_filter(chosen)
    fresh.sort(by, order)
    model.settle()
    assert column(model, by) == column(fresh, by)
    rows = [model.publication_at(row) for row in range(model.rowCount())]
    assert [model.row_of(publication) for publication in rows] == list(range(len(rows)))
    if text:
        assert Picks(story.journal, chosen).all().tolist() == sorted(rows)
    model.sort(NUMBER)
    fresh.sort(NUMBER)
    for number in (EVENT, OUTCOME, DURATION):
        assert column(model, number) == column(fresh, number)


def test_a_million_publications_cost_no_object_each():
    story, model = Story(), LogModel()
    story.tell([Told("A", 0)])
    count = 1_000_000
    columns = story.journal.publications
    columns.extend({name: columns[name][[0] * (count - 1)] for name in columns._arrays})
    model.set_journal(story.journal)
    model.set_filter(parse("event:A"))
    assert model.rowCount() == count
    assert model.index(count - 1, EVENT).data() == "A"
    assert len(model._texts) == 1
    model.sort(DURATION, FALLING)
    model.sort(CORRELATION)
    assert (model.rowCount(), len(model._texts)) == (count, 1)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([], []), ([4], [(4, 4)]), ([1, 2, 3, 7, 9, 10], [(1, 3), (7, 7), (9, 10)]), (range(0, 400, 2), [(0, 398)])],
)
def test_consecutive_rows_are_told_as_one_stretch(numbers, expected):
    import numpy as np

    assert stretches(np.array(numbers, np.int64)) == expected
