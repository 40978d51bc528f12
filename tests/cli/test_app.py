"""``--app`` and ``[tool.inspector]``: catalog and fire on programs of other people, in processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.app.notices import Notices
from inspector.app.places import kept_settings_path, trust_path
from inspector.app.recording import Recording
from inspector.app.tasks import TaskOwner
from inspector.cli.source import EmbeddedSource
from inspector.core.request import FireRequest
from inspector.hosts.kept import KeptSettings, Trust
from inspector.hosts.project import Project
from inspector.store.info import SessionInfo
from inspector.store.store import Store
from tests.cli.conftest import Cli, Ran
from tests.hosts.children import INTERPRETERS, ZOO, gone
from tests.patience import PATIENCE

PROJECTS = ZOO.parent
OTHERS = {version: path for version, path in INTERPRETERS.items() if path != sys.executable}
#: Its own bus, its own class of event, and a handler that does what the event says.
BUS = """
import asyncio, os, sys, time
from dataclasses import dataclass

class Bus:
    def __init__(self):
        self.handlers = {}
    def subscribe(self, event, handler):
        self.handlers.setdefault(event, []).append(handler)
    async def publish(self, event):
        for handler in self.handlers.get(type(event), []):
            await handler(event)

@dataclass(frozen=True)
class Placed:
    order: str
    count: int = 1

async def ship(event):
    print("working", os.getpid(), flush=True)
    if event.order == "die":
        os._exit(3)
    if event.order == "wait":
        await asyncio.Event().wait()
    if event.order == "hold":
        time.sleep(3600)

bus = Bus()
bus.subscribe(Placed, ship)
"""
TABLE = '[tool.inspector]\napp = "small.wiring:bus"\n'


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The folder of a small project; nothing in it says that it can be inspected."""
    folder = tmp_path / "project"
    (folder / "small").mkdir(parents=True)
    (folder / "small" / "__init__.py").touch()
    (folder / "small" / "wiring.py").write_text(BUS)
    return folder


@pytest.fixture
def found(small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same with a ``[tool.inspector]``, and the current folder is inside it."""
    (small / "pyproject.toml").write_text(TABLE)
    monkeypatch.chdir(small / "small")
    return small


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options that load the shop, its setting given."""
    monkeypatch.setenv("SHOP_DATABASE_URL", "sqlite://")
    return [*("--app", "shop.wiring:get_container", "--catalog", "shop.registry:EVENTS"), *at("shop")]


def at(name: str) -> list[str]:
    return ["--cwd", str(PROJECTS / name)]


# --- the three sample projects ---------------------------------------------------------------------


def test_the_shop_is_shown_by_its_own_registry_with_its_own_sessions(cli: Cli, shop: list[str]) -> None:
    told = cli("catalog", *shop, "--json")
    assert told.code == 0
    assert told.err.startswith("inspector: Not used with --app: db-session of [tool.inspector]")
    assert told.json["categories"] == ["sales", "payment", "logistics", "returns"]
    assert told.json["statistics"]["total_events"] == len(told.json["events"]) == 5
    assert told.json["problems"] == []
    assert told.json["sources"][0]["where"] == "shop.wiring:get_container.event_bus"
    ran = cli("fire", "OrderPlaced", *shop, "--db-session", "shop.database:session_scope", "--json")
    assert (ran.code, ran.err, ran.json["by_status"]) == (0, "", {"ok": 2})
    (session,) = cli("sessions", "--json").json
    assert (session["program"], session["source"], session["state"]) == ("shop", "project", "closed")


@pytest.mark.parametrize("name", ["shop", "orders", "tasks", "corrected", "faulty"])
def test_the_first_line_of_a_catalog_counts_workflows_as_the_statistics_do(
    cli: Cli, shop: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECTS / name)
    table = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]["inspector"]
    catalogs = table.get("catalog", [])
    catalogs = [catalogs] if isinstance(catalogs, str) else catalogs
    words = ["catalog", "--app", table["app"], *(word for one in catalogs for word in ("--catalog", one))]
    told = cli(*words, "--json").json
    first = cli(*words).out.splitlines()[0]
    workflows = {event["workflow"] for event in told["events"]} - {""}
    assert (f", {len(workflows)} workflow" in first) == bool(workflows)
    assert told["statistics"].get("total_workflows", 0) == len(workflows)


