"""Server-sent events: the mapping that an event declares, and the frames that its handlers made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from inspector.catalog.conformance import rules
from inspector.core.records.statuses import BAD_STATUSES

if TYPE_CHECKING:
    from inspector.catalog.conformance.observed import SeenExecution, SeenNote
    from inspector.catalog.conformance.rules import RunFinding
    from inspector.catalog.conformance.scene import DeclaredPublication
    from inspector.core.description import HandlerDescription, SSEDescription


class Frames:
    """Judges the frames of a run.

    Args:
        scenes: Every publication of the run.
    """

    def __init__(self, scenes: Sequence[DeclaredPublication]) -> None:
        self._declared = [scene for scene in scenes if scene.event is not None and scene.event.sse is not None]
        makers = {execution.handler for scene in scenes for execution, _ in _frames(scene)}
        self._owners = {scenes[0].subject.handler(key).owner for key in makers}
        self._seen = bool(makers)

    def unobserved(self) -> Iterator[RunFinding]:
        """Yield, once, that nothing can be said."""
        if self._declared and not self._seen:
            yield self._declared[0].finding(rules.FRAMES_UNSEEN, "Server-sent event frames could not be observed.")

    def judge(self, scene: DeclaredPublication) -> Iterator[RunFinding]:
        """Compare the frames of one publication with the mapping."""
        declared = scene.event.sse if scene.event is not None else None
        frames = list(_frames(scene))
        for execution, note in frames:
            if declared is None:
                message = (
                    f"{scene.label(execution.handler)} sent a frame {note.text} for {scene.name}, which has no mapping."
                )
                yield scene.of(execution, rules.FRAME_UNDECLARED, message)
            else:
                yield from _differences(scene, execution, note, declared)
        if declared is not None and not frames and self._seen and not _explained(scene):
            handler = self._expected(scene)
            if handler is None or any(execution.handler == handler.key for execution in scene.publication.executions):
                message = f"No {declared.event_type} frame was sent for {scene.name}."
                yield scene.finding(rules.FRAME_MISSING, message, handler)

    def _expected(self, scene: DeclaredPublication) -> HandlerDescription | None:
        """Return the handler of the event whose owner makes the frames of other events."""
        return next((handler for handler in scene.handlers if handler.owner in self._owners), None)


def _frames(scene: DeclaredPublication) -> Iterator[tuple[SeenExecution, SeenNote]]:
    for execution in scene.publication.executions:
        for note in execution.told("sse"):
            yield execution, note


def _explained(scene: DeclaredPublication) -> bool:
    """Return whether a handler failed or had a fault put into it: that it made no frame is no news then."""
    return any(execution.injected or execution.status in BAD_STATUSES for execution in scene.publication.executions)


def _differences(
    scene: DeclaredPublication, execution: SeenExecution, note: SeenNote, declared: SSEDescription
) -> Iterator[RunFinding]:
    label = scene.label(execution.handler)
    name = str(note.data.get("event", ""))
    if name and name != declared.event_type:
        message = f"{label} sent {name} for {scene.name}; expected {declared.event_type}."
        yield scene.of(execution, rules.TYPE_DIFFERS, message)
    fields = note.data.get("fields")
    if not isinstance(fields, list) or declared.payload_fields is None:
        return
    missing = [field for field in declared.payload_fields if field not in fields]
    more = [field for field in fields if field not in declared.payload_fields]
    if missing or more:
        parts = [f"without {', '.join(missing)}"] if missing else []
        parts += [f"with undeclared {', '.join(map(str, more))}"] if more else []
        message = f"{label} sent {declared.event_type} for {scene.name} {' and '.join(parts)}."
        yield scene.of(execution, rules.FIELDS_DIFFER, message)
