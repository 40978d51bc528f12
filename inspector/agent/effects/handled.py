"""Exceptions that handlers handle: the basis of *swallowed* where nothing was logged. Python 3.12 and newer.

An ``except:``, ``except Exception`` or ``except BaseException`` of the program's own code, inside a handler, takes
whatever comes; so do ``with suppress(Exception)``, a context manager whose ``__exit__`` returns True whatever came, and
a ``finally`` that is left before its end. If what it took is not raised again, not returned as a failure, and not made
good by another try, the execution has swallowed it. A clause that names a narrower class is its author's intention: a
fact, noted once for each place, and no status.

Python says where an exception is handled, for a ``finally``, a ``with`` and a clause that does not match, too. Which it
is stands in the code that follows; that it was raised again shows when the frame is left by it, or when another clause
takes it. A try is made good when its lines run again and nothing is handled there any more.
"""

from __future__ import annotations

import contextlib
import dis
import linecache
from collections.abc import Callable
from time import perf_counter_ns
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ...core.bus.context import CURRENT
from ...core.own_code import is_own_file
from ...core.records.records import CAUGHT, HANDLED
from ..observe.monitor import MONITOR
from ..tap.moments import handled_by_bus

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ...core.records.recorder import Recorder

#: Places of one execution that are remembered; a handler that catches more does so on purpose.
MAX_PLACES: Final = 16
_DEPTH: Final = 8
#: With what an ``except*`` begins.
_STAR: Final = ("COPY", "BUILD_LIST", "SWAP")
_SKIPPED: Final = ("CACHE", "EXTENDED_ARG", "PRECALL")
_LOADS: Final = (
    "LOAD_GLOBAL",
    "LOAD_NAME",
    "LOAD_ATTR",
    "LOAD_FAST",
    "LOAD_DEREF",
    "BUILD_TUPLE",
    "PUSH_NULL",
    "CACHE",
)


class Clause(NamedTuple):
    """One ``except`` of a handler's code, a ``with``, or a ``finally`` that returns.

    Attributes:
        names: The classes it names, each as its path of names; empty for a bare ``except`` and a ``finally``.
        readable: Its classes can be read from names alone.
        line: Its line, 0 when unknown.
        word: What it begins with.
        manager: Of a ``with``: what is called for its context manager, as its path of names.
    """

    names: tuple[tuple[str, ...], ...]
    readable: bool
    line: int = 0
    word: str = "except"
    manager: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """How it is written: ``except (ValueError, KeyError)``."""
        names = ", ".join(".".join(path) for path in self.names)
        if self.manager:
            return f"{self.word} {'.'.join(self.manager)}({names})"
        return f"{self.word} {f'({names})' if len(self.names) > 1 else names}".rstrip()


def clauses_at(code: CodeType, offset: int) -> tuple[Clause, ...]:
    """Return the clauses that are asked where an exception arrives, in order; none for a ``finally`` that goes on."""
    steps = [step for step in dis.get_instructions(code) if step.offset >= offset and step.opname != "CACHE"]
    places = {step.offset: index for index, step in enumerate(steps)}
    if len(steps) < 2 or steps[0].opname != "PUSH_EXC_INFO":
        return ()
    if steps[1].opname == "WITH_EXCEPT_START":
        return _with_at(code, offset)
    if steps[1].opname in _STAR:
        return _star_in(steps)
    clauses: list[Clause] = []
    index = 1
    for _ in range(MAX_PLACES):
        if index < len(steps) and steps[index].opname == "POP_TOP":
            line = _line_of(steps[index])
            clauses.append(Clause((), True, line, _word_at(code, line) if index == 1 else "except"))
            break
        clause, index = _clause(steps, index)
        if clause is None:
            break
        clauses.append(clause)
        jump = steps[index] if index < len(steps) else None
        if jump is None or not jump.opname.startswith("POP_JUMP") or jump.argval not in places:
            break
        index = places[jump.argval]
    return tuple(clauses) or _finally_in(steps)


