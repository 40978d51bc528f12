"""The event that is selected: its words, its fields, who listens, how it went lately."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.app.checking import Checked
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the panel about the event of a window."""
    from inspector.ui.features.event.panel import EventPanel

    panel = EventPanel(context.theme, context.selection)
    panel.fire_requested.connect(context.form_wanted)
    panel.finding_chosen.connect(context.finding_wanted)
    panel.open_source.connect(context.open_source)

    def show_findings(checked: Checked | None) -> None:
        panel.set_findings(checked.findings if checked is not None else ())

    context.checked.connect(show_findings)
    context.changed.connect(lambda: panel.set_firing(context.workbench.firing_allowed))
    return Parts(panel)


FEATURE: Final = Feature("event", "Event", "list", "right", make)
