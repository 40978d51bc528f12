"""What keys and mouse do in the timeline, as data: commands, ``?`` sheet and the keys are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from inspector.ui.kit.keys import native_shortcut

if TYPE_CHECKING:
    from inspector.ui.features.timeline.controller import TimelineController


@dataclass(frozen=True)
class TimelineAction:
    """One thing the timeline can do.

    Attributes:
        id: Command id.
        title: What it does.
        keys: Portable key texts; the first is shown.
        method: Name of the controller's method, or of one of its parts: ``lanes.up``.
        section: Actions of one section stand together.
    """

    id: str
    title: str
    keys: tuple[str, ...]
    method: str
    section: str

    def run(self, timeline: TimelineController) -> None:
        """Do it."""
        attrgetter(self.method)(timeline)()


ACTIONS: Final = (
    TimelineAction("timeline.zoom_in", "Zoom In", ("W", "+", "="), "zoom_in", "Zoom"),
    TimelineAction("timeline.zoom_out", "Zoom Out", ("S", "-"), "zoom_out", "Zoom"),
    TimelineAction("timeline.fit", "Zoom to Session", ("0",), "fit", "Zoom"),
    TimelineAction("timeline.focus", "Zoom to Selection", ("F",), "steps.focus_selection", "Zoom"),
    TimelineAction("timeline.fold_gaps", "Fold Idle Gaps", ("G",), "toggle_folds", "Zoom"),
    TimelineAction("timeline.back", "Undo Zoom or Pan", ("Backspace",), "back_wanted.emit", "Zoom"),
    TimelineAction("timeline.left", "Pan Left", ("A", "Left"), "pan_left", "Move"),
    TimelineAction("timeline.right", "Pan Right", ("D", "Right"), "pan_right", "Move"),
    TimelineAction("timeline.up", "Scroll Up", ("Up",), "lanes.up", "Move"),
    TimelineAction("timeline.down", "Scroll Down", ("Down",), "lanes.down", "Move"),
    TimelineAction("timeline.page_up", "Scroll Page Up", ("PgUp",), "lanes.page_up", "Move"),
    TimelineAction("timeline.page_down", "Scroll Page Down", ("PgDown",), "lanes.page_down", "Move"),
    TimelineAction("timeline.home", "Go to Beginning", ("Home",), "home", "Move"),
    TimelineAction("timeline.end", "Go to Newest", ("End",), "end", "Move"),
    TimelineAction("timeline.follow", "Follow Live", ("L", "Space"), "toggle_follow", "Move"),
    TimelineAction("timeline.next", "Next Execution in Lane", (".",), "steps.next_in_lane", "Selection"),
    TimelineAction("timeline.previous", "Previous Execution in Lane", (",",), "steps.previous_in_lane", "Selection"),
    TimelineAction("timeline.cause", "Go to Cause", ("[",), "steps.to_cause", "Selection"),
    TimelineAction("timeline.effect", "Go to Effect", ("]",), "steps.to_effect", "Selection"),
    TimelineAction("timeline.next_failure", "Next Failure", ("N",), "steps.next_failure", "Selection"),
    TimelineAction(
        "timeline.previous_failure", "Previous Failure", ("Shift+N",), "steps.previous_failure", "Selection"
    ),
    TimelineAction("timeline.clear", "Clear Range and Selection", ("Escape",), "steps.clear", "Selection"),
    TimelineAction("timeline.measure", "Measure by Dragging", ("M",), "measure.toggle", "Selection"),
    TimelineAction("timeline.zoom_range", "Zoom to Range", ("Z",), "measure.zoom", "Selection"),
    TimelineAction("timeline.search", "Filter Executions…", ("/",), "search_wanted.emit", "Lanes"),
    TimelineAction("timeline.find_lane", "Find Lane…", ("Ctrl+P",), "find_lane_wanted.emit", "Lanes"),
    TimelineAction("timeline.toggle_lane", "Expand/Collapse Selected Lane", ("O",), "lanes.toggle_selected", "Lanes"),
    TimelineAction("timeline.pin_lane", "Pin Selected Lane", ("P",), "lanes.pin_selected", "Lanes"),
    TimelineAction("timeline.hide_lane", "Hide Selected Lane", ("H",), "lanes.hide_selected", "Lanes"),
    TimelineAction("timeline.show_all", "Show All Lanes", ("Shift+H",), "lanes.show_all", "Lanes"),
    TimelineAction("timeline.filter_back", "Undo Filter", ("Alt+Backspace",), "filter_back_wanted.emit", "Lanes"),
)

#: What the mouse does, for the ``?`` sheet: gesture and effect.
GESTURES: Final = (
    ("Wheel", "Scroll the lanes"),
    ("Ctrl+wheel", "Zoom at the pointer"),
    ("Shift+wheel", "Pan"),
    ("Drag", "Pan"),
    ("Shift+drag", "Measure a range"),
    ("Drag a range limit", "Move the limit"),
    ("Drag on the ruler", "Zoom to a range"),
    ("Click", "Select; on empty space: clear"),
    ("Double-click", "Zoom to the execution"),
    ("Drag a lane title", "Move the lane"),
    ("Right-click", "Context menu"),
    ("Drag in the minimap", "Move or resize the view"),
)

#: Key text → action, for every key.
BY_KEY: Final = {key: action for action in ACTIONS for key in action.keys}
_SHORTCUTS: Final = {action.id: native_shortcut(action.keys[0]) for action in ACTIONS}


def shortcut_of(action_id: str) -> str:
    """Return the first key of an action as people write it on this platform.

    Raises:
        KeyError: There is no such action.
    """
    return _SHORTCUTS[action_id]
