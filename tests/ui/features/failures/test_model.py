from inspector.analysis.query.query import parse
from inspector.ui.features.failures.model import (
    COUNT,
    HANDLER,
    LAST,
    MESSAGE,
    PLACE,
    TREND,
    TYPE,
    FailureGrouping,
    FailuresModel,
)
from inspector.ui.kit.rows import Role
from tests.analysis.sample_runs import MS, Run, Story, Told, failure
from tests.ui.features.log.test_model import checked, column


def failed(at, text, handler="app:Audit.handle", status="failed"):
    return Told("Paid", at, [Run(at, at + MS, handler, status, failure=text)])


def test_groups_come_and_grow_without_a_reset():
    story, model = Story(), checked(FailuresModel())
    model.set_journal(story.journal)
    resets, changed = [], []
    model.modelReset.connect(lambda: resets.append(1))
    model.dataChanged.connect(
        lambda first, last: None if first.parent().isValid() else changed.append((first.row(), last.row()))
    )
    assert model.folded(story.tell([failed(0, failure("KeyError")), failed(1, failure("OSError"))])) == {0, 1}
    assert changed == []
    model.folded(story.tell([failed(2, failure("OSError", "<i>newest</i>"), "app:Mail.send")]))
    assert changed == [(1, 1)]
    assert resets == []
    assert column(model, TYPE) == ["KeyError", "OSError"]
    assert column(model, COUNT) == ["1", "2"]
    assert column(model, MESSAGE) == ["it broke", "<i>newest</i>"]
    assert column(model, PLACE) == ["audit.py:41 in _write"] * 2
    assert column(model, HANDLER) == ["Audit.handle", "Audit.handle and 1 more"]
    assert model.index(1, TREND).data(Role.TREND) == [2]
    assert [model.index_of(execution).row() for execution in range(4)] == [0, 1, 1, -1]
    assert model.total == 3


def test_a_status_other_than_failed_is_part_of_the_name():
    story, model = Story(), checked(FailuresModel())
    story.tell([failed(0, "", status="timed_out"), failed(1, failure("KeyError"), status="swallowed")])
    model.set_journal(story.journal)
    assert column(model, TYPE) == ["timed out in Audit.handle", "KeyError (swallowed)"]
    assert [model.index(row, TYPE).data(Role.GLYPH) for row in (0, 1)] == ["timed_out", "swallowed"]


def test_a_filter_limits_the_groups():
    story, model = Story(), checked(FailuresModel())
    model.set_journal(story.journal)
    model.set_filter(parse("error:Key*"))
    model.folded(story.tell([failed(0, failure("KeyError")), failed(1, failure("OSError"))]))
    assert column(model, TYPE) == ["KeyError"]
    model.set_filter(None)
    assert column(model, TYPE) == ["KeyError", "OSError"]


def test_numbers_are_sorted_as_numbers():
    story, model = Story(), checked(FailuresModel())
    story.tell([failed(n, failure("KeyError" if n else "OSError")) for n in range(12)])
    model.set_journal(story.journal)
    assert [model.index(row, COUNT).data(Role.SORT) for row in (0, 1)] == [1, 11]


def rows_below(model, row):
    heading = model.index(row, TYPE)
    return [
        tuple(model.index(below, part, heading).data() for part in (TYPE, PLACE, HANDLER, COUNT))
        for below in range(model.rowCount(heading))
    ]


def test_failures_stand_below_handlers_events_or_exceptions_and_grow_there():
    story, model = Story(), checked(FailuresModel())
    model.set_journal(story.journal)
    resets = []
    model.set_grouping(FailureGrouping.HANDLER)
    model.modelReset.connect(lambda: resets.append(1))
    model.folded(story.tell([failed(0, failure("KeyError")), failed(1, failure("OSError"))]))
    model.folded(story.tell([failed(2, failure("OSError"), "app:Mail.send"), failed(3, failure("KeyError"))]))
    assert column(model, TYPE) == ["Audit.handle", "Mail.send"]
    assert column(model, COUNT) == ["3", "1"]
    assert rows_below(model, 0) == [
        ("KeyError", "audit.py:41 in _write", "for Paid", "2"),
        ("OSError", "audit.py:41 in _write", "for Paid", "1"),
    ]
    assert resets == []
    assert model.index_of(2).parent().row() == 1
    assert [model.index(row, COUNT).data(Role.SORT) for row in (0, 1)] == [3, 1]
    assert model.index(0, LAST).data() == model.index(0, LAST, model.index(0, TYPE)).data()
    model.set_grouping(FailureGrouping.EVENT)
    assert column(model, TYPE) == ["Paid"]
    assert [row[2] for row in rows_below(model, 0)] == ["Audit.handle", "Audit.handle", "Mail.send"]
    model.set_grouping(FailureGrouping.EXCEPTION)
    assert column(model, TYPE) == ["KeyError", "OSError"]
    assert rows_below(model, 1) == [("OSError", "audit.py:41 in _write", "Audit.handle and 1 more", "2")]
    model.folded(story.tell([failed(4, failure("OSError"), "app:Mail.keep"), failed(5, "", status="timed_out")]))
    assert column(model, TYPE) == ["KeyError", "OSError", "timed out"]
    assert rows_below(model, 1)[0][2:] == ("Audit.handle and 2 more", "3")
    assert model.index_of_group(model.index(2, 0).internalPointer().children[0].group).isValid()
    assert not model.index_of_group(None).isValid()
    model.set_grouping(FailureGrouping.PLACE)
    assert column(model, COUNT) == ["2", "3", "1"]
