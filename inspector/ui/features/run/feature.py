"""Run a command and watch it. It has no panel; the bar says which command it is, and how many processes live."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context
    from inspector.ui.kit.menus import MenuItem


def make(context: Context) -> Parts:
    """Make what runs commands in a window."""
    from inspector.ui.features.run.flow import RunFlow

    flow = RunFlow(context)
    context.closing.connect(flow.close)

    async def start() -> bool:
        flow.look()
        return True

    def recent() -> list[MenuItem]:
        return [replace(item, icon="play", hint="command") for item in flow.recent_items()]

    menus = {"run.recent": flow.recent_items, "run.attach": flow.attach_items, "source": flow.source_items}
    return Parts(commands=flow.commands(), start=start, menus=menus, finds=(recent,))


FEATURE: Final = Feature("run", "Run", "play", "", make)
