"""A project is read from options or pyproject.toml, finds its interpreter, and is loaded only with consent."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from inspector.core.errors import InspectorError, UsageError
from inspector.hosts.interpreters import fits
from inspector.hosts.kept import KeptSettings, Trust
from inspector.hosts.project import Project, read_env_file


def make_python(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.symlink_to(sys.executable)
    return path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


FULL = """
[tool.inspector]
app = ["shop.wiring:get_bus", "shop.commands"]
catalog = "shop.events,shop.registry:EVENTS"
db-session = "shop.db:session"
python = ".tox/py310"
env = "settings.env"
cwd = "src"
name = "Shop"
load-timeout = 30
handlers = ["_listeners"]
publish = "emit"
adapter = "map"
"""


def test_the_nearest_pyproject_above_a_folder_is_read(tmp_path: Path) -> None:
    file = write(tmp_path / "pyproject.toml", FULL)
    (tmp_path / "src" / "shop").mkdir(parents=True)
    python = make_python(tmp_path / ".tox" / "py310" / "bin" / "python")
    project = Project.from_folder(tmp_path / "src" / "shop")
    assert project == Project(
        app=("shop.wiring:get_bus", "shop.commands"),
        catalog=("shop.events", "shop.registry:EVENTS"),
        db_session="shop.db:session",
        python=".tox/py310",
        env_file=tmp_path / "settings.env",
        cwd=tmp_path / "src",
        name="Shop",
        source=file,
        load_timeout=30.0,
        handlers=("_listeners",),
        publish="emit",
        adapter="map",
    )
    assert project.interpreter().path == python


def test_a_pyproject_without_our_table_is_no_project(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.other]\nx = 1\n")
    assert Project.from_folder(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.inspector]\n", r"no app in \[tool\.inspector\]"),
        ('[tool.inspector]\napp = "a:b"\napps = "c"\n', "unknown key apps"),
        ('[tool.inspector]\napp = "a:b"\ncatalog = 7\n', r"catalog in \[tool\.inspector\] must be a string"),
        ('[tool.inspector]\napp = "a:b"\nenv = ["x"]\n', r"env in \[tool\.inspector\] must be a string"),
        ("[tool]\ninspector = 3\n", "must be a table"),
        ("[tool.inspector\n", "Cannot read"),
        ('[tool.inspector]\napp = "a:b"\ncwd = "nowhere"\n', "No folder"),
    ],
)
def test_what_is_wrong_with_a_pyproject_is_told_in_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    write(tmp_path / "pyproject.toml", text)
    with pytest.raises(UsageError, match=says):
        Project.from_folder(tmp_path)


@pytest.mark.parametrize(
    ("app", "hint"),
    [
        ("shop/wiring.py:get_bus", "shop.wiring:get_bus"),
        ("shop wiring", "MODULE:ATTR"),
        ("shop.wiring:get_bus()", "MODULE:ATTR"),
        ("shop..wiring", "MODULE:ATTR"),
        ("", "shop.wiring:get_bus"),
    ],
)
def test_an_import_string_that_is_none_is_refused_with_what_to_write(app: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        Project.from_options(app)
    assert hint in caught.value.hint


def test_options_name_several_and_the_first_names_the_project(tmp_path: Path) -> None:
    project = Project.from_options(" shop.wiring:bus , other:bus", cwd=tmp_path)
    assert (project.app, project.name, project.cwd) == (("shop.wiring:bus", "other:bus"), "shop", tmp_path)


def test_the_interpreter_is_the_named_one_else_that_of_the_projects_environment_else_ours(tmp_path: Path) -> None:
    ours = Project.from_options("shop", cwd=tmp_path).interpreter()
    assert (ours.path, ours.source) == (Path(sys.executable), "inspector")
    older = make_python(tmp_path / "venv" / "bin" / "python3")
    assert Project.from_options("shop", cwd=tmp_path).interpreter().path == older
    newer = make_python(tmp_path / ".venv" / "bin" / "python")
    found = Project.from_options("shop", cwd=tmp_path).interpreter()
    assert (found.path, found.source) == (newer, ".venv")
    named = Project.from_options("shop", cwd=tmp_path, python="venv").interpreter()
    assert (named.path, named.source) == (older, "named")
    assert Project.from_options("shop", cwd=tmp_path, python="sh").interpreter().path.name == "sh"
    for wrong in ("nowhere/python", "no-such-python", str(tmp_path)):
        with pytest.raises(UsageError, match=r"No interpreter|No Python"):
            Project.from_options("shop", cwd=tmp_path, python=wrong).interpreter()


def test_an_environment_beside_the_nearest_pyproject_is_the_projects(tmp_path: Path) -> None:
    outer = make_python(tmp_path / ".venv" / "bin" / "python")
    inside = write(tmp_path / "shop" / "src" / "x", "").parent
    assert Project.from_options("shop", cwd=inside).interpreter().source == "inspector"
    write(tmp_path / "pyproject.toml", "")
    assert Project.from_options("shop", cwd=inside).interpreter().path == outer
    write(tmp_path / "shop" / "pyproject.toml", "")
    assert Project.from_options("shop", cwd=inside).interpreter().source == "inspector"


def test_consent_is_asked_once_for_exactly_what_is_loaded(tmp_path: Path) -> None:
    trust = Trust(tmp_path / "ours" / "trust.json")
    file = write(tmp_path / "real" / "pyproject.toml", '[tool.inspector]\napp = "a:b"\n')
    (tmp_path / "link").symlink_to(file.parent)
    project, linked = Project.from_folder(tmp_path / "real"), Project.from_folder(tmp_path / "link")
    assert project is not None
    assert linked is not None
    question = trust.needs_consent(project)
    assert question == (f"Load a:b of {file} with {sys.executable}? This runs that project's code with your rights.")
    trust.remember(project)
    again = Trust(tmp_path / "ours" / "trust.json")
    assert (again.needs_consent(project), again.needs_consent(linked)) == (None, None)
    assert stat.S_IMODE((tmp_path / "ours" / "trust.json").stat().st_mode) == 0o600
    make_python(tmp_path / "real" / ".venv" / "bin" / "python")
    assert trust.needs_consent(project) is not None  # another interpreter
    trust.remember(project)
    write(tmp_path / "real" / "pyproject.toml", '[tool.inspector]\napp = "a:c"\n')
    changed = Project.from_folder(tmp_path / "real")
    assert changed is not None
    assert trust.needs_consent(changed) is not None  # something else
    trust.remember(changed)
    # Both may be loaded now, in turn; and it does not matter who named what is loaded.
    assert (trust.needs_consent(project), trust.needs_consent(changed)) == (None, None)
    by_hand = Project.from_options("a:c", cwd=tmp_path / "real", python=str(changed.interpreter().path))
    assert trust.needs_consent(by_hand) is None
    trust.forget()
    assert trust.needs_consent(project) is not None


def test_a_damaged_file_of_consents_allows_nothing(tmp_path: Path) -> None:
    project = Project.from_options("a:b", cwd=tmp_path)
    for text in ("", "[]", "{", "\x00"):
        assert Trust(write(tmp_path / "trust.json", text)).needs_consent(project) is not None


def test_settings_are_kept_by_project_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    kept = KeptSettings(tmp_path / "settings.json")
    shop, other = (
        Project.from_options("a:b", cwd=write(tmp_path / name / "x", "").parent) for name in ("shop", "other")
    )
    kept.keep(shop, {"A": "1"})
    kept.keep(shop, {"B": "2"})
    kept.keep(other, {"A": "3"})
    assert kept.of(shop) == {"A": "1", "B": "2"}
    assert stat.S_IMODE((tmp_path / "settings.json").stat().st_mode) == 0o600
    assert list(json.loads((tmp_path / "settings.json").read_text())) == [str(shop.cwd), str(other.cwd)]
    kept.replace(shop.cwd, {"B": "4"})
    kept.replace(other.cwd, {})
    assert (kept.of(shop), kept.of_folder(other.cwd)) == ({"B": "4"}, {})
    assert list(json.loads((tmp_path / "settings.json").read_text())) == [str(shop.cwd)]
    (tmp_path / "file").touch()
    with pytest.raises(InspectorError, match="Cannot write"):
        KeptSettings(tmp_path / "file" / "settings.json").keep(shop, {"A": "1"})


def test_a_file_of_settings_has_quotes_comments_export_and_values_over_lines(tmp_path: Path) -> None:
    text = "\n".join(
        (
            "\ufeff# a comment",
            "",
            "PLAIN=value with spaces  # a comment",
            "export EXPORTED = x",
            "HASH=a#b",
            "EMPTY=",
            "  QUOTED='single # ${NOT} \\n'  # a comment",
            'DOUBLE="a\\nb \\"c\\" # d"',
            'KEY="-----BEGIN-----',
            "abc",
            '-----END-----"',
            "URL=postgres://u:p@h/db?x=1",
        )
    )
    assert read_env_file(write(tmp_path / "x.env", text)) == {
        "PLAIN": "value with spaces",
        "EXPORTED": "x",
        "HASH": "a#b",
        "EMPTY": "",
        "QUOTED": "single # ${NOT} \\n",
        "DOUBLE": 'a\nb "c" # d',
        "KEY": "-----BEGIN-----\nabc\n-----END-----",
        "URL": "postgres://u:p@h/db?x=1",
    }


def test_a_line_that_is_no_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"x\.env:3 is not a NAME=value line"):
        read_env_file(write(tmp_path / "x.env", "A=1\n\nnot a setting\nB=2\n"))
    with pytest.raises(UsageError, match=r"Cannot read .*: No such file"):
        read_env_file(tmp_path / "absent.env")
    (tmp_path / "bytes.env").write_bytes(b"A=\xff")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_env_file(tmp_path / "bytes.env")


@pytest.mark.parametrize(
    ("version", "requirement", "met"),
    [
        ("3.11.7", ">=3.11", True),
        ("3.11.7", ">=3.12", False),
        ("3.11.7", ">= 3.9, < 3.11", False),
        ("3.11.7", ">=3.9,<3.12", True),
        ("3.11.7", "<=3.11", False),
        ("3.11.0", "<=3.11", True),
        ("3.11.7", ">3.11", True),
        ("3.11.7", "==3.11.*", True),
        ("3.11.7", "==3.1.*", False),
        ("3.11.7", "==3.11", False),
        ("3.11.7", "!=3.11.*", False),
        ("3.11.7", "!=3.11.6", True),
        ("3.11.7", "~=3.11", True),
        ("3.13.0", "~=3.11", True),
        ("3.13.0", "~=3.11.2", False),
        ("4.0", "~=3.11", False),
        ("3.13.0rc1", ">=3.13", True),
        ("3.13.0+", "<3.13", False),
        ("3.11.7", "^3.12", True),
        ("3.11.7", ">=3.12; nonsense", True),
        ("3.11.7", "", True),
        ("pypy", ">=3.12", True),
    ],
)
def test_what_a_project_requires_of_python_is_read_as_pep_440_says(version: str, requirement: str, met: bool) -> None:
    assert fits(version, requirement) is met


@pytest.mark.parametrize(
    "text",
    ["[project]\nname = 'x'\n", "[project]\nrequires-python = 3\n", "project = 1\n", "not [ toml", "", None],
)
def test_a_project_that_requires_nothing_that_can_be_read_fits_every_python(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    assert Project.from_options("a:b", cwd=tmp_path).misfit("python", "3.11.7") == ""


def test_a_project_that_is_for_another_python_says_so_from_any_folder_of_it(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[project]\nrequires-python = '>=3.99'\n[tool.inspector]\napp = 'a:b'\ncwd = 'src'\n")
    (tmp_path / "src").mkdir()
    said = f"The project requires Python >=3.99 ({file}), and python is Python 3.11.7."
    for project in (
        Project.from_options("a:b", cwd=tmp_path),
        Project.from_options("a:b", cwd=tmp_path / "src"),
        Project.from_folder(tmp_path),
    ):
        assert project is not None
        assert project.misfit("python", "3.11.7") == said
        assert project.misfit("python", "3.99.1") == ""


READING = """
[tool.inspector]
app = "shop.wiring:get_bus"
catalog = "shop.events"
publish = "emit"

