"""The ways of two executions side by side: events and handlers through nested publications, aligned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from inspector.core.records.numbers import NO_EXECUTION, ExecutionIndex, PublicationIndex

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal

#: How many steps of a path are compared: a cascade may be endless.
MOST_STEPS: Final = 400


@dataclass(frozen=True)
class PathStep:
    """An event that was published on the way, or a handler that was called.

    Attributes:
        depth: How deep it is nested, 0 for the first event.
        name: Name of the event, or label of the handler.
        status: How the handler ended, empty for an event.
        publication: The publication, or that of the execution.
        execution: The execution, ``NO_EXECUTION`` for an event.
        offset: When it began, ns since the first event.
        length: How long it took, ns; None while it runs.
    """

    depth: int
    name: str
    status: str
    publication: PublicationIndex
    execution: ExecutionIndex
    offset: int
    length: int | None


@dataclass(frozen=True)
class PathPair:
    """A step of A and the step of B that it corresponds to; None where only the other has one.

    Attributes:
        a, b: The steps.
        differs: It comes at or after the first difference.
    """

    a: PathStep | None
    b: PathStep | None
    differs: bool

    @property
    def step(self) -> PathStep:
        """The step of A, else that of B."""
        step = self.a or self.b
        assert step is not None  # noqa: S101 - one of them is there
        return step


@dataclass(frozen=True)
class PathComparison:
    """Two paths, aligned.

    Attributes:
        pairs: Their steps, in order.
        left_out: Steps that are not compared, because there are too many.
    """

    pairs: tuple[PathPair, ...]
    left_out: int = 0

    @property
    def first_difference(self) -> PathStep | None:
        """The step at which they begin to differ; None when they do not."""
        return next((pair.step for pair in self.pairs if pair.differs), None)


def path_of(journal: Journal, execution: ExecutionIndex) -> Iterator[PathStep]:
    """Yield the steps of the tree that an execution is in, from the event that nothing caused, depth first."""
    first = root_of(journal, int(journal.executions["publication"][execution]))
    start = journal.publication(first).at
    waiting: list[tuple[int, PublicationIndex, ExecutionIndex]] = [(0, first, NO_EXECUTION)]
    while waiting:
        depth, publication, index = waiting.pop()
        if index == NO_EXECUTION:
            about = journal.publication(publication)
            length = None if about.end is None else about.end - about.at
            yield PathStep(depth, about.event.name, "", publication, index, about.at - start, length)
            below = [(depth + 1, publication, called) for called in journal.executions_of(publication)]
        else:
            entry = journal.execution(index)
            offset = entry.start - start
            yield PathStep(depth, entry.handler.label, entry.status, publication, index, offset, entry.duration)
            below = [(depth + 1, caused, NO_EXECUTION) for caused in journal.caused_by(index)]
        waiting += reversed(below)


def compare_paths(journal: Journal, a: ExecutionIndex, b: ExecutionIndex) -> PathComparison:
    """Align the paths of two executions: from the first difference of a name, or of an end, on all steps differ."""
    steps, left_out = [], 0
    for execution in (a, b):
        path = list(_bounded(path_of(journal, execution)))
        left_out += len(path) > MOST_STEPS
        steps.append(path[:MOST_STEPS])
    keys = [_ways(path) for path in steps]
    pairs: list[tuple[PathStep | None, PathStep | None]] = []
    for kind, first_a, end_a, first_b, end_b in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        if kind == "equal":
            pairs += zip(steps[0][first_a:end_a], steps[1][first_b:end_b], strict=True)
        else:
            pairs += [(step, None) for step in steps[0][first_a:end_a]]
            pairs += [(None, step) for step in steps[1][first_b:end_b]]
    differs, aligned = False, []
    for first, second in pairs:
        differs = differs or first is None or second is None or first.status != second.status
        aligned.append(PathPair(first, second, differs))
    return PathComparison(tuple(aligned), left_out)


def _ways(path: list[PathStep]) -> list[tuple[str, ...]]:
    """Return for each step the names from the first event to it: what stands below another event is another step."""
    ways: list[tuple[str, ...]] = []
    above: list[str] = []
    for step in path:
        above[step.depth :] = [f"{'event' if step.execution == NO_EXECUTION else 'handler'} {step.name}"]
        ways.append(tuple(above))
    return ways


def _bounded(path: Iterator[PathStep]) -> Iterator[PathStep]:
    """Yield one step more than is compared."""
    for _, step in zip(range(MOST_STEPS + 1), path, strict=False):
        yield step


def root_of(journal: Journal, publication: int) -> PublicationIndex:
    """Return the publication from which one came in the end; itself when nothing caused it."""
    causes, owners = journal.publications["cause"], journal.executions["publication"]
    while (cause := int(causes[publication])) >= 0:
        above = int(owners[cause])
        if above >= publication:
            break  # a cause comes before its effect; a file may say otherwise
        publication = above
    return PublicationIndex(publication)
