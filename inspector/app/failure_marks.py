"""What a person has said of failures: muted and resolved groups, and notes. Kept by program, not in the session."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from inspector.core.records.capture import failure_from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inspector.analysis.failures import FailureGroup
    from inspector.analysis.journal import Journal
    from inspector.app.settings import Settings

_KEY: Final = "failures.marks"
#: Groups that are remembered for one program, and characters of a note.
_MOST: Final = 1_000
LONGEST_NOTE: Final = 2_000
#: Parts of a path by which a file is known: a project may be moved.
_PARTS: Final = 3


class FailureState(Enum):
    """What a person has said of a group."""

    OPEN = "open"
    """Nothing, or it came back after it had been resolved."""
    MUTED = "muted"
    """It is known and does not count."""
    RESOLVED = "resolved"
    """It is mended, and has not come back since."""


@dataclass(frozen=True)
class FailureMark:
    """What is known of a group beside what was recorded.

    Attributes:
        state: Whether it is open.
        resolved: When it was resolved, ns since the epoch; 0 for never.
        again: When it came back after that, ns since the session began; -1 where it did not.
        note: What a person has written about it.
    """

    state: FailureState = FailureState.OPEN
    resolved: int = 0
    again: int = -1
    note: str = ""


_NO_MARK: Final = FailureMark()


class FailureMarks:
    """What a person has said of groups of failures.

    Args:
        settings: Where it is kept.
        now: Nanoseconds since the epoch.
    """

    def __init__(self, settings: Settings, now: Callable[[], int] = time.time_ns) -> None:
        self._settings = settings
        self._now = now

    def of(self, journal: Journal, group: FailureGroup) -> FailureMark:
        """Return what is known of a group of a session."""
        entry = self._entry(journal, group)
        if not entry:
            return _NO_MARK
        note, resolved = str(entry.get("note") or ""), entry.get("resolved")
        if entry.get("muted") is True:
            return FailureMark(FailureState.MUTED, note=note)
        if type(resolved) is not int or resolved <= 0:
            return FailureMark(note=note)
        again = _first_after(journal, group, resolved)
        return FailureMark(FailureState.RESOLVED if again < 0 else FailureState.OPEN, resolved, again, note)

    def set_state(self, journal: Journal, group: FailureGroup, state: FailureState) -> None:
        """Mute a group, resolve it as of now, or open it again."""
        entry: dict[str, Any] = {"note": self.of(journal, group).note}
        if state is FailureState.MUTED:
            entry["muted"] = True
        elif state is FailureState.RESOLVED:
            entry["resolved"] = self._now()
        self._keep(journal, group, entry)

    def set_note(self, journal: Journal, group: FailureGroup, note: str) -> None:
        """Write a note on a group; an empty one takes it away."""
        self._keep(journal, group, {**self._entry(journal, group), "note": note.strip()[:LONGEST_NOTE]})

    def _entries(self, journal: Journal) -> dict[str, Any]:
        entries = self._settings.mapping(_KEY).get(_program(journal))
        return entries if isinstance(entries, dict) else {}

    def _entry(self, journal: Journal, group: FailureGroup) -> dict[str, Any]:
        entries = self._entries(journal)
        entry = entries.get(_key(journal, group, entries)) if entries else None
        return entry if isinstance(entry, dict) else {}

    def _keep(self, journal: Journal, group: FailureGroup, entry: dict[str, Any]) -> None:
        entries = dict(self._entries(journal))
        key = _key(journal, group, entries)
        entries.pop(key, None)
        said = {name: value for name, value in entry.items() if value and name != "line"}
        if said:
            entries[key] = {**said, "line": group.place.line}
        programs = {**self._settings.mapping(_KEY), _program(journal): dict(list(entries.items())[-_MOST:])}
        self._settings.set(_KEY, {program: marks for program, marks in programs.items() if marks})
        self._settings.save()


def _key(journal: Journal, group: FailureGroup, entries: Mapping[str, Any]) -> str:
    """Return what a group is known by from one session to the next: its line by the text of it, which edits only move.

    Where the text is no longer at hand it is the entry about the line of this number.
    """
    place = group.place
    file = "/".join(PurePath(place.file).parts[-_PARTS:])
    names = (place.function, *sorted(group.functions - {place.function}))
    starts = ["\t".join((group.status, group.type, file, name, "")) for name in names]
    code = _code(journal, group)
    if code:
        return next((start + code for start in starts if start + code in entries), starts[0] + code)
    alike = (key for key, entry in entries.items() if key.startswith(tuple(starts)) and isinstance(entry, dict))
    return next((key for key in alike if entries[key].get("line") == place.line), starts[0] + str(place.line))


def _code(journal: Journal, group: FailureGroup) -> str:
    """Return the text of the line where a group went wrong, as the newest of it at hand has it; empty for none."""
    text = next((text for index in reversed(group.members) if (text := journal.failures.get(index))), "")
    try:
        origin = failure_from_json(text).origin if text else None
    except ValueError:
        origin = None
    return next((line.strip() for number, line in origin.source if number == origin.line), "") if origin else ""


def _first_after(journal: Journal, group: FailureGroup, wall: int) -> int:
    """Return when the first execution of a group ended after a time (ns since the epoch), -1 where none did."""
    at = wall - journal.wall
    if not journal.wall or group.last <= at:
        return -1
    ends = journal.executions["end"]
    return min(end for index in group.members if (end := int(ends[index])) > at)


def _program(journal: Journal) -> str:
    return journal.session.program if journal.session is not None else ""
