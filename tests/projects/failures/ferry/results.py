"""What handlers may give back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Err:
    """It did not work."""

    reason: str


@dataclass
class Ok:
    """It worked."""


@dataclass
class Outcome:
    """Knows how it went."""

    fine: bool

    def is_ok(self) -> bool:
        """Return whether all is well."""
        return self.fine


class Refused:
    """Says that it is a failure."""

    @property
    def is_failure(self) -> bool:
        """It always is."""
        return True


class Accepted:
    """Says that it is none."""

    @property
    def is_failure(self) -> bool:
        """It never is."""
        return False
