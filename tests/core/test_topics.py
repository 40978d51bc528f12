"""Topics and their patterns, part by part."""

from __future__ import annotations

import pytest

from inspector.core.topics import fits_pattern, fits_topic


@pytest.mark.parametrize(
    ("topic", "pattern", "fits"),
    [
        ("a/b/c", "a/b/c", True),
        ("a/b/c", "a/+/c", True),
        ("a/b/c", "a/+", False),
        ("a/b/c", "a/#", True),
        ("a", "a/#", True),
        ("b", "a/#", False),
        ("a/b/c", "#/c", True),
        ("a/b/c", "a/#/d", False),
        ("a/b/c", "*/*/*", True),
        ("a/b/c", "*", False),
    ],
)
def test_a_topic_fits_part_by_part(topic: str, pattern: str, fits: bool) -> None:
    assert fits_topic(topic, pattern, "/") is fits


def test_a_pattern_is_matched_as_file_names_are_or_as_topics_are() -> None:
    assert fits_pattern("order.eu.placed", "order.*")
    assert fits_pattern("plant/hall/temp", "plant/+/temp")
    assert fits_pattern("stock.apples.sold", "stock.>")
    assert not fits_pattern("plant/hall/temp", "plant/+")
