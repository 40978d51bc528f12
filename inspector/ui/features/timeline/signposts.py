"""What the timeline says of things that are not in view, with the way there: the selection, and what a filter finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QWidget

from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.layouts import hbox
from inspector.ui.kit.text import PlainLabel

if TYPE_CHECKING:
    from inspector.ui.features.timeline.controller import TimelineController
    from inspector.ui.kit.theme import Theme

_MARGIN: Final = 6
#: So many pixels of a bar have to be in view, else it is not.
_SEEN: Final = 4
#: What a filter finds is looked for anew so often, seconds: it costs milliseconds where a million executions are shown.
_EVERY: Final = 0.25


class Signposts(QObject):
    """Shows over a canvas where the selection is when that is out of sight, and that no match is in view.

    Args:
        theme: The look.
        canvas: The canvas.
        controller: What is shown.

    Attributes:
        edge: At the edge beyond which the selection is; brings it into sight.
        nothing: Says that no match is in view.
        first: Goes to the first match.
    """

    def __init__(self, theme: Theme, canvas: QWidget, controller: TimelineController) -> None:
        super().__init__(canvas)
        self._canvas, self._controller = canvas, controller
        self.edge = Button(theme, "", parent=canvas, on_click=controller.reveal_selection)
        self.edge.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.edge.hide()
        self.nothing = QWidget(canvas)
        self._words = PlainLabel("", "dim")
        self.first = Button(theme, "Go to first match", on_click=controller.go_to_first_match)
        self.first.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        hbox(self._words, self.first, owner=self.nothing, spacing=10)
        self.nothing.hide()
        self._key: tuple[object, ...] = ()
        self._looked_at = 0.0
        self._said = ""

    def refresh(self) -> None:
        """Follow what is shown."""
        self._point_to_selection()
        self._tell_matches()

    # -- the selection

    def _point_to_selection(self) -> None:
        words, place = self._whereabouts()
        if not words:
            self.edge.hide()
            return
        self.edge.set_text(words)
        self.edge.set_help("Selection off-screen. Click to show it.")
        self.edge.adjustSize()
        scene = self._controller.scene
        low, high = scene.gutter + _MARGIN, scene.width - self.edge.width() - _MARGIN - 9
        top, bottom = RULER_HEIGHT + _MARGIN, scene.height - self.edge.height() - _MARGIN
        self.edge.move(max(low, min(place.x(), high)), max(top, min(place.y(), bottom)))
        self.edge.show()

    def _whereabouts(self) -> tuple[str, QPoint]:
        """Return in words where the selection is, and the point of the canvas nearest to it; no words: it is seen."""
        scene, selection = self._controller.scene, self._controller.selection
        half = self.edge.height() / 2
        if selection.execution >= 0:
            bar = scene.bar(selection.execution)
            if bar is None:
                hidden = selection.execution < scene.source.taken
                return ("in a hidden lane" if hidden else ""), QPoint(scene.gutter, scene.height)
            x0, x1, top, bottom = bar.x0, bar.x1, bar.top, bar.top + bar.height
            ceiling = RULER_HEIGHT + (0 if bar.strip.pinned else scene.layout.fixed)
        else:
            mark = scene.mark(selection.publication)
            if mark is None:
                return "", QPoint()
            x0 = x1 = mark[0]
            top = bottom = mark[1]
            ceiling = RULER_HEIGHT
        y = round((top + bottom) / 2 - half)
        if x1 < scene.gutter + _SEEN:
            return "◂ off-screen", QPoint(scene.gutter, y)
        if x0 > scene.width - _SEEN:
            return "off-screen ▸", QPoint(scene.width, y)
        middle = round((max(x0, scene.gutter) + min(x1, scene.width)) / 2)
        if bottom < ceiling + _SEEN:
            return "▴ off-screen", QPoint(middle, ceiling)
        if top > scene.height - _SEEN:
            return "▾ off-screen", QPoint(middle, scene.height)
        return "", QPoint()

    # -- the filter

    def _tell_matches(self) -> None:
        controller = self._controller
        words = "" if controller.source.filter is None or not controller.ready else self._missing()
        self.nothing.setVisible(bool(words))
        if words:
            scene = controller.scene
            self._words.setText(words)
            self.first.setVisible(words == _NOT_IN_VIEW)
            self.nothing.adjustSize()
            x = scene.gutter + (scene.width - scene.gutter - self.nothing.width()) // 2
            self.nothing.move(x, RULER_HEIGHT + (scene.lanes_height - self.nothing.height()) // 2)

    def _missing(self) -> str:
        """Return what is to be said where no match is in view; nothing while one is."""
        controller = self._controller
        source, (start, end) = controller.source, controller.scene.seen
        key = (source, source.filter, (start, end), source.version)
        soon = key[:3] == self._key[:3] and controller.seconds() - self._looked_at < _EVERY
        if key != self._key and not soon:
            self._key, self._looked_at = key, controller.seconds()
            matching = source.matching()
            if not len(matching):
                self._said = _NONE if len(source.executions) else ""
            else:
                starts, ends = (source.executions[name][matching] for name in ("start", "end"))
                in_view = (starts <= end) & ((ends >= start) | (ends < 0))
                self._said = "" if in_view.any() else _NOT_IN_VIEW
        return self._said


_NOT_IN_VIEW: Final = "Nothing in view matches the filter."
_NONE: Final = "No execution matches the filter."
