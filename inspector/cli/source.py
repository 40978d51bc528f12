"""Which program a command runs: one that is named, that of the project around the current folder, or the demo."""

from __future__ import annotations

import dataclasses
import functools
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from inspector.app.text import one_line, visible
from inspector.cli import exitcodes
from inspector.cli.programs import demo_program, given_options, may_be_project
from inspector.core.description import Problem
from inspector.core.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from inspector.agent.program import Program
    from inspector.app.recording import Host
    from inspector.cli.console import Console
    from inspector.core.description import CatalogDescription
    from inspector.core.facts import CatalogFacts
    from inspector.core.records.host import HostRecord
    from inspector.hosts.project import Project
    from inspector.hosts.trouble import LoadError

#: How much of a program's traceback, and of what it printed, is shown.
_MOST_LINES: Final = 40
_MOST_CHARACTERS: Final = 6_000

Command = Callable[["argparse.Namespace", "Console"], int]


class ProgramSource(Protocol):
    """A program that can be run.

    Attributes:
        name: What people call it.
        kind: What a session of it says where it comes from: ``demo`` or ``project``.
    """

    name: str
    kind: str

    def make_host(self, seed: int | None = None) -> Host:
        """Make a host that has not been started, on the loop that will read its stream."""

    async def describe(self) -> CatalogDescription:
        """Return what the program declares; a project is loaded for that, and ended again.

        Raises:
            LoadError: It cannot be loaded.
            InspectorError: Its interpreter, or its file of settings, does not exist.
        """


class EmbeddedSource:
    """A program that runs in this process.

    Args:
        make_program: Makes it, from a seed.
        name: What people call it.
        kind: What its sessions say where they come from.

    Attributes:
        make_program: Makes it, from a seed.
    """

    def __init__(
        self, make_program: Callable[[int | None], Program] = demo_program, name: str = "demo", kind: str = "demo"
    ) -> None:
        self.make_program = make_program
        self.name = name
        self.kind = kind

    def make_host(self, seed: int | None = None) -> Host:
        """Make a host; the program is made on its thread."""
        from inspector.hosts.embedded import EmbeddedHost

        return EmbeddedHost(functools.partial(self.make_program, seed), seed=seed)

    def catalog(self) -> CatalogDescription:
        """Return what the program declares, without starting it."""
        return self.make_program(None).catalog()

    async def describe(self) -> CatalogDescription:
        """Return what the program declares, without starting it."""
        return self.catalog()


class ProjectSource:
    """Somebody's own program, in a process of its own.

    Args:
        project: What to load.
        console: Where to tell what it prints.
        verbose: Tell that.

    Attributes:
        project: What to load.
    """

    kind = "project"

    def __init__(self, project: Project, console: Console, *, verbose: bool = False) -> None:
        self.project = project
        self.name = project.name
        self._console = console
        self._verbose = verbose

    def make_host(self, seed: int | None = None) -> Host:
        """Make a host; its ``start`` loads the project."""
        from inspector.hosts.child import ChildHost

        return ChildHost(self.project, seed=seed)

    async def describe(self) -> CatalogDescription:
        """Return what the program declares, and what of it could not be loaded."""
        return (await self.load())[0]

    async def load(self) -> tuple[CatalogDescription, CatalogFacts]:
        """Load the project, and end it again; return what it declares and what is known beyond that.

        Raises:
            LoadError: It cannot be loaded.
            InspectorError: Its interpreter, or its file of settings, does not exist.
        """
        from inspector.cli.running import Troubles, recording
        from inspector.core.facts import CatalogFacts

        troubles = Troubles(self._console)
        async with recording(
            None, self, troubles, self._console, name=self.name, seed=None, verbose=self._verbose
        ) as live:
            facts = getattr(live.host, "facts", None)
        catalog = live.journal.catalog
        assert catalog is not None  # noqa: S101 - a started recording has folded its first record
        late = problems_of(live.journal.host_records)
        texts = {problem.text for problem in catalog.problems}
        fresh = [problem for problem in late if problem.text not in texts]
        whole = dataclasses.replace(catalog, problems=(*catalog.problems, *dict.fromkeys(fresh)))
        return whole, facts or CatalogFacts()


def problems_of(records: Iterable[HostRecord]) -> list[Problem]:
    """Return the parts of the program that cannot be used, in the order in which the host recorded them."""
    from inspector.core.records.host import PartNotLoaded

    return [
        Problem(part.where, part.text.removeprefix(f"{part.where}: "), part.hint)
        for part in records
        if isinstance(part, PartNotLoaded)
    ]


def sentence_of(problem: Problem) -> str:
    """Return a problem as one sentence that says what it is about."""
    named = problem.text.startswith(problem.where)
    return problem.text if named else f"{problem.where}: {problem.text}"


def source_of(arguments: argparse.Namespace, console: Console) -> ProgramSource:
    """Choose the program that a command runs: ``--demo``, ``--app``, ``[tool.inspector]`` here, else the demo.

    A project that was only found is asked about first; the answer is remembered.

    Args:
        arguments: Parsed with ``parser.add_source_options``.
        console: Where it is said which program it is, and where the question is asked.

    Raises:
        UsageError: An option is wrong, or there is no consent.
    """
    chosen = project_of(arguments)
    if chosen is None:
        return EmbeddedSource()
    project, allowed = chosen
    tell_unused(project, console)
    if not allowed:
        _ask_for_consent(project, console)
    if not getattr(arguments, "json", False):
        origin = f" (from {project.source})" if project.source is not None else ""
        text = f"Loading {', '.join(project.app)} with {project.interpreter().path}{origin}."
        console.note(one_line(text, 1_000))
    return ProjectSource(_with_kept_settings(project), console, verbose=arguments.verbose)