def _with_at(code: CodeType, offset: int) -> tuple[Clause, ...]:
    """Return the ``with`` whose exceptions arrive at an offset, if names alone say what it calls."""
    first = min((start for start, _, target in _ranges(code) if target == offset), default=0)
    steps = [step for step in dis.get_instructions(code) if step.offset < first and step.opname not in _SKIPPED]
    if len(steps) < 2 or (steps[-2].opname, steps[-1].opname) != ("CALL", "BEFORE_WITH"):
        return ()
    index = len(steps) - 2
    while index and steps[index - 1].opname in _LOADS:
        index -= 1
    names, readable = _names_in(steps[index:-2])
    if not readable or len(names) != 1 + (steps[-2].arg or 0):
        return ()
    return (Clause(tuple(names[1:]), True, _line_of(steps[-1]), "with", names[0]),)


def _word_at(code: CodeType, line: int) -> str:
    """Return what a clause begins with that takes everything: a ``finally`` that is left at once looks the same."""
    source = linecache.getline(code.co_filename, line).lstrip()
    return "finally" if source and not source.startswith("except") else "except"


def _star_in(steps: list[dis.Instruction]) -> tuple[Clause, ...]:
    """Return the first ``except*``; what it leaves is asked for again."""
    end = next((place for place, step in enumerate(steps) if step.opname == "CHECK_EG_MATCH"), 0)
    loads = [step for step in steps[1:end] if step.opname not in (*_STAR, *_SKIPPED)]
    names, readable = _names_in(loads)
    if not names or not readable or any(step.opname not in _LOADS for step in loads):
        return ()
    return (Clause(tuple(names), True, _line_of(steps[end]), "except*"),)


def _finally_in(steps: list[dis.Instruction]) -> tuple[Clause, ...]:
    """Return a ``finally`` that may be left by ``return``, ``break`` or ``continue``: what was raised is gone then."""
    for step in steps:
        if step.opname in ("RERAISE", "CHECK_EXC_MATCH", "CHECK_EG_MATCH"):
            break
        if step.opname == "POP_EXCEPT":
            return (Clause((), True, _line_of(step), "finally"),)
    return ()


def _ranges(code: CodeType) -> list[tuple[int, int, int]]:
    """Return where a code's exceptions go: start and end of a range, and the offset at which they arrive."""
    entries = dis.Bytecode(code).exception_entries  # type: ignore[attr-defined]
    return [(entry.start, entry.end, entry.target) for entry in entries]


def tried_lines(code: CodeType, offset: int) -> frozenset[int]:
    """Return the lines of the ``try`` whose exceptions arrive at an offset."""
    ranges = [(first, end) for first, end, target in _ranges(code) if target == offset]
    return frozenset(
        number
        for start, _, number in code.co_lines()
        if number is not None and any(first <= start < end for first, end in ranges)
    )


def _clause(steps: list[dis.Instruction], index: int) -> tuple[Clause | None, int]:
    """Read the classes that are asked for, up to the question; None where none is asked."""
    first = index
    while index < len(steps) and steps[index].opname != "CHECK_EXC_MATCH":
        if steps[index].opname not in _LOADS:
            return None, index
        index += 1
    if index == len(steps):
        return None, index
    names, readable = _names_in(steps[first:index])
    return Clause(tuple(names), readable, _line_of(steps[first])), index + 1


def _names_in(steps: list[dis.Instruction]) -> tuple[list[tuple[str, ...]], bool]:
    """Return the paths of names that are loaded, and whether nothing else is."""
    names: list[tuple[str, ...]] = []
    readable = True
    for step in steps:
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            names.append((str(step.argval),))
        elif step.opname == "LOAD_ATTR" and names:
            names[-1] = (*names[-1], str(step.argval))
        elif step.opname.startswith("LOAD"):
            readable = False
    return names, readable


def _line_of(step: dis.Instruction) -> int:
    return step.positions.lineno or 0 if step.positions is not None else 0


def _named(names: tuple[str, ...], frame: FrameType) -> Any:
    """Return what a path of names stands for in a frame; through modules only, whose attributes run nothing."""
    value = frame.f_globals.get(names[0], frame.f_builtins.get(names[0]))
    for name in names[1:]:
        if type(value) is not ModuleType:
            return None
        value = vars(value).get(name)
    return value


