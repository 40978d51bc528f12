"""What can be done with a lane, as menu lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.analysis.timeline.layout import DENSITIES, MARKS, Strip
from inspector.ui.kit.menus import SEPARATOR, MenuItem

if TYPE_CHECKING:
    from inspector.ui.features.timeline.lane_control import TimelineLanes


def lane_menu(controller: TimelineLanes, strip: Strip | None) -> list[MenuItem]:
    """Give the lines for a lane, and those for all lanes."""
    items: list[MenuItem] = []
    if strip is not None and strip.key == MARKS:
        items = [MenuItem("Hide published events", lambda: controller.set_hidden(MARKS, True)), SEPARATOR]
    elif strip is not None:
        key = strip.key
        if strip.opens:
            items.append(
                MenuItem("Show a lane per method", lambda: controller.toggle_opened(key), strip.opened, hint="O")
            )
        items.append(MenuItem("All on one row", lambda: controller.toggle_collapsed(key), strip.collapsed))
        if strip.layer == 0:
            items += [
                MenuItem("Keep at the top", lambda: controller.toggle_pinned(key), strip.pinned, hint="P"),
                MenuItem("Hide", lambda: controller.set_hidden(key, True), hint="H"),
            ]
        items.append(SEPARATOR)
    return items + lanes_menu(controller)


def lanes_menu(controller: TimelineLanes) -> list[MenuItem]:
    """Give the lines for all lanes."""
    lanes, layout = controller.lanes, controller.scene.layout
    hidden = layout.hidden
    items = [
        MenuItem(
            f"Show all lanes ({hidden} hidden)" if hidden else "Show all lanes",
            controller.show_all_lanes,
            enabled=bool(hidden),
            hint="Shift+H",
        ),
        MenuItem(
            "Show idle handlers",
            lambda: controller.set_show_idle(not lanes.show_idle),
            lanes.show_idle,
        ),
        MenuItem("Find a lane…", controller.find_lane, hint="Ctrl+P"),
        SEPARATOR,
    ]
    return items + [_density_item(controller, name) for name in ("auto", *DENSITIES)]


def _density_item(controller: TimelineLanes, name: str) -> MenuItem:
    title = "Rows as there is room" if name == "auto" else f"{name.capitalize()} rows"
    return MenuItem(title, lambda: controller.set_density(name), controller.lanes.density == name)