[tool.inspector.bus]
handlers = "_routes"
"""


def test_a_program_that_is_named_by_hand_is_read_as_the_file_around_it_says(tmp_path: Path) -> None:
    file = write(tmp_path / "pyproject.toml", READING)
    named = Project.from_options("shop.wiring:get_bus", cwd=tmp_path).beside_file()
    assert (named.publish, named.bus, named.catalog, named.source) == ("emit", {"handlers": "_routes"}, (), None)
    assert named.unused == f"Not used with --app: catalog of [tool.inspector] in {file}."
    both = Project.from_options("shop.wiring:get_bus", catalog="shop.all", cwd=tmp_path).beside_file()
    assert (both.catalog, both.unused) == (("shop.all",), "")


def test_what_a_file_says_of_another_program_is_told_as_not_used(tmp_path: Path) -> None:
    file = write(tmp_path / "pyproject.toml", READING)
    other = Project.from_options("bank:bus", cwd=tmp_path).beside_file()
    assert (other.publish, other.bus) == ("", None)
    why = "Not used with --app bank:bus, only for shop.wiring:get_bus"
    assert other.unused == f"{why}: catalog, publish, bus of [tool.inspector] in {file}."


def test_what_a_file_says_is_used_where_the_form_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    settings = '[tool.inspector]\napp = "shop:bus"\ncwd = "src"\nload-timeout = 30\nenv = ".env"\n'
    file = write(tmp_path / "pyproject.toml", settings)
    folder = tmp_path / "src"
    same = Project.from_options("shop:bus", cwd=folder, load_timeout=30.0, env=tmp_path / ".env").beside_file()
    assert same.unused == ""
    other = Project.from_options("shop:bus", cwd=folder, load_timeout=5.0).beside_file()
    assert other.unused == f"Not used with --app: env, load-timeout of [tool.inspector] in {file}."


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'\n", "[tool.inspector]\napp = 'bank:bus'\nname = 'Bank'\n"])
def test_a_file_that_says_nothing_of_the_kind_is_not_spoken_of(tmp_path: Path, text: str) -> None:
    write(tmp_path / "pyproject.toml", text)
    assert Project.from_options("bank:bus", cwd=tmp_path).beside_file().unused == ""


def test_a_file_that_is_wrong_does_not_keep_a_named_program_from_loading(tmp_path: Path) -> None:
    file = write(tmp_path / "pyproject.toml", "[tool.inspector]\napps = 'x'\n")
    unused = Project.from_options("bank:bus", cwd=tmp_path).beside_file().unused
    assert unused == f"[tool.inspector] is not used. {file}: unknown key apps in [tool.inspector]."
