"""The recipes "Add a rule" and "Add an exporter" of CONTRIBUTING.md are followed, in a copy of the program."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tests.recipes import Copy, blocks

RULES = "inspector/catalog/findings/rules_sse.py"
EXPORT = "inspector/app/export.py"
#: What the recipe leaves to the reader: a line per execution that fits and went wrong.
HTML = '''"""A page."""

from inspector.analysis.entries import IS_BAD
from inspector.app.filtered import filter_of, pick
from inspector.store.files import NewFile


async def export_html(stream, target, *, name, chosen):
    journal, fits = await pick(stream, chosen or filter_of(""))
    count = int((IS_BAD[journal.executions["status"]] & fits).sum())
    with NewFile(target) as file:
        file.write("<p>failure</p>" * count)
    return count
'''


def test_the_recipe_for_a_rule_makes_one(tmp_path: Path) -> None:
    rule, case = blocks("Add a rule")
    copy = Copy(tmp_path)
    copy.insert(RULES, rule + "\n\n", before="RULES: Final = (")
    source = (tmp_path / RULES).read_text(encoding="utf-8").rstrip()
    (tmp_path / RULES).write_text(source.removesuffix(")") + ", without_fields)\n", encoding="utf-8")
    copy.insert("tests/catalog/findings/test_rules.py", case + "\n\n", before="def made(change")
    faulty, corrected = (f"tests/projects/{shop}/{shop}_shop/sse.py" for shop in ("faulty", "corrected"))
    copy.replace(faulty, "# EV501", "# EV501, EV505")
    copy.replace(corrected, '"The robot works again.", []', '"The robot works again.", ["repairs"]')
    copy.replace(corrected, "lambda event: {},", 'lambda event: {"repairs": 1},')
    page = copy.run("inspector.catalog.findings.page")
    assert "EV505" in page
    (tmp_path / "docs" / "findings.md").write_text(page, encoding="utf-8")
    copy.run("ruff", "check", RULES)
    copy.run("ruff", "format", "--check", RULES)
    copy.run("pytest", "-q", "tests/catalog/findings", "tests/cli/test_check.py")


def test_the_recipe_for_an_exporter_makes_one(tmp_path: Path) -> None:
    function, entry, *rest = blocks("Add an exporter")
    assert rest == []
    copy = Copy(tmp_path)
    (tmp_path / "inspector" / "app" / "html.py").write_text(HTML, encoding="utf-8")
    copy.insert(EXPORT, function + "\n\n", before="#: The exporters by id")
    source = (tmp_path / EXPORT).read_text(encoding="utf-8").rstrip()
    entry = textwrap.indent(entry.rstrip(), " " * 8)
    (tmp_path / EXPORT).write_text(source.removesuffix("    )\n}") + f"{entry},\n    )\n}}\n", encoding="utf-8")
    copy.run("ruff", "check", EXPORT)
    copy.run("ruff", "format", "--check", EXPORT)
    database, page = str(tmp_path / "s.db"), tmp_path / "run.html"
    assert "html" in copy.run("inspector", "export", "--help")
    copy.run("inspector", "demo", "--faults", "--seed", "1", "--db", database, "--export", str(page))
    failures = page.read_text(encoding="utf-8").count("failure")
    assert failures > 1
    for filter_text, count in (("status:bad", failures), ("-status:bad", 0)):
        copy.run(
            "inspector", "export", "1", "--db", database, "--format", "html", f"--filter={filter_text}", "-o", str(page)
        )
        assert page.read_text(encoding="utf-8").count("failure") == count