def test_conform_speaks_of_no_database_session_where_there_is_none(cli: Cli, tmp_path: Path, shop: list[str]) -> None:
    words, sessions = ["--seed", "1", "--db", tmp_path / "c.db"], ["--db-session", "shop.database:session_scope"]
    orders = ["--app", "orders.wiring:bus", *at("orders"), *words]
    assert "orders: 5 events fired without a database session, 16 executions" in cli("conform", *orders).out
    told = cli("conform", *orders, "--context", "all").out
    assert "5 events fired 3 times without a database session" in told
    assert "with a database session" not in told
    assert "events fired without session or metadata," in cli("conform", *orders, "--context", "bare").out
    assert "events fired with a database session, " in cli("conform", *shop, *sessions, *words).out


def test_events_and_commands_of_a_synchronous_bus(cli: Cli, tmp_path: Path) -> None:
    told = cli("catalog", "--app", "orders.wiring:bus", *at("orders"), "--json").json
    assert [event["name"] for event in told["events"]] == [
        *("Allocated", "OutOfStock", "PriceChanged", "Allocate", "Discontinue")
    ]
    ran = cli(
        *("fire", "Allocate", "--app", "orders.wiring:bus", *at("orders"), "--json", "--set", "sku=chair"),
        *("--set", "quantity=1"),
    )
    assert (ran.code, ran.json["published"], ran.json["derived"]) == (0, 2, 1)
    assert cli("export", 1, "--format", "jsonl", "-o", tmp_path / "run.jsonl").code == 0
    header, first, *_ = (tmp_path / "run.jsonl").read_text().splitlines()
    assert json.loads(header)["name"].endswith(" Allocate")
    assert (json.loads(first)["seq"], json.loads(first)["record"]) == (1, "SessionStarted")


def test_events_that_travel_by_name_are_fired_by_class_or_by_name_and_their_problems_told(cli: Cli) -> None:
    options = ["--app", "tasks.queue", *at("tasks")]
    told = cli("catalog", *options, "--json").json
    assert {problem["where"] for problem in told["problems"]} == {"invoice.paid", "invoice.lost"}
    assert set(told["problems"][0]) == {"where", "text", "hint", "file", "line"}
    shown = cli("catalog", *options)
    assert "problems (2)" in shown.out
    assert "amount comes back as float, not Decimal" in shown.out
    for name in ("InvoicePaid", "invoice.paid"):
        assert cli("fire", name, *options, "--json").json["event"] == "InvoicePaid"


def test_the_payload_of_an_event_that_is_a_name_is_given_as_the_hint_says(cli: Cli, small: Path) -> None:
    (small / "small" / "wiring.py").write_text(
        "class Bus:\n"
        "    def __init__(self):\n"
        "        self.listeners = {}\n"
        "    def emit(self, name, payload):\n"
        "        for listener in self.listeners.get(name, []):\n"
        "            listener(payload)\n\n"
        "def placed(payload):\n"
        "    print('got', sorted(payload.items()))\n\n"
        "bus = Bus()\n"
        "bus.listeners['order.placed'] = [placed]\n"
    )
    options = ["order.placed", "--app", "small.wiring:bus", "--cwd", small]
    refused = cli("fire", *options, "--set", "id=7", "--set", "to=Ada's")
    assert refused.code == 2
    assert "order.placed has no field 'id'." in refused.err
    _, *given = shlex.split(refused.err.splitlines()[-1].partition("object: ")[2].removesuffix("."))
    assert given == ['payload={"id": 7, "to": "Ada\'s"}']
    ran = cli("fire", *options, "-v", "--set", *given)
    assert ran.code == 0
    assert "got [('id', 7), ('to', \"Ada's\")]" in ran.err


def test_a_bus_that_raises_before_any_handler_ran_is_told_and_no_success(cli: Cli, small: Path) -> None:
    wiring = small / "small" / "wiring.py"
    wiring.write_text(wiring.read_text().replace("get(type(event), [])", "get(type(event), []) + 7"))
    ran = cli("fire", "Placed", "--app", "small.wiring:bus", "--cwd", small, "--json")
    assert (ran.code, ran.json["executions"]) == (1, 0)
    assert "Publishing Placed raised TypeError: can only concatenate list" in ran.err


