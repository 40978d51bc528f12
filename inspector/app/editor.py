"""Opening a source file at a line, in whatever editor the person has."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from inspector.core.errors import InspectorError

#: How known editors are told a line; the first one found is used.
KNOWN: Final = (
    "code --goto {file}:{line}",
    "codium --goto {file}:{line}",
    "cursor --goto {file}:{line}",
    "zed {file}:{line}",
    "pycharm --line {line} {file}",
    "subl {file}:{line}",
    "kate --line {line} {file}",
    "gedit +{line} {file}",
    "gnome-text-editor {file}",
)


def editor_command(
    file: str,
    line: int,
    chosen: str = "",
    *,
    which: Callable[[str], str | None] = shutil.which,
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the command that opens a file at a line.

    Args:
        file: Path of the source.
        line: 1-based line.
        chosen: The person's own template with ``{file}`` and ``{line}``; empty for the first known editor.
        which: Finds programs.
        environment: Where ``INSPECTOR_EDITOR`` is looked up; the process's own when None.

    Raises:
        InspectorError: The file does not exist, or no editor was found.
    """
    if not Path(file).is_file():
        raise InspectorError(f"File not found: {file}", "It may have moved, or be on another machine.")
    variables = os.environ if environment is None else environment
    template = chosen or variables.get("INSPECTOR_EDITOR", "")
    for candidate in (template,) if template else KNOWN:
        words = _words(candidate)
        if which(words[0]):
            # The line first: a path may have braces in it.
            return [word.replace("{line}", str(max(1, line))).replace("{file}", file) for word in words]
    if template:
        raise InspectorError(f"Editor not found: {template}", "Set INSPECTOR_EDITOR to an installed editor.")
    raise InspectorError(
        "No editor found that opens a file at a line.",
        "Set INSPECTOR_EDITOR, for example to “code --goto {file}:{line}”.",
    )


def open_in_editor(file: str, line: int, chosen: str = "") -> None:
    """Open a file at a line and leave the editor to itself.

    Raises:
        InspectorError: It cannot be opened.
    """
    command = editor_command(file, line, chosen)
    try:
        process = subprocess.Popen(  # noqa: S603 - the person's own editor, without a shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise InspectorError(f"Cannot start the editor: {error}", "Set INSPECTOR_EDITOR to another editor.") from error
    # Somebody has to take its exit code, or it stays in the process table for as long as we live.
    threading.Thread(target=process.wait, name="inspector-editor", daemon=True).start()


def _words(template: str) -> list[str]:
    """Split a template like a shell would; one without ``{file}`` is given the file as its last word."""
    try:
        words = shlex.split(template)
    except ValueError as error:
        raise InspectorError(
            f"Invalid editor command: {template}", "INSPECTOR_EDITOR has an unclosed quotation mark."
        ) from error
    return words if "{file}" in template else [*words, "{file}"]
