"""Everything that belongs together: the buses with their handlers."""

from __future__ import annotations

from . import cabin, crew, desk, galley, purse, signals
from .buses import horn, lights, office, quay
from .purse import porter, purser

__all__ = [
    "cabin",
    "crew",
    "desk",
    "galley",
    "horn",
    "lights",
    "office",
    "porter",
    "purse",
    "purser",
    "quay",
    "signals",
]
