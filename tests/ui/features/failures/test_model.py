from inspector.analysis.query.query import parse
from inspector.ui.features.failures.model import COUNT, HANDLER, MESSAGE, PLACE, TREND, TYPE, FailuresModel
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
    assert [model.row_of(execution) for execution in range(4)] == [0, 1, 1, -1]
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
