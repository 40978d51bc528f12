"""The project as a whole: versions agree, the README's commands exist, the wheel is whole, start is light."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest

import inspector

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"


def run_inspector(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inspector", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


# --- words ----------------------------------------------------------------------------------------


def options_in_sentences(source: str) -> list[tuple[int, str]]:
    """Give the sentences of errors and notices that name an option of the command line, with their lines."""
    kinds = re.compile("Error|Trouble|Missing|note|warning|error")
    option = re.compile("(?<!code )--[a-z]")  # the options of an editor are another matter
    calls = (each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Call))
    arguments = (each for call in calls if kinds.search(ast.unparse(call.func)) for each in call.args)
    parts = (each for argument in arguments for each in ast.walk(argument) if isinstance(each, ast.Constant))
    return [(each.lineno, str(each.value)) for each in parts if option.search(str(each.value))]


def test_what_the_window_shows_too_speaks_no_command_line() -> None:
    """What to type for it goes into ``typed``, which the command line adds."""
    assert options_in_sentences('raise UsageError(f"No {it}.", "Name one with --python.")')
    assert not options_in_sentences('raise UsageError(f"No {it}.", "Name one.", typed="--python PATH")')
    shared = [path for path in (ROOT / "inspector").rglob("*.py") if "cli" not in path.parts]
    assert {path.name: found for path in shared if (found := options_in_sentences(path.read_text("utf-8")))} == {}


# --- versions -------------------------------------------------------------------------------------


def test_versions_agree() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[^\]]*)\]", changes, re.MULTILINE)
    assert inspector.__version__ == declared
    assert released[0] == declared


def test_version_is_printed() -> None:
    done = run_inspector("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert inspector.__version__ in done.stdout


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_a_short_answer_imports_nothing_heavy(argument: str) -> None:
    """Qt, SQLAlchemy, pyqtgraph and numpy take seconds on a cold machine."""
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['inspector', {argument!r}]\n"
        "try:\n    runpy.run_module('inspector', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "print('LOADED', *sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    answer, _, loaded = done.stdout.rpartition("LOADED")
    assert answer.strip()
    tops = {name.partition(".")[0] for name in loaded.split()}
    assert "inspector" in tops
    assert not tops & {"PySide6", "shiboken6", "qasync", "pyqtgraph", "sqlalchemy", "aiosqlite", "numpy"}


# --- the README, and the pages of docs ------------------------------------------------------------


def commands_of_pages() -> list[list[str]]:
    """The words of every line in the pages' code blocks that starts with one of our two commands."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in (README, *sorted(ROOT.glob("docs/*.md"))))
    blocks = re.findall(r"^```(?:\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    ours = [re.split(r"[|>&;]", line)[0] for line in lines if re.match(r"(make|inspector)\b", line)]
    return [shlex.split(line, comments=True) for line in ours]


def test_readme_names_make_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {word for words in commands_of_pages() if words[0] == "make" for word in words[1:] if "=" not in word}
    assert {"run", "test"} <= named <= targets


def test_readme_names_commands_and_options_that_exist() -> None:
    """Each `inspector` line uses a known subcommand, and options that this one's help names."""
    named: dict[str, set[str]] = {}
    for words in commands_of_pages():
        if words[0] == "inspector":
            words = words[: words.index("--")] if "--" in words else words  # what follows is another command's
            subcommand = words[1] if len(words) > 1 and not words[1].startswith("-") else ""
            named.setdefault(subcommand, set()).update(
                word.partition("=")[0] for word in words[1:] if word.startswith("-")
            )
    assert {"catalog", "fire", "sessions", "export", "demo"} <= set(named)
    for subcommand, options in named.items():
        done = run_inspector(*([subcommand] if subcommand else []), "--help")
        assert done.returncode == 0, f"inspector {subcommand}: {done.stderr}"
        assert options <= set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", done.stdout)), subcommand


def test_readme_shows_pictures_that_exist() -> None:
    text = README.read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", text)
    paths = {first or second for first, second in pictures}
    assert paths
    assert [path for path in sorted(paths) if "://" not in path and not (ROOT / path).is_file()] == []


# --- links ----------------------------------------------------------------------------------------


DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(ROOT.glob("docs/*.md"))


def headings(text: str) -> set[str]:
    """The anchors that a code host makes of the headings."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(document: Path) -> list[str]:
    """Links of a document that lead to no file, or to no heading."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        file, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = document.parent / file if file else document
        if not target.exists() or (anchor and anchor not in headings(target.read_text(encoding="utf-8"))):
            broken.append(link)
    return broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_and_headings_that_exist(document: Path) -> None:
    assert broken_links(document) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# One two: `three`\n")
    page = tmp_path / "page.md"
    page.write_text("[a](there.md#one-two-three) [b](there.md#four) [c](gone.py) [d](https://example.org/x)")
    assert broken_links(page) == ["there.md#four", "gone.py"]


def test_contributing_names_files_that_exist() -> None:
    """Also those in code: what a recipe makes anew is named below."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    new = {"inspector/cli/handlers.py", "tests/cli/test_handlers.py", "tests/ui/features/counter"}
    named = set(
        re.findall(
            r"\b((?:inspector|tests|tools|docs)/[\w/.-]*\w)", re.sub(r"^```python.*?^```", "", text, flags=re.M | re.S)
        )
    )
    made = {path for path in named if path in new or "features/counter" in path}
    assert sorted(path for path in named - made if not (ROOT / path).exists()) == []


# --- the archives ---------------------------------------------------------------------------------


def test_source_archive_holds_what_documents_link_to(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        files = {PurePosixPath(*PurePosixPath(name).parts[1:]) for name in opened.getnames()}
    held = files | {folder for file in files for folder in file.parents}
    linked = {
        (document.parent / link.partition("#")[0]).resolve().relative_to(ROOT).as_posix()
        for document in DOCUMENTS
        for link in re.findall(r"\]\(([^)#\s][^)\s]*)\)", document.read_text(encoding="utf-8"))
        if "://" not in link
    }
    assert {".ci/run", "CONTRIBUTING.md"} <= linked
    assert sorted(path for path in linked | {".pre-commit-config.yaml"} if PurePosixPath(path) not in held) == []


def test_wheel_holds_modules_resources_and_the_command(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (entry_points,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
        commands = archive.read(entry_points).decode()
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "inspector").rglob("*.py")}
    resources = {
        "inspector/" + path.relative_to(ROOT).as_posix()
        for path in (ROOT / "resources").rglob("*")
        if path.is_file() and path.name != ".gitignore"
    }
    assert resources
    assert modules | resources <= names
    assert "inspector = inspector.__main__:main" in commands
    shared = {name.partition(".data/data/")[2] for name in names if ".data/data/" in name}
    assert shared == {
        "share/applications/event-inspector.desktop",
        "share/icons/hicolor/scalable/apps/event-inspector.svg",
    }
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_make_help_names_targets() -> None:
    done = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = set(re.findall(r"\bmake ([a-z]+)", done.stdout))
    assert named >= {"run", "test", "lint", "bench", "clean"}


def test_the_files_that_the_tests_begin_with_exist() -> None:
    files = (ROOT / "tests" / "slow_files.txt").read_text(encoding="utf-8").split()
    assert [name for name in files if not (ROOT / name).is_file()] == []
    assert len(files) == len(set(files)) > 0
