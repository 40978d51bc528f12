"""One handler alone: fires that call it without its siblings.

A bus of ours is asked to leave them out. On a bus that is not, stand-ins take their places while the fire lasts, and
return None without calling them: how the bus goes from one handler to the next stays its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.bus.context import FIRE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.bus.execution import Execution
    from .program import Interceptor


class Alone:
    """Interceptor and selector while fires at one handler are under way.

    Attributes:
        fires: The key of the one handler, by the number of the fire that calls it.
        subscribed: The fires whose handler is subscribed to what they published.
        others: What is asked about all other executions: the faults that are on.
    """

    def __init__(self) -> None:
        self.fires: dict[int, str] = {}
        self.subscribed: set[int] = set()
        self.others: Interceptor | None = None

    def __call__(self, execution: Execution) -> Callable[[Any], Any] | None:
        """Return what is called in the place of a handler; only an older copy of our bus comes here with a sibling."""
        publication = execution.publication
        if not hasattr(publication, "alone") and self.leaves_out(publication, execution.subscription.key):
            execution.fault = "drop"
            return _nothing_async if execution.subscription.description.is_async else _nothing
        return None if self.others is None else self.others(execution)

    def strikes(self, label: str) -> bool:  # noqa: ARG002 - siblings are told apart by their keys, when they are called
        """Return that something may run in the place of any handler."""
        return True

    def leaves_out(self, publication: Any, key: str) -> bool:
        """Return whether a handler of a publication is a sibling of the one that is to be called."""
        alone = getattr(publication, "alone", None)
        if alone is None:  # on an older copy of our bus, which asks no selector
            alone = self._chosen(publication)
            if alone == key:
                self.subscribed.add(FIRE.get())
        return bool(alone) and key != alone

    def select(self, publication: Any) -> tuple[Any, ...]:
        """Return the subscriptions that a publication goes to, as it begins."""
        chosen = self._chosen(publication)
        if not chosen:
            return tuple(publication.subscriptions)
        publication.alone = chosen
        selected = tuple(subscription for subscription in publication.subscriptions if subscription.key == chosen)
        if selected:
            self.subscribed.add(FIRE.get())
        return selected

    def _chosen(self, publication: Any) -> str:
        """Return the key of the one handler that is called; empty for all: what a handler publishes goes to all."""
        return self.fires.get(FIRE.get(), "") if publication.cause is None else ""


def _nothing(_event: Any) -> None:
    """Stand for a handler that is left out."""


async def _nothing_async(_event: Any) -> None:
    """Stand for an asynchronous handler that is left out."""
