"""``[tool.inspector.bus]`` is exchanged in a ``pyproject.toml``, and nothing else of the file changes."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.app.project_file import can_write, difference, with_bus_tables, write_bus_tables
from inspector.core.errors import InspectorError

FULL = '''\
# A project.
[project]
name = "shop"   # as it is
text = """
[tool.inspector.bus]
handlers = "not this one"
"""
matrix = [
  ["[tool.inspector.bus]"],
]

[tool.inspector]
app = "shop:hub"

# Of the check.
[tool.inspector.check]
ignore = ["EV001"]

# Of ruff.
[tool.ruff]
line-length = 100
'''
TABLE = {"handlers": ["_routes"], "publish": [{"method": "send", "event": "body"}]}
BLOCK = '[tool.inspector.bus]\nhandlers = ["_routes"]\npublish = [{ method = "send", event = "body" }]\n'


def test_a_table_is_added_after_those_of_the_inspector() -> None:
    changed = with_bus_tables(FULL, [("", TABLE)])
    assert changed == FULL.replace('ignore = ["EV001"]\n', f'ignore = ["EV001"]\n\n{BLOCK}')


def test_a_table_is_exchanged_where_it_stands_and_taken_away() -> None:
    changed = with_bus_tables(FULL, [("", TABLE)])
    again = with_bus_tables(changed, [("", {"drain": "work"})])
    assert again == changed.replace(BLOCK, '[tool.inspector.bus]\ndrain = "work"\n')
    assert with_bus_tables(again, [("", TABLE)]) == changed
    taken = with_bus_tables(changed, [])
    assert tomllib.loads(taken) == tomllib.loads(FULL)
    assert "# Of ruff." in taken


def test_several_buses_have_a_table_each() -> None:
    changed = with_bus_tables(FULL, [("shop:a", TABLE), ("shop:b", {"drain": ""})])
    tables = tomllib.loads(changed)["tool"]["inspector"]["bus"]
    assert tables == [{"where": "shop:a", **TABLE}, {"where": "shop:b", "drain": ""}]
    assert tomllib.loads(with_bus_tables(changed, [("shop:b", {"drain": "x"})]))["tool"]["inspector"]["bus"] == [
        {"where": "shop:b", "drain": "x"}
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[tool.inspector]\napp = "a:b"\nbus = { handlers = "x" }\n',
        '[tool]\ninspector.bus.handlers = "x"\n',
        '[tool.inspector]\nbus.handlers = "x"\n',
    ],
)
def test_a_table_that_is_written_in_another_way_is_left_alone(text: str) -> None:
    with pytest.raises(InspectorError, match="cannot be edited here") as caught:
        with_bus_tables(text, [("", TABLE)])
    assert "Copy as TOML" in caught.value.hint


def test_what_is_no_toml_is_told() -> None:
    with pytest.raises(InspectorError, match="Cannot read"):
        with_bus_tables("[tool", [("", TABLE)])


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[tool.inspector]\napp = "a:b"',
        '[tool.inspector]\r\napp = "a:b"\r\n\r\n[tool.x]\r\ny = 1\r\n',
        '[ tool . "inspector" . bus ] # here\nhandlers = "old"\n[tool.inspector.bus.publish]\nmethod = "old"\n',
        '[[tool.inspector.bus]]\nwhere = "a:b"\n\n[[tool.inspector.bus]]\nwhere = "a:c"\n# the end\n',
    ],
)
def test_files_of_many_forms_keep_what_is_not_ours(text: str) -> None:
    changed = with_bus_tables(text, [("", TABLE)])
    content = tomllib.loads(changed)
    assert content["tool"]["inspector"].pop("bus") == TABLE
    others = tomllib.loads(text).get("tool", {})
    others.get("inspector", {}).pop("bus", None)
    assert {**others, "inspector": others.get("inspector", {})} == content["tool"]
    assert ("\r\n" in text) == ("\r\n" in changed)
    assert "\n\n\n" not in changed.replace("\r", "")


@given(st.dictionaries(st.sampled_from(("adapter", "drain", "identity")), st.text(), min_size=1))
def test_whatever_a_table_says_is_read_again(table: dict[str, Any]) -> None:
    assert tomllib.loads(with_bus_tables(FULL, [("", table)]))["tool"]["inspector"]["bus"] == table


def test_a_file_is_written_in_one_step_and_keeps_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_bytes(FULL.encode())
    file.chmod(0o640)
    write_bus_tables(file, [("", TABLE)])
    assert file.read_bytes().decode() == with_bus_tables(FULL, [("", TABLE)])
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]
    assert can_write(file)
    assert not can_write(tmp_path / "nothing.toml")
    assert not can_write(None)
    with pytest.raises(InspectorError, match="Cannot write"):
        write_bus_tables(tmp_path / "nothing.toml", [])
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InspectorError, match="not UTF-8"):
        write_bus_tables(file, [])


def test_what_would_change_is_shown_as_a_difference_and_nothing_where_it_is_said_already(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("# Mine.\n[tool.inspector]\napp = 'shop:hub'\n\n[tool.other]\nx = 1\n", "utf-8")
    lines = difference(file, [("", {"handlers": ["_routes"]})]).splitlines()
    assert "+[tool.inspector.bus]" in lines
    assert '+handlers = ["_routes"]' in lines
    assert not [line for line in lines if line.startswith("-")]
    write_bus_tables(file, [("", {"handlers": ["_routes"]})])
    assert difference(file, [("", {"handlers": ["_routes"]})]) == ""
    assert '-handlers = ["_routes"]' in difference(file, [])
    with pytest.raises(InspectorError, match="Cannot read"):
        difference(tmp_path / "nothing.toml", [])
