"""Faults: the rules by which handlers go wrong on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.core.errors import InspectorError
from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the list of faults of a window."""
    from inspector.ui.features.faults.panel import FaultsPanel

    panel = FaultsPanel(context.theme, context.selection, context.workbench.faults, context.shell)
    workbench = context.workbench

    def apply() -> None:
        try:
            workbench.apply_faults()
        except InspectorError as error:
            context.notices.report(error)
        context.changed.emit()

    def add(event: str = "", handler: str = "") -> None:
        context.raise_panel(FEATURE.id)
        panel.add_rule(event, handler)

    panel.changed.connect(apply)
    panel.fire_requested.connect(lambda: context.commands.run("fire.selected"))
    context.fault_wanted.connect(add)
    return Parts(
        panel,
        commands=(
            Command(
                "faults.add",
                "Add Fault…",
                add,
                "Fire",
                "program",
                (),
                "bolt",
                "Inject exceptions, delays, hangs, cancellations or dropped calls",
                blocked=workbench.faults_blocked,
                present=lambda: workbench.firing_allowed,
            ),
        ),
    )


FEATURE: Final = Feature("faults", "Faults", "bolt", "bottom", make)
