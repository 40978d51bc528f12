"""What the host said about itself, made ready for the timeline: stretches in which its loop was blocked, and marks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from inspector.ui.features.timeline.scene import BlockedBand, RulerMark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.core.records.records import HostNoted

#: Kinds of notes that get a mark: those of the same meaning share one.
_MARKED: Final = {
    "faults": "faults",
    "dropped": "dropped",
    "reload": "reload",
    "restarted": "reload",
    "restart_failed": "stopped",
    "stopped": "stopped",
    "ended": "stopped",
    "loop": "loop",
    "recording": "recording",
}
#: Kinds of notes after which a loop that was blocked is no more.
_GONE: Final = frozenset({"stopped", "ended", "restarted", "restart_failed"})


def take_notes(notes: Iterable[HostNoted], bands: list[BlockedBand], marks: list[RulerMark]) -> None:
    """Add what the notes say to the bands and marks that are known.

    ``blocked`` opens a band at the moment the blockage began: the note's ``at``, or ``data["since"]`` when given (ns).
    ``unblocked`` closes the last one, and so does the end of the program.
    """
    for note in notes:
        if note.kind in _GONE and bands and bands[-1].end < 0:
            bands[-1].end = note.at
        if note.kind == "blocked":
            data = _data(note)
            since = data.get("since")
            bands.append(BlockedBand(since if isinstance(since, int) else note.at, -1, _culprit(data)))
        elif note.kind == "unblocked" and bands and bands[-1].end < 0:
            bands[-1].end = note.at
            bands[-1].culprit = bands[-1].culprit or _culprit(_data(note))
        elif note.kind in _MARKED:
            kind, on = _MARKED[note.kind], _data(note).get("on")
            marks.append(RulerMark(note.at, f"{kind} off" if on is False else kind, note.text))


def _data(note: HostNoted) -> dict[str, Any]:
    if not note.data:
        return {}
    data = json.loads(note.data)
    return data if isinstance(data, dict) else {}


def _culprit(data: dict[str, Any]) -> str:
    handler, file, line = (str(data.get(name) or "") for name in ("handler", "file", "line"))
    name = handler.rpartition(":")[2] or handler
    place = f"{file.replace(chr(92), '/').rpartition('/')[2]}:{line}" if file and line else file
    return " · ".join(part for part in (name, place) if part)
