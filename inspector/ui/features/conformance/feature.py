"""Conformance: fire everything, and compare what happens with what the catalog declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts
from inspector.ui.kit.menus import MenuItem

if TYPE_CHECKING:
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make what compares a program with its catalog in a window."""
    from inspector.ui.features.conformance.conforming import Conforming
    from inspector.ui.features.conformance.panel import ConformancePanel

    panel = ConformancePanel(context.theme, context.selection)
    conforming = Conforming(context.workbench, panel, context.notices, context.tasks, context)
    panel.open_source.connect(context.open_source)
    panel.show_in_timeline.connect(context.execution_wanted)

    def show_event(name: str) -> None:
        context.selection.select_event(name)
        context.event_wanted.emit(name)

    panel.show_event.connect(show_event)
    panel.event_chosen.connect(context.event_wanted)
    context.checked.connect(conforming.set_checked)
    context.changed.connect(conforming.refresh)

    def actions() -> list[MenuItem]:
        return [
            MenuItem(
                f"Conformance: {button.caption() or button.accessibleName()}", button.click, icon=icon, hint="action"
            )
            for button, icon in ((panel.fire, "play"), (panel.cancel, "stop"), (panel.trouble, "filter"))
            if button.isEnabled() and not button.isHidden()
        ]

    return Parts(panel, finds=(actions,))


FEATURE: Final = Feature("conformance", "Conformance", "check", "bottom", make)
