"""Topics of several parts, ``plant/hall/temp``, and the patterns that stand for many of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

#: What stands for one part of a topic, and what for all that is left of it: MQTT, AMQP, NATS.
ONE_PART: Final = ("+", "*")
THE_REST: Final = ("#", "**", ">")


def fits_topic(topic: str, pattern: str, separator: str) -> bool:
    """Return whether a topic fits a pattern, part by part."""
    return _fit(topic.split(separator), pattern.split(separator))


def fits_pattern(name: str, pattern: str) -> bool:
    """Return whether a name fits a pattern of whichever kind: as of file names, of topics, a regular expression."""
    separator = "/" if "/" in pattern else "."
    return fnmatchcase(name, pattern) or fits_topic(name, pattern, separator) or _fits_expression(name, pattern)


def _fits_expression(name: str, pattern: str) -> bool:
    try:
        return any(mark in pattern for mark in "\\[(^$|") and re.search(pattern, name) is not None
    except re.error:
        return False


def _fit(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    if not wanted:
        return not parts
    if wanted[0] in THE_REST:
        return len(wanted) == 1 or any(_fit(parts[place:], wanted[1:]) for place in range(len(parts) + 1))
    return bool(parts) and (wanted[0] in ONE_PART or wanted[0] == parts[0]) and _fit(parts[1:], wanted[1:])