def taker(clauses: tuple[Clause, ...], error: BaseException, frame: FrameType) -> tuple[Clause, bool] | None:
    """Return which clause takes an exception, and whether that takes everything; None when it cannot be told."""
    for clause in clauses:
        if clause.manager:
            manager = _named(clause.manager, frame)
            if manager is not contextlib.suppress:
                return (clause, True) if _is_blind(manager) else None
        elif not clause.names and clause.readable:
            return clause, True
        kinds = [_named(names, frame) for names in clause.names]
        flat = [kind for value in kinds for kind in (value if type(value) is tuple else (value,))]
        if not clause.readable or not all(isinstance(kind, type) for kind in flat):
            return None
        if any(kind in (Exception, BaseException) for kind in flat) and isinstance(error, tuple(flat)):
            return clause, True
        if isinstance(error, tuple(flat)):
            return clause, False
    return None


def _is_blind(manager: Any) -> bool:
    """Return whether a class of context managers suppresses what comes without looking at it."""
    leave = vars(manager).get("__exit__") if type(manager) is type else None
    if type(leave) is not FunctionType or not is_own_file(leave.__code__.co_filename):
        return False
    asked = {*leave.__code__.co_varnames[1:]}
    steps = [step for step in dis.get_instructions(leave) if step.opname not in _SKIPPED]
    values = [
        step.argval if step.opname == "RETURN_CONST" else before.argval
        for before, step in zip([steps[0], *steps], steps, strict=False)
        if step.opname in ("RETURN_CONST", "RETURN_VALUE")
    ]
    return set(map(type, values)) == {bool} and all(values) and not any(_asks(step, asked) for step in steps)


def _asks(step: dis.Instruction, names: set[str]) -> bool:
    """Return whether a step looks at a variable of these names, or at what is handled now."""
    values = step.argval if type(step.argval) is tuple else (step.argval,)
    return not names.isdisjoint(values) if step.opname.startswith("LOAD_FAST") else "exc_info" in map(str, values)


class _Taken:
    """An exception that a clause took which takes everything."""

    __slots__ = ("at", "clause", "code", "error", "frame", "lines")

    def __init__(self, frame: FrameType, error: BaseException, lines: frozenset[int], clause: Clause) -> None:
        self.frame = frame
        self.code = frame.f_code
        self.error = error
        #: Those of the ``try`` out of which it came.
        self.lines = lines
        self.clause = clause
        self.at = perf_counter_ns()


class Caught:
    """What the code of one execution has caught so far, and the tasks it has made; asked when the execution ends."""

    def __init__(self) -> None:
        self.probe: HandledProbe | None = None
        self.taken: list[_Taken] = []
        self.noted: set[tuple[CodeType, int]] = set()
        #: Called with the execution when it ends.
        self.ends: list[Callable[[Execution], None]] = []

    def __call__(self, execution: Execution) -> None:
        """Mark the execution, if it went well but for what it swallowed."""
        for end in self.ends:
            end(execution)
        taken, self.taken = self.taken, []
        if self.probe is None or not taken:
            return
        for entry in taken:
            self.probe.forget(entry)
        if execution.status == "ok":
            self.probe.swallowed(execution, taken[-1])


def caught_by(execution: Execution) -> Caught:
    """Return what is asked at the end of an execution."""
    caught = execution.caught
    if type(caught) is not Caught:
        caught = execution.caught = Caught()
        execution.is_row = False
    return caught


def ends_of(execution: Execution) -> list[Callable[[Execution], None]]:
    """Return what is called with an execution when it ends, to add to it."""
    return caught_by(execution).ends


