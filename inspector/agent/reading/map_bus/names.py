"""What names say: which of several methods publishes, and what a parameter is for."""

from __future__ import annotations

from typing import Final

#: How publishing is called; and what may be called so and has to be seen to hand on what it is given.
_VERBS: Final = frozenset(
    ("publish", "dispatch", "emit", "fire", "trigger", "raise", "broadcast", "post", "notify", "send", "enqueue")
)
_OTHER_VERBS: Final = frozenset(
    ("handle", "execute", "call", "process", "invoke", "run", "route", "submit", "push", "tell", "__call__")
)

#: What makes ``bus << event`` and ``event >> bus`` publish; another operator subscribes as often as it publishes.
OPERATORS: Final = frozenset(
    f"__{side}{name}__" for name in ("lshift", "rshift", "matmul", "or", "and", "add", "mod") for side in ("", "r")
)

#: What a parameter is called by which handlers get a database session, or metadata.
SESSION_NAMES: Final = ("session", "db_session", "db", "uow", "connection", "conn")
METADATA_NAMES: Final = ("metadata", "meta", "headers", "context", "request_metadata")
CONTEXT_NAMES: Final = (*SESSION_NAMES, *METADATA_NAMES)

#: What the parameter of a signal is called that says who sends it.
SENDER: Final = "sender"
#: What a parameter is called that takes the name of an event.
EVENT_NAMES: Final = ("name", "topic", "event_name", "signal", "channel", "event_type", "key", "routing_key", "type_")
#: Ranks of names: up to the first they say that something publishes; from the second on they say nothing; the third is
#: added to those that begin with an underscore.
STRONG, UNNAMED, PRIVATE = 1, 4, 8


def rank_of(name: str) -> int:
    """Return how well a name says that something publishes, 0 best, from ``UNNAMED`` on not at all."""
    if name in OPERATORS:
        return 3
    bare = name if name.startswith("__") else name.lstrip("_")
    begin = bare.partition("_")[0] or bare
    for rank, verbs in enumerate((_VERBS, _OTHER_VERBS)):
        if bare in verbs or begin in verbs or (begin[1:] in verbs and begin[0] == "a"):
            return 2 * rank + (bare not in verbs) + (PRIVATE if bare != name else 0)
    return UNNAMED + (PRIVATE if bare != name else 0)
