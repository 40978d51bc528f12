"""The options and their help. Nothing here is heavy: ``--help`` answers at once."""

from __future__ import annotations

import argparse
import math
import textwrap
from pathlib import Path
from typing import Final, NoReturn

import inspector
from inspector.app.export import EXPORTERS, filtered_formats
from inspector.core.errors import UsageError
from inspector.core.request import TIMEOUT

# What the exit codes of each command mean, as ``--help`` shows it below the options.

_WIDTH: Final = 120
_RUN: Final = "an execution failed, was cancelled, timed out, returned a failure or was interrupted"
_UNLOADED: Final = "the program cannot be loaded"
_UNSTORED: Final = "the sessions database cannot be used"
_CONSENT: Final = "or nobody has allowed yet to load the project"
_NO_SESSION: Final = "wrong usage: an unknown option or session"

#: What 0, 1 and 2 mean, by command; the empty name is the one without a command, and all of them together.
_MEANINGS: Final = {
    "": (
        "done; no execution went wrong (swallowed is told, and is no failure)",
        (
            f"{_RUN}; check or conform found something that should stop a build; lines of a run log were left out by "
            "import; or something expected got in the way: a project that cannot be loaded, no display for the window, "
            "or none of Qt's system libraries, a file that cannot be written"
        ),
        (
            "wrong usage: an unknown option, event, field, value or session, a filter that cannot be read, a file that "
            f"is no run log; {_CONSENT}"
        ),
    ),
    "catalog": (
        "done, also when a part of the program could not be loaded: it is among the problems",
        _UNLOADED,
        f"wrong usage: an unknown option, or one that does not fit; {_CONSENT}",
    ),
    "fire": (
        "done; no execution went wrong (swallowed is told, and is no failure; nor is an event that nobody hears)",
        f"{_RUN}; the program ended, or could not be loaded; {_UNSTORED}",
        f"wrong usage: an unknown option, event, field or value (no session is made then); {_CONSENT}",
    ),
    "sessions": ("done, also when there are none", _UNSTORED, "wrong usage: an unknown option"),
    "log": (
        "done, also when nothing fits the filter",
        _UNSTORED,
        f"{_NO_SESSION}, a filter that cannot be read",
    ),
    "export": (
        "done; the file is whole",
        f"the file cannot be written, or {_UNSTORED}; an old file is as it was",
        f"{_NO_SESSION}, a filter that cannot be read, options that do not go together",
    ),
    "import": (
        "done; every line is in the session",
        (
            "lines that are no records were left out, all others are in the session; or the file cannot be read, or "
            f"{_UNSTORED}, and no session is made"
        ),
        "wrong usage: an unknown option, no such file, or one that is no run log; no session is made",
    ),
    "demo": (
        "done; nothing went wrong but what was injected",
        f"something else did: {_RUN}; {_UNSTORED}; Qt cannot be loaded, or a file not be written",
        "wrong usage: an unknown option, or a program of your own",
    ),
    "check": (
        "done; there is no finding of the severity that --fail-on names, or worse",
        f"there is one; or {_UNLOADED}",
        f"wrong usage: an unknown option, settings of the project that are wrong; {_CONSENT}",
    ),
    "spec": (
        "done, also when something in [tool.inspector.bus] cannot be used: it is told",
        _UNLOADED,
        f"wrong usage: an unknown option, or one that does not fit; {_CONSENT}",
    ),
    "conform": (
        "done; there is no error and no warning",
        f"there is one; {_UNLOADED}; {_UNSTORED}",
        f"wrong usage: an unknown option, settings of the project that are wrong; {_CONSENT}",
    ),
}
#: Commands that record, and the window.
_RECORDING: Final = frozenset({"", "fire", "demo", "conform"})


def exit_codes(command: str = "") -> str:
    """Return the exit codes of a command as text, a line or more for each.

    Args:
        command: Its name; without one those of all are told.
    """
    rest = "; what was recorded so far is kept, and the session is closed properly" if command in _RECORDING else ""
    done, failed, usage = _MEANINGS[command]
    meanings = {
        "0": done,
        "1": f"{failed}; the output cannot be written",
        "2": usage,
        "70": "a mistake of the inspector's own; one sentence is on stderr, everything is in the log",
        "129, 130, 143": f"ended by a terminal that was closed, by Ctrl+C, by a request to terminate{rest}",
        "141": "the reader of the output went away",
    }
    lines = [line for codes, text in meanings.items() for line in _entry(codes, text)]
    return "\n".join(["exit codes:", *lines])