class HandledProbe:
    """Watches exceptions that are handled inside executions.

    Args:
        recorder: Takes the notes, and what was swallowed.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._clauses: dict[tuple[int, int], tuple[CodeType, tuple[Clause, ...], frozenset[int]]] = {}
        self._lines: dict[CodeType, int] = {}

    def handled(self, code: CodeType, offset: int, error: BaseException, frame: FrameType) -> None:
        """Take note of an exception that arrives at a clause, or where it is only let through."""
        execution = CURRENT.get()
        if execution is None or execution.ended or not is_own_file(code.co_filename):
            return
        if handled_by_bus(execution):
            return
        key = id(code), offset
        entry = self._clauses.get(key)
        if entry is None:
            entry = self._clauses[key] = code, clauses_at(code, offset), tried_lines(code, offset)
        if not entry[1] or isinstance(error, (GeneratorExit, StopIteration, StopAsyncIteration)):
            return
        by = taker(entry[1], error, frame)
        if by is None:
            return
        clause, everything = by
        caught = caught_by(execution)
        caught.probe = self
        self._drop(caught, lambda taken: _leads_to(taken.error, error))
        if everything:
            if len(caught.taken) < MAX_PLACES:
                lines = entry[2] - {clause.line} if clause.manager else entry[2]  # leaving runs its line once more
                taken = _Taken(frame, error, lines, clause)
                self._drop(caught, lambda other: other.frame is frame and other.lines == taken.lines)
                caught.taken.append(taken)
                self._watch(taken)
        elif (code, offset) not in caught.noted and len(caught.noted) < MAX_PLACES:
            caught.noted.add((code, offset))
            self._note(error, frame)

    def unwound(self, error: BaseException, frame: FrameType) -> None:
        """Take note that an exception leaves a frame: what led to it was raised again."""
        execution = CURRENT.get()
        caught = execution.caught if execution is not None else None
        if caught is not None and caught.taken:
            self._drop(caught, lambda taken: taken.frame is frame and _leads_to(taken.error, error))

    def rest(self, wake: Callable[[], None]) -> bool:
        """Return whether no handler runs; when the next begins, all is told again."""
        self.recorder.on_running(wake)
        return not self.recorder.running

    def line(self, number: int, frame: FrameType) -> None:
        """Take note that a line runs: one that had raised is tried again, and what it raised is made good, so far."""
        execution = CURRENT.get()
        caught = execution.caught if execution is not None else None
        if caught is not None:
            self._drop(caught, lambda taken: taken.frame is frame and number in taken.lines)

    def forget(self, taken: _Taken) -> None:
        """Watch its lines no longer."""
        left = self._lines.get(taken.code, 0) - 1
        if left > 0:
            self._lines[taken.code] = left
        elif self._lines.pop(taken.code, 0):
            MONITOR.leave_lines(taken.code)
            MONITOR.follow_unwinding(self, bool(self._lines))

    def _watch(self, taken: _Taken) -> None:
        if not self._lines.get(taken.code):
            MONITOR.watch_lines(taken.code, self.line)
        self._lines[taken.code] = self._lines.get(taken.code, 0) + 1
        MONITOR.follow_unwinding(self, True)

    def _drop(self, caught: Caught, wanted: Callable[[_Taken], bool]) -> None:
        for taken in [taken for taken in caught.taken if wanted(taken)]:
            caught.taken.remove(taken)
            self.forget(taken)

    def swallowed(self, execution: Execution, taken: _Taken) -> None:
        """Record what an execution swallowed, and which clause took it."""
        if not execution.swallowed:
            self.recorder.swallowed(execution, taken.error)
        kind, clause = type(taken.error).__name__, taken.clause
        text = f"{kind} caught by {clause.text}"
        data = {"file": taken.code.co_filename, "line": clause.line, "clause": clause.text, "exception": kind}
        data["ago"] = max(perf_counter_ns() - taken.at, 0)
        self.recorder.note_in(execution, CAUGHT, "debug", text, data)

    def _note(self, error: BaseException, frame: FrameType) -> None:
        code = frame.f_code
        text = f"{type(error).__name__} handled in {code.co_name}"
        data = {"file": code.co_filename, "line": frame.f_lineno, "exception": type(error).__name__}
        self.recorder.note(HANDLED, "debug", text, data)


def _leads_to(error: BaseException, other: BaseException | None, depth: int = _DEPTH) -> bool:
    """Return whether an exception is another, or what that, or a member of its group, was raised from or during."""
    for left in range(depth - 1, -1, -1):
        if other is error:
            return True
        if other is None:
            return False
        members = other.exceptions if isinstance(other, BaseExceptionGroup) else ()
        if type(members) is tuple and any(_leads_to(error, member, left) for member in members[:_DEPTH]):
            return True
        other = other.__cause__ or other.__context__
    return False


def install_handled_probe(recorder: Recorder) -> Callable[[], None]:
    """Watch what handlers handle from now on; return a function that undoes it. On Python 3.11 nothing is watched."""
    if not MONITOR.begin(_report):
        return _nothing
    probe = HandledProbe(recorder)
    end = MONITOR.on_handled(probe, CURRENT.get)

    def undo() -> None:
        end()
        MONITOR.end(_report)

    return undo


def _report(error: BaseException) -> None:
    """Leave it to the tap, which is told too."""


def _nothing() -> None:
    """Nothing to undo."""
