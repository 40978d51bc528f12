"""Names of which one is to be used are written as they are read."""

from __future__ import annotations

import pytest

from inspector.core.errors import alternatives


@pytest.mark.parametrize(
    ("names", "text"),
    [(["a"], "a"), (["a", "b"], "a or b"), (("a", "b", "c"), "a, b or c"), ({"a": 1, "b": 2}, "a or b")],
)
def test_alternatives_are_written_as_they_are_read(names: list[str], text: str) -> None:
    assert alternatives(names) == text
