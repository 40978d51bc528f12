"""What the mouse does on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, Qt

from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.features.timeline.pointing import execution_at, nearly_hit, publication_at
from inspector.ui.features.timeline.testband import ran_at

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QWheelEvent
    from PySide6.QtWidgets import QWidget

    from inspector.ui.features.timeline.controller import TimelineController

_STILL: Final = 4
_NOTCH: Final = 120
#: Pixels within which a line is taken hold of.
_NEAR: Final = 3


class Mouse:
    """Turns gestures into what the controller does.

    Args:
        controller: Does it.
        widget: Where the mouse is; gets the shape of the pointer and the focus.
    """

    def __init__(self, controller: TimelineController, widget: QWidget) -> None:
        self._controller = controller
        self._widget = widget
        self._gesture = ""
        self._pressed = QPointF()
        self._last = QPointF()
        self._time = 0
        self._moved = False

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom at the pointer with Ctrl, pan with Shift, else scroll the lanes."""
        controller = self._controller
        delta = event.angleDelta()
        turned = delta.y() or delta.x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            controller.zoom_at(0.8 ** (turned / _NOTCH), event.position().x())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(delta.x()) > abs(delta.y()):
            controller.pan(-turned / _NOTCH * controller.scene.view.width * 0.1)
        else:
            controller.lanes.scroll(round(-turned / _NOTCH * 48))
        event.accept()

    def press(self, event: QMouseEvent) -> None:
        """Begin what the place and the modifiers say."""
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._widget.setFocus(Qt.FocusReason.MouseFocusReason)
        place, controller = event.position(), self._controller
        self._pressed = self._last = place
        self._moved = False
        self._time = controller.scene.time_of(max(place.x(), controller.scene.gutter))
        self._gesture = self._gesture_at(place, event)

    def _gesture_at(self, place: QPointF, event: QMouseEvent) -> str:
        scene = self._controller.scene
        if event.button() == Qt.MouseButton.MiddleButton:
            return "pan"
        if abs(place.x() - scene.gutter) <= _NEAR:
            return "gutter"
        if place.x() < scene.gutter:
            return "title" if place.y() > RULER_HEIGHT else ""
        if place.y() <= RULER_HEIGHT:
            return "ruler"
        other = self._other_limit(place)
        if other is not None:
            self._time = other
            return "measure"
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        return "measure" if shift or self._controller.measure.mode else "pan"

    def move(self, event: QMouseEvent) -> None:
        """Go on with the gesture, or say what is under the pointer."""
        place, controller = event.position(), self._controller
        scene = controller.scene
        if not self._gesture:
            self._point(place)
            return
        if not self._moved and (place - self._pressed).manhattanLength() < _STILL:
            return
        self._moved = True
        time = scene.time_of(min(max(place.x(), scene.gutter), scene.width))
        if self._gesture == "gutter":
            controller.set_gutter(round(place.x()))
        elif self._gesture == "ruler":
            scene.zooming = (self._time, time)
            controller.update()
        elif self._gesture == "measure":
            controller.measure.drag((self._time, time))
        elif self._gesture == "pan":
            self._drag(place)
        self._last = place

    def release(self, event: QMouseEvent) -> None:
        """End the gesture; one that did not move is a click."""
        gesture, self._gesture = self._gesture, ""
        place, controller = event.position(), self._controller
        scene = controller.scene
        self._widget.unsetCursor()
        if gesture == "ruler":
            chosen, scene.zooming = scene.zooming, None
            if chosen is not None and self._moved:
                controller.show(*sorted(chosen))
        elif gesture == "measure" and self._moved and scene.measuring is not None:
            controller.measure.set_range(scene.measuring)
        elif gesture == "title":
            self._title_released(place)
        elif gesture in ("pan", "measure") and not self._moved:
            self._click(place)
        self._point(place)

    def double_click(self, event: QMouseEvent) -> None:
        """Zoom to an execution; on a title, open its lane; on the ruler, fit."""
        place, controller = event.position(), self._controller
        scene = controller.scene
        if place.y() <= RULER_HEIGHT:
            controller.fit()
        elif place.x() < scene.gutter:
            strip = scene.layout.strip_at(place.y() - RULER_HEIGHT, scene.scroll)
            if strip is not None and strip.layer >= 0:
                controller.lanes.toggle_opened(strip.key)
        else:
            execution = execution_at(scene, place.x(), place.y())
            if execution >= 0:
                controller.steps.zoom_to(ExecutionIndex(execution))

    def leave(self) -> None:
        """Point at nothing."""
        scene = self._controller.scene
        scene.hover = None
        self._controller.update()

    def _point(self, place: QPointF) -> None:
        scene = self._controller.scene
        scene.hover = (place.x(), place.y())
        shape = Qt.CursorShape.ArrowCursor
        if abs(place.x() - scene.gutter) <= _NEAR:
            shape = Qt.CursorShape.SplitHCursor
        elif self._other_limit(place) is not None:
            shape = Qt.CursorShape.SizeHorCursor
        self._widget.setCursor(shape)
        self._controller.update()

    def _other_limit(self, place: QPointF) -> int | None:
        """Return the limit of the measured range, in ns, across from the one that is here; None where there is none."""
        scene = self._controller.scene
        start, end = self._controller.selection.range
        if start < 0 or place.x() < scene.gutter or place.y() <= RULER_HEIGHT:
            return None
        for limit, other in ((end, start), (start, end)):
            if abs(place.x() - scene.x_of(limit)) <= _NEAR:
                return other
        return None

    def _drag(self, place: QPointF) -> None:
        controller = self._controller
        self._widget.setCursor(Qt.CursorShape.ClosedHandCursor)
        controller.lanes.scroll(round(self._last.y() - place.y()))
        if place.x() != self._last.x():
            controller.pan(self._last.x() - place.x())

    def _click(self, place: QPointF) -> None:
        controller = self._controller
        execution = execution_at(controller.scene, place.x(), place.y())
        if execution >= 0:
            controller.steps.select(ExecutionIndex(execution))
            return
        mark = publication_at(controller.scene, place.x(), place.y())
        test = ran_at(controller.scene, place.x(), place.y())
        if test is not None:
            controller.measure.set_range((test.started, test.at))
        elif mark >= 0:
            controller.steps.select_publication(PublicationIndex(mark))
        elif not nearly_hit(controller.scene, place.x(), place.y()):
            controller.steps.select(ExecutionIndex(-1))

    def _title_released(self, place: QPointF) -> None:
        controller = self._controller
        layout, scroll = controller.scene.layout, controller.scene.scroll
        pressed = layout.strip_at(self._pressed.y() - RULER_HEIGHT, scroll)
        target = layout.strip_at(place.y() - RULER_HEIGHT, scroll)
        if pressed is None or pressed.layer < 0:
            return
        if self._moved and pressed.layer == 0:
            lower = target is not None and place.y() - RULER_HEIGHT > layout.top(target, scroll) + target.height / 2
            if target is not None and target.layer > 0:  # among the lanes inside: after the lane that they are in
                target, lower = layout.head(target), True
            strips = [strip for strip in layout.strips if strip.layer == 0]
            place_of = strips.index(target) + lower if target in strips else len(strips)
            controller.lanes.move(pressed.key, strips[place_of].key if place_of < len(strips) else "")
        elif not self._moved and self._pressed.x() < 24 + 16 * pressed.layer and (pressed.layer == 0 or pressed.opens):
            controller.lanes.toggle_opened(pressed.key)
