"""Processes: what the program consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the list of processes of a window."""
    from inspector.ui.features.processes.panel import ProcessesPanel

    panel = ProcessesPanel(context.theme, context.selection)
    panel.filter_requested.connect(context.set_filter)
    return Parts(panel, gestures=(("Double-click", "Filter to the process"),))


FEATURE: Final = Feature("processes", "Processes", "terminal", "bottom", make)
