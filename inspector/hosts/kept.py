"""Small files of ours that say what a person has allowed and filled in."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.core.errors import InspectorError

if TYPE_CHECKING:
    from inspector.hosts.project import Project


class KeptFile:
    """A JSON object in a file that only its owner can read.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """Return what is kept; a file that is missing or damaged keeps nothing."""
        try:
            content = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, content: Mapping[str, Any]) -> None:
        """Keep this, in one step: it must never be half a file.

        Raises:
            InspectorError: It cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)  # readable by us only
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1)
            Path(name).replace(self.path)
        except OSError as error:
            raise InspectorError(f"Cannot write {self.path}: {error.strerror}.") from error


class KeptSettings:
    """Settings that a person has filled in because a program missed them, by project.

    They stand here in clear, in a file that only its owner can read, and nowhere in a session.

    Args:
        path: A JSON file of ours; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._file = KeptFile(path)

    def of(self, project: Project) -> dict[str, str]:
        """Return what was filled in for a project."""
        return self.of_folder(project.cwd)

    def of_folder(self, folder: Path) -> dict[str, str]:
        """Return what was filled in for the project that runs in a folder."""
        settings = self._file.read().get(os.path.realpath(folder))
        if not isinstance(settings, dict):
            return {}
        return {name: value for name, value in settings.items() if isinstance(value, str)}

    def keep(self, project: Project, settings: Mapping[str, str]) -> None:
        """Keep these settings for a project, besides those that are kept already.

        Raises:
            InspectorError: They cannot be written.
        """
        self.replace(project.cwd, {**self.of(project), **settings})

    def replace(self, folder: Path, settings: Mapping[str, str]) -> None:
        """Keep these settings for the project that runs in a folder, and no others.

        Raises:
            InspectorError: They cannot be written.
        """
        everything = {**self._file.read(), os.path.realpath(folder): dict(settings)}
        self._file.write({place: values for place, values in everything.items() if values})


# Consent: whose code was allowed to run. Loading a project runs its code with the rights of the person.


#: How much may be loaded of one project without asking: its apps, in turn.
_MOST_ALLOWED: Final = 20


class Trust:
    """Remembers what a person has allowed to be loaded: by real path, interpreter and what would be loaded.

    Args:
        path: A JSON file of ours; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._file = KeptFile(path)

    def needs_consent(self, project: Project) -> str | None:
        """Return the question to ask before the project is loaded; None when it was answered with yes before.

        Raises:
            InspectorError: The interpreter that the project names does not exist.
        """
        return None if project.digest() in self._allowed(project) else question(project)

    def remember(self, project: Project) -> None:
        """Remember a yes.

        Raises:
            InspectorError: It cannot be written.
        """
        allowed, digest = self._allowed(project), project.digest()
        if digest not in allowed:
            self._file.write({**self._file.read(), self._key(project): [*allowed[1 - _MOST_ALLOWED :], digest]})

    def _allowed(self, project: Project) -> list[str]:
        """Return the digests of what may be loaded of a project, the newest last."""
        allowed = self._file.read().get(self._key(project))
        return [digest for digest in allowed if isinstance(digest, str)] if isinstance(allowed, list) else []

    def forget(self) -> None:
        """Forget every consent."""
        self._file.path.unlink(missing_ok=True)

    def _key(self, project: Project) -> str:
        return json.dumps([os.path.realpath(project.cwd), str(project.interpreter().path)])


def question(project: Project) -> str:
    """Return the question that is asked before a project's code is run."""
    place = os.path.realpath(project.source or project.cwd)
    return (
        f"Load {', '.join(project.app)} of {place} with {project.interpreter().path}? "
        "This runs that project's code with your rights."
    )
