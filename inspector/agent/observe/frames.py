"""The variables of frames that go on: to look at them must not keep alive what the program lets go of afterwards."""

from __future__ import annotations

from inspect import CO_OPTIMIZED
from types import FrameType
from typing import Any


def variables_of(frame: FrameType) -> dict[str, Any]:
    """Return a copy of the variables of a frame.

    On Python 3.12 a frame keeps those that were read, and what stands in a traceback keeps its frames: a function that
    sets a variable to None, so that an exception is not in a circle with its future, would do so in vain.
    """
    held = frame.f_locals
    variables = dict(held)
    if type(held) is dict and frame.f_code.co_flags & CO_OPTIMIZED:  # else they are those of a module or a class
        held.clear()
    return variables
