"""Which payloads fit a term of a filter: what was looked at once is not looked at again, and old ones can be added."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Hashable

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: Terms that are remembered.
_TERMS: Final = 64
_UNKNOWN: Final = 0
_NO: Final = 1
_YES: Final = 2


class PayloadMatches:
    """What is known of each publication's payload, and of each error's message, for one term.

    Attributes:
        named: A payload has what the term asks for by name.
        errors: Whether each error fits, of those that were asked; see ``Errors.saying``.
    """

    def __init__(self) -> None:
        self.named = False
        self.errors: Mask = np.zeros(0, np.bool_)
        self._states = np.zeros(1024, np.uint8)
        self._length = 0

    def extend(self, length: int) -> None:
        """Take notice that there are so many publications."""
        if length > len(self._states):
            grown = np.zeros(max(length, 2 * len(self._states)), np.uint8)
            grown[: len(self._states)] = self._states
            self._states = grown
        self._length = max(length, self._length)

    def unknown(self, first: int = 0) -> Ints:
        """Return which publications from the index ``first`` on nobody has looked at."""
        return first + np.flatnonzero(self._states[first : self._length] == _UNKNOWN)

    def fits(self, rows: Ints) -> Mask:
        """Return which of some publications (indexes, shape ``(n,)``) are known to fit; shape ``(n,)``."""
        return np.asarray(self._states[rows] == _YES, np.bool_)

    def has_unknown(self, rows: Ints) -> bool:
        """Return whether nobody has looked at some of these publications."""
        return bool((self._states[rows] == _UNKNOWN).any())

    def put(self, rows: Ints, fitting: Ints) -> None:
        """Take notice that publications were looked at, and which of them fit."""
        self._states[rows] = _NO
        self._states[fitting] = _YES


class Matches:
    """The matches of the terms that were asked last."""

    def __init__(self) -> None:
        self._terms: OrderedDict[Hashable, PayloadMatches] = OrderedDict()

    def of(self, term: Hashable) -> PayloadMatches:
        """Return those of a term."""
        matches = self._terms.pop(term, None) or PayloadMatches()
        self._terms[term] = matches
        if len(self._terms) > _TERMS:
            self._terms.popitem(last=False)
        return matches
