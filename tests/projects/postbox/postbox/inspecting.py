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
        """Return who is subscribed to what, in calling order; ``note`` is what is special about a receiver."""
        return [
            Receiver(desk.kind, original(desk.receiver), matched="base", note="once" if desk.once else "")
            for desk in self._value.desks
        ]

    def event_types(self):
        """Return the event types."""
        return [describe_class(kind) for kind in dict.fromkeys(desk.kind for desk in self._value.desks)]

    def publish_points(self):
        """Return what publishes: a call of this method on this very object."""
        return method_points(self._value, "post")

    def read_publish(self, method, args, kwargs):
        """Return what such a call publishes; None if it publishes nothing."""
        return self.typed(args[0] if args else kwargs["letter"])

    def read_call(self, pattern, args, kwargs):
        """Return the event of a handler call for which no publish was seen."""
        return self.typed(next(value for value in (*args, *kwargs.values()) if isinstance(value, pattern)))

    def build(self, event, values):
        """Return an event built from the values of the form."""
        return build_event(event.cls, values)

    def publish(self, event):
        """Publish it as the program would; an awaitable result is awaited."""
        return self._value.post(event)

    def put_stand_ins(self, tap):
        """Replace handlers by stand-ins: on Python 3.11, and where faults are injected."""
        for desk in list(self._value.desks):
            yield replaced(desk, "receiver", self.stand_in(tap, desk.receiver, desk.kind))


class PostboxAdapter(LibraryAdapter):
    """Knows a postbox by its class."""

    name = "postbox"
    library = "Postbox"
    classes = ("postbox:Postbox",)
    connection = PostboxConnection
