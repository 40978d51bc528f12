"""Receivers with which nothing goes wrong."""

from __future__ import annotations

import logging
from typing import Any

from blinker import Namespace

from ferry.errors import CabinError

log = logging.getLogger(__name__)
radio = Namespace()
called = radio.signal("station-called")
storm = radio.signal("storm-warned")
tide = radio.signal("tide-told")
night = radio.signal("night-come")
light = radio.signal("light-seen")
silence = radio.signal("silence-kept")


@called.connect
def answer(sender: Any, **extra: Any) -> None:
    """Work."""


@storm.connect
def warn(sender: Any, **extra: Any) -> None:
    """Expect what it raises."""
    try:
        raise CabinError("no siren")
    except CabinError:
        pass


@tide.connect
def tell_tide(sender: Any, **extra: Any) -> str:
    """Return how it stands."""
    return "low"


@night.connect
def dim(sender: Any, **extra: Any) -> None:
    """Log what is no error."""
    log.info("oil")


class Lookout:
    """Somebody who looks out."""

    def see(self, sender: Any, **extra: Any) -> None:
        """Run."""


lookout = Lookout()
light.connect(lookout.see)


@light.connect
def relieve(sender: Any, **extra: Any) -> None:
    """Let the lookout stay."""


@silence.connect
def listen(sender: Any, **extra: Any) -> None:
    """Hear nothing."""
