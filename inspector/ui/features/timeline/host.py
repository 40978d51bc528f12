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
    ProgramSlowed,
    RecordingPaused,
    RecordingResumed,
    RecordsLost,
    RepublishRefused,
    RestartFailed,
)
from inspector.ui.features.timeline.scene import BlockedBand

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Records that get a mark: its sign and its colour.
_SIGNS: Final[dict[type[HostRecord], tuple[str, str]]] = {
    FaultsSwitched: ("⚡", "warn_text"),
    RecordsLost: ("▼", "failed_text"),
    ProgramReloaded: ("↻", "accent_text"),
    RestartFailed: ("■", "failed_text"),
    ProcessEnded: ("■", "failed_text"),
    RepublishRefused: ("∞", "failed_text"),
    ProgramSlowed: ("▽", "warn_text"),
    RecordingPaused: ("‖", "warn_text"),
    RecordingResumed: ("●", "failed_text"),
}
_FAULTS_OFF: Final = ("⚡", "dim")
#: Records after which a loop that was blocked is no more.
_GONE: Final = (ProcessEnded, ProgramReloaded, RestartFailed)


def sign_of(mark: HostRecord) -> tuple[str, str]:
    """Return the sign of a record that has a mark, and the name of its colour."""
    return _FAULTS_OFF if isinstance(mark, FaultsSwitched) and not mark.on else _SIGNS[type(mark)]


def take_records(records: Iterable[HostRecord], bands: list[BlockedBand], marks: list[HostRecord]) -> None:
    """Add the blocked stretches that the records tell of to the bands, and those that get a mark to the marks.

    ``LoopBlocked`` opens a band at the moment the blockage began. ``LoopUnblocked`` closes the last one, and so does
    the end of the program.
    """
    for record in records:
        if isinstance(record, (*_GONE, LoopUnblocked)) and bands and bands[-1].end < 0:
            bands[-1].end = record.at
        if isinstance(record, LoopBlocked):
            bands.append(BlockedBand(record.since, -1, _culprit(record)))
        if type(record) in _SIGNS and not (isinstance(record, ProgramReloaded) and record.process):
            marks.append(record)


def _culprit(blocked: LoopBlocked) -> str:
    name = blocked.handler.rpartition(":")[2] or blocked.handler
    file, line = blocked.file, blocked.line
    place = f"{file.replace(chr(92), '/').rpartition('/')[2]}:{line}" if file and line else file
    return " · ".join(part for part in (name, place) if part)
