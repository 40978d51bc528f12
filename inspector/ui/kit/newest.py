"""Answers that come in any order, of which only the newest is for anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Newest:
    """The one answer that is waited for, among those that were overtaken: what was asked later may come earlier."""

    def __init__(self) -> None:
        self._count = 0

    def ask(self) -> Callable[[], bool]:
        """Return what says whether nothing was asked for since; whatever was asked before is overtaken."""
        self.forget()
        asked = self._count
        return lambda: asked == self._count

    def forget(self) -> None:
        """Wait for no answer any more."""
        self._count += 1
