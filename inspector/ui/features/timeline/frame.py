"""Ruler, lane titles and readouts: what stands around the lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from inspector.analysis.timeline.geometry import exact_time
from inspector.app.text import format_duration, one_line, plural
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.core.records.statuses import RUNNING_CODE, STATUSES
from inspector.ui.features.timeline.axis import RULER_HEIGHT, Axis, clock_text, paint_axis
from inspector.ui.features.timeline.heads import badges, paint_head, paint_triangle
from inspector.ui.features.timeline.host import sign_of
from inspector.ui.features.timeline.light import lit_lanes
from inspector.ui.features.timeline.testband import ran_at, ran_lines
from inspector.ui.features.timeline.ticks import named_ticks
from inspector.ui.parts.outcome import count_words

if TYPE_CHECKING:
    from inspector.analysis.timeline.layout import LaneStrip
    from inspector.analysis.timeline.source import Measure
    from inspector.core.records.host import HostRecord
    from inspector.ui.features.timeline.looks import Looks
    from inspector.ui.features.timeline.scene import Scene
    from inspector.ui.selection import Selection


# What the timeline says of an execution in a few words.


def duration_text(scene: Scene, execution: int) -> str:
    """Write how long an execution took, or takes so far."""
    columns = scene.source.executions
    start, end = int(columns["start"][execution]), int(columns["end"][execution])
    if columns["status"][execution] == RUNNING_CODE:
        return format_duration(max(0, scene.now - start)) + "…"
    return format_duration(end - start)


def title_of(scene: Scene, execution: int) -> str:
    """Return what a bar says: the handler's method in a lane of handlers, the handler elsewhere."""
    journal = scene.source.journal
    handler = journal.handlers[int(journal.executions["handler"][execution])]
    of_handlers = scene.source.group in ("handler", "process")
    return one_line(handler.method or handler.label if of_handlers else handler.label, 120)


def paint_ruler(painter: QPainter, scene: Scene, looks: Looks, *, wall: bool) -> None:
    """Draw the ruler: the absolute time at the left, then ticks, then what the host said."""
    paint_axis(painter, axis_of(scene, wall=wall), looks, lambda: _host_marks(painter, scene, looks))
    if scene.hover is not None and scene.hover[0] >= scene.gutter:
        _hover_time(painter, scene, looks, QFontMetricsF(looks.small))


def axis_of(scene: Scene, *, wall: bool) -> Axis:
    """Return the axis of a scene, with the time of day or the time since the session started."""
    ticks = scene.ticks
    return Axis(scene.width, scene.gutter, ticks, clock_text(ticks.base, scene.source.journal.wall if wall else 0))


def _hover_time(painter: QPainter, scene: Scene, looks: Looks, metrics: QFontMetricsF) -> None:
    x = scene.hover[0] if scene.hover is not None else 0.0
    text = exact_time(scene.time_of(x))
    width = metrics.horizontalAdvance(text) + 12
    left = min(max(x - width / 2, scene.gutter), scene.width - width)
    _card(painter, looks, QRectF(left, 3, width, RULER_HEIGHT - 6))
    painter.setPen(looks.color("strong"))
    painter.drawText(QPointF(left + 6, 17), text)


def _host_marks(painter: QPainter, scene: Scene, looks: Looks) -> None:
    for mark in scene.marks:
        x = scene.x_of(mark.at)
        if not scene.gutter - 10 <= x <= scene.width + 10:
            continue
        glyph, token = sign_of(mark)
        painter.setPen(QPen(looks.color(token), 1))
        painter.drawLine(QLineF(x, 4, x, RULER_HEIGHT))
        painter.drawText(QPointF(x + 2, 25), glyph)


