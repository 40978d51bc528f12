"""The vocabulary: docstrings in the words of the field, nouns for locals, no public class name twice."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
SOURCES: Final = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "inspector").rglob("*.py"))
}

#: First words that say what a person would do with it, and the words of the field that stand in their place.
_FIRST: Final = re.compile(r"(Give|Gives|Giving|Tell|Tells|Telling|Say|Says|Saying|See to it|Speak)\b")
_INSTEAD: Final = "Return, Yield, Raise, Show, Report, Notify, Record, Set, Ensure"
#: A docstring that only names the protocol or base, of the same module, whose method is implemented.
_SEE: Final = re.compile(r"See\b(?: ``(?P<base>\w+)``\.$)?")

#: Names that say that there is something, not what it is.
WORDS: Final = frozenset({"each", "found", "given", "kept", "known", "made", "mine", "one", "seen", "told"})

_Definition = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def docstring_mistakes(source: str) -> Iterator[str]:
    """Yield a sentence for each docstring that does not start as the field's do."""
    module = ast.parse(source)
    members = {node.name: {getattr(member, "name", "") for member in node.body} for node in _classes(module)}
    for node in ast.walk(module):
        if not isinstance(node, _Definition) or (text := ast.get_docstring(node)) is None:
            continue
        name = "the module" if isinstance(node, ast.Module) else node.name
        see = _SEE.match(text)
        if _FIRST.match(text):
            yield f"the docstring of {name} starts with {text.split()[0]}; start with {_INSTEAD} or the like"
        elif see is not None and name not in members.get(see["base"] or "", ()):
            yield f"the docstring of {name} sends the reader on; only to a method of that name, of the class it names"


def _classes(module: ast.Module) -> list[ast.ClassDef]:
    return [node for node in ast.walk(module) if isinstance(node, ast.ClassDef)]


def name_mistakes(source: str) -> Iterator[str]:
    """Yield a sentence for each local and parameter that is named by a word that is no noun."""
    for name, line in sorted(set(_names(ast.parse(source), in_class=False)), key=lambda pair: pair[1]):
        if name in WORDS:
            yield f"line {line}: {name} says that there is something; name it for what it holds"