def test_a_handler_that_never_lets_go_of_the_loop_ends_the_program_after_its_time(cli: Cli, small: Path) -> None:
    options = ("--app", "small.wiring:bus", "--cwd", small, "--timeout", "2", "--json")
    ran = cli("fire", "Placed", *options, "--set", "order=hold")
    assert (ran.code, ran.json["by_status"]) == (1, {"interrupted": 1})
    assert "No activity for 2.00 s: stopping the program." in ran.err


def with_handler(small: Path, body: str) -> None:
    """Give the project an event whose handler does something bad."""
    wiring = small / "small" / "wiring.py"
    more = f"""
import asyncio, os, sqlite3, stat

@dataclass(frozen=True)
class Burnt:
    n: int = 1

def channel():
    numbers = [int(n) for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{{n}}")]
    return max(n for n in numbers if stat.S_ISSOCK(os.stat(f"/proc/self/fd/{{n}}").st_mode))

async def burn(event):
{body}

bus.handlers = {{Burnt: [burn], **bus.handlers}}
"""
    wiring.write_text(wiring.read_text() + more)


@pytest.mark.parametrize("waits", ["await asyncio.sleep(100)", "await asyncio.get_running_loop().create_future()"])
def test_a_handler_that_swallows_its_cancellation_is_given_up(cli: Cli, small: Path, waits: str) -> None:
    with_handler(
        small,
        f"    while True:\n        try:\n            {waits}\n        except asyncio.CancelledError:\n            pass",
    )
    ran = cli("fire", "Burnt", "--app", "small.wiring:bus", "--cwd", small, "--timeout", "0.5", "--json")
    assert (ran.code, ran.json["by_status"]) == (1, {"timed_out": 1})


@pytest.mark.skipif(sys.platform != "linux", reason="the handler looks for our socket in /proc")
@pytest.mark.parametrize("size", [300_000, 1_000_000])
def test_a_frame_that_is_begun_and_not_ended_ends_the_program(cli: Cli, small: Path, size: int, db: Path) -> None:
    # Its start has to be there: what is sent after junk is not read.
    lines = f"""
    while True:
        try:
            stored = sqlite3.connect("file:{db}?mode=ro", uri=True)
            if stored.execute("SELECT count(*) FROM executions").fetchone()[0]:
                break
        except sqlite3.OperationalError:  # there is no table yet
            pass
        await asyncio.sleep(0.01)
    os.write(channel(), ({size}).to_bytes(4, "big") + b"[")
    await asyncio.get_running_loop().create_future()"""
    with_handler(small, lines)
    ran = cli("fire", "Burnt", "--app", "small.wiring:bus", "--cwd", small, "--timeout", PATIENCE, "--json")
    assert (ran.code, ran.json["by_status"]) == (1, {"interrupted": 1})
    assert "The program sent invalid data" in ran.err


def test_conform_goes_on_when_an_event_ends_the_program(cli: Cli, small: Path) -> None:
    wiring = small / "small" / "wiring.py"
    more = """
@dataclass(frozen=True)
class Burnt:
    n: int = 1

async def burn(event):
    os._exit(3)

bus.handlers = {Burnt: [burn], **bus.handlers}
"""
    wiring.write_text(wiring.read_text() + more)
    ran = cli("conform", "--app", "small.wiring:bus", "--cwd", small, "--json")
    assert (ran.code, ran.json["fired"], ran.json["executions"]) == (1, 2, 2)
    (finding,) = [each for each in ran.json["findings"] if each["severity"] == "error"]
    assert (finding["code"], finding["event"]) == ("CF111", "Burnt")


# --- which program it is ---------------------------------------------------------------------------


def test_it_is_said_on_stderr_which_program_is_loaded_with_what(cli: Cli, small: Path) -> None:
    ran = cli("catalog", "--app", "small.wiring:bus", "--cwd", small)
    assert ran.err == f"inspector: Loading small.wiring:bus with {sys.executable}.\n"
    assert "Placed" in ran.out


def test_several_programs_at_once(cli: Cli, small: Path) -> None:
    (small / "more.py").write_text(BUS.replace("Placed", "Billed"))
    told = cli("catalog", "--app", "small.wiring:bus", "--app", "more:bus", "--cwd", small, "--json").json
    assert [event["name"] for event in told["events"]] == ["Placed", "Billed"]


