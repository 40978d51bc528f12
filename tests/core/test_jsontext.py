"""JSON as text: letters stay letters, and whatever stands there can be written to a file and read again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inspector.core.values.jsontext import json_text


@pytest.mark.parametrize(
    "value",
    [
        "не вышло",
        {"ключ": ["👩‍👩‍👧", "\u202e", "\x00\x1b"]},
        "\\ud800 is text",
        'a "quote"',
        [1, 2.5, None, True],
        {},
        "",
    ],
)
@pytest.mark.parametrize("compact", [True, False])
def test_what_is_written_comes_back_and_letters_are_letters(value: Any, compact: bool) -> None:
    text = json_text(value, compact=compact)
    assert json.loads(text.encode().decode()) == value
    assert "\\u0" not in text.replace("\\u00", "")  # controls alone are escapes


def test_of_a_text_with_a_lone_surrogate_nothing_else_is_an_escape() -> None:
    text = json_text({"начало": "\ud800 half 你好", "rest": "👩\udfff"})
    assert text == '{"начало": "\\ud800 half 你好", "rest": "👩\\udfff"}'
    assert text.encode()
    assert json.loads(text) == {"начало": "\ud800 half 你好", "rest": "👩\udfff"}