def tell_unused(project: Project, console: Console) -> None:
    """Report what the file around a project says in vain."""
    if project.unused:
        console.note(one_line(project.unused, 1_000))


def project_of(arguments: argparse.Namespace) -> tuple[Project, bool] | None:
    """Choose the project that a command runs, None for the demo; nothing is asked.

    Returns:
        The project, and whether the options name it: that is the consent.

    Raises:
        UsageError: An option is wrong.
    """
    options = given_options(arguments)
    if arguments.use_demo:
        if options:
            raise UsageError(f"--demo cannot be combined with {_option(next(iter(options)))}.")
        return None
    if not may_be_project(arguments):  # what reads projects need not be loaded for that
        return None
    if "app" in options:
        return _from_options(options).beside_file(), True
    project = _found(options)
    if project is not None:
        return project, False
    if options:
        hint = "Add --app MODULE:ATTR, or app in [tool.inspector] of pyproject.toml."
        raise UsageError(f"{_option(next(iter(options)))} needs a program.", hint)
    return None


def _with_kept_settings(project: Project) -> Project:
    """Add what was filled in for the project in the window; what is given now stands above that."""
    from inspector.app.places import kept_settings_path
    from inspector.hosts.kept import KeptSettings

    now = project.environment()
    values = KeptSettings(kept_settings_path()).of(project)
    return project.with_settings({name: value for name, value in values.items() if name not in now})


def _from_options(options: dict[str, Any]) -> Project:
    from inspector.hosts.project import LOAD_TIMEOUT, Project

    return Project.from_options(
        ",".join(options["app"]),
        catalog=",".join(options.get("catalog", ())),
        db_session=options.get("db_session"),
        python=options.get("python"),
        env=options.get("env"),
        cwd=options.get("cwd"),
        load_timeout=options.get("load_timeout", LOAD_TIMEOUT),
    )


def _found(options: dict[str, Any]) -> Project | None:
    """Read the project around the folder; options stand above what its file says."""
    from inspector.hosts.project import Project

    folder = Path(options.get("cwd") or Path.cwd()).expanduser()
    project = Project.from_folder(folder)
    others = {name: value for name, value in options.items() if name != "cwd"}
    if project is None or not others:
        return project
    by_hand = _from_options({"app": project.app, **others, "cwd": project.cwd})
    fields = {"catalog": "catalog", "db_session": "db_session", "python": "python", "env": "env_file"}
    fields["load_timeout"] = "load_timeout"
    return dataclasses.replace(project, **{fields[name]: getattr(by_hand, fields[name]) for name in others})


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _ask_for_consent(project: Project, console: Console) -> None:
    """Ensure that somebody allowed this project's code to run.

    Raises:
        UsageError: There is no terminal to ask on, or the answer was no.
    """
    from inspector.app.places import trust_path
    from inspector.hosts.kept import Trust

    trust = Trust(trust_path())
    question = trust.needs_consent(project)
    if question is None:
        return
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        raise UsageError(
            f"Not trusted yet: {', '.join(project.app)} in {project.source}, run with {project.interpreter().path}.",
            f"If you trust its code, add {_spelled_out(project)}, or run this in a terminal and answer y. Use "
            "--demo for the demo.",
        )
    console.flush()
    sys.stderr.write(f"{one_line(question, 2_000)} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        raise UsageError("Nothing was loaded.", "Use --demo for the demo.")
    trust.remember(project)


def _spelled_out(project: Project) -> str:
    """Return the options that load the project without being asked."""
    from inspector.hosts.project import LOAD_TIMEOUT

    words = [word for app in project.app for word in ("--app", app)]
    words += [word for catalog in project.catalog for word in ("--catalog", catalog)]
    words += ["--db-session", project.db_session] if project.db_session else []
    words += ["--python", str(project.interpreter().path)]
    words += ["--env", str(project.env_file)] if project.env_file else []
    words += ["--load-timeout", f"{project.load_timeout:g}"] if project.load_timeout != LOAD_TIMEOUT else []
    return shlex.join([*words, "--cwd", str(project.cwd)])


def tells_load_errors(command: Command) -> Command:
    """Let a command say in full why a project could not be loaded: the sentence, then the project's own frames.

    The command's exit code is 1 then.
    """

    @functools.wraps(command)
    def run(arguments: argparse.Namespace, console: Console, *others: Any) -> int:
        try:
            return command(arguments, console, *others)
        except _load_error() as error:
            tell_load_error(error, console, verbose=arguments.verbose)
            return exitcodes.FAILED

    return run


def _load_error() -> type[LoadError]:
    """Return what a project that cannot be loaded raises; asked for when something was raised only."""
    from inspector.hosts.trouble import LoadError

    return LoadError


def tell_load_error(error: LoadError, console: Console, *, verbose: bool = False) -> None:
    """Report why a project could not be loaded: one sentence, what to do, its traceback cut to its own frames."""
    console.trouble(error)
    if "\n" in error.traceback:  # else it says no more than the sentence does
        console.note(f"In the program's own code:\n{_bounded(error.traceback.splitlines())}")
    if verbose and error.output:
        console.note(f"Last output on stderr:\n{_bounded(list(error.output))}")


def _bounded(lines: list[str]) -> str:
    left_out = len(lines) - _MOST_LINES
    shown = [f"… {left_out} more lines", *lines[-_MOST_LINES:]] if left_out > 0 else lines
    text = "\n".join(f"  {visible(line)}" for line in shown)
    return text if len(text) <= _MOST_CHARACTERS else f"  …{text[-_MOST_CHARACTERS:]}"
