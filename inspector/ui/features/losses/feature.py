"""Losses: what goes wrong and shows nowhere else, by kind and place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the losses of a window."""
    from inspector.app.loss_marks import LossMarks
    from inspector.ui.features.losses.panel import LossesPanel

    panel = LossesPanel(context.theme, context.selection, LossMarks(context.settings))
    panel.open_source.connect(context.open_source)
    panel.filter_requested.connect(context.set_filter)
    panel.filter_requested.connect(partial(_show_log, context))
    commands = (
        Command("losses.show", "Show Executions of Loss", panel.show_lost, icon="filter", blocked=panel.blocked),
        Command("losses.mute", "Mute or Unmute Place of Loss", panel.switch_muted, blocked=panel.blocked),
        Command("losses.copy", "Copy Loss as Markdown", panel.copy, icon="copy", blocked=panel.blocked),
    )
    return Parts(panel, commands=commands, gestures=(("Double-click", "Open the place in the editor"),))


def _show_log(context: Context, _filter: str) -> None:
    context.raise_panel("log")


FEATURE: Final = Feature("losses", "Losses", "swallowed", "bottom", make)
