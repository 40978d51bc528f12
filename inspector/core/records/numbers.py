"""Numbers of a run, and indexes into its columns: two ways to count that must not be mixed up.

A *number* starts at 1 and is what records carry and people read; 0 stands for none. An *index* starts at 0 and is the
position in the journal's columns; -1 stands for none. They are plain integers at run time: the types are for mypy.
"""

from __future__ import annotations

from typing import NewType

#: Position of a record in its stream, 1 and up, without gaps.
Seq = NewType("Seq", int)
#: Numbers, 1 and up, in the order in which things began.
FireNumber = NewType("FireNumber", int)
PublicationNumber = NewType("PublicationNumber", int)
ExecutionNumber = NewType("ExecutionNumber", int)
#: Indexes, 0 and up, into the columns of the journal.
PublicationIndex = NewType("PublicationIndex", int)
ExecutionIndex = NewType("ExecutionIndex", int)

NO_FIRE = FireNumber(0)
NO_PUBLICATION = PublicationIndex(-1)
NO_EXECUTION = ExecutionIndex(-1)


def publication_index(number: PublicationNumber) -> PublicationIndex:
    """Return the index of the publication with that number; of 0 it is ``NO_PUBLICATION``."""
    return PublicationIndex(number - 1)


def execution_index(number: ExecutionNumber) -> ExecutionIndex:
    """Return the index of the execution with that number; of 0 it is ``NO_EXECUTION``."""
    return ExecutionIndex(number - 1)


def publication_number(index: PublicationIndex) -> PublicationNumber:
    """Return the number of the publication at that index."""
    return PublicationNumber(index + 1)


def execution_number(index: ExecutionIndex) -> ExecutionNumber:
    """Return the number of the execution at that index."""
    return ExecutionNumber(index + 1)
