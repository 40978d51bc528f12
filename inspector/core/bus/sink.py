"""Where a bus puts what happens for an observer that is alone: telling it takes longer than a small handler."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .execution import Execution
    from .publication import Publication


class Sink:
    """What an observer has as ``sink`` where the usual moments of executions mean nothing to it but their order.

    A bus that has no other observer then puts an execution in when its handler is about to be called, and once more
    when that has returned; and a publication that belongs to no fire when it is over. For all else the observer is
    called.

    Args:
        published: Called in place of the observer's ``publication_started``.
        put: Takes an execution, or a publication.
        began: Called in place of ``roused`` when what was put in has just begun.
        roused: Called after each moment while ``asleep``.

    Attributes:
        published: As above.
        put: As above.
        starts: Numbers executions, from 1 on.
        ends: Counts those that have ended.
        asleep: Somebody wants to know of the next moment.
    """

    __slots__ = ("asleep", "began", "ends", "published", "put", "roused", "starts")

    def __init__(
        self,
        published: Callable[[Publication], None],
        put: Callable[[Execution | Publication], None],
        began: Callable[[], None],
        roused: Callable[[], None],
    ) -> None:
        self.published = published
        self.put = put
        self.began = began
        self.roused = roused
        self.starts = count(1)
        self.ends = count(1)
        self.asleep = True