def paint_titles(painter: QPainter, scene: Scene, looks: Looks, selection: Selection) -> None:
    """Draw the lanes' titles."""
    painter.fillRect(QRectF(0, RULER_HEIGHT, scene.gutter, scene.lanes_height), looks.color("panel"))
    chosen = _selected_lane(scene, selection)
    lit = lit_lanes(scene)
    for pinned in (False, True):
        painter.save()
        top = RULER_HEIGHT + (0 if pinned else scene.layout.fixed)
        painter.setClipRect(QRectF(0, top, scene.gutter, scene.height - top))
        for strip in scene.layout.strips:
            if strip.pinned != pinned:
                continue
            y = RULER_HEIGHT + scene.layout.top(strip, scene.scroll)
            if y < scene.height and y + strip.height > top:
                is_lit = strip.key in lit or strip.alike in lit
                _title(painter, scene, looks, strip, y, selected=strip.key == chosen, lit=is_lit)
        painter.restore()
    painter.setPen(looks.color("line"))
    painter.drawLine(QLineF(scene.gutter - 0.5, RULER_HEIGHT, scene.gutter - 0.5, scene.height))
    if scene.layout.fixed:
        y = RULER_HEIGHT + scene.layout.fixed - 0.5
        painter.drawLine(QLineF(0, y, scene.width, y))


def _selected_lane(scene: Scene, selection: Selection) -> str:
    bar = scene.bar(selection.execution)
    return bar.strip.key if bar is not None else ""


def _title(
    painter: QPainter, scene: Scene, looks: Looks, strip: LaneStrip, y: float, *, selected: bool, lit: bool
) -> None:
    if selected:
        painter.fillRect(QRectF(0, y, scene.gutter - 1, strip.height - 1), looks.color("row"))
    if lit:
        painter.fillRect(QRectF(0, y, scene.gutter - 1, strip.height - 1), looks.color("accent", 40))
        painter.fillRect(QRectF(0, y, 3, strip.height - 1), looks.color("accent"))
    if strip.heads:
        paint_head(painter, scene, looks, strip, y)
        return
    bar = scene.layout.density.bar
    middle = y + (strip.height / 2 if strip.layer < 0 else scene.layout.bar_top(strip, 0) + bar / 2)
    font = QFont(looks.font if bar > 8 else looks.small)
    if bar <= 8:
        font.setPixelSize(min(11, max(7, strip.height)))
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    inner = strip.layer > 0 and not strip.opens
    left = 8.0 + 16 * max(0, strip.layer - scene.source.main) + (10 if strip.process else 0)
    if strip.opens:
        paint_triangle(painter, looks, left + 3, middle, opened=strip.opened)
    left += 13
    right = scene.gutter - 8.0
    painter.setFont(looks.small if bar > 8 else font)
    for text, token in badges(strip, looks, struck=strip.alike in scene.struck):
        width = QFontMetricsF(painter.font()).horizontalAdvance(text)
        painter.setPen(looks.color(token))
        painter.drawText(QPointF(right - width, middle + metrics.ascent() / 2 - 2), text)
        right -= width + 6
    painter.setFont(font)
    painter.setPen(looks.color("dim" if inner else "text"))
    # Methods of one handler begin alike: their ends tell them apart.
    side = Qt.TextElideMode.ElideLeft if inner else Qt.TextElideMode.ElideMiddle
    title = metrics.elidedText(one_line(strip.title), side, right - left)
    painter.drawText(QPointF(left, middle + metrics.ascent() / 2 - 1.5), title)
    painter.setPen(looks.color("faint"))
    painter.drawLine(QLineF(0, y + strip.height - 0.5, scene.gutter, y + strip.height - 0.5))


def readout(scene: Scene) -> list[str]:
    """Return what the readout says of what is under the pointer: plain text, a line each."""
    journal = scene.source.journal
    if scene.hovered >= 0:
        execution = journal.execution(ExecutionIndex(scene.hovered))
        status = STATUSES[int(journal.executions["status"][scene.hovered])]
        waited = "" if execution.duration is None else f"  ({format_duration(execution.on_loop)} on the loop)"
        lines = [
            one_line(execution.handler.label),
            one_line(f"{execution.event.name} #{journal.publication_number(execution.publication)}"),
            f"{status.replace('_', ' ')} · {duration_text(scene, scene.hovered)}{waited}",
            f"at {exact_time(execution.start)}",
        ]
        marks = ["synthetic"] if journal.publication(execution.publication).synthetic else []
        return [
            *lines,
            *marks,
            *(["⚡ under fault"] if execution.fault else []),
            *(["↻ retry"] if execution.retry else []),
            *named_ticks(scene, scene.hovered),
        ]
    if scene.hovered_mark >= 0:
        event = journal.publication(PublicationIndex(scene.hovered_mark))
        to = "no subscribers" if not event.handlers else f"to {plural(event.handlers, 'handler')}"
        return [
            one_line(f"{event.event.name} #{event.number}"),
            f"{one_line(event.event.phase) or 'published'} · {to}",
            f"at {exact_time(event.at)}",
            *(["synthetic"] if event.synthetic else []),
        ]
    test = ran_at(scene, *scene.hover) if scene.hover is not None else None
    if test is not None:
        return ran_lines(scene, test)
    return [one_line(mark.sentence) for mark in near_marks(scene)]


