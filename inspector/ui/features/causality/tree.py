"""What led to what, as plain nodes: event → handler → event, from the outermost cause down."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from inspector.app.text import format_count, format_duration, format_offset
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal

#: How many rows a tree has at most; a cascade may be endless.
MAX_NODES: Final = 2_000


@dataclass(eq=False)
class CauseNode:
    """A publication or an execution in the tree.

    Attributes:
        execution: Its index, -1 for a publication.
        publication: The index of the publication (for an execution: of its own).
        round: Of a publication whose event type stands above it: which time this is, from 2 on; else 0.
        children: What came of it.
    """

    execution: int
    publication: int
    title: str
    detail: str
    status: str
    offset: str
    length: str
    phase: str = ""
    round: int = 0
    children: list[CauseNode] = field(default_factory=list)


@dataclass(frozen=True)
class CauseShape:
    """What a tree is like.

    Attributes:
        executions: How many it has.
        depth: Publications in its longest chain.
        fan_out: The most publications that came of one.
        rounds: The most times that one event type stands in a chain; 1 without a loop.
    """

    executions: int
    depth: int
    fan_out: int
    rounds: int


def shape_of(top: CauseNode) -> CauseShape:
    """Return what a tree is like."""
    executions = depth = fan_out = 0
    rounds, waiting = 1, [(top, 1)]
    while waiting:
        node, level = waiting.pop()
        depth, rounds = max(depth, level), max(rounds, node.round)
        executions += len(node.children)
        effects = [effect for execution in node.children for effect in execution.children]
        fan_out = max(fan_out, len(effects))
        waiting += [(effect, level + 1) for effect in effects]
    return CauseShape(executions, depth, fan_out, rounds)


def build_tree(
    journal: Journal, root: PublicationIndex, limit: int = MAX_NODES
) -> tuple[CauseNode, int, set[PublicationIndex]]:
    """Build the tree below a publication.

    Returns:
        The root, how many nodes were left out (0: the tree is whole), and the publications in it.
    """
    start = journal.publication(root).at
    top = _publication_node(journal, root, start)
    waiting, count, left_out, members = deque([(top, {top.title: 1})]), 1, 0, {root}
    while waiting:
        node, above = waiting.popleft()
        for index in journal.executions_of(PublicationIndex(node.publication)):
            if count >= limit:
                left_out += 1
                continue
            execution = _execution_node(journal, index, start)
            node.children.append(execution)
            count += 1
            for effect in journal.caused_by(index):
                if count >= limit:
                    left_out += 1
                    continue
                derived = _publication_node(journal, effect, start)
                execution.children.append(derived)
                members.add(effect)
                times = above.get(derived.title, 0) + 1
                derived.round = times if times > 1 else 0
                waiting.append((derived, {**above, derived.title: times}))
                count += 1
    return top, left_out, members


def _publication_node(journal: Journal, index: PublicationIndex, start: int) -> CauseNode:
    publication = journal.publication(index)
    length = "" if publication.end is None else format_duration(publication.end - publication.at)
    offset = format_offset(publication.at - start) if publication.at > start else ""
    status = "" if publication.handlers else "unheard"
    number = f"#{format_count(publication.number)}"
    phase = publication.event.phase or "operational"
    return CauseNode(-1, index, publication.event.name, number, status, offset, length, phase=phase)


def _execution_node(journal: Journal, index: ExecutionIndex, start: int) -> CauseNode:
    execution = journal.execution(index)
    length = "" if execution.duration is None else format_duration(execution.duration)
    method = f".{execution.handler.method}" if execution.handler.method != execution.handler.owner else ""
    offset = format_offset(execution.start - start) if execution.start > start else ""
    return CauseNode(index, execution.publication, execution.handler.owner, method, execution.status, offset, length)
