"""Why a project could not be loaded, for the command line and the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from inspector.core.errors import InspectorError
from inspector.core.records.capture import Failure, failure_from_json


class LoadError(InspectorError):
    """A project, or a part of it, could not be loaded.

    Attributes:
        text: One sentence.
        hint: What to do next.
        kind: ``usage``, ``missing_module``, ``missing_attribute``, ``missing_setting``, ``syntax``, ``circular``,
            ``exit``, ``crash``, ``timeout``, ``interpreter``, ``protocol`` or ``error``.
        failure: What was raised, None when nothing was.
        output: The last lines that the program wrote to its error stream.
    """

    def __init__(
        self,
        text: str,
        hint: str = "",
        *,
        kind: str = "error",
        failure: Failure | None = None,
        output: Sequence[str] = (),
        typed: str = "",
    ) -> None:
        super().__init__(text, hint, typed=typed)
        self.kind = kind
        self.failure = failure
        self.output = tuple(output)

    @property
    def traceback(self) -> str:
        """The traceback, cut to the frames of the project; empty when nothing was raised there."""
        return "" if self.failure is None else cut_traceback(self.failure)


class MissingSetting(LoadError):  # noqa: N818 - what it says
    """A setting is missing.

    Attributes:
        variables: Names of the environment variables, in the order in which they were found missing.
    """

    variables: tuple[str, ...] = ()


def load_error(message: Any, output: Sequence[str] = ()) -> LoadError:
    """Read what the child said of its trouble; it may be anything."""
    read = message if type(message) is dict else {}
    text, hint, kind, typed = (str(read.get(name, ""))[:4_000] for name in ("text", "hint", "kind", "typed"))
    failure = None
    try:
        if type(read.get("failure")) is str and read["failure"]:
            failure = failure_from_json(read["failure"])
    except ValueError:
        hint = hint or "The traceback could not be read."
    variables = tuple(str(name)[:200] for name in read.get("variables") or () if name)[:50]
    text = text or "The program could not be loaded."
    if not variables:
        return LoadError(text, hint, kind=kind or "error", failure=failure, output=output, typed=typed)
    missing = MissingSetting(text, hint, kind="missing_setting", failure=failure, output=output, typed=typed)
    missing.variables = variables
    return missing


def cut_traceback(failure: Failure) -> str:
    """Write a failure as Python does, with the frames of the project only."""
    lines = []
    for earlier in failure.chain:
        text = cut_traceback(earlier)
        if text:
            joint = "caused" if earlier.relation == "cause" else "was handled when there came"
            lines += [text, "", f"… {joint}:", ""]
    frames = [frame for frame in failure.frames if frame.mine]
    if frames:
        lines.append("Traceback (most recent call last):")
    for frame in frames:
        lines.append(f'  File "{frame.file}", line {frame.line}, in {frame.function}')
        source = dict(frame.source).get(frame.line, "").strip()
        if source:
            lines.append(f"    {source}")
    lines.append(f"{failure.type}: {failure.message}" if failure.message else failure.type)
    return "\n".join(lines)


#: Seconds that the loop of a program has to answer a question.
ANSWER_TIME: Final = 3.0


def loop_blocked() -> InspectorError:
    """Return what to raise when the loop of a program does not answer."""
    return InspectorError("The event loop is blocked.", "Try again when the handler that blocks it has returned.")
