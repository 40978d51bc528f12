"""What is looked at: zoom, pan, follow, and the way back. No Qt: tested without a window."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from inspector.analysis.timeline.geometry import SHORTEST, TimeView

if TYPE_CHECKING:
    from collections.abc import Callable

#: What a new timeline shows, ns.
FIRST_SPAN: Final = 2_400_000_000
#: Room kept to the right of what is newest while following, as a share of the view.
LEAD: Final = 0.015
#: Room kept before what happened first, and before what happened last, likewise.
_BEFORE: Final = 0.05
#: How much more than the whole session can be shown, as a share of it.
_ROOM: Final = 1.1

_KEPT: Final = 100
_GESTURE: Final = 0.6


class Navigator:
    """The view and how it moves.

    While following, the newest is at the right edge whatever comes; every action but zoom ends it. Steps back are taken
    over whole gestures: ten turns of the wheel are one.

    Args:
        clock: Seconds, monotonic; tells gestures apart.
        stepped: Called when a gesture begins that ``step_back`` would take back.
    """

    def __init__(self, clock: Callable[[], float], stepped: Callable[[], object] = lambda: None) -> None:
        self._clock = clock
        self._stepped = stepped
        self._first_span = FIRST_SPAN
        self._view = TimeView(0, FIRST_SPAN, 1000)
        self._following = True
        self._newest = 0
        self._first = self._last_start = -1
        self._behind: list[TimeView] = []
        self._ahead: list[TimeView] = []
        self._gesture = ""
        self._last = 0.0
        self._fitted = False

    @property
    def view(self) -> TimeView:
        """What is looked at."""
        return self._view

    @property
    def following(self) -> bool:
        """Whether the view moves along with what is recorded."""
        return self._following

    @property
    def newest(self) -> int:
        """The end of what there is, ns."""
        return self._newest

    def reset(self) -> None:
        """Forget everything, as when another session is shown."""
        self._view = TimeView(0, self._first_span, self._view.width)
        self._following, self._newest, self._behind, self._ahead = True, 0, [], []
        self._first = self._last_start = -1
        self._fitted = False

    def set_first_span(self, span: int) -> None:
        """Show so much time whenever a session is shown anew, in ns; at once while following."""
        if span == self._first_span:
            return
        self._first_span = max(SHORTEST, span)
        if self._following:
            self._view = TimeView(0, self._first_span, self._view.width)
            self._keep_up()

    def resize(self, width: int) -> None:
        """Keep start and span over another number of pixels."""
        self._view = TimeView(self._view.start, self._view.span, max(1, width))

    def arrive(self, newest: int, first: int = -1, last: int = -1) -> bool:
        """Take notice of how far the session has come; return whether the view moved.

        Args:
            newest: The end of what there is.
            first: Where the first thing happened, -1 for nowhere: until the view is full, it begins there.
            last: Where the last thing began, -1 for nowhere: it stays in sight however long nothing happens.
        """
        self._newest = max(self._newest, newest)
        self._first, self._last_start = first, last
        return self._keep_up()

    def convert(self, place: Callable[[int], int], newest: int) -> None:
        """Take over another axis: every place on the old one is told where it is on the new one."""
        self._newest = newest
        self._first, self._last_start = (place(at) if at >= 0 else at for at in (self._first, self._last_start))
        self._behind = [self._converted(view, place) for view in self._behind]
        self._ahead = [self._converted(view, place) for view in self._ahead]
        self._view = self._converted(self._view, place)
        self._keep_up()

    def _converted(self, view: TimeView, place: Callable[[int], int]) -> TimeView:
        start = place(view.start)
        return TimeView(start, max(SHORTEST, place(view.end) - start), view.width)

    def follow(self, on: bool) -> None:
        """Follow what is recorded, or stand still."""
        self._following = on
        self._gesture = ""
        self._keep_up()

    def zoom(self, factor: float, x: float) -> None:
        """Show ``factor`` times as much around ``x``; around the newest while following.

        At most the whole session with a little room, and then all of it, unless more is shown already.
        """
        view, factor = self._view, min(factor, self._longest / self._view.span)
        if factor != 1:
            view = view.zoomed(factor, view.x_of(self._newest) if self._following else x)
        if factor >= 1 and view.span >= self._newest and not self._following:
            view = replace(view, start=min(max(view.start, self._newest - view.span), 0))
        if view != self._view:
            self._remember("zoom")
            self._set(view)

    def pan(self, pixels: float) -> None:
        """Look so many pixels later."""
        self._remember("pan")
        self._following = False
        self._set(self._view.moved(round(pixels * self._view.per_pixel)))

    def show(self, start: int, end: int, margin: float = 0.0) -> None:
        """Show a stretch, with a margin (a share of it) on both sides."""
        self._remember("")
        self._following = False
        span = max(SHORTEST, end - start)
        room = round(span * margin)
        self._set(TimeView(start - room, span + 2 * room, self._view.width))

    def brush(self, start: int, end: int) -> None:
        """Show a stretch while it is being dragged: all of the drag is one step."""
        self._remember("brush")
        self._following = False
        self._set(TimeView(start, max(SHORTEST, end - start), self._view.width))

    def centre(self, time: int) -> None:
        """Show as much, with a time in the middle."""
        self._remember("")
        self._following = False
        self._set(TimeView(time - self._view.span // 2, self._view.span, self._view.width))

    def fit(self) -> None:
        """Show the whole session."""
        self._remember("")
        self._following = False
        self._set(TimeView(0, max(SHORTEST, self._newest), self._view.width))
        self._fitted = True

    def refit(self) -> None:
        """Show the whole session again now that there is more of it, unless another view was chosen since ``fit``."""
        if self._fitted:
            self._view = TimeView(0, max(SHORTEST, self._newest), self._view.width)

    def home(self) -> None:
        """Go to the beginning."""
        self.pan_to(0)

    def end(self) -> None:
        """Go to the newest."""
        self.pan_to(max(0, self._newest - round(self._view.span * (1 - LEAD))))

    def pan_to(self, start: int) -> None:
        """Look from another time on."""
        self._remember("")
        self._following = False
        self._set(TimeView(start, self._view.span, self._view.width))

    def step_back(self) -> bool:
        """Go back to the view before the last gesture; return False when there is none."""
        return self._step(self._behind, self._ahead)

    def step_forward(self) -> bool:
        """Go forward again to the view that ``step_back`` left; return False when there is none."""
        return self._step(self._ahead, self._behind)

    def _step(self, wanted: list[TimeView], left: list[TimeView]) -> bool:
        if not wanted:
            return False
        view = wanted.pop()
        left.append(self._view)
        self._following = self._fitted = False
        self._gesture = ""
        self._view = TimeView(view.start, view.span, self._view.width)
        return True

    def _remember(self, gesture: str) -> None:
        self._fitted = False
        now = self._clock()
        same = gesture and gesture == self._gesture and now - self._last < _GESTURE
        self._gesture, self._last = gesture, now
        if not same:
            self._behind = [*self._behind[-_KEPT:], self._view]
            self._ahead = []
            self._stepped()

    @property
    def _longest(self) -> int:
        """The longest stretch that can be asked for, ns: never less than what is looked at."""
        whole = max(self._newest, self._first_span if self._following else SHORTEST)
        return max(round(whole * _ROOM) + SHORTEST, self._view.span)

    def _set(self, view: TimeView) -> None:
        """Look at a stretch: of the session, at most half of it beside that, or of what is looked at already."""
        span = min(view.span, self._longest)
        least = min(-span // 2, self._view.start)
        most = max(self._newest - span // 2, self._view.end - span, 0)
        self._view = replace(view, start=min(max(view.start, least), most), span=span)
        self._keep_up()

    def _keep_up(self) -> bool:
        if not self._following:
            return False
        span, before = self._view.span, round(self._view.span * _BEFORE)
        start = self._newest - round(span * (1 - LEAD))
        if self._first >= 0:
            start = max(start, self._first - before)
        if self._last_start >= 0:
            start = min(start, self._last_start - before)
        start = max(0, start)
        if start == self._view.start:
            return False
        self._view = TimeView(start, self._view.span, self._view.width)
        return True
