"""The words on the screen: short and idiomatic, as in the tools that developers use all day.

What a machine can hold of that: texts that were mended do not come back, mannered turns of phrase have no place in any
text that people read, and titles of commands are short and in title case.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from inspector.catalog.conformance.rules import RULES as RUN_RULES
from inspector.catalog.findings import RULES
from inspector.ui.features.timeline.actions import ACTIONS

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "inspector"
#: Rooms whose texts people read. The demo is a sample program with words of its own.
ROOMS: Final = ("agent", "analysis", "app", "catalog", "cli", "core", "hosts", "store", "ui")
#: Words that a program may write, and stylesheets.
NO_TEXTS: Final = ("core/redact/", "catalog/synthetic/", "catalog/findings/words.py", "ui/kit/stylesheet.py")

#: Texts that read badly once, as far as they are the same in every message.
MENDED: Final = (
    "go wrong now",
    "what the program misses",
    "setting is missing",
    "settings are missing",
    "on top of its environment",
    "first on its path",
    "Take these values into the form",
    "Publish once more",
    "1 information",
    "Findings come when",
    "Only trouble",
    "No command has these letters",
    "Centre the Selection",
    "Follow What Is Recorded",
    "Open or Close the Lane",
    "Theme of the System",
    "Rows as there is room",
    "Keep at the top",
    "Hide what the filter leaves out",
    "Time of day in the ruler",
    "Nothing fits",
    "There is no status",
    "Nothing is taken in",
    "The command was copied",
    "Typed in a terminal",
    "Last time you looked at",
    "are session {} now",
    "nothing is fired after a reload yet",
    "as before",
    "could not be loaded again",
    "loop does not answer",
    "did not end in time",
    "waits in memory",
    "as every event has",
    "Only this correlation",
    "recording elsewhere",
    "back to where they were at first",
    "Load again",
    "event unheard",
    "name not of workflow",
    "event not keyword only",
    "stands in workflow",
    "is made nowhere",
    "Whoever publishes",
    "outlive what they tell of",
    "Seen when fired",
    "any more: ",
    "allowed any more",
    "stands alone",
    "are free for us",
    "became another program",
    "belongs to somebody",
    "gave no answer",
    "noticed yet",
    "Wait for its end",
    "may end otherwise",
    "nothing to measure",
)
#: Names that are written small wherever they stand.
NAMES: Final = frozenset({"pytest"})
#: Turns of phrase that a colleague would not use, with what to write.
MANNERED: Final = {
    r"\bis told\b|\bare told\b|\btells\b": "shows, says or reports",
    r"\b(goes|go|went|going) wrong\b": "fails",
    r"\bin the meantime\b|\bmeanwhile\b": "nothing",
    r"\bas there is\b": "if",
    r"(?i)\bthere (is|are|was|were) no(thing)?\b": "No … found, or Unknown …",
    r"(?i)\b(is|are) no (?!longer|more)": "is not a …",
    r"\bwhat (was|of it|is looked|is recorded)\b": "name it",
    r"(?i)\bwhoever\b|\bnobody\b": "name it, or turn it round",
    r"\banew\b|\bonce more\b|\bon the way\b": "again",
    r"\bgiven up\b|\bgave up\b": "timed out, cancelled",
    r"\bgave back\b|\bgives back\b|\bgive back\b": "returned",
    r"\bin vain\b|\bat hand\b|\bas yet\b|\ball the same\b": "say it plainly",
    r"\bof ours\b|\bthan ours\b": "of the inspector",
    r"\bstands? (here|there|in|beside|above|below)\b": "is",
    r"\b(has|have) to be\b": "must be",
    r"\b(is|are|was) to be\b": "must be",
    r"\bit knows\b|\bknows none\b": "Use …",
    r"\bstored nowhere\b": "not saved",
    r"\bof its own\b|\bof their own\b": "its own …",
    r"(?i)\bgo(es)? on\b|\bgoing on\b": "continues, Resume",
    r"(?i)\bmend\b": "fix",
    r"\b\w+\(s\)": "the right plural",
}
SMALL: Final = frozenset(
    {"a", "after", "an", "and", "as", "at", "by", "each", "in", "is", "of", "on", "or", "the", "to"}
)
#: A title has as many words of weight at most, and an object of the command's (a name, a format) besides.
MOST_WORDS: Final = 4


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each literal that people may read; ``{}`` stands for what an f-string puts in."""
    tree = ast.parse(source)
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for inner in ast.walk(node)
        if inner is not node
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    for inner in ast.walk(part.value):
                        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                            yield node.lineno, inner.value


