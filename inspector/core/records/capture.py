"""Failures as data: what was raised, where, with which locals, from what cause.

An exception is never kept: it would keep the locals of all its frames alive. It is read at once, within bounds, without
the ``repr`` of anything that is not a plain value, and written as JSON text.
"""

from __future__ import annotations

import json
import linecache
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timezone
from itertools import dropwhile
from types import FrameType, TracebackType
from typing import Any, Final

from ..own_code import is_agent, is_ours, is_own_file
from ..redact.marked import marked_fields
from ..redact.redactor import SOURCE
from ..values.jsontext import json_text
from ..values.table import EXACT

#: Bounds of one captured failure.
MAX_FRAMES: Final = 40
MAX_LOCALS: Final = 16
MAX_CHAIN: Final = 6
MAX_TEXT: Final = 4_000
MAX_VALUE: Final = 200
MAX_MEMBERS: Final = 8
#: So much more of a text is looked at for secrets than is kept, and so many lines before those that are shown.
_OVERLAP: Final = 4_096
_KEY_LINES: Final = 120
FRAMES_WITH_LOCALS: Final = 6

#: Redacts a text (``None``), lines of source (``SOURCE``) or the value of a named variable.
Redact = Callable[[str, "str | None"], str]

#: What Python says where it makes another exception of one that would end a loop elsewhere.
_LET_OUT: Final = tuple(
    f"{kind} raised {name}"
    for kind in ("coroutine", "generator", "async generator")
    for name in ("StopIteration", "StopAsyncIteration")
)

_HIDE: Final = "__tracebackhide__"


@dataclass(frozen=True)
class Frame:
    """One frame of a traceback.

    Attributes:
        file: Path of the source.
        line: 1-based line that was running.
        function: Name of the function.
        mine: The file belongs to the program, not to a library, and the function does not ask to be passed over with
            ``__tracebackhide__ = True``, as pytest and IPython know it.
        source: Lines around it as ``[number, text]``; empty when the file cannot be read.
        locals: ``[name, short text]``, redacted; only for the innermost frames of the program. Where there are more,
            the last one is named ``…`` and says how many.
    """

    file: str
    line: int
    function: str
    mine: bool
    source: tuple[tuple[int, str], ...] = ()
    locals: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Failure:
    """An exception, read.

    Attributes:
        type: Its class name; ``module`` says from where.
        message: Its text, redacted.
        frames: Outermost first.
        relation: Why it stands in a chain: empty, ``cause``, ``context`` or ``group``.
        chain: What led to it, nearest first.
        notes: What ``add_note`` added, and what of all this is left out.
    """

    type: str
    module: str
    message: str
    frames: tuple[Frame, ...] = ()
    relation: str = ""
    chain: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def waited(self) -> bool:
        """Nothing was raised: its frames are where it was waiting, each for the next."""
        return bool(self.frames) and not self.module

    @property
    def origin(self) -> Frame | None:
        """The innermost frame of the program itself, else the innermost at all: where a failure group is counted."""
        for frame in reversed(self.frames):
            if frame.mine:
                return frame
        return self.frames[-1] if self.frames else None


def capture_failure(error: BaseException, redact: Redact | None = None) -> str:
    """Read an exception; return a ``Failure`` as JSON text.

    Args:
        error: The exception; nothing of it is kept.
        redact: Hides secrets in texts and in the values of named variables.
    """
    try:
        failure = _read(error, redact or _as_is, "", MAX_CHAIN, ())
    except Exception as trouble:  # noqa: BLE001 - a stranger's exception may be made of traps, and one of us is enough
        text = f"<unreadable: {type(trouble).__name__}>"
        failure = Failure(type.__getattribute__(type(error), "__qualname__"), "", text)
    return json_text(asdict(failure))


def plain_failure(kind: str, message: str) -> str:
    """Return a ``Failure`` without traceback as JSON text, for an end that raised nothing."""
    return json_text(asdict(Failure(kind, "", message)))


