"""The sample ``projects/failures``: what is fired there, and what it says of itself.

A line of it that ends with ``# seen: STATUS [ERROR]`` or ``# lost: KIND [REASON]``, or stands below that, is where it
is to be seen. ``by NAME`` names the handler where that is not the function around it; ``(3.12)`` and ``(3.11)`` say
that newer or older Pythons alone show it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from inspector.core.request import FireRequest

FERRY = Path(__file__).parent / "projects" / "failures"
FILES = (
    *sorted((FERRY / "ferry" / "failing").glob("*.py")),
    FERRY / "ferry" / "events.py",
    FERRY / "ferry" / "errors.py",
)
#: The sample needs ``inspector.core``, which other Pythons do not have.
SETTINGS = {"PYTHONPATH": str(FERRY.parents[2])}
#: Seconds that handlers may take which wait for ever, and all others.
SHORT, LONG = 0.2, 20.0
_MARK = re.compile(r"# ((?:seen|lost): .*)$")
_CLASS = re.compile(r"^class (\w+)\((Event|Patient|SeaMark)\):", re.M)


#: The part of the sample that needs blinker, what is fired there, and the Python that has it.
RADIO = FERRY / "ferry" / "radio" / "failing.py"
SIGNALS = ("station-called", "storm-warned", "tide-told", "night-come", "light-seen", "light-seen", "silence-kept")
LIBRARIES = FERRY.parents[2] / ".venv-libs" / "newest" / "bin" / "python"


class Way(NamedTuple):
    """What is to be seen of one way to fail.

    Attributes:
        what: ``seen: failed KeyError`` or ``lost: late raised``.
        place: File and line.
        by: The handler, or the event.
    """

    what: str
    place: str
    by: str


def planted(version: str, files: Sequence[Path] = FILES) -> Iterator[Way]:
    """Yield what the failing ferry says of itself in some files, as far as a Python shows it."""
    other = "(3.12)" if version == "3.11" else "(3.11)"
    for path in files:
        text = path.read_text("utf-8")
        around = owners(ast.parse(text))
        for number, line in enumerate(text.splitlines(), 1):
            mark = _MARK.search(line)
            for part in mark[1].split("; ") if mark is not None else ():
                if part.endswith(other):
                    continue
                what, _, by = part.removesuffix(" (3.11)").removesuffix(" (3.12)").partition(" by ")
                own = number + line.lstrip().startswith("#")
                name, first = around.get(own, ("", own))
                yield Way(what, f"{path.name}:{first}", by or name)


def owners(tree: ast.Module) -> dict[int, tuple[str, int]]:
    """Return the innermost function or class around each line, with that line; of a decorated one with its first."""
    names: dict[int, tuple[str, int]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.update((number, (node.name, number)) for number in range(node.lineno, (node.end_lineno or 0) + 1))
            if not isinstance(node, ast.ClassDef) and node.decorator_list:
                names[node.lineno] = node.name, node.decorator_list[0].lineno
    return names


def fires(package: str) -> Iterator[FireRequest]:
    """Yield a fire for each event that does not happen because of another."""
    for name, base in _CLASS.findall((FERRY / "ferry" / "events.py").read_text("utf-8")):
        if name not in ("Patient", "Derived"):
            limit = SHORT if base == "Patient" and package == "failing" else LONG
            values = {"passengers": 20} if name == "CapacitySet" and package == "sound" else {}
            yield FireRequest(name, [values], session=False, timeout=limit)
