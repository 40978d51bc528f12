"""What stands in the source of a project, as plain data.

The source is read by the project's own interpreter (``agent.facts.source``), whose syntax may be newer than ours. What
was found travels as JSON like the description, and is judged where the catalog is shown.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Publishing:
    """One call that publishes an event made on the spot or in a variable of the function.

    Attributes:
        event: Name of the event's class.
        line: Line of the call.
        function: Name of the function around it.
        with_session: A database session is given along, or may be.
        stored_at: Line of the first call that stores something after it; 0 when there is none.
        lost: The call stands alone in its line without ``await``: what it gives is thrown away.
        verb: Name of the method (or function) that is called.
        receiver: Last name of what it is called on, empty where it is a function.
        made_at: Line and column where the event is made.
        file: The source file.
    """

    event: str
    line: int
    function: str
    with_session: bool
    stored_at: int = 0
    lost: bool = False
    verb: str = ""
    receiver: str = ""
    made_at: tuple[int, int] = (0, 0)
    file: str = ""


@dataclass(frozen=True)
class Called:
    """A call.

    Attributes:
        name: What is called, as people write it.
        line: Where.
        own: It is a method of the same object.
    """

    name: str
    line: int
    own: bool = False


@dataclass(frozen=True)
class Payload:
    """A function that gives a dict written out in it.

    Attributes:
        keys: Its keys; None when they are not all written out.
        reads: Attributes that it reads from its first parameter.
    """

    keys: tuple[str, ...] | None
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Unreadable:
    """A file (or the whole source) that could not be read.

    Attributes:
        file: Its path.
        reason: Why.
        line: The line at which reading stopped, 0 for none.
        words: The names in its text; None where nothing is known of it.
    """

    file: str
    reason: str
    line: int = 0
    words: frozenset[str] | None = None


@dataclass(frozen=True)
class SourceScan:
    """What was found in the source.

    Attributes:
        paths: The files that were read, as real paths.
        constructed: Names of classes that are called somewhere, or made by one of their class methods, with how often.
        mentioned: Names of attributes that are read, and texts that could be one: what may be called.
        published: Every publish of an event that is known.
        payloads: Functions and lambdas by ``place``; None where two stand in one line.
        blocking: Calls that hold up the loop, by the ``place`` of the coroutine function that makes them.
        handlers_called: Calls of methods that are named like handlers, by the ``place`` of such a method.
        unreadable: Files that could not be read.
        cut_off: There are more files than are read.
        plain_verbs: Names of methods and functions that publish and are no coroutine functions.
        awaited_verbs: What is awaited of publishing: on what, and which method.
    """

    paths: frozenset[str] = frozenset()
    constructed: dict[str, int] = field(default_factory=dict)
    mentioned: frozenset[str] = frozenset()
    published: tuple[Publishing, ...] = ()
    payloads: dict[str, Payload | None] = field(default_factory=dict)
    blocking: dict[str, tuple[Called, ...]] = field(default_factory=dict)
    handlers_called: dict[str, tuple[Called, ...]] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()
    cut_off: bool = False
    plain_verbs: frozenset[str] = frozenset()
    awaited_verbs: frozenset[tuple[str, str]] = frozenset()

    @property
    def files(self) -> int:
        """How many files were read."""
        return len(self.paths)

    def was_read(self, file: str) -> bool:
        """Return whether a file is among those that were read."""
        return bool(file) and os.path.realpath(file) in self.paths

    def may_mention(self, name: str) -> bool:
        """Return whether a name may stand in a part of the source that could not be read."""
        return self.cut_off or any(part.words is None or name in part.words for part in self.unreadable)

    def payload_at(self, file: str, line: int) -> Payload | None:
        """Return the function that begins at a line of a file, None when there is none or more than one."""
        return self.payloads.get(place(file, line)) if file else None

    def blocking_at(self, file: str, line: int) -> tuple[Called, ...]:
        """Return the blocking calls of the coroutine function that begins at a line of a file."""
        return self.blocking.get(place(file, line), ()) if self.blocking and file else ()

    def handlers_called_at(self, file: str, line: int) -> tuple[Called, ...]:
        """Return the calls of other handlers in the function that begins at a line of a file."""
        return self.handlers_called.get(place(file, line), ()) if self.handlers_called and file else ()


def place(file: str, line: int) -> str:
    """Return the key under which what begins at a line of a file is kept."""
    return f"{os.path.realpath(file)}:{line}"
