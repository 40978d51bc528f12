"""The log: a row per publication."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts
from inspector.ui.kit.menus import MenuItem

if TYPE_CHECKING:
    from inspector.core.records.numbers import ExecutionIndex
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the log of a window."""
    from inspector.ui.features.log.panel import LogPanel

    panel = LogPanel(context.theme, context.selection)
    panel.activated.connect(lambda _: context.raise_panel("execution"))

    def show_execution(execution: ExecutionIndex) -> None:
        context.execution_wanted.emit(execution)
        context.raise_panel("execution")

    panel.execution_activated.connect(show_execution)

    def actions() -> list[MenuItem]:
        if panel.following:
            return []
        return [MenuItem("Log: Show Newest and Follow", panel.follow, icon="follow", hint="action")]

    return Parts(panel, finds=(actions,))


FEATURE: Final = Feature("log", "Log", "list", "bottom", make)
