"""What can be done with lanes: group, open, collapse, pin, hide, move, find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.analysis.fuzzy import fuzzy_score
from inspector.analysis.timeline.layout import DENSITIES, MARKS, LaneStrip
from inspector.ui.features.timeline.controller import TimelineController
from inspector.ui.kit.menus import SEPARATOR, MenuItem

if TYPE_CHECKING:
    from collections.abc import Callable


class TimelineLanes(TimelineController):
    """The part of the controller that arranges lanes."""

    def set_group(self, name: str) -> None:
        """Group otherwise."""
        if name != self.source.group:
            self.source.set_group(name)
            self.scene.scroll, self._ready = 0, False
            if self.lanes.opened:
                self.source.open_inside()
            self.advance()

    def toggle_opened(self, key: str) -> None:
        """Show the lanes inside a lane, or no longer."""
        strip = self.scene.layout.strip(key)
        if strip is None or not strip.opens:
            self.toggle_collapsed(key)
            return
        _toggle(self.lanes.opened, key)
        self.lanes.collapsed.discard(key)
        self.source.open_inside()
        self.advance()

    def toggle_collapsed(self, key: str) -> None:
        """Put all rows of a lane on one, or no longer."""
        _toggle(self.lanes.collapsed, key)
        self.relayout()

    def toggle_pinned(self, key: str) -> None:
        """Keep a lane at the top, or no longer."""
        if key in self.lanes.pinned:
            self.lanes.pinned.remove(key)
        else:
            self.lanes.pinned.append(key)
        self.relayout()

    def set_hidden(self, key: str, hidden: bool) -> None:
        """Hide a lane, or show it."""
        (self.lanes.hidden.add if hidden else self.lanes.hidden.discard)(key)
        self.relayout()

    def show_all_lanes(self) -> None:
        """Show every lane that was hidden."""
        self.lanes.hidden.clear()
        self.lanes.only = ""
        self.relayout()

    def set_show_idle(self, shown: bool) -> None:
        """Show lanes without any execution, or do not."""
        self.lanes.show_idle = shown
        self.relayout()

    def set_density(self, name: str) -> None:
        """Make bars higher or lower: one of ``layout.DENSITIES``, or ``auto``."""
        self.lanes.density = name
        self.relayout()

    def set_only(self, text: str) -> None:
        """Show only lanes whose title has these letters in this order."""
        self.lanes.only = text
        self.relayout()

    def go_to_lane(self, text: str) -> bool:
        """Show all lanes again and bring the one that fits the letters best to the top; return False when none does."""
        scores = {strip.key: fuzzy_score(text, strip.title) for strip in self.scene.layout.strips if strip.layer == 0}
        best = max(scores, key=lambda key: scores[key], default="")
        if not best or not scores[best]:
            return False
        self.set_only("")
        strip = self.scene.layout.strip(best)
        if strip is not None and not strip.pinned:
            self.scene.scroll = min(strip.y, self.scene.scroll_range)
        self.scene.found = best
        self.update()
        return True

    def move_lane(self, key: str, before: str) -> None:
        """Put a lane before another; before "" means at the end."""
        keys = [strip.key for strip in self.scene.layout.strips if strip.layer == 0]
        if key not in keys or key == before:
            return
        keys.remove(key)
        keys.insert(keys.index(before) if before in keys else len(keys), key)
        self.lanes.order = keys
        self.relayout()

    def search(self) -> None:
        """Ask what executions to show."""
        self.search_asked()

    def find_lane(self) -> None:
        """Ask for letters of a lane's title."""
        self.find_lane_asked()

    def toggle_lane(self) -> None:
        """Open or close the lane of the selection."""
        self._with_lane(self.toggle_opened)

    def pin_lane(self) -> None:
        """Pin the lane of the selection."""
        self._with_lane(self.toggle_pinned)

    def hide_lane(self) -> None:
        """Hide the lane of the selection."""
        self._with_lane(lambda key: self.set_hidden(key, True))

    def _with_lane(self, act: Callable[[str], None]) -> None:
        bar = self.scene.bar(self.selection.execution)
        if bar is not None:
            act(self.scene.source.layers[0].grouping.lanes[self._parent(bar.strip)].key)

    def _parent(self, strip: LaneStrip) -> int:
        if strip.layer == 0:
            return strip.lane
        return self.source.layers[1].grouping.lanes[strip.lane].parent


def _toggle(keys: set[str], key: str) -> None:
    if key in keys:
        keys.remove(key)
    else:
        keys.add(key)


# What can be done with a lane, as menu lines.


def lane_menu(controller: TimelineLanes, strip: LaneStrip | None) -> list[MenuItem]:
    """Return the lines for a lane, and those for all lanes."""
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
    """Return the lines for all lanes."""
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
