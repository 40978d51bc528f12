"""The buses, each once."""

from __future__ import annotations

from ferry.bus import Horn, Lights, Quay
from inspector.core import InMemoryEventBus

quay = Quay()
horn = Horn()
lights = Lights()
office = InMemoryEventBus(handler_timeout=1.5)
