"""Checking the program that runs: what is wrong in its catalog and wiring, off the thread of the window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.agent.facts.source import project_files, scan
from inspector.catalog.findings import CheckSettings, Finding, find, settings_of_project
from inspector.core.description import CatalogDescription
from inspector.core.facts import CatalogFacts
from inspector.hosts.source import read_source

if TYPE_CHECKING:
    from inspector.app.recording import Recording
    from inspector.core.source import SourceScan
    from inspector.hosts.project import Project


@dataclass(frozen=True)
class Basis:
    """What a check needs beside what the program declares.

    Attributes:
        root: Folder of the program's source; None when there is none to read.
        settings: What the program says about its check.
        project: What its source is read by; None for a program of ours.
    """

    root: Path | None = None
    settings: CheckSettings = field(default_factory=CheckSettings)
    project: Project | None = None

    def read(self) -> SourceScan | None:
        """Read the source: that of a project with the project's interpreter."""
        if self.root is None:
            return None
        if self.project is not None:
            return read_source(self.project, self.root, self.settings.exclude)
        return scan(project_files(self.root, self.settings.exclude))


@dataclass(frozen=True)
class Checked:
    """What a check found, and what it went by.

    Attributes:
        findings: The worst first.
        facts: What is known of the program beyond its description.
        settings: What the program says about its check.
        source: What stands in its source; None when there is none to read.
    """

    findings: list[Finding]
    facts: CatalogFacts
    settings: CheckSettings
    source: SourceScan | None = None


async def check(recording: Recording, own: Callable[[], Basis] | None) -> Checked:
    """Check the program of a recording.

    Args:
        recording: The live one.
        own: Returns the basis for a program that is not a project of the person's; None for an empty one.

    Raises:
        UsageError: What the project says about its check is wrong.
    """
    # A program of ours is looked at for its facts only now.
    facts = await asyncio.to_thread(getattr, recording.host, "facts", None) or CatalogFacts()
    basis = await asyncio.to_thread(_basis, recording, own or Basis)
    catalog = recording.journal.catalog or CatalogDescription("")
    source = await asyncio.to_thread(basis.read)
    findings = await asyncio.to_thread(find, catalog, facts, source, basis.settings)
    return Checked(findings, facts, basis.settings, source)


def _basis(recording: Recording, own: Callable[[], Basis]) -> Basis:
    project = recording.host.project
    if recording.host.firing is not None:  # of a program that runs by itself nothing is known but what it declares
        return Basis()
    return own() if project is None else basis_of(project)


def basis_of(project: Project) -> Basis:
    """Return the basis for a project.

    Raises:
        UsageError: What it says about its check is wrong.
    """
    file = project.source or project.cwd / "pyproject.toml"
    return Basis(file.parent, settings_of_project(file) if file.is_file() else CheckSettings(), project)
