"""What keys and mouse do in the timeline, as data: commands, ``?`` sheet and the keys are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class TimelineAction:
    """One thing the timeline can do.

    Attributes:
        id: Command id.
        title: What it does.
        keys: Portable key texts; the first is shown.
        method: Name of the controller's method.
        section: Actions of one section stand together.
    """

    id: str
    title: str
    keys: tuple[str, ...]
    method: str
    section: str


ACTIONS: Final = (
    TimelineAction("timeline.zoom_in", "Zoom in", ("W", "+", "="), "zoom_in", "Zoom"),
    TimelineAction("timeline.zoom_out", "Zoom out", ("S", "-"), "zoom_out", "Zoom"),
    TimelineAction("timeline.fit", "Fit the whole session", ("0",), "fit", "Zoom"),
    TimelineAction("timeline.focus", "Centre the selection, again: fit it", ("F",), "focus_selection", "Zoom"),
    TimelineAction("timeline.fold_gaps", "Fold idle gaps", ("G",), "toggle_folds", "Zoom"),
    TimelineAction("timeline.back", "Undo zoom or pan", ("Backspace", "Alt+Left"), "step_back", "Zoom"),
    TimelineAction("timeline.left", "Pan left", ("A", "Left"), "pan_left", "Move"),
    TimelineAction("timeline.right", "Pan right", ("D", "Right"), "pan_right", "Move"),
    TimelineAction("timeline.up", "Scroll the lanes up", ("Up",), "lanes_up", "Move"),
    TimelineAction("timeline.down", "Scroll the lanes down", ("Down",), "lanes_down", "Move"),
    TimelineAction("timeline.page_up", "Scroll a page of lanes up", ("PgUp",), "lanes_page_up", "Move"),
    TimelineAction("timeline.page_down", "Scroll a page of lanes down", ("PgDown",), "lanes_page_down", "Move"),
    TimelineAction("timeline.home", "Go to the beginning", ("Home",), "home", "Move"),
    TimelineAction("timeline.end", "Go to the newest", ("End",), "end", "Move"),
    TimelineAction("timeline.follow", "Follow what is recorded", ("L", "Space"), "toggle_follow", "Move"),
    TimelineAction("timeline.next", "Next execution in the lane", (".",), "next_in_lane", "Selection"),
    TimelineAction("timeline.previous", "Previous execution in the lane", (",",), "previous_in_lane", "Selection"),
    TimelineAction("timeline.cause", "Go to the cause", ("[",), "to_cause", "Selection"),
    TimelineAction("timeline.effect", "Go to the effect", ("]",), "to_effect", "Selection"),
    TimelineAction("timeline.next_failure", "Next failure", ("N",), "next_failure", "Selection"),
    TimelineAction("timeline.previous_failure", "Previous failure", ("Shift+N",), "previous_failure", "Selection"),
    TimelineAction("timeline.clear", "Clear range and selection", ("Escape",), "clear", "Selection"),
    TimelineAction("timeline.measure", "Measure by dragging, on or off", ("M",), "toggle_measure", "Selection"),
    TimelineAction("timeline.zoom_range", "Zoom to the measured range", ("Z",), "zoom_to_range", "Selection"),
    TimelineAction("timeline.search", "Search executions: the filter", ("/",), "search", "Lanes"),
    TimelineAction("timeline.find_lane", "Find a lane", ("Ctrl+P",), "find_lane", "Lanes"),
    TimelineAction("timeline.toggle_lane", "Open or close the lane of the selection", ("O",), "toggle_lane", "Lanes"),
    TimelineAction("timeline.pin_lane", "Pin the lane of the selection", ("P",), "pin_lane", "Lanes"),
    TimelineAction("timeline.hide_lane", "Hide the lane of the selection", ("H",), "hide_lane", "Lanes"),
    TimelineAction("timeline.show_all", "Show all lanes", ("Shift+H",), "show_all_lanes", "Lanes"),
    TimelineAction("timeline.filter_back", "Undo the filter", ("Alt+Backspace",), "filter_back", "Lanes"),
)

#: What the mouse does, for the ``?`` sheet: gesture and effect.
GESTURES: Final = (
    ("Wheel", "Scroll the lanes"),
    ("Ctrl+wheel", "Zoom at the pointer"),
    ("Shift+wheel", "Pan"),
    ("Drag", "Pan"),
    ("Shift+drag", "Measure a range"),
    ("Drag a limit of the range", "Move the limit"),
    ("Drag on the ruler", "Zoom to a range"),
    ("Click", "Select an execution or a published event; on nothing: clear"),
    ("Double click", "Zoom to the execution"),
    ("Drag a lane's title", "Move the lane"),
    ("Right click on a lane's title", "Pin, hide, collapse"),
    ("Drag in the minimap", "Move or resize what is looked at"),
)

#: Key text → action, for every key.
BY_KEY: Final = {key: action for action in ACTIONS for key in action.keys}
