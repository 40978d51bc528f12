"""What sessions are called that nobody has named."""

from __future__ import annotations

import re
from typing import Final

#: The time of the beginning, and on the command line what was done.
_AUTOMATIC: Final = re.compile(r"\d{4}-\d\d-\d\d (?P<time>\d\d:\d\d):\d\d(?: (?P<what>.*))?", re.DOTALL)


def is_automatic(name: str) -> bool:
    """Return whether a session has a name that nobody gave it."""
    return _AUTOMATIC.fullmatch(name) is not None


def telling_name(name: str, program: str, first_event: str = "") -> str:
    """Return what tells a session from others.

    Args:
        name: Its name; one that a person gave is the answer.
        program: What was recorded.
        first_event: Name of the event that was published first; without it the time of the beginning stands there.
    """
    automatic = _AUTOMATIC.fullmatch(name)
    if automatic is None:
        return name
    return automatic["what"] or " · ".join(part for part in (program, first_event or automatic["time"]) if part)


def short_name(name: str, program: str) -> str:
    """Return what tells a session from others where the command that is recorded stands beside it.

    Args:
        name: Its name; one that a person gave it is the answer.
        program: What was recorded; the time of the beginning follows it.
    """
    automatic = _AUTOMATIC.fullmatch(name)
    return name if automatic is None else " · ".join(part for part in (program, automatic["time"]) if part)
