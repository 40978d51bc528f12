"""How much memory journals may take, and where the rest goes; apart from ``spill``, which needs numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class JournalBudget:
    """The budget of the process.

    Attributes:
        folder: Where what does not fit in is kept; None while there is no budget.
        size: Bytes in memory, for all journals together.
    """

    folder: Path | None = None
    size: int = 0


BUDGET = JournalBudget()
