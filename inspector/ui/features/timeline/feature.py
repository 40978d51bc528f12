"""The timeline: every execution as a bar, in the middle of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.analysis.timeline.navigator import FIRST_SPAN
from inspector.app.settings import WINDOW
from inspector.ui.feature import Feature, Parts
from inspector.ui.history import FILTER

if TYPE_CHECKING:
    from inspector.app.settings import Settings
    from inspector.ui.context import Context
    from inspector.ui.features.timeline.bare import BareTimeline
    from inspector.ui.first_frame import FirstFrame


def first_frame(frame: FirstFrame) -> BareTimeline:
    """Make a timeline with nothing but its axis."""
    from inspector.ui.features.timeline.bare import BareTimeline

    return BareTimeline(frame.theme, _span(frame.settings))


def _span(settings: Settings) -> int:
    """Return how much time a session shows at first, ns."""
    return round(settings.number(WINDOW, FIRST_SPAN))


def make(context: Context) -> Parts:
    """Make the timeline of a window."""
    from inspector.app.faults import affected_lanes
    from inspector.ui.features.timeline.actions import GESTURES
    from inspector.ui.features.timeline.panel import TimelinePanel

    panel = TimelinePanel(context.theme, context.selection, fire=lambda: context.commands.run("fire.selected"))
    panel.search_requested.connect(context.shell.focus_filter)
    panel.filter_back_requested.connect(lambda: context.history.back(FILTER))
    controller = panel.controller
    context.history.add_part(FEATURE.id, controller.step_back, controller.step_forward)
    controller.step_made.connect(lambda: context.history.record(FEATURE.id))
    controller.back_wanted.connect(lambda: context.history.back(FEATURE.id))
    panel.state_changed.connect(context.commands.changed)
    context.built.connect(lambda: panel.set_fire_shortcut(context.shortcut("fire.selected")))

    def prefer() -> None:
        controller.set_first_span(_span(context.settings))

    def show_faults() -> None:
        journal, rules = context.journal, context.workbench.rules_in_view
        controller.scene.struck = affected_lanes(journal, rules) if journal is not None else frozenset()
        panel.canvas.refresh()

    context.workbench.faults.listen(show_faults)
    context.view_shown.connect(show_faults)
    context.built.connect(prefer)
    context.preferences_changed.connect(prefer)
    context.execution_wanted.connect(controller.steps.go_to)
    context.stretch_wanted.connect(controller.show)
    return Parts(panel, commands=panel.commands(), gestures=GESTURES, finds=(panel.palette_items,))


FEATURE: Final = Feature("timeline", "Timeline", "timeline", "centre", make, first_frame)
