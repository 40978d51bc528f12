"""Kinds of losses: what each is called, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inspector.core.records.records import MIXED_UP
from inspector.core.records.statuses import CANCELLED, NEVER_AWAITED, RETURNED_FAILURE, SWALLOWED


@dataclass(frozen=True)
class LossKind:
    """A way to lose something.

    Attributes:
        name: What it is called in filters and JSON.
        label: What people call it.
        about: What it is, in a few words.
        glyph: Its sign.
        tone: The look of its sign: a status or a tone.
        of: What is lost, in the singular: an execution, an event or a record.
    """

    name: str
    label: str
    about: str
    glyph: str
    tone: str
    of: str = "execution"


LOGGED: Final = "logged"
LATE_WORK: Final = "late"
UNHEARD_EVENT: Final = "unheard"
NOT_CALLED: Final = "not_called"
STILL_RUNNING: Final = "still_running"
NO_OUTCOME: Final = "no_outcome"
TWO_OUTCOMES: Final = "two_outcomes"
DROPPED: Final = "dropped"

#: Every kind, in the order in which they are shown; the position is its number.
LOSS_KINDS: Final = (
    LossKind(SWALLOWED, "Swallowed", "The handler caught an exception and returned normally", "▨", "swallowed"),
    LossKind(CANCELLED, "Cancelled", "The handler was cancelled", "\N{EN DASH}", "cancelled"),
    LossKind(RETURNED_FAILURE, "Returned", "The handler returned a failure", "↩", "failed"),
    LossKind(LOGGED, "Logged", "The handler logged an error and returned normally", "✎", "swallowed"),
    LossKind(LATE_WORK, "Late", "Work that outlived its handler", "⇥", "timed_out"),
    LossKind(NEVER_AWAITED, "Never awaited", "A coroutine was created and never awaited", "◌", "timed_out"),
    LossKind(UNHEARD_EVENT, "Unheard", "Events without any handler", "∅", "warn", "event"),
    LossKind(NOT_CALLED, "Not called", "The handler was subscribed and not called", "↷", "warn", "event"),
    LossKind(STILL_RUNNING, "Still running", "The handler still ran when publish returned", "▷", "running"),
    LossKind(NO_OUTCOME, "No outcome", "The workflow was attempted and has no outcome", "?", "warn", "event"),
    LossKind(
        TWO_OUTCOMES, "Two outcomes", "The workflow was attempted once and has several outcomes", "‼", "warn", "event"
    ),
    LossKind(MIXED_UP, "Mixed up", "The handler got another publication's session or metadata", "⇄", "failed"),
    LossKind(DROPPED, "Dropped", "Records that are not in this session", "▽", "failed", "record"),
)
#: Number of each kind, by its name.
KIND_NUMBERS: Final = {kind.name: number for number, kind in enumerate(LOSS_KINDS)}
#: Kinds that show only some time after what they are about has ended.
BELATED: Final = (LATE_WORK, NOT_CALLED, NO_OUTCOME)
