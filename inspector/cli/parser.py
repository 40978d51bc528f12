"""The options and their help. Nothing here is heavy: ``--help`` answers at once."""

from __future__ import annotations

import argparse
import math
import textwrap
from pathlib import Path
from typing import Final, NoReturn

import inspector
from inspector.app.export import EXPORTERS, filtered_formats
from inspector.cli.failings import FAILINGS
from inspector.cli.guesses import unknown_command
from inspector.core.errors import UsageError
from inspector.core.request import TIMEOUT

# What the exit codes of each command mean, as ``--help`` shows it below the options.

_WIDTH: Final = 120
_RUN: Final = "an execution failed, was cancelled, timed out, returned a failure or was interrupted"
_UNLOADED: Final = "the program could not be loaded"
_UNSTORED: Final = "the sessions database is unusable"
_CONSENT: Final = "or the project is not trusted yet"
_NO_SESSION: Final = "wrong usage: unknown option or session"

#: What 0, 1 and 2 mean, by command; the empty name is the one without a command, and all of them together.
_MEANINGS: Final = {
    "": (
        "success; no execution failed (swallowed exceptions are reported but do not count)",
        (
            f"{_RUN}; check or conform found a problem that should fail a build; import skipped lines; or an "
            "expected error: a project that cannot be loaded, no display for the window, missing Qt system "
            "libraries, a file that cannot be written"
        ),
        (f"wrong usage: unknown option, event, field, value or session, invalid filter, not a run log; {_CONSENT}"),
    ),
    "run": (
        "the command ended with 0, and nothing that --fail-on names occurred",
        "--fail-on: it occurred; or the recording is not complete. Any other code is the command's own",
        "wrong usage: unknown option, no such command; nothing was run",
    ),
    "listen": (
        "the window was closed, or the recording was ended by Ctrl+C",
        "another inspector is listening, or no display was found",
        "wrong usage: unknown option",
    ),
    "attach": (
        "the window was closed; or, without one, the command ended, or the recording was ended by Ctrl+C",
        "another inspector watches the command, or no display was found",
        "wrong usage: unknown option, no such command, or more than one",
    ),
    "catalog": (
        "success, even if a part of the program could not be loaded (see problems)",
        _UNLOADED,
        f"wrong usage: unknown or invalid option; {_CONSENT}",
    ),
    "fire": (
        "success; no execution failed (swallowed exceptions are reported but do not count, nor do unheard events)",
        f"{_RUN}; the program ended or could not be loaded; {_UNSTORED}",
        f"wrong usage: unknown option, event, field or value (no session is created); {_CONSENT}",
    ),
    "sessions": ("success, even if there are none", _UNSTORED, "wrong usage: unknown option"),
    "log": (
        "success, even if nothing matches",
        _UNSTORED,
        f"{_NO_SESSION}, invalid filter",
    ),
    "export": (
        "success; the file is complete",
        f"the file cannot be written, or {_UNSTORED}; an existing file is left unchanged",
        f"{_NO_SESSION}, invalid filter, conflicting options",
    ),
    "import": (
        "success; every line was imported",
        (
            "some lines are not records and were skipped, the rest was imported; or the file cannot be read, "
            f"or {_UNSTORED}, and no session is created"
        ),
        "wrong usage: unknown option, no such file, not a run log; no session is created",
    ),
    "demo": (
        "success, or only injected failures",
        f"{_RUN} without an injected fault; {_UNSTORED}; Qt cannot be loaded, or a file cannot be written",
        "wrong usage: unknown option, or options for your own program",
    ),
    "check": (
        "success; no finding of the --fail-on severity or worse",
        f"there are such findings; or {_UNLOADED}",
        f"wrong usage: unknown option, invalid project settings; {_CONSENT}",
    ),
    "spec": (
        "success, even if parts of [tool.inspector.bus] cannot be used (they are reported)",
        _UNLOADED,
        f"wrong usage: unknown or invalid option; {_CONSENT}",
    ),
    "conform": (
        "success; no errors or warnings",
        f"there are errors or warnings; {_UNLOADED}; {_UNSTORED}",
        f"wrong usage: unknown option, invalid project settings; {_CONSENT}",
    ),
}
#: Commands that record, and the window.
_RECORDING: Final = frozenset({"", "fire", "demo", "conform"})


