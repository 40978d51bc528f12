import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from inspector.analysis.entries import Recent
from inspector.analysis.failures import MEMBERS, FailureGroups, Trend, failure_head
from inspector.core.records.capture import capture_failure
from inspector.core.records.statuses import BY_FAULT
from tests.analysis.sample_runs import MS, Run, Story, Told, failure


def failed(at, text, handler="app:Audit.handle", status="failed"):
    return Told("Paid", at, [Run(at, at + MS, handler, status, failure=text)])


def test_one_type_at_one_place_is_one_group():
    story = Story()
    groups = FailureGroups(story.journal)
    changed = groups.folded(
        story.tell(
            [
                failed(0, failure("KeyError", "first")),
                failed(10 * MS, failure("KeyError", "second"), "app:Mail.send"),
                failed(20 * MS, failure("KeyError", "elsewhere", line=77)),
                failed(30 * MS, failure("ValueError")),
                Told("Paid", 40 * MS, [Run(40 * MS, 41 * MS)]),
            ]
        )
    )
    assert changed == {0, 1, 2}
    assert [(g.type, g.place.line, g.count) for g in groups.groups] == [
        ("KeyError", 41, 2),
        ("KeyError", 77, 1),
        ("ValueError", 41, 1),
    ]
    first = groups.groups[0]
    assert (first.message, first.first, first.last) == ("second", MS, 11 * MS)
    assert (first.handlers, first.newest, groups.count) == ({0, 1}, 1, 4)
    assert groups.group_of(1) is first
    assert groups.group_of(4) is None


def test_the_place_is_the_users_frame_nearest_to_the_raise():
    story = Story()
    story.tell([failed(0, failure("KeyError"))])
    place = FailureGroups(story.journal).groups[0].place
    assert (place.file, place.line, place.function) == ("/app/audit.py", 41, "_write")


def test_functions_that_are_made_of_one_are_one_group_at_their_line():
    story = Story()
    groups = FailureGroups(story.journal)
    for n, name in enumerate(["Audit.paid", "Audit.placed", "Audit.paid"]):
        groups.folded(story.tell([failed(n * MS, failure("KeyError").replace("_write", name), f"app:{name}")]))
    (group,) = groups.groups
    assert (group.count, group.place.function, sorted(group.functions)) == (
        3,
        "Audit.paid",
        ["Audit.paid", "Audit.placed"],
    )
    assert len(group.parts) == 2


def test_what_has_no_exception_is_grouped_by_how_it_ended_and_by_handler():
    story = Story()
    story.tell(
        [
            failed(0, "", status="timed_out"),
            failed(MS, "", status="timed_out"),
            failed(2 * MS, "", "app:Mail.send", status="timed_out"),
            failed(3 * MS, "", status="cancelled"),
            failed(4 * MS, failure("KeyError"), status="swallowed"),
            failed(5 * MS, failure("KeyError")),
        ]
    )
    groups = FailureGroups(story.journal).groups
    assert [(g.status, g.type, g.place.function, g.count) for g in groups] == [
        ("timed_out", "", "Audit.handle", 2),
        ("timed_out", "", "Mail.send", 1),
        ("cancelled", "", "Audit.handle", 1),
        ("swallowed", "KeyError", "_write", 1),
        ("failed", "KeyError", "_write", 1),
    ]


def test_members_are_bounded_and_the_count_is_not():
    story = Story()
    groups = FailureGroups(story.journal)
    groups.folded(story.tell([failed(n, failure("KeyError")) for n in range(MEMBERS + 5)]))
    group = groups.groups[0]
    assert (group.count, len(group.members), group.members[0]) == (MEMBERS + 5, MEMBERS, 5)
    assert groups.group_of(4) is None
    assert groups.group_of(5) is group


