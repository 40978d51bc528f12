"""Opening a file at a line, in whatever editor there is."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.app.editor import editor_command, open_in_editor
from inspector.core.errors import InspectorError


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "my handlers.py"
    path.write_text("one\ntwo\n")
    return str(path)


def only(*names: str) -> Callable[[str], str | None]:
    return lambda name: f"/usr/bin/{name}" if name in names else None


@pytest.mark.parametrize(
    ("there", "command"),
    [
        (("code", "kate"), ["code", "--goto", "{source}:2"]),
        (("kate",), ["kate", "--line", "2", "{source}"]),
        (("gedit",), ["gedit", "+2", "{source}"]),
    ],
)
def test_the_first_known_editor_that_is_installed(source: str, there: tuple[str, ...], command: list[str]) -> None:
    """A path with a blank stays one word."""
    found = editor_command(source, 2, which=only(*there), environment={})
    assert found == [word.replace("{source}", source) for word in command]


def test_the_persons_own_choice_comes_first_then_the_environment(source: str) -> None:
    environment = {"INSPECTOR_EDITOR": "vim +{line} {file}"}
    everything = only("code", "vim", "emacs")
    assert editor_command(source, 2, "emacs +{line} {file}", which=everything, environment=environment)[0] == "emacs"
    assert editor_command(source, 2, which=everything, environment=environment) == ["vim", "+2", source]


def test_a_template_without_a_place_for_the_file_gets_it_in_the_end(source: str) -> None:
    assert editor_command(source, 2, "gvim -f", which=only("gvim"), environment={}) == ["gvim", "-f", source]


def test_braces_in_a_path_are_not_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "{line}.py"
    path.write_text("")
    assert editor_command(str(path), 7, "vim +{line} {file}", which=only("vim"), environment={}) == [
        "vim",
        "+7",
        str(path),
    ]


def test_a_line_that_is_unknown_is_the_first(source: str) -> None:
    assert editor_command(source, 0, which=only("code"), environment={})[-1] == f"{source}:1"


@pytest.mark.parametrize(
    ("chosen", "there", "text"),
    [
        ("", (), "No editor found"),
        ("nothere {file}", ("code",), "Editor not found: nothere {file}"),
        ('code "{file}', ("code",), "Invalid editor command"),
        ("   ", ("code",), "Editor not found"),
    ],
)
def test_what_cannot_be_opened_is_told_with_what_to_do(
    source: str, chosen: str, there: tuple[str, ...], text: str
) -> None:
    with pytest.raises(InspectorError, match=text) as caught:
        editor_command(source, 2, chosen, which=only(*there), environment={})
    assert "INSPECTOR_EDITOR" in caught.value.hint


@pytest.mark.parametrize("path", ["/nowhere/at/all.py", "/", "<string>"])
def test_a_file_that_is_not_there_is_not_opened(path: str) -> None:
    with pytest.raises(InspectorError, match="File not found"):
        editor_command(path, 1, which=only("code"), environment={})


async def test_it_runs_the_editor_without_a_shell_and_leaves_no_zombie(source: str, tmp_path: Path) -> None:
    pipe, program = tmp_path / "pipe", tmp_path / "editor.py"
    os.mkfifo(pipe)
    program.write_text("import sys\nopen(sys.argv[1], 'w').write('|'.join(sys.argv[2:]))\n")
    open_in_editor(source, 2, f"{sys.executable} {program} {pipe} {{file}} $HOME;{{line}}")
    assert await asyncio.to_thread(pipe.read_text) == f"{source}|$HOME;2"
    for thread in threading.enumerate():
        if thread.name == "inspector-editor":
            await asyncio.to_thread(thread.join, 20)
            assert not thread.is_alive()


def test_an_editor_that_does_not_start_is_told(source: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x00 no program")
    broken.chmod(0o755)
    with pytest.raises(InspectorError, match="Cannot start the editor"):
        open_in_editor(source, 1, f"{broken} {{file}}")
