"""Output: what the program prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the output of a window."""
    from inspector.ui.features.output.panel import OutputPanel

    panel = OutputPanel(context.theme, context.selection)
    return Parts(panel, gestures=(("Double-click", "Show the execution that printed the line"),))


FEATURE: Final = Feature("output", "Output", "terminal", "bottom", make, late=True)
