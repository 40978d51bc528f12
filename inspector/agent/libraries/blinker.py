"""blinker's signals."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from ...core.records.host import STOPPED
from ..adapters.base import CallShape
from .base import LibraryAdapter, Receiver
from .recording import Undo, replaced_method
from .signals import SignalConnection

if TYPE_CHECKING:
    from ..tap.moments import Occurrence
    from ..tap.tap import Tap

#: The parameters that choose how a signal is sent, and are nobody's payload.
_WRAPPERS: Final = ("_async_wrapper", "_sync_wrapper")


class BlinkerConnection(SignalConnection):
    """One signal of blinker's."""

    sends = ("send", "send_async")

    def shape_of(self, receiver: Receiver) -> CallShape:
        """Return that the sender is passed, and by name what is sent."""
        return CallShape(others=True, text="the sender")

    def receivers(self) -> list[Receiver]:
        """Return the receivers that are alive: blinker calls them in no order that it promises."""
        base: Any = sys.modules["blinker.base"]
        signal, anybody = self._value, base.ANY_ID
        alive = []
        for identity, entry in tuple(signal.receivers.items()):
            weak = isinstance(entry, weakref.ReferenceType) or type(entry).__name__ == "BoundMethodWeakref"
            target = entry() if weak else entry
            if target is None:
                continue
            senders = list(signal._by_receiver.get(identity, ()))
            for sender in senders:
                key = None if sender == anybody else sender
                notes = [*([self.only_for(key)] if key is not None else []), *(["weak"] if weak else [])]
                alive.append(Receiver(self.event, target, note=", ".join(notes), sender=key))
        return alive

    def called(self, occurrence: Occurrence) -> Iterable[Receiver]:
        """Return the receivers for this sender, each once; nobody while the signal is muted."""
        if self._value.is_muted:
            return []
        unique: dict[int, Receiver] = {}
        for receiver in super().called(occurrence):
            unique.setdefault(id(receiver.target), receiver)
        return list(unique.values())

    def key_of(self, sender: Any) -> Any:
        """Return the key by which blinker knows a sender."""
        base: Any = sys.modules["blinker.base"]
        make = getattr(base, "make_id", None) or base.hashable_identity
        return make(sender)

    def sender_of(self, key: Any) -> Any:
        """Return the sender with a key; texts and numbers are their own."""
        reference = self._value._weak_senders.get(key)
        return key if reference is None and isinstance(key, str) else reference() if reference is not None else None

    def _payload(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        return super()._payload(args, {name: value for name, value in kwargs.items() if name not in _WRAPPERS})

    def send(self, sender: Any, values: dict[str, Any], *, asynchronous: bool) -> Any:
        """Send it; where a receiver is asynchronous all are awaited, and the others are called as they are."""
        if not asynchronous:
            return self._value.send(sender, **values)
        return self._value.send_async(sender, _sync_wrapper=_awaitable, **values)

    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Let the signal get stand-ins where it asks for the receivers of a sender."""

        def standing_in(live: Callable[[Any], Iterator[Any]]) -> Callable[[Any], Iterator[Any]]:
            def receivers_for(sender: Any) -> Iterator[Any]:
                for target in live(sender):
                    yield self.stand_in(tap, target, self.event)

            return receivers_for

        yield replaced_method(self._value, "receivers_for", standing_in)

    def why_uncalled(self, event: Any, key: str) -> tuple[str, str] | None:
        """Return that the signal is muted, that a receiver is only for another sender, or is gone."""
        return (STOPPED, "the signal is muted") if self._value.is_muted else super().why_uncalled(event, key)

    def facts(self) -> Iterable[str]:
        """Return that it is muted."""
        return ["Muted: no handler is called."] if self._value.is_muted else []


def _awaitable(receiver: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        return receiver(*args, **kwargs)

    return call


class BlinkerAdapter(LibraryAdapter):
    """Recognises blinker's signals."""

    name = "blinker"
    library = "blinker signal"
    classes = ("blinker.base:Signal",)
    connection = BlinkerConnection
