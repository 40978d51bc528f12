"""Where a piece of code stands: inside which execution, on behalf of which fire, under which deadline.

Context variables are the only thing that follows a handler through its awaits and into the tasks it starts. They do not
follow it into raw threads or ``run_in_executor``; there everything below answers None, which is the honest answer.
Where code is watched (``agent.observe.handover``) they are set there as well, for buses that are not ours.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .execution import Execution

#: The execution that the running code belongs to.
CURRENT: Final[ContextVar[Execution | None]] = ContextVar("inspector_execution", default=None)
#: The publication on a bus that is not ours whose publish method runs right now, outside its handlers.
PUBLISHING: Final[ContextVar[Any]] = ContextVar("inspector_publishing", default=None)
#: Number of the fire on whose behalf the running code works, 0 for none.
FIRE: Final[ContextVar[int]] = ContextVar("inspector_fire", default=0)
#: Seconds a handler may take, set by whoever fires; where the bus's own limit is shorter, that holds.
HANDLER_TIMEOUT: Final[ContextVar[float | None]] = ContextVar("inspector_handler_timeout")
