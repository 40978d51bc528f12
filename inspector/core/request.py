"""What a person asks to be published, as data: one form from window and command line down to the bus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from .records.numbers import NO_FIRE, FireNumber

#: Seconds that a handler may take where nobody says otherwise.
TIMEOUT: Final = 30.0


@dataclass(frozen=True)
class FireRequest:
    """What a person asks to be published.

    Attributes:
        event: Name of the event type.
        values: JSON values of its fields, one mapping per publication; they are published one after another.
        session: Give the handlers a database session.
        rollback: Roll that session back instead of committing it.
        metadata: Request metadata for the handlers.
        timeout: Seconds a handler may take; None for no limit.
        optional: Fields whose values are made up although they have a default: an event that refuses them keeps it.
        fire: Number of the fire, which the host gives; every record that comes of it carries it.
        only: Key of the one handler that is called, without its siblings; empty for all that are subscribed.
        retry: What is published was recorded, and is tried again: it stays out of what is counted. Needs ``only``.
    """

    event: str
    values: Sequence[Mapping[str, Any]] = ({},)
    session: bool = True
    rollback: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = TIMEOUT
    optional: Sequence[str] = ()
    fire: FireNumber = NO_FIRE
    only: str = ""
    retry: bool = False

    def numbered(self, fire: FireNumber) -> FireRequest:
        """Return the request as fire of this number."""
        return replace(self, fire=fire)

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON values, for the wire; ``FireRequest(**…)`` reads it."""
        values, optional = [dict(values) for values in self.values], list(self.optional)
        return {**vars(self), "values": values, "metadata": dict(self.metadata), "optional": optional}