def _entry(codes: str, text: str) -> list[str]:
    indent = " " * 17
    return textwrap.wrap(text, _WIDTH, initial_indent=f"  {codes:15}", subsequent_indent=indent)


_TOP: Final = """\
See what an event-driven Python program does: its catalog, and every handler it runs, live.

Without a command the window opens."""


class _Parser(argparse.ArgumentParser):
    """Raises mistakes as ``UsageError`` and does not guess abbreviated options."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", f"`{self.prog} --help` shows how it is used.")


def make_parser() -> argparse.ArgumentParser:
    """Make the parser; ``command`` is None when the window is to open."""
    parser = _Parser(prog="inspector", description=_TOP, epilog=exit_codes())
    parser.add_argument("--version", action="version", version=f"inspector {inspector.__version__}")
    _add_common(parser, default=None)
    parser.add_argument("--seed", type=_whole(0), metavar="N", help="seed of the synthetic values")
    add_source_options(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
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
        parser.add_argument(
            "--db", type=Path, default=default, metavar="FILE", help="sessions database instead of the usual one"
        )
        text = "memory that runs may take (512); beyond it older parts are read from the disk"
        parser.add_argument("--memory", type=_whole(16), default=default, metavar="MB", help=text)
    quiet = False if default is None else default
    parser.add_argument(
        "-v", "--verbose", action="store_true", default=quiet, help="show the log, and what a project prints, on stderr"
    )


def add_source_options(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """Add what says which program is run (see ``source.source_of``), for every command that runs one.

    Args:
        parser: The command's.
        default: None for the parser above all; a command leaves what stood before it as it is.
    """
    group = parser.add_argument_group(
        "your own program", "without these: [tool.inspector] of the nearest pyproject.toml, else the demo"
    )
    text = "the program: a bus, a factory, a dict of handlers or a module; may be given again"
    group.add_argument("--app", action="append", default=default, metavar="MODULE:ATTR", help=text)
    text = "its registry, or a package to scan for events; may be given again"
    group.add_argument("--catalog", action="append", default=default, metavar="MODULE:ATTR|PACKAGE", help=text)
    text = "what gives a database session for the handlers"
    group.add_argument("--db-session", default=default, metavar="MODULE:ATTR", help=text)
    text = "its interpreter, or the folder of its environment (its .venv, else ours)"
    group.add_argument("--python", default=default, metavar="PATH", help=text)
    group.add_argument("--env", default=default, metavar="FILE", help="file of settings, NAME=value lines")
    group.add_argument("--cwd", default=default, metavar="DIR", help="where it runs; first on its path (this folder)")
    text = "how long loading may take (10)"
    group.add_argument("--load-timeout", type=_seconds, default=default, metavar="SECONDS", help=text)
    quiet = False if default is None else default
    group.add_argument("--demo", dest="use_demo", action="store_true", default=quiet, help="run the demo all the same")


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed",
        type=_whole(0),
        default=argparse.SUPPRESS,
        metavar="N",
        help="the same seed gives the same values again; a new one is chosen and told when it is left out",
    )


def _add_json(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _command(
    commands: argparse._SubParsersAction[_Parser], name: str, text: str, description: str = ""
) -> argparse.ArgumentParser:
    """Add a command; its help ends with what its exit codes mean."""
    sentence = description or f"{text.capitalize()}."
    return commands.add_parser(name, help=text, description=sentence, epilog=exit_codes(name))


def _add_catalog(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "show every event by category and workflow, and the registry's statistics"
    parser = _command(commands, "catalog", text)
    add_source_options(parser)
    _add_json(parser)
    _add_common(parser, db=False)


def _add_fire(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "publish an event, wait for its handlers, and tell how they ended"
    parser = _command(
        commands,
        "fire",
        text,
        "Publish an event, wait until all that comes of it has settled, and tell how its handlers ended.",
    )
    parser.add_argument(
        "event", metavar="EVENT", help="class name of the event, dotted when there are two of that name"
    )
    parser.add_argument(
        "--set",
        dest="values",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="value of a field; the others get synthetic values. Lists and objects are written as JSON",
    )
    parser.add_argument("--count", type=_whole(1), default=1, metavar="N", help="how often, one after another")
    parser.add_argument("--same-values", action="store_true", help="with --count: the same values each time")
    text = "inject a fault, like 'Mailer.*=raise:TimeoutError,every=5': raise, delay, hang, swallow, cancel or drop"
    parser.add_argument("--fault", dest="faults", action="append", default=[], metavar="HANDLER=KIND", help=text)
    parser.add_argument("--no-session", action="store_true", help="publish without a database session")
    parser.add_argument(
        "--meta", action="append", default=[], metavar="KEY=VALUE", help="an entry of the publication's metadata"
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=TIMEOUT, metavar="SECONDS", help="how long a handler may take (30)"
    )
    add_source_options(parser)
    _add_seed(parser)
    _add_json(parser)
    _add_common(parser)


def _add_sessions(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "list the recorded sessions, the newest first"
    parser = _command(commands, "sessions", text)
    _add_json(parser)
    _add_common(parser)


def _add_export(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "write the run log of a session to a file"
    parser = _command(commands, "export", text)
    parser.add_argument("session", metavar="SESSION", help="number or exact name of the session")
    formats = [exporter for exporter in EXPORTERS.values() if not exporter.option]
    parser.add_argument(
        "--format",
        choices=[exporter.id for exporter in formats],
        required=True,
        help="; ".join(f"{exporter.id}: {exporter.tooltip[0].lower()}{exporter.tooltip[1:]}" for exporter in formats),
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the file to write")
    parser.add_argument("--summary", action="store_true", help="csv with a row per handler instead")
    _add_filter(parser, f"{', '.join(filtered_formats())}: only executions that fit a filter, e.g. 'status:bad ≥10ms'")
    _add_common(parser)


def _add_import(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "store a run log that was exported as jsonl as a session"
    parser = _command(commands, "import", text)
    parser.add_argument("file", type=Path, metavar="FILE", help="the run log")
    _add_json(parser)
    _add_common(parser)


def _add_log(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "list the executions of a session, all or those that fit a filter"
    parser = _command(commands, "log", text)
    parser.add_argument("session", metavar="SESSION", help="number or exact name of the session")
    _add_filter(parser, "only executions that fit a filter, e.g. 'handler:Audit* status:bad ≥10ms'")
    parser.add_argument("--last", type=_whole(1), metavar="N", help="only the last N of them")
    parser.add_argument("--not-called", action="store_true", help="list handlers that were not called instead, and why")
    _add_json(parser)
    _add_common(parser)


def _add_filter(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--filter", default="", metavar="FILTER", help=text)


def _add_demo(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "fire every event of the demo once and sum up what happened"
    parser = _command(
        commands, "demo", text, "Fire every event of the demo once, one after another, and sum up what happened."
    )
    parser.add_argument("--faults", action="store_true", help="make chosen handlers fail, slow, hang or swallow")
    parser.add_argument(
        "--screenshot", type=Path, metavar="PNG", help="run it in the window and save a picture; needs no display"
    )
    parser.add_argument(
        "--export", type=Path, metavar="FILE", help="write the run log as JSON lines; .csv and .md make tables"
    )
    _add_seed(parser)
    _add_json(parser)
    _add_common(parser)


def _add_spec(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "show how the buses of the program are read, and why"
    parser = _command(commands, "spec", text)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--toml", action="store_true", help="print it as [tool.inspector.bus], ready to be pasted")
    _add_json(form)
    add_source_options(parser)
    _add_common(parser, db=False)


def _add_check(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "tell what is wrong in the catalog and its wiring, without running anything"
    parser = _command(commands, "check", text)
    form = parser.add_mutually_exclusive_group()
    _add_json(form)
    form.add_argument("--sarif", action="store_true", help="print SARIF 2.1.0, as code hosts read it")
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning"),
        help="from which severity on it ends with 1 (the project's, or error)",
    )
    add_source_options(parser)
    _add_common(parser, db=False)


def _add_conform(commands: argparse._SubParsersAction[_Parser]) -> None:
    text = "fire everything and tell where behaviour differs from what is declared"
    parser = _command(
        commands,
        "conform",
        text,
        "Fire every event with synthetic values and compare what happens with what the catalog declares.",
    )
    parser.add_argument(
        "--context",
        choices=("bare", "session", "rollback", "all"),
        default="session",
        help="bare: neither database session nor metadata; session: with both, where the program has them (the "
        "default); rollback: the database session is rolled back; all: each of them, and the differences",
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
            raise argparse.ArgumentTypeError(f"must be a whole number from {self._least} on, not {text[:40]!r}")
        return number


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not {text[:40]!r}")
    return seconds
