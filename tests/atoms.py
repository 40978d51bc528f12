"""An atom that the program has never heard of, and a way to have it in the list for a while."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from inspector.core.values import table
from inspector.core.values.table import Atom


@dataclass(frozen=True)
class _Parts:
    red: int
    green: int
    blue: int


class Rgb:
    """A colour, of a class that nothing else in the program could describe."""

    __slots__ = ("_parts",)

    def __init__(self, red: int, green: int, blue: int) -> None:
        self._parts = _Parts(red, green, blue)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rgb) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    def __str__(self) -> str:
        return f"#{self._parts.red:02x}{self._parts.green:02x}{self._parts.blue:02x}"


def _parse(data: Any) -> Rgb:
    if not re.fullmatch("#[0-9a-fA-F]{6}", data):
        raise ValueError
    return Rgb(*bytes.fromhex(data[1:]))


COLOUR = Atom(Rgb, "rgb", "a colour, like #1f77b4", ("#1f77b4", "#d62728"), _parse, str, "$rgb")


@contextmanager
def registered(atom: Atom) -> Iterator[None]:
    """Have an atom in the list, and take it out again."""
    tables: list[dict[Any, Any]] = [
        *(table.ATOMS, table.BY_KIND, table.BY_TAG, table.EXACT, table.ENCODERS, table.FROZEN)
    ]
    before = [dict(each) for each in tables]
    table.register(atom)
    try:
        yield
    finally:
        for entries, kept in zip(tables, before, strict=True):
            entries.clear()
            entries.update(kept)
