"""What version 1 of the run log and of the sessions database wrote about the host, as the records of today.

There everything about the host was one record: a kind, a level, a sentence and JSON that depended on the kind. A note
whose JSON is not what its kind had, or whose kind meant nothing to the program, stays a ``HostNoted`` as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from inspector.core.records.host import (
    FaultsSwitched,
    FireRefused,
    FireSettled,
    FireUnsettled,
    HandlerAdded,
    HostNoted,
    HostRecord,
    LoopBlocked,
    LoopUnblocked,
    OutputDropped,
    PartNotLoaded,
    ProcessEnded,
    ProcessStuck,
    ProcessUnstuck,
    ProgramPrinted,
    ProgramReloaded,
    PublishRaised,
    RecordingPaused,
    RecordingResumed,
    RecordsLost,
    RepublishRefused,
    RestartFailed,
    SessionFailed,
)
from inspector.core.records.records import HOST_NOTED, KIND, Row, fits, to_record, to_row
from inspector.core.values.build import build

Data = dict[str, Any]
#: A class of today, and its fields but ``at``, from the note and its data. Raises LookupError when one is missing.
Reading = Callable[[HostNoted, Data], tuple[type[HostRecord], Data]]

_PLACE: Final = ("handler", "function", "file", "line")
_COUNTED: Final = {
    "notes were dropped: they came faster": "notes came too fast",
    "records of the program were no records": "the program sent invalid records",
}


def typed(row: Row) -> Row:
    """Return what a ``HostNoted`` row of version 1 is today; any other row as it is."""
    note = to_record(row) if row[KIND] == HOST_NOTED and fits(row) else None
    if not isinstance(note, HostNoted) or note.kind not in _READINGS:
        return row
    try:
        data = json.loads(note.data) if note.data else {}
        if type(data) is not dict:
            return row
        cls, members = _READINGS[note.kind](note, data)
        return to_row(build(cls, {"at": note.at, **members}, unknown=True))
    except (ValueError, LookupError, RecursionError):
        return row


def _with_data(cls: type[HostRecord], *names: str) -> Reading:
    """Return a reading whose fields are the members of the data, the named ones being required."""
    return lambda _note, data: (cls, {**data, **{name: data[name] for name in names}})


def _with_text(cls: type[HostRecord], *names: str) -> Reading:
    """Return a reading with the note's sentence, and members of the data."""
    return lambda note, data: (cls, {"text": note.text, **{name: data[name] for name in names}})


def _refused(note: HostNoted, data: Data) -> tuple[type[HostRecord], Data]:
    return FireRefused, {"fire": data["fire"], "reason": note.text, "hint": data.get("hint", "")}


def _raised(note: HostNoted, data: Data) -> tuple[type[HostRecord], Data]:
    return PublishRaised, {"fire": data["fire"], "error": data["type"], "text": note.text}


def _blockage(cls: type[HostRecord]) -> Reading:
    return lambda note, data: (cls, {"since": data.get("since", note.at), **_some(data, *_PLACE)})


def _recording(_note: HostNoted, data: Data) -> tuple[type[HostRecord], Data]:
    return {True: RecordingResumed, False: RecordingPaused}[data["on"]], {}


def _lost(note: HostNoted, data: Data) -> tuple[type[HostRecord], Data]:
    if "records" in data:
        return RecordsLost, {"count": data["records"], **{name: data[name] for name in ("reason", "first", "last")}}
    reasons = [reason for words, reason in _COUNTED.items() if words in note.text]
    return RecordsLost, {"count": data["count"], "reason": reasons[0] if reasons else note.text.rstrip(".")}


def _republished(note: HostNoted, data: Data) -> tuple[type[HostRecord], Data]:
    return RepublishRefused, {"event": note.text.partition(" ")[0], "depth": data["depth"], "chain": data["chain"]}


def _part(note: HostNoted, data: Data) -> tuple[type[HostRecord], Data]:
    members = {"where": data["where"], "text": note.text, "level": note.level, **_some(data, "hint", "failure")}
    return PartNotLoaded, {**members, "trouble": data.get("kind", "")}


def _handler(_note: HostNoted, data: Data) -> tuple[type[HostRecord], Data]:
    return HandlerAdded, {"handler": data}


def _dropped(_note: HostNoted, data: Data) -> tuple[type[HostRecord], Data]:
    return OutputDropped, {"size": data["bytes"]}


def _unstuck(note: HostNoted, _data: Data) -> tuple[type[HostRecord], Data]:
    seconds = re.search(r"after ([0-9.]+) s", note.text)
    if seconds is None:
        raise LookupError("no duration")
    return ProcessUnstuck, {"duration": int(float(seconds[1]) * 1e9)}


def _ended(note: HostNoted, data: Data) -> tuple[type[HostRecord], Data]:
    members = _some(data, "why", "code", "signal", "executions", "handlers", "file", "line", "output")
    return ProcessEnded, {"text": note.text, **members, "error": data.get("type", "")}


def _some(data: Data, *names: str) -> Data:
    return {name: data[name] for name in names if name in data}


_READINGS: Final[dict[str, Reading]] = {
    "fire_settled": _with_data(FireSettled, "fire", "published"),
    "fire_refused": _refused,
    "unsettled": _with_data(FireUnsettled, "fire"),
    "session_failed": _with_text(SessionFailed, "fire"),
    "publish_raised": _raised,
    "faults": _with_data(FaultsSwitched, "on"),
    "recording": _recording,
    "dropped": _lost,
    "loop": _republished,
    "handler": _handler,
    "blocked": _blockage(LoopBlocked),
    "unblocked": _blockage(LoopUnblocked),
    "problem": _part,
    "output": _with_text(ProgramPrinted, "stream"),
    "output_dropped": _dropped,
    "stuck": lambda note, data: (ProcessStuck, {"text": note.text, **data}),
    "unstuck": _unstuck,
    "ended": _ended,
    "restarted": lambda _note, data: (ProgramReloaded, data),
    "restart_failed": lambda note, data: (RestartFailed, {"text": note.text, **_some(data, "hint")}),
}