def near_marks(scene: Scene) -> list[HostRecord]:
    """Return the marks of the host under the pointer, when that is on the ruler."""
    if scene.hover is None or scene.hover[1] > RULER_HEIGHT:
        return []
    return [mark for mark in scene.marks if -2 <= scene.hover[0] - scene.x_of(mark.at) <= 12]


def paint_readout(painter: QPainter, scene: Scene, looks: Looks) -> None:
    """Draw the readout beside the pointer, where it covers neither the pointer nor the bar."""
    lines = readout(scene)
    if not lines or scene.hover is None:
        return
    painter.setFont(looks.small)
    metrics = QFontMetricsF(looks.small)
    width = max(metrics.horizontalAdvance(line) for line in lines) + 20
    height = len(lines) * (metrics.height() + 1) + 12
    x, y = scene.hover[0] + 16, scene.hover[1] + 18
    if x + width > scene.width:
        x = scene.hover[0] - 12 - width
    if y + height > scene.height:
        y = scene.hover[1] - 12 - height
    _card(painter, looks, QRectF(max(x, 2), max(y, 2), width, height))
    for number, line in enumerate(lines):
        painter.setPen(looks.color("strong" if number == 0 else "dim"))
        base = max(y, 2) + 7 + metrics.ascent() + number * (metrics.height() + 1)
        painter.drawText(QPointF(max(x, 2) + 10, base), line)


def paint_measure(painter: QPainter, scene: Scene, looks: Looks, measure: Measure) -> None:
    """Draw what was measured in a range, centred over it."""
    text = measure_text(measure)
    painter.setFont(looks.small)
    metrics = QFontMetricsF(looks.small)
    width = metrics.horizontalAdvance(text) + 20
    middle = (scene.x_of(measure.start) + scene.x_of(measure.end)) / 2
    left = min(max(middle - width / 2, scene.gutter + 4), scene.width - width - 4)
    area = QRectF(left, scene.height - 58, width, 24)
    _card(painter, looks, area)
    painter.setPen(looks.color("strong"))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)


def measure_text(measure: Measure) -> str:
    """Write a measure: length, executions, what did not end well, percentiles."""
    parts = [
        format_duration(measure.end - measure.start),
        plural(measure.executions, "execution"),
        count_words(measure.outcomes) or "0 failed",
    ]
    if measure.p50 >= 0:
        points = (("p50", measure.p50), ("p95", measure.p95), ("p99", measure.p99))
        parts += [f"{name} {format_duration(value)}" for name, value in points]
    return "  ·  ".join(parts)


def paint_notice(painter: QPainter, scene: Scene, looks: Looks, text: str, token: str) -> None:
    """Draw a line in the lower left corner of the titles: what is hidden, what is being prepared."""
    painter.setFont(looks.small)
    area = QRectF(0, scene.height - 22, scene.gutter - 1, 22)
    painter.fillRect(area, looks.color("panel"))
    painter.fillRect(QRectF(0, area.top(), area.width(), 1), looks.color("line"))
    painter.setPen(looks.color(token))
    metrics = QFontMetricsF(looks.small)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width() - 14)
    painter.drawText(area.adjusted(8, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, shown)


def _card(painter: QPainter, looks: Looks, area: QRectF) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(looks.color("line"), 1))
    painter.setBrush(looks.color("raised", 244))
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
    painter.restore()
