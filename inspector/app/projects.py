"""Opening somebody's own project: consent, missing settings, what was opened last."""

from __future__ import annotations

import functools
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from inspector.core.errors import InspectorError, UsageError
from inspector.hosts.child import ChildHost
from inspector.hosts.project import LOAD_TIMEOUT, Project
from inspector.hosts.trouble import LoadError, MissingSetting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspector.app.settings import Settings
    from inspector.app.workbench import Workbench
    from inspector.hosts.kept import KeptSettings, Trust

#: Name of the setting that remembers what was opened, newest first.
RECENT: Final = "projects.recent"
_MOST_RECENT: Final = 10
#: Options of a project that the form has no field for; they belong to its app.
BESIDES: Final = ("name", "handlers", "publish", "adapter")
_OPTIONS: Final = ("app", "catalog", "db_session", "python", "env", "cwd", "load_timeout", *BESIDES)


class Asker(Protocol):
    """Who asks the person in front of the screen."""

    async def consent(self, question: str) -> bool:
        """Ask whether a project's code may run."""

    async def missing(self, trouble: MissingSetting, project: Project) -> Mapping[str, str] | None:
        """Ask for settings that a project misses; None when the person gives up."""

    def trouble(self, trouble: LoadError, project: Project) -> None:
        """Report why a project could not be loaded."""


class Projects:
    """Opens projects in child processes and makes them the live recording.

    Args:
        workbench: Records them.
        settings: Remembers what was opened.
        trust: Remembers whose code may run.
        kept_settings: Remembers settings that were filled in.
        asker: Asks the person.
    """

    def __init__(
        self, workbench: Workbench, settings: Settings, trust: Trust, kept_settings: KeptSettings, asker: Asker
    ) -> None:
        self._workbench = workbench
        self._settings = settings
        self._trust = trust
        self._kept = kept_settings
        self._asker = asker

    def recent(self) -> list[dict[str, Any]]:
        """Return the options of the projects that were opened last and are still there, newest first."""
        recent = []
        for text in self._settings.strings(RECENT):
            try:
                options = json.loads(text)
            except ValueError:
                continue
            if isinstance(options, dict) and options.get("app") and Path(str(options.get("cwd", ""))).is_dir():
                recent.append({name: options.get(name) or "" for name in _OPTIONS})
        return recent

    def kept(self, folder: Path) -> dict[str, str]:
        """Return the settings that are kept for the project that runs in a folder."""
        return self._kept.of_folder(folder)

    def keep(self, folder: Path, settings: Mapping[str, str]) -> None:
        """Keep these settings for the project that runs in a folder, and no others.

        Raises:
            InspectorError: They cannot be written.
        """
        self._kept.replace(folder, settings)

    async def open(self, project: Project, *, confirmed: bool = False, seed: int | None = None) -> bool:
        """Load a project and record it; return whether it is the live one now. What was loaded before stays otherwise.

        Args:
            project: What to load.
            confirmed: The person has said yes already (``--app`` is the consent).
            seed: Seed of the synthetic values.

        Raises:
            InspectorError: Consent cannot be remembered, or the interpreter does not exist.
        """
        question = None if confirmed else self._trust.needs_consent(project)
        if question is not None:
            if not await self._asker.consent(question):
                return False
            self._trust.remember(project)
        if not await self._load(project.with_settings(self._kept.of(project)), seed):
            return False
        self._remember(project)
        return True

    async def _load(self, project: Project, seed: int | None) -> bool:
        while True:
            name = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {project.name}"
            make_host = functools.partial(ChildHost, project, seed=seed)
            try:
                await self._workbench.switch(make_host, name=name, source="project")
            except MissingSetting as trouble:
                filled = await self._asker.missing(trouble, project)
                if not filled:
                    return False
                self._kept.keep(project, filled)
                project = project.with_settings(filled)
            except LoadError as trouble:
                self._asker.trouble(trouble, project)
                return False
            else:
                return True

    def _remember(self, project: Project) -> None:
        self._settings.remember(RECENT, json.dumps(options_of(project), sort_keys=True), _MOST_RECENT)


def options_of(project: Project) -> dict[str, str]:
    """Return what would have to stand in the form for this project."""
    return {
        "app": ", ".join(project.app),
        "catalog": ", ".join(project.catalog),
        "db_session": project.db_session or "",
        "python": str(project.python or ""),
        "env": str(project.env_file or ""),
        "cwd": str(project.cwd),
        "name": project.name,
        "handlers": ", ".join(project.handlers),
        "publish": project.publish,
        "adapter": project.adapter,
        "load_timeout": f"{project.load_timeout:g}" if project.load_timeout != LOAD_TIMEOUT else "",
    }


def project_of(options: Mapping[str, str]) -> Project:
    """Make a project of what stands in the form; how its buses are read, the file around it says.

    Raises:
        UsageError: Something is wrong with it.
    """
    return Project.from_options(
        options.get("app", ""),
        catalog=options.get("catalog", ""),
        db_session=options.get("db_session") or None,
        python=options.get("python") or None,
        env=options.get("env") or None,
        cwd=options.get("cwd") or None,
        name=options.get("name", ""),
        load_timeout=_seconds(options.get("load_timeout", "")),
        handlers=options.get("handlers", ""),
        publish=options.get("publish", ""),
        adapter=options.get("adapter", ""),
    ).beside_file()


def _seconds(text: str) -> float:
    try:
        return float(text) if text else LOAD_TIMEOUT
    except ValueError as error:
        raise UsageError(f"Invalid load timeout: {text[:40]}.", "Enter seconds, or leave it empty for 10.") from error


def options_of_folder(folder: Path) -> dict[str, str]:
    """Return what a folder's ``pyproject.toml`` says of itself, for the form; only the folder when it says nothing.

    Nothing is loaded for that.

    Raises:
        UsageError: The file is there but wrong.
    """
    project = Project.from_folder(folder)
    return {"cwd": str(folder)} if project is None else options_of(project)


def with_more_time(project: Project) -> Project:
    """Return a project whose load took too long, with three times the time, at least half a minute."""
    return replace(project, load_timeout=max(30.0, 3 * project.load_timeout))


def interpreter_text(options: Mapping[str, str]) -> str:
    """Return which interpreter would load the project; the reason when none would."""
    try:
        interpreter = project_of(options).interpreter()
    except InspectorError as error:
        return error.text
    return str(interpreter.path)
