"""What may go wrong on a ferry."""

from __future__ import annotations


class CabinError(Exception):
    """Something is wrong in a cabin."""


class Flood(BaseException):
    """Nothing that ``except Exception`` should stop."""


class BrokenText(Exception):
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def divide(share: int, by: int) -> float:
    """Return a share."""
    return share / by  # seen: failed ZeroDivisionError by count_share