def test_common_options_may_stand_before_the_command(cli: Cli, small: Path) -> None:
    assert "Placed" in cli("--app", "small.wiring:bus", "--cwd", small, "catalog").out


@pytest.mark.parametrize("version", OTHERS)
def test_another_interpreter(cli: Cli, small: Path, version: str) -> None:
    (small / "small" / "wiring.py").write_text(BUS + "print('this is', sys.version.split()[0])\n")
    ran = cli(
        *("fire", "Placed", "--app", "small.wiring:bus", "--cwd", small, "--python", OTHERS[version], "-v", "--json")
    )
    assert (ran.code, ran.json["by_status"]) == (0, {"ok": 1})
    assert f"stdout: this is {version}." in ran.err


def test_a_project_with_a_package_called_inspector_and_modules_named_like_the_librarys(cli: Cli) -> None:
    ran = cli("fire", "Ping", "--app", "wiring:bus", *at("zoo/shadow"), "--json")
    assert (ran.code, ran.json["by_status"]) == (0, {"ok": 1})


def test_without_a_project_it_is_the_demo_and_nothing_is_said(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cli("catalog", "--json")
    assert (ran.err, ran.json["program"]) == ("", "demo catalog")


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (["--python", "python3"], "--python needs a program.", "--app MODULE:ATTR"),
        (["--demo", "--app", "a:b"], "--demo cannot be combined with --app.", ""),
        (
            ["--app", "shop/wiring.py:bus"],
            "The app shop/wiring.py:bus is a file name.",
            "Use the module: shop.wiring:bus",
        ),
        (["--app", "a:b", "--cwd", "/nowhere"], "No folder /nowhere.", "--cwd"),
        (["--app", "a:b", "--python", "/nowhere"], "No interpreter /nowhere.", "--python"),
        (["--app", "a:b", "--load-timeout", "0"], "--load-timeout: must be a positive number of seconds", ""),
    ],
)
def test_wrong_options_end_with_2(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str, hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cli("catalog", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert hint in ran.err


def test_a_file_of_settings_that_is_not_there_ends_with_2(cli: Cli, small: Path) -> None:
    ran = cli("catalog", "--app", "small.wiring:bus", "--cwd", small, "--env", small / "none")
    assert (ran.code, ran.out) == (2, "")
    assert "Cannot read " in ran.err


def test_the_demo_command_takes_no_other_program(cli: Cli, db: Path) -> None:
    ran = cli("--app", "small.wiring:bus", "demo")
    assert ran.code == 2
    assert "inspector fire EVENT --app" in ran.err
    assert not db.exists()


# --- consent ---------------------------------------------------------------------------------------


def in_terminal(answer: str, *words: str) -> tuple[int, str]:
    """Run the command in a terminal and answer its question; gives exit code and what the terminal showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "inspector", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(PROJECTS.parent.parent)},
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # EIO: the other end is closed
        while data := os.read(ours, 4096):
            shown += data
            if shown.endswith(b"[y/N] "):
                os.write(ours, f"{answer}\n".encode())
    os.close(ours)
    return process.wait(timeout=PATIENCE), shown.decode()


def test_a_found_project_is_not_loaded_without_consent_where_nobody_can_be_asked(cli: Cli, found: Path) -> None:
    (found / "small" / "__init__.py").write_text(f"open({str(found / 'loaded')!r}, 'w').close()\n")
    ran = cli("catalog")
    assert (ran.code, ran.out) == (2, "")
    assert "Not trusted yet: small.wiring:bus" in ran.err
    assert str(found / "pyproject.toml") in ran.err
    assert sys.executable in ran.err
    assert not (found / "loaded").exists()
    assert not trust_path().exists()
    options = re.search(r"add (.*), or run", ran.err)
    assert options is not None
    assert "Placed" in cli("catalog", *options[1].split()).out
    assert (found / "loaded").exists()


def test_the_demo_can_be_had_beside_a_project(cli: Cli, found: Path) -> None:
    assert cli("catalog", "--demo", "--json").json["program"] == "demo catalog"


def test_a_no_loads_nothing(cli: Cli, found: Path) -> None:
    (found / "small" / "__init__.py").write_text(f"open({str(found / 'loaded')!r}, 'w').close()\n")
    code, shown = in_terminal("", "catalog")
    assert code == 2
    assert f"Load small.wiring:bus of {found / 'pyproject.toml'} with {sys.executable}?" in shown
    assert "Nothing was loaded." in shown
    assert not (found / "loaded").exists()
    assert cli("catalog").code == 2


def test_a_yes_is_remembered_for_exactly_what_was_asked(cli: Cli, found: Path) -> None:
    code, shown = in_terminal("y", "catalog", "--json")
    assert code == 0
    assert '"Placed"' in shown
    again = cli("catalog")
    assert again.code == 0
    assert f"(from {found / 'pyproject.toml'})" in again.err
    other = cli("catalog", "--catalog", "small.wiring")
    assert other.code == 2
    assert "--catalog small.wiring" in other.err
    (found / "pyproject.toml").write_text(TABLE.replace("small.wiring:bus", "small.wiring"))
    assert cli("catalog").code == 2


# --- trouble while it is loaded ----------------------------------------------------------------------


def test_a_missing_setting_is_named_and_a_file_gives_it(cli: Cli, tmp_path: Path, db: Path) -> None:
    options = ["--app", "shop.wiring:get_container", *at("shop")]
    ran = cli("fire", "OrderPlaced", *options)
    assert (ran.code, ran.out) == (1, "")
    assert "Missing environment variable: SHOP_DATABASE_URL" in ran.err
    assert "--env" in ran.err
    assert "in get_container" in ran.err
    assert "inspector/agent/" not in ran.err
    assert not db.exists()
    (tmp_path / ".env").write_text("SHOP_DATABASE_URL=sqlite://\n")
    assert cli("fire", "OrderPlaced", *options, "--env", tmp_path / ".env").code == 0


def test_settings_that_were_filled_in_for_a_project_are_used_below_what_is_given_now(
    cli: Cli, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small / "needs.py").write_text("import os\nprint('it is', os.environ['COLOUR'])\nfrom small.wiring import bus\n")
    options = ["--app", "needs:bus", "--cwd", small, "-v"]
    KeptSettings(kept_settings_path()).keep(Project.from_options("needs:bus", cwd=small), {"COLOUR": "red"})
    assert "it is red" in cli("catalog", *options).err
    monkeypatch.setenv("COLOUR", "blue")
    assert "it is blue" in cli("catalog", *options).err


def test_a_wrong_attribute_is_told_with_a_close_one(cli: Cli, small: Path) -> None:
    ran = cli("catalog", "--app", "small.wiring:buss", "--cwd", small)
    assert ran.code == 1
    assert ran.err.splitlines()[1:] == [
        "inspector: No attribute buss in module small.wiring.",
        "  Did you mean bus?",
    ]


def test_a_missing_dependency_and_its_own_traceback(cli: Cli, small: Path) -> None:
    lines = "".join(f"def f{n}(): f{n + 1}()\n" for n in range(60))
    (small / "deep.py").write_text(f"{lines}def f60(): import not_there\nf0()\n")
    ran = cli("catalog", "--app", "deep:bus", "--cwd", small, "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "needs not_there" in ran.err
    assert "more lines" in ran.err
    assert ran.err.count("\n") < 60


def test_an_import_that_takes_too_long_is_stopped(cli: Cli) -> None:
    ran = cli("catalog", "--app", "endless_loop:bus", *at("zoo"), "--load-timeout", "2")
    assert ran.code == 1
    assert "endless_loop took more than 2 s and was stopped at endless_loop.py:" in ran.err
    assert "  Allow more time (--load-timeout SECONDS)." in ran.err


def test_a_project_for_another_python_says_so(cli: Cli, small: Path) -> None:
    (small / "pyproject.toml").write_text("[project]\nrequires-python = '>=3.99'\n")
    said = "requires-python: The project requires Python >=3.99"
    ran = cli("catalog", "--app", "small.wiring:bus", "--cwd", small)
    assert ran.code == 0
    assert said in ran.out
    assert "Choose another interpreter." in ran.out
    for event, code in (("Placed", 0), ("NoSuchEvent", 2)):
        ran = cli("fire", event, "--app", "small.wiring:bus", "--cwd", small)
        assert ran.code == code
        assert ran.err.splitlines()[1].startswith("inspector: The project requires Python >=3.99")
        assert ran.err.splitlines()[2] == "  Choose another interpreter (--python PATH)."
        assert ran.err.count("requires Python") == 1
    (small / "broken.py").write_text("type X = = int\n")
    ran = cli("catalog", "--app", "broken:bus", "--cwd", small)
    assert ran.code == 1
    assert ran.err.splitlines()[1].startswith("inspector: The project requires Python >=3.99")
    assert "broken.py:1: " in ran.err.splitlines()[1]
    assert "(--python PATH)" in ran.err.splitlines()[2]


def test_what_a_program_wrote_before_it_could_not_be_loaded_is_shown_with_v(cli: Cli, small: Path) -> None:
    (small / "loud.py").write_text("import sys\nprint('the reason', file=sys.stderr, flush=True)\nsys.exit(4)\n")
    assert "the reason" not in cli("catalog", "--app", "loud:bus", "--cwd", small).err
    ran = cli("catalog", "--app", "loud:bus", "--cwd", small, "-v")
    assert ran.code == 1
    assert "sys.exit(4)" in ran.err
    assert "  the reason" in ran.err


def test_a_part_that_cannot_be_loaded_is_told_and_the_rest_works(cli: Cli) -> None:
    options = ["--app", "moods:get_bus", "--app", "moods:broken_bus", *at("zoo")]
    told = cli("catalog", *options, "--json")
    assert told.code == 0
    (problem,) = told.json["problems"]
    assert problem["where"] == "moods:broken_bus"
    assert "ConnectionError while calling moods:broken_bus" in problem["text"]
    ran = cli("fire", "Ping", *options, "--json")
    assert (ran.code, ran.json["by_status"]) == (0, {"ok": 1})
    assert ran.err.count("the broker is away") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [(["Plced"], "Did you mean Placed?"), (["Placed", "--set", "ordr=1"], "Did you mean order?")],
)
def test_an_unknown_event_or_field_of_a_project_leaves_no_session(
    cli: Cli, small: Path, db: Path, words: list[str], said: str
) -> None:
    ran = cli("fire", *words, "--app", "small.wiring:bus", "--cwd", small)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not db.exists()


async def held(db: Path, *, keep: bool) -> list[SessionInfo]:
    """Fire at a held recording, keep it or not, close it; gives the sessions that are stored then."""
    store = Store(db)
    made = Recording(EmbeddedSource().make_host(1), store, TaskOwner(Notices()), name="held", hold=True)
    await made.start()
    for _ in range(2):  # more than one batch is waiting
        await made.outcome(made.host.fire(FireRequest("UserLoginAttempted", [{"email": "ada@example.org"}])))
    await store.open()
    if keep:
        made.keep()
    await made.close()
    sessions = await store.sessions()
    await store.close()
    return sessions


async def test_a_held_recording_stores_everything_from_its_first_record_on(db: Path) -> None:
    (session,) = await held(db, keep=True)
    assert (session.publications, session.state) == (2, "closed")


async def test_a_held_recording_that_is_closed_leaves_no_session(db: Path) -> None:
    assert await held(db, keep=False) == []


# --- trouble while it runs -------------------------------------------------------------------------


def fire_small(cli: Cli, small: Path, order: str, *words: str) -> Ran:
    return cli("fire", "Placed", "--app", "small.wiring:bus", "--cwd", small, "--set", f"order={order}", *words)


def test_what_a_program_prints_is_shown_with_v_only(cli: Cli, small: Path) -> None:
    assert "working" not in fire_small(cli, small, "1").err
    ran = fire_small(cli, small, "1", "-v", "--json")
    assert "stdout: working " in ran.err
    assert ran.json["by_status"] == {"ok": 1}


def test_a_program_that_dies_in_a_fire_ends_it_with_1_and_says_in_which_handler(cli: Cli, small: Path) -> None:
    ran = fire_small(cli, small, "die", "--json", "--count", "3")
    assert ran.code == 1
    assert (ran.json["fired"], ran.json["by_status"]) == (1, {"interrupted": 1})
    assert ran.json["failures"][0]["handler"] == "ship"
    assert ran.err == "inspector: The program ended with exit code 3 in ship.\n"
    (session,) = cli("sessions", "--json").json
    assert (session["state"], session["failures"], session["running"]) == ("closed", 1, 0)


@contextlib.contextmanager
def process(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The command as a process of its own, in a folder; it is ended at the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "inspector", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECTS.parent.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def line_with(started: subprocess.Popen[str], text: str) -> str:
    """The next line of a process's stderr that has a text in it."""
    assert started.stderr is not None
    return next(line for line in started.stderr if text in line)


@pytest.mark.parametrize(
    ("order", "said", "sent", "code"),
    [
        ("wait", "working", signal.SIGINT, 130),
        ("wait", "working", signal.SIGHUP, 129),
        ("hold", "Event loop blocked", signal.SIGINT, 130),
        ("hold", "Event loop blocked", signal.SIGTERM, 143),
    ],
)
def test_a_request_to_end_leaves_no_orphan_and_keeps_what_was_recorded(
    cli: Cli, small: Path, db: Path, order: str, said: str, sent: signal.Signals, code: int
) -> None:
    words = ("fire", "Placed", "--app", "small.wiring:bus", "--set", f"order={order}", "--db", str(db), "-v")
    with process(small, *words) as started:
        pid = int(line_with(started, "working").split()[-1])
        if said != "working":
            assert "ship" in line_with(started, said)
        started.send_signal(sent)
        _, err = started.communicate(timeout=PATIENCE)
    assert started.returncode == code
    assert "Session 1 has everything recorded so far." in err
    assert "Traceback" not in err
    assert asyncio.run(gone(pid))
    (session,) = cli("sessions", "--json").json
    assert (session["state"], session["publications"], session["failures"]) == ("closed", 1, 1)


def test_ctrl_c_while_a_project_is_loaded_leaves_no_orphan(small: Path) -> None:
    told = small / "pid"
    os.mkfifo(told)
    (small / "slow.py").write_text(
        f"import os, time\nwith open({str(told)!r}, 'w') as f:\n    print(os.getpid(), file=f)\ntime.sleep(3600)\n"
    )
    with process(small, "catalog", "--app", "slow:bus", "--load-timeout", "30") as started:
        pid = int(told.read_text())  # waits until the other end is opened
        started.send_signal(signal.SIGINT)
        _, err = started.communicate(timeout=PATIENCE)
    assert started.returncode == 130
    assert "Traceback" not in err
    assert asyncio.run(gone(pid))


# --- the page in the README ------------------------------------------------------------------------


def page(language: str) -> str:
    """All blocks of a language in *Inspect your own project*."""
    text = (PROJECTS.parent.parent / "README.md").read_text(encoding="utf-8")
    _, _, section = text.partition("\n## Inspect your own project\n")
    section, _, _ = section.partition("\n## ")
    return "".join(re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL))


def test_the_commands_of_the_page_work(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = page("sh").splitlines()
    (folder,) = (line.split()[1] for line in lines if line.startswith("cd "))
    (setting,) = (line.split()[1] for line in lines if line.startswith("export "))
    commands = [line.split()[1:] for line in lines if line.startswith("inspector ")]
    assert len(commands) >= 3
    monkeypatch.chdir(PROJECTS.parent.parent / folder)
    monkeypatch.setenv(*setting.split("="))
    for words in commands:
        assert cli(*words).code == 0, words


def test_the_table_of_the_page_is_read(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(PROJECTS / "shop" / "shop", tmp_path / "shop")
    (tmp_path / "pyproject.toml").write_text(page("toml"))
    (tmp_path / ".env").write_text("SHOP_DATABASE_URL=sqlite://")
    project = Project.from_folder(tmp_path)
    assert project is not None
    Trust(trust_path()).remember(project)
    monkeypatch.chdir(tmp_path)
    assert cli("catalog", "--json").json["statistics"]["total_events"] == 5


@pytest.mark.parametrize(
    ("fault", "status"), [("raise:KeyError: on purpose", "failed"), ("drop", "ok"), ("cancel", "cancelled")]
)
def test_faults_are_injected_into_a_program_in_a_process_of_its_own(
    cli: Cli, small: Path, fault: str, status: str
) -> None:
    ran = cli(
        *("fire", "Placed", "--count", 4, "--app", "small.wiring:bus", "--cwd", small, "--json"),
        *("--fault", f"ship={fault},every=2"),
    )
    assert ran.json["by_status"] == ({"ok": 4} if status == "ok" else {"ok": 2, status: 2})
    assert all(failure["injected"] for failure in ran.json["failures"])
    assert ran.code == (0 if status == "ok" else 1)
