"""Every receiver fails, or loses something; what is to be seen of it stands at its line, as in ``ferry.failing``."""

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


# seen: raised CabinError by station-called
@called.connect
def answer(sender: Any, **extra: Any) -> None:
    """Raise."""
    raise CabinError("static")  # seen: failed CabinError


@storm.connect
def warn(sender: Any, **extra: Any) -> None:
    """Catch what it raised."""
    try:
        raise CabinError("no siren")  # seen: swallowed CabinError (3.12)
    except Exception:  # lost: swallowed (3.12)
        pass


@tide.connect
# seen: returned_failure CabinError; lost: returned_failure
def tell_tide(sender: Any, **extra: Any) -> CabinError:
    """Return what went wrong."""
    return CabinError("low")


@night.connect
# lost: logged
def dim(sender: Any, **extra: Any) -> None:
    """Log an error, and go on."""
    log.error("no oil")


class Lookout:
    """Somebody who looks out."""

    # lost: not_called dead_reference
    def see(self, sender: Any, **extra: Any) -> None:
        """Never run: nobody keeps the lookout."""


lookout = Lookout()
light.connect(lookout.see)


@light.connect
def relieve(sender: Any, **extra: Any) -> None:
    """Send the lookout home: a signal knows it only weakly."""
    global lookout
    lookout = Lookout()
