"""Celery's signals, in this process: tasks that workers run are somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .base import LibraryAdapter, LibraryPoint
from .payload import closed_over
from .signals import DispatchConnection


class CeleryConnection(DispatchConnection):
    """One signal of Celery's, in this process."""

    module = "celery.utils.dispatch.signal"
    sends = ("send", "send_robust")

    def written(self, target: Any) -> Any:
        """Return what ``connect(retry=True)`` has put its own function around."""
        if getattr(target, "__name__", "") != "_try_receiver_over_time":
            return target
        return closed_over(target).get("retry_fun", target)

    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return ``send``; ``send_robust`` is another name of it."""
        points = {point.function: point for point in reversed(super().publish_points())}
        return list(points.values())


class CeleryAdapter(LibraryAdapter):
    """Recognises Celery's signals."""

    name = "celery"
    library = "Celery signal"
    classes = ("celery.utils.dispatch.signal:Signal",)
    connection = CeleryConnection