def test_a_journal_already_filled_gives_the_same_groups_as_one_followed():
    story = Story()
    followed = FailureGroups(story.journal)
    for n in range(6):
        followed.folded(story.tell([failed(n * MS, failure(f"Error{n % 2}"))]))
    again = FailureGroups(story.journal)
    assert [(g.type, g.count, list(g.members)) for g in again.groups] == [
        (g.type, g.count, list(g.members)) for g in followed.groups
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["failed", "swallowed", "timed_out"]),
            st.sampled_from(["", "KeyError", "ValueError"]),
            st.integers(41, 42),
            st.sampled_from(["app:Audit.handle", "app:Mail.send"]),
            st.booleans(),
        ),
        max_size=30,
    ),
    st.integers(1, 7),
)
def test_groups_equal_a_plain_count_however_little_is_at_hand(runs, at_once):
    before = Recent.__init__.__defaults__
    Recent.__init__.__defaults__ = (3,)
    try:
        story = Story()
    finally:
        Recent.__init__.__defaults__ = before
    followed = FailureGroups(story.journal)
    expected, newest, struck = Counter(), {}, 0
    for start in range(0, len(runs), at_once):
        some = []
        for number, (status, kind, line, handler, fault) in enumerate(runs[start : start + at_once], start):
            text = failure(kind, f"message {number}", line) if kind else ""
            end = (number + 1) * MS
            run = Run(number * MS, end, handler, status, failure=text, fault="raise" if fault else "")
            some.append(Told("Paid", number * MS, [run]))
            key = (status, kind, line) if kind else (status, "", handler.partition(":")[2])
            expected[key] += 1
            newest[key] = (f"message {number}" if kind else "", number, end)
            struck += fault
        followed.folded(story.tell(some))
    for groups in (followed, FailureGroups(story.journal)):
        assert {_key(group): group.count for group in groups.groups} == expected
        assert {_key(group): (group.message, group.newest, group.last) for group in groups.groups} == newest
        assert groups.count == len(runs) == sum(groups.outcomes.values())
        assert groups.outcomes.get(BY_FAULT, 0) == struck
        assert all(sum(group.trend.counts(story.journal.now)) == group.count for group in groups.groups)
        assert [_key(group) for group in groups.groups] == list(expected)


def _key(group):
    return group.status, group.type, group.place.line or group.place.function


def test_only_the_executions_asked_for_are_grouped():
    story = Story()
    story.tell([failed(n, failure("KeyError")) for n in range(4)])
    assert FailureGroups(story.journal, lambda rows: rows > 1).count == 2


def test_text_that_is_no_failure_is_shown_as_it_is():
    story = Story()
    story.tell([failed(0, "no json"), failed(1, "[1]")])
    assert [group.message for group in FailureGroups(story.journal).groups] == ["[1]"]
    assert failure_head("no json") == ("", "", "no json")


def test_the_head_of_a_failure_reads_what_the_capture_writes():
    try:
        raise KeyError('a "quoted"\nkey \ud800')
    except KeyError as error:
        text = capture_failure(error)
    whole = json.loads(text)
    assert failure_head(text) == (whole["type"], whole["module"], whole["message"])


@given(st.text(), st.text(), st.text())
def test_the_head_of_any_failure_is_read_without_the_rest(kind, module, message):
    data = {"type": kind, "module": module, "message": message, "frames": []}
    assert failure_head(json.dumps(data)) == (kind, module, message)
    assert failure_head(json.dumps(data, ensure_ascii=False)) == (kind, module, message)


@given(st.lists(st.integers(0, 10**12), max_size=50), st.integers(0, 10**12))
def test_a_trend_counts_each_once_in_at_most_its_slices(times, now):
    trend = Trend(buckets=8, width=1000)
    for at in times:
        trend.add(at)
    counts = trend.counts(max([now, *times]))
    assert sum(counts) == len(times)
    assert len(counts) <= 8
    for number, count in enumerate(counts):
        assert count == sum(at // trend.width == number for at in times)
