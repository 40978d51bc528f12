"""The canvas of the timeline: ruler, titles, lanes. It paints the scene and hands keys and gestures on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QKeyCombination, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QContextMenuEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QScrollBar, QWidget

from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.ui.features.timeline.actions import BY_KEY
from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.features.timeline.frame import (
    paint_measure,
    paint_notice,
    paint_readout,
    paint_ruler,
    paint_titles,
    readout,
)
from inspector.ui.features.timeline.heads import of_processes, process_note
from inspector.ui.features.timeline.light import lit_lanes
from inspector.ui.features.timeline.looks import Looks
from inspector.ui.features.timeline.menus import lane_menu
from inspector.ui.features.timeline.mouse import Mouse
from inspector.ui.features.timeline.overlay import TimelineOverlay
from inspector.ui.features.timeline.painting import LanesPainter, LanesPicture
from inspector.ui.features.timeline.pointing import execution_at, publication_at
from inspector.ui.features.timeline.signposts import Signposts
from inspector.ui.kit.menus import SEPARATOR, MenuItem, open_menu

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPoint

    from inspector.analysis.timeline.layout import LaneStrip
    from inspector.ui.features.timeline.controller import TimelineController
    from inspector.ui.features.timeline.scene import Scene
    from inspector.ui.kit.theme import Theme
    from inspector.ui.verbs import Verbs

#: How often growing bars are painted, and how often what is not yet taken in goes on, ms.
GROW_EVERY = 16
_SCROLL_BAR = 9


class TimelineCanvas(QWidget):
    """Paints the timeline and takes keys and mouse.

    Args:
        theme: Colours and fonts.
        controller: What is shown and what can be done.
        parent: The owner.
        verbs: Returns what makes the lines of context menus; None where there is nothing.
    """

    def __init__(
        self,
        theme: Theme,
        controller: TimelineController,
        parent: QWidget | None = None,
        *,
        verbs: Callable[[], Verbs | None] = lambda: None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._controller = controller
        self._looks = Looks(theme)
        self._overlay = TimelineOverlay(controller.selection)
        self._mouse = Mouse(controller, self)
        self._lanes = LanesPainter()
        self._titles: tuple[object, QPixmap] | None = None
        self.picture: LanesPicture | None = None
        self.wall = False
        self._verbs = verbs
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription("One lane per handler, one bar per execution. Press ? for keyboard shortcuts.")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(260, 120)
        self._bar = QScrollBar(Qt.Orientation.Vertical, self)
        self._bar.setAccessibleName("Lanes")
        self._bar.valueChanged.connect(self._scrolled)
        self._bar.hide()
        self._grow = QTimer(self, interval=GROW_EVERY, timerType=Qt.TimerType.PreciseTimer)
        self._grow.timeout.connect(self._grown)
        self._catch_up = QTimer(self, interval=0)
        self._catch_up.timeout.connect(self._caught_up)
        theme.changed.connect(self._theme_changed)
        self.signposts = Signposts(theme, self, controller)
        for signal in (controller.selection.execution_selected, controller.selection.publication_selected):
            signal.connect(self._selection_changed)

    @property
    def scene(self) -> Scene:
        """What is painted."""
        return self._controller.scene

    @property
    def growing(self) -> bool:
        """Whether a timer paints growing bars."""
        return self._grow.isActive()

    def refresh(self) -> None:
        """Paint anew, and let the timers run that are needed."""
        scene = self.scene
        self._controller.ticking = self.isVisible() and self._controller.growing
        _run(self._grow, self._controller.ticking)
        _run(self._catch_up, not self._controller.ready)
        self._bar.setVisible(scene.scroll_range > 0)
        self._bar.blockSignals(True)
        self._bar.setRange(0, scene.scroll_range)
        self._bar.setPageStep(scene.lanes_height)
        self._bar.setValue(scene.scroll)
        self._bar.blockSignals(False)
        self.signposts.refresh()
        self.update()

    # Painting.

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the scene."""
        scene, looks = self.scene, self._looks
        begun = self._controller.seconds()
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        self.picture = self._lanes.paint(scene, looks, ratio, hide_others=self._controller.hide_others)
        painter.drawImage(QPointF(scene.gutter, RULER_HEIGHT), self.picture.image)
        self._overlay.paint(painter, scene, looks, self.picture.bars)
        paint_ruler(painter, scene, looks, wall=self.wall)
        painter.drawPixmap(0, RULER_HEIGHT, self._title_pixmap(ratio))
        if self._controller.measure.result is not None:
            paint_measure(painter, scene, looks, self._controller.measure.result)
        notice = self.notice()
        if notice:
            by_choice = scene.layout.hidden or scene.source.filter is not None
            paint_notice(painter, scene, looks, notice, "warn_text" if by_choice else "dim")
        paint_readout(painter, scene, looks)
        if self.hasFocus():
            painter.setPen(QPen(looks.color("accent"), 1))
            painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1))
        painter.end()
        self._controller.painting = self._controller.seconds() - begun

    def notice(self) -> str:
        """Return what must be said about lanes that are not shown, or about work in progress."""
        scene, controller = self.scene, self._controller
        if controller.reading < 1:
            return f"reading {controller.reading:.0%}"
        if not controller.ready:
            total = max(1, len(scene.source.executions))
            return f"preparing {min(99, 100 * scene.source.taken // total)} %"
        parts = []
        if scene.layout.idle:
            parts.append(f"{scene.layout.idle} idle")
        if scene.source.filter is not None:
            parts.append("filtered")
        return " · ".join(parts)

    def _title_pixmap(self, ratio: float) -> QPixmap:
        """Return the titles as a picture: they change far less often than what is beside them."""
        scene = self.scene
        key = (
            *(scene.layout.strips, scene.scroll, scene.height, scene.gutter, scene.width),
            *(ratio, self._controller.selection.execution, self._looks, lit_lanes(scene)),
            scene.struck,
            tuple(map(process_note, scene.source.journal.processes.by_number.values())) if of_processes(scene) else (),
        )
        if self._titles is None or self._titles[0] != key:
            pixmap = QPixmap(round(scene.gutter * ratio), round(scene.lanes_height * ratio))
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(self._looks.color("panel"))
            painter = QPainter(pixmap)
            painter.translate(0, -RULER_HEIGHT)
            paint_titles(painter, scene, self._looks, self._controller.selection)
            painter.end()
            self._titles = (key, pixmap)
        return self._titles[1]

    # Events.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what the key stands for."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = Qt.Key(event.key())
        texts = [QKeySequence(QKeyCombination(modifiers, key)).toString(QKeySequence.SequenceFormat.PortableText)]
        if event.text() and not modifiers & ~Qt.KeyboardModifier.ShiftModifier:
            texts.append(event.text())  # + and [ need Shift or AltGr on some keyboards
        action = next((BY_KEY[text] for text in map(_key_name, texts) if text in BY_KEY), None)
        if action is None:
            super().keyPressEvent(event)
            return
        action.run(self._controller)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom, pan or scroll."""
        self._mouse.wheel(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture."""
        self._mouse.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a gesture, or point."""
        self._mouse.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a gesture."""
        self._mouse.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Zoom to an execution, or open a lane."""
        self._mouse.double_click(event)

    def leaveEvent(self, _event: QEvent) -> None:
        """Point at nothing."""
        self._mouse.leave()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with a bar, with something that was published, or with a lane."""
        open_menu(self, self.menu_items(event.pos()), self._theme, event.globalPos())

    def menu_items(self, at: QPoint) -> list[MenuItem]:
        """Return what can be done with what is at a point; a bar, or something published, is selected by it."""
        scene, controller, verbs = self.scene, self._controller, self._verbs()
        execution = ExecutionIndex(execution_at(scene, at.x(), at.y()))
        publication = PublicationIndex(publication_at(scene, at.x(), at.y()))
        if execution >= 0:
            controller.steps.select(execution)
            zoom = MenuItem("Zoom to execution", lambda: controller.steps.zoom_to(execution), icon="fit")
            return [zoom, *(verbs.execution(execution) if verbs is not None else ())]
        if publication >= 0:
            controller.steps.select_publication(publication)
            return verbs.publication(publication) if verbs is not None else []
        strip = scene.layout.strip_at(at.y() - RULER_HEIGHT, scene.scroll)
        return [*self._lane_verbs(strip), *lane_menu(controller, strip)]

    def _lane_verbs(self, strip: LaneStrip | None) -> list[MenuItem]:
        """Return what can be done with what a lane stands for."""
        verbs, journal = self._verbs(), self.scene.source.journal
        if strip is None or strip.layer < 0 or verbs is None:
            return []
        kind, _, name = strip.alike.partition(":")
        items: list[MenuItem] = []
        if kind == "handler" and any(handler.owner == name for handler in journal.handlers):
            items = verbs.handlers(name)
        elif kind == "method":
            number = next((n for n, handler in enumerate(journal.handlers) if handler.key == name), -1)
            items = verbs.handler(number) if number >= 0 else []
        elif kind == "event" and any(event.name == name for event in journal.events):
            items = verbs.event(name)
        elif kind == "workflow" and name:
            items = verbs.branch("workflow", name)
        elif strip.heads and strip.process:
            items = verbs.process(strip.process)
        return [*items, SEPARATOR] if items else []

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Use the room."""
        self._bar.setGeometry(self.width() - _SCROLL_BAR, RULER_HEIGHT, _SCROLL_BAR, self.height() - RULER_HEIGHT)
        self._controller.resize(self.width(), self.height())

    def showEvent(self, event: QShowEvent) -> None:
        """Let growing bars grow."""
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop growing what nobody sees."""
        super().hideEvent(event)
        self._grow.stop()
        self._controller.ticking = False

    def _scrolled(self, value: int) -> None:
        self._controller.lanes.scroll(value - self.scene.scroll)

    def _grown(self) -> None:
        self._controller.update()

    def _caught_up(self) -> None:
        self._controller.go_on()

    def _selection_changed(self, *_: object) -> None:
        scene, chosen = self.scene, self._controller.selection.execution
        if 0 <= chosen < len(scene.source.executions):
            before, scene.hovered = scene.hovered, chosen
            self.setAccessibleDescription("Selected: " + ", ".join(readout(scene)))
            scene.hovered = before
        self.signposts.refresh()
        self.update()

    def _theme_changed(self) -> None:
        self._looks = Looks(self._theme)
        self._overlay.forget()
        self.update()


def _run(timer: QTimer, wanted: bool) -> None:
    if wanted and not timer.isActive():
        timer.start()
    elif not wanted and timer.isActive():
        timer.stop()


def _key_name(text: str) -> str:
    return {"Esc": "Escape", " ": "Space"}.get(text, text.upper() if len(text) == 1 else text)