def waiting_failure(
    kind: str, message: str, steps: Sequence[tuple[FrameType, int]], redact: Redact | None = None
) -> str:
    """Return a ``Failure`` as JSON text for an end that raised nothing, with where it was waiting as its frames.

    Args:
        kind: What it is called.
        message: Its text.
        steps: Frames and lines, outermost first. What is ours above the handler, or stands between it and what it
            waits for, is left out.
        redact: As in ``capture_failure``.
    """
    try:
        below = dropwhile(lambda step: is_ours(step[0].f_code.co_filename), steps)
        frames, left_out = _shown(
            [step for step in below if not is_agent(step[0].f_code.co_filename)], redact or _as_is
        )
    except Exception as trouble:  # noqa: BLE001 - as in capture_failure: variables may be made of traps
        message, frames, left_out = f"{message} <where is unreadable: {type(trouble).__name__}>", (), 0
    return json_text(asdict(Failure(kind, "", message, frames, notes=_left_out(calls=left_out))))


def failure_from_json(text: str) -> Failure:
    """Read what ``capture_failure`` wrote.

    Raises:
        ValueError: The text is not such a failure.
    """
    try:
        return _failure(json.loads(text))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a failure: {text[:100]!r}") from error


def brief(value: Any, limit: int = MAX_VALUE, depth: int = 2, redact: Redact | None = None) -> str:
    """Write a value in a few words, never calling the ``repr`` of a type we do not know."""
    try:
        return _brief(value, limit, depth, redact or _as_is)
    except Exception as trouble:  # noqa: BLE001 - a class may be made of traps too: its names are what its metaclass says
        return f"<not shown: {type(trouble).__name__}>"


def _brief(value: Any, limit: int, depth: int, redact: Redact) -> str:
    kind = type(value)
    if _is_one(kind, _PLAIN):
        return _plain(value, limit, redact)
    if _is_one(kind, (list, tuple, set, frozenset, dict)):
        return f"<{kind.__name__} of {len(value)}>" if depth <= 0 else _container(value, limit, depth, redact)
    atom = EXACT.get(id(kind))
    if kind is timezone or (atom is not None and (atom.usual is None or atom.usual(value))):
        # A standard value type: its repr is known to be harmless.
        return _ended(redact(repr(value)[: limit + _OVERLAP], None), limit)
    fields = getattr(kind, "__dataclass_fields__", None)
    if type(fields) is dict and depth > 0:
        shown = f"{kind.__qualname__}({_members(value, list(fields), limit, depth, redact)})"
        return _ended(redact(shown, None), 2 * limit)
    return f"<{kind.__qualname__}>" if kind.__module__ == "builtins" else f"<{kind.__module__}.{kind.__qualname__}>"


