"""Consent: whose code was allowed to run. Loading a project runs its code with the rights of the person."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.hosts.kept import KeptFile

if TYPE_CHECKING:
    from inspector.hosts.project import Project


class Trust:
    """Remembers what a person has allowed to be loaded: by real path, interpreter and what would be loaded.

    Args:
        path: A JSON file of ours; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._file = KeptFile(path)

    def needs_consent(self, project: Project) -> str | None:
        """Give the question to ask before the project is loaded; None when it was answered with yes before.

        Raises:
            InspectorError: The interpreter that the project names does not exist.
        """
        if self._file.read().get(self._key(project)) == project.digest():
            return None
        return question(project)

    def remember(self, project: Project) -> None:
        """Remember a yes.

        Raises:
            InspectorError: It cannot be written.
        """
        self._file.write({**self._file.read(), self._key(project): project.digest()})

    def forget(self) -> None:
        """Forget every consent."""
        self._file.path.unlink(missing_ok=True)

    def _key(self, project: Project) -> str:
        return json.dumps([os.path.realpath(project.cwd), str(project.interpreter().path)])


def question(project: Project) -> str:
    """Give the question that is asked before a project's code is run."""
    place = os.path.realpath(project.source or project.cwd)
    return (
        f"Load {', '.join(project.app)} of {place} with {project.interpreter().path}? "
        "This runs that project's code with your rights."
    )
