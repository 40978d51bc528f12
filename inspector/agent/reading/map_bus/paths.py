"""What code does with an event, as paths from where a value comes in to where it goes.

``("self", ".listeners", "[]", ".callback")`` is the callback of one of the bus's listeners,
``("event", "type", "name")`` the name of the class of what was published. Steps are ``.attribute``, ``[]`` (something
inside), ``['key']`` (of what is published), ``key`` (of a dict of the bus), ``type``, ``name`` (of a class), ``in`` (it
lies in a list or tuple made here), ``*`` (spread), ``vars`` (its attributes as a dict) and ``made`` (what something
that the bus keeps has made of it). A function that is defined there comes from ``<code>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

Path: TypeAlias = tuple[str, ...]
Paths: TypeAlias = frozenset[Path]
NONE: Final[Paths] = frozenset()
#: How long a path is at most.
LONG: Final = 8


@dataclass(frozen=True)
class Handed:
    """A call of something that the bus keeps: ``subscription.callback(event)``.

    Attributes:
        path: What is called.
        args: What is passed by position.
        keywords: What is passed by name; under an empty name what is spread.
        asked: It only decides whether another one is called.
        dropped: Nobody looks at what it gives back.
        direct: It stands there as a call, and is not made by something unknown that was given what to call.
        around: It is given what goes on from there, too: a middleware.
        weighed: What it gives back is put into a variable that decides something.
        chosen: A condition says whether it is made.
    """

    path: Path
    args: tuple[Paths, ...]
    keywords: tuple[tuple[str, Paths], ...]
    asked: bool
    dropped: bool = False
    direct: bool = True
    around: bool = False
    weighed: bool = False
    chosen: bool = False

    @property
    def container(self) -> str:
        """Where the bus keeps it: ``registry.handlers``; empty when it is no part of a container."""
        return container_of(self.path)

    @property
    def inside(self) -> Path:
        """What of an item is called, or its method: ``(".callback",)``."""
        last = max(place for place, step in enumerate(self.path) if step == "[]")
        return tuple(step for step in self.path[last + 1 :] if step.startswith("."))

    @property
    def holder(self) -> Path:
        """The attribute of an item in which what is called stands, with others: ``(".steps",)``."""
        places = [place for place, step in enumerate(self.path) if step == "[]"]
        return tuple(step for step in self.path[places[0] + 1 : places[-1]] if step.startswith("."))

    def passes(self) -> Iterator[Path]:
        """Yield everything that is passed."""
        for paths in (*self.args, *(paths for _, paths in self.keywords)):
            yield from paths


@dataclass
class Flow:
    """What a function does with its parameters and with what the bus keeps.

    Attributes:
        handed: Calls of what the bus keeps.
        kept: What is put where in the bus.
        keys: By which keys containers are asked, and what items are compared with.
        read: The source could be read, all of it.
        endless: A loop without an end is in it.
        yields: Calling it gives a generator: nothing runs before that is iterated.
        asks: It asks handlers whether they are coroutine functions.
        adapts: It asks handlers for their parameters.
        grows: It works off more than it was given: a list that gets longer on the way, what it calls itself with.
        inherits: It looks what it needs up in the class of the bus and in each of its bases.
        separators: Where it takes a name that it is given apart.
        telling: The containers whose keys it asks about, or compares.
        written: The places in the bus where it puts something, whatever that is.
        nearest: The containers by class of which only what the nearest base has is run.
    """

    handed: list[Handed] = field(default_factory=list)
    kept: dict[Path, Paths] = field(default_factory=dict)
    keys: list[tuple[Path, Paths]] = field(default_factory=list)
    read: bool = True
    endless: bool = False
    yields: bool = False
    asks: bool = False
    adapts: bool = False
    grows: bool = False
    inherits: bool = False
    separators: list[str] = field(default_factory=list)
    telling: set[str] = field(default_factory=set)
    written: set[Path] = field(default_factory=set)
    nearest: set[str] = field(default_factory=set)
    by_name: dict[str, str] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)

    def weigh(self, *, last: bool) -> None:
        """Decide which calls only decide whether another one is made: those beside which another one is.

        Args:
            last: Where all calls decide something, the handlers are what is called last.
        """
        done = [call for call in self.handed if call.container and not (call.asked or call.weighed)]
        beside = {(call.container, call.inside) for call in done}
        for place, call in enumerate(self.handed):
            if call.weighed and any(at == call.container and inside != call.inside for at, inside in beside):
                self.handed[place] = replace(call, asked=True)
        asking = [call.container for call in self.handed if call.container and call.asked and any(call.passes())]
        if last and asking and not any(call.container and not call.asked for call in self.handed):
            self.handed = [replace(call, asked=call.container != asking[-1]) for call in self.handed]

    def told_by_key(self) -> set[str]:
        """Return the containers of which a key decides something, and not only where what was made of it is kept."""
        looked_up = (path for place, paths in self.keys if place not in self.written for path in paths)
        return self.telling | {keyed for path in looked_up if (keyed := keyed_container(path))}

    def delivered(self, sources: Iterable[str]) -> list[Handed]:
        """Return the calls that hand on what comes from parameters of these names."""
        roots = set(sources)
        return [call for call in self.handed if call.container and any(path[0] in roots for path in call.passes())]

    def wakes(self) -> list[Handed]:
        """Return the calls of what stands in containers that are only told that something happened."""
        plain = (call for call in self.handed if call.direct and call.dropped and call.path[-1] == "[]")
        return [call for call in plain if not (call.asked or call.args or call.keywords)]

    def from_its_own(self) -> bool:
        """Return whether it hands on what the bus keeps somewhere, besides what it is given."""
        return any(call.container and any(map(container_of, call.passes())) for call in self.handed)

    def delivered_from(self, container: str) -> list[Handed]:
        """Return the calls that hand on what was kept in a container."""
        return [
            call for call in self.handed if call.container and any(container_of(p) == container for p in call.passes())
        ]


def container_of(path: Path) -> str:
    """Return where in the bus something is kept, as a dotted path; empty for what is no part of a container."""
    if path[0] != "self" or "[]" not in path:
        return ""
    return ".".join(step[1:] for step in path[1 : path.index("[]")])


def keyed_container(path: Path) -> str:
    """Return the container that a path is a key of; empty where it is none."""
    return container_of((*path[: path.index("key")], "[]")) if path[0] == "self" and "key" in path else ""


def union(several: Iterable[Paths]) -> Paths:
    """Return all of several."""
    return frozenset().union(*several)


def laid_in(paths: Paths) -> Paths:
    """Return where values are that were put into a list or tuple made here."""
    return frozenset((*path, "in") for path in paths if len(path) < LONG)


def taken_out(paths: Paths) -> Paths:
    """Return where values come from that lie in a list or tuple made here."""
    return frozenset(path[:-1] if path[-1] == "in" else path for path in paths)


def items_of(paths: Paths, stored: Mapping[Path, Paths]) -> Paths:
    """Return what lies in something; of what the bus keeps for itself, what was put there too."""
    items: set[Path] = set()
    for path in paths:
        if path[-1] == "in":
            items.add(path[:-1])
        elif path[-1] == "items":
            items.add((*path[:-1], "pair"))
        elif len(path) < LONG:
            items.add((*path, "[]"))
            items |= taken_out(stored.get(path, NONE))
    return frozenset(items)


def part_of(path: Path, place: int) -> Path:
    """Return one of what is unpacked: key or value of a pair, a place in a tuple."""
    if path[-1] == "pair":
        return (*path[:-1], "[]" if place else "key")
    if path[-1] == "in":
        return path[:-1]
    return (*path, f".{place}") if path[0] == "self" and "[]" in path else path