def _names(node: ast.AST, *, in_class: bool) -> Iterator[tuple[str, int]]:
    """Yield what is bound below a node, with its line: parameters, targets, captures. Fields of classes are not."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.arg):
            yield child.arg, child.lineno
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store) and not in_class:
            yield child.id, child.lineno
        elif isinstance(child, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and child.name is not None:
            yield child.name, child.lineno
        elif isinstance(child, ast.MatchMapping) and child.rest is not None:
            yield child.rest, child.lineno
        inner = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | _Comprehension)
        yield from _names(child, in_class=isinstance(child, ast.ClassDef) or (in_class and not inner))


def repeated_classes(sources: dict[str, str]) -> Iterator[str]:
    """Yield a sentence for each public class name that stands in more than one place."""
    places = defaultdict(list)
    for path, source in sources.items():
        for node in _classes(ast.parse(source)):
            if not node.name.startswith("_"):
                places[node.name].append(path)
    for name, paths in places.items():
        if len(paths) > 1:
            yield f"{name} stands in {' and in '.join(paths)}"


def test_docstrings_start_as_the_fields_do() -> None:
    """Nobody gives, tells or says: it is returned, shown, reported."""
    assert not [f"{path}: {text}" for path, source in SOURCES.items() for text in docstring_mistakes(source)]


def test_locals_are_nouns() -> None:
    """A name says what it holds."""
    assert not [f"{path}, {text}" for path, source in SOURCES.items() for text in name_mistakes(source)]


def test_public_class_names_stand_once() -> None:
    """Who searches for a class finds one."""
    assert not list(repeated_classes(SOURCES))


@pytest.mark.parametrize(
    ("source", "about"),
    [
        ('"""Tells what happened."""', "the module starts with Tells"),
        ('class Tap:\n    """Gives each observer a record."""', "Tap starts with Gives"),
        ('def title():\n    """Say what is fired."""', "title starts with Say"),
        ('async def rename():\n    """Give a session another name."""', "rename starts with Give"),
        ('def check():\n    """See to it that the folder is there."""', "check starts with See"),
        ('def stale():\n    """See above."""', "stale sends the reader on"),
        ('class Text(Term):\n    def mask(self):\n        """See the class."""', "mask sends the reader on"),
        (
            'class Term: ...\nclass Text(Term):\n    def mask(self):\n        """See ``Term``."""',
            "mask sends the reader on",
        ),
        ('class Text(Term):\n    def mask(self):\n        """See ``Term``."""', "mask sends the reader on"),
        ('def mask():\n    """See ``Term``."""', "mask sends the reader on"),
    ],
)
def test_planted_docstring_is_found(source: str, about: str) -> None:
    """Each of these says it in words of its own."""
    assert [text for text in docstring_mistakes(source) if about in text]


@pytest.mark.parametrize(
    "source",
    [
        '"""The tap: what records a bus."""',
        'def title():\n    """Return what is said."""',
        'def title():\n    """Givens of the form."""',
        'class Term:\n    def mask(self): ...\nclass Text:\n    def mask(self):\n        """See ``Term``."""',
        "def title(): ...",
    ],
)
def test_docstring_of_the_field_is_left_alone(source: str) -> None:
    """These say it as the field does, or name what they override."""
    assert not list(docstring_mistakes(source))


@pytest.mark.parametrize(
    "source",
    [
        "def show():\n    {} = journal.execution(4)",
        "def show():\n    first, ({}, *rest) = journal.read()",
        "def show():\n    *{}, last = journal.read()",
        "def show():\n    {}: int = 4",
        "def show():\n    if ({} := journal.read()):\n        return 1",
        "def show():\n    for {} in journal: ...",
        "def show():\n    with journal as {}: ...",
        "def show():\n    async def inner():\n        async with journal as {}: ...",
        "def show():\n    try: ...\n    except OSError as {}: ...",
        "def show(row):\n    match row:\n        case [int() as {}, 4]: ...",
        "def show(row):\n    match row:\n        case [4, *{}]: ...",
        "def show(row):\n    match row:\n        case {{'id': 4, **{}}}: ...",
        "def show({}): ...",
        "def show({}, /): ...",
        "def show(*, {}=4): ...",
        "def show(*{}): ...",
        "def show(**{}): ...",
        "rows = [{0} for {0} in journal]",
        "rows = {{{0}: 1 for {0} in journal}}",
        "rows = tuple({0} for {0} in journal)",
        "key = lambda {}: 1",
        "for {} in journal: ...",
        "{} = journal.read()",
        "class Row:\n    def read(self, {}): ...",
        "class Row:\n    def read(self):\n        {} = 4",
        "class Row:\n    rows = [{0} for {0} in journal]",
    ],
)
def test_planted_name_is_found(source: str) -> None:
    """Whatever binds a name is looked at, wherever it stands."""
    for word in WORDS:
        (text,) = name_mistakes(source.format(word))
        assert f": {word} says" in text
    assert not list(name_mistakes(source.format("entry")))


@pytest.mark.parametrize(
    "source",
    [
        "class Frame:\n    mine: bool = False",
        "def show(frame):\n    return frame.mine",
        "def show(frame):\n    frame.known = read(kept=4)",
        "def show():\n    return known",
    ],
)
def test_names_of_others_are_left_alone(source: str) -> None:
    """Fields, attributes and keywords are named where they are declared."""
    assert not list(name_mistakes(source))


def test_planted_class_is_found() -> None:
    """Once more, in another module or nested in a class; what is private may stand twice."""
    first = "class Launch: ...\nclass _Row: ..."
    assert list(repeated_classes({"a.py": first, "b.py": first})) == ["Launch stands in a.py and in b.py"]
    nested = "class Outer:\n    class Launch: ..."
    assert list(repeated_classes({"a.py": first, "c.py": nested})) == ["Launch stands in a.py and in c.py"]
    assert not list(repeated_classes({"a.py": first, "d.py": "class Run: ...\nclass _Row: ..."}))
