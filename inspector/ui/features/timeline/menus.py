"""The menus of lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.analysis.timeline.layout import DENSITIES
from inspector.ui.features.timeline.actions import shortcut_of
from inspector.ui.kit.menus import SEPARATOR, MenuItem

if TYPE_CHECKING:
    from inspector.analysis.timeline.layout import LaneStrip
    from inspector.ui.features.timeline.controller import TimelineController


def lane_menu(controller: TimelineController, strip: LaneStrip | None) -> list[MenuItem]:
    """Return the lines for a lane, and those for all lanes."""
    lanes = controller.lanes
    items: list[MenuItem] = []
    if strip is not None and strip.layer < 0:
        items = [MenuItem(f"Hide {strip.title}", lambda: lanes.set_hidden(strip.key, True)), SEPARATOR]
    elif strip is not None:
        key = strip.key
        if strip.heads:
            items.append(MenuItem("Show a lane per handler", lambda: lanes.toggle_opened(key), strip.opened))
        elif strip.opens:
            items.append(
                MenuItem(
                    "Show a lane per method",
                    lambda: lanes.toggle_opened(key),
                    strip.opened,
                    hint=shortcut_of("timeline.toggle_lane"),
                )
            )
        if not strip.heads:
            items.append(MenuItem("All on one row", lambda: lanes.toggle_collapsed(key), strip.collapsed))
        if strip.layer == 0:
            items.append(
                MenuItem(
                    "Pin lane",
                    lambda: lanes.toggle_pinned(key),
                    strip.pinned,
                    hint=shortcut_of("timeline.pin_lane"),
                )
            )
        if strip.layer == 0 or strip.opens:
            hide = shortcut_of("timeline.hide_lane")
            items.append(MenuItem("Hide", lambda: lanes.set_hidden(key, True), hint=hide))
        items.append(SEPARATOR)
    return items + lanes_menu(controller)


def lanes_menu(controller: TimelineController) -> list[MenuItem]:
    """Return the lines for all lanes."""
    state, hidden = controller.lanes.state, controller.scene.layout.hidden
    items = [
        MenuItem(
            f"Show all lanes ({hidden} hidden)" if hidden else "Show all lanes",
            controller.lanes.show_all,
            enabled=bool(hidden),
            hint=shortcut_of("timeline.show_all"),
        ),
        MenuItem(
            "Show idle handlers",
            lambda: controller.lanes.set_show_idle(not state.show_idle),
            state.show_idle,
        ),
        MenuItem("Find lane…", controller.find_lane_wanted.emit, hint=shortcut_of("timeline.find_lane")),
        SEPARATOR,
    ]
    return items + [_density_item(controller, name) for name in ("auto", *DENSITIES)]


def _density_item(controller: TimelineController, name: str) -> MenuItem:
    title = "Auto row height" if name == "auto" else f"{name.capitalize()} rows"
    return MenuItem(title, lambda: controller.lanes.set_density(name), controller.lanes.state.density == name)
