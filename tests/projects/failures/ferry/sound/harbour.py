"""Everything that belongs together: the buses with their handlers."""

from __future__ import annotations

from . import cabin, crew, desk, signals
from .buses import horn, lights, office, quay

__all__ = ["cabin", "crew", "desk", "horn", "lights", "office", "quay", "signals"]
