"""The libraries that are known; one file for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .blinker import BlinkerAdapter
from .bubus import BubusAdapter
from .celery import CeleryAdapter
from .core_bus import CoreBusAdapter
from .django import DjangoAdapter
from .fastapi_events import FastAPIEventsAdapter
from .faststream import FastStreamAdapter
from .lato import LatoAdapter
from .litestar import LitestarAdapter
from .pluggy import PluggyAdapter
from .psygnal import PsygnalAdapter
from .pyee import PyeeAdapter
from .pypubsub import PubSubAdapter

if TYPE_CHECKING:
    from ..adapters.base import Adapter

_ADAPTERS: Final = (
    CoreBusAdapter,
    DjangoAdapter,
    CeleryAdapter,
    BlinkerAdapter,
    PyeeAdapter,
    PsygnalAdapter,
    BubusAdapter,
    LatoAdapter,
    PluggyAdapter,
    PubSubAdapter,
    FastStreamAdapter,
    FastAPIEventsAdapter,
    LitestarAdapter,
)


def library_adapters() -> list[Adapter]:
    """Return a new adapter of each library."""
    return [adapter() for adapter in _ADAPTERS]
