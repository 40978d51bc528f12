"""How a child process is started for a project."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspector.hosts.project import Project


@dataclass(frozen=True)
class Launch:
    """How a child is started.

    Attributes:
        python: The interpreter.
        flags: Its options, before our script.
        cwd: Where it runs.
        environment: Its whole environment.
        order: What it is told to load.
        load_timeout: Seconds that loading may take.
    """

    python: str
    flags: Sequence[str]
    cwd: str
    environment: Mapping[str, str] = field(repr=False)
    order: Mapping[str, Any]
    load_timeout: float


def launch_of(project: Project, seed: int | None) -> Launch:
    """Find out how a project is started.

    Args:
        project: The project.
        seed: Seed of the synthetic values, told in the session's record.

    Raises:
        UsageError: Its interpreter, or its file of settings, does not exist.
    """
    environment = project.environment()
    options = {"handlers": list(project.handlers), "publish": project.publish, "adapter": project.adapter}
    return Launch(
        python=str(project.interpreter().path),
        flags=flags_of(environment),
        cwd=str(project.cwd),
        environment=environment,
        order={
            "app": list(project.app),
            "catalog": list(project.catalog),
            "session": project.db_session,
            "name": project.name,
            "options": options,
            "cwd": str(project.cwd),
            "seed": seed,
            "memory": project.memory,
        },
        load_timeout=project.load_timeout,
    )


def flags_of(environment: Mapping[str, str]) -> list[str]:
    """Give as options what a project sets in ``PYTHON…`` variables: isolated from those, it still means them."""
    flags = ["-B"] if environment.get("PYTHONDONTWRITEBYTECODE") or sys.dont_write_bytecode else []
    optimise = environment.get("PYTHONOPTIMIZE", "")
    if optimise:
        flags.append("-O" if optimise == "1" else "-OO")
    if environment.get("PYTHONUTF8") in ("0", "1"):
        flags += ["-X", f"utf8={environment['PYTHONUTF8']}"]
    if environment.get("PYTHONDEVMODE"):
        flags += ["-X", "dev"]
    for rule in environment.get("PYTHONWARNINGS", "").split(","):
        flags += ["-W", rule] if rule else []
    return flags
