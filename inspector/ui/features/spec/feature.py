"""How this program is read: a window of its own, which shows, changes and copies the specs of the buses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context


def make(context: Context) -> Parts:
    """Make the window of the specs."""
    from inspector.ui.features.spec.flow import SpecFlow

    flow = SpecFlow(context)
    command = Command(
        "spec.show",
        "How This Program Is Read",
        flow.show,
        "View",
        "spec",
        (),
        "eye",
        "Show and edit publish points, containers and patterns of each bus",
        blocked=flow.blocked,
    )
    return Parts(commands=(command,))


FEATURE: Final = Feature("spec", "How This Program Is Read", "eye", "", make)
