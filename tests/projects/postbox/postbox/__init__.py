"""A postbox delivers letters to those who have asked for their kind. It knows nothing of the inspector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Desk:
    """Where letters of one kind are delivered."""

    kind: type[Any]
    receiver: Callable[[Any], Any]
    once: bool = False


class Postbox:
    """Delivers letters."""

    def __init__(self) -> None:
        self.desks: list[Desk] = []

    def ask_for(self, kind: type[Any], receiver: Callable[[Any], Any], *, once: bool = False) -> None:
        self.desks.append(Desk(kind, receiver, once))

    def post(self, letter: Any) -> int:
        """Deliver a letter; return to how many desks."""
        desks = [desk for desk in self.desks if isinstance(letter, desk.kind)]
        for desk in desks:
            if desk.once:
                self.desks.remove(desk)
            desk.receiver(letter)
        return len(desks)
