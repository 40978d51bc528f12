import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.analysis import errors as module
from inspector.analysis.errors import MAX_MESSAGE, Errors
from inspector.analysis.failures import FailurePlace, read_failure
from inspector.core.records.capture import capture_failure, plain_failure
from tests.analysis.sample_runs import failure

#: Characters whose lower case is longer, or is ASCII though they are not; others that look like an end of a message.
texts = st.text(st.sampled_from("aAbBK\u212aİiΣ\u03c3ς \0\xff\ud800ß\n"), max_size=6)


@settings(max_examples=200)
@given(st.lists(texts, max_size=12), texts, st.integers(1, 12), st.integers(0, 12))
def test_what_is_said_is_found_as_by_looking_at_each(messages, wanted, at_once, first):
    errors = Errors()
    before, module._STRETCH = module._STRETCH, 2
    try:
        for number, message in enumerate(messages):
            assert errors.add(failure("KeyError", message)) == number
            if number % at_once == 0:
                errors.flush()
        errors.flush()
        first = min(first, len(messages))
        expected = [wanted.lower() in message.lower() for message in messages]
        assert errors.saying(wanted.lower(), first).tolist() == expected[first:]
        assert [errors.message(number) for number in range(len(errors))] == messages
    finally:
        module._STRETCH = before


def test_errors_are_told_apart_by_type_module_and_place():
    errors = Errors()
    for text in (
        failure("KeyError", "one"),
        failure("KeyError", "two"),
        failure("KeyError", line=77),
        failure("KeyError", module="shop"),
        plain_failure("Timeout", "gave up"),
        "no json",
    ):
        errors.add(text)
    errors.flush()
    numbers = np.array([0, 1, 2, 3, 4, 5, -1])
    assert errors.kind(numbers).tolist() == [0, 0, 1, 2, 3, 4, -1]
    assert errors.of_kinds(numbers, lambda kind: kind.place is None).tolist() == [*[False] * 4, True, True, False]
    assert errors.kind_of(3).module == "shop"
    assert errors.kind_of(-1) is None


def test_a_message_beyond_the_bound_is_cut_and_counted():
    errors = Errors()
    errors.add("x" * (MAX_MESSAGE + 1))
    errors.add("x" * MAX_MESSAGE)
    errors.flush()
    assert [len(errors.message(number)) for number in (0, 1)] == [MAX_MESSAGE] * 2
    assert errors.cut == 1


names = st.text(max_size=4) | st.sampled_from(['{"file": ', ', "mine": true', '], "relation": ', "\\", '"', "}"])
frames = st.fixed_dictionaries(
    {
        "file": names,
        "line": st.integers(0, 99),
        "function": names,
        "mine": st.booleans(),
        "source": st.lists(st.tuples(st.integers(1, 9), names), max_size=2),
        "locals": st.lists(st.tuples(names, names), max_size=2),
    }
)


@given(names, names, names, st.lists(frames, max_size=3), st.lists(frames, max_size=2), st.booleans())
def test_the_place_of_a_failure_is_read_without_the_rest(kind, where, message, own, caused, ascii_only):
    cause = {"type": "E", "module": "m", "message": "", "frames": caused, "relation": "cause", "chain": [], "notes": []}
    data = {"type": kind, "module": where, "message": message, "frames": own, "relation": "", "chain": [cause]}
    nearest = [frame for frame in own if frame["mine"]] or own
    place = FailurePlace(*(nearest[-1][name] for name in ("file", "line", "function"))) if nearest else None
    text = json.dumps(data, ensure_ascii=ascii_only)
    assert read_failure(text) == (kind, where, message, place)
    assert read_failure(json.dumps(data, separators=(",", ":"))) == (kind, where, message, place)


def test_what_the_capture_writes_has_a_place():
    try:
        json.loads("{")
    except ValueError as error:
        text = capture_failure(error)
    _, _, _, place = read_failure(text)
    assert (place.file, place.function) == (__file__, "test_what_the_capture_writes_has_a_place")


def test_frames_that_are_none_have_no_place():
    for odd in ("[1]", '[{"mine": true}]', '"text"', "7", '[{"file": "a", "line": "x", "function": "f"}]'):
        assert read_failure(f'{{"type": "E", "module": "m", "message": "", "frames": {odd}}}') == ("E", "m", "", None)
