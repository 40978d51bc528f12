"""Commands as data."""

import asyncio
from collections.abc import Callable

import pytest

from inspector.app.commands import Command, CommandTable
from inspector.app.notices import Notice, Notices
from inspector.app.tasks import TaskOwner
from inspector.core.errors import InspectorError
from tests.patience import PATIENCE


@pytest.fixture
def seen() -> list[Notice]:
    return []


@pytest.fixture
def table(seen: list[Notice]) -> CommandTable:
    notices = Notices()
    notices.attach(seen.append)
    return CommandTable(notices, TaskOwner(notices))


def command(name: str, run: Callable[[], object] = lambda: None, **more: object) -> Command:
    return Command(name, name.title(), run, **more)  # type: ignore[arg-type]


def test_a_command_runs_by_its_id(table: CommandTable) -> None:
    done: list[str] = []
    table.add(command("fire", lambda: done.append("fire")))
    assert table.run("fire")
    assert done == ["fire"]


def test_a_blocked_command_does_not_run_and_says_why(table: CommandTable, seen: list[Notice]) -> None:
    done: list[str] = []
    table.add(command("fire", lambda: done.append("fire"), blocked=lambda: "This session is stored."))
    assert not table.enabled("fire")
    assert not table.run("fire")
    assert done == []
    assert seen[0].hint == "This session is stored."


def test_what_a_command_raises_becomes_a_notice(table: CommandTable, seen: list[Notice]) -> None:
    def fail() -> None:
        raise InspectorError("No such file.")

    table.add(command("open", fail))
    assert not table.run("open")
    assert seen[0].text == "Open: No such file."


async def test_a_command_may_be_a_coroutine(table: CommandTable) -> None:
    done = asyncio.Event()

    async def work() -> None:
        done.set()

    table.add(command("export", work))
    assert table.run("export")
    await asyncio.wait_for(done.wait(), PATIENCE)


def test_listeners_hear_which_commands_changed(table: CommandTable) -> None:
    heard: list[frozenset[str]] = []
    remove = table.listen(heard.append)
    table.add(command("a"), command("b", checked=lambda: True))
    table.changed("a")
    table.changed()
    table.run("b")
    remove()
    table.changed("a")
    assert heard == [{"a", "b"}, {"a"}, {"a", "b"}, {"b"}]


def test_a_command_may_stand_in_for_one_that_comes_later(table: CommandTable) -> None:
    ran: list[str] = []
    table.stand_in(Command("late.one", "Soon", lambda: ran.append("soon"), shortcuts=("Ctrl+J",)))
    order = [command.id for command in table]
    with pytest.raises(ValueError, match=r"belongs to late\.one"):
        table.add(Command("other", "Other", lambda: None, shortcuts=("Ctrl+J",)))
    table.run("late.one")
    table.add(Command("late.one", "Now", lambda: ran.append("now"), shortcuts=("Ctrl+J",)))
    table.run("late.one")
    assert (ran, table.title("late.one"), [command.id for command in table]) == (["soon", "now"], "Now", order)
    with pytest.raises(ValueError, match=r"late\.one already"):
        table.add(Command("late.one", "Again", lambda: None))


def test_a_title_may_change(table: CommandTable) -> None:
    table.add(command("fire", label=lambda: "Fire UserLogin"))
    assert table.title("fire") == "Fire UserLogin"


def test_an_id_is_there_once(table: CommandTable) -> None:
    table.add(command("a"))
    with pytest.raises(ValueError, match="already"):
        table.add(command("a"))


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ("window", "window", True),
        ("window", "timeline", True),
        ("timeline", "window", True),
        ("log", "timeline", False),
    ],
)
def test_a_shortcut_has_one_meaning_where_the_focus_is(table: CommandTable, one: str, other: str, clash: bool) -> None:
    table.add(command("a", shortcuts=("W",), scope=one))
    second = command("b", shortcuts=("W",), scope=other)
    if clash:
        with pytest.raises(ValueError, match="belongs to a"):
            table.add(second)
    else:
        table.add(second)


def test_menus_stand_in_their_order_with_sections_together(table: CommandTable) -> None:
    table.add(
        command("help", menu="Help"),
        command("odd", menu="Odd"),
        command("save", menu="File", section="one"),
        command("quit", menu="File", section="two"),
        command("open", menu="File", section="one"),
        command("hidden"),
    )
    shape = [(name, [[c.id for c in section] for section in sections]) for name, sections in table.menus()]
    assert shape == [("File", [["save", "open"], ["quit"]]), ("Odd", [["odd"]]), ("Help", [["help"]])]


def test_asking_for_an_unknown_command_is_a_key_error(table: CommandTable) -> None:
    with pytest.raises(KeyError):
        table.run("nothing")
    assert "nothing" not in table
