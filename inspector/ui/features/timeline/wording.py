"""What the timeline says of an execution in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.analysis.entries import RUNNING_CODE
from inspector.app.text import format_duration, one_line

if TYPE_CHECKING:
    from inspector.ui.features.timeline.scene import Scene


def duration_text(scene: Scene, execution: int) -> str:
    """Write how long an execution took, or takes so far."""
    columns = scene.source.executions
    start, end = int(columns["start"][execution]), int(columns["end"][execution])
    if columns["status"][execution] == RUNNING_CODE:
        return format_duration(max(0, scene.now - start)) + "…"
    return format_duration(end - start)


def title_of(scene: Scene, execution: int) -> str:
    """Give what a bar says: the handler's method in a lane of handlers, the handler elsewhere."""
    journal = scene.source.journal
    handler = journal.handlers[int(journal.executions["handler"][execution])]
    return one_line(handler.method or handler.label if scene.source.group == "handler" else handler.label, 120)
