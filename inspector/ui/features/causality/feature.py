"""Causality: what led to what is selected, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the tree of causes of a window."""
    from inspector.ui.features.causality.panel import CausalityPanel

    return Parts(CausalityPanel(context.theme, context.selection))


FEATURE: Final = Feature("causality", "Causality", "tree", "right", make)
