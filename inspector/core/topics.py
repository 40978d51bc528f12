"""Topics of several parts, ``plant/hall/temp``, and the patterns that stand for many of them."""

from __future__ import annotations

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
    """Return whether a name fits a pattern that is matched as file names are, or part by part as topics are."""
    separator = "/" if "/" in pattern else "."
    return fnmatchcase(name, pattern) or fits_topic(name, pattern, separator)


def _fit(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    if not wanted:
        return not parts
    if wanted[0] in THE_REST:
        return len(wanted) == 1 or any(_fit(parts[place:], wanted[1:]) for place in range(len(parts) + 1))
    return bool(parts) and (wanted[0] in ONE_PART or wanted[0] == parts[0]) and _fit(parts[1:], wanted[1:])