def mistakes(source: str) -> Iterator[str]:
    """Yield what is wrong with the texts of a module."""
    for line, text in texts(source):
        if " " not in text.strip():
            continue  # a key, a name, one word
        if re.search(r"\bSELECT\b", text):
            continue  # SQL
        for phrase in MENDED:
            if phrase.lower() in text.lower():
                yield f"line {line}: {text!r} was mended once: {phrase!r}"
        for pattern, instead in MANNERED.items():
            if match := re.search(pattern, text):
                yield f"line {line}: {text!r} says {match[0]!r}; write: {instead}"


def titles(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and title of each ``Command`` that a module makes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Command":
            parts = (arg.value if isinstance(arg, ast.Starred) else arg for arg in node.args)
            arguments = [item for part in parts for item in (part.elts if isinstance(part, ast.Tuple) else [part])]
            title = next(iter(arguments[1:2]), None)
            for _, text in texts(f"title = {ast.unparse(title)}") if title is not None else ():
                yield node.lineno, text


def title_mistakes(title: str) -> Iterator[str]:
    """Yield what is wrong with the title of a command."""
    words = title.rstrip("…").split()
    weighty = [word for word in words if word.lower() not in SMALL and word != "{}"]
    if len(weighty) > MOST_WORDS:
        yield f"{title!r} has {len(weighty)} words"
    if any(word[:1].islower() for word in weighty if word not in NAMES):
        yield f"{title!r} is not in title case"


def modules() -> list[Path]:
    """The modules whose texts people read."""
    files = (file for room in ROOMS for file in sorted((PACKAGE / room).rglob("*.py")))
    return [file for file in files if not file.relative_to(PACKAGE).as_posix().startswith(NO_TEXTS)]


def test_texts_are_written_as_a_colleague_would_say_them() -> None:
    found = [
        f"{file.relative_to(ROOT)} {mistake}"
        for file in modules()
        for mistake in mistakes(file.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_titles_of_commands_are_short_and_in_title_case() -> None:
    named = [title for file in modules() for _, title in titles(file.read_text(encoding="utf-8"))]
    assert len(named) > 20
    named += [action.title for action in ACTIONS]
    assert [mistake for title in named for mistake in title_mistakes(title)] == []


def test_titles_of_findings_are_a_few_words() -> None:
    for rule in (*RULES.values(), *RUN_RULES):
        assert 0 < len(rule.title.split()) <= MOST_WORDS + 1, rule.title
        assert rule.title[0].isupper()
        assert not rule.title.endswith(".")


@pytest.mark.parametrize(
    "source",
    [
        'notice("Faults are on: handlers of 11 events go wrong now.")',
        'notice(f"Faults are on: handlers of {many} go wrong now.")',
        'notice("Nothing is " "taken in at present.")',
        'raise InspectorError(f"There is no folder {folder}.")',
        'raise InspectorError(f"{path} is no folder.")',
        'label.setText("Only trouble" if narrow else "All")',
        "label.setText(f\"{count} {'record(s) lost' if count else ''}\")",
        'hint = "Mend what the message names."',
        'REASONS = {"late": "it was given up"}',
        'text = "The line is told."',
        'text = "Nobody is subscribed."',
        'text = "ONLY TROUBLE"',
    ],
)
def test_a_planted_text_is_found(source: str) -> None:
    assert list(mistakes(source))


@pytest.mark.parametrize(
    "source",
    [
        '"""Nobody is told what was lost."""',
        'def f():\n    """There is no folder."""',
        'raise InspectorError(f"No folder {folder}.", "Choose another one.")',
        'notice("The session is no longer there.")',
        'key = "nobody"',
        "# There is no folder.",
    ],
)
def test_a_good_text_is_left_alone(source: str) -> None:
    assert not list(mistakes(source))


@pytest.mark.parametrize(
    ("title", "wrong"),
    [
        ("Follow Live", False),
        ("Fire {} Again", False),
        ("Back to the Live Session", False),
        ("Follow live", True),
        ("Open or Close the Lane Below the Selected Execution", True),
    ],
)
def test_a_planted_title_is_found(title: str, wrong: bool) -> None:
    assert bool(list(title_mistakes(title))) == wrong
