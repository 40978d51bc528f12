"""A project of the person's own: opened, watched, reloaded. It has no panel; the strip above the timeline speaks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context
    from inspector.ui.kit.menus import MenuItem


def make(context: Context) -> Parts:
    """Make what opens projects in a window."""
    from inspector.app.places import kept_settings_path, trust_path
    from inspector.hosts.kept import KeptSettings, Trust
    from inspector.ui.features.project.flow import ProjectFlow

    flow = ProjectFlow(context, Trust(trust_path()), KeptSettings(kept_settings_path()))
    context.closing.connect(flow.close)
    context.stopping.connect(flow.give_up)
    context.project_wanted.connect(flow.reload)
    context.project_saved.connect(flow.wrote)

    async def start() -> bool:
        launch = context.launch
        if launch.project is None:
            return True
        context.shell.set_source(launch.project.name)
        return await flow.load(launch.project, confirmed=launch.confirmed, seed=launch.seed)

    def recent() -> list[MenuItem]:
        return [replace(item, icon="folder", hint="project") for item in flow.recent_items()]

    menus = {"project.recent": flow.recent_items}
    return Parts(commands=flow.commands(), start=start, menus=menus, finds=(recent,))


FEATURE: Final = Feature("project", "Project", "folder", "", make)
