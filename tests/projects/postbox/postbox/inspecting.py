"""How the inspector reads a postbox. Only the inspector imports this module, as its entry point says.

``inspector.agent`` is the inspector that runs: it need not be installed beside the program.
"""

from __future__ import annotations

from inspector.agent.libraries.base import LibraryAdapter, LibraryConnection, Receiver, method_points
from inspector.agent.libraries.recording import replaced
from inspector.agent.reading.eventbuild import build_event
from inspector.agent.reading.events import describe_class
from inspector.agent.tap.stand_ins import original


class PostboxConnection(LibraryConnection):
    """One postbox."""

    def receivers(self):
        """Say who is subscribed to what, in the order in which they run; ``note`` is what is special about one."""
        return [
            Receiver(desk.kind, original(desk.receiver), matched="base", note="once" if desk.once else "")
            for desk in self._value.desks
        ]

    def event_types(self):
        """Say which events there are."""
        return [describe_class(kind) for kind in dict.fromkeys(desk.kind for desk in self._value.desks)]

    def publish_points(self):
        """Say what publishes: a call of this method on this object, and of no other."""
        return method_points(self._value, "post")

    def read_publish(self, method, args, kwargs):
        """Say what such a call publishes; None when it publishes nothing."""
        return self.typed(args[0] if args else kwargs["letter"])

    def read_call(self, pattern, args, kwargs):
        """Say what a call of a handler is about, when nobody was seen to publish."""
        return self.typed(next(value for value in (*args, *kwargs.values()) if isinstance(value, pattern)))

    def build(self, event, values):
        """Build an event from what a person has typed."""
        return build_event(event.cls, values)

    def publish(self, event):
        """Publish it, as the program would; what can be awaited is awaited."""
        return self._value.post(event)

    def put_stand_ins(self, tap):
        """Put stand-ins in the place of handlers: on Python 3.11, and where faults are injected."""
        for desk in list(self._value.desks):
            yield replaced(desk, "receiver", self.stand_in(tap, desk.receiver, desk.kind))


class PostboxAdapter(LibraryAdapter):
    """Knows a postbox by its class."""

    name = "postbox"
    library = "Postbox"
    classes = ("postbox:Postbox",)
    connection = PostboxConnection