def exit_codes(command: str = "") -> str:
    """Return the exit codes of a command as text, a line or more for each.

    Args:
        command: Its name; without one those of all are told.
    """
    rest = "; records so far are saved and the session is closed" if command in _RECORDING else ""
    done, failed, usage = _MEANINGS[command]
    meanings = {
        "0": done,
        "1": f"{failed}; or the output cannot be written",
        "2": usage,
        "70": "internal error: summary on stderr, details in the log",
        "129, 130, 143": f"terminal closed, Ctrl+C, or terminated{rest}",
        "141": "the reader of the output closed it",
    }
    lines = [line for codes, text in meanings.items() for line in _entry(codes, text)]
    return "\n".join(["exit codes:", *lines])


def _entry(codes: str, text: str) -> list[str]:
    indent = " " * 17
    return textwrap.wrap(text, _WIDTH, initial_indent=f"  {codes:15}", subsequent_indent=indent)


_TOP: Final = """\
See what an event-driven Python program does: its catalog, and every handler execution, live.

Without a command, the window opens."""


class _Parser(argparse.ArgumentParser):
    """Raises mistakes as ``UsageError`` and does not guess abbreviated options."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", f"See `{self.prog} --help`.")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:  # noqa: SLF001
            raise unknown_command(str(value), action.choices)
        super()._check_value(action, value)


def make_parser() -> argparse.ArgumentParser:
    """Make the parser; ``command`` is None when the window is to open."""
    parser = _Parser(prog="inspector", description=_TOP, epilog=exit_codes())
    parser.add_argument("--version", action="version", version=f"inspector {inspector.__version__}")
    _add_common(parser, default=None)
    parser.add_argument("--seed", type=_whole(0), metavar="N", help="seed for synthetic values")
    add_source_options(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_run(commands)
    _add_attach(commands)
    _add_listen(commands)
    _add_catalog(commands)
    _add_fire(commands)
    _add_sessions(commands)
    _add_log(commands)
    _add_export(commands)
    _add_import(commands)
    _add_demo(commands)
    _add_check(commands)
    _add_spec(commands)
    _add_conform(commands)
    return parser


def _add_common(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS, *, db: bool = True) -> None:
    """Add what every command takes; without a default a command leaves what stood before it as it is."""
    if db:
        parser.add_argument("--db", type=Path, default=default, metavar="FILE", help="sessions database to use")
        text = "memory limit for runs (default: 512); older parts are then read from disk"
        parser.add_argument("--memory", type=_whole(16), default=default, metavar="MB", help=text)
    quiet = False if default is None else default
    parser.add_argument(
        "-v", "--verbose", action="store_true", default=quiet, help="show the log and the project's output on stderr"
    )


def add_source_options(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """Add what says which program is run (see ``source.source_of``), for every command that runs one.

    Args:
        parser: The command's.
        default: None for the parser above all; a command leaves what stood before it as it is.
    """
    group = parser.add_argument_group(
        "your own program", "default: [tool.inspector] of the nearest pyproject.toml, otherwise the demo"
    )
    text = "program: a bus, a factory, a dict of handlers or a module; repeatable"
    group.add_argument("--app", action="append", default=default, metavar="MODULE:ATTR", help=text)
    text = "registry, or a package to scan for events; repeatable"
    group.add_argument("--catalog", action="append", default=default, metavar="MODULE:ATTR|PACKAGE", help=text)
    text = "factory of database sessions for the handlers"
    group.add_argument("--db-session", default=default, metavar="MODULE:ATTR", help=text)
    text = "interpreter or virtual environment (default: the project's .venv, otherwise the inspector's)"
    group.add_argument("--python", default=default, metavar="PATH", help=text)
    group.add_argument("--env", default=default, metavar="FILE", help="environment file with NAME=value lines")
    group.add_argument(
        "--cwd", default=default, metavar="DIR", help="working directory, first on sys.path (default: current)"
    )
    text = "maximum load time (default: 10)"
    group.add_argument("--load-timeout", type=_seconds, default=default, metavar="SECONDS", help=text)
    quiet = False if default is None else default
    group.add_argument(
        "--demo", dest="use_demo", action="store_true", default=quiet, help="run the demo, even in a project"
    )


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed",
        type=_whole(0),
        default=argparse.SUPPRESS,
        metavar="N",
        help="seed for synthetic values: same seed, same values (default: random, printed)",
    )


def _add_json(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _command(
    commands: argparse._SubParsersAction[_Parser], name: str, text: str, description: str = ""
) -> argparse.ArgumentParser:
    """Add a command; its help ends with what its exit codes mean."""
    sentence = description or f"{text.capitalize()}."
    return commands.add_parser(name, help=text, description=textwrap.fill(sentence, _WIDTH), epilog=exit_codes(name))


def _add_run(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "run a command unchanged, and watch what its processes publish"
    parser = _command(
        commands,
        "run",
        text,
        "Run a command unchanged, and record the events of every Python process it starts (Python 3.12 or newer; "
        "on 3.11 only those of known libraries). The window opens beside it; closing it does not end the command.",
    )
    parser.usage = "inspector run [options] -- COMMAND [ARGUMENT …]"
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND", help="the command and its arguments")
    text = "write a run log when the command has ended"
    parser.add_argument("--record", type=Path, metavar="FILE", help=text)
    text = f"exit with 1 if the command succeeds but this occurs: {', '.join(FAILINGS)}; several with commas"
    parser.add_argument("--fail-on", metavar="WHAT", help=text)
    window = parser.add_mutually_exclusive_group()
    window.add_argument("--no-window", action="store_true", help="record without a window")
    window.add_argument("--allow-fire", action="store_true", help="allow firing events into its processes")
    text = "maximum cost of recording, in percent of a core per process (default: 3), or off"
    parser.add_argument("--budget", metavar="PERCENT", help=text)
    group = parser.add_argument_group(
        "the bus", "default: [tool.inspector] of the nearest pyproject.toml, otherwise it is found"
    )
    default = argparse.SUPPRESS
    text = "bus of the program, or its factory; repeatable"
    group.add_argument("--app", action="append", default=default, metavar="MODULE:ATTR", help=text)
    text = "registry, or a package to scan for events; repeatable"
    group.add_argument("--catalog", action="append", default=default, metavar="MODULE:ATTR|PACKAGE", help=text)
    text = "factory of database sessions for the handlers"
    group.add_argument("--db-session", default=default, metavar="MODULE:ATTR", help=text)
    parser.add_argument("--beside", help=argparse.SUPPRESS)
    parser.add_argument("--pipes", type=int, nargs=2, help=argparse.SUPPRESS)
    _add_common(parser)


def _add_attach(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(
        commands,
        "attach",
        "watch a running command whose inspector was closed",
        "Watch a command started by inspector run that is still running, from where the last inspector stopped.",
    )
    text = "PID of the command (default: the only one)"
    parser.add_argument("pid", type=int, nargs="?", metavar="PID", help=text)
    parser.add_argument("--no-window", action="store_true", help="record without a window, until the command ends")
    parser.add_argument("--allow-fire", action="store_true", help="allow firing events into its processes")
    _add_common(parser)


def _add_listen(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _command(
        commands,
        "listen",
        "watch programs that call inspector_agent.listen()",
        "Watch programs that inspector run cannot start: notebooks, embedded interpreters, hooks of servers. They call "
        "inspector_agent.listen() (Python 3.12 or newer; on 3.11 only buses of known libraries are recorded).",
    )
    window = parser.add_mutually_exclusive_group()
    window.add_argument("--no-window", action="store_true", help="record without a window, until Ctrl+C")
    window.add_argument("--allow-fire", action="store_true", help="allow firing events into them")
    _add_common(parser)


def _add_catalog(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "list all events by category and workflow, with registry statistics"
    parser = _command(commands, "catalog", text)
    add_source_options(parser)
    _add_json(parser)
    _add_common(parser, db=False)


def _add_fire(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "publish an event, wait for its handlers and show the results"
    parser = _command(
        commands,
        "fire",
        text,
        "Publish an event, wait until everything it started has finished, and show how its handlers ended.",
    )
    parser.add_argument("event", metavar="EVENT", help="class name of the event, with its module if ambiguous")
    parser.add_argument(
        "--set",
        dest="values",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="set a field (default: synthetic values); lists and objects as JSON; repeatable",
    )
    parser.add_argument("--count", type=_whole(1), default=1, metavar="N", help="number of times, one after another")
    parser.add_argument("--same-values", action="store_true", help="with --count: the same values each time")
    text = "inject a fault, e.g. 'Mailer.*=raise:TimeoutError,every=5': raise, delay, hang, swallow, cancel or drop"
    parser.add_argument("--fault", dest="faults", action="append", default=[], metavar="HANDLER=KIND", help=text)
    text = "call this handler alone, without the others of the event"
    parser.add_argument("--only", metavar="HANDLER", help=text)
    parser.add_argument("--no-session", action="store_true", help="publish without a database session")
    parser.add_argument(
        "--meta", action="append", default=[], metavar="KEY=VALUE", help="add metadata to the publication; repeatable"
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=TIMEOUT, metavar="SECONDS", help="time limit per handler (default: 30)"
    )
    add_source_options(parser)
    _add_seed(parser)
    _add_json(parser)
    _add_common(parser)


def _add_sessions(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "list recorded sessions, newest first"
    parser = _command(commands, "sessions", text)
    _add_json(parser)
    _add_common(parser)


def _add_export(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "export a session to a file"
    parser = _command(commands, "export", text)
    parser.add_argument("session", metavar="SESSION", help="number or exact name of the session")
    formats = [exporter for exporter in EXPORTERS.values() if not exporter.option]
    parser.add_argument(
        "--format",
        choices=[exporter.id for exporter in formats],
        required=True,
        help="; ".join(f"{exporter.id}: {exporter.tooltip[0].lower()}{exporter.tooltip[1:]}" for exporter in formats),
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="output file")
    parser.add_argument("--summary", action="store_true", help="csv with one row per handler")
    _add_filter(parser, f"{', '.join(filtered_formats())}: only matching executions, e.g. 'status:bad ≥10ms'")
    _add_common(parser)


def _add_import(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "import a run log exported as jsonl"
    parser = _command(commands, "import", text)
    parser.add_argument("file", type=Path, metavar="FILE", help="the run log")
    _add_json(parser)
    _add_common(parser)


def _add_log(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "list the executions of a session"
    parser = _command(commands, "log", text)
    parser.add_argument("session", metavar="SESSION", help="number or exact name of the session")
    _add_filter(parser, "only matching executions, e.g. 'handler:Audit* status:bad ≥10ms'")
    parser.add_argument("--last", type=_whole(1), metavar="N", help="only the last N")
    parser.add_argument("--not-called", action="store_true", help="list handlers that were not called, and why")
    parser.add_argument(
        "--losses", action="store_true", help="list losses by kind and place: swallowed, late, unheard, …"
    )
    _add_json(parser)
    _add_common(parser)


def _add_filter(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--filter", default="", metavar="FILTER", help=text)


def _add_demo(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "fire every event of the demo once and show a summary"
    parser = _command(
        commands, "demo", text, "Fire every event of the demo once, one after another, and show a summary."
    )
    parser.add_argument(
        "--faults", action="store_true", help="make some handlers fail, run slowly, hang or swallow exceptions"
    )
    parser.add_argument(
        "--screenshot", type=Path, metavar="PNG", help="run in the window and save a screenshot (no display needed)"
    )
    parser.add_argument(
        "--export", type=Path, metavar="FILE", help="export the run: JSON lines, or a table for .csv and .md"
    )
    _add_seed(parser)
    _add_json(parser)
    _add_common(parser)


def _add_spec(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "show how the program's buses are read, and why"
    parser = _command(commands, "spec", text)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--toml", action="store_true", help="print as [tool.inspector.bus], ready to paste")
    _add_json(form)
    add_source_options(parser)
    _add_common(parser, db=False)


def _add_check(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "find mistakes in the catalog and its wiring, without running anything"
    parser = _command(commands, "check", text)
    form = parser.add_mutually_exclusive_group()
    _add_json(form)
    form.add_argument("--sarif", action="store_true", help="print SARIF 2.1.0 for code hosts")
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning"),
        help="severity that fails the check (default: the project's setting, otherwise error)",
    )
    add_source_options(parser)
    _add_common(parser, db=False)


def _add_conform(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "fire everything and compare with what is declared"
    parser = _command(
        commands,
        "conform",
        text,
        "Fire every event with synthetic values and compare the results with what the catalog declares.",
    )
    parser.add_argument(
        "--context",
        choices=("bare", "session", "rollback", "all"),
        default="session",
        help="bare: no database session, no metadata; session: both, if available (default); rollback: roll the "
        "database session back; all: each of them, and compare",
    )
    add_source_options(parser)
    _add_seed(parser)
    _add_json(parser)
    _add_common(parser)


class _whole:  # noqa: N801 - reads as the function it stands for
    """Reads a whole number that is not below ``least``."""

    def __init__(self, least: int) -> None:
        self._least = least

    def __call__(self, text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = self._least - 1
        if number < self._least:
            raise argparse.ArgumentTypeError(f"must be a whole number of at least {self._least}, not {text[:40]!r}")
        return number


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a positive number of seconds, not {text[:40]!r}")
    return seconds
