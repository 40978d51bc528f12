"""The titles of lanes that stand for a process, and the signs that all titles have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QFontMetricsF, QPainter, QPen, QPolygonF

from inspector.analysis.processes import ProcessEntry
from inspector.app.text import format_time, one_line, plural, short_count
from inspector.core.records.statuses import BY_FAULT, STATUSES, TROUBLE
from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.features.timeline.spanning import paint_pill
from inspector.ui.kit.fonts import bold_font

if TYPE_CHECKING:
    from inspector.analysis.timeline.layout import LaneStrip
    from inspector.ui.features.timeline.looks import Looks
    from inspector.ui.features.timeline.scene import Scene

#: Outcomes that are counted at a lane's title.
_OUTCOMES: Final = 2
#: Pixels that a title of two lines takes at least.
_TWO_LINES: Final = 32


def badges(strip: LaneStrip, looks: Looks, *, struck: bool = False) -> list[tuple[str, str]]:
    """Return what stands at the right of a lane's title, from the right: the two worst outcomes, and its state.

    ``struck``: A fault is on for it; the bolt stands there once, with the number of those that were under it, if any.
    """
    badges = []
    if strip.overfull:
        badges.append((f"+{short_count(strip.overfull)}", "dim"))  # so many had no row of their own
    faulted = strip.outcomes[BY_FAULT] if strip.outcomes else 0
    if faulted or struck:
        badges.append((f"⚡ {short_count(faulted)}" if faulted else "⚡", "warn_text"))
    worst = [code for code in TROUBLE if strip.outcomes and strip.outcomes[code]][:_OUTCOMES]
    for code in reversed(worst):
        status = STATUSES[code]
        badges.append((f"{looks.glyph(status)} {short_count(strip.outcomes[code])}", f"{status}_text"))
    if strip.collapsed:
        badges.append(("≡", "dim"))
    if strip.pinned and strip.layer >= 0:
        badges.append(("▴", "accent_text"))
    return badges


def paint_triangle(painter: QPainter, looks: Looks, x: float, y: float, *, opened: bool) -> None:
    """Draw the sign of a lane that can be opened."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(looks.color("dim"))
    if opened:
        corners = [QPointF(x - 3.5, y - 2), QPointF(x + 3.5, y - 2), QPointF(x, y + 2.8)]
    else:
        corners = [QPointF(x - 2, y - 3.5), QPointF(x - 2, y + 3.5), QPointF(x + 2.8, y)]
    painter.drawPolygon(QPolygonF(corners))
    painter.restore()


def of_processes(scene: Scene) -> bool:
    """Return whether lanes are grouped by process."""
    return scene.source.group == "process"


def process_note(entry: ProcessEntry) -> tuple[object, ...]:
    """Return what the title of a process is made of, as a value that can be compared."""
    return (entry.label, entry.joined, entry.left, entry.code, entry.one_in, entry.published)


