"""Causality: what led to what is selected, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the tree of causes of a window."""
    from inspector.ui.features.causality.panel import CausalityPanel

    panel = CausalityPanel(context.theme, context.selection)
    copy = Command(
        *("causality.mermaid", "Copy Correlation as Mermaid", panel.copy_mermaid, "Edit", "execution", (), "copy"),
        "Copy events and handlers of the correlation as a flowchart",
        blocked=panel.blocked,
    )
    for signal in (context.selection.execution_selected, context.selection.publication_selected):
        signal.connect(lambda _: context.commands.changed(copy.id))
    return Parts(panel, commands=(copy,))


FEATURE: Final = Feature("causality", "Causality", "tree", "right", make)
