"""Signals: each is an event of its own, sent by somebody with keywords, and its receivers may be for one sender only.

Django's, Celery's (a copy of Django's) and blinker's. What is sent is taken as it is: ``sender`` and ``signal`` are no
fields, and a sender need not be given.
"""

from __future__ import annotations

import inspect
import sys
import weakref
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ...core.description import Problem
from ...core.own_code import own_modules
from ...core.records.host import PREDICATE
from ..adapters.base import CallShape
from ..reading.eventbuild import build_named
from ..reading.namedevents import describe_name
from ..reading.targets import is_async
from ..tap.stand_ins import original
from .base import LibraryAdapter, LibraryConnection, LibraryPoint, Receiver, method_points
from .recording import Undo, replaced_method

if TYPE_CHECKING:
    from ..adapters.base import Names, Options
    from ..reading.events import EventType
    from ..tap.moments import Occurrence
    from ..tap.tap import Tap

SENDER: Final = "sender"
_NO_FIELDS: Final = (SENDER, "signal")
_ANYBODY: Final = object()
_KINDS = inspect.Parameter
_POSITIONAL: Final = (_KINDS.POSITIONAL_ONLY, _KINDS.POSITIONAL_OR_KEYWORD, _KINDS.VAR_POSITIONAL)


class Nobody:
    """Sends where somebody has to, and nobody was said."""


class SignalConnection(LibraryConnection):
    """One signal.

    Attributes:
        sends: Its methods that send.
    """

    sends: ClassVar[tuple[str, ...]] = ()

    def __init__(self, adapter: LibraryAdapter, where: str, value: Any, options: Options, names: Names) -> None:
        super().__init__(adapter, where, value, options, names)
        said = getattr(value, "name", None)
        self.event = adapter.own_name(where, value, said if isinstance(said, str) else "")
        #: For whom receivers are, by the key of the sender.
        self._notes: dict[Any, str] = {}

    # -- what each kind of signal says ---------------------------------------------------------------------------------

    @abstractmethod
    def key_of(self, sender: Any) -> Any:
        """Return the key by which the signal knows a sender."""

    @abstractmethod
    def sender_of(self, key: Any) -> Any:
        """Return the sender that has a key; None when it is not known, or is gone."""

    @abstractmethod
    def send(self, sender: Any, values: dict[str, Any], *, asynchronous: bool) -> Any:
        """Send the signal; ``asynchronous`` when one of the receivers is."""

    # -- the catalog ---------------------------------------------------------------------------------------------------

    def event_types(self) -> list[EventType]:
        """Return the one event that a signal is; its fields are what its receivers ask for by name."""
        described = describe_name(self.event, [receiver.target for receiver in self.receivers()], by_keyword=True)
        fields = tuple(shape for shape in described.fields if shape.name not in _NO_FIELDS)
        return [replace(described, fields=fields)]

    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return the methods that send."""
        return method_points(self._value, *self.sends)

    def only_for(self, key: Any) -> str:
        """Return for whom a receiver is that has a sender."""
        sender = self.sender_of(key)
        name = sender if isinstance(sender, str) else getattr(sender, "__name__", None)
        return f"for sender {name} only" if isinstance(name, str) else "for one sender only"

    # -- what the tap asks ---------------------------------------------------------------------------------------------

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return the signal with what it is sent with; a sender that is nobody is left out."""
        return self.named(self.event, self._payload(args, kwargs))

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what a receiver was called with where nothing was sent: whose argument is what is not told then."""
        values = {name: value for name, value in kwargs.items() if name not in _NO_FIELDS}
        return self.named(self.event, {**({"args": list(args)} if args else {}), **values})

    def _payload(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        payload = {SENDER: args[0]} if args else {}
        payload.update((name, value) for name, value in kwargs.items() if name != "signal")
        if payload.get(SENDER, _ANYBODY) is None or payload.get(SENDER) is Nobody:
            del payload[SENDER]
        return payload

    def called(self, occurrence: Occurrence) -> Iterable[Receiver]:
        """Return the receivers for this sender, as they are called: synchronous ones first."""
        key = self.key_of(occurrence.event.get(SENDER) if isinstance(occurrence.event, dict) else None)
        return [receiver for receiver in self.receivers() if receiver.sender in (None, key)]

    def why_uncalled(self, event: Any, key: str) -> tuple[str, str] | None:
        """Return that a receiver is only for another sender, or is gone."""
        own = self.key_of(event.get(SENDER) if isinstance(event, dict) else None)
        senders = [receiver.sender for receiver in self.receivers() if self.describe(receiver.target).key == key]
        if senders and own not in senders and None not in senders:
            return PREDICATE, f"it is {self.only_for(senders[0])}"
        return super().why_uncalled(event, key)

    @abstractmethod
    def receivers(self) -> Iterable[Receiver]:
        """Return the receivers that are alive."""

    def restored(self, result: Any) -> Any:
        """Return what sending gives, with the receivers that the program knows: the list is the same."""
        if type(result) is list:
            result[:] = [(original(entry[0]), *entry[1:]) if type(entry) is tuple else entry for entry in result]
        return result

    # -- firing --------------------------------------------------------------------------------------------------------

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Take the values as they are."""
        return build_named(event, values)

    def publish(self, event: Any) -> Any:
        """Send the signal."""
        values = dict(event.payload)
        sender = self._sender(values.pop(SENDER, _ANYBODY))
        if self._chosen:
            return self.send_with(getattr(self._value, self._chosen), sender, values)
        return self.send(sender, values, asynchronous=any(is_async(receiver.target) for receiver in self.receivers()))

    def send_with(self, method: Callable[..., Any], sender: Any, values: dict[str, Any]) -> Any:
        """Send with the method that the person has named; a sender is given where it takes one."""
        try:
            parameters = list(inspect.signature(method).parameters.values())
        except (TypeError, ValueError):  # it does not say what it takes
            return method(sender, **values)
        takes = bool(parameters) and parameters[0].kind in _POSITIONAL and parameters[0].name not in values
        return method(sender, **values) if takes else method(**values)

    def _sender(self, said: Any) -> Any:
        """Return the sender: what a name stands for; where none is said the only one that there are receivers for."""
        keys = [receiver.sender for receiver in self.receivers()]
        senders = [sender for key in dict.fromkeys(keys) if (sender := self.sender_of(key)) is not None]
        if said is _ANYBODY:
            return senders[0] if len(senders) == 1 and len(set(keys)) == 1 else None
        named = [sender for sender in senders if isinstance(said, str) and getattr(sender, "__name__", None) == said]
        return named[0] if named else said


