"""Tests: which ran, how they ended, and what failed in handlers meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the list of tests of a window."""
    from inspector.ui.features.tests.panel import TestsPanel

    panel = TestsPanel(context.theme, context.selection)
    panel.stretch_requested.connect(context.stretch_wanted)
    panel.filter_requested.connect(context.set_filter)
    return Parts(panel, gestures=(("Double-click", "Show the test in the timeline"),))


FEATURE: Final = Feature("tests", "Tests", "check", "bottom", make)
