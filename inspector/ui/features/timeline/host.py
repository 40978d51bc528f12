"""What the host recorded about itself, ready for the timeline: stretches in which its loop was blocked, and marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.core.records.host import (
    FaultsSwitched,
    HostRecord,
    LoopBlocked,
    LoopUnblocked,
    ProcessEnded,
    ProgramReloaded,
    RecordingPaused,
    RecordingResumed,
    RecordsLost,
    RepublishRefused,
    RestartFailed,
)
from inspector.ui.features.timeline.scene import BlockedBand, RulerMark

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Records that get a mark: those of the same meaning share one.
_MARKED: Final[dict[type[HostRecord], str]] = {
    FaultsSwitched: "faults",
    RecordsLost: "dropped",
    ProgramReloaded: "reload",
    RestartFailed: "stopped",
    ProcessEnded: "stopped",
    RepublishRefused: "loop",
    RecordingPaused: "recording off",
    RecordingResumed: "recording",
}
#: Records after which a loop that was blocked is no more.
_GONE: Final = (ProcessEnded, ProgramReloaded, RestartFailed)


def take_records(records: Iterable[HostRecord], bands: list[BlockedBand], marks: list[RulerMark]) -> None:
    """Add what the records say to the bands and marks that are known.

    ``LoopBlocked`` opens a band at the moment the blockage began. ``LoopUnblocked`` closes the last one, and so does
    the end of the program.
    """
    for record in records:
        if isinstance(record, (*_GONE, LoopUnblocked)) and bands and bands[-1].end < 0:
            bands[-1].end = record.at
        if isinstance(record, LoopBlocked):
            bands.append(BlockedBand(record.since, -1, _culprit(record)))
        kind = _MARKED.get(type(record), "")
        if isinstance(record, FaultsSwitched) and not record.on:
            kind = "faults off"
        if kind:
            marks.append(RulerMark(record.at, kind, record.sentence))


def _culprit(blocked: LoopBlocked) -> str:
    name = blocked.handler.rpartition(":")[2] or blocked.handler
    file, line = blocked.file, blocked.line
    place = f"{file.replace(chr(92), '/').rpartition('/')[2]}:{line}" if file and line else file
    return " · ".join(part for part in (name, place) if part)
