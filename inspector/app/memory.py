"""Memory: keeping the garbage collector from stopping what we do, and long journals within a budget."""

from __future__ import annotations

import contextlib
import gc
import sys
from typing import TYPE_CHECKING, Final

from inspector.analysis.budget import BUDGET
from inspector.app.places import spill_path
from inspector.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Mebibytes that journals may hold, unless a person says otherwise, and the fewest that make sense.
DEFAULT_JOURNAL_MB: Final = 512
LEAST_JOURNAL_MB: Final = 16

#: Objects that are made between two small collections (some 3 ms), small ones between two larger ones, and larger ones
#: between two full ones.
_THRESHOLDS: Final = 5_000, 8, 60


def collect_seldom() -> None:
    """Collect garbage less often than Python does by itself. Call it once, when the process starts.

    A run is hundreds of thousands of small tuples, none of which is garbage; to look for some after every 700 takes a
    tenth of the time in which they are recorded.
    """
    gc.set_threshold(*_THRESHOLDS)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: nothing of what is loaded and built is any, and it is more than ever after."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def settle_memory() -> None:
    """Take everything that lives now for as long as the program does out of the garbage collector's sight.

    Call it once, when the window stands and the program has been started. A full collection walks over every module,
    class and widget: 70 ms in the middle of a run, against some 2 ms without them. What is held beyond this counts as
    the run's from now on.
    """
    from inspector.analysis.spill import current_spill

    gc.collect()
    gc.freeze()
    spill = current_spill()
    if spill is not None:
        spill.rest()


@contextlib.contextmanager
def bounded_journals(megabytes: int = DEFAULT_JOURNAL_MB) -> Iterator[None]:
    """Let journals and their indexes hold no more than so much memory; what is older is read from the disk.

    Args:
        megabytes: The budget in MiB, for all journals of the process together.

    Raises:
        UsageError: It is too small.
    """
    if megabytes < LEAST_JOURNAL_MB:
        raise UsageError(f"{megabytes} MB is too little memory for a run.", f"Use at least {LEAST_JOURNAL_MB}.")
    BUDGET.folder, BUDGET.size = spill_path(), megabytes << 20
    try:
        yield
    finally:
        BUDGET.folder = None
        if "inspector.analysis.spill" in sys.modules:
            from inspector.analysis.spill import use_spill

            use_spill(None)


def trim_journals() -> str:
    """Free memory beyond the budget; return why journals are not bounded, empty when they are. Call it often."""
    from inspector.analysis.spill import current_spill

    spill = current_spill()
    if spill is None:
        return ""
    spill.trim()
    return spill.trouble
