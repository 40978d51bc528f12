"""What the window fired as a command to type: for a terminal, a script or a bug report."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from inspector.catalog import fieldtext
from inspector.core.request import TIMEOUT
from inspector.hosts.project import LOAD_TIMEOUT

if TYPE_CHECKING:
    from inspector.core.description import CatalogDescription, EventDescription, TypeShape
    from inspector.hosts.project import Project


def fire_command(
    catalog: CatalogDescription,
    event: EventDescription,
    values: Mapping[str, Any],
    *,
    session: bool = True,
    metadata: Mapping[str, str] | None = None,
    count: int = 1,
    same: bool = False,
    timeout: float | None = TIMEOUT,
    project: Project | None = None,
    faults: Sequence[str] = (),
) -> str:
    """Return the ``inspector fire`` that publishes the same, in one line for a POSIX shell.

    What identifies a single event (its id, its time) is left out: what is fired again is another event.

    Args:
        catalog: Where the event is, to tell it from others of its name.
        event: The event type.
        values: JSON values by field name; a field that is not here has its default.
        session: Publish with a database session.
        metadata: The metadata of the publication.
        count: How many times.
        same: The same values each time.
        timeout: How long a handler may take, in seconds; None leaves the usual limit.
        project: The program, None for the demo. Settings that a person has filled in for it are not told: they may be
            secrets, and the command finds them where they are kept.
        faults: Faults to inject, as ``--fault`` reads them.
    """
    namesakes = [candidate for candidate in catalog.events if f".{candidate.key}".endswith(f".{event.name}")]
    words = ["inspector", "fire", event.name if len(namesakes) <= 1 else event.key]
    for shape in event.fields:
        if shape.name not in values:
            continue
        value = values[shape.name]
        if not shape.base or not (shape.generated or value == shape.default):
            words += ["--set", f"{shape.name}={_text(shape.type, value)}"]
    if not session:
        words.append("--no-session")
    for key, value in (metadata or {}).items():
        words += ["--meta", f"{key}={value}"]
    if count != 1:
        words += ["--count", str(count), *(["--same-values"] if same else [])]
    if timeout is not None and timeout != TIMEOUT:
        words += ["--timeout", f"{timeout:g}"]
    for fault in faults:
        words += ["--fault", fault]
    if project is None:
        return shlex.join([*words, "--demo"])
    if project.source is not None:  # named in its pyproject.toml, which may say what no option does
        return f"cd {shlex.quote(str(project.source.parent))} && {shlex.join(words)}"
    return shlex.join([*words, *_options(project)])


def _options(project: Project) -> list[str]:
    """Return the options that name a project."""
    options = [("--app", app) for app in project.app] + [("--catalog", catalog) for catalog in project.catalog]
    options += [
        (option, str(value))
        for option, value in (
            ("--db-session", project.db_session),
            ("--python", project.python),
            ("--env", project.env_file),
            ("--cwd", project.cwd),
        )
        if value is not None
    ]
    if project.load_timeout != LOAD_TIMEOUT:
        options.append(("--load-timeout", f"{project.load_timeout:g}"))
    return [word for pair in options for word in pair]


def _text(shape: TypeShape, value: Any) -> str:
    """Write a value in one line, as ``--set`` reads it."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return fieldtext.format(shape, value)
