from hypothesis import given
from hypothesis import strategies as st

from inspector.ui.features.latency.overtime import label_levels

NAMES = st.lists(st.tuples(st.floats(0, 300), st.floats(20, 40)), max_size=5).map(sorted)


def test_names_of_marks_that_are_far_apart_share_the_top():
    assert label_levels([(10, 30), (100, 30), (200, 30)], 300) == [(0, False)] * 3


def test_names_of_marks_that_lie_close_are_put_below_one_another():
    assert label_levels([(100, 30), (105, 30), (110, 30)], 300) == [(0, False), (1, False), (2, False)]


def test_a_name_that_turns_to_the_left_keeps_off_those_before_it():
    """Near the right end names stand at the left of their lines, where others may be."""
    assert label_levels([(260, 30), (285, 30), (295, 30)], 300) == [(0, False), (1, True), (2, True)]


@given(NAMES)
def test_no_two_names_ever_overlap(places):
    boxes = []
    for (at, wide), (level, flip) in zip(places, label_levels(places, 300), strict=True):
        left = at - wide if flip else at
        boxes.append((level, left, left + wide))
    for n, (level, left, right) in enumerate(boxes):
        assert not any(level == other and left < end and start < right for other, start, end in boxes[:n])
