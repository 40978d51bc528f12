"""How a child ended, or hangs, as sentences for people."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.agent.process.posture import BROKEN, LOST_CHANNEL
from inspector.core.records.host import ProcessEnded, ProcessStuck
from inspector.hosts.trouble import LoadError, load_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.hosts.intake import Intake
    from inspector.hosts.stacks import Dump, StackPlace
    from inspector.hosts.supervisor import Ended

_DOING: Final = {"importing": "Importing", "calling": "Calling", "starting": "Starting"}
_MANY: Final = 5
#: What follows junk on a connection cannot be told apart, and so not be counted.
_UNKNOWN: Final = "Records after that were lost; how many is unknown."
_OTHER_PYTHON: Final = "Choose another interpreter."
_PYTHON: Final = "--python PATH"


@dataclass
class Loading:
    """What is known of a load under way.

    Attributes:
        python: The interpreter.
        timeout: Seconds that it may take.
        cwd: Where it runs.
        doing: ``importing``, ``calling`` or ``starting``.
        what: Module or import string.
        greeted: The child has said hello.
        ready: It is loaded.
        trouble: What the child said why it failed.
        misfit: That the interpreter is none that the project is meant for, as a sentence; empty when it is.
    """

    python: str = ""
    timeout: float = 0.0
    cwd: Path = field(default_factory=Path)
    doing: str = "importing"
    what: str = "the program"
    greeted: bool = False
    ready: bool = False
    trouble: Any = None
    misfit: str = ""


def explain_load(ended: Ended, loading: Loading) -> LoadError:
    """Return the error of a child that ended before the project was loaded; what was wrong before stands first."""
    error = _explain_load(ended, loading)
    if loading.misfit and error.kind not in ("interpreter", "missing_setting", "stopped"):
        error.text = f"{loading.misfit} {error.text}"
        if not error.hint:
            error.hint, error.typed = _OTHER_PYTHON, _PYTHON
    return error


def misfit_error(misfit: str) -> LoadError:
    """Return what is told of an interpreter for which a project is not meant; it is loaded all the same."""
    return LoadError(misfit, _OTHER_PYTHON, kind="interpreter", typed=_PYTHON)


def _explain_load(ended: Ended, loading: Loading) -> LoadError:
    if loading.trouble is not None:
        return load_error(loading.trouble, ended.tail)
    doing, what = _DOING.get(loading.doing, "Loading"), loading.what
    stopped = ended.dump.place()
    place = f" at {stopped.below(str(loading.cwd))}" if stopped is not None else ""
    if ended.why == "load_timeout":
        seconds = f"{loading.timeout:.9f}".rstrip("0").rstrip(".")
        text = f"{doing} {what} took more than {seconds} s and was stopped{place}."
        typed = "--load-timeout SECONDS"
        return LoadError(text, "Allow more time.", kind="timeout", output=ended.tail, typed=typed)
    if ended.why == "start":
        return LoadError(ended.text, _OTHER_PYTHON, kind="interpreter", typed=_PYTHON)
    if ended.why == "protocol":
        return LoadError(f"{what} sent invalid data: {ended.text}", kind="protocol", output=ended.tail)
    if ended.why in ("stopped", "killed"):
        return LoadError("Loading was stopped.", kind="stopped", output=ended.tail)
    if ended.why == "lingered":
        text = f"{what} {ended.text} while {doing.lower()}, did not end and was killed."
        return LoadError(text, kind="crash", output=ended.tail)
    if not loading.greeted and ended.code < 0:
        text = f"{loading.python} was ended by {_signal(ended.code)} before loading {what}."
        return LoadError(text, kind="crash", output=ended.tail)
    if not loading.greeted:
        last = f": {ended.tail[-1]}" if ended.tail else ""
        text = f"{loading.python} does not run as Python 3.11 or newer{last}."
        return LoadError(text, _OTHER_PYTHON, kind="interpreter", output=ended.tail, typed=_PYTHON)
    if ended.code == LOST_CHANNEL:
        text = f"{doing} {what} closed the inspector's connection."
        return LoadError(
            text, "The code closes file descriptors that it did not open.", kind="crash", output=ended.tail
        )
    if ended.code < 0:
        reason = ended.dump.fatal or _signal(ended.code)
        text = f"{doing} {what} crashed the interpreter: {reason}{place}."
        return LoadError(text, kind="crash", output=ended.tail)
    broken = _last_exception(ended.tail) if ended.code in (1, BROKEN) else ""
    if broken:
        text = f"{doing} {what} broke the interpreter: {broken}"
        return LoadError(text, "It may replace functions that Python itself needs.", kind="crash", output=ended.tail)
    text = f"{doing} {what} ended the program with exit code {ended.code}."
    return LoadError(text, "The code may call os._exit().", kind="exit", output=ended.tail)


def explain_end(ended: Ended, last_words: str, output: tuple[str, ...], intake: Intake) -> ProcessEnded:
    """Return the record of the end of a child that ran; ``output`` is what it wrote last."""
    place = ended.dump.place() if ended.dump.fatal else None
    handlers = _handlers(intake, ended.dump if ended.dump.fatal else None)
    inside = f" in {', '.join(handlers)}" if handlers else ""
    if ended.why == "killed":
        text = f"The program was killed{inside}."
    elif ended.code == LOST_CHANNEL:
        text = (
            f"The program closed the inspector's connection{inside}: it closes file descriptors that it did not open."
        )
    elif ended.why == "protocol":
        text = f"The program sent invalid data{inside}: {ended.text} {_UNKNOWN}"
    elif ended.why == "lingered":
        text = f"The program {ended.text}{inside}, did not end and was killed."
    elif ended.code == -signal.SIGKILL:
        text = f"The program was killed{inside}: SIGKILL, possibly out of memory."
    elif ended.code == BROKEN:
        broken = _last_exception(ended.tail) or "the inspector cannot continue."
        text = f"The program broke its interpreter{inside}: {broken}"
        text += " The code may replace functions that Python itself needs."
    elif ended.code < 0:
        text = f"The program crashed{inside}: {ended.dump.fatal or _signal(ended.code)}{_at(place)}."
    else:
        text = f"The program ended with exit code {ended.code}{inside}."
    if last_words:
        text += f" {last_words}"
    return ProcessEnded(
        at=intake.now(),
        text=text,
        why=ended.why,
        code=ended.code,
        signal=_signal(ended.code) if ended.code < 0 else "",
        executions=tuple(sorted(intake.running)[-100:]),
        handlers=tuple(handlers),
        file=place.file if place else "",
        line=place.line if place else 0,
        output=output,
    )


def explain_stuck(dump: Dump, seconds: float, intake: Intake, *, stopped: bool) -> ProcessStuck:
    """Return the record of a child in which nothing answers, or that was stopped."""
    place = dump.place()
    handlers = [] if stopped else _handlers(intake, dump)
    inside = f" in {', '.join(handlers)}" if handlers else ""
    where = f", {place}" if place else ""
    why = "native code may be blocking its interpreter"
    if stopped:
        why = "stopped by SIGSTOP or a debugger"
    text = f"Program not responding for {seconds:.1f} s{inside}{where}: {why}."
    now = intake.now()
    return ProcessStuck(
        at=now,
        text=text,
        since=max(0, now - int(seconds * 1e9)),
        handlers=tuple(handlers),
        function=place.function if place else "",
        file=place.file if place else "",
        line=place.line if place else 0,
    )


def _handlers(intake: Intake, dump: Dump | None) -> list[str]:
    """Return the labels of the handlers that were running: the one on the stack, else all, the newest first."""
    handlers = {handler.key: handler for handler in intake.catalog.handlers} if intake.catalog is not None else {}
    keys = list(dict.fromkeys(key for _, key, _ in reversed(list(intake.running.values()))))
    if dump is not None:
        frames = {(place.file, place.function) for place in dump.stack}
        on_stack = [
            k for k in keys if k in handlers and (handlers[k].file, handlers[k].method.partition(" ")[0]) in frames
        ]
        keys = on_stack or keys
    labels = [handlers[key].label if key in handlers else key.rpartition(":")[2] for key in keys]
    return labels[:_MANY]


def _last_exception(output: Sequence[str]) -> str:
    """Return the last line of the traceback with which a process ended; empty when there is none."""
    in_traceback, last = False, ""
    for line in output:
        if line.startswith("Exception ignored"):
            break
        if line.startswith(("Traceback (most recent call last):", "  File ")):
            in_traceback = True
        elif in_traceback and line[:1].strip() and not line.startswith(("During ", "The above ")):
            in_traceback, last = False, line.rstrip(".")
    return f"{last}." if last else ""


def _at(place: StackPlace | None) -> str:
    return f" at {place}" if place is not None else ""


def _signal(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:  # a signal without a name
        return f"signal {-code}"