def _ended(text: str, limit: int) -> str:
    """Return a text of at most ``limit`` characters; where it was longer, it ends in an ellipsis."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def _is_one(kind: type[Any], kinds: tuple[type[Any], ...]) -> bool:
    """Return whether the type is one of those; ``in`` would ask its metaclass."""
    return any(kind is other for other in kinds)


def _read(error: BaseException, redact: Redact, relation: str, left: int, above: tuple[BaseException, ...]) -> Failure:
    above = (*above, error)
    if error.__cause__ is not None:
        led = [(error.__cause__, "cause")]
    elif error.__context__ is not None and not error.__suppress_context__:
        led = [(error.__context__, "context")]
    else:
        led = []
    led += [(member, "group") for member in _group(error)]
    led = [(linked, how) for linked, how in led if not any(linked is other for other in above)]  # it may bite its tail
    read = led[: MAX_CHAIN + 1] if left > 0 else []
    chain = [_read(linked, redact, how, left - (2 if how == "group" else 1), above) for linked, how in read]
    notes = getattr(error, "__notes__", ())
    notes = [note for note in notes if type(note) is str] if type(notes) is list else []
    frames, calls = _frames(_tracebacks(error), redact)
    return Failure(
        type=type(error).__qualname__,
        module=str(type(error).__module__),
        message=_cut(redact(_text(error), None)),
        frames=frames,
        relation=relation,
        chain=tuple(chain),
        notes=(
            *(_cut(redact(note[: MAX_TEXT + _OVERLAP], None)) for note in notes[:MAX_CHAIN]),
            *_left_out(calls=calls, exceptions=len(led) - len(read), notes=len(notes) - MAX_CHAIN),
        ),
    )


def _left_out(**counts: int) -> tuple[str, ...]:
    """Return what was left out in words, by the plurals of what it is."""
    words = (f"{count} more {name if count > 1 else name[:-1]}" for name, count in counts.items() if count > 0)
    text = ", ".join(words)
    return (f"({text} not recorded)",) if text else ()


def _group(error: BaseException) -> list[BaseException]:
    """Return the members of an exception group, and of what looks like one: a tuple ``exceptions`` of exceptions."""
    members = getattr(error, "exceptions", ())
    return [member for member in members if isinstance(member, BaseException)] if type(members) is tuple else []


def message_of(error: BaseException) -> str:
    """Return the text of an exception; what it was made with gives its own ``__str__``, and never its ``repr``.

    Raises:
        BaseException: Whatever a ``__str__`` of the program's own raises.
    """
    kind, args = type(error), error.args
    if kind.__str__ not in (BaseException.__str__, KeyError.__str__) or all(id(type(arg)) in EXACT for arg in args):
        return str.__str__(str(error))  # a subclass of str may have been given back
    if len(args) > 1:
        return brief(args, MAX_TEXT, 3)
    (arg,) = args
    own_text: Any = type(arg).__str__
    if kind.__str__ is KeyError.__str__ or own_text is object.__str__:
        return brief(arg, MAX_TEXT)
    return message_of(arg) if isinstance(arg, BaseException) else str.__str__(str(arg))


def _text(error: BaseException) -> str:
    try:
        text = message_of(error)
    except BaseException as trouble:  # noqa: BLE001 - a stranger's __str__ may do anything, and we only wanted a text
        return f"<no text: {type(trouble).__name__}>"
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT + _OVERLAP] + f"… ({len(text)} characters)"


def _cut(text: str) -> str:
    """Return a text in bounds; it is redacted before, so that no half of a secret is left standing at the cut."""
    if len(text) <= MAX_TEXT:
        return text
    end = text.rfind("… (", MAX_TEXT)
    return text[:MAX_TEXT] + (text[end:] if end >= 0 else "…")


def _tracebacks(error: BaseException) -> Iterator[TracebackType | None]:
    """Yield the traceback of an exception; after one that Python makes of a ``StopIteration``, that of the latter too.

    Where a coroutine or generator lets a ``StopIteration`` out, only that one knows its line.
    """
    yield error.__traceback__
    cause = error.__cause__
    said = error.args[0] if type(error) is RuntimeError and len(error.args) == 1 else None
    if cause is not None and type(said) is str and said in _LET_OUT:
        yield cause.__traceback__


def _frames(tracebacks: Iterable[TracebackType | None], redact: Redact) -> tuple[tuple[Frame, ...], int]:
    steps: list[tuple[FrameType, int]] = []
    for traceback in tracebacks:
        while traceback is not None:
            file = traceback.tb_frame.f_code.co_filename
            # Whom the bus called comes first; the agent may stand between a handler and what it waits for.
            if not (is_agent(file) if steps else is_ours(file)):
                steps.append((traceback.tb_frame, traceback.tb_lineno))
            traceback = traceback.tb_next
    return _shown(steps, redact)


def _shown(steps: list[tuple[FrameType, int]], redact: Redact) -> tuple[tuple[Frame, ...], int]:
    """Return the frames to keep, outermost first, and how many are left out."""
    left_out = max(len(steps) - MAX_FRAMES, 0)
    if left_out:  # the outermost tell who called, the innermost what broke
        steps = steps[:5] + steps[5 - MAX_FRAMES :]
    frames: list[Frame] = []
    shown = 0  # a failure deep inside a library is still about the program's own variables
    for frame, line in reversed(steps):
        own = is_own_file(frame.f_code.co_filename) and not _hides(frame)
        frames.append(_frame(frame, line, redact, own=own, with_locals=own and shown < FRAMES_WITH_LOCALS))
        shown += own
    return tuple(reversed(frames)), left_out


def _hides(frame: FrameType) -> bool:
    return _HIDE in frame.f_code.co_varnames and frame.f_locals.get(_HIDE) is True


def _frame(frame: FrameType, line: int, redact: Redact, *, own: bool, with_locals: bool) -> Frame:
    file = frame.f_code.co_filename
    return Frame(
        file=file,
        line=line,
        function=getattr(frame.f_code, "co_qualname", frame.f_code.co_name).replace("<locals>.", ""),
        mine=own,
        source=_source(file, line, frame.f_globals, redact) if own else (),
        locals=_locals(frame, redact) if with_locals else (),
    )


def _source(file: str, line: int, variables: dict[str, Any], redact: Redact) -> tuple[tuple[int, str], ...]:
    lines = linecache.getlines(file, variables)
    first = max(1, line - 3)
    before = max(0, first - 1 - _KEY_LINES)
    if not any("PRIVATE KEY" in text for text in lines[before : first - 1]):
        before = first - 1  # else the lines may be the inside of a key that began above
    shown = redact("\n".join(text.rstrip("\n") for text in lines[before : line + 2]), SOURCE).split("\n")
    window = shown[first - 1 - before :] if lines[first - 1 : line + 2] else []
    return tuple((first + place, _ended(text, MAX_VALUE)) for place, text in enumerate(window))


def _locals(frame: FrameType, redact: Redact) -> tuple[tuple[str, str], ...]:
    variables = [(name, value) for name, value in frame.f_locals.items() if not name.startswith("__")]
    more = len(variables) - MAX_LOCALS
    return (
        *((name, redact(brief(value, redact=redact), name)) for name, value in variables[:MAX_LOCALS]),
        *((("…", f"{more} more, not recorded"),) if more > 0 else ()),
    )


def _plain(value: Any, limit: int, redact: Redact) -> str:
    if type(value) is str and len(value) > limit:
        return repr(redact(value[: limit + _OVERLAP], None)[:limit]) + "…"
    if type(value) is bytes and len(value) > limit:
        return redact(repr(value[: limit + _OVERLAP]), None)[:limit] + "…"
    if type(value) is int and value.bit_length() > 4 * limit:
        return f"<int of {value.bit_length()} bits>"
    return repr(value)


def _container(value: Any, limit: int, depth: int, redact: Redact) -> str:
    kind = type(value)
    opening, closing = ("[", "]") if kind is list else ("(", ")") if kind is tuple else ("{", "}")
    parts: list[str] = []
    for number, item in enumerate(value.items() if kind is dict else value):
        if number >= MAX_MEMBERS or sum(map(len, parts)) > limit:
            parts.append("…")
            break
        if kind is dict:
            key, inner = item
            parts.append(f"{brief(key, 40, depth - 1, redact)}: {brief(inner, 60, depth - 1, redact)}")
        else:
            parts.append(brief(item, 60, depth - 1, redact))
    single = "," if kind is tuple and len(parts) == 1 else ""
    return f"{opening}{', '.join(parts)}{single}{closing}"


def _members(value: Any, names: list[str], limit: int, depth: int, redact: Redact) -> str:
    parts: list[str] = []
    marked = marked_fields(type(value))
    for number, name in enumerate(names):
        if number >= MAX_MEMBERS or sum(map(len, parts)) > limit:
            parts.append("…")
            break
        try:
            member = object.__getattribute__(value, name)
        except AttributeError:
            continue
        shown = "<hidden>" if name in marked else brief(member, 60, depth - 1, redact)
        parts.append(f"{name}={shown}")
    return ", ".join(parts)


def _as_is(text: str, name: str | None) -> str:  # noqa: ARG001 - the shape of Redact
    return text


def _failure(data: dict[str, Any]) -> Failure:
    return Failure(
        type=data["type"],
        module=data["module"],
        message=data["message"],
        frames=tuple(
            Frame(
                frame["file"],
                frame["line"],
                frame["function"],
                frame["mine"],
                tuple((number, text) for number, text in frame["source"]),
                tuple((name, text) for name, text in frame["locals"]),
            )
            for frame in data["frames"]
        ),
        relation=data["relation"],
        chain=tuple(_failure(member) for member in data["chain"]),
        notes=tuple(data["notes"]),
    )


_PLAIN: Final = (str, int, bool, float, type(None), bytes, complex)
