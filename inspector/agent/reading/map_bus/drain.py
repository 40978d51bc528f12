"""Buses that only keep what is published, until somebody works it off: ``publish`` fills a queue, ``drain`` empties it.

After a fire that is done for them, as the program's own worker would.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from .find import functions_of, parameters_of, used_names

if TYPE_CHECKING:
    from .find import HandlerMap

#: What works off everything that waits, and comes to an end.
DRAINING: Final = ("drain", "run_pending", "process_all", "process_pending", "run_once", "flush", "work_off")
#: What may also be the loop of a worker that never ends.
WORKING: Final = ("drain", "work", "run_pending", "process_all", "run_once", "flush", "work_off", "consume_all", "run")
#: Turns of working off after one fire: handlers may publish in turn.
_MAX_TURNS: Final = 1000


def find_drain(value: Any, maps: Sequence[HandlerMap], verbs: Sequence[str] = DRAINING) -> str:
    """Find the function that works off what is waiting: it needs nothing, and leads to the handlers; empty: none."""
    functions = functions_of(value)
    attributes = {handler_map.attribute for handler_map in maps}
    fitting = [
        name
        for name, function in functions.items()
        if not name.startswith("_")
        and any(name == verb or name.startswith(f"{verb}_") for verb in verbs)
        and attributes & used_names(function, functions)
        and all(parameter.default is not parameter.empty for parameter in parameters_of(value, name, function))
    ]
    return min(fitting, key=lambda name: next(i for i, verb in enumerate(verbs) if name.startswith(verb)), default="")


async def work_off(drain: Callable[[], Any]) -> None:
    """Run the program's worker until nothing is waiting."""
    for _ in range(_MAX_TURNS):
        result = drain()
        if inspect.isawaitable(result):
            result = await result
        if not isinstance(result, int) or not result:
            return