def paint_head(painter: QPainter, scene: Scene, looks: Looks, strip: LaneStrip, y: float) -> None:
    """Draw the title of a process: state, role and pid, how it ended or what it leaves out; below, since when."""
    journal = scene.source.journal
    entry = journal.processes.by_number.get(strip.process) or ProcessEntry(strip.process)
    two = strip.height >= _TWO_LINES
    middle = y + (strip.height / 2 - 8 if two else strip.height / 2)
    bold = bold_font(looks.font if scene.layout.density.bar > 8 else looks.small)
    painter.setFont(bold)
    metrics = QFontMetricsF(bold)
    base = middle + metrics.ascent() / 2 - 1.5
    if strip.opens:
        paint_triangle(painter, looks, 11.0, middle, opened=strip.opened)
    glyph, tone = _state(entry)
    painter.setPen(looks.color(tone))
    painter.drawText(QPointF(20.0, base), glyph)
    left, right = 34.0, scene.gutter - 8.0
    painter.setFont(looks.small)
    small = QFontMetricsF(looks.small)
    pill, pen, fill = entry.exit if entry.code else "", "interrupted_text", "raised"
    pill = pill.partition(" ·")[0]
    if entry.live and entry.one_in > 1:
        pill, pen, fill = f"1 in {entry.one_in}", "warn_text", "warn_back"
    if pill:
        width = small.horizontalAdvance(pill) + 12
        paint_pill(painter, looks, QRectF(right - width, middle - 9, width, 15), fill, "warn_line")
        painter.setPen(looks.color(pen))
        painter.drawText(QRectF(right - width, middle - 9, width, 15), Qt.AlignmentFlag.AlignCenter, pill)
        right -= width + 6
    below = base + small.height() + 2
    end = scene.gutter - 8.0 if two else right
    for text, token in badges(strip, looks):
        width = small.horizontalAdvance(text)
        painter.setPen(looks.color(token))
        painter.drawText(QPointF(end - width, below if two else base), text)
        end -= width + 6
    right = right if two else end
    painter.setFont(bold)
    name, _, number = strip.title.rpartition(" ")
    title = metrics.elidedText(one_line(name, 60), Qt.TextElideMode.ElideRight, right - left)
    painter.setPen(looks.color("strong" if entry.live else "dim"))
    painter.drawText(QPointF(left, base), title)
    painter.setFont(looks.small)
    painter.setPen(looks.color("dim"))
    after = left + metrics.horizontalAdvance(title) + 6
    painter.drawText(QPointF(after, base), small.elidedText(number, Qt.TextElideMode.ElideRight, max(0, right - after)))
    if two:
        times = _times(entry, journal.wall)
        words = next((text for text in times if small.horizontalAdvance(text) <= end - left), times[-1])
        painter.drawText(QPointF(left, below), small.elidedText(words, Qt.TextElideMode.ElideRight, end - left))
    painter.setPen(looks.color("faint"))
    painter.drawLine(QLineF(0, y + strip.height - 0.5, scene.gutter, y + strip.height - 0.5))


def _state(entry: ProcessEntry) -> tuple[str, str]:
    """Return the sign of a process and its colour: running, running without an event, ended."""
    if not entry.live:
        return "□", "interrupted_text" if entry.code else "dim"
    return ("●", "ok_text") if entry.published else ("○", "dim")


def _times(entry: ProcessEntry, wall: int) -> list[str]:
    """Return since when a process is there, or when it ended, and what it published; then in fewer words."""
    events = plural(entry.published, "event")
    at = format_time(wall, entry.joined if entry.live else entry.left).partition(".")[0]
    return [f"{'since' if entry.live else 'ended'} {at} · {events}", events if entry.live else f"ended {at}"]


def paint_ends(painter: QPainter, scene: Scene, looks: Looks, area: QRectF) -> None:
    """Draw where processes ended: a line through their lanes, a hatch after it, and how."""
    if not of_processes(scene):
        return
    for entry in scene.source.journal.processes.by_number.values():
        x = scene.x_of(entry.left) if not entry.live else area.right()
        strips = [strip for strip in scene.layout.strips if strip.process == entry.number and not strip.pinned]
        if x >= area.right() or not strips:
            continue
        top = RULER_HEIGHT + scene.layout.top(strips[0], scene.scroll)
        bottom = RULER_HEIGHT + scene.layout.top(strips[-1], scene.scroll) + strips[-1].height
        place = QRectF(max(x, area.left()), top, area.right() - max(x, area.left()), bottom - top)
        place = place.intersected(area.adjusted(0, scene.layout.fixed, 0, 0))
        if place.isEmpty():
            continue
        painter.fillRect(place, QBrush(looks.color("line", 110), Qt.BrushStyle.BDiagPattern))
        token = "interrupted" if entry.code else "dim"
        if x >= area.left():
            painter.setPen(QPen(looks.color(token), 1.5))
            painter.drawLine(QLineF(x, place.top(), x, place.bottom()))
        _end_label(painter, scene, looks, entry, QRectF(x, top, area.right() - x, strips[0].height))


def _end_label(painter: QPainter, scene: Scene, looks: Looks, entry: ProcessEntry, place: QRectF) -> None:
    painter.setFont(looks.small)
    text = f"□ {entry.exit}"
    width = QFontMetricsF(looks.small).horizontalAdvance(text) + 14
    left = max(place.left(), scene.gutter) + 6
    if left + width > scene.width - 12:  # left of the line, where there is no room after it
        left = place.left() - 6 - width
    if left < scene.gutter:
        return
    pill = QRectF(left, place.center().y() - 9, width, 18)
    if pill.top() < RULER_HEIGHT + scene.layout.fixed:
        return
    paint_pill(painter, looks, pill, "raised", "interrupted" if entry.code else "line")
    painter.setPen(looks.color("interrupted_text" if entry.code else "dim"))
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
