"""Handlers in a tree of topics: ``plant/hall/temp`` is looked up part by part, in nested dicts or in nodes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from ....core.own_code import is_standard
from ....core.topics import ONE_PART, THE_REST
from ....core.values.looking import attributes, is_a
from ..targets import TopicPattern, kind_of

#: How many parts a topic may have.
_DEEPEST: Final = 32
_DICTS: Final = ("dict", "proxy")
_WILDCARDS: Final = frozenset((*ONE_PART, *THE_REST))


def is_tree(value: Any) -> bool:
    """Return whether a container sorts by parts of a name: what stands under each is another one, or a node."""
    return kind_of(value) in _DICTS and any(is_a(key, str) and _branches(item) is not None for key, item in _of(value))


def topics_in(value: Any, separator: str, marks: Collection[str]) -> Iterator[tuple[Any, Any]]:
    """Yield the topic of each branch that has handlers, and what they stand in.

    Args:
        value: The tree.
        separator: What stands between the parts of a topic.
        marks: Texts in the code of the bus. A key among them under which handlers stand is no part of a topic.
    """
    yield from _walk(value, (), separator, marks)


def _walk(node: Any, parts: tuple[str, ...], separator: str, marks: Collection[str]) -> Iterator[tuple[Any, Any]]:
    branches = _branches(node)
    for key, item in _of(branches) if branches is not None and len(parts) < _DEEPEST else ():
        if is_a(key, str) and (_branches(item) is not None or not _is_mark(key, marks)):
            further = (*parts, key)
            if _branches(item) is not None:
                yield from _walk(item, further, separator, marks)
            elif kind_of(item):
                yield topic_of(further, separator), item
        elif kind_of(item):
            yield topic_of(parts, separator), item
    if branches is not node:
        for held in attributes(node).values():
            if held is not branches and kind_of(held):
                yield topic_of(parts, separator), held


def topic_of(parts: tuple[str, ...], separator: str) -> Any:
    """Return what handlers at the end of these parts are subscribed to: a name, a pattern, everything (None)."""
    if not parts or (len(parts) == 1 and parts[0] in THE_REST):
        return None
    topic = separator.join(parts)
    return topic if _WILDCARDS.isdisjoint(parts) else TopicPattern(topic, separator)


def _is_mark(key: str, marks: Collection[str]) -> bool:
    return not key or (key in marks and key not in _WILDCARDS)


def _branches(node: Any) -> Any:
    """Return the dict in which what follows a part stands by the next one; None where there is none: handlers do."""
    if kind_of(node) in _DICTS:
        return node if all(is_a(key, (str, type(None))) for key in node) else None
    if kind_of(node) not in ("", "record") or is_standard(type(node).__module__):
        return None
    dicts = [held for held in attributes(node).values() if kind_of(held) in _DICTS]
    same = [held for held in dicts if held and all(type(item) is type(node) for item in held.values())]
    empty = [held for held in dicts if not held]
    return next(iter((*same, *empty)), None)


def _of(value: Any) -> tuple[tuple[Any, Any], ...]:
    return tuple(value.items())
