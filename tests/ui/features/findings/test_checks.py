"""Findings and conformance in a real window."""

from __future__ import annotations

from pathlib import Path

from inspector.ui.features.catalog.model import CatalogRole
from tests.patience import until
from tests.ui.features.project.test_flow import write
from tests.ui.windows import opened


async def test_a_project_is_checked_when_it_is_loaded_and_again_when_it_is_saved(tmp_path: Path) -> None:
    project = write(tmp_path)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        panel = shown.desk.findings
        await until(lambda: shown.desk.flow.project is not None, "the project is watched")
        await until(lambda: panel.model.rowCount() > 0, "the findings")
        marks = panel.marks()
        node = shown.desk.catalog.model.index_of("Placed")
        assert node.data(CatalogRole.MARK) == (marks["Placed"] if marks["Placed"] != "information" else "")
        before = panel.model
        source = tmp_path / "parcels.py"
        source.write_text(source.read_text().replace("Placed: [ship, count]", "Placed: [ship, count, ship]"))
        await until(lambda: any("twice" in text for text in _texts(panel)), "the new finding")
        assert panel.model is before


async def test_everything_is_fired_and_the_badge_counts_what_differs(tmp_path: Path) -> None:
    project = write(tmp_path, body="raise KeyError('ship')")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        shown.desk.conformance.fire_requested.emit("session")
        await until(lambda: shown.desk.conformance.findings.model.severe > 0, "the report")
        panel, model = shown.window.shell.panel("conformance"), shown.desk.conformance.findings.model
        await until(lambda: panel.badge_text == str(model.severe), "the badge")


async def test_an_event_that_ends_the_program_is_a_finding_and_a_restart_is_offered(tmp_path: Path) -> None:
    project = write(tmp_path, body="os._exit(3)")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        shown.desk.conformance.fire_requested.emit("session")
        await until(lambda: shown.desk.conformance.findings.model.severe > 0, "the report")
        await until(lambda: shown.desk.strip.isVisible() and bool(shown.desk.strip.buttons), "the strip")
        assert [button.accessibleName() for button in shown.desk.strip.buttons] == ["Restart"]


def _texts(panel) -> list[str]:
    model = panel.model
    rows = []
    for row in range(model.rowCount()):
        group = model.index(row, 0)
        rows.append(str(group.data()))
        rows += [str(model.index(below, 0, group).data()) for below in range(model.rowCount(group))]
    return rows
