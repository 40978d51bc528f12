"""Findings: what is wrong in the catalog of the program and in its wiring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts
from inspector.ui.kit.menus import MenuItem

if TYPE_CHECKING:
    from inspector.app.checking import Checked
    from inspector.catalog.findings import Finding
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the findings of a window."""
    from inspector.ui.features.findings.checks import Checks
    from inspector.ui.features.findings.panel import FindingsPanel

    panel = FindingsPanel(context.theme, context.selection)
    checks = Checks(context)
    panel.check_requested.connect(checks.check)
    panel.open_source.connect(context.open_source)
    panel.event_chosen.connect(context.event_wanted)
    checks.failed.connect(panel.set_unknown)
    context.view_shown.connect(checks.show)
    context.folded.connect(checks.folded)

    def show_findings(checked: Checked | None) -> None:
        if checked is not None:
            panel.set_findings(checked.findings)

    def show_finding(finding: Finding) -> None:
        context.raise_panel(FEATURE.id)
        panel.show_finding(finding)

    context.checked.connect(show_findings)
    context.finding_wanted.connect(show_finding)

    def actions() -> list[MenuItem]:
        return [MenuItem("Findings: Check Again", checks.check, icon="refresh", hint="action")]

    return Parts(panel, finds=(actions,))


FEATURE: Final = Feature("findings", "Findings", "warning", "bottom", make)
