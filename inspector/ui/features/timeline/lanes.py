"""What can be done with lanes: group, open, collapse, pin, hide, move, scroll, find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.analysis.fuzzy import fuzzy_score
from inspector.analysis.timeline.layout import LaneState

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.analysis.journal import Journal
    from inspector.ui.features.timeline.controller import TimelineController

#: Pixels that the arrows scroll, and the share of what is seen that a page is.
_LITTLE: Final = 40
_PAGE: Final = 0.8


class TimelineLanes:
    """Arranges the lanes of a timeline.

    Args:
        timeline: Whose lanes.

    Attributes:
        state: What was chosen about them.
    """

    def __init__(self, timeline: TimelineController) -> None:
        self._timeline = timeline
        self.state = LaneState()
        #: What a person chose to group by; None: by process where there are several, else by handler.
        self._chosen: str | None = None

    def set_group(self, name: str) -> None:
        """Group otherwise."""
        self._chosen = name
        self.regroup()

    def group_of(self, journal: Journal) -> str:
        """Return how the lanes of a session are grouped."""
        several = journal.processes.several
        name = self._chosen or ("process" if several else "handler")
        return name if several or name != "process" else "handler"

    def regroup(self) -> None:
        """Group as it was chosen, should it be otherwise: there may be several processes now."""
        source = self._timeline.source
        name = self.group_of(source.journal)
        if name != source.group:
            source.set_group(name)
            self._timeline.scene.scroll = 0
            if self.state.opened:
                source.open_inside()
            self._timeline.reread()

    def toggle_opened(self, key: str) -> None:
        """Show the lanes inside a lane, or no longer."""
        strip = self._timeline.scene.layout.strip(key)
        if strip is None or not strip.opens:
            self.toggle_collapsed(key)
            return
        if strip.heads:
            _toggle(self.state.closed, key)
            self._timeline.relayout()
            return
        _toggle(self.state.opened, key)
        self.state.collapsed.discard(key)
        self._timeline.source.open_inside()
        self._timeline.advance()

    def toggle_collapsed(self, key: str) -> None:
        """Put all rows of a lane on one, or no longer."""
        _toggle(self.state.collapsed, key)
        self._timeline.relayout()

    def toggle_pinned(self, key: str) -> None:
        """Keep a lane at the top, or no longer."""
        if key in self.state.pinned:
            self.state.pinned.remove(key)
        else:
            self.state.pinned.append(key)
        self._timeline.relayout()

    def set_hidden(self, key: str, hidden: bool) -> None:
        """Hide a lane, or show it."""
        (self.state.hidden.add if hidden else self.state.hidden.discard)(key)
        self._timeline.relayout()

    def show_all(self) -> None:
        """Show every lane that was hidden."""
        self.state.hidden.clear()
        self.state.only = ""
        self._timeline.relayout()

    def set_show_idle(self, shown: bool) -> None:
        """Show lanes without any execution, or do not."""
        self.state.show_idle = shown
        self._timeline.relayout()

    def set_density(self, name: str) -> None:
        """Make bars higher or lower: one of ``layout.DENSITIES``, or ``auto``."""
        self.state.density = name
        self._timeline.relayout()

    def set_only(self, text: str) -> None:
        """Show only lanes whose title has these letters in this order."""
        self.state.only = text
        self._timeline.relayout()

    def go_to(self, text: str) -> bool:
        """Show all lanes again and bring the one that fits the letters best to the top; return False when none does."""
        scene = self._timeline.scene
        strips = [strip for strip in scene.layout.strips if strip.layer == 0 or strip.opens]
        scores = {strip.key: fuzzy_score(text, strip.title) for strip in strips}
        best = max(scores, key=lambda key: scores[key], default="")
        if not best or not scores[best]:
            return False
        self.set_only("")
        strip = scene.layout.strip(best)
        if strip is not None and not strip.pinned:
            scene.scroll = min(strip.y, scene.scroll_range)
        scene.found = best
        self._timeline.update()
        return True

    def move(self, key: str, before: str) -> None:
        """Put a lane before another; before "" means at the end."""
        keys = [strip.key for strip in self._timeline.scene.layout.strips if strip.layer == 0]
        if key not in keys or key == before:
            return
        keys.remove(key)
        keys.insert(keys.index(before) if before in keys else len(keys), key)
        self.state.order = keys
        self._timeline.relayout()

    # The lane of the selection.

    def toggle_selected(self) -> None:
        """Open or close the lane of the selection."""
        self._with_selected(self.toggle_opened, self._timeline.source.main)

    def pin_selected(self) -> None:
        """Pin the lane of the selection, where lanes are grouped by process that of its process."""
        self._with_selected(self.toggle_pinned, 0)

    def hide_selected(self) -> None:
        """Hide the lane of the selection."""
        self._with_selected(lambda key: self.set_hidden(key, True), self._timeline.source.main)

    def _with_selected(self, act: Callable[[str], None], layer: int) -> None:
        """Do something with the lane of the selection that is in a layer, or in the next one outside of it."""
        bar = self._timeline.scene.bar(self._timeline.selection.execution)
        if bar is None:
            return
        lane, at = bar.strip.lane, bar.strip.layer
        while at > layer:
            lane, at = self._timeline.source.layers[at].grouping.lanes[lane].parent, at - 1
        act(self._timeline.source.layers[at].grouping.lanes[lane].key)

    # Scrolling.

    def scroll(self, pixels: int) -> None:
        """Scroll the lanes down by pixels."""
        scene = self._timeline.scene
        scene.scroll = min(max(scene.scroll + pixels, 0), scene.scroll_range)
        self._timeline.update()

    def up(self) -> None:
        """Scroll up a little."""
        self.scroll(-_LITTLE)

    def down(self) -> None:
        """Scroll down a little."""
        self.scroll(_LITTLE)

    def page_up(self) -> None:
        """Scroll up a page."""
        self.scroll(-round(self._timeline.scene.lanes_height * _PAGE))

    def page_down(self) -> None:
        """Scroll down a page."""
        self.scroll(round(self._timeline.scene.lanes_height * _PAGE))


def _toggle(keys: set[str], key: str) -> None:
    if key in keys:
        keys.remove(key)
    else:
        keys.add(key)