# -- Django's, and Celery's copy ---------------------------------------------------------------------------------------


class DispatchConnection(SignalConnection):
    """A signal that keeps ``((receiver, sender), reference, …)`` in a list: Django's, and Celery's copy of it."""

    sends: ClassVar[tuple[str, ...]] = ("send", "send_robust", "asend", "asend_robust")
    module: ClassVar[str] = ""

    def shape_of(self, receiver: Receiver) -> CallShape:
        """Return that signal and sender are passed by name, with what is sent."""
        return CallShape(0, keywords=("signal", SENDER), others=True, text="signal and sender by name")

    def receivers(self) -> list[Receiver]:
        """Return the receivers that are alive, synchronous ones first: so they are called."""
        anybody, waiting = self.key_of(None), hasattr(self._value, "asend")
        alive: list[Receiver] = []
        later: list[Receiver] = []
        for (_, sender), entry, *rest in tuple(self._value.receivers or ()):
            weak = isinstance(entry, weakref.ReferenceType)
            target = entry() if weak else entry
            if target is None:
                continue
            note = "weak" if weak else ""
            if sender == anybody:
                sender = None
            else:
                note = self._notes.get(sender) or self._notes.setdefault(sender, self.only_for(sender))
                note += ", weak" if weak else ""
            receiver = Receiver(self.event, self.written(target), note=note, sender=sender)
            (later if waiting and rest[-1] is True else alive).append(receiver)
        return [*alive, *later]

    def written(self, target: Any) -> Any:
        """Return what the program has written for a receiver, where the library keeps something around it."""
        return target

    def key_of(self, sender: Any) -> Any:
        """Return the key by which the signal knows a sender."""
        module: Any = sys.modules[self.module]
        return module._make_id(sender)

    def sender_of(self, key: Any) -> Any:
        """Return the sender with a key: newer versions keep it; else a class of the program's is looked for."""
        for (_, sender), _, *rest in tuple(self._value.receivers or ()):
            if sender == key and rest and isinstance(rest[0], weakref.ReferenceType):
                return rest[0]()
        for module in own_modules():
            for value in tuple(vars(module).values()):
                if id(value) == key and issubclass(type(value), type):
                    return value
        return None

    def send(self, sender: Any, values: dict[str, Any], *, asynchronous: bool) -> Any:
        """Send it; where a receiver is asynchronous it has to be awaited, because a loop is running."""
        if sender is None and self._value.use_caching:
            sender = Nobody  # it remembers receivers by a weak reference to their sender
        send = self._value.asend if asynchronous and hasattr(self._value, "asend") else self._value.send
        return send(sender=sender, **values)

    def problems(self) -> Iterable[Problem]:
        """Yield how many receivers are gone: nothing but the signal's weak reference held them."""
        gone = sum(
            isinstance(entry, weakref.ReferenceType) and entry() is None
            for _, entry, *_ in tuple(self._value.receivers or ())
        )
        if gone:
            receivers = "1 receiver is" if gone == 1 else f"{gone} receivers are"
            text = f"{receivers} gone: only weakly referenced."
            yield Problem(self.event, text, "Keep a reference to the receiver, or connect it with weak=False.")

    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Let the signal get stand-ins where it asks for its live receivers."""

        def standing_in(live: Callable[[Any], Any]) -> Callable[[Any], Any]:
            def receivers(sender: Any) -> Any:
                alive = live(sender)
                if isinstance(alive, tuple):
                    return tuple([self._stand_in(tap, target) for target in part] for part in alive)
                return [self._stand_in(tap, target) for target in alive]

            return receivers

        yield replaced_method(self._value, "_live_receivers", standing_in)

    def _stand_in(self, tap: Tap, target: Any) -> Any:
        return self.stand_in(tap, target, self.event, self.written(target))
