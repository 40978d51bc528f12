"""PyPubSub: a tree of topics; who listens to a topic gets the messages of those below it, too."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...core.bus.identity import bound_to, plain_function
from ..adapters.base import CallShape
from ..reading.eventbuild import build_named
from ..reading.events import EventType, field_shape
from ..reading.namedevents import describe_name
from ..tap.seams import is_seam
from ..tap.stand_ins import TappedReference, is_stand_in, original
from .base import LibraryAdapter, LibraryConnection, LibraryPoint, Receiver, method_points

if TYPE_CHECKING:
    from ..adapters.base import Names, Options
    from ..tap.moments import Occurrence
    from ..tap.tap import Tap
    from .recording import Undo


class PubSubConnection(LibraryConnection):
    """One publisher with its tree of topics; ``pubsub.pub`` stands for the default one."""

    def __init__(self, adapter: LibraryAdapter, where: str, value: Any, options: Options, names: Names) -> None:
        publisher = value.getDefaultPublisher() if isinstance(value, types.ModuleType) else value
        super().__init__(adapter, where, publisher, options, names)

    def _topics(self) -> list[Any]:
        """Return the topics, those above before those below them."""
        waiting = [self._value.getTopicMgr().getRootAllTopics()]
        for topic in waiting:
            waiting.extend(topic.getSubtopics())
        return waiting

    def receivers(self) -> list[Receiver]:
        """Return the listeners: those of all topics first, as they are called."""
        receivers = []
        for topic in self._topics():
            for listener in topic.getListeners():
                target = original(listener.getCallable())
                if target is None:
                    continue
                curried = ", ".join(listener.curriedArgs or ())
                note = ", ".join(
                    part for part in ("weak", f"with fixed arguments {curried}" if curried else "") if part
                )
                everything = topic.isAll()
                name = None if everything else topic.getName()
                receivers.append(Receiver(name, target, "wildcard" if everything else "base", note))
        return receivers

    def has(self, key: Any) -> bool:
        """Return whether there is a topic of this name."""
        return any(topic.getName() == key for topic in self._topics())

    def shape_of(self, receiver: Receiver) -> CallShape:
        """Return that all is passed by name; which names a listener takes is checked when it subscribes."""
        return CallShape(0, others=True, text="message data by name")

    def goes_to(self, key: Any, receiver: Receiver) -> bool:
        """Return whether messages of a topic go to a listener: of the topic, of one above it, of all."""
        return receiver.pattern is None or key == receiver.pattern or str(key).startswith(f"{receiver.pattern}.")

    def event_types(self) -> list[EventType]:
        """Return the topics that messages can be sent to, with the arguments of their specification."""
        events = []
        for topic in self._topics():
            if topic.isAll() or not topic.hasMDS():
                continue
            described = describe_name(topic.getName(), self._targets(topic), by_keyword=True)
            shapes = {shape.name: shape for shape in described.fields}
            required, optional = topic.getArgs()
            fields = []
            for name in (*required, *optional):
                shape = shapes.get(name) or field_shape(name, Any, name in required)
                fields.append(replace(shape, required=name in required))
            events.append(replace(described, fields=tuple(fields), doc=topic.getDescription() or ""))
        return events

    def _targets(self, topic: Any) -> list[Any]:
        return [target for listener in topic.getListeners() if (target := original(listener.getCallable())) is not None]

    def publish_points(self) -> Sequence[LibraryPoint]:
        """Return ``sendMessage``."""
        return method_points(self._value, "sendMessage")

    def stand_in_points(self) -> Sequence[LibraryPoint]:
        """Return it, and the function of ``pubsub.pub`` that is the method of the default publisher."""
        module = sys.modules.get("pubsub.pub")
        taken = getattr(module, "sendMessage", None)
        points = list(self.publish_points())
        if module is not None and bound_to(taken) is self._value and not is_seam(plain_function(taken)):
            points.append(LibraryPoint("sendMessage", module, taken))
        return points

    def read_publish(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence | None:
        """Return the topic and its message."""
        topic = args[0] if args else kwargs.get("topicName")
        name = topic if isinstance(topic, str) else ".".join(topic or ())
        return self.named(name, {key: value for key, value in kwargs.items() if key != "topicName"})

    def subscribed_targets(self) -> Iterator[tuple[Any, Any]]:
        """Yield the topics that a listener hears, its own and those below, and the listener."""
        for receiver in self.receivers():
            yield _below(receiver.pattern), receiver.target

    def read_call(self, pattern: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Occurrence:
        """Return what a listener was called with where no message was seen: it is told of the listener's own topic."""
        return self.named(pattern[0] if pattern else "ALL_TOPICS", dict(kwargs))

    def build(self, event: EventType, values: Mapping[str, Any]) -> Any:
        """Take the values as they are."""
        return build_named(event, values)

    def publish(self, event: Any) -> Any:
        """Send the message."""
        return getattr(self._value, self._chosen or "sendMessage")(event.name, **event.payload)

    def put_stand_ins(self, tap: Tap) -> Iterator[Undo]:
        """Let the listeners' weak references give stand-ins."""
        self.put_new_stand_ins(tap)
        yield self._take

    def put_new_stand_ins(self, tap: Tap) -> None:
        """Let weak references of listeners that came later give stand-ins."""
        for topic in self._topics():
            pattern = _below(None if topic.isAll() else topic.getName())
            for listener in topic.getListeners():
                if not is_stand_in(listener._callable):
                    listener._callable = TappedReference(
                        listener._callable,
                        lambda target, pattern=pattern: self.stand_in(tap, target, pattern),
                    )

    def _take(self) -> None:
        for topic in self._topics():
            for listener in topic.getListeners():
                listener._callable = original(listener._callable)

    def facts(self) -> Iterable[str]:
        """Return what is done with what listeners raise."""
        if self._value.getListenerExcHandler() is None:
            return ["If a listener raises, later listeners are skipped."]
        return ["Listener exceptions go to the publisher's exception handler."]


def _below(topic: str | None) -> tuple[str, str] | None:
    return None if topic is None else (topic, f"{topic}.*")


class PubSubAdapter(LibraryAdapter):
    """Recognises publishers of PyPubSub, and the module ``pubsub.pub``."""

    name = "pypubsub"
    library = "PyPubSub publisher"
    classes = ("pubsub.core.publisher:Publisher",)
    connection = PubSubConnection

    def knows(self, value: Any) -> bool:
        """Return whether it is a publisher, or the module of the default one."""
        return super().knows(value) or (type(value) is types.ModuleType and value is sys.modules.get("pubsub.pub"))
